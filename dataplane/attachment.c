/* SPDX-License-Identifier: BSD-3-Clause */
/* The rings of one attached control plane; see attachment.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_rcu_qsbr.h>

#include "dataplane/attachment.h"
#include "dataplane/worker.h"

static uint64_t
ring_place(uint64_t *at, uint32_t n_slots, size_t elem_len)
{
	uint64_t off = *at;

	*at = (off + sizeof(struct rte_ring) + (uint64_t)n_slots * elem_len + 63) & ~UINT64_C(63);
	return off;
}

/* Where each ring goes; @g is a private copy, moved to the region when that is there. */
static uint64_t
region_layout(struct chan_rings *g, unsigned int n_workers)
{
	uint64_t at = (sizeof(*g) + 63) & ~UINT64_C(63);

	*g = (struct chan_rings){ .magic = CHAN_MAGIC, .abi = CHAN_ABI, .n_workers = n_workers };
	g->cmd_off = ring_place(&at, CHAN_CMD_SLOTS, sizeof(struct chan_cmd));
	g->done_off = ring_place(&at, CHAN_DONE_SLOTS, sizeof(struct chan_done));
	g->event_off = ring_place(&at, CHAN_EVENT_SLOTS, sizeof(struct chan_event));
	g->inject_off = ring_place(&at, CHAN_INJECT_SLOTS, sizeof(struct chan_pkt));
	for (unsigned int w = 0; w < n_workers; w++)
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			g->punt_off[w][k] = ring_place(
					&at, CHAN_PUNT_SLOTS, sizeof(struct chan_pkt));
	for (unsigned int w = 0; w < n_workers; w++)
		g->trace_off[w] = ring_place(&at, CHAN_TRACE_SLOTS, sizeof(struct chan_trace_rec));
	g->size = at;
	return at;
}

