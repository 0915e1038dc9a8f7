# SPDX-License-Identifier: BSD-3-Clause
"""VRRP on several VLANs of one port, with stock keepalived on each of them. All groups have the
same number, so that they share a virtual MAC address, which is the hub's on one VLAN and another's
on the next.

    host 192.168.V.100 --+
                         br.V --- tagger --- lan [hub .2 on lan (V 1), v20, v30]
    keepalived .3 -------+        (one for each VLAN V)

                 virtual 192.168.V.1, 2001:db8:V::1
"""
import os
import re

import pytest

from keepalived import WAIT, Keepalived
from lab import Hub, Pinger, wait_until
from segment import Segment, hub_fixtures, segment_fixture

TAGS = {1: 0, 20: 20, 30: 30}    # the VLANs and their tags: the first has none
MAC4, MAC6 = "00:00:5e:00:01:0a", "00:00:5e:00:02:0a"
LINK_LOCAL = "fe80::1:1"
TAGGER = os.path.join(os.path.dirname(os.path.realpath(__file__)), "tagger.py")


def name_of(vlan):
    """The hub's interface."""
    return f"v{vlan}" if TAGS[vlan] else "lan"


def virtual(vlan, ip6=False):
    return f"2001:db8:{vlan}::1" if ip6 else f"192.168.{vlan}.1"


class VlanSegment(Segment):
    """Bridges, one for each VLAN, behind a trunk."""

    SITES = ("sw", "hub-a", "peer", "host")
    LAN = {}
    NO_IPV6 = ("sw", "hub-a")

    def wire(self):
        self.veth("sw", "isp", "hub-a", "wan")
        self.veth("sw", "trunk", "hub-a", "lan")
        for vlan in TAGS:
            self.link("sw", f"br.{vlan}", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                      "mcast_snooping", "0")
            self.veth("sw", f"tag.{vlan}", "sw", f"in.{vlan}")
            self.veth("sw", f"peer.{vlan}", "peer", f"n{vlan}")
            self.veth("sw", f"host.{vlan}", "host", f"n{vlan}")
            for port in ("in", "peer", "host"):
                self.ip("sw", "link", "set", "dev", f"{port}.{vlan}", "master", f"br.{vlan}")
            for site, last in (("peer", 3), ("host", 100)):
                self.ip(site, "address", "add", f"192.168.{vlan}.{last}/24", "dev", f"n{vlan}")
                self.ip(site, "-6", "address", "add", f"2001:db8:{vlan}::{last}/64", "dev",
                        f"n{vlan}", "nodad")
            self.exec("peer", "sysctl", "-qw", f"net.ipv4.conf.n{vlan}.arp_announce=2")
        self.tagger = self.start("sw", "tagger", "/usr/bin/python3", TAGGER, "trunk",
                                 *(f"tag.{vlan}={tag}" for vlan, tag in TAGS.items()))
        self.tagger.wait_output("ready")

    def down(self):
        self.tagger.kill()
        super().down()


def config(*vlans, **group):
    """Group 10 on these VLANs."""
    interfaces = {}
    for vlan, tag in TAGS.items():
        interfaces[name_of(vlan)] = {
            **({"port": "lan", "vlan": tag} if tag else {}), "address": [f"192.168.{vlan}.2/24"],
            "ipv6-address": [f"2001:db8:{vlan}::2/64"],
            "vrrp": {"10": group_of(vlan, **group)} if vlan in vlans else {}}
    return {"system": {"log-level": "debug"}, "interfaces": interfaces}


def group_of(vlan, ip6=False, **group):
    if ip6:
        return {"ipv6-address": virtual(vlan, True), "ipv6-link-local": LINK_LOCAL,
                "advertise-ms": 200, **group}
    return {"address": virtual(vlan), "advertise-ms": 200, **group}


segment = segment_fixture(VlanSegment, "w")
module_hub, hub = hub_fixtures(Hub, config)


@pytest.fixture
def keepalived(segment):
    """keepalived on some of the VLANs."""
    running = []

    def start(*vlans, version=3, ip6=False, **options):
        options = {"advert": 0.2, **options}
        running.append(Keepalived(segment, version=version, instances=[
            {"interface": f"n{vlan}", "vip": ((LINK_LOCAL,) if ip6 else ()) + (virtual(vlan, ip6),),
             **options} for vlan in vlans]))
        return running[-1]
    yield start
    for k in running:
        if k.process.alive():
            k.crash()


@pytest.fixture
def pinger(segment):
    """The host pings the virtual address of a VLAN twenty times a second."""
    running = []

    def start(vlan, ip6=False):
        target = virtual(vlan, ip6)
        segment.exec("host", "ip", "neigh", "flush", "to", target, "dev", f"n{vlan}")
        running.append(Pinger(segment.start("host", "ping", "ping", "-i", "0.05", target)))
        running[-1].wait_more(5, WAIT)
        return running[-1]
    yield start
    for p in running:
        if p.process.alive():
            p.stop()


