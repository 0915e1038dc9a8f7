/* SPDX-License-Identifier: BSD-3-Clause */
/* The SA table: what is refused, what is idempotent, lifetimes and their events, removal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_rcu_qsbr.h>

#include "dataplane/tables/replay.h"
#include "dataplane/tables/sa_int.h"
#include "tests/unit/cu.h"

#define MAX_SAS   4096
#define N_WORKERS 2
#define N_EVENTS  64

/* ---- a table with a statistics region, and what it says -------------------------------------- */

static struct chan_stats *stats;
static struct sa_table *st;
static struct chan_event events[N_EVENTS];
static unsigned int n_events;
static bool deaf; /* events cannot be delivered */
static const char *field;

static bool
take_event(void *arg, const struct chan_event *ev)
{
	(void)arg;
	if (deaf || n_events == N_EVENTS)
		return false;
	events[n_events++] = *ev;
	return true;
}

static void
open_table(struct rte_rcu_qsbr *rcu)
{
	struct chan_stats limits = { .n_workers = N_WORKERS, .max_tunnels = 64,
		.max_sas = MAX_SAS };
	uint64_t size = chan_stats_layout(&limits);
	struct tables_env env = { .rcu = rcu, .n_workers = N_WORKERS, .event = take_event };

	stats = calloc(1, size);
	*stats = limits;
	env.stats = stats;
	st = sa_table_new(&env);
	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	n_events = 0;
	deaf = false;
}

static void
close_table(void)
{
	sa_table_free(st);
	free(stats);
}

static struct chan_sa_stats *
counters(unsigned int worker, uint32_t id)
{
	return (struct chan_sa_stats *)((char *)stats + stats->sa_off[worker]) + id;
}

static const struct chan_sa_info *
info(uint32_t id)
{
	return (const struct chan_sa_info *)((char *)stats + stats->sa_info_off) + id;
}

static struct chan_sa
gcm(uint32_t id, enum chan_sa_dir dir)
{
	struct chan_sa c = {
		.sa_id = id,
		.spi = dir == CHAN_SA_IN ? 3u << CHAN_SPI_IDX_BITS | id : 0xc0000000 + id,
		.tun_id = 5,
		.local = 0x0a000001,
		.remote = 0x0a000002,
		.window = dir == CHAN_SA_IN ? 128 : 0,
		.dir = dir,
		.alg = CHAN_ESP_AES128_GCM16,
		.enc_key_len = 16,
		.salt_len = 4,
	};

	for (unsigned int i = 0; i < 16; i++)
		c.enc_key[i] = (uint8_t)(id + i);
	return c;
}

/* ---- cases ----------------------------------------------------------------------------------- */

#define REFUSES(name, stmt) \
	do { \
		struct chan_sa c = gcm(7, CHAN_SA_IN); \
		stmt; \
		field = ""; \
		CU_ASSERT_EQUAL(sa_set(st, &c, &field), -EINVAL); \
		CU_ASSERT_STRING_EQUAL(field, name); \
		CU_ASSERT_PTR_NULL(sa_by_id(st, 7)); \
	} while (0)

