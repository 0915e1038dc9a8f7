# SPDX-License-Identifier: BSD-3-Clause
"""One LAN with the hub, stock keepalived and a host, for the tests of VRRP.

    host 192.168.10.100 ---+
                           |
    keepalived .10.3 ------+ sw (bridge) ------ lan [hub .10.2] wan 1.1.1.2 --- 1.1.1.1 isp
                           |
              virtual .10.1, fe80::1:1, 2001:db8:10::1

The host's gateway is the virtual address. keepalived answers from a virtual MAC address, as we do.
"""
import ipaddress
import re

import pytest

from keepalived import WAIT, Keepalived
from lab import Hub, Pinger, wait_until
from segment import Segment

HUB4, PEER4, VIRTUAL4 = "192.168.10.2", "192.168.10.3", "192.168.10.1"
VIRTUAL6, VIRTUAL6_LL = "2001:db8:10::1", "fe80::1:1"


class VrrpSegment(Segment):
    """One LAN on a bridge: the hub, a router with keepalived, a host; an ISP behind the hub."""

    SITES = ("sw", "hub-a", "peer", "host", "isp")
    LAN = {"hub-a": "lan", "peer": "lan", "host": "eth0"}
    NO_IPV6 = ("sw", "hub-a", "isp")

    def wire(self):
        self.veth("isp", "hub", "hub-a", "wan")
        self.ip("isp", "address", "add", "1.1.1.1/24", "dev", "hub")
        self.ip("isp", "route", "add", "192.168.10.0/24", "via", "1.1.1.2")
        self.ip("peer", "address", "add", PEER4 + "/24", "dev", "lan")
        self.ip("peer", "-6", "address", "add", "2001:db8:10::3/64", "dev", "lan", "nodad")
        self.exec("peer", "sysctl", "-qw", "net.ipv4.conf.lan.arp_announce=2",
                  "net.ipv4.ip_forward=1")
        wait_until(lambda: "tentative" not in self.exec(
            "peer", "ip", "-6", "address", "show", "dev", "lan").stdout, WAIT,
            "keepalived can bind to the link-local address")
        self.ip("host", "address", "add", "192.168.10.100/24", "dev", "eth0")
        self.ip("host", "route", "add", "default", "via", VIRTUAL4)
        self.ip("host", "-6", "address", "add", "2001:db8:10::100/64", "dev", "eth0", "nodad")


class TrackingHub(Hub):
    """It may run the programs of tracked objects."""

    def controlplane_argv(self, config):
        return [*super().controlplane_argv(config), "--track-commands"]


def config(**groups):
    """The hub with these virtual routers on its LAN: v10={...}."""
    return {
        "system": {"log-level": "debug"},
        "interfaces": {
            "wan": {"address": ["1.1.1.2/24"]},
            "lan": {"address": [HUB4 + "/24"], "ipv6-address": ["2001:db8:10::2/64"],
                    "vrrp": {name[1:]: group for name, group in groups.items()}},
        },
    }


@pytest.fixture
def keepalived(segment):
    running = []

    def start(**options):
        running.append(Keepalived(segment, **options))
        return running[-1]
    yield start
    for k in running:
        if k.process.alive():
            k.crash()


@pytest.fixture
def pinger(segment):
    """The host pings an address twenty times a second; ARP is fresh, of this address alone: pings of
    another one that wait for an answer to ARP would be given up by the host, and never sent."""
    running = []

    def start(target=VIRTUAL4):
        segment.exec("host", "ip", "neigh", "flush", "to", target, "dev", "eth0")
        running.append(Pinger(segment.start("host", "ping", "ping", "-i", "0.05", target)))
        return running[-1]
    yield start
    for p in running:
        if p.process.alive():
            p.stop()


def group(hub, family="ipv4", vrid=10):
    for g in hub.show("vrrp")["groups"]:
        if (g["family"], g["group"]) == (family, vrid):
            return g
    return {}


def wait_state(hub, state, family="ipv4", vrid=10):
    return wait_until(lambda: (g := group(hub, family, vrid)).get("state") == state and g, WAIT,
                      lambda: f"the hub is {state}: {hub.show('vrrp')}")


def host_mac(segment, address=VIRTUAL4):
    out = segment.exec("host", "ip", "neigh", "show", address).stdout
    match = re.search(r"lladdr (\S+)", out)
    return match[1] if match else out


def mac_of(segment, site="peer"):
    """The MAC address of its interface on the LAN."""
    return segment.exec(site, "cat", "/sys/class/net/lan/address").stdout.strip()


def link_local(mac):
    """The link-local address that is made of a MAC address (RFC 4291 appendix A)."""
    b = [int(x, 16) for x in mac.split(":")]
    b[0] ^= 2
    b[3:3] = [0xff, 0xfe]
    groups = [f"{b[i] << 8 | b[i + 1]:x}" for i in range(0, 8, 2)]
    return str(ipaddress.ip_address("fe80::" + ":".join(groups)))


def gap(pinger):
    """The longest run of requests without an answer, in seconds, less the time for which the
    machine stood still meanwhile."""
    lost, longest, run, last = pinger.lost(), 0, 0, None
    for n in lost:
        run = run + 1 if last is not None and n == last + 1 else 1
        longest = max(longest, run)
        last = n
    return longest * 0.05 - pinger.stood_s()
