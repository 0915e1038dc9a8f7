# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of either daemon under traffic.

Forwarding goes on without a control plane, and a new one goes on with the SAs of the old one: not
one packet is lost and nothing is negotiated. Where it cannot (other terms are configured
meanwhile), it negotiates its own; its INITIAL_CONTACT makes strongSwan drop the old ones before the
hub has the answer: packets that are on their way just then are lost, some 10 ms of them.
"""
import os
import signal

import pytest

import configs
from conftest import bring_up, throw_garbage
from lab import PATIENCE_S, Capture, wait_until
from test_ikev1 import set_up, v1_config


IN_FLIGHT = 3       # pings at 100 a second


def spis(hub):
    tunnel = hub.tunnel()
    return tunnel["spi_in"], tunnel["spi_out"]


def counter(hub, name):
    return hub.show("crypto-ikev2-sa")["counters"][name]


def kill_and_restart(hub, config, pings):
    """One second without a control plane, and the next one is up; the hub's IKE SAs."""
    hub.controlplane.kill()
    pings.wait_more(100)
    assert pings.lost() == []
    hub.start_controlplane(config)
    hub.wait_attached()
    hub.wait_up()
    wait_until(hub.ike_sas, 30, "an IKE SA")
    pings.wait_more(50)
    return hub.ike_sas()


def go_on(branch, hub, config, pings):
    """Kill, restart; the same SAs at both ends, no word to the branch."""
    before, old = spis(hub), hub.ike_sas()
    logged = branch.swanctl("--list-sas")
    for spi in before:
        assert spi.removeprefix("0x") in logged
    sas = kill_and_restart(hub, config, pings)
    assert spis(hub) == before
    assert [(sa["spi_i"], sa["spi_r"], sa["restored"]) for sa in sas] == [
        (sa["spi_i"], sa["spi_r"], True) for sa in old]
    for spi in before:
        assert spi.removeprefix("0x") in branch.swanctl("--list-sas")
    assert counter(hub, "ike_sas_established") == 0
    assert counter(hub, "peers_restored") == 1
    assert "restored" in hub.cli("show", "crypto", "ikev2", "sa", "detailed").stdout


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-called", "hub-called"])
def test_controlplane_killed(branch, hub, pinger, hub_calls):
    """In both roles; afterwards rekeys by both sides and liveness go on as if nothing had been."""
    config = configs.with_(ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3,
                                "initiate": "always" if hub_calls else "traffic"},
                           ipsec={"lifetime-packets": 100000})
    hub.push(config)
    bring_up(branch, hub)
    pings = pinger()
    go_on(branch, hub, config, pings)
    for what in (("--child", "gre"), ("--ike", "hub"), ("--child", "gre")):
        before = spis(hub), hub.ike_sas()[0]["spi_i"]
        branch.swanctl("--rekey", *what)
        wait_until(lambda: (spis(hub), hub.ike_sas()[0]["spi_i"]) != before, 20, f"rekey {what}")
        pings.wait_more(20)
    # And once more, with SAs that were rekeyed after they were restored.
    go_on(branch, hub, config, pings)
    pings.stop()
    assert pings.lost() == []
    # Silence: now liveness asks, with message ids that have gone through it all.
    probes = counter(hub, "dpd_probes")
    wait_until(lambda: counter(hub, "dpd_probes") >= probes + 2, 20, "two probes")
    assert counter(hub, "peers_dead") == 0 and hub.tunnel()["state"] == "up"
    # The hub's own rekey, at the soft limit of a new Child SA.
    hub.push(configs.with_(ike=configs.ike_profile(config), ipsec={"lifetime-packets": 1000}))
    branch.swanctl("--rekey", "--child", "gre")
    rekeys = hub.tunnel()["rekeys"]
    pings = pinger(interval="0.004")
    wait_until(lambda: hub.tunnel()["rekeys"] > rekeys + 1, 40, "a rekey by the hub")
    pings.stop()
    assert pings.lost() == []


def test_controlplane_killed_with_ikev1(quiet_branch, hub, pinger):
    config = v1_config()
    set_up(quiet_branch, hub, config, False)
    pings = pinger()
    go_on(quiet_branch, hub, config, pings)
    before = spis(hub)
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: spis(hub) != before, 20, "a new Child SA")
    pings.wait_more(50)
    pings.stop()
    assert pings.lost() == []


@pytest.mark.alone
def test_controlplane_killed_other_terms(branch, hub, tunnel, pinger):
    """Nothing is taken over that the configuration would not have agreed to."""
    pings = pinger()
    kill_and_restart(hub, configs.with_(ike={"nat-traversal": False}), pings)
    assert counter(hub, "peers_not_restored") == 1
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
    wait_until(hub.ike_sas, 30, "the IKE SA")
    assert spis(hub) == (tunnel["spi_in"], tunnel["spi_out"])
    pings.stop()
    assert pings.lost() == []


def test_controlplane_is_reloaded(branch, hub, tunnel, pinger):
    """A planned restart: the same SAs at both ends, and no word to the branch."""
    pings = pinger()
    pings.wait_more(20)
    before, old = spis(hub), hub.ike_sas()
    assert "restarted" in hub.cli("-c", "reload control-plane").stdout
    assert hub.controlplane.popen.wait(PATIENCE_S) == 0
    assert "left to the next process" in hub.controlplane.output()
    hub.start_controlplane(configs.one_branch())
    hub.wait_attached()
    hub.wait_up()
    pings.wait_more(50)
    assert spis(hub) == before
    assert [(sa["spi_i"], sa["spi_r"]) for sa in hub.ike_sas()] == [
        (sa["spi_i"], sa["spi_r"]) for sa in old]
    assert pings.lost() == []


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
