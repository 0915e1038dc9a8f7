# SPDX-License-Identifier: BSD-3-Clause
"""OSPF's routes with stock FRR: into our table and the dataplane, ours in its table, areas of each
type with either as border router; see ospf_lab.py for the network."""
import pytest

from lab import wait_until
from ospf_lab import FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures

P2P = " ip ospf network point-to-point\n"
FRR_LOOPBACK = "172.20.3.1/32"


segment, module_hub, hub, peers = ospf_fixtures("r")


def setup(lan_area="0", wan_area="0", ospf=None, **more):
    """@lan_area None: no OSPF on the hub's LAN."""
    c = config(lan={"area": lan_area or "0"}, wan={"area": wan_area, "network": "point-to-point"},
               ospf=ospf, **more)
    if lan_area is None:
        del c["interfaces"]["lan"]["ospf"]
    return c


def routes(hub):
    return {r["prefix"]: r for r in hub.show("ip-route")["routes"] if r["protocol"] == "ospf"}


def codes(hub):
    return {p: r["code"] for p, r in routes(hub).items() if r["installed"]}


def frr_routes(frr):
    """{prefix: (type, metric, tag)} of what FRR's OSPF has computed."""
    found = frr.json("show ip ospf route")
    return {p: (r.get("routeType", "").strip(), r.get("cost"), r.get("tag"))
            for p, r in found.items() if "/" in p}


