/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: setting up and watching Ethernet devices; see port.h.
 *
 * Queues for control packets, where a port has them (port_steer.h), go to worker 0. Of the others
 * every worker gets a receive queue of each port as far as the device has them; if it has fewer,
 * the queues of different ports go to different workers. The transmit side is the same, but every
 * worker must be able to send everywhere: with fewer queues than workers they share, locked.
 *
 * Devices differ in what they can be told. net_af_packet, the usual one in tests, knows no
 * carrier and no multicast filter. What cannot be set is left as it is, logged once, and the
 * port table shows what is, not what was wished. net_tap gives its own MAC address to the kernel's
 * end of the TAP too: ours must be another one, or each end takes the other's frames for its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>

#include "common/inet.h"
#include "common/log.h"
#include "dataplane/eal.h"
#include "dataplane/port.h"
#include "dataplane/port_socket.h"
#include "dataplane/port_steer.h"

#define RX_DESCS 1024
#define TX_DESCS 1024

/* ---- setting up --------------------------------------------------------------------------- */

static int
say(char *why, size_t why_len, const struct port *p, const char *what, int err)
{
	const char *detail = eal_last_error();

	snprintf(why, why_len, "port %s: %s: %s", p->info->name, what,
			detail[0] != '\0' ? detail : strerror(-err));
	return err;
}

static void
identify(struct port *p, const struct args *a, const struct rte_eth_dev_info *di)
{
	struct chan_port_info *info = p->info;
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	struct rte_ether_addr mac;

	rte_eth_dev_get_name_by_port(p->dev, name);
	snprintf(info->name, sizeof(info->name), "%.31s", name);
	snprintf(info->driver, sizeof(info->driver), "%s", di->driver_name);
	/* The devargs of this very device; a user's own --vdev after "--" is asked from DPDK. */
	for (unsigned int i = 0; i < a->n_vdevs; i++)
		if (strncmp(a->vdevs[i], name, strcspn(a->vdevs[i], ",")) == 0 &&
				name[strcspn(a->vdevs[i], ",")] == '\0')
			port_kernel_iface(a->vdevs[i], p->iface);
	if (p->iface[0] == '\0' && di->if_index != 0 &&
			if_indextoname(di->if_index, p->iface) == NULL)
		p->iface[0] = '\0';
	snprintf(info->iface, sizeof(info->iface), "%s", p->iface);
	p->kernel_link = p->iface[0] != '\0' && strcmp(di->driver_name, "net_af_packet") == 0;
	if (p->kernel_link)
		p->n_sockets = port_sockets_of((int)if_nametoindex(p->iface), p->sockets,
				PORT_KERNEL_SOCKETS);
	if (rte_eth_macaddr_get(p->dev, &mac) == 0)
		memcpy(info->mac, mac.addr_bytes, sizeof(info->mac));
	if (strcmp(di->driver_name, "net_tap") == 0)
		info->mac[5] ^= 0x80; /* not the last bit: mac=fixed counts taps there */
}

static int
queues_configure(struct ports *ps, struct port *p, const struct rte_eth_dev_info *di)
{
	const uint64_t rss = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_ESP;
	struct rte_eth_conf conf = { .rxmode.mq_mode = RTE_ETH_MQ_RX_NONE };

	p->n_control = p->kernel_link && di->max_rx_queues >= ps->n_workers + PORT_STEER_CONTROL ?
			PORT_STEER_CONTROL : 0;
	p->n_rxq = (uint16_t)RTE_MIN(ps->n_workers + p->n_control,
			(unsigned int)di->max_rx_queues);
	p->n_txq = (uint16_t)RTE_MIN(ps->n_workers, (unsigned int)di->max_tx_queues);
	if (p->n_rxq > 1 && (di->flow_type_rss_offloads & rss) != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = di->flow_type_rss_offloads & rss;
	}
	return rte_eth_dev_configure(p->dev, p->n_rxq, p->n_txq, &conf);
}

static int
queues_setup(struct port *p, const struct rte_eth_dev_info *di, struct rte_mempool *pool)
{
	uint16_t n_rx = RX_DESCS, n_tx = TX_DESCS;
	int socket = rte_eth_dev_socket_id(p->dev);
	int err = rte_eth_dev_adjust_nb_rx_tx_desc(p->dev, &n_rx, &n_tx);

	for (uint16_t q = 0; err == 0 && q < p->n_rxq; q++)
		err = rte_eth_rx_queue_setup(p->dev, q, n_rx, (unsigned int)socket,
				&di->default_rxconf, pool);
	for (uint16_t q = 0; err == 0 && q < p->n_txq; q++)
		err = rte_eth_tx_queue_setup(p->dev, q, n_tx, (unsigned int)socket,
				&di->default_txconf);
	return err;
}

/*
 * OSPF, VRRP and broadcasts need more than our own address. A device that cannot be told to take
 * all multicast takes everything; frames for others are dropped by ethernet_input.
 */
