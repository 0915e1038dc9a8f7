/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ends that prove themselves to each other by certificates, for tests of both versions. */
#ifndef CULVERT_TESTS_CERT_WORLD_H
#define CULVERT_TESTS_CERT_WORLD_H

#include "tests/sim/certs.h"
#include "tests/sim/sim.h"

#define CERTW_UP_MS 60000 /* within which what can come up has */

/* A world with one CA, a certificate for each node, and both configured for certificates. */
struct certw {
	struct sim *s;
	struct certs_cert ca, own[SIM_NODES];
	struct ike_peer_cfg cfg[SIM_NODES];
};

/* Of the nodes: FQDN and DN. */
extern const char *const certw_names[SIM_NODES];
extern const char *const certw_subjects[SIM_NODES];

/** With certificates for keys of @kind, see struct certs_spec. */
struct certw certw_new(const char *kind);
/** Nothing may be left of it. */
void certw_end(struct certw *w);

void certw_id(struct ike_id *id, const char *text);
/** The node proves itself, and verifies, with @cred, which is the world's from now on. */
void certw_use(struct certw *w, int node, struct ike_cred *cred);
/** A certificate of the node's, from our CA unless @spec names another issuer. */
struct certs_cert certw_issue(const struct certw *w, int node, struct certs_spec spec);

/** A calls B. */
void certw_start(struct certw *w);
/** Start, end; packets pass both ways in between. */
void certw_comes_up(struct certw *w);
/** Start, end: nobody comes up, and node @by refuses and says why, with @words in it. */
void certw_is_refused(struct certw *w, int by, const char *words);

#endif
