#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""IKE over the wire: whole hubs, in CPU time of their processes, and stormed by thousands of
branches.

    branches 10.0.0.1, 10.0.0.2, ... 1.1.1.1 --- wan 1.1.1.2 hub

The branches are one process (ike_branches.c) in a namespace of its own. The hub in the other one is
ours, control plane and dataplane as they are shipped, or with --peer stock strongSwan with its
ESP in user space, one after the other in the same run. A process's time is its CPU clock before and
after.
"""
import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
from lab import BUILD, LAB, Hub, Process, wait_until  # noqa: E402

PSK = "correct-horse-battery-staple"    # as duo_cfg() of bench_ike_cfg.c has it
HUB, ROUTER = "1.1.1.2", "1.1.1.1"
ROUNDS = 5
WINDOW = 4          # handshakes under way at a time
GROUPS = {"x25519": 31, "modp2048": 14}


class Case:
    def __init__(self, name, group, certs, mark_ms):
        self.name, self.group, self.certs, self.mark_ms = name, group, certs, mark_ms


CASES = [Case("psk-x25519", "x25519", None, 0.15), Case("psk-modp2048", "modp2048", None, 0.7),
         Case("ecdsa-x25519", "x25519", "p256", 0.5), Case("rsa-x25519", "x25519", "rsa", 0.7)]


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def cpu_ms(pid):
    """CPU time that a process has used, all of its threads, ended ones too."""
    spec = (ctypes.c_long * 2)()
    if ctypes.CDLL(None).clock_gettime(ctypes.c_int((~pid << 3) | 2), spec) != 0:
        raise OSError(f"process {pid} has no clock")
    return spec[0] * 1e3 + spec[1] / 1e6


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


class Wire:
    """Two namespaces and a directory; what lab.Hub asks of a lab."""

    def __init__(self):
        self.prefix = f"culvert-b{os.getpid()}-"
        self.state = tempfile.mkdtemp(prefix="culvert-bench-")
        self.serial = 0

    def site_argv(self, site, *argv):
        return ["ip", "netns", "exec", self.prefix + site, *argv]

    def start(self, site, name, *argv, env=None):
        self.serial += 1
        return Process(self.site_argv(site, *argv), f"{self.state}/{self.serial}-{name}.log", env)

    def up(self):
        for site in ("hub", "branches"):
            ip("netns", "add", self.prefix + site)
            ip("-n", self.prefix + site, "link", "set", "lo", "up")
        for name, site, end in (("wan", "hub", "branches"), ("lan", "hub", "hub")):
            far = {"wan": "isp", "lan": "host"}[name]
            ip("-n", self.prefix + site, "link", "add", name, "type", "veth", "peer", far,
               "netns", self.prefix + end)
            ip("-n", self.prefix + site, "link", "set", name, "up")
            ip("-n", self.prefix + end, "link", "set", far, "up")
        subprocess.run(self.site_argv("hub", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"))
        for site, end in (("hub", "wan"), ("hub", "lan"), ("hub", "host"), ("branches", "isp")):
            subprocess.run(self.site_argv(site, "ethtool", "-K", end, "tx", "off", "gso", "off"),
                           capture_output=True, check=True)
        branches = self.prefix + "branches"
        ip("-n", branches, "address", "add", f"{ROUTER}/24", "dev", "isp")
        ip("-n", branches, "route", "add", "local", "10.0.0.0/8", "dev", "lo")

    def down(self):
        for site in ("hub", "branches"):
            subprocess.run(["ip", "netns", "del", self.prefix + site], capture_output=True)
        shutil.rmtree(self.state, ignore_errors=True)


class Branches:
    """ike_branches.c, driven line by line."""

    def __init__(self, wire, case, n, pki, tunnel, named=False):
        argv = [f"{BUILD}/tests/bench/ike_branches", "--branches", str(n), "--group",
                str(GROUPS[case.group]), "--pki", pki, *(["--tunnel"] if tunnel else []),
                *(["--named"] if named else []),
                *(["--certs", case.certs] if case.certs else [])]
        self.popen = subprocess.Popen(wire.site_argv("branches", *argv), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.n = n
        self.answer()

    def answer(self):
        line = self.popen.stdout.readline()
        if not line:
            raise SystemExit("bench: the branches have ended")
        return json.loads(line)

    def tell(self, *words):
        self.popen.stdin.write(" ".join(map(str, words)) + "\n")
        self.popen.stdin.flush()

    def ask(self, *words):
        self.tell(*words)
        return self.answer()

    def do(self, what, first, last, window=WINDOW):
        done = self.ask(what, first, last, window)
        if done["done"] != last - first:
            raise SystemExit(f"bench: {what}: {done['done']} of {last - first} came through")
        return done["ms"]

    def stop(self):
        self.popen.stdin.close()
        try:
            self.popen.wait(20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def address(i):
    value = (10 << 24) + 1 + i
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def hub_config(case, n, pki, mode, dpd=0):
    """N tunnels, known by their addresses, each with a route."""
    ike = {"proposals": ["p"], "initiate": "never", "dpd": dpd}
    config = {
        "system": {"hostname": "hub", "log-level": "notice"},
        "interfaces": {"wan": {"address": [f"{HUB}/24"]}, "lan": {"address": ["192.168.10.1/24"]}},
        "tunnels": {f"b{i}": {"source": HUB, "destination": address(i), "mtu": 1400,
                              "protection": "branches"} for i in range(n)},
        "routes": [{"prefix": "10.0.0.0/8", "via": ROUTER},
                   *({"prefix": f"172.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255}/32",
                      "interface": f"b{i}"} for i in range(n))],
        "crypto": {
            "ikev2": {"proposals": {"p": {"encryption": ["aes-gcm-128"], "prf": ["sha256"],
                                          "group": [GROUPS[case.group]]}},
                      "profiles": {"default": ike}},
            "ipsec": {"transform-sets": {"gcm": {"encryption": "aes-gcm-128"}},
                      "profiles": {"branches": {"transform-sets": ["gcm"], "mode": mode,
                                                "ikev2-profile": "default"}}}}}
    if case.certs is None:
        config["crypto"]["ikev2"]["keyring"] = {
            "all": {"address": "10.0.0.0/8", "pre-shared-key": PSK}}
    else:
        ike.update({"authentication-local": "certificate", "authentication-remote": "certificate",
                    "local-identity": HUB, "trustpoint": "t"})
        config["crypto"]["pki"] = {"trustpoints": {"t": {
            "certificate": f"{pki}/hub.pem", "private-key": f"{pki}/hub.key",
            "ca": f"{pki}/ca.pem", "expiry-warning-days": 0}}}
    return config


def group_config(case, n):
    """The same for a hub that has one line for all of them."""
    config = hub_config(case, 0, None, "transport", dpd=10)
    config["tunnels"] = {"branches": {
        "source": HUB, "mtu": 1400, "protection": "branches", "group": n,
        "group-pool": "172.16.0.0/16", "peer-identity": "*.branch.example.com"}}
    config["crypto"]["ikev2"]["keyring"] = {
        "all": {"identity": "*.branch.example.com", "pre-shared-key": PSK}}
    return config


class Culvert:
    """Our hub."""
    name = "culvert"
    tunnel = True

    def __init__(self, wire, case, n, pki, mode="tunnel", dpd=0):
        self.config = hub_config(case, n, pki, mode, dpd)
        self.hub = Hub(wire, "hub", tempfile.mkdtemp(dir=wire.state))
        self.n = n

    def start(self):
        self.hub.start(self.config)
        self.hub.controlplane.wait_output("the dataplane is in line", 60)

    def pids(self):
        return {"": self.hub.controlplane.pid, "dataplane": self.hub.dataplane.pid}

    def stop(self):
        self.hub.stop()


class Charon:
    """strongSwan, with its ESP in user space: this needs no kernel with ESP, but tunnel mode."""
    name = "charon"
    tunnel = True

    PLUGINS = ("random nonce openssl aes gcm sha1 sha2 hmac kdf curve25519 pem pkcs1 pubkey x509 "
               "constraints kernel-libipsec kernel-netlink socket-default vici")

    def __init__(self, wire, case, n, pki):
        self.wire, self.case, self.pki = wire, case, pki
        self.directory = tempfile.mkdtemp(dir=wire.state)
        self.vici = f"unix://{self.directory}/vici"
        self.process = None

    def write(self, name, text):
        with open(f"{self.directory}/{name}", "w") as file:
            file.write(text)

    def files(self):
        libipsec = subprocess.run([f"{LAB}/libipsec"], check=True, capture_output=True,
                                  text=True).stdout.strip()
        plugins = f"{self.directory}/plugins"
        shutil.copytree("/usr/lib/ipsec/plugins", plugins)
        shutil.copy(f"{libipsec}/plugins/libstrongswan-kernel-libipsec.so", plugins)
        self.write("strongswan.conf", f"""
            charon {{
                load = {self.PLUGINS}
                install_routes = no
                dos_protection = no
                ikesa_table_size = 1024
                ikesa_table_segments = 16
                plugins {{
                    vici {{ socket = {self.vici} }}
                    # The route into the tunnel must not take IKE's own packets.
                    kernel-libipsec {{ allow_peer_ts = yes }}
                    kernel-netlink {{ fwmark = !0x42 }}
                    socket-default {{ fwmark = 0x42 }}
                }}
                filelog {{ stderr {{ default = 0
                    }} }}
            }}
            swanctl {{ load = random nonce openssl pem pkcs1 pubkey x509 }}""")
        auth = "auth = psk" if self.case.certs is None else "auth = pubkey"
        certs = "" if self.case.certs is None else "certs = hub.pem"
        cacerts = "" if self.case.certs is None else "cacerts = ca.pem"
        self.write("swanctl.conf", f"""
            connections {{
                branches {{
                    version = 2
                    local_addrs = {HUB}
                    proposals = aes128gcm16-prfsha256-{self.case.group}
                    send_cert = always
                    mobike = no
                    local {{
                        {auth}
                        id = {HUB}
                        {certs}
                    }}
                    remote {{
                        {auth}
                        {cacerts}
                    }}
                    children {{
                        gre {{
                            mode = tunnel
                            local_ts = dynamic[47]
                            remote_ts = dynamic[47]
                            esp_proposals = aes128gcm16
                        }}
                    }}
                }}
            }}
            secrets {{ ike-all {{ secret = "{PSK}" }} }}""")
        for directory, name in (("x509", "hub.pem"), ("private", "hub.key"), ("x509ca", "ca.pem")):
            os.mkdir(f"{self.directory}/{directory}")
            if self.case.certs is not None:
                shutil.copy(f"{self.pki}/{name}", f"{self.directory}/{directory}")
        return libipsec

    def start(self):
        libipsec = self.files()
        namespace = self.wire.prefix + "hub"
        ip("-n", namespace, "address", "add", f"{HUB}/24", "dev", "wan")
        ip("-n", namespace, "route", "add", "10.0.0.0/8", "via", ROUTER)
        # `ip netns exec` has given it mounts of its own.
        self.process = self.wire.start(
            "hub", "charon", "sh", "-euc", f"mount --bind {self.directory}/plugins "
            "/usr/lib/ipsec/plugins; mount -t tmpfs tmpfs /run; exec /usr/lib/ipsec/charon",
            env={"STRONGSWAN_CONF": f"{self.directory}/strongswan.conf",
                 "LD_LIBRARY_PATH": libipsec})
        wait_until(lambda: os.path.exists(f"{self.directory}/vici"), 10, "charon is up")
        subprocess.run(["swanctl", "--load-all", "--noprompt", "--uri", self.vici, "--file",
                        f"{self.directory}/swanctl.conf"], check=True, capture_output=True,
                       env={**os.environ, "SWANCTL_DIR": self.directory,
                            "STRONGSWAN_CONF": f"{self.directory}/strongswan.conf"})

    def pids(self):
        return {"": self.process.pid}

    def stop(self):
        self.process.kill()         # a DELETE for each SA would take its time
        namespace = self.wire.prefix + "hub"
        ip("-n", namespace, "address", "flush", "dev", "wan")


# ---- what a thing costs ----------------------------------------------------------------------

def spent(hub, work):
    """CPU milliseconds of each of the hub's processes while work() is done, and what it returns."""
    before = {name: cpu_ms(pid) for name, pid in hub.pids().items()}
    result = work()
    return {name: cpu_ms(pid) - before[name] for name, pid in hub.pids().items()}, result


