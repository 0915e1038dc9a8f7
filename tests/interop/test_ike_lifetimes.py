# SPDX-License-Identifier: BSD-3-Clause
"""What both sides make of lifetimes: authentication made anew in time, in both roles, and IKEv1's
proposal-check against callers whose lifetimes are others than the hub's."""
import re

import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import answer_only, charon, load, settled, usual, with_lines
from test_ikev1 import V1, v1_config
from test_rekey import key_drops, spis, wait_new_spis

REAUTH_S = 60       # the least that the hub takes


def test_hub_authenticates_anew(quiet_branch, branch2, hub, pinger):
    """The hub has called branch-1: all is made anew, under pings, before the old IKE SA goes.
    Branch-2 has called, and is told by AUTH_LIFETIME when to do the same."""
    config = configs.two_branches(configs.with_(ike={"reauth-seconds": REAUTH_S,
                                                     "initiate": "always"}))
    crypto = config["crypto"]
    crypto["ikev2"]["profiles"]["answer"] = {**configs.ike_profile(config), "initiate": "never"}
    crypto["ipsec"]["profiles"]["answer"] = {**configs.ipsec_profile(config),
                                             "ikev2-profile": "answer"}
    config["tunnels"]["tunnel2"]["protection"] = "answer"
    load(quiet_branch, answer_only(usual(quiet_branch)))
    hub.push(config)
    hub.wait_up()
    # strongSwan begins over_time before the end, by itself a tenth of its rekey_time of a day.
    load(branch2, with_lines(usual(branch2), "over_time = 10s"))
    bring_up(branch2, hub, "tunnel2")
    told = branch2.exec("cat", "/mnt/log/charon.log").stdout
    assert f"received AUTH_LIFETIME of {REAUTH_S}s" in told, told[-1500:]
    first = {sa["spi_i"] for sa in hub.ike_sas()}
    first2 = {sa["spi_i"] for sa in hub.ike_sas("3.3.3.2")}
    pings, seen, before = pinger(), [], hub.drops()

    def anew():
        sas = hub.ike_sas()
        seen.append(len(sas))
        return first.isdisjoint(sa["spi_i"] for sa in sas) and len(sas) == 1
    wait_until(anew, REAUTH_S + 30, "another IKE SA, alone")
    pings.wait_more(50)
    pings.stop()
    # As responder strongSwan sends by the new SA as soon as it has it: what overtakes its answer
    # comes before the hub can have the keys.
    early = hub.drops()["esp-unknown-spi"] - before["esp-unknown-spi"]
    assert len(pings.lost()) <= early <= 100 + 100 * pings.stood_s(), (pings.lost(), early)
    assert min(seen) >= 1, "there was a moment without an IKE SA"
    assert hub.ike_sas()[0]["role"] == "initiator" and hub.tunnel()["state"] == "up"
    settled(hub)
    wait_until(lambda: (sas := hub.ike_sas("3.3.3.2")) and
               first2.isdisjoint(sa["spi_i"] for sa in sas), 15, "branch-2 has called anew")
    assert quiet_branch.swanctl("--list-sas").count("ESTABLISHED") == 1


def test_both_authenticate_anew_at_once(quiet_branch, hub, pinger, charon, wire):
    """The branch begins while the hub's own call is on a slow line. Both make before they break, and
    of what both have made one IKE SA is left."""
    charon("make_before_break", "yes")
    load(quiet_branch, with_lines(answer_only(usual(quiet_branch)), "over_time = 10s"))
    hub.push(configs.with_(ike={"reauth-seconds": REAUTH_S, "initiate": "always"}))
    hub.wait_up()
    first = {sa["spi_i"] for sa in hub.ike_sas()}
    since = len(hub.controlplane.output())
    wire("--delay-ms", "600")
    pings, before = pinger(), hub.drops()["esp-unknown-spi"]
    wait_until(lambda: "authenticating anew" in hub.controlplane.output()[since:], REAUTH_S + 30,
               "the hub begins")
    quiet_branch.swanctl("--rekey", "--ike", "hub", "--reauth")

    def roles():
        return re.findall(r"IKE SA is up as (\w+)", hub.controlplane.output()[since:])
    wait_until(lambda: len(roles()) >= 2, 30, "both have made one")
    assert sorted(roles()) == ["initiator", "responder"]
    settled(hub)
    assert first.isdisjoint(sa["spi_i"] for sa in hub.ike_sas())
    wait_until(lambda: quiet_branch.swanctl("--list-sas").count("ESTABLISHED") == 1, 20,
               "one IKE SA at the branch, too")
    pings.wait_more(50)
    pings.stop()
    early = hub.drops()["esp-unknown-spi"] - before     # see above
    assert len(pings.lost()) <= early <= 100 + 100 * pings.stood_s(), (pings.lost(), early)


