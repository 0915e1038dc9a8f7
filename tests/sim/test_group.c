/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A group in the engine: whoever fits the wildcard and proves it is met, and answered only when
 * there is a peer of his own; the same message does then. A wrong proof or another name is not met.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

static struct ike_id
fqdn(const char *name)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = (uint8_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

/* A is a branch, B the hub with a group of tunnels. */
static struct sim *
world(uint64_t seed, const char *name, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = sim_new(seed, NULL);

	*a = sim_cfg(A);
	*b = sim_cfg(B);
	a->initiate = true;
	a->local_id = fqdn(name);
	b->remote = 0;
	b->group = true;
	b->may_initiate = b->initiate = false;
	b->remote_id = fqdn("*.branch.example.net");
	b->tun_id = UINT32_MAX;
	return s;
}

static struct sim *
world1(uint64_t seed, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = world(seed, "b1.branch.example.net", a, b);

	for (struct ike_peer_cfg *c = a; c != NULL; c = c == a ? b : NULL) {
		c->version = 1;
		c->aggressive = true;
		c->ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
				IKE_PRF_HMAC_SHA2_256, IKE_GROUP_MODP2048, false);
		c->esp_proposals[0] = sim_prop(
				IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
	}
	return s;
}

static void
start(struct sim *s, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
	sim_run(s, 500);
}

static void
met_and_then_answered(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(1, "b1.branch.example.net", &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_EQUAL(s->met.type, IKE_ID_FQDN);
	CU_ASSERT_EQUAL(s->met.len, strlen("b1.branch.example.net"));
	CU_ASSERT_EQUAL(memcmp(s->met.data, "b1.branch.example.net", s->met.len), 0);
	CU_ASSERT_EQUAL(s->n[A].state, IKE_PEER_CONNECTING); /* not answered */
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	/* Nobody makes a peer: the question is put again with each repetition, nothing more. */
	sim_run(s, 4000);
	CU_ASSERT_TRUE(s->n_met >= 2 && s->n_met <= 4);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	/* A peer of its own, and the next repetition is its. */
	snprintf(b.name, sizeof(b.name), "b1");
	b.group = false;
	b.remote_id = a.local_id;
	b.tun_id = 7;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20000));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "b1");
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* A list of who may come; and who is made for one of them may have other names, too. */
static void
a_group_of_several_names(void)
{
	for (int version = 1; version <= 2; version++) {
		struct ike_peer_cfg a, b;
		struct sim *s = version == 1 ? world1(5, &a, &b)
					     : world(5, "b1.branch.example.net", &a, &b);

		b.remote_id = fqdn("x.example.net");
		b.other_ids[0] = fqdn("*.branch.example.net");
		b.n_other_ids = 1;
		start(s, &a, &b);
		CU_ASSERT_EQUAL(s->n_met, 1);
		b.other_ids[0] = a.local_id;
		snprintf(b.name, sizeof(b.name), "b1");
		b.group = false;
		b.tun_id = 7;
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
		CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20000));
		CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "b1");
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static void
strangers_are_not_met(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(2, "b1.elsewhere.example.net", &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_NOT_EQUAL(s->n[A].state, IKE_PEER_ESTABLISHED);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world(3, "b1.branch.example.net", &a, &b);
	b.psk[0] ^= 1;
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
a_full_group_refuses(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world(4, "b1.branch.example.net", &a, &b);

	s->met_answer = -EDQUOT;
	start(s, &a, &b);
	CU_ASSERT_TRUE(s->n_met >= 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "AUTHENTICATION_FAILED"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "all the branches that it may have"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* ---- IKEv1 ---------------------------------------------------------------------------------- */

static void
member_set(struct sim *s, struct ike_peer_cfg b, const struct ike_id *id)
{
	snprintf(b.name, sizeof(b.name), "b1");
	b.group = false;
	b.remote_id = *id;
	b.tun_id = 7;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
}

/* It has said all that it has to, and its quick mode has come: both wait for the peer. */
static void
met_in_aggressive_mode(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world1(11, &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_EQUAL(s->met.len, strlen("b1.branch.example.net"));
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[B]), 0);
	member_set(s, b, &a.local_id);
	sim_run(s, 100); /* sooner than anything is repeated */
	CU_ASSERT_TRUE(sim_both_up(s));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "b1");
	CU_ASSERT_EQUAL(s->n_met, 1);
	/* It calls again, and is known. */
	sim_restart(s, A);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20000));
	CU_ASSERT_EQUAL(s->n_met, 1);
	sim_sweep(s, A);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Nobody makes a peer for it: it is forgotten, and so when the group goes. */
static void
forgotten_in_aggressive_mode(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world1(12, &a, &b);

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	a.initiate = a.may_initiate = false;
	ike_peer_del(s->n[A].e, a.name, s->now);
	sim_run(s, 60000);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, NULL), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world1(13, &a, &b);
	start(s, &a, &b);
	ike_peer_del(s->n[B].e, b.name, s->now);
	member_set(s, b, &a.local_id);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
refused_in_aggressive_mode(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world1(14, &a, &b);

	b.psk[0] ^= 1;
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world1(15, &a, &b);
	s->met_answer = -EDQUOT;
	start(s, &a, &b);
	CU_ASSERT_TRUE(s->n_met >= 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "all the branches that it may have"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
	/* Its peer has a key of its own, which is not the one that was used. */
	s = world1(16, &a, &b);
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	b.psk[0] ^= 1;
	member_set(s, b, &a.local_id);
	sim_run(s, 100);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* In main mode, with an address for a name: A is one of the network @net. */
static struct sim *
world_main(uint64_t seed, const char *net, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	struct sim *s = world1(seed, a, b);

	a->aggressive = b->aggressive = false;
	a->local_id = ike_id_of_ip4(a->local);
	CU_ASSERT_EQUAL_FATAL(ike_id_parse(net, &b->remote_id), 0);
	return s;
}

/* The fifth message says who it is, and waits for the peer; then the sixth follows. */
static void
met_in_main_mode(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world_main(21, "10.0.0.0/8", &a, &b);
	uint32_t n;

	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_EQUAL(s->met.type, IKE_ID_IPV4_ADDR);
	CU_ASSERT_EQUAL(s->met.len, 4);
	sim_run(s, 4000); /* the fifth message comes again, and makes no second one */
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	n = s->n_ike[B];
	member_set(s, b, &a.local_id);
	CU_ASSERT_EQUAL(s->n_ike[B], n + 1);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 1000));
	CU_ASSERT_STRING_EQUAL(sim_sa(s, B).peer, "b1");
	/* It calls again, and is known. */
	sim_restart(s, A);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE(sim_until(s, sim_both_up, 20000));
	CU_ASSERT_EQUAL(s->n_met, 1);
	sim_sweep(s, A);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Several groups, told apart by their keys; and of those with one key the closest network. */
static void
keys_of_several_groups(void)
{
	struct ike_peer_cfg a, b, other;
	struct sim *s = world_main(22, "0.0.0.0/0", &a, &b);

	for (int i = 0; i < 4; i++) {
		static const char *const nets[] = { "10.0.0.0/8", "10.0.0.0/30", "11.0.0.0/8",
			"10.0.0.0/24" };

		other = b;
		snprintf(other.name, sizeof(other.name), "other%d", i);
		CU_ASSERT_EQUAL_FATAL(ike_id_parse(nets[i], &other.remote_id), 0);
		other.psk[0] ^= (uint8_t)(i < 2 ? 0 : i);
		CU_ASSERT_EQUAL(ike_peer_set(s->n[B].e, &other, s->now), 0);
	}
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	CU_ASSERT_STRING_EQUAL(s->met_by, "other1");
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static void
refused_in_main_mode(void)
{
	struct ike_peer_cfg a, b;
	struct sim *s = world_main(23, "10.0.0.0/8", &a, &b);

	b.psk[0] ^= 1;
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world_main(24, "10.1.0.0/16", &a, &b);
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "another identity"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
	s = world_main(25, "10.0.0.0/8", &a, &b);
	s->met_answer = -EDQUOT;
	start(s, &a, &b);
	CU_ASSERT_TRUE(s->n_met >= 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "all the branches that it may have"));
	CU_ASSERT_EQUAL(sim_free(s), 0);
	/* Its peer has a key of its own, which is not the one that was used. */
	s = world_main(26, "10.0.0.0/8", &a, &b);
	start(s, &a, &b);
	CU_ASSERT_EQUAL(s->n_met, 1);
	b.psk[0] ^= 1;
	member_set(s, b, &a.local_id);
	sim_run(s, 100);
	CU_ASSERT_EQUAL(sim_n_sas(s, B, "established"), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(met_and_then_answered),
	CU_CASE(a_group_of_several_names),
	CU_CASE(strangers_are_not_met),
	CU_CASE(a_full_group_refuses),
	CU_CASE(met_in_aggressive_mode),
	CU_CASE(forgotten_in_aggressive_mode),
	CU_CASE(refused_in_aggressive_mode),
	CU_CASE(met_in_main_mode),
	CU_CASE(keys_of_several_groups),
	CU_CASE(refused_in_main_mode),
};

CU_MAIN("group", cases)
