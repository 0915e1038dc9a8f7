# SPDX-License-Identifier: BSD-3-Clause
"""What tunnels may be told to do with packets, as a Linux branch and the wire see it: the outer
header, fragments, the MSS, the path's MTU, keepalives."""
import functools
import re

import pytest

import configs
from lab import HOST, ping, wait_until

HUB_WAN = "1.1.1.2"
FROM_HUB = f"src host {HUB_WAN}"


@pytest.fixture
def gre_branch(quiet_branch):
    yield quiet_branch
    quiet_branch.gre()


@pytest.fixture
def from_host(lab):
    """Run on the host of the LAN, which has forgotten what it was told of paths before."""
    run = functools.partial(lab.exec, "host")
    run("ip", "route", "flush", "cache")
    yield run
    run("ip", "route", "flush", "cache")


def outer(capture, filter_text, at_least=1):
    wait_until(lambda: len(capture.packets(f"{FROM_HUB} and {filter_text}")) >= at_least, 10,
               f"{at_least} packets of the hub that are {filter_text}")


def test_outer_header(gre_branch, hub, capture, from_host):
    """TTL inherited, DSCP set with ECN still copied, DF cleared; then the opposite of each."""
    hub.push(configs.plain_gre(ttl=0, tos=0xb8, df="clear"))
    hub.wait_up()
    ping(from_host, "-t", "33", "-Q", "0x29", "-M", "do", gre_branch.lan)
    outer(capture, "ip[9] = 47 and ip[8] = 32 and ip[1] = 0xb9 and ip[6] & 0x40 = 0", 3)
    hub.push(configs.plain_gre(ttl=77, df="set"))
    ping(from_host, "-t", "33", "-Q", "0x28", "-M", "dont", gre_branch.lan)
    outer(capture, "ip[9] = 47 and ip[8] = 77 and ip[1] = 0x28 and ip[6] & 0x40 != 0", 3)


def test_textbook_fragments(gre_branch, hub, capture, from_host):
    """1500 bytes into a tunnel of 1476: outer packets of 1500 and 68 bytes, each whole."""
    hub.push(configs.plain_gre(mtu=0))
    hub.wait_up()
    ping(from_host, "-s", "1472", "-M", "dont", gre_branch.lan)
    outer(capture, "ip[9] = 47 and ip[2:2] = 1500", 3)
    outer(capture, "ip[9] = 47 and ip[2:2] = 68", 3)
    assert capture.packets(f"{FROM_HUB} and ip[6:2] & 0x3fff != 0") == []
    output = from_host("ping", "-c", "1", "-w", "30", "-s", "1472", "-M", "do", gre_branch.lan,
                       check=False).stdout
    assert re.search(r"mtu ?= ?1476", output), output


@pytest.mark.parametrize("protected", [False, True], ids=["plain", "protected"])
def test_fragments_after(gre_branch, hub, capture, from_host, protected):
    """The outer packet in pieces, which Linux puts together."""
    if protected:
        hub.push(configs.with_(tunnel={"fragment-after": True, "df": "clear"}))
        gre_branch.load()
        gre_branch.knock()
    else:
        hub.push(configs.plain_gre(**{"fragment-after": True, "df": "clear", "mtu": 1476}))
    hub.wait_up()
    ping(from_host, "-s", "1472", "-M", "dont", gre_branch.lan)
    outer(capture, f"ip[9] = {50 if protected else 47} and ip[6:2] & 0x2000 != 0", 3)
    assert hub.drops()["fragment-failed"] == 0


def test_budget_is_exact(quiet_branch, hub, from_host):
    """With an MTU of as much as fits: the longest packet that gets through whole makes an outer one
    of no more than 1500, and one byte more is refused with that MTU."""
    hub.push(configs.with_(tunnel={"mtu": 0}))
    quiet_branch.load()
    quiet_branch.knock()
    hub.wait_up()
    mtu = hub.show("tunnel-mtu")["tunnels"][0]
    assert mtu["applied"] == mtu["budget"] == 1442
    assert 1500 - sum(line["bytes"] for line in mtu["lines"]) == 1442
    assert "= 1442  fits" in hub.cli("show", "tunnel", "mtu", "tunnel1").stdout
    quiet_branch.exec("ip", "link", "set", "gre1", "mtu", "1442")
    try:
        ping(from_host, "-s", "1414", "-M", "do", quiet_branch.lan)
    finally:
        quiet_branch.exec("ip", "link", "set", "gre1", "mtu", "1400")
    output = from_host("ping", "-c", "1", "-w", "30", "-s", "1415", "-M", "do", quiet_branch.lan,
                       check=False).stdout
    assert re.search(r"mtu ?= ?1442", output), output


