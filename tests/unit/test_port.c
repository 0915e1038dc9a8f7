/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Setting up of ports (dataplane/port.c) with DPDK's own virtual devices, which differ in what they
 * can be told: net_null has many queues, hash functions and no filters; net_ring can be promiscuous
 * and has some queues, but no hash functions; net_pcap has one queue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/port.h"
#include "tests/unit/cu.h"

#define N_DEVS 4

static struct rte_mempool *pool;
static struct ports ps;
static unsigned int n_changes;

static void
changed(void *arg, unsigned int port)
{
	(void)arg;
	(void)port;
	n_changes++;
}

/* @n devices of a kind, "net_ring", for @n_workers. */
static void
start(const char *kind, const char *args, unsigned int n, unsigned int n_workers)
{
	struct args a = { .max_mtu = 1500 };
	char why[256] = "", name[32];

	memset(&ps, 0, sizeof(ps));
	for (unsigned int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%u", kind, i);
		CU_ASSERT_EQUAL_FATAL(rte_eal_hotplug_add("vdev", name, args), 0);
	}
	ps.n_workers = n_workers;
	ps.max_mtu = 1500;
	ps.stats = calloc(1, sizeof(*ps.stats));
	ps.changed = changed;
	CU_ASSERT_PTR_NOT_NULL_FATAL(ps.stats);
	CU_ASSERT_EQUAL(ports_start(&ps, &a, pool, why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(why, "");
	CU_ASSERT_EQUAL_FATAL(ps.n, n);
}

static void
stop(const char *kind, unsigned int n)
{
	char name[32];

	ports_stop(&ps);
	for (unsigned int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%u", kind, i);
		CU_ASSERT_EQUAL(rte_eal_hotplug_remove("vdev", name), 0);
	}
	free(ps.stats);
}

static struct rte_eth_conf
conf_of(unsigned int port)
{
	struct rte_eth_conf conf = { .lpbk_mode = 0 };

	CU_ASSERT_EQUAL(rte_eth_dev_conf_get(ps.p[port].dev, &conf), 0);
	return conf;
}

/* Every queue has one worker, no worker two of one port. */
static bool
queues_shared_out(unsigned int port)
{
	unsigned int seen = 0, n = 0;

	for (unsigned int w = 0; w < ps.n_workers; w++) {
		int q = ports_rxq_of(&ps, port, w);

		if (q < 0)
			continue;
		if (q >= ps.p[port].n_rxq || (seen & 1u << q) != 0)
			return false;
		seen |= 1u << q;
		n++;
	}
	return n == ps.p[port].n_rxq;
}

/* A queue each, and a hash over what the device offers of what is wanted. */
static void
a_queue_for_each_worker(void)
{
	const uint64_t must = RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
			RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_IPV6;

	for (unsigned int n = 1; n <= CHAN_MAX_WORKERS; n *= 2) {
		struct rte_eth_dev_info di;
		struct rte_eth_conf conf;
		uint64_t hf;

		start("net_null", "", 1, n);
		CU_ASSERT_EQUAL(rte_eth_dev_info_get(ps.p[0].dev, &di), 0);
		CU_ASSERT_EQUAL(ps.p[0].n_rxq, n);
		CU_ASSERT_EQUAL(ps.p[0].n_txq, n);
		CU_ASSERT_EQUAL(ps.stats->ports[0].n_queues, n);
		CU_ASSERT_TRUE(queues_shared_out(0));
		conf = conf_of(0);
		hf = conf.rx_adv_conf.rss_conf.rss_hf;
		CU_ASSERT_EQUAL(conf.rxmode.mq_mode, n > 1 ? RTE_ETH_MQ_RX_RSS :
				RTE_ETH_MQ_RX_NONE);
		CU_ASSERT_EQUAL(hf & ~di.flow_type_rss_offloads, 0);
		CU_ASSERT_EQUAL(hf & must, n > 1 ? must & di.flow_type_rss_offloads : 0);
		CU_ASSERT_EQUAL(hf & RTE_ETH_RSS_L2_PAYLOAD, 0);
		stop("net_null", 1);
	}
}

/* A device that offers no hash functions spreads by itself, or has all in one queue. */
static void
no_hash_where_none_is_offered(void)
{
	start("net_ring", "", 1, 4);
	CU_ASSERT_EQUAL(ps.p[0].n_rxq, 4);
	CU_ASSERT_EQUAL(conf_of(0).rxmode.mq_mode, RTE_ETH_MQ_RX_NONE);
	CU_ASSERT_EQUAL(conf_of(0).rx_adv_conf.rss_conf.rss_hf, 0);
	CU_ASSERT_EQUAL(conf_of(0).rxmode.offloads, 0);
	CU_ASSERT_EQUAL(conf_of(0).txmode.offloads, 0);
	CU_ASSERT_TRUE(queues_shared_out(0));
	stop("net_ring", 1);
}

/* Fewer queues than workers: those of different ports go to different workers; all may send. */
static void
one_queue_for_three_workers(void)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 };
	char path[] = "/tmp/culvert-port-XXXXXX", args[128];
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(header, sizeof(header), 1, f), 1);
	fclose(f);
	snprintf(args, sizeof(args), "rx_pcap=%s,tx_pcap=/dev/null", path);
	start("net_pcap", args, N_DEVS, 3);
	for (unsigned int p = 0; p < N_DEVS; p++) {
		CU_ASSERT_EQUAL(ps.p[p].n_rxq, 1);
		CU_ASSERT_EQUAL(ps.p[p].n_txq, 1);
		CU_ASSERT_EQUAL(conf_of(p).rxmode.mq_mode, RTE_ETH_MQ_RX_NONE);
		for (unsigned int w = 0; w < 3; w++)
			CU_ASSERT_EQUAL(ports_rxq_of(&ps, p, w), w == p % 3 ? 0 : -1);
	}
	stop("net_pcap", N_DEVS);
	remove(path);
}

