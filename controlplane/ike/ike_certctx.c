/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library context of ike_certctx.h: one provider, which hands on what libcrypto's default
 * provider has, but of decoders and key managers only those that public keys in certificates need.
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>

#include "controlplane/ike/ike_certctx.h"

#define NAME       "culvert-certificates"
#define MAX_CHOSEN 16

static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *certctx;
static OSSL_PROVIDER *whole; /* the default provider */
static OSSL_ALGORITHM decoders[MAX_CHOSEN + 1], key_managers[MAX_CHOSEN + 1];

/* Kinds of keys that sign; @names are separated by colons, the usual one first. */
static bool
can_sign(const char *names)
{
	static const char *const kinds[] = { "RSA", "RSA-PSS", "EC", "ED25519", "ED448", "DSA" };
	size_t len = strcspn(names, ":");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i]) == len && strncmp(names, kinds[i], len) == 0)
			return true;
	return false;
}

/* Those of @op that keys in certificates need: with @property, if it is not NULL. */
static bool
choose(int op, const char *property, OSSL_ALGORITHM out[MAX_CHOSEN + 1])
{
	int no_cache = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(whole, op, &no_cache);
	unsigned int n = 0;

	for (; a != NULL && a->algorithm_names != NULL && n < MAX_CHOSEN; a++)
		if (can_sign(a->algorithm_names) && (property == NULL ||
				strstr(a->property_definition, property) != NULL))
			out[n++] = *a;
	return n > 0;
}

static const OSSL_ALGORITHM *
query(void *ctx, int op, int *no_cache)
{
	*no_cache = 0;
	if (op == OSSL_OP_DECODER)
		return decoders;
	if (op == OSSL_OP_KEYMGMT)
		return key_managers;
	return OSSL_PROVIDER_query_operation(whole, op, no_cache);
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		void **ctx)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query }, { 0, NULL }
	};

	*out = functions;
	/* it is the default provider's code that runs */
	*ctx = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

static void
make(void)
{
	OSSL_LIB_CTX *ctx = NULL;

	if (OSSL_PROVIDER_available(NULL, "default") == 1)
		whole = OSSL_PROVIDER_load(NULL, "default");
	if (whole != NULL && choose(OSSL_OP_KEYMGMT, NULL, key_managers) &&
			choose(OSSL_OP_DECODER, "input=der,structure=SubjectPublicKeyInfo",
			decoders))
		ctx = OSSL_LIB_CTX_new();
	if (ctx != NULL && OSSL_PROVIDER_add_builtin(ctx, NAME, provider_init) == 1 &&
			OSSL_PROVIDER_load(ctx, NAME) != NULL)
		certctx = ctx;
	else
		OSSL_LIB_CTX_free(ctx);
	ERR_clear_error();
}

OSSL_LIB_CTX *
ike_certctx(void)
{
	pthread_once(&once, make);
	return certctx;
}
