# SPDX-License-Identifier: BSD-3-Clause
"""OSPF over a GRE tunnel with a stock Linux branch: FRR, then BIRD, in a machine with a kernel of
its own (see tests/lab)."""
import os
import shutil

import pytest

from lab import Lab, wait_until
from ospf_lab import WAIT, OspfHub

BRANCH_ID = "10.255.1.2"
HUB_ID = "10.255.255.2"

NET = """ip address add 2.2.2.2/24 dev eth0
ip link set eth0 up
ip route add default via 2.2.2.1
ip link add lan type dummy
ip address add 192.168.21.1/24 dev lan
ip link set lan up
ip link add gre1 type gre local 2.2.2.2 remote 1.1.1.2 ttl 64
ip link set gre1 mtu 1400 multicast on up
ip address add 10.255.1.2/30 dev gre1
"""

FRR = f"""frr defaults traditional
hostname branch
router ospf
 ospf router-id {BRANCH_ID}
!
interface gre1
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
 ip ospf retransmit-interval 2
 ip ospf area 0.0.0.0
!
interface lan
 ip ospf passive
 ip ospf area 0.0.0.0
!
"""

BIRD = f"""log stderr all;
router id {BRANCH_ID};
protocol device {{ scan time 2; }}
protocol direct {{ ipv4; }}
protocol kernel {{ ipv4 {{ export where source ~ [ RTS_OSPF ]; }}; }}
protocol ospf v2 ospf1 {{
 ipv4 {{ import all; }};
 area 0.0.0.0 {{
  interface "gre1" {{ type ptp; hello 1; dead 4; retransmit 2; }};
  interface "lan" {{ stub; }};
 }};
}}
"""


@pytest.fixture(scope="module")
def own_lab():
    assert os.geteuid() == 0, "the interop tests need root: namespaces, packet sockets"
    lab = Lab(f"culvert-g{os.getpid()}")
    try:
        lab.up()
        yield lab
    finally:
        lab.down()
        shutil.rmtree(lab.state, ignore_errors=True)


@pytest.fixture(scope="module")
def tunnel_hub(own_lab):
    hub = OspfHub(own_lab)
    hub.start(config())
    yield hub
    hub.stop()


def config(address=True):
    tunnel = {"source": "1.1.1.2", "destination": "2.2.2.2", "mtu": 1400,
              "ospf": {"area": "0", "hello-seconds": 1, "dead-seconds": 4}}
    if address:
        tunnel["address"] = "10.255.1.1/30"
    return {
        "system": {"log-level": "debug"},
        "interfaces": {"wan": {"address": ["1.1.1.2/24"]},
                       "lan": {"address": ["192.168.10.1/24"],
                               "ospf": {"area": "0", "passive": True}}},
        "tunnels": {"tunnel1": tunnel},
        "routes": [{"prefix": "2.2.2.0/24", "via": "1.1.1.1"}],
        "router": {"ospf": {"1": {"router-id": HUB_ID}}},
    }


@pytest.mark.parametrize("daemon", ["frr", "bird"])
def test_over_gre(own_lab, tunnel_hub, daemon):
    """Full over the tunnel; each side's LAN is reached by what the other told, and not after. Then
    the same unnumbered."""
    directory = f"{own_lab.state}/peer-{daemon}"
    os.makedirs(directory)
    for name, text in {"vars": "UNUSED=0\n", "net.sh": NET,
                       f"{daemon}.conf": FRR if daemon == "frr" else BIRD}.items():
        with open(f"{directory}/{name}", "w") as file:
            file.write(text)
    tunnel_hub.push(config())
    own_lab.tool("peer", "start", "branch-1", "--netns", own_lab.prefix + "branch-1", "--tap",
                 "tap-wan", "--dir", directory)
    try:
        tunnel_hub.wait_state(BRANCH_ID)
        assert tunnel_hub.interface("tunnel1")["type"] == "point-to-point"
        # Its LSA of before they were Full may not have had that yet.
        wait_until(lambda: "192.168.21.0" in [link["id"] for link in
                                              tunnel_hub.links_of(BRANCH_ID)], WAIT,
                   "the branch tells of its LAN")

        def reached():
            return own_lab.exec("host", "ping", "-c", "1", "-w", "1", "192.168.21.1",
                                check=False).returncode == 0
        wait_until(reached, WAIT, "the host reaches the branch's LAN by OSPF's routes")
        # The same without addresses of the tunnel's own: both ends borrow one of their LANs'.
        own_lab.peer_exec("branch-1", "sh", "-euc", "ip address del 10.255.1.2/30 dev gre1; "
                          "ip address add 192.168.21.1/32 dev gre1")
        tunnel_hub.push(config(address=False))
        wait_until(lambda: tunnel_hub.interface("tunnel1")["unnumbered"], WAIT, "unnumbered")
        wait_until(lambda: (n := tunnel_hub.neighbor(BRANCH_ID)) and n["state"] == "Full" and
                   n["address"] == "192.168.21.1", WAIT, f"{tunnel_hub.neighbor(BRANCH_ID)}")
        wait_until(reached, WAIT, "the host reaches the branch's LAN over the unnumbered tunnel")
        links = tunnel_hub.links_of(HUB_ID)
        assert "10.255.1.0" not in [link["id"] for link in links]
        assert [link["type"] for link in links].count("point-to-point") == 1
    finally:
        own_lab.tool("peer", "stop", "branch-1", "--crash", check=False)
    wait_until(lambda: tunnel_hub.neighbor(BRANCH_ID) is None, WAIT, "the branch is gone")
