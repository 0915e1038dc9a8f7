# SPDX-License-Identifier: BSD-3-Clause
"""Set-ups that strongSwan and libreswan test themselves with (testing/tests, testing/pluto), as far
as they are a hub's and no other file here has them: what a peer offers besides is declined, or
taken in stride."""
import re

import pytest

import configs
from conftest import bring_up
from lab import ping, wait_until
from strongswan import answer_only, load, rekey_both_by_the_branch, settled, usual, with_lines
import test_ikev1_nets
import test_ikev2_nets
from test_ikev1 import V1, set_up, v1_config
from test_libreswan import come_up, hub_config, libreswan, pluto
from test_policy import host_ping, protect, site
from test_rekey import spis, wait_new_spis

ROLES = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])

# So many that IKE_SA_INIT is longer than a packet of the LAN and than a slot of the punt rings.
MANY = ",".join(f"aes{bits}-sha{hash}-{group}" for bits in (256, 192, 128)
                for hash in (512, 384, 256)
                for group in ("modp2048", "ecp256", "x25519", "modp3072"))

# Scenario, what it sets, and the mode it needs.
STRONGSWAN = {
    "compress": (["gre: ipcomp = yes"], "transport"),
    "compress-tunnel": (["gre: ipcomp = yes", "gre: mode = tunnel"], "tunnel"),
    "force-udp-encaps": (["encap = yes"], "transport"),
    # Traffic flow confidentiality (RFC 4303 section 2.7): every packet is as long as the longest.
    "tfc-padding": (["gre: tfc_padding = 1400", "gre: mode = tunnel"], "tunnel"),
    "many-proposals": ([f"proposals = {MANY}"], "transport"),
    "initiator-has-no-name": (["remote: id = %any"], "transport"),
}


@ROLES
@pytest.mark.parametrize("scenario", STRONGSWAN)
def test_strongswan(quiet_branch, hub, capture, scenario, hub_calls):
    lines, mode = STRONGSWAN[scenario]
    text = with_lines(usual(quiet_branch), *lines)
    config = configs.with_(ipsec={"mode": mode},
                           ike={"initiate": "always" if hub_calls else "traffic"})
    load(quiet_branch, answer_only(text) if hub_calls else text)
    hub.push(config)
    if hub_calls:
        hub.wait_up()
    else:
        bring_up(quiet_branch, hub)
    # Short ones, which nothing compresses, and long ones, which IPComp would.
    for size in (8, 56, 1200):
        quiet_branch.ping(count=2, options=("-s", str(size)))
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=2, options=("-s", "1200"))
    settled(hub)
    encapsulated = any(sa["local_port"] == 4500 for sa in hub.ipsec_sas())
    assert encapsulated == (scenario == "force-udp-encaps")
    capture.stop()
    if scenario == "tfc-padding":
        assert capture.packets("esp and src host 2.2.2.2")
        assert capture.packets("esp and src host 2.2.2.2 and less 1400") == []


def test_inactivity_timeout(quiet_branch, hub):
    """The branch deletes a Child SA that carries nothing; the IKE SA stays, for the next one."""
    load(quiet_branch, with_lines(usual(quiet_branch), "gre: inactivity = 2s"))
    bring_up(quiet_branch, hub)
    ike = [sa["spi_i"] for sa in hub.ike_sas()]
    hub.wait_down(seconds=20)
    wait_until(lambda: hub.ipsec_sas() == [], 10, "no SAs")
    assert [sa["spi_i"] for sa in hub.ike_sas()] == ike
    bring_up(quiet_branch, hub)
    assert [sa["spi_i"] for sa in hub.ike_sas()] == ike


@ROLES
@pytest.mark.parametrize("line", ["gre: ipcomp = yes", "encap = yes"])
def test_strongswan_ikev1(quiet_branch, hub, line, hub_calls):
    """IPComp is offered together with ESP, and ESP alone behind it (RFC 2408 section 4.2)."""
    set_up(quiet_branch, hub, v1_config(), hub_calls, line)
    for size in (8, 1200):
        quiet_branch.ping(count=2, options=("-s", str(size)))
    assert "cpi" not in quiet_branch.exec("ip", "xfrm", "state").stdout
    encapsulated = any(sa["local_port"] == 4500 for sa in hub.ipsec_sas())
    assert encapsulated == (line == "encap = yes")


@pytest.mark.parametrize("version", [1, 2])
def test_ah_is_refused(quiet_branch, hub, version):
    lines = ["gre: ah_proposals = sha256"] + ([V1] if version == 1 else [])
    text = with_lines(usual(quiet_branch, IKE_PROPOSALS="aes128-sha256-modp2048"), *lines)
    text = re.sub(r"esp_proposals = .*\n", "", text)
    hub.push(v1_config() if version == 1 else configs.one_branch())
    load(quiet_branch, text)
    quiet_branch.knock(1)
    hub.wait_down(why="no acceptable ESP proposal")
    assert hub.ipsec_sas() == []


