# SPDX-License-Identifier: BSD-3-Clause
"""Configurations pushed to a running hub: the same again touches nothing, a change touches what it
changes, a wrong one is refused as a whole with all its errors."""
import copy
import glob
import json
import os
import re

import pytest

import configs
from conftest import bring_up
from lab import ROOT


def identity_of_everything(hub):
    """What must not move when nothing is touched: SPIs, ids, ages only grow, counters only grow."""
    return {
        "ike": [(s["spi_i"], s["spi_r"], s["rekeys"]) for s in hub.show("crypto-ikev2-sa")["sas"]
                if s["state"] == "established"],
        "esp": [(s["id"], s["spi"], s["direction"]) for s in hub.show("crypto-ipsec-sa")["sas"]
                if s["state"] == "active"],     # what drains goes by itself
        "routes": [(r["prefix"], r["next_hops"]) for r in hub.show("ip-route")["routes"]],
        "interfaces": [(i["name"], i["mac"], i["mtu"])
                       for i in hub.show("interface")["interfaces"]],
    }


def counters(hub):
    tunnel = hub.tunnel()
    return [tunnel["in_packets"], tunnel["out_packets"], tunnel["in_bytes"], tunnel["out_bytes"],
            *[s["packets"] for s in hub.ipsec_sas()],
            *[i["in_packets"] for i in hub.show("interface")["interfaces"]]]


def versions(hub):
    return [v["version"] for v in hub.call("config-versions")["versions"]]


def test_identical_push_touches_nothing(branch, hub, tunnel, pinger):
    pings = pinger(interval="0.004")
    before, ages, numbers = identity_of_everything(hub), counters(hub), versions(hub)
    log = len(hub.dataplane.output())
    for _ in range(10):
        answer = hub.push(configs.one_branch())
        assert answer["changed"] is False and answer["changes"] == []
        pings.wait_more(20)
    pings.stop()
    assert pings.lost() == []
    assert identity_of_everything(hub) == before
    assert versions(hub) == numbers
    assert all(now >= then for now, then in zip(counters(hub), ages))
    assert len(hub.dataplane.output()) == log, "the dataplane had something to say about it"


def test_pushing_back_what_was_read_touches_nothing(branch, hub, tunnel):
    """config-get hides the keys; pushed back, they keep their values."""
    config = hub.call("config-get")["config"]
    assert "correct-horse" not in json.dumps(config)
    assert hub.push(config)["changed"] is False
    branch.ping(count=3)
    assert hub.tunnel()["spi_in"] == tunnel["spi_in"]


def test_change_touches_only_what_it_changes(branch, branch2, hub, pinger):
    """Tunnel2 gets another MTU, then another key, then goes; tunnel1 does not notice."""
    config = configs.two_branches()
    hub.push(config)
    bring_up(branch, hub)
    bring_up(branch2, hub, "tunnel2")
    first, second = hub.tunnel(), hub.tunnel("tunnel2")
    pings = pinger()

    config["tunnels"]["tunnel2"]["mtu"] = 1300
    assert [c for c in hub.push(config)["changes"] if "tunnel2" not in c] == []
    branch2.ping(count=3)
    assert hub.tunnel("tunnel2")["mtu"] == 1300
    assert hub.tunnel("tunnel2")["spi_in"] == second["spi_in"], "an MTU needs no new key"

    config["crypto"]["ikev2"]["keyring"]["branch-2"]["pre-shared-key"] = "staple-battery"
    answer = hub.push(config)
    assert "staple-battery" not in json.dumps(answer)
    hub.wait_down("tunnel2")
    branch2.load(PSK="staple-battery")
    bring_up(branch2, hub, "tunnel2")

    hub.push(configs.one_branch())
    assert hub.tunnel("tunnel2") is None
    pings.wait_more(20)
    pings.stop()
    assert pings.lost() == []
    assert hub.tunnel()["spi_in"] == first["spi_in"]
    assert hub.tunnel()["in_packets"] > first["in_packets"]


@pytest.mark.parametrize("change", [
    ("system", "hostname", "hub-z"),
    ("tunnels", "tunnel1", "description", "another word"),
    ("interfaces", "lan", "description", "another word"),
    ("tunnels", "tunnel1", "mtu", 1380),
    ("crypto", "ikev2", "profiles", "default", "dpd", 20),
    ("crypto", "ipsec", "profiles", "branches", "lifetime-seconds", 7200),
    ("system", "arp-timeout-seconds", 600),
], ids=lambda change: "/".join(map(str, change[:-1])))
def test_change_that_needs_no_new_sa(branch, hub, tunnel, pinger, change):
    config = configs.one_branch()
    place = config
    for key in change[:-2]:
        place = place[key]
    place[change[-2]] = change[-1]
    pings = pinger()
    answer = hub.push(config)
    assert answer["changed"] is True and len(answer["changes"]) == 1
    assert "/".join(change[:-1]) in answer["changes"][0]
    pings.wait_more(20)
    pings.stop()
    assert pings.lost() == []
    assert hub.tunnel()["spi_in"] == tunnel["spi_in"]


