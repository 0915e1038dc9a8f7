# SPDX-License-Identifier: BSD-3-Clause
"""OSPF's types of networks with FRR and BIRD, Hellos faster than a second, keys that change while
they are in use, and a neighbour's graceful restart; see ospf_lab.py for the network."""
import json
import time

import pytest

from lab import BUILD, Pinger, stood_s, wait_until, within
from ospf_lab import (BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures)

AREA = " ip ospf area 0.0.0.0\n"
HUB, FRR, BIRD = "192.168.10.2", "192.168.10.3", "192.168.10.4"
FRR_LOOPBACK, BIRD_LOOPBACK = "172.20.3.1", "172.20.4.1"

segment, module_hub, hub, peers = ospf_fixtures("l")


def routes(hub):
    return {r["prefix"]: [(h["via"], h["interface"]) for h in r["next_hops"]]
            for r in hub.show("ip-route")["routes"] if r["protocol"] == "ospf" and r["installed"]}


def wait_route(hub, prefix, hops):
    try:
        wait_until(lambda: routes(hub).get(prefix) == hops, WAIT, f"{prefix} by {hops}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {routes(hub)}") from None


def reaches(segment, site, source, destination):
    wait_until(lambda: segment.exec(site, "ping", "-c", "1", "-W", "1", "-I", source, destination,
                                    check=False).returncode == 0, WAIT,
               f"{site}: from {source} to {destination}")


@pytest.mark.parametrize("kind", ["non-broadcast", "point-to-multipoint",
                                  "point-to-multipoint-non-broadcast"])
def test_three_without_broadcast(hub, segment, peers, kind):
    """FRR, BIRD and the hub, who have been told of each other: with a designated router (the hub),
    and as links by pairs, where routes lead to hosts. BIRD sends to those it knows, FRR to all."""
    multipoint = kind != "non-broadcast"
    listed = [{"address": a, "poll-seconds": 1} for a in (FRR, BIRD)]
    if kind == "point-to-multipoint":
        listed = []
    hub.push(config(lan={"network": kind, "priority": 200, "neighbors": listed}))
    frr_kind = "point-to-multipoint" if multipoint else "non-broadcast"
    told = "" if multipoint else "".join(f" neighbor {a} poll-interval 1\n" for a in (HUB, BIRD))
    frr, bird = peers(
        Frr(segment, lan=f" ip ospf network {frr_kind}\n" + AREA, router=told),
        Bird(segment, kind="ptmp" if multipoint else "nbma",
             lan=f"poll 1; neighbors {{ {HUB} eligible; {FRR} eligible; }};" if not multipoint
             else f"poll 1; neighbors {{ {HUB}; {FRR}; }};"))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    frr.wait_full()
    bird.wait_full()
    assert hub.interface("lan")["type"] == kind
    assert hub.interface("lan")["state"] == ("Point-to-point" if multipoint else "DR")
    wait_route(hub, f"{FRR_LOOPBACK}/32", [(FRR, "lan")])
    wait_route(hub, f"{BIRD_LOOPBACK}/32", [(BIRD, "lan")])
    reaches(segment, "frr", FRR_LOOPBACK, BIRD_LOOPBACK)
    networks = [key for key in hub.database() if key[0] == "network"]
    assert networks == ([] if multipoint else [("network", HUB, HUB_ID)])


def test_host_addresses_with_frr(hub, segment, peers):
    """A link whose ends have addresses of 32 bits, of no common network: routes go by the link."""
    c = config(wan={"network": "point-to-point"})
    c["interfaces"]["wan"]["address"] = ["10.9.9.1/32"]
    hub.push(c)
    frr = peers(Frr(segment, lan=None, link=" ip ospf network point-to-point\n" + AREA,
                    link_address="10.8.8.2/32"))
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wait_route(hub, f"{FRR_LOOPBACK}/32", [("10.8.8.2", "wan")])
    reaches(segment, "frr", FRR_LOOPBACK, HUB)


def test_host_addresses_with_bird(hub, segment, peers):
    """The same with BIRD."""
    c = config(lan={"network": "point-to-point"}, wan={"passive": True})
    c["interfaces"]["lan"]["address"] = ["10.9.9.1/32"]
    hub.push(c)
    bird = peers(Bird(segment, kind="ptp", address="10.8.8.4/32"))
    hub.wait_state(BIRD_ID)
    bird.wait_full()
    wait_route(hub, f"{BIRD_LOOPBACK}/32", [("10.8.8.4", "lan")])
    reaches(segment, "bird", BIRD_LOOPBACK, "10.1.1.1")


