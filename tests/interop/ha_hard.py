# SPDX-License-Identifier: BSD-3-Clause
"""Failures of the case (ha.py) that need more than a line: what they do, how they are mended, and
what must be so afterwards. Each function is given the World."""
import contextlib
import copy
import ctypes
import os
import re
import resource
import signal
import socket
import time

from lab import PATIENCE_S, Capture, Process, wait_until

MOVED = "3.3.3.77"
NAMES = {"branch-1": "branch-1.example.com", "branch-2": "branch-2.example.com"}
ADDRESSES = {"branch-1": "2.2.2.2", "branch-2": "3.3.3.2"}


def push(world, change):
    """Push each hub's configuration after change(config, letter)."""
    for letter, hub in world.hubs.items():
        config = copy.deepcopy(world.config(letter))
        change(config, letter)
        hub.push(config)


def pushed(change):
    """The same as an act; then all is well again."""
    def act(world):
        push(world, change)
        world.settle(120)
    return act


def as_shipped(config, letter):
    pass


# ---- who is master ----

STALE_S = 0.5       # what the dataplane still sends of what has waited in it
BRIEF_S = STALE_S + 1.0     # and an interval: for so long another one may be active besides


class Masters:
    """Who advertises on the LAN, from begin() on; VRRP's rule is that it is one, but for a moment:
    who hears one that is better yields at once."""

    def begin(self, world):
        self.capture = Capture(world.lab, "eth0", "host")

    def turns(self):
        """[address, from, to] of whoever advertised a priority above 0, as one while it is the
        same."""
        turns = []
        for line in self.capture.packets("proto 112"):
            match = re.match(r"(\d+):(\d+):([\d.]+) IP ([\d.]+) > 224.*prio (\d+)", line)
            if match is None or match[5] == "0":
                continue
            at = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
            if turns and turns[-1][0] == match[4]:
                turns[-1][2] = at
            else:
                turns.append([match[4], at, at])
        return turns

    def end(self, brief):
        """hub-a, hub-b, hub-a, and @brief turns in between that are over in a moment."""
        self.capture.stop()
        turns = self.turns()
        short = [t for t in turns[1:-1] if t[2] - t[1] < BRIEF_S]
        assert turns and len(turns) - 2 * min(len(short), brief) <= 3, \
            f"masters, one after the other: {turns}"


def one_master_at_a_time(failure, brief=0):
    """For a Failure's act and check: who yields has advertised for the last time."""
    masters = Masters()

    def act(world):
        masters.begin(world)
        failure(world)

    def check(world):
        world.settle(120)
        masters.end(brief)
    return {"act": act, "check": check}


# ---- links ----

def knows(hub, name="internet", state="down"):
    return any(o["name"] == name and o["state"] == state for o in hub.show("track")["tracks"])


def isps_in_turn(world):
    """ISP A goes; when hub-b is the active router, ISP B goes as well; B comes back first."""
    hub_a, hub_b = world.hubs.values()
    world.lab.net("cut", "hub-a")
    wait_until(lambda: world.roles() == ("backup", "active"), 30, "hub-b is active")
    world.lab.net("cut", "hub-b")
    wait_until(lambda: knows(hub_b), 20, "hub-b has no Internet")
    wait_until(lambda: world.roles() == ("active", "backup"), 30, "hub-a is active: it is as poor")
    world.lab.net("restore", "hub-b")
    world.back_routes()
    wait_until(lambda: world.roles() == ("backup", "active"), 30, "hub-b is active, it has an ISP")
    world.lab.net("restore", "hub-a")
    world.back_routes()


def slow_flaps(world):
    """ISP A's link goes down for a second and comes up for one, ten times."""
    world.takeovers = world.takeovers_of_b()
    for _ in range(10):
        for state in ("down", "up"):
            world.lab.exec("isp", "ip", "link", "set", "hub-a", state)
            if state == "up":
                world.back_routes()
            time.sleep(1)       # these are the failure itself


