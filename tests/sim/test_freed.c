/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE leaves no key behind: nothing that the engine frees has the PSK or a key of an SA in it. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_int.h"
#include "tests/sim/freed.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

static void
watch_ike_sas(const struct ike_engine *e)
{
	const struct ike_sa *sa;
	const struct ike1_sa *old;

	TAILQ_FOREACH (sa, &e->sas, all_link) {
		freed_watch(sa->keys.d);
		for (int dir = 0; dir < 2; dir++) {
			freed_watch(sa->keys.p[dir]);
			freed_watch(sa->keys.a[dir]);
			freed_watch(sa->keys.e[dir]);
		}
	}
	TAILQ_FOREACH (old, &e->sas1, all_link) {
		freed_watch(old->keys.skeyid);
		freed_watch(old->keys.d);
		freed_watch(old->keys.a);
	}
}

static void
watch(struct sim *s)
{
	for (int i = A; i <= B; i++) {
		watch_ike_sas(s->n[i].e);
		for (int k = 0; k < SIM_SAS; k++) {
			freed_watch(s->n[i].sas[k].in.enc_key);
			freed_watch(s->n[i].sas[k].out.enc_key);
		}
	}
}

/* What the world itself remembers is not the engine's. */
static void
forget(struct sim *s)
{
	for (int i = A; i <= B; i++) {
		memset(s->n[i].sas, 0, sizeof(s->n[i].sas));
		memset(s->n[i].kept, 0, sizeof(s->n[i].kept));
	}
}

static void
life(bool v1)
{
	struct sim *s = sim_new(5, NULL);

	for (int i = A; i <= B; i++) {
		struct ike_peer_cfg c = sim_cfg(i);

		if (v1) {
			c.version = 1;
			c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
					IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256, 14,
					false);
			c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
					IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
		}
		c.initiate = i == A;
		freed_watch(c.psk);
		CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[i].e, &c, s->now), 0);
	}
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, 60000));
	watch(s);
	ike_child_rekey(s->n[A].e, s->n[A].out_id, true, s->now);
	sim_run(s, 60000);
	watch(s);
	ike_sa_rekey(s->n[B].e, "peer", s->now);
	sim_run(s, 60000);
	CU_ASSERT_TRUE(sim_both_up(s));
	watch(s);
	sim_crash(s, B);
	forget(s);
	sim_free(s);
	CU_ASSERT_EQUAL(freed_end(), 0);
}

static void
test_version_2(void)
{
	life(false);
}

static void
test_version_1(void)
{
	life(true);
}

/* It would be seen. */
static void
test_seen(void)
{
	char *p = strdup("a secret, and more");

	freed_watch("a secret");
	free(p);
	CU_ASSERT_EQUAL(freed_end(), 1);
}

static const struct cu_case cases[] = {
	CU_CASE(test_seen), CU_CASE(test_version_2), CU_CASE(test_version_1),
};

CU_MAIN("freed", cases)