def test_fast_hellos(hub, segment, peers):
    """Five Hellos a second: a neighbour that dies is missed after one second."""
    hub.push(config(lan={"priority": 200, "hello-multiplier": 5}))
    frr = peers(Frr(segment, lan=" ip ospf dead-interval minimal hello-multiplier 5\n" + AREA))
    hub.wait_state(FRR_ID)
    frr.wait_full()
    for _ in range(3):      # a machine that stands still for a second loses it, as it should
        hub.wait_state(FRR_ID)
        at_first, begin = hub.neighbor(FRR_ID), time.monotonic()
        wait_until(lambda: time.monotonic() > begin + 3, WAIT, "three dead intervals")
        changes = hub.neighbor(FRR_ID)["changes"] - at_first["changes"]
        if changes == 0 or stood_s(begin) == 0:
            break
    assert changes == 0
    hub.wait_state(FRR_ID)
    assert hub.interface("lan")["hello_ms"] == 200
    wait_route(hub, f"{FRR_LOOPBACK}/32", [(FRR, "lan")])
    frr.stop(crash=True)
    within(lambda: f"{FRR_LOOPBACK}/32" not in routes(hub), 4, "its route is gone")
    assert "dead interval is over" in hub.controlplane.output()


def test_helper(hub, segment, peers):
    """FRR's ospfd is killed after it has asked for help (RFC 3623): the hub stays Full, and goes on
    sending by FRR, whose kernel forwards; then FRR is back and says so."""
    hub.push(config(lan={"priority": 200}))
    frr = peers(Frr(segment, lan=" ip ospf priority 0\n" + AREA,
                    router=" capability opaque\n graceful-restart grace-period 60\n"))
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wait_route(hub, f"{FRR_LOOPBACK}/32", [(FRR, "lan")])
    # Who has not acknowledged a change is not helped (RFC 3623 section 3.1).
    wait_until(lambda: hub.neighbor(FRR_ID)["unacknowledged"] == 0, WAIT, "FRR knows all")
    frr.vtysh("graceful-restart prepare ip ospf")
    wait_until(lambda: hub.neighbor(FRR_ID)["restarting"], WAIT, "the hub helps")
    segment.ip("bird", "address", "replace", f"{BIRD}/24", "dev", "lan")
    segment.ip("bird", "route", "replace", f"{FRR_LOOPBACK}/32", "via", HUB)
    ping = Pinger(segment.start("bird", "ping", "ping", "-i", "0.05", FRR_LOOPBACK))
    ping.wait_more(5)
    frr.exec("sh", "-c", "kill -9 $(cat /run/frr/ospfd.pid)")
    wait_until(lambda: hub.neighbor(FRR_ID)["heard_s"] > 5, WAIT, "its dead interval is over")
    assert hub.neighbor(FRR_ID)["state"] == "Full" and hub.neighbor(FRR_ID)["restarting"]
    frr.exec("sh", "-c", "/usr/lib/frr/ospfd -d && vtysh -b")
    wait_until(lambda: not hub.neighbor(FRR_ID)["restarting"], WAIT, "FRR has finished")
    assert "its graceful restart is over: it has finished" in hub.controlplane.output()
    hub.wait_state(FRR_ID)
    frr.wait_full()
    ping.wait_more(5)
    ping.stop()
    assert ping.lost() == [], "FRR is forwarding all the time"


def carrier(hub, name="lan"):
    """(what the port says, what is believed, changes that were over before the delay)."""
    found = next(i for i in hub.show("interface")["interfaces"] if i["name"] == name)
    return found["carrier"], found["link"], found["carrier_delay"]["held"]


def test_carrier_delay(hub, segment, peers):
    """The hub's port loses its carrier, FRR's does not. For less than the delay nothing happens to
    the neighbour; for longer it is lost when the delay is over, long before the dead interval; and
    without a delay at once."""
    def push(delay_ms):
        c = config(lan={"network": "point-to-point", "dead-seconds": 40})
        c["interfaces"]["lan"]["carrier-delay-down-ms"] = delay_ms
        hub.push(c)

    def port(state):
        segment.ip("sw", "link", "set", "dev", "hub-a", state)

    push(60000)
    frr = peers(Frr(segment, lan=" ip ospf network point-to-point\n"
                    " ip ospf dead-interval 40\n" + AREA))
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wait_route(hub, f"{FRR_LOOPBACK}/32", [(FRR, "lan")])
    before, held = hub.neighbor(FRR_ID)["changes"], carrier(hub)[2]
    try:
        for flaps in (1, 2):
            port("down")
            wait_until(lambda: carrier(hub)[:2] == ("down", "up"), WAIT, "a loss not believed yet")
            port("up")
            wait_until(lambda: carrier(hub) == ("up", "up", held + flaps), WAIT, "it was nothing")
        hellos = hub.interface("lan")["received"]["hello"]
        wait_until(lambda: hub.interface("lan")["received"]["hello"] > hellos + 1, WAIT, "Hellos")
        assert hub.neighbor(FRR_ID)["changes"] == before
        assert frr.state_of_hub().startswith("Full")
        wait_route(hub, f"{FRR_LOOPBACK}/32", [(FRR, "lan")])
        for delay_ms in (1000, 0):
            push(delay_ms)
            hub.wait_state(FRR_ID)
            port("down")
            wait_until(lambda: hub.neighbor(FRR_ID) is None, 20, "the neighbour is lost")
            assert carrier(hub)[:2] == ("down", "down")
            assert f"{FRR_LOOPBACK}/32" not in routes(hub)
            port("up")
            hub.wait_state(FRR_ID)
    finally:
        port("up")
    frr.wait_full()


