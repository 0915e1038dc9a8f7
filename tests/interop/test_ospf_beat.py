# SPDX-License-Identifier: BSD-3-Clause
"""VRRP keeps its beat of 100 ms while ten thousand routers' routes move and the hub is flooded with
data.

    speaker (ptp) 10.1.1.2 --- 10.1.1.1 wan [hub] lan .10.2 ---- sw (bridge) ---- peer 192.168.10.9

The hub is Active in group 10, and Backup in group 11, where the peer speaks for the Active.
"""
import socket
import struct
import sys


import pytest

from lab import wait_until
from ospf_lab import OspfHub, config, without_ospf
from ospf_speaker import Speaker, Topology, ip_checksum, meet, run, socket_in
from segment import Segment, hub_fixtures, segment_fixture

N = 10000
MOVES = 4
ADVERTISE_MS = 100
# RFC 9568: three intervals and the skew of a Backup with priority 100.
DOWN_S = (3 * ADVERTISE_MS + ADVERTISE_MS * (256 - 100) / 256) / 1000
PEER, VIRTUAL = "192.168.10.9", "192.168.10.11"

FLOOD = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for port in range(1000, 1064):
        try:
            s.sendto(bytes(100), ("192.168.10.9", port))
        except OSError:
            pass
"""
ADVERTISE = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(sys.argv[1]))
at = time.monotonic()
while True:
    s.sendto(bytes.fromhex(sys.argv[2]), ("224.0.0.18", 0))
    at += 0.1
    time.sleep(max(0, at - time.monotonic()))
"""


class BeatSegment(Segment):
    SITES = ("sw", "hub-a", "speaker", "peer")
    LAN = {"hub-a": "lan", "peer": "lan"}
    NO_IPV6 = SITES

    def wire(self):
        self.veth("speaker", "ptp", "hub-a", "wan")
        self.ip("speaker", "addr", "add", "10.1.1.2/30", "dev", "ptp")
        self.ip("speaker", "route", "add", "192.168.10.0/24", "via", "10.1.1.1")
        self.ip("peer", "addr", "add", PEER + "/24", "dev", "lan")


segment = segment_fixture(BeatSegment, "b")
module_hub, hub = hub_fixtures(OspfHub, without_ospf)


def advertisement(vrid, priority):
    """VRRPv3 from PEER, for VIRTUAL."""
    message = struct.pack("!BBBBHH", 0x31, vrid, priority, 1, ADVERTISE_MS // 10, 0) + \
        socket.inet_aton(VIRTUAL)
    pseudo = socket.inet_aton(PEER) + socket.inet_aton("224.0.0.18") + struct.pack(
        "!BBH", 0, 112, len(message))
    return message[:6] + struct.pack("!H", ip_checksum(pseudo + message)) + message[8:]


def groups(hub):
    return {g["group"]: g for g in hub.show("vrrp")["groups"]}


def states(hub):
    return {vrid: g["state"].lower() for vrid, g in groups(hub).items()}


class Listener:
    """The longest silence between the hub's advertisements, by the kernel's times of receipt."""

    def __init__(self, segment):
        self.sock = socket_in(segment.prefix + "peer", socket.AF_INET, socket.SOCK_RAW, 112)
        self.sock.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                             socket.inet_aton("224.0.0.18") + socket.inet_aton(PEER))
        self.sock.setblocking(False)

    def gaps(self):
        """Between all that have come, in seconds."""
        times = []
        while True:
            try:
                packet, ancillary, _, source = self.sock.recvmsg(2048, 256)
            except BlockingIOError:
                break
            if source[0] == "192.168.10.2" and packet[20 + 1] == 10:
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                times.append(seconds + nanoseconds / 1e9)
        return [b - a for a, b in zip(times, times[1:])]


@pytest.fixture
def noise(segment):
    """Starts programs in the background that end with the test."""
    running = []

    def start(site, name, text, *args):
        running.append(segment.start(site, name, sys.executable, "-c", text, *args))
    yield start
    for process in running:
        process.kill()


def test_beat(hub, segment, noise):
    c = config(wan={"network": "point-to-point", "cost": 7})
    del c["interfaces"]["lan"]["ospf"]
    c["system"]["log-level"] = "notice"
    c["interfaces"]["lan"]["vrrp"] = {
        str(vrid): {"address": address, "priority": priority, "advertise-ms": ADVERTISE_MS}
        for vrid, address, priority in ((10, "192.168.10.1", 200), (11, VIRTUAL, 100))}
    noise("peer", "advertise", ADVERTISE, PEER, advertisement(11, 250).hex())
    hub.push(c)
    topology = Topology(N, seed=9)
    wanted = {10: "active", 11: "backup"}
    wait_until(lambda: states(hub) == wanted, 20, f"the groups are {wanted}")
    listener = Listener(segment)
    speaker = Speaker(topology, 0, segment.prefix + "speaker", "ptp", "10.1.1.2")
    try:
        before = {vrid: g["counters"] for vrid, g in groups(hub).items()}
        listener.gaps()
        noise("speaker", "flood", FLOOD)
        meet([speaker], 60)
        for k in range(MOVES):
            speaker.flood(topology.cost_out(0, 100 if k % 2 == 0 else -100))
            run([speaker], 1.2)
        gaps = listener.gaps()
        after = {vrid: g["counters"] for vrid, g in groups(hub).items()}
        assert states(hub) == wanted
        assert all(after[v]["become_active"] == before[v]["become_active"] for v in wanted)
        assert len(gaps) > 10 and max(gaps) < DOWN_S, f"silent for {max(gaps):.3f} s"
        statistics = hub.show("ip-ospf-statistics")
        assert statistics["feed"]["prefixes"] > len(topology.links)
        print(f"longest silence {1000 * max(gaps):.0f} ms of {len(gaps)}; timers at most "
              f"{after[10]['timer_late_max_ms']} ms late; {statistics['feed']}, longest "
              f"calculation {statistics['worst_us']} us")
    finally:
        speaker.close()
        listener.sock.close()
