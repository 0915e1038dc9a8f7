/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 7296 row by row, behind IKE_AUTH: what a peer that has proven itself may send, and what it
 * gets for it. A and B are up; the test speaks in B's place, with B's keys, and looks at A's answer.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS   60000
#define MSG_MAX 4096
#define NOTHING 0xffff /* instead of a notification: an answer with none */
#define SILENCE 0xfffe /* no answer */

/* What becomes of A's IKE SA. */
enum after { STAYS, GOES };

static struct sim *
up(void)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
	struct sim *s = sim_new(71, NULL);

	a.initiate = true;
	/* Nothing by itself for some minutes. */
	a.dpd_interval_s = b.dpd_interval_s = 0;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 500);
	return s;
}

static struct ike_sa *
sa_of(struct sim *s, int i)
{
	struct ike_sa_show v = sim_sa(s, i);
	struct ike_sa *sa = ike_sa_find(s->n[i].e, v.initiator ? v.spi_i : v.spi_r);

	CU_ASSERT_PTR_NOT_NULL_FATAL(sa);
	return sa;
}

/* ---- B's words ------------------------------------------------------------------------------- */

struct words {
	uint8_t exchange, first;
	uint8_t flags;   /* besides those that belong there */
	uint8_t version; /* 0: 2.0 */
	bool response;
	uint32_t mid;
	const uint8_t *p;
	size_t len;
};

/* Sealed as B's, to A. */
static void
say(struct sim *s, const struct words *x)
{
	struct ike_sa *sa = sa_of(s, B);
	size_t iv = ike_sk_iv_len(&sa->suite), total = ike_sk_total(&sa->suite, x->len);
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.next = IKE_PL_SK,
		.version = x->version != 0 ? x->version : IKE_VERSION,
		.exchange = x->exchange,
		.flags = x->flags | (x->response ? IKE_FLAG_RESPONSE : 0),
		.mid = x->mid,
		.len = (uint32_t)(IKE_HDR_LEN + 4 + total) };
	uint8_t msg[MSG_MAX];
	struct wr w = wr_init(msg, sizeof(msg));
	size_t aad_len;

	ike_hdr_write(&w, &h);
	wr_u8(&w, x->first);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(4 + total));
	aad_len = w.len;
	memset(wr_room(&w, iv), 0x5a, iv);
	wr_bytes(&w, x->p, x->len);
	wr_zero(&w, h.len - w.len);
	CU_ASSERT_FALSE_FATAL(w.bad);
	CU_ASSERT_EQUAL_FATAL(ike_sk_seal(&sa->e->crypto, &sa->suite, &sa->keys, 1, msg, aad_len,
					      x->len), 0);
	sim_deliver(s, A, msg, h.len);
}

/* A's answer to B's request @mid: false if what A sent last is none. */
static bool
answer(struct sim *s, uint32_t mid, uint8_t plain[MSG_MAX], struct ike_msg *m)
{
	struct ike_sa *sa = sa_of(s, B);
	struct rd r = rd_init(s->last[A], s->last_len[A]);
	int n;

	if (ike_msg_parse(&r, m) != 0 || !(m->h.flags & IKE_FLAG_RESPONSE) || m->h.mid != mid)
		return false;
	n = ike_sk_open(&sa->e->crypto, &sa->suite, &sa->keys, 0, s->last[A], s->last_len[A],
			m->sk_off, plain);
	CU_ASSERT_TRUE_FATAL(n >= 0);
	r = rd_init(plain, (size_t)n);
	CU_ASSERT_EQUAL_FATAL(ike_msg_parse_inner(&r, m->sk_next, m), 0);
	return true;
}

static uint16_t
first_notify(const struct ike_msg *m)
{
	return m->n_notify != 0 ? m->notify[0].type : NOTHING;
}

static bool
a_lives(struct sim *s, uint64_t spi)
{
	struct ike_sa *sa = ike_sa_find(s->n[A].e, spi);

	return sa != NULL && sa->state == IKE_SA_UP;
}

