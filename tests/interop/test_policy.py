# SPDX-License-Identifier: BSD-3-Clause
"""IPsec tunnel mode between two networks by security policies, without GRE, with a stock Linux
(strongSwan, local_ts and remote_ts) as the far side.

    host 192.168.10.100 -- hub 1.1.1.2 === ESP tunnel mode === 2.2.2.2 branch-1 -- LAN 192.168.21.1
    2001:db8:10::100                       around IPv4 and IPv6                   2001:db8:21::1
"""
import json
import os
import re
import signal

import pytest

from lab import HOST, HOST6, HUB6, HUB_WAN, ROOT, Capture, Pinger, ping, wait_until
from test_cli import terminal

BRANCH_LAN = "192.168.21.1"
BRANCH6 = "2001:db8:21::1"
NET6, NET6_BRANCH = "2001:db8:10::/64", "2001:db8:21::/64"

SWANCTL = """
connections {
    hub {
        version = 2
        local_addrs = 2.2.2.2
        remote_addrs = 1.1.1.2
        proposals = aes128-sha256-modp2048
        keyingtries = 0
        mobike = no
        local { auth = psk
            id = 2.2.2.2 }
        remote { auth = psk
            id = 1.1.1.2 }
        children {
            net {
                mode = tunnel
                local_ts = %(local)s
                remote_ts = %(remote)s
                esp_proposals = aes128gcm16
                rekey_time = 30m
                reqid = 21
                start_action = %(start)s
            }
        }
    }
}
secrets {
    ike-hub {
        id-local = 2.2.2.2
        id-remote = 1.1.1.2
        secret = "correct-horse"
    }
}
"""


def config(policies=None, **tunnel):
    """configs/site-to-site.json with other policies, or with other options of its tunnel."""
    with open(os.path.join(ROOT, "configs", "site-to-site.json")) as file:
        config = json.load(file)
    config["system"]["log-level"] = "debug"
    if policies is not None:
        config["crypto"]["policies"] = policies
    config["tunnels"]["paris"].update(tunnel)
    return config


def protect(source="192.168.10.0/24", destination="192.168.21.0/24", **options):
    return {"source": source, "destination": destination, "action": "protect", "tunnel": "paris",
            **options}


@pytest.fixture
def site(quiet_branch, hub):
    """Branch-1 without GRE: its LAN and the hub's are neighbours by policies."""
    branch = quiet_branch
    branch.exec("sh", "-c", "ip link set gre1 down; ip route replace 192.168.0.0/16 via 2.2.2.1")

    def load(local="192.168.21.0/24", remote="192.168.10.0/24", start="trap"):
        text = SWANCTL % {"local": local, "remote": remote, "start": start}
        branch.exec("sh", "-c",
                    "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt", text=text)
    branch.load_site = load
    yield branch
    branch.unload()
    branch.exec("sh", "-c", "ip route del 192.168.0.0/16 via 2.2.2.1")
    branch.gre()


@pytest.fixture
def site6(site, host6):
    """The branch has an IPv6 network as well. Its route there is never used: XFRM comes first."""
    site.exec("sh", "-euc", f"""
        sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0 \
            net.ipv6.conf.lan.disable_ipv6=0 net.ipv6.conf.all.forwarding=1
        ip -6 address replace {BRANCH6}/128 dev lo
        ip -6 route replace {NET6} dev lan""")
    yield site
    site.exec("sh", "-c", f"ip -6 route del {NET6} dev lan; ip -6 address del {BRANCH6}/128 dev lo")


def config6(policies, **tunnel):
    both = config(policies, **tunnel)
    both["interfaces"]["lan"]["ipv6-address"] = [HUB6 + "/64"]
    return both


def host_ping(lab, destination=BRANCH_LAN, count=3):
    ping(lambda *argv, **k: lab.exec("host", *argv, **k), destination, count=count)


def policy(hub, name):
    return next(p for p in hub.show("crypto-policy")["policies"] if p["name"] == name)


def assert_no_leak(capture):
    capture.stop()
    assert capture.packets("net 192.168.0.0/16") == []


def send_clear(lab, started, source, destination, count=5):
    """Packets as from behind the branch, in the clear, from the ISP to the hub."""
    lab.exec("isp", "ip", "address", "replace", f"{source}/32", "dev", "lo")
    lab.exec("isp", "ip", "route", "replace", f"{destination}/32", "via", HUB_WAN)
    try:
        lab.exec("isp", "ping", "-q", "-i", "0.05", "-c", str(count), "-W", "1", "-I", source,
                 destination, check=False)
    finally:
        lab.exec("isp", "ip", "route", "del", f"{destination}/32", check=False)
        lab.exec("isp", "ip", "address", "del", f"{source}/32", "dev", "lo", check=False)


