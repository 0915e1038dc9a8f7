#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The whole case: two hubs, two branches, two ISPs, and every failure in it.

    branch-1 (192.168.21.1) 2.2.2.2 ---+-----+--- 1.1.1.2 hub-a .10.2 ---+-----+
                                       | isp |                           | lan |--- host .10.100
    branch-2 (192.168.22.1) 3.3.3.2 ---+-----+--- 4.4.4.2 hub-b .10.3 ---+-----+

Four GRE-over-IPsec tunnels, OSPF over them and on the LAN, VRRP for the host's gateway,
tracked ISPs. The branches are stock Linux: strongSwan, kernel GRE, FRR. Two pings, a hundred a
second each, cross the whole of it all the time, one from the host to a branch's LAN, one back; what
a failure costs is what they lose.

    ha.py [classic|fast] [NAME ...]     runs the failures of these names, or all, and prints a table

With --realtime the hubs' daemons, and below them everything else of the case, have real-time
priority: for figures of a machine that has other things to do.
"""
import argparse
import contextlib
import datetime
import functools
import json
import os
import random
import shutil
import signal
import sys
import time

import ha_hard
import ha_ospf
import ha_wan
from lab import LAB, PATIENCE_S, ROOT, Capture, Hub, Lab, Process, Wall, stood_s, wait_until
from probe import Probe

PEER_DIR = os.path.join(LAB, "peers", "branch-dual-hub")
INTERVAL = 0.01
OTHER_PROBES = {"internet": "    the LAN to the Internet", "branch-2": "    the LAN to branch-2"}
HELD_S = 1.0        # what is not lost may wait for so long
INTERNET = "9.9.9.9"
HOST = "192.168.10.100"
VIRTUAL_MAC = "00:00:5e:00:01:0a"
BRANCHES = {
    "branch-1": {"WAN": "2.2.2.2", "GATEWAY": "2.2.2.1", "LAN": "192.168.21.1",
                 "TUNNEL_A": "10.255.1.2", "TUNNEL_B": "10.255.3.2"},
    "branch-2": {"WAN": "3.3.3.2", "GATEWAY": "3.3.3.1", "LAN": "192.168.22.1",
                 "TUNNEL_A": "10.255.2.2", "TUNNEL_B": "10.255.4.2"},
}


def config_of(letter, fast):
    """The shipped configuration of a hub; fast: with timers for a tenth of a second."""
    with open(os.path.join(ROOT, "configs", f"hub-{letter}.json")) as file:
        config = json.load(file)
    if fast:
        group = config["interfaces"]["lan"]["vrrp"]["10"]
        del group["advertise-seconds"]
        group["advertise-ms"] = 100
        for sla in config["slas"].values():
            sla.update({"interval-ms": 100, "timeout-ms": 100})
        for part in (config["interfaces"]["lan"], *config["tunnels"].values()):
            part["ospf"].pop("dead-seconds")
            part["ospf"].pop("hello-seconds")
            part["ospf"]["hello-multiplier"] = 4
    return config


class CaseHub(Hub):
    """A hub whose control plane has a wall clock of its own, perhaps with real-time priority."""

    def __init__(self, lab, site, directory, realtime):
        super().__init__(lab, site, directory)
        self.realtime = realtime
        self.wall = Wall(directory)

    def with_priority(self, argv, priority):
        return ["chrt", "--rr", str(priority), *argv] if self.realtime else argv

    def dataplane_argv(self):
        return self.with_priority(super().dataplane_argv(), 30)

    def controlplane_argv(self, config):
        return self.with_priority(super().controlplane_argv(config), 40)


class DualBranch:
    """A stock branch with a tunnel to each hub."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.vars = BRANCHES[name]
        self.lan = self.vars["LAN"]

    def start(self, fast):
        options = [word for item in {**self.vars, "START": "start", "DPD_DELAY": "2s"}.items()
                   for word in ("--set", "=".join(item))]
        self.lab.tool("peer", "start", self.name, "--netns", self.lab.prefix + self.name,
                      "--tap", "tap-wan", "--dir", PEER_DIR, *options)
        if fast:
            words = [w for gre in ("gre-a", "gre-b")
                     for w in ("-c", f"interface {gre}",
                               "-c", "ip ospf dead-interval minimal hello-multiplier 4")]
            self.exec("vtysh", "-c", "configure terminal", *words)

    def stop(self, crash=False):
        self.lab.tool("peer", "stop", self.name, *(["--crash"] if crash else []))

    def exec(self, *argv, check=True, timeout=60):
        return self.lab.peer_exec(self.name, *argv, check=check, timeout=timeout)

    def routes_by(self, interface):
        """Does OSPF lead to headquarters by this tunnel?"""
        return f"dev {interface}" in self.exec("ip", "route", "show", "192.168.10.0/24",
                                               check=False).stdout