def test_a_child_sa_that_nobody_rekeys(quiet_branch, hub, pinger):
    """The branch deletes it when its time is over; traffic makes another one under the same
    IKE SA."""
    load(quiet_branch, with_lines(usual(quiet_branch), "gre: rekey_time = 0s",
                                  "gre: life_time = 5s"))
    bring_up(quiet_branch, hub)
    load(quiet_branch, answer_only(usual(quiet_branch)))     # the next one lives longer
    ike, old = hub.ike_sas()[0]["spi_i"], spis(hub)
    pings = pinger(interval="0.05")
    wait_new_spis(hub, old)
    pings.wait_more(20)
    assert [sa["spi_i"] for sa in hub.ike_sas()] == [ike]
    settled(hub)


# What the branch wants of 3600 s in phase 1 and 1800 s in phase 2, which are the hub's: of each
# mode whether it may have that, and what then holds, in seconds.
LONGER, SHORTER, SAME = (7200, 3600), (1200, 900), (3600, 1800)
CHECKS = [
    ("obey", LONGER, LONGER), ("obey", SHORTER, SHORTER),
    ("claim", LONGER, SAME), ("claim", SHORTER, SHORTER),
    ("strict", LONGER, None), ("strict", SHORTER, SHORTER),
    ("exact", SHORTER, None), ("exact", SAME, SAME),
]


@pytest.mark.parametrize("mode, wants, holds", CHECKS,
                         ids=[f"{c[0]}-{c[1][0]}" for c in CHECKS])
def test_proposal_check(quiet_branch, hub, mode, wants, holds):
    config = v1_config(**{"proposal-check": mode, "lifetime-seconds": SAME[0]})
    configs.ipsec_profile(config)["lifetime-seconds"] = SAME[1]
    hub.push(config)
    load(quiet_branch, with_lines(
        usual(quiet_branch, IKE_PROPOSALS="aes128-sha256-modp2048", ESP_PROPOSALS="aes128-sha256",
              ESP_LIFETIME=f"{wants[1] - 60}s"), V1, f"reauth_time = {wants[0] - 60}s",
        "rekey_time = 0s", "over_time = 60s", "rand_time = 0s", f"gre: life_time = {wants[1]}s"))
    if holds is None:
        quiet_branch.knock(1)
        hub.wait_down(why="proposal-check")
        assert hub.ipsec_sas() == []
        return
    bring_up(quiet_branch, hub)
    sa = hub.ike_sas()[0]
    child = next(c for c in sa["children"] if c["current"])
    for found, agreed in ((sa, holds[0]), (child, holds[1])):
        # The hub takes up to an eighth off, so that both ends do not renew at once.
        assert agreed * 7 // 8 - 5 <= found["rekey_in_s"] <= agreed, (found, agreed)


@pytest.mark.parametrize("wants, told", [(LONGER, True), (SHORTER, False)],
                         ids=["longer", "shorter"])
def test_responder_lifetime(quiet_branch, hub, wants, told):
    """A caller of a longer life is told by RESPONDER-LIFETIME (24576), in seconds."""
    test_proposal_check(quiet_branch, hub, "claim", wants, SAME if told else SHORTER)
    line = [x for x in quiet_branch.exec("cat", "/mnt/log/charon.log").stdout.splitlines()
            if "parsed QUICK_MODE response" in x][-1]
    assert ("24576" in line) == told, line


@pytest.mark.parametrize("who", ["branch", "hub"])
@pytest.mark.parametrize("version", ["ikev1", "ikev2"])
def test_kilobytes(quiet_branch, hub, iperf, version, who):
    """A pair of SAs for a few megabytes, by one end's configuration: new ones come in time."""
    config = v1_config() if version == "ikev1" else configs.with_()
    text = usual(quiet_branch)
    if version == "ikev1":
        text = with_lines(usual(quiet_branch, IKE_PROPOSALS="aes128-sha256-modp2048",
                                ESP_PROPOSALS="aes128-sha256"), V1)
    if who == "hub":
        configs.ipsec_profile(config)["lifetime-kilobytes"] = 6000
    else:
        text = with_lines(text, "gre: rekey_bytes = 4000000", "gre: life_bytes = 6000000")
    hub.push(config)
    load(quiet_branch, text)
    bring_up(quiet_branch, hub)
    before, rekeys = key_drops(quiet_branch, hub), hub.tunnel()["rekeys"]
    assert iperf(8, ("-b", "16M")) > 10
    assert hub.tunnel()["rekeys"] >= rekeys + 2
    assert key_drops(quiet_branch, hub) == before
