# SPDX-License-Identifier: BSD-3-Clause
"""Certificates against strongSwan's: every kind of key in both roles, intermediate CAs, revocation,
names with wildcards, IKEv1's RSA signatures; and post-quantum pre-shared keys."""
import re
import time

import pytest

import configs
from conftest import bring_up
from lab import Wall, ping, wait_until
from pki import Pki
from strongswan import (answer_only, charon, load, rekey_both_by_the_branch, settled, usual,
                        with_lines)
from test_ike_fragments import narrow_for_ike

ROLES = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
WAIT_S = 60


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


@pytest.fixture
def files(quiet_branch):
    """Put files into the branch's /etc/swanctl: {"x509/a.pem": text}."""
    def put(names):
        for name, text in names.items():
            quiet_branch.exec("sh", "-c", f"mkdir -p /etc/swanctl/$(dirname {name}) && "
                              f"cat > /etc/swanctl/{name}", text=text)
    yield put
    quiet_branch.exec("sh", "-c", "rm -rf /etc/swanctl/x509 /etc/swanctl/x509ca "
                      "/etc/swanctl/private; swanctl --load-creds --clear --noprompt")


def hub_config(hub_cert, trusted, peer, chain=(), crl=None, config=None, **ike):
    config = configs.with_(ike={"authentication-local": "certificate",
                                "authentication-remote": "certificate",
                                "trustpoint": "test", **ike},
                           tunnel={"peer-identity": peer} if peer else {}, config=config)
    trustpoint = {"certificate": hub_cert.cert + "".join(c.cert for c in chain),
                  "private-key": hub_cert.key, "ca": trusted.cert}
    if crl:
        trustpoint["crl"] = crl
    config["crypto"]["pki"] = {"trustpoints": {"test": trustpoint}}
    config["crypto"]["ikev2"]["keyring"] = {}
    return config


def branch_text(branch, own_id, hub_id, *lines, **settings):
    return with_lines(usual(branch, **settings), "local: auth = pubkey", f'local: id = "{own_id}"',
                      "local: certs = branch.pem", "remote: auth = pubkey",
                      f'remote: id = "{hub_id}"', *lines)


def branch_files(cert, trusted, chain=()):
    names = {"x509/branch.pem": cert.cert, "private/branch.pem": cert.key,
             "x509ca/ca.pem": trusted.cert}
    names.update({f"x509/chain{n}.pem": c.cert for n, c in enumerate(chain)})
    return names


def set_up(branch, hub, config, text, hub_calls):
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
        load(branch, answer_only(text))
        hub.push(config)
        hub.wait_up(seconds=WAIT_S)
    else:
        hub.push(config)
        load(branch, text)
        bring_up(branch, hub)
    branch.ping(count=3)


# How a key of each kind signs, in the hub's words.
SIGNS = {"rsa": "rsa-pkcs1-sha256", "ecdsa256": "ecdsa-p256-sha256",
         "ecdsa384": "ecdsa-p384-sha384", "ed25519": "ed25519"}


@pytest.mark.parametrize("kind, hub_calls", [
    ("rsa", False), ("rsa", True), ("ecdsa256", True), ("ecdsa384", False), ("ed25519", False),
    ("ed25519", True)])
