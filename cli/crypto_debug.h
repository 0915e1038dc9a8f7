/* SPDX-License-Identifier: BSD-3-Clause */
/* debug crypto: IKE messages as they come; test crypto: where a tunnel stops. See commands.h. */
#ifndef CULVERT_CLI_CRYPTO_DEBUG_H
#define CULVERT_CLI_CRYPTO_DEBUG_H

#include "cli/shell.h"

void crypto_debug_ikev2(struct shell *sh, int argc, char **argv);
void crypto_debug_isakmp(struct shell *sh, int argc, char **argv);
void crypto_undebug(struct shell *sh, int argc, char **argv);
void crypto_test(struct shell *sh, int argc, char **argv);

#endif
