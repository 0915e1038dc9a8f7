# SPDX-License-Identifier: BSD-3-Clause
"""The hub's control plane restarts while FRR and BIRD help (RFC 3623), with what the former process
has kept and without it; see ospf_lab.py for the network. The hub stands between the two:

    bird --- LAN --- [hub] --- link --- frr
"""
import os
import re
import signal
import time

import pytest

from lab import PATIENCE_S, Pinger, wait_until
from ospf_lab import BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures

FRR_LOOPBACK, BIRD_LOOPBACK = "172.20.3.1", "172.20.4.1"
DEAD_S = 4
MD5_FRR = (" ip ospf authentication message-digest\n"
           " ip ospf message-digest-key 1 md5 secret\n")
MD5_HUB = {"authentication": "message-digest",
           "message-digest-keys": {"1": {"algorithm": "md5", "secret": "secret"}}}

segment, module_hub, hub, peers = ospf_fixtures("q")


def restarting(hub):
    return hub.show("ip-ospf")["graceful_restart"]


def hub_config(priority, ospf=None):
    return config(lan={"priority": priority}, wan={"network": "point-to-point", **MD5_HUB},
                  ospf={"graceful-restart": True, "graceful-restart-seconds": 60, **(ospf or {})})


def neighbours(segment, peers, helps=True):
    frr, bird = peers(
        Frr(segment, lan=None, link=" ip ospf network point-to-point\n ip ospf area 0.0.0.0\n"
            + MD5_FRR, router=" capability opaque\n"
            + (" graceful-restart helper enable\n" if helps else "")),
        Bird(segment, "priority 10;"))
    return frr, bird


def routes(hub):
    return {r["prefix"] for r in hub.show("ip-route")["routes"] if r["protocol"] == "ospf"}


def settle(hub, frr, bird, role):
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    frr.wait_full()
    bird.wait_full()
    wait_until(lambda: hub.interface("lan")["state"] in role, WAIT, f"the hub is {role}")
    wait_until(lambda: {f"{FRR_LOOPBACK}/32", f"{BIRD_LOOPBACK}/32"} <= routes(hub), WAIT, "routes")
    wait_until(lambda: hub.show("ip-ospf")["kept"], WAIT, "nothing is under way")


def others(hub):
    """What the neighbours say of themselves; how often is their business."""
    lsas = hub.show("ip-ospf-database", name="router")["areas"][0]["lsas"]
    return {lsa["router"]: [{k: v for k, v in lsa.items() if k in ("flags", "links", "options")}]
            for lsa in lsas if lsa["router"] != HUB_ID}


def pings(segment):
    """From BIRD through the hub to FRR, after one that was answered: all three have their
    routes."""
    wait_until(lambda: segment.exec("bird", "ping", "-c", "1", "-W", "1", "-I", BIRD_LOOPBACK,
                                    FRR_LOOPBACK, check=False).returncode == 0, WAIT, "a ping")
    pinger = Pinger(segment.start("bird", "ping", "ping", "-i", "0.05", "-I", BIRD_LOOPBACK,
                                  FRR_LOOPBACK))
    pinger.wait_more(5)
    return pinger


def leave(hub, by_signal=False):
    if by_signal:
        os.kill(hub.controlplane.pid, signal.SIGUSR1)
    else:
        assert "restarted" in hub.cli("-c", "reload control-plane").stdout
    assert hub.controlplane.popen.wait(PATIENCE_S) == 0
    return hub.controlplane.output()


def is_over(hub):
    r = restarting(hub)
    return r["state"] == "none" and r["last"]


def restart(hub, c, kept):
    """Ended and started again: at once, with what was kept of OSPF's state; or without that, when
    the dead interval is over."""
    said = leave(hub, by_signal=not kept)
    assert "all 2 neighbours have acknowledged" in said, said[-2000:]
    assert os.path.exists(f"{hub.state_dir}/ospf-restart")
    if not kept:
        os.remove(f"{hub.state_dir}/ospf")
        end = time.monotonic() + DEAD_S + 1
        wait_until(lambda: time.monotonic() > end, WAIT, "the dead interval is over")
    hub.start_controlplane(c)
    hub.wait_attached()
    return wait_until(lambda: is_over(hub), WAIT, "the restart is over")


def changes(frr):
    """How often FRR's neighbour, the hub, has changed its state."""
    text = frr.vtysh(f"show ip ospf neighbor {HUB_ID} detail")
    return int(re.search(r"(\d+) state changes", text)[1])


@pytest.mark.parametrize("role", ["DR", "Backup"])
def test_restart(hub, segment, peers, role):
    """No ping is lost, what the neighbours say of themselves stays as it is, and so does the
    role on the LAN. With the file of OSPF's state FRR does not even see a change; without, it
    says Full until the databases are exchanged (BIRD calls the hub Down, and keeps to it). At the
    end SIGTERM is no restart: the neighbours are told good-bye, and nothing is left behind."""
    c = hub_config(200 if role == "DR" else 5)
    if role == "DR":
        hub.push(c)
    frr, bird = neighbours(segment, peers)
    if role == "Backup":
        wait_until(lambda: re.search(r"State: DR\b", bird.exec("birdc", "show ospf interface")),
                   WAIT, "BIRD is DR")
        hub.push(c)
    settle(hub, frr, bird, [role])
    before, pinger = others(hub), pings(segment)
    for kept in (True, False) if role == "DR" else (False,):
        changed = changes(frr)
        last = restart(hub, c, kept)
        assert last["well"], last
        settle(hub, frr, bird, [role])
        wait_until(lambda: others(hub) == before, WAIT, "the others say what they said before")
        assert not os.path.exists(f"{hub.state_dir}/ospf-restart")
        assert not kept or changes(frr) == changed
        pinger.wait_more(20)
    pinger.stop()
    assert pinger.lost() == []
    text = hub.cli("-c", "show ip ospf").stdout
    assert "all neighbours are Full" in text and "asked for help with a restart for 60 s" in text
    assert hub.controlplane.stop() == 0
    assert not os.path.exists(f"{hub.state_dir}/ospf-restart")
    wait_until(lambda: not (frr.state_of_hub() or "").startswith("Full"), WAIT, "FRR knows")
    hub.start_controlplane(c)
    hub.wait_attached()
    hub.wait_state(FRR_ID)
    assert restarting(hub)["last"] is None


def test_not_helped(hub, segment, peers):
    """FRR does not help and gives the hub up: the hub sees that in its LSA and is a router like any
    other at once, with the routes that there are then."""
    c = hub_config(200)
    hub.push(c)
    frr, bird = neighbours(segment, peers, helps=False)
    settle(hub, frr, bird, ["DR"])
    leave(hub)
    os.remove(f"{hub.state_dir}/ospf")
    wait_until(lambda: frr.state_of_hub() is None, WAIT, "FRR has given the hub up")
    hub.start_controlplane(c)
    hub.wait_attached()
    last = wait_until(lambda: is_over(hub), WAIT, "the restart is over")
    assert not last["well"] and "does not name us any more" in last["why"], last
    settle(hub, frr, bird, ["DR", "Backup"])
    pinger = pings(segment)
    pinger.stop()
