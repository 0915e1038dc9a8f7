# SPDX-License-Identifier: BSD-3-Clause
"""Networks by IKEv1: a quick mode for each pair of them, all under one ISAKMP SA, with a stock
Linux (strongSwan, version = 1) as the far side. The segment is that of test_policy.py; the branch has
192.168.22.0/24 as well."""
import re

import pytest

from lab import HOST, ping, wait_until
from test_cli import terminal
from test_policy import assert_no_leak, config, host_ping, protect, site
from test_rekey import finish

BRANCH_LAN, BRANCH_LAN2 = "192.168.21.1", "192.168.22.1"
FIRST, SECOND = "paris", "paris/two"

CHILD = """
            %(name)s {
                mode = tunnel
                local_ts = %(local)s
                remote_ts = %(remote)s
                esp_proposals = aes128-sha256
                rekey_time = 30m
                reqid = %(reqid)d
                start_action = none
            }
"""

SWANCTL = """
connections {
    hub {
        version = 1
        local_addrs = 2.2.2.2
        remote_addrs = 1.1.1.2
        proposals = aes128-sha256-modp2048
        keyingtries = 0
        dpd_delay = 2s
        dpd_timeout = 6s
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


def child(name, local, reqid, remote="192.168.10.0/24"):
    return CHILD % {"name": name, "local": local, "remote": remote, "reqid": reqid}


ONE = child("one", "192.168.21.0/24", 21)
TWO = child("two", "192.168.22.0/24", 22)

POLICIES = {"one": protect(), "two": protect(destination="192.168.22.0/24")}


def v1_config(policies=None, dpd=None, initiate="traffic"):
    both = config(POLICIES if policies is None else policies)
    profile = both["crypto"]["ikev2"]["profiles"]["default"]
    profile.update(version="ikev1", initiate=initiate)
    if dpd is not None:
        profile.update(dpd)
    both["crypto"]["ipsec"]["transform-sets"]["cbc"] = {"encryption": "aes-cbc-128",
                                                        "integrity": "sha256"}
    both["crypto"]["ipsec"]["profiles"]["sites"]["transform-sets"] = ["cbc"]
    return both


@pytest.fixture
def sites(site):
    """Both networks of the branch, and a way to say which of them its strongSwan is for."""
    site.exec("ip", "address", "replace", BRANCH_LAN2 + "/32", "dev", "lo")

    def load(*children):
        text = SWANCTL % "".join(children)
        site.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
                  text=text)
    site.load_sites = load
    yield site
    site.exec("ip", "address", "del", BRANCH_LAN2 + "/32", "dev", "lo")


def wait_both(hub):
    hub.wait_up(FIRST)
    hub.wait_up(SECOND)


def ping_both(lab, sites):
    for lan in (BRANCH_LAN, BRANCH_LAN2):
        host_ping(lab, lan)
        ping(sites.exec, "-I", lan, HOST)


def knock(lab, *lans):
    for lan in lans or (BRANCH_LAN, BRANCH_LAN2):
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", lan, check=False)


def spis(hub, name):
    return {sa["spi"] for sa in hub.ipsec_sas(name) if sa["state"] == "active"}


def bring_up(sites, hub, **options):
    hub.push(v1_config(**options))
    sites.load_sites(ONE, TWO)
    for name in ("one", "two"):
        sites.swanctl("--initiate", "--child", name)
    wait_both(hub)


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_two_pairs_of_networks(lab, sites, hub, capture, hub_calls):
    if hub_calls:
        hub.push(v1_config())
        sites.load_sites(ONE, TWO)
        knock(lab)
        wait_both(hub)
    else:
        bring_up(sites, hub)
    ping_both(lab, sites)
    assert len(hub.ike_sas()) == 1
    for name in (FIRST, SECOND):
        assert len(hub.ipsec_sas(name)) == 2
    listed = sites.swanctl("--list-sas")
    assert len(re.findall(r"INSTALLED, TUNNEL", listed)) == 2, listed
    assert_no_leak(capture)


def test_the_hub_calls_for_all_at_once(lab, sites, hub):
    """One phase 1, and one quick mode after the other."""
    sites.load_sites(ONE, TWO)
    hub.push(v1_config(initiate="always"))
    wait_both(hub)
    ping_both(lab, sites)
    assert len(hub.ike_sas()) == 1


def test_each_pair_is_renewed_by_itself(lab, sites, hub, pinger):
    bring_up(sites, hub)
    pings = [pinger(BRANCH_LAN), pinger(BRANCH_LAN2)]
    for name, tunnel, other in (("one", FIRST, SECOND), ("two", SECOND, FIRST)):
        before, beside = spis(hub, tunnel), spis(hub, other)
        sites.swanctl("--rekey", "--child", name)
        wait_until(lambda: spis(hub, tunnel) - before, 20, "no quick mode")
        assert spis(hub, other) <= beside   # what was being replaced before may go meanwhile
    for each in pings:
        finish(each)


def test_the_hub_renews_both(lab, sites, hub, pinger):
    short = v1_config()
    short["crypto"]["ipsec"]["profiles"]["sites"]["lifetime-packets"] = 1000
    hub.push(short)
    sites.load_sites(ONE, TWO)
    knock(lab)
    wait_both(hub)
    pings = [pinger(lan, interval="0.004") for lan in (BRANCH_LAN, BRANCH_LAN2)]
    wait_until(lambda: all(hub.tunnel(name)["rekeys"] >= 2 for name in (FIRST, SECOND)), 60,
               "not renewed")
    for each in pings:
        finish(each)


def test_phase_1_is_renewed(lab, sites, hub, pinger):
    bring_up(sites, hub)
    first = hub.ike_sas()[0]["spi_i"]
    pings = [pinger(BRANCH_LAN), pinger(BRANCH_LAN2)]
    sites.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: hub.ike_sas() and first not in [sa["spi_i"] for sa in hub.ike_sas()], 30,
               "the ISAKMP SA was not renewed")
    for each in pings:
        finish(each)


def test_a_pair_comes_and_goes_beside_the_other(lab, sites, hub, pinger):
    """Whichever of them the ISAKMP SA came up for."""
    bring_up(sites, hub)
    beside = pinger(BRANCH_LAN)
    sa = hub.ike_sas()[0]["spi_i"]
    for _ in range(2):
        hub.push(v1_config({"one": protect()}))
        wait_until(lambda: hub.tunnel(SECOND) is None, 10, "its tunnel is still there")
        wait_until(lambda: "192.168.22.0" not in sites.swanctl("--list-sas"), 10,
                   "the branch was not told")
        hub.push(v1_config())
        knock(lab, BRANCH_LAN2)
        hub.wait_up(SECOND)
        host_ping(lab, BRANCH_LAN2)
    finish(beside)
    assert [each["spi_i"] for each in hub.ike_sas()] == [sa]


def test_controlplane_killed(lab, sites, hub, pinger):
    both = v1_config()
    bring_up(sites, hub)
    before = spis(hub, FIRST), spis(hub, SECOND)
    pings = [pinger(BRANCH_LAN), pinger(BRANCH_LAN2)]
    hub.controlplane.kill()
    hub.start_controlplane(both)
    hub.wait_attached()
    wait_both(hub)
    for each in pings:
        finish(each)
    assert (spis(hub, FIRST), spis(hub, SECOND)) == before
    assert len(hub.ike_sas()) == 1
    sites.swanctl("--rekey", "--child", "two")
    wait_until(lambda: spis(hub, SECOND) - before[1], 20, "no quick mode afterwards")
    ping_both(lab, sites)


def test_a_dead_branch_is_dead_for_both(lab, sites, hub):
    bring_up(sites, hub, dpd={"dpd": 2, "dpd-retry": 1, "dpd-count": 2, "dpd-mode": "periodic"})
    for end in ("1.1.1.2", "2.2.2.2"):
        lab.exec("isp", "ip", "route", "add", "blackhole", end + "/32")
    try:
        for name in (FIRST, SECOND):
            hub.wait_down(name, 30, "R-U-THERE")
    finally:
        for end in ("1.1.1.2", "2.2.2.2"):
            lab.exec("isp", "ip", "route", "del", "blackhole", end + "/32")
    sites.load_sites(ONE, TWO)
    knock(lab)
    wait_both(hub)
    ping_both(lab, sites)


def test_cleared_by_the_operator(lab, sites, hub):
    bring_up(sites, hub)
    old = hub.ike_sas()[0]["spi_i"]
    hub.cli("clear", "crypto", "session")
    wait_until(lambda: old not in [sa["spi_i"] for sa in hub.ike_sas()], 10, "not cleared")
    knock(lab)
    wait_both(hub)
    ping_both(lab, sites)


def test_networks_of_nobody_are_refused(lab, sites, hub):
    hub.push(v1_config())
    sites.load_sites(ONE, child("far", "192.168.99.0/24", 99))
    sites.swanctl("--initiate", "--child", "one")
    hub.wait_up(FIRST)
    sites.swanctl("--initiate", "--child", "far", "--timeout", "5", check=False)
    assert hub.show("crypto-ikev2-sa")["counters"]["refused_traffic_selectors"] >= 1
    host_ping(lab)
    assert "192.168.99.0-192.168.99.255" in hub.controlplane.output()


CRYPTO_MAP = """
configure terminal
crypto isakmp policy 10
encr aes
hash sha256
authentication pre-share
group 14
lifetime 3600
crypto isakmp key correct-horse address 2.2.2.2
crypto ipsec transform-set cbc esp-aes esp-sha256-hmac
mode tunnel
crypto map offices 10 ipsec-isakmp
set peer 2.2.2.2
set transform-set cbc
match address 101
interface wan
crypto map offices
access-list 101 permit ip 192.168.10.0 0.0.0.255 192.168.21.0 0.0.0.255
access-list 101 permit ip 192.168.10.0 0.0.0.255 192.168.22.0 0.0.0.255
commit
end
"""


def test_crypto_map_of_ios(lab, sites, hub, terminal, capture):
    """The old style as it stands in thousands of routers: one entry, a list of two lines."""
    plain = config(policies={})
    del plain["tunnels"]["paris"]
    plain["crypto"].pop("ikev2")
    plain["crypto"].pop("ipsec")
    hub.push(plain)
    for line in CRYPTO_MAP.strip().splitlines():
        output = terminal.run(line)
        assert "rror" not in output and "expected" not in output and "not known" not in output, \
            (line, output)
    sites.load_sites(ONE, TWO)
    knock(lab)
    hub.wait_up("offices-10")
    hub.wait_up("offices-10/acl-101-2")
    ping_both(lab, sites)
    assert_no_leak(capture)
