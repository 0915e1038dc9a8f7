# SPDX-License-Identifier: BSD-3-Clause
"""Router advertisements to a stock Linux host on the LAN of vrrp_lab.py: it takes its address and
its default route from them, and keeps both while the gateway moves between the hub and keepalived.
"""
import json
import re

import pytest

from keepalived import WAIT
from lab import wait_until
from segment import hub_fixtures, segment_fixture
from vrrp_lab import (TrackingHub, VIRTUAL6, VIRTUAL6_LL, VrrpSegment, config, gap, group,
                      keepalived, link_local, pinger, wait_state)

BEYOND = "2001:db8:99::1"   # behind the hub and behind keepalived
GROUP = {"ipv6-address": VIRTUAL6, "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200}


class SlaacSegment(VrrpSegment):
    """The host has no address of IPv6 but what it makes of advertisements."""

    NO_IPV6 = ("sw", "hub-a")

    def wire(self):
        super().wire()
        self.ip("host", "-6", "address", "flush", "dev", "eth0", "scope", "global")
        self.exec("host", "sysctl", "-qw", "net.ipv6.conf.eth0.accept_ra=2")
        self.ip("isp", "-6", "address", "add", "2001:db8:1::1/64", "dev", "hub", "nodad")
        self.ip("isp", "-6", "route", "add", "2001:db8:10::/64", "via", "2001:db8:1::2")
        for site in ("isp", "peer"):
            self.exec(site, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
            self.ip(site, "-6", "address", "add", BEYOND + "/128", "dev", "lo", "nodad")


def with_ra(ra, **groups):
    c = config(**groups)
    c["interfaces"]["lan"]["router-advertisements"] = {"enabled": True, **ra}
    c["interfaces"]["wan"]["ipv6-address"] = ["2001:db8:1::2/64"]
    c["routes6"] = [{"prefix": BEYOND + "/128", "via": "2001:db8:1::1"}]
    return c


segment = segment_fixture(SlaacSegment, "ra")
module_hub, hub = hub_fixtures(TrackingHub, config)


@pytest.fixture(autouse=True)
def fresh_host(segment):
    """A host that knows of no router: its interface goes down and comes up, and it solicits."""
    segment.ip("host", "link", "set", "eth0", "down")
    segment.ip("host", "link", "set", "eth0", "up")


def routes(segment):
    out = segment.exec("host", "ip", "-j", "-6", "route", "show", "default").stdout
    return [r for r in json.loads(out) if r.get("protocol") == "ra"]


def addresses(segment):
    """{address: what ip says of it}, of those that were made of advertisements."""
    out = segment.exec("host", "ip", "-j", "-6", "address", "show", "dev", "eth0").stdout
    return {a["local"]: a for a in json.loads(out)[0]["addr_info"] if a.get("scope") == "global"}


def wait_slaac(segment, gateway):
    wait_until(lambda: [r["gateway"] for r in routes(segment)] == [gateway] and
               addresses(segment), WAIT,
               lambda: f"default route by {gateway}: {routes(segment)} {addresses(segment)}")


def test_host_is_configured(hub, segment, pinger):
    """Address, default route with its lifetime, hop limit, MTU and preference as configured; what
    changes is told; silent again, the hub is nobody's router any more."""
    lan = next(i for i in hub.show("interface")["interfaces"] if i["name"] == "lan")
    hub.push(with_ra({"lifetime-seconds": 1000, "hop-limit": 61, "preference": "high"}))
    wait_slaac(segment, link_local(lan["mac"]))
    route, = routes(segment)
    assert 900 < route["expires"] <= 1000 and route["pref"] == "high", route
    (address, info), = addresses(segment).items()
    assert address.startswith("2001:db8:10:0:") and info["prefixlen"] == 64
    assert 604000 < info["preferred_life_time"] <= 604800
    assert segment.exec("host", "sysctl", "-n", "net.ipv6.conf.eth0.hop_limit").stdout == "61\n"
    pinger(BEYOND).wait_more(3, WAIT)
    sender, = hub.show("ipv6-nd-ra")["senders"]
    assert sender["source"] == link_local(lan["mac"]) and sender["group"] is None
    assert sender["sent"] >= 1
    text = hub.cli("-c", "show ipv6 nd ra").stdout
    assert "2001:db8:10::/64, on link, autoconfig, valid 2592000 s" in text, text
    second = {"prefix": "2001:db8:11::/64", "valid-seconds": 7200, "preferred-seconds": 3600}
    hub.push(with_ra({"prefixes": [{"prefix": "2001:db8:10::/64", "no-autoconfig": True}, second]}))
    info = wait_until(lambda: next((a for name, a in addresses(segment).items()
                                    if name.startswith("2001:db8:11:0:")), None), WAIT,
                      "an address of the second prefix")
    assert 7100 < info["valid_life_time"] <= 7200
    hub.push(config())
    wait_until(lambda: routes(segment) == [], WAIT, "no default router any more")
    hub.controlplane.wait_output("ra: lan: silent as fe80", WAIT)


def test_solicitations(hub, segment):
    """Who solicits a hundred times is answered, and not a hundred times; what is no solicitation is
    counted."""
    hub.push(with_ra({"interval-seconds": 1800, "lifetime-seconds": 1800}))
    before = wait_until(lambda: (n := hub.show("ipv6-nd-ra"))["senders"] and
                        n["senders"][0]["sent"] >= 1 and n, WAIT, "the first one")
    segment.exec("host", "/usr/bin/python3", "-c", """
from scapy.all import *
mac = get_if_hwaddr("eth0")
ip = Ether(src=mac, dst="33:33:00:00:00:02") / IPv6(src="fe80::77", dst="ff02::2")
rs = ip / ICMPv6ND_RS()
bad = [ip / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr="01:00:00:00:00:01"),
       ip / ICMPv6ND_RS() / Raw(bytes([1, 0, 1, 2, 3, 4, 5, 6])),
       ip / ICMPv6ND_RS() / Raw(bytes([9, 9]))]
sendp([rs] * 100 + bad * 5, iface="eth0", inter=0.01, verbose=False)
""")
    after = wait_until(lambda: (n := hub.show("ipv6-nd-ra"))["counters"]["malformed"] -
                       before["counters"]["malformed"] >= 15 and n, WAIT, "15 malformed ones")
    assert after["counters"]["solicitations"] - before["counters"]["solicitations"] >= 100
    wait_until(lambda: hub.show("ipv6-nd-ra")["senders"][0]["sent"] > before["senders"][0]["sent"],
               WAIT, "an answer")
    # 1.2 s of solicitations, and one every three seconds.
    assert hub.show("ipv6-nd-ra")["senders"][0]["sent"] - before["senders"][0]["sent"] <= 3


def test_gateway_moves(hub, segment, keepalived, pinger):
    """The virtual router of the hub advertises, from its own addresses; keepalived takes over and
    the host keeps route and address; the hub is silent as a backup, asked or not; it takes over
    again, and advertises at once."""
    ra = {"interval-seconds": 4, "lifetime-seconds": 1800}
    hub.push(with_ra(ra, v10={**GROUP, "priority": 100}))
    wait_state(hub, "active", "ipv6")
    wait_slaac(segment, VIRTUAL6_LL)
    sender, = hub.show("ipv6-nd-ra")["senders"]
    assert (sender["source"], sender["mac"], sender["group"]) == (VIRTUAL6_LL,
                                                                 "00:00:5e:00:02:0a", 10)
    address = list(addresses(segment))
    ping = pinger(BEYOND)
    ping.wait_more(10, WAIT)
    peer = keepalived(priority=150, advert=0.2, vip=(VIRTUAL6_LL, VIRTUAL6))
    peer.wait_master()
    wait_state(hub, "backup", "ipv6")
    ping.wait_more(20, WAIT)
    assert [r["gateway"] for r in routes(segment)] == [VIRTUAL6_LL]
    assert hub.show("ipv6-nd-ra")["senders"] == []
    heard = segment.start("host", "tcpdump", "tcpdump", "-lnpe", "-i", "eth0", "icmp6[0] = 134")
    try:
        heard.wait_output("listening on")
        before = hub.show("ipv6-nd-ra")["counters"]["unwanted"]
        segment.exec("host", "/usr/bin/python3", "-c", """
from scapy.all import *
sendp(Ether(src=get_if_hwaddr("eth0"), dst="33:33:00:00:00:02") /
      IPv6(src="fe80::77", dst="ff02::2") / ICMPv6ND_RS(), iface="eth0", verbose=False)
""")
        wait_until(lambda: hub.show("ipv6-nd-ra")["counters"]["unwanted"] > before, WAIT,
                   "the hub has heard it")
        ping.wait_more(100, WAIT)
        assert "router advertisement" not in heard.output()
        peer.crash()
        wait_state(hub, "active", "ipv6")
        heard.wait_output(f"00:00:5e:00:02:0a > .* {re.escape(VIRTUAL6_LL)} > ff02::1: ", WAIT)
    finally:
        heard.kill()
    ping.wait_more(20, WAIT)
    assert [r["gateway"] for r in routes(segment)] == [VIRTUAL6_LL]
    assert list(addresses(segment)) == address
    # 3 * 0.2 s and the skew time, as in test_vrrp6.py; keepalived's coming cost less.
    assert gap(ping) < 0.73 + 1.5


def test_role_is_given_up(hub, segment):
    """A group that is shut down while it is active says nothing: another router goes on. One that
    goes on without advertisements says that it is no router any more."""
    hub.push(with_ra({}, v10=GROUP))
    wait_state(hub, "active", "ipv6")
    wait_slaac(segment, VIRTUAL6_LL)
    hub.push(with_ra({}, v10={**GROUP, "enabled": False}, v11={
        "ipv6-address": "2001:db8:10::7", "ipv6-link-local": "fe80::7", "advertise-ms": 200}))
    wait_state(hub, "active", "ipv6", 11)
    wait_until(lambda: {r.get("gateway") for r in routes(segment)} |
               {n["gateway"] for r in routes(segment) for n in r.get("nexthops", [])} >=
               {VIRTUAL6_LL, "fe80::7"}, WAIT, lambda: f"both: {routes(segment)}")
    c = config(v11={"ipv6-address": "2001:db8:10::7", "ipv6-link-local": "fe80::7",
                    "advertise-ms": 200})
    hub.push(c)
    wait_until(lambda: [r["gateway"] for r in routes(segment)] == [VIRTUAL6_LL], WAIT,
               lambda: f"only the first: {routes(segment)}")
