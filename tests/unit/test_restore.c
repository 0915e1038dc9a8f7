/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * After a crash of the control plane its successor takes up the peers' SAs a few in each turn of
 * the loop. What comes in meanwhile finds its peer, or is not looked at; nothing is refused,
 * nothing is negotiated.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_counters.h"
#include "controlplane/ike/ike_keep.h"
#include "controlplane/vpn/udp.h"
#include "controlplane/vpn/vpn_int.h"
#include "tests/unit/cp_fixture.h"

#define SPI_I(i) (UINT64_C(0x1111000000000000) + (i))
#define SPI_R(i) (UINT64_C(0x2222000000000000) + (i))
#define SA_IN(i) (2 * (i) + 8)
#define SPI_IN(i) (0x33000000u + SA_IN(i))
#define SPI_OUT(i) (0xc0ffee00u + (i))
#define STRANGER 0x09090909u

static uint8_t memory[(2 + CPF_TUNNELS) * CHAN_KEEP_SLOT];
static uint32_t tun_ids[CPF_TUNNELS];

/* One IKE SA and its Child SA, as the peer of tunnel @i has left them. */
static void
keep_one(struct keep *k, uint32_t i)
{
	static struct ike_keys keys;
	static struct ike_rec rec;
	char name[8];
	uint8_t buf[IKE_KEEP_MAX];
	const struct tunnel_state *s;
	struct ike_peer *p;
	size_t len;

	snprintf(name, sizeof(name), "t%u", i);
	s = tunnels_by_name(cpf_cp.tunnels, name);
	p = ike_peer_find(cpf_cp.vpn->ike, name);
	CU_ASSERT_FATAL(s != NULL && p != NULL);
	memset(&rec, 0, sizeof(rec));
	rec.name = (struct ike_blob){ .p = (const uint8_t *)name, .len = strlen(name) };
	memcpy(rec.terms, ike_keep_terms(p), sizeof(rec.terms));
	rec.n_sas = rec.n_children = 1;
	rec.sa[0] = (struct ike_rec_sa){ .state = IKE_SA_UP,
		.initiator = true,
		.spi_i = SPI_I(i),
		.spi_r = SPI_R(i),
		.path = { .local = CPF_HUB, .remote = CPF_BRANCH + i, .local_port = 500,
			.remote_port = 500 },
		.suite = { .encr = IKE_ENCR_AES_GCM_16, .key_bits = 128,
			.prf = IKE_PRF_HMAC_SHA2_256, .group = IKE_GROUP_X25519 },
		.keys = { .p = (const uint8_t *)&keys, .len = sizeof(keys) } };
	rec.child[0] = (struct ike_rec_child){ .id = i + 1,
		.spi_in = SPI_IN(i),
		.spi_out = SPI_OUT(i),
		.suite = { .encr = IKE_ENCR_AES_GCM_16, .key_bits = 128 },
		.state = IKE_CHILD_LIVE,
		.current = true };
	len = ike_rec_write(&rec, buf, sizeof(buf));
	CU_ASSERT_FATAL(len > 0);
	keep_put(k, s->tun_id, buf, len);
	tun_ids[i] = s->tun_id;
}

static void
dataplane_has(uint32_t i)
{
	struct chan_sa_info sa = { .spi = SPI_IN(i), .tun_id = tun_ids[i], .local = CPF_HUB,
		.remote = CPF_BRANCH + i, .dir = CHAN_SA_IN, .alg = CHAN_ESP_AES128_GCM16 };
	char name[8];

	snprintf(name, sizeof(name), "t%u", i);
	cpf.sa[SA_IN(i)] = sa;
	sa.spi = SPI_OUT(i);
	sa.dir = CHAN_SA_OUT;
	cpf.sa[SA_IN(i) + 1] = sa;
	cpf.tun[tun_ids[i]] = (struct chan_tun_info){ .present = 1, .local = CPF_HUB,
		.remote = CPF_BRANCH + i, .sa_out = SA_IN(i) + 1,
		.cookie = tunnels_by_name(cpf_cp.tunnels, name)->cookie };
}

/* The second life, before its first turn; one peer a turn. */
static void
begin(void)
{
	static struct keep k;

	cpf_config_text = cpf_many_config();
	cpf_keep = NULL;
	cpf_keep_size = 0;
	cpf_start_up();
	memset(memory, 0, sizeof(memory));
	keep_open(&k, memory, sizeof(memory));
	for (uint32_t i = 0; i < CPF_TUNNELS; i++)
		keep_one(&k, i);
	keep_close(&k);
	cpf_stop();
	cpf_keep = memory;
	cpf_keep_size = sizeof(memory);
	cpf_start();
	for (uint32_t i = 0; i < CPF_TUNNELS; i++)
		dataplane_has(i);
	cpf_cp.vpn->apply.per_turn = 1;
	cpf_attach();
	CU_ASSERT_EQUAL(ike_counter(cpf_cp.vpn->ike, IKE_CTR_RESTORED), 0);
	cpf_answer();
	cpf_forget();
}

