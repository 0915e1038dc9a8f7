# SPDX-License-Identifier: BSD-3-Clause
"""Branches behind NAT, the hub as well, and branches whose address nobody configured.

    branch-1 2.2.2.2 ---+-----+
                        | isp | 1.1.1.1, any port --- 1.1.1.2 hub-a
    branch-2 3.3.3.2 ---+-----+

The isp gives both branches its own address. GRE in ESP transport mode in UDP, as RFC 3948 has it.
"""
import pytest

import configs
from conftest import bring_up
from lab import ping, wait_until, within
from strongswan import answer_only, load, usual, with_lines
from test_ikev1 import set_up, v1_config
from test_tunnel_ways import ANSWERING, SENDER

NAT = "1.1.1.1"
HUB_OUTSIDE = "9.9.9.9"
V1_ALGORITHMS = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}


@pytest.fixture
def nat(lab):
    lab.net("nat", "on")
    yield lambda: lab.net("nat", "flush")
    lab.net("nat", "off")


def in_udp(hub, name="tunnel1"):
    """The SAs of a tunnel are all in UDP; their ports at the peer's side."""
    sas = [sa for sa in hub.ipsec_sas(name) if sa["state"] == "active"]
    assert sas and all(sa["local_port"] == 4500 for sa in sas), sas
    return {sa["remote_port"] for sa in sas}


def test_dynamic_address(quiet_branch, hub):
    """No NAT, but no destination either: the branch calls, its address is learned."""
    hub.push(configs.dynamic())
    hub.wait_down(why="waiting for the peer to call")
    assert hub.tunnel()["destination"] is None
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    assert hub.tunnel()["destination"] == "2.2.2.2"
    assert all(sa["local_port"] is None for sa in hub.ipsec_sas())
    # It leaves and comes back.
    quiet_branch.swanctl("--terminate", "--ike", "hub")
    hub.wait_down(why=r"\w")
    bring_up(quiet_branch, hub)


def test_behind_nat(nat, quiet_branch, hub, capture):
    hub.push(configs.dynamic())
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    quiet_branch.ping(count=20, options=("-s", "1000"))
    ping(lambda *a, **k: hub.lab.exec("host", *a, **k), "192.168.21.1", count=20)
    sa, = hub.ike_sas(NAT)
    assert sa["nat_remote"] and not sa["nat_local"] and sa["encapsulated"]
    assert in_udp(hub) == {sa["remote_port"]} and sa["remote_port"] != 4500
    assert "INSTALLED, TRANSPORT-in-UDP" in quiet_branch.swanctl("--list-sas")
    capture.stop()
    assert capture.packets("esp") == [] and len(capture.packets("udp port 4500")) > 40
    assert capture.in_the_clear() == []


def test_two_branches_behind_one_address(nat, quiet_branch, branch2, hub, pinger):
    """The same address and the same GRE tunnel's ends: SA and port tell them apart."""
    hub.push(configs.dynamic(("branch-1", "branch-2")))
    branch2.unload()
    branch2.load()
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    bring_up(branch2, hub, "tunnel2")
    one, two = pinger("192.168.21.1"), pinger("192.168.22.1")
    for p in (one, two):
        p.wait_more(200)
    quiet_branch.ping(count=20)
    branch2.ping(count=20)
    assert hub.tunnel("tunnel1")["destination"] == hub.tunnel("tunnel2")["destination"] == NAT
    assert in_udp(hub, "tunnel1").isdisjoint(in_udp(hub, "tunnel2"))
    for p in (one, two):
        p.stop()
        assert p.lost() == []


def test_new_mapping_is_followed(nat, quiet_branch, hub, pinger):
    hub.push(configs.dynamic())
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    before = in_udp(hub)
    spi = hub.tunnel()["spi_out"]
    nat()
    # The branch sends from a new port now; the answers must follow, with the same keys.
    quiet_branch.exec("ping", "-i", "0.1", "-c", "20", "-w", "5", "-I", quiet_branch.lan,
                      "192.168.10.100", check=False)
    quiet_branch.ping(count=20)
    assert in_udp(hub).isdisjoint(before)
    assert hub.tunnel()["spi_out"] == spi
    assert hub.ike_sas(NAT)[0]["remote_port"] in in_udp(hub)