class World:
    """All of it, up and converged."""

    ISPS = (("1", "hub-a", "1.1.1.2"), ("2", "hub-b", "4.4.4.2"))

    def __init__(self, name, fast=False, realtime=False):
        self.fast = fast
        if realtime:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(20))
        self.lab = Lab(name)
        self.hubs = {}
        for letter in "ab":
            directory = f"{self.lab.state}/hub-{letter}"
            os.makedirs(directory)
            self.hubs[letter] = CaseHub(self.lab, f"hub-{letter}", directory, realtime)
        self.branches = {name: DualBranch(self.lab, name) for name in BRANCHES}
        self.processes = []
        self.probes = {}
        self.stood_s = 0

    def up(self):
        self.lab.up("--two-hubs")
        self.internet()
        for letter in self.hubs:
            self.start_hub(letter)
        for branch in self.branches.values():
            branch.start(self.fast)
        self.settle()
        self.start_probes()

    def internet(self):
        """An address out there, which answers by the ISP that it was asked by, as behind NAT."""
        isp = functools.partial(self.lab.exec, "isp")
        isp("ip", "address", "add", f"{INTERNET}/32", "dev", "lo")
        isp("nft", "add", "table", "ip", "back")
        isp("nft", "add", "chain", "ip", "back", "in",
            "{ type filter hook prerouting priority -150 ; }")
        isp("nft", "add", "chain", "ip", "back", "out",
            "{ type route hook output priority -150 ; }")
        isp("nft", "add", "chain", "ip", "back", "hole",
            "{ type filter hook prerouting priority -200 ; }")
        isp("nft", "add", "rule", "ip", "back", "out", "meta", "mark", "set", "ct", "mark")
        for mark, site, _ in self.ISPS:
            isp("nft", "add", "rule", "ip", "back", "in", "iifname", site,
                "ct", "mark", "set", mark)
            isp("ip", "rule", "add", "pref", "20", "fwmark", mark, "table", f"10{mark}")
        self.back_routes()

    def back_routes(self):
        """From the ISPs to headquarters; those over a link that was down are gone. Over one that is
        down there can be none."""
        for mark, _, hub in self.ISPS:
            # The second just so that there is one when an answer begins; the rule then decides.
            for words in (("table", f"10{mark}"), ("metric", f"{mark}0")):
                self.lab.exec("isp", "ip", "route", "replace", "192.168.10.0/24", "via", hub,
                              *words, check=False)

    def restore(self, site):
        """Undo what was cut or dropped there."""
        self.lab.net("restore", site)
        self.back_routes()

    def down(self):
        for process in self.processes:
            if process.alive():
                process.kill()
        for hub in self.hubs.values():
            with contextlib.suppress(AssertionError):
                hub.stop()
            ha_hard.no_small_disk(hub)      # of a case that did not come to its end
        self.lab.down()

    def config(self, letter):
        return config_of(letter, self.fast)

    def start_hub(self, letter):
        hub = self.hubs[letter]
        hub.start_dataplane()
        hub.start_controlplane(self.config(letter))
        hub.wait_attached()

    def kill_hub(self, letter):
        for process in (self.hubs[letter].dataplane, self.hubs[letter].controlplane):
            process.kill(signal.SIGKILL)

    # ---- what is ----

    def role(self, letter):
        """Of VRRP: "active", "backup", ... or "gone"."""
        try:
            groups = self.hubs[letter].show("vrrp")["groups"]
        except (OSError, EOFError):
            return "gone"
        return groups[0]["state"].lower()

    def roles(self):
        return self.role("a"), self.role("b")

    def takeovers_of_b(self):
        """How often hub-b has become the active router."""
        return sum(group["counters"]["become_active"]
                   for group in self.hubs["b"].show("vrrp")["groups"])

    def neighbours(self, letter):
        """How many OSPF neighbours are Full."""
        try:
            neighbours = self.hubs[letter].show("ip-ospf-neighbor")["neighbors"]
        except (OSError, EOFError):
            return 0
        return sum(n["state"].lower().startswith("full") for n in neighbours)

    def tracked_up(self):
        """Has nobody an object that is down, which would count in the next failure?"""
        try:
            return all(o["state"] == "up" for hub in self.hubs.values()
                       for o in hub.show("track")["tracks"])
        except (OSError, EOFError):
            return False

    def converged(self):
        return (self.roles() == ("active", "backup") and self.tracked_up()
                and self.neighbours("a") == 3 and self.neighbours("b") == 3
                and all(b.routes_by("gre-a") for b in self.branches.values()))

    def settle(self, seconds=90):
        """Until everything is as it should be when nothing is broken."""
        wait_until(self.converged, seconds,
                   f"converged; VRRP {self.roles()}, Full neighbours {self.neighbours('a')} and "
                   f"{self.neighbours('b')}, want 3 each")

    # ---- pings ----

    def ping_from(self, site, *argv):
        process = self.lab.start(site, "probe", "ping", "-D", "-i", str(INTERVAL), *argv)
        self.processes.append(process)
        return Probe(process)

    def start_probes(self):
        branch = self.branches["branch-1"]
        self.probes["out"] = self.ping_from("host", branch.lan)
        self.probes["internet"] = self.ping_from("host", INTERNET)
        process = self.branch_ping(branch)
        self.probes["back"] = Probe(process)
        for name in self.probes:
            self.wait_steady(name)

    def branch_ping(self, branch):
        """Inside the branch's machine."""
        process = Process([f"{LAB}/peer", "exec", branch.name, "ping", "-D", "-i",
                           str(INTERVAL), "-I", branch.lan, HOST], self.lab.log_path("probe"),
                          self.lab.env)
        self.processes.append(process)
        return process

    def wait_steady(self, name, seconds=60):
        probe = self.probes[name]
        wait_until(probe.steady, seconds, f"pings {name} without loss: {probe.since_mark()}")

    def mark(self):
        for probe in self.probes.values():
            probe.mark()

    def measure(self, failure):
        """Run a failure; for each probe (lost, silence in s), after service is back. How long the
        machine stood still meanwhile is noted in stood_s."""
        if failure.before is not None:
            failure.before(self)
            self.mark()
        for name in failure.probes:
            self.wait_steady(name)
        self.mark()
        begin = time.monotonic()
        failure.act(self)
        result = {}
        for name in failure.probes:
            self.wait_steady(name, failure.limit + 60)
            result[name] = self.probes[name].since_mark()
        self.stood_s = stood_s(begin)
        return result


