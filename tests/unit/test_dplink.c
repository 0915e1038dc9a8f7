/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attachment over time, against a real channel server: packets that must not overtake the
 * commands they depend on. The dataplane's threads are the test's own: it decides when the main
 * core reads a command and when a worker reads a packet.
 */
#include <event2/event.h>

#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "cu.h"
#include "chan_fixture.h"

#define LIMIT_MS 60000

static struct fixture fx;
static struct event_base *base;
static struct dplink *link_;
static unsigned int n_attached, n_detached, n_done;

uint64_t
cp_now_ms(void)
{
	return fx_now_ms();
}

static void
on_attached(void *ctx, struct chan_client *c)
{
	n_attached++;
}

static void
on_detached(void *ctx, const char *why)
{
	n_detached++;
}

static void
on_done(void *ctx, const struct chan_done *d)
{
	n_done++;
}

static void
on_event(void *ctx, const struct chan_event *ev)
{
}

static void
on_punt(void *ctx, const struct chan_pkt *pkt)
{
}

static void
on_fatal(void *ctx, const char *why)
{
	CU_FAIL("fatal");
}

/* Let both ends run until *@n is at least @want; @server: the main core reads, too. */
static bool
until(const unsigned int *n, unsigned int want, bool server)
{
	uint64_t end = fx_now_ms() + LIMIT_MS;

	while (*n < want && fx_now_ms() < end) {
		if (server)
			chan_server_run(fx.server, fx_now_ms());
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(100);
	}
	return *n >= want;
}

static void
setup(void)
{
	struct dplink_handlers h = { .attached = on_attached,
		.detached = on_detached,
		.event = on_event,
		.punt = on_punt,
		.done = on_done,
		.fatal = on_fatal };

	n_attached = n_detached = n_done = 0;
	CU_ASSERT_FATAL(fx_init(&fx) == 0 && fx_open(&fx) == 0);
	base = event_base_new();
	link_ = dplink_new(base, fx.path, &h);
	CU_ASSERT_FATAL(link_ != NULL);
	dplink_start(link_);
	CU_ASSERT_FATAL(until(&n_attached, 1, true));
}

static void
teardown(void)
{
	dplink_free(link_);
	event_base_free(base);
	fx_fini(&fx);
}

static int
command(void)
{
	struct chan_cmd cmd = { .op = CHAN_CMD_SA_SET };

	return dplink_cmd(link_, &cmd);
}

/* The mark byte of the next packet that a worker would send; -1: there is none. */
static int
sent(void)
{
	struct ring_end *in = &fx.workers[0]->inject_in;
	const struct chan_pkt *p = ring_in_slot(in);
	int mark;

	if (p == NULL)
		return -1;
	mark = p->data[0];
	ring_in_pop(in);
	return mark;
}

static int
packet(uint64_t mark, uint8_t name)
{
	uint8_t data[20] = { name };

	return dplink_inject_after(link_, mark, CHAN_INJECT_ROUTE, 0, data, sizeof(data));
}

static void
test_waits_for_its_command(void)
{
	setup();
	CU_ASSERT(packet(dplink_mark(link_), 1) == 0); /* nothing is open: at once */
	CU_ASSERT(sent() == 1);
	CU_ASSERT(command() == 0);
	CU_ASSERT(packet(dplink_mark(link_), 2) == 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	CU_ASSERT(sent() == -1); /* the main core has not read the command yet */
	CU_ASSERT(until(&n_done, 1, true));
	CU_ASSERT(sent() == 2);
	CU_ASSERT(sent() == -1);
	teardown();
}

static void
test_keeps_its_order(void)
{
	uint64_t mark[2];

	setup();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT(command() == 0);
		mark[i] = dplink_mark(link_);
	}
	CU_ASSERT(packet(mark[0], 1) == 0 && packet(mark[1], 2) == 0 && packet(mark[1], 3) == 0);
	CU_ASSERT(until(&n_done, 2, true));
	CU_ASSERT(sent() == 1 && sent() == 2 && sent() == 3 && sent() == -1);
	teardown();
}

/* Others are not held up, and no more wait than may. */
static void
test_bounds(void)
{
	uint8_t other[20] = { 9 };
	unsigned int n = 0;

	setup();
	CU_ASSERT(command() == 0);
	while (packet(dplink_mark(link_), 1) == 0 && n < 100000)
		n++;
	CU_ASSERT(n == 4096);
	CU_ASSERT(packet(dplink_mark(link_), 1) == -ENOBUFS);
	CU_ASSERT(dplink_inject(link_, CHAN_INJECT_ROUTE, 0, other, sizeof(other)) == 0);
	CU_ASSERT(sent() == 9);
	teardown(); /* what waits is freed */
}

static void
test_dataplane_goes(void)
{
	setup();
	CU_ASSERT(command() == 0);
	CU_ASSERT(packet(dplink_mark(link_), 1) == 0);
	chan_server_close(fx.server);
	fx.server = NULL;
	CU_ASSERT(until(&n_detached, 1, false));
	CU_ASSERT(packet(dplink_mark(link_), 2) == -ENOTCONN);
	/* A new one does not get what was for the old one, and waits for nothing of it. */
	CU_ASSERT_FATAL(fx_open(&fx) == 0);
	CU_ASSERT(until(&n_attached, 2, true));
	CU_ASSERT(sent() == -1);
	CU_ASSERT(packet(dplink_mark(link_), 3) == 0);
	CU_ASSERT(sent() == 3);
	teardown();
}

/* A frame out of an interface that was named a moment ago; a packet to be routed need not wait. */
static void
test_frame_waits_for_interface(void)
{
	struct chan_cmd cmd = { .op = CHAN_CMD_IF_SET };
	uint8_t frame[60] = { 7 }, routed[20] = { 8 };

	setup();
	CU_ASSERT(dplink_cmd(link_, &cmd) == 0);
	CU_ASSERT(command() == 0);
	CU_ASSERT(dplink_inject(link_, CHAN_INJECT_FRAME, 0, frame, sizeof(frame)) == 0);
	CU_ASSERT(dplink_inject(link_, CHAN_INJECT_ROUTE, 0, routed, sizeof(routed)) == 0);
	CU_ASSERT(sent() == 8 && sent() == -1);
	CU_ASSERT(until(&n_done, 1, true));
	CU_ASSERT(sent() == 7);
	cmd.op = CHAN_CMD_TUN_SET;
	CU_ASSERT(dplink_cmd(link_, &cmd) == 0);
	CU_ASSERT(dplink_inject(link_, CHAN_INJECT_TUN, 0, routed, sizeof(routed)) == 0);
	CU_ASSERT(sent() == -1);
	CU_ASSERT(until(&n_done, 3, true));
	CU_ASSERT(sent() == 8);
	frame[0] = 6;
	CU_ASSERT(dplink_inject(link_, CHAN_INJECT_FRAME, 0, frame, sizeof(frame)) == 0);
	CU_ASSERT(sent() == 6);
	teardown();
}

static const struct cu_case cases[] = {
	CU_CASE(test_waits_for_its_command),
	CU_CASE(test_keeps_its_order),
	CU_CASE(test_bounds),
	CU_CASE(test_dataplane_goes),
	CU_CASE(test_frame_waits_for_interface),
};
CU_MAIN("attachment to the dataplane", cases)
