# SPDX-License-Identifier: BSD-3-Clause
"""strongSwan with the settings that people have, one by one: the tunnel comes up, whoever
calls, and both kinds of SA are made anew."""
import re

import pytest

import configs
from conftest import bring_up
from strongswan import answer_only, load, rekey_both_by_the_branch, settled, usual, with_lines


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
@pytest.mark.parametrize("lines", [
    ["mobike = yes", "fragmentation = yes"],
    ["fragmentation = force"],
    ["childless = allow"],
    ["unique = replace"],
    ["send_cert = always"],
    ["dpd_delay = 1s"],
    ["proposals = aes256-sha512-modp4096,aes128gcm16-prfsha384-ecp384,aes128-sha256-modp2048"],
    ["proposals = aes256-aes192-aes128-sha512-sha256-sha1-modp4096-ecp384-x25519-modp2048"],
    ["proposals = default"],
    ["gre: esp_proposals = default"],
    ["gre: esp_proposals = aes256-sha256,aes128gcm16-esn"],
    ["gre: esp_proposals = aes128gcm16-esn-noesn"],
    ["gre: esp_proposals = aes256gcm16-aes128gcm16-aes128gcm12-modp2048-x25519-noesn"],
    ["gre: local_ts = dynamic", "gre: remote_ts = dynamic"],
    ["gre: replay_window = 1024"],
], ids=" ".join)
def test_setting(quiet_branch, hub, lines, hub_calls):
    text = with_lines(usual(quiet_branch), *lines)
    if "x25519-noesn" in lines[0]:
        configured = configs.with_(ipsec={"pfs": [14]})
    else:
        configured = configs.with_()
    if hub_calls:
        load(quiet_branch, answer_only(text))
        configs.ike_profile(configured)["initiate"] = "always"
        hub.push(configured)
        hub.wait_up()
    else:
        hub.push(configured)
        load(quiet_branch, text)
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=5)
    listed = quiet_branch.swanctl("--list-sas")
    assert re.search(r"local +2\.2\.2\.2/32\[gre\]\s+remote +1\.1\.1\.2/32\[gre\]", listed), listed
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=5)
    settled(hub)


# As the hub writes them, and strongSwan where that differs.
IDENTITIES = {"branch-1.example": None, "router@branch-1.example": None,
              "key-id:branch-1": "keyid:branch-1", "O=Example, CN=branch 1": None}


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_identity(quiet_branch, hub, identity, hub_calls):
    """Names instead of addresses on both sides; the branch does not care about the hub's."""
    config = configs.with_(ike={"local-identity": "hub.example",
                                "initiate": "always" if hub_calls else "traffic"})
    config["crypto"]["ikev2"]["keyring"]["branch-1"]["identity"] = identity
    text = with_lines(usual(quiet_branch), f'local: id = "{IDENTITIES[identity] or identity}"',
                      "remote: id = %any")
    text = re.sub(r"id-(local|remote) = .*\n", "", text)
    load(quiet_branch, answer_only(text) if hub_calls else text)
    hub.push(config)
    if hub_calls:
        hub.wait_up()
    else:
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=3)
    assert hub.ike_sas()[0]["remote_id"] == identity.removeprefix("key-id:")


# strongSwan proves itself by the secret that fits both names best, and believes any that fits one.
OWN_KEYS = """secrets {
    ike-branch {
        id-local = 2.2.2.2
        id-remote = 1.1.1.2
        secret = "what the branch says"
    }
    ike-hub {
        id = 1.1.1.2
        secret = "%s"
    }
}
"""


def two_keys(branch, hubs="what the hub says"):
    text = usual(branch)
    return text[:text.index("secrets {")] + OWN_KEYS % hubs


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_each_direction_has_its_key(quiet_branch, hub, hub_calls):
    """pre-shared-key local and remote differ; with another one for the hub it is refused."""
    config = configs.with_(ike={"initiate": "always"} if hub_calls else {})
    config["crypto"]["ikev2"]["keyring"]["branch-1"].update(
        {"pre-shared-key": "what the branch says", "pre-shared-key-local": "what the hub says"})
    load(quiet_branch, answer_only(two_keys(quiet_branch, "something else")))
    hub.push(config)
    if hub_calls:
        hub.wait_down(seconds=60, why="AUTHENTICATION_FAILED")
    else:
        # It has the hub's answer, and does not believe it.
        refused = quiet_branch.swanctl("--initiate", "--child", "gre", "--timeout", "10",
                                       check=False)
        assert "generating INFORMATIONAL request 2 [ N(AUTH_FAILED) ]" in refused
    load(quiet_branch, two_keys(quiet_branch))
    if hub_calls:
        hub.wait_up(seconds=90)
    else:
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=3)
    running = hub.cli("-c", "show running-config").stdout
    assert "pre-shared-key local" in running and "the hub says" not in running


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_childless(quiet_branch, hub, hub_calls):
    """IKE_AUTH without a Child SA (RFC 6023): the first one has a key exchange of its own."""
    config = configs.with_(ike={"childless": True,
                                "initiate": "always" if hub_calls else "traffic"},
                           ipsec={"pfs": [19]})
    text = with_lines(usual(quiet_branch, ESP_PROPOSALS="aes128gcm16-ecp256"), "childless = force")
    load(quiet_branch, answer_only(text) if hub_calls else text)
    hub.push(config)
    if hub_calls:
        hub.wait_up()
    else:
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=5)
    assert [c["pfs"] for c in hub.ike_sas()[0]["children"]] == ["ecp256"]
    rekey_both_by_the_branch(quiet_branch, hub)
    settled(hub)
