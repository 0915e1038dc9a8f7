/* SPDX-License-Identifier: BSD-3-Clause */
/* Loaded trustpoints; see pki.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "controlplane/config/trustpoint.h"
#include "controlplane/pki/pki.h"

#define DAY_S 86400

struct item {
	char name[CFG_NAME_MAX];
	uint8_t digest[32];
	uint64_t stamp; /* of its files */
	uint32_t warn_days;
	struct ike_cred *cred;
};

struct pki {
	struct item *items;
	uint32_t n;
	int64_t warned_s; /* last; 0: never */
};

struct pki *
pki_new(void)
{
	return calloc(1, sizeof(struct pki));
}

static void
drop(struct item *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ike_cred_unref(items[i].cred);
	free(items);
}

void
pki_free(struct pki *p)
{
	if (p == NULL)
		return;
	drop(p->items, p->n);
	free(p);
}

static const struct item *
find(const struct pki *p, const char *name)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (strcmp(p->items[i].name, name) == 0)
			return &p->items[i];
	return NULL;
}

/* What a renewed file has other than the old one: inode, size, times. */
static uint64_t
stamp_of(const struct cfg_trustpoint *t)
{
	const char *const values[] = { t->certificate, t->key, t->ca, t->crl };
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct stat st;
		uint64_t parts[4] = { 0 };

		if (values[i][0] == '/' && stat(values[i], &st) == 0) {
			parts[0] = (uint64_t)st.st_ino;
			parts[1] = (uint64_t)st.st_size;
			parts[2] = (uint64_t)st.st_mtim.tv_sec;
			parts[3] = (uint64_t)st.st_mtim.tv_nsec;
		}
		for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
			h = (h ^ parts[k]) * UINT64_C(0x100000001b3);
	}
	return h;
}

bool
pki_files_changed(const struct pki *p, const struct cfg *c)
{
	for (uint32_t i = 0; i < c->n_trustpoints; i++) {
		const struct item *it = find(p, c->trustpoints[i].name);

		if (it != NULL && it->stamp != stamp_of(&c->trustpoints[i]))
			return true;
	}
	return false;
}

static void
load(const struct pki *p, const struct cfg_trustpoint *t, struct item *it)
{
	const struct item *old = find(p, t->name);
	const char *field = NULL;
	char why[256];

	memcpy(it->name, t->name, sizeof(it->name));
	it->warn_days = t->warn_days;
	it->stamp = stamp_of(t);
	it->cred = trustpoint_load(t, it->digest, &field, why, sizeof(why));
	if (it->cred == NULL)
		log_error("pki", "trustpoint %s: %s: %s%s", t->name, field, why,
				old != NULL ? ": going on with what was loaded before" : "");
	if (old == NULL || (it->cred != NULL && memcmp(old->digest, it->digest,
							       sizeof(it->digest)) != 0))
		return;
	ike_cred_unref(it->cred);
	it->cred = ike_cred_ref(old->cred);
	memcpy(it->digest, old->digest, sizeof(it->digest));
}

void
pki_apply(struct pki *p, const struct cfg *c)
{
	struct item *items = calloc(c->n_trustpoints + 1, sizeof(*items));

	if (items == NULL) {
		log_error("pki", "out of memory");
		return;
	}
	for (uint32_t i = 0; i < c->n_trustpoints; i++)
		load(p, &c->trustpoints[i], &items[i]);
	drop(p->items, p->n);
	p->items = items;
	p->n = c->n_trustpoints;
	p->warned_s = 0;
}

struct ike_cred *
pki_find(const struct pki *p, const char *name)
{
	const struct item *it = find(p, name);

	return it != NULL ? it->cred : NULL;
}

struct warn {
	const struct item *it;
	int64_t now_s;
};

static void
warn_one(void *arg, const struct ike_cred_show *s)
{
	const struct warn *w = arg;
	const char *what = s->what == IKE_CRED_CRL ? "CRL of" : "certificate of";
	int64_t left_s = s->not_after_s - w->now_s;

	if (s->not_after_s == INT64_MAX || left_s >= (int64_t)w->it->warn_days * DAY_S)
		return;
	if (left_s < 0)
		log_warning("pki", "trustpoint %s: %s %s has expired", w->it->name, what,
				s->subject);
	else
		log_warning("pki", "trustpoint %s: %s %s expires in %lld days", w->it->name, what,
				s->subject, (long long)(left_s / DAY_S));
}

void
pki_warn(struct pki *p, int64_t now_s)
{
	if (p->warned_s != 0 && now_s >= p->warned_s && now_s < p->warned_s + DAY_S)
		return;
	p->warned_s = now_s;
	for (uint32_t i = 0; i < p->n; i++) {
		struct warn w = { .it = &p->items[i], .now_s = now_s };

		if (p->items[i].cred != NULL && p->items[i].warn_days != 0)
			ike_cred_each(p->items[i].cred, warn_one, &w);
	}
}

void
pki_each(const struct pki *p, void (*fn)(void *arg, const char *name, const struct ike_cred *cred),
		void *arg)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->items[i].cred != NULL)
			fn(arg, p->items[i].name, p->items[i].cred);
}