def test_key(quiet_branch, hub, files, pki, kind, hub_calls):
    """Names by subjectAltName on both sides; strongSwan and we sign as RFC 7427 has it."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca, kind), pki.cert("branch", ca, kind)
    files(branch_files(theirs, ca))
    set_up(quiet_branch, hub,
           hub_config(own, ca, "branch.example.com", **{"local-identity": "hub.example.com"}),
           branch_text(quiet_branch, "branch.example.com", "hub.example.com"), hub_calls)
    sa = hub.ike_sas()[0]
    auth = sa["authentication"]
    assert sa["remote_id"] == "branch.example.com"
    assert auth["local"] == auth["remote"] == SIGNS[kind], auth
    assert auth["certificate"]["subject"] == "O=Example, CN=branch" and auth["ppk"] is False


@ROLES
def test_rsa_pss(quiet_branch, hub, files, pki, charon, hub_calls):
    charon("rsa_pss", "yes")
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca, "rsa"), pki.cert("branch", ca, "rsa")
    files(branch_files(theirs, ca))
    set_up(quiet_branch, hub, hub_config(own, ca, "branch.example.com", **{"rsa-pss": True}),
           branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub"), hub_calls)
    assert "RSA_EMSA_PSS" in quiet_branch.exec("cat", "/mnt/log/charon.log").stdout


@ROLES
def test_intermediate_cas(quiet_branch, hub, files, pki, hub_calls):
    """Each side knows the root alone; what is between comes with the other's certificate."""
    root = pki.ca("root")
    hubs, branches = pki.ca("hubs", issuer=root), pki.ca("branches", issuer=root)
    own, theirs = pki.cert("hub", hubs), pki.cert("branch", branches, "rsa")
    files({**branch_files(theirs, root), "x509ca/branches.pem": branches.cert})
    set_up(quiet_branch, hub, hub_config(own, root, "branch.example.com", chain=[hubs]),
           branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub"), hub_calls)


def without_ids(text):
    """A key for whoever it is: the names are the certificates'."""
    return re.sub(r"id-(local|remote) = .*\n", "", text)


@ROLES
@pytest.mark.parametrize("key_of", ["branch", "hub"])
def test_a_key_one_way_and_a_certificate_the_other(quiet_branch, hub, files, pki, key_of,
                                                   hub_calls):
    """RFC 7296 section 2.15: each end proves itself in its own way."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca), pki.cert("branch", ca)
    files(branch_files(theirs, ca))
    config = hub_config(own, ca, None if key_of == "branch" else "branch.example.com")
    text = branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub")
    profile = configs.ike_profile(config)
    if key_of == "branch":
        profile["authentication-remote"] = "pre-share"
        text = with_lines(text, "local: auth = psk", "local: id = 2.2.2.2")
        text = text.replace("certs = branch.pem\n", "")
    else:
        profile["authentication-local"] = "pre-share"
        text = with_lines(text, "remote: auth = psk", "remote: id = 1.1.1.2")
    config["crypto"]["ikev2"]["keyring"] = configs.one_branch()["crypto"]["ikev2"]["keyring"]
    set_up(quiet_branch, hub, config, without_ids(text), hub_calls)
    auth = hub.ike_sas()[0]["authentication"]
    ours, other = ("remote", "local") if key_of == "branch" else ("local", "remote")
    assert auth[ours] == "pre-share" and auth[other] == SIGNS["ecdsa256"], auth


@ROLES
def test_long_chain_in_ip_fragments(quiet_branch, hub, files, pki, hub_calls, capture):
    """Without fragments of IKE: each side's certificates are some 3 KB, in one message."""
    root = pki.ca("root", "rsa")
    hubs, branches = (pki.ca(name, "rsa", root) for name in ("hubs", "branches"))
    own = pki.cert("hub", pki.ca("hubs-1", "rsa", hubs), "rsa")
    theirs = pki.cert("branch", pki.ca("branches-1", "rsa", branches), "rsa")
    between = [theirs.issuer, branches]
    files({**branch_files(theirs, root), **{f"x509ca/{c.name}.pem": c.cert for c in between}})
    set_up(quiet_branch, hub,
           hub_config(own, root, "branch.example.com", chain=[own.issuer, hubs],
                      **{"fragmentation-mtu": 0}),
           branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub",
                        "fragmentation = no"),
           hub_calls)
    capture.stop()
    for source in ("1.1.1.2", "2.2.2.2"):
        assert capture.packets(f"udp and src host {source} and ip[6:2] & 0x3fff == 0x2000")


