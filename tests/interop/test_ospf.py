# SPDX-License-Identifier: BSD-3-Clause
"""OSPF with stock FRR and BIRD; see ospf_lab.py for the network."""
import copy

import pytest

from lab import wait_until
from ospf_lab import (BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures,
                      without_ospf)

AREA = " ip ospf area 0.0.0.0\n"
P2P = " ip ospf network point-to-point\n" + AREA


segment, module_hub, hub, peers = ospf_fixtures("o")


def wait_same_database(hub, frr):
    def same():
        ours, theirs = hub.database(), frr.database()
        return ours == theirs and len(ours) > 0
    try:
        wait_until(same, WAIT, "the hub's database is FRR's")
    except AssertionError as error:
        raise AssertionError(f"{error}:\n{hub.database()}\n{frr.database()}") from None


def test_lan_and_link_with_frr(hub, segment, peers):
    """Broadcast and point-to-point at once; the databases are the same, entry by entry."""
    hub.push(config(lan={"priority": 0}, wan={"network": "point-to-point"}))
    frr = peers(Frr(segment, lan=AREA, link=P2P))
    wait_until(lambda: [n["state"] for n in hub.show("ip-ospf-neighbor")["neighbors"]] ==
               ["Full", "Full"], WAIT, "both adjacencies are Full")
    frr.wait_full()
    wait_same_database(hub, frr)
    assert hub.interface("lan")["state"] == "DROther"
    assert hub.interface("wan")["state"] == "Point-to-point"
    assert hub.show("ip-ospf-database")["areas"][0]["lsas"]


def test_designated_router_both_ways(hub, segment, peers):
    """FRR and BIRD on the LAN: the hub as DR, then as neither; and when the DR dies."""
    hub.push(config(lan={"priority": 200}))
    frr, bird = peers(Frr(segment, lan=" ip ospf priority 1\n" + AREA),
                      Bird(segment, lan="priority 1;"))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    wait_until(lambda: hub.interface("lan")["state"] == "DR", WAIT, "the hub is DR")
    frr.wait_full()
    bird.wait_full()
    wait_same_database(hub, frr)
    networks = [key for key in hub.database() if key[0] == "network"]
    assert networks == [("network", "192.168.10.2", HUB_ID)]
    # Taken off the network it says good-bye, and the two agree on another.
    hub.push(without_ospf())
    wait_until(lambda: HUB_ID not in frr.neighbors(), WAIT, "FRR has forgotten the hub")
    hub.push(config(lan={"priority": 0}))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    assert hub.interface("lan")["state"] == "DROther"
    wait_same_database(hub, frr)
    # The DR dies without a word.
    dead, left = ((frr, BIRD_ID) if hub.interface("lan")["dr"] == "192.168.10.3"
                  else (bird, FRR_ID))
    was = hub.interface("lan")["dr"]
    dead.stop(crash=True)
    wait_until(lambda: hub.interface("lan")["dr"] not in (None, was), WAIT, "there is a new DR")
    hub.wait_state(left)


def test_loopback(hub, segment, peers):
    """A loopback interface: its address becomes the router ID, FRR has a host route to it, and
    reaches it by the LAN and, without the LAN, by the other link. It goes with "shutdown"."""
    ours = config(lan={"priority": 0}, wan={"network": "point-to-point"})
    del ours["router"]["ospf"]["1"]["router-id"]
    ours["interfaces"]["loopback0"] = {"address": ["172.20.2.1/32"], "ospf": {"area": "0"}}
    hub.push(ours)
    frr = peers(Frr(segment, lan=AREA,
                    link=AREA + " ip ospf network point-to-point\n ip ospf cost 50\n"))

    def way():
        return segment.exec("frr", "ip", "route", "get", "172.20.2.1", check=False).stdout
    assert hub.show("ip-ospf")["router_id"] == "172.20.2.1"
    assert hub.interface("loopback0")["state"] == "Loopback"
    for dev, far in (("lan", "192.168.10.2"), ("ptp", "10.1.1.1")):
        wait_until(lambda: f"via {far} dev {dev}" in way(), WAIT, f"FRR's way is {dev}: {way()}")
        frr.exec("ping", "-c", "3", "-i", "0.1", "-W", "2", "172.20.2.1")
        segment.ip("frr", "link", "set", "lan", "down")
    segment.ip("frr", "link", "set", "lan", "up")
    assert "loopback0" in hub.cli("-c", "show interface").stdout
    ours["interfaces"]["loopback0"]["enabled"] = False
    ours["router"]["ospf"]["1"]["router-id"] = "172.20.2.1"
    hub.push(ours)
    wait_until(lambda: "172.20.2.1 via" not in way(), WAIT, f"FRR has no way to it: {way()}")


