/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of IKE_AUTH share: ike_authx.c, ike_auth_cert.c, ike_ppk.c. */
#ifndef CULVERT_CONTROLPLANE_IKE_AUTH_H
#define CULVERT_CONTROLPLANE_IKE_AUTH_H

#include "controlplane/ike/ike_int.h"

/* ---- certificates (ike_auth_cert.c) --------------------------------------------------------- */

/** SIGNATURE_HASH_ALGORITHMS (RFC 7427 section 4), if certificates are of any use here. */
void ike_put_hashes(struct ike_chain *c, bool sha1);
/** CERTREQ with the CAs of @cred; NULL: of all that peers are judged by. */
void ike_put_certreq(struct ike_engine *e, struct ike_chain *c, const struct ike_cred *cred);
/** CERT payloads with our certificate and those that come with it. */
void ike_put_certs(struct ike_chain *c, const struct ike_cred *cred);
/**
 * Public-key work for this IKE SA and peer, to be filled in and handed out. @check: judge what
 * @m says, whose AUTH data is @auth; our side is signed if @cfg says certificates.
 *
 * @param keys  those of @say's SK_p, one or two sets; n_keys 0: nothing is signed.
 * @return NULL: @why says why not.
 */
struct ike_pk *ike_auth_work(struct ike_sa *sa, const struct ike_peer_cfg *cfg,
		const struct ike_msg *m, const struct ike_blob *auth,
		const struct ike_keys *const *keys, unsigned int n_keys, char *why, size_t len);
/** What may be why the peer does not believe us, to be put behind the reason; or "". */
const char *ike_auth_hint(const struct ike_sa *sa);
/** Does the peer try to prove itself in the way that @cfg wants? If not, @why has words. */
bool ike_auth_method_fits(const struct ike_sa *sa, const struct ike_peer_cfg *cfg,
		const struct ike_msg *m, char *why, size_t len);

/* ---- post-quantum pre-shared keys (ike_ppk.c) ----------------------------------------------- */

/** Mix the PPK into @k. False: failed. */
bool ike_ppk_mix(const struct ike_sa *sa, const struct ike_peer_cfg *cfg, struct ike_keys *k);
void ike_ppk_put_identity(const struct ike_peer_cfg *cfg, struct ike_chain *c);
/**
 * Responder: is there to be a PPK? Sets @sa's keys accordingly; *@auth is what the peer proves
 * itself by. False: it is to be refused, @why says why.
 */
bool ike_ppk_judge(struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer_cfg *cfg,
		struct ike_blob *auth, char *why, size_t len);
/** Initiator: the same for the answer. NULL, or what is wrong. */
const char *ike_ppk_accept(struct ike_sa *sa, const struct ike_msg *m);

#endif