def isp_hole(world, there=True):
    """ISP A loses all packets, with its link up."""
    if there:
        world.lab.net("drop", "hub-a")
        world.lab.exec("isp", "nft", "add", "rule", "ip", "back", "hole", "iifname", "hub-a",
                       "drop")
    else:
        world.lab.exec("isp", "nft", "flush", "chain", "ip", "back", "hole")
        world.lab.net("restore", "hub-a")


def lan_one_way(site, way):
    """What happens to the frames that the LAN sends to a hub (way "deaf"), or that it sends
    ("mute"), with the link up: they are lost. And how it is mended."""
    def act(world):
        nft = functools.partial(world.lab.exec, "lan", "nft")
        nft("add", "table", "bridge", "oneway")
        if way == "mute":
            nft("add", "chain", "bridge", "oneway", "in",
                "{ type filter hook prerouting priority -300 ; }")
            nft("add", "rule", "bridge", "oneway", "in", "iifname", site, "drop")
            return
        for hook in ("forward", "output"):
            nft("add", "chain", "bridge", "oneway", hook,
                f"{{ type filter hook {hook} priority 0 ; }}")
            nft("add", "rule", "bridge", "oneway", hook, "oifname", site, "drop")

    def mend(world):
        world.lab.exec("lan", "nft", "delete", "table", "bridge", "oneway")
    return {"act": act, "mend": mend}


def two_masters(act):
    """A failure after which both are active; what it costs is looked at until they are."""
    def run_and_wait(world):
        act(world)
        roles_are("active", "active")(world)
    return run_and_wait


