/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ip ospf database`, in parts: areas, the AS, links. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ospf/ospf_walk.h"
#include "controlplane/ospf/ospf_wire.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/show/show_int.h"

#define OPAQUE_SHOWN 64 /* bytes */
#define PER_PART     64 /* entries looked at, be they wanted or not */

/* ---- LSAs -------------------------------------------------------------------------------- */

static json_t *
links_json(const struct ospf_lsa *lsa)
{
	static const char *const types[] = { "unknown", "point-to-point", "transit", "stub",
		"virtual" };
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	json_t *list = json_array();
	struct ospf_link l;

	while (ospf_rlsa_next(&r, &l))
		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:I}", "type",
				types[l.type <= OSPF_LINK_VIRTUAL ? l.type : 0], "id",
				show_addr(l.id), "data", show_addr(l.data), "metric",
				(json_int_t)l.metric));
	return list;
}

static json_t *
routers_json(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_nlsa_routers(lsa->data, lsa->h.len);
	json_t *list = json_array();
	uint32_t id;

	while (ospf_nlsa_next(&r, &id))
		json_array_append_new(list, show_addr(id));
	return list;
}

/* RFC 5250: what kind of thing it is, and its bytes. */
static void
opaque_add(json_t *o, const struct ospf_lsa *lsa)
{
	char hex[2 * OPAQUE_SHOWN + 4];
	size_t n = lsa->h.len - OSPF_LSA_HDR_LEN, len = 0;

	for (size_t i = 0; i < n && i < OPAQUE_SHOWN; i++)
		len += (size_t)snprintf(hex + len, sizeof(hex) - len, "%02x",
				lsa->data[OSPF_LSA_HDR_LEN + i]);
	snprintf(hex + len, sizeof(hex) - len, "%s", n > OPAQUE_SHOWN ? "..." : "");
	json_object_update_new(
			o, json_pack("{s:i, s:i, s:s}", "opaque_type", (int)(lsa->h.id >> 24),
					   "opaque_id", (int)(lsa->h.id & 0xffffff), "data", hex));
}

static void
body_add(json_t *o, const struct ospf_lsa *lsa)
{
	struct ospf_summary s;
	struct ospf_external e;

	switch (lsa->h.type) {
	case OSPF_LSA_ROUTER:
		json_object_set_new(o, "flags",
				json_integer(ospf_rlsa_flags(lsa->data, lsa->h.len)));
		json_object_set_new(o, "links", links_json(lsa));
		break;
	case OSPF_LSA_NETWORK:
		json_object_set_new(o, "mask", show_addr(ospf_nlsa_mask(lsa->data, lsa->h.len)));
		json_object_set_new(o, "routers", routers_json(lsa));
		break;
	case OSPF_LSA_SUMMARY:
	case OSPF_LSA_ASBR_SUMMARY:
		if (ospf_summary_read(lsa->data, lsa->h.len, &s))
			json_object_update_new(o, json_pack("{s:o, s:I}", "mask",
					show_addr(s.mask), "metric", (json_int_t)s.metric));
		break;
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_NSSA:
		if (ospf_external_read(lsa->data, lsa->h.len, &e))
			json_object_update_new(o, json_pack("{s:o, s:I, s:i, s:o, s:I}", "mask",
					show_addr(e.mask), "metric", (json_int_t)e.metric,
					"metric_type", e.type2 ? 2 : 1, "forward",
					show_addr(e.forward), "tag", (json_int_t)e.tag));
		break;
	case OSPF_LSA_OPAQUE_LINK:
	case OSPF_LSA_OPAQUE_AREA:
	case OSPF_LSA_OPAQUE_AS:
		opaque_add(o, lsa);
		break;
	}
}

static json_t *
lsa_json(const struct ospf_lsa *lsa)
{
	char seq[16], cksum[16];
	json_t *o;

	snprintf(seq, sizeof(seq), "0x%08x", (unsigned int)lsa->h.seq);
	snprintf(cksum, sizeof(cksum), "0x%04x", lsa->h.cksum);
	o = json_pack("{s:s, s:o, s:o, s:I, s:s, s:s, s:I, s:I, s:b}", "type",
			ospf_lsa_type_str(lsa->h.type), "id", show_addr(lsa->h.id), "router",
			show_addr(lsa->h.adv), "age_s", (json_int_t)ospf_lsa_age(lsa), "sequence",
			seq, "checksum", cksum, "length", (json_int_t)lsa->h.len, "options",
			(json_int_t)lsa->h.options, "own", ospf_lsa_is_own(lsa));
	body_add(o, lsa);
	return o;
}

/* An address in the params; false: there is none, or it is no address. */
static bool
addr_wanted(const json_t *params, const char *key, uint32_t *addr)
{
	const char *text = json_string_value(json_object_get(params, key));

	return text != NULL && ip4_parse(text, addr) == 0;
}

static bool
lsa_wanted(const json_t *params, const struct ospf_lsa *lsa)
{
	uint32_t addr;

	if (lsa->data == NULL)
		return false;
	if (addr_wanted(params, "id", &addr) && addr != lsa->h.id)
		return false;
	if (addr_wanted(params, "router", &addr) && addr != lsa->h.adv)
		return false;
	return !json_is_true(json_object_get(params, "own")) || ospf_lsa_is_own(lsa);
}

/* All that "name" asks for: a type, or "opaque" for all three of these. */
static bool
type_wanted(const json_t *params, uint8_t type)
{
	const char *want = json_string_value(json_object_get(params, "name"));

	if (want != NULL && strcmp(want, "opaque") == 0)
		return type >= OSPF_LSA_OPAQUE_LINK;
	return show_wanted(params, ospf_lsa_type_str(type));
}

/* ---- databases --------------------------------------------------------------------------- */

enum db_stage { DB_BEGIN, DB_AREAS, DB_AS, DB_LINKS };

struct db_cursor {
	enum db_stage stage;
	bool open;     /* a database, @area's or @link's, is being listed */
	bool any_area; /* @area is the last one */
	uint32_t area;
	struct ospf_place link;
	uint8_t type;  /* in the database */
	struct ospf_place lsa;
};

/* One more LSA of the database, or so. False: it has no more (or has gone, NULL), and its list is
 * ended. */
static bool
lsa_next(const struct ospf_lsdb *db, const json_t *params, struct db_cursor *c,
		struct mgmt_out *out)
{
	for (int i = 0; db != NULL && c->type < OSPF_LSA_N_TYPES && i < PER_PART; i++) {
		const struct ospf_lsa *lsa = type_wanted(params, c->type)
				? ospf_walk_lsa(db, c->type, &c->lsa) : NULL;

		if (lsa == NULL) {
			c->type++;
			c->lsa = (struct ospf_place){ 0 };
		} else if (lsa_wanted(params, lsa)) {
			mgmt_out_put(out, NULL, lsa_json(lsa));
			return true;
		}
	}
	if (db != NULL && c->type < OSPF_LSA_N_TYPES)
		return true;
	mgmt_out_end(out);
	return false;
}

/* A list of LSAs begins. */
static void
list_begin(struct db_cursor *c, struct mgmt_out *out, const char *key)
{
	mgmt_out_array(out, key);
	c->type = 1;
	c->lsa = (struct ospf_place){ 0 };
}

static const struct ospf_area *
area_after(const struct ospf *o, const struct db_cursor *c)
{
	const struct ospf_area *a = NULL;

	if (o != NULL)
		TAILQ_FOREACH (a, &o->areas, link)
			if (!c->any_area || a->cfg.id > c->area)
				break;
	return a;
}

static void
areas_next(const struct ospf *o, const json_t *params, struct db_cursor *c, struct mgmt_out *out)
{
	const struct ospf_area *a;

	if (c->open) {
		a = o != NULL ? ospf_area_find(o, c->area) : NULL;
		c->open = lsa_next(a != NULL ? &a->lsdb : NULL, params, c, out);
		if (!c->open)
			mgmt_out_end(out);
		return;
	}
	a = area_after(o, c);
	if (a != NULL) {
		c->open = c->any_area = true;
		c->area = a->cfg.id;
		mgmt_out_object(out, NULL);
		mgmt_out_put(out, "area", show_addr(c->area));
		list_begin(c, out, "lsas");
		return;
	}
	mgmt_out_end(out);
	list_begin(c, out, "as");
	c->stage = DB_AS;
}

/* False: that was all. */
static bool
links_next(const struct ospf *o, const json_t *params, struct db_cursor *c, struct mgmt_out *out)
{
	const struct ospf_if *ifp;

	if (c->open) {
		ifp = o != NULL ? ospf_walk_if_here(o, &c->link) : NULL;
		c->open = lsa_next(ifp != NULL ? &ifp->lsdb : NULL, params, c, out);
		if (!c->open)
			mgmt_out_end(out);
		return true;
	}
	ifp = o != NULL ? ospf_walk_if(o, &c->link) : NULL;
	if (ifp == NULL) {
		mgmt_out_end(out);
		return false;
	}
	if (ospf_lsdb_n(&ifp->lsdb, OSPF_LSA_OPAQUE_LINK) == 0)
		return true;
	c->open = true;
	mgmt_out_object(out, NULL);
	mgmt_out_put(out, "interface", json_string(ifp->cfg.name));
	list_begin(c, out, "lsas");
	return true;
}

static bool
database_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct ospf *o = ospf_proc_engine(s->cp->ospf);
	struct db_cursor *c = cursor;

	switch (c->stage) {
	case DB_BEGIN:
		if (o != NULL)
			mgmt_out_put(out, "router_id", show_addr(o->cfg.router_id));
		mgmt_out_array(out, "areas");
		c->stage = DB_AREAS;
		break;
	case DB_AREAS:
		areas_next(o, params, c, out);
		break;
	case DB_AS:
		if (lsa_next(o != NULL ? &o->as_db : NULL, params, c, out))
			break;
		mgmt_out_array(out, "links");
		c->stage = DB_LINKS;
		break;
	case DB_LINKS:
		return links_next(o, params, c, out);
	}
	return true;
}

const struct mgmt_parts show_ospf_database_parts = { .cursor_size = sizeof(struct db_cursor),
	.next = database_next };
