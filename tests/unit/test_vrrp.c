/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VRRP: packets (RFC 9568 section 5.2, RFC 3768 section 5.3) against bytes made by hand and by
 * others, the checks of section 7.1, the state machine of section 6.4 row by row, and what we add
 * to it: preemption and start-up that wait, clocks that stood still, groups that move together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/vrrp/vrrp.h"
#include "cu.h"

#define OWN   0x0a000002u /* 10.0.0.2 */
#define OTHER 0x0a000003u
#define VIP   0x0a000001u

/* ---- a router and what it does ----------------------------------------------------------- */

static struct vrrp_engine *engine;
static struct vrrp_vr *vr;
static uint64_t now;
static unsigned int n_sent, n_announced, n_duplicates, n_refused, n_changed, n_quiet, n_last;
static struct vrrp_adv last; /* sent */

static void
on_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	struct rd r = rd_init(pkt, len);

	n_sent++;
	CU_ASSERT_EQUAL(vrrp_parse(&r, &last), VRRP_OK);
	CU_ASSERT_EQUAL(last.ttl, 255);
}

static void
on_announce(void *ctx, const struct vrrp_cfg *c)
{
	n_announced++;
}

static void
on_changed(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t)
{
	CU_ASSERT_NOT_EQUAL(t->from, t->to);
	CU_ASSERT_NOT_EQUAL(t->reason[0], '\0');
	n_changed++;
	n_quiet += t->quiet;
	n_last += t->last;
}

static void
on_duplicate(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, uint8_t priority)
{
	n_duplicates++;
}

static void
on_refused(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, const char *why)
{
	n_refused++;
}

static char traced[8192];

static void
on_trace(void *ctx, const struct vrrp_trace *t)
{
	char peer[IP6_STR_LEN];

	snprintf(traced + strlen(traced), sizeof(traced) - strlen(traced), "%u/%u %s%s: %s\n",
			t->if_id, t->vrid, t->peer == NULL ? "here" : t->out ? "to " : "from ",
			t->peer != NULL ? ip46_str(t->peer, peer) : "", t->text);
}

static struct vrrp_cfg
cfg(uint8_t version, uint8_t priority)
{
	struct vrrp_cfg c = { .if_id = 1, .vrid = 10, .name = "lan 10", .version = version,
		.priority = priority, .n_addrs = 1, .source = vrrp_map4(OWN), .advert_ms = 1000,
		.preempt = true };

	c.addrs[0] = vrrp_map4(VIP);
	return c;
}

static void
begin(const struct vrrp_cfg *c)
{
	static const struct vrrp_ops ops = { .send = on_send, .announce = on_announce,
		.changed = on_changed, .duplicate = on_duplicate, .refused = on_refused,
		.trace = on_trace };

	vrrp_free(engine);
	engine = vrrp_new(&ops, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	now = 10000;
	n_sent = n_announced = n_duplicates = n_refused = n_changed = n_quiet = n_last = 0;
	vr = vrrp_set(engine, c, now);
	CU_ASSERT_PTR_NOT_NULL_FATAL(vr);
}

static void
up(void)
{
	vrrp_up(engine, vr, true, NULL, now);
}

/* Time goes by, every timer on time. */
static void
pass(uint64_t ms)
{
	uint64_t end = now + ms, at;

	while ((at = vrrp_next_ms(engine)) <= end) {
		now = at > now ? at : now;
		vrrp_tick(engine, now);
	}
	now = end;
}

static struct vrrp_adv
adv(uint8_t version, uint8_t priority)
{
	struct vrrp_adv a = { .ttl = 255, .src = vrrp_map4(OTHER), .dst = vrrp_group(false),
		.version = version, .vrid = 10, .priority = priority, .n_addrs = 1,
		.interval_ms = 1000, .pseudo = true };

	a.addrs[0] = vrrp_map4(VIP);
	return a;
}

static void
hear(const struct vrrp_adv *a)
{
	uint8_t pkt[VRRP_PACKET_MAX];

	vrrp_input(engine, 1, pkt, vrrp_build(a, pkt), now);
}

static void
hear_priority(uint8_t priority)
{
	struct vrrp_adv a = adv(3, priority);

	hear(&a);
}

#define STATE() vrrp_state(vr)

/* ---- packets ----------------------------------------------------------------------------- */

/* VRID 10, priority 150, 1 s, 10.0.0.1, from 10.0.0.3; sums worked out apart. */
static const uint8_t v3_pseudo[] = { 0x45, 0xc0, 0, 32, 0, 0, 0, 0, 255, 112, 0xd0, 0x98, 10, 0, 0,
	3,
	224, 0, 0, 18, 0x31, 10, 150, 1, 0, 100, 0x43, 0xfd, 10, 0, 0, 1 };
static const uint8_t v3_plain[] = { 0x45, 0xc0, 0, 32, 0, 0, 0, 0, 255, 112, 0xd0, 0x98, 10, 0, 0,
	3,
	224, 0, 0, 18, 0x31, 10, 150, 1, 0, 100, 0x2e, 0x8f, 10, 0, 0, 1 };

static enum vrrp_err
parse(const uint8_t *pkt, size_t len, struct vrrp_adv *a)
{
	uint8_t *copy = malloc(len + 1);
	struct rd r;
	enum vrrp_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, pkt, len);
	r = rd_init(copy, len);
	err = vrrp_parse(&r, a);
	free(copy);
	return err;
}