def test_path_mtu(branch, hub, lab, from_host, network):
    """A narrow link on the way: its router's ICMP lowers the tunnel's MTU, and DF packets hear of
    it."""
    hub.push(configs.one_branch())
    branch.knock()
    hub.wait_up()
    lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "1300")
    # The link takes no more in the other direction either, and nobody tells the branch so.
    branch.exec("ip", "link", "set", "gre1", "mtu", "1240")
    try:
        def learned():
            from_host("ping", "-c", "2", "-i", "0.1", "-w", "2", "-s", "1300", "-M", "do",
                      branch.lan,
                      check=False)
            path = hub.show("tunnel-mtu")["tunnels"][0]["path"]
            return path is not None and path["mtu"] == 1300
        wait_until(learned, 15, "the path's MTU is learned")
        mtu = hub.show("tunnel-mtu")["tunnels"][0]
        assert mtu["applied"] == mtu["budget"] == 1242
        from_host("ip", "route", "flush", "cache")
        output = from_host("ping", "-c", "1", "-w", "30", "-s", "1215", "-M", "do", branch.lan,
                           check=False).stdout
        assert re.search(r"mtu ?= ?1242", output), output
        ping(from_host, "-s", "1214", "-M", "do", branch.lan)
        ping(from_host, "-s", "1400", "-M", "dont", branch.lan)
        # A new control plane goes on with what the old one had heard, as old as it is.
        before = hub.show("tunnel-mtu")["tunnels"][0]["path"]
        hub.controlplane.kill()
        hub.start_controlplane(configs.one_branch())
        hub.wait_attached()
        after = hub.show("tunnel-mtu")["tunnels"][0]
        assert after["path"]["mtu"] == 1300 and after["path"]["from"] == before["from"], after
        assert after["path"]["age_s"] >= before["age_s"]
        assert after["applied"] == after["budget"] == 1242
        assert hub.show("tunnel-mtu")["icmp"]["lowered"] == 0
    finally:
        lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "1500")
        branch.exec("ip", "link", "set", "gre1", "mtu", "1400")
        hub.push(configs.with_(tunnel={"path-mtu-discovery": False}))
    assert hub.show("tunnel-mtu")["tunnels"][0]["path"] is None


def test_mss(gre_branch, hub, lab, started, capture):
    """SYN and SYN-ACK are lowered on both sides of the hub."""
    hub.push(configs.plain_gre(**{"tcp-mss": 1200}))
    hub.wait_up()
    lan = started(lab.start("host", "tcpdump-lan", "tcpdump", "-n", "-l", "--immediate-mode", "-i",
                            "eth0", "tcp[tcpflags] & tcp-syn != 0"))
    lan.wait_output("listening on")
    server = started(lab.start("host", "iperf3", "iperf3", "-s", "--forceflush"))
    server.wait_output("listening")
    output = gre_branch.exec("iperf3", "-c", "192.168.10.100", "-B", gre_branch.lan, "-n",
                             "200K").stdout
    assert "receiver" in output
    wait_until(lambda: "mss 1200" in lan.output(), 10, "the branch's SYN on the LAN")
    syn_acks = [line for line in capture.packets(f"{FROM_HUB} and ip[9] = 47")
                if "Flags [S.]" in line]
    assert syn_acks and all("mss 1200" in line for line in syn_acks), syn_acks


# ---- keepalives ----------------------------------------------------------------------------------

ANSWERING = """
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.gre1.rp_filter=0 \
    net.ipv4.conf.gre1.accept_local={on}
"""

