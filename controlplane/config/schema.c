/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one table; see schema.h. To add an option: a field in config.h, a row here or in its
 * subject's schema_*.c, and what the field does in the apply function of the module that acts on
 * it. Then run culvert-config-doc, as tests/unit/test_config_doc.c will remind you.
 *
 * CLI words follow Cisco IOS where it has the thing. The order of rows is the order in which
 * documents, commands and the reference manual show them.
 */
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/builtin.h"
#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/config/schema_rows.h"

#define VERIFY_HELP \
	"Forward what comes in only from sources that there is a route to (RFC 3704), the default " \
	"route among them"

/* clang-format off */
static const struct schema_value log_levels[] = {
	{ "error",   LVL_ERROR,   "what failed" },
	{ "warning", LVL_WARNING, "what may need attention" },
	{ "notice",  LVL_NOTICE,  "what changed: tunnels, links, configuration" },
	{ "info",    LVL_INFO,    "what is going on" },
	{ "debug",   LVL_DEBUG,   "everything" },
	{ NULL, 0, NULL },
};

static const struct schema_value tunnel_modes[] = {
	{ "gre",   CFG_TUNNEL_GRE,   "GRE (RFC 2784), protected or not" },
	{ "gre-multipoint", CFG_TUNNEL_MGRE, "GRE to many far ends, given by nhrp-maps" },
	{ "ipsec", CFG_TUNNEL_IPSEC, "IP packets in ESP tunnel mode (RFC 4303), without GRE" },
	{ NULL, 0, NULL },
};

static const struct schema_value verifies[] = {
	{ "off", CFG_VERIFY_OFF, "any source" },
	{ "rx",  CFG_VERIFY_RX,  "the route to the source leads back the way it came" },
	{ "any", CFG_VERIFY_ANY, "there is a route to the source" },
	{ NULL, 0, NULL },
};

static const struct schema_value dfs[] = {
	{ "copy",  CFG_DF_COPY,  "as the inner packet has it" },
	{ "set",   CFG_DF_SET,   "on all outer packets" },
	{ "clear", CFG_DF_CLEAR, "on none" },
	{ NULL, 0, NULL },
};
/* clang-format on */

/* ---- defaults that depend on other options ------------------------------------------------- */

static void
derive_port(void *entry)
{
	struct cfg_interface *i = entry;

	memcpy(i->port, i->name, sizeof(i->port));
}

static void
derive_peer_identity(void *entry)
{
	struct cfg_tunnel *t = entry;

	if (strchr(t->destination_name, ' ') == NULL)
		memcpy(t->peer_identity, t->destination_name, sizeof(t->destination_name));
}

static void
derive_protection(void *entry)
{
	struct cfg_tunnel *t = entry;

	if (t->ipsec_secret[0] != '\0')
		snprintf(t->protection, sizeof(t->protection), "%s", CFG_BUILTIN);
}

/* clang-format off */
/* ---- the table ----------------------------------------------------------------------------- */

