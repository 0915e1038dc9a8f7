/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Far ends by name, against a name server in this process: found, kept while it is among the
 * answers, changed, not lost by failures, hostile addresses refused, forgotten when nobody wants
 * it.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/cp.h"
#include "controlplane/vpn/names.h"
#include "tests/unit/cu.h"

#define LIMIT_MS 60000

static struct {
	struct event_base *base;
	struct names *n;
	struct event *ev;
	int fd;
	char servers[32];
	/* what the server answers */
	uint32_t addrs[4];
	int n_addrs;
	bool refuses;
	unsigned int n_queries;
	/* what came of it */
	unsigned int n_found;
	uint32_t addr;
	char tunnel[32];
} t;

uint64_t
cp_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
on_query(evutil_socket_t fd, short what, void *arg)
{
	uint8_t b[512];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(fd, b, 300, 0, (struct sockaddr *)&from, &len);
	size_t at;

	if (n < 17)
		return;
	t.n_queries++;
	b[2] = 0x81;
	b[3] = t.refuses ? 0x83 : 0x80;
	b[7] = t.refuses ? 0 : (uint8_t)t.n_addrs;
	memset(b + 8, 0, 4);
	at = 12 + strlen((char *)b + 12) + 5; /* only the question is kept */
	for (int i = 0; i < t.n_addrs && !t.refuses; i++) {
		static const uint8_t head[] = { 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4 };
		uint32_t be = htonl(t.addrs[i]);

		memcpy(b + at, head, sizeof(head));
		memcpy(b + at + sizeof(head), &be, 4);
		at += sizeof(head) + 4;
	}
	if (sendto(fd, b, at, 0, (struct sockaddr *)&from, len) < 0)
		abort();
}

static void
found(void *ctx, const char *tunnel, uint32_t addr)
{
	t.n_found++;
	t.addr = addr;
	snprintf(t.tunnel, sizeof(t.tunnel), "%s", tunnel);
}

