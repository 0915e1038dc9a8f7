/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz what the dataplane is told, and IPv6 headers under security policies: commands of the
 * channel, each a good one with bytes laid over it or nothing but these bytes, and packets between
 * them. An input is a list of records
 *
 *     kind (1)  arg (1)  offset (1)  length (1)  bytes
 *
 * Whatever is accepted, packets go on, every one is accounted for, and a sync in which nothing is
 * named leaves nothing behind.
 */
#include <string.h>

#include "common/wire.h"
#include "tests/fuzz/fuzz_dp.h"
#include "tests/unit/dp6_fixture.h"

#define RECORDS_MAX 24
#define N_PACKETS   3 /* kinds of records behind those of commands */

static void
world(void)
{
	d6_world();
	dp_world_sas();
}

static struct chan_policy
policy(uint8_t arg)
{
	struct chan_policy c = { .policy_id = arg & 7, .priority = arg >> 3, .is_ip6 = arg & 1,
		.action = arg >> 1 & 3, .sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX,
		.tun_id = 2 };
	struct ip6_addr far = d6_addr("2001:db8:50::");

	if (!c.is_ip6) {
		c.dst = IP4(10, 50, 0, 0);
		c.dst_len = 16;
		return c;
	}
	memcpy(c.dst6, &far, sizeof(c.dst6));
	c.dst_len = 48;
	return c;
}

/* A command that would be taken. */
static void
command_make(enum chan_op op, uint8_t arg, struct chan_cmd *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	switch (op) {
	case CHAN_CMD_IF_SET:
		cmd->u.iface = d6_if(arg % 3);
		break;
	case CHAN_CMD_NH_SET:
		cmd->u.nh = arg & 1 ? dp_nh(arg % DP_NH_FREE) : d6_nh(D6_NH_LAN_HOST + arg % 4);
		break;
	case CHAN_CMD_NHG_SET:
		cmd->u.nhg = (struct chan_nhg){ .nhg_id = arg & 7, .n = 2,
			.nh_ids = { DP_NH_TUN0, DP_NH_GW } };
		break;
	case CHAN_CMD_ROUTE_SET:
		cmd->u.route = (struct chan_route){ .prefix = IP4(10, 50, 0, 0), .len = 16,
			.is_group = arg & 1, .id = arg >> 1 & 15 };
		break;
	case CHAN_CMD_ROUTE6_SET:
		memcpy(cmd->u.route6.prefix, policy(1).dst6, 16);
		cmd->u.route6.len = 48;
		cmd->u.route6.id = arg & 15;
		break;
	case CHAN_CMD_TUN_SET:
		cmd->u.tun = dp_tun(arg & 3);
		break;
	case CHAN_CMD_SA_SET:
	case CHAN_CMD_SA_MOVE:
		cmd->u.sa = dp_sa(1 + arg % 3);
		break;
	case CHAN_CMD_TUN_SA_OUT:
		cmd->u.tun_sa_out = (struct chan_tun_sa_out){ 2, arg & 1 ? DP_SA_OUT : CHAN_NONE };
		break;
	case CHAN_CMD_POLICY_SET:
		cmd->u.policy = policy(arg);
		break;
	case CHAN_CMD_TRACE_SET:
		cmd->u.trace = (struct chan_trace){ .trace_id = 1, .count = arg,
			.if_id = CHAN_NONE, .tun_id = CHAN_NONE };
		break;
	default: /* the ids of what is taken away are in the first bytes */
		cmd->u.pad[0] = arg;
		break;
	}
}

static void
run_command(enum chan_op op, uint8_t arg, unsigned int off, const uint8_t *data, size_t len)
{
	struct chan_cmd cmd;

	if (arg & 0x80)
		memset(&cmd, 0, sizeof(cmd));
	else
		command_make(op, arg, &cmd);
	for (size_t i = 0; i < len && off + i < sizeof(cmd.u.pad); i++)
		cmd.u.pad[off + i] ^= data[i];
	dp_apply(op, &cmd.u, sizeof(cmd.u.pad));
}

/* IPv6 with these bytes behind its header; the protocol is @arg. */
static void
run_ip6(uint8_t arg, unsigned int off, const uint8_t *data, size_t len)
{
	struct d6_pkt p = { .proto = arg, .hop_by_hop = arg == 0, .payload = data,
		.payload_len = (uint16_t)len,
		.src = off & 1 ? D6_LAN_HOST : "2001:db8:50::5",
		.dst = off & 2 ? "2001:db8:50::5" : off & 4 ? D6_LAN_ADDR : D6_LAN_HOST };

	d6_send(off >> 3 & 1, &p);
}

static void
run_record(uint8_t kind, uint8_t arg, unsigned int off, const uint8_t *data, size_t len)
{
	switch (kind % (CHAN_N_CMDS + N_PACKETS)) {
	case CHAN_N_CMDS:
		run_ip6(arg, off, data, len);
		break;
	case CHAN_N_CMDS + 1:
		dp_send(off & 1, &(struct dp_pkt){ .src = off & 2 ? DP_LAN_HOST : IP4(10, 50, 0, 5),
			.dst = off & 4 ? IP4(10, 50, 0, 5) : DP_LAN_HOST, .proto = arg,
			.payload = data, .payload_len = (uint16_t)len });
		break;
	case CHAN_N_CMDS + 2:
		tables_tick(dp.t, off * 100u);
		dp_tick();
		break;
	default:
		run_command((enum chan_op)(kind % (CHAN_N_CMDS + N_PACKETS)), arg, off, data, len);
		break;
	}
}

/* All that an input has left; then the world as it was. */
static void
restore(void)
{
	struct chan_trace_rec rec;

	fuzz_dp_drain();
	check(dp_apply(CHAN_CMD_SYNC_BEGIN, "", 0) == 0, "a sync begins");
	check(dp_apply(CHAN_CMD_SYNC_END, "", 0) == 0, "a sync of nothing");
	check(dp.t->policies == NULL, "policies are gone");
	for (uint32_t id = 0; id < DP_TUNNELS; id++)
		check(tunnel_by_id(dp.t, id) == NULL, "tunnels are gone");
	tables_sync_abort(dp.t); /* and with it the trace */
	fuzz_dp_take_punted();
	while (dp_traced(&rec))
		check(rec.n_bytes <= CHAN_TRACE_BYTES, "traced length");
	check(DP_APPLY(CHAN_CMD_PARAM_SET, FUZZ_DP_PARAM) == 0, "parameters");
	world();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_dp_open(&FUZZ_DP_PARAM, world);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);

	for (unsigned int n = 0; n < RECORDS_MAX && rd_left(&r) >= 4; n++) {
		uint8_t kind = rd_u8(&r), arg = rd_u8(&r), off = rd_u8(&r);
		size_t len = RTE_MIN((size_t)rd_u8(&r), rd_left(&r));

		run_record(kind, arg, off, rd_bytes(&r, len), len);
		check(dp_conserves(), "conservation");
		dp_clear();
	}
	restore();
	return 0;
}
