# SPDX-License-Identifier: BSD-3-Clause
"""Nothing of a protected tunnel leaves in the clear, at no moment of its life: the host sends to
the branch's LAN all the time, and the ISP's side of the hub's segment is captured throughout."""
import configs
from conftest import bring_up
from lab import wait_until

CLEAR_FROM_HUB = ("src host 1.1.1.2 and not esp and not udp port 500 and not udp port 4500"
                  " and not arp")


def assert_no_leak(capture):
    capture.stop()
    assert capture.packets(CLEAR_FROM_HUB) == []
    # The host's addresses behind the hub show up nowhere but inside ESP.
    assert capture.packets("net 192.168.0.0/16") == []


def flood(lab, started):
    return started(lab.start("host", "flood", "ping", "-q", "-i", "0.005", "192.168.21.1"))


def test_coming_up_going_down_and_restarts(lab, branch, hub, capture, started):
    flood(lab, started)
    hub.wait_up()
    for _ in range(3):
        hub.clear()
        hub.wait_up()
    branch.swanctl("--rekey", "--child", "gre", check=False)
    branch.swanctl("--terminate", "--ike", "hub", check=False)
    hub.wait_up()
    hub.controlplane.kill()
    hub.dataplane.kill()
    hub.start(configs.one_branch())
    hub.wait_up()
    seen = len(capture.packets("esp and src host 1.1.1.2"))
    wait_until(lambda: len(capture.packets("esp and src host 1.1.1.2")) > seen + 50, 15,
               "ESP of the new dataplane on the wire")
    assert_no_leak(capture)


def test_while_the_branch_does_not_answer(lab, quiet_branch, hub, capture, started):
    """Never a key: every packet is dropped, and counted with its reason."""
    flood(lab, started)
    wait_until(lambda: hub.drops()["tunnel-no-sa"] > 200, 20, "drops for want of an SA")
    assert hub.tunnel()["state"] == "down"
    assert_no_leak(capture)


def test_while_it_is_reconfigured(lab, branch, hub, capture, started):
    flood(lab, started)
    bring_up(branch, hub)
    without = configs.one_branch()
    del without["tunnels"]["tunnel1"]
    without["routes"] = [r for r in without["routes"] if r.get("interface") != "tunnel1"]
    for other in (configs.with_(tunnel={"mtu": 1300}), configs.with_(ipsec={"esn": False}),
                  configs.with_(tunnel={"enabled": False})):
        hub.push(other)
        hub.push(configs.one_branch())
        branch.knock()
        hub.wait_up()
    # Without the tunnel its LAN has no route but the default one: that is no leak of the hub's,
    # but it must not happen by itself, so a null route stands in for the tunnel's.
    without["routes"].append({"prefix": "192.168.21.0/24", "null": True})
    hub.push(without)
    hub.push(configs.one_branch())
    branch.knock()
    hub.wait_up()
    assert_no_leak(capture)
