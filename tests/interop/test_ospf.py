# SPDX-License-Identifier: BSD-3-Clause
"""OSPF with stock FRR and BIRD; see ospf_lab.py for the network."""
import os
import shutil

import pytest

from lab import wait_until
from ospf_lab import (BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, OspfHub, Segment, config)

AREA = " ip ospf area 0.0.0.0\n"
P2P = " ip ospf network point-to-point\n" + AREA


@pytest.fixture(scope="module")
def segment():
    assert os.geteuid() == 0, "the interop tests need root: namespaces, packet sockets"
    segment = Segment(f"culvert-o{os.getpid()}")
    try:
        segment.up()
        yield segment
    finally:
        segment.down()
        shutil.rmtree(segment.state, ignore_errors=True)


@pytest.fixture(scope="module")
def module_hub(segment):
    hub = OspfHub(segment)
    hub.start(config())
    yield hub
    hub.stop()


@pytest.fixture
def hub(module_hub):
    """Each test pushes its own configuration, over one without OSPF."""
    plain = config()
    del plain["router"]
    module_hub.push(plain)
    yield module_hub
    for process in (module_hub.dataplane, module_hub.controlplane):
        assert process.alive(), f"a daemon of the hub died: {process.output()[-1500:]}"


@pytest.fixture
def peers(segment):
    running = []

    def start(*peers):
        for peer in peers:
            running.append(peer)
            peer.start()
        return peers[0] if len(peers) == 1 else peers
    yield start
    for peer in running:
        peer.stop(crash=True)


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
