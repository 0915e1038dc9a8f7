# SPDX-License-Identifier: BSD-3-Clause
"""OSPF's neighbourhood: the hub, FRR and BIRD on one LAN, and a link of its own to FRR.

    frr 192.168.10.3 ---+ sw (bridge) --- lan [hub .10.2] wan 10.1.1.1/30 --- 10.1.1.2 frr (ptp)
    bird 192.168.10.4 --+
"""
import json
import os
import re

import pytest

from lab import Hub, wait_until
from segment import Segment, hub_fixtures, segment_fixture

WAIT = 60
HUB_ID, FRR_ID, BIRD_ID = "10.255.255.2", "10.255.255.3", "10.255.255.4"


class OspfSegment(Segment):
    SITES = ("sw", "hub-a", "frr", "bird")
    LAN = {"hub-a": "lan", "frr": "lan", "bird": "lan"}
    NO_IPV6 = SITES

    def wire(self):
        self.veth("frr", "ptp", "hub-a", "wan")


@pytest.fixture
def peers(segment):
    """Starts what it is given; all that is started ends with the test."""
    running = []

    def start(*peers):
        for peer in peers:
            running.append(peer)
            peer.start()
        return peers[0] if len(peers) == 1 else peers
    yield start
    for peer in running:
        peer.stop(crash=True)


def ospf_fixtures(letter):
    """The fixtures segment, module_hub, hub (without OSPF when a test begins) and peers."""
    return (segment_fixture(OspfSegment, letter), *hub_fixtures(OspfHub, without_ospf), peers)


class Peer:
    """FRR or BIRD in its namespace, with a configuration of the test's."""

    def __init__(self, segment, name, files, net, site=None):
        self.segment, self.name, self.site = segment, name, site or name
        self.dir = f"{segment.state}/peer-{name}"
        os.makedirs(self.dir, exist_ok=True)
        for file, text in {"vars": "UNUSED=0\n", "net.sh": net, **files}.items():
            with open(f"{self.dir}/{file}", "w") as out:
                out.write(text)

    def start(self):
        done = self.segment.tool("peer", "start", self.name, "--netns",
                                 self.segment.prefix + self.site, "--native", "--dir", self.dir,
                                 check=False)
        assert done.returncode == 0, f"{self.name} did not start: {done.stderr[-2000:]}"

    def stop(self, crash=False):
        self.segment.tool("peer", "stop", self.name, *(["--crash"] if crash else []))

    def exec(self, *argv, check=True, timeout=60):
        return self.segment.peer_exec(self.name, *argv, check=check, timeout=timeout).stdout

    def vtysh(self, *lines):
        """FRR's commands, or lines of configuration after "configure". Said again while one of its
        daemons has not begun to listen, which vtysh says with an exit status, or in words only;
        an error of a command begins with "%"."""
        argv = ["vtysh", *(word for line in lines for word in ("-c", line))]
        answers = []

        def answered():
            answers.append(self.segment.peer_exec(self.name, *argv, check=False))
            said = answers[-1].stdout + answers[-1].stderr
            return "is not running" not in said and (
                answers[-1].returncode == 0 or re.search(r"^%", said, re.M))
        wait_until(answered, WAIT, lambda: f"{argv}: {answers[-1]}")
        answers[-1].check_returncode()
        return answers[-1].stdout


class Frr(Peer):
    def __init__(self, segment, lan="", link=None, router_id=FRR_ID, router="", n_stubs=1,
                 link_address="10.1.1.2/30"):
        """@lan, @link: lines of the interfaces; None: OSPF does not run there."""
        def interface(name, lines):
            if lines is None:
                return ""
            return (f"interface {name}\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n"
                    f" ip ospf retransmit-interval 2\n{lines}")
        conf = (f"frr defaults traditional\nhostname frr\nrouter ospf\n"
                f" ospf router-id {router_id}\n{router}!\n" + interface("lan", lan) + "!\n"
                + interface("ptp", link) + "!\ninterface lo\n ip ospf area 0.0.0.0\n!\n")
        net = ("ip address replace 192.168.10.3/24 dev lan\nip link set lan up\n"
               f"ip address replace {link_address} dev ptp\nip link set ptp up\n"
               + "".join(f"ip address replace 172.20.3.{i + 1}/32 dev lo\n"
                         for i in range(n_stubs)))
        super().__init__(segment, "frr", {"frr.conf": conf}, net)

    def area_of_loopback(self, area):
        """Put its loopback into another area; before start()."""
        path = f"{self.dir}/frr.conf"
        with open(path) as conf:
            text = conf.read()
        with open(path, "w") as out:
            out.write(text.replace("interface lo\n ip ospf area 0.0.0.0\n",
                                   f"interface lo\n ip ospf area {area}\n"))
        return self

    def json(self, command):
        return json.loads(self.vtysh(command + " json"))

    def neighbors(self):
        found = self.json("show ip ospf neighbor")["neighbors"]
        return {rid: n for rid, list_ in found.items() for n in list_}

    def state_of_hub(self):
        neighbor = self.neighbors().get(HUB_ID)
        return neighbor and (neighbor.get("nbrState") or neighbor.get("state"))

    def wait_full(self):
        wait_until(lambda: (self.state_of_hub() or "").startswith("Full"), WAIT,
                   "FRR is Full with the hub")

    def database(self):
        """{(type, id, router): (sequence, checksum)} of areas and AS."""
        out = {}
        db = self.json("show ip ospf database")
        names = {"routerLinkStates": "router", "networkLinkStates": "network",
                 "summaryLinkStates": "summary", "asbrSummaryLinkStates": "asbr-summary",
                 "asExternalLinkStates": "external"}

        def take(where):
            for key, name in names.items():
                for lsa in where.get(key, []):
                    if lsa["lsaAge"] >= 3600:
                        continue  # flushed: FRR keeps it for a minute
                    out[name, lsa["lsId"], lsa["advertisedRouter"]] = (
                        int(lsa["sequenceNumber"], 16), int(lsa["checksum"], 16))
        take(db)
        for area in db.get("areas", {}).values():
            take(area)
        return out


