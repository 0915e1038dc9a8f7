/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mirror and SAs, against a dataplane that only writes down the commands: in which order they
 * come and go, that keys are sent once, and what is left after a new attachment.
 */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/util/hmap.h"
#include "tests/unit/cu.h"
#include "tests/unit/mirror_fixture.h"

static struct chan_sa
make_sa(uint32_t id, uint32_t tun, enum chan_sa_dir dir)
{
	struct chan_sa sa = { .sa_id = id,
		.spi = 1u << CHAN_SPI_IDX_BITS | id,
		.tun_id = tun,
		.local = LOCAL,
		.remote = REMOTE,
		.dir = (uint8_t)dir,
		.alg = CHAN_ESP_AES128_GCM16,
		.enc_key_len = 16,
		.salt_len = 4 };

	memset(sa.enc_key, 0x5a, 16);
	return sa;
}

/* A box with a tunnel that has SA 1 in and SA 2 out. */
static struct mirror *
start_with_sas(uint32_t *tun)
{
	struct mirror *m = fake_start();
	struct chan_sa in, out;

	*tun = fake_name(m, &wish_full);
	in = make_sa(1, *tun, CHAN_SA_IN);
	out = make_sa(2, *tun, CHAN_SA_OUT);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), -ENOTCONN);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), 0);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), -EEXIST);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &out), 0);
	mirror_sa_out(m, *tun, 2);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_SET), 2);
	CU_ASSERT_EQUAL(fake.cmd[fake_at(CHAN_CMD_SA_SET)].u.sa.enc_key[15], 0x5a);
	CU_ASSERT(fake_at(CHAN_CMD_SA_SET) < fake_at(CHAN_CMD_TUN_SA_OUT));
	fake.installed = 1u << 1 | 1u << 2;
	fake_forget(m);
	return m;
}

static bool
any_key_sent(void)
{
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op == CHAN_CMD_SA_SET)
			return true;
		for (size_t k = 0; k < sizeof(fake.cmd[i].u.sa.enc_key); k++)
			if ((fake.cmd[i].op == CHAN_CMD_SA_KEEP ||
					    fake.cmd[i].op == CHAN_CMD_SA_DEL) &&
					fake.cmd[i].u.sa.enc_key[k] != 0)
				return true;
	}
	return false;
}

static void
test_same_boot_keeps_sas(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);

	mirror_detach(m);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SA_OUT), 1);
	CU_ASSERT(fake_at(CHAN_CMD_TUN_SET) < fake_at(CHAN_CMD_SA_KEEP));
	CU_ASSERT(fake_at(CHAN_CMD_SA_KEEP) < fake_at(CHAN_CMD_TUN_SA_OUT));
	CU_ASSERT_EQUAL(fake.cmd[fake_at(CHAN_CMD_TUN_SA_OUT)].u.tun_sa_out.sa_id, 2);
	CU_ASSERT_FALSE(any_key_sent());
	CU_ASSERT_EQUAL(fake.n_gone, 0);
	/* One of the two never got there: the other stays, its owner is told. */
	fake_forget(m);
	mirror_detach(m);
	fake.installed = 1u << 1;
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 1);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(fake.n_gone, 1);
	CU_ASSERT_EQUAL(fake.gone[0], 2);
	mirror_free(m);
}

static void
test_new_boot_never_gets_old_keys(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct chan_sa in;

	mirror_detach(m);
	mirror_attach(m, 8); /* even if it says that it has such SAs */
	CU_ASSERT_FALSE(any_key_sent());
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 0);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(fake.n_gone, 2);
	CU_ASSERT_EQUAL(mirror_sa_out_get(m, tun), CHAN_NONE);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SET), 1); /* all the rest is told */
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_ROUTE_SET), 4);
	fake_forget(m);
	in = make_sa(1, tun, CHAN_SA_IN); /* the slot is free for a new one */
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), 0);
	mirror_free(m);
}

/* Those of a former dataplane are forgotten ahead of the attachment, a few at a time; what was adopted
 * since, and what this one holds, stays. */
