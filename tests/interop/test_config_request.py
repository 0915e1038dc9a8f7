# SPDX-License-Identifier: BSD-3-Clause
"""Branches that ask for an address, or for a user's password: the hub gives and does neither, says
so once, and the tunnel comes up where the branch can do without."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import counter, load, usual, with_lines
from test_ikev1 import set_up, v1_config

ASKS = "asks for an address, which we do not give"


def times_said(hub, what, since):
    return hub.controlplane.output()[since:].count(what)


@pytest.mark.parametrize("version", [1, 2])
def test_a_branch_that_asks_for_an_address(quiet_branch, hub, version):
    since, before = len(hub.controlplane.output()), counter(hub, "refused_configuration")
    if version == 1:
        set_up(quiet_branch, hub, v1_config(), False, "vips = 0.0.0.0")
    else:
        load(quiet_branch, with_lines(usual(quiet_branch), "vips = 0.0.0.0"))
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=10)
    assert counter(hub, "refused_configuration") == before + 1
    assert times_said(hub, ASKS, since) == 1
    first, = [sa["spi_i"] for sa in hub.ike_sas()]
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] >= 1, 20, "new keys")
    quiet_branch.ping(count=10)
    assert [sa["spi_i"] for sa in hub.ike_sas()] == [first]


def test_a_branch_that_wants_xauth(quiet_branch, hub):
    """It says so by the way of authentication that it proposes."""
    before = counter(hub, "refused_xauth")
    hub.push(v1_config())
    text = with_lines(usual(quiet_branch, IKE_PROPOSALS="aes128-sha256-modp2048",
                            ESP_PROPOSALS="aes128-sha256"), "version = 1")
    text = text.replace("        remote {", "        local-2 {\n            auth = xauth\n"
                        "            xauth_id = branch\n        }\n        remote {", 1)
    load(quiet_branch, text)
    quiet_branch.knock(2)
    hub.wait_down(why="with XAUTH, which we do not do")
    assert counter(hub, "refused_xauth") > before
    assert hub.ike_sas() == []


def test_a_branch_that_demands_xauth(quiet_branch, hub):
    """It refuses whoever calls without, by an encrypted message amid phase 1."""
    config = v1_config(initiate="always")
    text = with_lines(usual(quiet_branch, IKE_PROPOSALS="aes128-sha256-modp2048",
                            ESP_PROPOSALS="aes128-sha256", START="none"), "version = 1")
    text = text.replace("        children {", "        remote-2 {\n            auth = xauth\n"
                        "        }\n        children {", 1)
    load(quiet_branch, text)
    hub.push(config)
    hub.wait_down(why="answers AUTHENTICATION-FAILED in phase 1")
    configs.ike_profile(config)["initiate"] = "traffic"
    set_up(quiet_branch, hub, config, False)
    quiet_branch.ping(count=3)
