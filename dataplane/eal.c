/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting DPDK: memory, arguments, and what can be checked before it fails; see eal.h. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/eal.h"
#include "dataplane/eal_log.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/port_kernel.h"
#include "dataplane/port_socket.h"
#include "dataplane/port_steer.h"
#include "dataplane/tables/fib6.h"
#include "dataplane/worker.h"

#define MB (UINT64_C(1) << 20)

static bool started;

/* ---- memory ------------------------------------------------------------------------------- */

/* An upper bound, from the sizes of what is allocated per object; unused pages cost nothing
 * without hugepages. */
void
memory_plan_make(struct memory_plan *m, const struct args *a)
{
	const struct tables_limits *l = &a->limits;
	uint32_t n_ports = a->n_vdevs + a->n_pci, n_workers = a->n_workers;
	uint64_t routes, groups;

	if (n_ports == 0)
		n_ports = 4;
	if (n_workers == 0)
		n_workers = CHAN_MAX_WORKERS;
	m->n_mbufs = a->n_mbufs != 0 ? a->n_mbufs : 8192 + 2048 * n_ports * n_workers;
	m->mbuf_len = RTE_MAX(port_kernel_frame(a->max_mtu),
			a->max_mtu + 22u + MBUF_TAILROOM_NEEDED) + RTE_PKTMBUF_HEADROOM;
	/* DIR-24-8: 4 bytes for each /24, 1 KB for each /24 with longer prefixes in it. */
	groups = RTE_MIN(RTE_MAX(l->max_routes, 256u), 65536u);
	routes = 64 * MB + groups * 1024 + (uint64_t)l->max_routes * 256 +
			fib6_memory(l->max_routes);
	m->bytes = routes + (uint64_t)m->n_mbufs * (m->mbuf_len + sizeof(struct rte_mbuf) + 128) +
			(uint64_t)l->max_tunnels * 1024 + (uint64_t)l->max_nhs * 320 +
			(uint64_t)l->max_nhgs * 512 + (uint64_t)n_ports * 256 * 1024 +
			(uint64_t)n_workers * (8 * MB + REASS_BIG_BUFS * (REASS_BIG_ROOM + 256)) +
			48 * MB;
	if (a->memory_mb != 0)
		m->bytes = a->memory_mb * MB;
}

