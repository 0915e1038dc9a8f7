/* SPDX-License-Identifier: BSD-3-Clause */
/* The language of collide.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"
#include "tests/sim/collide.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define SEEDS     4
#define UP_MS     60000
#define STEP_MS   25     /* packets of the traffic get through between steps */
#define SETTLE_MS 130000 /* deletes, drains, retries after TEMPORARY_FAILURE */

static const char *at_name, *at_step;
static uint64_t at_seed;

static void
check(bool ok, const char *what, const char *file, unsigned int line)
{
	char text[300];

	snprintf(text, sizeof(text), "%s, seed %llu, at \"%.40s\": %s", at_name,
			(unsigned long long)at_seed, at_step, what);
	CU_assertImplementation(ok, line, text, file, "", CU_FALSE);
}

#define CHECK(cond) check(cond, #cond, __FILE__, __LINE__)

/* ---- the beginning -------------------------------------------------------------------------- */

/* Both know ecp256; who guesses begins with another one, which the other side does not take. */
static void
groups(struct ike_proposal_cfg *p, bool guesses, uint16_t other)
{
	p->n_group = 0;
	if (guesses)
		p->group[p->n_group++] = other;
	p->group[p->n_group++] = IKE_GROUP_ECP256;
}

static struct ike_peer *
peer_of(struct sim *s, int i)
{
	return ike_peer_find(s->n[i].e, "peer");
}

