/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark's options, which usage.txt tells of. See bench.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

static void
refuse(const char *option, const char *value)
{
	fprintf(stderr, "bench: --%s: cannot use '%s', see tools/bench --help\n", option, value);
	exit(2);
}

/* Call @take for each word of a list. */
static void
each_word(const char *option, const char *list, struct options *o,
		bool (*take)(struct options *o, const char *word))
{
	char *copy = strdup(list), *save = NULL;

	for (char *word = strtok_r(copy, ",", &save); word != NULL;
			word = strtok_r(NULL, ",", &save))
		if (!take(o, word))
			refuse(option, word);
	free(copy);
}

static bool
number(const char *word, unsigned int lo, unsigned int hi, unsigned int *v)
{
	char *end;
	unsigned long n = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end != '\0' || n < lo || n > hi)
		return false;
	*v = (unsigned int)n;
	return true;
}

static bool
take_case(struct options *o, const char *word)
{
	for (unsigned int i = 0; i < N_CASES; i++)
		if (strcmp(word, case_name(i)) == 0)
			return o->cases[i] = true;
	return false;
}

static bool
take_cipher(struct options *o, const char *word)
{
	bool all = strcmp(word, "all") == 0, found = false;

	for (unsigned int i = 1; i < CHAN_N_ESP_ALGS; i++)
		if (esp_algs[i].align != 0 && (all || strcmp(word, chan_esp_alg_str(i)) == 0))
			o->algs[i] = found = true;
	return found;
}

static bool
take_size(struct options *o, const char *word)
{
	unsigned int v = SIZE_IMIX;

	if (o->n_sizes == RTE_DIM(o->sizes) ||
			(strcmp(word, "imix") != 0 && !number(word, 64, 1450, &v)))
		return false;
	o->sizes[o->n_sizes++] = v;
	return true;
}

static bool
take_tunnels(struct options *o, const char *word)
{
	unsigned int v;

	if (o->n_tunnels == RTE_DIM(o->tunnels) || !number(word, 1, MAX_TUNNELS, &v))
		return false;
	o->tunnels[o->n_tunnels++] = v;
	return true;
}

static bool
take_routes(struct options *o, const char *word)
{
	unsigned int v;

	if (o->n_routes == RTE_DIM(o->routes) || !number(word, 1, MAX_ROUTES, &v))
		return false;
	o->routes[o->n_routes++] = v;
	return true;
}

static bool
take_policies(struct options *o, const char *word)
{
	unsigned int v;

	if (o->n_policies == RTE_DIM(o->policies) || !number(word, 1, CHAN_MAX_POLICIES, &v))
		return false;
	o->policies[o->n_policies++] = v;
	return true;
}

static bool
take_mode(struct options *o, const char *word)
{
	(void)o;
	shape.tunnel_mode = strcmp(word, "tunnel") == 0;
	return shape.tunnel_mode || strcmp(word, "transport") == 0;
}

static bool
take_gre(struct options *o, const char *word)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = { { "key", CHAN_TUN_KEY }, { "csum", CHAN_TUN_CSUM }, { "seq", CHAN_TUN_SEQ } };

	(void)o;
	for (unsigned int i = 0; i < RTE_DIM(flags); i++)
		if (strcmp(word, flags[i].name) == 0)
			return (shape.gre_flags |= flags[i].flag) != 0;
	return false;
}

static bool
take_order(struct options *o, const char *word)
{
	bool random = strcmp(word, "random") == 0;

	if (!random && strcmp(word, "sequential") != 0)
		return false;
	return o->orders[random] = true;
}

static bool
take_set(struct options *o, const char *word)
{
	bool cold = strcmp(word, "cold") == 0;

	if (!cold && strcmp(word, "hot") != 0)
		return false;
	return o->sets[cold] = true;
}

