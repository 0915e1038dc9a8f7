# SPDX-License-Identifier: BSD-3-Clause
"""The operator's ping and traceroute, IPv4 and IPv6: to a neighbour, through a protected tunnel to
a Linux branch, to who does not answer, and to where there is no way."""
import json
import re

import configs
from lab import HOST, HOST6, HUB6, HUB_LAN, wait_until
from test_cli import terminal  # noqa: F401 (a fixture)
from test_ipv6 import BRANCH6, branch6, tunnel6  # noqa: F401 (fixtures)

BRANCH_LAN = "192.168.21.1"
# Beside load a user-mode machine may overlook a packet until the next one, seconds later.
PATIENT = ("timeout", "10")


def answered(hub, *words, check=True):
    result = hub.cli("-c", " ".join(("ping", *words)), check=check)
    return result.stdout, [int(n) for n in re.search(r"\((\d+)/(\d+)\)", result.stdout).groups()]


def test_through_the_tunnel(hub, tunnel):
    text, _ = answered(hub, BRANCH_LAN, "source", HUB_LAN)
    assert "Sending 5, 100-byte ICMP Echos to 192.168.21.1, timeout is 2 seconds:" in text
    text, rate = answered(hub, BRANCH_LAN, "source", HUB_LAN, *PATIENT)
    assert rate == [5, 5] and "!!!!!\n" in text, text
    assert re.search(r"Success rate is 100 percent \(5/5\), "
                     r"round-trip min/avg/max = \d+/\d+/\d+ ms", text), text
    assert f"source address of {HUB_LAN}" in text
    assert answered(hub, BRANCH_LAN, "rep", "20", "size", "1400", "source", "lan",
                    *PATIENT)[1] == [20, 20]
    answer = json.loads(hub.cli("--json", "-c", f"ping {HOST} repeat 550 source {HUB_LAN} "
                                + " ".join(PATIENT)).stdout)
    assert answer["sent"] == answer["answered"] == 550
    assert 0 < answer["rtt_min_us"] <= answer["rtt_avg_us"] <= answer["rtt_max_us"]
    assert [r["n"] for r in answer["results"]] == list(range(550)), "each one is told"


def test_neighbours_and_ourselves(hub, tunnel):
    for target in (HOST, HUB_LAN, "10.255.1.2", "10.255.1.1", "1.1.1.1"):
        assert answered(hub, target, *PATIENT)[1] == [5, 5], target


def test_df_bit(hub, tunnel):
    """What does not fit into the tunnel is told of, with the size that would."""
    mtu = hub.tunnel()["mtu"]
    assert answered(hub, BRANCH_LAN, "size", str(mtu), "df-bit", *PATIENT)[1] == [5, 5]
    text, rate = answered(hub, BRANCH_LAN, "size", str(mtu + 1), "df-bit", check=False)
    assert rate == [0, 5] and "MMMMM" in text, text
    answer = json.loads(hub.cli("--json", "-c", f"ping {BRANCH_LAN} size {mtu + 1} df-bit",
                                check=False).stdout)
    assert {r["mtu"] for r in answer["results"]} == {mtu}, answer
    assert answered(hub, BRANCH_LAN, "size", str(mtu + 1), *PATIENT)[1] == [5, 5], "in fragments"


def test_no_answer_and_no_way(hub, tunnel):
    result = hub.cli("-c", "ping 192.168.10.77 repeat 3 timeout 0.2", check=False)
    assert result.returncode == 1
    assert re.search(r"^[.U]{3}$", result.stdout, re.M), result.stdout
    assert "Success rate is 0 percent (0/3)" in result.stdout
    config = configs.one_branch()
    config["routes"] = [r for r in config["routes"] if r["prefix"] != "0.0.0.0/0"]
    hub.push(config)
    result = hub.cli("-c", "ping 198.51.100.9", check=False)
    assert result.returncode == 1 and "no route to 198.51.100.9" in result.stderr, result


def test_wrong_words(hub):
    for line, says in (("ping", "incomplete"), ("ping branch.example", "not looked up"),
                       ("ping 1.1.1.1 repeat 0", "1-100000"), ("ping 1.1.1.1 size 35", "36-1998"),
                       ("ping 1.1.1.1 source nobody", "nobody"), ("ping 224.0.0.5", "host"),
                       ("ping 1.1.1.1 source 9.9.9.9", "of ours"), ("ping 1.1.1.1 x", "\"x\""),
                       ("ping fe80::1", "interface"), ("traceroute 1.1.1.1 ttl 5", "5-255")):
        result = hub.cli("-c", line, check=False)
        assert result.returncode == 1 and says in result.stderr, (line, result)


