/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program that spreads frames over queues; see port_steer.h. Offsets are from the network
 * header: the kernel has taken Ethernet header and VLAN tag off by then.
 *
 * The hash is of addresses and, of TCP and UDP, the ports. A fragment's has no ports, nor the first
 * one's, so that all of a packet's fragments meet in one queue.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "dataplane/port_steer.h"

#define PROTO_OSPF 89
#define PROTO_VRRP 112
#define PORT_IKE   500
#define PORT_NATT  4500
#define NET(off)   ((uint32_t)(SKF_NET_OFF + (off)))
#define FRAGMENT   0x3fff /* more fragments, or an offset */
#define GOLDEN     0x9e3779b1u /* spreads the bits of a product over its upper half */

/* Where a jump goes that is not known yet: these stand for the ends of the program. */
enum end { NEXT, TO_ROUTING, TO_CONTROL, TO_HASH };

struct builder {
	struct sock_filter *prog;
	unsigned int n;
	enum end jt[PORT_STEER_INSNS], jf[PORT_STEER_INSNS];
};

static void
op(struct builder *b, uint16_t code, uint32_t k)
{
	b->prog[b->n++] = (struct sock_filter){ .code = code, .k = k };
}

/* If A equals @k to @yes, else to the next instruction. */
static void
if_equal(struct builder *b, uint32_t k, enum end yes)
{
	b->jt[b->n] = yes;
	op(b, BPF_JMP | BPF_JEQ | BPF_K, k);
}

/* If it does not, skip @skip instructions. */
static void
unless_equal(struct builder *b, uint32_t k, uint8_t skip)
{
	op(b, BPF_JMP | BPF_JEQ | BPF_K, k);
	b->prog[b->n - 1].jf = skip;
}

/* Patch the distance of the unless_equal() at @at: to the next instruction. */
static void
here(struct builder *b, unsigned int at)
{
	b->prog[at].jf = (uint8_t)(b->n - at - 1);
}

static void
ip4(struct builder *b, bool control)
{
	unsigned int natt, udp;

	/* M[0]: the hash, of addresses to begin with. */
	op(b, BPF_LD | BPF_W | BPF_ABS, NET(12));
	op(b, BPF_MISC | BPF_TAX, 0);
	op(b, BPF_LD | BPF_W | BPF_ABS, NET(16));
	op(b, BPF_ALU | BPF_XOR | BPF_X, 0);
	op(b, BPF_ST, 0);
	op(b, BPF_LD | BPF_B | BPF_ABS, NET(9));
	if (control) {
		if_equal(b, PROTO_OSPF, TO_ROUTING);
		if_equal(b, PROTO_VRRP, TO_ROUTING);
	}
	op(b, BPF_ST, 1); /* M[1]: protocol */
	op(b, BPF_LD | BPF_H | BPF_ABS, NET(6));
	b->jt[b->n] = TO_HASH;
	op(b, BPF_JMP | BPF_JSET | BPF_K, FRAGMENT);
	op(b, BPF_LD | BPF_MEM, 1);
	op(b, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP);
	b->prog[b->n - 1].jt = 1; /* to the header length */
	udp = b->n;
	b->jf[udp] = TO_HASH;
	op(b, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP);
	op(b, BPF_LDX | BPF_B | BPF_MSH, NET(0));
	op(b, BPF_LD | BPF_MEM, 1);
	if (control) {
		unsigned int tcp = b->n;

		unless_equal(b, IPPROTO_UDP, 0);
		op(b, BPF_LD | BPF_H | BPF_IND, NET(2));
		if_equal(b, PORT_IKE, TO_CONTROL);
		natt = b->n;
		unless_equal(b, PORT_NATT, 0);
		op(b, BPF_LD | BPF_W | BPF_IND, NET(8));
		if_equal(b, 0, TO_CONTROL); /* non-ESP marker, RFC 3948 section 2.2 */
		here(b, natt);
		here(b, tcp);
	}
	op(b, BPF_LD | BPF_W | BPF_IND, NET(0)); /* both ports */
	op(b, BPF_MISC | BPF_TAX, 0);
	op(b, BPF_LD | BPF_MEM, 0);
	op(b, BPF_ALU | BPF_XOR | BPF_X, 0);
	op(b, BPF_ST, 0);
	b->jt[b->n] = b->jf[b->n] = TO_HASH;
	op(b, BPF_JMP | BPF_JEQ | BPF_K, 0);
}

