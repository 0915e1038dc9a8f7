/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What IKE costs the hub: CPU time per handshake (IKE_SA_INIT and IKE_AUTH with the Child SA), per
 * rekey and liveness exchange, and memory per IKE SA, between two engines of ours in one process.
 * The clock runs only while the hub's engine works, its public-key work included. The floor beside
 * it is that public-key work through libcrypto alone, in the same run and by turns.
 */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "tests/bench/bench_ike.h"
#include "tests/sim/certs.h"

#define ROUNDS 5

static const struct ike_case cases[] = {
	{ "psk-x25519", IKE_GROUP_X25519, 0.15 },
	{ "psk-ecp256", IKE_GROUP_ECP256, 0 },
	{ "psk-modp2048", IKE_GROUP_MODP2048, 0.7 },
	{ "ecdsa-x25519", IKE_GROUP_X25519, 0.5, "p256" },
	{ "rsa-x25519", IKE_GROUP_X25519, 0.7, "rsa" },
};

static struct {
	bool json, quick;
	const char *only;
	uint32_t storm;
} opt;

static bool first_line = true;

/* ---- the floor ------------------------------------------------------------------------------ */

static EVP_PKEY_CTX *
keygen_ctx(uint16_t group)
{
	const char *name = group == IKE_GROUP_X25519 ? "X25519"
			   : group == IKE_GROUP_ECP256 ? "EC" : "DH";
	char ec[] = "prime256v1", dh[] = "modp_2048";
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
					 group == IKE_GROUP_ECP256 ? ec : dh,
					 0),
		OSSL_PARAM_construct_end() };

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
			(group != IKE_GROUP_X25519 && EVP_PKEY_CTX_set_params(ctx, params) <= 0))
		give_up("libcrypto refuses a group");
	return ctx;
}

double
floor_kex_s(uint16_t group, unsigned int n)
{
	EVP_PKEY_CTX *gen = keygen_ctx(group);
	EVP_PKEY *peer = NULL;
	uint8_t secret[512];
	double at;

	if (EVP_PKEY_generate(gen, &peer) <= 0)
		give_up("libcrypto makes no key");
	at = cpu_s();
	for (unsigned int i = 0; i < n; i++) {
		EVP_PKEY *own = NULL;
		EVP_PKEY_CTX *ctx;
		size_t len = sizeof(secret);

		if (EVP_PKEY_generate(gen, &own) <= 0)
			give_up("libcrypto makes no key");
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
		if (EVP_PKEY_derive_init(ctx) <= 0 ||
				EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) <= 0 ||
				EVP_PKEY_derive(ctx, secret, &len) <= 0)
			give_up("libcrypto makes no secret");
		EVP_PKEY_CTX_free(ctx);
		EVP_PKEY_free(own);
	}
	at = cpu_s() - at;
	EVP_PKEY_free(peer);
	EVP_PKEY_CTX_free(gen);
	return at / n;
}

/* One signature and two checks: the peer's, and its CA's of the peer's certificate. */
static double
floor_sig_s(const char *kind, unsigned int n)
{
	EVP_PKEY *key = certs_key(kind);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t msg[600] = { 0 }, sig[512];
	size_t sig_len = sizeof(sig);
	double at = cpu_s();

	for (unsigned int i = 0; i < n; i++) {
		bool ok;

		sig_len = sizeof(sig);
		ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) > 0 &&
		     EVP_DigestSign(ctx, sig, &sig_len, msg, sizeof(msg)) > 0;
		for (int k = 0; ok && k < 2; k++)
			ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) > 0 &&
			     EVP_DigestVerify(ctx, sig, sig_len, msg, sizeof(msg)) == 1;
		if (!ok)
			give_up("libcrypto does not sign");
	}
	at = cpu_s() - at;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return at / n;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void
line(const char *kase, const char *what, unsigned int n, double ms, double floor_ms, double target)
{
	if (!opt.json) {
		printf("%-14s %-22s %6u %9.4f", kase, what, n, ms);
		if (floor_ms > 0)
			printf(" %9.4f %6.2f", floor_ms, ms / floor_ms);
		else
			printf(" %9s %6s", "", "");
		if (target > 0)
			printf(" %7.2f %s", target, ms <= target ? "" : "over");
		printf("\n");
		fflush(stdout);
		return;
	}
	printf("%s\n {\"case\": \"%s\", \"what\": \"%s\", \"n\": %u, \"cpu_ms\": %.6f, ",
			first_line ? "" : ",", kase, what, n, ms);
	if (floor_ms > 0)
		printf("\"floor_ms\": %.6f, ", floor_ms);
	else
		printf("\"floor_ms\": null, ");
	printf(target > 0 ? "\"target_ms\": %.3f}" : "\"target_ms\": null}", target);
	first_line = false;
}

static int
by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

static double
median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

/* ---- cases ---------------------------------------------------------------------------------- */

/* One thing done with every peer of one round; the hub's milliseconds for each. */
static double
round_of(struct duo *d, void (*fn)(struct duo *d, uint32_t i), uint32_t from, uint32_t to)
{
	uint64_t ns = d->end[HUB].ns;

	for (uint32_t i = from; i < to; i++) {
		fn(d, i);
		duo_run(d);
	}
	return (double)(d->end[HUB].ns - ns) / 1e6 / (to - from);
}

