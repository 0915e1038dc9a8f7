/* SPDX-License-Identifier: BSD-3-Clause */
/* See hostile_world.h. */
#include "tests/unit/hostile_world.h"

#include <errno.h>
#include <string.h>

#include "dataplane/crypto/esp_alg.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_policy.h"
#include "tests/unit/hostile.h"

#define GUEST    5 /* a plain tunnel that comes and goes */
#define GUEST_NH 200
#define IN_FIRST 8 /* SA ids: inbound ones, then as many outbound ones */

struct hostile_world hostile_world;
struct hostile_sa hostile_in[HOSTILE_SAS], hostile_out[HOSTILE_SAS];

static uint32_t n_serials;
static bool guest, guest_named;
static bool in_sync;

/* ---- SAs ------------------------------------------------------------------------------------ */

static void
tell_spis(void)
{
	uint32_t spis[2 * HOSTILE_SAS];
	unsigned int n = 0;

	for (unsigned int i = 0; i < HOSTILE_SAS; i++) {
		if (hostile_in[i].used)
			spis[n++] = hostile_in[i].c.spi;
		if (hostile_out[i].used)
			spis[n++] = hostile_out[i].c.spi;
	}
	hostile_spis(spis, n);
}

struct hostile_sa *
hostile_sa_some(struct hostile_sa *list)
{
	for (unsigned int n = 0, k = rnd(HOSTILE_SAS); n < HOSTILE_SAS;
			n++, k = (k + 1) % HOSTILE_SAS)
		if (list[k].used)
			return &list[k];
	return NULL;
}

static struct chan_sa
new_sa(unsigned int slot, bool in)
{
	const struct esp_alg *a = &esp_algs[hostile_world.alg];
	uint32_t id = IN_FIRST + (in ? 0 : HOSTILE_SAS) + slot;
	struct chan_sa c = { .sa_id = id,
		.tun_id = 2,
		.dir = in ? CHAN_SA_IN : CHAN_SA_OUT,
		.spi = (++n_serials) << CHAN_SPI_IDX_BITS | id,
		.alg = hostile_world.alg,
		.mode = hostile_world.mode,
		.esn = hostile_world.esn,
		.inner_remote = hostile_world.inner,
		.inner_local = hostile_world.inner_local,
		.window = in ? 64u << rnd(4) : 0,
		.local = DP_WAN_ADDR,
		.remote = DP_PEER(2),
		.enc_key_len = a->enc_key_len,
		.auth_key_len = a->auth_key_len,
		.salt_len = a->salt_len };

	rnd_fill(c.enc_key, a->enc_key_len);
	rnd_fill(c.auth_key, a->auth_key_len);
	rnd_fill(c.salt, a->salt_len);
	if (hostile_world.udp) {
		c.local_port = 4500;
		c.remote_port = HOSTILE_PEER_PORT;
	}
	if (rnd_one_in(8))
		c.hard_packets = 1 + rnd(100);
	return c;
}

static struct hostile_sa *
install(struct hostile_sa *list, bool in)
{
	for (unsigned int k = 0; k < HOSTILE_SAS; k++) {
		struct hostile_sa *l = &list[k];
		struct chan_sa c;

		if (l->used)
			continue;
		c = new_sa(k, in);
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
		*l = (struct hostile_sa){
			.c = c, .used = true, .named = in_sync, .serial = n_serials
		};
		if (!in && rnd_one_in(4)) {
			/* Not far from the end of its numbers, or of their lower half. */
			l->last = UINT32_MAX - rnd(200);
			sa_by_id(dp.t->sas, c.sa_id)->seq = l->last;
			l->by_worker[0] = l->by_worker[1] = l->last;
		}
		return l;
	}
	return NULL;
}

static void
bind_out(const struct hostile_sa *l)
{
	struct chan_tun_sa_out b = { 2, l != NULL ? l->c.sa_id : CHAN_NONE };

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, b), 0);
}

static void
remove_sa(struct hostile_sa *list)
{
	struct hostile_sa *l = hostile_sa_some(list);
	int err;

	if (l == NULL)
		return;
	err = DP_APPLY(CHAN_CMD_SA_DEL, l->c);
	CU_ASSERT_TRUE(err == 0 || err == -EBUSY);
	l->used = err != 0;
}