/* Free hugepages of all sizes in bytes. */
static uint64_t
huge_free(void)
{
	static const char root[] = "/sys/kernel/mm/hugepages";
	DIR *d = opendir(root);
	struct dirent *e;
	uint64_t total = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		char path[PATH_MAX];
		unsigned long kb, n;
		FILE *f;

		if (sscanf(e->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", root, e->d_name);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fscanf(f, "%lu", &n) == 1)
			total += (uint64_t)n * kb * 1024;
		fclose(f);
	}
	closedir(d);
	return total;
}

static uint64_t
memory_available(void)
{
	char line[128];
	unsigned long kb = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	if (f == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %lu kB", &kb) == 1)
			break;
	fclose(f);
	return kb == 0 ? UINT64_MAX : (uint64_t)kb * 1024;
}

static int
memory_check(const struct args *a, const struct memory_plan *m, char *why, size_t why_len)
{
	unsigned long need = (unsigned long)(m->bytes / MB);
	uint64_t have = a->no_huge ? memory_available() : huge_free();

	if (have >= m->bytes)
		return 0;
	if (a->no_huge)
		snprintf(why, why_len, "%lu MB of memory are needed, %lu are available: lower "
				"--max-tunnels, --max-sas, --max-routes or --mbufs", need,
				(unsigned long)(have / MB));
	else
		snprintf(why, why_len, "%lu MB of hugepages are needed, %lu are free: reserve some "
				"(echo %lu >/proc/sys/vm/nr_hugepages) or start with --no-huge",
				need, (unsigned long)(have / MB), need / 2 + 1);
	return -ENOMEM;
}

/*
 * Ordinary memory is a file for EAL, so that another process could map it (vhost). The pages of a
 * file take twice as long to come and go as those of private memory, which EAL takes when there are
 * no such files: 50,000 of them until the tables are there. It has no option for that, but finds
 * this memfd_create() before the C library's (see export-dynamic-symbol in meson.build).
 */
static bool private_memory;

int
memfd_create(const char *name, unsigned int flags)
{
	if (private_memory && strcmp(name, "nohuge") == 0) {
		errno = ENOSYS;
		return -1;
	}
	return (int)syscall(SYS_memfd_create, name, flags);
}

/* Is there a device that hands our memory to another process? */
static bool
memory_is_shared(const struct args *a)
{
	bool shared = false;

	for (unsigned int i = 0; i < a->n_vdevs; i++)
		shared = shared || strstr(a->vdevs[i], "virtio_user") != NULL ||
				strstr(a->vdevs[i], "vhost") != NULL;
	for (unsigned int i = 0; i < a->n_eal; i++)
		shared = shared || strstr(a->eal[i], "virtio_user") != NULL ||
				strstr(a->eal[i], "vhost") != NULL;
	return shared;
}

/* ---- devices ------------------------------------------------------------------------------ */

/* "01:00.0" without the domain */
static bool
pci_is_short(const char *devargs)
{
	return strchr(devargs, ':') == strrchr(devargs, ':');
}

/* A card must be there and bound to a driver that hands it to user space. */
static int
pci_check(const char *devargs, char *why, size_t why_len)
{
	char addr[32], path[PATH_MAX], link[PATH_MAX];
	const char *driver;
	ssize_t n;
	int len = (int)strcspn(devargs, ",");

	snprintf(addr, sizeof(addr), "%s%.*s", pci_is_short(devargs) ? "0000:" : "", len,
			devargs);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", addr);
	if (access(path, F_OK) != 0) {
		snprintf(why, why_len, "no PCI device %s", addr);
		return -ENODEV;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", addr);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	driver = strrchr(link, '/') != NULL ? strrchr(link, '/') + 1 : "no driver";
	/* Mellanox' driver shares the card with the kernel. */
	if (strncmp(driver, "vfio", 4) == 0 || strstr(driver, "uio") != NULL ||
			strncmp(driver, "mlx", 3) == 0)
		return 0;
	snprintf(why, why_len,
			"PCI device %s is bound to %s, not to vfio-pci: in use by the kernel, "
			"or dpdk-devbind.py --bind=vfio-pci %s is missing",
			addr, driver, addr);
	return -EBUSY;
}

/* A vdev is named once. EAL takes the second silently for the first. */
static int
vdev_names_check(const struct args *a, char *why, size_t why_len)
{
	for (unsigned int i = 0; i < a->n_vdevs; i++) {
		size_t n = strcspn(a->vdevs[i], ",");

		for (unsigned int k = 0; k < i; k++) {
			if (strcspn(a->vdevs[k], ",") != n ||
					strncmp(a->vdevs[i], a->vdevs[k], n) != 0)
				continue;
			snprintf(why, why_len, "--vdev %s: %.*s is there already", a->vdevs[i],
					(int)n, a->vdevs[i]);
			return -EEXIST;
		}
	}
	return 0;
}

static int
devices_check(const struct args *a, char *why, size_t why_len)
{
	int err = vdev_names_check(a, why, why_len);

	if (a->n_vdevs + a->n_pci == 0 && !args_eal_has(a, "--vdev") && !args_eal_has(a, "-a") &&
			!args_eal_has(a, "--allow") && !args_eal_has(a, "-b")) {
		snprintf(why, why_len, "no ports: name them with --vdev or --allow (see --help)");
		return -ENODEV;
	}
	for (unsigned int i = 0; err == 0 && i < a->n_pci; i++)
		err = pci_check(a->pci[i], why, why_len);
	for (unsigned int i = 0; err == 0 && i < a->n_vdevs; i++)
		err = port_kernel_check(a->vdevs[i], why, why_len);
	return err;
}

/* EAL starts without a device whose driver does not want it. We do not. */
static int
devices_found(const struct args *a, const char *cause, char *why, size_t why_len)
{
	uint16_t dev;

	for (unsigned int i = 0; i < a->n_vdevs + a->n_pci; i++) {
		const char *devargs = i < a->n_vdevs ? a->vdevs[i] : a->pci[i - a->n_vdevs];
		char name[64];

		snprintf(name, sizeof(name), "%s%.*s", i >= a->n_vdevs && pci_is_short(devargs)
				? "0000:" : "", (int)strcspn(devargs, ","), devargs);
		if (rte_eth_dev_get_port_by_name(name, &dev) == 0)
			continue;
		snprintf(why, why_len, "%s %s: %s", i < a->n_vdevs ? "--vdev" : "--allow", devargs,
				cause[0] != '\0' ? cause
						 : "no driver took it, or its arguments are wrong");
		return -ENODEV;
	}
	return 0;
}

/* ---- arguments and start ------------------------------------------------------------------ */

struct eal_argv {
	int n;
	char *v[2 * ARGS_MAX_EAL];
	char words[2 * ARGS_MAX_EAL][64]; /* of those made here */
	int n_words;
	char vdevs[CHAN_MAX_PORTS][PORT_KERNEL_DEVARGS];
};

static void
arg_add(struct eal_argv *av, const char *word)
{
	av->v[av->n++] = (char *)(uintptr_t)word;
}

static void __attribute__((format(printf, 2, 3)))
arg_make(struct eal_argv *av, const char *fmt, ...)
{
	char *word = av->words[av->n_words++];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(word, sizeof(av->words[0]), fmt, ap);
	va_end(ap);
	arg_add(av, word);
}

static void
lcores_make(struct eal_argv *av, const struct args *a)
{
	static char map[ARGS_MAX_CPUS * 16]; /* 17 times "16@1023," needs more than a word */
	size_t at = 0;

	/* lcore i on its CPU; two lcores may share one. */

	for (unsigned int i = 0; i <= a->n_workers; i++)
		at += (size_t)snprintf(map + at, sizeof(map) - at, "%s%u@%u", i == 0 ? "" : ",", i,
				a->cpus[i]);
	arg_add(av, "--lcores");
	arg_add(av, map);
}

/*
 * No shared files and no telemetry socket: several dataplanes run beside each other and leave
 * nothing behind. Whatever the user says himself comes last.
 */
static void
argv_make(struct eal_argv *av, const struct args *a, const struct memory_plan *m)
{
	arg_add(av, "culvert-dataplane");
	/* The first is not for ordinary memory, of which there are no files anyway. */
	arg_add(av, a->no_huge ? "--no-shconf" : "--in-memory");
	if (!args_eal_has(a, "--telemetry"))
		arg_add(av, "--no-telemetry");
	if (!args_eal_has(a, "--file-prefix"))
		arg_make(av, "--file-prefix=culvert-%d", (int)getpid());
	if (a->n_workers != 0)
		lcores_make(av, a);
	if (a->no_huge && !args_eal_has(a, "--no-huge"))
		arg_add(av, "--no-huge");
	if (a->no_huge && !args_eal_has(a, "-m"))
		arg_make(av, "-m%lu", (unsigned long)(m->bytes / MB));
	/* Without a word about PCI, no card is touched. */
	if (a->n_pci == 0 && !args_eal_has(a, "-a") && !args_eal_has(a, "--allow") &&
			!args_eal_has(a, "-b") && !args_eal_has(a, "--no-pci"))
		arg_add(av, "--no-pci");
	for (unsigned int i = 0; i < a->n_pci; i++) {
		arg_add(av, "-a");
		arg_add(av, a->pci[i]);
	}
	for (unsigned int i = 0; i < a->n_vdevs; i++) {
		arg_add(av, "--vdev");
		arg_add(av, av->vdevs[i]);
	}
	for (unsigned int i = 0; i < a->n_eal; i++)
		arg_add(av, a->eal[i]);
	av->v[av->n] = NULL;
}

/* The devargs to start with; 0, or -E2BIG. @n_sockets: packet sockets that they ask for. */
static int
vdevs_make(struct eal_argv *av, const struct args *a, unsigned int *n_sockets, char *why,
		size_t why_len)
{
	*n_sockets = 0;
	for (unsigned int i = 0; i < a->n_vdevs; i++) {
		int err = port_kernel_devargs(a->vdevs[i], a->max_mtu,
				port_steer_queues(a->n_workers), av->vdevs[i]);

		if (err != 0) {
			snprintf(why, why_len, "--vdev %.60s...: too long", a->vdevs[i]);
			return err;
		}
		*n_sockets += port_kernel_queues(av->vdevs[i]);
	}
	return 0;
}

int
eal_start(const struct args *a, const struct memory_plan *m, char *why, size_t why_len)
{
	static struct eal_argv av; /* EAL keeps pointers into it */
	struct fd_capture capture;
	unsigned int n_sockets;
	char cause[200];
	int err, ret;

	err = devices_check(a, why, why_len);
	if (err == 0)
		err = memory_check(a, m, why, why_len);
	if (err == 0)
		err = vdevs_make(&av, a, &n_sockets, why, why_len);
	if (err != 0)
		return err;
	argv_make(&av, a, m);
	private_memory = a->no_huge && !memory_is_shared(a);
	port_sockets_begin(n_sockets);
	err = fd_capture_begin(&capture);
	ret = err == 0 ? rte_eal_init(av.n, av.v) : -1;
	fd_capture_end(&capture, cause, sizeof(cause));
	port_sockets_end();
	/* EAL makes this directory even when it keeps nothing in it. */
	rmdir(rte_eal_get_runtime_dir());
	if (ret < 0) {
		snprintf(why, why_len, "DPDK does not start: %s",
				cause[0] != '\0' ? cause : strerror(err != 0 ? -err : EIO));
		return -EIO;
	}
	started = true;
	err = devices_found(a, cause, why, why_len);
	return err != 0 ? err : eal_log_open();
}

void
eal_stop(void)
{
	if (started)
		rte_eal_cleanup();
	started = false;
}