static void
setup(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct names_ops ops = { .found = found };
	socklen_t len = sizeof(sin);

	memset(&t, 0, sizeof(t));
	t.base = event_base_new();
	t.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (t.base == NULL || bind(t.fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
			getsockname(t.fd, (struct sockaddr *)&sin, &len) != 0)
		abort();
	snprintf(t.servers, sizeof(t.servers), "127.0.0.1:%u", ntohs(sin.sin_port));
	t.ev = event_new(t.base, t.fd, EV_READ | EV_PERSIST, on_query, NULL);
	event_add(t.ev, NULL);
	t.n = names_new(t.base, &ops);
	names_configure(t.n, t.servers, 60);
}

static void
teardown(void)
{
	names_free(t.n);
	event_free(t.ev);
	event_base_free(t.base);
	close(t.fd);
}

static void
want(const char *tunnel, const char *host)
{
	names_begin(t.n);
	if (tunnel != NULL)
		CU_ASSERT_EQUAL(names_want(t.n, tunnel, host), 0);
	names_end(t.n);
}

/* A look at @now_ms, and the loop until what was asked is answered @n more times. */
static void
ask(uint64_t now_ms, unsigned int n)
{
	uint64_t end = cp_now_ms() + LIMIT_MS;
	unsigned int until = t.n_queries + n;
	struct timeval tv = { .tv_usec = 20000 };

	names_second(t.n, now_ms);
	while (t.n_queries < until && cp_now_ms() < end) {
		event_base_loopexit(t.base, &tv);
		event_base_dispatch(t.base);
	}
	CU_ASSERT_TRUE(t.n_queries >= until);
	for (int i = 0; i < 5; i++) { /* the answer comes in */
		event_base_loopexit(t.base, &tv);
		event_base_dispatch(t.base);
	}
}

static uint64_t
later(void)
{
	return cp_now_ms() + 100000;
}

static void
follows_an_address(void)
{
	char why[128] = "";

	setup();
	t.addrs[0] = 0x02020202;
	t.n_addrs = 1;
	want("tunnel1", "branch.example.net");
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(why, "looking up branch.example.net");
	ask(cp_now_ms(), 1);
	CU_ASSERT_EQUAL(t.n_found, 1);
	CU_ASSERT_EQUAL(t.addr, 0x02020202);
	CU_ASSERT_STRING_EQUAL(t.tunnel, "tunnel1");
	/* Not again before it is time. */
	names_second(t.n, cp_now_ms());
	CU_ASSERT_EQUAL(t.n_queries, 1);
	/* Still among the answers: stays, though it is not the first. */
	t.addrs[0] = 0x03030303;
	t.addrs[1] = 0x02020202;
	t.n_addrs = 2;
	ask(later(), 1);
	CU_ASSERT_EQUAL(t.n_found, 1);
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", NULL, 0), 0x02020202);
	t.n_addrs = 1;
	ask(later(), 1);
	CU_ASSERT_EQUAL(t.n_found, 2);
	CU_ASSERT_EQUAL(t.addr, 0x03030303);
	teardown();
}

static void
failures_take_nothing(void)
{
	char why[128] = "";

	setup();
	want("tunnel1", "branch.example.net");
	ask(cp_now_ms(), 1); /* there are AAAA records alone */
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", why, sizeof(why)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "it has no IPv4 address"));
	t.refuses = true;
	ask(later(), 1);
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", why, sizeof(why)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "branch.example.net has no address: "));
	t.refuses = false;
	t.addrs[0] = 0x02020202;
	t.n_addrs = 1;
	ask(later(), 1);
	CU_ASSERT_EQUAL(t.n_found, 1);
	t.refuses = true;
	ask(later(), 1);
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", NULL, 0), 0x02020202);
	/* Addresses that nobody can have outside are none. */
	t.refuses = false;
	t.addrs[0] = 0x7f000001;
	t.addrs[1] = 0xe0000005;
	t.addrs[2] = 0;
	t.n_addrs = 3;
	ask(later(), 1);
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", NULL, 0), 0x02020202);
	CU_ASSERT_EQUAL(t.n_found, 1);
	teardown();
}

static bool
is_idle(void *ctx, const char *tunnel)
{
	return strcmp(tunnel, "tunnel1") == 0;
}

/* One is the present one, an address or a name; the next follows on demand, or when one that calls
 * is another of them, or when a name has no address. */
static void
several_far_ends(void)
{
	setup();
	t.addrs[0] = 0x03030303;
	t.n_addrs = 1;
	want("tunnel1", "2.2.2.2 branch.example.net 4.4.4.4");
	names_second(t.n, cp_now_ms());
	CU_ASSERT_EQUAL(t.addr, 0x02020202);
	CU_ASSERT_EQUAL(t.n_queries, 0); /* an address needs no name server */
	CU_ASSERT_EQUAL(names_next(t.n, "tunnel1", false), 3);
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 1);
	ask(cp_now_ms(), 1);
	CU_ASSERT_EQUAL(t.addr, 0x03030303);
	names_next(t.n, "tunnel1", false);
	names_second(t.n, cp_now_ms());
	CU_ASSERT_EQUAL(t.addr, 0x04040404);
	names_next(t.n, "tunnel1", false);
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 0); /* behind the last the first */
	names_second(t.n, cp_now_ms());
	CU_ASSERT_FALSE(names_called(t.n, 0x02020202, is_idle)); /* that is the present one */
	CU_ASSERT_TRUE(names_called(t.n, 0x04040404, is_idle));
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 2);
	CU_ASSERT_TRUE(names_called(t.n, 0x04040404, is_idle)); /* it will be in a second */
	CU_ASSERT_FALSE(names_called(t.n, 0x05050505, is_idle));
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 2);
	names_second(t.n, cp_now_ms());
	CU_ASSERT_EQUAL(t.addr, 0x04040404);
	names_next(t.n, "tunnel1", true); /* the first is preferred, */
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 0);
	names_next(t.n, "tunnel1", true); /* but not when it is the one that is gone */
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 1);
	t.refuses = true;
	ask(later(), 1);
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel1"), 2);
	/* The answer comes when another one is wanted: it is not taken for that one's. */
	names_next(t.n, "tunnel1", true);
	names_next(t.n, "tunnel1", false);
	t.refuses = false;
	names_second(t.n, later());
	names_next(t.n, "tunnel1", false);
	ask(later(), 1);
	names_second(t.n, later());
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", NULL, 0), 0x04040404);
	/* Another process went on from the second one. */
	want("tunnel3", "2.2.2.2 3.3.3.3");
	names_go_on_at(t.n, "tunnel3", 0x03030303);
	names_second(t.n, cp_now_ms());
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel3", NULL, 0), 0x03030303);
	names_go_on_at(t.n, "tunnel3", 0x02020202);
	CU_ASSERT_EQUAL(names_at(t.n, "tunnel3"), 1);
	/* Others have one far end, or none. */
	want("tunnel2", "branch.example.net");
	CU_ASSERT_EQUAL(names_next(t.n, "tunnel2", false), 1);
	CU_ASSERT_EQUAL(names_next(t.n, "tunnel1", false), 1);
	teardown();
}

/* The wish goes while the question is under way, and the resolver with it. */
static void
forgotten(void)
{
	setup();
	t.addrs[0] = 0x02020202;
	t.n_addrs = 1;
	want("tunnel1", "branch.example.net");
	names_second(t.n, cp_now_ms());
	want(NULL, NULL);
	want("tunnel2", "other.example.net");
	ask(cp_now_ms(), 2);
	CU_ASSERT_EQUAL(t.n_found, 1);
	CU_ASSERT_STRING_EQUAL(t.tunnel, "tunnel2");
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel1", NULL, 0), 0);
	/* Another name for the same tunnel is another question. */
	want("tunnel2", "third.example.net");
	CU_ASSERT_EQUAL(names_addr(t.n, "tunnel2", NULL, 0), 0);
	names_second(t.n, cp_now_ms());
	teardown(); /* unanswered */
}

static const struct cu_case cases[] = {
	CU_CASE(follows_an_address),
	CU_CASE(failures_take_nothing),
	CU_CASE(several_far_ends),
	CU_CASE(forgotten),
};

CU_MAIN("names", cases)