def groups(hub):
    return {g["interface"]: g for g in hub.show("vrrp")["groups"]}


def states(hub):
    return {name: g["state"] for name, g in groups(hub).items()}


def wait_states(hub, **want):
    wait_until(lambda: want.items() <= states(hub).items(), WAIT, f"{want}: {hub.show('vrrp')}")


def host_mac(segment, vlan, ip6=False):
    out = segment.exec("host", "ip", "neigh", "show", virtual(vlan, ip6)).stdout
    return re.findall(r"lladdr (\S+)", out)


@pytest.mark.parametrize("version, ip6", [(3, False), (2, False), (3, True)])
def test_takeover(hub, segment, keepalived, pinger, version, ip6):
    """keepalived is the master on all three VLANs and dies; the hub takes all of them over. Then a
    better router comes on one of them: there, and only there, the hub steps back, and what is sent
    to the shared virtual MAC address on that VLAN is not its any more."""
    advert = {"advertise-ms": 1000} if version == 2 else {}    # it has whole seconds
    options = {"version": version, "ip6": ip6, **({"advert": 1} if version == 2 else {})}
    mac = MAC6 if ip6 else MAC4
    peer = keepalived(*TAGS, priority=150, **options)
    for vlan in TAGS:
        peer.wait_master(name=f"n{vlan}{'6' if ip6 else '4'}.10")
    hub.push(config(*TAGS, ip6=ip6, version=str(version), **advert))
    wait_states(hub, lan="backup", v20="backup", v30="backup")
    wait_until(lambda: all(g["counters"]["received"] >= 3 for g in groups(hub).values()), WAIT,
               "three advertisements on each VLAN")
    assert states(hub) == {"lan": "backup", "v20": "backup", "v30": "backup"}
    pings = {vlan: pinger(vlan, ip6) for vlan in TAGS}
    peer.crash()
    wait_states(hub, lan="active", v20="active", v30="active")
    for vlan, ping in pings.items():
        ping.wait_more(10, WAIT)
        assert host_mac(segment, vlan, ip6) == [mac]
        ping.stop()
    pings = {vlan: pinger(vlan, ip6) for vlan in TAGS}
    peer = keepalived(20, priority=150, **options)
    peer.wait_master()
    wait_states(hub, lan="active", v20="backup", v30="active")
    before = groups(hub)["v20"]["counters"]["received"]
    wait_until(lambda: groups(hub)["v20"]["counters"]["received"] >= before + 3, WAIT,
               "three more advertisements")
    for ping in pings.values():
        ping.wait_more(10, WAIT)
    assert pings[1].lost() == [] and pings[30].lost() == []
    assert states(hub) == {"lan": "active", "v20": "backup", "v30": "active"}
    assert all(g["counters"]["duplicates"] == 0 for n, g in groups(hub).items() if n != "v20")


def test_hub_preempts(hub, segment, keepalived, pinger):
    """The hub of higher priority takes over on one VLAN after the other, and hands one back when
    its interface is shut down, with priority 0."""
    peer = keepalived(*TAGS, priority=100)
    for vlan in TAGS:
        peer.wait_master(name=f"n{vlan}4.10")
    ping = pinger(30)
    hub.push(config(20, priority=150))
    wait_states(hub, v20="active")
    peer.wait_master(False, "n204.10")
    assert peer.is_master("n14.10") and peer.is_master("n304.10")
    hub.push(config(20, 30, priority=150))
    wait_states(hub, v20="active", v30="active")
    peer.wait_master(False, "n304.10")
    other = pinger(20)
    down = config(20, 30, priority=150)
    down["interfaces"]["v30"]["enabled"] = False
    hub.push(down)
    peer.wait_master(True, "n304.10")
    wait_states(hub, v20="active", v30="init")
    ping.wait_more(10, WAIT)
    other.wait_more(10, WAIT)
    assert other.lost() == []
    assert groups(hub)["v30"]["counters"]["priority0_sent"] == 1


def test_owner(hub, segment, keepalived, pinger):
    """The owner of the address on one VLAN, a backup on another of the same port."""
    peer = keepalived(30, priority=254)
    peer.wait_master()
    both = config(30)
    both["interfaces"]["v20"]["vrrp"] = {"10": {"address": "192.168.20.2", "priority": 255,
                                                "advertise-ms": 200}}
    hub.push(both)
    wait_states(hub, v20="active", v30="backup")
    ping = Pinger(segment.start("host", "ping", "ping", "-i", "0.05", "192.168.20.2"))
    ping.wait_more(5, WAIT)
    out = segment.exec("host", "ip", "neigh", "show", "192.168.20.2").stdout
    assert MAC4 in out
    peer.crash()
    wait_states(hub, v20="active", v30="active")
    ping.wait_more(5, WAIT)
    assert ping.lost() == []
    ping.stop()