@pytest.mark.parametrize("kind", ["md5", "text"])
def test_authentication_with_frr(hub, segment, peers, kind):
    """MD5 and a password; a wrong key keeps them apart, and both values are in the log."""
    ours = {"md5": {"authentication": "message-digest",
                    "message-digest-keys": {"7": {"secret": "correct-horse"}}},
            "text": {"authentication": "text", "authentication-key": "horse"}}[kind]
    theirs = {"md5": " ip ospf authentication message-digest\n"
                     " ip ospf message-digest-key 7 md5 correct-horse\n",
              "text": " ip ospf authentication\n ip ospf authentication-key horse\n"}[kind]
    hub.push(config(lan={"priority": 0, **ours}))
    frr = peers(Frr(segment, lan=theirs + AREA))
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wrong = copy.deepcopy(config(lan={"priority": 0, **ours}))
    if kind == "md5":
        wrong["interfaces"]["lan"]["ospf"]["message-digest-keys"]["7"]["secret"] = "wrong"
    else:
        wrong["interfaces"]["lan"]["ospf"]["authentication-key"] = "wrong"
    before = hub.refused().get("auth-failed", 0)
    hub.push(wrong)
    wait_until(lambda: hub.neighbor(FRR_ID) is None, WAIT, "the adjacency is gone")
    assert hub.refused()["auth-failed"] > before
    hub.push(config(lan={"priority": 0, **ours}))
    hub.wait_state(FRR_ID)


@pytest.mark.parametrize("sha", ["1", "256", "384", "512"])
def test_hmac_sha_with_bird(hub, segment, peers, sha):
    """RFC 5709, the key from a key chain; after a restart the hub's packets are taken at once."""
    chain = {"key-chains": {"lan": {"keys": {"3": {"algorithm": f"hmac-sha-{sha}",
                                                   "secret": "correct-horse"}}}}}
    hub.push(config(lan={"priority": 0, "key-chain": "lan"}, **chain))
    bird = peers(Bird(segment, lan='authentication cryptographic; password "correct-horse" '
                      f'{{ id 3; algorithm hmac sha{sha}; }};'))
    hub.wait_state(BIRD_ID)
    bird.wait_full()
    if sha == "256":
        hub.call("clear", what="ip-ospf-process")
        wait_until(lambda: (n := hub.neighbor(BIRD_ID)) and n["state"] == "Full" and
                   n["state_age_s"] < 30, WAIT, "Full again")
        bird.wait_full()


def test_restarts(hub, segment, peers):
    """FRR is killed and comes back; the hub's control plane is killed and comes back."""
    hub.push(config(lan={"priority": 0}))
    frr = peers(Frr(segment, lan=AREA))
    hub.wait_state(FRR_ID)
    frr.stop(crash=True)
    wait_until(lambda: hub.neighbor(FRR_ID) is None, WAIT, "FRR is gone")
    assert "dead interval is over" in hub.controlplane.output()
    frr.start()
    hub.wait_state(FRR_ID)
    wait_same_database(hub, frr)
    hub.controlplane.kill()
    hub.start_controlplane(config(lan={"priority": 0}))
    hub.wait_attached()
    hub.wait_state(FRR_ID)
    frr.wait_full()
    wait_same_database(hub, frr)


def test_mtu_mismatch(hub, segment, peers):
    """Both values are told; mtu-ignore makes it work."""
    hub.push(config(lan={"priority": 0}, lan_mtu=1400))
    frr = peers(Frr(segment, lan=" ip ospf mtu-ignore\n" + AREA))
    hub.controlplane.wait_output("its MTU is 1500, ours is 1400", WAIT)
    assert hub.neighbor(FRR_ID)["state"] == "ExStart"
    hub.push(config(lan={"priority": 0, "mtu-ignore": True}, lan_mtu=1400))
    hub.wait_state(FRR_ID)
    frr.wait_full()


def test_disagreement(hub, segment, peers):
    """Another area, another interval, a duplicate router ID: refused by name, with both values."""
    hub.push(config(lan={"priority": 0, "area": "0.0.0.1"}))
    frr = peers(Frr(segment, lan=AREA))
    hub.controlplane.wait_output("area 0.0.0.0, ours is 0.0.0.1", WAIT)
    hub.push(config(lan={"priority": 0, "hello-seconds": 2, "dead-seconds": 8}))
    hub.controlplane.wait_output("hello interval 1 s, ours is 2 s", WAIT)
    hub.push(config(lan={"priority": 0}, ospf={"router-id": FRR_ID}))
    hub.controlplane.wait_output("duplicate router ID", WAIT)
    assert {"area", "hello-interval", "router-id"} <= set(hub.refused())
    hub.push(config(lan={"priority": 0}))
    hub.wait_state(FRR_ID)
    frr.wait_full()


def test_long_lsa(hub, segment, peers):
    """A router-LSA longer than any packet of the LAN: it comes to the hub in fragments, and BIRD,
    which is adjacent to nobody else, has it from there."""
    hub.push(config(lan={"priority": 200}))
    frr, bird = peers(Frr(segment, lan=" ip ospf priority 0\n" + AREA, n_stubs=250),
                      Bird(segment, lan="priority 0;"))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    wait_until(lambda: len(hub.links_of(FRR_ID)) == 251, WAIT, "the hub has it")
    wait_same_database(hub, frr)
    want = hub.database()["router", FRR_ID, FRR_ID]
    wait_until(lambda: f"{want[0]:08x}" in "".join(
        line for line in bird.exec("birdc", "show ospf lsadb router", FRR_ID).splitlines()
        if FRR_ID in line), WAIT, "BIRD has FRR's router-LSA")