def test_new_mapping_is_followed_with_ikev1(nat, quiet_branch, hub):
    """By traffic, and without any by the branch's R-U-THERE; new keys go to the new place."""
    config = v1_config()
    config["tunnels"]["tunnel1"].update({"destination": NAT, "peer-identity": "2.2.2.2"})
    config["crypto"]["ikev2"]["keyring"]["branch-1"]["address"] = f"{NAT}/32"
    set_up(quiet_branch, hub, config, False, DPD_DELAY="1s")
    before, spi = in_udp(hub), hub.tunnel()["spi_out"]
    nat()
    wait_until(lambda: in_udp(hub).isdisjoint(before), 10, "the branch's questions move it")
    quiet_branch.ping(count=20)
    between = in_udp(hub)
    nat()
    quiet_branch.try_ping()
    quiet_branch.ping(count=20)
    assert in_udp(hub).isdisjoint(before | between)
    assert hub.tunnel()["spi_out"] == spi
    hub.cli("-c", "clear crypto ipsec sa tunnel tunnel1")
    bring_up(quiet_branch, hub)
    quiet_branch.ping(count=5)


@pytest.fixture
def nat_at_both_ends(lab, nat, quiet_branch):
    """The hub, too, is known by another address than its own, and so is its end of GRE."""
    lab.tool("net", "exec", "isp", "nft", "-f", "-", input=f"""
        table ip lab-nat-hub {{
            chain pre {{
                type nat hook prerouting priority dstnat
                ip daddr {HUB_OUTSIDE} dnat to 1.1.1.2
            }}
        }}""")
    quiet_branch.exec("ip", "tunnel", "change", "gre1", "remote", HUB_OUTSIDE)
    yield
    quiet_branch.exec("ip", "tunnel", "change", "gre1", "remote", "1.1.1.2")
    lab.net("exec", "isp", "nft", "delete", "table", "ip", "lab-nat-hub")


@pytest.mark.parametrize("version", [1, 2])
def test_both_ends_behind_nat(nat_at_both_ends, quiet_branch, hub, pinger, version):
    """Neither end knows the other by the address that it calls itself. New keys by either side."""
    config = configs.dynamic()
    algorithms = {}
    if version == 1:
        # In main mode with a key the address picks the peer.
        config = v1_config()
        config["tunnels"]["tunnel1"].update({"destination": NAT, "peer-identity": "2.2.2.2"})
        config["crypto"]["ikev2"]["keyring"]["branch-1"]["address"] = f"{NAT}/32"
        algorithms = V1_ALGORITHMS
    configs.ipsec_profile(config)["lifetime-packets"] = 1000
    hub.push(config)
    load(quiet_branch, with_lines(usual(quiet_branch, **algorithms), f"version = {version}",
                                  f"remote_addrs = {HUB_OUTSIDE}"))
    bring_up(quiet_branch, hub)
    sa, = hub.ike_sas(NAT)
    assert sa["nat_remote"] and sa["nat_local"] and sa["encapsulated"]
    assert in_udp(hub) == {sa["remote_port"]} and sa["remote_port"] != 4500
    assert "INSTALLED, TRANSPORT-in-UDP" in quiet_branch.swanctl("--list-sas")
    unknown = hub.drops()["esp-unknown-spi"]
    p = pinger(interval="0.004")
    wait_until(lambda: hub.tunnel()["rekeys"] >= 1, 30, "new keys by the hub")
    before = hub.tunnel()["rekeys"]
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 10, "new keys by the branch")
    p.wait_more(50)
    p.stop()
    # As responder strongSwan sends by the new SA at once: what comes before its answer is early.
    early = hub.drops()["esp-unknown-spi"] - unknown
    assert len(p.lost()) <= max(early, 2) <= 250 + 250 * p.stood_s(), (p.lost(), early)
    quiet_branch.ping(count=5, options=("-s", "1000"))
    in_udp(hub)


