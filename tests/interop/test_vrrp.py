# SPDX-License-Identifier: BSD-3-Clause
"""VRRP with stock keepalived on one LAN (vrrp_lab.py): who answers at the gateway's address, and
for how long nobody does. IPv6 by itself is in test_vrrp6.py.
"""
import os
import re
import shutil
import subprocess

import pytest

from keepalived import WAIT
from lab import wait_until, within
from segment import hub_fixtures, segment_fixture
from vrrp_lab import (HUB4, PEER4, TrackingHub, VIRTUAL4, VIRTUAL6, VIRTUAL6_LL, VrrpSegment,
                      config, gap, group, host_mac, keepalived, mac_of, pinger, wait_state)

HERE = os.path.dirname(os.path.realpath(__file__))
STRANGER = os.path.join(HERE, "stranger.py")
BAD_TARGETS = os.path.join(HERE, "bad_targets.py")

segment = segment_fixture(VrrpSegment, "v")
module_hub, hub = hub_fixtures(TrackingHub, config)


@pytest.mark.parametrize("version", [3, 2])
def test_backup_takes_over(hub, segment, keepalived, pinger, version):
    """keepalived is the master; it dies without a word, and the hub answers at the address."""
    peer = keepalived(priority=150, version=version)
    peer.wait_master()
    hub.push(config(v10={"address": VIRTUAL4, "priority": 100, "version": str(version)}))
    backup = wait_state(hub, "backup")
    wait_until(lambda: (group(hub)["active"] or {}).get("address") == PEER4, WAIT,
               "the hub has heard keepalived")
    assert backup["mac"] == "00:00:5e:00:01:0a"
    ping = pinger()
    ping.wait_more(10, WAIT)
    peer.crash()
    active = wait_state(hub, "active")
    ping.wait_more(20, WAIT)
    assert PEER4 in active["history"][0]["reason"]
    assert host_mac(segment) == "00:00:5e:00:01:0a"
    # Three intervals and the skew time, RFC 9568 section 6.1: 3.61 s; the rest is the machine's.
    assert gap(ping) < 3.7 + 1.5
    assert active["counters"]["received"] > 0


def test_hub_preempts_and_leaves(hub, segment, keepalived, pinger):
    """The hub of higher priority takes over from keepalived, and hands back when it is told to go.
    In both, hosts wait no longer than it takes to send one advertisement and to hear it."""
    peer = keepalived(priority=100)
    peer.wait_master()
    ping = pinger()
    ping.wait_more(10, WAIT)
    hub.push(config(v10={"address": VIRTUAL4, "priority": 150, "preempt-delay-seconds": 2}))
    assert "preemption after 2 s" in hub.cli("-c", "show vrrp").stdout
    active = wait_state(hub, "active")
    assert "preempted " + PEER4 in active["history"][0]["reason"]
    assert active["history"][0]["ago_s"] < active["history"][1]["ago_s"] - 2
    peer.wait_master(False)
    ping.wait_more(20, WAIT)
    assert host_mac(segment) == "00:00:5e:00:01:0a"
    assert gap(ping) < 1.5
    hub.push(config(v10={"address": VIRTUAL4, "priority": 150, "enabled": False}))
    peer.wait_master()
    ping.wait_more(20, WAIT)
    assert gap(ping) < 2.5
    assert group(hub)["counters"]["priority0_sent"] == 1


def test_leaves_when_it_is_stopped(hub, segment, keepalived):
    """A control plane that is stopped says so: keepalived does not wait for three intervals."""
    hub.push(config(v10={"address": VIRTUAL4, "priority": 150}))
    wait_state(hub, "active")
    peer = keepalived(priority=100)
    before = group(hub)["counters"]["sent"]
    wait_until(lambda: group(hub)["counters"]["sent"] >= before + 2, WAIT, "keepalived has heard")
    assert not peer.is_master()
    hub.controlplane.stop(seconds=WAIT)
    within(peer.is_master, 3, "keepalived took over within its skew time")
    hub.start_controlplane(config(v10={"address": VIRTUAL4, "priority": 150}))
    hub.wait_attached(WAIT)
    wait_state(hub, "active")
    peer.wait_master(False)


