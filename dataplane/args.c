/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line: our options, then "--" and whatever else DPDK's EAL is to be told. The EAL
 * options that one needs all the time (--vdev, -a, -l, --lcores, --no-huge) are ours too, so
 * that the "--" is seldom needed.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/args.h"
#include "dataplane/channel_server.h"

#define DEFAULT_TUNNELS 16384u
#define DEFAULT_SAS     65536u
#define DEFAULT_ROUTES  65536u
#define DEFAULT_MAX_MTU 1900u /* what fits the usual 2 KB buffer with headers and trailer */

static const char help_text[] =
"Usage: culvert-dataplane [OPTIONS] [-- EAL-OPTIONS]\n"
"\n"
"Culvert's packet forwarder. It does nothing by itself: a control plane tells it what to do.\n"
"\n"
"Ports (at least one; names as DPDK knows them):\n"
"  --vdev DEVARGS        a virtual port, e.g. net_af_packet0,iface=wan (repeat for more)\n"
"  -a, --allow PCI       a network card bound to vfio-pci, e.g. 0000:01:00.0 (repeat)\n"
"  --max-mtu N           largest MTU any port may be given, 576..9600 (1900)\n"
"\n"
"Memory:\n"
"  --no-huge             use ordinary memory; without it hugepages are required\n"
"  --memory MB           for packet buffers and tables (by the limits below)\n"
"  --mbufs N             packet buffers (8192, and 2048 per port and worker)\n"
"  --max-tunnels N       1..131072 (16384)\n"
"  --max-sas N           a power of two, 16..1048576 (65536)\n"
"  --max-routes N        16..1000000 (65536)\n"
"\n"
"Processors:\n"
"  --workers N           packet workers, 1..16 (1); each on a CPU of its own, the main core,\n"
"                        which sleeps most of the time, on the first\n"
"  --cpus LIST           CPUs to use, main core's first, e.g. 0,2,3 (all that we may use)\n"
"  --idle MODE           adaptive: an idle worker sleeps until there is a packet (default);\n"
"                        poll: never\n"
"  -l LIST, --lcores MAP EAL's own way, in place of --workers and --cpus\n"
"\n"
"Control:\n"
"  --socket PATH         where control planes connect (" CHAN_DEFAULT_SOCKET ")\n"
"  --socket-group NAME   group whose members may connect, besides our user and root\n"
"  --log-level LEVEL     error, warning, notice, info (default) or debug\n"
"  -h, --help            this text\n"
"  -V, --version         the version\n"
"\n"
"Example: culvert-dataplane --no-huge --vdev net_af_packet0,iface=wan \\\n"
"                           --vdev net_af_packet1,iface=lan\n";

enum {
	OPT_SOCKET = 256, OPT_SOCKET_GROUP, OPT_WORKERS, OPT_CPUS, OPT_IDLE, OPT_TUNNELS, OPT_SAS,
	OPT_ROUTES, OPT_MBUFS, OPT_MEMORY, OPT_MAX_MTU, OPT_NO_HUGE, OPT_VDEV, OPT_LOG, OPT_LCORES,
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "socket-group", required_argument, NULL, OPT_SOCKET_GROUP },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ "max-tunnels", required_argument, NULL, OPT_TUNNELS },
	{ "max-sas", required_argument, NULL, OPT_SAS },
	{ "max-routes", required_argument, NULL, OPT_ROUTES },
	{ "mbufs", required_argument, NULL, OPT_MBUFS },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "max-mtu", required_argument, NULL, OPT_MAX_MTU },
	{ "no-huge", no_argument, NULL, OPT_NO_HUGE },
	{ "vdev", required_argument, NULL, OPT_VDEV },
	{ "allow", required_argument, NULL, 'a' },
	{ "log-level", required_argument, NULL, OPT_LOG },
	{ "lcores", required_argument, NULL, OPT_LCORES },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Where parsing stands: the result, and room for the reason of a failure. */
struct parse {
	struct args *a;
	const char *cpus; /* --cpus as given */
	char *why;
	size_t why_len;
	bool failed;
};

static void __attribute__((format(printf, 2, 3)))
fail(struct parse *p, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(p->why, p->why_len, fmt, ap);
	va_end(ap);
	p->failed = true;
}

static uint32_t
number(struct parse *p, const char *option, const char *s, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || errno != 0 || v < min || v > max)
		fail(p, "--%s %s: expected a number from %u to %u", option, s, min, max);
	return (uint32_t)v;
}