def damped(world):
    """The LAN has moved once, and back once."""
    world.settle(120)
    moves = world.takeovers_of_b() - world.takeovers
    assert moves == 1, f"hub-b has become active {moves} times"


# ---- a branch on a dynamic address ----

def dynamic(config, letter):
    """branch-2 is known by its identity alone."""
    tunnel = config["tunnels"]["branch-2"]
    del tunnel["destination"]
    tunnel["peer-identity"] = NAMES["branch-2"]
    config["crypto"]["ikev2"]["keyring"]["branch-2"] = {
        "identity": NAMES["branch-2"], "pre-shared-key": "correct-horse"}


def charon(branch, make_conf):
    """Its connections anew, by a swanctl.conf that the shell's @make_conf writes. They begin when
    they are loaded."""
    branch.exec("sh", "-c", f"{make_conf}; for hub in hub-a hub-b; do "
                "swanctl --terminate --ike $hub --force --timeout 5; done; "
                "swanctl --load-all --noprompt")


def dynamic_branch(world):
    branch = world.branches["branch-2"]
    push(world, dynamic)
    charon(branch, "cp /etc/swanctl/swanctl.conf /tmp/usual.conf; sed "
           "-e 's/^\\( *local_addrs = \\).*/\\1%any/' "
           f"-e 's/\\bid = 3.3.3.2$/id = {NAMES['branch-2']}/' "
           f"-e 's/id-local = .*/id-local = {NAMES['branch-2']}/' /tmp/usual.conf "
           "> /etc/swanctl/swanctl.conf")
    world.settle(120)
    world.probes["branch-2"] = world.ping_from("host", branch.lan)


def readdress(world, old, new):
    """As its provider's DHCP would have it; a script of the branch moves its GRE interfaces."""
    world.branches["branch-2"].exec(
        "sh", "-euc", f"""
        ip address del {old}/24 dev eth0
        ip address add {new}/24 dev eth0
        ip route replace default via 3.3.3.1
        ip link set gre-a type gre local {new} remote 1.1.1.2 ttl 64
        ip link set gre-b type gre local {new} remote 4.4.4.2 ttl 64""")


def moves(world):
    """branch-2 gets another WAN address; nobody tells the hubs."""
    readdress(world, ADDRESSES["branch-2"], MOVED)


def has_moved(world):
    def there(hub):
        tunnel = hub.tunnel("branch-2")
        return tunnel["state"] == "up" and tunnel["destination"] == MOVED
    wait_until(lambda: all(there(hub) for hub in world.hubs.values()), 60,
               lambda: f"both tunnels at {MOVED}: "
               f"{[hub.tunnel('branch-2')['destination'] for hub in world.hubs.values()]}")
    world.settle(120)
    for hub in world.hubs.values():
        wait_until(lambda: hub.ike_sas(ADDRESSES["branch-2"]) == [] and
                   len(hub.ike_sas(MOVED)) == 1, 60, f"{hub.site}: one IKE SA, at {MOVED}")


def moves_back(world):
    world.probes.pop("branch-2").process.kill()
    readdress(world, MOVED, ADDRESSES["branch-2"])
    push(world, as_shipped)
    charon(world.branches["branch-2"], "cp /tmp/usual.conf /etc/swanctl/swanctl.conf")
    world.settle(120)


# ---- names ----

def named(config, letter):
    config["system"].update({"name-servers": "127.0.0.1:5353", "name-refresh-seconds": 5})
    for name, tunnel in config["tunnels"].items():
        del tunnel["destination"]
        tunnel.update({"destination-name": NAMES[name], "peer-identity": ADDRESSES[name]})


NAME_SERVER = """
import socket, struct
A = {b"branch-1": "2.2.2.2", b"branch-2": "3.3.3.2"}
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 5353))
print("ready", flush=True)
while True:
    query, peer = sock.recvfrom(512)
    end = query.index(0, 12) + 5
    address = A[query[13:13 + query[12]].lower()]
    sock.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + query[12:end]
                + struct.pack(">HHHIH", 0xc00c, 1, 1, 1, 4) + socket.inet_aton(address), peer)
"""


