# SPDX-License-Identifier: BSD-3-Clause
"""IKEv1 against strongSwan's: aggressive mode in both roles, renewal without losing a packet,
refusals. Main mode and the algorithms are for test_matrix.py."""
import contextlib
import functools

import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import answer_only, charon, load, usual, with_lines
from test_rekey import finish, under_full_load

V1 = "version = 1"


def v1_config(**ike):
    config = configs.with_(ike={"version": "ikev1", **ike})
    return configs.with_esp_proposal(configs.with_ike_proposal(config, "aes128-sha256-modp2048"),
                                     "aes128-sha256")


def set_up(branch, hub, config, hub_calls, *lines, **settings):
    settings = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256",
                **settings}
    text = with_lines(usual(branch, **settings), V1, *lines)
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
        load(branch, answer_only(text))
        hub.push(config)
        hub.wait_up()
    else:
        hub.push(config)
        load(branch, text)
        bring_up(branch, hub)


ROLES = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])


@ROLES
def test_aggressive_mode(quiet_branch, hub, charon, hub_calls):
    """strongSwan answers it with a pre-shared key only when told that this is meant."""
    charon("i_dont_care_about_security_and_use_aggressive_mode_psk", "yes")
    set_up(quiet_branch, hub, v1_config(**{"aggressive-mode": True}), hub_calls, "aggressive = yes")
    quiet_branch.ping(count=5)


def test_quick_mode_again_by_the_branch(quiet_branch, hub, pinger):
    set_up(quiet_branch, hub, v1_config(), False)
    ping = pinger()
    for n in range(1, 4):
        quiet_branch.swanctl("--rekey", "--child", "gre")
        wait_until(lambda n=n: hub.tunnel()["rekeys"] >= n, 20, "no quick mode")
    finish(ping)


def test_quick_mode_again_by_the_hub(quiet_branch, hub, pinger):
    config = v1_config()
    configs.ipsec_profile(config)["lifetime-packets"] = 1000
    set_up(quiet_branch, hub, config, False)
    ping = pinger(interval="0.004")
    wait_until(lambda: hub.tunnel()["rekeys"] >= 2, 60, "no quick mode")
    finish(ping)


@pytest.mark.parametrize("who", ["both", "ike"])
def test_renewed_under_full_load(quiet_branch, hub, started, lab, who):
    config = v1_config()
    if who == "both":
        configs.ipsec_profile(config)["lifetime-packets"] = 20000
    set_up(quiet_branch, hub, config, False)
    under_full_load(quiet_branch, hub, started, lab, who)


def test_main_mode_again_by_the_branch(quiet_branch, hub, pinger):
    set_up(quiet_branch, hub, v1_config(), False)
    first = hub.ike_sas()[0]["spi_i"]
    ping = pinger()
    quiet_branch.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: first not in [sa["spi_i"] for sa in hub.ike_sas()] and hub.ike_sas(), 30,
               "the ISAKMP SA was not renewed")
    finish(ping)


def test_a_branch_that_goes_says_so(quiet_branch, hub):
    set_up(quiet_branch, hub, v1_config(), False)
    quiet_branch.swanctl("--terminate", "--ike", "hub")
    hub.wait_down(why="deleted")
    assert hub.ike_sas() == []


def test_wrong_pre_shared_key(quiet_branch, hub):
    hub.push(v1_config())
    load(quiet_branch, with_lines(usual(quiet_branch, PSK="battery-staple",
                                        IKE_PROPOSALS="aes128-sha256-modp2048",
                                        ESP_PROPOSALS="aes128-sha256"), V1))
    quiet_branch.knock(1)
    wait_until(lambda: sum(hub.show("crypto-ikev2-sa")["counters"][name] for name in
                           ("drop_not_authentic", "refused_authentication")) > 0, 20, "not refused")
    assert not hub.ike_sas() or hub.ike_sas()[0]["children"] == []


def test_nothing_in_common(quiet_branch, hub):
    hub.push(v1_config())
    load(quiet_branch, with_lines(usual(quiet_branch, IKE_PROPOSALS="aes256-sha256-modp2048",
                                        ESP_PROPOSALS="aes128-sha256"), V1))
    quiet_branch.knock(1)
    hub.wait_down(why="no acceptable IKEv1 proposal")


@pytest.fixture
def muted(lab):
    """Within it nothing of the hub's IKE reaches branch-1."""
    @contextlib.contextmanager
    def muted():
        nft = functools.partial(lab.tool, "net", "exec", "isp", "nft")
        nft("-f", "-", input="table ip muted { chain forward { type filter hook forward priority 0; "
            "ip saddr 1.1.1.2 ip daddr 2.2.2.2 udp dport { 500, 4500 } drop; }; }")
        try:
            yield
        finally:
            nft("delete", "table", "ip", "muted")
    return muted


def test_a_lost_delete_is_told_again(quiet_branch, hub, muted):
    """The branch goes on by a pair that the hub has ended, and DPD finds nothing wrong with that."""
    set_up(quiet_branch, hub, v1_config(initiate="never"), False)
    with muted():
        hub.cli("-c", "clear crypto ipsec sa tunnel tunnel1")
        wait_until(lambda: hub.tunnel()["spi_out"] is None, 10, "the pair has ended")
    told = "told_of_ended_sa"
    before = hub.show("crypto-ikev2-sa")["counters"][told]
    wait_until(lambda: quiet_branch.try_ping() > 0, 60, "packets pass again")
    assert hub.show("crypto-ikev2-sa")["counters"][told] > before
