/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the two sides of an IKE SA have proven who they are: what `show` says of it, and what is
 * needed to judge a peer's certificate once more while its session runs. Made when a side is
 * believed, and shared by an IKE SA with those that replace it by a rekey.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_PROOF_H
#define CULVERT_CONTROLPLANE_IKE_PROOF_H

#include "controlplane/ike/ike.h"
#include "controlplane/ike/ike_pk.h"

struct ike_proof {
	struct ike_engine *e;
	unsigned int refs;
	char local[IKE_HOW_LEN], remote[IKE_HOW_LEN]; /* "pre-share", "rsa-pss-sha256" */
	bool ppk;
	/* Of a peer's certificate: */
	char subject[IKE_SUBJECT_LEN]; /* "": it has shown none */
	int64_t not_after_s;           /* until when it can be believed, seconds since 1970 */
	uint64_t end_ms;               /* that by the engine's clock; UINT64_MAX: never */
	bool weak;                     /* found good by the low standard */
	struct ike_bytes id, certs[IKE_MAX_CERTS];
	unsigned int n_certs;  /* 0: they are not kept */
	struct ike_cred *cred; /* what it was judged by last, a reference; NULL: not yet */
	struct ike_job *job;   /* it is being judged */
	char why[160];         /* why it is not good any more; "": it is */
};

/**
 * Both sides are believed.
 *
 * @param own     has our signature; NULL: a pre-shared key, or IKEv1.
 * @param theirs  was judged; its certificates are taken out of it. NULL: a pre-shared key.
 * @return a reference; NULL: no memory, and nothing is known.
 */
struct ike_proof *ike_proof_new(struct ike_engine *e, const struct ike_peer_cfg *cfg,
		const struct ike_pk *own, struct ike_pk *theirs);
/** NULL is fine. */
struct ike_proof *ike_proof_ref(struct ike_proof *p);
void ike_proof_unref(struct ike_proof *p);

/** For how many seconds from now on a certificate is good; UINT32_MAX: for longer than matters. */
uint32_t ike_proof_left_s(const struct ike_proof *p);

/** Look at all sessions soon: there are other CAs or CRLs, or other sessions. */
void ike_review_soon(struct ike_engine *e);
/** The timer that does it. */
void ike_review_due(void *engine);

#endif