static const struct schema_node system_rows[] = {
	{ .name = "hostname", .type = SCHEMA_STRING, AT(cfg_system, hostname),
	  .min = 1, .max = 63, .def = "culvert", .cli = "hostname",
	  .pattern = "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
	  .pattern_help = "letters, digits, hyphens and dots",
	  .help = "Name of this appliance, shown in the prompt and in answers" },
	{ .name = "log-level", .type = SCHEMA_ENUM, AT(cfg_system, log_level),
	  .values = log_levels, .def = "notice", .cli = "logging level",
	  .help = "Least important messages that are still logged" },
	{ .name = "icmp-error-pps", .type = SCHEMA_INTEGER, AT(cfg_system, icmp_error_pps),
	  .min = 0, .max = 100000, .def = "1000", .unit = "packets/s",
	  .cli = "ip icmp rate-limit error",
	  .help = "ICMP errors sent at most, per worker (RFC 1812 section 4.3.2.8)" },
	{ .name = "icmp-echo-pps", .type = SCHEMA_INTEGER, AT(cfg_system, icmp_echo_pps),
	  .min = 0, .max = 1000000, .def = "10000", .unit = "packets/s",
	  .cli = "ip icmp rate-limit echo",
	  .help = "ICMP echo replies sent at most, per worker" },
	{ .name = "audit-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, audit_s),
	  .min = 0, .max = 86400, .def = "60", .unit = "s", .cli = "crypto audit",
	  .help = "How often SAs are compared between IKE and the dataplane; 0: never" },
	{ .name = "reassembly-timeout-ms", .type = SCHEMA_INTEGER, AT(cfg_system, reass_ms),
	  .min = 100, .max = 60000, .def = "1000", .unit = "ms", .cli = "ip reassembly timeout",
	  .help = "How long fragments for this appliance wait for the others (RFC 791)" },
	{ .name = "reassembly-packets", .type = SCHEMA_INTEGER, AT(cfg_system, reass_packets),
	  .min = 1, .max = 65536, .def = "1024", .unit = "packets",
	  .cli = "ip reassembly max-packets",
	  .help = "Packets in reassembly at a time, per worker" },
	{ .name = "reassembly-per-source", .type = SCHEMA_INTEGER, AT(cfg_system, reass_per_src),
	  .min = 1, .max = 65536, .def = "256", .unit = "packets",
	  .cli = "ip reassembly max-per-source",
	  .help = "Packets in reassembly of one source address, per worker" },
	{ .name = "arp-hold-ms", .type = SCHEMA_INTEGER, AT(cfg_system, hold_ms),
	  .min = 0, .max = 10000, .def = "1000", .unit = "ms", .cli = "arp hold",
	  .help = "How long a packet waits for its neighbour's MAC address" },
	{ .name = "name-servers", .type = SCHEMA_STRING, AT(cfg_system, name_servers),
	  .min = 7, .max = CFG_TEXT_MAX - 1, .cli = "ip name-server",
	  .pattern = "^[0-9.]+(:[0-9]+)?( [0-9.]+(:[0-9]+)?)*$",
	  .pattern_help = "IPv4 addresses, each with :PORT if it is not 53, a blank between",
	  .help = "Servers of DNS, reached by the operating system; without it /etc/resolv.conf" },
	{ .name = "name-refresh-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, name_refresh_s),
	  .min = 5, .max = 86400, .def = "300", .unit = "s", .cli = "ip name-refresh",
	  .help = "Names of tunnels' far ends are asked for again at least so often, and when "
		  "their time to live is over" },
	{ .name = "arp-timeout-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, arp_timeout_s),
	  .min = 10, .max = 86400, .def = "1200", .unit = "s", .cli = "arp timeout",
	  .help = "Age at which a neighbour is asked again" },
};

#define X(id, word, rate_def, burst_def)                                                        \
static const struct schema_node punt_##word##_rows[] = {                                        \
	{ .name = "rate", .type = SCHEMA_INTEGER, AT(cfg_punt, rate),                           \
	  .min = 1, .max = 1000000, .def = #rate_def, .unit = "packets/s", .cli = "rate",       \
	  .help = "Packets per second that reach the control plane, per worker" },              \
	{ .name = "burst", .type = SCHEMA_INTEGER, AT(cfg_punt, burst),                         \
	  .min = 1, .max = 511, .def = #burst_def, .unit = "packets", .cli = "burst",           \
	  .help = "Packets that may come at once, per worker" },                                \
};
CHAN_PUNT_DEFAULTS(X)
#undef X

