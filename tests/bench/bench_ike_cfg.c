/* SPDX-License-Identifier: BSD-3-Clause */
/* What the hub and its branches are told of each other; see bench_ike.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike_id.h"
#include "tests/bench/bench_ike.h"
#include "tests/sim/certs.h"

#define ADDR_HUB    0x01010102u
#define ADDR_BRANCH 0x0a000001u

static struct ike_cred *hub_cred, **branch_creds;
static uint32_t n_creds;

static struct ike_cred *
make_cred(const struct certs_spec *like, uint32_t addr, struct certs_cert *cert)
{
	struct certs_spec spec = *like;
	char subject[64], san[64], text[IP4_STR_LEN];

	snprintf(subject, sizeof(subject), "O=Example, CN=%s", ip4_str(addr, text));
	snprintf(san, sizeof(san), "IP:%s", text);
	spec.subject = subject;
	spec.san = san;
	*cert = certs_make(&spec);
	return certs_cred(cert, NULL, like->issuer, NULL, IKE_REVOCATION_NONE);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		give_up("a file cannot be written");
}

void
creds_make(const char *kind, uint32_t n, int64_t now_s, const char *dir)
{
	struct certs_spec like = { .subject = "O=Example, CN=CA",
		.kind = kind,
		.ca = true,
		.from_s = now_s - CERTS_DAY,
		.to_s = now_s + CERTS_DAY };
	struct certs_cert ca = certs_make(&like), cert;

	branch_creds = calloc(n, sizeof(*branch_creds));
	if (branch_creds == NULL)
		give_up("out of memory");
	n_creds = n;
	like.ca = false;
	like.issuer = &ca;
	hub_cred = make_cred(&like, ADDR_HUB, &cert);
	if (dir != NULL) {
		write_file(dir, "ca.pem", ca.pem);
		write_file(dir, "hub.pem", cert.pem);
		write_file(dir, "hub.key", cert.key_pem);
	}
	certs_drop(&cert);
	for (uint32_t i = 0; i < n; i++) {
		branch_creds[i] = make_cred(&like, ADDR_BRANCH + i, &cert);
		certs_drop(&cert);
	}
	certs_drop(&ca);
}

void
creds_drop(void)
{
	for (uint32_t i = 0; i < n_creds; i++)
		ike_cred_unref(branch_creds[i]);
	ike_cred_unref(hub_cred);
	free(branch_creds);
	branch_creds = NULL;
	hub_cred = NULL;
	n_creds = 0;
}

struct ike_peer_cfg
duo_cfg(int end, uint32_t i, uint16_t group)
{
	uint32_t branch = ADDR_BRANCH + i;
	struct ike_peer_cfg c = { .local = end == HUB ? ADDR_HUB : branch,
		.remote = end == HUB ? branch : ADDR_HUB,
		.psk = "correct-horse-battery-staple",
		.psk_len = 28,
		.may_initiate = true,
		.transport = true,
		.ts_proto = 47,
		.tun_id = i,
		.ike_life_s = 86400,
		.child_life_s = 3600,
		.replay_window = 1024 };

	snprintf(c.name, sizeof(c.name), "branch-%u", i);
	if (hub_cred != NULL) {
		c.auth_local = c.auth_remote = IKE_AUTHN_CERT;
		c.cred = end == HUB ? hub_cred : branch_creds[i];
	}
	c.local_id = ike_id_of_ip4(c.local);
	c.remote_id = ike_id_of_ip4(c.remote);
	c.ike_proposals[0] = (struct ike_proposal_cfg){ .encr = { { IKE_ENCR_AES_GCM_16, 128 } },
		.prf = { IKE_PRF_HMAC_SHA2_256 },
		.group = { group },
		.n_encr = 1,
		.n_prf = 1,
		.n_group = 1 };
	c.n_ike_proposals = 1;
	c.esp_proposals[0] = (struct ike_proposal_cfg){ .encr = { { IKE_ENCR_AES_GCM_16, 128 } },
		.n_encr = 1,
		.esn = true };
	c.n_esp_proposals = 1;
	return c;
}