def names_begin(world):
    world.servers = []
    for hub in world.hubs.values():
        world.lab.exec(hub.site, "ip", "link", "set", "lo", "up")
        server = world.lab.start(hub.site, "dns", "/usr/bin/python3", "-c", NAME_SERVER)
        world.processes.append(server)
        world.servers.append(server)
        server.wait_output("ready")
    pushed(named)(world)


def names_end(world):
    """The name servers answer no more, and the hubs ask in vain, twice."""
    marks = {}
    for (letter, hub), server in zip(world.hubs.items(), world.servers):
        marks[letter] = len(hub.controlplane.output())
        server.kill()
    for letter, hub in world.hubs.items():
        wait_until(lambda: hub.controlplane.output()[marks[letter]:].count(
            "its address of before stays") >= 2, 60, f"{hub.site} asks in vain")


# ---- what the machine has no more of ----

def nofile(pid, limit):
    """Set the soft limit of descriptors; the one of before."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, hard))
    return soft


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def no_descriptors(world):
    """hub-a's control plane can open nothing more for 6 s, while clients call it and a branch
    renews its SAs; it does not spend the time on trying."""
    hub, branch = world.hubs["a"], world.branches["branch-1"]
    world.takeovers = world.takeovers_of_b()
    spi = hub.tunnel("branch-1")["spi_in"]
    pid = hub.controlplane.pid
    before = nofile(pid, 3)     # all numbers above are taken, or refused
    used, end = cpu_s(pid), time.monotonic() + 6
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(hub.mgmt)
        branch.exec("swanctl", "--rekey", "--ike", "hub-a")
        branch.exec("swanctl", "--rekey", "--child", "gre-a")
        while time.monotonic() < end:
            time.sleep(0.1)     # this is the failure itself
        used = cpu_s(pid) - used
        nofile(pid, before)
    assert used < 2, f"{used:.1f} s of CPU time in 6 s"
    wait_until(lambda: hub.tunnel("branch-1")["spi_in"] != spi, 30, "SAs have been renewed")


def mount(fs, target, options):
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(fs.encode(), target.encode(), fs.encode(), 0, options.encode()) == 0, \
        os.strerror(ctypes.get_errno())


def small_disk(world):
    """hub-a's state and log are on a disk of their own."""
    hub = world.hubs["a"]
    hub.call("reload", what="control-plane")
    hub.controlplane.popen.wait(PATIENCE_S)
    kept = {name: open(os.path.join(hub.state_dir, name), "rb").read()
            for name in os.listdir(hub.state_dir)}
    mount("tmpfs", hub.state_dir, "size=2m")
    for name, data in kept.items():
        with open(os.path.join(hub.state_dir, name), "wb") as file:
            file.write(data)
    on_small_disk(world)
    world.settle(120)


def no_small_disk(hub):
    """Is it gone, and was it there?"""
    return ctypes.CDLL(None).umount2(hub.state_dir.encode(), 2) == 0     # MNT_DETACH


def on_small_disk(world):
    hub = world.hubs["a"]
    hub.controlplane = Process(
        world.lab.site_argv(hub.site, *hub.controlplane_argv(f"{hub.directory}/start.json")),
        os.path.join(hub.state_dir, "log"), hub.wall.env)
    hub.wait_attached()


