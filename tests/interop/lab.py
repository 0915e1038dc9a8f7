# SPDX-License-Identifier: BSD-3-Clause
"""What the interop tests are made of: the network, stock branches, the hub's two daemons, captures.

    branch-1 (LAN 192.168.21.1) 2.2.2.2 ---+
                                           isp --- 1.1.1.2 hub 192.168.10.1 --- host 192.168.10.100
    branch-2 (LAN 192.168.22.1) 3.3.3.2 ---+

Nothing here sleeps to let something happen: wait_until() asks until it has, or says what has not.
Its limit is against hanging; what must have happened by a certain time is for within(), which knows
for how long the machine itself stood still (witness.py).
"""
import functools
import importlib.machinery
import importlib.util
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

from witness import Witness

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("CULVERT_BUILD", "build"))
LAB = os.path.join(ROOT, "tests", "lab")
PEER_DIR = os.path.join(LAB, "peers", "strongswan-ikev2-gre")

HOST = "192.168.10.100"
HUB_LAN = "192.168.10.1"
HOST6 = "2001:db8:10::100"
HUB6 = "2001:db8:10::1"
HUB_WAN = "1.1.1.2"
PATIENCE_S = 60     # whoever waits, waits for so long at least: it costs nothing but in a failure


def load_program(path):
    """A Python program of the lab, as a module."""
    name = os.path.basename(path)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


peer_program = load_program(f"{LAB}/peer")


@functools.cache
def witness():
    """Begins with the first question."""
    return Witness()


def stood_s(begin):
    """For how many seconds the machine stood still since @begin, by the monotonic clock."""
    return witness().stood(begin)


def within(condition, seconds, what):
    """Until condition() is true; its value. Fails if that takes longer than @seconds, but for the
    time for which the machine stood still, and says what did not happen: @what is that, or a
    function that then tells."""
    begin = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > begin + seconds and \
                time.monotonic() > begin + seconds + (stood := stood_s(begin)):
            raise AssertionError(f"not within {seconds} s, and {stood:.1f} s for which the machine "
                                 f"stood still: {what() if callable(what) else what}")
        time.sleep(0.05)


def wait_until(condition, seconds, what):
    """The same without a measurement: @seconds is what is usually more than enough."""
    return within(condition, max(seconds, PATIENCE_S), what)


class Process:
    """A program started by a test, its output in a file."""

    def __init__(self, argv, log, env=None):
        self.log = log
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT,
                                          stdin=subprocess.DEVNULL, start_new_session=True,
                                          env={**os.environ, **(env or {})})
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def kill(self, number=signal.SIGKILL):
        if self.alive():
            os.kill(self.pid, number)
        self.popen.wait(20)

    def stop(self, number=signal.SIGTERM, seconds=PATIENCE_S):
        """Ask it to end; the exit status."""
        if self.alive():
            os.kill(self.pid, number)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.popen.args[:6]} did not end within {seconds} s")

    def output(self, since=0):
        """What it has written, from the byte @since on."""
        with open(self.log, errors="replace") as file:
            file.seek(since)
            return file.read()

    def wait_output(self, pattern, seconds=PATIENCE_S):
        def found():
            match = re.search(pattern, self.output())
            assert match or self.alive(), f"ended without {pattern!r}: {self.output()[-500:]}"
            return match
        return wait_until(found, seconds, f"{pattern!r} in {self.log}")


