/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of commands; see commands.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/config_mode.h"
#include "cli/crypto.h"
#include "cli/crypto_debug.h"
#include "cli/events.h"
#include "cli/ping.h"
#include "cli/push.h"
#include "cli/render.h"
#include "cli/routing_debug.h"
#include "cli/show.h"
#include "cli/show_system.h"
#include "cli/show_vrrp.h"
#include "cli/trace.h"

static const struct arg_source trustpoints = { "crypto-pki-certificates", false, "trustpoints",
	"name" };
static const struct arg_source tunnels = { "tunnel", false, "tunnels", "name" };
static const struct arg_source interfaces = { "interface", false, "interfaces", "name" };
static const struct arg_source tracks = { "track", false, "tracks", "name" };
static const struct arg_source slas = { "sla", false, "slas", "name" };
static const struct arg_source versions = { "config-versions", true, "versions", "version" };

static void
clear(struct shell *sh, const char *what, const char *of)
{
	json_t *answer = shell_ask(sh, "clear", json_pack("{s:s}", "what", what));

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "%" JSON_INTEGER_FORMAT " %s cleared.",
				get_int(answer, "cleared"), of);
	json_decref(answer);
}

static void
clear_counters(struct shell *sh, int argc, char **argv)
{
	clear(sh, "counters", "counters");
}

static void
clear_ipv6_neighbors(struct shell *sh, int argc, char **argv)
{
	clear(sh, "ipv6-neighbors", "IPv6 neighbours");
}

static void
reload_control_plane(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "reload", json_pack("{s:s}", "what", "control-plane"));

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "The control plane is restarted by its supervisor.");
	json_decref(answer);
}

static void
clear_ospf(struct shell *sh, int argc, char **argv)
{
	clear(sh, "ip-ospf-process", "process");
}

static void
clear_arp(struct shell *sh, int argc, char **argv)
{
	clear(sh, "arp", "ARP entries");
}

static void
terminal_length(struct shell *sh, int argc, char **argv)
{
	char *end = NULL;
	long lines = argc > 0 ? strtol(argv[0], &end, 10) : -1;

	if (end == NULL || *end != '\0' || lines < 0 || lines > 512 || lines == 1)
		shell_error(sh, "expected 0-512 lines; 0: no pauses");
	else
		sh->page_lines = (int)lines;
}

/* Lines are never wrapped here: as on IOS, for programs that set it first. */
static void
terminal_width(struct shell *sh, int argc, char **argv)
{
	if (argc != 1 || argv[0][strspn(argv[0], "0123456789")] != '\0')
		shell_error(sh, "expected a number of columns");
}

static void
terminal_monitor(struct shell *sh, int argc, char **argv)
{
	shell_note(sh, "show events follow has what happens as it comes");
}

static void
enable(struct shell *sh, int argc, char **argv)
{
	shell_note(sh, "there is no other level: access is that of the management socket");
}

static void
leave_shell(struct shell *sh, int argc, char **argv)
{
	sh->quit = true;
}

static void
history(struct shell *sh, int argc, char **argv)
{
	for (int i = 0; i < MAX_HISTORY && sh->cli->history[i] != NULL; i++)
		out_line(&sh->out, "%4d  %s", i + 1, sh->cli->history[i]);
}

