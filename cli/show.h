/* SPDX-License-Identifier: BSD-3-Clause */
/* The show commands: ask, then print JSON or render. See commands.h for the form. */
#ifndef CULVERT_CLI_SHOW_H
#define CULVERT_CLI_SHOW_H

#include "cli/shell.h"

void show_version(struct shell *sh, int argc, char **argv);
void show_interface(struct shell *sh, int argc, char **argv);
void show_ip_route(struct shell *sh, int argc, char **argv);
void show_ipv6_route(struct shell *sh, int argc, char **argv);
void show_ipv6_nd_ra(struct shell *sh, int argc, char **argv);
void show_ipv6_neighbors(struct shell *sh, int argc, char **argv);
void show_arp(struct shell *sh, int argc, char **argv);
void show_ip_protocols(struct shell *sh, int argc, char **argv);
void show_ospf(struct shell *sh, int argc, char **argv);
void show_ospf_interface(struct shell *sh, int argc, char **argv);
void show_interface_dampening(struct shell *sh, int argc, char **argv);
void show_ospf_interface_brief(struct shell *sh, int argc, char **argv);
void show_ospf_neighbor(struct shell *sh, int argc, char **argv);
void show_ospf_neighbor_detail(struct shell *sh, int argc, char **argv);
void show_ospf_route(struct shell *sh, int argc, char **argv);
void show_ospf_border(struct shell *sh, int argc, char **argv);
void show_ospf_statistics(struct shell *sh, int argc, char **argv);
void show_ospf_database(struct shell *sh, int argc, char **argv);
void show_tunnel(struct shell *sh, int argc, char **argv);
void show_ipsec(struct shell *sh, int argc, char **argv);
void show_gre_protocols(struct shell *sh, int argc, char **argv);
void show_policy(struct shell *sh, int argc, char **argv);
void show_ipsec_tunnel(struct shell *sh, int argc, char **argv);
void show_drops_all(struct shell *sh, int argc, char **argv);
void show_drops(struct shell *sh, int argc, char **argv);
void show_control_plane(struct shell *sh, int argc, char **argv);
void show_ip_traffic(struct shell *sh, int argc, char **argv);
/** As on IOS: the lines of the configuration. */
void show_prefix_list(struct shell *sh, int argc, char **argv);
void show_running(struct shell *sh, int argc, char **argv);
void show_startup(struct shell *sh, int argc, char **argv);
void show_versions(struct shell *sh, int argc, char **argv);
void show_diff(struct shell *sh, int argc, char **argv);

#endif
