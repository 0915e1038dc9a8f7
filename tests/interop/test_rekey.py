# SPDX-License-Identifier: BSD-3-Clause
"""New keys under traffic: not one packet may be lost, whoever starts, and nothing used twice."""
import pytest

import configs
from conftest import bring_up, received_mbit
from lab import HOST, wait_until


def spis(hub):
    tunnel = hub.tunnel()
    return tunnel["spi_in"], tunnel["spi_out"]


def wait_new_spis(hub, old, seconds=15):
    """Both directions have changed; the new pair."""
    def changed():
        new = spis(hub)
        return None not in new and new[0] != old[0] and new[1] != old[1] and new
    return wait_until(changed, seconds, f"other SPIs than {old}")


def finish(pinger):
    pinger.wait_more(50)
    pinger.stop()
    assert pinger.lost() == []


def test_child_by_the_branch(branch, hub, tunnel, pinger):
    pings = pinger()
    before = hub.tunnel()["rekeys"]
    for _ in range(3):
        old = spis(hub)
        branch.swanctl("--rekey", "--child", "gre")
        wait_new_spis(hub, old)
        pings.wait_more(20)
    finish(pings)
    assert hub.tunnel()["rekeys"] == before + 3


def test_child_by_the_hub(branch, hub, pinger):
    """At the soft limit of 1,000 packets."""
    hub.push(configs.with_(ipsec={"lifetime-packets": 1000}))
    bring_up(branch, hub)
    seen = {spis(hub)}
    pings = pinger(interval="0.004")
    for _ in range(3):
        seen.add(wait_new_spis(hub, spis(hub), 30))
    finish(pings)
    assert len(seen) == 4
    assert hub.tunnel()["rekeys"] >= 3


def test_child_by_both_at_once(branch, hub, pinger):
    hub.push(configs.with_(ipsec={"lifetime-packets": 1000}))
    bring_up(branch, hub)
    pings = pinger(interval="0.004")
    old = spis(hub)
    for _ in range(6):
        branch.swanctl("--rekey", "--child", "gre", check=False)
        pings.wait_more(120)
    wait_new_spis(hub, old)
    finish(pings)


KEY_DROPS = ("sa-expired", "esp-unknown-spi", "tunnel-no-sa", "esp-auth", "esp-replay")
BRANCH_KEY_DROPS = ("XfrmInNoStates", "XfrmInStateInvalid", "XfrmInStateSeqError",
                    "XfrmInStateProtoError", "XfrmInStateExpired", "XfrmOutNoStates",
                    "XfrmOutStateExpired", "XfrmOutStateSeqError")


def key_drops(branch, hub):
    """What either end has dropped for want of the right key, or as a repetition."""
    drops = hub.drops()
    lines = branch.exec("cat", "/proc/net/xfrm_stat").stdout.splitlines()
    theirs = {line.split()[0]: int(line.split()[1]) for line in lines}
    return ({name: drops[name] for name in KEY_DROPS},
            {name: theirs[name] for name in BRANCH_KEY_DROPS})


CHILD, IKE = ("--child", "gre"), ("--ike", "hub")
BY_BRANCH = {"hub": [], "branch": [CHILD], "both": [CHILD], "ike": [IKE, CHILD]}


def under_full_load(branch, hub, started, lab, who):
    """TCP both ways at full rate: whoever renews what, neither end has a packet it has no key for.
    The hub does it at the limit of its SA, if it has one; the branch all the time."""
    bring_up(branch, hub)
    server = started(lab.start("host", "iperf3", "iperf3", "-s", "--forceflush"))
    server.wait_output("listening")
    before, rekeys = key_drops(branch, hub), hub.tunnel()["rekeys"]
    load = started(branch.start_exec("iperf3", "iperf3", "-c", HOST, "-B", branch.lan, "-t", "8",
                                     "-f", "m", "--bidir"))
    ikes = {hub.ike_sas()[0]["spi_i"]}
    while load.alive():
        for what in BY_BRANCH[who]:
            branch.swanctl("--rekey", *what, check=False)
        ikes.update(sa["spi_i"] for sa in hub.ike_sas())
    assert received_mbit(load.output()) > 1
    assert hub.tunnel()["rekeys"] > rekeys
    assert len(ikes) >= (3 if who == "ike" else 1)
    assert key_drops(branch, hub) == before
    wait_until(lambda: len(hub.ike_sas()) == 1, 20, "one IKE SA is left")


@pytest.mark.parametrize("who", BY_BRANCH)
def test_under_full_load(branch, hub, started, lab, who):
    by_hub = who in ("hub", "both")
    hub.push(configs.with_(ipsec={"lifetime-packets": 20000} if by_hub else {}))
    under_full_load(branch, hub, started, lab, who)
    wait_until(lambda: len(hub.ipsec_sas()) == 2, 20, "a pair is left")


def test_ike_by_the_branch(branch, hub, tunnel, pinger):
    pings = pinger()
    old = hub.ike_sas()[0]["spi_i"]
    child = spis(hub)
    branch.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: [sa["spi_i"] for sa in hub.ike_sas()] not in ([old], [])
               and len(hub.ike_sas()) == 1, 15, "another IKE SA, alone")
    assert spis(hub) == child, "the Child SA moves to the new IKE SA as it is"
    branch.swanctl("--rekey", "--child", "gre")
    wait_new_spis(hub, child)
    finish(pings)


def test_ike_and_child_by_the_hub_at_their_lifetimes(quiet_branch, hub, pinger):
    """The shortest lifetimes that can be configured; both exchanges are the hub's, for the branch
    does not rekey by itself."""
    hub.push(configs.with_(ike={"lifetime-seconds": 60}, ipsec={"lifetime-seconds": 60}))
    quiet_branch.load(IKE_LIFETIME="0s", ESP_LIFETIME="0s")
    bring_up(quiet_branch, hub)
    pings = pinger()
    ike, child = hub.ike_sas()[0]["spi_i"], spis(hub)
    wait_new_spis(hub, child, 75)
    wait_until(lambda: [sa["spi_i"] for sa in hub.ike_sas()] not in ([ike], []), 30,
               "another IKE SA")
    wait_until(lambda: len(hub.ike_sas()) == 1, 15, "the old IKE SA is gone")
    finish(pings)


def test_replaced_sas_are_removed(branch, hub, tunnel):
    for _ in range(3):
        old = spis(hub)
        branch.swanctl("--rekey", "--child", "gre")
        wait_new_spis(hub, old)
        branch.ping(count=3)
    wait_until(lambda: len(hub.ipsec_sas()) == 2, 20, "one SA in, one SA out")
    listed = branch.swanctl("--list-sas")
    assert listed.count("INSTALLED, TRANSPORT") == 1, listed


def test_by_command_of_the_operator(branch, hub, tunnel):
    """clear crypto sa: down with DELETE, and back with the next packet."""
    old = spis(hub)
    assert hub.clear()["cleared"] >= 1
    branch.knock()
    hub.wait_up()
    branch.ping(count=5)
    new = spis(hub)
    assert new[0] != old[0] and new[1] != old[1]