static void
eal_add(struct parse *p, const char *word)
{
	if (p->a->n_eal == ARGS_MAX_EAL / 2)
		fail(p, "too many EAL options");
	else
		p->a->eal[p->a->n_eal++] = word;
}

static void
port_add(struct parse *p, const char **list, unsigned int *n, const char *devargs)
{
	if (p->a->n_vdevs + p->a->n_pci == CHAN_MAX_PORTS)
		fail(p, "more than %d ports", CHAN_MAX_PORTS);
	else
		list[(*n)++] = devargs;
}

static void
group_set(struct parse *p, const char *name)
{
	const struct group *g = getgrnam(name);

	if (g == NULL)
		fail(p, "--socket-group %s: no such group", name);
	else
		p->a->socket_group = g->gr_gid;
}

static void
limit_set(struct parse *p, int opt, const char *s)
{
	struct tables_limits *l = &p->a->limits;

	if (opt == OPT_TUNNELS)
		l->max_tunnels = number(p, "max-tunnels", s, 1, 131072);
	else if (opt == OPT_ROUTES)
		l->max_routes = number(p, "max-routes", s, 16, 1000000);
	else
		l->max_sas = number(p, "max-sas", s, 16, 1u << CHAN_SPI_IDX_BITS);
	if ((l->max_sas & (l->max_sas - 1)) != 0)
		fail(p, "--max-sas %s: expected a power of two", s);
}

static void
resource_set(struct parse *p, int opt, const char *s)
{
	struct args *a = p->a;

	switch (opt) {
	case OPT_WORKERS:
		a->n_workers = number(p, "workers", s, 1, CHAN_MAX_WORKERS);
		break;
	case OPT_MBUFS:
		a->n_mbufs = number(p, "mbufs", s, 1024, 16000000);
		break;
	case OPT_MEMORY:
		a->memory_mb = number(p, "memory", s, 64, 1u << 20);
		break;
	case OPT_MAX_MTU:
		a->max_mtu = (uint16_t)number(p, "max-mtu", s, 576, 9600);
		break;
	default:
		limit_set(p, opt, s);
	}
}

static void
option_set(struct parse *p, int opt, const char *s)
{
	struct args *a = p->a;

	switch (opt) {
	case OPT_SOCKET:
		a->socket_path = s;
		break;
	case OPT_SOCKET_GROUP:
		group_set(p, s);
		break;
	case OPT_CPUS:
		p->cpus = s;
		break;
	case OPT_IDLE:
		a->adaptive = strcmp(s, "adaptive") == 0;
		if (!a->adaptive && strcmp(s, "poll") != 0)
			fail(p, "--idle %s: expected poll or adaptive", s);
		break;
	case OPT_NO_HUGE:
		a->no_huge = true;
		break;
	case OPT_VDEV:
		port_add(p, a->vdevs, &a->n_vdevs, s);
		break;
	case 'a':
		port_add(p, a->pci, &a->n_pci, s);
		break;
	case OPT_LOG:
		if (log_level_parse(s, &a->log_level) != 0)
			fail(p, "--log-level %s: expected error, warning, notice, info or debug",
					s);
		break;
	case 'l':
	case OPT_LCORES:
		eal_add(p, opt == 'l' ? "-l" : "--lcores");
		eal_add(p, s);
		break;
	default:
		resource_set(p, opt, s);
	}
}

/* The word before optind is the one that getopt stumbled over, or is part of. */
static void
bad_option(struct parse *p, int opt, char **argv)
{
	const char *word = argv[optind - 1];

	if (opt == ':')
		fail(p, "option %s needs a value (see --help)", word);
	else if (optopt != 0 && optopt < 128)
		fail(p, "unknown option -%c (see --help; DPDK's own options go after --)", optopt);
	else
		fail(p,
				"unknown or ambiguous option %s (see --help; DPDK's own options go "
				"after --)",
				word);
}

bool
args_eal_has(const struct args *a, const char *name)
{
	size_t len = strlen(name);
	bool is_long = name[1] == '-';

	/* "-l0-1" is "-l" too, and "--lcores=0-1" is "--lcores". */
	for (unsigned int i = 0; i < a->n_eal; i++) {
		const char *word = a->eal[i];

		if (strncmp(word, name, len) == 0 &&
				(!is_long || word[len] == '\0' || word[len] == '='))
			return true;
	}
	return false;
}

