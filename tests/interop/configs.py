# SPDX-License-Identifier: BSD-3-Clause
"""Configurations of the hub for the tests: the one in configs/, and what differs from it."""
import copy
import json
import os

from lab import ROOT

# strongSwan's words for algorithms, and ours.
CIPHERS = {"3des": "3des", "null": "null", "chacha20poly1305": "chacha20-poly1305"}
for bits in (128, 192, 256):
    CIPHERS[f"aes{bits}"] = f"aes-cbc-{bits}"
    CIPHERS[f"aes{bits}ctr"] = f"aes-ctr-{bits}"
    CIPHERS[f"aes{bits}gmac"] = f"aes-gmac-{bits}"
    for icv, ours in ((16, "gcm"), (12, "gcm12"), (8, "gcm8")):
        CIPHERS[f"aes{bits}gcm{icv}"] = f"aes-{ours}-{bits}"
HASHES = {"aesxcbc": "aes-xcbc", "aescmac": "aes-cmac"}
GROUPS = {"modp1024": 2, "modp1536": 5, "modp2048": 14, "modp3072": 15, "modp4096": 16,
          "ecp256": 19, "ecp384": 20, "ecp521": 21, "x25519": 31, "x448": 32}


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


def ike_proposal(words):
    """@words as strongSwan has them: aes128-sha256-modp2048, aes128gcm16-prfsha256-x25519."""
    proposal = {}
    for word in words.split("-"):
        if word in CIPHERS:
            proposal["encryption"] = [CIPHERS[word]]
        elif word in GROUPS:
            proposal["group"] = [GROUPS[word]]
        elif word.startswith("prf"):
            proposal["prf"] = [HASHES.get(word[3:], word[3:])]
        else:
            proposal["integrity"] = [HASHES.get(word, word)]
    return proposal


def with_ike_proposal(config, words):
    config["crypto"]["ikev2"]["proposals"]["default"] = ike_proposal(words)
    return config


def transform_set(words):
    """@words as strongSwan has them: aes128-sha1, aes128gcm16."""
    cipher, _, integrity = words.partition("-")
    return {"encryption": CIPHERS[cipher],
            **({"integrity": HASHES.get(integrity, integrity)} if integrity else {})}


def with_esp_proposal(config, words):
    """@words as for transform_set, with a group for PFS, esn or noesn behind them."""
    algorithms = []
    for word in words.split("-"):
        if word in GROUPS:
            ipsec_profile(config)["pfs"] = [GROUPS[word]]
        elif word in ("esn", "noesn"):
            ipsec_profile(config)["esn"] = word == "esn"
        else:
            algorithms.append(word)
    config["crypto"]["ipsec"]["transform-sets"] = {"gcm": transform_set("-".join(algorithms))}
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


def dynamic(branches=("branch-1",), **ike):
    """Branches known by their identities alone, which are their own addresses: any address
    calls."""
    config = two_branches() if "branch-2" in branches else one_branch()
    keyring = config["crypto"]["ikev2"]["keyring"]
    for number, name in enumerate(branches, 1):
        tunnel = config["tunnels"][f"tunnel{number}"]
        tunnel["peer-identity"] = tunnel.pop("destination")
        keyring[name] = {"identity": tunnel["peer-identity"], "pre-shared-key": "correct-horse"}
    ike_profile(config).update(ike)
    return config


def plain_gre(**tunnel):
    """Tunnel1 without protection, with some GRE options."""
    config = one_branch()
    del config["tunnels"]["tunnel1"]["protection"]
    config["tunnels"]["tunnel1"].update(tunnel)
    return config