static void
every_field_is_checked(void)
{
	open_table(NULL);
	REFUSES("sa.sa_id", c.sa_id = MAX_SAS);
	REFUSES("sa.sa_id", c.sa_id = CHAN_NONE);
	REFUSES("sa.dir", c.dir = 2);
	REFUSES("sa.spi", c.spi = 3u << CHAN_SPI_IDX_BITS | 8);
	REFUSES("sa.spi", c.spi = 7);
	REFUSES("sa.spi", (c.dir = CHAN_SA_OUT, c.spi = 255));
	REFUSES("sa.tun_id", c.tun_id = 64);
	REFUSES("sa.local", c.local = 0);
	REFUSES("sa.remote", c.remote = 0);
	REFUSES("sa.inner_remote", c.inner_remote = 0x0a000003); /* transport mode without UDP */
	REFUSES("sa.inner_remote",
			(c.local_port = c.remote_port = 4500, c.inner_remote = 0xe0000001));
	REFUSES("sa.inner_remote", (c.mode = CHAN_SA_TUNNEL, c.inner_remote = 0xe0000001));
	REFUSES("sa.inner_local", c.inner_local = 0x0a000003);
	REFUSES("sa.inner_local", (c.mode = CHAN_SA_TUNNEL, c.inner_local = 0xe0000001));
	REFUSES("sa.alg", c.alg = CHAN_ESP_NONE);
	REFUSES("sa.alg", c.alg = CHAN_N_ESP_ALGS);
	REFUSES("sa.esn", c.esn = 2);
	REFUSES("sa.window", c.window = 32);
	REFUSES("sa.window", c.window = 96);
	REFUSES("sa.window", c.window = 16384);
	REFUSES("sa.enc_key_len", c.enc_key_len = 32);
	REFUSES("sa.enc_key_len", c.enc_key_len = 255);
	REFUSES("sa.auth_key_len", c.auth_key_len = 20);
	REFUSES("sa.auth_key_len", (c.alg = CHAN_ESP_AES128_CBC_SHA1_96, c.auth_key_len = 32));
	REFUSES("sa.salt_len", c.salt_len = 0);
	REFUSES("sa.salt_len", (c.alg = CHAN_ESP_AES128_CBC_SHA1_96, c.auth_key_len = 20));
	CU_ASSERT_EQUAL(st->n_live, 0);
	close_table();
}

static void
the_same_message_twice_changes_nothing(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_OUT);

	open_table(NULL);
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	sa_by_id(st, 7)->seq = 99;
	counters(1, 7)->packets = 5;
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	CU_ASSERT_EQUAL(sa_by_id(st, 7)->seq, 99);
	CU_ASSERT_EQUAL(counters(1, 7)->packets, 5);
	CU_ASSERT_EQUAL(st->n_live, 1);
	c.soft_s = 100; /* lifetimes may change */
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	CU_ASSERT_EQUAL(sa_by_id(st, 7)->seq, 99);
	close_table();
}

#define EXISTS(name, stmt) \
	do { \
		struct chan_sa c = gcm(7, CHAN_SA_IN); \
		stmt; \
		CU_ASSERT_EQUAL(sa_set(st, &c, &field), -EEXIST); \
		CU_ASSERT_STRING_EQUAL(field, name); \
	} while (0)

static void
an_installed_sa_is_not_replaced(void)
{
	struct chan_sa here = gcm(7, CHAN_SA_IN);

	open_table(NULL);
	CU_ASSERT_EQUAL(sa_set(st, &here, &field), 0);
	EXISTS("sa.enc_key", c.enc_key[0] ^= 1);
	EXISTS("sa.enc_key", c.enc_key[15] ^= 0x80);
	EXISTS("sa.enc_key", c.salt[3] ^= 1);
	EXISTS("sa.sa_id", c.spi += 1u << CHAN_SPI_IDX_BITS);
	EXISTS("sa.sa_id", c.remote++);
	EXISTS("sa.sa_id", c.local++);
	EXISTS("sa.sa_id", (c.mode = CHAN_SA_TUNNEL, c.inner_remote = 0x0a000003));
	EXISTS("sa.sa_id", (c.mode = CHAN_SA_TUNNEL, c.inner_local = 0x0a000003));
	EXISTS("sa.sa_id", c.tun_id++);
	EXISTS("sa.sa_id", c.esn = 1);
	EXISTS("sa.sa_id", (c.dir = CHAN_SA_OUT));
	EXISTS("sa.window", c.window = 64);
	CU_ASSERT_EQUAL(sa_set(st, &here, &field), 0);
	close_table();
}

