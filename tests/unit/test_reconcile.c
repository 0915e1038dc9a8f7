/* SPDX-License-Identifier: BSD-3-Clause */
/* What the dataplane is told when the two meet, lose each other and meet again; the audit. */
#include <stdio.h>
#include <string.h>

#include "controlplane/iface/iface.h"
#include "controlplane/vpn/vpn_int.h"
#include "tests/unit/cp_fixture.h"

static void
test_first_attachment(void)
{
	cpf_start();
	CU_ASSERT_EQUAL(cpf.n, 0);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "dataplane is not running");
	cpf_attach();
	CU_ASSERT_EQUAL(cpf.cmd[0].op, CHAN_CMD_SYNC_BEGIN);
	CU_ASSERT_EQUAL(cpf.cmd[cpf.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_IF_SET), 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_PORT_SET), 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_TUN_SET));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SET)->u.tun.flags, CHAN_TUN_UP | CHAN_TUN_PROTECT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_route(0, 0));
	CU_ASSERT_EQUAL(cpf_route(0, 0)->id, cpf_find(CHAN_CMD_TUN_SET)->u.tun.nh_id);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_route(0xc0a81500, 24));
	CU_ASSERT_EQUAL(cpf_route(0xc0a81500, 24)->id, cpf_find(CHAN_CMD_TUN_SET)->u.tun.tun_id);
	/* No frame before the dataplane has said that it has the interfaces. */
	CU_ASSERT_EQUAL(cpf.n_frames, 0);
	cpf_answer();
	CU_ASSERT(cpf.n_arp_asked > 0);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "resolving next hop 1.1.1.1");
	cpf_forget();
	/* One next hop and the neighbour's route, nothing more. */
	cpf_gateway_answers();
	CU_ASSERT_EQUAL(cpf.n, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_NH_SET));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_NH_SET)->u.nh.resolved, 1);
	CU_ASSERT_EQUAL(memcmp(cpf_find(CHAN_CMD_NH_SET)->u.nh.mac, cpf_gw_mac, 6), 0);
	CU_ASSERT_PTR_NOT_NULL(cpf_route(CPF_GW, 32));
	CU_ASSERT_STRING_EQUAL(cpf_why(), "waiting for traffic");
	CU_ASSERT_EQUAL(cpf.n_ike, 0);
	cpf_stop();
}

static void
loop_10ms(void)
{
	struct timeval tv = { .tv_usec = 10000 };

	event_base_loopexit(cpf_cp.base, &tv);
	event_base_loop(cpf_cp.base, EVLOOP_ONCE);
}

/* Traffic calls nobody whose address is not known: the tunnel does not say that it would. */
static void
test_peer_at_any_address(void)
{
	cpf_config_text =
			"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
			"  \"tunnels\": { \"tunnel1\": { \"source\": \"1.1.1.2\","
			"     \"peer-identity\": \"branch.example\", \"mtu\": %d,"
			"     \"address\": \"10.255.1.1/30\", \"protection\": \"p\" } },"
			"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" } ],"
			"  \"crypto\": { \"ikev2\": { \"proposals\": { \"default\": {} },"
			"     \"keyring\": { \"k\": { \"identity\": \"branch.example\","
			"        \"pre-shared-key\": \"a-long-enough-secret\" } },"
			"     \"profiles\": { \"default\": { \"initiate\": \"traffic\" } } },"
			"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\":"
			"     \"aes-gcm-128\" } },"
			"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";
	cpf_start_up();
	CU_ASSERT_STRING_EQUAL(cpf_why(), "waiting for the peer to call");
	cpf_config_text = cpf_config;
	cpf_push(1400);
	cpf_answer();
	loop_10ms();
	CU_ASSERT_STRING_EQUAL(cpf_why(), "waiting for traffic");
	cpf_stop();
}

