/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Crypto maps of IOS, and the access lists that say what they are for. There is no such thing in
 * the configuration; it has all that they are made of:
 *
 *	crypto map NAME SEQ ipsec-isakmp     a tunnel NAME-SEQ of mode ipsec, and an IPsec profile
 *	                                     of the same name, whose mode one is in then
 *	 set peer P                          the tunnel's destination, or destination-name
 *	 match address ACL                   the policies of the list, acl-ACL-1 and so on,
 *	                                     protect by this tunnel; also those that come later
 *	 set ...                             the profile's own
 *	crypto map NAME   on an interface    the source of all tunnels NAME-...
 *	access-list ACL permit|deny ...      a policy acl-ACL-N: protect, or bypass
 *
 * The lowest sequence number and the first line of a list decide, so they get the highest priority.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"
#include "common/inet.h"

#define TOP_PRIORITY 100000000u
#define SEQ_MAX      65535
#define SEQ_STEP     1000u /* lines of a list, for their priorities */
#define PORTS_LEN    16
#define TYPE_LEN     32

static bool
wrong(char *err, size_t err_len, const char *what, const char *word)
{
	snprintf(err, err_len, "%s%s%s", what, word[0] != '\0' ? ": " : "", word);
	return false;
}

static json_t *
entry_of(const struct edit *e, const char *map, const char *name)
{
	return json_object_get(json_object_get(e->doc, map), name);
}

static bool
is_map_tunnel(const struct edit *e, const char *name)
{
	const char *mode = json_string_value(json_object_get(entry_of(e, "tunnels", name), "mode"));

	return mode != NULL && strcmp(mode, "ipsec") == 0;
}

/* The sequence number behind the last "-" of a tunnel's name; 0: there is none. */
static unsigned int
seq_of(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash != NULL ? (unsigned int)strtoul(dash + 1, NULL, 10) : 0;
}

/* Is @name NAME-SEQ with the given NAME? */
static bool
of_map(const char *name, const char *map)
{
	size_t n = strlen(map);

	return strncmp(name, map, n) == 0 && name[n] == '-' && name[n + 1] != '\0' &&
	       strspn(name + n + 1, "0123456789") == strlen(name + n + 1);
}

/* ---- access lists --------------------------------------------------------------------------- */

static json_t *
policies(const struct edit *e)
{
	return json_object_get(json_object_get(e->doc, "crypto"), "policies");
}

static bool
of_list(const char *policy, const char *acl)
{
	return strncmp(policy, "acl-", 4) == 0 && of_map(policy + 4, acl);
}

/* Which tunnel protects by the list: what was typed, or what its other lines say. NULL: none. */
static const char *
bound_to(const struct edit *e, const char *acl)
{
	const char *name, *tunnel;
	json_t *p;

	for (unsigned int i = 0; i < e->n_binds; i++)
		if (strcmp(e->binds[i].acl, acl) == 0)
			return e->binds[i].tunnel;
	json_object_foreach (policies(e), name, p) {
		tunnel = json_string_value(json_object_get(p, "tunnel"));
		if (of_list(name, acl) && tunnel != NULL)
			return tunnel;
	}
	return NULL;
}

/* All lines of the list: by this tunnel, which comes in the order of its map. */
static void
bind_list(struct edit *e, const char *acl, const char *tunnel)
{
	unsigned int seq = tunnel != NULL ? seq_of(tunnel) : 0;
	const char *name, *action;
	json_t *p;

	json_object_foreach (policies(e), name, p) {
		if (!of_list(name, acl))
			continue;
		json_object_set_new(p, "priority",
				json_integer(TOP_PRIORITY - seq * SEQ_STEP - seq_of(name)));
		action = json_string_value(json_object_get(p, "action"));
		if (tunnel != NULL && action != NULL && strcmp(action, "protect") == 0)
			json_object_set_new(p, "tunnel", json_string(tunnel));
	}
}

/* The bits of a wildcard mask from the left that count; -1: they are not all on the left. */
static int
wildcard_len(const char *text)
{
	uint32_t wild;

	if (ip4_parse(text, &wild) != 0)
		return -1;
	return (wild & (wild + 1)) == 0 ? 32 - __builtin_popcount(wild) : -1;
}