class Lab:
    """The network of namespaces, and the directory where everything is recorded."""

    def __init__(self, name):
        self.prefix = f"{name}-"
        self.state = f"/run/{name}"
        self.logs = f"{self.state}/log"
        os.makedirs(self.logs)
        self.env = {**os.environ, "LAB_PREFIX": self.prefix, "LAB_STATE": self.state}
        self.serial = 0

    def tool(self, name, *args, check=True, **kwargs):
        return subprocess.run([f"{LAB}/{name}", *args], env=self.env, check=check, text=True,
                              stdin=kwargs.pop("stdin", subprocess.DEVNULL) if "input" not in kwargs
                              else None, capture_output=True, **kwargs)

    def net(self, *args):
        self.tool("net", *args)

    def peer_exec(self, name, *argv, check=True, timeout=100, text=None):
        """As `peer exec` does it, without starting that program each time."""
        done = peer_program.Peer(name, self.state).run(
            argv, None if text is None else text.encode(), timeout)
        done = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(),
                                           done.stderr.decode())
        if check:
            done.check_returncode()
        return done

    def site_argv(self, site, *argv):
        return ["ip", "netns", "exec", self.prefix + site, *argv]

    def exec(self, site, *argv, check=True, timeout=100):
        return subprocess.run(self.site_argv(site, *argv), check=check, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def log_path(self, name):
        self.serial += 1
        return f"{self.logs}/{self.serial:03}-{name}.log"

    def start(self, site, name, *argv, env=None):
        return Process(self.site_argv(site, *argv), self.log_path(name), env)

    def up(self, *options):
        self.net("up", *options)

    def down(self):
        self.tool("peer", "stop", "--all", "--crash", check=False)
        self.tool("net", "down", check=False)


class Branch:
    """A stock Linux machine: strongSwan, kernel IPsec and GRE."""

    SITES = {
        "branch-1": {},
        "branch-2": {"LOCAL_WAN": "3.3.3.2", "LOCAL_GATEWAY": "3.3.3.1",
                     "LOCAL_TUNNEL": "10.255.2.2", "LOCAL_LAN": "192.168.22.1"},
    }

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.vars = dict(line.strip().split("=", 1) for line in open(f"{PEER_DIR}/vars")
                         if re.match(r"[A-Z]", line))
        self.vars.update(self.SITES[name])
        self.wan = self.vars["LOCAL_WAN"]
        self.lan = self.vars["LOCAL_LAN"]
        self.tunnel_address = self.vars["LOCAL_TUNNEL"]

    def start(self, **settings):
        values = {**self.SITES[self.name], "START": "none", **settings}
        options = [word for item in values.items() for word in ("--set", "=".join(item))]
        self.lab.tool("peer", "start", self.name, "--netns", self.lab.prefix + self.name,
                      "--tap", "tap-wan", "--dir", PEER_DIR, *options)

    def stop(self, crash=False):
        self.lab.tool("peer", "stop", self.name, *(["--crash"] if crash else []))

    def running(self):
        return self.lab.tool("peer", "status", self.name, check=False).returncode == 0

    def exec(self, *argv, check=True, timeout=100, text=None):
        return self.lab.peer_exec(self.name, *argv, check=check, timeout=timeout, text=text)

    def start_exec(self, name, *argv):
        return Process([f"{LAB}/peer", "exec", self.name, *argv], self.lab.log_path(name),
                       self.lab.env)

    # ---- strongSwan ----

    def unload(self):
        """No SAs, no traps, no connections; GRE leaves in the clear. What charon still ends by
        itself is waited for: it would take the next one's policies along."""
        self.exec("sh", "-c", ": > /etc/swanctl/swanctl.conf; swanctl --load-all --noprompt; "
                  "for i in $(seq 100); do"
                  "  [ -n \"$(swanctl --list-sas)\" ] || break;"
                  "  swanctl --terminate --ike hub --force --timeout 2; sleep 0.05;"
                  "done; ip xfrm state flush; ip xfrm policy flush")

    def load(self, **settings):
        """Load swanctl.conf with these vars (see peers/*/vars) different from the usual."""
        values = {**self.vars, **settings}
        with open(f"{PEER_DIR}/swanctl.conf") as file:
            text = re.sub(r"\$\{([A-Z_]+)\}", lambda m: values[m[1]], file.read())
        self.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
                  text=text)

    def swanctl(self, *args, check=True, timeout=PATIENCE_S):
        return self.exec("swanctl", *args, check=check, timeout=timeout).stdout

    def gre(self, options=""):
        """Make the GRE interface anew, with words of `ip link add type gre`."""
        v = self.vars
        self.exec("sh", "-euc", f"""
            ip link del gre1
            ip link add gre1 type gre local {v['LOCAL_WAN']} remote {v['REMOTE_WAN']} \\
                ttl 64 {options}
            ip link set gre1 mtu {v['TUNNEL_MTU']} up
            ip address add {v['LOCAL_TUNNEL']}/30 dev gre1
            ip route add {v['REMOTE_NET']} dev gre1""")

    # ---- traffic ----

    def ping(self, destination=HOST, count=3, options=()):
        """Pings from the branch's LAN address; none may be lost."""
        ping(self.exec, "-I", self.lan, *options, destination, count=count)

    def try_ping(self, destination=HOST, count=10):
        """How many answers come to so many pings, ten a second."""
        output = self.exec("ping", "-i", "0.1", "-c", str(count), "-W", "1", "-I", self.lan,
                           destination, check=False).stdout
        return len(answered(output))

    def knock(self, seconds=PATIENCE_S):
        """Ping until there is an answer: brings a tunnel up."""
        self.exec("ping", "-i", "0.2", "-c", "1", "-w", str(seconds), "-I", self.lan, HOST,
                  check=False)


