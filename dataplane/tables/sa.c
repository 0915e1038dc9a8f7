/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SA table: installation, lifetimes, removal. See sa.h for what workers see of it.
 *
 * A slot is FREE, LIVE (installed) or DRAINING (removed, but a worker may still be in a burst that
 * uses it). An inbound SA cannot be found any more from the moment of its removal; an outbound
 * one stays whole until the workers have moved on, so that a tunnel's switch to a new SA loses no
 * packet that was just being encrypted.
 *
 * Lifetimes (RFC 4301 section 4.4.2.1) are watched here and not by the workers: sa_tick() adds up
 * the workers' counters. The price is that an SA may run over by what passes in a few ticks;
 * only the sequence number is a hard edge, and that is kept by esp_encrypt.c itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include <rte_rcu_qsbr.h>

#include "common/inet.h"
#include "dataplane/tables/replay.h"
#include "dataplane/tables/sa_int.h"

#define HUGE_PAGE    (2u << 20)
#define TICK_MIN_SAS 256

enum sa_state { SA_FREE, SA_LIVE, SA_DRAINING };

/* What only the main core needs of an SA. */
struct sa_cold {
	uint8_t state;      /* enum sa_state */
	uint8_t soft_why;   /* enum chan_life: soft lifetime passed, event pending */
	uint8_t hard_why;
	uint8_t soft_done;  /* passed once: not raised again */
	uint32_t n_refs;    /* tunnels that send with it */
	uint32_t live_pos;  /* in sa_table.live */
	uint32_t sync;      /* the sync that named it last */
	uint64_t rcu_token;
	uint64_t installed_ms;
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
	uint32_t soft_s, hard_s;
	uint8_t digest[32]; /* of the keys, keyed with sa_table.secret */
};

/* ---- storage ------------------------------------------------------------------------------- */

/*
 * Zeroed memory of which only touched pages exist, on huge pages where the kernel has them: a
 * thousand SAs then need one TLB entry, not five hundred. Never in a core dump.
 */