def test_the_branch_calls(lab, site, hub, capture):
    hub.push(config())
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    site.ping(count=10)
    host_ping(lab, count=10)
    assert policy(hub, "paris-lan")["out_packets"] >= 20
    assert policy(hub, "paris-lan")["in_packets"] >= 20
    child = hub.ike_sas()[0]["children"][0]
    assert child["current"]
    assert_no_leak(capture)


def test_the_hub_calls(lab, site, hub, capture):
    """The first packet of the host is what brings it up."""
    hub.push(config())
    site.load_site(start="none")
    lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH_LAN, check=False)
    hub.wait_up("paris")
    host_ping(lab, count=10)
    site.ping(count=10)
    assert hub.ike_sas()[0]["role"] == "initiator"
    assert_no_leak(capture)


# As on IOS: what it is for comes after the map, and the rest of the crypto is there already.
CRYPTO_MAP = """
configure terminal
crypto map offices 10 ipsec-isakmp
set peer 2.2.2.2
set transform-set gcm
set ikev2-profile default
set security-association lifetime seconds 1800
match address 101
interface wan
crypto map offices
access-list 101 deny icmp host 192.168.10.100 host 192.168.21.9
access-list 101 permit ip 192.168.10.0 0.0.0.255 192.168.21.0 0.0.0.255
commit
end
"""


def test_crypto_map_of_ios(lab, site, hub, terminal, capture):
    """Typed line by line; what is shown of it can be typed again, and makes the same."""
    plain = config(policies={})
    del plain["tunnels"]["paris"]
    hub.push(plain)
    for line in CRYPTO_MAP.strip().splitlines():
        output = terminal.run(line)
        assert "rror" not in output and "expected" not in output and "not known" not in output, \
            (line, output)
    made = hub.call("config-get")["config"]
    assert made["tunnels"]["offices-10"]["source"] == "1.1.1.2"
    assert made["crypto"]["ipsec"]["profiles"]["offices-10"]["lifetime-seconds"] == 1800
    site.load_site()
    site.knock()
    hub.wait_up("offices-10")
    host_ping(lab, count=5)
    site.ping(count=5)
    assert policy(hub, "acl-101-2")["out_packets"] >= 10
    shown = hub.cli("show running-config").stdout
    hub.push(plain)
    for line in ["configure terminal", *shown.splitlines(), "commit", "end"]:
        if "****" not in line:
            terminal.run(line)
    assert hub.call("config-get")["config"] == made
    assert_no_leak(capture)


def test_tcp_both_ways(lab, site, hub, started):
    hub.push(config())
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    server = started(lab.start("host", "iperf3", "iperf3", "-s", "--forceflush"))
    server.wait_output("listening")
    for options in ((), ("-R",)):
        output = site.exec("iperf3", "-c", HOST, "-B", BRANCH_LAN, "-t", "2", "-f", "m",
                           *options).stdout
        assert "receiver" in output and " 0.00 Mbits/sec                  receiver" not in output


def tcp_to_the_branch(lab, site, started, port):
    """What goes through to a port of the branch's; how many bytes it has received."""
    server = started(site.start_exec("server", "iperf3", "-s", "-1", "-p", str(port),
                                     "--forceflush"))
    server.wait_output("listening")
    lab.exec("host", "iperf3", "-c", BRANCH_LAN, "-p", str(port), "-n", "100K", timeout=30)


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_selectors_with_protocol_and_port(lab, site, hub, started, capture, hub_calls):
    """One protocol, and one port at the branch, are protected: that is agreed, that passes, that is
    rekeyed; the rest of the two networks is discarded."""
    hub.push(config({"web": protect(protocol="tcp", **{"destination-port": "80"}),
                     "icmp": protect(protocol="icmp"),
                     "rest": {"source": "192.168.10.0/24", "destination": "192.168.21.0/24",
                              "action": "discard", "priority": 50}}))
    site.load_site("192.168.21.0/24[tcp/80],192.168.21.0/24[icmp]",
                   "192.168.10.0/24[tcp],192.168.10.0/24[icmp]", start="none")
    if hub_calls:
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH_LAN, check=False)
    else:
        site.swanctl("--initiate", "--child", "net")
    hub.wait_up("paris")
    for _ in range(2):
        tcp_to_the_branch(lab, site, started, 80)
        host_ping(lab)
        listed = site.swanctl("--list-sas")
        assert re.search(r"local +192\.168\.21\.0/24\[icmp\] 192\.168\.21\.0/24\[tcp/http\]|"
                         r"local +192\.168\.21\.0/24\[tcp/http\] 192\.168\.21\.0/24\[icmp\]",
                         listed), listed
        spis = {sa["spi"] for sa in hub.ipsec_sas("paris")}
        site.swanctl("--rekey", "--child", "net")
        wait_until(lambda: {sa["spi"] for sa in hub.ipsec_sas("paris")
                            if sa["state"] == "active"} - spis, 10, "new SAs")
    before = hub.drops()["policy-discard"]
    lab.exec("host", "iperf3", "-c", BRANCH_LAN, "-p", "81", "--connect-timeout", "1000",
             check=False)
    assert hub.drops()["policy-discard"] > before
    assert_no_leak(capture)