int
ios_wildcard_prefix(const char *addr, const char *wildcard, char out[IOS_PREFIX_LEN])
{
	int len = wildcard_len(wildcard);
	struct ip4_prefix p;

	if (ip4_parse(addr, &p.addr) != 0 || len < 0)
		return -EINVAL;
	p.len = (uint8_t)len;
	p.addr &= ip4_mask(p.len);
	ip4_prefix_str(&p, out);
	return 0;
}

/* any, host A, A/LEN or A WILDCARD. How many words; 0: none of these. */
static int
address(char *const *argv, int argc, char out[IOS_PREFIX_LEN])
{
	if (argc >= 1 && strcasecmp(argv[0], "any") == 0) {
		snprintf(out, IOS_PREFIX_LEN, "0.0.0.0/0");
		return 1;
	}
	if (argc >= 2 && strcasecmp(argv[0], "host") == 0 && ios_is_ip4(argv[1])) {
		snprintf(out, IOS_PREFIX_LEN, "%.15s/32", argv[1]);
		return 2;
	}
	if (argc >= 1 && strchr(argv[0], '/') != NULL) {
		snprintf(out, IOS_PREFIX_LEN, "%.20s", argv[0]);
		return 1;
	}
	return argc >= 2 && ios_wildcard_prefix(argv[0], argv[1], out) == 0 ? 2 : 0;
}

/* eq P, or range P P. How many words; 0: nothing of that. */
static int
ports(char *const *argv, int argc, char out[PORTS_LEN])
{
	if (argc >= 2 && strcasecmp(argv[0], "eq") == 0) {
		snprintf(out, PORTS_LEN, "%.15s", argv[1]);
		return 2;
	}
	if (argc >= 3 && strcasecmp(argv[0], "range") == 0) {
		snprintf(out, PORTS_LEN, "%.5s-%.5s", argv[1], argv[2]);
		return 3;
	}
	return 0;
}

struct line {
	const char *protocol; /* NULL: all */
	char source[IOS_PREFIX_LEN], destination[IOS_PREFIX_LEN];
	char source_port[PORTS_LEN], destination_port[PORTS_LEN];
	char icmp_type[TYPE_LEN];
};

/* NAME, TYPE or TYPE CODE, at the end of a line for ICMP. How many words. */
static int
icmp_type(char *const *argv, int argc, char out[TYPE_LEN])
{
	bool number = argc >= 1 && isdigit((unsigned char)argv[0][0]);
	int n = number && argc >= 2 && isdigit((unsigned char)argv[1][0]) ? 2 : argc >= 1;

	if (n == 2)
		snprintf(out, TYPE_LEN, "%.15s/%.15s", argv[0], argv[1]);
	else if (n == 1)
		snprintf(out, TYPE_LEN, "%.31s", argv[0]);
	return n;
}

/* What is behind permit or deny. */
static bool
parse_line(char *const *argv, int argc, struct line *l, char *err, size_t err_len)
{
	static const char what[] = "expected PROTOCOL SOURCE [eq PORT] DESTINATION [eq PORT], or "
				   "icmp SOURCE DESTINATION [TYPE [CODE]], with networks as any, "
				   "host A, A WILDCARD or A/LENGTH";
	int at = 1, n;

	*l = (struct line){ .protocol = NULL };
	if (argc < 3)
		return wrong(err, err_len, what, "");
	if (strcasecmp(argv[0], "ip") != 0)
		l->protocol = strcasecmp(argv[0], "ahp") == 0 ? "ah" : argv[0];
	n = address(argv + at, argc - at, l->source);
	if (n == 0)
		return wrong(err, err_len, what, argv[at]);
	at += n;
	at += ports(argv + at, argc - at, l->source_port);
	n = address(argv + at, argc - at, l->destination);
	if (n == 0)
		return wrong(err, err_len, what, at < argc ? argv[at] : "");
	at += n;
	at += ports(argv + at, argc - at, l->destination_port);
	if (strcasecmp(argv[0], "icmp") == 0)
		at += icmp_type(argv + at, argc - at, l->icmp_type);
	return at == argc || wrong(err, err_len, "is not possible in a line of a policy", argv[at]);
}

