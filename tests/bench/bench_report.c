/* SPDX-License-Identifier: BSD-3-Clause */
/* The table for people; JSON and CSV for machines. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <jansson.h>

#include "tests/bench/bench.h"

struct machine machine;
static json_t *results, *latencies, *install, *moves;

const char *
case_name(enum bench_case kase)
{
	static const char *const names[N_CASES] = { "forward", "encap", "decap", "frag",
		"reass" };

	return names[kase];
}

static const char *
alg_name(enum chan_esp_alg alg)
{
	return alg == CHAN_ESP_NONE ? "none" : chan_esp_alg_str(alg);
}

static void
size_name(const struct result *r, char out[16])
{
	if (r->size == SIZE_IMIX)
		snprintf(out, 16, "imix");
	else
		snprintf(out, 16, "%u", r->size);
}

static void
machine_read(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	struct utsname u;
	char line[256];

	if (f != NULL) {
		while (fgets(line, sizeof(line), f) != NULL)
			if (sscanf(line, "model name : %63[^\n]", machine.cpu) == 1)
				break;
		fclose(f);
	}
	if (uname(&u) == 0)
		snprintf(machine.kernel, sizeof(machine.kernel), "%s", u.release);
}

void
report_begin(const struct options *o)
{
	machine_read();
	if (o->json) {
		results = json_array();
		latencies = json_array();
		install = json_null();
		moves = json_array();
		return;
	}
	if (o->csv) {
		printf("case,cipher,size,tunnels,routes,order,set,workers,cycles,cycles_min,spread,"
		       "floor,floor_min,ratio,own,own_min,own_ratio,scaling,"
		       "floor_scaling,scaling_ratio,reps\n");
		return;
	}
	printf("%s, time-stamp counter %.0f MHz, Linux %s, %s pages, intel-ipsec-mb %s, burst %u\n",
			machine.cpu, machine.tsc_mhz, machine.kernel, machine.pages,
			imb_get_version_str(), machine.burst);
	printf("tunnels: %s\n", shape_name());
	printf("cycles are the time-stamp counter's, per packet: median and least; floor: the same "
	       "bytes through the library alone (frag: the pieces sent whole); own: through our "
	       "ciphers alone\n\n");
	printf("%-8s %-14s %5s %7s %-5s %-4s %7s %7s %6s %7s %7s %5s %7s %7s %5s %7s %7s\n", "case",
			"cipher", "size", "tunnels", "order", "set", "cycles", "min", "spread",
			"floor", "min", "ratio", "own", "min", "ratio", "Mpps", "Gbit/s");
}

static json_t *
number_or_null(double v)
{
	return v > 0 ? json_real(v) : json_null();
}

/* What a line is about; the rest is added by the caller. */
static json_t *
line_head(const struct result *r)
{
	char size[16];

	size_name(r, size);
	return json_pack("{s:s, s:s, s:o, s:f, s:i, s:i, s:s, s:s, s:i}", "case",
			case_name(r->kase), "cipher", alg_name(r->alg), "size",
			r->size == SIZE_IMIX ? json_string(size) : json_integer(r->size),
			"mean_size", r->mean_size, "tunnels", (int)r->tunnels, "routes",
			(int)r->routes, "order", r->random ? "random" : "sequential", "set",
			r->cold ? "cold" : "hot", "workers", (int)r->workers);
}

static void
line_json(const struct result *r, double mpps, double gbps)
{
	json_t *j = line_head(r);
	const struct {
		const char *name;
		double v;
	} numbers[] = {
		{ "cycles", r->cycles }, { "cycles_min", r->cycles_min }, { "spread", r->spread },
		{ "floor", r->floor }, { "floor_min", r->floor_min }, { "ratio", r->ratio },
		{ "own", r->own }, { "own_min", r->own_min }, { "own_ratio", r->own_ratio },
		{ "scaling", r->scaling }, { "floor_scaling", r->floor_scaling },
		{ "scaling_ratio", r->scaling_ratio }, { "mpps", mpps }, { "gbps", gbps },
	};

	for (unsigned int i = 0; i < RTE_DIM(numbers); i++)
		json_object_set_new(j, numbers[i].name, number_or_null(numbers[i].v));
	json_object_set_new(j, "reps", json_integer(r->reps));
	json_array_append_new(results, j);
}

static void
line_csv(const struct result *r)
{
	char size[16];

	size_name(r, size);
	printf("%s,%s,%s,%u,%u,%s,%s,%u,%.1f,%.1f,%.3f,%.1f,%.1f,%.3f,%.1f,%.1f,%.3f,"
	       "%.3f,%.3f,%.3f,%u\n",
			case_name(r->kase), alg_name(r->alg), size, r->tunnels, r->routes,
			r->random ? "random" : "sequential", r->cold ? "cold" : "hot", r->workers,
			r->cycles, r->cycles_min, r->spread, r->floor, r->floor_min, r->ratio,
			r->own, r->own_min, r->own_ratio, r->scaling, r->floor_scaling,
			r->scaling_ratio, r->reps);
}

