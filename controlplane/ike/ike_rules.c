/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which payload may stand how often in which message (RFC 7296 sections 1.2-1.4 and appendix C).
 * A message that breaks the table is malformed as a whole, before any handler sees it. Payloads
 * that every message may carry (Notify, Vendor ID, unknown ones) are not limited here.
 */
#include <errno.h>

#include "controlplane/ike/ike_wire.h"

enum dir { REQ, RESP };

static const struct rule {
	uint8_t exchange;
	uint8_t dir;
	uint8_t type;
	uint8_t min, max; /* min holds unless the message carries an error or a COOKIE */
} rules[] = {
	/* clang-format off */
	{ IKE_EX_SA_INIT,         REQ,  IKE_PL_SA,    1, 1 },
	{ IKE_EX_SA_INIT,         REQ,  IKE_PL_KE,    1, 1 },
	{ IKE_EX_SA_INIT,         REQ,  IKE_PL_NONCE, 1, 1 },
	{ IKE_EX_SA_INIT,         RESP, IKE_PL_SA,    1, 1 },
	{ IKE_EX_SA_INIT,         RESP, IKE_PL_KE,    1, 1 },
	{ IKE_EX_SA_INIT,         RESP, IKE_PL_NONCE, 1, 1 },

	{ IKE_EX_AUTH,            REQ,  IKE_PL_IDI,   1, 1 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_IDR,   0, 1 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_AUTH,  0, 1 }, /* absent: EAP is asked for */
	{ IKE_EX_AUTH,            REQ,  IKE_PL_SA,    0, 1 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_TSI,   0, 1 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_TSR,   0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_IDR,   0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_AUTH,  0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_SA,    0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_TSI,   0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_TSR,   0, 1 },

	{ IKE_EX_CREATE_CHILD_SA, REQ,  IKE_PL_SA,    1, 1 },
	{ IKE_EX_CREATE_CHILD_SA, REQ,  IKE_PL_NONCE, 1, 1 },
	{ IKE_EX_CREATE_CHILD_SA, REQ,  IKE_PL_KE,    0, 1 },
	{ IKE_EX_CREATE_CHILD_SA, REQ,  IKE_PL_TSI,   0, 1 },
	{ IKE_EX_CREATE_CHILD_SA, REQ,  IKE_PL_TSR,   0, 1 },
	{ IKE_EX_CREATE_CHILD_SA, RESP, IKE_PL_SA,    1, 1 },
	{ IKE_EX_CREATE_CHILD_SA, RESP, IKE_PL_NONCE, 1, 1 },
	{ IKE_EX_CREATE_CHILD_SA, RESP, IKE_PL_KE,    0, 1 },
	{ IKE_EX_CREATE_CHILD_SA, RESP, IKE_PL_TSI,   0, 1 },
	{ IKE_EX_CREATE_CHILD_SA, RESP, IKE_PL_TSR,   0, 1 },

	{ IKE_EX_INFORMATIONAL,   REQ,  IKE_PL_DELETE, 0, IKE_MAX_DELETE },
	{ IKE_EX_INFORMATIONAL,   RESP, IKE_PL_DELETE, 0, IKE_MAX_DELETE },
	{ IKE_EX_INFORMATIONAL,   REQ,  IKE_PL_CP,    0, 1 },
	{ IKE_EX_INFORMATIONAL,   RESP, IKE_PL_CP,    0, 1 },

	/* Certificates, configuration and EAP are read past: a peer that offers them may still
	 * be content with what we answer. */
	{ IKE_EX_SA_INIT,         RESP, IKE_PL_CERTREQ, 0, 32 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_CERT,  0, 32 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_CERTREQ, 0, 32 },
	{ IKE_EX_AUTH,            REQ,  IKE_PL_CP,    0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_CERT,  0, 32 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_CP,    0, 1 },
	{ IKE_EX_AUTH,            RESP, IKE_PL_EAP,   0, 1 },
	/* clang-format on */
};

static bool
is_free(uint8_t type)
{
	return type == IKE_PL_NOTIFY || type == IKE_PL_VENDOR;
}

/* May @n payloads of @type stand in the part of the message that carries the exchange? */
static bool
count_ok(const struct ike_msg *m, uint8_t type, uint8_t n, bool excused)
{
	uint8_t dir = m->h.flags & IKE_FLAG_RESPONSE ? RESP : REQ;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (r->exchange == m->h.exchange && r->dir == dir && r->type == type)
			return n <= r->max && (n >= r->min || excused);
	}
	return n == 0;
}

int
ike_msg_check(const struct ike_msg *m)
{
	bool clear = m->h.exchange == IKE_EX_SA_INIT;
	bool excused = ike_msg_error(m) != NULL || ike_msg_notify(m, IKE_N_COOKIE) != NULL;
	const uint8_t *carrier = clear ? m->n_clear : m->n_crypt;
	const uint8_t *other = clear ? m->n_crypt : m->n_clear;

	if (!(m->h.flags & IKE_FLAG_RESPONSE))
		excused = false;
	for (unsigned int t = IKE_PL_FIRST; t <= IKE_PL_LAST; t++) {
		unsigned int i = t - IKE_PL_FIRST;

		if (is_free((uint8_t)t))
			continue;
		if (t == IKE_PL_SK) { /* or fragments of one */
			if (m->n_clear[i] + m->n_clear[IKE_PL_SKF - IKE_PL_FIRST] !=
					(clear ? 0 : 1))
				return -EBADMSG;
			continue;
		}
		if (t == IKE_PL_SKF && m->n_crypt[i] == 0)
			continue;
		if (other[i] != 0 || !count_ok(m, (uint8_t)t, carrier[i], excused))
			return -EBADMSG;
	}
	return 0;
}