# Keepalives as a router sends them; prints how many were answered.
SENDER = r"""
import socket, struct, time
us, hub = socket.inet_aton("2.2.2.2"), socket.inet_aton("1.1.1.2")
inner = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 24, 0, 0, 255, 47, 0, hub, us))
total = sum(struct.unpack("!10H", inner))
total = (total & 0xffff) + (total >> 16)
inner[10:12] = struct.pack("!H", ~(total + (total >> 16)) & 0xffff)
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
sock.settimeout(0.2)
answers, end = 0, time.monotonic() + 60
while answers < 3 and time.monotonic() < end:
    sock.sendto(b"\0\0\x08\0" + bytes(inner) + b"\0\0\0\0", ("1.1.1.2", 0))
    try:
        packet = sock.recv(2000)
    except TimeoutError:
        continue
    answers += packet[20:24] == b"\0\0\0\0" and packet[12:16] == hub
print("answers", answers)
"""


def keepalive_config(protected, **options):
    options = {"keepalive-seconds": 1, "keepalive-retries": 2, **options}
    return configs.with_(tunnel=options) if protected else configs.plain_gre(**options)


@pytest.mark.parametrize("protected", [False, True], ids=["plain", "protected"])
def test_keepalives(gre_branch, hub, capture, protected):
    """Linux sends ours back when it is told to; when not, the tunnel is down, and its SAs stay."""
    hub.push(keepalive_config(protected))
    gre_branch.exec("sh", "-euc", ANSWERING.format(on=1))
    if protected:
        gre_branch.load()
        gre_branch.knock()
    hub.wait_up()
    wait_until(lambda: hub.tunnel()["keepalive"]["answered"] >= 3, 15, "keepalives are answered")
    gre_branch.exec("sh", "-euc", ANSWERING.format(on=0))
    hub.wait_down(seconds=20, why="keepalives")
    spi = hub.tunnel()["spi_out"]
    assert (spi is not None) == protected
    gre_branch.exec("sh", "-euc", ANSWERING.format(on=1))
    hub.wait_up(seconds=20)
    gre_branch.ping()
    if protected:
        assert hub.tunnel()["spi_out"] == spi
        assert capture.in_the_clear() == []


@pytest.mark.parametrize("protected", [False, True], ids=["plain", "protected"])
def test_answers(gre_branch, hub, capture, protected):
    """A peer's keepalives are answered, through its SA if there is protection."""
    hub.push(configs.one_branch() if protected else configs.plain_gre())
    if protected:
        gre_branch.load()
        gre_branch.knock()
    hub.wait_up()
    output = gre_branch.exec("/usr/bin/python3", "-c", SENDER).stdout
    assert "answers 3" in output
    if protected:
        assert capture.in_the_clear() == []


def test_sources_are_looked_up(gre_branch, hub, lab, from_host):
    """A host that sends from a network that is not behind the interface, and a branch that does."""
    strange = "203.0.113.9"
    config = configs.with_(tunnel={"verify-source": "rx"})
    config["interfaces"]["lan"]["verify-source"] = "rx"
    config["interfaces"]["wan"]["verify-source"] = "rx"
    hub.push(config)
    gre_branch.load()
    gre_branch.knock()
    hub.wait_up()
    ping(from_host, gre_branch.lan)
    before = hub.drops()["ip-verify-source"]
    from_host("ip", "addr", "add", f"{strange}/32", "dev", "lo")
    try:
        output = from_host("ping", "-c", "3", "-i", "0.2", "-W", "1", "-I", strange,
                           gre_branch.lan, check=False).stdout
        assert " 0 received" in output, output
        assert hub.drops()["ip-verify-source"] - before == 3
        gre_branch.exec("ip", "addr", "add", f"{strange}/32", "dev", "lo")
        gre_branch.exec("ping", "-c", "3", "-i", "0.2", "-W", "1", "-I", strange, HOST,
                        check=False)
        assert hub.drops()["ip-verify-source"] - before == 6
        ping(from_host, gre_branch.lan)
    finally:
        gre_branch.exec("ip", "addr", "del", f"{strange}/32", "dev", "lo", check=False)
        from_host("ip", "addr", "del", f"{strange}/32", "dev", "lo", check=False)
