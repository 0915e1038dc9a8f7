/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our end of a tunnel for another program to talk to over a pipe (esp_scapy.py): the whole packet
 * path without ports. One command a line, one answer a line:
 *
 *   sa ALGORITHM ESN MODE KIND UDP SEQ OPTIONS ENC AUTH SALT
 *                both SAs of tunnel 2 anew, SPIs 0x100002 in and 0x1000 out, SEQ the last number
 *                that was used; keys in hex, "-" for none. ALGORITHM none: GRE in the clear   -> ok
 *   out LENGTH   a UDP packet of that length from the LAN                 -> the outer packet, hex
 *   out6 LENGTH  the same of IPv6
 *   in HEX       an outer packet from the peer      -> what leaves for the LAN, or why it does not
 *
 * MODE, KIND, OPTIONS: enum chan_sa_mode, chan_tun_kind, chan_tun_flag. UDP: the peer's port, or 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dp6_fixture.h"

#define LINE_MAX_LEN 8192
#define L2           14

#define GRE_OPTIONS   (CHAN_TUN_KEY | CHAN_TUN_CSUM | CHAN_TUN_SEQ)
#define GRE_KEY_VALUE 42

static void
say_hex(const uint8_t *p, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		printf("%02x", p[i]);
	printf("\n");
}

static unsigned int
unhex(const char *s, uint8_t *out, unsigned int room)
{
	unsigned int n = 0, v;

	for (; n < room && sscanf(s, "%2x", &v) == 1; s += 2)
		out[n++] = (uint8_t)v;
	return n;
}

/* What is installed goes; what is refused ends the program: the script is wrong then. */
static void
apply(enum chan_op op, const void *body, size_t len)
{
	if (dp_apply(op, body, len) != 0) {
		fprintf(stderr, "esp_end: %s refused: %s\n", chan_op_str(op), dp.field);
		exit(1);
	}
}

static void
install(const struct chan_sa *like, unsigned int kind, unsigned int options, uint64_t seq)
{
	struct chan_tun_sa_out bind = { 2, CHAN_NONE };
	struct chan_tun tun = dp_tun(2);

	apply(CHAN_CMD_TUN_SA_OUT, &bind, sizeof(bind));
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_IN; id++) {
		struct chan_sa c = { .sa_id = id };

		apply(CHAN_CMD_SA_DEL, &c, sizeof(c));
	}
	tun.kind = (uint8_t)kind;
	tun.flags = (tun.flags & ~(uint32_t)GRE_OPTIONS) | options;
	tun.key = (options & CHAN_TUN_KEY) != 0 ? GRE_KEY_VALUE : 0;
	if (like->alg == CHAN_ESP_NONE)
		tun.flags &= ~(uint32_t)CHAN_TUN_PROTECT;
	apply(CHAN_CMD_TUN_SET, &tun, sizeof(tun));
	tunnel_by_id(dp.t, 2)->state->gre_seq = 0;
	if (like->alg == CHAN_ESP_NONE)
		return;
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_IN; id++) {
		struct chan_sa c = *like;

		c.sa_id = id;
		c.spi = dp_sa(id).spi;
		c.dir = dp_sa(id).dir;
		c.window = dp_sa(id).window;
		c.tun_id = 2;
		c.local = DP_WAN_ADDR;
		c.remote = DP_PEER(2);
		apply(CHAN_CMD_SA_SET, &c, sizeof(c));
		sa_by_id(dp.t->sas, id)->seq = seq;
	}
	bind.sa_id = DP_SA_OUT;
	apply(CHAN_CMD_TUN_SA_OUT, &bind, sizeof(bind));
}

static void
cmd_sa(const char *args)
{
	char alg[32], enc[80], auth[140], salt[16];
	unsigned int esn, mode, kind, port, options;
	struct chan_sa c = { 0 };
	unsigned long long seq;

	if (sscanf(args, "%31s %u %u %u %u %llu %u %79s %139s %15s", alg, &esn, &mode, &kind, &port,
			&seq, &options, enc, auth, salt) != 10)
		exit(1);
	while (c.alg < CHAN_N_ESP_ALGS && strcmp(chan_esp_alg_str(c.alg), alg) != 0)
		c.alg++;
	c.esn = (uint8_t)esn;
	c.mode = (uint8_t)mode;
	c.local_port = port != 0 ? 4500 : 0;
	c.remote_port = (uint16_t)port;
	c.enc_key_len = (uint8_t)unhex(enc, c.enc_key, sizeof(c.enc_key));
	c.auth_key_len = (uint8_t)unhex(auth, c.auth_key, sizeof(c.auth_key));
	c.salt_len = (uint8_t)unhex(salt, c.salt, sizeof(c.salt));
	install(&c, kind, options, seq);
	printf("ok\n");
}

static void
cmd_out(const char *args, bool is_ip6)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 102, 0, 5),
		.len = (uint16_t)atoi(args) };
	struct d6_pkt p6 = { .dst = "2001:db8:102::5", .len = p.len };

	if (is_ip6)
		d6_send(0, &p6);
	else
		dp_send(0, &p);
	if (dp.n_out == 1 && dp.out[0].port == 1)
		say_hex(rte_pktmbuf_mtod_offset(dp.out[0].m, uint8_t *, L2),
				dp.out[0].m->data_len - (unsigned int)L2);
	else
		printf("nothing\n");
	dp_clear();
}

static void
cmd_in(const char *args)
{
	uint64_t before[CHAN_N_DROPS];
	uint8_t frame[4096];
	struct rte_mbuf *m;
	struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR };
	unsigned int len = unhex(args, frame + L2, sizeof(frame) - L2);

	memcpy(before, dp.w->stats->drops, sizeof(before));
	m = dp_frame(1, &p); /* for its Ethernet header */
	memcpy(frame, rte_pktmbuf_mtod(m, const void *), L2);
	rte_pktmbuf_free(m);
	dp_run1(1, dp_raw(frame, (uint16_t)(L2 + len)));
	if (dp.n_out == 1 && dp.out[0].port == 0) {
		say_hex(rte_pktmbuf_mtod_offset(dp.out[0].m, uint8_t *, L2),
				dp.out[0].m->data_len - (unsigned int)L2);
	} else {
		const char *why = "nothing";

		for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
			if (dp.w->stats->drops[i] != before[i])
				why = chan_drop_str(i);
		printf("%s\n", why);
	}
	dp_clear();
}

int
main(void)
{
	static char line[LINE_MAX_LEN];

	dp_eal();
	dp_open(NULL);
	d6_world();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "sa ", 3) == 0)
			cmd_sa(line + 3);
		else if (strncmp(line, "out ", 4) == 0)
			cmd_out(line + 4, false);
		else if (strncmp(line, "out6 ", 5) == 0)
			cmd_out(line + 5, true);
		else if (strncmp(line, "in ", 3) == 0)
			cmd_in(line + 3);
		fflush(stdout);
	}
	return dp_close() == 0 ? 0 : 1;
}