static void
inbound_is_found_by_the_whole_spi(void)
{
	struct chan_sa in = gcm(7, CHAN_SA_IN), out = gcm(8, CHAN_SA_OUT);
	uint32_t spi = in.spi;

	open_table(NULL);
	out.spi = 9u << CHAN_SPI_IDX_BITS | 8;
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(spi)));
	CU_ASSERT_EQUAL(sa_set(st, &in, &field), 0);
	CU_ASSERT_EQUAL(sa_set(st, &out, &field), 0);
	CU_ASSERT_PTR_EQUAL(sa_find_in(st, rte_cpu_to_be_32(spi)), sa_by_id(st, 7));
	/* another generation, an index beyond the table that folds onto it, an outbound SPI,
	 * zero */
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(spi + (1u << CHAN_SPI_IDX_BITS))));
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(spi + MAX_SAS)));
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(out.spi)));
	CU_ASSERT_PTR_NULL(sa_find_in(st, 0));
	CU_ASSERT_EQUAL(info(7)->spi, spi);
	CU_ASSERT_EQUAL(info(7)->tun_id, 5);
	CU_ASSERT_EQUAL(info(7)->dead, 0);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(spi)));
	CU_ASSERT_PTR_NULL(sa_by_id(st, 7));
	CU_ASSERT_EQUAL(info(7)->spi, 0);
	CU_ASSERT_EQUAL(sa_del(st, MAX_SAS, &field), -EINVAL);
	close_table();
}

static void
a_removed_sas_keys_are_gone(void)
{
	static const uint8_t zero[sizeof(struct sa)];
	struct chan_sa c = gcm(7, CHAN_SA_IN);
	struct sa *sa;

	open_table(NULL);
	c.window = 4096;
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	sa = sa_by_id(st, 7);
	CU_ASSERT_NOT_EQUAL(memcmp(&sa->key, zero, sizeof(sa->key)), 0);
	CU_ASSERT_PTR_NOT_EQUAL(sa->ring, sa->ring_inline);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	CU_ASSERT_EQUAL(memcmp(sa, zero, sizeof(*sa)), 0);
	close_table();
}

static void
what_a_tunnel_sends_with_stays(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_OUT);

	open_table(NULL);
	CU_ASSERT_EQUAL(sa_ref(st, 7), -ENOENT);
	CU_ASSERT_EQUAL(sa_ref(st, MAX_SAS), -EINVAL);
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	CU_ASSERT_EQUAL(sa_ref(st, 7), 0);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), -EBUSY);
	sa_sync_begin(st);
	sa_sync_end(st);
	CU_ASSERT_PTR_NOT_NULL(sa_by_id(st, 7));
	sa_unref(st, 7);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	close_table();
}

static void
a_sync_removes_what_it_did_not_name(void)
{
	struct chan_sa c[4];

	open_table(NULL);
	for (uint32_t i = 0; i < 4; i++) {
		c[i] = gcm(i + 1, CHAN_SA_IN);
		CU_ASSERT_EQUAL(sa_set(st, &c[i], &field), 0);
	}
	sa_sync_begin(st);
	sa_sync_abort(st); /* the attachment ended: nothing is swept */
	sa_sync_end(st);
	CU_ASSERT_EQUAL(st->n_live, 4);
	sa_sync_begin(st);
	CU_ASSERT_EQUAL(sa_set(st, &c[0], &field), 0);
	CU_ASSERT_EQUAL(sa_keep(st, 2, c[1].spi, &field), 0);
	CU_ASSERT_EQUAL(sa_keep(st, 3, c[2].spi + (1u << CHAN_SPI_IDX_BITS), &field), -ENOENT);
	CU_ASSERT_STRING_EQUAL(field, "sa.spi");
	CU_ASSERT_EQUAL(sa_keep(st, 9, 1000, &field), -ENOENT);
	CU_ASSERT_EQUAL(sa_keep(st, MAX_SAS, 1000, &field), -EINVAL);
	sa_sync_end(st);
	CU_ASSERT_EQUAL(st->n_live, 2);
	CU_ASSERT_PTR_NOT_NULL(sa_by_id(st, 1));
	CU_ASSERT_PTR_NOT_NULL(sa_by_id(st, 2));
	CU_ASSERT_PTR_NULL(sa_by_id(st, 3));
	close_table();
}

