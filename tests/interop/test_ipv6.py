# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 as payload: from a plain Linux host behind the hub to a Linux branch's LAN, through GRE in
ESP, both ways; neighbour discovery with the host's kernel; Packet Too Big that TCP obeys.

    branch-1 2001:db8:21::1 -- gre1 2001:db8:255::2 == ::1 hub 2001:db8:10::1 --
                                                                    host 2001:db8:10::100
"""
import copy
import re

import pytest

import configs
from lab import HOST6, HUB6, ping, wait_until

BRANCH6 = "2001:db8:21::1"


def with_ipv6(config):
    config = copy.deepcopy(config)
    lan = next(i for i in config["interfaces"].values()
               if any(a.startswith("192.168.10.") for a in i.get("address", [])))
    lan["ipv6-address"] = [HUB6 + "/64"]
    config["tunnels"]["tunnel1"]["ipv6-address"] = "2001:db8:255::1/64"
    config["routes6"] = [{"prefix": "2001:db8:21::/64", "interface": "tunnel1"}]
    return config


@pytest.fixture
def branch6(quiet_branch):
    """The branch with IPv6 on its LAN and in its tunnel."""
    quiet_branch.gre()
    quiet_branch.exec("sh", "-euc", f"""
        sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.gre1.disable_ipv6=0 \
            net.ipv6.conf.lo.disable_ipv6=0
        ip -6 address replace {BRANCH6}/128 dev lo
        ip -6 address replace 2001:db8:255::2/64 dev gre1
        ip -6 route replace 2001:db8:10::/64 dev gre1""")
    return quiet_branch


@pytest.fixture
def tunnel6(branch6, hub, host6):
    """IPv6 through the protected tunnel."""
    hub.push(with_ipv6(configs.one_branch()))
    branch6.load()
    branch6.knock()
    hub.wait_up()
    return branch6


def test_host_and_hub(hub, host6):
    """Neighbour discovery both ways, and echo of the hub's own addresses."""
    hub.push(with_ipv6(configs.one_branch()))
    wait_until(lambda: host6("ping", "-c", "1", "-w", "1", HUB6, check=False).returncode == 0, 15,
               "the hub answers")
    ping(host6, HUB6)
    link_local = next(a for i in hub.show("interface")["interfaces"]
                      for a in i["ipv6_addresses"] if a.startswith("fe80"))
    ping(host6, link_local.split("/")[0] + "%eth0")
    was = hub.show("ip-traffic")["reassembly"]
    ping(host6, "-s", "4000", HUB6)  # in fragments there and back
    ping(host6, "-s", "4000", link_local.split("/")[0] + "%eth0")
    now = hub.show("ip-traffic")["reassembly"]
    assert now["reassembled"] >= was["reassembled"] + 6 and now["waiting"] == 0, now
    entry = wait_until(lambda: next((e for e in hub.show("ipv6-neighbors")["entries"]
                                     if e["address"] == HOST6 and e["mac"]), None),
                       10, "the host is a neighbour")
    assert entry["mac"] in host6("ip", "link", "show", "eth0").stdout
    routes = {r["prefix"]: r for r in hub.show("ipv6-route")["routes"]}
    assert routes["2001:db8:10::/64"]["protocol"] == "connected"
    assert routes[HUB6 + "/128"]["protocol"] == "local"
    assert "2001:db8:21::/64" in hub.cli("-c", "show ipv6 route").stdout
    assert entry["mac"] in hub.cli("-c", "show ipv6 neighbors").stdout


def test_routes(hub, host6):
    """Routes bound to an object, floating ones, one through another and one through itself; of an
    address it is told why its route is used, and of the others why not."""
    config = with_ipv6(configs.one_branch())
    config["tracks"] = {"there": {"route": "10.77.0.0/16"}}
    there = {"prefix": "10.77.0.0/16", "null": True}
    config["routes"].append(there)
    config["routes6"] += [
        {"prefix": "2001:db8:77::/48", "via": HOST6, "track": "there", "tag": 7},
        {"prefix": "2001:db8:77::/48", "null": True, "distance": 200},
        {"prefix": "::/0", "via": HOST6},
        {"prefix": "2001:db8:88::/48", "via": "2001:db8:77::5"},
        {"prefix": "2001:db8:99::/48", "via": "2001:db8:99::1"}]

    def used(prefix):
        return [h for r in hub.show("ipv6-route")["routes"]
                if r["prefix"] == prefix and r["installed"] for h in r["next_hops"]]

    hub.push(config)
    wait_until(lambda: [h["via"] for h in used("2001:db8:77::/48")] == [HOST6], 10,
               "the route is used, for its object is up")
    lan = used("2001:db8:77::/48")[0]["interface"]
    assert [(h["via"], h["interface"]) for h in used("2001:db8:88::/48")] == \
        [("2001:db8:77::5", lan)]
    output = hub.cli("show ipv6 route 2001:db8:77::9").stdout
    assert f"via {HOST6}, {lan}" in output and "used: the lowest distance" in output, output
    assert "a route with a better distance is used: static, 1" in output, output
    output = hub.cli("show ipv6 route 2001:db8:99::/48").stdout
    assert "next hop 2001:db8:99::1 would be reached through this route itself" in output, output
    config["routes"].remove(there)
    hub.push(config)
    wait_until(lambda: [h["interface"] for h in used("2001:db8:77::/48")] == ["null0"], 10,
               "the floating route has taken over")
    output = hub.cli("show ipv6 route 2001:db8:77::/48").stdout
    assert "not installed: track there is down" in output, output
    assert used("2001:db8:88::/48") == []
    done = hub.cli("show ipv6 route 2001:db8:x::", check=False)
    assert "is not an IPv6 address" in done.stdout + done.stderr, done