static void
test_both_checksums(void)
{
	uint8_t pkt[VRRP_PACKET_MAX], plain[sizeof(v3_plain)];
	struct vrrp_adv a = adv(3, 150), got;
	size_t len = vrrp_build(&a, pkt);

	CU_ASSERT_EQUAL_FATAL(len, sizeof(v3_pseudo));
	CU_ASSERT_EQUAL(memcmp(pkt, v3_pseudo, len), 0);
	CU_ASSERT_EQUAL(parse(pkt, len, &got), VRRP_OK);
	CU_ASSERT_TRUE(got.pseudo);
	CU_ASSERT_EQUAL(got.priority, 150);
	CU_ASSERT_EQUAL(got.interval_ms, 1000);
	CU_ASSERT_EQUAL(vrrp_addr4(&got.addrs[0]), VIP);
	memcpy(plain, v3_plain, sizeof(plain));
	a.pseudo = false;
	CU_ASSERT_EQUAL_FATAL(vrrp_build(&a, pkt), sizeof(plain));
	CU_ASSERT_EQUAL(memcmp(pkt, plain, sizeof(plain)), 0);
	CU_ASSERT_EQUAL(parse(plain, sizeof(plain), &got), VRRP_OK);
	CU_ASSERT_FALSE(got.pseudo);
	plain[27] ^= 1;
	CU_ASSERT_EQUAL(parse(plain, sizeof(plain), &got), VRRP_ERR_CHECKSUM);
}

static void
test_every_form(void)
{
	struct vrrp_adv forms[4] = { adv(2, 100), adv(3, 254), adv(3, 1), adv(2, 0) }, got;
	uint8_t pkt[VRRP_PACKET_MAX];

	forms[0].auth_type = VRRP_AUTH_TEXT;
	memcpy(forms[0].auth, "sesame\0\0", 8);
	forms[1].interval_ms = 40950;
	forms[1].n_addrs = VRRP_ADDRS_MAX;
	forms[2].ip6 = true;
	forms[2].src = (struct ip6_addr){ { 0xfe, 0x80, [15] = 3 } };
	forms[2].dst = vrrp_group(true);
	forms[2].addrs[0] = (struct ip6_addr){ { 0xfe, 0x80, [15] = 1 } };
	forms[2].interval_ms = 10;
	for (int i = 0; i < 4; i++) {
		size_t len = vrrp_build(&forms[i], pkt);

		CU_ASSERT_EQUAL(parse(pkt, len, &got), VRRP_OK);
		CU_ASSERT_EQUAL(got.version, forms[i].version);
		CU_ASSERT_EQUAL(got.n_addrs, forms[i].n_addrs);
		CU_ASSERT_EQUAL(got.interval_ms, forms[i].interval_ms);
		CU_ASSERT_EQUAL(got.ip6, forms[i].ip6);
		CU_ASSERT_EQUAL(memcmp(got.auth, forms[i].auth, 8), 0);
		CU_ASSERT(ip6_equal(&got.src, &forms[i].src));
		CU_ASSERT(ip6_equal(&got.addrs[0], &forms[i].addrs[0]));
		for (size_t cut = 0; cut < len; cut++)
			CU_ASSERT_NOT_EQUAL(parse(pkt, cut, &got), VRRP_OK);
		/* A flipped bit of the message is noticed, unless it makes another version. */
		for (size_t at = i == 2 ? 42 : 22; at < len; at++) {
			pkt[at] ^= 0x10;
			CU_ASSERT_NOT_EQUAL(parse(pkt, len, &got), VRRP_OK);
			pkt[at] ^= 0x10;
		}
	}
}

