/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VRRP as IOS-XE has it: "vrrp N address-family ipv4" opens a mode, in which intervals are
 * milliseconds, the virtual addresses are "address", and "exit-vrrp" leaves. It is the group's mode
 * here; a group of both families is one. And as IOS had it before, in lines of the interface that
 * begin with "vrrp N".
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"
#include "common/inet6.h"

#define IN "interfaces/vrrp"

/* clang-format off */
const struct command_row ios_vrrp_rows[] = {
	{ "address", COMMAND_CONFIG, "As on IOS: ip, ip secondary, ipv6", NULL, -1,
	  { { ARG_VALUE, "ADDRESS", "virtual address, IPv4 or IPv6", NULL },
	    { ARG_OPTIONAL, "primary|secondary", "which of several", NULL } }, IN },
	{ "exit-vrrp", COMMAND_CONFIG, "As on IOS: exit", NULL, 0, { { ARG_NONE } }, IN },
	{ "match-address", COMMAND_CONFIG, "As on IOS: a peer's other addresses are told of anyway",
	  NULL, 0, { { ARG_NONE } }, IN },
	{ "vrrpv2", COMMAND_CONFIG, "As on IOS: version 2", NULL, 0, { { ARG_NONE } }, IN },
	{ "vrrs", COMMAND_CONFIG, "As on IOS: read, and not kept", NULL, -1,
	  { { ARG_VALUE, "leader NAME", "see track N vrrp, and sync-group", NULL } }, IN },
};
/* clang-format on */
const unsigned int n_ios_vrrp_rows = sizeof(ios_vrrp_rows) / sizeof(ios_vrrp_rows[0]);

static bool
in_group(const struct edit *e)
{
	return e->depth > 0 && strcmp(e->at[e->depth - 1].map->name, "vrrp") == 0;
}

static bool
in_interface(const struct edit *e)
{
	return e->depth > 0 && strcmp(e->at[0].map->name, "interfaces") == 0;
}

/* vrrp N address-family ipv4|ipv6 */
static enum ios_result
family_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	if (argc != 4 || !in_interface(e) || !ios_is(argv[0], "vrrp", 4) ||
			!ios_is(argv[2], "address-family", 4))
		return IOS_OTHER;
	if (!ios_is(argv[3], "ipv4", 4) && !ios_is(argv[3], "ipv6", 4)) {
		snprintf(err, err_len, "\"%s\": expected ipv4 or ipv6", argv[3]);
		return IOS_WRONG;
	}
	if (no)
		return RUN("no", "vrrp", argv[1]) ? IOS_DONE : IOS_WRONG;
	if (!RUN("vrrp", argv[1]))
		return IOS_WRONG;
	e->vrrp_family = true;
	return IOS_DONE;
}

/* One of our lines for the group: in its mode, or (@group) with "vrrp N" in front. */
static enum ios_result
group_run(struct edit *e, const char *group, bool no, const char *const *ours, char *err,
		size_t err_len)
{
	const char *words[8];
	int n = 0;

	if (no)
		words[n++] = "no";
	if (group != NULL) {
		words[n++] = "vrrp";
		words[n++] = group;
	}
	for (int i = 0; ours[i] != NULL; i++)
		words[n++] = ours[i];
	words[n] = NULL;
	return ios_run(e, err, err_len, words) ? IOS_DONE : IOS_WRONG;
}
#define OURS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Has the group a first IPv6 address already, which is another than @address? */
static bool
has_other6(const struct edit *e, const char *group, const char *address)
{
	const json_t *g = ios_entry(e);
	struct ip6_addr first, other;
	const char *s;

	if (group != NULL)
		g = json_object_get(json_object_get(g, "vrrp"), group);
	s = json_string_value(json_object_get(g, "ipv6-address"));
	return s != NULL && ip6_parse(s, &first) == 0 && ip6_parse(address, &other) == 0 &&
			!ip6_equal(&first, &other);
}

/* A [primary|secondary], behind "address", "ip" or "ipv6". The link-local one of IPv6 comes first,
 * on IOS, and then any number of others; a prefix length says nothing here. */
static enum ios_result
address_words(struct edit *e, const char *group, bool no, char *const *argv, int argc, char *err,
		size_t err_len)
{
	bool second = argc == 2 && ios_is(argv[1], "secondary", 3);
	char address[64];

	if (argc < 1 || argc > 2 || (argc == 2 && !second && !ios_is(argv[1], "primary", 3)))
		return IOS_OTHER;
	snprintf(address, sizeof(address), "%s", argv[0]);
	if (strchr(argv[0], ':') != NULL) {
		address[strcspn(address, "/")] = '\0';
		if (strncasecmp(address, "fe80", 4) != 0)
			return group_run(e, group, no, second || has_other6(e, group, address)
					? OURS("ipv6", "secondary", address)
					: OURS("ipv6", address), err, err_len);
		return group_run(e, group, no,
				no ? OURS("ipv6", "link-local") :
				     OURS("ipv6", "link-local", address), err, err_len);
	}
	return group_run(e, group, no, second ? OURS("ip", "secondary", address) :
						OURS("ip", address), err, err_len);
}

