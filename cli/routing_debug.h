/* SPDX-License-Identifier: BSD-3-Clause */
/* debug ip ospf, ip routing, ip sla, track, vrrp: what happens, as it comes; show debugging. See
 * commands.h. */
#ifndef CULVERT_CLI_ROUTING_DEBUG_H
#define CULVERT_CLI_ROUTING_DEBUG_H

#include "cli/shell.h"

void debug_ip_ospf(struct shell *sh, int argc, char **argv);
void debug_vrrp(struct shell *sh, int argc, char **argv);
void debug_ip_routing(struct shell *sh, int argc, char **argv);
void debug_ip_sla(struct shell *sh, int argc, char **argv);
void debug_track(struct shell *sh, int argc, char **argv);
void undebug_ip_routing(struct shell *sh, int argc, char **argv);
void undebug_ip_sla(struct shell *sh, int argc, char **argv);
void undebug_track(struct shell *sh, int argc, char **argv);
/** Which of them run, IKE's and the tracing of packets, too. */
void show_debugging(struct shell *sh, int argc, char **argv);
void undebug_ip_ospf(struct shell *sh, int argc, char **argv);
void undebug_vrrp(struct shell *sh, int argc, char **argv);
/** undebug all: these, IKE messages, and the tracing of packets. */
void undebug_all(struct shell *sh, int argc, char **argv);

#endif
