/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shell on a terminal: what keys become for libcli, and a whole conversation over a
 * pseudo-terminal with completion, help, history, ^C, ^Z and ^D; the terminal is put back as it was
 * however the shell ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/shell.h"
#include "cli/terminal.h"
#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

#define PATIENCE_MS 60000

static void
test_keys(void)
{
	static const struct {
		const char *in, *out;
		bool config;
	} cases[] = {
		{ "show\r", "show\r", false },
		{ "a\nb", "a\rb", false },
		{ "a\r\nb", "a\rb", false },               /* as some send a line's end */
		{ "\033[A\033OB", "\033[A\033[B", false }, /* arrows, in both forms */
		{ "\033[Hx\033[Fy", "\001x\005y", false },
		{ "\033[1~\033[4~\033[7~\033[8~", "\001\005\001\005", false },
		{ "a\033[3~\033[15~\033[1;5Cb", "a\033[Cb", false }, /* the rest leaves no trace */
		{ "\033xy", "y", false },
		{ "a\003", "a\025\r", false },
		{ "\032", "", false },
		{ "\032", "\025end\r", true },
		{ "a\026?b", "ax\002?\006\177b", false },
		{ "\026\003", "", false },
		{ "\004\t\027", "\004\t\027", false },
		{ "\377a", "a", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char got[256] = "", out[16];
		struct keys k = { .quoted = false };
		size_t len = 0, n;

		for (const char *p = cases[i].in; *p != '\0'; p++) {
			keys_byte(&k, (unsigned char)*p, false, cases[i].config, out, &n);
			memcpy(got + len, out, n);
			len += n;
		}
		CU_ASSERT_STRING_EQUAL((char *)got, cases[i].out);
	}
}

static void
test_keys_events(void)
{
	struct keys k = { .quoted = false };
	unsigned char out[16];
	size_t n;

	CU_ASSERT_EQUAL(keys_byte(&k, 3, true, false, out, &n), KEYS_INTERRUPT);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(keys_byte(&k, 12, false, false, out, &n), KEYS_CLEAR);
	/* an escape sequence without end is given up */
	for (int i = 0; i < 1000; i++)
		keys_byte(&k, i == 0 ? 27 : i == 1 ? '[' : '0', false, false, out, &n);
	CU_ASSERT_TRUE(n <= sizeof(out));
}

/* ---- a conversation -----------------------------------------------------------------------------
 */

struct talk {
	struct cli_server *server;
	char home[64];
	int fd;
	pid_t pid;
	struct termios before;
	char screen[65536]; /* all that was printed */
	size_t len, seen;   /* how much, and how far hears() has looked */
};

/* The shell itself, in a process of its own. */
static int
shell_main(const char *socket_path)
{
	struct shell sh;
	int status;

	if (shell_init(&sh, socket_path) != 0 || !shell_need_schema(&sh))
		return 9;
	shell_learn_hostname(&sh);
	status = (int)terminal_run(&sh);
	shell_fini(&sh);
	return status;
}

static struct talk *
talk_begin(void)
{
	char self[] = "/proc/self/exe", as_shell[] = "--shell";
	struct talk *t = calloc(1, sizeof(*t));
	char *argv[] = { self, as_shell, NULL, NULL };

	t->server = cli_server_start();
	argv[2] = (char *)(uintptr_t)cli_server_path(t->server);
	strcpy(t->home, "/tmp/culvert-cli-home.XXXXXX");
	if (mkdtemp(t->home) == NULL || setenv("HOME", t->home, 1) != 0)
		abort();
	t->pid = forkpty(&t->fd, NULL, NULL, NULL);
	if (t->pid < 0)
		abort();
	if (t->pid == 0) { /* the server's thread is not here: nothing but exec is safe */
		execv(self, argv);
		_exit(9);
	}
	return t;
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait until @text comes after what was waited for last. */
static bool
hears(struct talk *t, const char *text)
{
	long deadline = now_ms() + PATIENCE_MS;

	for (;;) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };
		char *at = strstr(t->screen + t->seen, text);
		ssize_t n;

		if (at != NULL) {
			t->seen = (size_t)(at - t->screen) + strlen(text);
			return true;
		}
		if (now_ms() > deadline || t->len + 1 >= sizeof(t->screen) || poll(&p, 1, 200) < 0)
			break;
		n = p.revents == 0 ? 0
				   : read(t->fd, t->screen + t->len,
						     sizeof(t->screen) - t->len - 1);
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++) /* a NUL would end the search */
			if (t->screen[t->len + (size_t)i] == '\0')
				t->screen[t->len + (size_t)i] = '@';
		t->len += (size_t)n;
		t->screen[t->len] = '\0';
	}
	printf("\n  never heard \"%s\" in:\n%s\n", text, t->screen + t->seen);
	return false;
}

