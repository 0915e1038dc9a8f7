/* SPDX-License-Identifier: BSD-3-Clause */
/* The table for people, the object for machines. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <jansson.h>

#include "tests/bench/bench.h"

struct machine machine;
static json_t *results;

static const char *const cipher_names[CHAN_N_ESP_ALGS] = {
	[CHAN_ESP_NONE] = "none",
	[CHAN_ESP_AES128_GCM16] = "aes128gcm16",
	[CHAN_ESP_AES256_GCM16] = "aes256gcm16",
	[CHAN_ESP_AES128_CBC_SHA1_96] = "aes128-sha1",
	[CHAN_ESP_AES256_CBC_SHA1_96] = "aes256-sha1",
	[CHAN_ESP_AES128_CBC_SHA256_128] = "aes128-sha256",
	[CHAN_ESP_AES256_CBC_SHA256_128] = "aes256-sha256",
};

const char *
cipher_name(enum chan_esp_alg alg)
{
	return cipher_names[alg];
}

const char *
case_name(enum bench_case kase)
{
	static const char *const names[N_CASES] = { "forward", "encap", "decap" };

	return names[kase];
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
		return;
	}
	printf("%s, time-stamp counter %.0f MHz, Linux %s, %s pages, intel-ipsec-mb %s, burst %u\n",
			machine.cpu, machine.tsc_mhz, machine.kernel, machine.pages,
			imb_get_version_str(), machine.burst);
	printf("cycles are the time-stamp counter's, per packet; floor: the cipher alone\n\n");
	printf("%-8s %-14s %5s %7s %-10s %-4s %8s %8s %6s %8s %6s %8s %8s\n", "case", "cipher", "size",
			"tunnels", "order", "set", "cycles", "min", "spread", "floor", "ratio", "Mpps",
			"Gbit/s");
}

static void
line_json(const struct result *r, double mpps, double gbps)
{
	json_t *j = json_pack("{s:s, s:s, s:o, s:i, s:s, s:s, s:i, s:f, s:f, s:f, s:i, s:f, s:f}",
			"case", case_name(r->kase), "cipher", cipher_name(r->alg),
			"size", r->size == SIZE_IMIX ? json_string("imix") : json_integer(r->size),
			"tunnels", (int)r->tunnels, "order", r->random ? "random" : "sequential",
			"set", r->cold ? "cold" : "hot", "workers", 1, "cycles", r->cycles,
			"cycles_min", r->cycles_min, "spread", r->spread, "reps", (int)r->reps,
			"mpps", mpps, "gbps", gbps);

	if (r->floor > 0) {
		json_object_set_new(j, "floor", json_real(r->floor));
		json_object_set_new(j, "floor_min", json_real(r->floor_min));
		json_object_set_new(j, "ratio", json_real(r->ratio));
	} else {
		json_object_set_new(j, "floor", json_null());
		json_object_set_new(j, "ratio", json_null());
	}
	json_array_append_new(results, j);
}

void
report_line(const struct options *o, const struct result *r)
{
	double mpps = machine.tsc_mhz / r->cycles;
	double gbps = mpps * r->mean_size * 8 / 1000;
	char size[16] = "imix", floor[32] = "", ratio[32] = "";

	if (o->json) {
		line_json(r, mpps, gbps);
		return;
	}
	if (r->size != SIZE_IMIX)
		snprintf(size, sizeof(size), "%u", r->size);
	if (r->floor > 0) {
		snprintf(floor, sizeof(floor), "%.1f", r->floor);
		snprintf(ratio, sizeof(ratio), "%.2f", r->ratio);
	}
	printf("%-8s %-14s %5s %7u %-10s %-4s %8.1f %8.1f %5.1f%% %8s %6s %8.2f %8.2f\n",
			case_name(r->kase), cipher_name(r->alg), size, r->tunnels,
			r->random ? "random" : "sequential", r->cold ? "cold" : "hot", r->cycles,
			r->cycles_min, r->spread * 100, floor, ratio, mpps, gbps);
	fflush(stdout);
}

void
report_end(const struct options *o)
{
	json_t *doc;

	if (!o->json)
		return;
	doc = json_pack("{s:{s:s, s:s, s:s, s:f, s:s, s:i, s:i}, s:o}", "machine", "cpu", machine.cpu,
			"kernel", machine.kernel, "pages", machine.pages, "tsc_mhz", machine.tsc_mhz,
			"ipsec_mb", imb_get_version_str(), "burst", (int)machine.burst,
			"timer_cycles", (int)machine.timer_cycles, "results", results);
	json_dumpf(doc, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(doc);
}