static void
test_identical_sends_nothing(void)
{
	cpf_start_up();
	for (int i = 0; i < 3; i++)
		cpf_push(1400);
	CU_ASSERT_EQUAL(cpf.n, 0);
	CU_ASSERT_EQUAL(cpf.n_ike, 0);
	cpf_push(1380);
	CU_ASSERT_EQUAL(cpf.n, 1);
	CU_ASSERT_EQUAL(cpf.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(cpf.cmd[0].u.tun.mtu, 1380);
	cpf_stop();
}

/* A key pair is made by a thread: the message follows when that is done. */
static void
loop_until_ike(unsigned int n)
{
	for (int i = 0; i < 1000 && cpf.n_ike < n; i++)
		loop_10ms();
}

static void
test_acquire(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE };

	cpf_start_up();
	ev.id = tunnels_at(cpf_cp.tunnels, 0)->tun_id;
	vpn_event(cpf_cp.vpn, &ev);
	loop_until_ike(1);
	CU_ASSERT_EQUAL(cpf.n_ike, 1);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "IKE: negotiating");
	cpf_stop();
}

static bool
negotiates(uint32_t i)
{
	return strcmp(tunnels_at(cpf_cp.tunnels, i)->why, "IKE: negotiating") == 0;
}

/* What happens to one tunnel is a look at that one, not at all of them. */
static void
test_events_look_at_their_tunnel(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE };
	uint64_t n_looks;

	cpf_config_text = cpf_many_config();
	cpf_start_up();
	CU_ASSERT_EQUAL_FATAL(tunnels_n(cpf_cp.tunnels), CPF_TUNNELS);
	for (int i = 0; i < 10; i++)
		loop_10ms(); /* looks that the start has asked for */
	n_looks = tunnels_n_looks(cpf_cp.tunnels);
	for (unsigned int i = 0; i < CPF_TUNNELS; i++) {
		ev.id = tunnels_at(cpf_cp.tunnels, i)->tun_id;
		vpn_event(cpf_cp.vpn, &ev);
		for (int k = 0; k < 1000 && (cpf.n_ike <= i || !negotiates(i)); k++)
			loop_10ms();
		CU_ASSERT(negotiates(i));
	}
	CU_ASSERT(tunnels_n_looks(cpf_cp.tunnels) >= n_looks + CPF_TUNNELS);
	/* It waits for a key pair, then for the peer: two changes each, at most. */
	CU_ASSERT(tunnels_n_looks(cpf_cp.tunnels) <= n_looks + 2 * CPF_TUNNELS);
	/* What concerns all is a look at all. */
	n_looks = tunnels_n_looks(cpf_cp.tunnels);
	tunnels_check_id_soon(cpf_cp.tunnels, ev.id);
	tunnels_check_soon(cpf_cp.tunnels);
	for (int i = 0; i < 1000 && tunnels_n_looks(cpf_cp.tunnels) < n_looks + CPF_TUNNELS; i++)
		loop_10ms();
	CU_ASSERT_EQUAL(tunnels_n_looks(cpf_cp.tunnels), n_looks + CPF_TUNNELS);
	/* A tunnel that goes while it is due is nobody's any more. */
	tunnels_check_id_soon(cpf_cp.tunnels, ev.id);
	cpf_config_text = cpf_config;
	cpf_push(1400);
	for (int i = 0; i < 10; i++)
		loop_10ms();
	CU_ASSERT_EQUAL(tunnels_n(cpf_cp.tunnels), 1);
	cpf_stop();
}

static void
test_link_down(void)
{
	cpf_start_up();
	cpf.stats.ports[0].link_up = 0;
	CU_ASSERT_TRUE(ifaces_stale(cpf_cp.ifaces));
	reconcile_soon(cpf_cp.reconcile);
	event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CU_ASSERT_FALSE(ifaces_stale(cpf_cp.ifaces));
	/* The default route goes; what the protected tunnel should carry stays with it. */
	CU_ASSERT(cpf_count(CHAN_CMD_ROUTE_DEL) >= 3);
	for (unsigned int i = 0; i < cpf.n; i++)
		if (cpf.cmd[i].op == CHAN_CMD_ROUTE_DEL)
			CU_ASSERT_NOT_EQUAL(cpf.cmd[i].u.route.prefix, 0xc0a81500);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_TUN_SET));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SET)->u.tun.nh_id, CHAN_NONE);
	CU_ASSERT_STRING_EQUAL(
			cpf_why(), "source 1.1.1.2 is not an address of an interface that is up");
	cpf_stop();
}

