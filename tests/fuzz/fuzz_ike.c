/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE: the parsers alone, and two whole engines in the simulated world whose messages an attacker
 * makes. Also what only a misbehaving peer could send: payloads from the input are sealed with the
 * IKE SA's own keys and given the message id that is due.
 *
 *	input   setup byte, then steps:  op (1 byte), length (2), so many bytes
 *	setup   bit 0  the parsers alone
 *	        bit 1  the tunnel is up before the first step
 *	        bit 2  the IKE SA uses AES-GCM
 *	        bit 3  Child SAs are rekeyed with a key exchange
 *	        bit 4  the peer has no address of its own, and a NAT forgets
 *	        bit 5  who calls has to show a cookie
 *	op      bits 0-2 what, bit 3 to which node, bits 4-5 exchange, bit 6 as response, bit 7 as a
 *	        fragment: two more bytes in front say which, and of how many
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_sim.h"

enum op { OP_RAW, OP_SEALED, OP_WAIT, OP_REKEY_CHILD, OP_REKEY_IKE, OP_CLEAR, OP_REPLAY, OP_CUT };

static void
parsers(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct ike_sa_payload sa;
	struct ike_ts_list ts, both, own = { .n = 3,
		.ts = { { 0, 0, UINT16_MAX, IP4_RANGE(0, INT32_MAX) },
			{ 6, 80, 443, IP4_RANGE(0, UINT32_MAX) },
			{ 0, 0, UINT16_MAX,
				{ .is_ip6 = true, .lo = { 0x20 }, .hi = { 0x3f } } } } };
	struct ike_suite suite;
	struct ike_peer_cfg cfg = sim_cfg(A);
	struct ike_msg m;
	char text[64];

	if (ike_msg_parse(&r, &m) == 0 && ike_msg_check(&m) == 0)
		fuzz_reached("a whole message");
	r = rd_init(data, size);
	if (ike_sa_parse(&r, &sa) == 0) {
		ike_sa_choose(&sa, IKE_USE_IKE, cfg.ike_proposals, 1, 31, &suite);
		ike_sa_accept(&sa, IKE_USE_ESP, cfg.esp_proposals, 1, &suite);
		ike_sa_payload_str(&sa, text, sizeof(text));
	}
	r = rd_init(data, size);
	if (ike_ts_parse(&r, &ts) == 0 && ike_ts_narrow(&ts, &own, &both) &&
			(!ike_ts_within(&both, &own) || !ike_ts_within(&both, &ts)))
		abort();
	if (size == 0)
		return;
	memset(&m, 0, sizeof(m));
	r = rd_init(data + 1, size - 1);
	ike_msg_parse_inner(&r, data[0], &m);
}

/* An IKE SA of a node that has keys. */
static struct ike_sa *
keyed_sa(struct ike_engine *e)
{
	struct ike_sa *sa, *best = NULL;

	TAILQ_FOREACH (sa, &e->sas, all_link)
		if (sa->state >= IKE_SA_AUTH && sa->state <= IKE_SA_GONE)
			best = sa;
	return best;
}

/* The next message id due: of the peer's answers or of its requests. */
static uint32_t
due(const struct ike_sa *sa, bool response)
{
	return response ? sa->tx_mid : sa->rx_mid;
}

/* What a node has made of a message that was due. */
static void
tell_reached(struct ike_engine *e, int to, const struct ike_sa *was, uint32_t mid, bool response,
		uint8_t exchange)
{
	static const char *const names[] = { "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA",
		"INFORMATIONAL" };
	struct ike_sa *sa;
	char what[64];

	TAILQ_FOREACH (sa, &e->sas, all_link)
		if (sa == was && due(sa, response) == mid)
			return; /* it is still due */
	snprintf(what, sizeof(what), "%c takes %s %s", "ab"[to], names[exchange - IKE_EX_SA_INIT],
			response ? "answer" : "request");
	fuzz_reached(what);
}

