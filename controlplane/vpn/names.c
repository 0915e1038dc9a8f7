/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of far ends, by libevent's resolver; see names.h. */
#include <errno.h>
#include <event2/dns.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/vpn/names.h"

#define TTL_MIN_S    5  /* a name is not asked for more often, whatever its time to live */
#define FAIL_MIN_S   2  /* after a failure; doubled each time */
#define ANSWERS_MAX  32 /* addresses of one name that are looked at */
#define ASKED_AT_ONCE 64

struct name {
	LIST_ENTRY(name) link;
	struct names *n;
	char tunnel[CFG_NAME_MAX], hosts[CFG_TEXT_MAX];
	char host[CFG_TEXT_MAX]; /* the present one of @hosts */
	unsigned int at;         /* and which it is */
	uint32_t addr;     /* 0: not known yet */
	uint64_t next_ms;  /* when to ask */
	unsigned int n_fail;
	bool asked;        /* a query is under way */
	bool stale;        /* the query under way is for another host */
	bool wanted;       /* else to be forgotten when its query has ended */
	char why[64];      /* of the last failure */
};

struct names {
	struct event_base *base;
	struct evdns_base *dns;
	struct names_ops ops;
	char servers[CFG_TEXT_MAX];
	uint32_t refresh_s;
	uint32_t n_asked;
	LIST_HEAD(, name) all;
};

struct names *
names_new(struct event_base *base, const struct names_ops *ops)
{
	struct names *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->base = base;
	n->ops = *ops;
	n->refresh_s = 300;
	LIST_INIT(&n->all);
	return n;
}

void
names_free(struct names *n)
{
	struct name *e;

	if (n == NULL)
		return;
	if (n->dns != NULL)
		evdns_base_free(n->dns, 0);
	while ((e = LIST_FIRST(&n->all)) != NULL) {
		LIST_REMOVE(e, link);
		free(e);
	}
	free(n);
}