/* Ask A, and look at answer and consequence. What A answered is in @m. */
static void
ask(const char *rfc, struct sim *s, struct words *x, uint16_t notify, enum after after,
		struct ike_msg *m)
{
	static uint8_t plain[MSG_MAX];
	uint64_t spi = sa_of(s, A)->spi_i;
	uint16_t got = SILENCE;

	x->mid = sa_of(s, B)->tx_mid++;
	s->last_len[A] = 0;
	say(s, x);
	if (answer(s, x->mid, plain, m))
		got = first_notify(m);
	if (got != notify || a_lives(s, spi) != (after == STAYS))
		printf("\n  %s: %u, %s\n", rfc, got, a_lives(s, spi) ? "stays" : "goes");
	CU_ASSERT_EQUAL(got, notify);
	CU_ASSERT_EQUAL(a_lives(s, spi), after == STAYS);
}

/* ---- INFORMATIONAL --------------------------------------------------------------------------- */

#define BYTES(...) { __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })
#define N(type)    IKE_PL_NONE, 0, 0, 8, 0, 0, (type) >> 8, (type) & 0xff
#define D          IKE_PL_DELETE

static void
informational(void)
{
	static const struct {
		const char *rfc;
		uint8_t first;
		uint8_t p[40];
		size_t len;
		uint16_t notify;
		enum after after;
	} rows[] = {
		{ "1.4: empty", 0, { 0 }, 0, NOTHING, STAYS },
		{ "3.10.1: an unknown status", IKE_PL_NOTIFY, BYTES(N(40000)), NOTHING, STAYS },
		{ "3.10.1: an unknown error in a request", IKE_PL_NOTIFY, BYTES(N(8000)), NOTHING,
			STAYS },
		{ "3.10.1: a known one that says nothing here", IKE_PL_NOTIFY,
			BYTES(N(IKE_N_NO_PROPOSAL_CHOSEN)), NOTHING, STAYS },
		{ "3.10: its SPI is longer than it is", IKE_PL_NOTIFY,
			BYTES(0, 0, 0, 8, 3, 4, 0x40, 0), IKE_N_INVALID_SYNTAX, GOES },
		{ "2.21.2: AUTHENTICATION_FAILED", IKE_PL_NOTIFY,
			BYTES(N(IKE_N_AUTHENTICATION_FAILED)), NOTHING, GOES },
		{ "2.21.3: INVALID_SYNTAX", IKE_PL_NOTIFY, BYTES(N(IKE_N_INVALID_SYNTAX)), NOTHING,
			GOES },
		{ "1.4.1: the IKE SA", D, BYTES(0, 0, 0, 8, 1, 0, 0, 0), NOTHING, GOES },
		{ "3.11: it has no SPI there", D, BYTES(0, 0, 0, 16, 1, 8, 0, 1, 1, 2, 3, 4, 5, 6, 7,
			8), IKE_N_INVALID_SYNTAX, GOES },
		{ "1.4.1: an SPI that is not there", D, BYTES(0, 0, 0, 12, 3, 4, 0, 1, 9, 9, 9, 9),
			NOTHING, STAYS },
		{ "3.11: AH's", D, BYTES(0, 0, 0, 12, 2, 4, 0, 1, 9, 9, 9, 9), NOTHING, STAYS },
		{ "3.11: an SPI of eight bytes", D, BYTES(0, 0, 0, 16, 3, 8, 0, 1, 9, 9, 9, 9, 9, 9,
			9, 9), IKE_N_INVALID_SYNTAX, GOES },
		{ "3.11: more SPIs than bytes", D, BYTES(0, 0, 0, 12, 3, 4, 0, 2, 9, 9, 9, 9),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "3.11: fewer", D, BYTES(0, 0, 0, 12, 3, 4, 0, 0, 9, 9, 9, 9),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "1.4.1: Child SA and IKE SA", D, BYTES(D, 0, 0, 12, 3, 4, 0, 1, 9, 9, 9, 9,
			0, 0, 0, 8, 1, 0, 0, 0), NOTHING, GOES },
		{ "2.5: an unknown payload", 200, BYTES(0, 0, 0, 6, 1, 2), NOTHING, STAYS },
		{ "2.5: an unknown one, critical", 200, BYTES(0, 0x80, 0, 6, 1, 2),
			IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, STAYS },
		{ "2.5: of a known one that bit says nothing", IKE_PL_NOTIFY,
			BYTES(0, 0x80, 0, 8, 0, 0, 0x9c, 0x40), NOTHING, STAYS },
		{ "2.5: reserved bits", IKE_PL_NOTIFY, BYTES(0, 0x7f, 0, 8, 0, 0, 0x9c, 0x40),
			NOTHING, STAYS },
		{ "3.2: shorter than its header", 200, BYTES(0, 0, 0, 3), IKE_N_INVALID_SYNTAX,
			GOES },
		{ "3.2: longer than what is there", 200, BYTES(0, 0, 0, 9, 1, 2),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "3.2: the next one is not there", 200, BYTES(200, 0, 0, 6, 1, 2),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "3.2: bytes behind the last one", 200, BYTES(0, 0, 0, 5, 1, 2),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "3.2: an Encrypted payload inside of one", IKE_PL_SK, BYTES(0, 0, 0, 6, 1, 2),
			IKE_N_INVALID_SYNTAX, GOES },
		{ "3.12: a vendor ID", IKE_PL_VENDOR, BYTES(0, 0, 0, 6, 1, 2), NOTHING, STAYS },
		{ "3.15: a request for an address", IKE_PL_CP,
			BYTES(0, 0, 0, 12, 1, 0, 0, 0, 0, 1, 0, 0), NOTHING, STAYS },
		{ "3.15: an attribute longer than it", IKE_PL_CP,
			BYTES(0, 0, 0, 12, 1, 0, 0, 0, 0, 1, 0, 9), IKE_N_INVALID_SYNTAX, GOES },
		{ "1.4: a nonce does not belong here", IKE_PL_NONCE, BYTES(0, 0, 0, 20, 1, 1, 1, 1, 1,
			1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), IKE_N_INVALID_SYNTAX, GOES },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = up();
		struct words x = { .exchange = IKE_EX_INFORMATIONAL, .first = rows[i].first,
			.p = rows[i].p, .len = rows[i].len };
		struct ike_msg m;

		ask(rows[i].rfc, s, &x, rows[i].notify, rows[i].after, &m);
		CU_ASSERT_EQUAL(m.h.exchange, IKE_EX_INFORMATIONAL);
		CU_ASSERT_EQUAL(m.n_delete, 0);
		/* Whatever it was: the tunnel is there, or is so again. */
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 10 * UP_MS));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* Section 1.4.1: the answer names the other half. And section 3.1: bits and minor versions of the
 * future say nothing. */
