/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv1: the parsers alone, and two whole engines in the simulated world whose messages an attacker
 * makes. Also what only a misbehaving peer could send: payloads from the input with the right HASH,
 * encrypted with the ISAKMP SA's own keys.
 *
 *	input   setup byte, then steps:  op (1 byte), length (2), so many bytes
 *	setup   bit 0  the parsers alone
 *	        bit 1  the tunnel is up before the first step
 *	        bit 2  aggressive mode
 *	        bit 3  quick mode with a key exchange
 *	op      bits 0-2 what, bit 3 to which node, bit 4 quick mode, bit 5 a transaction, else
 *	        informational, bit 6 the fifth or sixth message of main mode instead; raw bytes:
 *	        bit 5 as a fragment for the ISAKMP SA there is
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike1_phase1.h"
#include "tests/sim/forge.h"
#include "tests/sim/sim.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_sim.h"

enum op { OP_RAW, OP_SEALED, OP_WAIT, OP_RENEW, OP_RESTART, OP_CLEAR, OP_REPLAY, OP_CUT };

static struct ike_peer_cfg
cfg1(int i, uint8_t bits)
{
	struct ike_peer_cfg c = sim_cfg(i);

	c.version = 1;
	c.aggressive = (bits & 4) != 0;
	c.initiate = i == A;
	c.dpd_interval_s = 5;
	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96,
			IKE_PRF_HMAC_SHA1, IKE_GROUP_X25519, false);
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96, 0,
			bits & 8 ? IKE_GROUP_X25519 : 0, false);
	return c;
}

static void
parsers(const uint8_t *data, size_t size)
{
	struct ike_peer_cfg cfg = cfg1(A, 0);
	struct ike_blob b = { .p = data + 1, .len = size - 1 }, chosen;
	struct ike1_suite suite;
	struct ike1_msg m = { 0 };
	struct ike1_frag f;
	struct rd r = rd_init(data + 1, size - 1);
	uint32_t spi;
	uint8_t num;
	char text[64];

	if (ike1_parse(&r, data[0], (data[0] & 1) != 0, &m) == 0)
		fuzz_reached("a chain of payloads");
	r = rd_init(data + 1, size - 1);
	ike1_frag_parse(&r, &f);
	for (int phase1 = 0; phase1 < 2; phase1++) {
		struct ike1_terms t = { .cfg = phase1 ? cfg.ike_proposals : cfg.esp_proposals,
			.n = 1,
			.phase1 = phase1,
			.mode = IKE1_MODE_TRANSPORT };

		if (ike1_choose(&b, &t, &suite, &chosen, &num, &spi) &&
				(chosen.p < b.p || chosen.p + chosen.len > b.p + b.len))
			abort();
		ike1_accept(&b, &t, &suite, &spi);
		ike1_offer_str(&b, phase1, text, sizeof(text));
		fuzz_reached(text);
	}
}

/* Sixteen bytes of 0xcc stand for the cookies, which an attacker of this world may know. */
static void
put_cookies(const struct ike1_sa *sa, uint8_t *p, size_t len)
{
	static const uint8_t stand_in[] = { 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc,
		0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc };
	uint8_t *at = memmem(p, len, stand_in, sizeof(stand_in));
	struct wr w;

	if (at == NULL)
		return;
	w = wr_init(at, sizeof(stand_in));
	wr_be64(&w, sa->ck_i);
	wr_be64(&w, sa->ck_r);
}

/* The input's payloads, the first byte their first type, as the peer would send them. */
static void
sealed(struct sim *s, int to, uint8_t exchange, const uint8_t *p, size_t len)
{
	struct ike_engine *e = s->n[to].e;
	struct ike1_sa *sa = TAILQ_FIRST(&e->sas1);
	uint32_t mid = 1 + sim_rand(s) % 3; /* few, so that an exchange is met again */
	uint8_t payloads[3500], msg[FORGE_MAX];
	char what[32];

	if (sa == NULL || sa->state != IKE1_UP || len < 1 || len > sizeof(payloads))
		return;
	memcpy(payloads, p, len);
	put_cookies(sa, payloads, len);
	sim_deliver(s, to, msg, forge1(sa, exchange, mid, p[0], payloads + 1, len - 1, msg));
	snprintf(what, sizeof(what), "%c holds %d pairs", "ab"[to], sim_held_sas(&s->n[to]));
	fuzz_reached(what);
	if (TAILQ_EMPTY(&e->sas1))
		fuzz_reached(to == A ? "a holds no ISAKMP SA" : "b holds no ISAKMP SA");
}