def expect(get, wanted, what):
    """@wanted is within get()."""
    def there():
        got = get()
        return all(got.get(p) == v for p, v in wanted.items())
    try:
        wait_until(there, WAIT, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {get()}, wanted {wanted}") from None


def gone(get, prefix):
    try:
        wait_until(lambda: prefix not in get(), WAIT, f"{prefix} is gone")
    except AssertionError as error:
        raise AssertionError(f"{error}: {get()}") from None


def outside(segment):
    """A network of FRR's where OSPF does not run, to be redistributed."""
    segment.exec("frr", "ip", "link", "add", "name", "out0", "type", "veth", "peer", "name",
                 "out1", check=False)
    segment.ip("frr", "addr", "replace", "100.64.0.1/16", "dev", "out0")
    for dev in ("out0", "out1"):
        segment.ip("frr", "link", "set", "dev", dev, "up")


def pings(segment, site, address):
    return segment.exec(site, "ping", "-c", "1", "-W", "1", address, check=False).returncode == 0


def test_routes_both_ways(hub, segment, peers):
    """FRR's networks are installed and packets follow them; ours, redistributed, are FRR's."""
    static = [{"prefix": "203.0.113.0/24", "via": "192.168.10.4", "tag": 77},
              {"prefix": "198.51.100.0/24", "null": True},
              {"prefix": "172.20.3.1/32", "via": "192.168.10.4", "distance": 200},
              {"prefix": "198.51.100.128/25", "null": True}]
    rules = [{"list": "out", "seq": 5, "action": "deny", "prefix": "198.51.100.0/24", "ge": 25},
             {"list": "out", "seq": 10, "action": "permit", "prefix": "0.0.0.0/0", "le": 32}]
    hub.push(setup(ospf={"redistribute": [{"source": "static", "metric": 33, "metric-type": 1,
                                           "prefix-list": "out"}],
                         "default-information": [{"always": True, "metric": 5}]},
                   routes=static, **{"prefix-lists": rules}))
    router = " redistribute connected metric 44\n"
    outside(segment)
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 0\n", router=router))
    segment.ip("frr", "link", "set", "dev", "lan", "down")
    expect(lambda: codes(hub), {FRR_LOOPBACK: "O", "100.64.0.0/16": "O E2"}, "FRR's routes")
    assert routes(hub)["100.64.0.0/16"]["metric"] == 44
    hop = routes(hub)[FRR_LOOPBACK]["next_hops"][0]
    assert (hop["via"], hop["interface"]) == ("10.1.1.2", "wan")
    expect(lambda: {p: v[0] for p, v in frr_routes(frr).items()},
           {"203.0.113.0/24": "N E1", "198.51.100.0/24": "N E1", "0.0.0.0/0": "N E2",
            "192.168.10.0/24": "N"}, "our routes in FRR")
    got = frr_routes(frr)
    assert "198.51.100.128/25" not in got
    assert got["203.0.113.0/24"][2] == 77
    # Through the hub: from the LAN to FRR's loopback and back by what FRR has learned.
    segment.ip("bird", "addr", "replace", "192.168.10.4/24", "dev", "lan")
    segment.ip("bird", "route", "replace", "172.20.3.1/32", "via", "192.168.10.2")
    wait_until(lambda: pings(segment, "bird", "172.20.3.1"), WAIT, "a ping through the hub")
    # What the calculation says of itself, and the shell's form of it.
    log = hub.show("ip-ospf-statistics")
    assert log["spf_runs"] > 0 and log["log"][-1]["trigger"]
    found = {r["prefix"]: r for r in hub.show("ip-ospf-route")["routes"]}
    assert found["100.64.0.0/16"]["kind"] == "external-2"
    assert found["10.1.1.0/30"]["direct"]
    for command, words in (("show ip ospf route", ["100.64.0.0/16", "external-2", "10.1.1.2, wan"]),
                           ("show ip ospf statistics", ["Dijkstra", "To the dataplane: "]),
                           ("show ip ospf border-routers", ["10.255.255.3", "ASBR"]),
                           ("show ip route 172.20.3.1", ["O", "the lowest distance"]),
                           ("show ip route recursive", ["no route is suppressed"])):
        text = hub.cli("-c", command).stdout
        assert all(w in text for w in words), f"{command}: {text}"
    # A floating route lies below OSPF's, and takes over when OSPF's goes.
    lines = [r for r in hub.show("ip-route")["routes"] if r["prefix"] == FRR_LOOPBACK]
    assert [(r["code"], r["installed"]) for r in lines] == [("O", True), ("S", False)]
    assert "better distance" in lines[1]["why"]
    # What is taken back is gone there.
    hub.push(setup())
    gone(lambda: frr_routes(frr), "203.0.113.0/24")
    gone(lambda: frr_routes(frr), "0.0.0.0/0")
    # And with FRR go its routes.
    frr.stop(crash=True)
    gone(lambda: codes(hub), FRR_LOOPBACK)
    segment.ip("frr", "link", "set", "dev", "lan", "up")


@pytest.mark.parametrize("kind", ["normal", "stub", "totally-stub", "nssa"])
def test_border_router(hub, segment, peers, kind):
    """The hub between the backbone on its LAN and an area with FRR in it."""
    area = {"normal": {}, "stub": {"type": "stub", "default-cost": 7},
            "totally-stub": {"type": "stub", "no-summary": True, "default-cost": 7},
            "nssa": {"type": "nssa", "default-information-originate": True,
                     "default-cost": 7}}[kind]
    line = {"normal": "", "stub": " area 1 stub\n", "totally-stub": " area 1 stub\n",
            "nssa": " area 1 nssa\n redistribute connected metric 44\n"}[kind]
    outside(segment)
    hub.push(setup(wan_area="1", ospf={
        "redistribute": [{"source": "static"}], **({"areas": {"1": area}} if area else {})},
        routes=[{"prefix": "203.0.113.0/24", "null": True}]))
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n",
                   router=line).area_of_loopback("1"))
    expect(lambda: codes(hub), {FRR_LOOPBACK: "O"}, "FRR's loopback")

    def kinds():
        return {p: v[0] for p, v in frr_routes(frr).items()}
    wanted = {"normal": {"192.168.10.0/24": "N IA", "203.0.113.0/24": "N E2"},
              "stub": {"192.168.10.0/24": "N IA", "0.0.0.0/0": "N IA"},
              "totally-stub": {"0.0.0.0/0": "N IA"},
              "nssa": {"192.168.10.0/24": "N IA", "0.0.0.0/0": "N E2"}}[kind]
    expect(kinds, wanted, f"routes in an area that is {kind}")
    if kind in ("stub", "totally-stub"):
        gone(kinds, "203.0.113.0/24")
    if kind == "totally-stub":
        gone(kinds, "192.168.10.0/24")
    if kind == "nssa":
        expect(lambda: codes(hub), {"100.64.0.0/16": "O N2"}, "FRR's type 7 route")
        # Translated: there is a type 5 LSA of ours for it.
        def translated():
            return [lsa for lsa in hub.show("ip-ospf-database")["as"]
                    if lsa["type"] == "external" and lsa["id"] == "100.64.0.0"]
        wait_until(translated, WAIT, "the translated LSA")


