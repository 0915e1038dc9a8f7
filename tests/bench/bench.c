/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark's options and its loop over all that was selected. See bench.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "tests/bench/bench.h"

#define HUGE_PAGES_NEEDED 120

static const char usage[] =
	"usage: tools/bench [options]\n"
	"  --case LIST     of forward, encap, decap\n"
	"  --cipher LIST   of aes128gcm16, aes256gcm16, aes128-sha1, aes256-sha1,\n"
	"                  aes128-sha256, aes256-sha256\n"
	"  --size LIST     inner bytes, 64 to 1450, or imix (7:4:1 of 64, 594, 1400)\n"
	"  --tunnels LIST  1 to 65536\n"
	"  --order LIST    of sequential, random: which tunnel the next packet belongs to\n"
	"  --set LIST      of hot (256 buffers), cold (8192, shuffled over 18 MB)\n"
	"  --burst N       packets received at once, 1 to 64; default 64\n"
	"  --seconds S     for each line, default 0.25\n"
	"  --stages        the cycles of each node, before its line, on stderr\n"
	"  --quick         a few lines and few repetitions: does it run?\n"
	"  --json          an object for machines instead of the table\n"
	"LIST is separated by commas.\n";

static void
refuse(const char *option, const char *value)
{
	fprintf(stderr, "bench: --%s: cannot use '%s'\n%s", option, value, usage);
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
	for (unsigned int i = 1; i < CHAN_N_ESP_ALGS; i++)
		if (strcmp(word, cipher_name(i)) == 0)
			return o->algs[i] = true;
	return false;
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

static void
options_default(struct options *o, bool quick)
{
	bool none = !o->cases[0] && !o->cases[1] && !o->cases[2];

	for (unsigned int i = 0; none && i < N_CASES; i++)
		o->cases[i] = true;
	none = true;
	for (unsigned int i = 1; i < CHAN_N_ESP_ALGS; i++)
		none = none && !o->algs[i];
	for (unsigned int i = 1; none && i < CHAN_N_ESP_ALGS; i++)
		o->algs[i] = !quick || i == CHAN_ESP_AES128_GCM16 ||
			     i == CHAN_ESP_AES128_CBC_SHA256_128;
	if (o->n_sizes == 0)
		each_word("size", quick ? "64,1400" : "64,256,512,1024,1400,imix", o, take_size);
	if (o->n_tunnels == 0)
		each_word("tunnels", quick ? "1,100" : "1,1000,10000", o, take_tunnels);
	if (!o->orders[0] && !o->orders[1])
		o->orders[0] = true;
	if (!o->sets[0] && !o->sets[1])
		o->sets[0] = true;
	if (o->seconds == 0)
		o->seconds = quick ? 0.01 : 0.25;
}

static void
options_read(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "case", 1, NULL, 'c' }, { "cipher", 1, NULL, 'a' }, { "size", 1, NULL, 's' },
		{ "tunnels", 1, NULL, 't' }, { "order", 1, NULL, 'o' }, { "set", 1, NULL, 'w' },
		{ "burst", 1, NULL, 'b' }, { "seconds", 1, NULL, 'e' }, { "quick", 0, NULL, 'q' },
		{ "json", 0, NULL, 'j' }, { "stages", 0, NULL, 'g' },
		{ "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	bool quick = false;
	int c;

	o->burst = BURST_MAX;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'c':
			each_word("case", optarg, o, take_case);
			break;
		case 'a':
			each_word("cipher", optarg, o, take_cipher);
			break;
		case 's':
			each_word("size", optarg, o, take_size);
			break;
		case 't':
			each_word("tunnels", optarg, o, take_tunnels);
			break;
		case 'o':
			each_word("order", optarg, o, take_order);
			break;
		case 'w':
			each_word("set", optarg, o, take_set);
			break;
		case 'b':
			if (!number(optarg, 1, BURST_MAX, &o->burst))
				refuse("burst", optarg);
			break;
		case 'e':
			o->seconds = atof(optarg);
			if (!(o->seconds > 0 && o->seconds <= 3600))
				refuse("seconds", optarg);
			break;
		case 'q':
			quick = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'g':
			o->stages = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind != argc)
		refuse("", argv[optind]);
	options_default(o, quick);
}

/* EAL without devices; on huge pages if enough of them are free. */
static void
eal_begin(void)
{
	char args[][20] = { "bench", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=4",
		"--in-memory" };
	char small[][20] = { "--no-huge", "-m", "512" };
	char *argv[RTE_DIM(args) + RTE_DIM(small) + 1] = { NULL };
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned int free_pages = 0;
	char line[128];
	int argc = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "HugePages_Free: %u", &free_pages) == 1)
			break;
	if (f != NULL)
		fclose(f);
	machine.pages = free_pages >= HUGE_PAGES_NEEDED ? "huge" : "4K";
	for (unsigned int i = 0; i < RTE_DIM(args) - 1; i++)
		argv[argc++] = args[i];
	if (free_pages >= HUGE_PAGES_NEEDED)
		argv[argc++] = args[RTE_DIM(args) - 1];
	for (unsigned int i = 0; free_pages < HUGE_PAGES_NEEDED && i < RTE_DIM(small); i++)
		argv[argc++] = small[i];
	if (rte_eal_init(argc, argv) < 0) {
		fprintf(stderr, "bench: the DPDK environment does not start\n");
		exit(1);
	}
	machine.tsc_mhz = (double)rte_get_tsc_hz() / 1e6;
}

static void
timer_measure(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t t = rte_rdtsc_precise();

		t = rte_rdtsc_precise() - t;
		least = RTE_MIN(least, t);
	}
	machine.timer_cycles = (unsigned int)least;
}

static void
run_lines(const struct options *o, struct world *wd, enum bench_case kase, unsigned int size)
{
	for (unsigned int random = 0; random < 2; random++)
		for (unsigned int cold = 0; cold < 2; cold++) {
			struct result r = { .kase = kase, .alg = wd->alg, .size = size,
				.tunnels = wd->n_tunnels, .random = random, .cold = cold };
			struct packets *pk;

			if (!o->orders[random] || !o->sets[cold])
				continue;
			pk = packets_new(wd, kase, size, random, cold);
			bench_run(o, wd, pk, &r);
			packets_free(pk);
			report_line(o, &r);
		}
}

int
main(int argc, char **argv)
{
	struct options o = { 0 };
	struct world *wd;

	options_read(&o, argc, argv);
	machine.burst = o.burst;
	eal_begin();
	timer_measure();
	packets_init();
	floor_init();
	report_begin(&o);
	if (o.cases[CASE_FORWARD]) {
		wd = world_new(1, CHAN_ESP_NONE);
		for (unsigned int i = 0; i < o.n_sizes; i++)
			run_lines(&o, wd, CASE_FORWARD, o.sizes[i]);
		world_free(wd);
	}
	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int t = 0; o.algs[alg] && t < o.n_tunnels; t++) {
			if (!o.cases[CASE_ENCAP] && !o.cases[CASE_DECAP])
				continue;
			wd = world_new(o.tunnels[t], alg);
			for (unsigned int kase = CASE_ENCAP; kase <= CASE_DECAP; kase++)
				for (unsigned int i = 0; o.cases[kase] && i < o.n_sizes; i++)
					run_lines(&o, wd, kase, o.sizes[i]);
			world_free(wd);
		}
	report_end(&o);
	floor_fini();
	rte_eal_cleanup();
	return 0;
}