static void
type(struct talk *t, const char *keys)
{
	if (write(t->fd, keys, strlen(keys)) != (ssize_t)strlen(keys))
		abort();
}

/* The shell's exit status, or 128 and the signal; -1 if it does not end. */
static int
ends(struct talk *t)
{
	long deadline = now_ms() + PATIENCE_MS;
	char rest[1024];
	int status;

	while (now_ms() < deadline) {
		struct pollfd p = { .fd = t->fd, .events = POLLIN };

		if (waitpid(t->pid, &status, WNOHANG) == t->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (poll(&p, 1, 50) > 0 && read(t->fd, rest, sizeof(rest)) < 0 && errno != EIO)
			break;
	}
	kill(t->pid, SIGKILL);
	waitpid(t->pid, &status, 0);
	return -1;
}

static void
talk_end(struct talk *t)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/.culvert_history", t->home);
	unlink(path);
	rmdir(t->home);
	close(t->fd);
	cli_server_stop(t->server);
	free(t);
}

static void
test_conversation(void)
{
	struct talk *t = talk_begin();
	char path[128], history[1024] = "";
	struct stat st;
	size_t since;
	FILE *f;

	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "sh\t");
	CU_ASSERT_TRUE(hears(t, "show "));
	type(t, "tun\t t\t\t");
	CU_ASSERT_TRUE(hears(t, "t1 t2"));
	type(t, "1\r");
	CU_ASSERT_TRUE(hears(t, "Tunnel t1 is up"));
	type(t, "show ?");
	CU_ASSERT_TRUE(hears(t, "Tunnels, and why one is down"));
	type(t, "\003"); /* the line is gone, nothing runs */
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "nonsense\r");
	CU_ASSERT_TRUE(hears(t, "% Invalid command \"nonsense\""));
	type(t, "sh interfaces\r"); /* as on IOS; "sh int" is the same */
	CU_ASSERT_TRUE(hears(t, "\"what\" is not known")); /* by the server, which was asked */
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "conf t\r");
	CU_ASSERT_TRUE(hears(t, "hub-a(config)# "));
	type(t, "ip route ?"); /* lines of IOS alone begin like it: they do not hide what follows */
	CU_ASSERT_TRUE(hears(t, "<A.B.C.D/LEN>"));
	type(t, "\025interface \t\t");
	CU_ASSERT_TRUE(hears(t, "wan tunnel"));
	type(t, "wan\r");
	CU_ASSERT_TRUE(hears(t, "hub-a(config-if)# "));
	type(t, "mtu ?");
	CU_ASSERT_TRUE(hears(t, "576-9600 (bytes); default 1500"));
	type(t, "\025?\025"); /* the words of this mode, and none of those around it or of others */
	CU_ASSERT_TRUE(hears(t, "  mtu"));
	since = t->seen;
	CU_ASSERT_TRUE(hears(t, "  exit"));
	CU_ASSERT_PTR_NULL(strstr(t->screen + since, "  self-identity"));
	CU_ASSERT_PTR_NULL(strstr(t->screen + since, "  access-list"));
	CU_ASSERT_PTR_NULL(strstr(t->screen + since, "  interface"));
	type(t, "mtu ");
	type(t, "1400\rcrypto keyring k\rpre-shared-key hush\026?hush\r");
	CU_ASSERT_TRUE(hears(t, "hub-a(config-crypto-keyring)# "));
	type(t, "\020"); /* up: not the secret, but the line before */
	CU_ASSERT_TRUE(hears(t, "crypto keyring k"));
	type(t, "\003\032"); /* ^C, then ^Z: commits */
	CU_ASSERT_TRUE(hears(t, "Version 8 is running."));
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "\004"); /* ^D */
	CU_ASSERT_EQUAL(ends(t), 0);

	json_int_t version;
	json_t *config = cli_server_config(t->server, &version);
	CU_ASSERT_EQUAL(version, 8);
	CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(
					json_object_get(json_object_get(json_object_get(config,
											"crypto"),
									"keys"),
							"k"),
					"psk")),
			"hush?hush");
	json_decref(config);

	snprintf(path, sizeof(path), "%s/.culvert_history", t->home);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	history[fread(history, 1, sizeof(history) - 1, f)] = '\0';
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(history, "crypto keyring k\n"));
	CU_ASSERT_PTR_NULL(strstr(history, "hush"));
	talk_end(t);
}