/* What the dataplane is told of the WAN link when its port says @up: is anything? */
static bool
wan_changes(bool up, uint64_t after_ms)
{
	cpf_now_ms += after_ms;
	cpf_forget();
	cpf.stats.ports[0].link_up = up;
	reconcile_soon(cpf_cp.reconcile);
	event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	return cpf_count(CHAN_CMD_ROUTE_DEL) + cpf_count(CHAN_CMD_ROUTE_SET) > 0;
}

static const struct iface *
wan(void)
{
	for (uint32_t i = 0; i < ifaces_n(cpf_cp.ifaces); i++)
		if (strcmp(ifaces_at(cpf_cp.ifaces, i)->cfg->name, "wan") == 0)
			return ifaces_at(cpf_cp.ifaces, i);
	return NULL;
}

/* A carrier delay: what is over before it was nothing. The loop comes round by itself when it is
 * over; a port that is no more is believed at once. */
static void
test_carrier_delay(void)
{
	cpf_config_text = "{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"], "
			  "\"mtu\": %d, "
			  "\"carrier-delay-down-ms\": 100, \"carrier-delay-up-ms\": 5000 } },"
			  "\"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" } ] }";
	cpf_start_up();
	CU_ASSERT_FALSE(wan_changes(false, 1000));
	CU_ASSERT(wan()->link == IFACE_UP && wan()->carrier == IFACE_DOWN);
	CU_ASSERT_FALSE(wan_changes(true, 99));
	CU_ASSERT_EQUAL(wan()->n_held, 1);
	CU_ASSERT_FALSE(wan_changes(false, 99));
	CU_ASSERT_FALSE(wan_changes(false, 99));
	cpf_now_ms += 1;
	for (int i = 0; i < 10 && wan()->link == IFACE_UP; i++)
		event_base_loop(cpf_cp.base, EVLOOP_ONCE);
	CU_ASSERT_EQUAL(wan()->link, IFACE_DOWN);
	CU_ASSERT(cpf_count(CHAN_CMD_ROUTE_DEL) > 0);
	/* Back, gone again, back: from then on. */
	CU_ASSERT_FALSE(wan_changes(true, 1000));
	CU_ASSERT_FALSE(wan_changes(false, 4000));
	CU_ASSERT_EQUAL(wan()->n_held, 2);
	CU_ASSERT_FALSE(wan_changes(true, 500));
	CU_ASSERT_FALSE(wan_changes(true, 4999));
	CU_ASSERT_TRUE(wan_changes(true, 1));
	CU_ASSERT_EQUAL(wan()->link, IFACE_UP);
	cpf.stats.ports[0].present = 0;
	CU_ASSERT_TRUE(wan_changes(true, 1));
	CU_ASSERT_EQUAL(wan()->link, IFACE_MISSING);
	cpf.stats.ports[0].present = 1;
	CU_ASSERT_TRUE(wan_changes(true, 1));
	CU_ASSERT_EQUAL(wan()->link, IFACE_UP);
	cpf_stop();
	cpf_config_text = cpf_config;
}

/* A link that flaps is suppressed at the third loss, though it is up; it is used again by itself,
 * and its past is not forgotten. */
