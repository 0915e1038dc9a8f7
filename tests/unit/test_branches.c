/* SPDX-License-Identifier: BSD-3-Clause */
/* Branches of a group come and go: their names, their pairs of addresses, and the limit. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/vpn/group_int.h"
#include "tests/unit/cp_fixture.h"

#define FIRST_PAIR 0x0a090000u

/* clang-format off */
static const char config_of[] =
"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" } ],"
"  \"tunnels\": { \"model\": { \"source\": \"1.1.1.2\","
"     \"peer-identity\": \"*.branch.example.net\","
"     \"group\": LIMIT, \"group-pool\": \"10.9.0.0/16\", \"group-timeout-seconds\": 10,"
"     \"protection\": \"p\", \"mtu\": %d } },"
"  \"crypto\": { \"ikev2\": {"
"     \"proposals\": { \"default\": {} }, \"profiles\": { \"default\": {} },"
"     \"keyring\": { \"group\": { \"identity\": \"*.branch.example.net\","
"        \"pre-shared-key\": \"key-of-the-group\" } } },"
"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": \"aes-gcm-256\" } },"
"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";
/* clang-format on */

/* The same for a group of so many. */
static const char *
config(const char *limit)
{
	static char text[sizeof(config_of) + 8];
	const char *at = strstr(config_of, "LIMIT");

	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - config_of), config_of, limit,
			at + strlen("LIMIT"));
	return text;
}

static int
meet(const char *name)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = (uint8_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return groups_met(cpf_cp.vpn->groups, "model", &id);
}

static uint32_t
n_branches(void)
{
	uint32_t n;

	vpn_branches(cpf_cp.vpn, &n);
	return n;
}

/* Until there are so many, and nobody waits for his tunnel: that is done by timers of the loop. How
 * many there are. */
static uint32_t
made(uint32_t want)
{
	for (int turn = 0; turn < 100 && (n_branches() != want || cpf_cp.vpn->groups->met.n > 0);
			turn++) {
		event_base_loop(cpf_cp.base, EVLOOP_ONCE);
		cpf_answer();
	}
	return n_branches();
}

static const struct tunnel_branch *
branch(const char *identity)
{
	uint32_t n;
	const struct tunnel_branch *b = vpn_branches(cpf_cp.vpn, &n);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(b[i].identity, identity) == 0)
			return &b[i];
	return NULL;
}

static void
they_come_and_go(void)
{
	char name[40];

	cpf_config_text = config("6");
	cpf_start_up();
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "b%d.branch.example.net", i);
		CU_ASSERT_EQUAL(meet(name), 0);
		CU_ASSERT_EQUAL(meet(name), 0); /* once more, before it is made */
	}
	CU_ASSERT_EQUAL_FATAL(made(5), 5);
	for (int i = 0; i < 5; i++) {
		const struct tunnel_branch *b;
		struct ike_peer_show p;

		snprintf(name, sizeof(name), "b%d.branch.example.net", i);
		b = branch(name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(b);
		CU_ASSERT_STRING_EQUAL(b->name, name);
		CU_ASSERT_EQUAL(b->address.addr, FIRST_PAIR + 2 * (uint32_t)i);
		CU_ASSERT_TRUE(vpn_peer_show(cpf_cp.vpn, name, &p)); /* the engine knows it */
	}
	/* By another spelling it is the same one; of another name with the same letters it
	 * is not. */
	CU_ASSERT_EQUAL(meet("B3.Branch.Example.NET"), -ENOSPC);
	CU_ASSERT_EQUAL(meet("b5.branch.example.net"), 0);
	CU_ASSERT_EQUAL(made(6), 6);
	CU_ASSERT_EQUAL(meet("b6.branch.example.net"), -EDQUOT);
	/* They are down for too long: all go, and the first pair is free again. */
	cpf_now_ms += 11000;
	groups_second(cpf_cp.vpn->groups, cpf_now_ms);
	CU_ASSERT_EQUAL(made(0), 0);
	CU_ASSERT_EQUAL(meet("b4.branch.example.net"), 0);
	CU_ASSERT_EQUAL(made(1), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(branch("b4.branch.example.net"));
	CU_ASSERT_EQUAL(branch("b4.branch.example.net")->address.addr, FIRST_PAIR);
	cpf_stop();
}

/* Of many who come at once nobody is dropped, and one turn of the loop does not do all of them. */
static void
many_at_once(void)
{
	struct groups *g;
	char name[40];

	cpf_config_text = config("6");
	cpf_start_up();
	g = cpf_cp.vpn->groups;
	g->per_turn = 1;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "b%d.branch.example.net", i);
		CU_ASSERT_EQUAL(meet(name), 0);
	}
	CU_ASSERT_EQUAL(meet("b6.branch.example.net"), -EDQUOT); /* those who wait count */
	for (int turn = 0; turn < 100 && g->met.n > 0; turn++) {
		uint32_t n = n_branches(), n_met = g->met.n;

		event_base_loop(cpf_cp.base, EVLOOP_ONCE);
		cpf_answer();
		CU_ASSERT_TRUE(n_branches() <= n + 1);
		CU_ASSERT_TRUE(g->met.n + 1 >= n_met);
	}
	CU_ASSERT_EQUAL(g->met.n, 0);
	CU_ASSERT_EQUAL(n_branches(), 6);
	for (int i = 0; i < 6; i++) {
		struct ike_peer_show p;

		snprintf(name, sizeof(name), "b%d.branch.example.net", i);
		CU_ASSERT_TRUE(vpn_peer_show(cpf_cp.vpn, name, &p));
	}
	cpf_stop();
}

/* As many as the group may have wait at a time. */
static void
thousands_wait(void)
{
	char name[40];

	cpf_config_text = config("3000");
	cpf_start_up();
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "b%d.branch.example.net", i);
		CU_ASSERT_EQUAL(meet(name), 0);
	}
	CU_ASSERT_EQUAL(cpf_cp.vpn->groups->met.n, 3000);
	CU_ASSERT_EQUAL(meet("b2999.branch.example.net"), 0);
	CU_ASSERT_EQUAL(meet("b3000.branch.example.net"), -EDQUOT);
	CU_ASSERT_EQUAL(cpf_cp.vpn->groups->met.n, 3000);
	cpf_stop();
}

static const struct cu_case cases[] = {
	CU_CASE(they_come_and_go),
	CU_CASE(many_at_once),
	CU_CASE(thousands_wait),
};

CU_MAIN("branches", cases)
