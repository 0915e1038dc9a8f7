/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages in words (debug crypto): every payload is named, in both versions and directions, what
 * is secret is not shown, nothing is told while nobody looks, and hostile bytes do no harm.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define ALL_MAX (1u << 20)

static char *all;
static size_t n_all;
static unsigned int n_traced[SIM_NODES];

static void
keep(struct sim *s, int node, const struct ike_trace *t)
{
	n_traced[node]++;
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t->path);
	n_all += (size_t)snprintf(all + n_all, ALL_MAX - n_all, "%c v%u %s [%s] %s\n",
			"AB"[node], t->version, t->out ? "out" : "in", t->peer, t->text);
}

static struct sim *
traced(uint64_t seed, uint8_t version)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s = sim_new(seed, NULL);

	all = calloc(1, ALL_MAX);
	n_all = 0;
	memset(n_traced, 0, sizeof(n_traced));
	s->traced = keep;
	ike_trace_on(s->n[A].e, true);
	a.version = b.version = version;
	a.initiate = true;
	a.dpd_interval_s = 10;
	a.dpd_retry_s = 3;
	a.dpd_count = 5;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 10000));
	sim_run(s, 30000);
	return s;
}

static void
says(const char *words)
{
	if (strstr(all, words) == NULL)
		printf("\n  \"%s\" is not in:\n%s\n", words, all);
	CU_ASSERT_PTR_NOT_NULL(strstr(all, words));
}

/* Neither the secret itself, nor a key of an SA, in hex or as it is. */
static void
keeps_secrets(struct sim *s)
{
	struct ike_peer_cfg a = sim_cfg(A);
	const struct sim_sa *sa = sim_out(&s->n[A]);
	char hex[17], psk[IKE_PSK_MAX + 1] = "";

	memcpy(psk, a.psk, a.psk_len);
	CU_ASSERT_PTR_NULL(strstr(all, psk));
	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	for (int i = 0; i < 8; i++)
		snprintf(hex + (ptrdiff_t)2 * i, 3, "%02x", sa->out.enc_key[i]);
	CU_ASSERT_PTR_NULL(strstr(all, hex));
}

static void
ikev2_in_words(void)
{
	struct sim *s = traced(1, 2);

	says("A v2 out [peer] IKE_SA_INIT request, message id 0, flags initiator, SPIs ");
	says("A v2 in [peer] IKE_SA_INIT response, message id 0, flags responder");
	says("\n  SA\n    proposal 1 IKE: aes");
	says("\n  KE group ");
	says("\n  NONCE, 32 bytes");
	says("\n  NOTIFY NAT_DETECTION_SOURCE_IP (16388), 20 bytes");
	says("A v2 out [peer] IKE_AUTH request, message id 1");
	says("\n  IDi IPv4 address \"10.0.0.1\"");
	says("\n  AUTH by shared key (2)");
	says("\n    proposal 1 ESP SPI ");
	says("\n  TSi protocol 47 10.0.0.1");
	says("\n  NOTIFY USE_TRANSPORT_MODE (16391)");
	says("A v2 in [peer] IKE_AUTH response, message id 1");
	says("A v2 out [peer] INFORMATIONAL request, message id 2"); /* liveness */
	keeps_secrets(s);
	CU_ASSERT_EQUAL(n_traced[B], 0);
	s->loss_percent = 100;
	sim_run(s, 20000);
	says("A v2 out [peer] retransmission 1: INFORMATIONAL request");
	s->loss_percent = 0;
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 100000));
	ike_peer_clear(s->n[A].e, "peer", s->now);
	says("\n  DELETE IKE");
	n_traced[A] = 0;
	ike_trace_on(s->n[A].e, false);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(n_traced[A], 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	free(all);
}

static void
ikev1_in_words(void)
{
	struct sim *s = traced(2, 1);

	says("A v1 out [peer] main mode, message id 00000000, cookies ");
	says("\n  SA first transform: aes");
	says("\n  VENDOR afcad71368a1f1c9");
	says("\n  ID IPv4 address \"10.0.0.2\"");
	says("\n  HASH, ");
	says("A v1 in [peer] main mode, message id 00000000, encrypted");
	says("A v1 out [peer] quick mode, message id ");
	says("\n  NOTIFY R-U-THERE (36136), with SPI ");
	keeps_secrets(s);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	free(all);
}

/* Anything at all in the clear, with the version and exchange of a beginning: read, and
 * printable. */
static void
hostile_bytes(void)
{
	struct sim *s = traced(3, 2);
	uint8_t msg[300];

	for (int i = 0; i < 3000; i++) {
		size_t len = 28 + sim_rand(s) % (sizeof(msg) - 28);

		for (size_t k = 0; k < len; k++)
			msg[k] = (uint8_t)sim_rand(s);
		msg[0] |= 1;
		memset(msg + 8, 0, 8);
		msg[16] = (uint8_t)(i & 1 ? 1 + sim_rand(s) % 21 : 33 + sim_rand(s) % 21);
		msg[17] = i & 1 ? 0x10 : 0x20;
		msg[18] = i & 1 ? 2 : 34;
		msg[19] = i & 1 ? 0 : 8;
		memset(msg + 24, 0, 4);
		msg[26] = (uint8_t)(len >> 8);
		msg[27] = (uint8_t)len;
		for (size_t at = 28; i & 2 && at + 4 <= len; at += 20) { /* well-formed chains */
			msg[at] = at + 24 <= len ? (uint8_t)(33 + sim_rand(s) % 16) : 0;
			msg[at + 2] = 0;
			msg[at + 3] = at + 24 <= len ? 20 : (uint8_t)(len - at);
		}
		n_all = 0;
		sim_deliver(s, A, msg, len);
		for (size_t k = 0; k < n_all; k++)
			if (!isprint((unsigned char)all[k]) && all[k] != '\n')
				CU_FAIL("a byte that is not printable");
	}
	CU_ASSERT_TRUE(n_traced[A] > 100);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	free(all);
}

static const struct cu_case cases[] = {
	CU_CASE(ikev2_in_words),
	CU_CASE(ikev1_in_words),
	CU_CASE(hostile_bytes),
};

CU_MAIN("trace", cases)
