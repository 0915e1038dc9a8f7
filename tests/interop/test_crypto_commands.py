# SPDX-License-Identifier: BSD-3-Clause
"""What an operator asks of protected tunnels: sessions and why they end, messages in words, tests
of a tunnel, and what may be cleared; against a stock branch."""
import json
import re

import pytest

import configs
from conftest import bring_up
from lab import BUILD, Process, wait_until
from strongswan import load, usual, with_lines


def session(hub):
    return hub.show("crypto-session", name="tunnel1")["sessions"][0]


def test_session_lives_and_ends(branch, hub):
    hub.push(configs.with_(ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3}))
    bring_up(branch, hub)
    up = session(hub)
    assert (up["state"], up["remote"], up["identity"]) == ("up", "2.2.2.2", "2.2.2.2")
    assert up["dpd"]["worst_s"] == 5 and up["stage"] == "child"
    assert up["ike"]["remote_id"] == "2.2.2.2"
    wait_until(lambda: session(hub)["esp_heard_s"] is not None, 30, "ESP was heard")
    wait_until(lambda: session(hub)["dpd"]["answered"] >= 1, 60, "a question is answered")
    asked = session(hub)["dpd"]
    assert sum(bucket["n"] for bucket in asked["round_trips"]) >= 1 and asked["missed"] == 0
    branch.stop(crash=True)
    try:
        hub.wait_down(seconds=30, why="answer")
        down = session(hub)
        assert down["state"] == "down" and down["dpd"]["missed"] >= 1
        assert "does not answer" in down["last_end"]["why"] and down["last_end"]["ago_s"] < 30
        text = hub.cli("-c", "show crypto session detail").stdout
        assert "Tunnel tunnel1 is down" in text and "known after 5 s at the latest" in text
    finally:
        branch.start()


def test_messages_in_words(branch, hub, started):
    """From another terminal, while the tunnel comes up; ended by the operator."""
    debug = started(Process([f"{BUILD}/cli/culvert", "--socket", hub.mgmt, "-c",
                             "debug crypto ikev2 peer 2.2.2.2"], hub.lab.log_path("debug")))
    debug.wait_output("messages as they come", seconds=30)
    bring_up(branch, hub)
    debug.wait_output(r"IKE_AUTH response(.|\n)*TSr", seconds=30)
    hub.cli("-c", "undebug all")
    wait_until(lambda: not debug.alive(), 30, "the command has ended")
    text = debug.output()
    for words in ("IKE_SA_INIT request, message id 0", "NAT_DETECTION_SOURCE_IP",
                  "AUTH by shared key", "proposal 1 ESP SPI", "TSi protocol 47", "IDi"):
        assert words in text
    assert "correct-horse" not in text


def test_a_tunnel_is_tested(branch, hub):
    result = json.loads(hub.cli("--json", "-c", "test crypto peer 2.2.2.2", timeout=60).stdout)
    assert result["passed"], result
    steps = {step["step"]: step["result"] for step in result["steps"]}
    assert steps == dict.fromkeys(("route", "reachability", "ike", "proposal", "identity", "key",
                                   "selectors", "mtu"), "ok")


def test_where_it_stops(branch, hub):
    config = configs.with_ike_proposal(configs.one_branch(), "aes256gcm16-prfsha384-ecp256")
    hub.push(config)
    result = hub.cli("-c", "test crypto tunnel tunnel1", check=False, timeout=60)
    assert result.returncode == 1
    last = [line for line in result.stdout.splitlines() if " failed " in line]
    assert len(last) == 1 and "proposal" in last[0] and "answers NO_PROPOSAL_CHOSEN" in last[0]
    config["routes"] = []
    hub.push(config)
    result = hub.cli("-c", "test crypto tunnel tunnel1", check=False, timeout=60)
    assert result.returncode == 1 and re.search(r"route +failed +no route to", result.stdout)


def test_child_sas_are_cleared_alone(branch, hub, tunnel):
    ike = [sa["spi_i"] for sa in hub.ike_sas()]
    assert "Child SA" in hub.cli("-c", "clear crypto ipsec sa peer 2.2.2.2").stdout
    bring_up(branch, hub)
    assert [sa["spi_i"] for sa in hub.ike_sas()] == ike
    assert hub.tunnel()["spi_in"] != tunnel["spi_in"]
    assert hub.cli("-c", "clear crypto isakmp sa").stdout.startswith("0 ISAKMP SAs")
    assert hub.ike_sas() != []
    hub.cli("-c", "clear crypto ikev2 sa tunnel tunnel1")
    wait_until(lambda: [sa["spi_i"] for sa in hub.ike_sas()] != ike, 30, "the IKE SA is gone")


V1 = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}

# What is wrong at the branch; what is other at the hub; where the test stops, and what it says.
WRONG = {
    "identity": (["local: id = b1.example"], {"peer-identity": "*.branch.example"},
                 "identity", "calls itself"),
    "our name": (["remote: id = hub.example"], {}, "key", "AUTHENTICATION.FAILED"),
    "key": ([], {}, "key", "AUTHENTICATION_FAILED to IKE_AUTH; its key is another one|"
            "is its key the same|pre-shared key differs"),
    "selectors": (["gre: local_ts = 10.0.0.0/8", "gre: remote_ts = 10.0.0.0/8"], {},
                  "selectors", "refuses the Child SA: (TS_UNACCEPTABLE|INVALID-ID-INFORMATION)"),
    "algorithms": (["gre: esp_proposals = aes256-sha512"], {}, "selectors",
                   "refuses the Child SA: NO.PROPOSAL.CHOSEN"),
}


def stops_at(hub):
    """The last step of the test; all before it are in order, or not known."""
    answer = json.loads(hub.cli("--json", "-c", "test crypto tunnel tunnel1", check=False,
                                timeout=60).stdout)
    assert not answer["passed"], answer
    *before, last = answer["steps"]
    assert {step["result"] for step in before} <= {"ok", "unknown"}, answer
    assert [step["step"] for step in before if step["result"] == "unknown"] in ([], ["identity"])
    return last


@pytest.mark.parametrize("version", [2, 1], ids=["ikev2", "ikev1"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_at_the_branch(quiet_branch, hub, wrong, version):
    lines, tunnel, step, says = WRONG[wrong]
    text = usual(quiet_branch, START="none", **V1,
                 **({"PSK": "wrong-horse"} if wrong == "key" else {}))
    text = re.sub(r"id-(local|remote) = .*\n", "", text)
    load(quiet_branch, with_lines(text, f"version = {version}", *lines))
    config = configs.with_esp_proposal(configs.with_ike_proposal(
        configs.with_(ike={"version": f"ikev{version}"}, tunnel=tunnel), V1["IKE_PROPOSALS"]),
        V1["ESP_PROPOSALS"])
    hub.push(config)
    last = stops_at(hub)
    assert last["step"] == step and re.search(says, last["text"]), last


def test_mtu_that_does_not_fit(branch, hub):
    config = configs.with_(tunnel={"mtu": 1460})
    hub.push(config)
    last = stops_at(hub)
    assert last["step"] == "mtu" and "1460 is configured" in last["text"], last
    config["tunnels"]["tunnel1"]["mtu"] = 1400
    hub.push(config)
    result = hub.cli("-c", "test crypto tunnel tunnel1", timeout=60)
    assert "all is well" in result.stdout
