# SPDX-License-Identifier: BSD-3-Clause
"""Areas of OSPF with stock FRR: one that becomes another type while both run, NSSAs (RFC 3101) with
FRR inside and at the border, filters; see ospf_lab.py for the network.

    LAN, area 0 --- hub --- 10.1.1.0/30, area 1 --- FRR
"""
import pytest

from lab import wait_until
from ospf_lab import BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures

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


def outside(segment, *addresses):
    """Networks of FRR's where OSPF does not run, to be redistributed."""
    segment.exec("frr", "ip", "link", "add", "name", "out0", "type", "veth", "peer", "name",
                 "out1", check=False)
    for dev in ("out0", "out1"):
        segment.ip("frr", "link", "set", "dev", dev, "up")
    segment.ip("frr", "addr", "flush", "dev", "out0")
    for address in addresses:
        segment.ip("frr", "addr", "replace", address, "dev", "out0")


def codes(hub):
    return {r["prefix"]: r["code"] for r in hub.show("ip-route")["routes"]
            if r["protocol"] == "ospf" and r["installed"]}


def until(get, wanted, what):
    """get() is exactly @wanted."""
    wait_until(lambda: get() == wanted, WAIT, lambda: f"{what}: {get()}, wanted {wanted}")


def lsas(hub, kind, router):
    """{id: LSA} of one router."""
    db = hub.show("ip-ospf-database", name=kind)
    found = [lsa for area in db["areas"] for lsa in area["lsas"]] + db["as"]
    return {lsa["id"]: lsa for lsa in found if lsa["router"] == router and lsa["age_s"] < 3600}


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
    outside(segment, "100.64.0.1/16")

    def told():
        """FRR's own LSA, in FRR."""
        return [lsa for lsa in frr.json("show ip ospf database").get("asExternalLinkStates", [])
                if lsa["lsId"] == "100.64.0.0" and lsa["advertisedRouter"] == FRR_ID
                and lsa["lsaAge"] < 3600]

    def code():
        return codes(hub).get("100.64.0.0/16")
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


def nssa(**area):
    return ours("normal", areas={"1": {"type": "nssa", **area}})


def nssa_of(hub):
    return next(a for a in hub.show("ip-ospf")["areas"] if a["area"] == "0.0.0.1")["nssa"]


def test_nssa_asbr(hub, segment, peers):
    """FRR is an ASBR within the NSSA, the hub translates: by type 7 ranges that are advertised or
    not, and one by one. What FRR tells of has the P bit and an address to forward to."""
    outside(segment, "100.64.0.1/24", "100.64.1.1/24", "100.65.0.1/16", "100.66.0.1/16")
    hub.push(nssa())
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n", router=(
        " area 1 nssa\n redistribute connected metric 44\n")).area_of_loopback("1"))
    told = {"100.64.0.0", "100.64.1.0", "100.65.0.0", "100.66.0.0"}

    def type5():
        return {i: (lsa["metric"], lsa["forward"]) for i, lsa in
                lsas(hub, "external", HUB_ID).items() if i.startswith("100.6")}
    until(type5, {i: (44, "10.1.1.2") for i in told}, "one by one")
    type7 = lsas(hub, "nssa-external", FRR_ID)
    assert all(type7[i]["options"] & 8 and type7[i]["forward"] == "10.1.1.2"
               for i in told), type7
    assert nssa_of(hub)["translated"] == 4 and nssa_of(hub)["state"] == "elected"
    hub.push(nssa(**{"nssa-ranges": [
        {"prefix": "100.64.0.0/15"}, {"prefix": "100.64.1.0/24", "not-advertise": True},
        {"prefix": "100.66.0.0/16", "tag": 9}, {"prefix": "100.70.0.0/16"}]}))
    until(type5, {"100.64.0.0": (45, "0.0.0.0"), "100.66.0.0": (44, "10.1.1.2")}, "by ranges")
    ranges = {r["prefix"]: (r["active"], r["lsas"]) for r in nssa_of(hub)["ranges"]}
    assert ranges == {"100.64.0.0/15": (True, 2), "100.64.1.0/24": (False, 1),
                      "100.66.0.0/16": (False, 1), "100.70.0.0/16": (False, 0)}, ranges
    until(lambda: {p: c for p, c in codes(hub).items() if p.startswith("100.64.")},
          {"100.64.0.0/15": codes(hub).get("100.64.0.0/15"), "100.64.0.0/24": "O N2",
           "100.64.1.0/24": "O N2"}, "what is in a range is reached by its own routes")
    text = hub.cli("-c", "show ip ospf").stdout
    assert "NSSA 0.0.0.1: translator elected (candidate), 2 LSAs" in text, text
    assert "range 100.64.0.0/15: active, 2 LSAs of type 7, metric 45, type 2" in text, text
    hub.push(nssa())
    until(type5, {i: (44, "10.1.1.2") for i in told}, "one by one again")
    frr.stop(crash=True)
    until(type5, {}, "nothing to translate")