static void
do_connect(struct duo *d, uint32_t i)
{
	ike_peer_acquire(d->end[BRANCH].e, i, d->now);
}

static void
do_child_rekey(struct duo *d, uint32_t i)
{
	ike_child_rekey(d->end[BRANCH].e, d->end[BRANCH].child[i], false, d->now);
}

static void
do_ike_rekey(struct duo *d, uint32_t i)
{
	char name[IKE_NAME_MAX];

	snprintf(name, sizeof(name), "branch-%u", i);
	ike_sa_rekey(d->end[BRANCH].e, name, d->now);
}

/* In rounds with the floor between them; what is printed are medians. */
static void
measure(struct duo *d, const struct ike_case *k, const char *what,
		void (*fn)(struct duo *d, uint32_t i), bool kex, double target)
{
	double ms[ROUNDS], floor_ms[ROUNDS] = { 0 };
	uint32_t each = d->n / ROUNDS;

	for (int r = 0; r < ROUNDS; r++) {
		if (kex)
			floor_ms[r] = floor_kex_s(k->group, each < 50 ? each : 50) * 1e3;
		if (k->certs != NULL && fn == do_connect)
			floor_ms[r] += floor_sig_s(k->certs, each < 50 ? each : 50) * 1e3;
		ms[r] = round_of(d, fn, (uint32_t)r * each, (uint32_t)(r + 1) * each);
		duo_pass(d, 500); /* what was replaced is deleted */
	}
	line(k->name, what, each * ROUNDS, median(ms, ROUNDS), median(floor_ms, ROUNDS), target);
}

/* The branches ask, or the hub does: every peer once, by its timer. */
static void
measure_dpd(struct duo *d, const struct ike_case *k, int who)
{
	uint64_t ns;

	for (uint32_t i = 0; i < d->n; i++) {
		struct ike_peer_cfg c = duo_cfg(who, i, k->group);

		c.dpd_interval_s = 20;
		c.dpd_retry_s = 5;
		c.dpd_count = 3;
		if (ike_peer_set(d->end[who].e, &c, d->now) != 0)
			give_up("a peer is refused");
	}
	ns = d->end[HUB].ns;
	duo_pass(d, 21000);
	line(k->name, who == HUB ? "dpd, hub asks" : "dpd, hub answers", d->n,
			(double)(d->end[HUB].ns - ns) / 1e6 / d->n, 0, 0.08);
	for (uint32_t i = 0; i < d->n; i++) {
		struct ike_peer_cfg c = duo_cfg(who, i, k->group);

		if (ike_peer_set(d->end[who].e, &c, d->now) != 0)
			give_up("a peer is refused");
	}
}

static void
run_case(const struct ike_case *k, uint32_t n)
{
	struct duo *d = duo_new(n, k->group, k->certs);

	measure(d, k, "handshake", do_connect, true, k->target_ms);
	if (d->end[HUB].n_up < n)
		give_up("not every handshake was finished");
	measure(d, k, "child rekey", do_child_rekey, false, 0.25);
	measure(d, k, "ike rekey", do_ike_rekey, true, 0);
	duo_pass(d, 10000);
	measure_dpd(d, k, BRANCH);
	measure_dpd(d, k, HUB);
	duo_free(d);
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Both ends live in this process and hold the same: half is the hub's. */
static void
memory(uint32_t n)
{
	struct duo *d = duo_new(n, IKE_GROUP_X25519, NULL);
	size_t before = in_use();
	double each;

	for (uint32_t i = 0; i < n; i++) {
		do_connect(d, i);
		duo_run(d);
	}
	if (d->end[HUB].n_up < n)
		give_up("not every handshake was finished");
	each = (double)(in_use() - before) / 2 / n;
	if (opt.json)
		printf("\n], \"memory\": {\"sas\": %u, \"bytes_each\": %.0f, \"target\": 10240}", n,
				each);
	else
		printf("\nmemory: %.0f bytes per IKE SA and Child SA, over %u (at most 10240)\n",
				each, n);
	duo_free(d);
}

static void
parse(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' },
		{ "quick", no_argument, NULL, 'q' }, { "case", required_argument, NULL, 'c' },
		{ "storm", required_argument, NULL, 's' },
		{ 0 } };
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (o == 'j')
			opt.json = true;
		else if (o == 'q')
			opt.quick = true;
		else if (o == 'c')
			opt.only = optarg;
		else if (o == 's')
			opt.storm = (uint32_t)strtoul(optarg, NULL, 10);
		else {
			fputs("bench: see tools/bench ike --help\n", stderr);
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	bool any = false;

	parse(argc, argv);
	if (opt.storm != 0)
		return storm_run(opt.storm, IKE_GROUP_X25519, opt.json);
	if (opt.json)
		printf("{\"ike\": [");
	else
		printf("%s; CPU milliseconds of the hub each\n\n%-14s %-22s %6s %9s %9s %6s %7s\n",
				OpenSSL_version(OPENSSL_VERSION), "case", "what", "n", "ms",
				"floor", "ratio", "target");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (opt.only != NULL && strcmp(opt.only, cases[i].name) != 0)
			continue;
		any = true;
		run_case(&cases[i], opt.quick ? 20 : 1000);
	}
	if (!any)
		give_up("no such case");
	memory(opt.quick ? 100 : 10000);
	if (opt.json)
		printf("}\n");
	return 0;
}
