/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ESP nodes, RFC 4303, transport mode with GRE as payload.
 *
 *   esp_encrypt.c      out: prepare (sequence, IV, padding, headers) -> cipher -> finish (ICV, tx)
 *   esp_decrypt.c      in: prepare (SPI, replay) -> cipher -> finish (ICV, window, trailer)
 * The ciphers are in crypto/. Each worker has its own crypto manager and scratch, struct
 * esp_worker. Jobs never outlive the burst they came with.
 */
#ifndef CULVERT_DATAPLANE_NODES_ESP_H
#define CULVERT_DATAPLANE_NODES_ESP_H

#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/worker.h"

/** Managers and scratch of one worker, for w->esp. NULL if out of memory or randomness. */
struct esp_worker *esp_worker_new(int socket_id);
/** Wipes. NULL is fine. */
void esp_worker_free(struct esp_worker *e);

/**
 * Take all of w->esp_encrypt. ctx is the struct tunnel (which has an outbound SA in its sa_out);
 * data at the Ethernet header, which the tunnel's template wrote with outer IPv4, ESP and IV room,
 * followed by GRE and the inner packet. Sent packets are appended to their port's w->tx.
 * drops  SA_DEAD, SA_SEQ, NO_MBUF (no tailroom), CRYPTO, TUN_NO_SA
 */
void esp_encrypt(struct worker *w);

/**
 * Where the SA of a packet may be, on its way to the cache: the earlier it is asked for, the
 * better.
 * @esp  the ESP header. No length has been checked yet: what is read lies in the buffer anyway.
 */
static inline struct sa *
esp_slot(const struct sa_table *sas, const void *esp)
{
	struct sa *sa;
	rte_be32_t spi_be;

	memcpy(&spi_be, esp, sizeof(spi_be));
	sa = sa_slot_in(sas, spi_be);
	rte_prefetch0_write(sa);
	rte_prefetch0_write(sa->ring_inline);
	return sa;
}

/**
 * Take all of w->esp_decrypt; ctx is what esp_slot() says, or NULL. Data at the outer IPv4 header
 * (validated, single segment, protocol 50, for one of our addresses), bytes after its total
 * length already trimmed. What is authentic has pkt_origin's sa_id set, and outer IPv4 and ESP
 * headers, padding and ICV are gone. A usual packet in a usual GRE header (gre.h) is sent
 * (esp_in.h) or appended to w->gre_encap or w->ip4_lookup, any other to w->gre_decap with ctx = its
 * struct sa, pkt_meta's outer_tos set and data at the GRE header.
 * Dummy packets (next header 59) are absorbed. drops  ESP_*, SA_DEAD, CRYPTO
 */
void esp_decrypt(struct worker *w);

#endif