static void
test_forgotten_in_parts(void)
{
	uint32_t tun, turns = 0;
	struct mirror *m = start_with_sas(&tun);
	struct hmap_scan at = { 0 };

	mirror_detach(m);
	while (mirror_forget(m, 7, &at, 1))
		turns++;
	CU_ASSERT(turns > 1);
	CU_ASSERT_EQUAL(fake.n_gone, 0);
	CU_ASSERT_EQUAL(mirror_sa_out_get(m, tun), 2);
	CU_ASSERT_EQUAL(mirror_sa_adopt(m, 5, 0x100005, tun), 0);
	fake.installed |= 1u << 5;
	at = (struct hmap_scan){ 0 };
	while (mirror_forget(m, 8, &at, 1))
		;
	CU_ASSERT_EQUAL(fake.n_gone, 2);
	CU_ASSERT_EQUAL(mirror_sa_out_get(m, tun), CHAN_NONE);
	mirror_attach(m, 8);
	CU_ASSERT_EQUAL(fake.n_gone, 2);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 1);
	CU_ASSERT_FALSE(any_key_sent());
	mirror_free(m);
}

static void
test_adoption(void)
{
	struct mirror *m = fake_start();
	uint32_t tun;

	fake.installed = 1u << 1 | 1u << 2;
	CU_ASSERT_EQUAL(mirror_tun_reserve(m, 9, COOKIE), 0);
	tun = fake_name(m, &wish_full);
	CU_ASSERT_EQUAL(tun, 9);
	CU_ASSERT_EQUAL(mirror_sa_adopt(m, 1, 0x100001, tun), 0);
	CU_ASSERT_EQUAL(mirror_sa_adopt(m, 2, 0xc0ffee, tun), 0);
	mirror_sa_out(m, tun, 2);
	mirror_attach(m, 99);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SA_OUT), 1);
	CU_ASSERT_EQUAL(fake.n_gone, 0);
	fake_forget(m);
	/* Replaced later: out is moved first, then the adopted ones go. */
	struct chan_sa out = make_sa(3, tun, CHAN_SA_OUT);

	mirror_sa_set(m, &out);
	mirror_sa_out(m, tun, 3);
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 2);
	CU_ASSERT_EQUAL(fake.n, 4);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_TUN_SA_OUT);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_SA_DEL);
	CU_ASSERT_EQUAL(fake.cmd[3].u.sa.sa_id, 2);
	mirror_free(m);
}

static void
test_sa_removal(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct wish w = wish_full;

	mirror_sa_del(m, 2); /* in use: the tunnel lets go first */
	CU_ASSERT_EQUAL(fake.n, 2);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SA_OUT);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun_sa_out.sa_id, CHAN_NONE);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_SA_DEL);
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 1);
	CU_ASSERT_EQUAL(fake.n, 3);
	fake_forget(m);
	w.tunnel = false;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_TUN_DEL);
	mirror_free(m);
}

static void
test_refused(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct chan_sa sa = make_sa(5, tun, CHAN_SA_IN);
	struct wish w = wish_full;

	log_init("test", LVL_ERROR);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &sa), 0);
	fake_answer(m, 0, -EEXIST);
	CU_ASSERT_EQUAL(fake.n_gone, 1);
	CU_ASSERT_EQUAL(fake.gone[0], 5);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	fake_forget(m);
	w.mtu = 1300;
	fake_name(m, &w);
	fake_answer(m, 0, -ENOMEM);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 1);
	fake.n = fake.n_answered = 0;
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1300);
	fake_answer(m, -1, 0);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	/* No room for commands: nothing is lost. */
	fake_forget(m);
	fake.full = true;
	w.mtu = 1200;
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 0);
	fake.full = false;
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1200);
	mirror_free(m);
}

static void
test_detached_changes(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct wish w = wish_full;

	mirror_detach(m);
	w.tunnel = false;
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 2);
	fake_name(m, &w);
	CU_ASSERT_EQUAL(fake.n, 0);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_SET), 0);
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_TUN_DEL), 0); /* the sweep does it */
	CU_ASSERT_EQUAL(fake_count(CHAN_CMD_SA_KEEP), 0);
	mirror_free(m);
}

static const struct cu_case cases[] = {
	CU_CASE(test_same_boot_keeps_sas),
	CU_CASE(test_new_boot_never_gets_old_keys),
	CU_CASE(test_forgotten_in_parts),
	CU_CASE(test_adoption),
	CU_CASE(test_sa_removal),
	CU_CASE(test_refused),
	CU_CASE(test_detached_changes),
};

CU_MAIN("mirror_sas", cases)
