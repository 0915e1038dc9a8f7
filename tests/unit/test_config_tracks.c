/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of tracked objects with more ways through them than anybody can walk: the checks of a
 * configuration must come to an end. Each case here took longer than the age of the universe.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "cu.h"

#define WIDTH 32

static double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
add_list(json_t *tracks, const char *name, json_t *members)
{
	json_object_set_new(tracks, name,
			json_pack("{s:s, s:o}", "boolean", "and", "objects", members));
}

/* Each list of a layer holds every object of the layer below; those of layer 0 are links. */
static json_t *
layers(unsigned int n_layers)
{
	json_t *doc = json_pack("{s:{s:{s:[s]}}}", "interfaces", "wan",
			"address", "1.1.1.2/24"),
	       *tracks = json_object();
	char name[32];

	for (unsigned int i = 0; i < WIDTH; i++) {
		snprintf(name, sizeof(name), "o0-%u", i);
		json_object_set_new(tracks, name, json_pack("{s:s}", "interface", "wan"));
	}
	for (unsigned int layer = 1; layer <= n_layers; layer++) {
		for (unsigned int i = 0; i < WIDTH; i++) {
			json_t *members = json_array();

			for (unsigned int k = 0; k < WIDTH; k++) {
				snprintf(name, sizeof(name), "o%u-%u", layer - 1, k);
				json_array_append_new(members, json_pack("{s:s}", "object", name));
			}
			snprintf(name, sizeof(name), "o%u-%u", layer, i);
			add_list(tracks, name, members);
		}
	}
	json_object_set_new(doc, "tracks", tracks);
	return doc;
}

/* The configuration that is made of @doc, which is used up; in good time. */
static struct cfg *
load(json_t *doc, struct cfg_errors *e)
{
	double start = cpu_s();
	struct cfg *c;

	cfg_errors_init(e);
	c = cfg_from_json(doc, NULL, e);
	CU_ASSERT_TRUE(cpu_s() - start < 3.0);
	json_decref(doc);
	return c;
}

static unsigned int
count(const struct cfg_errors *e, const char *text)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < e->n_errors; i++)
		n += strstr(e->errors[i].message, text) != NULL;
	return n;
}

/* Seventeen layers of lists are sixteen lists in a list. */
static void
test_as_deep_as_may_be(void)
{
	struct cfg_errors e;
	struct cfg *c = load(layers(17), &e);

	CU_ASSERT_PTR_NOT_NULL(c);
	CU_ASSERT_EQUAL(e.n_errors_total, 0);
	cfg_free(c);
	cfg_errors_fini(&e);
}

/* Only the lists at the top are too deep. */
static void
test_one_too_deep(void)
{
	struct cfg_errors e;
	struct cfg *c = load(layers(18), &e);

	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(e.n_errors_total, WIDTH);
	CU_ASSERT_EQUAL(count(&e, "contains itself, or lists too deep"), WIDTH);
	for (uint32_t i = 0; i < e.n_errors; i++)
		CU_ASSERT_EQUAL(strncmp(e.errors[i].path, "/tracks/o18-", 12), 0);
	cfg_errors_fini(&e);
}

/* Lists in a circle, and a tunnel that asks whether they come to it: by none of the ways. */
static void
test_circles(void)
{
	json_t *doc = layers(3), *tracks = json_object_get(doc, "tracks"), *members = json_array();
	struct cfg_errors e;
	struct cfg *c;

	for (unsigned int k = 0; k < WIDTH; k++) {
		char name[32];

		snprintf(name, sizeof(name), "o3-%u", k);
		json_array_append_new(members, json_pack("{s:s}", "object", name));
		snprintf(name, sizeof(name), "o0-%u", k);
		add_list(tracks, name, json_incref(members));
	}
	json_decref(members);
	json_object_set_new(tracks, "elsewhere", json_pack("{s:s}", "interface", "t1"));
	json_object_set_new(doc, "tunnels",
			json_pack("{s:{s:s, s:s, s:s}}", "t1", "source", "1.1.1.2", "destination",
					"1.1.1.3", "track", "o3-0"));
	c = load(doc, &e);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(count(&e, "contains itself"), e.n_errors);
	CU_ASSERT_EQUAL(count(&e, "needs this tunnel"), 0);
	cfg_errors_fini(&e);
}

/* A tunnel that waits for an object which, far below, waits for the tunnel. */
static void
test_needed_from_afar(void)
{
	json_t *doc = layers(17), *tracks = json_object_get(doc, "tracks");
	struct cfg_errors e;
	struct cfg *c;

	json_object_set_new(tracks, "o0-7", json_pack("{s:s}", "interface", "t1"));
	json_object_set_new(doc, "tunnels",
			json_pack("{s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}}", "t1", "source",
					"1.1.1.2", "destination", "1.1.1.3", "track", "o17-0", "t2",
					"source", "1.1.1.2", "destination", "1.1.1.4", "track",
					"o17-0"));
	c = load(doc, &e);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(e.n_errors_total, 1);
	CU_ASSERT_EQUAL(count(&e, "needs this tunnel"), 1);
	CU_ASSERT_STRING_EQUAL(e.errors[0].path, "/tunnels/t1/track");
	cfg_errors_fini(&e);
}

static const struct cu_case cases[] = {
	CU_CASE(test_as_deep_as_may_be),
	CU_CASE(test_one_too_deep),
	CU_CASE(test_circles),
	CU_CASE(test_needed_from_afar),
};

CU_MAIN("config_tracks", cases)