class Bird(Peer):
    def __init__(self, segment, lan="", router_id=BIRD_ID, area="0.0.0.0", kind="broadcast",
                 address="192.168.10.4/24"):
        """@lan: options of the interface."""
        def conf(lan):
            return (
                f"log stderr all;\nrouter id {router_id};\nprotocol device {{ scan time 2; }}\n"
                "protocol direct { ipv4; }\n"
                "protocol kernel { ipv4 { export where source ~ [ RTS_OSPF ]; }; }\n"
                f"protocol ospf v2 ospf1 {{\n ipv4 {{ import all; }};\n area {area} {{\n"
                f"  interface \"lan\" {{ type {kind}; hello 1; dead 4; retransmit 2; {lan} }};\n"
                "  interface \"lo\" { stub; };\n };\n}\n")
        self.conf = conf
        net = (f"ip address replace {address} dev lan\nip link set lan up\n"
               "ip address replace 172.20.4.1/32 dev lo\n")
        super().__init__(segment, "bird", {"bird.conf": conf(lan)}, net)

    def change(self, lan):
        """Other options of the interface, while it runs."""
        with open(f"{self.segment.state}/peers/{self.name}/config/bird.conf", "w") as file:
            file.write(self.conf(lan))
        answer = self.exec("birdc", "configure")
        assert "Reconfigured" in answer or "Reconfiguration in progress" in answer, answer

    def state_of_hub(self):
        for line in self.exec("birdc", "show ospf neighbors").splitlines():
            words = line.split()
            if words[:1] == [HUB_ID]:
                return words[2]
        return None

    def wait_full(self):
        wait_until(lambda: (self.state_of_hub() or "").startswith("Full"), WAIT,
                   "BIRD is Full with the hub")


class OspfHub(Hub):
    def neighbor(self, router_id):
        for n in self.show("ip-ospf-neighbor")["neighbors"]:
            if n["router_id"] == router_id:
                return n
        return None

    def wait_state(self, router_id, state="Full", seconds=WAIT):
        return wait_until(lambda: (n := self.neighbor(router_id)) and n["state"] == state and n,
                          seconds, lambda: f"{router_id} is {state}; {self.neighbor(router_id)}")

    def interface(self, name):
        for i in self.show("ip-ospf-interface")["interfaces"]:
            if i["name"] == name:
                return i
        return None

    def links_of(self, router):
        """Those of a router-LSA of the first area, as the hub has it; [] if it has none."""
        areas = self.show("ip-ospf-database", name="router")["areas"]
        return next((lsa["links"] for lsa in areas[0]["lsas"] if lsa["router"] == router), [])

    def database(self):
        db = self.show("ip-ospf-database")
        lsas = [lsa for area in db["areas"] for lsa in area["lsas"]] + db["as"]
        return {(lsa["type"], lsa["id"], lsa["router"]):
                (int(lsa["sequence"], 16), int(lsa["checksum"], 16))
                for lsa in lsas if not lsa["type"].startswith("opaque")}

    def refused(self):
        return {r["name"]: r["count"] for r in self.show("ip-ospf").get("refused", [])}


def config(lan=None, wan=None, ospf=None, lan_mtu=1500, **more):
    """The hub with OSPF on its LAN, 1 s and 4 s; on the link to FRR with @wan."""
    def interface(options):
        return {"area": "0", "hello-seconds": 1, "dead-seconds": 4, "retransmit-seconds": 2,
                **options}
    c = {
        "system": {"log-level": "debug"},
        "interfaces": {
            "lan": {"address": ["192.168.10.2/24"], "mtu": lan_mtu,
                    "ospf": interface(lan or {})},
            "wan": {"address": ["10.1.1.1/30"]},
        },
        "router": {"ospf": {"1": {"router-id": HUB_ID, **(ospf or {})}}},
        **more,
    }
    if wan is not None:
        c["interfaces"]["wan"]["ospf"] = interface(wan)
    return c


def without_ospf():
    c = config()
    del c["router"]
    return c
