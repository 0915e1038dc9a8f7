# SPDX-License-Identifier: BSD-3-Clause
"""Branches that leave, politely or not, and come back; and lines that are bad."""
import functools
import os
import signal
import time

import pytest

import configs
from conftest import bring_up
from lab import stood_s, wait_until, within
from strongswan import counter, load, usual, with_lines
from test_ikev1 import V1, muted, v1_config

SILENT = "dpd_delay = 0s"       # its own questions would be signs of life


def test_branch_deletes_and_returns(branch, hub, tunnel):
    branch.swanctl("--terminate", "--ike", "hub")
    hub.wait_down(why=r"\w", seconds=5)
    assert hub.ike_sas() == []
    wait_until(lambda: hub.ipsec_sas() == [], 10, "no SA is left")
    bring_up(branch, hub)


def test_branch_deletes_the_child_only(branch, hub, tunnel):
    branch.swanctl("--terminate", "--child", "gre")
    wait_until(lambda: hub.tunnel()["state"] == "down" or hub.tunnel()["spi_in"] !=
               tunnel["spi_in"], 10, "that SA is gone")
    bring_up(branch, hub)
    assert hub.tunnel()["spi_in"] != tunnel["spi_in"]


def test_power_cut_is_noticed_and_the_branch_returns(branch, hub):
    """Asked after 2 s of silence, three times, a second apart: known after 5 s at the latest. So
    does an object that tracks the tunnel's SAs."""
    def tracked():
        return hub.show("track")["tracks"][0]
    config = configs.with_(ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3})
    config["tracks"] = {"sas": {"ipsec": "tunnel1"}}
    hub.push(config)
    bring_up(branch, hub)
    wait_until(lambda: tracked()["state"] == "up", 5, f"the object is up: {tracked()}")
    branch.stop(crash=True)
    try:
        within(lambda: hub.tunnel()["state"] == "down", 12, "it is known to be down")
        hub.wait_down(why="answer|respond|dead|dpd|alive|reach")
        wait_until(lambda: tracked()["state"] == "down", 5, f"the object is down: {tracked()}")
        assert tracked()["why"] == "tunnel tunnel1 has no SAs"
    finally:
        branch.start()
    branch.load()
    bring_up(branch, hub)


def watch(branch, hub, version, **profile):
    """Up, with liveness so; the branch itself asks nothing."""
    if version == "ikev1":
        hub.push(v1_config(**profile))
        load(branch, with_lines(usual(branch, IKE_PROPOSALS="aes128-sha256-modp2048",
                                      ESP_PROPOSALS="aes128-sha256"), V1, SILENT))
    else:
        hub.push(configs.with_(ike=profile))
        load(branch, with_lines(usual(branch), SILENT))
    bring_up(branch, hub)


def dpd(hub):
    return hub.show("crypto-session")["sessions"][0]["dpd"]


@pytest.mark.parametrize("version", ["ikev1", "ikev2"])
def test_a_hub_that_stood_still_blames_nobody(quiet_branch, hub, muted, version):
    """All questions are lost, and when the peer would count as dead the control plane does not run:
    it asks once more, for it could not have heard an answer."""
    watch(quiet_branch, hub, version, **{"dpd": 2, "dpd-retry": 2, "dpd-count": 2})
    ikes = [sa["spi_i"] for sa in hub.ike_sas()]
    dead, unknown = counter(hub, "peers_dead"), counter(hub, "dpd_unknown")
    wait_until(lambda: dpd(hub)["answered"] > 0, 15, "an answer")
    with muted():
        missed = dpd(hub)["missed"]
        wait_until(lambda: dpd(hub)["missed"] > missed, 15, "the last question is out")
        os.kill(hub.controlplane.pid, signal.SIGSTOP)
    try:
        time.sleep(4)       # for so long it does not run
    finally:
        os.kill(hub.controlplane.pid, signal.SIGCONT)
    answered = dpd(hub)["answered"]
    wait_until(lambda: dpd(hub)["answered"] > answered, 15, "an answer")
    assert hub.tunnel()["state"] == "up"
    assert [sa["spi_i"] for sa in hub.ike_sas()] == ikes
    assert counter(hub, "peers_dead") == dead and counter(hub, "dpd_unknown") > unknown


