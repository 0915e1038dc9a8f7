/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Post-quantum pre-shared keys, RFC 8784: who records the exchange and can one day undo the key
 * exchange still lacks this secret. It goes into SK_d, SK_pi and SK_pr alone, so that the messages
 * of IKE_AUTH can be read before it is known who is asked for which key.
 *
 *	HDR, SAi1, KEi, Ni, N(USE_PPK)                          -->
 *	                                <--  HDR, SAr1, KEr, Nr, N(USE_PPK)
 *	HDR, SK { IDi, AUTH, N(PPK_IDENTITY), [N(NO_PPK_AUTH)], ... }  -->
 *	                                <--  HDR, SK { IDr, AUTH, [N(PPK_IDENTITY)], ... }
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_auth.h"

#define PPK_ID_FIXED 2 /* section 5.1: an identity that is the same each time */

bool
ike_ppk_mix(const struct ike_sa *sa, const struct ike_peer_cfg *cfg, struct ike_keys *k)
{
	const struct ike_crypto *c = &sa->e->crypto;
	size_t len = ike_prf_len(sa->suite.prf);
	uint8_t *const keys[3] = { k->d, k->p[0], k->p[1] };
	uint8_t out[IKE_PRF_MAX];
	int err = 0;

	for (int i = 0; err == 0 && i < 3; i++) {
		struct ike_blob old = { .p = keys[i], .len = len };

		err = ike_prf_plus(c, sa->suite.prf, cfg->ppk, cfg->ppk_len, &old, 1, out, len);
		memcpy(keys[i], out, len);
	}
	OPENSSL_cleanse(out, sizeof(out));
	return err == 0;
}

void
ike_ppk_put_identity(const struct ike_peer_cfg *cfg, struct ike_chain *c)
{
	uint8_t data[1 + IKE_PPK_ID_MAX] = { PPK_ID_FIXED };

	memcpy(data + 1, cfg->ppk_id, cfg->ppk_id_len);
	ike_put_notify(c, IKE_N_PPK_IDENTITY, data, 1u + cfg->ppk_id_len);
}

static bool
is_ours(const struct ike_notify *n, const struct ike_peer_cfg *cfg)
{
	return cfg->ppk_len > 0 && n->data.len == 1u + cfg->ppk_id_len &&
	       n->data.p[0] == PPK_ID_FIXED &&
	       memcmp(n->data.p + 1, cfg->ppk_id, cfg->ppk_id_len) == 0;
}

/* Section 3.1: what a responder does, by what the initiator sent and what is configured. */
bool
ike_ppk_judge(struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer_cfg *cfg,
		struct ike_blob *auth, char *why, size_t len)
{
	const struct ike_notify *id = ike_msg_notify(m, IKE_N_PPK_IDENTITY);
	const struct ike_notify *without = ike_msg_notify(m, IKE_N_NO_PPK_AUTH);

	*auth = m->auth;
	if (sa->use_ppk && id != NULL && is_ours(id, cfg)) {
		/* Not twice, if the request comes again for want of memory. */
		sa->ppk = sa->ppk || ike_ppk_mix(sa, cfg, &sa->keys);
		snprintf(why, len, "the PPK could not be used");
		return sa->ppk;
	}
	if (cfg->ppk_len > 0 && cfg->ppk_required) {
		snprintf(why, len, "peer %s the PPK, which is required",
				id != NULL ? "has another name for" : "does not use");
		return false;
	}
	if (!sa->use_ppk || id == NULL)
		return true;
	if (without == NULL) {
		snprintf(why, len, "peer insists on a PPK that %s",
				cfg->ppk_len > 0 ? "has another name here" : "is not configured");
		return false;
	}
	*auth = without->data;
	return true;
}

const char *
ike_ppk_accept(struct ike_sa *sa, const struct ike_msg *m)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	if (sa->use_ppk && ike_msg_notify(m, IKE_N_PPK_IDENTITY) != NULL) {
		sa->ppk = ike_ppk_mix(sa, cfg, &sa->keys);
		return sa->ppk ? NULL : "the PPK could not be used";
	}
	return cfg->ppk_len > 0 && cfg->ppk_required ?
			"peer does not use the PPK, which is required"
						     : NULL;
}