static void
ip6(struct builder *b, bool control)
{
	unsigned int icmp;

	op(b, BPF_LD | BPF_W | BPF_ABS, NET(20));
	op(b, BPF_MISC | BPF_TAX, 0);
	op(b, BPF_LD | BPF_W | BPF_ABS, NET(36));
	op(b, BPF_ALU | BPF_XOR | BPF_X, 0);
	op(b, BPF_ST, 0);
	if (!control)
		return;
	op(b, BPF_LD | BPF_B | BPF_ABS, NET(6));
	if_equal(b, PROTO_OSPF, TO_ROUTING);
	if_equal(b, PROTO_VRRP, TO_ROUTING);
	icmp = b->n;
	unless_equal(b, IPPROTO_ICMPV6, 0);
	op(b, BPF_LD | BPF_B | BPF_ABS, NET(40));
	for (uint32_t type = ND_ROUTER_SOLICIT; type <= ND_REDIRECT; type++)
		if_equal(b, type, TO_CONTROL);
	here(b, icmp);
}

/* The ends, and the jumps to them. */
static void
finish(struct builder *b, unsigned int n_queues, unsigned int n_control)
{
	unsigned int at[TO_HASH + 1] = { 0 }, n = b->n;

	at[TO_HASH] = b->n;
	op(b, BPF_LD | BPF_MEM, 0);
	op(b, BPF_ALU | BPF_MUL | BPF_K, GOLDEN);
	op(b, BPF_ALU | BPF_RSH | BPF_K, 16);
	op(b, BPF_ALU | BPF_MOD | BPF_K, n_queues - n_control);
	op(b, BPF_ALU | BPF_ADD | BPF_K, n_control);
	op(b, BPF_RET | BPF_A, 0);
	if (n_control != 0) {
		at[TO_ROUTING] = b->n;
		op(b, BPF_RET | BPF_K, 0);
		at[TO_CONTROL] = b->n;
		op(b, BPF_RET | BPF_K, 1);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (b->jt[i] != NEXT)
			b->prog[i].jt = (uint8_t)(at[b->jt[i]] - i - 1);
		if (b->jf[i] != NEXT)
			b->prog[i].jf = (uint8_t)(at[b->jf[i]] - i - 1);
	}
}

unsigned int
port_steer_program(struct sock_filter prog[PORT_STEER_INSNS], unsigned int n_queues,
		unsigned int n_control)
{
	struct builder b = { .prog = prog };
	bool control = n_control != 0;
	unsigned int v4, v6;

	op(&b, BPF_LD | BPF_IMM, 0);
	op(&b, BPF_ST, 0);
	op(&b, BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	if (control)
		if_equal(&b, ETH_P_ARP, TO_CONTROL);
	v4 = b.n;
	unless_equal(&b, ETH_P_IP, 0);
	ip4(&b, control);
	here(&b, v4);
	v6 = b.n;
	b.jf[v6] = TO_HASH;
	op(&b, BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6);
	ip6(&b, control);
	finish(&b, n_queues, n_control);
	return b.n;
}

int
port_steer(int socket, unsigned int n_queues, unsigned int n_control)
{
	struct sock_filter prog[PORT_STEER_INSNS];
	struct sock_fprog p = { .filter = prog };

	p.len = (unsigned short)port_steer_program(prog, n_queues, n_control);
	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof(p)) == 0 ? 0 : -errno;
}