def test_nssa_borders(hub, segment, peers):
    """Hub and FRR are both border routers of the NSSA on the LAN, where BIRD tells of a network;
    their link is the backbone. FRR has the higher ID. The hub when it is told to; told no longer,
    it goes on for the stability interval, though FRR does it as well. What border routers
    redistribute is told of without P bit, and translated by nobody."""
    def push(**area):
        c = config(lan={"area": "1"},
                   wan={"area": "0", "network": "point-to-point"},
                   ospf={"redistribute": [{"source": "static"}],
                         "areas": {"1": {"type": "nssa", "translator-stability-seconds": 8,
                                         "nssa-ranges": [{"prefix": "100.64.0.0/10"}], **area}}},
                   routes=[{"prefix": OUTSIDE, "null": True}])
        hub.push(c)

    def type5(router):
        return {i for i in lsas(hub, "external", router) if i.startswith("100.")}
    push()
    outside(segment, "198.18.0.1/16")
    bird = Bird(segment, area="1", lan="priority 0;")
    path = f"{bird.dir}/bird.conf"
    with open(path) as conf:
        text = conf.read()
    for was, then in ((" area 1 {", " area 1 {\n  nssa;"), ("import all; };\n area", (
            "import all; export filter { if source = RTS_STATIC then { ospf_metric2 = 9; accept; }\n"
            " reject; }; };\n area"))):
        assert was in text
        text = text.replace(was, then)
    with open(path, "w") as conf:
        conf.write(text + "protocol static { ipv4; route 100.64.0.0/16 blackhole;\n"
                   " route 100.65.0.0/16 blackhole; }\n")
    frr = Frr(segment, lan=" ip ospf priority 1\n ip ospf area 1\n",
              link=P2P + " ip ospf area 0\n",
              router=" area 1 nssa\n redistribute connected\n")
    peers(frr, bird)
    hub.wait_state(BIRD_ID)
    wait_until(lambda: len(type5(FRR_ID)) == 2 and nssa_of(hub)["state"] == "disabled", WAIT,
               lambda: f"FRR translates: {type5(FRR_ID)}, {nssa_of(hub)}")
    until(lambda: type5(HUB_ID), set(), "the hub does not")
    # What either redistributes: by type 5, and by type 7 that stays in the area.
    assert OUTSIDE.split("/")[0] in lsas(hub, "external", HUB_ID)
    assert not lsas(hub, "nssa-external", HUB_ID)[OUTSIDE.split("/")[0]]["options"] & 8
    assert OUTSIDE.split("/")[0] not in lsas(hub, "external", FRR_ID)
    assert "198.18.0.0" in lsas(hub, "external", FRR_ID)
    assert "198.18.0.0" not in lsas(hub, "external", HUB_ID)
    push(**{"translate-always": True})
    until(lambda: (nssa_of(hub)["state"], type5(HUB_ID)), ("enabled", {"100.64.0.0"}), "always")
    push()
    until(lambda: nssa_of(hub)["state"], "deposed", "FRR takes over")
    assert type5(HUB_ID) == {"100.64.0.0"} and nssa_of(hub)["deposed_for_s"] > 0
    until(lambda: (nssa_of(hub)["state"], type5(HUB_ID)), ("disabled", set()), "time is up")
    assert len(type5(FRR_ID)) == 2
    hub.controlplane.wait_output("area 0.0.0.1: translator deposed -> disabled", WAIT)


def rule(name, seq, action, prefix, **more):
    return {"list": name, "seq": seq, "action": action, "prefix": prefix, **more}


def test_filters(hub, segment, peers):
    """A distribute-list keeps routes out of the RIB, not out of the database; filter-lists of an
    area keep type 3 LSAs from it and in it."""
    loopbacks = [f"172.20.3.{i + 1}/32" for i in range(3)]
    lists = [rule("some", 5, "deny", loopbacks[0]), rule("some", 10, "permit", "0.0.0.0/0", le=32),
             rule("lan", 5, "deny", LAN), rule("lan", 10, "permit", "0.0.0.0/0", le=32)]

    def push(area=None, **ospf):
        c = ours("normal", areas={"1": area or {}}, **ospf)
        hub.push({**c, "prefix-lists": lists})

    def summaries():
        found = next(a for a in hub.show("ip-ospf-database", name="summary")["areas"]
                     if a["area"] == "0.0.0.0")["lsas"]
        return {lsa["id"] for lsa in found if lsa["age_s"] < 3600 and lsa["id"] != "10.1.1.0"}

    def used():
        return {p for p in codes(hub) if p in loopbacks}

    def hubs(frr):
        return {p: kind for p, kind in kinds(frr).items() if p == LAN}
    all_of_them = {p.split("/")[0] for p in loopbacks}
    push()
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n", n_stubs=3)
                .area_of_loopback("1"))
    until(used, set(loopbacks), "all")
    until(lambda: hubs(frr), {LAN: "N IA"}, "the LAN in FRR")
    push(**{"distribute-list-in": "some"})
    until(used, set(loopbacks[1:]), "all but one")
    assert {r["prefix"] for r in hub.show("ip-ospf-route")["routes"]} >= set(loopbacks)
    assert summaries() == all_of_them and hub.show("ip-ospf")["routes_denied"] == 1
    text = hub.cli("-c", "show ip ospf").stdout
    assert "by prefix list some: 1 are not used" in text, text
    push({"filter-list-out": "some"})
    until(lambda: (used(), summaries()), (set(loopbacks), all_of_them - {"172.20.3.1"}), "out")
    push({"filter-list-in": "lan"})
    until(lambda: (hubs(frr), summaries()), ({}, all_of_them), "in")
    text = hub.cli("-c", "show ip ospf").stdout
    assert "Area 0.0.0.1: its filter lists keep 1 type 3 LSAs out, 0 networks in" in text, text
    # Another rule of the list is another list.
    lists[2]["action"] = "permit"
    push({"filter-list-in": "lan"})
    until(lambda: hubs(frr), {LAN: "N IA"}, "the LAN in FRR again")
    push()
    until(lambda: (used(), summaries()), (set(loopbacks), all_of_them), "all again")
