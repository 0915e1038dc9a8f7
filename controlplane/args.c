/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line; see args.h. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/channel.h"
#include "controlplane/args.h"
#include "controlplane/config/store.h"
#include "controlplane/mgmt/server.h"

enum {
	OPT_CONFIG = 256,
	OPT_CHECK,
	OPT_STATE_DIR,
	OPT_DATAPLANE_SOCKET,
	OPT_MGMT_SOCKET,
	OPT_GROUP,
	OPT_USER,
	OPT_NO_SECCOMP,
	OPT_TRACK_COMMANDS,
	OPT_LOG_LEVEL,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "check", required_argument, NULL, OPT_CHECK },
	{ "state-dir", required_argument, NULL, OPT_STATE_DIR },
	{ "dataplane-socket", required_argument, NULL, OPT_DATAPLANE_SOCKET },
	{ "mgmt-socket", required_argument, NULL, OPT_MGMT_SOCKET },
	{ "group", required_argument, NULL, OPT_GROUP },
	{ "user", required_argument, NULL, OPT_USER },
	{ "no-seccomp", no_argument, NULL, OPT_NO_SECCOMP },
	{ "track-commands", no_argument, NULL, OPT_TRACK_COMMANDS },
	{ "log-level", required_argument, NULL, OPT_LOG_LEVEL },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void
usage(void)
{
	printf("Usage: culvert-controlplane [OPTION]...\n"
	       "\n"
	       "  --config FILE            start with this configuration (default: the saved one)\n"
	       "  --check FILE             validate FILE, list all errors, and exit (0: it is "
	       "valid)\n"
	       "  --state-dir DIR          versions of the configuration (%s)\n"
	       "  --dataplane-socket PATH  (%s)\n"
	       "  --mgmt-socket PATH       (%s)\n"
	       "  --group NAME             group that may use the management socket\n"
	       "  --user NAME              run as this user; the dataplane must let it attach\n"
	       "                           (default: as started, without capabilities)\n"
	       "  --no-seccomp             do not restrict system calls\n"
	       "  --track-commands         run programs that tracked objects name, as nobody\n"
	       "  --log-level LEVEL        error, warning, notice, info or debug\n"
	       "  --version, --help\n"
	       "\n"
	       "SIGHUP reads --config's file again; SIGTERM stops, and tells the IKE peers.\n",
			STORE_DEFAULT_DIR, CHAN_DEFAULT_SOCKET, MGMT_DEFAULT_SOCKET);
}

static bool
option_take(struct args *a, int opt, char *err, size_t err_len)
{
	switch (opt) {
	case OPT_CONFIG:
		a->config = optarg;
		return true;
	case OPT_CHECK:
		a->check = optarg;
		return true;
	case OPT_STATE_DIR:
		a->state_dir = optarg;
		return true;
	case OPT_DATAPLANE_SOCKET:
		a->dataplane_socket = optarg;
		return true;
	case OPT_MGMT_SOCKET:
		a->mgmt_socket = optarg;
		return true;
	case OPT_GROUP:
		a->group = optarg;
		return true;
	case OPT_USER:
		a->user = optarg;
		return true;
	case OPT_NO_SECCOMP:
		a->seccomp = false;
		return true;
	case OPT_TRACK_COMMANDS:
		a->track_commands = true;
		return true;
	case OPT_LOG_LEVEL:
		if (log_level_parse(optarg, &a->log_level) != 0) {
			snprintf(err, err_len,
					"--log-level %s: expected error, warning, notice, info or "
					"debug",
					optarg);
			return false;
		}
		a->has_log_level = true;
		return true;
	default:
		return false;
	}
}

enum args_what
args_parse(int argc, char **argv, struct args *a, char *err, size_t err_len)
{
	int opt;

	*a = (struct args){ .state_dir = STORE_DEFAULT_DIR,
		.dataplane_socket = CHAN_DEFAULT_SOCKET,
		.mgmt_socket = MGMT_DEFAULT_SOCKET,
		.seccomp = true,
		.log_level = LVL_INFO };
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (opt == OPT_HELP) {
			usage();
			return ARGS_DONE;
		}
		if (opt == OPT_VERSION) {
			printf("culvert-controlplane %s (channel ABI %u)\n", CULVERT_VERSION,
					CHAN_ABI);
			return ARGS_DONE;
		}
		err[0] = '\0';
		if (option_take(a, opt, err, err_len))
			continue;
		if (err[0] == '\0')
			snprintf(err, err_len,
					opt == ':' ? "%s needs a value (see --help)"
						   : "unknown option %s (see --help)",
					argv[optind - 1]);
		return ARGS_BAD;
	}
	if (optind < argc) {
		snprintf(err, err_len, "unexpected argument %s (see --help)", argv[optind]);
		return ARGS_BAD;
	}
	return ARGS_RUN;
}
