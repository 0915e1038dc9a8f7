/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of a graceful restart: read as it was written, by other versions too, or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"
#include "controlplane/ospf/restart_file.h"
#include "cu.h"

#define BOOT 0x1122334455667788u

static const struct rib_hop hops[] = { { .link = 0, .gw = 0x0a010102 }, { .link = 1 } };
static const char names[][RIB_LINK_NAME] = { "lan", "tunnel1" };
static const struct rib_dyn routes[] = {
	{ .prefix = { .addr = 0, .len = 0 }, .kind = RIB_OSPF_E2, .distance = 110, .metric = 1,
		.tag = 7, .first_hop = 0, .n_hops = 2 },
	{ .prefix = { .addr = 0x0a000000, .len = 8 }, .kind = RIB_OSPF_RANGE, .distance = 110,
		.null = true },
	{ .prefix = { .addr = 0x0a000000, .len = 24 }, .kind = RIB_OSPF_INTRA, .distance = 90,
		.metric = 20, .first_hop = 1, .n_hops = 1 },
};
static struct ospf_restart_if ifs[] = {
	{ .name = "lan", .area = 5, .dr = 0xac100001, .bdr = 0xac100002, .grace_seq = -2147483647,
		.crypt_seq = 99, .n_nbrs = 2 },
	{ .name = "tunnel1", .first_nbr = 2, .n_nbrs = 1 },
};
static struct ospf_restart_nbr nbrs[] = {
	{ .router_id = 2, .full = true, .crypt_seen = true, .crypt_seq = { 1, 2, 3, 4, 5 } },
	{ .router_id = 3 },
	{ .router_id = 4, .full = true },
};
static const struct restart_file whole = { .boot_id = BOOT,
	.r = { .router_id = 1, .period_s = 120, .reason = OSPF_RESTART_SOFTWARE, .asked_ms = 5000,
		.ifs = ifs, .nbrs = nbrs, .n_ifs = 2, .n_nbrs = 3 },
	.routes = { .routes = routes, .hops = hops, .names = names, .n_routes = 3, .n_hops = 2,
		.n_names = 2 } };

/* Of exactly this size on the heap, with the checksum of what it is. */
static int
read_bytes(const uint8_t *data, size_t len, struct restart_file *out)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct wr w = wr_init(copy, len);
	int err;

	memcpy(copy, data, len);
	for (size_t i = 12; i < len; i++)
		h = (h ^ copy[i]) * UINT64_C(0x100000001b3);
	if (len >= 12) {
		w.len = 4;
		wr_be64(&w, h);
	}
	err = restart_file_read(copy, len, out);
	free(copy);
	return err;
}

static void
check_whole(const struct restart_file *f)
{
	CU_ASSERT_EQUAL(f->boot_id, BOOT);
	CU_ASSERT_EQUAL(f->r.router_id, 1);
	CU_ASSERT_EQUAL(f->r.period_s, 120);
	CU_ASSERT_EQUAL(f->r.reason, OSPF_RESTART_SOFTWARE);
	CU_ASSERT_EQUAL(f->r.asked_ms, 5000);
	CU_ASSERT_EQUAL_FATAL(f->r.n_ifs, 2);
	CU_ASSERT_EQUAL_FATAL(f->r.n_nbrs, 3);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_STRING_EQUAL(f->r.ifs[i].name, ifs[i].name);
		CU_ASSERT_EQUAL(f->r.ifs[i].area, ifs[i].area);
		CU_ASSERT_EQUAL(f->r.ifs[i].dr, ifs[i].dr);
		CU_ASSERT_EQUAL(f->r.ifs[i].bdr, ifs[i].bdr);
		CU_ASSERT_EQUAL(f->r.ifs[i].grace_seq, ifs[i].grace_seq);
		CU_ASSERT_EQUAL(f->r.ifs[i].crypt_seq, ifs[i].crypt_seq);
		CU_ASSERT_EQUAL(f->r.ifs[i].first_nbr, ifs[i].first_nbr);
		CU_ASSERT_EQUAL(f->r.ifs[i].n_nbrs, ifs[i].n_nbrs);
	}
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(f->r.nbrs[i].router_id, nbrs[i].router_id);
		CU_ASSERT_EQUAL(f->r.nbrs[i].full, nbrs[i].full);
		CU_ASSERT_EQUAL(f->r.nbrs[i].crypt_seen, nbrs[i].crypt_seen);
		CU_ASSERT_EQUAL(memcmp(f->r.nbrs[i].crypt_seq, nbrs[i].crypt_seq,
						sizeof(nbrs[i].crypt_seq)), 0);
	}
	CU_ASSERT_EQUAL_FATAL(f->routes.n_routes, 3);
	for (int i = 0; i < 3; i++) {
		const struct rib_dyn *d = &f->routes.routes[i];

		CU_ASSERT_EQUAL(d->prefix.addr, routes[i].prefix.addr);
		CU_ASSERT_EQUAL(d->prefix.len, routes[i].prefix.len);
		CU_ASSERT_EQUAL(d->kind, routes[i].kind);
		CU_ASSERT_EQUAL(d->distance, routes[i].distance);
		CU_ASSERT_EQUAL(d->null, routes[i].null);
		CU_ASSERT_EQUAL(d->metric, routes[i].metric);
		CU_ASSERT_EQUAL(d->tag, routes[i].tag);
		CU_ASSERT_EQUAL_FATAL(d->n_hops, routes[i].n_hops);
		for (uint32_t k = 0; k < d->n_hops; k++) {
			const struct rib_hop *a = &f->routes.hops[d->first_hop + k];
			const struct rib_hop *b = &hops[routes[i].first_hop + k];

			CU_ASSERT_STRING_EQUAL(f->routes.names[a->link], names[b->link]);
			CU_ASSERT_EQUAL(a->gw, b->gw);
		}
	}
}