@pytest.mark.parametrize("who", ["branch", "hub"])
def test_rekeys_through_nat(nat, quiet_branch, hub, pinger, who):
    """By the branch at its command; by the hub at its own lifetime."""
    config = configs.dynamic()
    if who == "hub":
        configs.ipsec_profile(config)["lifetime-seconds"] = 60
        configs.ipsec_profile(config)["lifetime-packets"] = 1000
    hub.push(config)
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    p = pinger()
    if who == "branch":
        for _ in range(3):
            before = hub.tunnel()["spi_out"]
            quiet_branch.swanctl("--rekey", "--child", "gre")
            wait_until(lambda: hub.tunnel()["spi_out"] != before, 10, "another SA")
        quiet_branch.swanctl("--rekey", "--ike", "hub")
        wait_until(lambda: any(sa["rekeys"] > 0 for sa in hub.ike_sas(NAT)), 10, "a new IKE SA")
        quiet_branch.swanctl("--rekey", "--child", "gre")
    else:
        wait_until(lambda: hub.tunnel()["rekeys"] >= 2, 40, "two rekeys")
    p.wait_more(20)
    p.stop()
    assert len(p.lost()) <= 1 + 100 * p.stood_s()
    in_udp(hub)


def private_inside(hub, address, name="tunnel1"):
    sas = [sa for sa in hub.ipsec_sas(name) if sa["state"] == "active"]
    return sas and all((sa["mode"], sa["inner_remote"]) == ("tunnel", address) for sa in sas)


@pytest.mark.parametrize("who", ["branch", "hub"])
def test_tunnel_mode_around_gre(nat, quiet_branch, hub, pinger, who):
    """The header inside has the branch's own address. New keys by either side, a new mapping, a
    control plane that is killed."""
    config = configs.dynamic()
    configs.ipsec_profile(config)["mode"] = "tunnel"
    if who == "hub":
        configs.ipsec_profile(config)["lifetime-packets"] = 1000
    hub.push(config)
    load(quiet_branch, with_lines(usual(quiet_branch), "gre: mode = tunnel"))
    bring_up(quiet_branch, hub)
    assert hub.tunnel()["destination"] == NAT and private_inside(hub, "2.2.2.2")
    p = pinger(interval="0.004")
    before = hub.tunnel()["rekeys"]
    if who == "branch":
        quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 30, "a rekey")
    quiet_branch.ping(count=20, options=("-s", "1000"))
    p.wait_more(50)
    p.stop()
    assert p.lost() == []
    assert private_inside(hub, "2.2.2.2")
    in_udp(hub)
    nat()
    quiet_branch.try_ping()
    quiet_branch.ping(count=5)
    hub.controlplane.kill()
    hub.start_controlplane(config)
    hub.wait_attached()
    wait_until(lambda: private_inside(hub, "2.2.2.2"), 10, "the SAs are taken up again")
    quiet_branch.ping(count=5)


def test_tunnel_mode_of_two_branches(nat, quiet_branch, branch2, hub):
    config = configs.dynamic(("branch-1", "branch-2"))
    configs.ipsec_profile(config)["mode"] = "tunnel"
    hub.push(config)
    branch2.unload()
    for branch in (branch2, quiet_branch):
        load(branch, with_lines(usual(branch), "gre: mode = tunnel"))
    bring_up(quiet_branch, hub)
    bring_up(branch2, hub, "tunnel2")
    for branch, name in ((quiet_branch, "tunnel1"), (branch2, "tunnel2")):
        branch.ping(count=10)
        ping(lambda *a, **k: hub.lab.exec("host", *a, **k), branch.lan, count=10)
        assert private_inside(hub, branch.vars["LOCAL_WAN"], name)


@pytest.fixture
def answering(quiet_branch):
    """The branch sends keepalives back, or not; at the end its GRE is as it was."""
    yield lambda on: quiet_branch.exec("sh", "-euc", ANSWERING.format(on=int(on)))
    quiet_branch.gre()


def with_keepalives(config):
    for tunnel in config["tunnels"].values():
        tunnel.update({"keepalive-seconds": 1, "keepalive-retries": 2})
    return config


def answered(hub, name="tunnel1"):
    before = hub.tunnel(name)["keepalive"]["answered"]
    wait_until(lambda: hub.tunnel(name)["keepalive"]["answered"] >= before + 3, 15,
               "keepalives are answered")