static void
test_dampening(void)
{
	cpf_config_text = "{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"], "
			  "\"mtu\": %d, \"dampening-half-life-seconds\": 5 } },"
			  "\"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" } ] }";
	cpf_start_up();
	for (int flap = 1; flap <= 3; flap++) {
		wan_changes(false, 100);
		CU_ASSERT_EQUAL(wan()->link, IFACE_DOWN);
		wan_changes(true, 100);
		CU_ASSERT_EQUAL(wan()->link, flap < 3 ? IFACE_UP : IFACE_DOWN);
		CU_ASSERT_EQUAL(wan()->damp.n_flaps, (uint64_t)flap);
	}
	CU_ASSERT_TRUE(wan()->damp.suppressed);
	CU_ASSERT_EQUAL(wan()->carrier, IFACE_UP);
	CU_ASSERT_FALSE(wan_changes(true, 7000)); /* 5 s for each halving of some 2,900 */
	CU_ASSERT_FALSE(iface_up(wan()));
	CU_ASSERT_TRUE(wan_changes(true, 1000));
	CU_ASSERT_TRUE(iface_up(wan()));
	CU_ASSERT_FALSE(wan()->damp.suppressed);
	CU_ASSERT_EQUAL(wan()->damp.n_suppressed, 1);
	/* Lost while it is suppressed, it stays down when the time is over. */
	for (int flap = 0; flap < 3; flap++) {
		wan_changes(false, 100);
		wan_changes(flap < 2, 100);
	}
	CU_ASSERT_TRUE(wan()->damp.suppressed);
	CU_ASSERT_FALSE(wan_changes(false, 20000));
	CU_ASSERT_FALSE(wan()->damp.suppressed);
	CU_ASSERT_EQUAL(wan()->link, IFACE_DOWN);
	CU_ASSERT_TRUE(wan_changes(true, 1));
	CU_ASSERT_EQUAL(wan()->link, IFACE_UP);
	cpf_stop();
	cpf_config_text = cpf_config;
}

/* A machine that has just started begins with a penalty, if that is configured. */
static void
test_dampening_restart(void)
{
	static const struct {
		uint64_t now_ms;
		bool suppressed;
	} rows[] = { { 299000, true }, { 300000, false } };

	cpf_config_text = "{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"], "
			  "\"mtu\": %d, \"dampening-half-life-seconds\": 5, "
			  "\"dampening-restart\": 2000 } } }";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cpf_start();
		cpf_now_ms = rows[i].now_ms;
		cpf_attach();
		wan_changes(true, 0);
		CU_ASSERT_EQUAL(wan()->damp.suppressed, rows[i].suppressed);
		CU_ASSERT_EQUAL(iface_up(wan()), !rows[i].suppressed);
		wan_changes(true, 5100);
		CU_ASSERT_TRUE(iface_up(wan()));
		CU_ASSERT_EQUAL(wan()->damp.n_flaps, 0);
		cpf_stop();
	}
	cpf_config_text = cpf_config;
}

/* What a former control plane has heard of the path's MTU, if it is neither too old nor ahead. */
static void
test_path_mtu_is_taken_over(void)
{
	static const struct {
		uint16_t mtu, taken;
		uint32_t ago_s;
	} cases[] = { { 1300, 1300, 599 }, { 1300, 0, 600 }, { 400, 576, 5 }, { 0, 0, 5 },
		{ 1300, 0, UINT32_MAX } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tunnel_state *t;

		cpf_start();
		cpf_dataplane_in_use();
		cpf_now_ms = 5000000;
		cpf.tun[5].path_mtu = cases[i].mtu;
		cpf.tun[5].path_mtu_from = CPF_BRANCH + 9;
		cpf.tun[5].path_mtu_s = (uint32_t)(cpf_now_ms / 1000) - cases[i].ago_s;
		cpf_attach();
		t = tunnels_at(cpf_cp.tunnels, 0);
		CU_ASSERT_EQUAL(t->pmtu.mtu, cases[i].taken);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_TUN_SET));
		CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SET)->u.tun.path_mtu, cases[i].taken);
		if (cases[i].taken != 0) {
			CU_ASSERT_EQUAL(t->pmtu.from, CPF_BRANCH + 9);
			CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SET)->u.tun.path_mtu_s,
					cpf.tun[5].path_mtu_s);
			tunnels_second(cpf_cp.tunnels, cpf_now_ms + 600000);
			CU_ASSERT_EQUAL(tunnels_at(cpf_cp.tunnels, 0)->pmtu.mtu, 0);
		}
		cpf_stop();
	}
}

