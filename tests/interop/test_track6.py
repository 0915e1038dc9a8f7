# SPDX-License-Identifier: BSD-3-Clause
"""Probes and tracked routes of IPv6, with a stock Linux host as the ISP of vrrp_lab.py:

    [hub-a] wan 2001:db8:1::2 --- 2001:db8:1::1 isp, and behind it 2001:db8:99::1
"""
import pytest

from keepalived import WAIT
from lab import wait_until
from segment import hub_fixtures, segment_fixture
from vrrp_lab import TrackingHub, VrrpSegment, config, link_local

ISP, TARGET, BACKUP = "2001:db8:1::1", "2001:db8:99::1", "2001:db8:10::100"
LISTENER = """
import socket
with socket.create_server(("2001:db8:99::1", 8080), family=socket.AF_INET6, backlog=5) as server:
    print("listening", flush=True)
    while True:
        server.accept()[0].close()
"""


class IspSegment(VrrpSegment):
    NO_IPV6 = ("sw", "hub-a")

    def wire(self):
        super().wire()
        self.ip("isp", "-6", "address", "add", ISP + "/64", "dev", "hub", "nodad")
        self.ip("isp", "-6", "address", "add", TARGET + "/128", "dev", "lo", "nodad")


def probing(slas, tracks, **more):
    c = config()
    c["interfaces"]["wan"]["ipv6-address"] = ["2001:db8:1::2/64"]
    quick = {"interval-ms": 100, "timeout-ms": 300}
    return {**c, "slas": {name: {**quick, **sla} for name, sla in slas.items()}, "tracks": tracks,
            **more}


segment = segment_fixture(IspSegment, "t6")
module_hub, hub = hub_fixtures(TrackingHub, config)


def tracks(hub):
    return {t["name"]: t for t in hub.show("track")["tracks"]}


def wait_tracks(hub, **want):
    wait_until(lambda: {n: t["state"] for n, t in tracks(hub).items() if n in want} == want, WAIT,
               lambda: f"{want}: {tracks(hub)}")


@pytest.fixture
def deaf(segment):
    """The ISP that answers no echo requests, while asked to."""
    def set_(off):
        segment.exec("isp", "sysctl", "-qw", f"net.ipv6.icmp.echo_ignore_all={int(off)}")
    yield set_
    set_(False)


def test_echo(hub, segment, deaf):
    """By interface and next hop although a route leads elsewhere, to a link-local address, by the
    routes, with class and size; unanswered, and answered again."""
    isp = link_local(segment.exec("isp", "cat", "/sys/class/net/hub/address").stdout.strip())
    way = {"interface": "wan", "next-hop": ISP}
    hub.push(probing({"far": {"icmp-echo": TARGET, **way, "dscp": 46, "size": 100},
                      "link": {"icmp-echo": isp, "interface": "wan"},
                      "routed": {"icmp-echo": ISP, "source-address": "2001:db8:1::2"},
                      "wrong": {"icmp-echo": TARGET}},
                     {name: {"sla": name} for name in ("far", "link", "routed", "wrong")},
                     routes6=[{"prefix": TARGET + "/128", "via": BACKUP}]))
    heard = segment.start("isp", "tcpdump", "tcpdump", "-lnpvi", "hub", "icmp6[0] = 128")
    try:
        heard.wait_output("listening on")
        wait_tracks(hub, far="up", link="up", routed="up", wrong="down")
        heard.wait_output(rf"class 0xb8.*payload length: 108\) 2001:db8:1::2 > {TARGET}: ", WAIT)
    finally:
        heard.kill()
    assert tracks(hub)["far"]["why"] == f"{TARGET} answers"
    slas = {s["name"]: s for s in hub.show("sla")["slas"]}
    assert (slas["far"]["target"], slas["far"]["next_hop"]) == (TARGET, ISP)
    assert slas["far"]["answered"] > 0 and slas["wrong"]["answered"] == 0
    deaf(True)
    wait_tracks(hub, far="down", link="down", routed="down")
    assert f"{TARGET} does not answer" in tracks(hub)["far"]["why"]
    deaf(False)
    wait_tracks(hub, far="up", link="up", routed="up")
    running = hub.cli("-c", "show running-config").stdout
    assert f" icmp-echo {TARGET}\n" in running and f" next-hop {ISP}\n" in running, running
    assert TARGET in hub.cli("-c", "show ip sla").stdout