/* "0,2-3" to a list. */
static unsigned int
cpus_parse(struct parse *p, unsigned int *cpu, unsigned int max)
{
	const char *s = p->cpus;
	unsigned int n = 0;

	while (!p->failed) {
		char *end;
		unsigned long lo = strtoul(s, &end, 10), hi = lo;
		bool ok = end != s && s[0] >= '0' && s[0] <= '9';

		if (ok && *end == '-') {
			s = end + 1;
			hi = strtoul(s, &end, 10);
			ok = end != s && hi >= lo;
		}
		if (!ok || hi >= CPU_SETSIZE || (*end != ',' && *end != '\0'))
			fail(p, "--cpus %s: expected CPU numbers such as 0,2-3", p->cpus);
		for (unsigned long c = lo; !p->failed && c <= hi && n < max; c++)
			cpu[n++] = (unsigned int)c;
		if (*end == '\0')
			break;
		s = end + 1;
	}
	return n;
}

/*
 * Which CPU for whom: the main core takes the first, workers the others. With as many workers as
 * CPUs the last worker shares the main core's, which sleeps nearly all the time.
 */
static void
cpus_assign(struct parse *p)
{
	struct args *a = p->a;
	unsigned int cpu[CPU_SETSIZE], n = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		CPU_ZERO(&set);
	if (p->cpus != NULL) {
		n = cpus_parse(p, cpu, CPU_SETSIZE);
		for (unsigned int i = 0; i < n; i++)
			if (!CPU_ISSET(cpu[i], &set))
				fail(p, "--cpus: CPU %u is not there or not ours to use", cpu[i]);
	} else {
		for (unsigned int c = 0; c < CPU_SETSIZE; c++)
			if (CPU_ISSET(c, &set))
				cpu[n++] = c;
	}
	if (p->failed)
		return;
	if (a->n_workers == 0)
		a->n_workers = 1;
	if (a->n_workers > n) {
		fail(p, "--workers %u: only %u CPUs to use", a->n_workers, n);
		return;
	}
	for (unsigned int i = 0; i <= a->n_workers; i++)
		a->cpus[i] = cpu[i % n];
}

static void
defaults(struct args *a)
{
	*a = (struct args){ .socket_path = CHAN_DEFAULT_SOCKET,
		.socket_group = CHAN_SERVER_NO_GROUP, .log_level = LVL_INFO, .adaptive = true,
		.limits = { .max_tunnels = DEFAULT_TUNNELS, .max_sas = DEFAULT_SAS,
			.max_routes = DEFAULT_ROUTES },
		.max_mtu = DEFAULT_MAX_MTU };
}

/* What no option sets by itself. */
static void
complete(struct parse *p)
{
	struct args *a = p->a;

	/* A neighbour or a tunnel each, and room for connected prefixes and null routes. */
	a->limits.max_nhs = 65536 + a->limits.max_tunnels;
	a->limits.max_nhgs = 4096;
	if (args_eal_has(a, "--no-huge"))
		a->no_huge = true;
	if (!args_eal_has(a, "-l") && !args_eal_has(a, "--lcores") && !args_eal_has(a, "-c")) {
		cpus_assign(p);
		return;
	}
	if (a->n_workers != 0 || p->cpus != NULL)
		fail(p, "-l and --lcores cannot be used together with --workers or --cpus");
}

enum args_result
args_parse(struct args *a, int argc, char **argv, char *why, size_t why_len)
{
	struct parse p = { .a = a, .why = why, .why_len = why_len };
	int opt;

	defaults(a);
	opterr = 0;
	optind = 1;
	while (!p.failed && (opt = getopt_long(argc, argv, "+:a:l:hV", options, NULL)) != -1) {
		if (opt == 'h' || opt == 'V') {
			fputs(opt == 'h' ? help_text : "culvert-dataplane " CULVERT_VERSION "\n",
					stdout);
			return ARGS_EXIT;
		}
		if (opt == '?' || opt == ':')
			bad_option(&p, opt, argv);
		else
			option_set(&p, opt, optarg);
	}
	if (!p.failed && optind < argc && strcmp(argv[optind - 1], "--") != 0)
		fail(&p, "unexpected word %s (see --help)", argv[optind]);
	for (; !p.failed && optind < argc; optind++)
		eal_add(&p, argv[optind]);
	if (!p.failed)
		complete(&p);
	return p.failed ? ARGS_ERROR : ARGS_RUN;
}