def by_rounds(hub, branches, what, each):
    """Medians of so many rounds: CPU milliseconds for one."""
    rounds = []
    for r in range(ROUNDS):
        cost, _ = spent(hub, lambda: branches.do(what, r * each, (r + 1) * each))
        rounds.append({name: ms / each for name, ms in cost.items()})
    return {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}


def costs(wire, kind, case, n, seconds):
    """Of one hub: {what: {process: CPU milliseconds}}, and bytes of memory for a branch."""
    pki = tempfile.mkdtemp(dir=wire.state)
    branches = Branches(wire, case, n, pki, kind.tunnel)
    hub = kind(wire, case, n, pki)
    found = {}
    try:
        hub.start()
        branches.do("up", 0, 1)     # what is made once
        found_kb = rss_kb(hub.pids()[""])
        found["handshake"] = by_rounds_up(hub, branches, n)
        found["memory"] = (rss_kb(hub.pids()[""]) - found_kb) * 1024 / (n - 1)
        found["child rekey"] = by_rounds(hub, branches, "rekey", n // ROUNDS)
        asking, done = spent(hub, lambda: branches.ask("dpd", seconds))
        found["dpd exchange"] = {name: ms / max(done["done"], 1) for name, ms in asking.items()}
    finally:
        branches.stop()
        hub.stop()
    return found


def by_rounds_up(hub, branches, n):
    rounds = []
    edges = [1 + (n - 1) * r // ROUNDS for r in range(ROUNDS + 1)]
    for first, last in zip(edges, edges[1:]):
        cost, _ = spent(hub, lambda: branches.do("up", first, last))
        rounds.append({name: ms / (last - first) for name, ms in cost.items()})
    return {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}


def compare(wire, options):
    kinds = [Culvert] + ([Charon] if options.peer else [])
    n, seconds = (ROUNDS * 4, 2) if options.quick else (options.branches, 4)
    rows = []
    for case in CASES:
        if options.case not in (None, case.name):
            continue
        found = {kind.name: costs(wire, kind, case, n, seconds) for kind in kinds}
        if options.json:
            rows.extend(flat(case, found))
        else:
            report(case, found)
    if options.json:
        print(json.dumps({"wire": rows}, indent=1))


def flat(case, found):
    return [{"case": case.name, "hub": name, "what": what, "process": process or name,
             "cpu_ms": round(ms, 4)}
            for name, costs_of in found.items() for what, by_process in costs_of.items()
            if what != "memory" for process, ms in by_process.items()]


# ---- thousands of branches -------------------------------------------------------------------

def storm(wire, options):
    """All branches call a hub that has just started; then its control plane is killed."""
    n, case = options.storm, CASES[0]
    branches = Branches(wire, case, n, wire.state, False, options.group)
    hub = Culvert(wire, case, n, wire.state, "transport", dpd=10)
    if options.group:
        hub.config = group_config(case, n)
    found = {"branches": n}
    try:
        began = time.monotonic()
        hub.start()
        found["start_s"] = time.monotonic() - began
        cost, ms = spent(hub, lambda: branches.do("up", 0, n, n))
        version = hub.hub.show("version")["controlplane"]
        found.update(up_s=ms / 1000, cpu_ms=cost[""] / n, late_ms=version["timer_late_max_ms"],
                     late=version["timer_late_count"], rss_mb=rss_kb(hub.pids()[""]) / 1024)
        found.update(link_lost(wire, hub))
        found.update(killed(hub, branches, n))
    finally:
        branches.stop()
        hub.stop()
    if options.json:
        print(json.dumps({"whole": found}, indent=1))
    else:
        print(STORM.format(**found))
    return found["late_ms"] <= 50 and found["again"] == 0


def n_routes(hub):
    return sum(r["installed"] for r in hub.hub.show("ip-route")["routes"])


def link_lost(wire, hub):
    """The hub's only link to all branches goes down, and up again."""
    namespace, before = wire.prefix + "branches", n_routes(hub)
    ip("-n", namespace, "link", "set", "isp", "down")
    wait_until(lambda: n_routes(hub) < 10, 60, "no tunnel's route is left")
    ip("-n", namespace, "link", "set", "isp", "up")
    ip("-n", namespace, "route", "replace", "local", "10.0.0.0/8", "dev", "lo")
    wait_until(lambda: n_routes(hub) >= before, 60, f"{before} routes are back")
    return {"link_late_ms": hub.hub.show("version")["controlplane"]["timer_late_max_ms"]}


def killed(hub, branches, n):
    before = branches.ask("state")
    hub.hub.controlplane.kill()
    began = time.monotonic()
    hub.hub.start_controlplane()
    hub.hub.controlplane.wait_output(f"restored the SAs of {n} tunnels", 100)
    restored_s = time.monotonic() - began
    hub.hub.show("version")
    answers_s = time.monotonic() - began
    time.sleep(RESTART_WATCH_S)
    after, version = branches.ask("state"), hub.hub.show("version")["controlplane"]
    hub.hub.show("crypto-session")
    time.sleep(2)       # of a timer of one second
    return {"restored_s": restored_s, "answers_s": answers_s,
            "again": after["added"] - before["added"] + after["deleted"] - before["deleted"],
            "restart_late_ms": version["timer_late_max_ms"],
            "show_late_ms": hub.hub.show("version")["controlplane"]["timer_late_max_ms"]}


RESTART_WATCH_S = 15    # liveness questions of all branches, and adopted SAs' end, are in it
STORM = """{branches} tunnels: the hub is ready {start_s:.1f} s after its start
all up after {up_s:.2f} s, {cpu_ms:.3f} ms of CPU each; a timer was at most {late_ms} ms late \
(at most 50), {late} times more than 50
{rss_mb:.0f} MB are resident
link down and up again, with all of their routes: a timer was at most {link_late_ms} ms late
control plane killed: SAs restored {restored_s:.2f} s after its start, it answers after \
{answers_s:.2f} s;
a timer was at most {restart_late_ms} ms late ({show_late_ms} with all sessions shown at once); \
{again} Child SAs came or went"""

HEAD = (f"{'case':14} {'what':14} {'culvert':>9} {'dataplane':>9} {'charon':>9} "
        f"{'ratio':>6} {'mark':>6}")


def report(case, found):
    ours, theirs = found["culvert"], found.get("charon")
    for what in ("handshake", "child rekey", "dpd exchange"):
        line = f"{case.name:14} {what:14} {ours[what]['']:9.3f} {ours[what]['dataplane']:9.3f}"
        if theirs:
            line += f" {theirs[what]['']:9.3f} {ours[what][''] / theirs[what]['']:6.2f}"
        else:
            line += f" {'':9} {'':6}"
        if what == "handshake":
            line += f" {case.mark_ms:6.2f}"
        print(line, flush=True)
    line = f"{case.name:14} {'bytes a branch':14} {ours['memory']:9.0f} {'':9}"
    if theirs:
        line += f" {theirs['memory']:9.0f} {ours['memory'] / theirs['memory']:6.2f}"
    print(line, flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="tools/bench ike")
    parser.add_argument("--wire", action="store_true", help="whole hub, over the wire")
    parser.add_argument("--peer", choices=["charon"], help="beside ours, strongSwan's charon")
    parser.add_argument("--case", choices=[c.name for c in CASES])
    parser.add_argument("--storm", type=int, metavar="N", help="N branches call at once")
    parser.add_argument("--whole", action="store_true", help="whole hub, with --storm")
    parser.add_argument("--group", action="store_true",
                        help="with --storm: branches at any address, members of one group")
    parser.add_argument("--branches", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="does it run?")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    if os.geteuid() != 0:
        raise SystemExit("bench: namespaces need root")
    wire = Wire()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        wire.up()
        if options.storm:
            sys.exit(0 if storm(wire, options) else 1)
        if not options.json:
            print("CPU milliseconds of the hub's process each\n\n" + HEAD, flush=True)
        compare(wire, options)
    finally:
        wire.down()


if __name__ == "__main__":
    main()