static void *
big_alloc(size_t size)
{
	size_t total = size + HUGE_PAGE;
	char *p = mmap(NULL, total, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *start;

	if (p == MAP_FAILED)
		return NULL;
	start = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	if (start > p)
		munmap(p, (size_t)(start - p));
	if (p + total > start + size) {
		size_t keep = (size + 4095) & ~(size_t)4095;

		if (p + total > start + keep)
			munmap(start + keep, (size_t)(p + total - (start + keep)));
	}
	madvise(start, size, MADV_HUGEPAGE);
	madvise(start, size, MADV_DONTDUMP);
	return start;
}

static void
big_free(void *p, size_t size)
{
	if (p != NULL)
		munmap(p, (size + 4095) & ~(size_t)4095);
}

static struct chan_sa_info *
sa_info(const struct sa_table *st, uint32_t id)
{
	return (struct chan_sa_info *)((char *)st->env.stats + st->env.stats->sa_info_off) + id;
}

static struct chan_sa_stats *
sa_stats(const struct sa_table *st, unsigned int worker, uint32_t id)
{
	struct chan_stats *s = st->env.stats;

	return (struct chan_sa_stats *)((char *)s + s->sa_off[worker]) + id;
}

static uint64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Only where workers share SAs. Like the SAs', pages are touched only where there are any. */
static int
sa_numbers_new(struct sa_table *st)
{
	unsigned int n = st->env.n_workers;

	st->numbers_block = RTE_MAX(1u, SA_NUMBERS_AHEAD / RTE_MAX(1u, n));
	for (unsigned int w = 0; n > 1 && w < n; w++) {
		st->numbers[w] = calloc(st->max_sas, sizeof(struct sa_numbers));
		if (st->numbers[w] == NULL)
			return -ENOMEM;
	}
	return 0;
}

struct sa_table *
sa_table_new(const struct tables_env *env)
{
	struct sa_table *st = calloc(1, sizeof(*st));
	uint32_t n = env->stats->max_sas;

	if (st == NULL)
		return NULL;
	st->env = *env;
	if (n == 0 || n > 1u << CHAN_SPI_IDX_BITS || (n & (n - 1)) != 0)
		goto free_all;
	st->max_sas = n;
	st->sas = big_alloc((size_t)n * sizeof(*st->sas));
	st->cold = calloc(n, sizeof(*st->cold));
	st->live = calloc(n, sizeof(*st->live));
	st->draining = calloc(n, sizeof(*st->draining));
	st->mgr = alloc_mb_mgr(0);
	if (st->sas == NULL || st->cold == NULL || st->live == NULL || st->draining == NULL ||
			st->mgr == NULL)
		goto free_all;
	if (sa_numbers_new(st) != 0)
		goto free_all;
	init_mb_mgr_auto(st->mgr, NULL);
	if (getrandom(st->secret, sizeof(st->secret), 0) != (ssize_t)sizeof(st->secret))
		goto free_all;
	return st;

free_all:
	sa_table_free(st);
	return NULL;
}

static void
count_live(struct sa_table *st, uint32_t n)
{
	st->n_live = n;
	__atomic_store_n(&st->keys_soon, n > SA_NEAR && sa_keys_are_inside(st->mgr),
			__ATOMIC_RELAXED);
}

static void
sa_wipe(struct sa_table *st, uint32_t id)
{
	struct sa *sa = &st->sas[id];

	if (sa->dir == CHAN_SA_IN && sa->ring != sa->ring_inline)
		free(sa->ring);
	sa_keys_free(st->mgr, sa);
	explicit_bzero(sa, sizeof(*sa));
	explicit_bzero(&st->cold[id], sizeof(st->cold[id]));
}

void
sa_table_free(struct sa_table *st)
{
	if (st == NULL)
		return;
	if (st->sas != NULL && st->cold != NULL)
		for (uint32_t id = 0; id < st->max_sas; id++)
			if (st->cold[id].state != SA_FREE)
				sa_wipe(st, id);
	big_free(st->sas, (size_t)st->max_sas * sizeof(*st->sas));
	free(st->cold);
	free(st->live);
	free(st->draining);
	for (unsigned int w = 0; w < RTE_DIM(st->numbers); w++)
		free(st->numbers[w]);
	if (st->mgr != NULL)
		free_mb_mgr(st->mgr);
	explicit_bzero(st, sizeof(*st));
	free(st);
}

/* ---- installation -------------------------------------------------------------------------- */

/* How the far end names an end: in a header or a keepalive that the SA has (struct chan_sa). */
static bool
inner_ok(const struct chan_sa *c, uint32_t addr)
{
	return addr == 0 || ((c->mode == CHAN_SA_TUNNEL || c->remote_port != 0) &&
			ip4_is_unicast_host(addr));
}

static int
sa_validate(const struct sa_table *st, const struct chan_sa *c, const char **field)
{
	const struct esp_alg *a;
	bool in = c->dir == CHAN_SA_IN;

	*field = "sa.sa_id";
	if (c->sa_id >= st->max_sas)
		return -EINVAL;
	*field = "sa.dir";
	if (c->dir != CHAN_SA_IN && c->dir != CHAN_SA_OUT)
		return -EINVAL;
	*field = "sa.spi";
	if (in && ((c->spi & CHAN_SPI_IDX_MASK) != c->sa_id || c->spi >> CHAN_SPI_IDX_BITS == 0))
		return -EINVAL;
	if (c->spi < 256) /* RFC 4303 section 2.1: reserved */
		return -EINVAL;
	*field = "sa.tun_id";
	if (c->tun_id >= st->env.stats->max_tunnels)
		return -EINVAL;
	*field = "sa.local";
	if (c->local == 0)
		return -EINVAL;
	*field = "sa.remote";
	if (c->remote == 0)
		return -EINVAL;
	*field = "sa.mode";
	if (c->mode != CHAN_SA_TRANSPORT && c->mode != CHAN_SA_TUNNEL)
		return -EINVAL;
	*field = "sa.remote_port";
	if ((c->local_port == 0) != (c->remote_port == 0))
		return -EINVAL;
	*field = "sa.inner_remote";
	if (!inner_ok(c, c->inner_remote))
		return -EINVAL;
	*field = "sa.inner_local";
	if (!inner_ok(c, c->inner_local))
		return -EINVAL;
	*field = "sa.alg";
	if (c->alg >= CHAN_N_ESP_ALGS || esp_algs[c->alg].align == 0)
		return -EINVAL;
	*field = "sa.esn";
	if (c->esn > 1)
		return -EINVAL;
	*field = "sa.window";
	if (in && c->window != 0 && (c->window < CHAN_WINDOW_MIN || c->window > CHAN_WINDOW_MAX ||
					(c->window & (c->window - 1)) != 0))
		return -EINVAL;
	a = &esp_algs[c->alg];
	*field = "sa.enc_key_len";
	if (c->enc_key_len != a->enc_key_len)
		return -EINVAL;
	*field = "sa.auth_key_len";
	if (c->auth_key_len != a->auth_key_len)
		return -EINVAL;
	*field = "sa.salt_len";
	if (c->salt_len != a->salt_len)
		return -EINVAL;
	*field = NULL;
	return 0;
}

/* Take over the lifetimes; changed ones may raise their soft event once more. */
static void
cold_lifetimes(struct sa_cold *cold, const struct chan_sa *c)
{
	if (cold->soft_bytes != c->soft_bytes || cold->soft_packets != c->soft_packets ||
			cold->soft_s != c->soft_s) {
		cold->soft_done = 0;
		cold->soft_why = CHAN_LIFE_NONE;
	}
	cold->soft_bytes = c->soft_bytes;
	cold->hard_bytes = c->hard_bytes;
	cold->soft_packets = c->soft_packets;
	cold->hard_packets = c->hard_packets;
	cold->soft_s = c->soft_s;
	cold->hard_s = c->hard_s;
}

/* The SA is there: is it the same one? */
static int
sa_again(struct sa_table *st, const struct chan_sa *c, const char **field)
{
	struct sa *sa = &st->sas[c->sa_id];
	struct sa_cold *cold = &st->cold[c->sa_id];
	struct chan_sa_info *info = sa_info(st, c->sa_id);
	uint8_t digest[32], differ = 0;

	*field = "sa.sa_id";
	if (sa->spi_be != rte_cpu_to_be_32(c->spi) || sa->dir != c->dir || sa->alg != c->alg ||
			sa->esn != c->esn || sa->tun_id != c->tun_id || sa->mode != c->mode ||
			sa->local_be != rte_cpu_to_be_32(c->local) ||
			sa->remote_be != rte_cpu_to_be_32(c->remote) ||
			sa->inner_be != rte_cpu_to_be_32(c->inner_remote) ||
			sa->inner_local_be != rte_cpu_to_be_32(c->inner_local) ||
			sa->local_port_be != rte_cpu_to_be_16(c->local_port) ||
			sa->remote_port_be != rte_cpu_to_be_16(c->remote_port))
		return -EEXIST;
	*field = "sa.window";
	if (c->dir == CHAN_SA_IN && sa->window != c->window)
		return -EEXIST;
	sa_keys_digest(st, c, digest);
	for (unsigned int i = 0; i < sizeof(digest); i++)
		differ |= digest[i] ^ cold->digest[i];
	*field = "sa.enc_key";
	if (differ != 0)
		return -EEXIST;
	*field = NULL;
	cold->sync = st->sync;
	cold_lifetimes(cold, c);
	info->hard_s = c->hard_s;
	return 0;
}

/* Direction's own part of a new SA. */
static int
sa_fill_dir(struct sa *sa, const struct chan_sa *c)
{
	uint32_t words;

	if (c->dir == CHAN_SA_OUT) {
		sa->seq_max = c->esn ? UINT64_MAX : UINT32_MAX;
		if (getrandom(&sa->iv_base, sizeof(sa->iv_base), 0) != sizeof(sa->iv_base))
			return -EIO;
		return 0;
	}
	words = replay_words(c->window);
	sa->watch = SA_WATCH_FIRST | (c->local_port != 0 ? SA_WATCH_MOVED : 0);
	sa->window = c->window;
	sa->ring_mask = words - 1;
	sa->ring = sa->ring_inline;
	if (words > SA_RING_INLINE) {
		size_t size = words * sizeof(uint64_t);

		sa->ring = aligned_alloc(64, size);
		if (sa->ring == NULL) {
			sa->ring = sa->ring_inline;
			return -ENOMEM;
		}
		memset(sa->ring, 0, size);
	}
	return 0;
}

static void
info_fill(const struct sa_table *st, const struct chan_sa *c, uint64_t now_ms)
{
	struct chan_sa_info *info = sa_info(st, c->sa_id);

	info->tun_id = c->tun_id;
	info->local = c->local;
	info->remote = c->remote;
	info->dir = c->dir;
	info->alg = c->alg;
	info->esn = c->esn;
	info->dead = 0;
	info->local_port = c->local_port;
	info->remote_port = c->remote_port;
	info->installed_s = (uint32_t)(now_ms / 1000);
	info->hard_s = c->hard_s;
	__atomic_store_n(&info->spi, c->spi, __ATOMIC_RELEASE);
}

static void
drain_wait(struct sa_table *st, uint32_t id)
{
	rte_rcu_qsbr_check(st->env.rcu, st->cold[id].rcu_token, true);
	for (uint32_t i = 0; i < st->n_draining; i++)
		if (st->draining[i] == id) {
			st->draining[i] = st->draining[--st->n_draining];
			break;
		}
	sa_wipe(st, id);
}

static uint8_t
sa_kind(const struct chan_sa *c, const struct esp_alg *a)
{
	uint8_t udp = c->local_port != 0 ? SA_KIND_UDP : 0;

	if (c->mode != CHAN_SA_TRANSPORT)
		return SA_KIND_OTHER;
	if (a->cipher == ESP_CIPHER_GCM)
		return (uint8_t)(udp | (c->esn ? SA_KIND_GCM_ESN : SA_KIND_GCM));
	if (a->cipher == ESP_CIPHER_CBC)
		return (uint8_t)(udp | (c->esn ? SA_KIND_CBC_ESN : SA_KIND_CBC));
	return SA_KIND_OTHER;
}

/* All of a new SA but its keys and its direction's own part. */
static void
sa_fill(struct sa *sa, const struct chan_sa *c)
{
	const struct esp_alg *a = &esp_algs[c->alg];

	sa->sa_id = c->sa_id;
	sa->tun_id = c->tun_id;
	sa->local_be = rte_cpu_to_be_32(c->local);
	sa->remote_be = rte_cpu_to_be_32(c->remote);
	sa->local_port_be = rte_cpu_to_be_16(c->local_port);
	sa->remote_port_be = rte_cpu_to_be_16(c->remote_port);
	sa->mode = c->mode;
	sa->inner_be = rte_cpu_to_be_32(c->inner_remote);
	sa->inner_local_be = rte_cpu_to_be_32(c->inner_local);
	sa->next_hdr = c->mode == CHAN_SA_TRANSPORT ? SA_NEXT_GRE : SA_NEXT_NONE;
	sa->alg = c->alg;
	sa->dir = c->dir;
	sa->esn = c->esn;
	sa->iv_len = a->iv_len;
	sa->icv_len = a->icv_len;
	sa->kind = sa_kind(c, a);
	sa->spi_be = rte_cpu_to_be_32(c->spi);
}

int
sa_set(struct sa_table *st, const struct chan_sa *c, const char **field)
{
	int err = sa_validate(st, c, field);
	struct sa_cold *cold;
	uint64_t now_ms;
	struct sa *sa;

	if (err != 0)
		return err;
	sa = &st->sas[c->sa_id];
	cold = &st->cold[c->sa_id];
	if (cold->state == SA_LIVE)
		return sa_again(st, c, field);
	if (cold->state == SA_DRAINING)
		drain_wait(st, c->sa_id);

	err = sa_fill_dir(sa, c);
	if (err != 0) {
		sa_wipe(st, c->sa_id);
		return err;
	}
	sa_fill(sa, c);
	err = sa_keys_expand(st->mgr, c, sa);
	if (err != 0) {
		sa_wipe(st, c->sa_id);
		return err;
	}
	now_ms = clock_ms();
	cold->state = SA_LIVE;
	cold->sync = st->sync;
	cold->installed_ms = now_ms;
	cold_lifetimes(cold, c);
	sa_keys_digest(st, c, cold->digest);
	cold->live_pos = st->n_live;
	st->live[st->n_live] = c->sa_id;
	count_live(st, st->n_live + 1);
	/* Nobody writes the counters of an SA that is not installed: they start from zero here. Nor
	 * are there numbers left that a worker has taken of the one before. */
	for (unsigned int w = 0; w < st->env.n_workers; w++) {
		memset(sa_stats(st, w, c->sa_id), 0, sizeof(struct chan_sa_stats));
		if (st->numbers[w] != NULL)
			st->numbers[w][c->sa_id] = (struct sa_numbers){ 0 };
	}
	info_fill(st, c, now_ms);
	if (c->dir == CHAN_SA_IN)
		__atomic_store_n(&sa->find_be, sa->spi_be, __ATOMIC_RELEASE);
	return 0;
}

/* ---- removal ------------------------------------------------------------------------------- */

static void
sa_remove(struct sa_table *st, uint32_t id)
{
	struct sa *sa = &st->sas[id];
	struct sa_cold *cold = &st->cold[id];
	uint32_t last = st->live[st->n_live - 1];

	count_live(st, st->n_live - 1);
	st->live[cold->live_pos] = last;
	st->cold[last].live_pos = cold->live_pos;
	memset(sa_info(st, id), 0, sizeof(struct chan_sa_info));
	__atomic_store_n(&sa->find_be, 0, __ATOMIC_RELEASE);
	if (st->env.rcu == NULL) {
		sa_wipe(st, id);
		return;
	}
	cold->state = SA_DRAINING;
	cold->rcu_token = rte_rcu_qsbr_start(st->env.rcu);
	st->draining[st->n_draining++] = id;
}

int
sa_move(struct sa_table *st, uint32_t sa_id, uint32_t spi, uint32_t remote, uint16_t remote_port,
		const char **field)
{
	struct sa *sa;
	uint64_t pair;

	*field = "sa.sa_id";
	if (sa_id >= st->max_sas)
		return -EINVAL;
	if (st->cold[sa_id].state != SA_LIVE)
		return -ENOENT;
	sa = &st->sas[sa_id];
	*field = "sa.spi";
	if (sa->spi_be != rte_cpu_to_be_32(spi))
		return -ENOENT;
	*field = "sa.remote";
	if (!ip4_is_unicast_host(remote))
		return -EINVAL;
	*field = "sa.remote_port";
	if (sa_in_udp(sa) != (remote_port != 0))
		return -EINVAL;
	*field = NULL;
	/* Workers compare both addresses at once: they see the old pair or the new one. */
	pair = rte_cpu_to_be_32(remote) | (uint64_t)sa->local_be << 32;
	__atomic_store_n((uint64_t *)(void *)&sa->remote_be, pair, __ATOMIC_RELAXED);
	__atomic_store_n(&sa->remote_port_be, rte_cpu_to_be_16(remote_port), __ATOMIC_RELAXED);
	sa_info(st, sa_id)->remote = remote;
	sa_info(st, sa_id)->remote_port = remote_port;
	return 0;
}

int
sa_del(struct sa_table *st, uint32_t sa_id, const char **field)
{
	*field = "sa.sa_id";
	if (sa_id >= st->max_sas)
		return -EINVAL;
	if (st->cold[sa_id].state == SA_LIVE) {
		if (st->cold[sa_id].n_refs != 0)
			return -EBUSY;
		sa_remove(st, sa_id);
	}
	*field = NULL;
	return 0;
}

int
sa_keep(struct sa_table *st, uint32_t sa_id, uint32_t spi, const char **field)
{
	*field = "sa.sa_id";
	if (sa_id >= st->max_sas)
		return -EINVAL;
	if (st->cold[sa_id].state != SA_LIVE)
		return -ENOENT;
	*field = "sa.spi";
	if (st->sas[sa_id].spi_be != rte_cpu_to_be_32(spi))
		return -ENOENT;
	*field = NULL;
	st->cold[sa_id].sync = st->sync;
	return 0;
}

void
sa_sync_begin(struct sa_table *st)
{
	if (++st->last_sync == 0)
		st->last_sync = 1;
	st->sync = st->last_sync;
}

void
sa_sync_end(struct sa_table *st)
{
	if (st->sync == 0)
		return;
	for (uint32_t i = st->n_live; i > 0; i--) {
		const struct sa_cold *cold = &st->cold[st->live[i - 1]];

		if (cold->sync != st->sync && cold->n_refs == 0)
			sa_remove(st, st->live[i - 1]);
	}
	st->sync = 0;
}

void
sa_sync_abort(struct sa_table *st)
{
	st->sync = 0;
}

int
sa_ref(struct sa_table *st, uint32_t sa_id)
{
	if (sa_id >= st->max_sas)
		return -EINVAL;
	if (st->cold[sa_id].state != SA_LIVE)
		return -ENOENT;
	st->cold[sa_id].n_refs++;
	return 0;
}

void
sa_unref(struct sa_table *st, uint32_t sa_id)
{
	if (sa_id < st->max_sas && st->cold[sa_id].n_refs > 0)
		st->cold[sa_id].n_refs--;
}

struct sa *
sa_by_id(const struct sa_table *st, uint32_t sa_id)
{
	if (sa_id >= st->max_sas || st->cold[sa_id].state != SA_LIVE)
		return NULL;
	return &st->sas[sa_id];
}

/* ---- lifetimes ----------------------------------------------------------------------------- */

static enum chan_life
life_passed(uint64_t bytes, uint64_t max_bytes, uint64_t packets, uint64_t max_packets,
		uint64_t age_ms, uint32_t max_s)
{
	if (max_bytes != 0 && bytes >= max_bytes)
		return CHAN_LIFE_BYTES;
	if (max_packets != 0 && packets >= max_packets)
		return CHAN_LIFE_PACKETS;
	if (max_s != 0 && age_ms >= (uint64_t)max_s * 1000)
		return CHAN_LIFE_TIME;
	return CHAN_LIFE_NONE;
}

/* The sequence space as a lifetime: soft at 15/16 of it. */
static enum chan_life
life_seq(const struct sa *sa, bool hard)
{
	uint64_t seq = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED);

	if (sa->dir != CHAN_SA_OUT)
		return CHAN_LIFE_NONE;
	return seq >= (hard ? sa->seq_max : sa->seq_max - sa->seq_max / 16) ? CHAN_LIFE_SEQ :
										CHAN_LIFE_NONE;
}

