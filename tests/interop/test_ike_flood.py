# SPDX-License-Identifier: BSD-3-Clause
"""First messages of IKE under others' addresses, while a branch calls.

    branch-1 2.2.2.2 --- isp, ike_flood.py --- 1.1.1.2 hub

From everywhere: ten thousand a second, as many as the policer lets through. With IKEv2 the hub
knows a peer at any address, or it would refuse them at once: it demands cookies. With IKEv1 there
is none. Under the branch's own address: a few hundred, or they would be all that the policer lets
through from there. They fill what an address may have half open; with IKEv2 the branch has a cookie
to show, with IKEv1 those give way that have shown nothing.
"""
import os
import time

import pytest

import configs
from lab import wait_until
from strongswan import load, usual, with_lines
from test_ikev1 import v1_config

pytestmark = pytest.mark.alone
RATES = {"from-everywhere": 10000, "from-the-branch": 200}
SECONDS = 3     # of flood before the branch calls


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def flood(lab, started):
    """Start it; what it has sent so far."""
    def start(version, rate, *source):
        mac = lab.exec("hub-a", "cat", "/sys/class/net/wan/address").stdout.strip()
        process = started(lab.start(
            "isp", "flood", "/usr/bin/python3",
            os.path.join(os.path.dirname(__file__), "ike_flood.py"), "hub-a", str(version),
            str(rate), *source, env={"HUB_MAC": mac}))
        process.wait_output("flood")
        return lambda: int(process.wait_output(r"(\d+)\n\Z")[1])
    return start


def counters(hub):
    return hub.show("crypto-ikev2-sa")["counters"]


@pytest.mark.parametrize("source", RATES)
@pytest.mark.parametrize("version", [1, 2])
def test_branch_comes_up_in_a_flood(quiet_branch, hub, flood, version, source):
    spoofs_branch = source == "from-the-branch"
    if version == 1:
        config = v1_config()
        algorithms = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}
    else:
        config, algorithms = configs.dynamic(), {}
    hub.push(config)
    sent = flood(version, RATES[source], *(["2.2.2.2"] if spoofs_branch else []))
    before, begun, used = counters(hub), time.monotonic(), cpu_s(hub.controlplane.pid)
    wait_until(lambda: time.monotonic() - begun >= SECONDS, SECONDS + 1, "seconds of flood")
    share = (cpu_s(hub.controlplane.pid) - used) / (time.monotonic() - begun)
    after = counters(hub)
    load(quiet_branch, with_lines(usual(quiet_branch, **algorithms), f"version = {version}"))
    called = time.monotonic()
    quiet_branch.knock()
    hub.wait_up(seconds=20)
    took = time.monotonic() - called
    quiet_branch.ping(count=5)
    rose = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    print(f"IKEv{version}, {source}: {sent()} sent, {share:.0%} of a core, up after {took:.1f} s, "
          f"{rose}")
    assert rose["rx"] > 50 * SECONDS, "the flood does not get through to IKE"
    if version == 2:
        assert rose["refused_cookie_demanded"] > rose["rx"] / 2
    elif spoofs_branch:
        assert rose["drop_half_open_per_ip"] > 0