/* A number, or nothing where there is none. */
static void
cell(int width, int digits, double v)
{
	if (v > 0)
		printf(" %*.*f", width, digits, v);
	else
		printf(" %*s", width, "");
}

void
report_line(const struct options *o, const struct result *r)
{
	double mpps = machine.tsc_mhz / r->cycles * (r->workers > 1 ? r->workers : 1);
	double gbps = mpps * r->mean_size * 8 / 1000;
	char size[16];

	if (o->json) {
		line_json(r, mpps, gbps);
		return;
	}
	if (o->csv) {
		line_csv(r);
		fflush(stdout);
		return;
	}
	size_name(r, size);
	printf("%-8s %-14s %5s %7u %-5.5s %-4s", case_name(r->kase), alg_name(r->alg), size,
			r->kase == CASE_FORWARD ? r->routes : r->tunnels,
			r->random ? "random" : "sequential", r->cold ? "cold" : "hot");
	cell(7, 1, r->cycles);
	cell(7, 1, r->cycles_min);
	printf(" %5.1f%%", r->spread * 100);
	if (r->workers > 1) {
		printf("  %u workers: %.2f times one", r->workers, r->scaling);
		if (r->floor_scaling > 0)
			printf("; the library alone %.2f, the ratio of both %.3f", r->floor_scaling,
					r->scaling_ratio);
		printf("\n");
		fflush(stdout);
		return;
	}
	cell(7, 1, r->floor);
	cell(7, 1, r->floor_min);
	cell(5, 2, r->ratio);
	cell(7, 1, r->own);
	cell(7, 1, r->own_min);
	cell(5, 2, r->own_ratio);
	printf(" %7.2f %7.2f\n", mpps, gbps);
	fflush(stdout);
}

void
report_latency(const struct options *o, const struct result *r, const struct latency *l)
{
	json_t *j;

	if (o->csv)
		return;
	if (!o->json) {
		printf("    at %2u %% load: p50 %.1f us, p99 %.1f us, p99.9 %.1f us; the machine's "
		       "own pauses: %.0f a second, at most %.0f us, %.2f %% of the time\n",
				l->load_percent, l->p50_us, l->p99_us, l->p999_us, l->pauses.per_s,
				l->pauses.longest_us, l->pauses.share * 100);
		return;
	}
	j = line_head(r);
	json_object_set_new(j, "load_percent", json_integer(l->load_percent));
	json_object_set_new(j, "p50_us", json_real(l->p50_us));
	json_object_set_new(j, "p99_us", json_real(l->p99_us));
	json_object_set_new(j, "p999_us", json_real(l->p999_us));
	json_object_set_new(j, "pauses_per_s", json_real(l->pauses.per_s));
	json_object_set_new(j, "pause_longest_us", json_real(l->pauses.longest_us));
	json_object_set_new(j, "pause_share", json_real(l->pauses.share));
	json_array_append_new(latencies, j);
}

void
report_install(const struct options *o, const struct installed *i)
{
	if (o->csv)
		return;
	if (!o->json) {
		printf("install  %u tunnels with an SA pair each through the channel: %.2f s, "
		       "%.0f bytes each, of which counters %.0f for each worker\n\n",
				i->n_tunnels, i->seconds, i->bytes_each, i->counters_each);
		fflush(stdout);
		return;
	}
	install = json_pack("{s:i, s:f, s:f, s:f}", "tunnels", (int)i->n_tunnels, "seconds",
			i->seconds, "bytes_each", i->bytes_each, "counters_each",
			i->counters_each);
}

void
report_move(const struct options *o, const struct moved *m)
{
	if (o->csv)
		return;
	if (!o->json) {
		printf("move     %u routes to another tunnel%s, %s: the last one after %.1f ms "
		       "(RIB %.1f ms), %llu commands; installed in %.0f ms\n",
				m->n_routes, m->lost ? ", theirs is lost" : "",
				m->groups ? "by groups" : "one by one", m->ms, m->rib_ms,
				(unsigned long long)m->n_commands, m->install_ms);
		fflush(stdout);
		return;
	}
	json_array_append_new(moves,
			json_pack("{s:i, s:b, s:b, s:f, s:f, s:I, s:f}", "routes", (int)m->n_routes,
					"lost", (int)m->lost, "groups", (int)m->groups, "ms", m->ms,
					"rib_ms", m->rib_ms, "commands", (json_int_t)m->n_commands,
					"install_ms", m->install_ms));
}

void
report_end(const struct options *o)
{
	json_t *doc;

	if (!o->json)
		return;
	doc = json_pack("{s:{s:s, s:s, s:s, s:f, s:s, s:i, s:i}, s:s, s:o, s:o, s:o, s:o}",
			"machine", "cpu", machine.cpu, "kernel", machine.kernel, "pages", machine.pages,
			"tsc_mhz", machine.tsc_mhz, "ipsec_mb", imb_get_version_str(), "burst",
			(int)machine.burst, "timer_cycles", (int)machine.timer_cycles, "shape",
			shape_name(), "results", results, "latency", latencies, "install", install, "move", moves);
	json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(doc);
}