static void
turn_of_the_loop(void)
{
	event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	cpf_answer();
}

static uint64_t
counted(enum ike_ctr c)
{
	return ike_counter(cpf_cp.vpn->ike, c);
}

static uint32_t
n_restored(void)
{
	return (uint32_t)counted(IKE_CTR_RESTORED);
}

/* The rest of the walk, and that it was as it should be. */
static void
end(void)
{
	uint32_t turns = 0;

	while (!cpf_cp.vpn->applied && turns++ < 3 * CPF_TUNNELS) {
		uint32_t before = n_restored();

		turn_of_the_loop();
		CU_ASSERT(n_restored() <= before + 1);
	}
	CU_ASSERT_TRUE(cpf_cp.vpn->applied);
	CU_ASSERT_EQUAL(n_restored(), CPF_TUNNELS);
	CU_ASSERT_EQUAL(counted(IKE_CTR_NOT_RESTORED), 0);
	CU_ASSERT_EQUAL(counted(IKE_CTR_UNKNOWN_SPI), 0);
	CU_ASSERT_EQUAL(cpf.n_ike, 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_DEL), 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_SA_SET), 0);
	for (uint32_t i = 0; i < CPF_TUNNELS; i++) {
		const struct vsa *sa = vsa_find(cpf_cp.vpn, SA_IN(i));

		CU_ASSERT_TRUE(sa != NULL && sa->restored);
	}
	cpf_stop();
	cpf_keep = NULL;
	cpf_keep_size = 0;
	cpf_config_text = cpf_config;
}

static void
a_few_in_each_turn(void)
{
	begin();
	CU_ASSERT_EQUAL(n_restored(), 1);
	for (uint32_t turn = 2; turn <= CPF_TUNNELS; turn++) {
		CU_ASSERT_FALSE(cpf_cp.vpn->applied);
		/* The audit waits: what has no peer yet is not lost. */
		cpf_cp.vpn->audit.due_ms = 1;
		vpn_second(cpf_cp.vpn, cpf_now_ms);
		CU_ASSERT_FALSE(cpf_cp.vpn->audit.suspect);
		turn_of_the_loop();
		CU_ASSERT_EQUAL(n_restored(), turn);
	}
	end();
}

/* An encrypted message of @exchange for the IKE SA @i; nobody has made it. */
static void
message(uint32_t i, uint32_t src, uint8_t exchange, uint64_t spi_r)
{
	uint8_t msg[60] = { 0 };
	struct wr w = wr_init(msg, sizeof(msg));
	struct ike_hdr h = { .spi_i = SPI_I(i), .spi_r = spi_r, .next = IKE_PL_SK,
		.version = IKE_VERSION, .exchange = exchange,
		.flags = spi_r == 0 ? IKE_FLAG_INITIATOR : 0 };
	struct udp_msg u = { .src = src, .dst = CPF_HUB, .sport = 500, .dport = 500, .data = msg,
		.len = sizeof(msg) };
	struct chan_pkt pkt = { .cls = CHAN_CLASS_IKE };

	ike_hdr_write(&w, &h);
	wr_patch_be32(&w, IKE_HDR_LEN - 4, sizeof(msg));
	msg[IKE_HDR_LEN + 3] = sizeof(msg) - IKE_HDR_LEN; /* the payload's length */
	pkt.len = (uint16_t)udp_build(&u, 0, pkt.data, sizeof(pkt.data));
	vpn_punt(cpf_cp.vpn, &pkt);
}

static void
a_message_finds_its_peer(void)
{
	uint32_t last = CPF_TUNNELS - 1;

	begin();
	message(last, CPF_BRANCH + last, IKE_EX_INFORMATIONAL, SPI_R(last));
	CU_ASSERT_EQUAL(n_restored(), 2);
	CU_ASSERT_EQUAL(counted(IKE_CTR_NOT_AUTHENTIC), 1);
	end();
}

static void
others_are_not_refused(void)
{
	begin();
	/* From elsewhere: the peer behind a NAT may have moved there. And somebody who
	 * calls anew. */
	message(CPF_TUNNELS - 1, STRANGER, IKE_EX_INFORMATIONAL, SPI_R(CPF_TUNNELS - 1));
	message(77, CPF_BRANCH + 3, IKE_EX_SA_INIT, 0);
	CU_ASSERT_EQUAL(n_restored(), 1);
	CU_ASSERT_EQUAL(counted(IKE_CTR_RX), 0);
	end();
}

static void
an_event_finds_its_peer(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE };

	begin();
	ev.id = tun_ids[5];
	vpn_event(cpf_cp.vpn, &ev);
	CU_ASSERT_EQUAL(n_restored(), 2);
	end();
}

/* Another configuration in the middle of it: who has had a turn has another, nobody is left out. */
static void
a_commit_between(void)
{
	begin();
	turn_of_the_loop();
	turn_of_the_loop();
	CU_ASSERT_EQUAL(n_restored(), 3);
	cpf_push(1380);
	CU_ASSERT_FALSE(cpf_cp.vpn->applied);
	end();
}