def icmp_of_host(lab, icmp_type):
    """Three ICMP messages of the host to the branch, with a checksum."""
    lab.exec("host", "/usr/bin/python3", "-c", f"""
import socket, struct
def message(cksum):
    return struct.pack("!BBHHH", {icmp_type}, 0, cksum, 1, 1) + bytes(12)
words = struct.unpack("!10H", message(0))
cksum = sum(words)
cksum = ~((cksum & 0xffff) + (cksum >> 16)) & 0xffff
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
for _ in range(3):
    s.sendto(message(cksum), ("{BRANCH_LAN}", 0))
""")


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_selectors_with_icmp_types(lab, site, hub, capture, hub_calls):
    """Echo and echo reply are protected, timestamps are not in the selectors. strongSwan's icmp/8
    is type 8, code 0: less than our echo, which has all codes."""
    hub.push(config({"echo": protect(protocol="icmp", **{"icmp-type": "echo"}),
                     "reply": protect(protocol="icmp", **{"icmp-type": "echo-reply"}),
                     "rest": {"source": "192.168.10.0/24", "destination": "192.168.21.0/24",
                              "action": "discard", "priority": 50}}))
    site.load_site("192.168.21.0/24[icmp/8],192.168.21.0/24[icmp/0]",
                   "192.168.10.0/24[icmp/8],192.168.10.0/24[icmp/0]", start="none")
    if hub_calls:
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH_LAN, check=False)
    else:
        site.swanctl("--initiate", "--child", "net")
    hub.wait_up("paris")
    for _ in range(2):
        host_ping(lab)
        listed = site.swanctl("--list-sas")
        assert "192.168.21.0/24[icmp/8]" in listed and "192.168.21.0/24[icmp/0]" in listed, listed
        spis = {sa["spi"] for sa in hub.ipsec_sas("paris")}
        site.swanctl("--rekey", "--child", "net")
        wait_until(lambda: {sa["spi"] for sa in hub.ipsec_sas("paris")
                            if sa["state"] == "active"} - spis, 10, "new SAs")
    assert policy(hub, "echo")["out_packets"] >= 6 and policy(hub, "reply")["in_packets"] >= 6
    before = hub.drops()["policy-discard"]
    icmp_of_host(lab, 13)
    wait_until(lambda: hub.drops()["policy-discard"] >= before + 3, 5, "timestamps discarded")
    assert policy(hub, "rest")["out_packets"] >= 3
    assert "icmp echo-reply" in hub.cli("show crypto policy").stdout
    assert_no_leak(capture)


def test_cleartext_for_protected_networks_is_dropped(lab, site, hub, started):
    hub.push(config())
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    before = hub.drops()["policy-clear"]
    refused = policy(hub, "paris-lan")["in_drops"]
    seen = started(lab.start("host", "dump", "tcpdump", "-n", "-l", "-i", "eth0",
                             "src host 192.168.21.77"))
    seen.wait_output("listening on")
    send_clear(lab, started, "192.168.21.77", HOST)
    wait_until(lambda: hub.drops()["policy-clear"] >= before + 5 and
               policy(hub, "paris-lan")["in_drops"] >= refused + 5, 5, "the cleartext counted")
    send_clear(lab, started, "192.168.21.77", "192.168.10.1")  # to the hub itself: no better
    wait_until(lambda: hub.drops()["policy-clear"] >= before + 10, 5, "the cleartext counted")
    seen.stop(signal.SIGINT)
    assert "192.168.21.77" not in seen.output()
    site.ping()


