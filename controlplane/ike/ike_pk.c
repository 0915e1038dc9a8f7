/* SPDX-License-Identifier: BSD-3-Clause */
/* Public-key work of authentication; see ike_pk.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_pk.h"

struct ike_pk *
ike_pk_new(struct ike_cred *cred)
{
	struct ike_pk *pk = calloc(1, sizeof(*pk));

	if (pk == NULL)
		return NULL;
	pk->cred = ike_cred_ref(cred);
	pk->now_s = -1;
	return pk;
}

static void
drop(struct ike_bytes *b)
{
	if (b->p != NULL)
		OPENSSL_cleanse(b->p, b->len);
	free(b->p);
	*b = (struct ike_bytes){ 0 };
}

void
ike_pk_free(struct ike_pk *pk)
{
	if (pk == NULL)
		return;
	drop(&pk->auth);
	drop(&pk->octets);
	drop(&pk->id);
	for (unsigned int i = 0; i < IKE_MAX_CERTS; i++)
		drop(&pk->certs[i]);
	drop(&pk->say[0]);
	drop(&pk->say[1]);
	ike_cred_unref(pk->cred);
	OPENSSL_cleanse(pk, sizeof(*pk));
	free(pk);
}

void
ike_pk_put(struct ike_pk *pk, struct ike_bytes *to, const void *p, size_t len)
{
	drop(to);
	to->p = malloc(len != 0 ? len : 1);
	if (to->p == NULL) {
		pk->bad = true;
		return;
	}
	if (len != 0)
		memcpy(to->p, p, len);
	to->len = len;
}

static struct ike_blob
view(const struct ike_bytes *b)
{
	return (struct ike_blob){ .p = b->p, .len = b->len };
}

static bool
signature_good(struct ike_pk *pk, EVP_PKEY *key)
{
	struct ike_blob auth = view(&pk->auth), octets = view(&pk->octets);
	struct ike_sig_how how;
	int err = pk->v1 ? ike_sig_check_v1(key, &auth, &octets)
			 : ike_sig_check(key, pk->method, &auth, &octets, pk->sha1, &how);

	if (err == -ENOTSUP)
		snprintf(pk->why, sizeof(pk->why),
				"it signs in a way that is not supported, or too weak");
	else if (err == -EINVAL)
		snprintf(pk->why, sizeof(pk->why), "its signature is malformed");
	else if (err != 0)
		snprintf(pk->why, sizeof(pk->why), "its signature is wrong");
	else if (pk->v1)
		snprintf(pk->theirs, sizeof(pk->theirs), "rsa-sig");
	else
		ike_sig_str(key, &how, pk->theirs, sizeof(pk->theirs));
	return err == 0;
}

static bool
peer_good(struct ike_pk *pk)
{
	struct ike_blob certs[IKE_MAX_CERTS], id = view(&pk->id);
	char why[sizeof(pk->why) - 20];
	EVP_PKEY *key;
	bool good;

	for (unsigned int i = 0; i < pk->n_certs; i++)
		certs[i] = view(&pk->certs[i]);
	key = ike_cred_verify(pk->cred, certs, pk->n_certs, &id, pk->now_s, pk->sha1, &pk->found,
			why, sizeof(why));
	if (key == NULL) {
		snprintf(pk->why, sizeof(pk->why), "certificate: %s", why);
		return false;
	}
	good = pk->review || ike_key_suits(key, pk->authn);
	if (!good)
		snprintf(pk->why, sizeof(pk->why),
				"its certificate has a key of another kind than is configured");
	good = good && (pk->review || signature_good(pk, key));
	EVP_PKEY_free(key);
	return good;
}

void
ike_pk_run(struct ike_pk *pk)
{
	EVP_PKEY *key = ike_cred_key(pk->cred);

	pk->good = !pk->check || peer_good(pk);
	for (int i = 0; pk->good && i < 2; i++) {
		struct ike_blob say = view(&pk->say[i]);

		if (say.p == NULL)
			continue;
		pk->sig_len[i] = pk->v1 ? ike_sig_make_v1(key, &say, pk->sig[i])
					: ike_sig_make(key, &pk->how, &say, pk->sig[i]);
		pk->good = pk->sig_len[i] != 0;
		if (!pk->good)
			snprintf(pk->why, sizeof(pk->why), "we could not sign with our key");
	}
}