/* The dataplane lets go of us: the records are taken up while they are there. */
static void
detached_between(void)
{
	begin();
	reconcile_detached(cpf_cp.reconcile);
	CU_ASSERT_EQUAL(n_restored(), CPF_TUNNELS);
	end();
}

/* ---- liveness looks again ---------------------------------------------------------------------- */

/* Before a peer is taken for dead its counters are read: its own, and now. */
static void
the_counters_of_this_moment(void)
{
	struct ike_peer *p, *other;

	begin();
	while (!cpf_cp.vpn->applied)
		turn_of_the_loop();
	p = ike_peer_find(cpf_cp.vpn->ike, "t2");
	other = ike_peer_find(cpf_cp.vpn->ike, "t3");
	CU_ASSERT_FATAL(p != NULL && other != NULL);
	cpf.heard_sa = SA_IN(2);
	cpf_now_ms += 5000;
	ike_look_again(other);
	CU_ASSERT_NOT_EQUAL(other->alive_ms, cpf_now_ms);
	ike_look_again(p);
	CU_ASSERT_EQUAL(p->alive_ms, cpf_now_ms);
	CU_ASSERT_EQUAL(cpf_cp.vpn->ike->lost_ms, 0);
	cpf.ike_dropped = 1;
	ike_look_again(p);
	CU_ASSERT_NOT_EQUAL(cpf_cp.vpn->ike->lost_ms, 0);
	cpf.heard_sa = 0;
	cpf.ike_dropped = 0;
	end();
}

/* ---- another dataplane: its region is filled, and what it has lost replaced, in turns ---------- */

static uint8_t second[sizeof(memory)];

static uint32_t
n_records(void)
{
	static struct keep k;
	uint32_t n = 0;
	size_t len;

	keep_open(&k, second, sizeof(second));
	for (uint32_t i = 0; i < CPF_TUNNELS; i++)
		n += keep_get(&k, tun_ids[i], &len) != NULL;
	keep_close(&k);
	return n;
}

static uint32_t
n_asked(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < CPF_TUNNELS; i++) {
		const struct vchild *c = vchild_find(cpf_cp.vpn, i + 1);

		n += c != NULL && c->retry_ms > cpf_now_ms;
	}
	return n;
}

static void
another_dataplane(void)
{
	begin();
	while (!cpf_cp.vpn->applied)
		turn_of_the_loop();
	cpf_cp.vpn->rekeep.per_turn = 1;
	cpf_cp.vpn->replace.per_turn = 1;
	cpf_now_ms += 20000;
	cpf.attached = false;
	reconcile_detached(cpf_cp.reconcile);
	memset(second, 0, sizeof(second));
	cpf_keep = second;
	cpf_dataplane_boot(cpf.boot_id + 1);
	cpf_attach();
	CU_ASSERT_EQUAL(n_records(), 1);
	for (uint32_t turn = 0; turn < 200; turn++)
		event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CU_ASSERT_EQUAL(n_records(), CPF_TUNNELS);
	/* All of them are lost; each is asked for once. */
	CU_ASSERT_EQUAL(n_asked(), 0);
	cpf_answer();
	CU_ASSERT(n_asked() <= 1);
	for (uint32_t turn = 0, was = n_asked(); turn < 200; turn++, was = n_asked()) {
		event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		CU_ASSERT(n_asked() <= was + 2); /* a bucket's */
	}
	CU_ASSERT_EQUAL(n_asked(), CPF_TUNNELS);
	cpf_stop();
}

/* It ends again, or we do, while its region is being filled. */
static void
another_dataplane_goes(void)
{
	for (int stops = 0; stops < 2; stops++) {
		begin();
		while (!cpf_cp.vpn->applied)
			turn_of_the_loop();
		cpf_cp.vpn->rekeep.per_turn = 1;
		cpf_cp.vpn->replace.per_turn = 1;
		cpf.attached = false;
		reconcile_detached(cpf_cp.reconcile);
		memset(second, 0, sizeof(second));
		cpf_keep = second;
		cpf_dataplane_boot(cpf.boot_id + 1);
		cpf_attach();
		cpf_answer();
		CU_ASSERT_PTR_NOT_NULL(cpf_cp.vpn->rekeep.walk);
		if (stops == 0) {
			cpf.attached = false;
			reconcile_detached(cpf_cp.reconcile);
			CU_ASSERT_PTR_NULL(cpf_cp.vpn->rekeep.walk);
			for (int turn = 0; turn < 20; turn++)
				event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
			CU_ASSERT(n_asked() <= 2);
		}
		cpf_stop();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(a_few_in_each_turn),
	CU_CASE(a_message_finds_its_peer),
	CU_CASE(others_are_not_refused),
	CU_CASE(an_event_finds_its_peer),
	CU_CASE(a_commit_between),
	CU_CASE(detached_between),
	CU_CASE(the_counters_of_this_moment),
	CU_CASE(another_dataplane),
	CU_CASE(another_dataplane_goes),
};

CU_MAIN("restore", cases)
