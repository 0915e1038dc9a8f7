/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of IOS that have no counterpart: those that say what is so anyway, or what does not matter
 * to an appliance, are taken; the others are refused, each with its reason. Lines that open a mode
 * of their own leave none open, so that what follows in it is not taken for something else.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"

enum kind {
	SO_ANYWAY, /* taken; nothing is done */
	ALONE,     /* the same, if nothing follows */
	LEFT_OUT,  /* taken; @why is told */
	REFUSED,
	VALUE,     /* the same, and the words before it are ours */
	MODE,      /* refused, and all that is in the mode it would open */
};

/* @ios: the words a line begins with, which must be whole: a line of ours with an error in it must
 * not be taken for one of these. */
struct other {
	const char *ios;
	enum kind kind;
	const char *why;
};

#define HOST "that is the host's business here"
#define ONE_TABLE "there is one routing table"

/* clang-format off */
static const struct other others[] = {
	{ "version", SO_ANYWAY, NULL },
	{ "service", SO_ANYWAY, NULL },
	{ "no service", SO_ANYWAY, NULL },
	{ "boot-start-marker", SO_ANYWAY, NULL },
	{ "boot-end-marker", SO_ANYWAY, NULL },
	{ "no aaa", SO_ANYWAY, NULL },
	{ "multilink", SO_ANYWAY, NULL },
	{ "scheduler", SO_ANYWAY, NULL },
	{ "building", SO_ANYWAY, NULL },
	{ "current", SO_ANYWAY, NULL },
	{ "memory-size", SO_ANYWAY, NULL },
	{ "ip cef", SO_ANYWAY, NULL },
	{ "ip classless", SO_ANYWAY, NULL },
	{ "ip subnet-zero", SO_ANYWAY, NULL },
	{ "ip forward-protocol", SO_ANYWAY, NULL },
	{ "ip routing", SO_ANYWAY, NULL },
	{ "no ip domain", SO_ANYWAY, NULL },
	{ "no ip domain-lookup", SO_ANYWAY, NULL },
	{ "no ip http", SO_ANYWAY, NULL },
	{ "no ip source-route", SO_ANYWAY, NULL },
	{ "ipv6 unicast-routing", SO_ANYWAY, NULL },
	{ "ipv6 cef", SO_ANYWAY, NULL },
	{ "no ipv6 cef", SO_ANYWAY, NULL },
	{ "ipv6 enable", SO_ANYWAY, NULL },
	{ "fhrp version", SO_ANYWAY, NULL },
	{ "control-plane", ALONE, NULL },
	{ "control-plane host", ALONE, NULL },
	{ "crypto isakmp invalid-spi-recovery", SO_ANYWAY, NULL },
	{ "crypto isakmp identity address", SO_ANYWAY, NULL },
	{ "crypto isakmp aggressive-mode disable", SO_ANYWAY, NULL },
	{ "crypto isakmp enable", SO_ANYWAY, NULL },
	{ "no ip redirects", SO_ANYWAY, NULL },
	{ "no ip proxy-arp", SO_ANYWAY, NULL },
	{ "no ip next-hop-self", SO_ANYWAY, NULL },
	{ "no ip split-horizon", SO_ANYWAY, NULL },
	{ "no ip directed-broadcast", SO_ANYWAY, NULL },
	{ "no ip route-cache", SO_ANYWAY, NULL },
	{ "ip route-cache", SO_ANYWAY, NULL },
	{ "ip virtual-reassembly", SO_ANYWAY, NULL },
	{ "no cdp", SO_ANYWAY, NULL },
	{ "no lldp", SO_ANYWAY, NULL },
	{ "no mop", SO_ANYWAY, NULL },
	{ "no keepalive", SO_ANYWAY, NULL },
	{ "no switchport", SO_ANYWAY, NULL },
	{ "duplex auto", SO_ANYWAY, NULL },
	{ "speed auto", SO_ANYWAY, NULL },
	{ "negotiation auto", SO_ANYWAY, NULL },
	{ "media-type", SO_ANYWAY, NULL },
	{ "load-interval", SO_ANYWAY, NULL },
	{ "no auto-summary", SO_ANYWAY, NULL },

	{ "owner", SO_ANYWAY, NULL },
	{ "crypto logging", SO_ANYWAY, NULL },
	{ "no config-exchange", SO_ANYWAY, NULL },
	{ "tag", SO_ANYWAY, NULL },

	{ "ip unnumbered", LEFT_OUT, "a tunnel without an address is unnumbered" },
	{ "delay", LEFT_OUT, "a delay counts for EIGRP alone, which there is not" },
	{ "description", LEFT_OUT, "there is no description of this" },
	{ "alias", REFUSED, "words may be abbreviated, there are no others" },
	{ "qos", REFUSED, "the DSCP goes to the outer header, see tunnel tos" },
	{ "ip helper-address", REFUSED, "there is no DHCP relay" },
	{ "responder-only", REFUSED, "write initiate never in the IKEv2 profile" },
	{ "crypto ikev2 dpd", REFUSED, "write dpd in the IKEv2 profile" },
	{ "crypto ikev2 fragmentation", REFUSED, "write fragmentation mtu in the IKEv2 profile" },
	{ "username", REFUSED, "who may log in is the host's business" },
	{ "enable", REFUSED, "there is no enable: access is that of the management socket" },
	{ "ip domain", REFUSED, HOST },
	{ "ip domain-name", REFUSED, HOST },
	{ "ip ssh", REFUSED, HOST },
	{ "ip http", REFUSED, HOST },
	{ "ntp", REFUSED, HOST },
	{ "clock", REFUSED, HOST },
	{ "snmp-server", REFUSED, HOST },
	{ "logging", REFUSED, "messages go to the host's journal; here there is logging level "
			      "LEVEL" },
	{ "privilege", REFUSED, HOST },
	{ "cdp", REFUSED, "there is no CDP" },
	{ "bandwidth", REFUSED, "no cost follows from it here: write ip ospf cost" },
	{ "duplex", REFUSED, "the port negotiates it" },
	{ "speed", REFUSED, "the port negotiates it" },
	{ "if-state", REFUSED, "a tunnel is up when its way and its SAs are" },
	{ "ip nat", REFUSED, "there is no NAT" },
	{ "ip access-group", REFUSED, "there is no packet filter" },
	{ "ip vrf forwarding", REFUSED, ONE_TABLE },
	{ "vrf forwarding", REFUSED, ONE_TABLE },
	{ "tunnel vrf", REFUSED, ONE_TABLE },
	{ "ip route vrf", VALUE, ONE_TABLE },
	{ "ip nhrp map multicast", REFUSED, "what ip nhrp map names gets multicast, too" },
	{ "ip nhrp authentication", REFUSED, "far ends are given by ip nhrp map, none registers" },
	{ "ip nhrp network-id", REFUSED, "far ends are given by ip nhrp map, none registers" },
	{ "ip nhrp holdtime", REFUSED, "far ends are given by ip nhrp map, none registers" },
	{ "ip nhrp nhs", REFUSED, "far ends are given by ip nhrp map, none registers" },
	{ "ip nhrp redirect", REFUSED, "there are no shortcuts between branches" },
	{ "ip nhrp shortcut", REFUSED, "there are no shortcuts between branches" },
	{ "ip address dhcp", VALUE, "an interface has fixed addresses here" },
	{ "ip unreachables", REFUSED, "that cannot be chosen for an interface" },
	{ "no ip unreachables", REFUSED, "that cannot be chosen for an interface; see ip icmp" },
	{ "crypto isakmp nat", REFUSED, "write nat-keepalive in the profile isakmp" },
	{ "crypto isakmp identity", REFUSED, "write identity local in the profile isakmp" },
	{ "crypto isakmp aggressive-mode", REFUSED, "write aggressive-mode in the profile isakmp" },
	{ "crypto ipsec security-association", REFUSED, "write set security-association in the "
	  "IPsec profile" },
	{ "crypto ipsec df-bit", REFUSED, "write tunnel df, or tunnel ignore-df, in the tunnel" },
	{ "crypto ipsec fragmentation", REFUSED, "write tunnel fragment-after in the tunnel" },
	{ "set security-association idle-time", REFUSED, "SAs are not ended for being idle" },
	{ "summary-address", REFUSED, "what is redistributed is chosen by prefix-list, not summed "
				      "up" },
	{ "ispf", REFUSED, "a change of a stub is computed by itself anyway" },
	{ "neighbor", REFUSED, "write ip ospf neighbor on the interface" },
	{ "nsf", REFUSED, "write nsf ietf" },
	{ "bfd", REFUSED, "there is no BFD: see ip ospf dead-interval minimal" },
	{ "fast-reroute", REFUSED, "there are no backup paths" },
	{ "verify-data", LEFT_OUT, "an answer is believed by a secret of eight bytes" },
	{ "history", LEFT_OUT, "see show events and show ip sla" },
	{ "data-pattern", LEFT_OUT, "the data is a secret" },
	{ "icmp-jitter", REFUSED, "there are icmp-echo and tcp-connect" },
	{ "udp-jitter", REFUSED, "there are icmp-echo and tcp-connect" },
	{ "udp-echo", REFUSED, "there are icmp-echo and tcp-connect" },
	{ "http", REFUSED, "there are icmp-echo and tcp-connect" },
	{ "standby", REFUSED, "there is no HSRP: write vrrp N ip A" },
	{ "glbp", REFUSED, "there is no GLBP: write vrrp N ip A" },
	{ "ip default-gateway", VALUE, "write ip route 0.0.0.0/0 A" },
	{ "ip default-network", VALUE, "write ip route 0.0.0.0/0 A" },
	{ "ip route static", VALUE, "there is no BFD: bind routes to a probe by track N" },
	{ "ip sla enable", VALUE, "a tracked object reacts: track N ip sla" },
	{ "ip sla reaction-configuration", VALUE, "a tracked object reacts: track N ip sla" },

	{ "aaa", MODE, HOST },
	{ "line", MODE, HOST },
	{ "archive", MODE, "see show configuration versions" },
	{ "router eigrp", MODE, "there is no EIGRP" },
	{ "router bgp", MODE, "there is no BGP" },
	{ "router rip", MODE, "there is no RIP" },
	{ "router isis", MODE, "there is no IS-IS" },
	{ "router ospfv3", MODE, "there is no OSPFv3" },
	{ "ipv6 router", MODE, "there is no routing protocol for IPv6" },
	{ "vrf definition", MODE, ONE_TABLE },
	{ "ip vrf", MODE, ONE_TABLE },
	{ "route-map", MODE, "what is redistributed is chosen by prefix-list" },
	{ "class-map", MODE, "there is no quality of service but for the appliance's own packets" },
	{ "policy-map", MODE, "there is no quality of service but for the appliance's own "
			      "packets" },
	{ "ip dhcp", MODE, "there is no DHCP server" },
	{ "ip access-list standard", MODE, "there is no packet filter" },
	{ "ipv6 access-list", MODE, "there is no packet filter" },
	{ "crypto dynamic-map", MODE, "peers of any address: a tunnel with tunnel group" },
	{ "crypto pki certificate", MODE, "certificates are given in a trustpoint" },
	{ "crypto gdoi", MODE, "there is no GET VPN" },
	{ "controller", MODE, "there are Ethernet ports only" },
	{ "redundancy", MODE, "two hubs share an address by VRRP" },
	{ "event", MODE, "see command up and command down of a tracked object" },
	{ "zone", MODE, "there is no packet filter" },
};
/* clang-format on */

