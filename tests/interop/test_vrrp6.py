# SPDX-License-Identifier: BSD-3-Clause
"""VRRP version 3 of IPv6 with stock keepalived (vrrp_lab.py): several addresses, unicast, what
neighbour discovery says of them.
"""
import re

import pytest

from keepalived import WAIT
from lab import wait_until
from segment import hub_fixtures, segment_fixture
from vrrp_lab import (TrackingHub, VIRTUAL6, VIRTUAL6_LL, VrrpSegment, config, gap, group,
                      host_mac, keepalived, link_local, mac_of, pinger, wait_state)

SECOND6, THIRD6 = "2001:db8:10::7", "2001:db8:77::1"

segment = segment_fixture(VrrpSegment, "v6")
module_hub, hub = hub_fixtures(TrackingHub, config)


def test_ipv6(hub, segment, keepalived, pinger):
    """IPv6: the virtual link-local address comes first; takeover of a dead router."""
    peer = keepalived(priority=150, advert=0.2, vip=(VIRTUAL6_LL, VIRTUAL6))
    peer.wait_master()
    group6 = {"ipv6-address": VIRTUAL6, "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200}
    hub.push(config(v10=group6))
    wait_state(hub, "backup", "ipv6")
    ping = pinger(VIRTUAL6)
    ping.wait_more(10, WAIT)
    wait_until(lambda: group(hub, "ipv6")["counters"]["received"] >= 3, WAIT,
               "three advertisements")
    peer.crash()
    wait_state(hub, "active", "ipv6")
    ping.wait_more(20, WAIT)
    assert host_mac(segment, VIRTUAL6) == "00:00:5e:00:02:0a"
    # 3 * 0.2 s and the skew time; the rest is the machine's.
    assert gap(ping) < 0.73 + 1.5
    peer = keepalived(priority=50, advert=0.2, vip=(VIRTUAL6_LL, VIRTUAL6))
    before = group(hub, "ipv6")["counters"]["sent"]
    wait_until(lambda: group(hub, "ipv6")["counters"]["sent"] >= before + 8, WAIT, "advertisements")
    assert not peer.is_master(), peer.process.output()[-500:]


def test_ipv6_several_addresses(hub, segment, keepalived, pinger):
    """A link-local and three global virtual addresses, one on a subnet of its own. keepalived is
    preempted and takes over again: no address is complained of, each is announced and answered at
    the virtual MAC address, by ping and by neighbour discovery alone where we do not accept."""
    every = (VIRTUAL6_LL, VIRTUAL6, SECOND6, THIRD6)
    peer = keepalived(priority=100, advert=0.2, vip=every)
    peer.wait_master()
    group6 = {"ipv6-address": VIRTUAL6, "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200,
              "ipv6-secondary": [{"address": SECOND6}, {"address": THIRD6}], "priority": 150}
    segment.ip("host", "-6", "route", "add", "2001:db8:77::/64", "dev", "eth0")
    heard = segment.start("host", "tcpdump", "tcpdump", "-lnpvei", "eth0",
                          "icmp6[0] = 136 and dst ff02::1")
    try:
        heard.wait_output("listening on")
        hub.push(config(v10=group6))
        active = wait_state(hub, "active", "ipv6")
        peer.wait_master(False)
        assert active["addresses"] == list(every)
        assert active["counters"]["address_list_errors"] == 0
        for address in every:
            heard.wait_output(rf"00:00:5e:00:02:0a > 33:33:00:00:00:01.*\n?.*tgt is "
                              rf"{re.escape(address)}, Flags \[router, override\]", WAIT)
        for address in every[1:]:
            pinger(address).wait_more(3, WAIT)
            assert host_mac(segment, address) == "00:00:5e:00:02:0a"
        text = hub.cli("-c", "show vrrp").stdout
        assert all(address in text for address in every), text
        hub.push(config(v10={**group6, "accept-mode": False}))
        segment.exec("host", "ip", "neigh", "flush", "dev", "eth0")
        segment.exec("host", "ping", "-c1", "-W1", THIRD6, check=False)
        assert host_mac(segment, THIRD6) == "00:00:5e:00:02:0a"
        hub.push(config(v10={**group6, "priority": 50}))
        wait_state(hub, "backup", "ipv6")
        peer.wait_master()
        backup = wait_until(lambda: (g := group(hub, "ipv6"))["counters"]["received"] >= 5 and g,
                            WAIT, "advertisements of keepalived")
        assert backup["counters"]["address_list_errors"] == 0 and backup["state"] == "backup"
        # All of them, or it is told: changed on one router before the other.
        hub.push(config(v10={**group6, "priority": 50, "ipv6-secondary": [{"address": SECOND6}]}))
        wait_until(lambda: group(hub, "ipv6")["counters"]["address_list_errors"] > 0, WAIT,
                   "other addresses")
        peer.crash()
        wait_state(hub, "active", "ipv6")
    finally:
        heard.kill()
        segment.ip("host", "-6", "route", "del", "2001:db8:77::/64", "dev", "eth0")


def test_ipv6_address_is_taken_already(hub, segment, keepalived):
    """A host wants one of the virtual addresses for itself: its duplicate address detection hears
    of us, with accept mode and without."""
    for accept in (True, False):
        hub.push(config(v10={"ipv6-address": VIRTUAL6, "ipv6-secondary": [{"address": SECOND6}],
                             "advertise-ms": 200, "accept-mode": accept}))
        wait_state(hub, "active", "ipv6")
        segment.ip("host", "-6", "address", "add", SECOND6 + "/64", "dev", "eth0")
        try:
            wait_until(lambda: "dadfailed" in segment.exec(
                "host", "ip", "-6", "address", "show", "dev", "eth0").stdout, WAIT, "refused")
        finally:
            segment.ip("host", "-6", "address", "del", SECOND6 + "/64", "dev", "eth0")


@pytest.mark.parametrize("scope", ["link", "global"])
def test_ipv6_unicast(hub, segment, keepalived, pinger, scope):
    """Version 3 over IPv6 without multicast, between link-local addresses and between global ones:
    both roles, preemption, a death without a word; strangers are not heard."""
    lan = next(i for i in hub.show("interface")["interfaces"] if i["name"] == "lan")
    ours, theirs = {"link": (link_local(lan["mac"]), link_local(mac_of(segment))),
                    "global": ("2001:db8:10::2", "2001:db8:10::3")}[scope]
    # Of itself keepalived sends these with a hop limit of 64, which section 7.1 has us refuse.
    way = (f"unicast_src_ip {theirs}\n    unicast_ttl 255\n"
           f"    unicast_peer {{\n        {ours}\n    }}")
    peer = keepalived(priority=150, advert=0.2, vip=(VIRTUAL6_LL, VIRTUAL6, SECOND6), extra=way)
    peer.wait_master()
    unicast = {"ipv6-address": VIRTUAL6, "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200,
               "ipv6-secondary": [{"address": SECOND6}], "unicast-peers": [{"address": theirs}]}
    hub.push(config(v10=unicast))
    wait_state(hub, "backup", "ipv6")
    backup = wait_until(lambda: (g := group(hub, "ipv6"))["counters"]["received"] >= 6 and g, WAIT,
                        "six advertisements")
    assert backup["state"] == "backup" and backup["active"]["address"] == theirs
    assert backup["source"] == ours and backup["peers"] == [theirs]
    hub.push(config(v10={**unicast, "priority": 200}))
    wait_state(hub, "active", "ipv6")
    peer.wait_master(False)
    assert not re.search("checksum|invalid", peer.process.output(), re.I)
    pinger(SECOND6).wait_more(3, WAIT)
    hub.push(config(v10=unicast))
    peer.wait_master()
    wait_state(hub, "backup", "ipv6")
    peer.crash()
    wait_state(hub, "active", "ipv6")
    peer = keepalived(priority=150, advert=0.2, vip=(VIRTUAL6_LL, VIRTUAL6, SECOND6), extra=way)
    wait_state(hub, "backup", "ipv6")
    stranger = "fe80::99" if scope == "link" else "2001:db8:10::99"
    hub.push(config(v10={**unicast, "unicast-peers": [{"address": stranger}]}))
    wait_until(lambda: group(hub, "ipv6")["counters"]["not_peers"] > 0, WAIT, "refused as no peer")