static void
test_interrupt_and_paging(void)
{
	struct talk *t = talk_begin();

	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "terminal length 3\r");
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "show tunnel\r");
	CU_ASSERT_TRUE(hears(t, "--More--"));
	type(t, "q");
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "show tunnel\r");
	CU_ASSERT_TRUE(hears(t, "--More--"));
	type(t, " ");
	CU_ASSERT_TRUE(hears(t, "why down"));
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	/* a control plane that does not answer need not be waited for */
	cli_server_fault(t->server, SERVER_SILENT);
	unsigned int before = cli_server_requests(t->server);
	type(t, "show tunnel\r");
	for (long limit = now_ms() + PATIENCE_MS;
			cli_server_requests(t->server) == before && now_ms() < limit;)
		poll(NULL, 0, 5);
	type(t, "\003");
	CU_ASSERT_TRUE(hears(t, "% interrupted"));
	CU_ASSERT_TRUE(hears(t, "hub-a# "));
	type(t, "exit\r");
	CU_ASSERT_EQUAL(ends(t), 0);
	talk_end(t);
}

/* Leave in every way; the terminal's settings are what they were. */
static void
test_terminal_restored(void)
{
	static const struct {
		const char *keys;
		int signal, status;
	} cases[] = {
		{ "exit\r", 0, 0 },
		{ "\004", 0, 0 },
		{ "", SIGTERM, 128 + SIGTERM },
		{ "", SIGHUP, 128 + SIGHUP },
		{ "", SIGINT, 128 + SIGINT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk *t = talk_begin();
		struct termios during, after;
		int slave = open(ptsname(t->fd), O_RDWR | O_NOCTTY);

		CU_ASSERT_TRUE(hears(t, "hub-a# "));
		CU_ASSERT_EQUAL(tcgetattr(slave, &during), 0);
		CU_ASSERT_EQUAL(during.c_lflag & (ICANON | ECHO), 0);
		type(t, cases[i].keys);
		if (cases[i].signal != 0)
			kill(t->pid, cases[i].signal);
		CU_ASSERT_EQUAL(ends(t), cases[i].status);
		CU_ASSERT_EQUAL(tcgetattr(slave, &after), 0);
		CU_ASSERT_EQUAL(after.c_lflag & (ICANON | ECHO | ISIG), ICANON | ECHO | ISIG);
		close(slave);
		talk_end(t);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_keys),
	CU_CASE(test_keys_events),
	CU_CASE(test_conversation),
	CU_CASE(test_interrupt_and_paging),
	CU_CASE(test_terminal_restored),
};

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--shell") == 0)
		return shell_main(argv[2]);
	return cu_run("cli_terminal", cases, sizeof(cases) / sizeof(cases[0]));
}