static unsigned int
n_live(const struct hostile_sa *list)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < HOSTILE_SAS; k++)
		n += list[k].used;
	return n;
}

/* New SAs; old ones go, but for a few. */
static void
rekey(void)
{
	struct hostile_sa *out;

	install(hostile_in, true);
	out = install(hostile_out, false);
	if (out != NULL)
		bind_out(out);
	while (n_live(hostile_in) > 1 + rnd(HOSTILE_SAS))
		remove_sa(hostile_in);
	for (unsigned int n = n_live(hostile_out); n > 1 + rnd(HOSTILE_SAS); n--)
		remove_sa(hostile_out);
}

static void
move_sas(void)
{
	struct chan_sa move = { .remote = rnd(2) ? DP_PEER(2) : IP4(203, 0, 113, 9),
		.remote_port = (uint16_t)(rnd(2) ? HOSTILE_PEER_PORT : 777) };
	struct hostile_sa *l = hostile_sa_some(rnd(2) ? hostile_in : hostile_out);

	if (!hostile_world.udp || l == NULL)
		return;
	move.sa_id = l->c.sa_id;
	move.spi = l->c.spi;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	l->c.remote = move.remote;
	l->c.remote_port = move.remote_port;
}

/* ---- the other commands --------------------------------------------------------------------- */

static void
guest_set(bool there)
{
	struct chan_tun c = { .tun_id = GUEST,
		.flags = CHAN_TUN_UP,
		.local = DP_WAN_ADDR,
		.remote = DP_PEER(3),
		.nh_id = DP_NH_GW,
		.mtu = 1300,
		.ttl = 9 };
	struct chan_nh nh = { .nh_id = GUEST_NH, .type = CHAN_NH_TUN, .tun_id = GUEST };
	struct chan_route r = { .prefix = IP4(10, 20, 0, 0), .len = 17, .id = GUEST_NH };

	if (there) {
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, r), 0);
	} else {
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), 0);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, c), 0);
	}
	guest = there;
	guest_named = there;
}

static void
set_policy(void)
{
	dp_policy_set(dp_policy(1, 1, IP4(203, 0, 113, 0), 24));
	dp_policy_settle();
}

/* A control plane that is back tells all that it knows; some SAs it has forgotten. */
static void
sync_begin(void)
{
	struct chan_tun_sa_out none = { 0 };

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	if (hostile_world.policies)
		set_policy();
	in_sync = true;
	guest_named = false;
	for (unsigned int k = 0; k < HOSTILE_SAS; k++)
		hostile_in[k].named = hostile_out[k].named = false;
}

static void
keep_some(struct hostile_sa *list)
{
	for (unsigned int k = 0; k < HOSTILE_SAS; k++) {
		struct chan_sa c = { .sa_id = list[k].c.sa_id, .spi = list[k].c.spi };

		if (!list[k].used || list[k].named)
			continue;
		list[k].used = rnd(4) != 0;
		CU_ASSERT_TRUE(!list[k].used || DP_APPLY(CHAN_CMD_SA_KEEP, c) == 0);
	}
}

static void
sync_end(void)
{
	struct chan_tun_sa_out none = { 0 };

	d6_world();
	if (guest && rnd(2))
		guest_set(true);
	guest = guest_named;
	keep_some(hostile_in);
	keep_some(hostile_out);
	bind_out(hostile_sa_some(hostile_out));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_END, none), 0);
	in_sync = false;
}

static void
change_tunnel(void)
{
	struct chan_tun tun = dp_tun(rnd(3));

	tun.mtu = (uint16_t)(576 + rnd(1000));
	tun.mss4 = (uint16_t)(rnd(2) ? CHAN_MSS_AUTO : 0);
	tun.mss6 = tun.mss4;
	if (rnd_one_in(4))
		tun.flags ^= CHAN_TUN_UP;
	if (tun.kind == CHAN_TUN_GRE)
		tun.flags ^= rnd(2) ? CHAN_TUN_CSUM | CHAN_TUN_SEQ : 0;
	tun.flags |= rnd_one_in(4) ? CHAN_TUN_FRAG_AFTER : 0;
	tun.flags |= rnd_one_in(4) ? CHAN_TUN_IGNORE_DF : 0;
	tun.flags |= rnd_one_in(4) ? CHAN_TUN_TTL_COPY : 0;
	tun.flags |= rnd_one_in(4) ? CHAN_TUN_DF_CLEAR : 0;
	tun.nh_id = rnd_one_in(5) ? CHAN_NONE : rnd_one_in(5) ? DP_NH_GW2 : DP_NH_GW;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), 0);
}

