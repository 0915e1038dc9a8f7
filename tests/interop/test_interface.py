# SPDX-License-Identifier: BSD-3-Clause
"""Options of interfaces that the port under them has a say in."""
import configs
from lab import HUB_LAN, ping, wait_until


def interface(hub, name):
    return next(i for i in hub.show("interface")["interfaces"] if i["name"] == name)


def test_mtu_that_the_port_cannot(lab, hub):
    """Stays at what the port has, says so, and the other options of the port are applied."""
    config = configs.one_branch()
    config["interfaces"]["lan"].update(mtu=9000, enabled=False)
    hub.push(config)
    wait_until(lambda: "--max-mtu" in hub.dataplane.output(), 5, "a warning of the dataplane")
    wait_until(lambda: "administratively down" in hub.dataplane.output(), 5, "lan is shut down")
    assert interface(hub, "lan")["mtu"] == 1500
    config["interfaces"]["lan"]["enabled"] = True
    hub.push(config)
    wait_until(lambda: interface(hub, "lan")["link"] == "up", 5, "lan is up again")
    ping(lambda *argv, check: lab.exec("host", *argv, check=check), HUB_LAN)


def test_mtu_follows_the_configuration(hub):
    config = configs.one_branch()
    for mtu in (1400, 1500):
        config["interfaces"]["lan"]["mtu"] = mtu
        hub.push(config)
        wait_until(lambda: interface(hub, "lan")["mtu"] == mtu, 5, f"MTU {mtu}")