def test_control_plane_is_killed(hub, segment, pinger):
    """Killed without a word and started again: it goes on as the active router before the
    others can have missed it, and hosts notice nothing."""
    group10 = config(v10={"address": VIRTUAL4, "advertise-ms": 5000, "priority": 255 - 1})
    hub.push(config(v10={"address": VIRTUAL4, "advertise-ms": 100}))
    wait_state(hub, "active")
    hub.push(group10)
    wait_until(lambda: group(hub)["advertise_ms"] == 5000 and group(hub)["state"] == "active", WAIT,
               "active, with long intervals")
    ping = pinger()
    ping.wait_more(10, WAIT)
    hub.controlplane.kill()
    ping.wait_more(10, WAIT)
    hub.start_controlplane(group10)
    hub.wait_attached(WAIT)
    active = wait_state(hub, "active")
    assert "before the control plane was restarted" in active["history"][0]["reason"]
    ping.wait_more(10, WAIT)
    assert ping.lost() == []


def test_disk_is_full(hub, segment):
    """Started on a disk without a free block, with a configuration that is not stored there,
    the hub does its work; what it cannot store later is refused or not kept. All of it is said."""
    full = config(v10={"address": VIRTUAL4, "advertise-ms": 200})
    full["interfaces"]["lan"]["ospf"] = {"area": "0"}
    full["router"] = {"ospf": {"1": {"router-id": "192.168.10.2"}}}
    full["tracks"] = {"wan": {"interface": "wan"}}
    hub.controlplane.stop(seconds=WAIT)
    empty = hub.state_dir + ".full"
    os.makedirs(empty)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", empty], check=True)
    try:
        shutil.copytree(hub.state_dir, empty, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("vrrp", "tracks", "ospf", "config-*"))
        with open(f"{empty}/filling", "wb", buffering=0) as file, pytest.raises(OSError):
            while file.write(bytes(4096)):
                pass
        usual, hub.state_dir = hub.state_dir, empty
        hub.start_controlplane(full)
        hub.state_dir = usual
        hub.wait_attached(WAIT)
        hub.controlplane.wait_output("can't be stored: No space left.*; it runs as version 0", WAIT)
        wait_state(hub, "active")
        answer = hub.request("config-push", config=config(v10={"address": VIRTUAL4}))
        assert "No space left" in answer["error"]["message"]
        hub.controlplane.wait_output("roles are not kept", WAIT)
        hub.controlplane.stop(seconds=WAIT)
    finally:
        subprocess.run(["umount", "-l", empty], check=True)
        hub.start_controlplane(config())
        hub.wait_attached(WAIT)


def test_no_preemption(hub, keepalived):
    """Not told to preempt, the hub of higher priority stays a backup until the other goes."""
    peer = keepalived(priority=100)
    peer.wait_master()
    hub.push(config(v10={"address": VIRTUAL4, "priority": 150, "preempt": False}))
    wait_state(hub, "backup")
    wait_until(lambda: group(hub)["counters"]["received"] >= 6, WAIT, "six advertisements")
    assert group(hub)["state"] == "backup"
    peer.stop()
    active = wait_state(hub, "active")
    # Priority 0: the skew time is all that is waited for.
    assert active["counters"]["priority0_received"] == 1


@pytest.mark.parametrize("version", [3, 2])
def test_keepalived_follows(hub, segment, keepalived, version):
    """keepalived, of lower priority, is content with what the hub sends, and learns its
    interval."""
    hub.push(config(v10={"address": VIRTUAL4, "priority": 150, "version": str(version)}))
    wait_state(hub, "active")
    peer = keepalived(priority=100, version=version)
    before = group(hub)["counters"]["sent"]
    wait_until(lambda: group(hub)["counters"]["sent"] >= before + 6, WAIT, "six advertisements")
    assert not peer.is_master(), peer.process.output()[-500:]
    assert "checksum" not in peer.process.output().lower()
    assert group(hub)["counters"]["duplicates"] == 0