@pytest.fixture
def hub_outside(lab, quiet_branch):
    """The hub's public address is not its own, whoever calls; that is the branch's end of GRE."""
    lab.tool("net", "exec", "isp", "nft", "-f", "-", input=f"""
        table ip lab-nat-hub {{
            chain pre {{
                type nat hook prerouting priority dstnat
                ip daddr {HUB_OUTSIDE} dnat to 1.1.1.2
            }}
            chain post {{
                type nat hook postrouting priority srcnat
                ip saddr 1.1.1.2 snat to {HUB_OUTSIDE}
            }}
        }}""")
    quiet_branch.exec("ip", "tunnel", "change", "gre1", "remote", HUB_OUTSIDE)
    yield
    quiet_branch.exec("ip", "tunnel", "change", "gre1", "remote", "1.1.1.2")
    lab.net("exec", "isp", "nft", "delete", "table", "ip", "lab-nat-hub")


def outside_inside(hub, remote):
    sas = [sa for sa in hub.ipsec_sas() if sa["state"] == "active"]
    return sas and all((sa["mode"], sa["inner_local"], sa["inner_remote"]) ==
                       ("tunnel", HUB_OUTSIDE, remote) for sa in sas)


def rekeyed_by_both(hub, branch, remote, pinger):
    """Without a lost packet, but what strongSwan as responder sends before the hub has its keys."""
    unknown, before = hub.drops()["esp-unknown-spi"], hub.tunnel()["rekeys"]
    pings = pinger(interval="0.004")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 60, "new keys by the hub")
    before = hub.tunnel()["rekeys"]
    branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 10, "new keys by the branch")
    pings.wait_more(50)
    pings.stop()
    early = hub.drops()["esp-unknown-spi"] - unknown
    assert len(pings.lost()) <= early <= 250 + 250 * pings.stood_s(), (pings.lost(), early)
    branch.ping(count=20, options=("-s", "1000"))
    assert outside_inside(hub, remote)


@pytest.mark.parametrize("version, caller", [(1, "branch"), (2, "branch"), (2, "hub")])
def test_tunnel_mode_with_the_hub_behind_nat(hub_outside, quiet_branch, hub, capture, answering,
                                             pinger, version, caller):
    """The header inside names the hub as the branch knows it. With IKEv1 the branch calls: else
    nobody has told that address."""
    config = v1_config() if version == 1 else configs.one_branch()
    configs.ipsec_profile(config).update({"mode": "tunnel", "lifetime-packets": 1000})
    if caller == "hub":
        configs.ike_profile(config)["initiate"] = "always"
    algorithms = V1_ALGORITHMS if version == 1 else {}
    remote = "2.2.2.2" if version == 2 else None    # the identities say what is seen anyhow
    text = with_lines(usual(quiet_branch, **algorithms), f"version = {version}",
                      f"remote_addrs = {HUB_OUTSIDE}", "gre: mode = tunnel")
    answering(True)
    if caller == "hub":
        load(quiet_branch, answer_only(text))
        hub.push(config)
        hub.wait_up()
    else:
        hub.push(config)
        load(quiet_branch, text)
        bring_up(quiet_branch, hub)
    sa, = hub.ike_sas("2.2.2.2")
    assert sa["nat_local"] and not sa["nat_remote"]
    if version == 2:
        assert sa["role"] == ("initiator" if caller == "hub" else "responder")
    assert outside_inside(hub, remote)
    quiet_branch.ping(count=10)
    ping(lambda *a, **k: hub.lab.exec("host", *a, **k), "192.168.21.1", count=10)
    rekeyed_by_both(hub, quiet_branch, remote, pinger)
    assert f"{HUB_OUTSIDE} to 2.2.2.2" in hub.cli("-c", "show crypto ipsec sa tunnel "
                                                  "tunnel1").stdout
    hub.controlplane.kill()
    hub.start_controlplane(config)
    hub.wait_attached()
    wait_until(lambda: outside_inside(hub, remote), 10, "the SAs are taken up again")
    before = hub.tunnel()["rekeys"]
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 10, "new keys after the restart")
    quiet_branch.ping(count=5)
    assert outside_inside(hub, remote)
    hub.push(with_keepalives(config))
    answered(hub)
    assert capture.in_the_clear() == []


