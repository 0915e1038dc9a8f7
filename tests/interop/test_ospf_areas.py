# SPDX-License-Identifier: BSD-3-Clause
"""Areas of OSPF with stock FRR: one that becomes another type while both run; see ospf_lab.py for
the network.

    LAN, area 0 --- hub --- 10.1.1.0/30, area 1 --- FRR
"""
import pytest

from lab import wait_until
from ospf_lab import FRR_ID, WAIT, Frr, config, ospf_fixtures

P2P = " ip ospf network point-to-point\n"
OUTSIDE, LAN, DEFAULT = "203.0.113.0/24", "192.168.10.0/24", "0.0.0.0/0"

segment, module_hub, hub, peers = ospf_fixtures("a")

KINDS = {"normal": {}, "stub": {"type": "stub"},
         "totally-stub": {"type": "stub", "no-summary": True},
         "nssa": {"type": "nssa", "default-information-originate": True}}
FRR_LINES = {"normal": [], "stub": ["area 1 stub"], "totally-stub": ["area 1 stub"],
             "nssa": ["area 1 nssa"]}
WANTED = {"normal": {LAN: "N IA", OUTSIDE: "N E2"},
          "stub": {LAN: "N IA", DEFAULT: "N IA"},
          "totally-stub": {DEFAULT: "N IA"},
          "nssa": {LAN: "N IA", OUTSIDE: "N E2", DEFAULT: "N E2"}}


def ours(kind, **ospf):
    return config(lan={"priority": 0}, wan={"area": "1", "network": "point-to-point"},
                  ospf={"redistribute": [{"source": "static"}],
                        "areas": {"1": KINDS[kind]} if KINDS[kind] else {}, **ospf},
                  routes=[{"prefix": OUTSIDE, "null": True}])


def kinds(frr):
    """{prefix: type} of what FRR's OSPF has computed."""
    return {p: r.get("routeType", "").strip() for p, r in
            frr.json("show ip ospf route").items() if "/" in p}


def expect(frr, kind):
    """FRR has the routes of an area of this kind, and of those that tell the kinds apart no
    other."""
    def there():
        got = kinds(frr)
        return {p: got[p] for p in (LAN, OUTSIDE, DEFAULT) if p in got} == WANTED[kind]
    try:
        wait_until(there, WAIT, f"{kind}: {WANTED[kind]}")
    except AssertionError as error:
        database = frr.vtysh("show ip ospf border-routers", "show ip ospf database router",
                             "show ip ospf database", "show ip ospf database nssa-external",
                             "show ip ospf database external")
        raise AssertionError(f"{error}: {kinds(frr)}, {database}") from None


def frr_becomes(frr, was, now):
    frr.vtysh("configure", "router ospf", *(f"no {line}" for line in FRR_LINES[was]
                                            if line not in FRR_LINES[now]), *FRR_LINES[now])


@pytest.mark.parametrize("first", ["hub", "frr"])
def test_area_becomes(hub, segment, peers, first):
    """An area of one type becomes one of another, at both routers one after the other, again and
    again: FRR has the routes of the new type and none of the former."""
    was = "normal"
    hub.push(ours(was))
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n").area_of_loopback("1"))
    expect(frr, was)
    for now in ("stub", "normal", "nssa", "normal", "totally-stub", "nssa", "stub", "nssa",
                "normal"):
        if first == "hub":
            hub.push(ours(now))
        frr_becomes(frr, was, now)
        if first == "frr":
            hub.push(ours(now))
        expect(frr, now)
        was = now


def test_external_of_frr(hub, segment, peers):
    """FRR flushes its own external LSA when its only area becomes a stub area, and does not tell of
    it again when the area is normal again, until redistribution is said anew (FRR 8.4.4). The hub
    has it as soon as FRR tells of it: nothing of the time before stands in its way."""
    for dev, words in (("out0", ("type", "veth", "peer", "name", "out1")), ("out1", ())):
        if words:
            segment.exec("frr", "ip", "link", "add", "name", dev, *words, check=False)
        segment.ip("frr", "link", "set", "dev", dev, "up")
    segment.ip("frr", "addr", "replace", "100.64.0.1/16", "dev", "out0")

    def told():
        """FRR's own LSA, in FRR."""
        return [lsa for lsa in frr.json("show ip ospf database").get("asExternalLinkStates", [])
                if lsa["lsId"] == "100.64.0.0" and lsa["advertisedRouter"] == FRR_ID
                and lsa["lsaAge"] < 3600]

    def code():
        return {r["prefix"]: r["code"] for r in hub.show("ip-route")["routes"]
                if r["protocol"] == "ospf"}.get("100.64.0.0/16")
    hub.push(ours("normal"))
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n",
                    router=" redistribute connected\n").area_of_loopback("1"))
    wait_until(lambda: code() == "O E2", WAIT, "FRR's external route")
    frr_becomes(frr, "normal", "stub")
    wait_until(lambda: not told(), WAIT, "FRR flushes its own")
    hub.push(ours("stub"))
    expect(frr, "stub")
    wait_until(lambda: code() is None, WAIT, "no external route in a stub area")
    frr_becomes(frr, "stub", "normal")
    hub.push(ours("normal"))
    expect(frr, "normal")
    frr.vtysh("configure", "router ospf", "no redistribute connected", "redistribute connected")
    wait_until(told, WAIT, "FRR tells of it again")
    wait_until(lambda: code() == "O E2", WAIT, "FRR's external route again")
