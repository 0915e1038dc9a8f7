# SPDX-License-Identifier: BSD-3-Clause
"""A dataplane with nothing to do: it must not use the CPU, and the first packet must wake it.

    host (10.7.0.2) --- veth --- (10.7.0.1) hub, --idle adaptive, one or two workers
"""
import functools
import json
import os
import re
import statistics
import time

import pytest
from lab import BUILD, answered, wait_until

pytestmark = pytest.mark.alone
CONFIG = {"interfaces": {"lan": {"port": "idle-hub", "address": ["10.7.0.1/24"]}}}
MEASURED_S = 4
CPU_LIMIT = 0.05
WAKE_LIMIT_MS = 0.5   # there and back, twice through the kernel
TRIES = 3             # the machine is shared: the best is what the dataplane can do


def worker_cpu(pid):
    """Seconds of CPU that the threads besides the main one have used."""
    ticks = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        if int(task) != pid:
            with open(f"/proc/{pid}/task/{task}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def host(lab):
    run = functools.partial(lab.exec, "host")
    run("ip", "link", "add", "idle-hub", "type", "veth", "peer", "name", "idle-host")
    run("ip", "address", "add", "10.7.0.2/24", "dev", "idle-host")
    run("ip", "link", "set", "idle-host", "up")
    run("ip", "link", "set", "idle-hub", "up")
    yield run
    run("ip", "link", "delete", "idle-hub", check=False)


def measure(dataplane, host, workers):
    """Of the idle dataplane, the share of a CPU of each worker, and ms to wake up and answer."""
    pid = dataplane.popen.pid  # `ip netns exec` becomes the program that it starts
    before, began = worker_cpu(pid), time.monotonic()
    time.sleep(MEASURED_S)  # what is measured is that nothing happens
    share = (worker_cpu(pid) - before) / (time.monotonic() - began) / workers
    # Each packet comes after a silence that is long enough for the deepest sleep.
    output = host("ping", "-c", "20", "-i", "0.2", "-W", "20", "10.7.0.1").stdout
    times = [float(t) for t in re.findall(r"time=([0-9.]+) ms", output)]
    print(f"{workers} idle workers: {share:.1%} of a CPU each, "
          f"round trip after a silence {statistics.median(times) * 1000:.0f} us")
    assert len(times) == 20, "packets were lost at waking up"
    return share, statistics.median(times)


@pytest.mark.parametrize("workers", [1, 2])
def test_idle(lab, host, started, tmp_path, workers):
    config, channel = tmp_path / "idle.json", str(tmp_path / "dp.sock")
    config.write_text(json.dumps(CONFIG))
    lcores = ",".join(f"{n}@{n % os.cpu_count()}" for n in range(workers + 1))
    dataplane = started(lab.start(
        "host", "idle-dataplane", f"{BUILD}/dataplane/culvert-dataplane", "--no-huge", "--idle",
        "adaptive", "--lcores", lcores, "--vdev", f"net_af_packet0,iface=idle-hub,qpairs={workers}",
        "--socket", channel))
    dataplane.wait_output("ready")
    started(lab.start("host", "idle-controlplane", f"{BUILD}/controlplane/culvert-controlplane",
                      "--config", str(config), "--dataplane-socket", channel, "--mgmt-socket",
                      str(tmp_path / "mgmt.sock"), "--state-dir", str(tmp_path / "state"))
            ).wait_output("in line")
    wait_until(lambda: answered(host("ping", "-c", "1", "-W", "1", "10.7.0.1", check=False).stdout),
               10, "an answer to a ping")
    for _ in range(TRIES):
        share, wake_ms = measure(dataplane, host, workers)
        if share < CPU_LIMIT and wake_ms < WAKE_LIMIT_MS:
            break
    assert share < CPU_LIMIT
    assert wake_ms < WAKE_LIMIT_MS