def test_tcp(hub, segment):
    """Up while somebody listens, refused where nobody does, unanswered when the host is gone;
    nothing stays half open."""
    way = {"tcp-connect": TARGET, "interface": "wan", "next-hop": ISP}
    server = segment.start("isp", "listener", "/usr/bin/python3", "-c", LISTENER)
    try:
        server.wait_output("listening")
        hub.push(probing({"web": {**way, "port": 8080}, "closed": {**way, "port": 8081}},
                         {name: {"sla": name} for name in ("web", "closed")}))
        wait_tracks(hub, web="up", closed="down")
        wait_until(lambda: tracks(hub)["closed"]["why"] == f"{TARGET} port 8081 refuses", WAIT,
                   "refused")
        slas = {s["name"]: s for s in hub.show("sla")["slas"]}
        assert slas["web"]["refused"] == 0 and slas["closed"]["refused"] >= 3
        assert f"[{TARGET}]:8080" in hub.cli("-c", "show ip sla").stdout
        wait_until(lambda: segment.exec("isp", "ss", "-Htan6", "state", "syn-recv").stdout == "",
                   WAIT, "no connection is half open")
        server.kill()
        wait_tracks(hub, web="down")
        segment.ip("isp", "-6", "address", "del", TARGET + "/128", "dev", "lo")
        wait_until(lambda: "does not answer" in tracks(hub)["web"]["why"], WAIT, "gone")
    finally:
        server.kill()
        segment.ip("isp", "-6", "address", "replace", TARGET + "/128", "dev", "lo", "nodad")


def test_route(hub, segment, deaf):
    """A route that is bound to a probe, another in its place, an object that follows the route, and
    a priority that follows that object, all of IPv6."""
    c = probing({"isp": {"icmp-echo": ISP, "interface": "wan"}},
                {"isp": {"sla": "isp"}, "default": {"ipv6-route": "::/0"},
                 "exact": {"ipv6-route": "2001:db8::/32"}},
                routes6=[{"prefix": "::/0", "via": ISP, "track": "isp"},
                         {"prefix": "2001:db8:99::/48", "via": ISP, "track": "isp"},
                         {"prefix": "2001:db8:99::/48", "via": BACKUP, "distance": 250}])
    c["interfaces"]["lan"]["vrrp"] = {"10": {
        "ipv6-address": "2001:db8:10::1", "advertise-ms": 200,
        "track": [{"object": "default", "decrement": 30}]}}
    hub.push(c)

    def used(prefix):
        return [r["next_hops"][0].get("via") for r in hub.show("ipv6-route")["routes"]
                if r["prefix"] == prefix and r["installed"]]

    def priority():
        return hub.show("vrrp")["groups"][0]["priority"]
    wait_tracks(hub, isp="up", default="up", exact="down")
    wait_until(lambda: priority() == 100, WAIT, "the full priority")
    assert tracks(hub)["default"]["what"] == "ipv6 route ::/0 reachability"
    assert tracks(hub)["isp"]["used_by"] == ["ipv6 route ::/0", "ipv6 route 2001:db8:99::/48"]
    assert used("2001:db8:99::/48") == [ISP]
    deaf(True)
    wait_tracks(hub, isp="down", default="down")
    wait_until(lambda: priority() == 70, WAIT, "the priority has followed")
    assert tracks(hub)["default"]["why"] == "there is no route to ::/0"
    assert used("2001:db8:99::/48") == [BACKUP]
    deaf(False)
    wait_tracks(hub, default="up")
    wait_until(lambda: priority() == 100 and used("2001:db8:99::/48") == [ISP], WAIT, "as before")
    running = hub.cli("-c", "show running-config").stdout
    assert " ipv6-route ::/0\n" in running, running
