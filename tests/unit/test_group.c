/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of branches: names made of identities, pairs of the pool, the list of tunnels with
 * branches in it, keys by wildcard; and what ipsec-secret and destination-name become.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controlplane/config/builtin.h"
#include "controlplane/config/json.h"
#include "controlplane/vpn/group.h"
#include "controlplane/vpn/peer.h"
#include "tests/unit/cfg_text.h"
#include "tests/unit/cu.h"

/* clang-format off */
static const char doc[] =
"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
"  \"tunnels\": {"
"    \"fixed\": { \"source\": \"1.1.1.2\", \"destination\": \"2.2.2.2\","
"                \"ipsec-secret\": \"a-secret-of-its-own\" },"
"    \"named\": { \"source\": \"1.1.1.2\", \"destination-name\": \"hub.example.net\","
"                \"ipsec-secret\": \"another-long-secret\" },"
"    \"model\": { \"source\": \"1.1.1.2\", \"peer-identity\": \"*.branch.example.net\","
"                \"group\": 3, \"group-pool\": \"10.9.0.0/29\", \"protection\": \"p\","
"                \"mtu\": 1380 } },"
"  \"crypto\": {"
"    \"ikev2\": { \"proposals\": { \"default\": {} }, \"profiles\": { \"default\": {} },"
"      \"keyring\": {"
"        \"all\": { \"identity\": \"*.example.net\", \"pre-shared-key\": \"key-of-all-of-them\" },"
"        \"group\": { \"identity\": \"*.branch.example.net\","
"                     \"pre-shared-key\": \"key-of-the-group\" },"
"        \"own\": { \"identity\": \"b7.branch.example.net\","
"                   \"pre-shared-key\": \"key-of-b7-alone\" } } },"
"    \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": \"aes-gcm-256\" } },"
"      \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";
/* clang-format on */

static void
names(void)
{
	static const struct {
		const char *identity, *name;
	} rows[] = {
		{ "b1.branch.example.net", "b1.branch.example.net" },
		{ "B1.Branch.Example.NET", "b1.branch.example.net" },
		{ "ops@example.net", "ops@example.net" },
		{ "192.0.2.7", "b-192.0.2.7" },
		{ "key-id:a/b c", "key-id:a-b-c" },
	};
	char a[CFG_NAME_MAX], b[CFG_NAME_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_STRING_EQUAL(group_name(rows[i].identity, false, a), rows[i].name);
	/* Too long, or taken: a fingerprint tells them apart. */
	group_name("C=DE, O=A Company, OU=Branches, CN=one", false, a);
	group_name("C=DE, O=A Company, OU=Branches, CN=two", false, b);
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
	CU_ASSERT_TRUE(strlen(a) < CFG_NAME_MAX && strncmp(a, "c-de--o-a-company", 17) == 0);
	CU_ASSERT_STRING_NOT_EQUAL(group_name("b1", true, a), "b1");
	CU_ASSERT_EQUAL(strncmp(a, "b1-", 3), 0);
}

static void
pairs(void)
{
	struct ip4_prefix pool = { .addr = 0x0a090000, .len = 29 }, p;

	for (uint32_t i = 0; i < 4; i++) {
		p = group_pair(&pool, i);
		CU_ASSERT_EQUAL(p.addr, 0x0a090000 + 2 * i);
		CU_ASSERT_EQUAL(p.len, 31);
	}
}

static const struct tunnel_def *
def(const struct tunnel_list *l, const char *name)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (strcmp(l->at[i].cfg->name, name) == 0)
			return &l->at[i];
	return NULL;
}

static void
branches_are_tunnels(void)
{
	struct tunnel_branch b[] = {
		{ .name = "b1", .group = "model", .identity = "b1.branch.example.net",
		  .address = { 0x0a090002, 31 } },
		{ .name = "a1", .group = "model", .identity = "a1.elsewhere.net" },
		{ .name = "fixed", .group = "model", .identity = "b3.branch.example.net" },
		{ .name = "b4", .group = "fixed", .identity = "b4.branch.example.net" },
		{ .name = "b5", .group = "gone", .identity = "b5.branch.example.net" },
	};
	struct cfg *c = cfg_text_load(doc);
	struct tunnel_list l;
	const struct tunnel_def *d;

	CU_ASSERT_EQUAL_FATAL(tunnel_list_make(c, b, 5, &l), 0);
	/* Not the model; of the branches only the one that fits it and takes no other's name. */
	CU_ASSERT_EQUAL_FATAL(l.n, 3);
	d = def(&l, "b1");
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	CU_ASSERT_STRING_EQUAL(d->model->name, "model");
	CU_ASSERT_STRING_EQUAL(d->cfg->peer_identity, "b1.branch.example.net");
	CU_ASSERT_EQUAL(d->cfg->mtu, 1380);
	CU_ASSERT_EQUAL(d->cfg->address.addr, 0x0a090002);
	CU_ASSERT_EQUAL(d->cfg->group_limit, 0);
	CU_ASSERT_STRING_EQUAL(l.at[0].cfg->name, "b1"); /* sorted */
	CU_ASSERT_PTR_NULL(def(&l, "fixed")->model);
	tunnel_list_free(&l);
	cfg_free(c);
}