static void
test_there_and_back(void)
{
	struct restart_file f;
	size_t len;
	uint8_t *data = restart_file_write(&whole, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(data);
	CU_ASSERT_EQUAL_FATAL(restart_file_read(data, len, &f), 0);
	check_whole(&f);
	restart_file_fini(&f);
	free(data);
}

/* A prefix may end between two items: then it is a shorter file, unless the first one is missing;
 * the checksum refuses it all the same. */
static void
test_prefixes(void)
{
	struct restart_file f;
	size_t len, n_whole = 0;
	uint8_t *data = restart_file_write(&whole, &len), *cut;

	for (size_t n = 0; n < len; n++) {
		cut = malloc(n > 0 ? n : 1);
		memcpy(cut, data, n);
		CU_ASSERT_EQUAL(restart_file_read(cut, n, &f), -EBADMSG);
		free(cut);
		if (read_bytes(data, n, &f) == 0) {
			n_whole++;
			restart_file_fini(&f);
		}
	}
	CU_ASSERT_EQUAL(n_whole, 10); /* after each of the items but the last */
	free(data);
}

/* Any byte that is another one. */
static void
test_damaged(void)
{
	struct restart_file f;
	size_t len;
	uint8_t *data = restart_file_write(&whole, &len);

	for (size_t i = 0; i < len; i++) {
		data[i] ^= 0x55;
		CU_ASSERT_EQUAL(restart_file_read(data, len, &f), -EBADMSG);
		if (read_bytes(data, len, &f) == 0) /* but for the checksum */
			restart_file_fini(&f);
		data[i] ^= 0x55;
	}
	free(data);
}

/* Another version: an item that we do not know, and a known one that is longer. */
static void
test_other_versions(void)
{
	static const uint8_t unknown[] = { 0x12, 0x34, 0, 0, 0, 3, 1, 2, 3 };
	struct restart_file f;
	uint8_t *data, more[2048];
	struct wr w = wr_init(more, sizeof(more));
	struct rd r;
	size_t len;

	data = restart_file_write(&whole, &len);
	r = rd_init(data, len);
	wr_bytes(&w, rd_bytes(&r, 12), 12);
	while (rd_left(&r) > 0) {
		uint16_t type = rd_be16(&r);
		uint32_t n = rd_be32(&r);

		wr_bytes(&w, unknown, sizeof(unknown));
		wr_be16(&w, type);
		wr_be32(&w, n + 5);
		wr_bytes(&w, rd_bytes(&r, n), n);
		wr_bytes(&w, unknown, 5);
	}
	CU_ASSERT_FALSE_FATAL(w.bad);
	CU_ASSERT_EQUAL_FATAL(read_bytes(more, w.len, &f), 0);
	check_whole(&f);
	restart_file_fini(&f);
	free(data);
}

/* Well-formed, and nonsense. */
static void
test_nonsense(void)
{
	static const struct rib_dyn bad[] = {
		{ .prefix = { .len = 33 }, .kind = RIB_OSPF_E1, .null = true },
		{ .prefix = { .addr = 1, .len = 24 }, .kind = RIB_OSPF_E1, .null = true },
		{ .prefix = { .len = 0 }, .kind = RIB_KIND_NONE, .null = true },
		{ .prefix = { .len = 0 }, .kind = RIB_N_KINDS, .null = true },
		{ .prefix = { .len = 0 }, .kind = RIB_OSPF_E1 },
		{ .prefix = { .len = 0 }, .kind = RIB_OSPF_E1, .null = true, .n_hops = 1 },
		{ .prefix = { .len = 0 }, .kind = RIB_OSPF_E1, .first_hop = 2, .n_hops = 1 },
	};
	static const struct rib_hop some[] = { { .link = 0 }, { .link = 1 }, { .link = 2 } };
	struct rib_dyn twice[] = { routes[2], routes[2] };
	struct restart_file f = whole, out;
	uint8_t *data;
	size_t len;

	f.routes.hops = some;
	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		bool last = i == sizeof(bad) / sizeof(bad[0]);

		f.routes.routes = last ? twice : &bad[i];
		f.routes.n_routes = last ? 2 : 1;
		data = restart_file_write(&f, &len);
		CU_ASSERT_EQUAL(restart_file_read(data, len, &out), -EBADMSG);
		free(data);
	}
	for (uint32_t period = 0; period <= 1801; period += 1801) {
		f = whole;
		f.r.period_s = (uint16_t)period;
		data = restart_file_write(&f, &len);
		CU_ASSERT_EQUAL(restart_file_read(data, len, &out), -EBADMSG);
		free(data);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_there_and_back), CU_CASE(test_prefixes), CU_CASE(test_damaged),
	CU_CASE(test_other_versions), CU_CASE(test_nonsense),
};

CU_MAIN("restart_file", cases)