def test_virtual_link(hub, segment, peers):
    """Area 2 on the hub's LAN hangs on the backbone, behind FRR, by a virtual link through area
    1."""
    hub.push(setup(lan_area="2", wan_area="1", ospf={"areas": {"1": {"virtual-links": [
        {"router-id": "10.255.255.3", "hello-seconds": 1, "dead-seconds": 4}]}}}))
    frr = peers(Frr(segment, lan=None, link=P2P + " ip ospf area 1\n", router=(
        " area 1 virtual-link 10.255.255.2\n"
        " area 1 virtual-link 10.255.255.2 hello-interval 1 dead-interval 4\n")))
    expect(lambda: codes(hub), {FRR_LOOPBACK: "O"}, "the backbone's network in the hub")
    expect(lambda: {p: v[0] for p, v in frr_routes(frr).items()}, {"192.168.10.0/24": "N IA"},
           "area 2 in FRR")
    # Without it area 2 is cut off, and the hub takes the way that area 1 is told of.
    hub.push(setup(lan_area="2", wan_area="1"))
    expect(lambda: codes(hub), {FRR_LOOPBACK: "O IA"}, "the summary of area 1 in the hub")
    gone(lambda: frr_routes(frr), "192.168.10.0/24")


@pytest.mark.parametrize("kind", ["stub", "totally-stub", "nssa"])
def test_inside(hub, segment, peers, kind):
    """FRR is the border router, the hub is in the area."""
    area = {"stub": {"type": "stub"}, "totally-stub": {"type": "stub"},
            "nssa": {"type": "nssa"}}[kind]
    line = {"stub": " area 1 stub\n", "totally-stub": " area 1 stub no-summary\n",
            "nssa": " area 1 nssa\n"}[kind]
    hub.push(setup(lan_area=None, wan_area="1", ospf={
        "areas": {"1": area}, "redistribute": [{"source": "static"}] if kind == "nssa" else []},
        routes=[{"prefix": "203.0.113.0/24", "null": True}]))
    frr = peers(Frr(segment, lan=" ip ospf area 0\n", link=P2P + " ip ospf area 1\n", router=line))
    wanted = {"stub": {"0.0.0.0/0": "O IA", FRR_LOOPBACK: "O IA"},
              "totally-stub": {"0.0.0.0/0": "O IA"}, "nssa": {FRR_LOOPBACK: "O IA"}}[kind]
    expect(lambda: codes(hub), wanted, f"routes in an area that is {kind}")
    if kind == "totally-stub":
        gone(lambda: codes(hub), FRR_LOOPBACK)
    if kind == "nssa":
        expect(lambda: {p: v[0] for p, v in frr_routes(frr).items()},
               {"203.0.113.0/24": "N E2"}, "our type 7 route in FRR")


@pytest.mark.parametrize("scope,kind,number", [("area", "opaque-area", "000a"),
                                               ("as", "opaque-as", "000b")])
def test_opaque(hub, segment, peers, scope, kind, number):
    """FRR's opaque LSAs (RFC 5250), of the area or of the AS, reach BIRD, which is adjacent to the
    hub alone."""
    c = setup()
    c["interfaces"]["lan"]["ospf"]["priority"] = 200
    hub.push(c)
    bird = peers(Frr(segment, lan=" ip ospf priority 0\n ip ospf area 0\n",
                     router=f" capability opaque\n router-info {scope}\n"),
                 Bird(segment, lan="priority 0;"))[1]

    def ours():
        db = hub.show("ip-ospf-database", name=kind)
        return [(lsa["id"], lsa["router"], lsa["opaque_type"]) for lsa in
                [lsa for area in db["areas"] for lsa in area["lsas"]] + db["as"]]

    def birds():
        return [tuple(line.split()[1:3]) for line in bird.exec("birdc", "show ospf lsadb")
                .splitlines() if line.split()[:1] == [number]]
    wait_until(lambda: ours() == [("4.0.0.0", FRR_ID, 4)], WAIT, "the hub has it")
    wait_until(lambda: birds() == [("4.0.0.0", FRR_ID)], WAIT, "BIRD has it")


