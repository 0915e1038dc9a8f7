# SPDX-License-Identifier: BSD-3-Clause
"""strongSwan set up in the many ways that people set it up: what the hub speaks must work with all
of them, and what it does not speak must be refused with a reason. Settings one by one:
test_strongswan_settings.py."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import (MINIMAL, answer_only, charon, counter, load,  # noqa: F401
                        rekey_both_by_the_branch, settled, usual, with_lines)
from test_rekey import finish, spis, wait_new_spis


# ---- settings that do not hinder ----------------------------------------------------------------

def test_nothing_but_the_necessary(quiet_branch, hub, pinger, capture):
    """MOBIKE makes IKE float to port 4500, NAT or not; ESP stays ESP. Long lists of proposals."""
    hub.push(configs.with_(ike={"dpd": 2}))
    load(quiet_branch, MINIMAL)
    bring_up(quiet_branch, hub)
    assert hub.ike_sas()[0]["remote_port"] == 4500
    pings = pinger()
    rekey_both_by_the_branch(quiet_branch, hub)
    finish(pings)
    # Without traffic the hub asks for a sign of life, on the port that IKE uses now.
    probes = counter(hub, "dpd_probes")
    wait_until(lambda: counter(hub, "dpd_probes") > probes, 10, "a probe")
    quiet_branch.ping(count=5)
    settled(hub)
    capture.stop()
    assert capture.packets("udp port 4500 and udp[8:4] != 0") == [], "ESP in UDP, or no marker"
    assert capture.packets("udp src port 4500 and src host 1.1.1.2")


def test_nothing_but_the_necessary_hub_rekeys(quiet_branch, hub, pinger):
    """The hub's own exchanges, with its shortest lifetimes, on a floated IKE SA."""
    hub.push(configs.with_(ike={"lifetime-seconds": 60}, ipsec={"lifetime-packets": 1000}))
    load(quiet_branch, MINIMAL)
    bring_up(quiet_branch, hub)
    ike = hub.ike_sas()[0]["spi_i"]
    pings = pinger()
    wait_new_spis(hub, spis(hub), 30)
    wait_until(lambda: [sa["spi_i"] for sa in hub.ike_sas()] not in ([ike], [])
               and len(hub.ike_sas()) == 1, 75, "another IKE SA")
    assert hub.ike_sas()[0]["remote_port"] == 4500
    finish(pings)
    settled(hub)


def test_nothing_but_the_necessary_hub_calls(quiet_branch, hub):
    load(quiet_branch, answer_only(MINIMAL))
    hub.push(configs.with_(ike={"initiate": "always"}))
    hub.wait_up()
    quiet_branch.ping(count=5)
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=5)
    settled(hub)


# ---- the branch starts over ---------------------------------------------------------------------

@pytest.mark.parametrize("first", ["make", "break"])
def test_reauthentication(quiet_branch, hub, pinger, charon, first):
    """Every few seconds all is made anew, before or after the old has gone."""
    charon("make_before_break", "yes" if first == "make" else "no")
    load(quiet_branch, with_lines(usual(quiet_branch), "reauth_time = 7s", "rekey_time = 0s",
                                  "over_time = 60s", "rand_time = 0s"))
    bring_up(quiet_branch, hub)
    pings = pinger()
    seen = set()

    def three_more():
        seen.update(sa["spi_i"] for sa in hub.ike_sas())
        return len(seen) >= 4
    wait_until(three_more, 60, "three reauthentications")
    hub.wait_up()
    pings.wait_more(50)
    pings.stop()
    if first == "make":
        # It gives up its old SAs before the hub can know that it has the new ones.
        assert len(pings.lost()) <= len(seen)
    settled(hub)    # between two of them


def test_unique_replace_on_a_second_call(quiet_branch, hub):
    load(quiet_branch, with_lines(usual(quiet_branch), "unique = replace"))
    bring_up(quiet_branch, hub)
    for _ in range(3):
        quiet_branch.swanctl("--initiate", "--child", "gre", check=False)
        quiet_branch.ping(count=3)
    hub.wait_up()
    quiet_branch.ping(count=5)
    wait_until(lambda: len(hub.ike_sas()) <= 2, 20, "no heap of IKE SAs")