/* The next number for a line of the list. */
static unsigned int
next_line(const struct edit *e, const char *acl)
{
	unsigned int last = 0;
	const char *name;
	json_t *p;

	json_object_foreach (policies(e), name, p)
		if (of_list(name, acl) && seq_of(name) > last)
			last = seq_of(name);
	return last + 1;
}

static bool
add_line(struct edit *e, const char *acl, bool permit, char *const *argv, int argc, char *err,
		size_t err_len)
{
	unsigned int n = next_line(e, acl);
	char name[EDIT_NAME_MAX];
	struct line l;
	bool ok;

	if (!parse_line(argv, argc, &l, err, err_len))
		return false;
	if (n >= SEQ_STEP)
		return wrong(err, err_len, "too many lines in the list", acl);
	snprintf(name, sizeof(name), "acl-%.100s-%u", acl, n);
	ok = RUN("crypto", "policy", name) && RUN("match", "source", l.source) &&
	     RUN("match", "destination", l.destination) &&
	     (l.protocol == NULL || RUN("match", "protocol", l.protocol)) &&
	     (l.source_port[0] == '\0' || RUN("match", "source-port", l.source_port)) &&
	     (l.destination_port[0] == '\0' ||
			     RUN("match", "destination-port", l.destination_port)) &&
	     (l.icmp_type[0] == '\0' || RUN("match", "icmp-type", l.icmp_type)) &&
	     RUN("action", permit ? "protect" : "bypass");
	if (ok)
		bind_list(e, acl, bound_to(e, acl));
	else if (policies(e) != NULL)
		json_object_del(policies(e), name);
	e->depth = 0;
	return ok;
}

static bool
drop_list(struct edit *e, const char *acl, char *err, size_t err_len)
{
	bool any = false;
	const char *name;
	void *next;
	json_t *p;

	json_object_foreach_safe (policies(e), next, name, p) {
		if (!of_list(name, acl))
			continue;
		json_object_del(policies(e), name);
		any = true;
	}
	if (policies(e) != NULL && json_object_size(policies(e)) == 0)
		json_object_del(json_object_get(e->doc, "crypto"), "policies");
	e->depth = 0;
	return any || wrong(err, err_len, "there is no such list", acl);
}

/* [NUMBER] permit|deny ..., of the list that is being written. */
static enum ios_result
list_line(struct edit *e, const char *acl, char *const *argv, int argc, char *err, size_t err_len)
{
	bool permit;

	if (argc >= 1 && strspn(argv[0], "0123456789") == strlen(argv[0])) {
		argv++;
		argc--;
	}
	if (argc >= 1 && strcasecmp(argv[0], "remark") == 0)
		return IOS_DONE;
	if (argc < 1 || (!ios_is(argv[0], "permit", 2) && !ios_is(argv[0], "deny", 3)))
		return IOS_OTHER;
	permit = ios_is(argv[0], "permit", 2);
	return add_line(e, acl, permit, argv + 1, argc - 1, err, err_len) ? IOS_DONE : IOS_WRONG;
}

static enum ios_result
access_list(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r;

	if (argc == 4 && ios_is(argv[0], "ip", 2) && ios_is(argv[1], "access-list", 8) &&
			ios_is(argv[2], "extended", 2)) {
		if (no)
			return drop_list(e, argv[3], err, err_len) ? IOS_DONE : IOS_WRONG;
		snprintf(e->acl, sizeof(e->acl), "%s", argv[3]);
		e->depth = 0;
		return IOS_DONE;
	}
	if (argc >= 2 && ios_is(argv[0], "access-list", 8)) {
		e->acl[0] = '\0';
		if (no && argc == 2)
			return drop_list(e, argv[1], err, err_len) ? IOS_DONE : IOS_WRONG;
		r = no ? IOS_OTHER : list_line(e, argv[1], argv + 2, argc - 2, err, err_len);
		if (r == IOS_OTHER)
			wrong(err, err_len, no ? "expected no access-list NAME alone"
					       : "expected permit or deny", "");
		return r == IOS_OTHER ? IOS_WRONG : r;
	}
	return e->acl[0] != '\0' && e->depth == 0 && !no
			       ? list_line(e, e->acl, argv, argc, err, err_len)
			       : IOS_OTHER;
}

#define PEERS_LEN 256

/* ---- crypto maps ---------------------------------------------------------------------------- */

