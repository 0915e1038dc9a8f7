/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lifetimes of IKEv1, which the initiator proposes (RFC 2407 section 4.5, RFC 2409 appendix A), in
 * seconds and kilobytes, and what a responder makes of them: proposal-check of racoon and
 * RouterOS.
 *
 *	obey    the initiator's are taken
 *	strict  shorter ones than ours are taken, longer ones refused
 *	claim   shorter ones are taken; of longer ones ours, and RESPONDER-LIFETIME says so
 *	exact   others than ours are refused
 *
 * What the initiator does not mention is ours to choose, but with exact.
 */
#include "controlplane/ike/ike1_int.h"

#define ATTR_TV        0x8000
#define LIFE_TYPE      1
#define LIFE_DURATION  2
#define LIFE_SECONDS   1
#define LIFE_KILOBYTES 2

static bool
fits(uint8_t check, uint32_t own, uint32_t theirs)
{
	switch ((enum ike1_check)check) {
	case IKE1_CHECK_STRICT:
		return own == 0 || theirs <= own;
	case IKE1_CHECK_EXACT:
		return theirs == own;
	case IKE1_CHECK_CLAIM:
	case IKE1_CHECK_OBEY:
		break;
	}
	return true;
}

static uint32_t
shorter(uint32_t a, uint32_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

uint32_t
ike1_life_own_kb(const struct ike_peer_cfg *cfg)
{
	uint64_t kb = cfg->child_life_bytes / 1024;

	return kb < UINT32_MAX ? (uint32_t)kb : UINT32_MAX;
}

bool
ike1_life_fits1(const struct ike_peer_cfg *cfg, const struct ike1_suite *s)
{
	return fits(cfg->proposal_check, cfg->ike_life_s, s->life_s);
}

bool
ike1_life_fits2(const struct ike_peer_cfg *cfg, const struct ike1_suite *s)
{
	return fits(cfg->proposal_check, cfg->child_life_s, s->life_s) &&
	       fits(cfg->proposal_check, ike1_life_own_kb(cfg), s->life_kb);
}

uint32_t
ike1_life_agreed(const struct ike_peer_cfg *cfg, bool we_initiated, uint32_t own, uint32_t theirs)
{
	if (!we_initiated && cfg->proposal_check == IKE1_CHECK_OBEY && theirs != 0)
		return theirs;
	return shorter(own, theirs);
}

static void
put(struct wr *w, uint16_t type, uint32_t value)
{
	wr_be16(w, ATTR_TV | LIFE_TYPE);
	wr_be16(w, type);
	wr_be16(w, LIFE_DURATION);
	wr_be16(w, 4);
	wr_be32(w, value);
}

/* Ours is to be told: there is one, and what the initiator said is longer, or nothing. */
static bool
claims(uint32_t own, uint32_t theirs)
{
	return own != 0 && (theirs == 0 || theirs > own);
}

void
ike1_put_responder_lifetime(struct ike_chain *c, const struct ike_peer_cfg *cfg, uint32_t spi_in,
		const struct ike1_suite *s)
{
	uint8_t spi[4], data[24];
	struct wr sw = wr_init(spi, sizeof(spi)), w = wr_init(data, sizeof(data));

	if (cfg->proposal_check == IKE1_CHECK_OBEY)
		return;
	wr_be32(&sw, spi_in);
	if (claims(cfg->child_life_s, s->life_s))
		put(&w, LIFE_SECONDS, cfg->child_life_s);
	if (claims(ike1_life_own_kb(cfg), s->life_kb))
		put(&w, LIFE_KILOBYTES, ike1_life_own_kb(cfg));
	if (w.len != 0)
		ike1_put_notify(c, IKE1_PROTO_ESP, IKE1_N_RESPONDER_LIFETIME, spi, sizeof(spi),
				data, w.len);
}

static uint32_t
read_value(struct rd *r, uint16_t type)
{
	uint16_t value = rd_be16(r);
	struct rd v;

	if (type & ATTR_TV)
		return value;
	v = rd_sub(r, value);
	return value == 4 ? rd_be32(&v) : 0;
}

void
ike1_take_responder_lifetime(const struct ike1_msg *m, struct ike1_suite *s)
{
	const struct ike1_notify *n = ike1_notify(m, IKE1_N_RESPONDER_LIFETIME);
	uint32_t unit = 0;
	struct rd r;

	if (n == NULL)
		return;
	r = rd_init(n->data.p, n->data.len);
	while (rd_left(&r) >= 4) {
		uint16_t type = rd_be16(&r);
		uint32_t value = read_value(&r, type);

		if ((type & ~ATTR_TV) == LIFE_TYPE)
			unit = value;
		else if ((type & ~ATTR_TV) == LIFE_DURATION && value != 0 && unit == LIFE_SECONDS)
			s->life_s = value;
		else if ((type & ~ATTR_TV) == LIFE_DURATION && value != 0 && unit == LIFE_KILOBYTES)
			s->life_kb = value;
	}
}