/* The resolver, made when it is needed first and anew when the servers are others. */
static struct evdns_base *
resolver(struct names *n)
{
	char list[sizeof(n->servers)], *save = NULL;

	if (n->dns != NULL)
		return n->dns;
	n->dns = evdns_base_new(n->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (n->dns == NULL)
		return NULL;
	memcpy(list, n->servers, sizeof(list));
	if (list[0] == '\0' && evdns_base_resolv_conf_parse(n->dns, DNS_OPTION_NAMESERVERS,
					       "/etc/resolv.conf") != 0)
		log_warning("names", "no name servers in /etc/resolv.conf");
	for (char *s = strtok_r(list, " ", &save); s != NULL; s = strtok_r(NULL, " ", &save))
		if (evdns_base_nameserver_ip_add(n->dns, s) != 0)
			log_warning("names", "%s cannot be used as a name server", s);
	evdns_base_set_option(n->dns, "timeout:", "2");
	evdns_base_set_option(n->dns, "attempts:", "2");
	return n->dns;
}

void
names_configure(struct names *n, const char *servers, uint32_t refresh_s)
{
	struct name *e;

	n->refresh_s = refresh_s;
	if (strcmp(n->servers, servers) == 0)
		return;
	snprintf(n->servers, sizeof(n->servers), "%s", servers);
	if (n->dns != NULL)
		evdns_base_free(n->dns, 0); /* nobody is called back */
	n->dns = NULL;
	n->n_asked = 0;
	LIST_FOREACH (e, &n->all, link) {
		e->next_ms = 0;
		e->asked = e->stale = false;
	}
}

void
names_begin(struct names *n)
{
	struct name *e;

	LIST_FOREACH (e, &n->all, link)
		e->wanted = false;
}

static struct name *
find(const struct names *n, const char *tunnel)
{
	struct name *e;

	LIST_FOREACH (e, &n->all, link)
		if (e->tunnel[0] != '\0' && strcmp(e->tunnel, tunnel) == 0)
			return e;
	return NULL;
}

/* The @i-th word of @hosts into @out. False: there are not so many. */
static bool
host_at(const char *hosts, unsigned int i, char out[CFG_TEXT_MAX])
{
	for (; i > 0 && hosts != NULL; i--) {
		hosts = strchr(hosts, ' ');
		hosts = hosts != NULL ? hosts + 1 : NULL;
	}
	if (hosts != NULL)
		snprintf(out, CFG_TEXT_MAX, "%.*s", (int)strcspn(hosts, " "), hosts);
	return hosts != NULL;
}

int
names_want(struct names *n, const char *tunnel, const char *hosts)
{
	struct name *e = find(n, tunnel);

	if (e != NULL && strcmp(e->hosts, hosts) == 0) {
		e->wanted = true;
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	e->n = n;
	e->wanted = true;
	snprintf(e->tunnel, sizeof(e->tunnel), "%s", tunnel);
	snprintf(e->hosts, sizeof(e->hosts), "%s", hosts);
	host_at(hosts, 0, e->host);
	LIST_INSERT_HEAD(&n->all, e, link);
	return 0;
}

void
names_end(struct names *n)
{
	struct name *e = LIST_FIRST(&n->all), *next;

	for (; e != NULL; e = next) {
		next = LIST_NEXT(e, link);
		if (e->wanted)
			continue;
		e->tunnel[0] = '\0';
		if (e->asked)
			continue;
		LIST_REMOVE(e, link);
		free(e);
	}
}

/* ---- questions and answers ----------------------------------------------------------------- */

static bool
usable(uint32_t addr)
{
	return addr >> 24 != 0 && addr >> 24 != 127 && addr >> 24 < 224;
}

/* The address that we have, if it is still one of the name's; else the first. */
static uint32_t
choose(const struct name *e, const struct in_addr *addrs, int count)
{
	uint32_t first = 0;

	for (int i = 0; i < count && i < ANSWERS_MAX; i++) {
		uint32_t a = ntohl(addrs[i].s_addr);

		if (!usable(a))
			continue;
		if (a == e->addr)
			return a;
		if (first == 0)
			first = a;
	}
	return first;
}

static void go_to(struct name *e, unsigned int at);

static void
failed(struct name *e, const char *why)
{
	uint64_t wait_s = (uint64_t)FAIL_MIN_S << (e->n_fail < 10 ? e->n_fail : 10);

	if (e->n_fail++ == 0)
		log_warning("names", "%s: %s: %s%s", e->tunnel, e->host, why,
				e->addr != 0 ? "; its address of before stays" : "");
	snprintf(e->why, sizeof(e->why), "%s", why);
	if (strchr(e->hosts, ' ') != NULL)
		go_to(e, e->at + 1); /* one that has no address is not waited for */
	e->next_ms = cp_now_ms() + (wait_s < e->n->refresh_s ? wait_s : e->n->refresh_s) * 1000;
}

static void
answered(struct name *e, int ttl, uint32_t addr)
{
	uint32_t wait_s = ttl > TTL_MIN_S ? (uint32_t)ttl : TTL_MIN_S;
	char text[IP4_STR_LEN];
	bool changed = addr != e->addr;

	if (e->n_fail > 0)
		log_notice("names", "%s: %s is known again", e->tunnel, e->host);
	e->n_fail = 0;
	e->addr = addr;
	e->next_ms = cp_now_ms() + (wait_s < e->n->refresh_s ? wait_s : e->n->refresh_s) * 1000ull;
	if (!changed)
		return;
	log_notice("names", "%s: %s is %s", e->tunnel, e->host, ip4_str(addr, text));
	e->n->ops.found(e->n->ops.ctx, e->tunnel, addr);
}

/* A name with AAAA records alone is there, and answered with nothing. */
static const char *
reason(int result)
{
	if (result == DNS_ERR_NODATA)
		return "it has no IPv4 address, and outer addresses are IPv4 here";
	return result == DNS_ERR_NONE ? "no address that could be used"
				      : evdns_err_to_string(result);
}

static void
on_answer(int result, char type, int count, int ttl, void *addresses, void *arg)
{
	struct name *e = arg;
	uint32_t addr = 0;

	e->asked = false;
	e->n->n_asked--;
	if (e->stale) {
		e->stale = false;
		e->next_ms = 0;
		if (e->wanted)
			return;
	}
	if (!e->wanted) {
		LIST_REMOVE(e, link);
		free(e);
		return;
	}
	if (result == DNS_ERR_NONE && type == DNS_IPv4_A)
		addr = choose(e, addresses, count);
	if (addr != 0)
		answered(e, ttl, addr);
	else
		failed(e, reason(result));
}

void
names_second(struct names *n, uint64_t now_ms)
{
	struct evdns_base *dns;
	struct name *e, *next;
	uint32_t addr;

	for (e = LIST_FIRST(&n->all); e != NULL && n->n_asked < ASKED_AT_ONCE; e = next) {
		next = LIST_NEXT(e, link);
		if (!e->wanted || e->asked || e->next_ms > now_ms)
			continue;
		if (ip4_parse(e->host, &addr) == 0) {
			answered(e, INT32_MAX, addr);
			e->next_ms = UINT64_MAX;
			continue;
		}
		dns = resolver(n);
		e->asked = true;
		n->n_asked++;
		if (dns != NULL && evdns_base_resolve_ipv4(dns, e->host, DNS_QUERY_NO_SEARCH,
						   on_answer, e) != NULL)
			continue;
		e->asked = false;
		n->n_asked--;
		failed(e, "no name server");
	}
}

uint32_t
names_addr(const struct names *n, const char *tunnel, char *why, size_t len)
{
	const struct name *e = find(n, tunnel);

	if (why == NULL || (e != NULL && e->addr != 0))
		return e != NULL ? e->addr : 0;
	if (e == NULL || e->n_fail == 0)
		snprintf(why, len, "looking up %s", e != NULL ? e->host : "its name");
	else
		snprintf(why, len, "%s has no address: %s", e->host, e->why);
	return 0;
}

/* ---- several far ends ---------------------------------------------------------------------- */

/* The @at-th is the present one, after the last the first. What it means is asked at once. */
static void
go_to(struct name *e, unsigned int at)
{
	e->at = host_at(e->hosts, at, e->host) ? at : 0;
	if (e->at == 0)
		host_at(e->hosts, 0, e->host);
	e->stale = e->asked;
	e->next_ms = 0;
}

unsigned int
names_next(struct names *n, const char *tunnel, bool first)
{
	struct name *e = find(n, tunnel);
	unsigned int count = 1;

	if (e == NULL || strchr(e->hosts, ' ') == NULL)
		return 1;
	for (const char *p = e->hosts; (p = strchr(p, ' ')) != NULL; p++)
		count++;
	go_to(e, first && e->at != 0 ? 0 : e->at + 1);
	log_notice("names", "%s: the far end is %s now", e->tunnel, e->host);
	return count;
}

/* Which of the far ends has this address, names aside; -1: none. */
static int
index_of(const struct name *e, uint32_t addr)
{
	char host[CFG_TEXT_MAX];
	uint32_t a;

	for (unsigned int i = 0; host_at(e->hosts, i, host); i++)
		if (ip4_parse(host, &a) == 0 && a == addr)
			return (int)i;
	return -1;
}

void
names_go_on_at(struct names *n, const char *tunnel, uint32_t addr)
{
	struct name *e = find(n, tunnel);
	int i = e != NULL && e->addr == 0 ? index_of(e, addr) : -1;

	if (i > 0)
		go_to(e, (unsigned int)i);
}

bool
names_called(struct names *n, uint32_t addr, bool (*is_idle)(void *ctx, const char *tunnel))
{
	bool later = false;
	struct name *e;
	int i;

	LIST_FOREACH (e, &n->all, link) {
		if (!e->wanted || e->addr == addr || strchr(e->hosts, ' ') == NULL)
			continue;
		i = index_of(e, addr);
		if (i < 0 || !is_idle(n->ops.ctx, e->tunnel))
			continue;
		later = true;
		if ((unsigned int)i == e->at)
			continue; /* in a second */
		go_to(e, (unsigned int)i);
		log_notice("names", "%s: the far end calls from %s", e->tunnel, e->host);
	}
	return later;
}

unsigned int
names_at(const struct names *n, const char *tunnel)
{
	const struct name *e = find(n, tunnel);

	return e != NULL ? e->at : 0;
}
