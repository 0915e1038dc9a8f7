/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug crypto`: started and ended, and what has come since. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/debug.h"
#include "controlplane/vpn/vpn.h"

static bool
filter_of(const struct show *s, const json_t *params, struct vpn_debug_filter *f, char *err,
		size_t err_len)
{
	const char *peer = json_string_value(json_object_get(params, "peer"));
	json_int_t version = json_integer_value(json_object_get(params, "version"));

	*f = (struct vpn_debug_filter){ .version = (uint8_t)(version == 1 || version == 2 ? version
											 : 0) };
	if (peer == NULL || ip4_parse(peer, &f->remote) == 0)
		return true;
	if (tunnels_by_name(s->cp->tunnels, peer) == NULL) {
		snprintf(err, err_len, "\"peer\": %.64s is no address and no tunnel", peer);
		return false;
	}
	snprintf(f->peer, sizeof(f->peer), "%s", peer);
	return true;
}

json_t *
debug_crypto(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct vpn_debug_filter f;

	if (json_is_false(json_object_get(params, "on"))) {
		vpn_debug_stop(s->cp->vpn);
		return json_pack("{s:b}", "running", 0);
	}
	if (!filter_of(s, params, &f, err, err_len))
		return NULL;
	return json_pack("{s:b, s:I}", "running", 1, "next",
			(json_int_t)vpn_debug_start(s->cp->vpn, &f));
}

json_t *
show_lines(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		json_t *line = json_stringn(text, len);

		json_array_append_new(list, line != NULL ? line : json_string("(not text)"));
		text += len + (text[len] == '\n');
	}
	return list;
}

static void
msg_add(void *arg, const struct debug_msg *m)
{
	const struct vpn_debug_about *a = (const struct vpn_debug_about *)m->about;

	json_array_append_new(arg,
			json_pack("{s:I, s:I, s:s, s:i, s:o, s:o, s:i, s:o, s:i, s:o}", "seq",
					(json_int_t)m->seq, "time_ms", (json_int_t)m->time_ms,
					"direction", a->out ? "out" : "in", "version",
					(int)a->version, "peer", show_text(a->peer), "local",
					show_addr(a->path.local), "local_port",
					(int)a->path.local_port, "remote",
					show_addr(a->path.remote),
					"remote_port", (int)a->path.remote_port, "lines",
					show_lines(m->text)));
}

json_t *
show_ring(struct debug_ring *d, const json_t *params,
		void (*add)(void *list, const struct debug_msg *m))
{
	json_int_t since = json_integer_value(json_object_get(params, "since"));
	json_t *list = json_array();
	uint64_t lost, next;

	next = debug_ring_read(d, since > 0 ? (uint64_t)since : 0, cp_now_ms(), &lost, add, list);
	return json_pack("{s:b, s:I, s:I, s:o}", "running", (int)d->running, "next",
			(json_int_t)next, "lost", (json_int_t)lost, "messages", list);
}

json_t *
show_crypto_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(vpn_debug_ring(s->cp->vpn), params, msg_add);
}
