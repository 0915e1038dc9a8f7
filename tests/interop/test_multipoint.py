# SPDX-License-Identifier: BSD-3-Clause
"""One multipoint tunnel of the hub, two stock Linux branches with a GRE tunnel each."""
import functools

import pytest

import configs
from lab import ping, wait_until

FAR = {"branch-1": ("10.255.1.2", "2.2.2.2", "192.168.21.0/24"),
       "branch-2": ("10.255.2.2", "3.3.3.2", "192.168.22.0/24")}


def multipoint(protected, **tunnel):
    config = configs.two_branches()
    config["tunnels"] = {"cloud": {"mode": "gre-multipoint", "source": "1.1.1.2",
                                   "address": "10.255.0.1/16", "mtu": 1400, **tunnel}}
    if protected:
        config["tunnels"]["cloud"]["protection"] = "branches"
    config["nhrp-maps"] = [{"tunnel": "cloud", "address": address, "nbma": nbma}
                           for address, nbma, _ in FAR.values()]
    config["routes"] = [r for r in config["routes"] if not r.get("interface")]
    config["routes"] += [{"prefix": lan, "via": address} for address, _, lan in FAR.values()]
    return config


def member(branch):
    return f"cloud/{FAR[branch.name][0]}"


@pytest.fixture
def gre_branches(quiet_branch, session_branch2, hub):
    session_branch2.unload()
    yield quiet_branch, session_branch2
    for branch in (quiet_branch, session_branch2):
        branch.gre()


@pytest.mark.parametrize("options, tunnel", [("", {}), ("key 42", {"key": 42})],
                         ids=["plain", "key"])
def test_in_the_clear(gre_branches, hub, lab, options, tunnel):
    hub.push(multipoint(False, **tunnel))
    for branch in gre_branches:
        branch.gre(options)
        hub.wait_up(member(branch))
        branch.knock()
        branch.ping(count=5)
        ping(functools.partial(lab.exec, "host"), branch.lan, count=5)
    assert hub.tunnel("cloud")["state"] == "up"
    # Counted with the branch it is of.
    wait_until(lambda: all(hub.tunnel(member(b))["in_packets"] >= 10 for b in gre_branches), 10,
               "all are counted")
    assert hub.tunnel("cloud")["in_packets"] == 0


def test_far_end_that_is_not_mapped(gre_branches, hub):
    """What a stranger with the key sends is taken, as IOS does; an answer has nowhere to go."""
    config = multipoint(False)
    config["nhrp-maps"].pop()
    hub.push(config)
    one, two = gre_branches
    for branch in gre_branches:
        branch.gre()
    one.knock()
    one.ping(count=3)
    assert two.try_ping() == 0
    wait_until(lambda: hub.tunnel("cloud")["in_packets"] >= 5 and
               hub.drops()["tunnel-no-member"] >= 5, 10, "they are counted")
    # It is mapped while everything runs: from then on it is served, and the other is left alone.
    hub.push(multipoint(False))
    wait_until(lambda: two.try_ping() > 0, 15, "an answer to the second branch")
    two.ping(count=5)
    one.ping(count=5)


def test_protected(gre_branches, hub, lab, capture):
    """Each branch has its own SAs; nothing leaves or enters in the clear."""
    hub.push(multipoint(True))
    for branch in gre_branches:
        branch.gre()
        assert branch.try_ping() == 0
    for branch in gre_branches:
        branch.load()
        branch.knock()
        hub.wait_up(member(branch))
        branch.ping(count=10)
    one, two = (hub.tunnel(member(b)) for b in gre_branches)
    assert one["spi_out"] != two["spi_out"]
    for branch in gre_branches:
        ping(functools.partial(lab.exec, "host"), branch.lan, count=5)
    capture.stop()
    assert [p for p in capture.in_the_clear() if "1.1.1.2 >" in str(p)] == []
    wait_until(lambda: hub.drops()["gre-unprotected"] >= 5, 10, "the drops are counted")


def test_hub_calls(gre_branches, hub, lab):
    """A packet for a branch makes the hub call that branch, and no other."""
    one, two = gre_branches
    one.load(START="none")
    hub.push(multipoint(True))
    lab.exec("host", "ping", "-c", "1", "-w", "30", one.lan, check=False)
    hub.wait_up(member(one))
    one.ping(count=5)
    assert hub.tunnel(member(two))["state"] == "down"