/* Of another maker, where the vectors are. */
static void
test_capture(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	uint8_t head[24], rec[16], pkt[2048];
	struct vrrp_adv a;
	char path[1024];
	unsigned int n = 0, n_v2 = 0, n_v3 = 0, n_auth = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../shared/vectors/captures/vrrp.pcap",
			root != NULL ? root : ".");
	f = fopen(path, "rb");
	if (f == NULL) {
		printf("\n  skipped: no %s\n", path);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(fread(head, sizeof(head), 1, f), 1);
	while (fread(rec, sizeof(rec), 1, f) == 1) {
		size_t len = rec[8] | (size_t)rec[9] << 8;

		CU_ASSERT_FATAL(len <= sizeof(pkt) && fread(pkt, 1, len, f) == len);
		if (len < 34 || pkt[12] != 8 || pkt[13] != 0 || pkt[23] != 112)
			continue;
		n++;
		CU_ASSERT_EQUAL(parse(pkt + 14, len - 14, &a), VRRP_OK);
		n_v2 += a.version == 2;
		n_v3 += a.version == 3;
		n_auth += a.auth_type == VRRP_AUTH_TEXT;
	}
	fclose(f);
	printf("\n  %u packets: %u of version 2, %u with a password, %u of version 3\n", n, n_v2,
			n_auth, n_v3);
	CU_ASSERT(n > 0 && n_v2 > 0 && n_v3 > 0 && n_auth > 0);
}

/* ---- debug ------------------------------------------------------------------------------- */

static void
test_trace(void)
{
	struct vrrp_cfg c = cfg(2, 100);
	struct vrrp_adv a = adv(2, 120);
	uint8_t pkt[VRRP_PACKET_MAX];
	size_t len;

	memcpy(c.auth, "sesame", 7);
	begin(&c);
	traced[0] = '\0';
	up();
	CU_ASSERT_EQUAL(traced[0], '\0'); /* nobody looks */
	vrrp_trace_on(engine, true);
	hear(&a);
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "1/10 from 10.0.0.3: advertisement, version 2, "
			"group 10, priority 120, interval 1000 ms, TTL 255, authentication none\n"
			"  addresses 10.0.0.1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "refused: another authentication type"));
	a.auth_type = VRRP_AUTH_TEXT;
	memcpy(a.auth, "opensaid", 8);
	hear(&a);
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "refused: wrong password"));
	a.vrid = 11;
	hear(&a);
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "1/11 from 10.0.0.3: refused: no such group here"));
	len = vrrp_build(&a, pkt);
	pkt[len - 1] ^= 1;
	vrrp_input(engine, 1, pkt, len, now);
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "here: refused: wrong checksum"));
	pass(3700);
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "1/10 here: backup -> active: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(traced, "1/10 to 224.0.0.18: advertisement"));
	/* No password, of either side. */
	CU_ASSERT_PTR_NULL(strstr(traced, "sesame"));
	CU_ASSERT_PTR_NULL(strstr(traced, "opensaid"));
	vrrp_trace_on(engine, false);
	traced[0] = '\0';
	pass(2000);
	CU_ASSERT_EQUAL(traced[0], '\0');
}

/* ---- section 6.4 ------------------------------------------------------------------------- */

static void
test_init(void)
{
	struct vrrp_cfg c = cfg(3, 100);

	begin(&c);
	CU_ASSERT_EQUAL(STATE(), VRRP_INIT);
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), UINT64_MAX);
	hear_priority(1); /* nothing is listened to */
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
	up();
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	/* 3 * 1000 + (256 - 100) * 1000 / 256 */
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 3609);
	c = cfg(3, VRRP_OWNER);
	c.source = c.addrs[0];
	begin(&c);
	up();
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(n_sent, 1);
	CU_ASSERT_EQUAL(last.priority, 255);
	CU_ASSERT_EQUAL(n_announced, 1);
}

