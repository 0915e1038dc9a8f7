/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CERT and AUTH payloads as they come out of a decrypted message: certificates, identity,
 * signature. The first byte says what kind of key and which method; the second how long the first
 * certificate is, 255 that it is all of it. Nothing of it may be believed: the CA has signed no
 * certificate that the fuzzer could know.
 */
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_wire.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_pk.h"
#include "tests/sim/certs.h"
#include "tests/fuzz/fuzz.h"

static const char *const kinds[] = { "rsa", "p256", "p384", "ed25519" };

/* Credentials, and one key of each kind. */
static struct ike_cred *
world(EVP_PKEY *keys[4])
{
	static struct ike_cred *cred;
	static struct certs_cert certs[4];

	if (cred == NULL) {
		for (int i = 0; i < 4; i++)
			certs[i] = certs_make(&(struct certs_spec){
					.subject = "CN=CA", .kind = kinds[i], .ca = true });
		cred = certs_cred(NULL, NULL, &certs[1], NULL, IKE_REVOCATION_CRL);
	}
	for (int i = 0; i < 4; i++)
		keys[i] = certs[i].key;
	return cred;
}

/* As payloads: whatever is read must be inside the input. */
static void
parse(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size), r1 = r;
	struct ike1_msg m1 = { 0 };
	struct ike_msg m;

	memset(&m, 0, sizeof(m));
	if (ike_msg_parse_inner(&r, IKE_PL_CERT, &m) == 0)
		for (unsigned int i = 0; i < m.n_cert; i++)
			if (m.cert[i].p < data || m.cert[i].p + m.cert[i].len > data + size)
				abort();
	if (m.n_cert > 0)
		fuzz_reached("a CERT payload");
	if (ike1_parse(&r1, IKE1_PL_CERT, true, &m1) == 0)
		for (unsigned int i = 0; i < m1.n_cert; i++)
			if (m1.cert[i].p < data || m1.cert[i].p + m1.cert[i].len > data + size)
				abort();
}

static void
identity(const uint8_t *data, size_t size)
{
	struct ike_blob body = { .p = data, .len = size };
	struct ike_id id;
	char text[300];

	if (size < 4)
		return;
	ike_id_str(data[0], data + 4, size - 4, text, sizeof(text));
	fuzz_reached(text);
	ike_dn_hash(data + 4, size - 4);
	ike_id_parse("O=Example, CN=*", &id);
	ike_id_matches(&body, &id);
	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	text[size < sizeof(text) ? size : sizeof(text) - 1] = '\0';
	if (ike_id_parse(text, &id) == 0 && id.len == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	EVP_PKEY *keys[4];
	struct ike_cred *cred = world(keys);
	struct ike_blob octets = { .p = (const uint8_t *)"octets", .len = 6 }, auth;
	struct rd r = rd_init(data, size);
	uint8_t kind = rd_u8(&r), first = rd_u8(&r);
	struct ike_sig_how how;
	struct ike_pk *pk;
	int err;

	if (r.bad)
		return 0;
	auth = (struct ike_blob){ .p = r.p, .len = rd_left(&r) };
	err = ike_sig_check(keys[kind & 3], kind >> 4, &auth, &octets, kind & 4, &how);
	if (err == 0)
		abort();
	if (err == -EBADMSG)
		fuzz_reached("a signature that is read, and wrong");
	parse(r.p, rd_left(&r));
	identity(r.p, rd_left(&r));
	pk = ike_pk_new(cred);
	if (pk == NULL)
		return 0;
	pk->check = true;
	pk->authn = IKE_AUTHN_CERT;
	pk->method = kind >> 4;
	pk->now_s = CERTS_NOW;
	ike_pk_put(pk, &pk->auth, auth.p, auth.len);
	ike_pk_put(pk, &pk->octets, octets.p, octets.len);
	ike_pk_put(pk, &pk->id, "\x09\0\0\0", 4);
	ike_pk_put(pk, &pk->certs[0], auth.p,
			first < UINT8_MAX && first < auth.len ? first : auth.len);
	ike_pk_put(pk, &pk->certs[1], auth.p, auth.len);
	pk->n_certs = 2;
	ike_pk_run(pk);
	if (pk->good)
		abort();
	fuzz_reached(pk->why);
	ike_pk_free(pk);
	return 0;
}