def test_the_tunnel_lets_in_only_what_its_policies_say(lab, site, hub):
    """The far side believes in more than was agreed."""
    hub.push(config({"narrow": protect(destination="192.168.21.0/25")}))
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    site.ping()
    site.exec("sh", "-c", "ip address replace 192.168.21.200/32 dev lan;"
              "ip xfrm policy add src 192.168.21.200/32 dst 192.168.10.0/24 dir out priority 1"
              " tmpl src 2.2.2.2 dst 1.1.1.2 proto esp reqid 21 mode tunnel")
    try:
        before = hub.drops()["policy-selector"]
        site.exec("ping", "-c", "3", "-i", "0.1", "-W", "1", "-I", "192.168.21.200", HOST,
                  check=False)
        wait_until(lambda: hub.drops()["policy-selector"] >= before + 3, 5, "selector drops")
    finally:
        site.exec("ip", "address", "del", "192.168.21.200/32", "dev", "lan")


def test_discard_and_bypass(lab, site, hub, capture):
    """One address of the far network is cut off, one is reached in the clear."""
    def aside(destination, action):
        return {"source": "192.168.10.0/24", "destination": destination, "action": action,
                "priority": 200}
    hub.push(config({"all": protect(), "none": aside("192.168.21.9/32", "discard"),
                     "open": aside("192.168.21.10/32", "bypass")}))
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    before = hub.drops()["policy-discard"]
    for destination in ("192.168.21.9", "192.168.21.10"):
        lab.exec("host", "ping", "-c", "3", "-i", "0.1", "-W", "1", destination, check=False)
    wait_until(lambda: hub.drops()["policy-discard"] >= before + 3, 5, "discarded packets")
    wait_until(lambda: len(capture.packets(f"src {HOST} and dst 192.168.21.10")) >= 3, 5,
               "bypassed packets on the wire")
    wait_until(lambda: policy(hub, "open")["out_packets"] >= 3, 5, "they are counted")
    assert capture.packets("dst 192.168.21.9") == []
    site.ping()


def test_without_policies_the_routes_decide(lab, site, hub):
    """An ipsec tunnel nobody writes policies for is for whatever is routed into it."""
    routed = config({})
    routed["routes"].append({"prefix": "192.168.21.0/24", "interface": "paris"})
    hub.push(routed)
    site.load_site(local="0.0.0.0/0", remote="0.0.0.0/0", start="none")
    lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH_LAN, check=False)
    hub.wait_up("paris")
    host_ping(lab, count=10)


def test_a_narrower_far_side(lab, site, hub, capture):
    """RFC 7296 section 2.9: what both want is agreed; nothing of the rest leaves in the clear."""
    hub.push(config({"theirs": protect(), "not-theirs": protect(destination="192.168.99.0/24")}))
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    site.ping()
    host_ping(lab)
    before = hub.drops()["policy-not-agreed"]
    lab.exec("host", "ping", "-c", "3", "-i", "0.1", "-W", "1", "192.168.99.1", check=False)
    wait_until(lambda: hub.drops()["policy-not-agreed"] >= before + 3, 5, "not agreed, so dropped")
    assert_no_leak(capture)


