# SPDX-License-Identifier: BSD-3-Clause
"""Set-ups that strongSwan and libreswan test themselves with (testing/tests, testing/pluto), as far
as they are a hub's and no other file here has them: what a peer offers besides is declined, or
taken in stride."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import answer_only, load, rekey_both_by_the_branch, settled, usual, with_lines
from test_libreswan import come_up, hub_config, libreswan, pluto

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