static struct ike_peer_cfg
peer_of(const struct cfg *c, const struct cfg_tunnel *t)
{
	struct cfg_key_index *keys = cfg_key_index_new(c);
	struct ike_peer_cfg p;
	char why[160];

	CU_ASSERT_EQUAL_FATAL(peer_build(c, keys, t, 7, &p, why, sizeof(why)), 0);
	cfg_key_index_free(keys);
	return p;
}

static bool
has_key(const struct ike_peer_cfg *p, const char *psk)
{
	return p->psk_len == strlen(psk) && memcmp(p->psk, psk, p->psk_len) == 0;
}

static void
keys_by_wildcard(void)
{
	struct cfg *c = cfg_text_load(doc);
	struct cfg_tunnel t = *cfg_tunnel_find(c, "model");
	struct ike_peer_cfg p = peer_of(c, &t);

	CU_ASSERT_TRUE(has_key(&p, "key-of-the-group"));
	strcpy(t.peer_identity, "b1.branch.example.net");
	p = peer_of(c, &t);
	CU_ASSERT_TRUE(has_key(&p, "key-of-the-group")); /* says more than *.example.net */
	strcpy(t.peer_identity, "B7.branch.example.net");
	p = peer_of(c, &t);
	CU_ASSERT_TRUE(has_key(&p, "key-of-b7-alone"));
	strcpy(t.peer_identity, "other.example.net");
	p = peer_of(c, &t);
	CU_ASSERT_TRUE(has_key(&p, "key-of-all-of-them"));
	cfg_free(c);
}

static void
a_secret_is_a_profile(void)
{
	struct cfg *c = cfg_text_load(doc);
	const struct cfg_tunnel *t = cfg_tunnel_find(c, "fixed");
	struct ike_peer_cfg p = peer_of(c, t);

	CU_ASSERT_STRING_EQUAL(t->protection, CFG_BUILTIN);
	CU_ASSERT_TRUE(has_key(&p, "a-secret-of-its-own"));
	CU_ASSERT_TRUE(p.initiate && p.transport && p.other_mode);
	CU_ASSERT_EQUAL(p.n_ike_proposals, 2);
	CU_ASSERT_EQUAL(p.n_esp_proposals, 4);
	CU_ASSERT_EQUAL(p.remote_id.type, IKE_ID_IPV4_ADDR);
	CU_ASSERT_EQUAL(p.dpd_interval_s, 10);
	t = cfg_tunnel_find(c, "named");
	CU_ASSERT_STRING_EQUAL(t->peer_identity, "hub.example.net");
	p = peer_of(c, t);
	CU_ASSERT_EQUAL(p.remote, 0);
	CU_ASSERT_EQUAL(p.remote_id.type, IKE_ID_FQDN);
	cfg_free(c);
}

/* A network is a name for many: who is in it is of the group, by the key of all its addresses. */
static void
groups_of_a_network(void)
{
	/* clang-format off */
	static const char text[] =
	"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
	"  \"tunnels\": { \"model\": { \"source\": \"1.1.1.2\", \"group\": 3, \"protection\": \"p\" } },"
	"  \"crypto\": { \"ikev2\": {"
	"     \"proposals\": { \"default\": {} }, \"profiles\": { \"default\": {"
	"        \"match-identity\": [ \"hub.example.net\", \"20.0.0.0/8\" ] } },"
	"     \"keyring\": {"
	"       \"all\": { \"address\": \"0.0.0.0/0\", \"pre-shared-key\": \"key-of-all-of-them\" },"
	"       \"net\": { \"address\": \"20.0.0.0/7\", \"pre-shared-key\": \"key-of-the-network\" },"
	"       \"part\": { \"address\": \"20.0.0.0/9\", \"pre-shared-key\": \"key-of-some-of-it\" } } },"
	"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": \"aes-gcm-256\" } },"
	"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";
	/* clang-format on */
	struct tunnel_branch b = { .name = "b", .group = "model", .identity = "20.1.1.1" };
	struct cfg *c = cfg_text_load(text);
	struct cfg_tunnel t = *cfg_tunnel_find(c, "model");
	struct ike_peer_cfg p = peer_of(c, &t);

	CU_ASSERT_TRUE(has_key(&p, "key-of-the-network"));
	CU_ASSERT_EQUAL(p.n_other_ids, 1);
	CU_ASSERT_TRUE(tunnel_branch_fits(c, &b));
	strcpy(b.identity, "21.1.1.1");
	CU_ASSERT_FALSE(tunnel_branch_fits(c, &b));
	strcpy(b.identity, "20.example.net");
	CU_ASSERT_FALSE(tunnel_branch_fits(c, &b));
	strcpy(t.peer_identity, "20.200.1.1");
	t.group_limit = 0;
	p = peer_of(c, &t);
	CU_ASSERT_TRUE(has_key(&p, "key-of-the-network"));
	strcpy(t.peer_identity, "20.1.1.1"); /* one of them that has another key */
	p = peer_of(c, &t);
	CU_ASSERT_TRUE(has_key(&p, "key-of-some-of-it"));
	cfg_free(c);
}