def fill(directory):
    with open(os.path.join(directory, "filler"), "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(512))


def disk_full(world):
    """It is full: a new configuration is refused, and the hub is killed, and restarts by plan."""
    hub = world.hubs["a"]
    world.takeovers = world.takeovers_of_b()
    fill(hub.state_dir)
    config = copy.deepcopy(world.config("a"))
    config["system"]["hostname"] = "hub-full"
    answer = hub.request("config-push", config=config)
    assert "can't be stored" in answer["error"]["message"], answer
    wait_until(lambda: hub.show("ip-ospf")["kept"], 10, "OSPF is kept for a restart")
    hub.controlplane.kill(signal.SIGKILL)
    fill(hub.state_dir)
    on_small_disk(world)
    world.settle(120)
    hub.call("reload", what="control-plane")
    hub.controlplane.popen.wait(PATIENCE_S)
    fill(hub.state_dir)
    on_small_disk(world)


def disk_empty(world):
    hub = world.hubs["a"]
    os.unlink(os.path.join(hub.state_dir, "filler"))
    pushed(as_shipped)(world)
    hub.call("reload", what="control-plane")
    hub.controlplane.popen.wait(PATIENCE_S)
    assert no_small_disk(hub)
    hub.start_controlplane()
    hub.wait_attached()


# ---- a host that floods ----

ARP_FLOOD = """
import random, socket, struct, time
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0))
r = random.Random(1)
print("ready", flush=True)
while True:
    for _ in range(50):
        mac = b"\\2" + r.randbytes(5)
        link.send(b"\\xff" * 6 + mac + struct.pack("!HHHBBH6sI6sI", 0x806, 1, 0x800, 6, 4,
                  r.choice((1, 1, 2)), mac, 0xc0a80a00 | r.randint(101, 254), bytes(6),
                  0xc0a80a00 | r.choice((1, 2, 3, r.randint(1, 254)))))
    time.sleep(0.01)
"""


def arp_flood(failure):
    """A host of the LAN asks and answers 5000 times a second, under many addresses, meanwhile."""
    def act(world):
        world.flood = world.lab.start("host", "arp-flood", "/usr/bin/python3", "-c", ARP_FLOOD)
        world.processes.append(world.flood)
        world.flood.wait_output("ready")
        failure(world)
    return act


def arp_flood_ends(world):
    world.flood.kill()
    world.start_hub("a")


# ---- keys that change ----

def keys_change(world):
    """The clocks of both hubs are set to seconds before midnight of the last day of a month, with
    a key that ends there and another one that begins; hub-b's is a second late. Nobody loses a
    neighbour before midnight, then, or a dead interval later."""
    now = time.time()
    month = time.gmtime(now).tm_mon
    midnight = int(now) // 86400 * 86400 + 86400
    while time.gmtime(midnight).tm_mon == month:
        midnight += 86400

    def at(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(midnight + seconds))

    def keys(config, letter):
        config["key-chains"] = {"lan": {"keys": {
            "1": {"algorithm": "md5", "secret": "first-secret", "send-until": at(0),
                  "accept-until": at(60)},
            "2": {"algorithm": "hmac-sha-256", "secret": "second-secret", "send-from": at(0),
                  "accept-from": at(-60)}}}}
        config["interfaces"]["lan"]["ospf"]["key-chain"] = "lan"

    def lan(hub):
        return next(i for i in hub.show("ip-ospf-interface")["interfaces"] if i["name"] == "lan")

    def changes(hub):
        return {n["router_id"]: n["changes"] for n in
                hub.show("ip-ospf-neighbor")["neighbors"]}

    pushed(keys)(world)
    hubs = list(world.hubs.values())
    assert [lan(hub)["key"]["id"] for hub in hubs] == [1, 1]
    before = [changes(hub) for hub in hubs]
    for hub, late in zip(hubs, (0, 1)):
        hub.wall.shift((midnight - 5 - late - time.time()) / 3600)
    wait_until(lambda: [lan(hub)["key"]["id"] for hub in hubs] == [2, 2], 30,
               "both hubs send with key 2")
    dead = time.monotonic() + 6
    wait_until(lambda: time.monotonic() > dead, 30, "a dead interval later")
    assert [changes(hub) for hub in hubs] == before, "a neighbour was lost"


def keys_end(world):
    pushed(as_shipped)(world)
    for hub in world.hubs.values():
        hub.wall.shift(0)