class Failure:
    """Something that breaks, what it may cost, and how it is mended."""

    def __init__(self, name, text, act, mend=None, limit=0.0, fast_limit=None, check=None,
                 probes=("out", "back"), lost=None, internet_limit=0.0, before=None,
                 limits=None):
        self.name, self.text = name, text
        self.before = before    # what must be so when it begins
        self.act, self.mend, self.check = act, mend, check
        self.limit = limit
        self.fast_limit = limit if fast_limit is None else fast_limit
        self.probes = probes
        self.lost = lost    # at most so many packets each way, and none waits for long
        self.internet_limit = internet_limit    # classic, if it is more than that of the others
        self.limits = limits or {}  # of probes that others than "lost" and the limit count for

    def allowed(self, fast):
        return self.fast_limit if fast else self.limit

    def problems(self, world, result):
        """What is worse than it may be; the time for which the machine stood still is not ours."""
        found = []
        limit = self.allowed(world.fast)
        for name, (lost, silence) in result.items():
            if name in self.limits:
                if silence > self.limits[name] + world.stood_s:
                    found.append(f"{name}: {silence:.2f} s without service, at most "
                                 f"{self.limits[name]}")
                continue
            if self.lost is not None and lost > self.lost:
                found.append(f"{name}: {lost} lost, at most {self.lost}")
            if self.lost is not None and silence > HELD_S + world.stood_s:
                found.append(f"{name}: no answer for {silence:.2f} s")
            most = limit
            if name == "internet" and not world.fast:
                most = max(limit, self.internet_limit)
            if self.lost is None and silence > most + world.stood_s:
                found.append(f"{name}: {silence:.2f} s without service, at most {most}, and the "
                             f"machine stood still for {world.stood_s:.2f} s")
        return found


def restart(world, which, planned=False):
    """Kill one daemon of hub-a, or tell it to restart, and start it again as a supervisor would."""
    hub = world.hubs["a"]
    world.takeovers = world.takeovers_of_b()
    if planned:
        hub.call("reload", what="control-plane")
        hub.controlplane.popen.wait(PATIENCE_S)
    else:
        if which == "controlplane":     # not in the tenth of a second in which a change is new
            wait_until(lambda: hub.show("ip-ospf")["kept"], 10, "OSPF is kept for a restart")
        getattr(hub, which).kill(signal.SIGKILL)
    if which == "dataplane":
        hub.start_dataplane()
    else:
        hub.start_controlplane()
    hub.wait_attached()


def nobody_took_over(world):
    """Once hub-a has looked at what it tracks, it is as before, and hub-b was never active."""
    world.settle(120)

    def looked():
        objects = {o["name"]: o for o in world.hubs["a"].show("track")["tracks"]}
        return objects["internet"]["state"] == "up" and "objects" in objects["internet"]["why"]
    wait_until(looked, 20, "hub-a has looked at what it tracks")
    assert world.takeovers_of_b() == world.takeovers, "hub-b has become active meanwhile"


def stall(*which, seconds):
    """Daemons of hub-a get no CPU for a while, as of a paused virtual machine."""
    def act(world):
        pids = [getattr(world.hubs["a"], daemon).pid for daemon in which]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)     # this is the failure itself
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    return act


def dataplane_stands_still(world):
    """hub-a's dataplane gets no CPU for ten seconds, while its control plane goes on
    advertising. What has piled up then is not told to the LAN: hub-b, which has taken over, must
    not yield to it."""
    before = world.takeovers_of_b()
    stall("dataplane", seconds=10)(world)
    roles_are("backup", "active")(world)    # its probes were not answered
    takeovers = world.takeovers_of_b() - before
    assert takeovers == 1, f"hub-b has become active {takeovers} times"


def killed_while_taking_over(world):
    """hub-a is gone, and hub-b's control plane is killed as soon as it has become active."""
    world.kill_hub("a")
    roles_are("gone", "active")(world)
    hub = world.hubs["b"]
    hub.controlplane.kill(signal.SIGKILL)
    hub.start_controlplane()
    hub.wait_attached()
    roles_are("gone", "active")(world)


def killed_twice(world):
    """hub-a's control plane is killed, and again as soon as it has taken up what was left."""
    hub = world.hubs["a"]
    world.takeovers = world.takeovers_of_b()

    def kept():
        try:
            return hub.show("ip-ospf").get("kept")
        except (OSError, EOFError):
            return False
    for _ in range(2):
        wait_until(kept, 10, "OSPF is kept for a restart")
        hub.controlplane.kill(signal.SIGKILL)
        hub.start_controlplane()
    hub.wait_attached()