def test_cleared_after_refusals(hub_outside, quiet_branch, hub):
    """Until the branch has called, the hub does not know how the branch names it, and is refused,
    with longer pauses each time. What an operator clears then does not wait for those."""
    config = v1_config(initiate="always")
    configs.ipsec_profile(config)["mode"] = "tunnel"
    text = with_lines(usual(quiet_branch, **V1_ALGORITHMS), "version = 1",
                      f"remote_addrs = {HUB_OUTSIDE}", "gre: mode = tunnel")
    load(quiet_branch, answer_only(text))
    since = len(hub.controlplane.output())
    hub.push(config)
    wait_until(lambda: hub.controlplane.output()[since:].count("refuses the Child SA") >= 5, 40,
               "five refusals")
    load(quiet_branch, text)
    bring_up(quiet_branch, hub)
    load(quiet_branch, answer_only(text))
    spi = hub.tunnel()["spi_out"]
    hub.cli("-c", "clear crypto ipsec sa tunnel tunnel1")
    within(lambda: hub.tunnel()["spi_out"] not in (None, spi), 10, "a new quick mode")
    quiet_branch.knock()    # the hub has its SAs before the branch has
    quiet_branch.ping(count=5)


def test_tunnel_mode_with_both_ends_behind_nat(nat_at_both_ends, quiet_branch, hub, pinger):
    config = configs.dynamic()
    configs.ipsec_profile(config).update({"mode": "tunnel", "lifetime-packets": 1000})
    hub.push(config)
    load(quiet_branch, with_lines(usual(quiet_branch), f"remote_addrs = {HUB_OUTSIDE}",
                                  "gre: mode = tunnel"))
    bring_up(quiet_branch, hub)
    assert outside_inside(hub, "2.2.2.2")
    rekeyed_by_both(hub, quiet_branch, "2.2.2.2", pinger)


def test_gre_keepalives(nat, quiet_branch, hub):
    """The branch knows itself by another address than the hub does: so do its keepalives."""
    hub.push(configs.dynamic())
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    assert "answers 3" in quiet_branch.exec("/usr/bin/python3", "-c", SENDER).stdout


def sees_us_at(hub, remote, local):
    return all((sa["inner_remote"], sa["inner_local"]) == (remote, local)
               for sa in hub.ipsec_sas() if sa["state"] == "active")


def test_own_keepalives(nat, quiet_branch, hub, capture, answering):
    """Ours go by the private address: a stock branch sends them back through its SA, after new keys
    by either side, and to another control plane."""
    config = with_keepalives(configs.dynamic())
    configs.ipsec_profile(config)["lifetime-packets"] = 1000
    hub.push(config)
    answering(True)
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    answered(hub)
    assert sees_us_at(hub, "2.2.2.2", None)
    for rekey in (lambda: quiet_branch.swanctl("--rekey", "--child", "gre"),
                  lambda: quiet_branch.ping(count=1000, options=("-i", "0.002")), None):
        spi = hub.tunnel()["spi_out"]
        if rekey is None:
            hub.controlplane.kill()
            hub.start_controlplane(config)
            hub.wait_attached()
        else:
            rekey()
            wait_until(lambda spi=spi: hub.tunnel()["spi_out"] not in (None, spi), 20, "new keys")
        answered(hub)
    answering(False)
    hub.wait_down(seconds=20, why="keepalives")
    answering(True)
    hub.wait_up(seconds=20)
    assert capture.in_the_clear() == []


def v1_behind_nat():
    """Main mode finds its pre-shared key by the address that the NAT shows."""
    config = v1_config()
    config["tunnels"]["tunnel1"].update({"destination": NAT, "peer-identity": "2.2.2.2"})
    config["crypto"]["ikev2"]["keyring"]["nat"] = {"address": f"{NAT}/32",
                                                   "pre-shared-key": "correct-horse"}
    return config


def test_tunnel_mode_around_gre_ikev1(nat, quiet_branch, hub, pinger):
    """The identities of quick mode say the address inside."""
    config = v1_behind_nat()
    configs.ipsec_profile(config)["mode"] = "tunnel"
    set_up(quiet_branch, hub, config, False, "gre: mode = tunnel")
    assert private_inside(hub, "2.2.2.2")
    p = pinger()
    before = hub.tunnel()["rekeys"]
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] > before, 30, "a rekey")
    p.wait_more(20)
    p.stop()
    assert p.lost() == []
    assert private_inside(hub, "2.2.2.2")