def test_dampening(hub, segment, peers):
    """The hub's port flaps: at the third loss the interface is suppressed though the carrier is back,
    and nobody has to follow it any more; when it has been quiet FRR is Full by itself."""
    c = config(lan={"network": "point-to-point"})
    c["interfaces"]["lan"].update({"dampening-half-life-seconds": 5,
                                   "dampening-max-suppress-seconds": 10})
    hub.push(c)
    frr = peers(Frr(segment, lan=" ip ospf network point-to-point\n" + AREA))
    hub.wait_state(FRR_ID)

    def dampening():
        return next(i for i in hub.show("interface")["interfaces"]
                    if i["name"] == "lan")["dampening"]
    try:
        # As often as it takes: on a slow machine the penalty decays from one loss to the next.
        for flaps in range(1, 20):
            segment.ip("sw", "link", "set", "dev", "hub-a", "down")
            wait_until(lambda: dampening()["flaps"] >= flaps or dampening()["suppressed"], WAIT,
                       "the loss counts")
            segment.ip("sw", "link", "set", "dev", "hub-a", "up")
            wait_until(lambda: carrier(hub)[0] == "up", WAIT, "the carrier is back")
            if dampening()["suppressed"]:
                break
        wait_until(lambda: hub.neighbor(FRR_ID) is None, WAIT, "the neighbour is lost")
        text = hub.cli("-c", "show interface dampening").stdout
        assert "lan" in text and "yes" in text, text
        wait_until(lambda: not dampening()["suppressed"], WAIT, "it has been quiet")
        hub.wait_state(FRR_ID)
        frr.wait_full()
    finally:
        segment.ip("sw", "link", "set", "dev", "hub-a", "up")
    for words in ("it flaps and is suppressed", "is not suppressed any more"):
        assert words in hub.controlplane.output()


FAR, OVERLAP = 3600, 10


def chain(now, change):
    """Keys 3 and 4: 4 is sent with from @change seconds on, 3 is accepted for a while longer."""
    def at(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + seconds))
    return {"key-chains": {"lan": {"keys": {
        "3": {"algorithm": "md5", "secret": "first-secret", "send-until": at(change),
              "accept-until": at(change + OVERLAP)},
        "4": {"algorithm": "md5", "secret": "second-secret", "send-from": at(change),
              "accept-from": at(-60)}}}}}


def test_keys_change(hub, segment, peers):
    """From one key to the next at a moment that the hub and BIRD know, FRR a moment later, while
    the hub accepts both: nobody loses a neighbour. When the first key's time is over it is refused.
    (FRR accepts its newest key alone, so it is given the second one when the others send with
    it.)"""
    def send(first, second=""):
        return (f'authentication cryptographic; password "first-secret" {{ id 3; {first} }}; '
                f'password "second-secret" {{ id 4; {second} }};')

    def local(seconds):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now + seconds))
    now = int(time.time())
    hub.push(config(lan={"priority": 200, "key-chain": "lan"}, **chain(now, FAR)))
    frr, bird = peers(
        Frr(segment, lan=" ip ospf authentication message-digest\n"
            " ip ospf message-digest-key 3 md5 first-secret\n" + AREA),
        Bird(segment, lan=send("", f'generate from "{local(FAR)}";')))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    assert hub.interface("lan")["key"]["id"] == 3
    now, change = int(time.time()), 3
    bird.change(send(f'generate to "{local(change)}";', f'generate from "{local(change)}";'))
    hub.push(config(lan={"priority": 200, "key-chain": "lan"}, **chain(now, change)))
    before = {r: hub.neighbor(r)["changes"] for r in (FRR_ID, BIRD_ID)}
    wait_until(lambda: hub.interface("lan")["key"]["id"] == 4, WAIT, "the hub sends with key 4")
    frr.vtysh("configure", "interface lan", "ip ospf message-digest-key 4 md5 second-secret",
              "no ip ospf message-digest-key 3")
    # Who would still send with key 3, or want it, would be lost a dead interval later.
    wait_until(lambda: time.time() > now + change + OVERLAP + 6, WAIT, "a dead interval later")
    assert {r: hub.neighbor(r)["changes"] for r in (FRR_ID, BIRD_ID)} == before
    frr.wait_full()
    bird.wait_full()
    refused = hub.refused().get("auth-key", 0)
    frr.vtysh("configure", "interface lan", "no ip ospf message-digest-key 4",
              "ip ospf message-digest-key 3 md5 first-secret")
    wait_until(lambda: hub.refused().get("auth-key", 0) > refused, WAIT, "key 3 is refused")
    wait_until(lambda: hub.neighbor(FRR_ID) is None, WAIT, "FRR is lost")
    assert hub.neighbor(BIRD_ID)["changes"] == before[BIRD_ID]