/* The input's payloads, the first byte their first type, as the peer would send them. */
static void
sealed(struct sim *s, int to, uint8_t head, const uint8_t *p, size_t len)
{
	uint8_t exchange = (uint8_t)(IKE_EX_SA_INIT + (head >> 4 & 3));
	bool response = (head & 0x40) != 0, fragment = (head & 0x80) != 0;
	struct ike_sa *sa = keyed_sa(s->n[to].e);
	uint8_t msg[8192] = { 0 };
	struct wr w = wr_init(msg, sizeof(msg));
	struct ike_hdr h = { .next = IKE_PL_SK, .version = IKE_VERSION, .exchange = exchange };
	const uint8_t *which = NULL;
	size_t total;

	if (sa == NULL || len < (fragment ? 3 : 1) || len > 4096)
		return;
	if (fragment) {
		which = p;
		p += 2;
		len -= 2;
		h.next = IKE_PL_SKF;
	}
	total = ike_sk_total(&sa->suite, len - 1) + (fragment ? 4 : 0);
	h.spi_i = sa->spi_i;
	h.spi_r = sa->spi_r;
	h.flags = (uint8_t)((sa->initiator ? 0 : IKE_FLAG_INITIATOR) |
			    (response ? IKE_FLAG_RESPONSE : 0));
	h.mid = response ? sa->tx_mid : sa->rx_mid;
	h.len = (uint32_t)(IKE_HDR_LEN + 4 + total);
	ike_hdr_write(&w, &h);
	wr_u8(&w, p[0]);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(4 + total));
	if (fragment) {
		wr_be16(&w, which[0]);
		wr_be16(&w, which[1]);
	}
	memcpy(msg + w.len + ike_sk_iv_len(&sa->suite), p + 1, len - 1);
	if (ike_sk_seal(&sa->e->crypto, &sa->suite, &sa->keys, sa->initiator ? 1 : 0, msg, w.len,
			    len - 1) != 0)
		abort();
	sim_deliver(s, to, msg, h.len);
	tell_reached(s->n[to].e, to, sa, h.mid, response, exchange);
}

static bool
cut_wire(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	return s->drop_arg != 0;
}

static void
step(struct sim *s, uint8_t head, const uint8_t *p, size_t len)
{
	struct sim_node *n = &s->n[head >> 3 & 1];
	struct sim_sa *out = sim_out(n);

	switch ((enum op)(head & 7)) {
	case OP_RAW:
		sim_deliver(s, n->me, p, len);
		break;
	case OP_SEALED:
		sealed(s, n->me, head, p, len);
		break;
	case OP_WAIT:
		sim_run(s, len > 0 ? p[0] * 100u : 10);
		break;
	case OP_REKEY_CHILD:
		if (out != NULL)
			ike_child_rekey(n->e, out->id, (head & 0x10) != 0, s->now);
		break;
	case OP_REKEY_IKE:
		ike_sa_rekey(n->e, "peer", s->now);
		break;
	case OP_CLEAR:
		ike_peer_clear(n->e, NULL, s->now);
		break;
	case OP_REPLAY: /* the other node's last message, one byte changed */
		if (s->last_len[!n->me] > 0) {
			uint8_t msg[SIM_MSG_MAX];

			memcpy(msg, s->last[!n->me], s->last_len[!n->me]);
			if (len >= 3)
				msg[(p[0] << 8 | p[1]) % s->last_len[!n->me]] ^= p[2];
			sim_deliver(s, n->me, msg, s->last_len[!n->me]);
		}
		break;
	case OP_CUT:
		s->drop = cut_wire;
		s->drop_arg = head >> 4 & 1;
		break;
	}
}

static struct sim *
setup(uint8_t bits)
{
	static const struct ike_limits cookies = { .cookie_threshold = 0, .max_half_open = 100,
		.max_half_open_per_ip = 10, .max_sas = 100 };
	struct sim *s = sim_new(bits, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.initiate = true;
	a.dpd_interval_s = 5;
	for (int i = 0; i < SIM_NODES && bits & 0x20; i++)
		ike_limits_set(s->n[i].e, &cookies);
	if (bits & 4)
		a.ike_proposals[0] = b.ike_proposals[0] = sim_prop(IKE_ENCR_AES_GCM_16, 128, 0,
				IKE_PRF_HMAC_SHA2_256, IKE_GROUP_X25519, false);
	if (bits & 8)
		a.esp_proposals[0] = b.esp_proposals[0] = sim_prop(IKE_ENCR_AES_GCM_16, 128, 0, 0,
				IKE_GROUP_X25519, true);
	for (int i = 0; i < SIM_NODES && bits & 0x10; i++)
		ike_trace_on(s->n[i].e, true); /* messages in words, too */
	if (bits & 0x10) {
		b.remote = 0;
		sim_nat_flush(s);
	}
	if (ike_peer_set(s->n[B].e, &b, s->now) != 0 || ike_peer_set(s->n[A].e, &a, s->now) != 0)
		abort();
	if (bits & 2)
		sim_run(s, 200);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	uint8_t bits = rd_u8(&r);
	struct sim *s;

	if (size == 0)
		return 0;
	if (bits & 1) {
		parsers(data + 1, size - 1);
		return 0;
	}
	s = setup(bits & 0x3e);
	for (int n = 0; n < 32 && rd_left(&r) > 0; n++) {
		uint8_t head = rd_u8(&r);
		size_t len = rd_be16(&r);
		const uint8_t *p;

		if (len > rd_left(&r))
			len = rd_left(&r);
		p = rd_bytes(&r, len);
		if (p == NULL)
			break;
		step(s, head, p, len);
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