/* All multicast where that can be set; promiscuous while a filter has no room for virtual MAC
 * addresses, or there is none. */
static void
filters(void)
{
	static const uint16_t vmacs[] = { 0x010a, 0x0114 };

	start("net_ring", "", 1, 1);
	CU_ASSERT_FALSE(ps.p[0].all_promisc);
	CU_ASSERT_EQUAL(rte_eth_allmulticast_get(ps.p[0].dev), 1);
	ports_vmacs_set(&ps, 0, vmacs, 2); /* its filter has room for one address */
	CU_ASSERT_TRUE(ps.p[0].n_vmacs < 2);
	CU_ASSERT_TRUE(ps.p[0].vmac_promisc);
	CU_ASSERT_EQUAL(rte_eth_promiscuous_get(ps.p[0].dev), 1);
	ports_vmacs_set(&ps, 0, vmacs, 0);
	CU_ASSERT_FALSE(ps.p[0].vmac_promisc);
	CU_ASSERT_EQUAL(rte_eth_promiscuous_get(ps.p[0].dev), 0);
	stop("net_ring", 1);

	start("net_null", "", 1, 1);
	CU_ASSERT_EQUAL(ps.p[0].all_promisc, rte_eth_allmulticast_get(ps.p[0].dev) != 1);
	ports_vmacs_set(&ps, 0, vmacs, 2);
	CU_ASSERT_EQUAL(ps.p[0].n_vmacs, 0);
	CU_ASSERT_TRUE(ps.p[0].vmac_promisc);
	ports_vmacs_set(&ps, 0, vmacs, 0);
	CU_ASSERT_FALSE(ps.p[0].vmac_promisc);
	stop("net_null", 1);
}

/* The port table tells what is, not what was wished. */
static void
mtu(void)
{
	struct chan_port c = { .admin_up = 1, .mtu = 1400 };

	start("net_null", "", 1, 1);
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_EQUAL(ps.stats->ports[0].mtu, 1400);
	c.mtu = 1501; /* more than --max-mtu */
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_EQUAL(ps.stats->ports[0].mtu, 1400);
	c.mtu = 0; /* as it is */
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_EQUAL(ps.stats->ports[0].mtu, 1400);
	c.port = 1;
	CU_ASSERT_EQUAL(ports_set(&ps, &c), -ENOENT);
	stop("net_null", 1);

	start("net_ring", "", 1, 1); /* has none to be set */
	c = (struct chan_port){ .admin_up = 1, .mtu = 1400 };
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_EQUAL(ps.stats->ports[0].mtu, 1500);
	stop("net_ring", 1);
}

/* A port that is down, by its link or by the operator, is not sent to, and who asked is told. */
static void
link_and_state(void)
{
	struct chan_port c = { .admin_up = 1 };

	start("net_ring", "", 1, 1);
	ps.rcu = (struct rte_rcu_qsbr *)&ps; /* workers run: changes count from here on */
	CU_ASSERT_TRUE(ps.stats->ports[0].link_up);
	CU_ASSERT_TRUE(ps.p[0].usable);
	n_changes = 0;
	CU_ASSERT_EQUAL(rte_eth_dev_set_link_down(ps.p[0].dev), 0);
	ports_poll_link(&ps);
	CU_ASSERT_FALSE(ps.stats->ports[0].link_up);
	CU_ASSERT_FALSE(ps.p[0].usable);
	CU_ASSERT_EQUAL(n_changes, 1);
	ports_poll_link(&ps);
	CU_ASSERT_EQUAL(n_changes, 1);
	CU_ASSERT_EQUAL(rte_eth_dev_set_link_up(ps.p[0].dev), 0);
	ports_poll_link(&ps);
	CU_ASSERT_TRUE(ps.p[0].usable);
	CU_ASSERT_EQUAL(n_changes, 2);
	c.admin_up = 0;
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_FALSE(ps.p[0].usable);
	CU_ASSERT_FALSE(ps.stats->ports[0].admin_up);
	c.admin_up = 1;
	CU_ASSERT_EQUAL(ports_set(&ps, &c), 0);
	CU_ASSERT_TRUE(ps.p[0].usable);
	stop("net_ring", 1);
}

static const struct cu_case cases[] = {
	CU_CASE(a_queue_for_each_worker), CU_CASE(no_hash_where_none_is_offered),
	CU_CASE(one_queue_for_three_workers), CU_CASE(filters), CU_CASE(mtu),
	CU_CASE(link_and_state),
};

int
main(void)
{
	static char words[][24] = { "test", "--no-huge", "--no-pci", "-m", "64", "--no-shconf",
		"--no-telemetry", "--log-level=critical" };
	char *argv[RTE_DIM(words) + 1] = { NULL };

	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		argv[i] = words[i];
	if (rte_eal_init(RTE_DIM(words), argv) < 0)
		return 2;
	pool = rte_pktmbuf_pool_create("port", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	return pool == NULL ? 2 : cu_run("port", cases, RTE_DIM(cases));
}
