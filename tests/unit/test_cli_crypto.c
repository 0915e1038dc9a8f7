/* SPDX-License-Identifier: BSD-3-Clause */
/* show crypto session, clear crypto, debug crypto and test crypto, from the line to what is
 * printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/shell.h"
#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

static struct {
	struct cli_server *server;
	struct shell sh;
	char out[16384], err[4096];
} b;

static void
on_out(struct cli_def *cli, const char *line)
{
	snprintf(b.out + strlen(b.out), sizeof(b.out) - strlen(b.out), "%s\n", line);
}

static void
on_err(void *arg, const char *line)
{
	snprintf(b.err + strlen(b.err), sizeof(b.err) - strlen(b.err), "%s\n", line);
}

static void
setup(void)
{
	memset(&b, 0, sizeof(b));
	b.server = cli_server_start();
	if (b.server == NULL || shell_init(&b.sh, cli_server_path(b.server)) != 0)
		abort();
	cli_print_callback(b.sh.cli, on_out);
	b.sh.err.line = on_err;
}

static void
teardown(void)
{
	shell_fini(&b.sh);
	cli_server_stop(b.server);
}

static void
prints(const char *line, enum shell_status status, const char *text)
{
	b.out[0] = b.err[0] = '\0';
	CU_ASSERT_EQUAL(shell_run(&b.sh, line, strlen(line)), status);
	if (strstr(status == SHELL_OK ? b.out : b.err, text) != NULL)
		return;
	printf("\n  %s: not \"%s\", but\n%s%s", line, text, b.out, b.err);
	CU_FAIL("not what was expected");
}

static void
test_session(void)
{
	setup();
	prints("show crypto session", SHELL_OK, "IKE: peer 3.3.3.3 answers NO_PROPOSAL_CHOSEN");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "7/8")); /* answered of sent */
	prints("sh cry sess detail", SHELL_OK, "Tunnel t2 is down");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "a dead peer is known after 65 s at the latest"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out,
			"ed25519 ours, rsa-pss-sha256 the peer's, with a PPK"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "CN=b, good for 10d"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "8 sent, 7 answered, 1 missed, 2 times unknown"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "up to 5 ms: 6, longer: 1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "ago: peer does not answer"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "ESP never"));
	prints("show crypto session detail t1 t2", SHELL_ERROR, "too much");
	teardown();
}

static void
test_clear(void)
{
	setup();
	prints("clear crypto session", SHELL_OK, "3 IKE SAs cleared.");
	prints("clear crypto ikev2 sa peer 2.2.2.2", SHELL_OK, "3 IKE SAs cleared.");
	prints("clear crypto isakmp sa tunnel t1", SHELL_OK, "3 ISAKMP SAs cleared.");
	prints("clear crypto ipsec sa peer t1", SHELL_OK, "3 Child SAs cleared.");
	prints("clear crypto sa peer nobody", SHELL_ERROR, "there is no IKE SA with peer nobody");
	prints("clear crypto session peer", SHELL_ERROR, "incomplete");
	prints("clear crypto session tunnel", SHELL_ERROR, "incomplete");
	prints("clear crypto session all", SHELL_ERROR, "expected peer ADDRESS or tunnel NAME");
	teardown();
}

static void
test_debug(void)
{
	setup();
	/* The server says that it has ended: so does the command. */
	prints("debug crypto ikev2 peer 2.2.2.2", SHELL_OK,
			"t1 from 2.2.2.2:500 IKE_SA_INIT response");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "  NONCE, 32 bytes"));
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "1 messages were too many"));
	prints("debug crypto isakmp seconds 1", SHELL_OK, "^C ends");
	prints("debug crypto isakmp seconds soon", SHELL_ERROR, "seconds 1-86400");
	prints("debug crypto ikev2 peer", SHELL_ERROR, "expected peer");
	prints("undebug crypto", SHELL_OK, "No IKE messages");
	prints("undebug all", SHELL_OK, "Nothing is traced");
	teardown();
}

/* debug ip ospf and debug vrrp go the same way. */
static void
test_debug_routing(void)
{
	setup();
	prints("debug ip ospf", SHELL_OK, "OSPF hello lan to 224.0.0.5: Hello\n  priority 1\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "OSPF spf: calculation"));
	prints("debug ip ospf adj neighbor 1.1.1.1 interface lan seconds 1", SHELL_OK, "^C ends");
	prints("debug ip ospf soon", SHELL_ERROR,
			"expected hello, adj, lsa, spf; neighbor ADDRESS");
	prints("debug ip ospf hello neighbor", SHELL_ERROR, "\"neighbor\": expected");
	prints("debug ip ospf lsa seconds 0", SHELL_ERROR, "expected seconds 1-86400");
	prints("debug vrrp interface lan group 10", SHELL_OK,
			"VRRP lan 10 ipv4 from 192.168.10.3: advertisement");
	prints("debug vrrp errors neighbor 192.168.10.3 interface lan group 10", SHELL_OK,
			"VRRP lan 10 ipv4 from 192.168.10.3: advertisement");
	prints("debug vrrp all", SHELL_OK, "VRRP lan 10");
	prints("debug vrrp soon", SHELL_ERROR, "expected packets, errors, events, all;");
	prints("debug vrrp group 256", SHELL_ERROR, "expected group 1-255");
	prints("undebug ip ospf", SHELL_OK, "Nothing of OSPF is shown.");
	prints("undebug vrrp", SHELL_OK, "Nothing of VRRP is shown.");
	prints("show ip ospf database rubbish", SHELL_ERROR, "expected [TYPE-OF-LSA [ID]]");
	prints("show ip ospf database adv-router me", SHELL_ERROR, "\"adv-router\": expected");
	prints("show ip ospf database 1.2.3.4", SHELL_ERROR, "\"1.2.3.4\": expected");
	teardown();
}

static void
test_test(void)
{
	setup();
	prints("test crypto tunnel t1", SHELL_OK, "Tunnel t1: all is well.");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "route          ok"));
	prints("test crypto peer t2", SHELL_ERROR, "tunnel t2 stops at the last step");
	CU_ASSERT_PTR_NOT_NULL(strstr(b.out, "failed   peer does not answer"));
	prints("test crypto peer nobody", SHELL_ERROR, "no protected tunnel");
	prints("test crypto", SHELL_ERROR, "incomplete");
	teardown();
}

static const struct cu_case cases[] = {
	CU_CASE(test_session),
	CU_CASE(test_clear),
	CU_CASE(test_debug),
	CU_CASE(test_debug_routing),
	CU_CASE(test_test),
};

CU_MAIN("cli_crypto", cases)
