# SPDX-License-Identifier: BSD-3-Clause
"""A topology of a thousand routers, told by a speaker of its own (ospf_speaker.py): databases and
routes of the hub and of FRR compared entry by entry, with what the topology says and with each
other. And one of ten thousand, with the hub alone.

    frr 192.168.10.3 -----+ sw (bridge) --- lan [hub .10.2] wan 10.1.1.1/30 --- 10.1.1.2 speaker
    speaker 192.168.10.9 -+                                                         ptp
"""
import concurrent.futures

import pytest

from lab import wait_until
from ospf_lab import FRR_ID, HUB_ID, Frr, OspfHub, config, without_ospf
from ospf_speaker import EXTERNAL, NETWORK, ROUTER, Speaker, Topology, meet, run, sequence_of
from segment import Segment, hub_fixtures, segment_fixture

N = 1000
MANY = 10000
WAIT = 180      # ten thousand routers are work for a machine that has other things to do
WIRE_LIMIT = 100  # LSAs that may be sent a second time


class ScaleSegment(Segment):
    SITES = ("sw", "hub-a", "frr", "speaker")
    LAN = {"hub-a": "lan", "frr": "lan", "speaker": "lan"}
    NO_IPV6 = SITES

    def wire(self):
        self.veth("speaker", "ptp", "hub-a", "wan")
        self.veth("frr", "ptp", "sw", "frr-ptp")  # FRR's script wants one
        self.ip("speaker", "addr", "add", "10.1.1.2/30", "dev", "ptp")
        self.ip("speaker", "addr", "add", "192.168.10.9/24", "dev", "lan")


segment = segment_fixture(ScaleSegment, "z")
module_hub, hub = hub_fixtures(OspfHub, without_ospf)


@pytest.fixture(scope="module")
def frr(segment):
    peer = Frr(segment, lan=" ip ospf area 0.0.0.0\n ip ospf cost 10\n")
    peer.start()
    yield peer
    peer.stop(crash=True)


def entries(topology):
    """The topology's database as the others show theirs."""
    names = {ROUTER: "router", NETWORK: "network", EXTERNAL: "external"}

    def dotted(number):
        return ".".join(str(number >> k & 255) for k in (24, 16, 8, 0))
    return {(names[t], dotted(i), dotted(adv)):
            (sequence_of(lsa) & 0xffffffff, lsa[16] << 8 | lsa[17])
            for (t, i, adv), lsa in topology.lsdb.items()}


def hub_routes(hub):
    return {r["prefix"]: (r["metric"], frozenset(v["via"] for v in r["next_hops"]))
            for r in hub.show("ip-ospf-route")["routes"] if r["kind"] == "intra-area"}


def frr_routes(frr):
    return {p: (r["cost"], frozenset(v["ip"] for v in r["nexthops"]))
            for p, r in frr.json("show ip ospf route").items()
            if "/" in p and r["routeType"].strip() == "N"}


def differences(got, wanted):
    return {p: (got.get(p), w) for p, w in wanted.items() if got.get(p) != w}