static void
change_link(void)
{
	struct chan_nh nh = dp_nh(DP_NH_GW);
	struct chan_if i = d6_if(rnd(3));

	if (rnd(2)) {
		nh.resolved = (uint8_t)rnd(2);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
		return;
	}
	i.admin_up = rnd(4) != 0;
	i.mtu = (uint16_t)(1280 + rnd(221));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
}

void
hostile_change(void)
{
	struct chan_trace trace = {
		.count = rnd(30), .if_id = CHAN_NONE, .tun_id = rnd(3) ? CHAN_NONE : rnd(3)
	};

	switch (rnd(16)) {
	case 0:
	case 1:
	case 2:
		rekey();
		break;
	case 3:
		bind_out(rnd(3) ? hostile_sa_some(hostile_out) : NULL);
		break;
	case 4:
		change_tunnel();
		break;
	case 5:
		change_link();
		break;
	case 6:
		guest_set(!guest);
		break;
	case 7:
		move_sas();
		break;
	case 8:
		if (dp.rings == NULL)
			dp_attach();
		else if (rnd(2))
			dp_detach();
		if (!in_sync)
			sync_begin();
		break;
	case 9:
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TRACE_SET, trace), 0);
		break;
	default: /* all as it was */
		d6_world();
		if (hostile_sa_some(hostile_out) != NULL)
			bind_out(hostile_sa_some(hostile_out));
		break;
	}
	if (in_sync && rnd(2))
		sync_end();
	tell_spis();
}

/* ---- the beginning -------------------------------------------------------------------------- */

void
hostile_world_new(uint64_t seed)
{
	static const struct chan_param param = {
		.icmp_error_pps = 100000, .icmp_echo_pps = 100000, .hold_ms = 1, .reass_ms = 100
	};
	static const uint8_t algs[] = { CHAN_ESP_AES128_GCM16, CHAN_ESP_AES128_GCM16,
		CHAN_ESP_AES128_GCM16, CHAN_ESP_AES256_GCM16, CHAN_ESP_AES256_GCM16,
		CHAN_ESP_CHACHA20_POLY1305, CHAN_ESP_AES128_CBC_SHA1_96,
		CHAN_ESP_AES256_CBC_SHA256_128, CHAN_ESP_AES128_CTR_SHA256_128,
		CHAN_ESP_AES128_GMAC };

	hostile_seed(seed);
	memset(&hostile_world, 0, sizeof(hostile_world));
	memset(hostile_in, 0, sizeof(hostile_in));
	memset(hostile_out, 0, sizeof(hostile_out));
	n_serials = 0;
	guest = in_sync = false;
	hostile_world.alg = algs[rnd(RTE_DIM(algs))];
	hostile_world.esn = (uint8_t)rnd_one_in(4);
	hostile_world.udp = rnd_one_in(4);
	hostile_world.mode = (uint8_t)(rnd_one_in(3) ? CHAN_SA_TUNNEL : CHAN_SA_TRANSPORT);
	dp.protected_kind = CHAN_TUN_GRE;
	if (hostile_world.mode == CHAN_SA_TUNNEL && rnd(2))
		dp.protected_kind = CHAN_TUN_IPSEC;
	else if (hostile_world.udp) {
		hostile_world.inner = rnd(2) ? IP4(192, 168, 1, 7) : 0;
		hostile_world.inner_local = rnd(2) ? IP4(203, 0, 113, 1) : 0;
	}
	dp.protected_key = dp.protected_kind == CHAN_TUN_GRE && rnd_one_in(3) ? DP_TUN_KEY : 0;
	hostile_world.policies = rnd_one_in(4);
	dp_open_workers(NULL, 1 + rnd(2));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	d6_world();
	if (hostile_world.policies)
		set_policy();
	if (rnd(2))
		dp_attach();
	rekey();
	tell_spis();
}