@pytest.mark.parametrize("version", ["ikev1", "ikev2"])
def test_on_demand(quiet_branch, hub, lab, version):
    """Silence alone is no question; something sent into silence is, and at once: the interval has
    been over for long. Without an answer the peer is dead 2 x 1 s later."""
    watch(quiet_branch, hub, version, **{"dpd": 2, "dpd-retry": 1, "dpd-count": 2,
                                         "dpd-mode": "on-demand"})
    before = dpd(hub)["sent"]
    time.sleep(4)       # what came last may have been ours, and is asked about
    sent = dpd(hub)["sent"]
    time.sleep(7)       # in which nothing is sent
    assert dpd(hub)["sent"] == sent <= before + 1 and hub.tunnel()["state"] == "up"
    nft = functools.partial(lab.tool, "net", "exec", "isp", "nft")
    nft("-f", "-", input="table ip cut { chain forward { type filter hook forward priority 0; "
        "ip saddr 2.2.2.2 drop; }; }")
    try:
        lab.exec("host", "ping", "-c", "1", "-W", "1", "192.168.21.1", check=False)
        within(lambda: hub.tunnel()["state"] == "down", 8, "it is known to be down")
        hub.wait_down(why="answer|dead")
        assert dpd(hub)["sent"] == sent + 2
    finally:
        nft("delete", "table", "ip", "cut")


def test_power_cut_is_noticed_in_time_by_default(pinger, branch, hub, tunnel):
    """dpd 10 + dpd-retry 3 x dpd-count 5: within 25 s, under traffic of ours. (Where the hub could
    not look in time, it asks once more.)"""
    pinger()
    unknown = counter(hub, "dpd_unknown")
    branch.stop(crash=True)
    begin = time.monotonic()
    try:
        within(lambda: hub.tunnel()["state"] == "down", 36, "it is known to be down")
        more_s = 3 * (counter(hub, "dpd_unknown") - unknown)
        assert 10 < time.monotonic() - begin - stood_s(begin) < 27 + more_s
        hub.wait_down(why="does not answer")
    finally:
        branch.start()


def test_branch_restarts_at_once(branch, hub, tunnel):
    """The hub still has the SAs of before: INITIAL_CONTACT, or simply the newer ones, win."""
    branch.stop(crash=True)
    branch.start()
    branch.load()
    bring_up(branch, hub)
    wait_until(lambda: len(hub.ike_sas()) == 1, 10, "only the new IKE SA")
    assert hub.tunnel()["spi_out"] != tunnel["spi_out"]


def test_line_cut_and_back(network, branch, hub):
    hub.push(configs.with_(ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3,
                                "initiate": "always"}))
    bring_up(branch, hub)
    network.net("drop", "branch-1")
    hub.wait_down(seconds=12)
    network.net("restore", "branch-1")
    hub.wait_up(seconds=30)
    branch.ping(count=3)


def test_hub_loses_its_wan_link(network, branch, hub, tunnel):
    """The carrier goes at the hub, and comes back: the tunnel goes on with the same keys."""
    network.net("cut", "hub-a")
    wait_until(lambda: link(hub, "wan") == "down", 10, "link of wan is down")
    network.net("restore", "hub-a")
    wait_until(lambda: link(hub, "wan") == "up", 10, "link of wan is up")
    branch.knock()
    branch.ping(count=5)
    assert hub.tunnel()["spi_in"] == tunnel["spi_in"]


def link(hub, name):
    return {i["name"]: i["link"] for i in hub.show("interface")["interfaces"]}[name]


def test_negotiation_through_loss(branch, hub, wire):
    """A third of all packets is lost both ways: retransmissions bring the tunnel up."""
    hub.push(configs.with_(ike={"retransmit-ms": 300, "retransmit-tries": 10}))
    wire("--loss", "0.3", "--seed", "3")
    for _ in range(3):
        hub.clear()
        branch.knock()
        hub.wait_up(seconds=30)
    assert branch.try_ping(count=50) > 10


def test_rekeys_through_loss_and_reordering(branch, hub, wire, pinger):
    """Ten per cent lost, a fifth overtaken, some twice: what gets through is accepted once."""
    hub.push(configs.with_(ike={"retransmit-ms": 300, "retransmit-tries": 10}))
    bring_up(branch, hub)
    before = hub.drops()
    weather = wire("--loss", "0.1", "--reorder", "0.2", "--repeat", "0.1", "--seed", "5")
    pings = pinger()
    for _ in range(4):
        old = hub.tunnel()["spi_in"]
        branch.swanctl("--rekey", "--child", "gre", check=False)
        wait_until(lambda: hub.tunnel()["spi_in"] != old, 30, "a new SA")
        pings.wait_more(40, 30)
    weather.stop()
    pings.wait_more(100)
    pings.stop()
    after = hub.drops()
    assert after["esp-auth"] == before["esp-auth"]
    assert after["esp-replay"] > before["esp-replay"], "the repeated ones were let in"
    assert hub.tunnel()["state"] == "up"


def test_tcp_through_reordering(branch, hub, tunnel, iperf, wire):
    """Packets overtake each other within the replay window: none of them is dropped."""
    before = hub.drops()
    weather = wire("--reorder", "0.1", "--hold-ms", "3", "--seed", "9")
    assert iperf(4) > 1
    weather.stop()
    assert hub.drops()["esp-replay"] == before["esp-replay"]
