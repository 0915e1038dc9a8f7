/* SPDX-License-Identifier: BSD-3-Clause */
/* Two engines and a wire without delay; see bench_ike.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "common/inet.h"
#include "tests/bench/bench_ike.h"
#include "tests/sim/certs.h"

#define ADDR_HUB    0x01010102u
#define ADDR_BRANCH 0x0a000000u

struct letter {
	struct letter *next;
	int to;
	struct ike_job *job; /* public-key work; else a message */
	struct ike_path path;
	size_t len;
	uint8_t msg[];
};

void
give_up(const char *why)
{
	fprintf(stderr, "bench_ike: %s\n", why);
	exit(1);
}

double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- the engines' callbacks ----------------------------------------------------------------- */

static struct letter *
post(struct duo *d, int to, size_t len)
{
	struct letter *l = malloc(sizeof(*l) + len);

	if (l == NULL)
		give_up("out of memory");
	*l = (struct letter){ .to = to, .len = len };
	*d->last = l;
	d->last = &l->next;
	return l;
}

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct end *n = ctx;
	struct letter *l = post(n->d, !n->me, len);

	l->path = (struct ike_path){ path->remote, path->local, path->remote_port,
		path->local_port };
	memcpy(l->msg, msg, len);
}

static void
op_job(void *ctx, struct ike_job *job)
{
	struct end *n = ctx;

	post(n->d, n->me, 0)->job = job;
}

static void
op_random(void *ctx, uint8_t *buf, size_t len)
{
	if (RAND_bytes(buf, (int)len) != 1)
		give_up("no random numbers");
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	return ((struct end *)ctx)->next_spi++;
}

static void
op_spi_free(void *ctx, uint32_t spi)
{
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	((struct end *)ctx)->child[c->tun_id] = c->id;
	return 0;
}

static void
op_child(void *ctx, uint64_t id)
{
}

static void
op_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len)
{
	keep_put(&((struct end *)ctx)->keep, tun_id, data, len);
}

static void
op_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	((struct end *)ctx)->n_up += state == IKE_PEER_ESTABLISHED;
}

/* ---- the world ------------------------------------------------------------------------------ */

static int64_t
op_wall_s(void *ctx)
{
	return CERTS_NOW;
}

/* ---- certificates: one for the hub, one for each branch, which the hub has never seen --------- */

static struct ike_cred *hub_cred, **branch_creds;

static struct ike_cred *
make_cred(const char *kind, const struct certs_cert *ca, uint32_t addr)
{
	struct certs_spec spec = { .kind = kind, .issuer = ca };
	char subject[64], san[64], text[IP4_STR_LEN];
	struct certs_cert cert;
	struct ike_cred *cred;

	snprintf(subject, sizeof(subject), "O=Example, CN=%s", ip4_str(addr, text));
	snprintf(san, sizeof(san), "IP:%s", text);
	spec.subject = subject;
	spec.san = san;
	cert = certs_make(&spec);
	cred = certs_cred(&cert, NULL, ca, NULL, IKE_REVOCATION_NONE);
	certs_drop(&cert);
	return cred;
}

static void
make_creds(const char *kind, uint32_t n)
{
	struct certs_cert ca = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=CA", .kind = kind, .ca = true });

	branch_creds = calloc(n, sizeof(struct ike_cred *));
	if (branch_creds == NULL)
		give_up("out of memory");
	hub_cred = make_cred(kind, &ca, ADDR_HUB);
	for (uint32_t i = 0; i < n; i++)
		branch_creds[i] = make_cred(kind, &ca, ADDR_BRANCH + i);
	certs_drop(&ca);
}

static void
drop_creds(uint32_t n)
{
	for (uint32_t i = 0; branch_creds != NULL && i < n; i++)
		ike_cred_unref(branch_creds[i]);
	ike_cred_unref(hub_cred);
	free(branch_creds);
	branch_creds = NULL;
	hub_cred = NULL;
}

static struct ike_id
addr_id(uint32_t addr)
{
	return (struct ike_id){ .type = IKE_ID_IPV4_ADDR,
		.len = 4,
		.data = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8),
				(uint8_t)addr } };
}

