# SPDX-License-Identifier: BSD-3-Clause
"""Fragments for the hub itself, as stock Linux makes them: long pings to its own address, and ESP
that meets a smaller MTU on its way; and what `debug packet-trace` tells of it."""
import functools
import json
import sys

import pytest

import configs
from lab import ping, wait_until

HUB = "1.1.1.2"
SMALL = 1000


@pytest.fixture
def narrow(lab):
    """What goes from the ISP to the hub is fragmented to SMALL bytes."""
    words = lab.exec("isp", "ip", "-o", "route", "get", HUB).stdout.split()
    device = words[words.index("dev") + 1]
    lab.exec("isp", "ip", "route", "add", f"{HUB}/32", "dev", device, "mtu", "lock", str(SMALL))
    yield
    lab.exec("isp", "ip", "route", "del", f"{HUB}/32", "dev", device)


def reassembly(hub):
    return json.loads(hub.cli("--json", "show ip traffic").stdout)["reassembly"]


@pytest.mark.parametrize("size", [1473, 4000, 20000, 60000])
def test_long_ping_to_the_hub(quiet_branch, hub, lab, size):
    before = reassembly(hub)
    ping(functools.partial(lab.exec, "isp"), "-s", str(size), HUB, count=3)
    after = reassembly(hub)
    assert after["reassembled"] >= before["reassembled"] + 3
    assert after["waiting"] == 0


def test_esp_fragmented_on_its_way(quiet_branch, hub, narrow):
    """Every long packet of the branch comes in two or more outer fragments."""
    quiet_branch.gre("nopmtudisc")
    try:
        hub.push(configs.one_branch())
        quiet_branch.load()
        quiet_branch.knock()
        hub.wait_up()
        before = reassembly(hub)
        for size in (900, 1000, 1200, 1300):
            quiet_branch.ping(count=5, options=("-s", str(size), "-M", "dont"))
        after = reassembly(hub)
        assert after["reassembled"] >= before["reassembled"] + 15
        assert [d for d in after["drops"] if d["packets"]] == [d for d in before["drops"]
                                                               if d["packets"]]
    finally:
        quiet_branch.gre()


def test_trace(quiet_branch, hub, lab):
    """The steps of a ping to the hub, and of a packet that nobody here serves."""
    hub.cli("debug packet-trace count 1 protocol icmp destination " + HUB)
    ping(functools.partial(lab.exec, "isp"), HUB, count=1)

    def trace():
        return json.loads(hub.cli("--json", "show packet-trace").stdout)

    wait_until(lambda: len(trace()["packets"]) == 1, 5, "a traced packet")
    steps = [s["step"] for s in trace()["packets"][0]["steps"]]
    assert steps[0] == "received" and "ip4-local" in steps and steps[-1] == "sent"
    assert HUB in trace()["packets"][0]["steps"][0]["packet"]
    hub.cli("debug packet-trace count 1 drops destination " + HUB)
    lab.exec("isp", sys.executable, "-c", "import socket; socket.socket(socket.AF_INET, "
             f"socket.SOCK_DGRAM).sendto(b'x', ('{HUB}', 9999))")
    wait_until(lambda: len(trace()["packets"]) == 1, 5, "a dropped packet")
    assert "local-protocol" in [s.get("reason") for s in trace()["packets"][0]["steps"]]
    assert "dropped" in hub.cli("show packet-trace").stdout
    hub.cli("undebug packet-trace")
    assert not trace()["running"]