/* authentication SECRET, or md5 ... */
static enum ios_result
authentication(struct edit *e, const char *group, bool no, char *const *argv, int argc, char *err,
		size_t err_len)
{
	if (argc == 1 && !no && !ios_is(argv[0], "text", 4) && !ios_is(argv[0], "md5", 3))
		return group_run(e, group, no, OURS("authentication", "text", argv[0]), err,
				err_len);
	if (no && (argc == 0 || (argc == 1 && !ios_is(argv[0], "text", 4))))
		return group_run(e, group, no, OURS("authentication", "text"), err, err_len);
	if (argc < 1 || !ios_is(argv[0], "md5", 3))
		return IOS_OTHER;
	e->secret = true;
	snprintf(err, err_len, "no RFC has MD5 for VRRP: version 2 has authentication text");
	return IOS_WRONG;
}

/* preempt delay minimum N: on IOS, too, who says so preempts. */
static enum ios_result
preempt_delay(struct edit *e, const char *group, char *const *argv, char *err, size_t err_len)
{
	enum ios_result r = group_run(e, group, false, OURS("preempt", "delay", "minimum", argv[3]),
			err, err_len);
	json_t *g = ios_entry(e);

	if (group != NULL)
		g = json_object_get(json_object_get(g, "vrrp"), group);
	if (r == IOS_DONE && json_is_false(json_object_get(g, "preempt")))
		json_object_del(g, "preempt");
	return r;
}

/* What is the same in the group's mode and behind "vrrp N"; @argv is without that. */
static enum ios_result
group_line(struct edit *e, const char *group, bool no, char *const *argv, int argc, char *err,
		size_t err_len)
{
	bool address = argc == 3 && (strcasecmp(argv[0], "ip") == 0 ||
			strcasecmp(argv[0], "ipv6") == 0);

	if (address && !ios_is(argv[1], "secondary", 3) && !ios_is(argv[1], "link-local", 4))
		return address_words(e, group, no, argv + 1, argc - 1, err, err_len);
	if (argc == 2 && strcasecmp(argv[0], "ipv6") == 0 &&
			(strchr(argv[1], '/') != NULL || strncasecmp(argv[1], "fe80", 4) == 0))
		return address_words(e, group, no, argv + 1, argc - 1, err, err_len);
	if (argc >= (no ? 1 : 2) && ios_is(argv[0], "authentication", 4))
		return authentication(e, group, no, argv + 1, argc - 1, err, err_len);
	if (!no && argc == 4 && ios_is(argv[0], "preempt", 3) && ios_is(argv[1], "delay", 3) &&
			ios_is(argv[2], "minimum", 3))
		return preempt_delay(e, group, argv, err, err_len);
	if (no && argc == 2 && ios_is(argv[0], "preempt", 3) && ios_is(argv[1], "delay", 3))
		return group_run(e, group, no, OURS("preempt", "delay", "minimum"), err, err_len);
	if (argc == 2 && ios_is(argv[0], "timers", 3) && ios_is(argv[1], "learn", 2)) {
		snprintf(e->note, sizeof(e->note), "version 3 always learns the interval, version "
						   "2 must have the same everywhere");
		return IOS_DONE;
	}
	return IOS_OTHER;
}

enum ios_result
ios_vrrp_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r = family_line(e, argv, argc, no, err, err_len);

	if (r == IOS_OTHER && in_interface(e) && argc >= 3 && ios_is(argv[0], "vrrp", 4) &&
			ios_is(argv[1], "delay", 5)) {
		snprintf(err, err_len, "write vrrp N startup-delay SECONDS for each group");
		return IOS_WRONG;
	}
	if (r == IOS_OTHER && in_interface(e) && argc >= 3 && ios_is(argv[0], "vrrp", 4))
		return group_line(e, argv[1], no, argv + 2, argc - 2, err, err_len);
	if (r != IOS_OTHER || !in_group(e))
		return r;
	if (argc == 1 && ios_is(argv[0], "exit-vrrp", 8))
		return edit_leave(e) ? IOS_DONE : IOS_WRONG;
	if (argc == 1 && ios_is(argv[0], "vrrpv2", 6))
		return RUN("version", no ? "3" : "2") ? IOS_DONE : IOS_WRONG;
	if (argc == 1 && ios_is(argv[0], "match-address", 8))
		return IOS_DONE; /* that the peers' addresses be the same, which is said anyway */
	if (argc >= 1 && ios_is(argv[0], "vrrs", 4)) {
		snprintf(e->note, sizeof(e->note), "left out: see track N vrrp, and sync-group");
		return IOS_DONE;
	}
	if (e->vrrp_family && argc == 3 && ios_is(argv[0], "timers", 3) &&
			ios_is(argv[1], "advertise", 3) && strcasecmp(argv[2], "msec") != 0)
		return (no ? RUN("no", "timers", "advertise", "msec")
			   : RUN("timers", "advertise", "msec", argv[2]))
				       ? IOS_DONE
				       : IOS_WRONG;
	if (argc >= 2 && ios_is(argv[0], "address", 4))
		return address_words(e, NULL, no, argv + 1, argc - 1, err, err_len);
	return group_line(e, NULL, no, argv, argc, err, err_len);
}
