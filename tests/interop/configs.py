# SPDX-License-Identifier: BSD-3-Clause
"""Configurations of the hub for the tests: the one in configs/, and what differs from it."""
import copy
import json
import os

from lab import ROOT

# strongSwan's words for algorithms, and ours.
CIPHERS = {"aes128gcm16": "aes-gcm-128", "aes256gcm16": "aes-gcm-256",
           "aes128": "aes-cbc-128", "aes192": "aes-cbc-192", "aes256": "aes-cbc-256", "3des": "3des"}
GROUPS = {"modp1024": 2, "modp1536": 5, "modp2048": 14, "modp3072": 15, "modp4096": 16, "ecp256": 19,
          "ecp384": 20, "ecp521": 21, "x25519": 31, "x448": 32}


def one_branch():
    """Tunnel1 to branch-1, protected, as the demo has it."""
    with open(os.path.join(ROOT, "configs", "hub-one-branch.json")) as file:
        config = json.load(file)
    config["system"]["log-level"] = "debug"
    return config


def ike_profile(config):
    return config["crypto"]["ikev2"]["profiles"]["default"]


def ipsec_profile(config):
    return config["crypto"]["ipsec"]["profiles"]["branches"]


def with_(ike=None, ipsec=None, tunnel=None, config=None):
    """One branch, with some options of the IKEv2 profile, the IPsec profile, the tunnel set."""
    config = copy.deepcopy(config or one_branch())
    ike_profile(config).update(ike or {})
    ipsec_profile(config).update(ipsec or {})
    config["tunnels"]["tunnel1"].update(tunnel or {})
    return config


def with_ike_proposal(config, words):
    """@words as strongSwan has them: aes128-sha256-modp2048, aes128gcm16-prfsha256-x25519."""
    proposal = {}
    for word in words.split("-"):
        if word in CIPHERS:
            proposal["encryption"] = [CIPHERS[word]]
        elif word in GROUPS:
            proposal["group"] = [GROUPS[word]]
        elif word.startswith("prf"):
            proposal["prf"] = [word[3:]]
        else:
            proposal["integrity"] = [word]
    config["crypto"]["ikev2"]["proposals"]["default"] = proposal
    return config


def with_esp_proposal(config, words):
    """@words as strongSwan has them: aes128-sha1, aes128gcm16-modp2048 (PFS)."""
    transform = {}
    for word in words.split("-"):
        if word in CIPHERS:
            transform["encryption"] = CIPHERS[word]
        elif word in GROUPS:
            ipsec_profile(config)["pfs"] = [GROUPS[word]]
        elif word in ("esn", "noesn"):
            ipsec_profile(config)["esn"] = word == "esn"
        else:
            transform["integrity"] = word
    config["crypto"]["ipsec"]["transform-sets"] = {"gcm": transform}
    return config


def two_branches(config=None):
    """Tunnel2 to branch-2 besides."""
    config = copy.deepcopy(config or one_branch())
    config["tunnels"]["tunnel2"] = {
        "description": "branch-2", "source": "1.1.1.2", "destination": "3.3.3.2",
        "address": "10.255.2.1/30", "mtu": 1400, "protection": "branches"}
    config["routes"].append({"prefix": "192.168.22.0/24", "interface": "tunnel2"})
    config["crypto"]["ikev2"]["keyring"]["branch-2"] = {
        "address": "3.3.3.2/32", "pre-shared-key": "correct-horse"}
    return config


def plain_gre(**tunnel):
    """Tunnel1 without protection, with some GRE options."""
    config = one_branch()
    del config["tunnels"]["tunnel1"]["protection"]
    config["tunnels"]["tunnel1"].update(tunnel)
    return config
