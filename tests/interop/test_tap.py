# SPDX-License-Identifier: BSD-3-Clause
"""A port that is a TAP: the kernel at its other end is a neighbour like any other."""
import functools
import json

from lab import BUILD, answered, ping, wait_until

CONFIG = {"interfaces": {"lan": {"port": "tap-hub", "address": ["10.7.0.1/24"]}}}


def test_kernel_and_hub_reach_each_other(lab, started, tmp_path):
    """Though DPDK gives the kernel's end the MAC address that it says the port has."""
    config, channel = tmp_path / "tap.json", str(tmp_path / "dp.sock")
    config.write_text(json.dumps(CONFIG))
    started(lab.start("host", "tap-dataplane", f"{BUILD}/dataplane/culvert-dataplane", "--no-huge",
                      "--vdev", "net_tap0,iface=tap-hub", "--socket", channel)).wait_output("ready")
    started(lab.start("host", "tap-controlplane", f"{BUILD}/controlplane/culvert-controlplane",
                      "--config", str(config), "--dataplane-socket", channel, "--mgmt-socket",
                      str(tmp_path / "mgmt.sock"), "--state-dir", str(tmp_path / "state"))
            ).wait_output("in line")
    host = functools.partial(lab.exec, "host")
    host("ip", "address", "add", "10.7.0.2/24", "dev", "tap-hub")
    host("ip", "link", "set", "tap-hub", "up")
    wait_until(lambda: answered(host("ping", "-c", "1", "-W", "1", "10.7.0.1", check=False).stdout),
               10, "an answer to a ping over the TAP")
    ping(host, "10.7.0.1", count=20)