struct ike_peer_cfg
duo_cfg(int end, uint32_t i, uint16_t group)
{
	uint32_t branch = ADDR_BRANCH + i;
	struct ike_peer_cfg c = { .local = end == HUB ? ADDR_HUB : branch,
		.remote = end == HUB ? branch : ADDR_HUB,
		.psk = "correct-horse-battery-staple",
		.psk_len = 28,
		.may_initiate = true,
		.transport = true,
		.ts_proto = 47,
		.tun_id = i,
		.ike_life_s = 86400,
		.child_life_s = 3600,
		.replay_window = 1024 };

	snprintf(c.name, sizeof(c.name), "branch-%u", i);
	if (hub_cred != NULL) {
		c.auth_local = c.auth_remote = IKE_AUTHN_CERT;
		c.cred = end == HUB ? hub_cred : branch_creds[i];
	}
	c.local_id = addr_id(c.local);
	c.remote_id = addr_id(c.remote);
	c.ike_proposals[0] = (struct ike_proposal_cfg){ .encr = { { IKE_ENCR_AES_GCM_16, 128 } },
		.prf = { IKE_PRF_HMAC_SHA2_256 },
		.group = { group },
		.n_encr = 1,
		.n_prf = 1,
		.n_group = 1 };
	c.n_ike_proposals = 1;
	c.esp_proposals[0] = (struct ike_proposal_cfg){ .encr = { { IKE_ENCR_AES_GCM_16, 128 } },
		.n_encr = 1,
		.esn = true };
	c.n_esp_proposals = 1;
	return c;
}

struct duo *
duo_new(uint32_t n, uint16_t group, const char *certs)
{
	struct ike_ops ops = { .send = op_send,
		.random = op_random,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi_free,
		.child_add = op_child_add,
		.child_use_out = op_child,
		.child_del = op_child,
		.peer_state = op_peer_state,
		.job = op_job,
		.wall_s = op_wall_s };
	struct duo *d = calloc(1, sizeof(*d));

	if (d == NULL)
		give_up("out of memory");
	if (certs != NULL)
		make_creds(certs, n);
	d->n = n;
	d->now = 1000;
	d->last = &d->first;
	for (int k = 0; k < N_ENDS; k++) {
		struct end *x = &d->end[k];

		*x = (struct end){ .d = d, .me = k, .next_spi = 4096 };
		x->child = calloc(n, sizeof(*x->child));
		ops.keep = k == HUB ? op_keep : NULL;
		if (k == HUB)
			keep_open(&x->keep, calloc(1, chan_keep_size(n)), chan_keep_size(n));
		x->e = ike_engine_new(&ops, x, NULL, d->now);
		if (x->e == NULL || x->child == NULL || (k == HUB && x->keep.base == NULL))
			give_up("out of memory");
		for (uint32_t i = 0; i < n; i++) {
			struct ike_peer_cfg c = duo_cfg(k, i, group);

			if (ike_peer_set(x->e, &c, d->now) != 0)
				give_up("a peer is refused");
		}
	}
	return d;
}

void
duo_free(struct duo *d)
{
	duo_run(d);
	for (int k = 0; k < N_ENDS; k++) {
		ike_engine_free(d->end[k].e, false);
		free(d->end[k].child);
		free(d->end[k].keep.base);
	}
	drop_creds(d->n);
	free(d);
}

static void
deliver(struct end *n, struct letter *l)
{
	uint64_t at = cpu_ns();

	if (l->job != NULL) {
		ike_job_run(l->job);
		ike_job_done(n->e, l->job, n->d->now);
	} else {
		ike_input(n->e, &l->path, l->msg, l->len, n->d->now);
	}
	n->ns += cpu_ns() - at;
}

void
duo_run(struct duo *d)
{
	struct letter *l;

	while ((l = d->first) != NULL) {
		d->first = l->next;
		if (d->first == NULL)
			d->last = &d->first;
		deliver(&d->end[l->to], l);
		free(l);
	}
}

void
duo_pass(struct duo *d, uint64_t ms)
{
	uint64_t end = d->now + ms;

	for (;;) {
		uint64_t t = ike_next_ms(d->end[HUB].e), b = ike_next_ms(d->end[BRANCH].e);

		t = b < t ? b : t;
		if (t > end)
			break;
		d->now = t > d->now ? t : d->now;
		for (int k = 0; k < N_ENDS; k++) {
			uint64_t at = cpu_ns();

			ike_tick(d->end[k].e, d->now);
			d->end[k].ns += cpu_ns() - at;
		}
		duo_run(d);
	}
	d->now = end;
}
