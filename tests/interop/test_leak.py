# SPDX-License-Identifier: BSD-3-Clause
"""Nothing of a protected tunnel leaves in the clear, at no moment of its life: the host sends to
the branch's LAN all the time, and the ISP's side of the hub's segment is captured throughout."""
import struct

import pytest

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


# 32 flows, some hundred packets a second.
FLOWS = """
import socket, time
to = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(32)]
while True:
    for i, s in enumerate(to):
        s.sendto(b"x" * 100, ("192.168.21.1", 9000 + i))
    time.sleep(0.05)
"""


def nonces(capture):
    """Of each ESP packet of the hub's, SPI and IV: the key and the nonce under it."""
    with open(capture.file, "rb") as file:
        data = file.read()
    at, found = 24, []
    while at + 16 <= len(data):
        length, = struct.unpack_from("=I", data, at + 8)
        ip = at + 16 + 14
        at += 16 + length
        if at <= len(data) and data[ip] == 0x45 and data[ip + 9] == 50 \
                and data[ip + 12:ip + 16] == bytes((1, 1, 1, 2)):
            found.append((data[ip + 20:ip + 24], data[ip + 28:ip + 36]))
    return found


@pytest.fixture
def two_workers(hub):
    hub.controlplane.kill()
    hub.dataplane.kill()
    hub.dataplane_options = ["--workers", "2", "--idle", "adaptive"]
    yield hub.start
    hub.controlplane.kill()
    hub.dataplane.kill()
    hub.dataplane_options = []
    hub.start(configs.one_branch())


def test_two_workers_through_rekeys_and_restarts(lab, branch, hub, two_workers, started, capture):
    """All at once: flows on both workers, rekeys by either side, control planes killed, a dataplane
    killed. Nothing leaves in the clear, no nonce comes twice, and every packet is accounted for."""
    config = configs.one_branch()
    configs.ipsec_profile(config).update({"lifetime-seconds": 120, "lifetime-packets": 1000})
    two_workers(config)
    flows = started(lab.start("host", "flows", "python3", "-c", FLOWS))
    branch.knock()
    hub.wait_up()
    for turn in range(3):
        before = hub.tunnel()["spi_out"]
        wait_until(lambda: hub.tunnel()["spi_out"] not in (None, before), 30, "a rekey of ours")
        branch.swanctl("--rekey", "--child", "gre", check=False)
        hub.controlplane.kill()
        if turn == 1:
            hub.dataplane.kill()
            hub.start(config)
        else:
            hub.start_controlplane(config)
            hub.wait_attached()
        hub.wait_up(seconds=30)
    assert all(w["rx"] > 100 for w in hub.show("drops")["workers"]), hub.show("drops")
    flows.stop()
    wait_until(lambda: len(set(hub.balance())) == 1, 10, f"as much goes as comes: {hub.balance()}")
    assert_no_leak(capture)
    sent = nonces(capture)
    assert len(sent) > 1000 and len({spi for spi, _ in sent}) >= 6
    assert len(sent) == len(set(sent))


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