static void
filters_open(struct port *p)
{
	if (rte_eth_allmulticast_enable(p->dev) == 0)
		return;
	p->all_promisc = true;
	if (rte_eth_promiscuous_enable(p->dev) != 0)
		log_warning("port", "%s can be set neither to all multicast nor to promiscuous",
				p->info->name);
}

/* The MTU as the device has it; af_packet's driver says 1500 whatever the interface has. */
static void
mtu_read(struct port *p)
{
	uint16_t mtu = 0;
	bool running;

	if (!p->kernel_link || port_kernel_state(p->iface, &running, &mtu) != 0)
		if (rte_eth_dev_get_mtu(p->dev, &mtu) != 0)
			mtu = 1500;
	p->info->mtu = mtu;
}

/* The kernel spreads what comes over all sockets of the driver, of which each is a queue. */
static void
steer(struct port *p)
{
	int err;

	if (p->n_sockets == 0)
		return;
	err = port_steer(p->sockets[0], p->n_sockets, p->n_control);
	if (err != 0)
		log_warning("port", "%s: the kernel does not sort what comes by queues: %s",
				p->info->name, strerror(-err));
}

static int
port_start(struct ports *ps, struct port *p, const struct args *a, struct rte_mempool *pool,
		char *why, size_t why_len)
{
	struct rte_eth_dev_info di;
	int err = rte_eth_dev_info_get(p->dev, &di);

	if (err != 0)
		return say(why, why_len, p, "cannot be asked", err);
	identify(p, a, &di);
	err = queues_configure(ps, p, &di);
	if (err != 0)
		return say(why, why_len, p, "cannot be configured", err);
	err = queues_setup(p, &di, pool);
	if (err != 0)
		return say(why, why_len, p, "queues cannot be set up", err);
	err = rte_eth_dev_start(p->dev);
	if (err != 0)
		return say(why, why_len, p, "cannot be started", err);
	filters_open(p);
	steer(p);
	mtu_read(p);
	if (p->info->mtu > ps->max_mtu)
		log_warning("port",
				"%s has MTU %u, but packet buffers are for %u: longer packets are "
				"lost; start with --max-mtu %u",
				p->info->name, p->info->mtu, ps->max_mtu, p->info->mtu);
	for (unsigned int i = 0; i < CHAN_MAX_WORKERS; i++)
		rte_spinlock_init(&p->tx_lock[i]);
	p->admin_up = true;
	p->info->admin_up = 1;
	p->info->n_queues = p->n_rxq - p->n_control;
	p->info->present = 1;
	p->polled = 1;
	return 0;
}

int
ports_start(struct ports *ps, const struct args *a, struct rte_mempool *pool, char *why,
		size_t why_len)
{
	uint16_t dev;
	int err;

	ps->n = 0;
	RTE_ETH_FOREACH_DEV(dev) {
		struct port *p = &ps->p[ps->n];

		if (ps->n == CHAN_MAX_PORTS) {
			snprintf(why, why_len, "more than %d ports", CHAN_MAX_PORTS);
			return -E2BIG;
		}
		*p = (struct port){ .dev = dev, .info = &ps->stats->ports[ps->n] };
		err = port_start(ps, p, a, pool, why, why_len);
		if (err != 0)
			return err;
		ps->n++;
	}
	if (ps->n == 0) {
		snprintf(why, why_len, "DPDK found no port: is there a driver for the device?");
		return -ENODEV;
	}
	ps->stats->n_ports = ps->n;
	ports_poll_link(ps);
	ports_poll_stats(ps);
	return 0;
}

/* The driver closes its sockets one by one: the kernel shall have no work with them then, but with
 * all of these at once. */
void
ports_stop(struct ports *ps)
{
	int last[PORT_SOCKETS_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < ps->n; i++) {
		const struct port *p = &ps->p[i];

		for (unsigned int k = 0; k < p->n_sockets && n < PORT_SOCKETS_MAX; k++, n++)
			last[n] = fcntl(p->sockets[k], F_DUPFD_CLOEXEC, 0);
		rte_eth_dev_stop(p->dev);
		rte_eth_dev_close(p->dev);
	}
	port_sockets_close(last, n);
	ps->n = 0;
}

int
ports_rxq_of(const struct ports *ps, unsigned int port, unsigned int worker)
{
	const struct port *p = &ps->p[port];
	/* Port 0's queue 0 goes to worker 0, port 1's to worker 1, ... */
	unsigned int q = (worker + ps->n_workers - port % ps->n_workers) % ps->n_workers;

	return q + p->n_control < p->n_rxq ? (int)(q + p->n_control) : -1;
}

unsigned int
ports_rxq_control(const struct ports *ps, unsigned int port)
{
	return ps->p[port].n_control;
}

int
ports_rx_fd(const struct ports *ps, unsigned int port, unsigned int queue)
{
	const struct port *p = &ps->p[port];

	return p->n_sockets == p->n_rxq && queue < p->n_rxq ? p->sockets[queue] : -1;
}

/* ---- settings ----------------------------------------------------------------------------- */