@pytest.mark.parametrize("families", [6, 46])
def test_ipv6_networks(site6, hub, host6, lab, capture, families):
    """IPv6 in ESP tunnel mode over IPv4, by itself or in one Child SA with IPv4 networks. The first
    packet calls the branch; the branch, and then the hub, rekey."""
    policies = {"six": protect(NET6, NET6_BRANCH)}
    local, remote = NET6_BRANCH, NET6
    if families == 46:
        policies["four"] = protect()
        local, remote = f"{local}, 192.168.21.0/24", f"{remote}, 192.168.10.0/24"
    hub.push(config6(policies))
    site6.load_site(local, remote, start="none")
    host6("ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH6, check=False)
    hub.wait_up("paris")
    for rekey in (None, lambda: site6.swanctl("--rekey", "--child", "net")):
        spis = {sa["spi"] for sa in hub.ipsec_sas("paris")}
        if rekey is not None:
            rekey()
            wait_until(lambda: {sa["spi"] for sa in hub.ipsec_sas("paris")
                                if sa["state"] == "active"} - spis, 10, "new SAs")
        ping(host6, BRANCH6, count=5)
        ping(site6.exec, "-I", BRANCH6, HOST6, count=5)
        if families == 46:
            site6.ping()
            host_ping(lab)
    assert policy(hub, "six")["out_packets"] >= 10 and policy(hub, "six")["in_packets"] >= 10
    line = next(line for line in hub.cli("-c", "show crypto policy").stdout.splitlines()
                if line.startswith("six"))
    assert NET6 in line and NET6_BRANCH in line
    assert len([c for c in hub.ike_sas()[0]["children"] if c["current"]]) == 1
    capture.stop()
    assert capture.packets("net 192.168.0.0/16 or net 2001:db8::/32") == []


def test_ipv6_in_the_clear_is_dropped(site6, hub, host6):
    """As from the far network, to the hub itself; and out of the tunnel, what is no policy's. A
    policy for all of IPv6 leaves neighbour discovery alone."""
    hub.push(config6({"six": protect("::/0", NET6_BRANCH)}))
    site6.load_site(f"{NET6_BRANCH}, 2001:db8:22::/64", "::/0", start="none")
    host6("ping", "-i", "0.2", "-c", "1", "-w", "15", BRANCH6, check=False)
    hub.wait_up("paris")
    ping(host6, BRANCH6)
    before = hub.drops()["policy-clear"]
    host6("ip", "-6", "address", "replace", "2001:db8:21::77/128", "dev", "lo")
    try:
        host6("ping", "-c", "3", "-i", "0.1", "-W", "1", "-I", "2001:db8:21::77", HUB6, check=False)
    finally:
        host6("ip", "-6", "address", "del", "2001:db8:21::77/128", "dev", "lo")
    wait_until(lambda: hub.drops()["policy-clear"] >= before + 3 and
               policy(hub, "six")["in_drops"] >= 3, 5, "the cleartext counted")
    before = hub.drops()["policy-selector"]
    site6.exec("sh", "-c", "ip -6 address replace 2001:db8:22::1/128 dev lo;"
               "ip xfrm policy add src 2001:db8:22::1/128 dst ::/0 dir out priority 1"
               " tmpl src 2.2.2.2 dst 1.1.1.2 proto esp reqid 21 mode tunnel")
    try:
        site6.exec("ping", "-c", "3", "-i", "0.1", "-W", "1", "-I", "2001:db8:22::1", HOST6,
                   check=False)
        wait_until(lambda: hub.drops()["policy-selector"] >= before + 3, 5, "selector drops")
    finally:
        site6.exec("sh", "-c", "ip xfrm policy del src 2001:db8:22::1/128 dst ::/0 dir out;"
                   "ip -6 address del 2001:db8:22::1/128 dev lo")


def test_rekeying_loses_nothing(lab, site, hub, started):
    hub.push(config())
    site.load_site()
    site.knock()
    hub.wait_up("paris")
    pinger = Pinger(started(lab.start("host", "ping", "ping", "-i", "0.02", BRANCH_LAN)))
    pinger.wait_more(20)
    for _ in range(3):
        spis = {sa["spi"] for sa in hub.ipsec_sas("paris")}
        site.swanctl("--rekey", "--child", "net")
        wait_until(lambda: {sa["spi"] for sa in hub.ipsec_sas("paris")
                            if sa["state"] == "active"} - spis, 10, "new SAs")
        pinger.wait_more(50)
    pinger.stop()
    assert pinger.lost() == []


def test_nothing_in_the_clear_while_it_comes_and_goes(lab, site, hub, started, capture):
    """With a flood from the host: no SA yet, up, cleared, the control plane killed, changed."""
    started(lab.start("host", "flood", "ping", "-q", "-i", "0.005", BRANCH_LAN))
    hub.push(config())
    wait_until(lambda: hub.drops()["tunnel-no-sa"] > 0, 10, "drops for want of an SA")
    capture.stop()
    capture = Capture(lab)
    try:
        site.load_site()
        hub.wait_up("paris", seconds=30)
        hub.clear()
        hub.wait_up("paris", seconds=30)
        hub.push(config(mtu=1300))
        hub.push(config({"a": protect(), "b": protect(destination="192.168.22.0/24")}))
        hub.push(config({"a": protect(), "b": protect(destination="192.168.0.0/16", priority=1)}))
        hub.push(config(enabled=False))
        hub.push(config())
        hub.wait_up("paris", seconds=30)
        seen = len(capture.packets("esp and src host 1.1.1.2"))
        wait_until(lambda: len(capture.packets("esp and src host 1.1.1.2")) > seen + 20, 15,
                   "ESP on the wire")
        assert_no_leak(capture)
    finally:
        if capture.process.alive():
            capture.stop()
