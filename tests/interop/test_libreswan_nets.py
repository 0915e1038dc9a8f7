# SPDX-License-Identifier: BSD-3-Clause
"""Networks with libreswan, without GRE: subnets in SAs of their own (leftsubnets; with IKEv2 the hub
has sa-per-policy), and narrowing. The segment is that of test_policy.py, at branch-2."""
import pytest

from lab import HOST, ping, wait_until
from test_libreswan import libreswan, pluto
from test_policy import assert_no_leak, config, host_ping, protect, policy
from test_rekey import finish

LANS = ["192.168.22.1", "192.168.23.1", "192.168.24.1"]
NETS = [lan.rsplit(".", 1)[0] + ".0/24" for lan in LANS]
TUNNELS = ["paris", "paris/two", "paris/three"]  # policies stand by their names
ROLES = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])


@pytest.fixture
def site(libreswan):
    """Branch-2 without GRE, with three networks."""
    branch = libreswan
    branch.exec("sh", "-euc", "ip link set gre1 down; "
                "ip route replace 192.168.0.0/16 via 3.3.3.1; "
                + "; ".join(f"ip address replace {lan}/32 dev lo" for lan in LANS[1:]))

    def load(**options):
        usual = {"type": "tunnel", "leftprotoport": None, "rightprotoport": None,
                 "rightsubnet": "192.168.10.0/24", "auto": "add"}
        branch.load(**{**usual, **options})
    branch.load_site = load
    yield branch
    branch.unload()
    branch.exec("sh", "-c", "; ".join(f"ip address del {lan}/32 dev lo" for lan in LANS[1:])
                + "; ip route del 192.168.0.0/16 via 3.3.3.1")
    branch.gre()


def hub_config(policies, **profile):
    both = config(policies, destination="3.3.3.2")
    both["crypto"]["ikev2"]["keyring"]["paris"]["address"] = "3.3.3.2/32"
    both["crypto"]["ipsec"]["profiles"]["sites"].update(profile)
    return both


def hub_config1(policies):
    both = hub_config(policies)
    both["crypto"]["ikev2"]["profiles"]["default"]["version"] = "ikev1"
    both["crypto"]["ipsec"]["transform-sets"]["cbc"] = {"encryption": "aes-cbc-128",
                                                        "integrity": "sha256"}
    both["crypto"]["ipsec"]["profiles"]["sites"]["transform-sets"] = ["cbc"]
    return both


def ike_sas(hub):
    return hub.ike_sas("3.3.3.2")


THREE = {"one": protect(destination=NETS[0]), "two": protect(destination=NETS[2]),
         "three": protect(destination=NETS[1])}


def all_up(lab, site, hub, hub_calls):
    if hub_calls:
        for lan in LANS:
            lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", lan, check=False)
    else:
        site.ipsec("whack", "--name", "hub", "--initiate", check=False)
    for tunnel in TUNNELS:
        hub.wait_up(tunnel)
    for lan in LANS:
        host_ping(lab, lan)
        ping(site.exec, "-I", lan, HOST)
    assert len(ike_sas(hub)) == 1


@ROLES
def test_a_child_sa_for_each_subnet(lab, site, hub, capture, pinger, hub_calls):
    """Both ends have pairs of networks; one IKE SA, under which each end asks for what it wants. The
    IKE SA and one of them are rekeyed under pings."""
    hub.push(hub_config(THREE, **{"sa-per-policy": True}))
    site.load_site(leftsubnets="{" + " ".join(NETS) + "}")
    all_up(lab, site, hub, hub_calls)
    assert len(ike_sas(hub)[0]["children"]) == 3
    for tunnel in TUNNELS:
        assert len(hub.ipsec_sas(tunnel)) == 2
    pings, ike = pinger(LANS[0]), ike_sas(hub)[0]["spi_i"]
    site.ipsec("whack", "--rekey-ike", "--name", "hub/3x0", check=False)
    wait_until(lambda: ike not in [sa["spi_i"] for sa in ike_sas(hub)] and ike_sas(hub), 15,
               "another IKE SA")
    old = hub.tunnel("paris")["spi_in"]
    site.ipsec("whack", "--rekey-ipsec", "--name", "hub/1x0", check=False)
    wait_until(lambda: hub.tunnel("paris")["spi_in"] not in (None, old), 15, "another pair of SAs")
    finish(pings)
    assert_no_leak(capture)


@ROLES
def test_a_quick_mode_for_each_subnet(lab, site, hub, capture, pinger, hub_calls):
    """The same by IKEv1. Each is renewed before it ends (libreswan cannot be told to), and then the
    hub renews one."""
    hub.push(hub_config1(THREE))
    site.load_site(leftsubnets="{" + " ".join(NETS) + "}", ikev2="no", esp="aes128-sha2_256",
                   salifetime="24", rekeymargin="14", rekeyfuzz="0%")
    all_up(lab, site, hub, hub_calls)
    pings = pinger(LANS[0])
    old = [hub.tunnel(tunnel)["spi_in"] for tunnel in TUNNELS]
    wait_until(lambda: all(hub.tunnel(tunnel)["spi_in"] not in (None, spi)
                           for tunnel, spi in zip(TUNNELS, old)), 60, "other pairs of SAs")
    finish(pings)
    for lan in LANS:
        host_ping(lab, lan)
    assert_no_leak(capture)


@ROLES
def test_narrowing(lab, site, hub, capture, hub_calls):
    """RFC 7296 section 2.9: who answers has less than was asked for."""
    wide = protect(source="192.168.0.0/16", destination="192.168.22.0/23")
    hub.push(hub_config({"net": wide if hub_calls else protect(destination=NETS[0])}))
    if hub_calls:
        site.load_site(narrowing="yes", leftsubnet=NETS[0])
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", LANS[0], check=False)
    else:
        site.load_site(narrowing="yes", leftsubnet="192.168.0.0/16",
                       rightsubnet="192.168.0.0/16")
        site.ipsec("whack", "--name", "hub", "--initiate", check=False)
    hub.wait_up("paris")
    host_ping(lab, LANS[0])
    ping(site.exec, "-I", LANS[0], HOST)
    assert_no_leak(capture)
