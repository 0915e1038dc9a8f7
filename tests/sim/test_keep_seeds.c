/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeds for fuzz_keep: records as engines hand them out, in tests/fuzz/seeds/keep. They are of the
 * present format, or the fuzzer would not get past the first field. When the format changes:
 *
 *	sim_keep_seeds tests/fuzz/seeds/keep	writes them anew
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_keep.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

static const char *const names[] = { "ikev2", "isakmp", "rekeying", "selectors" };
#define N_NAMES (sizeof(names) / sizeof(names[0]))

static void
configure(struct sim *s, int i, const char *name)
{
	struct ike_peer_cfg c = sim_cfg(i);

	if (strcmp(name, "isakmp") == 0) {
		c.version = 1;
		c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
				IKE_PRF_HMAC_SHA2_256, IKE_GROUP_ECP256, false);
		c.esp_proposals[0] = sim_prop(
				IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128, 0, 0, false);
	} else if (strcmp(name, "rekeying") == 0) {
		c.esp_proposals[0].group[0] = IKE_GROUP_X25519;
		c.esp_proposals[0].n_group = 1;
	} else if (strcmp(name, "selectors") == 0) {
		c.transport = false;
		c.ts_local = c.ts_remote = (struct ike_ts_list){ .n = 2,
			.ts = { { 6, 80, 443, IP4_RANGE(0x0a000000, 0x0affffff) },
				{ 0, 0, UINT16_MAX, { .is_ip6 = true, .lo = { 0x20 },
					.hi = { 0x3f } } } } };
	}
	c.initiate = i == A;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[i].e, &c, s->now), 0);
}

/* The record that A has handed out last. Its length. */
static size_t
make(const char *name, uint8_t out[IKE_KEEP_MAX])
{
	struct sim *s = sim_new(1, NULL);
	size_t len;

	s->n[A].keeps = true;
	sim_crash(s, A);
	configure(s, B, name);
	configure(s, A, name);
	CU_ASSERT_TRUE_FATAL(sim_until(s, sim_both_up, UP_MS));
	sim_run(s, 1000);
	if (strcmp(name, "rekeying") == 0) /* with a request under way, and its private key */
		ike_child_rekey(s->n[A].e, sim_out(&s->n[A])->id, false, s->now);
	len = s->n[A].kept_len;
	memcpy(out, s->n[A].kept, len);
	sim_free(s);
	return len;
}

/* A seed of the source tree. Its length, 0: there is none. */
static size_t
read_seed(const char *name, uint8_t out[IKE_KEEP_MAX])
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char path[512];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/keep/%s", root != NULL ? root : ".",
			name);
	f = fopen(path, "rb");
	if (f == NULL)
		return 0;
	len = fread(out, 1, IKE_KEEP_MAX, f);
	fclose(f);
	return len;
}

static void
they_are_of_this_format(void)
{
	static struct ike_rec now, seed;

	for (size_t i = 0; i < N_NAMES; i++) {
		uint8_t made[IKE_KEEP_MAX], kept[IKE_KEEP_MAX];
		size_t len = make(names[i], made);

		CU_ASSERT_EQUAL(ike_rec_read(made, len, &now), 0);
		len = read_seed(names[i], kept);
		CU_ASSERT_EQUAL_FATAL(ike_rec_read(kept, len, &seed), 0);
		/* The keys differ, what it is a seed of does not. */
		CU_ASSERT_EQUAL(seed.n_sas, now.n_sas);
		CU_ASSERT_EQUAL(seed.n_children, now.n_children);
		CU_ASSERT_EQUAL(seed.sa[0].v1, now.sa[0].v1);
		CU_ASSERT_EQUAL(now.sa[0].has_task, strcmp(names[i], "rekeying") == 0);
		CU_ASSERT_EQUAL(seed.sa[0].has_task, now.sa[0].has_task);
		CU_ASSERT_EQUAL(seed.sa[0].task.priv.len > 0, now.sa[0].task.priv.len > 0);
		CU_ASSERT_EQUAL(seed.child[0].ts_local.n, now.child[0].ts_local.n);
	}
}

static const char *dir; /* where they are written to */

static void
they_are_written(void)
{
	for (size_t i = 0; i < N_NAMES; i++) {
		uint8_t buf[IKE_KEEP_MAX];
		char path[512];
		size_t len = make(names[i], buf);
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		f = fopen(path, "wb");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL(fwrite(buf, 1, len, f), len);
		CU_ASSERT_EQUAL(fclose(f), 0);
	}
}

int
main(int argc, char **argv)
{
	static const struct cu_case look[] = { CU_CASE(they_are_of_this_format) };
	static const struct cu_case write[] = { CU_CASE(they_are_written) };

	dir = argc == 2 ? argv[1] : NULL;
	return cu_run("keep_seeds", dir != NULL ? write : look, 1);
}