def test_wrong_guess_of_a_child_s_group(quiet_branch, hub):
    """INVALID_KE_PAYLOAD in CREATE_CHILD_SA: the branch's first group is not the hub's, and the
    other way round; then it is right."""
    hub.push(configs.with_(ipsec={"pfs": [19]}))
    load(quiet_branch, with_lines(usual(quiet_branch),
                                  "gre: esp_proposals = aes128gcm16-modp2048-ecp256"))
    bring_up(quiet_branch, hub)
    rekey_both_by_the_branch(quiet_branch, hub)
    assert [c["pfs"] for c in hub.ike_sas()[0]["children"] if c["current"]] == ["ecp256"]
    hub.push(configs.with_(ipsec={"pfs": [20, 14]}, ike={"initiate": "always"}))
    wait_until(lambda: [sa["role"] for sa in hub.ike_sas()] == ["initiator"], 15,
               "an IKE SA that the hub has made")
    hub.wait_up()
    hub.cli("-c", "clear crypto ipsec sa peer 2.2.2.2")
    wait_until(lambda: [c["pfs"] for sa in hub.ike_sas() for c in sa["children"]
                        if c["current"]] == ["modp2048"], 15, "a Child SA by group 14")
    quiet_branch.ping(count=3)


def sends_by(branch, hub):
    """Has the branch's kernel an SA towards one that the hub receives by? (The hub, which answers,
    has one before.)"""
    states = branch.exec("ip", "xfrm", "state").stdout
    return any(f"spi {sa['spi']} " in states for sa in hub.ipsec_sas()
               if sa["direction"] == "in" and sa["state"] == "active")


def test_close_action(quiet_branch, hub):
    """Whenever the hub deletes the Child SA both ends ask for another one, at once."""
    hub.push(configs.with_(ike={"initiate": "always"}))
    load(quiet_branch, with_lines(usual(quiet_branch), "gre: close_action = start",
                                  "gre: start_action = start"))
    hub.wait_up()
    for _ in range(4):
        old = spis(hub)
        hub.cli("-c", "clear crypto ipsec sa peer 2.2.2.2")
        wait_new_spis(hub, old)
        wait_until(lambda: sends_by(quiet_branch, hub), 15, "the branch has its end of it")
        quiet_branch.ping(count=2)
    settled(hub)
    quiet_branch.ping(count=2)
    load(quiet_branch, usual(quiet_branch, START="none"))


@ROLES
@pytest.mark.parametrize("version", [1, 2])
def test_protocols_apart(lab, site, hub, version, hub_calls):
    """One pair of networks, and a Child SA for ICMP, one for TCP."""
    policies = {name: protect(protocol=name) for name in ("icmp", "tcp")}
    if version == 1:
        config, text = test_ikev1_nets.v1_config(policies), test_ikev1_nets.SWANCTL
    else:
        config, text = test_ikev2_nets.policies_config(policies), test_ikev2_nets.SWANCTL
    children = "".join(test_ikev1_nets.child(name, f"192.168.21.0/24[{name}]", reqid,
                                             f"192.168.10.0/24[{name}]")
                       for reqid, name in enumerate(policies, 21))
    if version == 2:
        children = children.replace("aes128-sha256", "aes128gcm16")
    hub.push(config)
    site.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
              text=text % children)

    def refused():
        """Somebody is there, and says that nobody listens."""
        return "refused" in lab.exec("host", "timeout", "8", "bash", "-c",
                                     "exec 3<>/dev/tcp/192.168.21.1/9", check=False).stderr
    if hub_calls:
        lab.exec("host", "ping", "-i", "0.2", "-c", "1", "-w", "15", "192.168.21.1", check=False)
        assert hub.ipsec_sas("paris/tcp") == []
    else:
        for name in policies:
            site.swanctl("--initiate", "--child", name)
    assert refused()
    host_ping(lab)
    assert len(hub.ike_sas()) == 1
    assert len(hub.ipsec_sas("paris")) == len(hub.ipsec_sas("paris/tcp")) == 2


def test_the_same_branch_from_elsewhere(quiet_branch, branch2, hub):
    """A branch on a dynamic address crashes, and calls from another one while the hub still has the
    SAs of before."""
    hub.push(configs.dynamic())
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    assert hub.tunnel()["destination"] == "2.2.2.2"
    text = usual(branch2).replace("id-local = 3.3.3.2", "id-local = 2.2.2.2")
    load(branch2, answer_only(with_lines(text, "local: id = 2.2.2.2")))
    branch2.exec("ip", "address", "replace", "10.255.1.2/30", "dev", "gre1")
    quiet_branch.exec("pkill", "-STOP", "charon")   # or it would call again for the next packet
    try:
        branch2.swanctl("--initiate", "--child", "gre", "--timeout", "30")
        wait_until(lambda: hub.tunnel()["destination"] == "3.3.3.2", 15, "the tunnel has moved")
        hub.wait_up()
        ping(branch2.exec, "-I", "10.255.1.2", "10.255.1.1")
        wait_until(lambda: len(hub.ipsec_sas()) == 2 and hub.ike_sas() == [], 30,
                   "nothing is left of the first")
    finally:
        quiet_branch.exec("pkill", "-CONT", "charon")
        branch2.exec("ip", "address", "del", "10.255.1.2/30", "dev", "gre1")


@pytest.mark.parametrize("options, mode", [
    ({"compress": "yes"}, "transport"),
    ({"encapsulation": "yes"}, "transport"),
    ({"tfc": "1400"}, "tunnel"),
    ({"fragmentation": "force"}, "transport"),
    ({"mobike": "yes"}, "tunnel"),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else value)
@ROLES
def test_libreswan(libreswan, hub, options, mode, hub_calls):
    come_up(libreswan, hub, hub_config(2, ipsec={"mode": mode}), hub_calls, type=mode, **options)
    for size in (8, 1200):
        libreswan.ping(count=2, options=("-s", str(size)))