static const char *
source_of_map(const struct edit *e, const char *map)
{
	const char *name, *source;
	json_t *t;

	json_object_foreach (json_object_get(e->doc, "tunnels"), name, t) {
		source = json_string_value(json_object_get(t, "source"));
		if (of_map(name, map) && source != NULL && is_map_tunnel(e, name))
			return source;
	}
	return NULL;
}

/* crypto map NAME SEQ ipsec-isakmp */
static bool
map_entry(struct edit *e, const char *map, const char *seq, char *err, size_t err_len)
{
	const char *source = source_of_map(e, map);
	char name[EDIT_NAME_MAX], from[32];

	snprintf(name, sizeof(name), "%.100s-%s", map, seq);
	if (is_map_tunnel(e, name))
		return RUN("crypto", "ipsec", "profile", name);
	snprintf(from, sizeof(from), "%s", source != NULL ? source : "");
	if (!RUN("interface", "tunnel", name) || !RUN("tunnel", "mode", "ipsec") ||
			(source != NULL && !RUN("tunnel", "source", from)) ||
			!RUN("tunnel", "protection", name) ||
			!RUN("crypto", "ipsec", "profile", name) || !RUN("set", "mode", "tunnel"))
		return false;
	ios_bind_isakmp(e);
	return true;
}

/* Its tunnel and profile go; the policies stay, as access lists do, and protect by nothing. */
static bool
no_map_entry(struct edit *e, const char *map, const char *seq, char *err, size_t err_len)
{
	char name[EDIT_NAME_MAX];
	const char *policy, *tunnel;
	json_t *p;

	snprintf(name, sizeof(name), "%.100s-%s", map, seq);
	if (!is_map_tunnel(e, name))
		return wrong(err, err_len, "there is no such crypto map", name);
	json_object_foreach (policies(e), policy, p) {
		tunnel = json_string_value(json_object_get(p, "tunnel"));
		if (tunnel != NULL && strcmp(tunnel, name) == 0)
			json_object_del(p, "tunnel");
	}
	for (unsigned int i = 0; i < e->n_binds; i++)
		if (strcmp(e->binds[i].tunnel, name) == 0)
			e->binds[i--] = e->binds[--e->n_binds];
	return RUN("no", "interface", "tunnel", name) &&
	       RUN("no", "crypto", "ipsec", "profile", name);
}

/* crypto map NAME on an interface: its first address is where the tunnels begin. */
static bool
map_on_interface(struct edit *e, const char *map, bool no, char *err, size_t err_len)
{
	char iface[EDIT_NAME_MAX], from[32];
	const char *addr, *name;
	bool any = false;
	json_t *t;

	snprintf(iface, sizeof(iface), "%s", e->at[e->depth - 1].name);
	addr = json_string_value(json_array_get(
			json_object_get(entry_of(e, "interfaces", iface), "address"), 0));
	if (addr == NULL && !no)
		return wrong(err, err_len, "the interface has no address yet: ip address first",
				"");
	snprintf(from, sizeof(from), "%.*s", addr != NULL ? (int)strcspn(addr, "/") : 0,
			addr != NULL ? addr : "");
	json_object_foreach (json_object_get(e->doc, "tunnels"), name, t) {
		if (!of_map(name, map) || !is_map_tunnel(e, name))
			continue;
		any = true;
		if (no)
			json_object_del(t, "source");
		else
			json_object_set_new(t, "source", json_string(from));
	}
	return any || wrong(err, err_len, "there is no such crypto map", map);
}

static enum ios_result
crypto_map(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	const char *seq = argc >= 2 ? argv[1] : "";
	bool ok;

	e->acl[0] = '\0';
	if (argc == 1 && e->depth > 0 && strcmp(e->at[e->depth - 1].map->name, "interfaces") == 0)
		ok = map_on_interface(e, argv[0], no, err, err_len);
	else if (argc < 2 || strspn(seq, "0123456789") != strlen(seq) || atoi(seq) < 1 ||
			atoi(seq) > SEQ_MAX)
		ok = wrong(err, err_len,
				"expected crypto map NAME SEQUENCE ipsec-isakmp, or crypto "
				"map NAME on an interface",
				"");
	else if (argc > 3 && ios_is(argv[3], "dynamic", 3))
		ok = wrong(err, err_len, "peers of any address: a tunnel with tunnel group", argv[3]);
	else if (argc > 3 || (argc == 3 && !ios_is(argv[2], "ipsec-isakmp", 7)))
		ok = wrong(err, err_len, "only ipsec-isakmp is possible here", argv[2]);
	else
		ok = no ? no_map_entry(e, argv[0], seq, err, err_len)
			: map_entry(e, argv[0], seq, err, err_len);
	return ok ? IOS_DONE : IOS_WRONG;
}

