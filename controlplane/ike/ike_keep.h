/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is needed to go on with a peer's SAs in another process: the record that ike_ops.keep is
 * given and ike_ops.kept gives back. The format is ike_keep_wire.c's and knows no engine; what
 * becomes of it is ike_keep.c's and ike_restore.c's. Keys are in it.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_KEEP_H
#define CULVERT_CONTROLPLANE_IKE_KEEP_H

#include "controlplane/ike/ike1_int.h"

#define IKE_KEEP_VERSION 4
#define IKE_KEEP_MAX     8128 /* bytes of a record */
#define IKE_KEEP_RESP    2500 /* a longer cached answer is left out */
#define IKE_KEEP_CERTS   3000 /* longer certificates of the peer are left out */
#define IKE_REC_SAS     4
#define IKE_REC_TERMS   32

/** The request of ours that is under way; its bytes are sent again. */
struct ike_rec_task {
	uint8_t kind; /* enum ike_task_kind */
	bool discard;
	uint64_t child_id, rival_id;
	uint32_t spi, spi_in;
	uint32_t tun_id; /* the member that it is for; 0: none */
	uint16_t group, kex_group;
	uint64_t new_spi; /* of the new IKE SA */
	struct ike_blob ni, pub, priv, req;
};

struct ike_rec_sa {
	bool v1;
	uint8_t state; /* enum ike_sa_state: UP or REKEYED; IKEv1: UP */
	bool initiator, nat_local, nat_remote, encap, redundant, frag, ppk, has_task;
	uint64_t spi_i, spi_r;
	struct ike_path path;
	struct ike_suite suite;
	struct ike_blob keys; /* struct ike_keys, or ike1_keys */
	uint64_t iv;
	struct ike_blob nonce_min;
	uint32_t tx_mid, rx_mid, n_rekeys;
	uint64_t born_ms, rekey_ms, end_ms, temporary_ms; /* 0: none */
	uint64_t auth_ms;
	uint32_t auth_life_s;
	bool we_called;
	uint16_t frag_mtu;
	struct ike_blob remote_id, resp;
	struct ike_rec_task task;
	/* IKEv1 */
	uint16_t auth;
	uint8_t can;
	uint32_t life_s, life_kb, dpd_seq;
};

struct ike_rec_child {
	uint64_t id, successor_id;
	uint32_t spi_in, spi_out;
	struct ike_suite suite;
	uint8_t state; /* enum ike_child_state, not DRAINING */
	uint8_t sa;    /* index of its IKE SA; none with IKEv1 */
	uint64_t sa_spi; /* our SPI of it; of a member alone, whose head has it */
	bool v1, ours, tunnel, encap, urgent, out_pending, redundant, lost, current;
	struct ike_blob nonce_min;
	uint64_t born_ms, rekey_ms, hard_ms, end_ms, temporary_ms;
	uint32_t n_rekeys, life_kb;
	uint32_t named_remote, named_local;
	struct ike_ts_list ts_local, ts_remote;
};

/** What the newest IKE SA was proven by (ike_proof.h), for all of them. */
struct ike_rec_proof {
	bool has, ppk, weak;
	struct ike_blob local, remote, subject, id;
	uint64_t not_after_s; /* INT64_MAX: no certificate */
	uint64_t end_ms;
	uint8_t n_certs;
	struct ike_blob cert[IKE_MAX_CERTS];
};

/** Blobs point into what it was read from. */
struct ike_rec {
	struct ike_blob name; /* of the peer */
	uint8_t terms[IKE_REC_TERMS];
	uint8_t n_sas, n_children;
	struct ike_rec_sa sa[IKE_REC_SAS];
	struct ike_rec_child child[IKE_MAX_CHILDREN];
	struct ike_rec_proof proof;
};

/** A digest of what its SAs are negotiated under. */
const uint8_t *ike_keep_terms(struct ike_peer *p);
/** The record. Its length, 0 if it does not fit. */
size_t ike_rec_write(struct ike_rec *k, uint8_t *buf, size_t cap);
/** Read and check one, whatever its bytes are. 0 or -EBADMSG. */
int ike_rec_read(const uint8_t *buf, size_t len, struct ike_rec *k);

#endif