/* Does the line begin with these words, or is it these? */
static bool
fits(const struct other *o, char *const *argv, int argc)
{
	int i = 0;

	for (const char *p = o->ios; *p != '\0'; i++, p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (i == argc || strlen(argv[i]) != len || strncasecmp(argv[i], p, len) != 0)
			return false;
		p += len;
	}
	return o->kind != ALONE || i == argc;
}

enum ios_result
ios_other_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const struct other *o = NULL;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && o == NULL; i++)
		if (fits(&others[i], argv, argc))
			o = &others[i];
	/* What is an option with something wrong in it is refused for that. */
	if (o == NULL || (e->known && o->kind != VALUE))
		return IOS_WRONG;
	if (o->kind == LEFT_OUT)
		snprintf(e->note, sizeof(e->note), "left out: %s", o->why);
	if (o->kind <= LEFT_OUT)
		return IOS_DONE;
	e->secret = true; /* there may be one in what cannot be understood */
	snprintf(err, err_len, "%s: %s", o->ios, o->why);
	if (o->kind == MODE) {
		edit_top(e);
		e->refused_mode = true;
	}
	return IOS_WRONG;
}

unsigned int
ios_other_words(const char *words[], unsigned int max)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && n < max; i++)
		if (strncmp(others[i].ios, "no ", 3) != 0)
			words[n++] = others[i].ios;
	return n;
}