def test_unicast(hub, keepalived):
    """Without multicast: each is told who the other is. Strangers are not heard."""
    both = f"unicast_src_ip {PEER4}\n    unicast_peer {{\n        {HUB4}\n    }}"
    peer = keepalived(priority=150, advert=0.2, extra=both)
    peer.wait_master()
    unicast = {"address": VIRTUAL4, "advertise-ms": 200, "unicast-peers": [{"address": PEER4}]}
    hub.push(config(v10=unicast))
    wait_state(hub, "backup")
    wait_until(lambda: group(hub)["counters"]["received"] >= 6, WAIT, "six advertisements")
    assert group(hub)["state"] == "backup"
    hub.push(config(v10={**unicast, "priority": 200}))
    wait_state(hub, "active")
    peer.wait_master(False)
    hub.push(config(v10={**unicast, "unicast-peers": [{"address": "192.168.10.77"}]}))
    wait_until(lambda: group(hub)["counters"]["not_peers"] > 0, WAIT, "refused as no peer")


def test_permitted(hub, keepalived):
    """Whoever is not among those that may advertise is not heeded, whatever its priority."""
    peer = keepalived(priority=150, advert=0.2)
    peer.wait_master()
    group10 = {"address": VIRTUAL4, "advertise-ms": 200}
    hub.push(config(v10={**group10, "permitted-peers": [{"address": "192.168.10.77"}]}))
    wait_state(hub, "active")
    wait_until(lambda: group(hub)["counters"]["not_permitted"] >= 6, WAIT, "refused six times")
    assert group(hub)["state"] == "active"
    assert "not_permitted" in hub.cli("-c", "show vrrp").stdout
    hub.push(config(v10={**group10, "permitted-peers": [{"address": PEER4}]}))
    wait_state(hub, "backup")
    assert group(hub)["counters"]["yielded"] == 1


def test_text_authentication(hub, keepalived):
    """Version 2 with the password of RFC 2338; with a wrong one nothing is believed."""
    secret = "authentication {\n        auth_type PASS\n        auth_pass sesame\n    }"
    peer = keepalived(priority=150, version=2, extra=secret)
    peer.wait_master()
    right = {"address": VIRTUAL4, "version": "2", "authentication": "sesame"}
    hub.push(config(v10=right))
    wait_state(hub, "backup")
    wait_until(lambda: group(hub)["counters"]["received"] >= 4, WAIT, "four advertisements")
    assert group(hub)["state"] == "backup"
    hub.push(config(v10={**right, "authentication": "sesam"}))
    wait_until(lambda: group(hub)["counters"]["auth_failures"] >= 2, WAIT, "wrong password")


@pytest.mark.parametrize("target, own", [(VIRTUAL4, False), (HUB4, True), (VIRTUAL6, False),
                                         ("2001:db8:10::2", True)])