#define PUNT_GROUP(word, id, text)                                                              \
	{ .name = #word, .type = SCHEMA_OBJECT,                                                 \
	  GROUP(cfg, punt[CHAN_CLASS_##id], punt_##word##_rows),                                \
	  .cli = #word, .help = text }
static const struct schema_node control_plane_rows[] = {
	PUNT_GROUP(arp, ARP, "Address resolution"),
	PUNT_GROUP(ike, IKE, "Key exchange: UDP ports 500 and 4500"),
	PUNT_GROUP(ospf, OSPF, "OSPF; Hellos are counted apart from the rest"),
	PUNT_GROUP(vrrp, VRRP, "VRRP advertisements"),
	PUNT_GROUP(nhrp, NHRP, "NHRP"),
	PUNT_GROUP(icmp, ICMP, "ICMP for us other than echo requests"),
	PUNT_GROUP(other, OTHER, "All else"),
	PUNT_GROUP(keepalive, KEEPALIVE, "GRE keepalives of ours that have come back"),
};
static_assert(N_ROWS(control_plane_rows) == CHAN_N_CLASSES, "a group for each class");

static const struct schema_node interface_rows[] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_interface, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_interface, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown",
	  .help = "Whether it carries traffic" },
	{ .name = "port", .type = SCHEMA_STRING, AT(cfg_interface, port),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "port",
	  .pattern = "^[!-~]+$", .pattern_help = "no spaces",
	  .derive = derive_port, .derive_help = "the interface's name",
	  .help = "Port of the dataplane: its name, PCI address, or kernel interface" },
	{ .name = "vlan", .type = SCHEMA_INTEGER, AT(cfg_interface, vlan),
	  .min = 0, .max = 4094, .def = "0", .cli = "encapsulation dot1q",
	  .help = "802.1Q VLAN on the port; 0: untagged" },
	{ .name = "mtu", .type = SCHEMA_INTEGER, AT(cfg_interface, mtu),
	  .min = 576, .max = 9600, .def = "1500", .unit = "bytes", .cli = "mtu",
	  .help = "Longest IP packet; 1280 or more if the interface has an ipv6-address" },
	{ .name = "verify-source", .type = SCHEMA_ENUM, AT(cfg_interface, verify4),
	  .values = verifies, .def = "off", .cli = "ip verify unicast source reachable-via",
	  .help = VERIFY_HELP },
	{ .name = "ipv6-verify-source", .type = SCHEMA_ENUM, AT(cfg_interface, verify6),
	  .values = verifies, .def = "off", .cli = "ipv6 verify unicast source reachable-via",
	  .help = "The same of IPv6" },
	{ .name = "carrier-delay-down-ms", .type = SCHEMA_INTEGER,
	  AT(cfg_interface, carrier_down_ms), .min = 0, .max = 60000, .def = "0", .unit = "ms",
	  .cli = "carrier-delay down msec",
	  .help = "Loss of the link is believed after so long" },
	{ .name = "carrier-delay-up-ms", .type = SCHEMA_INTEGER,
	  AT(cfg_interface, carrier_up_ms), .min = 0, .max = 60000, .def = "0", .unit = "ms",
	  .cli = "carrier-delay up msec",
	  .help = "A link that is back is believed after so long" },
	{ .name = "dampening-half-life-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_interface, damp_half_life_s), .min = 1, .max = 30, .zero_too = true, .def = "0",
	  .unit = "s", .cli = "dampening half-life",
	  .help = "A link that flaps is not used: its penalty, 1000 for each loss, halves in this "
		  "time; 0: no dampening" },
	{ .name = "dampening-reuse", .type = SCHEMA_INTEGER, AT(cfg_interface, damp_reuse),
	  .min = 1, .max = 20000, .def = "1000", .cli = "dampening reuse",
	  .help = "It is used again when the penalty has come down to this" },
	{ .name = "dampening-suppress", .type = SCHEMA_INTEGER, AT(cfg_interface, damp_suppress),
	  .min = 1, .max = 20000, .def = "2000", .cli = "dampening suppress",
	  .help = "It is not used from this penalty on" },
	{ .name = "dampening-max-suppress-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_interface, damp_max_s), .min = 1, .max = 255, .zero_too = true, .def = "0",
	  .unit = "s", .cli = "dampening max-suppress-time",
	  .help = "After its last loss it is used again by then; 0: four times the half-life" },
	{ .name = "dampening-restart", .type = SCHEMA_INTEGER, AT(cfg_interface, damp_restart),
	  .min = 1, .max = 20000, .zero_too = true, .def = "0", .cli = "dampening restart",
	  .help = "Penalty to begin with when the machine has just started; 0: none" },
	{ .name = "address", .type = SCHEMA_ADDRESSES, AT_ARRAY(cfg_interface, addrs, n_addrs),
	  .min = 0, .max = CFG_ADDRS_MAX, .cli = "ip address",
	  .help = "Our addresses; the first is the source of ICMP errors" },
	{ .name = "ipv6-address", .type = SCHEMA_ADDRESSES6,
	  AT_ARRAY(cfg_interface, addrs6, n_addrs6), .min = 0, .max = CFG_ADDRS6_MAX,
	  .cli = "ipv6 address",
	  .help = "Our IPv6 addresses; a link-local one, made of the MAC address, comes with "
		  "them" },
	{ .name = "ospf", .type = SCHEMA_OBJECT, GROUP(cfg_interface, ospf, schema_ospf_if_rows),
	  .cli = "ip ospf", .help = "OSPF there" },
	{ .name = "router-advertisements", .type = SCHEMA_OBJECT,
	  GROUP(cfg_interface, ra, schema_ra_rows), .cli = "ipv6 nd",
	  .help = "What hosts learn of the IPv6 LAN and its gateway (RFC 4861)" },
	{ .name = "vrrp", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES_OF(cfg_interface, cfg_vrrp, vrrps, n_vrrps, schema_vrrp_rows),
	  .max = CHAN_IF_VMACS, .cli = "vrrp", .key_help = "number of the virtual router, 1-255",
	  .pattern = "^([1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$",
	  .pattern_help = "a number from 1 to 255",
	  .help = "Virtual routers: addresses that move to another router when this one fails "
		  "(RFC 9568)" },
};

static const struct schema_node tunnel_rows[] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_tunnel, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown",
	  .help = "Whether it carries traffic" },
	{ .name = "mode", .type = SCHEMA_ENUM, AT(cfg_tunnel, mode),
	  .values = tunnel_modes, .def = "gre", .cli = "tunnel mode",
	  .help = "What packets are put into" },
	{ .name = "source", .type = SCHEMA_IPV4, AT(cfg_tunnel, source),
	  .flags = SCHEMA_REQUIRED, .cli = "tunnel source",
	  .help = "Our end: an address of one of the interfaces" },
	{ .name = "destination", .type = SCHEMA_IPV4, AT(cfg_tunnel, destination),
	  .cli = "tunnel destination",
	  .help = "The far end; without it the peer calls and its address is learned" },
	{ .name = "destination-name", .type = SCHEMA_STRING, AT(cfg_tunnel, destination_name),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "tunnel destination-name",
	  .pattern = "^[A-Za-z0-9_-]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
		     "( [A-Za-z0-9_-]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?)*$",
	  .pattern_help = "a domain name, or names and addresses with a space between them",
	  .help = "The far end by its name, which is looked up again and again; of several names "
		  "or addresses the next one is called when one does not answer" },
	{ .name = "destination-next-hop", .type = SCHEMA_IPV4, AT(cfg_tunnel, next_hop),
	  .cli = "tunnel destination-next-hop",
	  .help = "Neighbour, such as an ISP's router, by which alone the far end is reached; "
		  "without it as the routes say" },
	{ .name = "peer-identity", .type = SCHEMA_IDENTITY, AT(cfg_tunnel, peer_identity),
	  .min = 1, .max = CFG_ID_MAX - 1, .cli = "tunnel peer-identity",
	  .derive = derive_peer_identity, .derive_help = "destination-name, if there is one",
	  .help = "IKE identity of the far end; without it by the keyring or the IKEv2 profile" },
	{ .name = "address", .type = SCHEMA_ADDRESS, AT(cfg_tunnel, address),
	  .cli = "ip address", .help = "Our address inside; without it the tunnel is unnumbered" },
	{ .name = "ipv6-address", .type = SCHEMA_ADDRESS6, AT(cfg_tunnel, address6),
	  .cli = "ipv6 address", .help = "Our IPv6 address inside" },
	{ .name = "mtu", .type = SCHEMA_INTEGER, AT(cfg_tunnel, mtu),
	  .min = 576, .max = 9000, .zero_too = true, .def = "1400", .unit = "bytes",
	  .cli = "ip mtu",
	  .help = "Longest IP packet inside; 0: as long as the outer packet stays whole" },
	{ .name = "ttl", .type = SCHEMA_INTEGER, AT(cfg_tunnel, ttl),
	  .min = 1, .max = 255, .zero_too = true, .def = "64", .cli = "tunnel ttl",
	  .help = "TTL of outer packets; 0: copied from inside" },
	{ .name = "tos", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, tos, has_tos),
	  .min = 0, .max = 255, .cli = "tunnel tos",
	  .help = "TOS byte of outer packets; without it copied from inside" },
	{ .name = "df", .type = SCHEMA_ENUM, AT(cfg_tunnel, df), .values = dfs, .def = "copy",
	  .cli = "tunnel df", .help = "Don't Fragment of outer packets" },
	{ .name = "ignore-df", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, ignore_df), .def = "false",
	  .cli = "tunnel ignore-df",
	  .help = "Fragment packets that are too long even if they have Don't Fragment" },
	{ .name = "fragment-after", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, fragment_after),
	  .def = "false", .cli = "tunnel fragment-after",
	  .help = "Fragment outer packets, after encryption; else inner packets, before" },
	{ .name = "clamp-tcp-mss", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, clamp_mss),
	  .def = "true", .cli = "ip tcp clamp-mss",
	  .help = "Lower the maximum segment size of TCP connections to what the MTU leaves" },
	{ .name = "tcp-mss", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, mss, has_mss),
	  .min = 108, .max = 9000, .unit = "bytes", .cli = "ip tcp adjust-mss",
	  .help = "Lower it to this instead; 20 less for IPv6" },
	{ .name = "path-mtu-discovery", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, pmtud),
	  .def = "true", .cli = "tunnel path-mtu-discovery",
	  .help = "Believe ICMP that our outer packets are too long for the path, when it quotes "
		  "one of them (RFC 4301 section 6)" },
	{ .name = "path-mtu-min", .type = SCHEMA_INTEGER, AT(cfg_tunnel, path_mtu_min),
	  .min = 256, .max = 9000, .def = "576", .unit = "bytes", .cli = "tunnel path-mtu-min",
	  .help = "Least path MTU that is believed" },
	{ .name = "path-mtu-age-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, path_mtu_age_s),
	  .min = 60, .max = 86400, .def = "600", .unit = "s", .cli = "tunnel path-mtu-age",
	  .help = "How long it is believed" },
	{ .name = "keepalive-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, keepalive_s),
	  .min = 1, .max = 32767, .zero_too = true, .def = "0", .unit = "s",
	  .cli = "keepalive interval",
	  .help = "Send GRE keepalives this often; 0: none. The peer's are answered always" },
	{ .name = "keepalive-retries", .type = SCHEMA_INTEGER, AT(cfg_tunnel, keepalive_retries),
	  .min = 1, .max = 255, .def = "3", .cli = "keepalive retries",
	  .help = "Keepalives in a row without an answer until the tunnel is down" },
	{ .name = "key", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, key, has_key),
	  .min = 0, .max = UINT32_MAX, .cli = "tunnel key",
	  .help = "GRE key (RFC 2890), the same at both ends" },
	{ .name = "checksum", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, checksum), .def = "false",
	  .cli = "tunnel checksum", .help = "Send a GRE checksum (RFC 2784)" },
	{ .name = "sequence", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, sequence), .def = "false",
	  .cli = "tunnel sequence", .help = "Send GRE sequence numbers (RFC 2890)" },
	{ .name = "verify-source", .type = SCHEMA_ENUM, AT(cfg_tunnel, verify4),
	  .values = verifies, .def = "off", .cli = "ip verify unicast source reachable-via",
	  .help = VERIFY_HELP },
	{ .name = "ipv6-verify-source", .type = SCHEMA_ENUM, AT(cfg_tunnel, verify6),
	  .values = verifies, .def = "off", .cli = "ipv6 verify unicast source reachable-via",
	  .help = "The same of IPv6" },
	{ .name = "ospf", .type = SCHEMA_OBJECT, GROUP(cfg_tunnel, ospf, schema_ospf_if_rows),
	  .cli = "ip ospf", .help = "OSPF there" },
	{ .name = "ipsec-secret", .type = SCHEMA_STRING, AT(cfg_tunnel, ipsec_secret),
	  .flags = SCHEMA_SECRET, .min = 1, .max = CFG_PSK_MAX - 1, .cli = "tunnel ipsec-secret",
	  .help = "Protection by this secret alone: IKEv2 with usual algorithms, without a profile "
		  "and a key of its own" },
	{ .name = "protection", .type = SCHEMA_REF, AT(cfg_tunnel, protection),
	  .ref = "/crypto/ipsec/profiles", .cli = "tunnel protection",
	  .derive = derive_protection, .derive_help = "ipsec-secret, if there is one",
	  .help = "IPsec profile; without it packets leave in the clear" },
	{ .name = "track", .type = SCHEMA_REF, AT(cfg_tunnel, track), .ref = "/tracks",
	  .cli = "tunnel track",
	  .help = "Tracked object: nothing is routed into the tunnel while it is down" },
	{ .name = "group", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_limit),
	  .min = 0, .max = 65536, .def = "0", .unit = "branches", .cli = "tunnel group",
	  .help = "Not a tunnel but a model: a tunnel like it for each branch whose identity fits, "
		  "so many at most; 0: a tunnel" },
	{ .name = "group-pool", .type = SCHEMA_PREFIX,
	  AT_HAS(cfg_tunnel, group_pool, has_group_pool),
	  .cli = "tunnel group-pool",
	  .help = "Addresses inside, two for each branch, ours the even one; without it "
		  "unnumbered" },
	{ .name = "group-timeout-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_timeout_s),
	  .min = 5, .max = 2592000, .def = "300", .unit = "s", .cli = "tunnel group-timeout",
	  .help = "A branch's tunnel that is down for so long is removed" },
	{ .name = "group-idle-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_idle_s),
	  .min = 10, .max = 2592000, .zero_too = true, .def = "0", .unit = "s",
	  .cli = "tunnel group-idle",
	  .help = "A branch's tunnel in which nothing has come for so long is removed; 0: never" },
};