def test_rekeys_all_the_time(quiet_branch, hub, pinger):
    """Both ends rekey both kinds of SA for a minute; nothing is lost, nothing is dropped."""
    hub.push(configs.with_(ike={"lifetime-seconds": 60}, ipsec={"lifetime-packets": 1000}))
    # Beyond the time to rekey a tenth is left by itself, which a slow machine may need for more.
    load(quiet_branch, with_lines(usual(quiet_branch, IKE_LIFETIME="25s", ESP_LIFETIME="10s"),
                                  "mobike = yes", "over_time = 30s", "rand_time = 2s",
                                  "gre: life_time = 40s", "gre: rand_time = 1s"))
    bring_up(quiet_branch, hub)
    before = hub.drops()
    pings = pinger()
    seen, ikes = set(), set()

    def enough():
        seen.add(spis(hub))
        ikes.update(sa["spi_i"] for sa in hub.ike_sas())
        return len(pings.sequence()) >= 5000
    wait_until(enough, 110, "fifty seconds of pings")
    finish(pings)
    after = hub.drops()
    for reason in ("sa-expired", "esp-unknown-spi", "tunnel-no-sa", "esp-auth", "esp-replay"):
        assert after[reason] == before[reason], reason
    assert len(seen) >= 5 and len(ikes) >= 2
    load(quiet_branch, usual(quiet_branch, START="none"))


# ---- what is refused ----------------------------------------------------------------------------

def refused(branch, hub, text, why):
    load(branch, text)
    branch.knock(1)
    hub.wait_down(why=why)
    assert hub.ipsec_sas() == []
    # And nothing of it is in the way of the right thing.
    branch.unload()
    branch.load()
    bring_up(branch, hub)
    branch.ping(count=3)
    settled(hub)


def test_selectors_of_a_lan_are_refused(quiet_branch, hub):
    """Tunnel mode would be fine, but not for networks: the tunnel carries GRE."""
    hub.push(configs.with_(ipsec={"mode": "either"}))
    refused(quiet_branch, hub,
            with_lines(usual(quiet_branch), "gre: mode = tunnel", "gre: local_ts = 192.168.21.0/24",
                       "gre: remote_ts = 192.168.10.0/24").replace("start_action = trap",
                                                                   "start_action = start"),
            why="selectors")


def test_tunnel_mode_is_refused(quiet_branch, hub):
    refused(quiet_branch, hub, with_lines(usual(quiet_branch), "gre: mode = tunnel"),
            why="tunnel mode")


def test_eap_is_refused(quiet_branch, hub):
    text = with_lines(usual(quiet_branch), "local: auth = eap-md5")
    refused(quiet_branch, hub, text, why="EAP")


def test_certificate_is_refused(quiet_branch, hub):
    quiet_branch.exec("sh", "-euc", """
        mkdir -p /etc/swanctl/x509 /etc/swanctl/private /etc/swanctl/rsa
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=branch-1 \
            -addext subjectAltName=IP:2.2.2.2 \
            -keyout /etc/swanctl/private/branch.pem -out /etc/swanctl/x509/branch.pem 2>&1""")
    text = with_lines(usual(quiet_branch), "local: auth = pubkey", "local: certs = branch.pem")
    refused(quiet_branch, hub, text, why="certificate")


def test_ikev1_is_refused(quiet_branch, hub):
    refused(quiet_branch, hub, with_lines(usual(quiet_branch), "version = 1"), why="IKEv1")


# ---- nothing leaks ------------------------------------------------------------------------------

@pytest.fixture
def small_hub(hub, monkeypatch):
    """A hub whose dataplane has room for eight pairs of SAs only."""
    usual_argv = hub.dataplane_argv()
    monkeypatch.setattr(hub, "dataplane_argv", lambda: [*usual_argv, "--max-sas", "16"])
    hub.stop()
    hub.start(configs.with_(ike={"retransmit-ms": 300, "retransmit-tries": 10}))
    yield hub
    monkeypatch.undo()
    hub.stop()
    hub.start(configs.one_branch())


def test_a_hundred_rekeys_on_a_bad_line_leak_nothing(quiet_branch, small_hub, wire, pinger):
    """Each takes a pair of ids and SPIs out of sixteen; some messages are lost, some overtaken."""
    small_hub.push(configs.with_(ike={"retransmit-ms": 300, "retransmit-tries": 10},
                                 ipsec={"lifetime-packets": 1000}))
    quiet_branch.load()
    bring_up(quiet_branch, small_hub)
    weather = wire("--loss", "0.02", "--reorder", "0.1", "--repeat", "0.02", "--seed", "11")
    pings = pinger(interval="0.005")
    for n in range(1, 101):
        quiet_branch.swanctl("--rekey", "--child", "gre", check=False)
        wait_until(lambda: small_hub.tunnel()["rekeys"] >= n, 30, f"rekey {n}")
    assert small_hub.tunnel()["state"] == "up"
    weather.stop()
    pings.wait_more(20)
    pings.stop()
    settled(small_hub)
    quiet_branch.ping(count=5)
    listed = quiet_branch.swanctl("--list-sas")
    assert listed.count("INSTALLED, TRANSPORT") == 1, listed
    assert counter(small_hub, "refused_no_additional_sas") == 0