/* Fill in what was not asked for: a few minutes' worth, everything, or next to nothing. */
static void
options_default(struct options *o, bool quick, bool all)
{
	bool none = true;

	for (unsigned int i = 0; i < N_CASES; i++)
		none = none && !o->cases[i];
	if (none)
		each_word("case", "forward,encap,decap,frag,reass", o, take_case);
	none = true;
	for (unsigned int i = 1; i < CHAN_N_ESP_ALGS; i++)
		none = none && !o->algs[i];
	if (none)
		each_word("cipher", quick ? "aes128gcm16,aes128-sha256" : "aes128gcm16,aes128-sha1,"
				"aes128-sha256", o, take_cipher);
	if (o->n_sizes == 0)
		each_word("size", quick ? "64,1400" : "64,512,1400,imix", o, take_size);
	if (o->n_tunnels == 0)
		each_word("tunnels", quick ? "1,100" : all ? "1,4,40,1000,10000,40000,100000" :
				"1,1000,40000", o, take_tunnels);
	if (o->n_routes == 0)
		each_word("routes", quick ? "1" : "1,1000000", o, take_routes);
	if (!o->orders[0] && !o->orders[1])
		each_word("order", all ? "sequential,random" : "sequential", o, take_order);
	if (!o->sets[0] && !o->sets[1])
		each_word("set", all ? "hot,cold" : "hot", o, take_set);
	if (all && o->workers == 0)
		o->workers = 2;
	if (all && o->install == 0)
		o->install = 100000;
	if (all && o->move == 0)
		o->move = MAX_ROUTES;
	if (all && o->n_policies == 0)
		each_word("policies", "1,100,10000", o, take_policies);
	o->latency = o->latency || all;
	if (o->seconds == 0)
		o->seconds = quick ? 0.01 : 0.25;
}

static const struct option names[] = {
	{ "case", 1, NULL, 'c' }, { "cipher", 1, NULL, 'a' }, { "size", 1, NULL, 's' },
	{ "tunnels", 1, NULL, 't' }, { "order", 1, NULL, 'o' }, { "set", 1, NULL, 'w' },
	{ "routes", 1, NULL, 'r' }, { "workers", 1, NULL, 'n' }, { "burst", 1, NULL, 'b' },
	{ "seconds", 1, NULL, 'e' }, { "latency", 0, NULL, 'l' }, { "install", 1, NULL, 'i' },
	{ "all", 0, NULL, 'A' }, { "quick", 0, NULL, 'q' }, { "json", 0, NULL, 'j' },
	{ "policies", 1, NULL, 'p' }, { "move", 1, NULL, 'm' }, { "csv", 0, NULL, 'v' },
	{ "stages", 0, NULL, 'g' }, { "esn", 0, NULL, 'E' }, { "nat-t", 0, NULL, 'N' },
	{ "virtual", 0, NULL, 'V' },
	{ "mode", 1, NULL, 'M' }, { "gre", 1, NULL, 'G' }, { "window", 1, NULL, 'W' },
	{ NULL, 0, NULL, 0 },
};

/* An option with a value. */
static void
option_take(struct options *o, int c, const char *value)
{
	static const struct {
		int c;
		const char *name;
		bool (*take)(struct options *o, const char *word);
	} lists[] = {
		{ 'c', "case", take_case }, { 'a', "cipher", take_cipher },
		{ 's', "size", take_size }, { 't', "tunnels", take_tunnels },
		{ 'o', "order", take_order }, { 'w', "set", take_set },
		{ 'r', "routes", take_routes }, { 'p', "policies", take_policies },
		{ 'M', "mode", take_mode }, { 'G', "gre", take_gre },
	};

	for (unsigned int i = 0; i < RTE_DIM(lists); i++)
		if (lists[i].c == c)
			each_word(lists[i].name, value, o, lists[i].take);
	if (c == 'n' && !number(value, 2, MAX_WORKERS, &o->workers))
		refuse("workers", value);
	if (c == 'b' && !number(value, 1, BURST_MAX, &o->burst))
		refuse("burst", value);
	if (c == 'i' && !number(value, 1, MAX_TUNNELS, &o->install))
		refuse("install", value);
	if (c == 'm' && !number(value, 1, MAX_ROUTES, &o->move))
		refuse("move", value);
	if (c == 'W' && !number(value, 0, 8192, &shape.window))
		refuse("window", value);
	if (c == 'e')
		o->seconds = atof(value);
	if (c == 'e' && !(o->seconds > 0 && o->seconds <= 3600))
		refuse("seconds", value);
}

void
options_read(struct options *o, int argc, char **argv)
{
	bool quick = false, all = false;
	int c;

	o->burst = BURST_MAX;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == '?') {
			fputs("bench: see tools/bench --help\n", stderr);
			exit(2);
		}
		if (optarg != NULL)
			option_take(o, c, optarg);
		quick = quick || c == 'q';
		all = all || c == 'A';
		o->json = o->json || c == 'j';
		o->csv = o->csv || c == 'v';
		o->stages = o->stages || c == 'g';
		o->latency = o->latency || c == 'l';
		shape.esn = shape.esn || c == 'E';
		shape.nat_t = shape.nat_t || c == 'N';
		shape.far_address = shape.far_address || c == 'V';
	}
	if (optind != argc)
		refuse("", argv[optind]);
	options_default(o, quick, all);
}
