# SPDX-License-Identifier: BSD-3-Clause
"""More data than the hub can take: what keeps neighbours alive must not be among what is lost.

    host, flood.py --- veth --- (10.7.0.1) hub

The dataplane is stopped while the flood comes, so that its rings overflow for certain.
"""
import functools
import json
import os
import signal

import pytest
from lab import BUILD, Hub, answered, wait_until

CONFIG = {"interfaces": {"lan": {"port": "flood-hub", "address": ["10.7.0.1/24"]}}}
DATA, HELLOS = 30000, 48
CLASSES = ("ospf", "vrrp", "arp", "ike")


@pytest.fixture
def host(lab):
    run = functools.partial(lab.exec, "host")
    run("ip", "link", "add", "flood-hub", "type", "veth", "peer", "name", "flood-host")
    run("ip", "address", "add", "10.7.0.2/24", "dev", "flood-host")
    run("ip", "link", "set", "flood-host", "up")
    run("ip", "link", "set", "flood-hub", "up")
    yield run
    run("ip", "link", "delete", "flood-hub", check=False)


@pytest.fixture(params=[1, 2], ids=["one-worker", "two-workers"])
def flooded(request, lab, host, started, tmp_path):
    config, channel = tmp_path / "flood.json", str(tmp_path / "dp.sock")
    config.write_text(json.dumps(CONFIG))
    dataplane = started(lab.start(
        "host", "flood-dataplane", f"{BUILD}/dataplane/culvert-dataplane", "--no-huge", "--idle",
        "adaptive", "--workers", str(request.param), "--vdev", "net_af_packet0,iface=flood-hub",
        "--socket", channel))
    dataplane.wait_output("ready")
    mgmt = str(tmp_path / "mgmt.sock")
    started(lab.start("host", "flood-controlplane", f"{BUILD}/controlplane/culvert-controlplane",
                      "--config", str(config), "--dataplane-socket", channel, "--mgmt-socket",
                      mgmt, "--state-dir", str(tmp_path / "state"))).wait_output("in line")
    wait_until(lambda: answered(host("ping", "-c", "1", "-W", "1", "10.7.0.1", check=False).stdout),
               15, "an answer to a ping")
    hub = Hub.__new__(Hub) # only to ask: the fixture has started the daemons itself
    hub.mgmt = mgmt
    return dataplane, hub.show


def test_control_packets_survive(host, flooded):
    dataplane, show = flooded
    before = {c["class"]: c["punted"] for c in show("control-plane")["classes"]}
    mac = host("ip", "-o", "link", "show", "flood-hub").stdout.split("link/ether ")[1].split()[0]
    os.kill(dataplane.pid, signal.SIGSTOP)
    try:
        sent = host("/usr/bin/python3", os.path.join(os.path.dirname(__file__), "flood.py"),
                    "flood-host", str(DATA), str(HELLOS), mac).stdout.split()
    finally:
        os.kill(dataplane.pid, signal.SIGCONT)
    assert sent == [str(DATA), str(HELLOS)]

    def punted():
        now = {c["class"]: c["punted"] for c in show("control-plane")["classes"]}
        return {c: now[c] - before[c] for c in CLASSES}
    wait_until(lambda: all(n >= HELLOS for n in punted().values()), 20,
               lambda: f"{HELLOS} packets of each class: {punted()}")
    # The rings did overflow: it was data that was lost.
    wait_until(lambda: show("interface")["interfaces"][0]["hw"]["rx_missed"] > DATA // 2, 5,
               "half of the data lost")