/* A device that wants to be stopped for it: workers must have let go of its queues before. */
static int
mtu_set_stopped(struct ports *ps, struct port *p, uint16_t mtu)
{
	int err, err2;

	__atomic_store_n(&p->polled, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&p->usable, 0, __ATOMIC_RELEASE);
	if (ps->rcu != NULL)
		rte_rcu_qsbr_synchronize(ps->rcu, RTE_QSBR_THRID_INVALID);
	rte_eth_dev_stop(p->dev);
	err = rte_eth_dev_set_mtu(p->dev, mtu);
	err2 = rte_eth_dev_start(p->dev);
	if (err2 == 0)
		__atomic_store_n(&p->polled, 1, __ATOMIC_RELEASE);
	return err2 != 0 ? err2 : err;
}

static void
mtu_set(struct ports *ps, struct port *p, uint16_t mtu)
{
	int err;

	if (mtu == 0 || mtu == p->info->mtu)
		return;
	if (mtu > ps->max_mtu) {
		log_warning("port", "%s stays at MTU %u: %u is more than --max-mtu %u allows",
				p->info->name, p->info->mtu, mtu, ps->max_mtu);
		return;
	}
	err = rte_eth_dev_set_mtu(p->dev, mtu);
	if (err == -EBUSY)
		err = mtu_set_stopped(ps, p, mtu);
	mtu_read(p);
	if (err != 0)
		log_warning("port", "%s stays at MTU %u, %u cannot be set: %s", p->info->name,
				p->info->mtu, mtu, strerror(-err));
}

static void
admin_set(struct port *p, bool up)
{
	if (p->admin_up == up)
		return;
	p->admin_up = up;
	p->info->admin_up = up;
	/* Tells the neighbour, where the device can. The worker stops using it in any case. */
	if (up)
		(void)rte_eth_dev_set_link_up(p->dev);
	else
		(void)rte_eth_dev_set_link_down(p->dev);
	log_notice("port", "%s is administratively %s", p->info->name, up ? "up" : "down");
}

void
port_promisc_update(struct port *p)
{
	bool want = p->want_promisc || p->all_promisc || p->vmac_promisc;
	int err;

	if (want == (rte_eth_promiscuous_get(p->dev) == 1))
		return;
	err = want ? rte_eth_promiscuous_enable(p->dev) : rte_eth_promiscuous_disable(p->dev);
	if (err != 0)
		log_warning("port", "%s cannot be made %spromiscuous: %s", p->info->name,
				want ? "" : "un", strerror(-err));
}

int
ports_set(struct ports *ps, const struct chan_port *c)
{
	struct port *p;

	if (c->port >= ps->n)
		return -ENOENT;
	p = &ps->p[c->port];
	mtu_set(ps, p, c->mtu);
	p->want_promisc = c->promisc != 0;
	port_promisc_update(p);
	admin_set(p, c->admin_up != 0);
	ports_poll_link(ps);
	return 0;
}

/* ---- watching ----------------------------------------------------------------------------- */

static void
link_read(struct port *p, bool *up, bool *present, uint32_t *speed)
{
	struct rte_eth_link link = { .link_status = 0 };
	bool running = false;
	uint16_t mtu;

	*present = true;
	*up = rte_eth_link_get_nowait(p->dev, &link) == 0 &&
			link.link_status == RTE_ETH_LINK_UP;
	*speed = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	if (!p->kernel_link)
		return;
	*present = port_kernel_state(p->iface, &running, &mtu) == 0;
	*up = running;
	if (*present)
		p->info->mtu = mtu;
}

void
ports_poll_link(struct ports *ps)
{
	for (unsigned int i = 0; i < ps->n; i++) {
		struct port *p = &ps->p[i];
		bool up, present, was = p->info->link_up, was_present = p->info->present;
		uint32_t speed;

		link_read(p, &up, &present, &speed);
		p->info->link_up = up;
		p->info->present = present;
		p->info->speed_mbps = up ? speed : 0;
		__atomic_store_n(&p->usable, (uint8_t)(up && p->admin_up && p->polled),
				__ATOMIC_RELEASE);
		if (ps->rcu == NULL || (up == was && present == was_present))
			continue; /* at start, the port's own line says it */
		log_notice("port", "%s%s%s: link %s%s", p->info->name,
				p->iface[0] != '\0' ? " " : "", p->iface, up ? "up" : "down",
				present ? "" : ", the interface is gone");
		if (ps->changed != NULL)
			ps->changed(ps->arg, i);
	}
}

void
ports_poll_stats(struct ports *ps)
{
	for (unsigned int i = 0; i < ps->n; i++) {
		struct chan_port_info *info = ps->p[i].info;
		struct rte_eth_stats s;

		if (rte_eth_stats_get(ps->p[i].dev, &s) != 0)
			continue;
		info->rx_packets = s.ipackets;
		info->rx_bytes = s.ibytes;
		info->tx_packets = s.opackets;
		info->tx_bytes = s.obytes;
		ps->p[i].kernel_drops += port_kernel_drops(ps->p[i].sockets, ps->p[i].n_sockets);
		info->rx_missed = s.imissed + s.rx_nombuf + ps->p[i].kernel_drops;
		info->rx_errors = s.ierrors;
		info->tx_errors = s.oerrors;
	}
}
