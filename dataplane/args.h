/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of culvert-dataplane. */
#ifndef CULVERT_DATAPLANE_ARGS_H
#define CULVERT_DATAPLANE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/channel.h"
#include "common/log.h"
#include "dataplane/tables/tables.h"

#define ARGS_MAX_EAL  96 /* words for rte_eal_init(), ours and the user's */
#define ARGS_MAX_CPUS (CHAN_MAX_WORKERS + 1)

struct args {
	const char *socket_path;
	gid_t socket_group; /* CHAN_SERVER_NO_GROUP */
	enum log_level log_level;
	bool adaptive;
	bool no_huge;
	unsigned int n_workers; /* 0: the user gave EAL his own lcores, take all of them */
	unsigned int cpus[ARGS_MAX_CPUS]; /* main core's CPU, then one per worker */
	struct tables_limits limits;
	uint32_t n_mbufs;   /* 0: choose */
	uint32_t memory_mb; /* 0: choose */
	uint16_t max_mtu;
	const char *vdevs[CHAN_MAX_PORTS]; /* devargs as given */
	unsigned int n_vdevs;
	const char *pci[CHAN_MAX_PORTS];
	unsigned int n_pci;
	/* The user's own words for EAL. */
	const char *eal[ARGS_MAX_EAL];
	unsigned int n_eal;
};

enum args_result { ARGS_RUN, ARGS_EXIT, ARGS_ERROR };

/**
 * Parse the command line. The strings of @argv must live as long as @a.
 * @return ARGS_RUN; ARGS_EXIT: --help or --version was printed; ARGS_ERROR: one line in @why.
 */
enum args_result args_parse(struct args *a, int argc, char **argv, char *why, size_t why_len);

/** Did the user give EAL the option @name ("-l", "--lcores")? */
bool args_eal_has(const struct args *a, const char *name);

#endif