def test_recursive_routing(hub, segment, peers):
    """A route into a tunnel covers the tunnel's own far end: it is suppressed, the tunnel stays up,
    one line says so."""
    c = setup(lan_area=None)
    c["tunnels"] = {"t1": {"source": "10.1.1.1", "destination": "172.20.3.1",
                           "address": "10.255.9.1/30"}}
    c["routes"] = [{"prefix": "0.0.0.0/0", "via": "10.1.1.2"},
                   {"prefix": "172.20.0.0/16", "interface": "t1"}]
    del c["interfaces"]["wan"]["ospf"]
    hub.push(c)
    frr = peers(Frr(segment, lan=None, link=None))
    wait_until(lambda: hub.tunnel("t1")["state"] == "up", WAIT, f"t1 is up: {hub.tunnel('t1')}")
    found = hub.show("ip-route-recursive")["recursive"]
    assert [(r["prefix"], r["into"], r["destination"], r["uses"]) for r in found] == [
        ("172.20.0.0/16", "t1", "172.20.3.1", "0.0.0.0/0")]
    route = [r for r in hub.show("ip-route")["routes"] if r["prefix"] == "172.20.0.0/16"][0]
    assert not route["installed"] and "recursive routing" in route["why"]
    lines = [line for line in hub.controlplane.output().splitlines()
             if "recursive routing" in line and "172.20.0.0/16" in line]
    assert len(lines) == 1 and "172.20.3.1/32" in lines[0], lines
    assert "172.20.0.0/16" in hub.cli("-c", "show ip route recursive").stdout
    # Pinned, the far end is no longer behind that route, which is used then.
    c["tunnels"]["t1"]["destination-next-hop"] = "10.1.1.2"
    hub.push(c)
    assert hub.show("ip-route-recursive")["recursive"] == []
    assert hub.tunnel("t1")["state"] == "up"
    frr.stop(crash=True)


def test_tracked_route(hub, peers):
    """Objects that follow a route of OSPF's: whether it is there, whether its metric is low enough,
    lists of both by weight and percentage, and a delay."""
    route = {"route": FRR_LOOPBACK}
    both = [{"object": "there", "weight": 2}, {"object": "near", "weight": 3}]
    c = config(lan={"priority": 0, "cost": 10})
    c["tracks"] = {"there": route, "near": {**route, "metric-max": 100},
                   "all": {"threshold": "percentage", "objects": both, "threshold-up": 100,
                           "threshold-down": 50},
                   "some": {"threshold": "weight", "objects": both, "threshold-up": 5,
                            "threshold-down": 1},
                   "later": {**route, "metric-max": 100, "delay-down-seconds": 2}}
    hub.push(c)

    def state():
        return {t["name"]: t["state"] for t in hub.show("track")["tracks"]}

    def expect_up(*names):
        wanted = {name: "up" if name in names else "down" for name in c["tracks"]}
        wait_until(lambda: state() == wanted, WAIT, f"{wanted}: {hub.show('track')}")
    expect_up()
    frr = peers(Frr(hub.lab, lan=" ip ospf area 0.0.0.0\n"))
    expect_up("there", "near", "all", "some", "later")
    c["interfaces"]["lan"]["ospf"]["cost"] = 200
    hub.push(c)
    expect_up("there", "some", "later")     # weight 2 is above what "some" goes down at
    expect_up("there", "some")
    why = {t["name"]: t["why"] for t in hub.show("track")["tracks"]}
    assert "above 100" in why["near"] and "weight 2" in why["some"], why
    events = [e for e in hub.show("events", source="track")["events"] if e["to"] == "down"]
    at = {e["object"]: e["time_ms"] for e in events}
    assert at["later"] - at["near"] >= 1900, events
    frr.stop(crash=True)
    expect_up()


def area_database(hub, number):
    """{(type, id, router): (sequence, checksum)} of one area, and which of them are at MaxAge."""
    lsas = [lsa for area in hub.show("ip-ospf-database")["areas"] if area["area"] == number
            for lsa in area["lsas"] if not lsa["type"].startswith("opaque")]
    return ({(lsa["type"], lsa["id"], lsa["router"]):
             (int(lsa["sequence"], 16), int(lsa["checksum"], 16)) for lsa in lsas},
            [lsa["id"] for lsa in lsas if lsa["age_s"] >= 3600])


