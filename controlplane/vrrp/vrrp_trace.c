/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug vrrp`: advertisements in words, and what the engine makes of them; see vrrp_int.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/words.h"
#include "controlplane/vrrp/vrrp_int.h"

void
vrrp_trace_on(struct vrrp_engine *e, bool on)
{
	e->tracing = on && e->ops.trace != NULL;
}

void
vrrp_trace_packet(struct vrrp_engine *e, uint32_t if_id, bool out, const struct vrrp_adv *a)
{
	struct vrrp_trace t = { .if_id = if_id, .vrid = a->vrid, .ip6 = a->ip6, .out = out,
		.peer = out ? &a->dst : &a->src };
	struct words w = { .n = 0 };
	char buf[IP6_STR_LEN];

	if (!e->tracing)
		return;
	words_add(&w, "advertisement, version %u, group %u, priority %u, interval %u ms, TTL %u",
			a->version, a->vrid, a->priority, a->interval_ms, a->ttl);
	if (a->version == 2)
		words_add(&w, ", authentication %s", a->auth_type == VRRP_AUTH_NONE ? "none"
				: a->auth_type == VRRP_AUTH_TEXT ? "by a password" : "?");
	else if (!a->ip6)
		words_add(&w, ", checksum %s pseudo-header", a->pseudo ? "with" : "without");
	words_add(&w, "\n  addresses");
	for (uint8_t i = 0; i < a->n_addrs && i < VRRP_ADDRS_MAX; i++)
		words_add(&w, " %s", ip46_str(&a->addrs[i], buf));
	t.text = w.buf;
	e->ops.trace(e->ctx, &t);
}

void
vrrp_trace_broken(struct vrrp_engine *e, uint32_t if_id, enum vrrp_err err, size_t len)
{
	static const char *const why[] = { [VRRP_OK] = "", [VRRP_ERR_LENGTH] = "wrong length",
		[VRRP_ERR_VERSION] = "neither version 2 nor 3",
		[VRRP_ERR_TYPE] = "no advertisement",
		[VRRP_ERR_CHECKSUM] = "wrong checksum" };

	vrrp_trace_line(e, if_id, 0, false, NULL, "refused: %s, %zu bytes", why[err], len);
}

void
vrrp_trace_line(struct vrrp_engine *e, uint32_t if_id, uint8_t vrid, bool ip6,
		const struct ip6_addr *peer, const char *fmt, ...)
{
	struct vrrp_trace t = { .kind = VRRP_TRACE_EVENT, .if_id = if_id, .vrid = vrid,
		.ip6 = ip6, .peer = peer };
	char text[256];
	va_list ap;

	if (!e->tracing)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t.text = text;
	if (strncmp(text, "refused", 7) == 0)
		t.kind = VRRP_TRACE_ERROR;
	e->ops.trace(e->ctx, &t);
}