def reboot_branch(world):
    branch = world.branches["branch-2"]
    branch.stop(crash=True)
    branch.start(world.fast)


def narrow(world):
    """ISP A's link to branch-1 takes less than the tunnel's packets, and its router says so. (A
    link that is narrow at the other end only loses them without a word.)"""
    def learned():
        world.lab.exec("host", "ping", "-c", "1", "-w", "1", "-s", "1340", "-M", "do",
                       world.branches["branch-1"].lan, check=False)
        tunnels = {t["name"]: t for t in world.hubs["a"].show("tunnel-mtu")["tunnels"]}
        return tunnels["branch-1"]["applied"] < 1400 and tunnels["branch-2"]["applied"] == 1400
    world.lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "1400")
    wait_until(learned, 20, "hub-a knows the MTU on the way to branch-1")


def wide(world):
    world.lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "1500")


def reload(world):
    for letter, hub in world.hubs.items():
        answer = hub.push(world.config(letter))
        assert not answer["changed"], f"hub-{letter}: the same configuration changed something"


def clock_jump(world):
    """The wall clock of both hubs goes five hours on, ten back, and then right again; each time for
    longer than any timer of OSPF and VRRP waits."""
    def advertised():
        return world.hubs["a"].show("vrrp")["groups"][0]["counters"]["sent"]
    for hours in (5, -5, 0):
        for hub in world.hubs.values():
            hub.wall.shift(hours)
        want = advertised() + (30 if world.fast else 6)
        wait_until(lambda: advertised() >= want, 30, f"{want} advertisements of hub-a")
        for hub in world.hubs.values():
            config = world.config(hub.site[-1])
            if hours != 0:
                config["system"]["hostname"] += f"{hours}"
            hub.push(config)
            made = hub.call("config-versions")["versions"][-1]["time"]
            off = datetime.datetime.fromisoformat(made[:19]) - datetime.datetime.utcnow()
            assert abs(off.total_seconds() - hours * 3600) < 60, f"{hub.site}: it is {made}"


def lan_split(world):
    """hub-b is cut off from the LAN with its link up, until both are masters; then it is
    healed. The switch must send to hub-a what is for the virtual MAC address. When hub-b is the
    first to advertise in the healed LAN, hub-a hears that there were two, and announces itself with
    gratuitous ARP."""
    def counters():
        return world.hubs["a"].show("vrrp")["groups"][0]["counters"]

    def announced():
        return len(switch.packets(f"ether src {VIRTUAL_MAC} and arp and arp[14:4] == arp[24:4]"))
    switch = Capture(world.lab, "hub-a", "lan")
    try:
        before, duplicates = announced(), counters()["duplicates"]
        for _ in range(8):
            world.lab.net("drop", "hub-b", "lan")
            roles_are("active", "active")(world)
            # Right behind an advertisement of hub-a, so that hub-b's is likely to be the next.
            sent = counters()["sent"]
            wait_until(lambda: counters()["sent"] > sent, 5, "hub-a advertises")
            world.lab.net("restore", "hub-b")
            roles_are("active", "backup")(world)
            wait_until(lambda: f"{VIRTUAL_MAC} dev hub-a" in world.lab.exec(
                "lan", "bridge", "fdb", "show", "br", "br-lan").stdout, 5,
                "the switch knows that the virtual MAC address is at hub-a")
            if counters()["duplicates"] > duplicates:
                break
        assert counters()["duplicates"] > duplicates, "hub-a never heard hub-b as the first"
        wait_until(lambda: announced() > before, 10, "a gratuitous ARP of hub-a in the healed LAN")
    finally:
        switch.stop()


def both_isps(world):
    """Neither hub has a way out, until both know; then both come back at once."""
    def knows(hub):
        objects = {o["name"]: o["state"] for o in hub.show("track")["tracks"]}
        return objects["internet"] == "down"
    for hub in world.hubs.values():
        world.lab.net("cut", hub.site)
    wait_until(lambda: all(knows(hub) for hub in world.hubs.values()), 20,
               "both hubs know that there is no Internet")
    for hub in world.hubs.values():
        world.lab.net("restore", hub.site)
    world.back_routes()