@ROLES
def test_certificates_on_a_narrow_path(quiet_branch, hub, files, pki, charon, narrow_for_ike, lab,
                                       hub_calls):
    """An MTU of 576 and no IP fragments: each side's certificates go in fragments of IKE.
    strongSwan has to be told, the hub finds out, or follows. What is in the tunnel gets through as
    well."""
    charon("fragment_size", "576")
    root = pki.ca("root")
    mid = pki.ca("mid", issuer=root)
    own, theirs = pki.cert("hub", mid), pki.cert("branch", mid)
    files({**branch_files(theirs, root), "x509ca/mid.pem": mid.cert})
    try:
        quiet_branch.exec("ip", "link", "set", "gre1", "mtu", "500")
        quiet_branch.exec("ip", "link", "set", "eth0", "mtu", "576")
        lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "576")
        before = hub.show("crypto-ikev2-sa")["counters"]
        set_up(quiet_branch, hub,
               hub_config(own, root, "branch.example.com", chain=[mid], **{"retransmit-ms": 300}),
               branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub"), hub_calls)
        after = hub.show("crypto-ikev2-sa")["counters"]
        for counter in ("messages_fragmented", "messages_reassembled"):
            assert after[counter] > before[counter], counter
        assert hub.ike_sas()[0]["fragmentation_mtu"] <= 576
        assert not hub_calls or narrow_for_ike() > 0
        rekey_both_by_the_branch(quiet_branch, hub)
        settled(hub)
        ping(lambda *argv, **k: lab.exec("host", *argv, **k), "-s", "1200", "-M", "dont",
             quiet_branch.lan)
    finally:
        quiet_branch.exec("ip", "link", "set", "eth0", "mtu", "1500")
        quiet_branch.exec("ip", "link", "set", "gre1", "mtu", "1400")
        lab.exec("isp", "ip", "link", "set", "branch-1", "mtu", "1500")


def test_revoked_branch(quiet_branch, hub, files, pki):
    """Refused, with one line that says why; and let in again by a CRL without it."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca), pki.cert("branch", ca)
    files(branch_files(theirs, ca))
    config = hub_config(own, ca, "branch.example.com", crl=pki.crl(ca, revoked=[theirs]))
    hub.push(config)
    text = branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub")
    load(quiet_branch, text)
    before = len(hub.controlplane.output())
    quiet_branch.knock(1)
    hub.wait_down(why="certificate revoked", seconds=WAIT_S)
    lines = [line for line in hub.controlplane.output()[before:].splitlines()
             if "certificate revoked" in line and "AUTHENTICATION_FAILED" in line]
    tries = hub.show("crypto-ikev2-sa")["counters"]["refused_authentication"]
    assert 1 <= len(lines) <= tries and "CN=branch" in lines[0], lines
    config["crypto"]["pki"]["trustpoints"]["test"]["crl"] = pki.crl(ca)
    hub.push(config)
    quiet_branch.unload()
    load(quiet_branch, text)
    bring_up(quiet_branch, hub)


def test_revoked_while_it_runs(quiet_branch, hub, files, pki):
    """A CRL with the branch on it ends its session on both sides; what it was made by is shown."""
    ca = pki.ca()
    own, theirs, other = pki.cert("hub", ca), pki.cert("branch", ca), pki.cert("other", ca)
    files(branch_files(theirs, ca))
    config = hub_config(own, ca, "branch.example.com", crl=pki.crl(ca, revoked=[other]))
    set_up(quiet_branch, hub, config,
           branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub"), False)
    for command in ("show crypto session detail", "show crypto ikev2 sa detailed"):
        shown = hub.cli(command).stdout
        assert "ecdsa-p256-sha256 ours, ecdsa-p256-sha256 the peer's" in shown, shown
        assert "O=Example, CN=branch, good for" in shown, shown
    spi = hub.ike_sas()[0]["spi_i"]
    hub.controlplane.kill()
    hub.start_controlplane(config)
    hub.wait_attached()
    hub.wait_up()
    assert hub.ike_sas()[0]["spi_i"] == spi, "the session goes on in another process"
    config["crypto"]["pki"]["trustpoints"]["test"]["crl"] = pki.crl(ca, revoked=[theirs])
    hub.push(config)
    hub.wait_down(why="certificate revoked")
    assert hub.ipsec_sas() == []
    assert "session ended: certificate: O=Example, CN=branch" in hub.controlplane.output()
    wait_until(lambda: "ESTABLISHED" not in quiet_branch.swanctl("--list-sas"), 10,
               "the branch was told")


EXPIRES_S = 25     # from when it is made: time to come up
REVIEW_S = 10      # how often the hub looks for what has expired


def expires(pki, *args, **options):
    """A certificate that will soon be none, and when."""
    return pki.cert(*args, seconds=EXPIRES_S, **options), time.monotonic() + EXPIRES_S


def test_the_branch_s_certificate_expires(quiet_branch, hub, files, pki):
    """Its session ends, both sides say so; with another certificate it is let in again."""
    ca = pki.ca()
    own, renewed = pki.cert("hub", ca), pki.cert("branch-2", ca, san="DNS:branch.example.com")
    text = branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub")
    theirs, end = expires(pki, "branch", ca)
    files(branch_files(theirs, ca))
    set_up(quiet_branch, hub, hub_config(own, ca, "branch.example.com"), text, False)
    left = hub.ike_sas()[0]["authentication"]["certificate"]["expires_in_s"]
    assert 0 < left <= EXPIRES_S
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=3)
    ended = hub.show("crypto-ikev2-sa")["counters"]["sessions_ended_by_certificate"]
    hub.wait_down(why="has expired", seconds=EXPIRES_S + REVIEW_S)
    assert time.monotonic() > end - 2, "not before its time"
    assert hub.ipsec_sas() == []
    assert hub.show("crypto-ikev2-sa")["counters"]["sessions_ended_by_certificate"] == ended + 1
    wait_until(lambda: "ESTABLISHED" not in quiet_branch.swanctl("--list-sas"), 10,
               "the branch was told")
    quiet_branch.knock(1)
    hub.wait_down(why="certificate has expired", seconds=WAIT_S)
    files(branch_files(renewed, ca))
    quiet_branch.unload()
    load(quiet_branch, text)
    bring_up(quiet_branch, hub)


def test_the_hub_s_certificate_expires(quiet_branch, hub, files, pki):
    """The session goes on, for the peer to judge, and is rekeyed; who calls anew refuses the hub,
    and does not any more when the certificate is renewed."""
    ca = pki.ca()
    theirs, renewed = pki.cert("branch", ca), pki.cert("hub-2", ca, subject="O=Example, CN=hub")
    files(branch_files(theirs, ca))
    text = branch_text(quiet_branch, "branch.example.com", "O=Example, CN=hub")
    own, end = expires(pki, "hub", ca)
    set_up(quiet_branch, hub, hub_config(own, ca, "branch.example.com"), text, False)
    wait_until(lambda: hub.show("crypto-pki-certificates")["trustpoints"][0]["certificates"][0]
               ["state"] == "expired", EXPIRES_S + REVIEW_S, "the hub's certificate has expired")
    assert time.monotonic() > end - 2
    rekey_both_by_the_branch(quiet_branch, hub)
    quiet_branch.ping(count=3)
    settled(hub)
    quiet_branch.unload()
    load(quiet_branch, text)
    quiet_branch.knock(1)
    hub.wait_down(why="our certificate has expired", seconds=WAIT_S)
    hub.push(hub_config(renewed, ca, "branch.example.com"))
    quiet_branch.unload()
    load(quiet_branch, text)
    bring_up(quiet_branch, hub)


def test_any_branch_of_the_company(quiet_branch, hub, files, pki):
    """The hub is told of no name and no address: all that is of one organisation and unit may
    come."""
    ca = pki.ca()
    own = pki.cert("hub", ca)
    theirs = pki.cert("branch", ca, subject="C=DE, O=Example, OU=branches, CN=branch 17")
    files(branch_files(theirs, ca))
    config = hub_config(own, ca, None, **{"match-identity": ["*.branches.example.com",
                                                     "C=DE, O=Example, OU=branches, CN=*"]})
    del config["tunnels"]["tunnel1"]["destination"]
    set_up(quiet_branch, hub, config,
           branch_text(quiet_branch, "C=DE, O=Example, OU=branches, CN=branch 17",
                       "O=Example, CN=hub"), False)
    assert "CN=branch 17" in hub.ike_sas()[0]["remote_id"]


def as_group(config, *names):
    """Tunnel1 as a group's model, by its own identity or by these of the profile."""
    model = config["tunnels"].pop("tunnel1")
    for key in ("destination", "address"):
        del model[key]
    model["group"] = 2
    if names:
        configs.ike_profile(config)["match-identity"] = list(names)
    else:
        model["peer-identity"] = "*.branch.example.com"
    config["tunnels"]["branches"] = model
    config["routes"] = [r for r in config["routes"] if r.get("interface") != "tunnel1"]
    return config


def test_group_by_certificate(quiet_branch, hub, files, pki):
    """A branch of which the hub has no line at all: its certificate is enough."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca), pki.cert("b1", ca, san="DNS:b1.branch.example.com")
    files(branch_files(theirs, ca))
    hub.push(as_group(hub_config(own, ca, None), "hq.example.com", "*.branch.example.com",
                      "O=Example, OU=branches, CN=*"))
    load(quiet_branch, answer_only(
        branch_text(quiet_branch, "b1.branch.example.com", "O=Example, CN=hub")))
    quiet_branch.swanctl("--initiate", "--child", "gre", "--timeout", "30")
    hub.wait_up("b1.branch.example.com", seconds=WAIT_S)
    assert hub.tunnel("b1.branch.example.com")["group"] == "branches"


@pytest.mark.parametrize("aggressive", [False, True], ids=["main", "aggressive"])
def test_ikev1_group_by_certificate(quiet_branch, hub, files, pki, aggressive):
    ca = pki.ca()
    own = pki.cert("hub", ca, "rsa")
    theirs = pki.cert("b1", ca, "rsa", san="DNS:b1.branch.example.com")
    files(branch_files(theirs, ca))
    suite = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}
    config = configs.with_esp_proposal(
        configs.with_ike_proposal(configs.one_branch(), suite["IKE_PROPOSALS"]),
        suite["ESP_PROPOSALS"])
    config = hub_config(own, ca, None, config=config, version="ikev1",
                        **{"aggressive-mode": aggressive, "authentication-local": "rsa-sig",
                           "authentication-remote": "rsa-sig"})
    hub.push(as_group(config))
    lines = ["version = 1"] + (["aggressive = yes"] if aggressive else [])
    load(quiet_branch, answer_only(branch_text(
        quiet_branch, "b1.branch.example.com", "O=Example, CN=hub", *lines, **suite)))
    quiet_branch.swanctl("--initiate", "--child", "gre", "--timeout", "30")
    hub.wait_up("b1.branch.example.com", seconds=WAIT_S)
    assert hub.tunnel("b1.branch.example.com")["group"] == "branches"


@ROLES
@pytest.mark.parametrize("aggressive", [False, True], ids=["main", "aggressive"])
def test_ikev1_rsa(quiet_branch, hub, files, pki, aggressive, hub_calls):
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca, "rsa"), pki.cert("branch", ca, "rsa")
    files(branch_files(theirs, ca))
    suite = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}
    config = configs.with_esp_proposal(
        configs.with_ike_proposal(configs.one_branch(), suite["IKE_PROPOSALS"]),
        suite["ESP_PROPOSALS"])
    config = hub_config(own, ca, "O=Example, CN=branch", config=config, version="ikev1",
                        **{"aggressive-mode": aggressive, "authentication-local": "rsa-sig",
                           "authentication-remote": "rsa-sig"})
    lines = ["version = 1"] + (["aggressive = yes"] if aggressive else [])
    set_up(quiet_branch, hub, config,
           branch_text(quiet_branch, "O=Example, CN=branch", "O=Example, CN=hub", *lines, **suite),
           hub_calls)


@ROLES
def test_ikev1_fragments(quiet_branch, hub, files, pki, hub_calls):
    """Messages with two certificates, longer than a packet may be: in fragments, both ways."""
    root = pki.ca("root")
    mid = pki.ca("mid", issuer=root)
    own, theirs = pki.cert("hub", mid, "rsa"), pki.cert("branch", mid, "rsa")
    files({**branch_files(theirs, root), "x509ca/mid.pem": mid.cert})
    suite = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}
    config = configs.with_esp_proposal(
        configs.with_ike_proposal(configs.one_branch(), suite["IKE_PROPOSALS"]),
        suite["ESP_PROPOSALS"])
    config = hub_config(own, root, "O=Example, CN=branch", chain=[mid], config=config,
                        version="ikev1", **{"authentication-local": "rsa-sig",
                                            "authentication-remote": "rsa-sig"})
    before = hub.show("crypto-ikev2-sa")["counters"]
    set_up(quiet_branch, hub, config,
           branch_text(quiet_branch, "O=Example, CN=branch", "O=Example, CN=hub", "version = 1",
                       "fragmentation = yes", **suite), hub_calls)
    after = hub.show("crypto-ikev2-sa")["counters"]
    for counter in ("messages_fragmented", "messages_reassembled"):
        assert after[counter] > before[counter], counter
    assert hub.ike_sas()[0]["fragmentation_mtu"] == 1280


PPK = "32-bytes-of-nothing-that-is-known"


@ROLES
@pytest.mark.parametrize("required", [False, True], ids=["optional", "required"])
@pytest.mark.parametrize("by_both", [True, False], ids=["both", "hub-alone"])
def test_ppk(quiet_branch, hub, by_both, required, hub_calls):
    """With pre-shared keys: mixed in if both have it; alone it hinders only who insists."""
    config = configs.one_branch()
    config["crypto"]["ikev2"]["keyring"]["branch-1"].update(
        {"ppk": PPK, "ppk-identity": "ppk-1", "ppk-required": required})
    text = usual(quiet_branch)
    if by_both:
        text = with_lines(text, "ppk_id = ppk-1", f"ppk_required = {'yes' if required else 'no'}")
        text = text.replace(
            "secrets {", f'secrets {{\n ppk-1 {{\n id = ppk-1\n secret = "{PPK}"\n }}\n')
    if by_both or not required:
        set_up(quiet_branch, hub, config, text, hub_calls)
        return
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
    hub.push(config)
    load(quiet_branch, answer_only(text) if hub_calls else text)
    if not hub_calls:
        quiet_branch.knock(1)
    hub.wait_down(why="PPK", seconds=WAIT_S)


def test_what_the_operator_sees(hub, pki):
    """Certificates in files: shown with their ends, renewed without a commit."""
    ca = pki.ca()
    own, other = pki.cert("hub", ca), pki.cert("hub2", ca, subject="O=Example, CN=hub two")
    config = hub_config(own, ca, "branch.example.com", crl=pki.crl(ca, revoked=[other]))
    trustpoint = config["crypto"]["pki"]["trustpoints"]["test"]
    trustpoint.update({"certificate": own.cert_file, "private-key": own.key_file})
    hub.push(config)
    shown = hub.show("crypto-pki-certificates")["trustpoints"][0]["certificates"]
    assert [c["kind"] for c in shown] == ["own", "ca", "crl"] and shown[0]["state"] == "valid"
    assert 80 * 86400 < shown[0]["expires_in_s"] < 91 * 86400 and shown[2]["revoked"] == 1
    text = hub.cli("show crypto pki certificates").stdout
    assert "O=Example, CN=hub\n" in text and "ecdsa P-256" in text and "hub.example.com" in text
    running = hub.cli("show running-config").stdout
    assert own.cert_file in running and own.key_file not in running and "BEGIN CERT" not in running
    trustpoint["private-key"] = other.key_file
    answer = hub.request("config-push", config=config)
    assert "not the one of the certificate" in str(answer["error"]), answer
    trustpoint["private-key"] = "/nowhere/key.pem"
    assert "cannot be read: No such file" in str(hub.request("config-push", config=config))


def test_clock_jumps(quiet_branch, hub, files, pki):
    """The hub's wall clock goes far on, far back, and right again: what is up stays up, without
    a lost packet; who calls meanwhile is told that the certificate is out of its time; afterwards
    it is let in."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca), pki.cert("branch", ca)
    files(branch_files(theirs, ca))
    config = hub_config(own, ca, "branch.example.com", **{"local-identity": "hub.example.com"})
    hub.controlplane.stop()
    hub.wall = Wall(hub.directory)
    try:
        hub.start_controlplane(config)
        hub.wait_attached()
        text = branch_text(quiet_branch, "branch.example.com", "hub.example.com")
        set_up(quiet_branch, hub, config, text, False)
        born = hub.ike_sas()[0]["spi_i"]
        for days, state in ((100, "expired"), (-100, "not-yet-valid")):
            hub.wall.shift(24 * days)
            wait_until(lambda: hub.show("crypto-pki-certificates")["trustpoints"][0]["certificates"]
                       [0]["state"] == state, WAIT_S, f"the hub's certificate is {state}")
            quiet_branch.ping(count=20)
            assert hub.ike_sas()[0]["spi_i"] == born
        quiet_branch.unload()
        load(quiet_branch, text)
        quiet_branch.knock(1)
        hub.wait_down(why="certificate is not yet valid", seconds=WAIT_S)
        hub.wall.shift(0)
        quiet_branch.unload()
        load(quiet_branch, text)
        bring_up(quiet_branch, hub)
    finally:
        hub.controlplane.stop()
        hub.wall = None
        hub.start_controlplane(config)
        hub.wait_attached()