def test_changes(hub, peers):
    """An area range, max-metric (RFC 6987) and prefix suppression (RFC 6860), pushed, taken back
    and pushed again: FRR has our LSAs as we have them, and nothing that was flushed stays."""
    lan, wide, wan = "192.168.10.0/24", "192.168.0.0/16", "10.1.1.0"

    def push(*said, ranges=()):
        c = setup(wan_area="1", ospf={
            "lsa-max-ms": 1000, "areas": {"0": {"ranges": [{"prefix": p} for p in ranges]}},
            **{word: True for word in said}})
        c["interfaces"]["wan"]["ospf"]["cost"] = 10
        hub.push(c)

    def links():
        """{(type, id): metric} of our router-LSA in area 1."""
        found = hub.show("ip-ospf-database", name="router")["areas"]
        return {(link["type"], link["id"]): link["metric"] for area in found
                if area["area"] == "0.0.0.1" for lsa in area["lsas"] if lsa["router"] == HUB_ID
                for link in lsa["links"]}

    def agree(summary, metric=10, stub=True):
        """What FRR is told of the LAN, our link's metric, and whether the link's network is told
        of."""
        wanted = {("point-to-point", FRR_ID): metric, **({("stub", wan): 10} if stub else {})}
        told = {p: "N IA" for p in (lan, wide) if p == summary}

        def there():
            ours, flushed = area_database(hub, "0.0.0.1")
            kinds = {p: v[0] for p, v in frr_routes(frr).items() if p in (lan, wide)}
            return (not flushed and ours == frr.database() and links() == wanted
                    and kinds == told)
        try:
            wait_until(there, WAIT, f"{told}, {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {area_database(hub, '0.0.0.1')}, {frr.database()}, "
                                 f"{links()}, {frr_routes(frr)}") from None

    push()
    frr = peers(Frr(hub.lab, lan=None, link=P2P + " ip ospf area 1\n").area_of_loopback("1"))
    agree(lan)
    push(ranges=[wide])
    agree(wide)
    push("max-metric")
    agree(lan, metric=65535)
    push("prefix-suppression")
    agree(None, stub=False)
    # Back and forth: what comes last is what holds.
    push()
    push(ranges=[wide])
    push("prefix-suppression", "max-metric")
    push()
    push("prefix-suppression", ranges=[wide])
    agree(None, stub=False)
    push()
    agree(lan)


def test_lost_interface(hub, segment, peers):
    """Many routes over a link, and another way over the LAN. The link's carrier is lost: its group
    of routes drops, and is sent the other way when OSPF has calculated; none goes by itself."""
    n = 150
    c = setup()
    c["interfaces"]["wan"]["ospf"]["cost"] = 5
    c["interfaces"]["lan"]["ospf"]["cost"] = 10
    hub.push(c)
    peers(Frr(segment, lan=" ip ospf area 0\n", link=P2P + " ip ospf area 0\n", n_stubs=n))
    stubs = {f"172.20.3.{i + 1}/32" for i in range(n)}

    def over(interface):
        found = routes(hub)
        return all(p in found and found[p]["installed"] and
                   [v["interface"] for v in found[p]["next_hops"]] == [interface] for p in stubs)
    # FRR tells of the LAN up to 5 s after it is Full there (MinLSInterval).
    wait_until(lambda: over("wan") and all(
        "transit" in [link["type"] for link in hub.links_of(who)] for who in (HUB_ID, FRR_ID)),
        WAIT, "all by the link, and the LAN known to be another way")
    before = hub.show("ip-ospf-statistics")["feed"]
    segment.ip("frr", "link", "set", "dev", "ptp", "down")
    wait_until(lambda: over("lan"), WAIT, "all by the LAN")
    after = hub.show("ip-ospf-statistics")["feed"]
    assert after["groups"] > before["groups"], (before, after)


def test_tracked_metric(hub, segment, peers):
    """FRR changes a cost: an object with two thresholds is down above the upper one and up again at
    the lower one, between them as it was; one with a single threshold follows."""
    c = config(lan={"priority": 0, "cost": 10})
    c["tracks"] = {"two": {"route": "172.20.3.1/32", "metric-up": 20, "metric-down": 40},
                   "one": {"route": "172.20.3.1/32", "metric-max": 20}}
    hub.push(c)
    frr = peers(Frr(segment, lan=" ip ospf area 0.0.0.0\n"))

    def states():
        return {t["name"]: t["state"] for t in hub.show("track")["tracks"]}
    for cost, two, one in ((5, "up", "up"), (25, "up", "down"), (30, "down", "down"),
                           (25, "down", "down"), (10, "up", "up")):
        frr.vtysh("configure", "interface lo", f"ip ospf cost {cost}")
        wait_until(lambda: [r["metric"] for r in hub.show("ip-route")["routes"]
                            if r["prefix"] == "172.20.3.1/32"] == [10 + cost], WAIT,
                   f"the metric is {10 + cost}")
        wait_until(lambda: states() == {"two": two, "one": one}, WAIT,
                   lambda: f"at {10 + cost}: {states()}")
    events = [e for e in hub.show("events", source="track")["events"] if e["object"] == "two"]
    assert [e["to"] for e in events] == ["up", "down", "up"]
    assert "is 40: up at 20, down at 40" in events[1]["why"]
