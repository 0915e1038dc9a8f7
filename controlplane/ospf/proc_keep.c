/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF over a restart; see proc_keep.h. What is in the file is checked like anything read. */
#include "controlplane/ospf/proc_keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/rib/rib.h"
#include "controlplane/util/state_file.h"

#define MAGIC        0x4f535033u /* "OSP3" */
#define FILE_MAX     (128u << 20)
#define WRITE_MS     100     /* after the last write */
#define WRITE_BIG_MS 5000    /* of more than BIG bytes */
#define BIG          (4u << 20)

struct head {
	uint32_t magic;
	uint32_t sizes; /* of the structs behind it: another build has others */
	uint64_t boot_id; /* of the dataplane */
	uint64_t alive_ms; /* CLOCK_MONOTONIC */
	uint64_t sum;
	uint64_t engine_len;
	uint32_t n_names, n_routes, n_hops;
	bool changed;
};

/* What is mapped: the header, and what is written with each beat. The body follows. */
struct mapped {
	struct head head;
	uint32_t n_silent;
	struct ospf_silent silent[OSPF_SILENT_MAX];
};

#define SIZES \
	((uint32_t)(sizeof(struct rib_dyn) << 16 | sizeof(struct rib_hop) << 8 | RIB_LINK_NAME))

struct proc_keep {
	int fd;
	struct mapped *map;
	struct head *head; /* of it */
	uint8_t *was; /* what the former process wrote, or NULL */
	struct ospf_silent *silent; /* and its silent neighbours, or NULL */
	uint32_t n_silent;
	uint64_t gone_ms, was_len;
	struct rib_source routes;
	uint64_t written_ms;
	size_t written_len;
};

