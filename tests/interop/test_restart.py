# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of either daemon under traffic.

Forwarding goes on without a control plane, and not one packet is lost. A new one takes the SAs over
and negotiates its own. Its INITIAL_CONTACT makes strongSwan drop the old ones before the hub has the
answer: packets that are on their way just then are lost, some 10 ms of them.
"""
import os
import signal

import configs
from conftest import bring_up, throw_garbage
from lab import Capture, wait_until


IN_FLIGHT = 3       # pings at 100 a second


def test_controlplane_killed(branch, hub, tunnel, pinger):
    pings = pinger()
    hub.controlplane.kill()
    pings.wait_more(100)
    assert pings.lost() == []
    hub.start_controlplane(configs.one_branch())
    hub.wait_attached()
    pings.wait_more(100)
    hub.wait_up()
    wait_until(lambda: hub.ike_sas() and hub.tunnel()["spi_in"] != tunnel["spi_in"], 30,
               "SAs of its own negotiation")
    pings.wait_more(100)
    pings.stop()
    assert len(pings.lost()) <= IN_FLIGHT, pings.lost()
    old = {tunnel["spi_in"], tunnel["spi_out"]}
    assert not old & {hub.tunnel()["spi_in"], hub.tunnel()["spi_out"]}


def test_controlplane_killed_again_and_again(branch, hub, tunnel, pinger):
    """At any moment of its start: nothing is left behind that the next could trip over."""
    pings = pinger()
    waits = (0, 1, 5, 10, 20, 40)
    for wait in waits:
        hub.controlplane.kill()
        hub.start_controlplane(configs.one_branch())
        pings.wait_more(wait)
    hub.wait_attached()
    pings.wait_more(50)
    hub.wait_up()
    pings.stop()
    assert len(pings.lost()) <= IN_FLIGHT * len(waits), pings.lost()


def test_controlplane_stopped_by_sigterm(branch, hub, tunnel):
    assert hub.controlplane.stop() == 0
    hub.start_controlplane(configs.one_branch())
    hub.wait_attached()
    bring_up(branch, hub)


def test_controlplane_does_not_read(branch, hub, tunnel, pinger, lab):
    """A stopped control plane blocks no worker: its rings fill, drops are counted by class."""
    pings = pinger()
    os.kill(hub.controlplane.pid, signal.SIGSTOP)
    try:
        # What looks like IKE is for the control plane: more than a ring holds.
        throw_garbage(lab, "isp", "--kinds", "ike", "--count", "5000")
        pings.wait_more(200)
    finally:
        os.kill(hub.controlplane.pid, signal.SIGCONT)
    wait_until(lambda: {c["class"]: c["dropped"] for c in hub.show("drops")["punt"]}["ike"] > 0,
               10, "drops of the class ike")
    pings.wait_more(50)
    pings.stop()
    assert pings.lost() == []
    assert hub.tunnel()["state"] == "up"


def test_dataplane_killed(lab, branch, hub, tunnel, pinger, started):
    """The control plane notices, waits, and gives the new one everything; no key is used again."""
    capture = Capture(lab)
    started(capture.process)
    pings = pinger()
    hub.dataplane.kill()
    wait_until(lambda: not hub.attached(), 5, "the control plane notices")
    assert "dataplane" in hub.tunnel()["why"]
    hub.start_dataplane()
    hub.wait_attached()
    hub.wait_up(seconds=15)
    pings.wait_more(100)
    pings.stop()
    new = hub.tunnel()
    assert new["spi_in"] != tunnel["spi_in"] and new["spi_out"] != tunnel["spi_out"]
    branch.ping(count=5)
    capture.stop()
    assert capture.in_the_clear() == []
    assert_no_sequence_twice(capture)


def assert_no_sequence_twice(capture):
    """tcpdump prints ESP(spi=0x...,seq=0x...): the pair never comes twice from the hub."""
    seen = set()
    for line in capture.packets("esp and src host 1.1.1.2"):
        pair = line[line.index("ESP("):line.index(")")]
        assert pair not in seen, f"twice: {pair}"
        seen.add(pair)
    assert seen


def test_both_killed(branch, hub, tunnel):
    hub.dataplane.kill()
    hub.controlplane.kill()
    hub.start(configs.one_branch())
    bring_up(branch, hub)
    assert hub.tunnel()["spi_in"] != tunnel["spi_in"]


def test_dataplane_stopped_by_sigterm(branch, hub, tunnel):
    assert hub.dataplane.stop() == 0
    wait_until(lambda: not hub.attached(), 5, "the control plane notices")
    hub.start_dataplane()
    hub.wait_attached()
    bring_up(branch, hub)
