# SPDX-License-Identifier: BSD-3-Clause
"""What is agreed on with strongSwan, and what is refused with which reason. That every algorithm
works is for test_matrix.py."""
import configs
from conftest import bring_up


def test_mode_of_the_branch_is_accepted(quiet_branch, hub):
    """We ask for transport mode and take tunnel mode; the other way round we would not be asked."""
    agree(quiet_branch, hub, configs.with_(ipsec={"mode": "either"}), False, MODE="tunnel")
    assert {sa["mode"] for sa in hub.ipsec_sas()} == {"tunnel"}
    quiet_branch.ping(count=3)


def agree(branch, hub, config, hub_calls, **settings):
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
        branch.load(START="none", **settings)
        hub.push(config)
        hub.wait_up()
    else:
        hub.push(config)
        branch.load(**settings)
        bring_up(branch, hub)


def test_group_is_renegotiated(quiet_branch, hub):
    """The hub's first guess at the group is wrong: INVALID_KE_PAYLOAD, and again."""
    config = configs.one_branch()
    config["crypto"]["ikev2"]["proposals"]["default"]["group"] = [31, 14]
    agree(quiet_branch, hub, config, True)
    quiet_branch.ping(count=3)
    assert "MODP_2048" in quiet_branch.swanctl("--list-sas")


def test_wrong_guess_of_the_branch(quiet_branch, hub):
    agree(quiet_branch, hub, configs.one_branch(), False,
          IKE_PROPOSALS="aes128-sha256-x25519-modp2048")
    assert "MODP_2048" in quiet_branch.swanctl("--list-sas")


def test_choice_among_many(quiet_branch, hub):
    """Several transform sets at the hub, another order at the branch."""
    config = configs.one_branch()
    config["crypto"]["ipsec"]["transform-sets"] = {
        "a": {"encryption": "aes-cbc-256", "integrity": "sha256"},
        "b": {"encryption": "aes-gcm-256"}}
    configs.ipsec_profile(config)["transform-sets"] = ["b", "a"]
    agree(quiet_branch, hub, config, False, ESP_PROPOSALS="aes128-sha1,aes256-sha256")
    assert "ESP:AES_CBC-256/HMAC_SHA2_256_128" in quiet_branch.swanctl("--list-sas")


def test_wrong_pre_shared_key(quiet_branch, hub):
    quiet_branch.load(PSK="battery-staple")
    quiet_branch.knock(1)
    hub.wait_down(why="pre-shared|authenticat|psk")
    assert not hub.ike_sas() or hub.ike_sas()[0]["children"] == []


def test_wrong_pre_shared_key_hub_calls(quiet_branch, hub):
    quiet_branch.load(PSK="battery-staple", START="none")
    hub.push(configs.with_(ike={"initiate": "always"}))
    hub.wait_down(why="pre-shared|authenticat|psk")


def test_no_common_ike_proposal(quiet_branch, hub):
    quiet_branch.load(IKE_PROPOSALS="aes256-sha384-modp4096")
    quiet_branch.knock(1)
    hub.wait_down(why="proposal")


def test_no_common_ike_proposal_hub_calls(quiet_branch, hub):
    quiet_branch.load(IKE_PROPOSALS="aes256-sha384-modp4096", START="none")
    hub.push(configs.with_(ike={"initiate": "always"}))
    hub.wait_down(why="proposal")


def test_no_common_esp_proposal(quiet_branch, hub):
    quiet_branch.load(ESP_PROPOSALS="aes256-sha512")
    quiet_branch.knock(1)
    hub.wait_down(why="proposal")


def test_branch_with_another_identity(quiet_branch, hub):
    """The key is for another name than the branch gives."""
    config = configs.one_branch()
    config["crypto"]["ikev2"]["keyring"]["branch-1"]["identity"] = "somebody.example"
    hub.push(config)
    quiet_branch.load()
    quiet_branch.knock(1)
    hub.wait_down(why="identit|authenticat|key")