def answered(ping_output):
    return [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", ping_output)]


def ping(run, *argv, count=3, interval="0.05"):
    """
    Pings with the exec of a Lab's site or of a Branch: until @count are answered. None before the
    last answered one may be lost. (By itself, ping waits for the last answers no longer than two
    round trips took, which on a busy machine is too short.)
    """
    output = run("ping", "-i", interval, "-c", str(count), "-w", "50", *argv, check=False).stdout
    come = answered(output)
    assert len(come) >= count, f"{len(come)} answers: {output}"
    lost = sorted(set(range(1, max(come))) - set(come))
    assert lost == [], f"lost: {lost}"


class Wall:
    """A wall clock that can be set while programs started with env run by it (wall_shift.c)."""

    def __init__(self, directory):
        self.path = f"{directory}/wall-shift"
        library = f"{BUILD}/tests/interop/libwall-shift.so"
        assert os.path.exists(library), f"{library} is not built"    # ld.so would go on without
        self.env = {"LD_PRELOAD": library, "WALL_SHIFT": self.path}
        self.shift(0)

    def shift(self, hours):
        """Off by so much from now on. Written in place: it is mapped."""
        mode = "r+b" if os.path.exists(self.path) else "w+b"
        with open(self.path, mode, buffering=0) as file:
            file.write(struct.pack("q", int(hours * 3600)))


class Hub:
    """culvert-dataplane and culvert-controlplane in the namespace of a site."""

    def __init__(self, lab, site="hub-a", directory=None):
        self.lab = lab
        self.site = site
        self.directory = directory or lab.state
        self.mgmt = f"{self.directory}/mgmt.sock"
        self.channel = f"{self.directory}/dataplane.sock"
        self.state_dir = f"{self.directory}/config"
        self.dataplane = None
        self.controlplane = None
        self.wall = None    # a Wall: the control plane's clock
        self.dataplane_options = []
        os.makedirs(self.state_dir, exist_ok=True)

    def dataplane_argv(self):
        return [f"{BUILD}/dataplane/culvert-dataplane", "--no-huge",
                "--vdev", "net_af_packet0,iface=wan", "--vdev", "net_af_packet1,iface=lan",
                "--socket", self.channel, *self.dataplane_options]

    def controlplane_argv(self, config):
        return [f"{BUILD}/controlplane/culvert-controlplane", "--config", config,
                "--dataplane-socket", self.channel, "--mgmt-socket", self.mgmt,
                "--state-dir", self.state_dir]

    def start_dataplane(self):
        self.dataplane = self.lab.start(self.site, "dataplane", *self.dataplane_argv())

    def start_controlplane(self, config=None):
        path = f"{self.directory}/start.json"
        if config is not None:
            with open(path, "w") as file:
                json.dump(config, file, indent=1)
        self.controlplane = self.lab.start(self.site, "controlplane", *self.controlplane_argv(path),
                                           env=self.wall and self.wall.env)

    def start(self, config):
        self.start_dataplane()
        self.start_controlplane(config)
        self.wait_attached()

    def stop(self):
        for process in (self.controlplane, self.dataplane):
            if process is not None:
                process.stop()

    def healthy(self):
        return all(p is not None and p.alive() for p in (self.dataplane, self.controlplane))

    def attached(self):
        try:
            return self.show("version")["dataplane"]["attached"]
        except (OSError, EOFError):
            assert self.controlplane.alive(), \
                f"the control plane ended: {self.controlplane.output()[-800:]}"
            return False

    def wait_attached(self, seconds=20):
        wait_until(self.attached, seconds, "the control plane is attached to the dataplane")

    # ---- the management socket ----

    def request(self, method, **params):
        """One answer: a dict with "result" or "error"."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE_S)
            sock.connect(self.mgmt)
            sock.sendall(json.dumps({"id": 1, "method": method, "params": params}).encode()
                         + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                data = sock.recv(1 << 20)
                if not data:
                    raise EOFError("the control plane closed the connection")
                answer += data
        return json.loads(answer)

    def call(self, method, **params):
        answer = self.request(method, **params)
        assert "result" in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def show(self, what, **params):
        return self.call("show", what=what, **params)

    def push(self, config):
        return self.call("config-push", config=config)

    def tunnel(self, name="tunnel1"):
        for tunnel in self.show("tunnel")["tunnels"]:
            if tunnel["name"] == name:
                return tunnel
        return None

    def ike_sas(self, remote="2.2.2.2"):
        """Those that are up: one that was deleted stays a while to repeat its answers."""
        return [sa for sa in self.show("crypto-ikev2-sa")["sas"]
                if sa["remote"] == remote and sa["state"] == "established"]

    def ipsec_sas(self, tunnel="tunnel1"):
        return [sa for sa in self.show("crypto-ipsec-sa")["sas"] if sa["tunnel"] == tunnel]

    def balance(self):
        """What came and what has become of it, over all workers; equal when nothing is on its
        way."""
        answer = self.show("drops")
        came = sum(w["rx"] + w["injected"] + w["made"] for w in answer["workers"])
        went = sum(w["tx"] + w["absorbed"] + w["held"] + w["drops"] for w in answer["workers"])
        return came, went + sum(c["punted"] for c in answer["punt"])

    def drops(self):
        return {r["name"]: r["packets"] for r in self.show("drops")["reasons"]}

    def wait_up(self, name="tunnel1", seconds=15):
        return wait_until(lambda: (t := self.tunnel(name)) and t["state"] == "up" and t, seconds,
                          lambda: f"{name} is up, but it is: {self.tunnel(name)}")

    def wait_down(self, name="tunnel1", seconds=15, why=""):
        """Down, for a reason that matches @why."""
        def down():
            tunnel = self.tunnel(name)
            return tunnel["state"] == "down" and re.search(why, tunnel["why"], re.I) and tunnel
        try:
            return wait_until(down, seconds, f"{name} is down, why: {why}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is: {self.tunnel(name)}") from None

    def clear(self):
        return self.call("clear", what="crypto-sa")

    def cli(self, *args, check=True, timeout=PATIENCE_S):
        return subprocess.run([f"{BUILD}/cli/culvert", "--socket", self.mgmt, *args], text=True,
                              capture_output=True, check=check, timeout=timeout,
                              stdin=subprocess.DEVNULL)


class Pinger:
    """Pings from one place to another all the time, each reply noted."""

    def __init__(self, process):
        self.process = process
        self.begin = time.monotonic()

    def sequence(self):
        return answered(self.process.output())

    def wait_more(self, count, seconds=15):
        """Until this many more replies have come."""
        want = len(self.sequence()) + count
        wait_until(lambda: len(self.sequence()) >= want, seconds, f"{count} more ping replies")

    def stop(self):
        self.process.stop(signal.SIGINT)

    def lost(self):
        """Numbers of the requests before the last answered one that were not answered."""
        come = set(self.sequence())
        return sorted(set(range(1, max(come) + 1)) - come)

    def stood_s(self):
        """For how long the machine stood still since they began."""
        return stood_s(self.begin)


class Capture:
    """What crosses the ISP's side of the hub's segment, or another interface, both ways."""

    # The ISP's own word that a port of its NAT is nobody's any more, or that a branch is not there,
    # quotes what was protected.
    PLAIN = ("not (udp port 500 or udp port 4500 or esp or arp or "
             "(src host 1.1.1.1 and icmp[0] == 3 and (icmp[1] == 1 or icmp[1] == 3)))")

    def __init__(self, lab, interface="hub-a", site="isp"):
        self.file = lab.log_path("capture").replace(".log", ".pcap")
        self.process = lab.start(site, "tcpdump", "tcpdump", "-Z", "root", "-U", "-n", "-s", "200",
                                 "--immediate-mode", "-B", "16384", "-i", interface, "-w",
                                 self.file)
        self.process.wait_output("listening on")

    def stop(self):
        self.process.stop(signal.SIGINT)

    def packets(self, filter_text):
        """One line of tcpdump for each packet so far that the filter lets through."""
        return subprocess.run(["tcpdump", "-n", "-r", self.file, filter_text], text=True,
                              capture_output=True).stdout.splitlines()

    def in_the_clear(self):
        return self.packets(self.PLAIN)
