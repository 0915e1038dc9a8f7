/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `test crypto`: what has to be in order for a protected tunnel, one after the other, and where it
 * stops. Asked with "start" it calls the peer first; who asks comes again until it is "done".
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"

enum verdict { OK, WAITS, FAILED, UNKNOWN };

struct test {
	const struct show *s;
	const struct tunnel_state *t;
	const struct cfg_tunnel *cfg;
	struct ike_peer_show p;
	bool up;
	char why[TUNNEL_WHY_LEN]; /* when it is not */
	json_t *steps;
	bool stopped; /* at the last step in @steps */
	bool waits;
};

static void __attribute__((format(printf, 4, 5)))
step(struct test *x, const char *name, enum verdict v, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "waiting", "failed", "unknown" };
	char text[256];
	va_list ap;

	if (x->stopped)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(x->steps, json_pack("{s:s, s:s, s:s}", "step", name, "result",
						words[v], "text", text));
	x->stopped = v == WAITS || v == FAILED;
	x->waits = v == WAITS;
}

static void
test_route(struct test *x)
{
	const struct cp *cp = x->s->cp;
	const struct rib_underlay *u;
	char gw[IP4_STR_LEN], to[IP4_STR_LEN], why[TUNNEL_WHY_LEN];
	enum neigh_state neigh;
	uint32_t if_id;

	if (x->t->remote == 0) {
		step(x, "route", UNKNOWN, "the peer's address is not known before it has called");
		step(x, "reachability", UNKNOWN, "likewise");
		return;
	}
	if (dplink_client(cp->dplink) == NULL || x->t->link == RIB_NO_LINK) {
		step(x, "route", FAILED, "%s", dplink_state(cp->dplink));
		return;
	}
	u = rib_underlay(cp->rib, x->t->link);
	if (u->err != RIB_UNDERLAY_OK) {
		step(x, "route", FAILED, "%s",
				rib_underlay_why(cp->rib, x->t->link, why, sizeof(why)));
		return;
	}
	if_id = rib_link(cp->rib, u->link)->id;
	ip4_str(u->gw, gw);
	step(x, "route", OK, "%s by next hop %s on %s", ip4_str(x->t->remote, to), gw,
			ifaces_name(cp->ifaces, if_id));
	neigh = neigh_lookup4(cp->neigh, if_id, u->gw, NULL);
	if (neigh_is_known(neigh))
		step(x, "reachability", OK, "next hop %s has a MAC address", gw);
	else if (neigh == NEIGH_FAILED)
		step(x, "reachability", FAILED, "next hop %s does not answer ARP", gw);
	else
		step(x, "reachability", WAITS, "next hop %s is being asked for by ARP", gw);
}

/* Did the last attempt come as far as @stage? If not, is it still on its way there? */
static void
test_stage(struct test *x, const char *name, enum ike_stage stage, const char *good)
{
	bool came = x->up || x->p.live.stage >= stage ||
		    (stage <= IKE_STAGE_KEY && x->p.state == IKE_PEER_NO_CHILD);
	bool on_its_way = x->p.state == IKE_PEER_CONNECTING &&
			  strstr(x->why, "negotiating") != NULL;

	if (came)
		step(x, name, OK, "%s", good);
	else
		step(x, name, on_its_way ? WAITS : FAILED, "%s", x->why);
}

/*
 * The peer says who it is when it believes us: by the pre-shared key, or the certificate, and our
 * name. If it says nothing, or refuses, that is what stops it.
 */
static void
test_proof(struct test *x)
{
	bool waits = x->p.state == IKE_PEER_CONNECTING && strstr(x->why, "negotiating") != NULL;
	char text[200];

	snprintf(text, sizeof(text), "the peer is %.160s", x->p.live.expected_id);
	if (x->up || x->p.live.stage != IKE_STAGE_PROPOSAL || x->p.live.other_name ||
			x->p.state == IKE_PEER_NO_CHILD) {
		test_stage(x, "identity", IKE_STAGE_IDENTITY, text);
		test_stage(x, "key", IKE_STAGE_KEY,
				"the peer has proven who it is, and believes us");
		return;
	}
	step(x, "identity", UNKNOWN, "the peer has not said who it is");
	if (waits)
		step(x, "key", WAITS, "the peer has not answered our proof yet: is its key the "
				      "same?");
	else
		step(x, "key", FAILED, "%s; its key is another one, or it wants other names of us "
				       "or itself", x->why);
}

static void
test_mtu(struct test *x)
{
	const struct chan_client *c = dplink_client(x->s->cp->dplink);
	struct chan_tun_info i = { 0 };

	if (c == NULL || chan_client_tun_info(c, x->t->tun_id, &i) != 0 || i.budget == 0) {
		step(x, "mtu", UNKNOWN, "not known before the tunnel has a way and its SA");
		return;
	}
	if (x->cfg->mtu > i.budget)
		step(x, "mtu", FAILED, "%u is configured, but %u is all that fits into packets of "
				"%u: longer ones are fragmented", x->cfg->mtu, i.budget,
				i.underlay_mtu);
	else
		step(x, "mtu", OK, "%u inside, %u would fit into packets of %u", i.mtu, i.budget,
				i.underlay_mtu);
}

static void
test_all(struct test *x)
{
	char text[200];

	test_route(x);
	snprintf(text, sizeof(text), "the peer answers IKEv%u", x->p.live.version);
	test_stage(x, "ike", IKE_STAGE_ANSWERED, text);
	test_stage(x, "proposal", IKE_STAGE_PROPOSAL, "algorithms of the IKE SA are agreed");
	test_proof(x);
	test_stage(x, "selectors", IKE_STAGE_CHILD, "a Child SA for the tunnel's traffic is up");
	test_mtu(x);
}

/* By its name, or by the address of its far end. */
static const struct tunnel_state *
find(const struct show *s, const char *peer)
{
	const struct tunnels *x = s->cp->tunnels;
	uint32_t remote;

	if (ip4_parse(peer, &remote) != 0)
		return tunnels_by_name(x, peer);
	for (uint32_t i = 0; i < tunnels_n(x); i++)
		if (tunnels_at(x, i)->remote == remote &&
				tunnels_cfg(x, i)->protection[0] != '\0')
			return tunnels_at(x, i);
	return NULL;
}

json_t *
test_crypto(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const char *peer = json_string_value(json_object_get(params, "peer"));
	struct test x = { .s = ctx };

	x.t = peer != NULL ? find(x.s, peer) : NULL;
	x.cfg = x.t != NULL ? tunnels_cfg_of(x.s->cp->tunnels, x.t) : NULL;
	if (x.cfg == NULL || x.cfg->protection[0] == '\0') {
		snprintf(err, err_len, "%.64s is no protected tunnel, nor an address of a peer",
				peer != NULL ? peer : "\"peer\"");
		return NULL;
	}
	if (json_is_true(json_object_get(params, "start")))
		vpn_call(x.s->cp->vpn, x.t->tun_id);
	x.steps = json_array();
	x.up = vpn_tunnel_up(x.s->cp->vpn, x.t->tun_id, x.why, sizeof(x.why));
	if (!x.cfg->enabled)
		step(&x, "configuration", FAILED, "administratively down");
	else if (!vpn_peer_show(x.s->cp->vpn, x.t->name, &x.p))
		step(&x, "configuration", FAILED, "%s", x.why);
	else
		test_all(&x);
	return json_pack("{s:s, s:b, s:b, s:o}", "tunnel", x.t->name, "done", (int)!x.waits,
			"passed", (int)!x.stopped, "steps", x.steps);
}
