/* SPDX-License-Identifier: BSD-3-Clause */
/* What both ends of the channel need beyond its layout; see channel.h. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/channel.h"

static const char *const drop_names[] = {
#define X(id, name, text) name,
	CHAN_DROP_REASONS(X)
#undef X
};

static const char *const drop_texts[] = {
#define X(id, name, text) text,
	CHAN_DROP_REASONS(X)
#undef X
};

static const char *const class_names[] =
		{ "arp", "ike", "ospf", "vrrp", "nhrp", "icmp", "other", "keepalive" };

static const char *const op_names[] = {
	"none", "sync-begin", "sync-end", "param-set", "port-set", "if-set", "if-del", "nh-set",
	"nh-del", "nhg-set", "nhg-del", "route-set", "route-del", "tun-set", "tun-del", "sa-set",
	"sa-del", "sa-keep", "tun-sa-out", "sa-move", "route6-set", "route6-del", "policy-set",
	"policy-del", "trace-set"
};
static_assert(sizeof(op_names) / sizeof(op_names[0]) == CHAN_N_CMDS, "a name for each");

static const char *const alg_names[] = { "none",
#define X(id, name) name,
	CHAN_ESP_ALGS(X)
#undef X
};
static_assert(sizeof(alg_names) / sizeof(alg_names[0]) == CHAN_N_ESP_ALGS, "a name for each");

static const char *const trace_names[] = {
#define X(id, name) name,
	CHAN_TRACE_NODES(X)
#undef X
};

#define NAME_OF(table, i) ((i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "?")

const char *
chan_drop_str(unsigned int reason)
{
	return NAME_OF(drop_names, reason);
}

const char *
chan_drop_text(unsigned int reason)
{
	return NAME_OF(drop_texts, reason);
}

const char *
chan_class_str(unsigned int cls)
{
	return NAME_OF(class_names, cls);
}

const char *
chan_trace_node_str(unsigned int node)
{
	return NAME_OF(trace_names, node);
}

const char *
chan_op_str(unsigned int op)
{
	return NAME_OF(op_names, op);
}

const char *
chan_esp_alg_str(unsigned int alg)
{
	return NAME_OF(alg_names, alg);
}

static bool
inside(uint64_t off, uint64_t size)
{
	return off >= sizeof(uint64_t) && off % 64 == 0 && off < size;
}

int
chan_rings_check(const struct chan_rings *c, uint64_t mapped_size)
{
	if (mapped_size < sizeof(*c) || c->magic != CHAN_MAGIC || c->abi != CHAN_ABI)
		return -EPROTO;
	if (c->size != mapped_size || c->n_workers == 0 || c->n_workers > CHAN_MAX_WORKERS)
		return -EPROTO;
	if (!inside(c->cmd_off, mapped_size) || !inside(c->done_off, mapped_size) ||
			!inside(c->event_off, mapped_size) || !inside(c->inject_off, mapped_size))
		return -EPROTO;
	for (uint32_t w = 0; w < c->n_workers; w++)
		if (!inside(c->trace_off[w], mapped_size))
			return -EPROTO;
	for (uint32_t w = 0; w < c->n_workers; w++)
		for (int k = 0; k < CHAN_N_CLASSES; k++)
			if (!inside(c->punt_off[w][k], mapped_size))
				return -EPROTO;
	return 0;
}

void
chan_sleep_prepare(struct chan_rings *c)
{
	__atomic_store_n(&c->cp_sleeps, 1, __ATOMIC_SEQ_CST);
	atomic_thread_fence(memory_order_seq_cst);
}

static uint64_t
place(uint64_t *at, uint64_t len)
{
	uint64_t off = *at;

	*at = (off + len + 63) & ~UINT64_C(63);
	return off;
}

uint64_t
chan_stats_layout(struct chan_stats *s)
{
	uint64_t at = 0;

	place(&at, sizeof(*s));
	s->sa_info_off = place(&at, (uint64_t)s->max_sas * sizeof(struct chan_sa_info));
	s->tun_info_off = place(&at, (uint64_t)s->max_tunnels * sizeof(struct chan_tun_info));
	for (uint32_t w = 0; w < s->n_workers; w++) {
		s->worker_off[w] = place(&at, sizeof(struct chan_worker_stats));
		s->if_off[w] = place(&at, CHAN_MAX_IFS * sizeof(struct chan_if_stats));
		s->tun_off[w] = place(&at, s->max_tunnels * sizeof(struct chan_tun_stats));
		s->sa_off[w] = place(&at, s->max_sas * sizeof(struct chan_sa_stats));
		s->policy_off[w] =
				place(&at, CHAN_MAX_POLICIES * sizeof(struct chan_policy_stats));
	}
	s->size = at;
	return at;
}

int
chan_stats_check(const struct chan_stats *s, uint64_t mapped_size)
{
	struct chan_stats want;

	if (mapped_size < sizeof(*s) || s->magic != CHAN_MAGIC || s->abi != CHAN_ABI)
		return -EPROTO;
	if (s->n_workers == 0 || s->n_workers > CHAN_MAX_WORKERS || s->n_ports > CHAN_MAX_PORTS)
		return -EPROTO;
	memset(&want, 0, sizeof(want));
	want.n_workers = s->n_workers;
	want.max_tunnels = s->max_tunnels;
	want.max_sas = s->max_sas;
	if (chan_stats_layout(&want) != mapped_size || s->size != mapped_size)
		return -EPROTO;
	if (want.sa_info_off != s->sa_info_off || want.tun_info_off != s->tun_info_off ||
			memcmp(want.worker_off, s->worker_off, sizeof(want.worker_off)) != 0 ||
			memcmp(want.if_off, s->if_off, sizeof(want.if_off)) != 0 ||
			memcmp(want.tun_off, s->tun_off, sizeof(want.tun_off)) != 0 ||
			memcmp(want.sa_off, s->sa_off, sizeof(want.sa_off)) != 0 ||
			memcmp(want.policy_off, s->policy_off, sizeof(want.policy_off)) != 0)
		return -EPROTO;
	return 0;
}

int
chan_send(int sock, const void *msg, size_t len, const int *fds, int n_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * CHAN_N_FDS)];
	} ctl;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)msg, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (n_fds < 0 || n_fds > CHAN_N_FDS)
		return -EINVAL;
	if (n_fds > 0) {
		struct cmsghdr *c;

		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.buf;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)n_fds);
	}
	do {
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

int
chan_recv(int sock, void *msg, size_t cap, int *fds, int *n_fds)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * CHAN_N_FDS)];
	} ctl;
	struct iovec iov = { .iov_base = msg, .iov_len = cap };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.buf,
		.msg_controllen = sizeof(ctl.buf) };
	ssize_t n;

	*n_fds = 0;
	do {
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c != NULL; c = CMSG_NXTHDR(&mh, c)) {
		size_t bytes;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = c->cmsg_len - CMSG_LEN(0);
		if (bytes > sizeof(int) * (size_t)(CHAN_N_FDS - *n_fds))
			bytes = sizeof(int) * (size_t)(CHAN_N_FDS - *n_fds);
		memcpy(fds + *n_fds, CMSG_DATA(c), bytes);
		*n_fds += (int)(bytes / sizeof(int));
	}
	return (int)n;
}

/* ---- time -------------------------------------------------------------------------------- */

uint32_t
chan_clock_ms(void)
{
	struct timespec ts;
	uint32_t ms;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ms = (uint32_t)((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
	return ms != 0 ? ms : 1;
}
