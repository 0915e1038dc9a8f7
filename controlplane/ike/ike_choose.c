/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The choice among proposals (RFC 7296 sections 2.7 and 3.3.6) and what people read of them. A
 * proposal is acceptable when one transform of each type it carries suits us; a type unknown to
 * us spoils it, an unusable transform does not.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_alg.h"
#include "controlplane/ike/ike_proposal.h"

static bool
has_type(const struct ike_prop *p, uint8_t type)
{
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type == type)
			return true;
	return false;
}

static bool
has(const struct ike_prop *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (unsigned int i = 0; i < p->n; i++) {
		const struct ike_transform *t = &p->t[i];

		if (t->type == type && !t->unusable && t->id == id && t->key_bits == key_bits)
			return true;
	}
	return false;
}

/* The first of our ids that the proposal has; 0 if none. */
static uint16_t
first_of(const struct ike_prop *p, uint8_t type, const uint16_t *ids, uint8_t n)
{
	for (unsigned int i = 0; i < n; i++)
		if (has(p, type, ids[i], 0))
			return ids[i];
	return 0;
}

static bool
choose_cipher(const struct ike_prop *p, const struct ike_proposal_cfg *c, struct ike_suite *s)
{
	for (unsigned int i = 0; i < c->n_encr; i++) {
		bool aead = ike_encr_is_aead(c->encr[i].id);

		if (!has(p, IKE_T_ENCR, c->encr[i].id, c->encr[i].key_bits))
			continue;
		s->encr = c->encr[i].id;
		s->key_bits = c->encr[i].key_bits;
		s->integ = 0;
		if (aead && (!has_type(p, IKE_T_INTEG) || has(p, IKE_T_INTEG, IKE_INTEG_NONE, 0)))
			return true;
		if (!aead)
			s->integ = first_of(p, IKE_T_INTEG, c->integ, c->n_integ);
		if (s->integ != 0)
			return true;
	}
	return false;
}

/* With groups configured, one of them; without, none: the other side must not insist on one. */
static bool
choose_group(const struct ike_prop *p, const struct ike_proposal_cfg *c, enum ike_prop_use use,
		uint16_t ke_group, struct ike_suite *s)
{
	s->group = 0;
	if (use == IKE_USE_ESP_FIRST)
		return true;
	if (c->n_group == 0)
		return use == IKE_USE_ESP &&
		       (!has_type(p, IKE_T_GROUP) || has(p, IKE_T_GROUP, IKE_GROUP_NONE, 0));
	for (unsigned int i = 0; i < c->n_group; i++)
		if (c->group[i] == ke_group && has(p, IKE_T_GROUP, ke_group, 0))
			s->group = ke_group;
	if (s->group == 0)
		s->group = first_of(p, IKE_T_GROUP, c->group, c->n_group);
	return s->group != 0;
}

/* Section 3.3.3: Extended Sequence Numbers are part of ESP proposals; silence means none. */
static bool
choose_esn(const struct ike_prop *p, const struct ike_proposal_cfg *c, struct ike_suite *s)
{
	s->esn = c->esn && has(p, IKE_T_ESN, 1, 0);
	return s->esn || !has_type(p, IKE_T_ESN) || has(p, IKE_T_ESN, 0, 0);
}

static bool
suits(const struct ike_prop *p, const struct ike_proposal_cfg *c, enum ike_prop_use use,
		uint16_t ke_group, struct ike_suite *s)
{
	memset(s, 0, sizeof(*s));
	if (p->proto != (use == IKE_USE_IKE ? IKE_PROTO_IKE : IKE_PROTO_ESP))
		return false;
	for (unsigned int i = 0; i < p->n; i++)
		if (p->t[i].type < IKE_T_ENCR || p->t[i].type > IKE_T_ESN)
			return false;
	if (!choose_cipher(p, c, s) || !choose_group(p, c, use, ke_group, s))
		return false;
	if (use != IKE_USE_IKE)
		return p->spi_len == IKE_ESP_SPI_LEN && !has_type(p, IKE_T_PRF) &&
		       choose_esn(p, c, s);
	s->prf = first_of(p, IKE_T_PRF, c->prf, c->n_prf);
	return s->prf != 0 && !has_type(p, IKE_T_ESN);
}

const struct ike_prop *
ike_sa_choose(const struct ike_sa_payload *offer, enum ike_prop_use use,
		const struct ike_proposal_cfg *cfg, unsigned int n, uint16_t ke_group,
		struct ike_suite *out)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < offer->n; j++)
			if (suits(&offer->p[j], &cfg[i], use, ke_group, out))
				return &offer->p[j];
	return NULL;
}

const struct ike_prop *
ike_sa_accept(const struct ike_sa_payload *answer, enum ike_prop_use use,
		const struct ike_proposal_cfg *cfg, unsigned int n, struct ike_suite *out)
{
	bool seen[IKE_T_ESN + 1] = { false };
	const struct ike_prop *p = &answer->p[0];

	if (answer->n != 1)
		return NULL;
	for (unsigned int i = 0; i < p->n; i++) {
		/* Section 3.3.6: exactly one transform of each type. */
		if (p->t[i].type < IKE_T_ENCR || p->t[i].type > IKE_T_ESN || seen[p->t[i].type])
			return NULL;
		seen[p->t[i].type] = true;
	}
	return ike_sa_choose(answer, use, cfg, n, 0, out);
}