def flap(world):
    """ISP A's link goes down and comes up again ten times a second."""
    device = ("ip", "link", "set", "hub-a")
    for _ in range(30):
        world.lab.exec("isp", *device, "down")
        time.sleep(0.05)        # these are the failure itself
        world.lab.exec("isp", *device, "up")
        time.sleep(0.05)
    world.back_routes()


def start_both_damaged(world):
    """Both hubs lose power, and start at the same time; all that hub-a's state directory has is
    something else by then."""
    for letter in world.hubs:
        world.kill_hub(letter)
    for name in os.listdir(world.hubs["a"].state_dir):
        path = os.path.join(world.hubs["a"].state_dir, name)
        with open(path, "r+b") as file:
            file.write(random.Random(name).randbytes(os.path.getsize(path)))
    for letter, hub in world.hubs.items():
        hub.start_dataplane()
        hub.start_controlplane(world.config(letter))
    for hub in world.hubs.values():
        hub.wait_attached()


def roles_are(*wanted):
    return lambda world: wait_until(lambda: world.roles() == wanted, 40,
                                    f"VRRP {wanted}, it is {world.roles()}")


def hub_a_is_gone(world):
    if world.role("a") != "gone":
        world.kill_hub("a")
    roles_are("gone", "active")(world)


FAILURES = [
    Failure("hub-a-gone", "hub-a: both daemons killed", lambda w: w.kill_hub("a"),
            limit=4.5, fast_limit=1.5, check=roles_are("gone", "active"),
            probes=("out", "back", "internet")),
    Failure("hub-a-back", "hub-a comes back and takes over again",
            lambda w: (w.start_hub("a"), w.settle(120)), limit=1.0,
            before=hub_a_is_gone,
            check=roles_are("active", "backup"), probes=("out", "back", "internet")),
    Failure("dataplane", "hub-a: dataplane killed, started again",
            lambda w: restart(w, "dataplane"), limit=4.5, fast_limit=3.0,
            check=lambda w: w.settle(120)),
    Failure("controlplane", "hub-a: control plane killed, started again",
            lambda w: restart(w, "controlplane"), lost=0, check=nobody_took_over),
    Failure("planned", "hub-a: reload control-plane",
            lambda w: restart(w, "controlplane", planned=True), lost=0, check=nobody_took_over),
    Failure("lan-a", "hub-a: LAN link down", lambda w: w.lab.net("cut", "hub-a", "lan"),
            mend=lambda w: w.lab.net("restore", "hub-a"), limit=4.5, fast_limit=1.5,
            probes=("out", "back", "internet")),
    Failure("isp-a-link", "ISP A: link down", lambda w: w.lab.net("cut", "hub-a"),
            mend=lambda w: w.restore("hub-a"), limit=4.5, fast_limit=1.5,
            check=roles_are("backup", "active"), probes=("out", "back", "internet")),
    Failure("isp-a-hole", "ISP A: link up, packets vanish", isp_hole,
            mend=lambda w: isp_hole(w, False), limit=4.5, fast_limit=1.5,
            # Three probes and the timeout of the last, then hub-b's timer.
            internet_limit=2.0 + 4.0,
            check=roles_are("backup", "active"), probes=("out", "back", "internet")),
    Failure("branch-2", "branch-2 rebooted: branch-1 does not notice", reboot_branch, lost=0,
            check=lambda w: w.settle(120)),
    Failure("lan-split", "LAN split: two masters, then healed",
            lan_split, limit=1.0, check=lambda w: w.settle(60)),
    # Three probes and the timeout of the last, then hub-b's timer.
    Failure("lan-a-deaf", "hub-a: hears nothing on the LAN", **lan_one_way("hub-a", "deaf"),
            limit=2.0 + 4.5, fast_limit=2.0, check=roles_are("active", "active"),
            probes=("out", "back", "internet")),
    Failure("lan-a-mute", "hub-a: is not heard on the LAN", **lan_one_way("hub-a", "mute"),
            limit=4.5, fast_limit=2.0, check=roles_are("backup", "active"),
            probes=("out", "back", "internet")),
    Failure("lan-b-deaf", "hub-b: hears nothing on the LAN",
            two_masters(lan_one_way("hub-b", "deaf")["act"]), lan_one_way("hub-b", "deaf")["mend"],
            limit=0.5, probes=("out", "back", "internet")),
    Failure("stall", "hub-a: control plane stopped for 6 s",
            **ha_hard.one_master_at_a_time(stall("controlplane", seconds=6)),
            limit=4.5, fast_limit=2.0),
    Failure("pause", "hub-a: both daemons stopped for 5 s",
            **ha_hard.one_master_at_a_time(stall("controlplane", "dataplane", seconds=5)),
            limit=4.5, fast_limit=2.0),
    Failure("dataplane-still", "hub-a: dataplane stopped for 10 s",
            **ha_hard.one_master_at_a_time(dataplane_stands_still, brief=1), limit=4.5,
            fast_limit=2.0),
    Failure("takeover", "hub-a gone, hub-b's control plane killed then", killed_while_taking_over,
            mend=lambda w: w.start_hub("a"), limit=4.5, fast_limit=2.0,
            probes=("out", "back", "internet")),
    Failure("twice", "hub-a: control plane killed twice in a second", killed_twice, lost=0,
            check=nobody_took_over),
    Failure("clock", "both hubs: wall clock 5 h on, 10 h back, right", clock_jump, lost=0,
            check=lambda w: w.settle(20), probes=("out", "back", "internet")),
    Failure("narrow", "ISP: 1400 bytes to branch-1", narrow, mend=wide, lost=0),
    Failure("reload", "both hubs: the same configuration again", reload, lost=0,
            check=lambda w: w.settle(20)),
    Failure("isps", "both ISPs down until both hubs know", both_isps, limit=9.0, fast_limit=6.0,
            check=lambda w: w.settle(120), probes=("out", "back", "internet")),
    Failure("flap", "ISP A: link flaps ten times a second for 3 s", flap, limit=6.0, fast_limit=3.0,
            check=lambda w: w.settle(120)),
    # A branch that does not hear of a link's end waits for OSPF's dead interval.
    Failure("flap-slow", "ISP A: link down and up each second, ten times", ha_hard.slow_flaps,
            limit=6.0, fast_limit=3.0, check=ha_hard.damped,
            probes=("out", "back", "internet")),
    Failure("isps-in-turn", "ISP A down, then B; B up, then A", ha_hard.isps_in_turn,
            limit=20.0, fast_limit=15.0, check=lambda w: w.settle(120),
            probes=("out", "back", "internet")),
    # Its charon asks after 2 s, gives up after 21 s more, and calls from where it is; then OSPF.
    Failure("moved", "branch-2 gets another WAN address", ha_hard.moves, lost=0,
            before=ha_hard.dynamic_branch, check=ha_hard.has_moved, mend=ha_hard.moves_back,
            probes=("out", "back", "branch-2"), limits={"branch-2": 2.0 + 21.0 + 5.0}),
    Failure("names", "DNS answers no more", ha_hard.names_end, lost=0,
            before=ha_hard.names_begin, check=lambda w: w.settle(20),
            mend=ha_hard.pushed(ha_hard.as_shipped)),
    Failure("descriptors", "hub-a: no descriptors left for 6 s", ha_hard.no_descriptors, lost=0,
            check=nobody_took_over),
    Failure("disk", "hub-a: disk full, killed, restarted", ha_hard.disk_full, lost=0,
            before=ha_hard.small_disk, check=nobody_took_over, mend=ha_hard.disk_empty),
    Failure("keys", "OSPF's key changes at midnight", ha_hard.keys_change, lost=0,
            check=lambda w: w.settle(20), mend=ha_hard.keys_end),
    Failure("arp-flood", "hub-a gone while a host floods ARP",
            ha_hard.arp_flood(lambda w: w.kill_hub("a")), limit=4.5, fast_limit=1.5,
            check=roles_are("gone", "active"), mend=ha_hard.arp_flood_ends,
            probes=("out", "back", "internet")),
    Failure("isp-a-loss", "ISP A: loses 30 % for 10 s", ha_wan.loss, limit=4.5, fast_limit=2.0,
            check=lambda w: w.settle(120), probes=("out", "back", "internet")),
    Failure("no-esp", "ISP A: loses ESP, IKE passes", ha_wan.no_esp, limit=4.5, fast_limit=1.5,
            check=ha_wan.nobody_called, mend=ha_wan.lose_no_more),
    Failure("no-ike", "both ISPs: lose IKE for 30 s, ESP passes", ha_wan.no_ike, lost=0,
            check=ha_wan.nobody_called, probes=("out", "back", "internet")),
    # The changed cost is an LSA a moment ago: the next one waits for a second (LSA hold).
    Failure("push", "hub-a gone, hub-b configured meanwhile", ha_wan.push_while_taking_over,
            limit=4.5 + 1.0, fast_limit=1.5 + 1.0, check=roles_are("gone", "active"),
            mend=lambda w: w.start_hub("a"), probes=("out", "back", "internet")),
    Failure("stop-start", "both hubs stopped, and started", ha_wan.hubs_stop_and_start,
            limit=30.0, check=lambda w: w.settle(120), probes=("out", "back", "internet")),
    Failure("branch-twice", "branch-2 rebooted twice: branch-1 does not notice",
            ha_wan.reboot_twice, lost=0, check=lambda w: w.settle(120)),
    Failure("disorder", "packets repeated and reordered, by both ISPs", ha_wan.disorder, lost=0,
            before=ha_wan.disorder_begins, check=ha_wan.in_order, mend=ha_wan.disorder_ends,
            probes=("out", "back", "internet")),
    # What the branches make of two hubs with one ID is theirs.
    Failure("same-id", "both hubs: one OSPF router ID by mistake", ha_ospf.same_router_id,
            limit=60.0, check=ha_ospf.is_healed, probes=("out", "back", "internet")),
    Failure("cold", "both hubs started at once, hub-a's files damaged", start_both_damaged,
            limit=30.0, check=lambda w: w.settle(120), probes=("out", "back", "internet")),
]