def meanwhile(speaker, function):
    """What @function() returns; the speaker goes on, for on a slow machine that takes longer than
    the hub waits for a Hello."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(function)
        while not future.done():
            run([speaker], 0.02)
        return future.result()


def agree(speaker, got, wanted, what):
    """All of @wanted, or of what it returns, is in what @got() returns, in a while."""
    last = {}

    def look():
        last["wanted"] = wanted() if callable(wanted) else wanted
        last["wrong"] = differences(got(), last["wanted"])

    def there():
        run([speaker], 0.2)
        meanwhile(speaker, look)
        return not last["wrong"]
    try:
        wait_until(there, WAIT, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {len(last['wrong'])} of {len(last['wanted'])} differ: "
                             f"{list(last['wrong'].items())[:5]}") from None


def told(prefixes):
    """Those that only a topology can have."""
    return {p for p in prefixes if p.split(".")[0] in ("11", "12", "100", "203")}


def agree_hub(hub, speaker, hub_cost):
    """The hub has all LSAs and routes of the topology, and no others. What it should have."""
    topology = speaker.t
    own = meanwhile(speaker, lambda: entries(topology))
    agree(speaker, hub.database, own, "the hub has all LSAs")
    gate = (hub_cost, speaker.address)
    wanted = meanwhile(speaker, lambda: {
        p: (c, frozenset(g)) for p, (c, g) in topology.routes({0: gate}).items()})
    agree(speaker, lambda: hub_routes(hub), wanted, "the hub has all routes")
    assert told(meanwhile(speaker, lambda: hub_routes(hub))) == told(wanted)

    def installed():
        return {r["prefix"]: True for r in hub.show("ip-route")["routes"]
                if r["protocol"] == "ospf" and r["installed"]}
    agree(speaker, installed, dict.fromkeys(wanted, True), "all of them are in force")
    return wanted


def agree_everywhere(hub, frr, speaker, hub_cost, frr_cost, frr_gateway):
    own = meanwhile(speaker, lambda: entries(speaker.t))
    wanted = agree_hub(hub, speaker, hub_cost)
    agree(speaker, frr.database, own, "FRR has all LSAs")
    agree(speaker, frr.database, hub.database, "FRR has what the hub has")
    assert {k for k in hub.database() if k[0] != "network"} - set(own) == {
        ("router", rid, rid) for rid in (HUB_ID, FRR_ID)}
    agree(speaker, lambda: frr_routes(frr),
          {p: (c - hub_cost + frr_cost, frozenset([frr_gateway])) for p, (c, _) in wanted.items()},
          "FRR has all routes")


@pytest.mark.parametrize("lan", [False, True], ids=["point-to-point", "broadcast"])
def test_thousand_routers(hub, frr, segment, lan):
    """The speaker on a link, so that FRR learns all by the hub; and on the LAN of both."""
    hub.push(config(wan=None if lan else {"network": "point-to-point", "cost": 7},
                    lan={"cost": 10}))
    frr.wait_full()
    topology = Topology(N, seed=3 + lan, n_externals=20)
    where = {"interface": "lan", "address": "192.168.10.9", "mask": 24} if lan else \
        {"interface": "ptp", "address": "10.1.1.2", "mask": 30}
    speaker = Speaker(topology, 0, segment.prefix + "speaker", lan=lan, **where)
    try:
        meet([speaker], n_neighbors=2 if lan else 1)
        hub_cost, frr_cost = (10, 10) if lan else (7, 17)
        frr_gateway = speaker.address if lan else "192.168.10.2"
        agree_everywhere(hub, frr, speaker, hub_cost, frr_cost, frr_gateway)
        # One LSA that changes the cost of most routes, and one with a new network.
        run([speaker], 1.2)
        speaker.flood(topology.cost_out(0, 500))
        topology.stubs[N // 2]["203.0.113.0/24"] = 5
        speaker.flood(topology.originate(N // 2))
        run([speaker], 0.5)
        agree_everywhere(hub, frr, speaker, hub_cost, frr_cost, frr_gateway)
        assert speaker.n_retransmitted < WIRE_LIMIT, "the hub does not acknowledge"
        feed = hub.show("ip-ospf-statistics")["feed"]
        assert feed["prefixes"] >= len(topology.links) and feed["waiting"] == 0
    finally:
        speaker.close()


def test_ten_thousand_routers(hub, segment):
    """Some 36,000 routes over links and a thousand LANs, cold and after one LSA that moves most of
    them."""
    hub.push(config(lan={"cost": 10}))
    topology = Topology(MANY, seed=6, n_externals=20, n_lans=MANY // 10)
    speaker = Speaker(topology, 0, segment.prefix + "speaker", "lan", "192.168.10.9", mask=24,
                      lan=True)
    try:
        meet([speaker])
        assert len(agree_hub(hub, speaker, 10)) > 3 * MANY
        run([speaker], 1.2)
        speaker.flood(topology.cost_out(0, 500))
        topology.stubs[MANY // 2]["203.0.113.0/24"] = 5
        speaker.flood(topology.originate(MANY // 2))
        agree_hub(hub, speaker, 10)
    finally:
        speaker.close()