bool
ike_group_configured(const struct ike_proposal_cfg *cfg, unsigned int n, uint16_t group)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < cfg[i].n_group; j++)
			if (cfg[i].group[j] == group)
				return true;
	return false;
}

/* ---- words ---------------------------------------------------------------------------------- */

/* NULL: not one of ours. */
static const char *
word(uint8_t type, uint16_t id, uint16_t key_bits)
{
	const struct ike_encr_alg *e;
	const struct ike_prf_alg *p;
	const struct ike_integ_alg *i;
	const struct ike_group_alg *g;

	switch (type) {
	case IKE_T_ENCR:
		e = ike_encr_alg(id, key_bits);
		return e != NULL ? e->name : NULL;
	case IKE_T_PRF:
		p = ike_prf_alg(id);
		return p != NULL ? p->name : NULL;
	case IKE_T_INTEG:
		i = ike_integ_alg(id);
		return i != NULL ? i->name : NULL;
	case IKE_T_GROUP:
		g = ike_group_alg(id);
		return g != NULL ? g->name : NULL;
	default:
		return type == IKE_T_ESN && id == 1 ? "esn" : NULL;
	}
}

/* Append "-word"; an unknown transform as "typeN:id". */
static void
say(char *buf, size_t len, uint8_t type, uint16_t id, uint16_t key_bits)
{
	size_t n = strlen(buf);
	const char *dash = n > 0 && buf[n - 1] != ' ' ? "-" : "";
	const char *w = word(type, id, key_bits);

	if (w != NULL)
		snprintf(buf + n, len - n, "%s%s", dash, w);
	else
		snprintf(buf + n, len - n, "%stype%u:%u", dash, type, id);
}

char *
ike_suite_str(const struct ike_suite *s, char *buf, size_t len)
{
	buf[0] = '\0';
	if (s->encr != 0)
		say(buf, len, IKE_T_ENCR, s->encr, s->key_bits);
	if (s->integ != 0)
		say(buf, len, IKE_T_INTEG, s->integ, 0);
	if (s->prf != 0)
		say(buf, len, IKE_T_PRF, s->prf, 0);
	if (s->prf != 0 && s->group != 0)
		say(buf, len, IKE_T_GROUP, s->group, 0);
	return buf;
}

const char *
ike_group_str(uint16_t group)
{
	const struct ike_group_alg *g = ike_group_alg(group);

	return g != NULL ? g->name : "";
}

char *
ike_sa_payload_str(const struct ike_sa_payload *sa, char *buf, size_t len)
{
	static const uint8_t order[] = { IKE_T_ENCR, IKE_T_INTEG, IKE_T_PRF, IKE_T_GROUP };

	buf[0] = '\0';
	for (unsigned int i = 0; i < sa->n; i++) {
		const struct ike_prop *p = &sa->p[i];
		size_t n = strlen(buf);

		if (i > 0)
			snprintf(buf + n, len - n, ", ");
		for (size_t k = 0; k < sizeof(order); k++)
			for (unsigned int j = 0; j < p->n; j++)
				if (p->t[j].type == order[k])
					say(buf, len, order[k], p->t[j].id, p->t[j].key_bits);
		for (unsigned int j = 0; j < p->n; j++)
			if (p->t[j].type > IKE_T_ESN)
				say(buf, len, p->t[j].type, p->t[j].id, 0);
	}
	return buf;
}

char *
ike_proposals_str(const struct ike_proposal_cfg *cfg, unsigned int n, char *buf, size_t len)
{
	buf[0] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		size_t at = strlen(buf);

		if (i > 0)
			snprintf(buf + at, len - at, ", ");
		for (unsigned int j = 0; j < cfg[i].n_encr; j++)
			say(buf, len, IKE_T_ENCR, cfg[i].encr[j].id, cfg[i].encr[j].key_bits);
		for (unsigned int j = 0; j < cfg[i].n_integ; j++)
			say(buf, len, IKE_T_INTEG, cfg[i].integ[j], 0);
		for (unsigned int j = 0; j < cfg[i].n_prf; j++)
			say(buf, len, IKE_T_PRF, cfg[i].prf[j], 0);
		for (unsigned int j = 0; j < cfg[i].n_group; j++)
			say(buf, len, IKE_T_GROUP, cfg[i].group[j], 0);
	}
	return buf;
}

/* Too much for the room there is: say so. */
static void
ellipsis(char *buf, size_t len)
{
	if (strlen(buf) + 1 == len)
		memcpy(buf + len - 4, "...", 3);
}

void
ike_proposal_reason(const char *what, const struct ike_sa_payload *offer,
		const struct ike_proposal_cfg *cfg, unsigned int n, char *buf, size_t len)
{
	char theirs[56], ours[40];

	ellipsis(ike_sa_payload_str(offer, theirs, sizeof(theirs)), sizeof(theirs));
	ellipsis(ike_proposals_str(cfg, n, ours, sizeof(ours)), sizeof(ours));
	snprintf(buf, len, "peer proposed no acceptable %s proposal: offered %s, we accept %s",
			what, theirs, ours);
}
