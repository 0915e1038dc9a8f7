/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GRE tunnels as workers see them: all that is needed to leave the box. The outer headers are one
 * template, made by the main core whenever the tunnel, its next hop, its interface or its
 * outbound SA changes:
 *
 *     plain       Ethernet 14/18 | IPv4 20 | GRE 4..16
 *     protected   Ethernet 14/18 | IPv4 20 | ESP 8 | room for the IV | GRE 4..16
 *
 * A struct tunnel never changes once workers can see it; a change makes a new one and swaps the
 * pointer, the old one is freed after a quiescent period. Keep no pointer to one across bursts.
 */
#ifndef CULVERT_DATAPLANE_TABLES_TUNNEL_H
#define CULVERT_DATAPLANE_TABLES_TUNNEL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "common/channel.h"
#include "common/inet6.h"

struct sa;
struct tables;

/* What gre_encap does with a packet for this tunnel. */
enum tun_out {
	TUN_OUT_PLAIN,    /* GRE, then out of @port */
	TUN_OUT_ESP,      /* GRE, then esp_encrypt with @sa_out */
	TUN_OUT_DOWN,     /* dropped: administratively down */
	TUN_OUT_NO_ROUTE, /* dropped: no underlay next hop, or its interface is down */
	TUN_OUT_WAIT,     /* held: the underlay neighbour is not resolved yet */
	TUN_OUT_NO_SA,    /* dropped: protected, but no outbound SA */
	TUN_OUT_MULTI,    /* multipoint: multicast is copied to its members, the rest dropped */
};

enum tun_opt {
	TUN_OPT_CSUM = 1u << 0,    /* GRE checksum on sent packets */
	TUN_OPT_SEQ = 1u << 1,     /* GRE sequence numbers on sent packets */
	TUN_OPT_KEY = 1u << 2,     /* GRE key both ways */
	TUN_OPT_PROTECT = 1u << 3, /* never anything in the clear, out or in */
	TUN_OPT_UP = 1u << 4,
	TUN_OPT_SHORT = 1u << 7,   /* sent the short way, nodes/esp_out.h */
	TUN_OPT_TTL_COPY = 1u << 5, /* outer TTL copied from inside */
	TUN_OPT_MSS = 1u << 6,      /* TCP MSS is clamped, both ways */
};

/* What is done with packets longer than @mtu, besides what DF says. */
enum tun_frag {
	TUN_FRAG_AFTER = 1u << 0,     /* the outer packet is fragmented, else the inner one */
	TUN_FRAG_IGNORE_DF = 1u << 1, /* even with DF */
};

#define TUN_TMPL_ROOM  88 /* 18 + 20 + 8 (UDP) + 8 + 16 + 16 are 86 */
#define TUN_TMPL_SHORT 80 /* 18 + 20 + 8 (UDP) + 8 + 16 + 8 are 78 */

/** What outlives the replacement of a struct tunnel; shared by workers, hence atomic. */
struct tun_state {
	uint32_t gre_seq; /* next GRE sequence number to send */
};

/**
 * The tunnels that get copies of a multipoint tunnel's multicast. Grows in place: the ids up to @n
 * never change; without one of them it is made anew.
 */
struct tun_members {
	uint32_t n; /* read it with acquire */
	uint32_t room;
	uint32_t ids[];
};

/* Where frames of a tunnel leave. */
struct egress {
	uint16_t port;
	uint16_t if_id; /* index of if_stats */
};

struct tunnel {
	/* First line and second line: all that sending needs. The last 64 bytes of the template,
	 * which is all of it but for rare options, are the second line. */
	struct sa *sa_out; /* outbound SA, NULL unless TUN_OUT_ESP */
	uint64_t ip_copy;  /* bits of the inner header's first 8 bytes that are copied: TOS, DF */
	uint64_t ip_set;   /* the outer header's first 8 bytes but for these, ID and total length;
			    * both as loaded (not swapped) */
	uint8_t out;       /* enum tun_out */
	uint8_t opts;      /* enum tun_opt */
	uint8_t hdr_len;   /* bytes of template in use: the last hdr_len of @tmpl */
	/* Ethernet header's share of it, 14 or 18: the outer IPv4 header follows */
	uint8_t l2_len;
	uint16_t max_len;  /* longest inner packet that is sent now: @mtu, or 0 when @out refuses */
	uint16_t ip_sum;   /* folded sum of the outer IPv4 header with total length, ID, checksum
			    * and what @ip_copy copies zero; as loaded (not swapped) */
	uint32_t id;       /* tun_id: index of tun_stats */
	struct egress egress;
	union {
		uint8_t tmpl[TUN_TMPL_ROOM]; /* right-aligned: ends at the end of the second line */
		/* TUN_OPT_SHORT, whose template is no longer than TUN_TMPL_SHORT. Of @sa_out, for
		 * who has not loaded it yet; and where things are. */
		struct {
			uint32_t sa_id;
			uint8_t sa_kind; /* enum sa_kind, without SA_KIND_UDP */
			uint8_t gre;     /* bytes from the GRE header to the inner packet */
			uint8_t ip_gre;  /* from the outer IPv4 header to the GRE header */
			bool more;       /* in UDP, or a template longer than the second line */
		};
	};

	/* Third line: receiving and the rest. */
	struct tun_state *state;
	uint32_t local;  /* host order */
	uint32_t remote;
	uint32_t key;    /* with TUN_OPT_KEY */
	uint32_t key_be;
	uint32_t icmp_src; /* our address inside, source of ICMP errors; host order */
	uint32_t wait_addr; /* TUN_OUT_WAIT: the neighbour's address ... */
	uint32_t wait_if;   /* ... and interface */
	uint16_t mtu;      /* longest inner packet: the configured one or what the underlay takes */
	uint16_t underlay; /* longest outer packet: of the interface or, if less, of the path */
	uint16_t mss4;     /* TUN_OPT_MSS: longest TCP segments that may be agreed on; 0: any */
	uint16_t mss6;
	uint8_t gre_len;   /* 4..16 */
	uint8_t frag;      /* enum tun_frag */
	uint8_t verify4, verify6; /* enum chan_verify */
	struct ip6_addr icmp6_src; /* our IPv6 address inside, zero: none */
} __rte_cache_aligned;
static_assert(offsetof(struct tunnel, tmpl) + TUN_TMPL_ROOM == 128, "sending reads two lines");
static_assert(offsetof(struct tunnel, more) < 64, "the first line");
static_assert(offsetof(struct tunnel, more) < 128 - TUN_TMPL_SHORT, "no template");
static_assert(CHAN_MAX_IFS <= UINT16_MAX, "if_id fits");
static_assert(sizeof(struct tunnel) == 192, "three lines");

#endif
