# SPDX-License-Identifier: BSD-3-Clause
"""OSPF with BIRD, and with BIRD and FRR at once: what must not fit, a virtual link, external routes
by way of a third router, who translates in an NSSA; see ospf_lab.py for the network."""
import re

import pytest

from lab import wait_until
from ospf_lab import BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures

P2P = " ip ospf network point-to-point\n"
LOOPBACK = "172.20.4.1/32"
KEY = 'authentication cryptographic; password "correct-horse" { id 3; algorithm hmac sha512; };'

segment, module_hub, hub, peers = ospf_fixtures("i")


class BirdInArea(Bird):
    """With more in its area, and outside of OSPF. @loopback: else that is in the backbone."""

    def __init__(self, segment, lan="", area="0.0.0.0", in_area="", outside="", export="",
                 loopback=True):
        super().__init__(segment, lan=lan, area=area)
        path = f"{self.dir}/bird.conf"
        with open(path) as conf:
            text = conf.read()
        stub, backbone = '  interface "lo" { stub; };\n', ""
        assert stub in text
        if not loopback:
            backbone = f" area 0 {{\n{stub} }};\n"
        for was, then in ((stub, ""), ("import all; };\n area", f"import all; {export} }};\n area"),
                          (f" area {area} {{", f"{backbone} area {area} {{"),
                          ('  interface "lan"',
                           f'{in_area}{stub if loopback else ""}  interface "lan"')):
            assert was in text
            text = text.replace(was, then)
        text += outside
        with open(path, "w") as out:
            out.write(text)

    def routes(self):
        """{prefix: (kind, next hop)} of its OSPF's."""
        out, prefix = {}, None
        for line in self.exec("birdc", "show route protocol ospf1").splitlines():
            words = line.split()
            if "unicast" in words:
                prefix = words[0] if "/" in words[0] else prefix
                kind = next((w for w in words if w in ("I", "IA", "E1", "E2")), None)
            elif words[:1] == ["via"]:
                out[prefix] = kind, words[1]
            elif words[:1] == ["dev"]:
                out[prefix] = kind, None
        return out


def codes(hub):
    """{prefix: (code, next hop)} of OSPF's routes in force."""
    return {r["prefix"]: (r["code"], r["next_hops"][0].get("via")) for r in
            hub.show("ip-route")["routes"] if r["protocol"] == "ospf" and r["installed"]}