def test_ipv6(hub, host6, tunnel6):
    wait_until(lambda: answered(hub, BRANCH6, "source", HUB6, check=False)[1] == [5, 5], 10,
               "IPv6 through the tunnel")
    assert answered(hub, HOST6, *PATIENT)[1] == [5, 5]
    assert answered(hub, HUB6, *PATIENT)[1] == [5, 5]
    link_local = re.search(r"inet6 (fe80[0-9a-f:]+)",
                           host6("ip", "-6", "address", "show", "eth0").stdout)[1]
    wait_until(lambda: answered(hub, link_local, "source", "lan", check=False)[1] == [5, 5], 10,
               "a link-local address out of an interface")
    text, rate = answered(hub, BRANCH6, "size", "1500", "repeat", "2", *PATIENT, check=False)
    assert rate == [0, 2] and "BB" in text, text
    lines = hub.cli("-c", f"traceroute {BRANCH6} timeout 10").stdout.splitlines()
    assert re.match(rf" +1 {BRANCH6} \d+ msec \d+ msec \d+ msec$", lines[-1]), lines


def test_traceroute(hub, tunnel, lab):
    """Through a router that is on the way; and where nobody answers."""
    lines = hub.cli("-c", "traceroute 2.2.2.2 numeric timeout 10").stdout.splitlines()
    assert lines[0] == "Tracing the route to 2.2.2.2"
    assert re.match(r" +1 1\.1\.1\.1 \d+ msec \d+ msec \d+ msec$", lines[1]), lines
    assert re.match(r" +2 2\.2\.2\.2 \d+ msec \d+ msec \d+ msec$", lines[2]) and len(lines) == 3
    lines = hub.cli("-c", f"traceroute {BRANCH_LAN} timeout 10").stdout.splitlines()
    assert re.match(rf" +1 {BRANCH_LAN} ", lines[1]) and len(lines) == 2, lines
    lines = hub.cli("-c", "traceroute 192.168.21.77 timeout 0.1 probe 1 ttl 2 4",
                    check=False).stdout.splitlines()
    assert all(re.match(r" +[234] (\*|192\.168\.21\.\d+ \d+ msec( ![HUN])?)$", line)
               for line in lines[1:]) and len(lines) >= 2, lines
    answer = json.loads(hub.cli("--json", "-c", "traceroute 2.2.2.2 timeout 10").stdout)
    assert [(r["ttl"], r["from"]) for r in answer["results"]] == \
        [(1, "1.1.1.1")] * 3 + [(2, "2.2.2.2")] * 3


def test_interrupted(terminal):  # noqa: F811
    """^C ends it, and says what there was; the signs come as they come."""
    terminal.type("ping 192.168.10.77 timeout 0.3 repeat 1000\r")
    terminal.expect(r"\n[.U]{2}")
    terminal.type("\x03")
    terminal.expect(r"Success rate is 0 percent \(0/\d+\)[\r\n]+hub-a[>#] ?$")
    assert "!!!!!" in terminal.run("ping 192.168.10.100")


def test_limit(hub):
    """No more at a time than there is room for; who goes away leaves none behind."""
    ids = [hub.call("debug", what="ping", target="192.168.10.77", repeat=100)["id"]
           for _ in range(16)]
    result = hub.cli("-c", f"ping {HOST}", check=False)
    assert result.returncode == 1 and "limit" in result.stderr, result
    for one in ids[:8]:
        assert hub.call("debug", what="ping", stop=one) == {"stopped": True}
    assert hub.call("debug", what="ping", stop=ids[0]) == {"stopped": False}
    assert answered(hub, HOST, *PATIENT)[1] == [5, 5]

    def all_free():
        answers = [hub.request("debug", what="ping", target=HOST) for _ in range(16)]
        begun = [a["result"]["id"] for a in answers if "result" in a]
        for one in begun:
            hub.call("debug", what="ping", stop=one)
        return len(begun) == 16
    assert not all_free()
    wait_until(all_free, 20, "those whose results nobody asks for are given up")
