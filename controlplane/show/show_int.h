/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of show/ share. */
#ifndef CULVERT_CONTROLPLANE_SHOW_INT_H
#define CULVERT_CONTROLPLANE_SHOW_INT_H

#include <jansson.h>

#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/mgmt/parts.h"
#include "controlplane/rib/rib_common.h"
#include "controlplane/show/show.h"

/* An SA's counters when they were cleared. Ids are used again: the SPI tells whose they were. */
struct sa_cleared {
	uint32_t sa_id;
	uint32_t spi;
	struct chan_client_sa_stats st;
};

#define SHOW_RATE_S 300

/* What an interface carries on average; rates.c. */
struct show_rate {
	struct chan_if_stats last; /* of the dataplane, at @at_ms */
	uint64_t at_ms;            /* 0: never */
	double span_s;             /* since when */
	double in_bps, in_pps, out_bps, out_pps;
};

/* Counters as they were when they were cleared, of one run of the dataplane. */
struct show {
	struct cp *cp;
	struct packet_trace *trace;
	uint64_t boot_id; /* 0: never cleared */
	uint32_t n_tuns;
	struct chan_if_stats ifs[CHAN_MAX_IFS];
	struct chan_port_info ports[CHAN_MAX_PORTS];
	struct chan_worker_stats workers[CHAN_MAX_WORKERS];
	struct chan_tun_stats *tuns; /* [n_tuns] */
	struct chan_policy_stats *policies; /* [CHAN_MAX_POLICIES], NULL: never cleared */
	uint32_t n_sas;
	struct sa_cleared *sas; /* [n_sas] that were installed then, by sa_id */
	/* How busy the workers were in the last second. */
	uint64_t busy_tsc[CHAN_MAX_WORKERS], busy_at_ms, busy_boot_id;
	double busy_percent[CHAN_MAX_WORKERS];
	struct show_rate rates[CHAN_MAX_IFS]; /* by if_id, of this run of the dataplane */
	uint64_t rates_boot_id;
};

/* counters.c: all zero while there is no dataplane. */
void counters_if(const struct show *s, uint32_t if_id, struct chan_if_stats *out);
void counters_port(const struct show *s, uint32_t port, struct chan_port_info *out);
void counters_tun(const struct show *s, uint32_t tun_id, struct chan_tun_stats *out);
void counters_policy(const struct show *s, uint32_t policy_id, struct chan_policy_stats *out);
void counters_sa(const struct show *s, uint32_t sa_id, uint32_t spi,
		struct chan_client_sa_stats *out);
void counters_worker(const struct show *s, uint32_t worker, struct chan_worker_stats *out);
/** Take what they are now as zero. How many counters' owners that were. */
uint32_t counters_clear(struct show *s);

/** Once a second. */
void rates_second(struct show *s, uint64_t now_ms);
/** New reference; null while nothing is known. */
json_t *rates_json(const struct show *s, uint32_t if_id);

/* One function per subject; see mgmt_fn in mgmt/server.h. */
json_t *show_drops(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_control_plane(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ip_traffic(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_gre_protocols(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_crypto_audit(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_crypto_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ospf_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_ospf(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_vrrp_debug(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_vrrp(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_crypto(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *test_crypto(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *clear_crypto_sa(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *clear_crypto_ikev2(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *clear_crypto_isakmp(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *clear_crypto_ipsec(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ra(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_vrrp(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_track(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_sla(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ping(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *debug_ping(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_pki_certificates(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ip_ospf(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *show_ospf_spf(void *ctx, const json_t *params, char *err, size_t err_len);
json_t *clear_ospf_process(void *ctx, const json_t *params, char *err, size_t err_len);

/* Those that list tens of thousands; see mgmt/parts.h. */
extern const struct mgmt_parts show_tunnel_parts, show_tunnel_mtu_parts, show_session_parts,
		show_ikev2_sa_parts, show_ipsec_sa_parts, show_route_parts, show_route6_parts,
		show_arp_parts, show_neighbors6_parts, show_ospf_interface_parts,
		show_ospf_neighbor_parts, show_ospf_database_parts, show_ospf_route_parts,
		show_ospf_border_parts, show_policy_parts, show_interface_parts,
		show_recursive_parts;

/* A walk over the tunnels, by name; with "name" in the params over that one. */
struct show_tunnels {
	bool begun;
	char last[CFG_NAME_MAX];
};
/** The index of the next one. At the first call the array @list is begun in @out; false: there is
 *  no more, and it is ended. */
bool show_next_tunnel(const struct show *s, const json_t *params, struct show_tunnels *c,
		const char *list, struct mgmt_out *out, uint32_t *i);

/** "keepalive" of a tunnel's answer @o. */
struct tunnel_state;
struct cfg_tunnel;
void show_keepalive(const struct cp *cp, const struct cfg_tunnel *c, const struct tunnel_state *t,
		json_t *o);

/** How both sides of an IKE SA have proven who they are. */
struct ike_sa_show;
json_t *show_authentication(const struct ike_sa_show *sa);

/** Is this the entry that "name" in the params asks for, or are all wanted? */
bool show_wanted(const json_t *params, const char *name);
/** Each line of a text, as an array. */
json_t *show_lines(const char *text);
/** What has come to a debug ring since number "since" of the params, message by message by @add. */
struct debug_ring;
struct debug_msg;
json_t *show_ring(struct debug_ring *d, const json_t *params,
		void (*add)(void *list, const struct debug_msg *m));
/** A JSON string, or null for an empty one. */
json_t *show_text(const char *s);
/** How sources are looked up (enum cfg_verify) into @o: "verify_source", "ipv6_verify_source", each
 *  null where they are not. */
void show_verify(json_t *o, uint8_t verify4, uint8_t verify6);
json_t *show_addr(uint32_t addr);
/** What is shown of a route of either family besides: its code, kind, tag, and with @why (else
 *  NULL) the reason why it is not used. */
void show_route_more(json_t *o, enum rib_proto proto, enum rib_kind kind, uint32_t tag,
		const char *why);
/** An SPI as people write it: 0x and eight digits. */
json_t *show_spi(uint32_t spi);

#endif
