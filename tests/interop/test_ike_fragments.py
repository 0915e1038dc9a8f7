# SPDX-License-Identifier: BSD-3-Clause
"""IKE fragmentation (RFC 7383) against strongSwan's: long messages, both roles, and a path that
loses every IKE packet of more than 576 bytes, and IP fragments."""
import re

import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import (answer_only, charon, counter, load, rekey_both_by_the_branch, settled,
                        usual, with_lines)

LONG = f"{50 * 'x'}.{50 * 'y'}.example"   # as an identity, in both directions of IKE_AUTH
CIPHERS = ["aes256", "aes192", "aes128", "aes256gcm12", "aes128gcm12", "aes256gcm16", "aes128gcm16"]


def long_messages(config):
    """Seven proposals for ESP, and long names."""
    sets = config["crypto"]["ipsec"]["transform-sets"] = {}
    for cipher in CIPHERS:
        sets[cipher] = {"encryption": configs.CIPHERS[cipher]}
        if "gcm" not in cipher:
            sets[cipher]["integrity"] = "sha256"
    configs.ipsec_profile(config)["transform-sets"] = CIPHERS
    configs.ike_profile(config)["local-identity"] = "hub." + LONG
    config["crypto"]["ikev2"]["keyring"]["branch-1"]["identity"] = "branch." + LONG
    return config


def branch_text(branch, *lines):
    esp = ",".join(c if "gcm" in c else f"{c}-sha256-sha384-sha512" for c in CIPHERS)
    text = with_lines(usual(branch, ESP_PROPOSALS=esp), f"local: id = branch.{LONG}",
                      f"remote: id = hub.{LONG}", *lines)
    return re.sub(r"id-(local|remote) = .*\n", "", text)


def come_up(branch, hub, config, text, hub_calls):
    if hub_calls:
        load(branch, answer_only(text))
        configs.ike_profile(config)["initiate"] = "always"
        hub.push(config)
        hub.wait_up(seconds=60)
    else:
        hub.push(config)
        load(branch, text)
        bring_up(branch, hub)


def counters(hub, *names):
    return [counter(hub, name) for name in names]


ROLES = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])


@ROLES
@pytest.mark.parametrize("fragmentation", ["force", "no"])
def test_long_messages(quiet_branch, hub, charon, fragmentation, hub_calls):
    charon("fragment_size", "576")
    config = long_messages(configs.with_(ike={"fragmentation-mtu": 576}))
    before = counters(hub, "messages_fragmented", "messages_reassembled")
    come_up(quiet_branch, hub, config,
            branch_text(quiet_branch, f"fragmentation = {fragmentation}"),
            hub_calls)
    quiet_branch.ping(count=5)
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=5)
    settled(hub)
    sent, received = counters(hub, "messages_fragmented", "messages_reassembled")
    if fragmentation == "no":
        assert [sent, received] == before and hub.ike_sas()[0]["fragmentation_mtu"] == 0
        return
    assert hub.ike_sas()[0]["fragmentation_mtu"] >= 540
    if hub_calls:
        assert sent > before[0]
    else:
        assert received > before[1]


@pytest.fixture
def narrow_for_ike(lab):
    """The isp loses what is long, and what is a fragment, both ways; other packets get through."""
    def nft(*words):
        lab.exec("isp", "nft", *words)
    nft("add", "table", "ip", "narrow")
    nft("add", "chain", "ip", "narrow", "forward", "{ type filter hook forward priority 0 ; }")
    nft("add", "rule", "ip", "narrow", "forward", "ip", "protocol", "udp", "ip", "length", ">",
        "576",
        "counter", "drop")
    nft("add", "rule", "ip", "narrow", "forward", "ip", "frag-off", "&", "0x3fff", "!=", "0",
        "counter", "drop")
    yield lambda: sum(int(n) for n in re.findall(
        r"counter packets (\d+)", lab.exec("isp", "nft", "list", "table", "ip", "narrow").stdout))
    nft("delete", "table", "ip", "narrow")


@ROLES
def test_path_that_loses_long_packets(quiet_branch, hub, charon, narrow_for_ike, hub_calls):
    """The hub begins with its default and finds out; strongSwan has to be told."""
    charon("fragment_size", "576")
    config = long_messages(configs.with_(ike={"retransmit-ms": 300}))
    smaller = counter(hub, "fragments_made_smaller")
    come_up(quiet_branch, hub, config, branch_text(quiet_branch), hub_calls)
    if hub_calls:
        assert counter(hub, "fragments_made_smaller") > smaller
        assert narrow_for_ike() >= 2
        assert "sent again in packets of at most 576 bytes" in hub.controlplane.output()
    else:
        assert counter(hub, "messages_reassembled") > 0
    quiet_branch.ping(count=5)
    rekey_both_by_the_branch(quiet_branch, hub)
    settled(hub)


def test_a_branch_whose_long_packets_get_lost(quiet_branch, hub, charon, narrow_for_ike):
    """Only some fragments of the branch come: it cannot work, but the log says what is wrong."""
    charon("fragment_size", "700")
    hub.push(long_messages(configs.with_()))
    load(quiet_branch, branch_text(quiet_branch))
    quiet_branch.knock(1)
    wait_until(lambda: "long packets from the peer lost on the way?" in hub.controlplane.output(),
               60,
               "a line about lost fragments")
    assert hub.tunnel()["state"] == "down"
