# SPDX-License-Identifier: BSD-3-Clause
"""What routers make of a topology that is told to them over the wire: the hub, FRR and BIRD, one
after the other, each between two links to the same speakers (tests/interop/ospf_speaker.py).

    speaker of router 0 --- a/wan [router under test] lan/b --- speaker of router 1

Probes go in on one link; on which they come out again says what is in the forwarding table. So all
are measured in the same way, from the LSA that leaves the speaker to the packet that takes the new
route.
"""
import argparse
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from lab import Hub, wait_until  # noqa: E402
from ospf_lab import Peer  # noqa: E402
from ospf_speaker import Speaker, Topology, meet, run, socket_in  # noqa: E402
from segment import Segment  # noqa: E402

DUTS = ("hub-a", "frr", "bird")
LINKS = {"wan": ("a", "10.1.1"), "lan": ("b", "10.1.2")}
NEW = "203.0.113.0/24"
PORT = 4000
QUIET_S = 2.5    # between changes: MinLSArrival, and the end of back-offs
SAMPLE = 300     # destinations that stand for all
PROBE_S = 0.0002
PACKET_OUTGOING = 4
NET_SH = """sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
for dev in wan lan; do
    sysctl -qw net.ipv4.conf.$dev.rp_filter=0 net.ipv4.conf.$dev.send_redirects=0
done
sysctl -qw net.ipv4.conf.all.send_redirects=0
ip address replace 10.1.1.1/30 dev wan
ip address replace 10.1.2.1/30 dev lan
"""
FRR_CONF = "frr defaults traditional\nhostname frr\nrouter ospf\n" \
    " ospf router-id 10.255.255.3\n!\n" + "".join(
        f"interface {dev}\n ip ospf area 0\n ip ospf network point-to-point\n ip ospf cost 1\n"
        " ip ospf hello-interval 1\n ip ospf dead-interval 4\n!\n" for dev in LINKS)
BIRD_CONF = """router id 10.255.255.4;
protocol device { }
protocol kernel { ipv4 { export all; }; }
protocol ospf v2 {
  ipv4 { import all; };
  area 0 { interface "wan", "lan" { type ptp; cost 1; hello 1; dead 4; }; };
}
"""


class WireSegment(Segment):
    SITES = ("sw", *DUTS, *(f"sp-{d}" for d in DUTS))
    LAN = {}
    NO_IPV6 = SITES

    def wire(self):
        for dut in DUTS:
            for far, (near, net) in LINKS.items():
                self.veth(f"sp-{dut}", near, dut, far)
                self.ip(f"sp-{dut}", "addr", "add", f"{net}.2/30", "dev", near)
            for half in ("0.0.0.0/1", "128.0.0.0/1"):
                self.ip(f"sp-{dut}", "route", "add", half, "via", "10.1.1.1", "dev", "a")


def hub_config():
    ospf = {"area": "0", "network": "point-to-point", "hello-seconds": 1, "dead-seconds": 4,
            "cost": 1}
    return {"system": {"log-level": "notice"},
            "interfaces": {dev: {"address": [f"{net}.1/30"], "ospf": ospf}
                           for dev, (_, net) in LINKS.items()},
            "router": {"ospf": {"1": {"router-id": "10.255.255.2"}}}}