static uint64_t
sum_of(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- what was left ----------------------------------------------------------------------- */

/* Bytes behind the header, 0 if the numbers make no sense. */
static size_t
body_len(const struct head *h)
{
	if (h->engine_len > FILE_MAX || h->n_names > 1u << 20 || h->n_routes > 1u << 22 ||
			h->n_hops > 1u << 22)
		return 0;
	return (size_t)h->engine_len + (size_t)h->n_names * RIB_LINK_NAME +
			(size_t)h->n_routes * sizeof(struct rib_dyn) +
			(size_t)h->n_hops * sizeof(struct rib_hop);
}

/* Do the routes refer to hops, and the hops to names, that there are? */
static bool
routes_ok(const struct rib_source *s)
{
	for (uint32_t i = 0; i < s->n_routes; i++)
		if (s->routes[i].first_hop > s->n_hops ||
				s->routes[i].n_hops > s->n_hops - s->routes[i].first_hop ||
				s->routes[i].prefix.len > 32)
			return false;
	for (uint32_t i = 0; i < s->n_hops; i++)
		if (s->hops[i].link >= s->n_names)
			return false;
	for (uint32_t i = 0; i < s->n_names; i++)
		if (memchr(s->names[i], '\0', RIB_LINK_NAME) == NULL)
			return false;
	return true;
}

static bool
was_read(struct proc_keep *k, const struct head *h)
{
	size_t len = body_len(h);
	const uint8_t *p;

	if (len == 0 || len > FILE_MAX)
		return false;
	k->was = malloc(len);
	if (k->was == NULL || pread(k->fd, k->was, len, sizeof(struct mapped)) != (ssize_t)len ||
			sum_of(h->boot_id, k->was, len) != h->sum)
		return false;
	p = k->was + h->engine_len;
	k->was_len = h->engine_len;
	k->routes = (struct rib_source){ .n_names = h->n_names, .n_routes = h->n_routes,
		.n_hops = h->n_hops };
	k->routes.names = (const char(*)[RIB_LINK_NAME])p;
	p += (size_t)h->n_names * RIB_LINK_NAME;
	k->routes.routes = (const struct rib_dyn *)p;
	p += (size_t)h->n_routes * sizeof(struct rib_dyn);
	k->routes.hops = (const struct rib_hop *)p;
	return routes_ok(&k->routes);
}

/* They say less than the body, and need not go with it: without them all have time. */
static void
silent_read(struct proc_keep *k)
{
	const off_t at = offsetof(struct mapped, silent);
	uint32_t n;

	if (pread(k->fd, &n, sizeof(n), offsetof(struct mapped, n_silent)) != (ssize_t)sizeof(n) ||
			n == 0 || n > OSPF_SILENT_MAX)
		return;
	k->silent = calloc(n, sizeof(*k->silent));
	if (k->silent != NULL && pread(k->fd, k->silent, n * sizeof(*k->silent), at) ==
			(ssize_t)(n * sizeof(*k->silent)))
		k->n_silent = n;
}

void
proc_keep_used(struct proc_keep *k)
{
	free(k->was);
	free(k->silent);
	k->was = NULL;
	k->silent = NULL;
	k->n_silent = 0;
}

void
proc_keep_silent(const struct proc_keep *k, struct ospf *o)
{
	ospf_keep_load_silent(o, k->silent, k->n_silent);
}

const struct rib_source *
proc_keep_routes(const struct proc_keep *k)
{
	return k->was != NULL ? &k->routes : NULL;
}

const uint8_t *
proc_keep_engine(const struct proc_keep *k, size_t *len, uint64_t *gone_ms)
{
	*len = k->was_len;
	*gone_ms = k->gone_ms;
	return k->was;
}

/* ---- the file ---------------------------------------------------------------------------- */

struct proc_keep *
proc_keep_open(const char *state_dir, uint64_t boot_id, uint64_t now_ms)
{
	struct proc_keep *k = calloc(1, sizeof(*k));
	struct head h;
	void *at;

	if (k == NULL)
		return NULL;
	k->fd = state_open(state_dir, "ospf");
	if (k->fd < 0)
		goto free_keep;
	memset(&h, 0, sizeof(h));
	if (pread(k->fd, &h, sizeof(h), 0) == (ssize_t)sizeof(h) && h.magic == MAGIC &&
			h.sizes == SIZES && h.boot_id == boot_id && !h.changed &&
			h.alive_ms <= now_ms) {
		k->gone_ms = now_ms - h.alive_ms;
		if (!was_read(k, &h))
			proc_keep_used(k);
		else
			silent_read(k);
	}
	if (ftruncate(k->fd, 0) != 0 || state_map(k->fd, sizeof(*k->map), &at) != 0)
		goto close_fd;
	k->map = at;
	k->head = &k->map->head;
	k->head->boot_id = boot_id;
	k->head->sizes = SIZES;
	k->head->changed = true;
	k->head->magic = MAGIC;
	return k;

close_fd:
	close(k->fd);
free_keep:
	proc_keep_used(k);
	free(k);
	return NULL;
}

void
proc_keep_close(struct proc_keep *k)
{
	if (k == NULL)
		return;
	munmap(k->map, sizeof(*k->map));
	close(k->fd);
	proc_keep_used(k);
	free(k);
}

bool *
proc_keep_changed(struct proc_keep *k)
{
	return &k->head->changed;
}

bool
proc_keep_rebind(struct proc_keep *k, uint64_t boot_id)
{
	if (k->head->boot_id == boot_id)
		return false;
	__atomic_store_n(&k->head->changed, true, __ATOMIC_RELEASE);
	k->head->boot_id = boot_id;
	return true;
}

void
proc_keep_hurry(struct proc_keep *k)
{
	k->written_ms = 0;
}

void
proc_keep_forget(struct proc_keep *k)
{
	__atomic_store_n(&k->head->changed, true, __ATOMIC_RELEASE);
}

/* ---- writing ----------------------------------------------------------------------------- */

static uint8_t *
body_make(const struct head *h, const uint8_t *engine, const struct rib_source *s)
{
	uint8_t *body = malloc(body_len(h)), *p = body;

	if (body == NULL)
		return NULL;
	memcpy(p, engine, h->engine_len);
	p += h->engine_len;
	if (s->n_names > 0)
		memcpy(p, s->names, (size_t)s->n_names * RIB_LINK_NAME);
	p += (size_t)s->n_names * RIB_LINK_NAME;
	if (s->n_routes > 0)
		memcpy(p, s->routes, s->n_routes * sizeof(struct rib_dyn));
	p += s->n_routes * sizeof(struct rib_dyn);
	if (s->n_hops > 0)
		memcpy(p, s->hops, s->n_hops * sizeof(struct rib_hop));
	return body;
}

static bool
write_all(struct proc_keep *k, const uint8_t *engine, size_t engine_len, const struct rib_source *s)
{
	struct head h = { .boot_id = k->head->boot_id, .engine_len = engine_len,
		.n_names = s->n_names, .n_routes = s->n_routes, .n_hops = s->n_hops };
	size_t len = body_len(&h);
	uint8_t *body = len != 0 ? body_make(&h, engine, s) : NULL;
	bool ok = body != NULL && pwrite(k->fd, body, len, sizeof(struct mapped)) == (ssize_t)len;

	if (ok) {
		k->head->engine_len = h.engine_len;
		k->head->n_names = h.n_names;
		k->head->n_routes = h.n_routes;
		k->head->n_hops = h.n_hops;
		k->head->sum = sum_of(h.boot_id, body, len);
		k->written_len = len;
	}
	free(body);
	return ok;
}

void
proc_keep_beat(struct proc_keep *k, const struct ospf *o, const struct rib_source *routes,
		uint64_t now_ms)
{
	uint64_t pause_ms = k->written_len > BIG ? WRITE_BIG_MS : WRITE_MS;
	uint8_t *engine;
	size_t len;

	k->map->n_silent = 0;
	k->map->n_silent = ospf_keep_silent(o, k->map->silent);
	k->head->alive_ms = now_ms;
	if (!k->head->changed || now_ms - k->written_ms < pause_ms)
		return;
	engine = ospf_keep_save(o, &len);
	if (engine == NULL)
		return;
	k->written_ms = now_ms;
	if (write_all(k, engine, len, routes))
		__atomic_store_n(&k->head->changed, false, __ATOMIC_RELEASE);
	free(engine);
}
