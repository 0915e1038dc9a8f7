/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about encryption: sessions, IKE SAs of both versions, what is cleared. See
 * commands.h. */
#ifndef CULVERT_CLI_CRYPTO_H
#define CULVERT_CLI_CRYPTO_H

#include "cli/shell.h"

void crypto_show_session(struct shell *sh, int argc, char **argv);
void crypto_show_pki(struct shell *sh, int argc, char **argv);
void crypto_show_ikev2(struct shell *sh, int argc, char **argv);
void crypto_show_ikev2_detailed(struct shell *sh, int argc, char **argv);
void crypto_show_isakmp(struct shell *sh, int argc, char **argv);
void crypto_show_audit(struct shell *sh, int argc, char **argv);
void crypto_show_isakmp_detailed(struct shell *sh, int argc, char **argv);
void crypto_clear_sa(struct shell *sh, int argc, char **argv);
void crypto_clear_session(struct shell *sh, int argc, char **argv);
void crypto_clear_ikev2(struct shell *sh, int argc, char **argv);
void crypto_clear_isakmp(struct shell *sh, int argc, char **argv);
void crypto_clear_ipsec(struct shell *sh, int argc, char **argv);

#endif