/* A memfd of @size bytes whose pages exist: a page missing later would be a SIGBUS in a worker. */
static int
region_map(struct attachment *a)
{
	int err;

	a->rings_fd = memfd_create("culvert-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (a->rings_fd < 0)
		return -errno;
	err = -posix_fallocate(a->rings_fd, 0, (off_t)a->size);
	if (err != 0)
		return err;
	if (fcntl(a->rings_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return -errno;
	a->rings = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			a->rings_fd, 0);
	if (a->rings == MAP_FAILED) {
		a->rings = NULL;
		return -errno;
	}
	return 0;
}

static int
ring_make(struct attachment *a, uint64_t off, uint32_t n_slots, uint32_t elem_len,
		struct ring_end *end)
{
	struct rte_ring *r = chan_ring(a->rings, off);
	int err = rte_ring_init(r, "chan", n_slots, RING_F_SP_ENQ | RING_F_SC_DEQ);

	ring_end_init(end, r, n_slots, elem_len);
	return err;
}

static int
rings_make(struct attachment *a, const struct chan_rings *g)
{
	int err;

	err = ring_make(a, g->cmd_off, CHAN_CMD_SLOTS, sizeof(struct chan_cmd), &a->cmd_in);
	if (err == 0)
		err = ring_make(a, g->done_off, CHAN_DONE_SLOTS, sizeof(struct chan_done),
				&a->done_out);
	if (err == 0)
		err = ring_make(a, g->event_off, CHAN_EVENT_SLOTS, sizeof(struct chan_event),
				&a->event_out);
	if (err == 0)
		err = ring_make(a, g->inject_off, CHAN_INJECT_SLOTS, sizeof(struct chan_pkt),
				&a->inject_in);
	for (unsigned int w = 0; err == 0 && w < g->n_workers; w++)
		err = ring_make(a, g->trace_off[w], CHAN_TRACE_SLOTS,
				sizeof(struct chan_trace_rec), &a->trace_out[w]);
	for (unsigned int w = 0; w < g->n_workers; w++)
		for (unsigned int k = 0; err == 0 && k < CHAN_N_CLASSES; k++)
			err = ring_make(a, g->punt_off[w][k], CHAN_PUNT_SLOTS,
					sizeof(struct chan_pkt), &a->punt_out[w][k]);
	return err;
}

int
attachment_init(struct attachment *a, unsigned int n_workers)
{
	struct chan_rings layout;
	int err;

	memset(a, 0, sizeof(*a));
	a->rings_fd = -1;
	a->size = region_layout(&layout, n_workers);
	a->wake_cp_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	a->wake_dp_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err = a->wake_cp_fd < 0 || a->wake_dp_fd < 0 ? -EMFILE : region_map(a);
	if (err == 0)
		err = rings_make(a, &layout);
	if (err != 0) {
		attachment_fini(a, NULL, 0, NULL);
		return err;
	}
	*a->rings = layout;
	return 0;
}

void
attachment_publish(struct attachment *a, struct worker *const *workers, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct worker *w = workers[i];

		memcpy(w->punt_out, a->punt_out[i], sizeof(w->punt_out));
		w->trace_out = a->trace_out[i];
		if (i == 0)
			w->inject_in = a->inject_in;
		w->wake_cp_fd = a->wake_cp_fd;
		__atomic_store_n(&w->rings, a->rings, __ATOMIC_RELEASE);
	}
}

void
attachment_fini(struct attachment *a, struct worker *const *workers, unsigned int n,
		struct rte_rcu_qsbr *rcu)
{
	for (unsigned int i = 0; i < n; i++)
		__atomic_store_n(&workers[i]->rings, NULL, __ATOMIC_RELEASE);
	if (n > 0 && rcu != NULL)
		rte_rcu_qsbr_check(rcu, rte_rcu_qsbr_start(rcu), true);
	if (a->rings != NULL) {
		/* Keys in commands that were not taken any more. */
		if (a->cmd_in.slots != NULL)
			explicit_bzero(a->cmd_in.slots, CHAN_CMD_SLOTS * sizeof(struct chan_cmd));
		munmap(a->rings, a->size);
	}
	if (a->rings_fd >= 0)
		close(a->rings_fd);
	if (a->wake_cp_fd >= 0)
		close(a->wake_cp_fd);
	if (a->wake_dp_fd >= 0)
		close(a->wake_dp_fd);
	*a = (struct attachment){ .rings_fd = -1, .wake_cp_fd = -1, .wake_dp_fd = -1 };
}

static bool
is_bad(const struct ring_end *e)
{
	return __atomic_load_n(&e->bad, __ATOMIC_RELAXED);
}

const char *
attachment_damaged(const struct attachment *a, struct worker *const *workers, unsigned int n)
{
	if (is_bad(&a->cmd_in))
		return "command";
	if (is_bad(&a->done_out))
		return "answer";
	if (is_bad(&a->event_out))
		return "event";
	if (n > 0 && is_bad(&workers[0]->inject_in))
		return "inject";
	for (unsigned int i = 0; i < n; i++)
		if (is_bad(&workers[i]->trace_out))
			return "trace";
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			if (is_bad(&workers[i]->punt_out[k]))
				return "punt";
	return NULL;
}

bool
attachment_take_cmd(struct attachment *a, struct chan_cmd *cmd)
{
	void *slot;

	if (ring_out_room(&a->done_out) == 0)
		return false;
	slot = ring_in_slot(&a->cmd_in);
	if (slot == NULL)
		return false;
	memcpy(cmd, slot, sizeof(*cmd));
	explicit_bzero(slot, sizeof(*cmd));
	ring_in_pop(&a->cmd_in);
	return true;
}

void
attachment_answer(struct attachment *a, const struct chan_cmd *cmd, int err, const char *field)
{
	struct chan_done d = { .seq = cmd->seq, .err = err, .op = cmd->op };
	struct chan_done *slot = ring_out_slot(&a->done_out);

	if (slot == NULL)
		return;
	if (err != 0 && field != NULL)
		snprintf(d.field, sizeof(d.field), "%s", field);
	*slot = d;
	ring_out_push(&a->done_out);
}

bool
attachment_has_cmd(struct attachment *a)
{
	return ring_in_slot(&a->cmd_in) != NULL && ring_out_room(&a->done_out) > 0;
}

bool
attachment_event(struct attachment *a, const struct chan_event *ev)
{
	struct chan_event *slot = ring_out_slot(&a->event_out);

	if (slot == NULL)
		return false;
	*slot = *ev;
	ring_out_push(&a->event_out);
	return true;
}
