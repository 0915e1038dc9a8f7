/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Transactions of IKEv1 (exchange type 6), which only others begin: mode config asks for an address
 * or gives one (draft-dukes-ike-mode-cfg), XAUTH asks for a user's name and password
 * (draft-beaulieu-ike-xauth). We do neither. Who asks is answered all the same: it would repeat its
 * question, and give up the ISAKMP SA at last.
 *
 *	HDR*, HASH, ATTR(REQUEST)   -->
 *	                            <--  HDR*, HASH, ATTR(REPLY): nothing; to XAUTH: failed
 *	HDR*, HASH, ATTR(SET)       -->
 *	                            <--  HDR*, HASH, ATTR(ACK): nothing was taken
 *
 * Nothing is remembered: a question that comes again gets the same answer, and is no sign of life.
 */
#include "controlplane/ike/ike1_int.h"

#define ATTR_TV             0x8000
#define ATTR_IP4_ADDRESS    1
#define ATTR_IP6_ADDRESS    8
#define ATTR_XAUTH_FIRST    16520
#define ATTR_XAUTH_STATUS   16527
#define ATTR_XAUTH_LAST     16529

enum cfg_type { CFG_REQUEST = 1, CFG_REPLY = 2, CFG_SET = 3, CFG_ACK = 4 };

struct transaction {
	uint8_t type; /* enum cfg_type */
	uint16_t id;
	bool address, xauth;
};

/* The body of an Attributes payload. False: malformed. */
static bool
read_attributes(const struct ike_blob *b, struct transaction *t)
{
	struct rd r = rd_init(b->p, b->len);

	t->type = rd_u8(&r);
	rd_u8(&r); /* RESERVED */
	t->id = rd_be16(&r);
	while (!r.bad && rd_left(&r) > 0) {
		uint16_t type = rd_be16(&r), value = rd_be16(&r);

		if (!(type & ATTR_TV))
			rd_bytes(&r, value);
		type &= ~ATTR_TV;
		t->address |= type == ATTR_IP4_ADDRESS || type == ATTR_IP6_ADDRESS;
		t->xauth |= type >= ATTR_XAUTH_FIRST && type <= ATTR_XAUTH_LAST;
	}
	return !r.bad;
}

static void
answer(struct ike1_sa *sa, uint32_t mid, const struct transaction *t, uint8_t *iv)
{
	struct ike1_line line = { 0 };
	uint8_t mid_be[4];
	struct wr w = wr_init(mid_be, sizeof(mid_be));
	struct ike_blob pre = { .p = mid_be, .len = sizeof(mid_be) };
	struct ike_out o;

	wr_be32(&w, mid);
	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike_chain_begin(&o.c, IKE1_PL_ATTR);
	wr_u8(&o.w, t->type == CFG_REQUEST ? CFG_REPLY : CFG_ACK);
	wr_u8(&o.w, 0);
	wr_be16(&o.w, t->id);
	if (t->xauth && t->type == CFG_REQUEST) {
		wr_be16(&o.w, ATTR_TV | ATTR_XAUTH_STATUS);
		wr_be16(&o.w, 0); /* failed */
	}
	ike_chain_end(&o.c);
	if (ike1_seal_hash(sa, &o, &pre, 1))
		ike1_send(sa, &line, IKE1_EX_TRANSACTION, mid, &o, iv, false);
	ike1_line_free(&line);
}

/* For the operator, once for each ISAKMP SA. */
static void
tell(struct ike1_sa *sa, const struct transaction *t)
{
	const char *what = t->xauth ? "peer wants XAUTH, which we do not do"
			   : t->type == CFG_SET ? "peer gives configuration, which we do not take"
			   : t->address ? "peer asks for an address, which we do not give"
					: "peer asks for configuration, which we do not give";

	ike_count(sa->e, t->xauth ? IKE_CTR_XAUTH : IKE_CTR_CONFIG);
	if (t->xauth)
		ike_peer_refused(sa->peer, true, what);
	if (!sa->config_told)
		ike_log(sa->e, LVL_NOTICE, sa->name, "%s", what);
	sa->config_told = true;
}

void
ike1_config_input(struct ike1_sa *sa, struct ike1_msg *m, const uint8_t *msg, size_t len)
{
	struct transaction t = { 0 };
	uint8_t iv[IKE1_BLOCK_MAX];

	if (sa->state != IKE1_UP || !(m->h.flags & IKE1_FLAG_ENCRYPTED) || m->h.mid == 0) {
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
	} else if (ike1_iv(&sa->e->crypto, &sa->suite.s, &sa->keys, m->h.mid, iv) != 0 ||
			!ike1_open(sa, msg, len, m, iv) || !ike1_hash_ok(sa, m)) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
	} else if (m->attr.p == NULL || !read_attributes(&m->attr, &t)) {
		ike_count(sa->e, IKE_CTR_MALFORMED_INSIDE);
	} else if (t.type != CFG_REQUEST && t.type != CFG_SET) {
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
	} else {
		tell(sa, &t);
		answer(sa, m->h.mid, &t, iv);
	}
}