static void
child_deleted(void)
{
	static const struct words ways[] = { { .version = 0 }, { .version = 0x2f },
		{ .flags = 0xc7 & ~IKE_FLAG_INITIATOR & ~IKE_FLAG_RESPONSE } };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct sim *s = up();
		uint32_t spi = sim_out(&s->n[A])->out.spi, ours = sim_out(&s->n[A])->in.spi;
		uint8_t p[16] = { 0, 0, 0, 16, 3, 4, 0, 2 };
		struct wr w = wr_init(p + 8, 8);
		struct words x = ways[i];
		struct ike_msg m;
		struct rd r;

		/* The same twice: it is there once only. */
		wr_be32(&w, spi);
		wr_be32(&w, spi);
		x.exchange = IKE_EX_INFORMATIONAL;
		x.first = D;
		x.p = p;
		x.len = sizeof(p);
		ask("1.4.1: the Child SA", s, &x, NOTHING, STAYS, &m);
		CU_ASSERT_EQUAL_FATAL(m.n_delete, 1);
		CU_ASSERT_EQUAL(m.del[0].proto, IKE_PROTO_ESP);
		CU_ASSERT_EQUAL_FATAL(m.del[0].n, 1);
		r = rd_init(m.del[0].spis, 4);
		CU_ASSERT_EQUAL(rd_be32(&r), ours);
		CU_ASSERT_PTR_NULL(sim_out(&s->n[A]));
		sim_free(s);
	}
}

