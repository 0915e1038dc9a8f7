# SPDX-License-Identifier: BSD-3-Clause
"""Every algorithm that the hub speaks, against strongSwan's, in both roles."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until

ESP = {
    "aes128gcm16": "AES_GCM_16-128",
    "aes256gcm16": "AES_GCM_16-256",
    "aes128-sha1": "AES_CBC-128/HMAC_SHA1_96",
    "aes128-sha256": "AES_CBC-128/HMAC_SHA2_256_128",
    "aes256-sha1": "AES_CBC-256/HMAC_SHA1_96",
    "aes256-sha256": "AES_CBC-256/HMAC_SHA2_256_128",
    "aes128gcm16-esn": "AES_GCM_16-128/ESN",
    "aes128gcm16-noesn": "AES_GCM_16-128",
    "aes256-sha256-esn": "AES_CBC-256/HMAC_SHA2_256_128/ESN",
}

# In one role each: the other differs in nothing that depends on the algorithm.
MORE_ESP = {
    "aes192gcm16": "AES_GCM_16-192",
    "aes128gcm8": "AES_GCM_8-128",
    "aes256gcm12": "AES_GCM_12-256",
    "aes192-sha384": "AES_CBC-192/HMAC_SHA2_384_192",
    "aes256-sha512": "AES_CBC-256/HMAC_SHA2_512_256",
    "aes128-aesxcbc": "AES_CBC-128/AES_XCBC_96",
    "aes128-aescmac": "AES_CBC-128/AES_CMAC_96",
    "aes128ctr-sha256": "AES_CTR-128/HMAC_SHA2_256_128",
    "aes256ctr-sha1": "AES_CTR-256/HMAC_SHA1_96",
    "3des-sha1": "3DES_CBC/HMAC_SHA1_96",
    "chacha20poly1305": "CHACHA20_POLY1305",
    "null-sha256": "NULL/HMAC_SHA2_256_128",
    "aes128gmac": "NULL_AES_GMAC-128",
}

IKE = {
    "aes128-sha256-modp2048": "AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
    "aes256-sha256-modp2048": "AES_CBC-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048",
    "aes256-sha384-ecp256": "AES_CBC-256/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/ECP_256",
    "aes128gcm16-prfsha256-x25519": "AES_GCM_16-128/PRF_HMAC_SHA2_256/CURVE_25519",
    "aes256gcm16-prfsha384-ecp256": "AES_GCM_16-256/PRF_HMAC_SHA2_384/ECP_256",
    "aes128-sha1-modp2048": "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048",
}

MORE_IKE = {
    "3des-sha1-modp1024": "3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
    "aes192-sha512-modp1536": "AES_CBC-192/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/MODP_1536",
    "aes256ctr-sha256-modp3072": "AES_CTR-256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_3072",
    "aes128-aesxcbc-prfaesxcbc-modp4096": "AES_CBC-128/AES_XCBC_96/PRF_AES128_XCBC/MODP_4096",
    "aes128-aescmac-prfaescmac-ecp384": "AES_CBC-128/AES_CMAC_96/PRF_AES128_CMAC/ECP_384",
    "aes192gcm8-prfsha512-ecp521": "AES_GCM_8-192/PRF_HMAC_SHA2_512/ECP_521",
    "aes256gcm12-prfsha384-x448": "AES_GCM_12-256/PRF_HMAC_SHA2_384/CURVE_448",
    "chacha20poly1305-prfsha256-x25519": "CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519",
}


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
@pytest.mark.parametrize("words", ESP)
def test_esp(quiet_branch, hub, words, hub_calls):
    config = configs.with_esp_proposal(configs.one_branch(), words)
    agree(quiet_branch, hub, config, hub_calls, ESP_PROPOSALS=words)
    sas = quiet_branch.swanctl("--list-sas")
    assert f"INSTALLED, TRANSPORT, ESP:{ESP[words]}" in sas
    quiet_branch.ping(count=5, options=("-s", "1000"))
    # Sizes around the cipher's block: padding.
    for size in range(20, 37):
        quiet_branch.ping(count=1, options=("-s", str(size)))


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
@pytest.mark.parametrize("words", IKE)
def test_ike(quiet_branch, hub, words, hub_calls):
    config = configs.with_ike_proposal(configs.one_branch(), words)
    agree(quiet_branch, hub, config, hub_calls, IKE_PROPOSALS=words)
    assert IKE[words] in quiet_branch.swanctl("--list-sas")
    quiet_branch.ping(count=5)


@pytest.mark.parametrize("words", MORE_ESP)
def test_more_esp(quiet_branch, hub, words):
    config = configs.with_esp_proposal(configs.one_branch(), words)
    agree(quiet_branch, hub, config, True, ESP_PROPOSALS=words)
    assert f"INSTALLED, TRANSPORT, ESP:{MORE_ESP[words]}" in quiet_branch.swanctl("--list-sas")
    for size in range(56, 73):
        quiet_branch.ping(count=1, options=("-s", str(size)))
    quiet_branch.ping(count=3, options=("-s", "1000"))


@pytest.mark.parametrize("words", MORE_IKE)
def test_more_ike(quiet_branch, hub, words):
    config = configs.with_ike_proposal(configs.one_branch(), words)
    agree(quiet_branch, hub, config, False, IKE_PROPOSALS=words)
    assert MORE_IKE[words] in quiet_branch.swanctl("--list-sas")
    quiet_branch.ping(count=2)
    quiet_branch.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: any(sa["rekeys"] > 0 for sa in hub.ike_sas()), 10, "the IKE SA is rekeyed")
    quiet_branch.ping(count=2)


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
def test_tunnel_mode(quiet_branch, hub, hub_calls):
    config = configs.with_(ipsec={"mode": "tunnel"})
    agree(quiet_branch, hub, config, hub_calls, MODE="tunnel")
    assert "INSTALLED, TUNNEL, ESP:" in quiet_branch.swanctl("--list-sas")
    assert {sa["mode"] for sa in hub.ipsec_sas()} == {"tunnel"}
    quiet_branch.ping(count=5, options=("-s", "1000"))
    quiet_branch.swanctl("--rekey", "--child", "gre")
    quiet_branch.ping(count=5)


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


@pytest.mark.parametrize("group, name", [("modp2048", "MODP_2048"), ("ecp256", "ECP_256"),
                                         ("x25519", "CURVE_25519")])
def test_pfs(quiet_branch, hub, group, name):
    """The first Child SA comes without; a rekeyed one has the group."""
    words = f"aes128gcm16-{group}"
    config = configs.with_esp_proposal(configs.one_branch(), words)
    agree(quiet_branch, hub, config, False, ESP_PROPOSALS=words)
    quiet_branch.swanctl("--rekey", "--child", "gre")
    quiet_branch.ping(count=5)
    assert f"AES_GCM_16-128/{name}" in quiet_branch.swanctl("--list-sas")


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
        "a": {"encryption": "aes-cbc-256", "integrity": "sha256"}, "b": {"encryption": "aes-gcm-256"}}
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