/* The same as the next message of main mode: sealed under the keys as they are by then. */
static void
sealed_main(struct sim *s, int to, const uint8_t *p, size_t len)
{
	struct ike_engine *e = s->n[to].e;
	struct ike1_sa *sa = TAILQ_FIRST(&e->sas1);
	uint8_t msg[4096] = { 0 }, iv[IKE1_BLOCK_MAX];
	struct wr w = wr_init(msg, sizeof(msg));
	struct ike_hdr h = { .version = IKE1_VERSION,
		.exchange = IKE1_EX_MAIN,
		.flags = IKE1_FLAG_ENCRYPTED };
	size_t body = (len - 1 + 15) / 16 * 16;

	if (sa == NULL || len < 2 || len > 3500 ||
			(sa->state != IKE1_MM4_SENT && sa->state != IKE1_MM5_SENT))
		return;
	/* The responder derives them when it has the message. */
	if (sa->state == IKE1_MM4_SENT && !ike1_phase1_keys(sa, TAILQ_FIRST(&e->peers)))
		abort();
	h.next = p[0];
	h.spi_i = sa->ck_i;
	h.spi_r = sa->ck_r;
	h.len = (uint32_t)(IKE_HDR_LEN + body);
	ike_hdr_write(&w, &h);
	wr_bytes(&w, p + 1, len - 1);
	memcpy(iv, sa->keys.iv, sizeof(iv));
	if (ike1_cipher(&sa->suite.s, &sa->keys, iv, msg + IKE_HDR_LEN, body, true) != 0)
		abort();
	sim_deliver(s, to, msg, h.len);
}

/* A fragment's payload, with the cookies that only the peer knows. */
static void
fragment(struct sim *s, int to, const uint8_t *p, size_t len)
{
	struct ike1_sa *sa = TAILQ_FIRST(&s->n[to].e->sas1);
	uint8_t msg[4096];
	struct wr w = wr_init(msg, sizeof(msg));
	struct ike_hdr h = { .next = IKE1_PL_FRAGMENT, .version = IKE1_VERSION,
		.exchange = IKE1_EX_MAIN, .len = (uint32_t)(IKE_HDR_LEN + len) };

	if (sa == NULL || len > 3500)
		return;
	h.spi_i = sa->ck_i;
	h.spi_r = sa->ck_r;
	ike_hdr_write(&w, &h);
	wr_bytes(&w, p, len);
	sim_deliver(s, to, msg, w.len);
}

static bool
cut_wire(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return s->drop_arg != 0;
}

static void
replay(struct sim *s, struct sim_node *n, const uint8_t *p, size_t len)
{
	uint8_t msg[SIM_MSG_MAX];
	size_t last = s->last_len[!n->me];

	if (last == 0)
		return;
	memcpy(msg, s->last[!n->me], last);
	if (len >= 3)
		msg[(p[0] << 8 | p[1]) % last] ^= p[2];
	sim_deliver(s, n->me, msg, last);
}

static void
step(struct sim *s, uint8_t bits, uint8_t head, const uint8_t *p, size_t len)
{
	struct sim_node *n = &s->n[head >> 3 & 1];
	struct sim_sa *out = sim_out(n);
	struct ike_peer_cfg cfg;

	switch ((enum op)(head & 7)) {
	case OP_RAW:
		if (head & 0x20)
			fragment(s, n->me, p, len);
		else
			sim_deliver(s, n->me, p, len);
		break;
	case OP_SEALED:
		if (head & 0x40)
			sealed_main(s, n->me, p, len);
		else
			sealed(s, n->me, head & 0x20   ? IKE1_EX_TRANSACTION
					 : head & 0x10 ? IKE1_EX_QUICK
						       : IKE1_EX_INFO,
					p, len);
		break;
	case OP_WAIT:
		sim_run(s, len > 0 ? p[0] * 100u : 10);
		break;
	case OP_RENEW:
		if (out != NULL)
			ike_child_rekey(n->e, out->id, false, s->now);
		break;
	case OP_RESTART:
		cfg = cfg1(n->me, bits);
		sim_crash(s, n->me);
		if (ike_peer_set(n->e, &cfg, s->now) != 0)
			abort();
		break;
	case OP_CLEAR:
		ike_peer_clear(n->e, NULL, s->now);
		break;
	case OP_REPLAY: /* the other node's last message, one byte changed */
		replay(s, n, p, len);
		break;
	case OP_CUT:
		s->drop = cut_wire;
		s->drop_arg = head >> 4 & 1;
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	uint8_t bits = rd_u8(&r);
	struct ike_peer_cfg a = cfg1(A, bits), b = cfg1(B, bits);
	struct sim *s;

	if (size < 2)
		return 0;
	if (bits & 1) {
		parsers(data + 1, size - 1);
		return 0;
	}
	s = sim_new(bits, NULL);
	for (int i = 0; i < SIM_NODES; i++)
		ike_trace_on(s->n[i].e, true); /* messages in words, too */
	if (ike_peer_set(s->n[B].e, &b, s->now) != 0 || ike_peer_set(s->n[A].e, &a, s->now) != 0)
		abort();
	if (bits & 2)
		sim_run(s, 300);
	for (int n = 0; n < 32 && rd_left(&r) > 0; n++) {
		uint8_t head = rd_u8(&r);
		size_t len = rd_be16(&r);
		const uint8_t *p;

		if (len > rd_left(&r))
			len = rd_left(&r);
		p = rd_bytes(&r, len);
		if (p == NULL)
			break;
		step(s, bits, head, p, len);
		for (int i = 0; i < SIM_NODES; i++)
			if (sim_held_sas(&s->n[i]) > IKE_MAX_CHILDREN)
				abort();
	}
	sim_run(s, 2000);
	fuzz_sim_reached(s);
	if (sim_free(s) != 0)
		abort(); /* an SPI or a Child SA was not given back */
	return 0;
}