/* ---- CREATE_CHILD_SA ------------------------------------------------------------------------- */

/* What is not as it should be in B's offer of a new Child SA. */
struct offer {
	const char *rfc;
	uint16_t notify;
	enum after after;
	uint16_t nonce;  /* bytes; 0: 32 */
	bool no_nonce, no_sa, no_ts, no_tsr, two_sas, tunnel, extra_ke, other_ts;
	uint32_t spi;    /* 0: one of its own */
	uint32_t rekeys; /* 0: nothing; 1: what both hold, by B's SPI; 2: by A's; or that one */
	unsigned int at; /* a byte of the SA payload's body to be set, counted from 1 */
	uint8_t to;
};

static void
put_selectors(struct ike_chain *c, const struct offer *f)
{
	struct ike_ts_list l = ike_ts_host(47, SIM_ADDR(B));

	ike_put_ts(c, IKE_PL_TSI, &l);
	l = ike_ts_host(f->other_ts ? 6 : 47, SIM_ADDR(A));
	if (!f->no_tsr)
		ike_put_ts(c, IKE_PL_TSR, &l);
}

static void
put_offer(struct sim *s, struct ike_chain *c, const struct offer *f)
{
	static const uint8_t nonce[300];
	const struct ike_peer_cfg *cfg = &sa_of(s, B)->peer->cfg;
	uint32_t in = f->spi != 0 ? f->spi : 0xabcd0123;
	uint8_t spi[4] = { in >> 24, in >> 16 & 0xff, in >> 8 & 0xff, in & 0xff };
	size_t at;

	if (f->rekeys != 0)
		ike_put_notify_esp(c, IKE_N_REKEY_SA, f->rekeys == 1 ? sim_out(&s->n[B])->in.spi :
				f->rekeys == 2 ? sim_out(&s->n[A])->in.spi : f->rekeys);
	if (!f->tunnel)
		ike_put_notify(c, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	for (int i = 0; i < !f->no_sa + f->two_sas; i++) {
		at = c->w->len + 4;
		ike_put_sa(c, IKE_USE_ESP, cfg->esp_proposals, cfg->n_esp_proposals, spi,
				sizeof(spi));
		if (f->at != 0)
			wr_patch_u8(c->w, at + f->at - 1, f->to);
	}
	if (!f->no_nonce)
		ike_put_blob(c, IKE_PL_NONCE, nonce, f->nonce != 0 ? f->nonce : 32);
	if (f->extra_ke)
		ike_put_ke(c, IKE_GROUP_X25519, nonce, 32);
	if (!f->no_ts)
		put_selectors(c, f);
}

static void
create_child(void)
{
	static const struct offer rows[] = {
		{ .rfc = "1.3.1: as it should be", .notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "1.3.3: a rekey", .rekeys = 1, .notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "1.3.3: the SPI is the one that its sender has for its inbound half",
			.rekeys = 2, .notify = IKE_N_CHILD_SA_NOT_FOUND },
		{ .rfc = "2.25: of what is not there", .rekeys = 0x77777777,
			.notify = IKE_N_CHILD_SA_NOT_FOUND },
		{ .rfc = "2.10: a nonce of 16 bytes", .nonce = 16,
			.notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "2.10: of 256", .nonce = 256, .notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "2.10: of 15", .nonce = 15, .notify = IKE_N_INVALID_SYNTAX, .after = GOES },
		{ .rfc = "2.10: of 257", .nonce = 257, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "1.3.1: none", .no_nonce = true, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "1.3.1: no SA", .no_sa = true, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "1.3.1: two", .two_sas = true, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "1.3.1: no traffic selectors", .no_ts = true,
			.notify = IKE_N_TS_UNACCEPTABLE },
		{ .rfc = "1.3.1: those of one side", .no_tsr = true,
			.notify = IKE_N_TS_UNACCEPTABLE },
		{ .rfc = "2.9: of other traffic", .other_ts = true,
			.notify = IKE_N_TS_UNACCEPTABLE },
		{ .rfc = "1.3.1: tunnel mode", .tunnel = true, .notify = IKE_N_NO_PROPOSAL_CHOSEN },
		{ .rfc = "1.3.1: a KE that no proposal has a group for", .extra_ke = true,
			.notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "RFC 4303 2.1: a reserved SPI", .spi = 255,
			.notify = IKE_N_NO_PROPOSAL_CHOSEN },
		/* last, 0, length, number, protocol, SPI size, transforms, SPI (4), first transform:
		 * last, 0, length, type, 0, id, key length */
		{ .rfc = "3.3.1: more than the last", .at = 1, .to = 2,
			.notify = IKE_N_INVALID_SYNTAX, .after = GOES },
		{ .rfc = "3.3.1: neither", .at = 1, .to = 1, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "3.3.1: reserved", .at = 2, .to = 0xff,
			.notify = IKE_N_USE_TRANSPORT_MODE },
		{ .rfc = "3.3.1: its length", .at = 4, .to = 7, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "3.3.1: AH", .at = 6, .to = 2, .notify = IKE_N_NO_PROPOSAL_CHOSEN },
		{ .rfc = "3.3.1: an SPI longer than all", .at = 7, .to = 255,
			.notify = IKE_N_INVALID_SYNTAX, .after = GOES },
		{ .rfc = "3.3.1: more transforms than there are", .at = 8, .to = 9,
			.notify = IKE_N_INVALID_SYNTAX, .after = GOES },
		{ .rfc = "3.3.1: fewer", .at = 8, .to = 1, .notify = IKE_N_INVALID_SYNTAX,
			.after = GOES },
		{ .rfc = "3.3.2: a transform's length", .at = 16, .to = 3,
			.notify = IKE_N_INVALID_SYNTAX, .after = GOES },
		{ .rfc = "3.3.2: of a type that is not known", .at = 17, .to = 9,
			.notify = IKE_N_NO_PROPOSAL_CHOSEN },
		{ .rfc = "3.3.2: a cipher that is not known", .at = 20, .to = 200,
			.notify = IKE_N_NO_PROPOSAL_CHOSEN },
		{ .rfc = "3.3.5: an attribute that is not known", .at = 22, .to = 99,
			.notify = IKE_N_NO_PROPOSAL_CHOSEN },
		{ .rfc = "3.3.5: a key length that the cipher does not have", .at = 24, .to = 1,
			.notify = IKE_N_NO_PROPOSAL_CHOSEN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = up();
		struct words x = { .exchange = IKE_EX_CREATE_CHILD_SA };
		static struct ike_out o;
		struct ike_msg m;

		ike_out_init(&o);
		put_offer(s, &o.c, &rows[i]);
		CU_ASSERT_FALSE_FATAL(o.w.bad);
		x.first = o.c.first;
		x.p = o.buf;
		x.len = o.w.len;
		ask(rows[i].rfc, s, &x, rows[i].notify, rows[i].after, &m);
		CU_ASSERT_EQUAL(m.h.exchange, IKE_EX_CREATE_CHILD_SA);
		CU_ASSERT_EQUAL(m.sa.p != NULL, rows[i].notify == IKE_N_USE_TRANSPORT_MODE);
		if (rows[i].notify == IKE_N_CHILD_SA_NOT_FOUND) {
			struct rd r = rd_init(m.notify[0].spi.p, m.notify[0].spi.len);
			uint32_t spi = rows[i].rekeys == 2 ? sim_out(&s->n[A])->in.spi :
					rows[i].rekeys;

			CU_ASSERT_EQUAL(rd_be32(&r), spi);
		}
		sim_free(s);
	}
}

/* The same for the IKE SA itself. The public value is of x25519: any 32 bytes are one, if not 0. */
static void
rekey_ike(void)
{
	static const struct {
		const char *rfc;
		uint16_t notify, group;
		uint8_t spi[8], spi_len;
		uint8_t ke, ke_len; /* each byte */
		bool no_nonce, ts;
		enum after after;
	} rows[] = {
#define SPI .spi = { 1, 2, 3, 4, 5, 6, 7, 8 }
#define KE  .ke = 9, .ke_len = 32
		{ "1.3.2: as it should be", NOTHING, IKE_GROUP_X25519, SPI, .spi_len = 8, KE },
		{ "1.3.2: with traffic selectors", NOTHING, IKE_GROUP_X25519, SPI, .spi_len = 8, KE,
			.ts = true },
		{ "3.3.1: an SPI of 0", IKE_N_NO_PROPOSAL_CHOSEN, IKE_GROUP_X25519, .spi_len = 8,
			KE },
		{ "3.3.1: no SPI", IKE_N_NO_PROPOSAL_CHOSEN, IKE_GROUP_X25519, KE },
		{ "3.3.1: an SPI of four bytes", IKE_N_NO_PROPOSAL_CHOSEN, IKE_GROUP_X25519, SPI,
			.spi_len = 4, KE },
		{ "1.3.2: no KE", IKE_N_INVALID_KE_PAYLOAD, 0, SPI, .spi_len = 8 },
		{ "1.3.2: of another group", IKE_N_INVALID_KE_PAYLOAD, IKE_GROUP_ECP256, SPI,
			.spi_len = 8, KE },
		{ "3.4: too short", IKE_N_INVALID_KE_PAYLOAD, IKE_GROUP_X25519, SPI, .spi_len = 8,
			.ke = 9, .ke_len = 31 },
		{ "RFC 8031 3.2: all zero", IKE_N_NO_PROPOSAL_CHOSEN, IKE_GROUP_X25519, SPI,
			.spi_len = 8, .ke_len = 32 },
		{ "1.3.2: no nonce", IKE_N_INVALID_SYNTAX, IKE_GROUP_X25519, SPI, .spi_len = 8, KE,
			.no_nonce = true, .after = GOES },
#undef SPI
#undef KE
	};
	const struct offer none = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = up();
		const struct ike_peer_cfg *cfg = &sa_of(s, B)->peer->cfg;
		struct words x = { .exchange = IKE_EX_CREATE_CHILD_SA };
		static struct ike_out o;
		uint8_t bytes[64];
		struct ike_msg m;

		ike_out_init(&o);
		ike_put_sa(&o.c, IKE_USE_IKE, cfg->ike_proposals, cfg->n_ike_proposals, rows[i].spi,
				rows[i].spi_len);
		memset(bytes, rows[i].ke, sizeof(bytes));
		if (!rows[i].no_nonce)
			ike_put_blob(&o.c, IKE_PL_NONCE, bytes, 32);
		if (rows[i].group != 0)
			ike_put_ke(&o.c, rows[i].group, bytes, rows[i].ke_len);
		if (rows[i].ts)
			put_selectors(&o.c, &none);
		x.first = o.c.first;
		x.p = o.buf;
		x.len = o.w.len;
		ask(rows[i].rfc, s, &x, rows[i].notify, rows[i].notify == NOTHING ? GOES
				: rows[i].after, &m);
		CU_ASSERT_EQUAL(m.sa.p != NULL, rows[i].notify == NOTHING);
		sim_free(s);
	}
}

/* ---- which message it is --------------------------------------------------------------------- */

/* Sections 2.1 to 2.3: the next request, and the last one again, which is not looked at. */
static void
message_ids(void)
{
	static const uint8_t gone[] = { 0, 0, 0, 8, 1, 0, 0, 0 };
	struct sim *s = up();
	uint32_t next = sa_of(s, B)->tx_mid;
	struct words x = { .exchange = IKE_EX_INFORMATIONAL };
	uint8_t first[SIM_MSG_MAX];
	size_t first_len;
	struct ike_msg m;

	ask("2.3: the next one", s, &x, NOTHING, STAYS, &m);
	first_len = s->last_len[A];
	memcpy(first, s->last[A], first_len);
	x = (struct words){ .exchange = IKE_EX_INFORMATIONAL, .first = D, .p = gone,
		.len = sizeof(gone), .mid = next };
	s->last_len[A] = 0;
	say(s, &x);
	CU_ASSERT_EQUAL(s->last_len[A], first_len);
	CU_ASSERT_EQUAL(memcmp(s->last[A], first, first_len), 0);
	for (uint32_t mid = next - 1; mid != next + 3; mid++) {
		if (mid == next || mid == next + 1)
			continue;
		x.mid = mid;
		s->last_len[A] = 0;
		say(s, &x);
		CU_ASSERT_EQUAL(s->last_len[A], 0);
	}
	/* An answer that nobody has asked for. */
	x.mid = sa_of(s, A)->tx_mid;
	x.response = true;
	say(s, &x);
	CU_ASSERT_EQUAL(s->last_len[A], 0);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool
lose_all_of_a(struct sim *s, int from, const uint8_t *msg, size_t len)
{
	(void)s;
	(void)msg;
	(void)len;
	return from == A;
}

/* A asks whether B lives, and gets this. */
static void
answers(void)
{
	static const struct {
		const char *rfc;
		uint8_t exchange, first;
		uint8_t p[16];
		size_t len;
		enum after after;
	} rows[] = {
		{ "2.4: empty", IKE_EX_INFORMATIONAL, 0, { 0 }, 0, STAYS },
		{ "3.10.1: an unknown status", IKE_EX_INFORMATIONAL, IKE_PL_NOTIFY, BYTES(N(40000)),
			STAYS },
		{ "2.5: an unknown payload", IKE_EX_INFORMATIONAL, 200, BYTES(0, 0, 0, 6, 1, 2),
			STAYS },
		{ "2.21.3: INVALID_SYNTAX is the end on both sides", IKE_EX_INFORMATIONAL,
			IKE_PL_NOTIFY, BYTES(N(IKE_N_INVALID_SYNTAX)), GOES },
		{ "2.21.3: malformed", IKE_EX_INFORMATIONAL, 200, BYTES(0, 0, 0, 3), GOES },
		{ "2.5: a critical payload", IKE_EX_INFORMATIONAL, 200, BYTES(0, 0x80, 0, 6, 1, 2),
			GOES },
		{ "2.1: of another exchange", IKE_EX_CREATE_CHILD_SA, 0, { 0 }, 0, STAYS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = up();
		struct ike_sa *a = sa_of(s, A);
		uint64_t spi = a->spi_i;
		struct words x = { .exchange = rows[i].exchange, .first = rows[i].first,
			.p = rows[i].p, .len = rows[i].len, .response = true, .mid = a->tx_mid };

		s->drop = lose_all_of_a;
		ike_task_queue(ike_task_new(a, IKE_TASK_DPD), false);
		say(s, &x);
		if (a_lives(s, spi) != (rows[i].after == STAYS))
			printf("\n  %s\n", rows[i].rfc);
		CU_ASSERT_EQUAL(a_lives(s, spi), rows[i].after == STAYS);
		s->drop = NULL;
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20 * UP_MS));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(informational),
	CU_CASE(child_deleted),
	CU_CASE(create_child),
	CU_CASE(rekey_ike),
	CU_CASE(message_ids),
	CU_CASE(answers),
};

CU_MAIN("ike_rfc", cases)