def test_lan_address_moves(lab, branch, hub, tunnel):
    """Another address on the LAN, and back; the WAN and the tunnel do not notice."""
    config = configs.one_branch()
    config["interfaces"]["lan"]["address"] = ["192.168.10.7/24"]
    hub.push(config)
    branch.ping("192.168.10.7")
    assert lab.exec("host", "ping", "-c", "1", "-W", "20", "192.168.10.7").returncode == 0
    hub.push(configs.one_branch())
    branch.ping("192.168.10.1")
    assert hub.tunnel()["spi_in"] == tunnel["spi_in"]


def test_all_errors_are_listed_and_nothing_applied(branch, hub, tunnel):
    before, numbers = identity_of_everything(hub), versions(hub)
    bad = configs.one_branch()
    bad["interfaces"]["wan"]["mtu"] = 70000
    bad["interfaces"]["lan"]["address"] = ["192.168.10.1/33"]
    bad["interfaces"]["wan"]["adress"] = ["1.1.1.2/24"]
    bad["tunnels"]["tunnel1"]["source"] = "1.1.1"
    bad["tunnels"]["tunnel1"]["protection"] = "nobody"
    bad["routes"][0]["via"] = 7
    bad["crypto"]["ipsec"]["transform-sets"]["gcm"]["encryption"] = "des"
    bad["crypto"]["ikev2"]["proposals"]["default"]["group"] = [22]
    del bad["crypto"]["ikev2"]["keyring"]["branch-1"]["pre-shared-key"]
    error = hub.request("config-push", config=bad)["error"]
    found = {e["path"] for e in error["errors"]}
    wanted = {"/interfaces/wan/mtu", "/interfaces/lan/address/0", "/interfaces/wan/adress",
              "/tunnels/tunnel1/source", "/tunnels/tunnel1/protection", "/routes/0/via",
              "/crypto/ipsec/transform-sets/gcm/encryption",
              "/crypto/ikev2/proposals/default/group/0"}
    assert wanted <= found
    assert any(path.startswith("/crypto/ikev2/keyring/branch-1") for path in found)
    # What was expected; of an unknown word or name, the message says it.
    assert all(e.get("expected") or re.match(
        "unknown option|there is no|no entry of|is missing: ", e["message"])
        for e in error["errors"])
    assert "nothing was changed" in error["message"]
    branch.ping(count=3)
    assert (identity_of_everything(hub), versions(hub)) == (before, numbers)


def test_line_that_is_not_json(hub):
    answer = hub.cli("push", "/dev/null", check=False)
    assert answer.returncode != 0 and answer.stderr.strip()
    assert hub.attached()


def test_dry_run(hub):
    answer = hub.call("config-push", config=configs.with_(tunnel={"mtu": 1200}), dry_run=True)
    assert answer["changes"] and hub.tunnel()["mtu"] == 1400


def test_rollback(hub):
    version = hub.call("config-get")["version"]
    hub.push(configs.with_(tunnel={"mtu": 1200}))
    assert hub.tunnel()["mtu"] == 1200
    hub.call("config-rollback", version=version)
    assert hub.tunnel()["mtu"] == 1400


def test_base_that_is_not_running_any_more(hub):
    version = hub.call("config-get")["version"]
    hub.push(configs.with_(tunnel={"mtu": 1200}))
    answer = hub.request("config-push", config=configs.one_branch(), base=version)
    assert "error" in answer and hub.tunnel()["mtu"] == 1200


def test_push_by_file(hub, tmp_path):
    path = tmp_path / "hub.json"
    path.write_text(json.dumps(configs.with_(tunnel={"mtu": 1200})))
    hub.cli("push", str(path))
    assert hub.tunnel()["mtu"] == 1200
    bad = copy.deepcopy(configs.one_branch())
    bad["tunnels"]["tunnel1"]["mtu"] = 7
    bad["tunnels"]["tunnel1"]["ttl"] = "x"
    path.write_text(json.dumps(bad))
    answer = hub.cli("push", str(path), check=False)
    assert answer.returncode != 0
    for part in ("/tunnels/tunnel1/mtu", "/tunnels/tunnel1/ttl"):
        assert part in answer.stdout + answer.stderr


@pytest.mark.parametrize("path", sorted(glob.glob(f"{ROOT}/configs/*.json")), ids=os.path.basename)
def test_ready_configurations_are_valid(hub, path):
    with open(path) as file:
        hub.call("config-push", config=json.load(file), dry_run=True)