static void
test_backup(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	struct vrrp_adv a = adv(3, 120);

	begin(&c);
	up();
	pass(3608);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	hear_priority(100); /* an equal is heeded */
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 3609);
	a.interval_ms = 200; /* the interval is learned */
	hear(&a);
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 600 + 156 * 200 / 256);
	pass(100);
	hear_priority(99); /* a lesser one is not: the timer goes on */
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 500 + 121);
	hear_priority(0); /* it goes: the skew time is left */
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 121);
	pass(121);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(n_sent, 1);
	CU_ASSERT_EQUAL(last.interval_ms, 1000); /* our own again */
	vrrp_up(engine, vr, false, "gone", now);
	CU_ASSERT_EQUAL(STATE(), VRRP_INIT);
	CU_ASSERT_EQUAL(last.priority, 0);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->prio0_sent, 1);
	/* Not told to preempt, it heeds the lesser one. */
	c.preempt = false;
	begin(&c);
	up();
	pass(3000);
	hear_priority(1);
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 3609);
	vrrp_up(engine, vr, false, "gone", now);
	CU_ASSERT_EQUAL(n_sent, 0); /* a backup goes without a word */
}

static void
active(const struct vrrp_cfg *c)
{
	begin(c);
	up();
	pass(3700);
	CU_ASSERT_EQUAL_FATAL(STATE(), VRRP_ACTIVE);
}

static void
test_active(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	struct vrrp_adv a = adv(3, 100);
	unsigned int before;

	active(&c);
	before = n_sent;
	pass(10000);
	CU_ASSERT_EQUAL(n_sent, before + 10);
	CU_ASSERT_EQUAL(n_announced, VRRP_ANNOUNCES);
	/* Priority 0 is answered at once. */
	hear_priority(0);
	CU_ASSERT_EQUAL(n_sent, before + 11);
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 1000);
	/* So is a lesser one, but not more often than twice an interval; and the LAN is told
	 * anew. */
	pass(600);
	n_announced = 0;
	hear_priority(99);
	hear_priority(99);
	CU_ASSERT_EQUAL(n_sent, before + 12);
	CU_ASSERT_EQUAL(n_announced, 1);
	CU_ASSERT_EQUAL(n_duplicates, 1);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	/* An equal of lower address is a lesser one. */
	a.src = vrrp_map4(OWN - 1);
	hear(&a);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	a.src = vrrp_map4(OTHER);
	hear(&a);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	CU_ASSERT_EQUAL(vrrp_next_ms(engine), now + 3609);
	active(&c);
	hear_priority(101);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	CU_ASSERT_PTR_NOT_NULL(strstr(vrrp_history(vr, 0)->reason, "10.0.0.3"));
}

/* A lesser router hears nothing and goes on, in step with us: each of its advertisements makes
 * bridges send the hosts' frames there, also the one right behind ours. Each is answered. */
static void
test_deaf_router(void)
{
	struct vrrp_cfg c = cfg(3, 100);

	active(&c);
	pass(10000);
	for (unsigned int i = 0; i < 20; i++) {
		unsigned int before = n_sent, announced = n_announced;

		hear_priority(99);
		CU_ASSERT_EQUAL(n_sent, before + 1);
		CU_ASSERT_EQUAL(n_announced, announced + 1);
		hear_priority(99); /* one more at the same moment costs nothing */
		CU_ASSERT_EQUAL(n_sent, before + 1);
		pass(1000);
	}
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->duplicates, 40);
}

/* Its announcements have bridges send there as well, and some come when nothing else is said: the
 * last word is ours. */
static void
test_deaf_router_announces(void)
{
	struct ip6_addr vip = vrrp_map4(VIP), other = vrrp_map4(OTHER);
	struct vrrp_cfg c = cfg(3, 100);
	unsigned int before;

	active(&c);
	pass(10000);
	before = n_announced;
	vrrp_claimed(engine, 1, &vip, now); /* of one that we do not hear: it may be the better */
	pass(500);
	CU_ASSERT_EQUAL(n_announced, before);
	hear_priority(99);
	pass(300);
	CU_ASSERT_EQUAL(n_announced, before + 2);
	vrrp_claimed(engine, 1, &other, now);
	vrrp_claimed(engine, 2, &vip, now);
	pass(100);
	CU_ASSERT_EQUAL(n_announced, before + 2);
	for (unsigned int i = 0; i < 100; i++)
		vrrp_claimed(engine, 1, &vip, now);
	pass(19);
	CU_ASSERT_EQUAL(n_announced, before + 2);
	pass(1);
	CU_ASSERT_EQUAL(n_announced, before + 3);
	pass(200); /* and once more, should that be lost */
	CU_ASSERT_EQUAL(n_announced, before + 4);
	pass(10000);
	before = n_announced;
	vrrp_claimed(engine, 1, &vip, now); /* it was not heard for long */
	pass(5000);
	CU_ASSERT_EQUAL(n_announced, before);
}