def test_shell(hub, segment, peers):
    """debug and show in the words of IOS, while FRR and BIRD come; only what was asked for."""
    hub.push(config(lan={"priority": 200}))

    def debug(*words):
        return segment.start("hub-a", "debug", f"{BUILD}/cli/culvert", "--socket", hub.mgmt, "-c",
                             " ".join(("debug", "ip", "ospf", *words)))
    adj = debug("adj", "neighbor", FRR)
    adj.wait_output("as they come")
    frr = peers(Frr(segment, lan=AREA), Bird(segment))[0]
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    for pattern in (rf"OSPF adj lan from {FRR}: Database Description, \d+ bytes, router {FRR_ID}",
                    r"MTU 1500, flags I M MS", rf"OSPF adj lan to {FRR}: ",
                    rf"neighbor {FRR_ID} Loading -> Full|neighbor {FRR_ID} Exchange -> Full",
                    rf"router {FRR_ID} of {FRR_ID}, age \d+, sequence 0x8"):
        adj.wait_output(pattern)
    assert f"from {BIRD}" not in adj.output() and "Hello, " not in adj.output()
    adj.stop(2)
    hello = debug("hello", "interface", "lan")
    hello.wait_output(rf"OSPF hello lan to 224.0.0.5: Hello.*\n  mask 255.255.255.0, hello 1 s, "
                      r"dead 4 s.*\n  priority 200, DR .* neighbors")
    hello.wait_output(f"from {BIRD}: Hello")
    assert "Database Description" not in hello.output()
    hub.cli("-c", "undebug all")
    wait_until(lambda: not hello.alive(), WAIT, "undebug ends it")
    lsa = debug("lsa")
    lsa.wait_output("as they come")
    frr.vtysh("configure", "interface lo", "ip ospf cost 77")
    lsa.wait_output(rf"stub, id {FRR_LOOPBACK}, data 255.255.255.255, metric 77")
    lsa.wait_output(rf"LSA router {FRR_ID}.*: installed, changed")
    lsa.stop(2)
    for command, words in (
            ("show ip ospf", ["SPF throttle", "start 1 ms, hold 50 ms, max 5000 ms",
                              "LSA throttle", "at least 100 ms apart",
                              "LSAs of others", "at most 250000"]),
            ("show ip ospf interface brief", ["lan", "192.168.10.2/24", "2/2"]),
            ("show ip ospf interface lan", ["Network Type broadcast", "Hello 1, Dead 4",
                                            f"Adjacent with neighbor {FRR_ID}"]),
            ("show ip ospf neighbor detail", [f"Neighbor {FRR_ID}, interface address {FRR}",
                                              "State is Full", "retransmission queue length"]),
            ("show ip ospf database router", ["(Link ID)", f"Advertising Router: {BIRD_ID}"]),
            (f"show ip ospf database router {FRR_ID}", [f"Link State ID: {FRR_ID}", "metric 77"]),
            ("show ip ospf database self-originate", ["network"])):
        text = hub.cli("-c", command).stdout
        assert all(w in text for w in words), f"{command}: {text}"
    text = hub.cli("-c", f"show ip ospf database router adv-router {FRR_ID}").stdout
    assert BIRD_ID not in text.replace(f"Link ID) {BIRD_ID}", "")
    own = json.loads(hub.cli("--json", "-c", "show ip ospf database self-originate").stdout)
    assert all(lsa["router"] == HUB_ID for lsa in own["areas"][0]["lsas"])
    assert len(own["areas"][0]["lsas"]) == 2