def by_name(name):
    return next(f for f in FAILURES if f.name == name)


def run(world, failure):
    """The row of the table: what each probe lost, and what is worse than it may be. A failure that
    may lose nothing is tried again if the machine stood still meanwhile: what comes piles up."""
    result, state, found = run_once(world, failure)
    if found and failure.lost is not None and world.stood_s > 0:
        print(f"{failure.name}: {found}, but the machine stood still for {world.stood_s:.2f} s")
        world.settle(120)
        result, state, found = run_once(world, failure)
    return result, state, found


def run_once(world, failure):
    result = world.measure(failure)
    found = failure.problems(world, result)
    try:
        if failure.check is not None:
            failure.check(world)
    except AssertionError as error:
        found.append(str(error))
    state = "a {}, b {}".format(*world.roles())
    if failure.mend is not None:
        failure.mend(world)
        world.settle(120)
    return result, state, found


def main():
    parser = argparse.ArgumentParser(description="Every failure of the case with two hubs")
    parser.add_argument("profile", nargs="?", default="classic", choices=["classic", "fast"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--realtime", action="store_true", help="with real-time priority")
    options = parser.parse_intermixed_args()
    failures = [by_name(n) for n in options.names] or FAILURES
    fast = options.profile == "fast"
    world = World(f"culvert-ha{os.getpid()}", fast, options.realtime)
    bad = 0

    def interrupted(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupted)
    try:
        print("two hubs, two branches: starting", flush=True)
        world.up()
        print("converged: four tunnels, OSPF Full, hub-a is active\n")
        print(f"{'failure':<50}{'lost out/back':>16}{'silence out/back':>20}{'allowed':>10}  "
              "VRRP after it")
        for failure in failures:
            result, state, found = run(world, failure)
            out, back = result["out"], result["back"]
            allowed = (f"{failure.lost} lost" if failure.lost is not None
                       else f"{failure.allowed(fast):.1f} s")
            print(f"{failure.text:<50}{out[0]:>9} /{back[0]:>5}{out[1]:>12.2f} /{back[1]:>5.2f} s"
                  f"{allowed:>10}  {state}", flush=True)
            for name, text in OTHER_PROBES.items():
                if name in result:
                    print(f"{text:<50}{result[name][0]:>9}{result[name][1]:>19.2f} s", flush=True)
            for problem in found:
                bad += 1
                print(f"    FAIL {problem}", flush=True)
    except (AssertionError, KeyboardInterrupt) as error:
        print(f"FAIL {error}; logs: {world.lab.logs}")
        bad += 1
    finally:
        world.down()
    if bad == 0:
        shutil.rmtree(world.lab.state, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