class Probe:
    """Packets into one link, and who of them comes out of the other."""

    def __init__(self, netns):
        self.out = socket_in(netns, socket.AF_INET, socket.SOCK_DGRAM)
        self.out.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"a\0")
        self.back = socket_in(netns, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.back.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
        self.back.bind(("b", 0x0800))
        self.back.setblocking(False)

    def close(self):
        self.out.close()
        self.back.close()

    def send(self, address):
        self.out.sendto(b"probe", (address, PORT))

    def seen(self):
        """Destinations of the probes that have come."""
        found = set()
        while True:
            try:
                frame, source = self.back.recvfrom(2048)
            except BlockingIOError:
                return found
            if source[2] != PACKET_OUTGOING and frame[23] == 17 and \
                    frame[36:38] == PORT.to_bytes(2, "big"):
                found.add(socket.inet_ntoa(frame[30:34]))

    def wait(self, speakers, addresses, seconds, began):
        """Until a probe to each of them has come out: seconds from @began to the last."""
        left, last = set(addresses), began
        end = time.monotonic() + seconds
        while left:
            assert time.monotonic() < end, f"{len(left)} of {len(addresses)} do not come out"
            for address in list(left):
                self.send(address)
                if len(left) == 1:
                    time.sleep(PROBE_S)
            came = self.seen() & left
            if came:
                last = time.monotonic()
                left -= came
            for s in speakers:
                s.step()
        return last - began


def host_of(prefix):
    """An address within: of a link's network the first one."""
    address, length = prefix.split("/")
    if length == "32":
        return address
    head, tail = address.rsplit(".", 1)
    return f"{head}.{int(tail) + 1}"


def daemons(netns, names):
    """{name: (resident KB, CPU seconds)} of the processes there."""
    pids = subprocess.run(["ip", "netns", "pids", netns], capture_output=True, text=True,
                          check=True).stdout.split()
    found = {}
    for pid in pids:
        with open(f"/proc/{pid}/comm") as file:
            name = file.read().strip()
        if name not in names:
            continue
        with open(f"/proc/{pid}/status") as file:
            rss = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        found[name] = (rss, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    return found


class Dut:
    """One of the routers, started, and how to end it."""

    def __init__(self, segment, name):
        self.segment, self.name = segment, name
        self.netns = segment.prefix + name
        if name == "hub-a":
            self.names = ("culvert-control",)
            self.hub = Hub(segment)
            self.hub.start(hub_config())
        elif name == "frr":
            self.names = ("ospfd", "zebra")
            self.peer = Peer(segment, "frr", {"frr.conf": FRR_CONF}, NET_SH)
            self.peer.start()
        else:
            self.names = ("bird",)
            self.peer = Peer(segment, "bird", {"bird.conf": BIRD_CONF}, NET_SH)
            self.peer.start()

    def stop(self):
        if self.name == "hub-a":
            self.hub.stop()
        else:
            self.peer.stop(crash=True)

    def report(self):
        """What it says of itself in the end; the hub has an account of its timers."""
        if self.name != "hub-a":
            return ""
        wait_until(lambda: self.hub.show("ip-ospf-statistics")["feed"]["waiting"] == 0, 10,
                   "all routes are with the dataplane")
        feed = self.hub.show("ip-ospf-statistics")["feed"]
        late = self.hub.show("version").get("timers_late_ms")
        return f"feed {feed}" + (f", timers at most {late} ms late" if late is not None else "")


def moved(before, after):
    """Prefixes that leave one gateway for the other."""
    return sorted((p for p in before if before[p][1] == {"a"} and after[p][1] == {"b"}),
                  key=lambda p: (-int(p.split("/")[1]), socket.inet_aton(p.split("/")[0])))


def measure(segment, name, args):
    topology = Topology(args.routers, seed=args.seed, n_externals=args.externals)
    dut = Dut(segment, name)
    ns = f"{segment.prefix}sp-{name}"
    gates = {0: (1, "a"), 1: (1, "b")}
    speakers, probe = [], Probe(ns)
    out = {}
    try:
        empty = daemons(dut.netns, dut.names)
        speakers += [Speaker(topology, i, ns, dev, f"{net}.2")
                     for i, (dev, net) in enumerate(LINKS.values())]
        # One new network behind the second router; until then all is as it will be.
        began = time.monotonic()
        meet(speakers, 120)
        routes = topology.routes(gates)
        sample = [p for p in routes if routes[p][1] == {"b"}]
        sample = [host_of(p) for p in random.Random(1).sample(sample, min(SAMPLE, len(sample)))]
        out["load_s"] = probe.wait(speakers, sample, 120, began)
        now = daemons(dut.netns, dut.names)
        out["rss_mb"] = sum(kb for kb, _ in now.values()) / 1024
        out["grew_mb"] = out["rss_mb"] - sum(kb for kb, _ in empty.values()) / 1024
        out["cpu_s"] = sum(s for _, s in now.values()) - sum(s for _, s in empty.values())
        out["lsa_ms"] = []
        for k in range(args.rounds):
            run(speakers, QUIET_S + random.random())
            probe.seen()
            topology.stubs[1][NEW] = 1
            lsa = topology.originate(1)
            began = time.monotonic()
            speakers[1].flood(lsa)
            out["lsa_ms"].append(1000 * probe.wait(speakers, [host_of(NEW)], 30, began))
            run(speakers, QUIET_S)
            del topology.stubs[1][NEW]
            speakers[1].flood(topology.originate(1))
        # The way by the second router is long; then the one by the first is longer still.
        run(speakers, QUIET_S)
        speakers[1].flood(topology.cost_out(1, 1000))
        out["move_ms"] = []
        for k in range(args.moves):
            run(speakers, QUIET_S + random.random())
            before = topology.routes(gates)
            run(speakers, 1)
            lsa = topology.cost_out(0, 5000)
            after = topology.routes(gates)
            run(speakers, 1)
            which = moved(before, after)
            step = max(1, len(which) // SAMPLE)
            sample = [host_of(p) for p in dict.fromkeys(which[::step] + which[-1:])]
            out["moved"] = len(which) / len(before)
            probe.seen()
            began = time.monotonic()
            speakers[0].flood(lsa)
            out["move_ms"].append(1000 * probe.wait(speakers, sample, 60, began))
            run(speakers, QUIET_S)
            speakers[0].flood(topology.cost_out(0, -5000))
        out["said"] = dut.report()
        return out
    finally:
        for s in speakers:
            s.close()
        probe.close()
        dut.stop()


def show(name, out, args):
    def median(values):
        return f"{statistics.median(values):8.1f} ms (least {min(values):.1f}, most " \
               f"{max(values):.1f}, {len(values)} times)" if values else "-"
    print(f"{name:6} {args.routers} routers, {args.externals} externals: "
          f"told and forwarding after {out['load_s']:.1f} s, {out['cpu_s']:.2f} s of CPU, "
          f"{out['rss_mb']:.0f} MB ({out['grew_mb']:.0f} more than when it was empty)")
    print(f"{name:6}   one LSA, one new route:  {median(out['lsa_ms'])}")
    if out["move_ms"]:
        print(f"{name:6}   one LSA, {100 * out['moved']:.0f} % of the routes move, the last of a "
              f"sample: {median(out['move_ms'])}")
    if out["said"]:
        print(f"{name:6}   {out['said']}", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--wire", action="store_true", help="(what called this)")
    p.add_argument("--routers", type=int, default=1000)
    p.add_argument("--externals", type=int, default=0)
    p.add_argument("--rounds", type=int, default=7, help="changes of one route")
    p.add_argument("--moves", type=int, default=3, help="changes of nearly all routes")
    p.add_argument("--peers", default="hub-a,frr,bird", help="of hub-a, frr, bird")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    assert os.geteuid() == 0, "namespaces and raw sockets need root"
    segment = WireSegment(f"culvert-w{os.getpid()}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        segment.up()
        for name in args.peers.split(","):
            show(name, measure(segment, name, args), args)
    finally:
        segment.down()
        shutil.rmtree(segment.state, ignore_errors=True)


if __name__ == "__main__":
    main()