/* One command line each: ip route PREFIX [INTERFACE] [VIA] [null0] [distance N] [tag N]
 * [track NAME]. */
static const struct schema_node route_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_route, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Destination" },
	{ .name = "interface", .type = SCHEMA_REF, AT(cfg_route, interface),
	  .flags = SCHEMA_KEY, .ref = "/interfaces /tunnels", .cli = "",
	  .help = "Tunnel; or interface, together with a next hop" },
	{ .name = "via", .type = SCHEMA_IPV4, AT(cfg_route, next_hop),
	  .flags = SCHEMA_KEY, .cli = "", .help = "Next hop" },
	{ .name = "null", .type = SCHEMA_BOOLEAN, AT(cfg_route, null), .def = "false",
	  .flags = SCHEMA_KEY, .cli = "null0", .help = "Discard packets, answer unreachable" },
	{ .name = "distance", .type = SCHEMA_INTEGER, AT(cfg_route, distance),
	  .min = 1, .max = 255, .def = "1", .cli = "distance",
	  .help = "Administrative distance: the lowest of several routes is used" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT(cfg_route, tag),
	  .min = 0, .max = UINT32_MAX, .def = "0", .cli = "tag",
	  .help = "Number that goes with the route when it is redistributed" },
	{ .name = "track", .type = SCHEMA_STRING, AT(cfg_route, track),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "track", .pattern = SCHEMA_NAME_PATTERN,
	  .pattern_help = "name or number of a tracked object",
	  .help = "Used only while this object is up" },
	{ .name = "name", .type = SCHEMA_STRING, AT(cfg_route, name),
	  .min = 1, .max = CFG_ROUTE_NAME_MAX - 1, .cli = "name", .help = "What it is for" },
};

