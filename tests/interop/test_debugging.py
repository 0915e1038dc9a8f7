# SPDX-License-Identifier: BSD-3-Clause
"""debug track, debug ip sla, debug ip routing, show debugging, undebug all, at the shell: an ISP
that stops answering, seen by its probe, the object that follows it and the routes that follow that.
"""
import pytest

from keepalived import WAIT
from lab import wait_until
from segment import hub_fixtures, segment_fixture
from test_track6 import IspSegment
from vrrp_lab import TrackingHub, config

segment = segment_fixture(IspSegment, "dbg")
module_hub, hub = hub_fixtures(TrackingHub, config)


def debug(hub, what, **params):
    return hub.request("debug", what=what, on=True, **params)["result"]["next"]


def lines(hub, show, since):
    return [" ".join(m["lines"]) for m in hub.show(show, since=since)["messages"]]


@pytest.fixture
def watched(hub):
    c = config()
    c["slas"] = {"isp": {"icmp-echo": "1.1.1.1", "interface": "wan", "interval-ms": 100,
                         "timeout-ms": 300}}
    c["tracks"] = {"isp": {"sla": "isp", "delay-down-seconds": 1},
                   "way": {"route": "9.0.0.0/8"}}
    c["routes"] = [{"prefix": "9.0.0.0/8", "via": "1.1.1.1", "track": "isp"},
                   {"prefix": "9.0.0.0/8", "via": "192.168.10.100", "distance": 250},
                   {"prefix": "7.0.0.0/8", "via": "1.1.1.1", "track": "isp"}]
    hub.push(c)
    wait_until(lambda: all(t["state"] == "up" for t in hub.show("track")["tracks"]), WAIT, "up")
    return c


def test_what_happens(hub, segment, watched):
    """From the unanswered request to the route that takes over, each of them where it belongs."""
    track, sla, routing, only = (debug(hub, "track"), debug(hub, "ip-sla", name="isp"),
                                 debug(hub, "ip-routing"), 0)
    assert hub.cli("-c", "show debugging").stdout.count("debug ") == 3
    segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
    try:
        want = {"track-debug": (track, ["seen down: 1.1.1.1 does not answer; its delay begins",
                                        "is down: 1.1.1.1 does not answer"]),
                "ip-sla-debug": (sla, ["is sent", "is not answered in time"]),
                "ip-routing-debug": (routing, [
                    "del 7.0.0.0/8 static [1/0]",
                    "change 9.0.0.0/8 static [250/0], via 192.168.10.100, lan; was static [1/0]"])}
        for show, (since, texts) in want.items():
            for text in texts:
                wait_until(lambda: any(text in line for line in lines(hub, show, since)), WAIT,
                           lambda: f"{text}: {lines(hub, show, since)}")
        only = debug(hub, "ip-routing", prefix="9.0.0.0/8")
    finally:
        segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0")
    wait_until(lambda: any("change 9.0.0.0/8 static [1/0], via 1.1.1.1, wan" in line
                           for line in lines(hub, "ip-routing-debug", only)), WAIT, "back")
    wait_until(lambda: any("is answered after" in line
                           for line in lines(hub, "ip-sla-debug", sla)), WAIT, "answered")
    assert not any("7.0.0.0/8" in line for line in lines(hub, "ip-routing-debug", only))
    out = hub.cli("-c", "undebug all").stdout
    assert "Nothing is looked at." in hub.cli("-c", "show debugging").stdout, out
    assert not hub.show("ip-sla-debug", since=sla)["running"]


def test_at_the_shell(hub, watched):
    """The commands print what comes until their time is over; what there is not is refused."""
    text = hub.cli("-c", "debug ip sla isp seconds 1").stdout
    assert "ip sla isp: number " in text and "is answered after" in text, text
    assert "Nothing is looked at." in hub.cli("-c", "show debugging").stdout
    for command, refusal in (("debug track nothing seconds 1", 'no tracked object "nothing"'),
                             ("debug ip sla nothing seconds 1", 'no probe "nothing"'),
                             ("debug ip routing 9.0.0 seconds 1", "is no prefix")):
        answer = hub.cli("-c", command, check=False)
        assert refusal in answer.stdout + answer.stderr, command
    assert "Tracked objects" in hub.cli("-c", "debug track isp seconds 1").stdout
