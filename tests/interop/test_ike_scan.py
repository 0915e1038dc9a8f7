# SPDX-License-Identifier: BSD-3-Clause
"""ike-scan, as auditors use it: what the hub answers to who only asks, and what it does not."""
import re

import pytest

import configs
from test_ikev1 import v1_config

MODP2048 = "--dhgroup=14"
# AES-CBC-128, SHA2-256, pre-shared key, group 14; and the same with group 5.
GOOD, OTHER = "(1=7,14=128,2=4,3=1,4=14)", "(1=7,14=128,2=4,3=1,4=5)"


AGGRESSIVE = ["--aggressive", "--id=0x02020202", "--idtype=1", MODP2048]


def scan(branch, *options):
    """From another port than 500, where the branch's charon is."""
    return branch.exec("ike-scan", "--sport=5500", "--retry=3", "--timeout=5000", *options,
                       "1.1.1.2", check=False).stdout


def counter(hub, name):
    return hub.show("crypto-ikev2-sa")["counters"][name]


@pytest.fixture(params=["main", "aggressive"])
def mode(request, hub):
    hub.push(v1_config(**{"aggressive-mode": request.param == "aggressive"}))
    return [] if request.param == "main" else AGGRESSIVE


def test_ikev1_proposal_that_fits(quiet_branch, hub, mode):
    found = scan(quiet_branch, f"--trans={GOOD}", *mode)
    assert re.search(r"(Main|Aggressive) Mode Handshake returned", found), found
    assert "Enc=AES KeyLength=128 Hash=SHA2-256 Auth=PSK Group=14:modp2048" in found, found
    assert "Dead Peer Detection" in found, found
    assert hub.ike_sas() == []


def test_ikev1_proposal_that_does_not(quiet_branch, hub, mode):
    before = counter(hub, "refused_no_proposal")
    found = scan(quiet_branch, f"--trans={OTHER}",
                 *[o.replace("=14", "=5") if o == MODP2048 else o for o in mode])
    assert "NO-PROPOSAL-CHOSEN" in found, found
    assert counter(hub, "refused_no_proposal") > before
    assert "1 returned notify" in found, found


def test_aggressive_mode_where_it_is_not_allowed(quiet_branch, hub):
    """No hash to guess a key from."""
    hub.push(v1_config())
    found = scan(quiet_branch, f"--trans={GOOD}", *AGGRESSIVE)
    assert "0 returned handshake" in found, found


# What ike-scan offers by IKEv2 cannot be chosen: 3DES and AES, SHA-1 and MD5, one group.
@pytest.mark.parametrize("words, answer", [
    ("3des-sha1-modp1024", "IKEv2 SA_INIT Handshake returned"),
    ("aes128gcm16-prfsha256-x25519", r"Notify message 14 \(NO_PROPOSAL_CHOSEN\).*IKEv2"),
], ids=["fits", "does-not"])
def test_ikev2(quiet_branch, hub, words, answer):
    hub.push(configs.with_ike_proposal(configs.one_branch(), words))
    found = scan(quiet_branch, "--ikev2")
    assert re.search(answer, found), found
    assert hub.ike_sas() == []


def test_a_version_that_the_peer_does_not_speak(quiet_branch, hub):
    """Of an IKEv2 peer an IKEv1 caller learns nothing but that."""
    hub.push(configs.one_branch())
    found = scan(quiet_branch, f"--trans={GOOD}")
    assert "0 returned handshake; 1 returned notify" in found, found
