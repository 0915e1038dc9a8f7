# SPDX-License-Identifier: BSD-3-Clause
"""A Child SA for each policy (sa-per-policy), all under one IKE SA of IKEv2, with a stock Linux
(strongSwan, a child for each pair of networks) as the far side. The segment is that of
test_policy.py; the branch has 192.168.22.0/24 and 192.168.23.0/24 as well."""
import re

import pytest

from lab import HOST, ping, wait_until
from test_policy import assert_no_leak, config, host_ping, protect, site
from test_rekey import finish

LANS = ["192.168.21.1", "192.168.22.1", "192.168.23.1"]
TUNNELS = ["paris", "paris/three", "paris/two"]  # policies stand by their names
NAMES = ["one", "three", "two"]

CHILD = """
            %(name)s {
                mode = tunnel
                local_ts = %(local)s
                remote_ts = 192.168.10.0/24
                esp_proposals = aes128gcm16
                rekey_time = 30m
                start_action = none
            }
"""

SWANCTL = """
connections {
    hub {
        version = 2
        local_addrs = 2.2.2.2
        remote_addrs = 1.1.1.2
        proposals = aes128-sha256-modp2048
        keyingtries = 0
        mobike = no
        dpd_delay = 2s
        local { auth = psk
            id = 2.2.2.2 }
        remote { auth = psk
            id = 1.1.1.2 }
        children { %s }
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


def child(name, lan):
    return CHILD % {"name": name, "local": lan.rsplit(".", 1)[0] + ".0/24"}


CHILDREN = [child("one", LANS[0]), child("two", LANS[1]), child("three", LANS[2])]
POLICIES = {"one": protect(), "two": protect(destination="192.168.22.0/24"),
            "three": protect(destination="192.168.23.0/24")}


def policies_config(policies, initiate="traffic", per_policy=True, **profile):
    both = config(policies)
    both["crypto"]["ikev2"]["profiles"]["default"].update(initiate=initiate, **profile)
    both["crypto"]["ipsec"]["profiles"]["sites"]["sa-per-policy"] = per_policy
    return both


def nets_config(names=NAMES, **options):
    return policies_config({name: POLICIES[name] for name in names}, **options)


@pytest.fixture
def sites(site):
    """All networks of the branch, and a way to say which of them its strongSwan is for."""
    for lan in LANS[1:]:
        site.exec("ip", "address", "replace", lan + "/32", "dev", "lo")

    def load(*children):
        site.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
                  text=SWANCTL % "".join(children))
    site.load_sites = load
    yield site
    for lan in LANS[1:]:
        site.exec("ip", "address", "del", lan + "/32", "dev", "lo")


def wait_all(hub):
    for name in TUNNELS:
        hub.wait_up(name)


def ping_all(lab, sites):
    for lan in LANS:
        host_ping(lab, lan)
        ping(sites.exec, "-I", lan, HOST)


def knock(lab, *lans):
    for lan in lans or LANS:
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", lan, check=False)


def spis(hub, name):
    return {sa["spi"] for sa in hub.ipsec_sas(name) if sa["state"] == "active"}


def bring_up(sites, hub, **options):
    hub.push(nets_config(**options))
    sites.load_sites(*CHILDREN)
    for name in NAMES:
        sites.swanctl("--initiate", "--child", name)
    wait_all(hub)


def installed(sites):
    return len(re.findall(r"INSTALLED, TUNNEL", sites.swanctl("--list-sas")))


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_a_child_sa_each(lab, sites, hub, capture, hub_calls):
    if hub_calls:
        hub.push(nets_config())
        sites.load_sites(*CHILDREN)
        knock(lab)
        wait_all(hub)
    else:
        bring_up(sites, hub)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1
    assert len(hub.ike_sas()[0]["children"]) == 3
    for name in TUNNELS:
        assert len(hub.ipsec_sas(name)) == 2
    assert installed(sites) == 3
    detail = hub.cli("show", "crypto", "session", "detail").stdout
    for lan in LANS:
        assert lan.rsplit(".", 1)[0] + ".0" in detail, detail
    assert_no_leak(capture)


def test_the_hub_calls_for_all_at_once(lab, sites, hub):
    sites.load_sites(*CHILDREN)
    hub.push(nets_config(initiate="always"))
    wait_all(hub)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1 and installed(sites) == 3


def test_without_it_the_branch_narrows(lab, sites, hub):
    """The default: all in one Child SA. This branch agrees to one pair, and the log says what to
    do; done so, all flows."""
    sites.load_sites(*CHILDREN)
    hub.push(nets_config(per_policy=False, initiate="always"))
    hub.wait_up("paris")
    wait_until(lambda: "sa-per-policy" in hub.controlplane.output(), 10, "not said")
    hub.push(nets_config(initiate="always"))
    wait_all(hub)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1


def test_a_branch_that_takes_all_in_one(lab, sites, hub):
    """One child with three networks: what the hub asks for one by one fits as well."""
    sites.load_sites(CHILD % {"name": "all", "local":
                              "192.168.21.0/24,192.168.22.0/24,192.168.23.0/24"})
    hub.push(nets_config(initiate="always"))
    wait_all(hub)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1


def test_each_is_rekeyed_by_itself(lab, sites, hub, pinger):
    bring_up(sites, hub)
    pings = [pinger(lan) for lan in LANS]
    for name, tunnel in (("one", "paris"), ("two", "paris/two"), ("three", "paris/three")):
        before = {each: spis(hub, each) for each in TUNNELS}
        sites.swanctl("--rekey", "--child", name)
        wait_until(lambda: spis(hub, tunnel) - before[tunnel], 20, "not rekeyed")
        # What was being replaced before may go meanwhile.
        assert all(spis(hub, each) <= before[each] for each in TUNNELS if each != tunnel)
    sa = hub.ike_sas()[0]["spi_i"]
    sites.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: [each["spi_i"] for each in hub.ike_sas()] not in ([], [sa]), 20,
               "the IKE SA was not rekeyed")
    for each in pings:
        finish(each)
    wait_until(lambda: len(hub.ike_sas()) == 1 and installed(sites) == 3, 20, "not tidy")


def test_the_hub_rekeys_all(lab, sites, hub, pinger):
    short = nets_config()
    short["crypto"]["ipsec"]["profiles"]["sites"]["lifetime-packets"] = 1000
    hub.push(short)
    sites.load_sites(*CHILDREN)
    knock(lab)
    wait_all(hub)
    pings = [pinger(lan, interval="0.004") for lan in LANS]
    wait_until(lambda: all(hub.tunnel(name)["rekeys"] >= 2 for name in TUNNELS), 60, "not rekeyed")
    for each in pings:
        finish(each)
    assert len(hub.ike_sas()) == 1


def test_one_comes_and_goes_beside_the_others(lab, sites, hub, pinger):
    bring_up(sites, hub, names=["one", "three", "two"])
    beside = pinger(LANS[0])
    sa = hub.ike_sas()[0]["spi_i"]
    for _ in range(2):
        hub.push(nets_config(names=["one", "three"]))
        wait_until(lambda: hub.tunnel("paris/two") is None, 10, "its tunnel is still there")
        wait_until(lambda: "192.168.22.0" not in sites.swanctl("--list-sas"), 10,
                   "the branch was not told")
        hub.push(nets_config())
        knock(lab, LANS[1])
        hub.wait_up("paris/two")
        host_ping(lab, LANS[1])
    finish(beside)
    assert [each["spi_i"] for each in hub.ike_sas()] == [sa]


def test_the_branch_deletes_one(lab, sites, hub, pinger):
    bring_up(sites, hub)
    pings = [pinger(LANS[0]), pinger(LANS[2])]
    sites.swanctl("--terminate", "--child", "two")
    hub.wait_down("paris/two", 10)
    assert hub.tunnel("paris/three")["state"] == "up"
    knock(lab, LANS[1])  # traffic asks for it again
    hub.wait_up("paris/two")
    for each in pings:
        finish(each)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1


def test_controlplane_killed(lab, sites, hub, pinger):
    bring_up(sites, hub)
    before = [spis(hub, name) for name in TUNNELS]
    sa = hub.ike_sas()[0]["spi_i"]
    pings = [pinger(lan) for lan in LANS]
    hub.controlplane.kill()
    hub.start_controlplane(nets_config())
    hub.wait_attached()
    wait_all(hub)
    for each in pings:
        finish(each)
    assert [spis(hub, name) for name in TUNNELS] == before
    assert [each["spi_i"] for each in hub.ike_sas()] == [sa]
    sites.swanctl("--rekey", "--child", "two")
    wait_until(lambda: spis(hub, "paris/two") - before[2], 20, "not rekeyed afterwards")
    ping_all(lab, sites)


def test_a_dead_branch_is_dead_for_all(lab, sites, hub):
    bring_up(sites, hub, **{"dpd": 2, "dpd-retry": 1, "dpd-count": 2, "dpd-mode": "periodic"})
    for end in ("1.1.1.2", "2.2.2.2"):
        lab.exec("isp", "ip", "route", "add", "blackhole", end + "/32")
    try:
        for name in TUNNELS:
            hub.wait_down(name, 30)
    finally:
        for end in ("1.1.1.2", "2.2.2.2"):
            lab.exec("isp", "ip", "route", "del", "blackhole", end + "/32")
    sites.load_sites(*CHILDREN)
    knock(lab)
    wait_all(hub)
    ping_all(lab, sites)


def test_cleared_by_the_operator(lab, sites, hub):
    bring_up(sites, hub)
    old, first = hub.ike_sas()[0]["spi_i"], spis(hub, "paris")
    hub.cli("clear", "crypto", "session", "tunnel", "paris/two")
    knock(lab, LANS[1])
    hub.wait_up("paris/two")
    assert spis(hub, "paris") == first and hub.ike_sas()[0]["spi_i"] == old
    hub.cli("clear", "crypto", "session")
    wait_until(lambda: old not in [sa["spi_i"] for sa in hub.ike_sas()], 10, "not cleared")
    knock(lab)
    wait_all(hub)
    ping_all(lab, sites)
    assert len(hub.ike_sas()) == 1