/* ---- section 7.1 ------------------------------------------------------------------------- */

static void
test_refused(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	struct vrrp_adv a;
	uint8_t pkt[VRRP_PACKET_MAX];

	begin(&c);
	up();
#define REFUSED(counter, field, value)                                        \
	do {                                                                  \
		a = adv(c.version, 200);                                      \
		a.field = value;                                              \
		hear(&a);                                                     \
		CU_ASSERT_EQUAL(counter, 1);                                  \
		CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);                     \
	} while (0)
	REFUSED(vrrp_stats(vr)->ttl_errors, ttl, 254);
	REFUSED(vrrp_totals(engine)->version_errors, version, 2);
	REFUSED(vrrp_totals(engine)->vrid_errors, vrid, 11);
	REFUSED(vrrp_stats(vr)->interval_errors, interval_ms, 0);
	a = adv(3, 200);
	vrrp_build(&a, pkt);
	pkt[20] = 0x32;
	vrrp_input(engine, 1, pkt, 32, now);
	CU_ASSERT_EQUAL(vrrp_totals(engine)->type_errors, 1);
	vrrp_input(engine, 2, pkt, 32, now); /* another interface */
	a = adv(3, 200);
	a.src = vrrp_map4(OWN);
	hear(&a); /* our own, looped back */
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
	/* Other addresses are a warning: RFC 9568 section 7.1. */
	a = adv(3, 200);
	a.addrs[0] = vrrp_map4(VIP + 100);
	hear(&a);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->addr_list_errors, 1);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 1);
	c = cfg(2, 100);
	begin(&c);
	up();
	REFUSED(vrrp_stats(vr)->interval_errors, interval_ms, 2000);
	REFUSED(vrrp_stats(vr)->auth_type_errors, auth_type, VRRP_AUTH_TEXT);
	memcpy(c.auth, "sesame", 7);
	vrrp_set(engine, &c, now);
	a = adv(2, 200);
	a.auth_type = VRRP_AUTH_TEXT;
	memcpy(a.auth, "sesamf", 6);
	hear(&a);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->auth_failures, 1);
	memcpy(a.auth, "sesame", 6);
	hear(&a);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 1);
	c.n_peers = 1;
	c.peers[0] = vrrp_map4(OTHER + 1);
	vrrp_set(engine, &c, now);
	hear(&a);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->not_peers, 1);
}

/* Who may advertise is configured: nobody else is heeded, whatever it says, and the bridges learn
 * from us again where frames go. */
static void
test_permitted(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	unsigned int before;

	c.n_permitted = 1;
	c.permitted[0] = vrrp_map4(OTHER + 1);
	begin(&c);
	up();
	pass(2000);
	hear_priority(200);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->not_permitted, 1);
	CU_ASSERT_EQUAL(n_refused, 1);
	CU_ASSERT_EQUAL(n_sent, 0);
	pass(3000);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	pass(10000);
	before = n_announced;
	hear_priority(255);
	CU_ASSERT_EQUAL(n_announced, before + 1);
	hear_priority(0);
	hear_priority(255); /* no two answers within half an interval */
	CU_ASSERT_EQUAL(n_announced, before + 1);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->not_permitted, 4);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->prio0_rcvd, 0);
	c.permitted[0] = vrrp_map4(OTHER);
	vrrp_set(engine, &c, now);
	hear_priority(200);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->yielded, 1);
}

/* A stranger takes and gives: the RFC has us follow, but not the log. */
static void
test_flapping(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	unsigned int cycles = 40;

	begin(&c);
	up();
	pass(5000);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	for (unsigned int i = 0; i < cycles; i++) {
		hear_priority(255);
		CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
		hear_priority(0);
		pass(700);
		CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	}
	CU_ASSERT_EQUAL(n_changed, 2 + 2 * cycles);
	CU_ASSERT_EQUAL(n_changed - n_quiet, VRRP_CHANGES);
	CU_ASSERT_EQUAL(n_last, 1);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->changes_unlogged, n_quiet);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->yielded, cycles);
	pass(VRRP_CHANGES_MS);
	hear_priority(255);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->changes_unlogged, n_changed - 1 - VRRP_CHANGES);
}

/* ---- what we add ------------------------------------------------------------------------- */