static void
a_slot_is_reused_only_after_the_workers_have_moved_on(void)
{
	struct rte_rcu_qsbr *rcu = aligned_alloc(64, (rte_rcu_qsbr_get_memsize(1) + 63) & ~63u);
	struct chan_sa in = gcm(7, CHAN_SA_IN), out = gcm(8, CHAN_SA_OUT);
	struct sa *held_in, *held_out;

	rte_rcu_qsbr_init(rcu, 1);
	rte_rcu_qsbr_thread_register(rcu, 0);
	rte_rcu_qsbr_thread_online(rcu, 0);
	open_table(rcu);
	CU_ASSERT_EQUAL(sa_set(st, &in, &field), 0);
	CU_ASSERT_EQUAL(sa_set(st, &out, &field), 0);
	held_in = sa_by_id(st, 7);
	held_out = sa_by_id(st, 8);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	CU_ASSERT_EQUAL(sa_del(st, 8, &field), 0);
	CU_ASSERT_PTR_NULL(sa_find_in(st, rte_cpu_to_be_32(in.spi)));
	sa_tick(st, 0);
	/* A worker in the middle of a burst goes on with both. */
	CU_ASSERT_EQUAL(held_in->alg, CHAN_ESP_AES128_GCM16);
	CU_ASSERT_EQUAL(held_out->spi_be, rte_cpu_to_be_32(out.spi));
	CU_ASSERT_FALSE(sa_is_dead(held_out));
	rte_rcu_qsbr_quiescent(rcu, 0);
	sa_tick(st, 0);
	CU_ASSERT_EQUAL(held_in->alg, 0);
	CU_ASSERT_EQUAL(held_out->spi_be, 0);
	/* With nobody online the slot is free at once, though not yet swept. */
	CU_ASSERT_EQUAL(sa_set(st, &in, &field), 0);
	rte_rcu_qsbr_thread_offline(rcu, 0);
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	in.enc_key[0] ^= 1;
	CU_ASSERT_EQUAL(sa_set(st, &in, &field), 0);
	CU_ASSERT_EQUAL(st->n_draining, 0);
	close_table();
	free(rcu);
}

static uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
lifetimes_add_up_over_workers(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_OUT);

	open_table(NULL);
	c.soft_bytes = 1000;
	c.hard_bytes = 2000;
	c.soft_packets = 500;
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	counters(0, 7)->bytes = 500;
	counters(1, 7)->bytes = 499;
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 0);
	counters(1, 7)->bytes = 500;
	sa_tick(st, mono_ms());
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 1);
	CU_ASSERT_EQUAL(events[0].type, CHAN_EV_SA_SOFT);
	CU_ASSERT_EQUAL(events[0].why, CHAN_LIFE_BYTES);
	CU_ASSERT_EQUAL(events[0].id, 7);
	CU_ASSERT_EQUAL(events[0].arg, c.spi);
	CU_ASSERT_EQUAL(events[0].worker, 255);
	CU_ASSERT_FALSE(sa_is_dead(sa_by_id(st, 7)));
	counters(0, 7)->packets = 500; /* soft has been raised */
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 1);
	counters(0, 7)->bytes = 1500;
	sa_tick(st, mono_ms());
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 2);
	CU_ASSERT_EQUAL(events[1].type, CHAN_EV_SA_HARD);
	CU_ASSERT_TRUE(sa_is_dead(sa_by_id(st, 7)));
	CU_ASSERT_EQUAL(info(7)->dead, 1);
	close_table();
}

static void
lifetimes_by_packets_and_time(void)
{
	struct chan_sa p = gcm(7, CHAN_SA_IN), t = gcm(8, CHAN_SA_IN);
	uint64_t now;

	open_table(NULL);
	p.hard_packets = 10;
	t.soft_s = 60;
	t.hard_s = 120;
	CU_ASSERT_EQUAL(sa_set(st, &p, &field), 0);
	CU_ASSERT_EQUAL(sa_set(st, &t, &field), 0);
	now = mono_ms();
	counters(1, 7)->packets = 10;
	sa_tick(st, now + 59000);
	CU_ASSERT_EQUAL(n_events, 1);
	CU_ASSERT_EQUAL(events[0].why, CHAN_LIFE_PACKETS);
	CU_ASSERT_EQUAL(events[0].type, CHAN_EV_SA_HARD);
	sa_tick(st, now + 60000);
	CU_ASSERT_EQUAL(n_events, 2);
	CU_ASSERT_EQUAL(events[1].type, CHAN_EV_SA_SOFT);
	CU_ASSERT_EQUAL(events[1].why, CHAN_LIFE_TIME);
	sa_tick(st, now + 120000);
	CU_ASSERT_EQUAL(n_events, 3);
	CU_ASSERT_EQUAL(events[2].type, CHAN_EV_SA_HARD);
	CU_ASSERT_TRUE(sa_is_dead(sa_by_id(st, 8)));
	close_table();
}

