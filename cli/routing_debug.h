/* SPDX-License-Identifier: BSD-3-Clause */
/* debug ip ospf, debug vrrp: packets and what becomes of them, as they come. See commands.h. */
#ifndef CULVERT_CLI_ROUTING_DEBUG_H
#define CULVERT_CLI_ROUTING_DEBUG_H

#include "cli/shell.h"

void debug_ip_ospf(struct shell *sh, int argc, char **argv);
void debug_vrrp(struct shell *sh, int argc, char **argv);
void undebug_ip_ospf(struct shell *sh, int argc, char **argv);
void undebug_vrrp(struct shell *sh, int argc, char **argv);
/** undebug all: these, IKE messages, and the tracing of packets. */
void undebug_all(struct shell *sh, int argc, char **argv);

#endif