static void
test_waiting(void)
{
	struct vrrp_cfg c = cfg(3, 100);

	c.startup_delay_ms = 30000;
	c.preempt_delay_ms = 5000;
	begin(&c);
	up();
	pass(29999);
	CU_ASSERT_EQUAL(STATE(), VRRP_INIT);
	pass(1);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	for (int i = 0; i < 50; i++) { /* a lesser one is heeded for five seconds */
		pass(100);
		if (i % 10 == 0)
			hear_priority(50);
	}
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	for (int i = 0; i < 60 && STATE() == VRRP_BACKUP; i++) {
		pass(100);
		if (i % 10 == 0)
			hear_priority(50);
	}
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_PTR_NOT_NULL(strstr(vrrp_history(vr, 0)->reason, "preempted"));
}

static void
test_stalls(void)
{
	struct vrrp_cfg c = cfg(3, 100);
	unsigned int before;

	active(&c);
	before = n_sent;
	now = vrrp_next_ms(engine) + 2609; /* a bit late is only late */
	vrrp_tick(engine, now);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(n_sent, before + 1);
	now = vrrp_next_ms(engine) + 5000; /* the others have another one by now */
	vrrp_tick(engine, now);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	CU_ASSERT_EQUAL(n_sent, before + 1);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->stalls, 1);
	pass(1608); /* nobody in an interval and the skew time: so it is us */
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	pass(1);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	/* A backup whose timer fires late looks first what has come meanwhile. */
	begin(&c);
	up();
	now = vrrp_next_ms(engine) + 2000;
	vrrp_tick(engine, now);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	hear_priority(200);
	pass(2000);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	/* But only once: a loop that is late always must not keep it from its duty. */
	now = vrrp_next_ms(engine) + 2000;
	vrrp_tick(engine, now);
	now = vrrp_next_ms(engine) + 2000;
	vrrp_tick(engine, now);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
}

static void
test_priority(void)
{
	struct vrrp_cfg c = cfg(3, 100);

	active(&c);
	n_sent = 0;
	vrrp_priority(engine, vr, 40, now); /* the others learn it at once */
	CU_ASSERT_EQUAL(n_sent, 1);
	CU_ASSERT_EQUAL(last.priority, 40);
	hear_priority(50);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	vrrp_priority(engine, vr, 100, now);
	pass(500);
	hear_priority(50); /* now it is a lesser one */
	pass(3200);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
}

static void
test_sync(void)
{
	struct vrrp_cfg lan = cfg(3, 100), wan = cfg(3, 100);
	struct vrrp_adv a = adv(3, 200);
	uint8_t pkt[VRRP_PACKET_MAX];
	struct vrrp_vr *w;

	strcpy(lan.sync, "hub");
	wan = lan;
	wan.if_id = 2;
	strcpy(wan.name, "wan 10");
	begin(&lan);
	w = vrrp_set(engine, &wan, now);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	up();
	pass(10000); /* alone it may not */
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	vrrp_up(engine, w, true, NULL, now);
	pass(4000);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_state(w), VRRP_ACTIVE);
	/* The WAN is another's: so is the LAN, and it learns it from us. */
	vrrp_input(engine, 2, pkt, vrrp_build(&a, pkt), now);
	CU_ASSERT_EQUAL(vrrp_state(w), VRRP_BACKUP);
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	CU_ASSERT_EQUAL(last.priority, 0);
	/* While the other has the WAN, the LAN waits with it, though nobody is heard there. */
	for (int i = 0; i < 10; i++) {
		pass(1000);
		vrrp_input(engine, 2, pkt, vrrp_build(&a, pkt), now);
	}
	CU_ASSERT_EQUAL(STATE(), VRRP_BACKUP);
	pass(6000);
	CU_ASSERT_EQUAL(STATE(), VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_state(w), VRRP_ACTIVE);
	vrrp_up(engine, vr, false, "the link is down", now);
	CU_ASSERT_EQUAL(vrrp_state(w), VRRP_BACKUP);
	vrrp_free(engine);
	engine = NULL;
}

static const struct cu_case cases[] = {
	CU_CASE(test_both_checksums),
	CU_CASE(test_every_form),
	CU_CASE(test_capture),
	CU_CASE(test_trace),
	CU_CASE(test_init),
	CU_CASE(test_backup),
	CU_CASE(test_active),
	CU_CASE(test_deaf_router),
	CU_CASE(test_deaf_router_announces),
	CU_CASE(test_refused),
	CU_CASE(test_permitted),
	CU_CASE(test_flapping),
	CU_CASE(test_waiting),
	CU_CASE(test_stalls),
	CU_CASE(test_priority),
	CU_CASE(test_sync),
};

CU_MAIN("vrrp", cases)