/* ip nhrp map TUNNEL ADDRESS nbma ADDRESS [multicast false] */
static const struct schema_node nhrp_map_rows[] = {
	{ .name = "tunnel", .type = SCHEMA_REF, AT(cfg_nhrp_map, tunnel),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .ref = "/tunnels", .cli = "",
	  .help = "Tunnel of mode gre-multipoint" },
	{ .name = "address", .type = SCHEMA_IPV4, AT(cfg_nhrp_map, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "",
	  .help = "Address of the far end inside the tunnel" },
	{ .name = "nbma", .type = SCHEMA_IPV4, AT(cfg_nhrp_map, nbma),
	  .flags = SCHEMA_REQUIRED, .cli = "nbma",
	  .help = "Its address outside, where packets for it are sent" },
	{ .name = "multicast", .type = SCHEMA_BOOLEAN, AT(cfg_nhrp_map, multicast), .def = "true",
	  .cli = "multicast", .help = "It gets a copy of the tunnel's multicast" },
};

/* The same for IPv6: ipv6 route ... */
static const struct schema_node route6_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX6, AT(cfg_route6, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Destination" },
	{ .name = "interface", .type = SCHEMA_REF, AT(cfg_route6, interface),
	  .flags = SCHEMA_KEY, .ref = "/interfaces /tunnels", .cli = "",
	  .help = "Tunnel; or interface, together with a next hop" },
	{ .name = "via", .type = SCHEMA_IPV6, AT(cfg_route6, next_hop),
	  .flags = SCHEMA_KEY, .cli = "",
	  .help = "Next hop; a link-local one needs the interface" },
	{ .name = "null", .type = SCHEMA_BOOLEAN, AT(cfg_route6, null), .def = "false",
	  .flags = SCHEMA_KEY, .cli = "null0", .help = "Discard packets, answer unreachable" },
	{ .name = "distance", .type = SCHEMA_INTEGER, AT(cfg_route6, distance),
	  .min = 1, .max = 255, .def = "1", .cli = "distance",
	  .help = "Administrative distance: the lowest of several routes is used" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT(cfg_route6, tag),
	  .min = 0, .max = UINT32_MAX, .def = "0", .cli = "tag",
	  .help = "Number that goes with the route" },
	{ .name = "track", .type = SCHEMA_STRING, AT(cfg_route6, track),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "track", .pattern = SCHEMA_NAME_PATTERN,
	  .pattern_help = "name or number of a tracked object",
	  .help = "Used only while this object is up" },
	{ .name = "name", .type = SCHEMA_STRING, AT(cfg_route6, name),
	  .min = 1, .max = CFG_ROUTE_NAME_MAX - 1, .cli = "name", .help = "What it is for" },
};

static const struct schema_node router_rows[] = {
	{ .name = "ospf", .type = SCHEMA_MAP, ENTRIES(cfg_ospf, ospfs, n_ospfs, schema_ospf_rows),
	  .max = 1, .cli = "ospf", .key_help = "number of the process",
	  .pattern = "^[1-9][0-9]{0,4}$", .pattern_help = "a number from 1 to 99999",
	  .help = "OSPF (RFC 2328)" },
};

static const struct schema_node root_rows[] = {
	{ .name = "system", .type = SCHEMA_OBJECT, GROUP(cfg, system, system_rows), .cli = "",
	  .help = "The appliance as a whole" },
	{ .name = "interfaces", .type = SCHEMA_MAP,
	  ENTRIES(cfg_interface, interfaces, n_interfaces, interface_rows),
	  .max = 1024, .cli = "interface", .key_help = "name of the interface, a letter first",
	  .pattern = "^[A-Za-z][A-Za-z0-9._:/@+-]*$", .reserved = "tunnel null0 distance tag track",
	  .help = "Ports of the dataplane, and VLANs on them, with their addresses" },
	{ .name = "tunnels", .type = SCHEMA_MAP,
	  ENTRIES(cfg_tunnel, tunnels, n_tunnels, tunnel_rows),
	  .max = 65536, .cli = "interface tunnel", .key_help = "name of the tunnel, a letter first",
	  .pattern = "^[A-Za-z][A-Za-z0-9._:/@+-]*$", .reserved = "tunnel null0 distance tag track",
	  .help = "Tunnels: GRE (RFC 2784) or ESP alone, one per branch" },
	{ .name = "routes", .type = SCHEMA_LIST, ENTRIES(cfg_route, routes, n_routes, route_rows),
	  .max = 1000000, .cli = "ip route", .help = "Static routes" },
	{ .name = "nhrp-maps", .type = SCHEMA_LIST,
	  ENTRIES(cfg_nhrp_map, nhrp_maps, n_nhrp_maps, nhrp_map_rows),
	  .max = 65536, .cli = "ip nhrp map",
	  .help = "Far ends of multipoint tunnels, by their addresses inside (RFC 2332)" },
	{ .name = "prefix-lists", .type = SCHEMA_LIST,
	  ENTRIES(cfg_prefix_rule, prefix_rules, n_prefix_rules, schema_prefix_rule_rows),
	  .max = 10000, .cli = "ip prefix-list", .help = "Prefixes by rules, for redistribution" },
	{ .name = "routes6", .type = SCHEMA_LIST,
	  ENTRIES(cfg_route6, routes6, n_routes6, route6_rows),
	  .max = 100000, .cli = "ipv6 route", .help = "Static IPv6 routes" },
	{ .name = "tracks", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES(cfg_track, tracks, n_tracks, schema_track_rows),
	  .max = 1000, .cli = "track", .key_help = "name or number of the object",
	  .pattern = SCHEMA_NAME_PATTERN,
	  .help = "Objects that are up or down, for others to depend on" },
	{ .name = "slas", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES(cfg_sla, slas, n_slas, schema_sla_rows),
	  .max = 1000, .cli = "ip sla", .key_help = "name or number of the probe",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Probes of what can be reached" },
	{ .name = "router", .type = SCHEMA_OBJECT, GROUP_HERE(router_rows), .cli = "router",
	  .help = "Routing protocols" },
	{ .name = "key-chains", .type = SCHEMA_MAP,
	  ENTRIES(cfg_key_chain, key_chains, n_key_chains, schema_key_chain_rows),
	  .max = 256, .cli = "key-chain", .key_help = "name of the key chain",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Keys of routing protocols, with lifetimes" },
	{ .name = "crypto", .type = SCHEMA_OBJECT, GROUP_HERE(schema_crypto_rows), .cli = "crypto",
	  .help = "Encryption" },
	{ .name = "control-plane", .type = SCHEMA_OBJECT, GROUP_HERE(control_plane_rows),
	  .cli = "control-plane",
	  .help = "How much of what is for this appliance itself reaches its control plane; one "
		  "source gets a quarter of it" },
};

static const struct schema_node root = {
	.name = "", .type = SCHEMA_OBJECT, GROUP_HERE(root_rows), .cli = "",
	.help = "The configuration of a Culvert hub",
};
/* clang-format on */

const struct schema_node *
schema_root(void)
{
	return &root;
}