static void
help(struct shell *sh, int argc, char **argv)
{
	static const char *const text[] = {
		"?          what may come next, with help; Tab completes a word",
		"sh int     words may be abbreviated as long as they are unique",
		"| include  filters a command's lines: begin, count, exclude, include, section",
		"Up, Down   lines typed before; ^A ^E ^W ^U ^K edit; ^C drops the line",
		"configure terminal   changes the configuration: commit, abort, show changes, end",
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		out_line(&sh->out, "%s", text[i]);
}

#define NO_ARGS { { ARG_NONE } }
#define VRRP_GROUPS                                                                             \
	{ { ARG_OPTIONAL, "NAME", "Of one interface, a group, ipv4, ipv6", &interfaces } }
#define DEBUG_WHOM                                                                              \
	{ { ARG_WORD, "peer", "With this peer: its address, or its tunnel's name", NULL },      \
	  { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } }
#define EVENT_SOURCE                                                                            \
	{ { ARG_OPTIONAL, "SOURCE", "Only of vrrp, track, ospf, tunnel, ike, arp or nd", NULL } }
#define PING_SOURCE                                                                             \
	{ ARG_WORD, "source", "From this address of ours, or that of an interface", NULL }
#define CLEAR_WHOM                                                                              \
	{ { ARG_WORD, "peer", "Of the peer at this address", NULL },                            \
	  { ARG_WORD, "tunnel", "Of this tunnel", NULL } }

/* clang-format off */
const struct command_row command_rows[] = {
	{ "show version", COMMAND_BOTH, "Versions, uptimes, and whether the dataplane is attached",
	  show_version, 0, NO_ARGS },
	{ "show clock", COMMAND_BOTH, "The time", show_clock, 0, NO_ARGS },
	{ "show users", COMMAND_BOTH, "Who is connected to the management socket",
	  show_users, 0, NO_ARGS },
	{ "show processes", COMMAND_BOTH, "CPU and memory, workers, how late timers were",
	  show_processes, 0, NO_ARGS },
	{ "show tech-support", COMMAND_BOTH, "All that support asks for, one after the other",
	  show_tech_support, 0, NO_ARGS },
	{ "show logging", COMMAND_BOTH, "As on IOS: show events; messages are in the host's "
					"journal",
	  events_show, 1, EVENT_SOURCE },
	{ "show interfaces", COMMAND_BOTH, "Interfaces: links, addresses, counters",
	  show_interface, 1,
	  { { ARG_OPTIONAL, "NAME", "One interface in detail", &interfaces } } },
	{ "show interfaces dampening", COMMAND_BOTH, "Links that flap: penalties, and until when",
	  show_interface_dampening, 0, NO_ARGS },
	{ "show ip interface", COMMAND_BOTH, "As on IOS: show interfaces",
	  show_interface, 1,
	  { { ARG_OPTIONAL, "NAME", "One interface in detail", &interfaces } } },
	{ "show ip interface brief", COMMAND_BOTH, "One line each",
	  show_interface, 0, NO_ARGS },
	{ "show ip arp", COMMAND_BOTH, "As on IOS: show arp",
	  show_arp, 0, NO_ARGS },
	{ "show ip route", COMMAND_BOTH, "Routes, and why one is not used",
	  show_ip_route, 3,
	  { { ARG_OPTIONAL, "ADDRESS", "Only routes for this address or prefix, of a protocol, or "
				       "recursive ones", NULL },
	    { ARG_WORD, "summary", "How many of each protocol", NULL },
	    { ARG_WORD, "longer-prefixes", "Behind a prefix: all within it", NULL } } },
	{ "show ip protocols", COMMAND_BOTH, "Routing protocols: areas, redistribution, routes",
	  show_ip_protocols, 0, NO_ARGS },
	{ "show ip prefix-list", COMMAND_BOTH, "As on IOS: show running-config ip prefix-list",
	  show_prefix_list, 1, { { ARG_OPTIONAL, "NAME", "One list", NULL } } },
	{ "show ipv6 route", COMMAND_BOTH, "IPv6 routes, and why one is not used",
	  show_ipv6_route, 2,
	  { { ARG_OPTIONAL, "ADDRESS", "Only routes for this address or prefix, or of a protocol",
	      NULL } } },
	{ "show ipv6 neighbors", COMMAND_BOTH, "IPv6 neighbours' MAC addresses",
	  show_ipv6_neighbors, 0, NO_ARGS },
	{ "show ipv6 nd ra", COMMAND_BOTH, "Router advertisements that we send: as whom, and what",
	  show_ipv6_nd_ra, 0, NO_ARGS },
	{ "show ip ospf", COMMAND_BOTH, "OSPF: router ID, timers, areas, what was refused",
	  show_ospf, 0, NO_ARGS },
	{ "show ip ospf interface", COMMAND_BOTH, "Interfaces and tunnels with OSPF in detail",
	  show_ospf_interface, 1,
	  { { ARG_OPTIONAL, "NAME", "One interface or tunnel", &interfaces } } },
	{ "show ip ospf interface brief", COMMAND_BOTH, "One line each",
	  show_ospf_interface_brief, 0, NO_ARGS },
	{ "show ip ospf neighbor", COMMAND_BOTH, "Neighbours, their states, and why",
	  show_ospf_neighbor, 1,
	  { { ARG_OPTIONAL, "NAME", "Those of one interface or tunnel", &interfaces } } },
	{ "show ip ospf neighbor detail", COMMAND_BOTH, "All that is known of each",
	  show_ospf_neighbor_detail, 1,
	  { { ARG_OPTIONAL, "NAME", "Those of one interface or tunnel", &interfaces } } },
	{ "show ip ospf route", COMMAND_BOTH, "What OSPF has computed",
	  show_ospf_route, 0, NO_ARGS },
	{ "show ip ospf border-routers", COMMAND_BOTH, "Ways to border routers",
	  show_ospf_border, 0, NO_ARGS },
	{ "show ip ospf statistics", COMMAND_BOTH, "Calculations: triggers and durations",
	  show_ospf_statistics, 0, NO_ARGS },
	{ "show ip ospf database", COMMAND_BOTH, "LSAs by area",
	  show_ospf_database, 5,
	  { { ARG_OPTIONAL, "TYPE", "Of one type in detail (router, network, summary, "
				    "asbr-summary, "
	      "external, nssa-external, opaque-link, ...), then a link state ID", NULL },
	    { ARG_WORD, "adv-router", "Of this router", NULL },
	    { ARG_WORD, "self-originate", "Of our own", NULL } } },
	{ "show arp", COMMAND_BOTH, "Neighbours' MAC addresses",
	  show_arp, 0, NO_ARGS },
	{ "show tunnel", COMMAND_BOTH, "Tunnels, and why one is down",
	  show_tunnel, 2,
	  { { ARG_WORD, "mtu", "What the longest packet inside is made of", NULL },
	    { ARG_OPTIONAL, "NAME", "One tunnel in detail", &tunnels } } },
	{ "show gre protocols", COMMAND_BOTH, "Payload in GRE that is not carried, by type",
	  show_gre_protocols, 0, NO_ARGS },
	{ "show crypto session", COMMAND_BOTH, "Protected tunnels, and why one is down",
	  crypto_show_session, 2,
	  { { ARG_WORD, "detail", "All that is known of each", NULL },
	    { ARG_OPTIONAL, "NAME", "One tunnel in detail", &tunnels } } },
	{ "show crypto pki certificates", COMMAND_BOTH, "Certificates and CRLs, and until when",
	  crypto_show_pki, 1,
	  { { ARG_OPTIONAL, "NAME", "One trustpoint", &trustpoints } } },
	{ "show crypto ikev2 sa", COMMAND_BOTH, "IKE SAs",
	  crypto_show_ikev2, 0, NO_ARGS },
	{ "show crypto ikev2 sa detailed", COMMAND_BOTH, "With Child SAs and counters",
	  crypto_show_ikev2_detailed, 0, NO_ARGS },
	{ "show crypto isakmp sa", COMMAND_BOTH, "ISAKMP SAs: IKEv1",
	  crypto_show_isakmp, 0, NO_ARGS },
	{ "show crypto isakmp sa detailed", COMMAND_BOTH, "With Child SAs and counters",
	  crypto_show_isakmp_detailed, 0, NO_ARGS },
	{ "show crypto audit", COMMAND_BOTH, "What audits of SAs found and repaired",
	  crypto_show_audit, 0, NO_ARGS },
	{ "show crypto map", COMMAND_BOTH, "As on IOS: show crypto policy",
	  show_policy, 0, NO_ARGS },
	{ "show crypto policy", COMMAND_BOTH, "Security policies and what they decided",
	  show_policy, 0, NO_ARGS },
	{ "show crypto ipsec sa", COMMAND_BOTH, "IPsec SAs",
	  show_ipsec, 0, NO_ARGS },
	{ "show crypto ipsec sa tunnel", COMMAND_BOTH, "Of one tunnel, in detail",
	  show_ipsec_tunnel, 1,
	  { { ARG_VALUE, "NAME", "Name of the tunnel", &tunnels } } },
	{ "show drops", COMMAND_BOTH, "Packets dropped, by reason; what the workers do",
	  show_drops, 0, NO_ARGS },
	{ "show drops all", COMMAND_BOTH, "Reasons that never happened, too",
	  show_drops_all, 0, NO_ARGS },
	{ "show control-plane", COMMAND_BOTH, "What reaches the control plane, by class, and "
					      "limits",
	  show_control_plane, 0, NO_ARGS },
	{ "show ip traffic", COMMAND_BOTH, "Packets, and fragments for this appliance",
	  show_ip_traffic, 0, NO_ARGS },
	{ "show vrrp", COMMAND_BOTH, "Virtual routers in detail",
	  show_vrrp, 5, VRRP_GROUPS },
	{ "show vrrp brief", COMMAND_BOTH, "One line each: who is active",
	  show_vrrp_brief, 5, VRRP_GROUPS },
	{ "show vrrp history", COMMAND_BOTH, "When a role changed, and why",
	  show_vrrp_history, 5, VRRP_GROUPS },
	{ "show track", COMMAND_BOTH, "Tracked objects, why, and who depends on them",
	  show_track, 2, { { ARG_OPTIONAL, "NAME", "One object", &tracks } } },
	{ "show track brief", COMMAND_BOTH, "One line each",
	  show_track_brief, 0, NO_ARGS },
	{ "show events", COMMAND_BOTH, "Changes of state, in order, each with its reason",
	  events_show, 1, EVENT_SOURCE },
	{ "show events follow", COMMAND_BOTH, "The same as they come; ^C ends",
	  events_follow, 1, EVENT_SOURCE },
	{ "show ip sla", COMMAND_BOTH, "Probes and their answers",
	  show_sla, 3, { { ARG_OPTIONAL, "NAME", "One probe", &slas } } },
	{ "show packet-trace", COMMAND_BOTH, "The steps of the packets traced",
	  trace_show, 0, NO_ARGS },
	{ "show running-config", COMMAND_BOTH, "The configuration in force",
	  show_running, -1,
	  { { ARG_WORD, "all", "With what is so by default", NULL },
	    { ARG_OPTIONAL, "SECTION", "Only what begins with these words", NULL } } },
	{ "show startup-config", COMMAND_BOTH, "The configuration of the next start",
	  show_startup, -1,
	  { { ARG_OPTIONAL, "SECTION", "Only what begins with these words", NULL } } },
	{ "show configuration", COMMAND_CONFIG, "The candidate: what a commit would put in force",
	  config_show, -1, NO_ARGS },
	{ "show configuration versions", COMMAND_BOTH, "Configurations kept",
	  show_versions, 0, NO_ARGS },
	{ "show configuration diff", COMMAND_BOTH, "What changed since a version",
	  show_diff, 1,
	  { { ARG_VALUE, "VERSION", "Number of the version", &versions } } },
	{ "show changes", COMMAND_CONFIG, "What a commit would change",
	  config_changes, 0, NO_ARGS },
	{ "show history", COMMAND_BOTH, "Lines typed before",
	  history, 0, NO_ARGS },

	{ "clear crypto sa", COMMAND_EXEC, "Tear down IKE SAs and what they protect",
	  crypto_clear_sa, 2, CLEAR_WHOM },
	{ "clear crypto session", COMMAND_EXEC, "The same",
	  crypto_clear_session, 2, CLEAR_WHOM },
	{ "clear crypto ikev2 sa", COMMAND_EXEC, "Those of IKEv2",
	  crypto_clear_ikev2, 2, CLEAR_WHOM },
	{ "clear crypto isakmp sa", COMMAND_EXEC, "Those of IKEv1",
	  crypto_clear_isakmp, 2, CLEAR_WHOM },
	{ "clear crypto ipsec sa", COMMAND_EXEC, "Child SAs alone: they are negotiated anew",
	  crypto_clear_ipsec, 2, CLEAR_WHOM },
	{ "clear counters", COMMAND_EXEC, "Start all counters at zero",
	  clear_counters, 0, NO_ARGS },
	{ "clear ipv6 neighbors", COMMAND_EXEC, "Forget IPv6 neighbours' MAC addresses",
	  clear_ipv6_neighbors, 0, NO_ARGS },
	{ "clear ip ospf process", COMMAND_EXEC, "Forget all neighbours and LSAs, begin again",
	  clear_ospf, 0, NO_ARGS },
	{ "reload control-plane", COMMAND_EXEC,
	  "Restart the control plane; traffic, SAs, neighbours and roles go on",
	  reload_control_plane, 0, NO_ARGS },
	{ "clear arp", COMMAND_EXEC, "Forget neighbours' MAC addresses",
	  clear_arp, 0, NO_ARGS },

	{ "debug packet-trace", COMMAND_EXEC, "Follow the next packets through the dataplane",
	  trace_debug, -1,
	  { { ARG_WORD, "count", "How many: 1-1000", NULL },
	    { ARG_WORD, "interface", "That came in by this interface", NULL },
	    { ARG_WORD, "tunnel", "That go through this tunnel", NULL },
	    { ARG_WORD, "source", "From this address or prefix, inside a tunnel or outside", NULL },
	    { ARG_WORD, "destination", "To this address or prefix", NULL },
	    { ARG_WORD, "protocol", "A number, or icmp, tcp, udp, gre, esp, ospf, vrrp", NULL },
	    { ARG_WORD, "drops", "Only those that are dropped", NULL } } },
	{ "debug crypto ikev2", COMMAND_EXEC, "IKE messages in words, as they come",
	  crypto_debug_ikev2, 4, DEBUG_WHOM },
	{ "debug crypto isakmp", COMMAND_EXEC, "Those of IKEv1",
	  crypto_debug_isakmp, 4, DEBUG_WHOM },
	{ "debug ip ospf", COMMAND_EXEC, "OSPF's packets in words, and what becomes of them",
	  debug_ip_ospf, 7,
	  { { ARG_WORD, "hello", "Hellos", NULL },
	    { ARG_WORD, "adj", "Exchange of databases; states of neighbours and interfaces", NULL },
	    { ARG_WORD, "lsa", "Updates, acknowledgments, the database", NULL },
	    { ARG_WORD, "spf", "Calculations", NULL },
	    { ARG_WORD, "neighbor", "With this one: its address, or its router ID", NULL },
	    { ARG_WORD, "interface", "On this interface or tunnel", &interfaces },
	    { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } } },
	{ "undebug ip ospf", COMMAND_EXEC, "Nothing of OSPF any more",
	  undebug_ip_ospf, 0, NO_ARGS },
	{ "debug vrrp", COMMAND_EXEC, "VRRP's packets in words, and what becomes of them",
	  debug_vrrp, 9,
	  { { ARG_WORD, "packets", "Advertisements as they go and come", NULL },
	    { ARG_WORD, "errors", "What is refused, and why", NULL },
	    { ARG_WORD, "events", "Changes of state", NULL },
	    { ARG_WORD, "neighbor", "With this router: its address", NULL },
	    { ARG_WORD, "interface", "On this interface", &interfaces },
	    { ARG_WORD, "group", "Of this group: 1-255", NULL },
	    { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } } },
	{ "undebug vrrp", COMMAND_EXEC, "Nothing of VRRP any more",
	  undebug_vrrp, 0, NO_ARGS },
	{ "debug track", COMMAND_EXEC, "What is seen of tracked objects, and what follows",
	  debug_track, 3,
	  { { ARG_OPTIONAL, "NAME", "One object", &tracks },
	    { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } } },
	{ "undebug track", COMMAND_EXEC, "Nothing of objects any more", undebug_track, 0, NO_ARGS },
	{ "debug ip sla", COMMAND_EXEC, "Each request of probes, and its end",
	  debug_ip_sla, 3,
	  { { ARG_OPTIONAL, "NAME", "One probe", &slas },
	    { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } } },
	{ "undebug ip sla", COMMAND_EXEC, "Nothing of probes any more", undebug_ip_sla, 0, NO_ARGS },
	{ "debug ip routing", COMMAND_EXEC, "Changes of the routes in use, IPv4 and IPv6",
	  debug_ip_routing, 3,
	  { { ARG_OPTIONAL, "PREFIX", "Routes within this prefix", NULL },
	    { ARG_WORD, "seconds", "For so long: 1-86400; else until ^C", NULL } } },
	{ "undebug ip routing", COMMAND_EXEC, "Nothing of routes any more",
	  undebug_ip_routing, 0, NO_ARGS },
	{ "show debugging", COMMAND_BOTH, "What is looked at closely", show_debugging, 0, NO_ARGS },
	{ "undebug crypto", COMMAND_EXEC, "No IKE messages any more",
	  crypto_undebug, 0, NO_ARGS },
	{ "ping", COMMAND_EXEC, "Send ICMP echo requests; ^C ends",
	  ping, -1,
	  { { ARG_VALUE, "ADDRESS", "IPv4 or IPv6", NULL },
	    PING_SOURCE,
	    { ARG_WORD, "repeat", "How many: 1-100000; 5", NULL },
	    { ARG_WORD, "size", "Of the packet in bytes: 36-1998; 100", NULL },
	    { ARG_WORD, "df-bit", "It must not be fragmented", NULL },
	    { ARG_WORD, "timeout", "To wait for an answer, seconds; 2", NULL },
	    { ARG_WORD, "dscp", "0-63", NULL } } },
	{ "traceroute", COMMAND_EXEC, "Who is on the way there; ^C ends",
	  traceroute, -1,
	  { { ARG_VALUE, "ADDRESS", "IPv4 or IPv6", NULL },
	    PING_SOURCE,
	    { ARG_WORD, "probe", "Requests for each hop: 1-10; 3", NULL },
	    { ARG_WORD, "ttl", "First and last hop; 1 30", NULL },
	    { ARG_WORD, "timeout", "To wait for an answer, seconds; 3", NULL },
	    { ARG_WORD, "dscp", "0-63", NULL } } },
	{ "test crypto", COMMAND_EXEC, "Go through what a protected tunnel needs, and say where it "
				       "stops",
	  crypto_test, 2,
	  { { ARG_WORD, "peer", "Address of the peer", NULL },
	    { ARG_WORD, "tunnel", "Name of the tunnel", NULL } } },
	{ "undebug packet-trace", COMMAND_EXEC, "No longer",
	  trace_undebug, 0, NO_ARGS },
	{ "undebug all", COMMAND_EXEC, "Follow nothing",
	  undebug_all, 0, NO_ARGS },

	{ "configure terminal", COMMAND_EXEC, "Change the configuration",
	  config_terminal, 0, NO_ARGS },
	{ "configure confirm", COMMAND_EXEC, "Keep what was committed for a time",
	  config_confirm, 0, NO_ARGS },
	{ "commit", COMMAND_CONFIG, "Put the candidate in force",
	  config_commit, 0, NO_ARGS },
	{ "commit comment", COMMAND_CONFIG, "With a remark for show configuration versions",
	  config_commit_comment, -1,
	  { { ARG_VALUE, "TEXT", "The remark", NULL } } },
	{ "commit confirmed", COMMAND_CONFIG, "Go back unless it is confirmed in time",
	  config_commit_confirmed, -1,
	  { { ARG_VALUE, "SECONDS", "How long to wait: 1-86400", NULL },
	    { ARG_WORD, "comment", "With a remark", NULL } } },
	{ "confirm", COMMAND_CONFIG, "Keep what was committed for a time",
	  config_confirm, 0, NO_ARGS },
	{ "abort", COMMAND_CONFIG, "Drop the candidate and leave",
	  config_abort, 0, NO_ARGS },
	{ "discard", COMMAND_CONFIG, "Drop the candidate and leave",
	  config_abort, 0, NO_ARGS },
	{ "exit", COMMAND_CONFIG, "Leave this mode; at the top, commit and leave",
	  config_exit, 0, NO_ARGS },
	{ "end", COMMAND_CONFIG, "Commit and leave",
	  config_end, 0, NO_ARGS },

	{ "write", COMMAND_EXEC, "Make the running configuration the one of the next start",
	  push_save, 0, NO_ARGS },
	{ "write memory", COMMAND_EXEC, "The same",
	  push_save, 0, NO_ARGS },
	{ "copy running-config startup-config", COMMAND_EXEC, "The same as write",
	  push_save, 0, NO_ARGS },
	{ "rollback", COMMAND_EXEC, "Put an earlier configuration in force",
	  push_rollback, 1,
	  { { ARG_VALUE, "VERSION", "Number of the version", &versions } } },
	{ "push", COMMAND_EXEC, "Put a whole configuration in force from a JSON file",
	  push_command, -1,
	  { { ARG_VALUE, "FILE", "Name of the file", NULL },
	    { ARG_WORD, "dry-run", "Only say what would change", NULL },
	    { ARG_WORD, "confirm", "Go back unless confirmed within so many seconds", NULL } } },

	{ "terminal length", COMMAND_EXEC, "Pause after so many lines; 0: never",
	  terminal_length, 1,
	  { { ARG_VALUE, "LINES", "0-512", NULL } } },
	{ "terminal width", COMMAND_EXEC, "As on IOS; lines are never wrapped",
	  terminal_width, 1,
	  { { ARG_VALUE, "COLUMNS", "has no effect", NULL } } },
	{ "terminal monitor", COMMAND_EXEC, "As on IOS: show events follow",
	  terminal_monitor, 0, NO_ARGS },
	{ "enable", COMMAND_EXEC, "As on IOS; there is no other level",
	  enable, 0, NO_ARGS },
	{ "help", COMMAND_BOTH, "How to use this shell",
	  help, 0, NO_ARGS },
	{ "exit", COMMAND_EXEC, "Leave",
	  leave_shell, 0, NO_ARGS },
	{ "quit", COMMAND_EXEC, "Leave",
	  leave_shell, 0, NO_ARGS },
	{ "logout", COMMAND_EXEC, "Leave",
	  leave_shell, 0, NO_ARGS },
};
/* clang-format on */

const unsigned int n_command_rows = sizeof(command_rows) / sizeof(command_rows[0]);

const char *
command_words_help(const char *words)
{
	static const struct {
		const char *words, *help;
	} helps[] = {
		{ "show", "What is going on" },
		{ "reload", "Restart" },
		{ "show ip", "IP" },
		{ "show crypto", "Encryption" },
		{ "show crypto ikev2", "Key exchange" },
		{ "show crypto ipsec", "Protection of packets" },
		{ "show crypto pki", "Certificates" },
		{ "show configuration", "Configurations" },
		{ "clear", "Start afresh" },
		{ "debug", "Look closely" },
		{ "undebug", "Look no longer" },
		{ "debug crypto", "Key exchange" },
		{ "debug ip", "Routing" },
		{ "undebug ip", "Routing" },
		{ "test", "Try whether something works" },
		{ "show crypto isakmp", "Key exchange by IKEv1" },
		{ "clear crypto", "Encryption" },
		{ "clear crypto ikev2", "Key exchange" },
		{ "clear crypto isakmp", "Key exchange by IKEv1" },
		{ "clear crypto ipsec", "Protection of packets" },
		{ "configure", "Change the configuration" },
		{ "copy", "Copy a configuration" },
		{ "copy running-config", "The configuration in force" },
		{ "terminal", "This terminal" },
		{ "do", "A command of the outermost mode" },
		{ "no", "Take back" },
		{ "!", "A remark, to the end of the line" },
	};

	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (strcmp(helps[i].words, words) == 0)
			return helps[i].help;
	return "";
}
