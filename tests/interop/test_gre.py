# SPDX-License-Identifier: BSD-3-Clause
"""Plain GRE with Linux's own, with the options of RFC 2890."""
import functools

import pytest

import configs
from lab import ping, wait_until

VARIANTS = {
    "plain": ("", {}),
    "key": ("key 42", {"key": 42}),
    "key-zero": ("key 0", {"key": 0}),
    "key-highest": ("key 4294967295", {"key": 4294967295}),
    "checksum": ("csum", {"checksum": True}),
    "sequence": ("seq", {"sequence": True}),
    "all": ("key 7 csum seq", {"key": 7, "checksum": True, "sequence": True}),
}


@pytest.fixture
def gre_branch(quiet_branch):
    yield quiet_branch
    quiet_branch.gre()


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant(gre_branch, hub, variant, lab):
    options, tunnel = VARIANTS[variant]
    gre_branch.gre(options)
    hub.push(configs.plain_gre(**tunnel))
    hub.wait_up()
    gre_branch.ping(count=10)
    gre_branch.ping(count=3, options=("-s", "4000", "-M", "dont"))
    ping(functools.partial(lab.exec, "host"), gre_branch.lan)


def test_wrong_key_is_dropped(gre_branch, hub):
    gre_branch.gre("key 43")
    hub.push(configs.plain_gre(key=42))
    assert gre_branch.try_ping() == 0
    wait_until(lambda: (d := hub.drops())["gre-key"] + d["gre-no-tunnel"] >= 5, 10,
               "the drops are counted")


def test_from_a_loopback(gre_branch, hub, lab):
    """The hub's end is an address of a loopback interface, in the clear and with protection."""
    usual = gre_branch.vars
    lab.exec("isp", "ip", "route", "add", "5.5.5.5/32", "via", "1.1.1.2")
    try:
        gre_branch.vars = {**usual, "REMOTE_WAN": "5.5.5.5"}
        gre_branch.gre()
        for config in (configs.plain_gre(source="5.5.5.5"),
                       configs.with_(tunnel={"source": "5.5.5.5"})):
            config["interfaces"]["loopback0"] = {"address": ["5.5.5.5/32"]}
            hub.push(config)
            if "protection" in config["tunnels"]["tunnel1"]:
                gre_branch.load()
                gre_branch.knock()
            hub.wait_up()
            gre_branch.ping(count=5)
    finally:
        gre_branch.vars = usual
        lab.exec("isp", "ip", "route", "del", "5.5.5.5/32")


@pytest.mark.parametrize("options", ["key-highest", "all"])
def test_options_inside_esp(quiet_branch, hub, options):
    """The same header behind ESP: a key alone goes the short way, the others the long one."""
    theirs, ours = VARIANTS[options]
    quiet_branch.gre(theirs)
    try:
        hub.push(configs.with_(tunnel=ours))
        quiet_branch.load()
        quiet_branch.knock()
        hub.wait_up()
        quiet_branch.ping(count=10)
    finally:
        quiet_branch.gre()


def test_protection_taken_away_and_given_back(gre_branch, hub):
    """From protected to plain and back: each time only what is configured gets through."""
    hub.push(configs.plain_gre())
    hub.wait_up()
    gre_branch.ping(count=3)
    hub.push(configs.one_branch())
    assert gre_branch.try_ping() == 0
    gre_branch.load()
    gre_branch.knock()
    wait_until(lambda: hub.tunnel()["state"] == "up", 15, "up with protection")
    gre_branch.ping(count=3)