static bool
life_event(struct sa_table *st, const struct sa *sa, enum chan_event_type type, uint8_t why)
{
	struct chan_event ev = {
		.type = type,
		.why = why,
		.worker = 255,
		.id = sa->sa_id,
		.arg = rte_be_to_cpu_32(sa->spi_be),
	};

	return st->env.event != NULL && st->env.event(st->env.arg, &ev);
}

static void
sa_watch(struct sa_table *st, uint32_t id, uint64_t now_ms)
{
	struct sa_cold *cold = &st->cold[id];
	struct sa *sa = &st->sas[id];
	uint64_t bytes = 0, packets = 0;
	uint64_t age_ms = now_ms > cold->installed_ms ? now_ms - cold->installed_ms : 0;
	enum chan_life why;

	for (unsigned int w = 0; w < st->env.n_workers; w++) {
		const struct chan_sa_stats *s = sa_stats(st, w, id);

		bytes += __atomic_load_n(&s->bytes, __ATOMIC_RELAXED);
		packets += __atomic_load_n(&s->packets, __ATOMIC_RELAXED);
	}
	if (!sa->dead) {
		why = life_passed(bytes, cold->hard_bytes, packets, cold->hard_packets, age_ms,
				cold->hard_s);
		if (why == CHAN_LIFE_NONE)
			why = life_seq(sa, true);
		if (why != CHAN_LIFE_NONE) {
			__atomic_store_n(&sa->dead, 1, __ATOMIC_RELAXED);
			sa_info(st, id)->dead = 1;
			cold->hard_why = why;
			cold->soft_why = CHAN_LIFE_NONE;
			cold->soft_done = 1;
		}
	}
	if (!cold->soft_done) {
		why = life_passed(bytes, cold->soft_bytes, packets, cold->soft_packets, age_ms,
				cold->soft_s);
		if (why == CHAN_LIFE_NONE)
			why = life_seq(sa, false);
		cold->soft_why = why;
		cold->soft_done = why != CHAN_LIFE_NONE;
	}
	if (cold->soft_why != CHAN_LIFE_NONE && life_event(st, sa, CHAN_EV_SA_SOFT, cold->soft_why))
		cold->soft_why = CHAN_LIFE_NONE;
	if (cold->hard_why != CHAN_LIFE_NONE && life_event(st, sa, CHAN_EV_SA_HARD, cold->hard_why))
		cold->hard_why = CHAN_LIFE_NONE;
}

void
sa_tick(struct sa_table *st, uint64_t now_ms)
{
	uint32_t n = RTE_MAX(st->n_live / 8, (uint32_t)TICK_MIN_SAS);

	for (uint32_t i = st->n_draining; i > 0; i--) {
		uint32_t id = st->draining[i - 1];

		if (rte_rcu_qsbr_check(st->env.rcu, st->cold[id].rcu_token, false) == 1) {
			st->draining[i - 1] = st->draining[--st->n_draining];
			sa_wipe(st, id);
		}
	}
	for (n = RTE_MIN(n, st->n_live); n > 0; n--) {
		if (st->tick_pos >= st->n_live)
			st->tick_pos = 0;
		sa_watch(st, st->live[st->tick_pos++], now_ms);
	}
}
