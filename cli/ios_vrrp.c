/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VRRP as IOS-XE has it: "vrrp N address-family ipv4" opens a mode, in which intervals are
 * milliseconds, the virtual addresses are "address", and "exit-vrrp" leaves. It is the group's mode
 * here; a group of both families is one.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"

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

/* address A [primary|secondary]; of IPv6 the link-local one comes first. */
static enum ios_result
address_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	bool second = argc == 3 && ios_is(argv[2], "secondary", 3), ip6, local;

	if (argc < 2 || argc > 3 || !ios_is(argv[0], "address", 4) ||
			(argc == 3 && !second && !ios_is(argv[2], "primary", 3)))
		return IOS_OTHER;
	ip6 = strchr(argv[1], ':') != NULL;
	local = ip6 && strncasecmp(argv[1], "fe80", 4) == 0;
	if (ip6)
		return (local ? no ? RUN("no", "ipv6", "link-local")
				   : RUN("ipv6", "link-local", argv[1])
			: no  ? RUN("no", "ipv6", argv[1])
			      : RUN("ipv6", argv[1]))
					     ? IOS_DONE
					     : IOS_WRONG;
	return (second ? no ? RUN("no", "ip", "secondary", argv[1])
			    : RUN("ip", "secondary", argv[1])
		: no   ? RUN("no", "ip", argv[1])
		       : RUN("ip", argv[1]))
				      ? IOS_DONE
				      : IOS_WRONG;
}

enum ios_result
ios_vrrp_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r = family_line(e, argv, argc, no, err, err_len);

	if (r != IOS_OTHER || !in_group(e))
		return r;
	if (argc == 1 && ios_is(argv[0], "exit-vrrp", 8))
		return edit_leave(e) ? IOS_DONE : IOS_WRONG;
	if (argc == 1 && ios_is(argv[0], "vrrpv2", 6))
		return RUN("version", no ? "3" : "2") ? IOS_DONE : IOS_WRONG;
	if (argc == 1 && ios_is(argv[0], "match-address", 8))
		return IOS_DONE; /* that the peers' addresses be the same, which is said anyway */
	if (e->vrrp_family && argc == 3 && ios_is(argv[0], "timers", 3) &&
			ios_is(argv[1], "advertise", 3))
		return (no ? RUN("no", "timers", "advertise", "msec")
			   : RUN("timers", "advertise", "msec", argv[2]))
				       ? IOS_DONE
				       : IOS_WRONG;
	return address_line(e, argv, argc, no, err, err_len);
}
