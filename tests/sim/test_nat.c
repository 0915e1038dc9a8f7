/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NAT traversal (RFC 7296 section 2.23) and peers whose address is not known:
 *
 *	A 10.0.0.1 ---- NAT 203.0.113.9 ---- B 10.0.0.2
 */
#include <string.h>

#include "controlplane/ike/ike1_int.h"
#include "tests/sim/nat.h"
#include "tests/unit/cu.h"

/* A behind NAT, up. */
static struct sim *
natted(uint64_t seed)
{
	struct ike_peer_cfg a = nat_branch(), b = nat_hub();
	struct sim *s = sim_new(seed, NULL);

	sim_nat_flush(s);
	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	return s;
}

static void
a_nat_is_found_and_esp_goes_in_udp(void)
{
	struct sim *s = natted(1);
	struct ike_sa_show a = sim_sa(s, A), b = sim_sa(s, B);

	CU_ASSERT_TRUE(a.nat_local && !a.nat_remote && a.encap);
	CU_ASSERT_TRUE(!b.nat_local && b.nat_remote && b.encap);
	CU_ASSERT_EQUAL(a.local_port, 4500);
	CU_ASSERT_EQUAL(a.remote_port, 4500);
	CU_ASSERT_EQUAL(b.local_port, 4500);
	CU_ASSERT_EQUAL(b.remote, SIM_NAT);
	CU_ASSERT_EQUAL(b.remote_port, s->nat_port[1]);
	CU_ASSERT_TRUE(nat_path_is(&sim_out(&s->n[A])->path, SIM_ADDR(B), 4500, 4500));
	CU_ASSERT_TRUE(nat_path_is(&sim_out(&s->n[B])->path, SIM_NAT, 4500, s->nat_port[1]));
	/* Section 2.23.1: each side's selectors are what it sees itself, in transport mode. */
	CU_ASSERT_FALSE(sim_out(&s->n[A])->tunnel || sim_out(&s->n[B])->tunnel);
	CU_ASSERT_EQUAL(ip_range_host4(&a.children[0].ts_local.ts[0].addr), SIM_ADDR(A));
	CU_ASSERT_EQUAL(ip_range_host4(&b.children[0].ts_remote.ts[0].addr), SIM_NAT);
	s->data_ms = 100;
	sim_run(s, 5000);
	CU_ASSERT_TRUE(s->n_data > 50);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
without_nat_nothing_changes(void)
{
	struct sim *s = sim_new(2, NULL);
	struct ike_peer_cfg a = nat_branch(), b = nat_hub();

	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_sa(s, A).local_port, 500);
	CU_ASSERT_FALSE(sim_sa(s, A).encap || sim_sa(s, B).encap);
	CU_ASSERT_EQUAL(sim_out(&s->n[B])->path.local_port, 0);
	sim_run(s, 100000);
	CU_ASSERT_EQUAL(s->n_keepalives[A] + s->n_keepalives[B], 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
only_who_is_behind_the_nat_keeps_it_alive(void)
{
	struct sim *s = natted(3);

	sim_run(s, 101000);
	CU_ASSERT_EQUAL(s->n_keepalives[A], 5);
	CU_ASSERT_EQUAL(s->n_keepalives[B], 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static bool
hub_follows(struct sim *s)
{
	const struct sim_sa *out = sim_out(&s->n[B]);

	return out != NULL && out->path.remote_port == s->nat_port[1];
}

static void
a_new_mapping_is_followed_by_traffic(void)
{
	struct sim *s = natted(4);

	s->data_ms = 50;
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	sim_nat_flush(s);
	CU_ASSERT_FALSE(hub_follows(s));
	CU_ASSERT_TRUE(sim_until(s, hub_follows, 500));
	CU_ASSERT_EQUAL(s->n[B].n_moved, 1);
	CU_ASSERT_EQUAL(sim_sa(s, B).remote_port, s->nat_port[1]);
	s->n_data_lost = 0;
	sim_run(s, 200); /* what was under way to the old mapping is lost */
	s->n_data_lost = 0;
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_counter(s, B, "peers_moved"), 1);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_moved"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
a_new_mapping_is_followed_by_ike(void)
{
	struct sim *s = natted(5);
	struct ike_peer_cfg a = nat_branch();

	a.dpd_interval_s = 5;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 6000);
	sim_nat_flush(s);
	CU_ASSERT_TRUE(sim_until(s, hub_follows, 6000));
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- IKEv1 (RFC 3947) ----------------------------------------------------------------------- */

static struct ike_peer_cfg
old_style(int who)
{
	struct ike_peer_cfg c = sim_cfg(who);

	c.version = 1;
	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
			IKE_PRF_HMAC_SHA2_256, 14, false);
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0,
			false);
	c.n_ike_proposals = c.n_esp_proposals = 1;
	c.keepalive_s = 20;
	if (who == A)
		c.initiate = true;
	else
		c.remote = SIM_NAT;
	return c;
}

/* A behind NAT, up by IKEv1; who asks whether the other lives. */
static struct sim *
natted1(uint64_t seed, uint32_t a_dpd_s, uint32_t b_dpd_s)
{
	struct ike_peer_cfg a = old_style(A), b = old_style(B);
	struct sim *s = sim_new(seed, NULL);

	a.dpd_interval_s = a_dpd_s;
	b.dpd_interval_s = b_dpd_s;
	sim_nat_flush(s);
	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 500);
	return s;
}

static void
a_new_mapping_is_followed_by_traffic_of_ikev1(void)
{
	struct sim *s = natted1(104, 0, 0);

	s->data_ms = 50;
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	sim_nat_flush(s);
	CU_ASSERT_TRUE(sim_until(s, hub_follows, 500));
	CU_ASSERT_EQUAL(sim_sa(s, B).remote_port, s->nat_port[1]);
	sim_run(s, 200);
	s->n_data_lost = 0;
	/* What is made anew goes there, too. */
	ike_child_rekey(s->n[B].e, s->n[B].out_id, false, s->now);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(s->n_data_lost, 0);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_counter(s, B, "peers_moved"), 1);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_moved"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* R-U-THERE with the next sequence number is no copy of an old one. */
static void
a_new_mapping_is_followed_by_liveness_of_ikev1(void)
{
	struct sim *s = natted1(105, 5, 0);

	sim_run(s, 6000);
	sim_nat_flush(s);
	CU_ASSERT_TRUE(sim_until(s, hub_follows, 6000));
	CU_ASSERT_EQUAL(sim_sa(s, B).remote_port, s->nat_port[1]);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_counter(s, A, "peers_dead"), 0);
	CU_ASSERT_EQUAL(sim_counter(s, B, "peers_moved"), 1);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
a_copy_moves_nobody_with_ikev1(void)
{
	struct ike_path from = { SIM_ADDR(B), 0xc6336401, 4500, 666 };
	struct sim *s = natted1(106, 5, 0);
	uint8_t msg[SIM_MSG_MAX];
	size_t len;

	sim_run(s, 6000);
	len = s->last_len[A];
	memcpy(msg, s->last[A], len);
	sim_run(s, 5000);
	for (int i = 0; i < 3; i++)
		ike_input(s->n[B].e, &from, msg, len, s->now);
	CU_ASSERT_EQUAL(sim_sa(s, B).remote, SIM_NAT);
	CU_ASSERT_EQUAL(s->n[B].n_moved, 0);
	msg[len - 1] ^= 1;
	ike_input(s->n[B].e, &from, msg, len, s->now);
	CU_ASSERT_EQUAL(s->n[B].n_moved, 0);
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* A copy of an old message, from another address: anybody on the way could send it. */
static void
a_replayed_message_moves_nobody(void)
{
	struct ike_path from = { SIM_ADDR(B), 0xc6336401, 4500, 666 };
	struct ike_peer_cfg a = nat_branch();
	struct sim *s = natted(6);
	uint8_t msg[SIM_MSG_MAX];
	size_t len;

	a.dpd_interval_s = 5;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 6000);
	len = s->last_len[A];
	memcpy(msg, s->last[A], len);
	ike_input(s->n[B].e, &from, msg, len, s->now);
	msg[len - 1] ^= 1;
	ike_input(s->n[B].e, &from, msg, len, s->now);
	CU_ASSERT_EQUAL(sim_sa(s, B).remote, SIM_NAT);
	CU_ASSERT_EQUAL(s->n[B].n_moved, 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static bool
rekeyed_twice(struct sim *s)
{
	return sim_sa(s, A).children[0].n_rekeys + sim_sa(s, A).children[1].n_rekeys >= 2 &&
	       nat_both_in_udp(s);
}

static void
rekeys_stay_in_udp_in_both_roles(void)
{
	for (int by = A; by <= B; by++) {
		struct sim *s = natted(7 + (uint64_t)by);


		s->data_ms = 50;
		sim_run(s, 500);
		for (int i = 0; i < 2; i++) {
			ike_child_rekey(s->n[by].e, s->n[by].out_id, false, s->now);
			sim_run(s, 8000);
		}
		CU_ASSERT_TRUE(rekeyed_twice(s));
		ike_sa_rekey(s->n[by].e, "peer", s->now);
		CU_ASSERT_TRUE(sim_until(s, nat_ike_rekeyed, 5000));
		CU_ASSERT_TRUE(nat_both_in_udp(s));
		CU_ASSERT_TRUE(sim_sa(s, A).nat_local && sim_sa(s, B).nat_remote);
		CU_ASSERT_EQUAL(sim_sa(s, B).remote_port, s->nat_port[1]);
		/* A Child SA made under the new IKE SA, and keepalives of the new one. */
		ike_child_rekey(s->n[by].e, s->n[by].out_id, false, s->now);
		s->n_keepalives[A] = 0;
		sim_run(s, 41000);
		CU_ASSERT_TRUE(nat_both_in_udp(s));
		CU_ASSERT_TRUE(s->n_keepalives[A] >= 1 && s->n_keepalives[A] <= 3);
		CU_ASSERT_EQUAL(s->n_data_lost, 0);
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static void
udp_can_be_had_without_nat(void)
{
	for (int who = A; who <= B; who++) {
		struct ike_peer_cfg a = nat_branch(), b = nat_hub();
		struct sim *s = sim_new(20, NULL);

		(who == A ? &a : &b)->force_encap = true;
		nat_set_pair(s, &a, &b);
		CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
		CU_ASSERT_TRUE(sim_sa(s, A).encap && sim_sa(s, B).encap);
		CU_ASSERT_TRUE(nat_path_is(&sim_out(&s->n[A])->path, SIM_ADDR(B), 4500, 4500));
		CU_ASSERT_TRUE(nat_path_is(&sim_out(&s->n[B])->path, SIM_ADDR(A), 4500, 4500));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* ---- how the peer names the two ends -------------------------------------------------------- */

static bool
names_are(struct sim *s, int node, uint32_t remote, uint32_t local)
{
	const struct sim_sa *o = sim_out(&s->n[node]);

	return o != NULL && o->inner_remote == remote && o->inner_local == local;
}

static void
rekey_by(struct sim *s, int by)
{
	uint64_t before = s->n[B].out_id;

	ike_child_rekey(s->n[by].e, s->n[by].out_id, false, s->now);
	sim_run(s, 8000);
	CU_ASSERT_NOT_EQUAL(s->n[B].out_id, before);
	CU_ASSERT_TRUE(nat_both_in_udp(s));
}

/*
 * Transport mode: the traffic selectors of who asks say it (RFC 7296 section 2.23.1). It is known
 * still when the other one asks for the next Child SA, and to the next process.
 */
static void
the_private_address_is_known_in_transport_mode(void)
{
	struct ike_peer_cfg b = nat_hub();
	struct sim *s = sim_new(64, NULL), *plain;
	struct ike_peer_cfg a = nat_branch();

	s->n[B].keeps = true;
	sim_crash(s, B);
	sim_nat_flush(s);
	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(s, nat_both_in_udp, UP_MS));
	CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
	CU_ASSERT_TRUE(names_are(s, A, 0, 0)); /* B did not say where it sees us */
	rekey_by(s, A);
	CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
	rekey_by(s, B);
	CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
	CU_ASSERT_TRUE(names_are(s, A, 0, SIM_NAT)); /* now it did */
	rekey_by(s, A);
	CU_ASSERT_TRUE(names_are(s, A, 0, SIM_NAT));
	sim_restart(s, B);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	sim_run(s, 1000);
	CU_ASSERT_EQUAL(sim_counter(s, B, "peers_restored"), 1);
	CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
	rekey_by(s, B);
	CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
	CU_ASSERT_EQUAL(sim_free(s), 0);

	plain = sim_new(65, NULL);
	nat_set_pair(plain, &a, &b);
	CU_ASSERT_TRUE_FATAL(sim_until(plain, sim_both_up, UP_MS));
	CU_ASSERT_TRUE(names_are(plain, A, 0, 0) && names_are(plain, B, 0, 0));
	CU_ASSERT_EQUAL(sim_free(plain), 0);
}

/* IKEv1 tells both ends both addresses (RFC 3947 section 5.2); in tunnel mode the identities do. */
static void
the_private_address_is_known_to_ikev1(void)
{
	for (int tunnel = 0; tunnel <= 1; tunnel++) {
		struct ike_peer_cfg c[] = { nat_branch(), nat_hub() };
		struct sim *s = sim_new(66 + (uint64_t)tunnel, NULL);
		uint32_t seen = tunnel ? 0 : SIM_NAT;

		for (int i = A; i <= B; i++) {
			c[i].version = 1;
			c[i].transport = !tunnel;
			c[i].ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
					IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256, 14,
					false);
			c[i].esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
					IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
			c[i].n_ike_proposals = c[i].n_esp_proposals = 1;
		}
		c[B].remote = SIM_NAT;
		sim_nat_flush(s);
		nat_set_pair(s, &c[A], &c[B]);
		CU_ASSERT_TRUE_FATAL(sim_until(s, nat_both_in_udp, UP_MS));
		sim_run(s, 500);
		CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
		CU_ASSERT_TRUE(names_are(s, A, 0, seen));
		rekey_by(s, B);
		CU_ASSERT_TRUE(names_are(s, B, SIM_ADDR(A), 0));
		CU_ASSERT_TRUE(names_are(s, A, 0, seen)); /* in tunnel mode by the same hosts */
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* A, behind the NAT, is called, and then asks itself: by the address that B has for it. */
static void
the_outer_address_is_known_to_ikev1(void)
{
	struct ike_peer_cfg a = old_style(A), b = old_style(B);
	struct sim *s = sim_new(68, NULL);

	a.transport = b.transport = false;
	a.initiate = false;
	b.initiate = true;
	sim_nat_flush(s);
	s->nat_port[0] = 500;
	s->nat_port[1] = 4500;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, nat_both_in_udp, UP_MS));
	sim_run(s, 500);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(names_are(s, A, 0, SIM_NAT));
		CU_ASSERT_TRUE(names_are(s, B, 0, 0));
		rekey_by(s, i & 1 ? B : A);
	}
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
nat_traversal_can_be_off(void)
{
	struct ike_peer_cfg a = nat_branch(), b = sim_cfg(B);
	struct sim *s = sim_new(22, NULL);

	a.no_nat = b.no_nat = true;
	b.remote = 0;
	b.remote_id = nat_fqdn("branch-1.example");
	sim_nat_flush(s);
	nat_set_pair(s, &a, &b);
	sim_run(s, UP_MS);
	CU_ASSERT_TRUE(sim_sa(s, A).nat_local && !sim_sa(s, A).encap);
	CU_ASSERT_EQUAL(sim_sa(s, A).local_port, 500);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- by identity ---------------------------------------------------------------------------- */

static void
of_many_peers_the_identity_finds_its_own(void)
{
	struct ike_peer_cfg a = nat_branch(), b = nat_hub(), other = nat_hub();
	struct sim *s = sim_new(30, NULL);
	char name[32];

	other.tun_id = 8; /* has no SPIs: nothing comes up if the wrong peer is taken */
	for (int i = 0; i < 500; i++) {
		snprintf(other.name, sizeof(other.name), "other-%d", i);
		snprintf(name, sizeof(name), "branch-%d.example", i + 2);
		other.remote_id = nat_fqdn(name);
		other.psk[0] = (uint8_t)('a' + i % 26);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &other, s->now), 0);
	}
	sim_nat_flush(s);
	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "peer");

	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
the_case_of_a_domain_name_does_not_matter(void)
{
	struct ike_peer_cfg a = nat_branch(), b = nat_hub();
	struct sim *s = sim_new(31, NULL);

	a.local_id = nat_fqdn("BRANCH-1.Example");
	nat_set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, UP_MS));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
an_unknown_identity_is_refused(void)
{
	struct ike_peer_cfg a = nat_branch(), b = nat_hub();
	struct sim *s = sim_new(32, NULL);

	a.local_id = nat_fqdn("branch-2.example");
	nat_set_pair(s, &a, &b);
	sim_run(s, 5000);
	CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_TRUE(sim_counter(s, B, "refused_authentication") > 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- mode ----------------------------------------------------------------------------------- */

static void
modes_are_agreed_or_refused(void)
{
	/* clang-format off */
	static const struct {
		bool a_transport, a_other, b_transport, b_other;
		int tunnel; /* -1: nothing comes up */
	} rows[] = {
		{ true,  false, true,  false, 0 },
		{ false, false, false, false, 1 },
		{ true,  false, false, false, -1 }, /* B answers with tunnel mode: A refuses */
		{ true,  true,  false, false, 1 },
		{ true,  false, false, true,  0 },
		{ false, false, true,  false, -1 },
		{ false, false, true,  true,  1 },
		{ true,  true,  true,  true,  0 },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim *s = sim_new(40 + i, NULL);
		struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);
		bool up;

		a.initiate = true;
		a.transport = rows[i].a_transport;
		a.other_mode = rows[i].a_other;
		b.transport = rows[i].b_transport;
		b.other_mode = rows[i].b_other;
		nat_set_pair(s, &a, &b);
		up = sim_until(s, sim_both_up, UP_MS);
		sim_run(s, 500);
		up = up && sim_both_up(s);
		CU_ASSERT_EQUAL(up, rows[i].tunnel >= 0);
		if (up) {
			CU_ASSERT_EQUAL(sim_out(&s->n[A])->tunnel, rows[i].tunnel);
			CU_ASSERT_EQUAL(sim_out(&s->n[B])->tunnel, rows[i].tunnel);
			ike_child_rekey(s->n[B].e, s->n[B].out_id, false, s->now);
			sim_run(s, 1000);
			CU_ASSERT_TRUE(sim_both_up(s));
			CU_ASSERT_EQUAL(sim_out(&s->n[A])->tunnel, rows[i].tunnel);
		}
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(a_nat_is_found_and_esp_goes_in_udp),
	CU_CASE(without_nat_nothing_changes),
	CU_CASE(only_who_is_behind_the_nat_keeps_it_alive),
	CU_CASE(a_new_mapping_is_followed_by_traffic),
	CU_CASE(a_new_mapping_is_followed_by_ike),
	CU_CASE(a_new_mapping_is_followed_by_traffic_of_ikev1),
	CU_CASE(a_new_mapping_is_followed_by_liveness_of_ikev1),
	CU_CASE(a_copy_moves_nobody_with_ikev1),
	CU_CASE(a_replayed_message_moves_nobody),
	CU_CASE(rekeys_stay_in_udp_in_both_roles),
	CU_CASE(udp_can_be_had_without_nat),
	CU_CASE(the_private_address_is_known_in_transport_mode),
	CU_CASE(the_private_address_is_known_to_ikev1),
	CU_CASE(the_outer_address_is_known_to_ikev1),
	CU_CASE(nat_traversal_can_be_off),
	CU_CASE(of_many_peers_the_identity_finds_its_own),
	CU_CASE(the_case_of_a_domain_name_does_not_matter),
	CU_CASE(an_unknown_identity_is_refused),
	CU_CASE(modes_are_agreed_or_refused),
};

CU_MAIN("nat", cases)