def test_stranger_claims_our_address(hub, segment, pinger, target, own):
    """Five times a second somebody announces the gateway's address, or the hub's own, as its own:
    each time hosts hear from the hub right after it, so that they go on with little loss. It is
    told with the stranger's MAC address, and is over when the stranger has gone."""
    ip6 = ":" in target
    show = "ipv6-neighbors" if ip6 else "arp"
    hub.push(config(v10={"address": VIRTUAL4, "ipv6-address": VIRTUAL6,
                         "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200}))
    wait_state(hub, "active")
    wait_state(hub, "active", "ipv6")
    lan = next(i for i in hub.show("interface")["interfaces"] if i["name"] == "lan")
    ours = lan["mac"] if own else "00:00:5e:00:02:0a" if ip6 else "00:00:5e:00:01:0a"
    mac = mac_of(segment)

    def contest():
        return next((c for c in hub.show(show)["conflicts"] if c["address"] == target), {})
    ping = pinger(target)
    ping.wait_more(10, WAIT)
    stranger = segment.start("peer", "stranger", "/usr/bin/python3", STRANGER, "lan", target, "0.2")
    try:
        seen = wait_until(lambda: (c := contest()).get("claimed", 0) >= 20 and c, WAIT, "20 claims")
        assert seen["open"] and seen["mac"] == mac
        # In each fifth of a second hosts believe the stranger for the time that our answer takes.
        # Those that have piled up while the machine stood still are answered by one.
        assert seen["defended"] >= seen["claimed"] - 2 - 5 * ping.stood_s(), seen
        wait_until(lambda: host_mac(segment, target) == ours, WAIT,
                   f"the host knows us at {ours}, not {host_mac(segment, target)}")
        assert len(ping.lost()) * 3 < len(ping.sequence()), "most pings are answered"
        table = hub.cli("-c", "show ipv6 neighbors" if ip6 else "show arp").stdout
        assert re.search(rf"{re.escape(target)} +{mac} ", table), table
    finally:
        stranger.kill()
    hub.controlplane.wait_output(f"lan {re.escape(target)}: {mac} claims our address", WAIT)
    ping.wait_more(10, WAIT)
    assert host_mac(segment, target) == ours, "the last word is ours"
    wait_until(lambda: not contest()["open"], WAIT, "it is over")
    events = [e for e in hub.show("events", source="nd" if ip6 else "arp")["events"]
              if e["object"] == f"lan {target}"]
    assert [(e["from"], e["to"]) for e in events[-2:]] == [("ours", "contested"),
                                                          ("contested", "ours")]


def test_deaf_router_announces(hub, segment, keepalived, pinger):
    """A lesser router hears nothing, so it is active, too. Each advertisement is answered; so
    are its announcements between them, after which the switch would send to it for up to two
    seconds."""
    hub.push(config(v10={"address": VIRTUAL4, "priority": 200, "advertise-ms": 4000}))
    wait_state(hub, "active")
    segment.exec("sw", "nft", "add", "table", "bridge", "deaf")
    try:
        for hook in ("forward", "output"):
            segment.exec("sw", "nft", "add", "chain", "bridge", "deaf", hook,
                         f"{{ type filter hook {hook} priority 0 ; }}")
            segment.exec("sw", "nft", "add", "rule", "bridge", "deaf", hook, "oifname", "peer",
                         "drop")
        keepalived(priority=50, advert=2).wait_master()
        wait_until(lambda: group(hub)["counters"]["duplicates"] > 0, WAIT, "the hub hears it")
        stranger = segment.start("peer", "stranger", "/usr/bin/python3", STRANGER, "lan", VIRTUAL4,
                                 "0.5", "00:00:5e:00:01:0a")
        try:
            ping = pinger()
            ping.wait_more(100, WAIT)
            assert len(ping.lost()) * 3 < len(ping.sequence()), "most pings are answered"
            assert group(hub)["state"] == "active"
        finally:
            stranger.kill()
    finally:
        segment.exec("sw", "nft", "delete", "table", "bridge", "deaf")


def test_several_groups(hub, segment, keepalived, pinger):
    """Two groups, one of them in both families, on one interface: each side is active for one; when
    the other router dies the hub is active for all, with each group's own MAC address."""
    second = "192.168.10.9"
    peer = keepalived(instances=[
        {"priority": 150, "advert": 0.2}, {"priority": 50, "advert": 0.2, "vrid": 11,
                                           "vip": (second,)},
        {"priority": 150, "advert": 0.2, "vip": (VIRTUAL6_LL, VIRTUAL6)}])
    peer.wait_master(name="lan4.10")
    peer.wait_master(name="lan6.10")
    hub.push(config(v10={"address": VIRTUAL4, "ipv6-address": VIRTUAL6,
                         "ipv6-link-local": VIRTUAL6_LL, "advertise-ms": 200},
                    v11={"address": second, "advertise-ms": 200}))
    wait_state(hub, "active", vrid=11)
    wait_state(hub, "backup")
    wait_state(hub, "backup", "ipv6")
    peer.wait_master(False, "lan4.11")
    assert peer.is_master("lan4.10") and peer.is_master("lan6.10")
    ping = pinger(second)
    ping.wait_more(5, WAIT)
    assert host_mac(segment, second) == "00:00:5e:00:01:0b"
    peer.crash()
    wait_state(hub, "active")
    wait_state(hub, "active", "ipv6")
    both = pinger(), pinger(VIRTUAL6)
    for p in both:
        p.wait_more(5, WAIT)
    assert (host_mac(segment), host_mac(segment, VIRTUAL6)) == ("00:00:5e:00:01:0a",
                                                                "00:00:5e:00:02:0a")
    ping.wait_more(5, WAIT)
    assert ping.lost() == [], "the group that did not change"
    text = hub.cli("-c", "debug vrrp interface lan group 11 seconds 1").stdout
    assert "VRRP lan 11 ipv4 to 224.0.0.18: advertisement, version 3, group 11" in text
    assert "group 10" not in text


def test_owner(hub, keepalived):
    """The virtual address is the hub's own, its priority 255: active at once, whatever
    keepalived of priority 254 says; given up, and taken back at once."""
    owner = {"address": HUB4, "priority": 255, "advertise-ms": 200}
    hub.push(config(v10=owner))
    active = wait_state(hub, "active")
    assert active["priority"] == 255
    peer = keepalived(priority=254, advert=0.2, vip=(HUB4,))
    before = group(hub)["counters"]["sent"]
    wait_until(lambda: group(hub)["counters"]["sent"] >= before + 6, WAIT, "advertisements")
    assert not peer.is_master()
    hub.push(config(v10={**owner, "enabled": False}))
    peer.wait_master()
    hub.push(config(v10=owner))
    peer.wait_master(False)
    assert group(hub)["state"] == "active"


def test_addresses_change(hub, segment, keepalived, pinger):
    """Another virtual address, and another password, while the hub is active: it stays so and
    tells the LAN at once, for all its start-up delay; keepalived never takes over."""
    first = {"address": VIRTUAL4, "advertise-ms": 200}
    hub.push(config(v10=first))
    wait_state(hub, "active")
    peer = keepalived(priority=50, advert=0.2)
    ping = pinger()
    ping.wait_more(5, WAIT)
    changes = len(group(hub)["history"])
    more = {**first, "secondary": [{"address": "192.168.10.77"}], "startup-delay-seconds": 600}
    hub.push(config(v10=more))
    second = pinger("192.168.10.77")
    second.wait_more(5, WAIT)
    assert host_mac(segment, "192.168.10.77") == "00:00:5e:00:01:0a"
    hub.push(config(v10={**more, "address": "192.168.10.78"}))
    third = pinger("192.168.10.78")
    third.wait_more(5, WAIT)
    assert group(hub)["state"] == "active" and len(group(hub)["history"]) == changes
    assert not peer.is_master()


def test_peer_is_the_owner(hub, keepalived):
    """Its advertisements come from the virtual address, which is the hub's own while it is
    active."""
    hub.push(config(v10={"address": PEER4, "priority": 100, "advertise-ms": 200}))
    wait_state(hub, "active")
    peer = keepalived(priority=255, advert=0.2, vip=(PEER4,))
    peer.wait_master()
    wait_state(hub, "backup")
    peer.crash()
    wait_state(hub, "active")


def test_other_interval(hub, keepalived):
    """Version 2 wants the same interval on all: refused by name, and both are active. Version 3
    learns it."""
    peer = keepalived(priority=150, version=2)
    peer.wait_master()
    hub.push(config(v10={"address": VIRTUAL4, "version": "2", "advertise-seconds": 2}))
    wait_until(lambda: group(hub)["counters"]["interval_errors"] >= 2, WAIT, "refused")
    hub.controlplane.wait_output(f"advertisement of {PEER4}: another interval")
    peer.crash()
    peer = keepalived(priority=150, advert=0.3)
    hub.push(config(v10={"address": VIRTUAL4, "advertise-ms": 2000}))
    wait_state(hub, "backup")
    wait_until(lambda: group(hub)["active_advertise_ms"] == 300, WAIT, "learned")
    assert group(hub)["down_ms"] < 1200


def test_keepalived_preempts_later(hub, segment, keepalived, pinger):
    """keepalived, of higher priority, waits before it takes over; until then the hub is active and
    heard, and the change costs hosts nothing but a moment."""
    hub.push(config(v10={"address": VIRTUAL4, "advertise-ms": 200}))
    wait_state(hub, "active")
    ping = pinger()
    ping.wait_more(5, WAIT)
    peer = keepalived(priority=150, advert=0.2, extra="preempt_delay 2")
    before = group(hub)["counters"]["sent"]
    wait_until(lambda: group(hub)["counters"]["sent"] >= before + 5, WAIT, "a second")
    assert group(hub)["state"] == "active" and not peer.is_master()
    backup = wait_state(hub, "backup")
    peer.wait_master()
    assert PEER4 in backup["history"][0]["reason"]
    ping.wait_more(10, WAIT)
    assert gap(ping) < 1.5


def test_tracked_isp(hub, segment, keepalived, pinger):
    """The ISP loses what it is sent, with the link still up: the probe tells, the priority
    falls, the other router has the LAN; and everything comes back with the ISP."""
    peer = keepalived(priority=120, advert=0.2)
    watched = config(v10={"address": VIRTUAL4, "priority": 150, "advertise-ms": 200,
                          "track": [{"object": "isp", "decrement": 50}]})
    watched["slas"] = {"isp": {"icmp-echo": "1.1.1.1", "interface": "wan", "interval-ms": 100,
                               "timeout-ms": 200}}
    marks = f"{segment.state}/marks"
    os.makedirs(marks)
    os.chmod(marks, 0o777)
    watched["tracks"] = {"echo": {"sla": "isp", "down-command": f"/usr/bin/touch {marks}/down",
                                  "up-command": "/usr/bin/sleep 60",
                                  "command-timeout-seconds": 1}, "wan": {"interface": "wan"},
                         "isp": {"boolean": "and",
                                 "objects": [{"object": "echo"}, {"object": "wan"}]}}
    watched["tunnels"] = {"branch": {"source": "1.1.1.2", "destination": "1.1.1.1",
                                     "address": "10.255.1.1/30", "track": "isp"}}
    hub.push(watched)
    wait_state(hub, "active")
    hub.wait_up("branch", WAIT)
    peer.wait_master(False)
    ping = pinger()
    ping.wait_more(10, WAIT)
    segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
    try:
        backup = wait_state(hub, "backup")
        assert backup["priority"] == 100 and backup["configured_priority"] == 150
        peer.wait_master()
        tracks = {t["name"]: t for t in hub.show("track")["tracks"]}
        assert {n: t["state"] for n, t in tracks.items()} == {"echo": "down", "wan": "up",
                                                             "isp": "down"}
        assert "does not answer" in tracks["echo"]["why"]
        assert tracks["isp"]["used_by"] == ["vrrp lan 10", "tunnel branch"]
        hub.wait_down("branch", WAIT, "tracked object isp is down")
        assert hub.show("sla")["slas"][0]["lost"] >= 3
        wait_until(lambda: os.path.exists(f"{marks}/down"), WAIT, "the operator's program ran")
        assert os.stat(f"{marks}/down").st_uid == 65534
    finally:
        segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0")
    wait_state(hub, "active")
    ping.wait_more(20, WAIT)
    assert gap(ping) < 2.5
    hub.controlplane.wait_output("command of echo: ended by force after 1 s", WAIT)
    for command in ("show vrrp", "show vrrp brief", "show vrrp history", "show track",
                    "show track brief", "show ip sla"):
        out = hub.cli("-c", command).stdout
        assert "lan" in out or "isp" in out, f"{command}: {out}"
    history = hub.cli("-c", "show vrrp history").stdout
    assert "active with priority 120" in history


def test_ike_follows_the_role(hub, keepalived):
    """A tunnel from the virtual address, its profile bound to the group: a backup does not call the
    branch, the active router does, and one that has become a backup again has stopped."""
    bound = config(v10={"address": VIRTUAL4, "advertise-ms": 200})
    bound["tunnels"] = {"branch": {"source": VIRTUAL4, "destination": "1.1.1.1",
                                   "address": "10.255.1.1/30", "protection": "branches"}}
    bound["crypto"] = {
        "ikev2": {"proposals": {"default": {}},
                  "keyring": {"branch": {"address": "1.1.1.1/32",
                                         "pre-shared-key": "correct-horse"}},
                  "profiles": {"default": {"initiate": "always", "redundancy": "lan/10"}}},
        "ipsec": {"transform-sets": {"gcm": {"encryption": "aes-gcm-128"}},
                  "profiles": {"branches": {"transform-sets": ["gcm"]}}}}
    peer = keepalived(priority=150, advert=0.2)
    peer.wait_master()
    hub.push(bound)
    wait_state(hub, "backup")
    wait_until(lambda: group(hub)["counters"]["received"] >= 5, WAIT, "five advertisements")

    def ike():
        sas = hub.show("crypto-ikev2-sa")
        return sas["peers"][0]["why"], [sa["state"] for sa in sas["sas"]]
    assert ike() == ("waiting for the peer", [])
    peer.crash()
    wait_state(hub, "active")
    wait_until(lambda: ike()[1] != [], WAIT, "the hub calls the branch")
    assert hub.tunnel("branch")["source"] == VIRTUAL4
    peer = keepalived(priority=150, advert=0.2)
    peer.wait_master()
    wait_state(hub, "backup")
    wait_until(lambda: ike()[1] == [], WAIT, "the hub has stopped calling")


def test_ospf_follows_the_role(hub, keepalived):
    """An object that is up while we are the active router: OSPF's cost and its default route go
    by it, when we become a backup, when we become active, and back again."""
    hub.push(config(v10={"address": VIRTUAL4, "advertise-ms": 200}))
    words = ["track role vrrp lan/10",
             "interface lan", "ip ospf area 0", "ip ospf passive", "ip ospf cost 10",
             "ip ospf track role cost 1000", "exit",
             "router ospf 1", "router-id 10.0.0.2", "timers throttle lsa hold 100",
             "default-information originate always track role", "end"]

    def told():
        """The cost of the LAN in our router LSA, and whether there is a default route of ours."""
        db = hub.show("ip-ospf-database")
        costs = [link["metric"] for area in db["areas"] for lsa in area["lsas"]
                 if lsa["type"] == "router" for link in lsa["links"]]
        return costs, any(lsa["id"] == "0.0.0.0" for lsa in db["as"])
    peer = keepalived(priority=150, advert=0.2)
    peer.wait_master()
    hub.cli(*(w for line in ["configure terminal", *words] for w in ("-c", line)))
    running = hub.cli("-c", "show running-config").stdout
    assert " ip ospf track role cost 1000\n" in running and " vrrp lan/10\n" in running, running
    for state, want in (("backup", ([1000], False)), ("active", ([10], True)),
                        ("backup", ([1000], False))):
        wait_state(hub, state)
        wait_until(lambda: told() == want, WAIT, f"as {state} OSPF tells {want}: {told()}")
        if state == "backup":
            peer.crash()
        else:
            peer = keepalived(priority=150, advert=0.2)
    role = hub.show("track", name="role")["tracks"][0]
    assert role["used_by"] == ["ip ospf cost lan", "router ospf 1 default-information"]
    assert "vrrp lan/10" in hub.cli("-c", "show track").stdout
    last = [e for e in hub.show("events", source="track")["events"] if e["object"] == "role"][-1]
    assert (last["from"], last["to"]) == ("up", "down") and "not the active router" in last["why"]
    assert "vrrp   lan 10: active -> backup: " in hub.cli("-c", "show events vrrp").stdout


LISTENER = """
import socket
with socket.create_server(("9.9.9.9", 8080), backlog=5) as server:
    print("listening", flush=True)
    while True:
        server.accept()[0].close()
"""


def test_tcp_probe(hub, segment):
    """SYNs to a port behind the ISP, by interface and next hop although a route leads elsewhere:
    up while somebody listens, refused where nobody does, unanswered when the host is gone. The host
    keeps no half-open connections."""
    probes = config()
    probes["routes"] = [{"prefix": "9.9.9.9/32", "via": "192.168.10.100"}]
    way = {"tcp-connect": "9.9.9.9", "interface": "wan", "next-hop": "1.1.1.1", "interval-ms": 100,
           "timeout-ms": 300}
    probes["slas"] = {"web": {**way, "port": 8080}, "closed": {**way, "port": 8081}}
    probes["tracks"] = {name: {"sla": name} for name in probes["slas"]}

    def wait_track(name, state, why):
        wait_until(lambda: any(t["name"] == name and t["state"] == state and why in t["why"]
                               for t in hub.show("track")["tracks"]), WAIT,
                   f"{name} is {state}, {why}: {hub.show('track')}")
    segment.ip("isp", "address", "add", "9.9.9.9/32", "dev", "lo")
    server = segment.start("isp", "listener", "/usr/bin/python3", "-c", LISTENER)
    try:
        server.wait_output("listening")
        hub.push(probes)
        wait_track("web", "up", "9.9.9.9 port 8080 answers")
        wait_track("closed", "down", "9.9.9.9 port 8081 refuses")
        slas = {s["name"]: s for s in hub.show("sla")["slas"]}
        assert slas["web"]["refused"] == 0 and slas["closed"]["refused"] >= 3
        assert slas["closed"]["answered"] == 0
        assert "9.9.9.9:8080" in hub.cli("-c", "show ip sla").stdout
        server.kill()
        wait_track("web", "down", "refuses")
        server = segment.start("isp", "listener", "/usr/bin/python3", "-c", LISTENER)
        wait_track("web", "up", "answers")
        wait_until(lambda: segment.exec("isp", "ss", "-Htan", "state", "syn-recv").stdout == "",
                   WAIT, "no connection is half open")
        segment.ip("isp", "address", "del", "9.9.9.9/32", "dev", "lo")
        wait_track("web", "down", "does not answer")
    finally:
        server.kill()
    running = hub.cli("-c", "show running-config").stdout
    assert " tcp-connect 9.9.9.9 8080\n" in running, running


def test_bad_targets(hub, segment):
    """Echo probes of targets that answer well, twice, late, not at all, from elsewhere, other data,
    or now and then; lists of them by weight and percentage; class of service and size on the
    wire."""
    behaviour = {"good": "up", "twice": "up", "slow": "down", "mute": "down", "stranger": "down",
                 "altered": "down", "dozing": "down"}
    address = {name: f"1.1.1.{50 + i}" for i, name in enumerate(behaviour)}
    probes = config()
    probes["slas"] = {name: {"icmp-echo": a, "interface": "wan", "interval-ms": 100,
                             "timeout-ms": 300, "size": 100, "dscp": 46, "down-after": 3,
                             "up-after": 3}
                      for name, a in address.items()}
    # An answer is in time for this one, which waits for longer, but takes too long.
    probes["slas"]["patient"] = {**probes["slas"]["slow"], "timeout-ms": 1000}
    probes["slas"]["strict"] = {**probes["slas"]["patient"], "rtt-max-ms": 100}
    want = {**behaviour, "patient": "up", "strict": "down"}
    probes["tracks"] = {name: {"sla": name} for name in want}
    members = [{"object": "good"}, {"object": "mute"}, {"object": "twice"}]
    probes["tracks"]["heavy"] = {"threshold": "weight", "threshold-up": 20, "threshold-down": 10,
                                 "objects": [{**m, "weight": 10} for m in members]}
    probes["tracks"]["most"] = {"threshold": "percentage", "threshold-up": 70, "threshold-down": 50,
                                "objects": members}
    want.update({"heavy": "up", "most": "down"})
    for a in address.values():
        segment.ip("isp", "address", "add", f"{a}/24", "dev", "hub")
    segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1")
    targets = segment.start("isp", "targets", "/usr/bin/python3", BAD_TARGETS, "hub",
                            *(f"{a}={name}" for name, a in address.items()))

    def states():
        return {t["name"]: t["state"] for t in hub.show("track")["tracks"]}
    try:
        targets.wait_output("ready")
        hub.push(probes)
        def counted():
            return {s["name"]: s for s in hub.show("sla")["slas"]}
        at_least = (("good", "answered"), ("twice", "late"), ("twice", "answered"),
                    ("slow", "late"), ("patient", "answered"), ("mute", "lost"),
                    ("stranger", "lost"), ("altered", "lost"), ("dozing", "sent"))
        wait_until(lambda: (slas := counted()) and all(
            slas[name][what] >= 30 for name, what in at_least), WAIT, f"30 of each: {at_least}")
        wait_until(lambda: states() == want, WAIT, lambda: f"{want}: {states()}")
        never_up = {name for name, state in want.items() if state == "down"} - {"most"}
        assert not [e for e in hub.show("events", source="track")["events"]
                    if e["to"] == "up" and e["object"] in never_up]
        slas = counted()
        assert slas["slow"]["answered"] == slas["strict"]["answered"] == 0
        for name in ("mute", "stranger", "altered"):
            assert slas[name]["answered"] == 0 and slas[name]["late"] == 0, slas[name]
        for a in address.values():
            assert f"{a} tos 184 length {20 + 8 + 100}" in targets.output()
    finally:
        targets.kill()
        segment.exec("isp", "sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0")
        for a in address.values():
            segment.ip("isp", "address", "del", f"{a}/24", "dev", "hub")