static void
test_adoption(void)
{
	cpf_start();
	cpf_dataplane_in_use();
	cpf_attach();
	CU_ASSERT_EQUAL(tunnels_at(cpf_cp.tunnels, 0)->tun_id, 5);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_SET), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_TUN_SA_OUT));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SA_OUT)->u.tun_sa_out.sa_id, 12);
	for (unsigned int i = 0; i < cpf.n; i++)
		if (cpf.cmd[i].op == CHAN_CMD_SA_KEEP)
			CU_ASSERT(cpf.cmd[i].u.sa.spi == 0x3300000b ||
					cpf.cmd[i].u.sa.spi == 0xc0ffee);
	cpf_answer();
	cpf_gateway_answers();
	CU_ASSERT_STRING_EQUAL(cpf_why(), "");
	CU_ASSERT_TRUE(tunnels_at(cpf_cp.tunnels, 0)->up);
	/* The peer is called at once, although there is no traffic. */
	for (int i = 0; i < 1000 && cpf.n_ike == 0; i++) {
		struct timeval tv = { .tv_usec = 10000 };

		event_base_loopexit(cpf_cp.base, &tv);
		event_base_loop(cpf_cp.base, EVLOOP_ONCE);
	}
	CU_ASSERT_EQUAL(cpf.n_ike, 1);
	/* Slots of adopted SAs are not given to others. */
	cpf_forget();
	vpn_clear(cpf_cp.vpn, &(struct vpn_clear_what){ 0 }, &(uint32_t){ 0 });
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_DEL), 2);
	CU_ASSERT_FALSE(tunnels_at(cpf_cp.tunnels, 0)->up && cpf_why()[0] == '\0');
	cpf_stop();
}

static void
test_new_dataplane_gets_no_sas(void)
{
	cpf_start();
	cpf_dataplane_in_use();
	cpf_attach();
	cpf_answer();
	cpf.attached = false;
	reconcile_detached(cpf_cp.reconcile);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "dataplane is not running");
	cpf_dataplane_boot(8);
	cpf_dataplane_in_use(); /* even if it had such SAs */
	cpf_attach();
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_KEEP), 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_SET), 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_TUN_SET)->u.tun.tun_id, 5);
	CU_ASSERT_EQUAL(cpf.cmd[cpf.n - 1].op, CHAN_CMD_SYNC_END);
	cpf_stop();
}

/* ---- the audit ----------------------------------------------------------------------------- */

static unsigned int audit_turns; /* after the first ones */

static void
audit_second(void)
{
	cpf_now_ms += 1000;
	vpn_second(cpf_cp.vpn, cpf_now_ms);
	for (; cpf_cp.vpn->audit.stage != 0; audit_turns++)
		event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* The two looks of one audit, a minute on. */
static struct vpn_audit_show
audit(void)
{
	struct vpn_audit_show a;

	cpf_forget();
	for (int i = 0; i < 70; i++)
		audit_second();
	vpn_audit_show(cpf_cp.vpn, &a);
	return a;
}

static uint64_t
all_found(const struct vpn_audit_show *a)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < VPN_N_AUDIT; i++)
		n += a->found[i];
	return n;
}