def expect(get, wanted, what):
    """@wanted is within get()."""
    try:
        wait_until(lambda: wanted.items() <= get().items(), WAIT, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {get()}, wanted {wanted}") from None


def refused_then(hub, bird, cases, right):
    """Each of @cases, (configuration, counter, words of the log), keeps BIRD out; not @right."""
    for wrong, counter, words in cases:
        before = hub.refused().get(counter, 0)
        hub.push(wrong)
        wait_until(lambda: hub.refused().get(counter, 0) > before, WAIT, f"{counter} is counted")
        if words is not None:  # the same is not said twice in a minute
            hub.controlplane.wait_output(words, WAIT)
        neighbor = hub.neighbor(BIRD_ID)
        assert neighbor is None or neighbor["state"] != "Full"
    hub.push(right)
    hub.wait_state(BIRD_ID)
    bird.wait_full()


def test_wrong_keys(hub, segment, peers):
    """HMAC-SHA-512: a wrong secret, a key with another number, another algorithm, none at all."""
    def ours(number="3", secret="correct-horse", algorithm="hmac-sha-512"):
        return config(lan={"priority": 0, "key-chain": "lan"}, **{"key-chains": {"lan": {"keys": {
            number: {"algorithm": algorithm, "secret": secret}}}}})
    hub.push(config(lan={"priority": 0}))
    refused_then(hub, peers(BirdInArea(segment, lan=KEY)), [
        (config(lan={"priority": 0}), "auth-type", "authentication of type 2, ours is 0"),
        (ours(secret="wrong-horse"), "auth-failed", "key 3: wrong digest"),
        (ours(number="4"), "auth-key", "key 3: no such key"),
        (ours(algorithm="hmac-sha-256"), "auth-failed", None),
    ], ours())


def test_disagreement(hub, segment, peers):
    """MTU and area: both values are told. BIRD refuses a smaller MTU as well, so mtu-ignore here
    would not do: they have to be the same."""
    hub.push(config(lan={"priority": 0}, lan_mtu=1400))
    refused_then(hub, peers(BirdInArea(segment)), [
        (config(lan={"priority": 0}, lan_mtu=1400), "mtu", "its MTU is 1500, ours is 1400"),
        (config(lan={"priority": 0, "area": "0.0.0.1"}), "area",
         "area 0.0.0.0, ours is 0.0.0.1"),
    ], config(lan={"priority": 0}))


def test_virtual_link(hub, segment, peers):
    """Area 2 on the hub's link hangs on the backbone, BIRD's loopback, by area 1, the LAN."""
    c = config(lan={"area": "1", "priority": 0}, wan={"area": "2", "network": "point-to-point"},
               ospf={"areas": {"1": {"virtual-links": [
                   {"router-id": BIRD_ID, "hello-seconds": 1, "dead-seconds": 4}]}}})
    hub.push(c)
    bird = peers(BirdInArea(segment, area="1", loopback=False, in_area=(
        f"  virtual link {HUB_ID} {{ hello 1; dead 4; retransmit 2; }};\n")))
    expect(lambda: codes(hub), {LOOPBACK: ("O", "192.168.10.4")}, "the backbone's network")
    expect(bird.routes, {"10.1.1.0/30": ("IA", "192.168.10.2")}, "area 2 in BIRD")
    del c["router"]["ospf"]["1"]["areas"]
    hub.push(c)
    expect(lambda: codes(hub), {LOOPBACK: ("O IA", "192.168.10.4")}, "the summary of area 1")
    wait_until(lambda: "10.1.1.0/30" not in bird.routes(), WAIT, "area 2 is cut off")


@pytest.mark.parametrize("kind", ["external", "nssa"])
def test_forwarding_address(hub, segment, peers, kind):
    """FRR tells of a network behind a third router on the LAN, without OSPF: the hub's packets go
    there and not by FRR. From an NSSA the hub translates it, the forwarding address with it."""
    area = "1" if kind == "nssa" else "0"
    hub.push(config(lan={"area": area, "priority": 0},
                    wan={"area": "0", "network": "point-to-point"},
                    ospf={"areas": {"1": {"type": "nssa"}}} if kind == "nssa" else {}))
    frr = Frr(segment, lan=f" ip ospf area {area}\n", router=(
        " redistribute kernel metric 44\n" + (" area 1 nssa\n" if kind == "nssa" else "")))
    segment.ip("bird", "addr", "replace", "192.168.10.4/24", "dev", "lan")
    segment.ip("bird", "link", "set", "lan", "up")
    peers(frr.area_of_loopback(area) if kind == "nssa" else frr)
    hub.wait_state(FRR_ID)  # FRR looks once for a router on a LAN of OSPF's
    frr.wait_full()
    for prefix, via in (("198.51.100.0/24", "192.168.10.4"), ("203.0.113.0/24", "10.1.1.1")):
        segment.ip("frr", "route", "replace", prefix, "via", via)
    code = "O N2" if kind == "nssa" else "O E2"
    expect(lambda: codes(hub), {"198.51.100.0/24": (code, "192.168.10.4"),
                                "203.0.113.0/24": (code, "192.168.10.3")}, "FRR's networks")
    if kind == "external":
        return

    def translated():
        return {(lsa["id"], lsa["router"]): lsa["forward"] for lsa in
                hub.show("ip-ospf-database", name="external")["as"]}
    expect(translated, {("198.51.100.0", HUB_ID): "192.168.10.4"}, "the translated LSA")


def test_translator(hub, segment, peers):
    """The hub and FRR both lie between the backbone (their link) and an NSSA (the LAN) where BIRD
    tells of a network: FRR has the higher ID and translates; the hub, when it is told to, or when
    FRR is gone."""
    def ours(**area):
        return config(lan={"area": "1", "priority": 0},
                      wan={"area": "0", "network": "point-to-point"},
                      ospf={"areas": {"1": {"type": "nssa", **area}}})

    def translators():
        return {lsa["router"] for lsa in hub.show("ip-ospf-database", name="external")["as"]
                if lsa["id"].startswith("100.64.")}  # FRR's has all host bits set

    def translates():
        return [a["translator"] for a in hub.show("ip-ospf")["areas"]
                if a["area"] == "0.0.0.1"]
    hub.push(ours())
    bird = BirdInArea(segment, area="1", in_area="  nssa;\n",
                      export="export where source = RTS_STATIC;",
                      outside="protocol static { ipv4; route 100.64.0.0/16 blackhole; }\n")
    frr = Frr(segment, lan=" ip ospf priority 0\n ip ospf area 1\n",
              link=P2P + " ip ospf area 0\n", router=" area 1 nssa\n")
    peers(frr, bird)
    hub.wait_state(BIRD_ID)
    wait_until(lambda: translators() == {FRR_ID} and translates() == [False], WAIT,
               lambda: f"FRR translates: {translators()}")
    hub.push(ours(**{"translate-always": True}))
    wait_until(lambda: HUB_ID in translators() and translates() == [True], WAIT,
               lambda: f"the hub translates, too: {translators()}")
    hub.push(ours())
    wait_until(lambda: translators() == {FRR_ID}, WAIT, f"FRR alone again: {translators()}")
    frr.stop(crash=True)
    wait_until(lambda: HUB_ID in translators() and translates() == [True], WAIT,
               lambda: f"the hub translates: {translators()}")


def told_by_frr(frr):
    """{network: forwarding address} of the type 5 LSAs that FRR made of the hub's."""
    text = frr.vtysh("show ip ospf database external")
    return dict(re.findall(r"Link State ID: (\S+).*?Forward Address: (\S+)", text, re.S))


def told_by_bird(bird):
    text = bird.exec("birdc", "show ospf state all")
    return dict(re.findall(r"external (\S+)/\d+ metric2 \d+ via (\S+)", text))


@pytest.mark.parametrize("translator", ["frr", "bird"])
def test_address_to_forward_to(hub, segment, peers, translator):
    """The hub is an ASBR within an NSSA, the LAN, with the translator at its border and another
    router within: it names a loopback of the area, else a stub network, else its address on the
    LAN; another one when an interface goes. Both peers have the route all the time."""
    def push(**interfaces):
        c = config(lan={"area": "1", "priority": 0},
                   ospf={"redistribute": [{"source": "static"}],
                         "areas": {"1": {"type": "nssa"}}},
                   routes=[{"prefix": "203.0.113.0/24", "null": True}])
        for name, more in interfaces.items():
            c["interfaces"][name] = {**c["interfaces"].get(name, {}), **more}
        hub.push(c)
    push()
    inside = translator != "bird"
    bird = BirdInArea(segment, area="1", in_area="  nssa;\n", loopback=inside)
    frr = Frr(segment, lan=" ip ospf priority 1\n ip ospf area 1\n", router=" area 1 nssa\n",
              link=P2P + " ip ospf area 0\n" if inside else None)
    peers(bird, frr.area_of_loopback("0" if inside else "1"))
    hub.wait_state(BIRD_ID)
    hub.wait_state(FRR_ID)
    told = (lambda: told_by_frr(frr)) if inside else lambda: told_by_bird(bird)
    stub = {"address": ["10.1.9.1/30"], "ospf": {"area": "1", "passive": True}}
    loopback = {"address": ["172.20.2.1/32"], "ospf": {"area": "1"}}
    for interfaces, address in (({}, "192.168.10.2"), ({"wan": stub}, "10.1.9.1"),
                                ({"wan": stub, "loopback0": loopback}, "172.20.2.1"),
                                ({"loopback0": {**loopback, "enabled": False}}, "192.168.10.2"),
                                ({"loopback0": loopback}, "172.20.2.1")):
        push(**interfaces)
        expect(told, {"203.0.113.0": address}, f"forward to {address}, with {interfaces}")
        expect(bird.routes, {"203.0.113.0/24": ("E2", "192.168.10.2")}, "BIRD's route")
        expect(lambda: {p: r["routeType"].strip() for p, r in
                        frr.json("show ip ospf route").items() if "/" in p},
               {"203.0.113.0/24": "N E2"}, "FRR's route")


@pytest.mark.parametrize("kind", ["external", "nssa"])
def test_next_hop_outside(hub, segment, peers, kind):
    """The hub's static route leads to a router on the LAN that does not speak OSPF: FRR and BIRD
    send there themselves. As it moves, and when it is behind a link, to the hub again."""
    nssa = kind == "nssa"
    area = "1" if nssa else "0"

    def push(*next_hops):
        hub.push(config(lan={"area": area, "priority": 0},
                        wan=None if nssa else {"network": "point-to-point"},
                        ospf={"redistribute": [{"source": "static", "metric": 33}],
                              "areas": {"1": {"type": "nssa"}} if nssa else {}},
                        routes=[{"prefix": "203.0.113.0/24", "via": address}
                                for address in next_hops]))
    push("192.168.10.9")
    bird = BirdInArea(segment, area=area, in_area="  nssa;\n" if nssa else "")
    frr = Frr(segment, lan=f" ip ospf area {area}\n", link=P2P + " ip ospf area 0\n",
              router=" area 1 nssa\n" if nssa else "")
    peers(bird, frr)
    hub.wait_state(BIRD_ID)
    hub.wait_state(FRR_ID)

    def of_frr():
        return {p: (r["routeType"].strip(), [n["ip"].strip() for n in r["nexthops"]])
                for p, r in frr.json("show ip ospf route").items() if "/" in p}
    lan_of_hub = "192.168.10.2"
    for next_hops, told, by in ((["192.168.10.9"], "192.168.10.9", "192.168.10.9"),
                                (["192.168.10.8"], "192.168.10.8", "192.168.10.8"),
                                (["10.1.1.2"], lan_of_hub if nssa else "0.0.0.0", lan_of_hub),
                                (["192.168.10.9"], "192.168.10.9", "192.168.10.9"),
                                (["192.168.10.8", "192.168.10.9"],
                                 lan_of_hub if nssa else "0.0.0.0", lan_of_hub)):
        push(*next_hops)
        expect(lambda: told_by_frr(frr), {"203.0.113.0": told}, f"what is told of {next_hops}")
        expect(bird.routes, {"203.0.113.0/24": ("E2", by)}, f"BIRD's route by {by}")
        ways = [by] if nssa or by != lan_of_hub else [lan_of_hub, "10.1.1.1"]
        expect(lambda: {p: (k, sorted(w, reverse=True)) for p, (k, w) in of_frr().items()},
               {"203.0.113.0/24": ("N E2", ways)}, f"FRR's route by {by}")


def test_two_tell_of_one(hub, segment, peers):
    """FRR, with the higher router ID, and the hub tell of the same network behind the same router
    on the LAN, at the same cost: FRR's LSA is enough, the hub's comes back when FRR ceases."""
    def told():
        return {lsa["router"]: lsa["forward"] for lsa in
                hub.show("ip-ospf-database", name="external")["as"]
                if lsa["id"] == "203.0.113.0"}
    hub.push(config(lan={"priority": 0},
                    ospf={"redistribute": [{"source": "static", "metric": 44}]},
                    routes=[{"prefix": "203.0.113.0/24", "via": "192.168.10.4"}]))
    frr = Frr(segment, lan=" ip ospf area 0\n", router=" redistribute kernel metric 44\n")
    segment.ip("bird", "addr", "replace", "192.168.10.4/24", "dev", "lan")
    segment.ip("bird", "link", "set", "lan", "up")
    peers(frr)
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wait_until(lambda: told() == {HUB_ID: "192.168.10.4"}, WAIT, lambda: f"the hub's: {told()}")
    segment.ip("frr", "route", "replace", "203.0.113.0/24", "via", "192.168.10.4")
    wait_until(lambda: told() == {FRR_ID: "192.168.10.4"}, WAIT, lambda: f"FRR's: {told()}")
    segment.ip("frr", "route", "del", "203.0.113.0/24")
    wait_until(lambda: told() == {HUB_ID: "192.168.10.4"}, WAIT, lambda: f"again: {told()}")