/* Is @word one of those in @list, which has spaces between them? */
static bool
is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p != NULL; p = strchr(p, ' ') != NULL ? strchr(p, ' ') + 1 : NULL)
		if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* set peer P [default]: one more far end, the default one is the first. */
static bool
set_peer(struct edit *e, const char *name, const char *peer, bool first, char *err, size_t err_len)
{
	json_t *t = entry_of(e, "tunnels", name);
	const char *had = json_string_value(json_object_get(t, "destination"));
	char all[PEERS_LEN];

	if (strchr(peer, ':') != NULL)
		return wrong(err, err_len, "outer addresses are IPv4 here", peer);
	if (had == NULL)
		had = json_string_value(json_object_get(t, "destination-name"));
	if (had == NULL)
		return RUN("interface", "tunnel", name) && ios_destination(e, peer, err, err_len) &&
		       RUN("crypto", "ipsec", "profile", name);
	if (is_listed(had, peer))
		return true;
	if (strlen(had) > 127 || strlen(peer) > 127)
		return wrong(err, err_len, "too many peers", peer);
	snprintf(all, sizeof(all), "%.127s %.127s", first ? peer : had, first ? had : peer);
	if (!RUN("interface", "tunnel", name) || !RUN("tunnel", "destination-name", all))
		return false;
	json_object_del(entry_of(e, "tunnels", name), "destination");
	return RUN("crypto", "ipsec", "profile", name);
}

static bool
match_address(struct edit *e, const char *name, const char *acl, char *err, size_t err_len)
{
	unsigned int i = 0;

	while (i < e->n_binds && strcmp(e->binds[i].acl, acl) != 0)
		i++;
	if (i == EDIT_BINDS_MAX)
		return wrong(err, err_len, "too many access lists are matched: commit first", "");
	e->n_binds += i == e->n_binds;
	snprintf(e->binds[i].acl, sizeof(e->binds[i].acl), "%s", acl);
	snprintf(e->binds[i].tunnel, sizeof(e->binds[i].tunnel), "%s", name);
	bind_list(e, acl, name);
	return true;
}

/* In the mode of a map, which is that of its profile. */
static enum ios_result
map_option(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	char name[EDIT_NAME_MAX];
	bool ok;

	if (argc == 3 && ios_is(argv[0], "set", 3) && ios_is(argv[1], "pfs", 3) &&
			strncasecmp(argv[2], "group", 5) == 0)
		return RUN("set", "pfs", argv[2] + 5) ? IOS_DONE : IOS_WRONG;
	snprintf(name, sizeof(name), "%s", e->at[e->depth - 1].name);
	if (!is_map_tunnel(e, name))
		return IOS_OTHER;
	if ((argc == 3 || (argc == 4 && ios_is(argv[3], "default", 3))) &&
			ios_is(argv[0], "set", 3) && ios_is(argv[1], "peer", 2))
		ok = set_peer(e, name, argv[2], argc == 4, err, err_len);
	else if (argc == 3 && ios_is(argv[0], "match", 2) && ios_is(argv[1], "address", 2))
		ok = match_address(e, name, argv[2], err, err_len);
	else
		return IOS_OTHER;
	return ok ? IOS_DONE : IOS_WRONG;
}

enum ios_result
ios_map_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r;

	if (argc >= 3 && ios_is(argv[0], "crypto", 2) && ios_is(argv[1], "map", 3))
		return crypto_map(e, argv + 2, argc - 2, no, err, err_len);
	r = access_list(e, argv, argc, no, err, err_len);
	if (r == IOS_OTHER && !no && ios_in_map(e, "ipsec", "profiles"))
		r = map_option(e, argv, argc, err, err_len);
	return r;
}