/* With IKEv1 in either mode. */
static void
with_ikev1(void)
{
	/* clang-format off */
	static const char model[] =
	"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
	"  \"tunnels\": { \"model\": { \"source\": \"1.1.1.2\", \"group\": 3, \"protection\": "
	"\"p\",     \"peer-identity\": \"*.branch.example.net\" } },"
	"  \"crypto\": { \"ikev2\": {"
	"     \"proposals\": { \"default\": { \"encryption\": [\"aes-cbc-128\"],"
	"        \"integrity\": [\"sha256\"], \"group\": [14] } },"
	"     \"profiles\": { \"default\": { \"version\": \"ikev1\"%s } },"
	"     \"keyring\": { \"group\": { \"identity\": \"*.branch.example.net\","
	"        \"pre-shared-key\": \"key-of-the-group\" } } },"
	"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": \"aes-gcm-256\" } },"
	"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";
	/* clang-format on */

	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct cfg_errors errs;
		char text[2048];
		struct cfg *c;

		snprintf(text, sizeof(text), model,
				aggressive ? ", \"aggressive-mode\": true" : "");
		cfg_errors_init(&errs);
		c = cfg_from_text(text, strlen(text), NULL, &errs);
		CU_ASSERT_PTR_NOT_NULL(c);
		CU_ASSERT_EQUAL(errs.n_warnings, aggressive); /* what it gives away */
		cfg_errors_fini(&errs);
		cfg_free(c);
	}
}

static uint32_t n_read;
static struct tunnel_branch last_read;

static void
on_branch(void *arg, const struct tunnel_branch *b)
{
	n_read++;
	last_read = *b;
}

static void
branches_on_disk(void)
{
	static const char *const bad[] =
			{ "", "model", "model b1", "model b1 -", "model b1 10.9 x.y",
		"model b1 - *.branch.example.net", "model b1 - a..b",
		"a-name-that-is-longer-than-names-may-be b1 - x.example.net" };
	struct tunnel_branch b[2] = {
		{ .name = "b1", .group = "model", .identity = "b1.branch.example.net" },
		{ .name = "c-de", .group = "model", .identity = "C=DE, O=A Company, CN=two words",
		  .address = { 0x0a090002, 31 } } };
	char dir[] = "/tmp/culvert-group.XXXXXX", path[64], line[128];
	FILE *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/branches", dir);
	group_file_read(dir, on_branch, NULL); /* there is none yet */
	group_file_write(dir, b, 2);
	group_file_read(dir, on_branch, NULL);
	CU_ASSERT_EQUAL(n_read, 2);
	CU_ASSERT_STRING_EQUAL(last_read.identity, b[1].identity);
	CU_ASSERT_STRING_EQUAL(last_read.name, "c-de");
	CU_ASSERT_EQUAL(last_read.address.addr, 0x0a090002);
	CU_ASSERT_EQUAL(last_read.address.len, 31);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "%s", bad[i]);
		CU_ASSERT_FALSE(group_file_line(line, b));
	}
	f = fopen(path, "w"); /* another program's */
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("something else\nmodel b1 - b1.branch.example.net\n", f);
	fclose(f);
	n_read = 0;
	group_file_read(dir, on_branch, NULL);
	CU_ASSERT_EQUAL(n_read, 0);
	group_file_write(NULL, b, 2);
	unlink(path);
	CU_ASSERT_EQUAL(rmdir(dir), 0); /* nothing else was left there */
}

static const struct cu_case cases[] = {
	CU_CASE(branches_on_disk),
	CU_CASE(names),
	CU_CASE(pairs),
	CU_CASE(branches_are_tunnels),
	CU_CASE(keys_by_wildcard),
	CU_CASE(a_secret_is_a_profile),
	CU_CASE(groups_of_a_network),
	CU_CASE(with_ikev1),
};

CU_MAIN("group", cases)