static struct sim *
begin(unsigned int flags)
{
	struct sim *s = sim_new(at_seed, NULL);
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	if (flags & JOBS) {
		s->job_delay_ms = 8;
		sim_crash(s, A);
		sim_crash(s, B);
	}
	a.retransmit_tries = b.retransmit_tries = 10;
	if (flags & (PFS | A_GUESSES | B_GUESSES)) {
		groups(&a.esp_proposals[0], flags & A_GUESSES, IKE_GROUP_X25519);
		groups(&b.esp_proposals[0], flags & B_GUESSES, IKE_GROUP_ECP384);
	}
	a.initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, &b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	/* From now on for IKE SAs, too: the first one was made with x25519 by both. */
	if (flags & (A_GUESSES | B_GUESSES)) {
		groups(&peer_of(s, A)->cfg.ike_proposals[0], flags & A_GUESSES, IKE_GROUP_X25519);
		groups(&peer_of(s, B)->cfg.ike_proposals[0], flags & B_GUESSES, IKE_GROUP_ECP384);
		TAILQ_FIRST(&peer_of(s, A)->sas)->suite.group =
				flags & A_GUESSES ? IKE_GROUP_X25519 : IKE_GROUP_ECP256;
		TAILQ_FIRST(&peer_of(s, B)->sas)->suite.group =
				flags & B_GUESSES ? IKE_GROUP_ECP384 : IKE_GROUP_ECP256;
	}
	s->data_ms = flags & IDLE ? 0 : 5;
	s->next_data_ms = s->now;
	s->hold[A] = s->hold[B] = true;
	s->n_no_twin = 0; /* while it comes up, a responder has its half first */
	return s;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static struct ike_child *
child(struct sim *s, int i)
{
	struct sim_sa *out = sim_out(&s->n[i]);

	return out != NULL ? ike_child_find(s->n[i].e, out->id) : NULL;
}

/* As when an operator clears it, and traffic waits. */
static void
new_child(struct sim *s, int i)
{
	peer_of(s, i)->wanted = true;
	ike_peer_clear_children(s->n[i].e, "peer", s->now);
}

/* As at the end of its life. */
static void
delete_ike(struct sim *s, int i, struct ike_sa *sa)
{
	ike_sa_delete(sa);
	ike_peer_lost(peer_of(s, i), "expired");
}

static void
act(struct sim *s, int i, const char *what)
{
	struct ike_engine *e = s->n[i].e;
	struct ike_child *c = child(s, i);
	struct ike_sa *sa = ike_peer_sa(peer_of(s, i));

	if (strcmp(what, "child") == 0 && c != NULL)
		ike_child_rekey(e, c->id, false, s->now);
	else if (strcmp(what, "ike") == 0)
		ike_sa_rekey(e, "peer", s->now);
	else if (strcmp(what, "del") == 0 && c != NULL)
		ike_child_delete(c);
	else if (strcmp(what, "new") == 0)
		new_child(s, i);
	else if (strcmp(what, "delike") == 0 && sa != NULL)
		delete_ike(s, i, sa);
	else if (strcmp(what, "lose") == 0 && c != NULL)
		ike_child_remove(c);
	else if (strcmp(what, "dpd") == 0 && sa != NULL)
		ike_task_queue(ike_task_new(sa, IKE_TASK_DPD), false);
	else if (strcmp(what, "refuse") == 0)
		s->n[i].refuse_add = -12;
	else if (strcmp(what, "allow") == 0)
		s->n[i].refuse_add = 0;
	else
		CHECK(!"a step that can be done");
}

/* Where in the queue is the @nth request or response of @i? -1: there is none. */
static int
find(struct sim *s, int i, bool response, int nth)
{
	const uint8_t *msg;
	size_t len;

	for (int k = 0; (msg = sim_held(s, i, k, &len)) != NULL; k++)
		if (sim_is_response(msg) == response && nth-- == 1)
			return k;
	return -1;
}

/* "q>", "r2x" */
static void
message(struct sim *s, int i, const char *what)
{
	bool response = what[0] == 'r';
	int nth = isdigit((unsigned char)what[1]) ? what[1] - '0' : 1;
	char op = what[isdigit((unsigned char)what[1]) ? 2 : 1];
	int k = find(s, i, response, nth);
	uint8_t copy[SIM_MSG_MAX];
	const uint8_t *msg;
	size_t len;

	CHECK(k >= 0);
	if (k < 0)
		return;
	switch (op) {
	case '>':
		sim_release(s, i, k);
		break;
	case '+':
		msg = sim_held(s, i, k, &len);
		memcpy(copy, msg, len);
		sim_deliver(s, !i, copy, len);
		break;
	case 'x':
		sim_discard(s, i, k);
		break;
	default:
		CHECK(!"a known operation");
	}
}

static void
step(struct sim *s, const char *word)
{
	int i = word[0] == 'B' ? B : A;

	if (word[0] == 't')
		sim_run(s, (uint64_t)atoi(word + 1));
	else if (word[1] == ':')
		act(s, i, word + 2);
	else
		message(s, i, word + 1);
	sim_run(s, STEP_MS);
}

static void
run_script(struct sim *s, const char *script)
{
	char word[32];
	int n;

	for (; sscanf(script, " %31s%n", word, &n) == 1; script += n) {
		at_step = script;
		step(s, word);
		CHECK(s->n_data_lost == 0);
		CHECK(s->n_no_out == 0);
	}
	at_step = "the end";
}

/* ---- the end -------------------------------------------------------------------------------- */

static void
settle(struct sim *s)
{
	s->hold[A] = s->hold[B] = false;
	sim_release(s, A, -1);
	sim_release(s, B, -1);
	if (s->data_ms != 0)
		s->data_ms = 100;
	sim_run(s, SETTLE_MS);
}

static void
check_end(struct sim *s, unsigned int flags)
{
	CHECK(sim_both_up(s));
	CHECK(s->n_data_lost == 0);
	CHECK(s->n_no_out == 0);
	CHECK((flags & IDLE) || s->n_no_twin == 0);
	for (int i = A; i <= B; i++) {
		CHECK(sim_held_sas(&s->n[i]) == 1);
		CHECK(sim_n_sas(s, i, NULL) == 1);
		CHECK(sim_n_sas(s, i, "established") == 1);
		CHECK(s->n[i].max_held <= IKE_MAX_CHILDREN);
		CHECK(s->n[i].spis_out == 1);
		CHECK(sim_sa(s, i).n_children == 1);
	}
	CHECK(sim_sa(s, A).spi_i == sim_sa(s, B).spi_i);
	CHECK(sim_sa(s, A).spi_r == sim_sa(s, B).spi_r);
	CHECK(sim_sa(s, A).children[0].spi_in == sim_sa(s, B).children[0].spi_out);
	CHECK(sim_sa(s, A).children[0].spi_out == sim_sa(s, B).children[0].spi_in);
}

static uint64_t
figure(struct sim *s, int i, const char *name)
{
	if (strcmp(name, "added") == 0)
		return s->n[i].n_added;
	if (strcmp(name, "rekeys") == 0)
		return sim_sa(s, i).n_rekeys;
	return sim_counter(s, i, name);
}

static void
check_expected(struct sim *s, const char *expect)
{
	char who, name[48], op, text[120];
	unsigned int want;
	int n;

	for (; sscanf(expect, " %c.%47[a-z0-9_]%c%u%n", &who, name, &op, &want, &n) == 4;
			expect += n) {
		uint64_t is = figure(s, who == 'B' ? B : A, name);

		snprintf(text, sizeof(text), "%c.%s is %llu, not %c%u", who, name,
				(unsigned long long)is, op, want);
		check(op == '=' ? is == want : is > want, text, __FILE__, __LINE__);
	}
	CHECK(expect[strspn(expect, " ")] == '\0');
}

/* The survivors are as good as new: both rekeys once more, by the other side. */
static void
check_fit(struct sim *s)
{
	for (int i = A; i <= B; i++) {
		unsigned int added = s->n[i].n_added;

		act(s, i, "child");
		sim_run(s, 200);
		act(s, !i, "ike");
		sim_run(s, 12000);
		CHECK(s->n[i].n_added == added + 1);
	}
}

void
collide(const char *name, unsigned int flags, const char *script, const char *expect)
{
	at_name = name;
	for (at_seed = 1; at_seed <= SEEDS; at_seed++) {
		struct sim *s = begin(flags);
		uint64_t spi = sim_sa(s, A).spi_i;

		run_script(s, script);
		settle(s);
		check_end(s, flags);
		check_expected(s, expect);
		CHECK(!(flags & ANEW) || sim_sa(s, A).spi_i != spi);
		check_fit(s);
		settle(s);
		check_end(s, flags);
		CHECK(sim_free(s) == 0);
	}
}