static void
the_sequence_space_is_a_lifetime(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_OUT), esn = gcm(8, CHAN_SA_OUT);

	open_table(NULL);
	esn.esn = 1;
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	CU_ASSERT_EQUAL(sa_set(st, &esn, &field), 0);
	sa_by_id(st, 7)->seq = sa_by_id(st, 8)->seq = UINT32_MAX - UINT32_MAX / 16;
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 1);
	CU_ASSERT_EQUAL(events[0].id, 7);
	CU_ASSERT_EQUAL(events[0].type, CHAN_EV_SA_SOFT);
	CU_ASSERT_EQUAL(events[0].why, CHAN_LIFE_SEQ);
	sa_by_id(st, 7)->seq = sa_by_id(st, 8)->seq = UINT32_MAX;
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 2);
	CU_ASSERT_EQUAL(events[1].type, CHAN_EV_SA_HARD);
	CU_ASSERT_FALSE(sa_is_dead(sa_by_id(st, 8)));
	close_table();
}

static void
events_wait_until_they_are_delivered(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_OUT);

	open_table(NULL);
	c.soft_packets = 1;
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	counters(0, 7)->packets = 1;
	deaf = true;
	sa_tick(st, mono_ms());
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 0);
	deaf = false;
	sa_tick(st, mono_ms());
	sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 1);
	close_table();
}

static void
a_full_table_is_watched_and_emptied(void)
{
	open_table(NULL);
	for (uint32_t i = 0; i < MAX_SAS; i++) {
		struct chan_sa c = gcm(i, i & 1 ? CHAN_SA_IN : CHAN_SA_OUT);

		c.hard_packets = i == 1000 ? 1 : 0;
		CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
		CU_ASSERT_EQUAL(sa_keys_soon(st), i >= SA_NEAR && sa_keys_are_inside(st->mgr));
	}
	counters(0, 1000)->packets = 1;
	for (unsigned int i = 0; i < 8; i++)
		sa_tick(st, mono_ms());
	CU_ASSERT_EQUAL(n_events, 1);
	sa_sync_begin(st);
	sa_sync_end(st);
	CU_ASSERT_EQUAL(st->n_live, 0);
	CU_ASSERT_FALSE(sa_keys_soon(st));
	sa_tick(st, mono_ms());
	close_table();
}

/* A new SA starts its counters from zero, whatever its predecessor in the slot left. */
static void
counters_begin_with_the_sa(void)
{
	struct chan_sa c = gcm(7, CHAN_SA_IN);

	open_table(NULL);
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	counters(0, 7)->bytes = counters(1, 7)->replay = 10;
	CU_ASSERT_EQUAL(sa_del(st, 7, &field), 0);
	CU_ASSERT_EQUAL(sa_set(st, &c, &field), 0);
	CU_ASSERT_EQUAL(counters(0, 7)->bytes, 0);
	CU_ASSERT_EQUAL(counters(1, 7)->replay, 0);
	close_table();
}

static const struct cu_case cases[] = {
	CU_CASE(every_field_is_checked),
	CU_CASE(the_same_message_twice_changes_nothing),
	CU_CASE(an_installed_sa_is_not_replaced),
	CU_CASE(inbound_is_found_by_the_whole_spi),
	CU_CASE(a_removed_sas_keys_are_gone),
	CU_CASE(what_a_tunnel_sends_with_stays),
	CU_CASE(a_sync_removes_what_it_did_not_name),
	CU_CASE(a_slot_is_reused_only_after_the_workers_have_moved_on),
	CU_CASE(lifetimes_add_up_over_workers),
	CU_CASE(lifetimes_by_packets_and_time),
	CU_CASE(the_sequence_space_is_a_lifetime),
	CU_CASE(events_wait_until_they_are_delivered),
	CU_CASE(a_full_table_is_watched_and_emptied),
	CU_CASE(counters_begin_with_the_sa),
};
CU_MAIN("sa", cases)