static void
audit_by(uint32_t per_turn)
{
	struct vpn_audit_show a;

	cpf_start();
	cpf_cp.vpn->audit.per_turn = per_turn;
	cpf_dataplane_in_use();
	cpf_attach();
	memset(&cpf.sa[13], 0, 2 * sizeof(cpf.sa[0])); /* swept by the sync, as the real one does */
	cpf_answer();
	cpf_gateway_answers();
	a = audit();
	CU_ASSERT_EQUAL(a.n_runs, 1);
	CU_ASSERT_EQUAL(all_found(&a), 0);
	CU_ASSERT_EQUAL(cpf.n, 0);
	/* An SA that nobody here has made. */
	cpf.sa[20] = cpf.sa[11];
	cpf.sa[20].spi = 0x33000014;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_EXTRA], 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_DEL), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_SA_DEL));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_SA_DEL)->u.sa.sa_id, 20);
	cpf.sa[20].spi = 0;
	cpf_answer();
	/* It sends with none: told everything once more, and nothing of it is removed. */
	cpf.tun[5].sa_out = CHAN_NONE;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_OUT], 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SYNC_BEGIN), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SYNC_END), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SA_OUT), 1);
	cpf.tun[5].sa_out = 12;
	cpf_answer();
	/* A tunnel is gone, or another one is in its place. */
	cpf.tun[5].cookie++;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_TUNNEL], 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	cpf.tun[5].cookie--;
	cpf_answer();
	cpf.tun[5].present = 0;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_TUNNEL], 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	cpf.tun[5].present = 1;
	cpf_answer();
	/* What differs once and not a moment later was on its way: nothing is done. */
	cpf.sa[21] = cpf.sa[11];
	cpf_forget();
	for (int i = 0; i < 61 && !cpf_cp.vpn->audit.suspect; i++)
		audit_second();
	CU_ASSERT_TRUE(cpf_cp.vpn->audit.suspect);
	cpf.sa[21].spi = 0;
	a = audit();
	CU_ASSERT_EQUAL(all_found(&a), 4);
	/* SAs that are not there any more. */
	cpf.sa[12].spi = cpf.sa[11].spi = 0;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_MISSING], 2);
	CU_ASSERT_FALSE(tunnels_at(cpf_cp.tunnels, 0)->up && cpf_why()[0] == '\0');
	cpf_stop();
}

static void
test_audit(void)
{
	audit_turns = 0;
	audit_by(2048);
	CU_ASSERT_EQUAL(audit_turns, 0);
	/* In parts it finds the same. */
	audit_by(1);
	CU_ASSERT(audit_turns > cpf.stats.max_sas);
}

/* In the middle of a look the attachment ends, or we do: nothing is found for that. */
static void
test_audit_is_given_up(void)
{
	for (int stops = 0; stops < 2; stops++) {
		struct vpn_audit_show a;

		cpf_start();
		cpf_dataplane_in_use();
		cpf_attach();
		memset(&cpf.sa[13], 0, 2 * sizeof(cpf.sa[0]));
		cpf_answer();
		cpf_cp.vpn->audit.per_turn = 1;
		cpf.sa[20] = cpf.sa[11];
		cpf_cp.vpn->audit.due_ms = 1;
		vpn_second(cpf_cp.vpn, cpf_now_ms);
		for (int i = 0; i < 30; i++)
			event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		CU_ASSERT_NOT_EQUAL(cpf_cp.vpn->audit.stage, 0);
		CU_ASSERT_EQUAL(cpf_cp.vpn->audit.n, 1);
		if (stops == 0) {
			cpf.attached = false;
			reconcile_detached(cpf_cp.reconcile);
			CU_ASSERT_EQUAL(cpf_cp.vpn->audit.stage, 0);
			CU_ASSERT_FALSE(cpf_cp.vpn->audit.suspect);
			vpn_audit_show(cpf_cp.vpn, &a);
			CU_ASSERT_EQUAL(a.n_runs, 0);
			CU_ASSERT_EQUAL(all_found(&a), 0);
		}
		cpf_stop();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_first_attachment),
	CU_CASE(test_peer_at_any_address),
	CU_CASE(test_identical_sends_nothing),
	CU_CASE(test_acquire),
	CU_CASE(test_events_look_at_their_tunnel),
	CU_CASE(test_link_down),
	CU_CASE(test_carrier_delay), CU_CASE(test_dampening),
	CU_CASE(test_dampening_restart),
	CU_CASE(test_adoption),
	CU_CASE(test_path_mtu_is_taken_over),
	CU_CASE(test_new_dataplane_gets_no_sas),
	CU_CASE(test_audit),
	CU_CASE(test_audit_is_given_up),
};

CU_MAIN("reconcile", cases)