def test_ping_both_ways(tunnel6, hub, host6, capture):
    ping(host6, BRANCH6, count=10)
    ping(tunnel6.exec, "-I", BRANCH6, HOST6, count=10)
    ping(tunnel6.exec, "-I", BRANCH6, "2001:db8:255::1")
    capture.stop()
    assert capture.in_the_clear() == []


def test_plain_gre(branch6, hub, host6):
    hub.push(with_ipv6(configs.plain_gre()))
    hub.wait_up()
    ping(host6, BRANCH6, count=5)
    ping(branch6.exec, "-I", BRANCH6, HOST6, count=5)


def test_tcp_and_too_big(tunnel6, hub, host6, lab, started):
    """TCP of an MTU of 1500 at both ends finds the tunnel's; a longer echo hears of it."""
    output = host6("ping", "-c", "3", "-i", "0.2", "-w", "30", "-M", "do", "-s", "1440", BRANCH6,
                   check=False).stdout
    assert re.search(r"Packet too big|message too long", output, re.I), output
    mtu = hub.tunnel()["mtu"]
    assert f"mtu={mtu}" in output.replace("mtu = ", "mtu=").replace("mtu: ", "mtu="), output
    assert hub.drops()["too-big"] >= 1
    server = started(lab.start("host", "iperf3", "iperf3", "-6", "-s", "--forceflush"))
    server.wait_output("listening")
    for options in ((), ("-R",)):
        output = tunnel6.exec("iperf3", "-6", "-c", HOST6, "-B", BRANCH6, "-t", "2",
                              *options).stdout
        assert re.search(r"[1-9][\d.]* .bits/sec +receiver", output), output


def test_trace(tunnel6, hub, host6):
    """A packet trace by IPv6 prefix and protocol, and by port; nonsense is refused in words."""
    hub.cli(f"debug packet-trace count 1 source {HOST6} destination 2001:db8:21::/64 "
            "protocol icmp6")
    ping(host6, BRANCH6)
    packet = wait_until(lambda: next(iter(hub.show("packet-trace")["packets"]), None), 5, "a trace")
    steps = [s["step"] for s in packet["steps"]]
    assert steps[0] == "received" and steps[-1] == "sent" and "ip6-lookup" in steps, steps
    assert f"{HOST6} > {BRANCH6} icmp6 128/0" in packet["steps"][0]["packet"]
    hub.cli(f"debug packet-trace count 1 source {BRANCH6} destination-port 5201")
    ping(tunnel6.exec, "-I", BRANCH6, HOST6)
    tunnel6.exec("sh", "-c", f"timeout 1 iperf3 -6 -c {HOST6} -B {BRANCH6}", check=False)
    packet = wait_until(lambda: next(iter(hub.show("packet-trace")["packets"]), None), 5, "a trace")
    assert any(f"{BRANCH6} > {HOST6} tcp" in (s["packet"] or "") for s in packet["steps"]), packet
    for wrong, why in ((f"source {HOST6} destination 10.0.0.1", "different families"),
                       ("source 2001:db8::x", "no IPv4 or IPv6"), ("source-port 0", "1-65535")):
        done = hub.cli("debug packet-trace " + wrong, check=False)
        assert why in done.stdout + done.stderr, done
    hub.cli("undebug packet-trace")


def test_hop_limit(tunnel6, hub, host6):
    """The hub is a hop: it answers in its own name."""
    output = host6("ping", "-c", "1", "-w", "30", "-t", "1", BRANCH6, check=False).stdout
    assert re.search(f"From {HUB6}.*Hop limit", output), output


def test_neighbour_gone(hub, host6):
    """A neighbour that does not answer: the sender hears of it."""
    hub.push(with_ipv6(configs.one_branch()))
    output = host6("ping", "-c", "1", "-w", "5", "2001:db8:21::99", check=False).stdout
    assert "100% packet loss" in output
    drops = hub.drops()
    assert drops["tunnel-no-sa"] + drops["tunnel-no-underlay"] >= 1
    assert drops["ip6-version"] == 0
