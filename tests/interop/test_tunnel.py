# SPDX-License-Identifier: BSD-3-Clause
"""The main job: a stock Linux branch reaches the LAN behind the hub, and the other way round."""
import functools
import re

import pytest

import configs
from conftest import bring_up
from lab import HOST, HUB_LAN, HUB_WAN, ping, wait_until
from strongswan import settled


def host_ping(lab, destination, count=3, options=()):
    ping(functools.partial(lab.exec, "host"), *options, destination, count=count)


def test_branch_calls_hub_answers(lab, branch, hub):
    before = hub.tunnel()
    bring_up(branch, hub)
    branch.ping(count=10)
    host_ping(lab, branch.lan, count=10)
    ike = hub.ike_sas()
    assert len(ike) == 1 and ike[0]["role"] == "responder"
    assert "INSTALLED, TRANSPORT, ESP:AES_GCM_16-128" in branch.swanctl("--list-sas")
    tunnel = hub.tunnel()
    for count in ("in_packets", "out_packets"):
        assert tunnel[count] - before[count] >= 20
    assert tunnel["in_drops"] == before["in_drops"]


def test_hub_calls_at_traffic(lab, quiet_branch, hub):
    quiet_branch.load(START="none")
    # The first packet without an SA is dropped and makes the hub call.
    lab.exec("host", "ping", "-c", "1", "-W", "1", quiet_branch.lan, check=False)
    hub.wait_up()
    host_ping(lab, quiet_branch.lan, count=10)
    quiet_branch.ping(count=5)
    assert [sa["role"] for sa in hub.ike_sas()] == ["initiator"]
    assert hub.drops()["tunnel-no-sa"] >= 1


def test_hub_calls_always(lab, quiet_branch, hub):
    quiet_branch.load(START="none")
    hub.push(configs.with_(ike={"initiate": "always"}))
    hub.wait_up()
    quiet_branch.ping(count=5)
    quiet_branch.swanctl("--terminate", "--ike", "hub")
    wait_until(lambda: not hub.ike_sas() or hub.tunnel()["sa_age_s"] is None
               or hub.tunnel()["rekeys"] == 0, 10, "the old SA is gone")
    hub.wait_up()
    quiet_branch.ping(count=5)


def test_both_call_at_once(lab, branch, hub):
    hub.push(configs.with_(ike={"initiate": "always"}))
    branch.knock()
    hub.wait_up()
    branch.ping(count=5)
    host_ping(lab, branch.lan, count=20)
    settled(hub)
    branch.ping(count=5)


def test_tcp_both_directions(tunnel, iperf, hub):
    assert iperf() > 10
    assert iperf(options=("-R",)) > 10
    assert hub.tunnel()["in_drops"] == tunnel["in_drops"]


@pytest.mark.parametrize("size", [0, 1, 1371, 1372, 1373, 2000, 4000, 9000])
def test_sizes(lab, branch, hub, tunnel, size):
    """1372 bytes of ICMP data make 1400 bytes of IP, the tunnel's MTU: more is fragmented, by the
    sender, by the hub, or by both."""
    options = ("-s", str(size), "-M", "dont")
    branch.ping(options=options)
    host_ping(lab, branch.lan, options=options)


def test_dont_fragment(lab, branch, hub, tunnel):
    host_ping(lab, branch.lan, options=("-M", "do", "-s", "1372"))
    result = lab.exec("host", "ping", "-c", "2", "-i", "0.2", "-W", "10", "-M", "do", "-s", "1373",
                      branch.lan, check=False)
    assert re.search(r"[Ff]rag needed.*mtu = 1400", result.stdout + result.stderr) or \
        re.search(r"message too long, mtu=1400", result.stdout + result.stderr), result.stdout


def test_ttl_expires_at_the_hub(lab, branch, hub, tunnel):
    result = lab.exec("host", "ping", "-c", "1", "-W", "20", "-t", "1", branch.lan, check=False)
    assert f"From {HUB_LAN} icmp_seq=1 Time to live exceeded" in result.stdout
    result = branch.exec("ping", "-c", "1", "-W", "20", "-t", "1", "-I", branch.lan, HOST,
                         check=False)
    assert "Time to live exceeded" in result.stdout


def test_hub_answers_echo_on_all_its_addresses(lab, branch, hub, tunnel):
    host_ping(lab, HUB_LAN)
    host_ping(lab, HUB_WAN)
    branch.ping("10.255.1.1")
    branch.ping(HUB_LAN)
    ping(functools.partial(lab.exec, "isp"), HUB_WAN)


def test_unreachable_destination(lab, hub, branch, tunnel):
    """No neighbour with that address on the LAN: the branch is told so."""
    result = branch.exec("ping", "-c", "2", "-i", "0.2", "-W", "30", "-I", branch.lan,
                         "192.168.10.77", check=False)
    assert "Destination Host Unreachable" in result.stdout


def test_only_ike_and_esp_cross_the_isp(lab, branch, hub, capture, iperf):
    bring_up(branch, hub)
    iperf(1)
    host_ping(lab, branch.lan, count=5, options=("-s", "3000", "-M", "dont"))
    capture.stop()
    assert len(capture.packets("udp port 500")) >= 4
    assert len(capture.packets("esp")) > 100
    assert capture.in_the_clear() == []


def test_two_branches_reach_each_other(lab, branch, branch2, hub):
    hub.push(configs.two_branches())
    bring_up(branch, hub)
    bring_up(branch2, hub, "tunnel2")
    branch.ping(branch2.lan, count=10)
    branch2.ping(branch.lan, count=10)