def test_own_keepalives_ikev1(nat, quiet_branch, hub, answering):
    """The original addresses of quick mode."""
    config = with_keepalives(v1_behind_nat())
    answering(True)
    set_up(quiet_branch, hub, config, False)
    answered(hub)
    assert sees_us_at(hub, "2.2.2.2", None)
    quiet_branch.swanctl("--rekey", "--child", "gre")
    answered(hub)


@pytest.mark.parametrize("version", [1, 2])
def test_own_keepalives_of_a_hub_that_calls(hub_outside, quiet_branch, hub, capture, answering,
                                            version):
    """In transport mode: the branch knows the hub by an address that the hub does not have."""
    config = with_keepalives(v1_config() if version == 1 else configs.one_branch())
    configs.ike_profile(config)["initiate"] = "always"
    answering(True)
    text = with_lines(usual(quiet_branch, **(V1_ALGORITHMS if version == 1 else {})),
                      f"version = {version}", f"remote_addrs = {HUB_OUTSIDE}")
    load(quiet_branch, answer_only(text))
    hub.push(config)
    hub.wait_up()
    sa, = hub.ike_sas("2.2.2.2")
    assert sa["nat_local"] and not sa["nat_remote"]
    assert sees_us_at(hub, None, HUB_OUTSIDE)
    answered(hub)
    quiet_branch.swanctl("--rekey", "--child", "gre")
    answered(hub)
    assert capture.in_the_clear() == []


def test_keepalives_with_nat_at_both_ends(nat, quiet_branch, hub, lab, answering):
    """The branch knows the hub by another address, too. Keepalives of both."""
    outside = "9.9.9.9"
    lab.exec("isp", "sh", "-euc", f"""
        nft add chain ip lab-nat pre '{{ type nat hook prerouting priority dstnat ; }}'
        nft add rule ip lab-nat pre ip daddr {outside} dnat to 1.1.1.2""")
    hub.push(with_keepalives(configs.dynamic()))
    quiet_branch.exec("ip", "link", "set", "gre1", "type", "gre", "local", "2.2.2.2", "remote",
                      outside, "ttl", "64")
    answering(True)
    load(quiet_branch, with_lines(usual(quiet_branch), f"remote_addrs = {outside}"))
    bring_up(quiet_branch, hub)
    sa, = hub.ike_sas(NAT)
    assert sa["nat_remote"] and sa["nat_local"]
    assert sees_us_at(hub, "2.2.2.2", outside)
    answered(hub)
    sender = SENDER.replace("1.1.1.2", outside)
    assert "answers 3" in quiet_branch.exec("/usr/bin/python3", "-c", sender).stdout


def test_forced_encapsulation(quiet_branch, hub):
    """No NAT on the way, and ESP in UDP all the same; the hub calls."""
    config = configs.with_(ike={"nat-force": True, "initiate": "always",
                                "nat-keepalive-seconds": 5})
    quiet_branch.load(START="none")
    hub.push(config)
    hub.wait_up()
    quiet_branch.ping(count=10)
    assert in_udp(hub) == {4500}


def test_crashed_branch_returns_from_another_port(nat, quiet_branch, hub):
    hub.push(configs.dynamic())
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    quiet_branch.stop(crash=True)
    nat()
    quiet_branch.start()
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    quiet_branch.ping(count=10)


def test_control_plane_restarts_behind_nat(nat, quiet_branch, hub, pinger):
    """The new control plane finds the tunnel by its cookie and does not forget the learned
    address."""
    config = configs.dynamic()
    hub.push(config)
    quiet_branch.load(DPD_DELAY="2s")
    bring_up(quiet_branch, hub)
    p = pinger()
    hub.controlplane.kill()
    hub.start_controlplane(config)
    hub.wait_attached()
    assert hub.tunnel()["destination"] == NAT
    p.wait_more(100)
    p.stop()
    assert len(p.lost()) <= 3 + 100 * p.stood_s()
