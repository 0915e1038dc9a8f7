# SPDX-License-Identifier: BSD-3-Clause
"""Certificates against strongSwan's: every kind of key in both roles, intermediate CAs, revocation,
names with wildcards, IKEv1's RSA signatures; and post-quantum pre-shared keys."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until
from pki import Pki
from test_strongswan_variety import answer_only, charon, load, usual, with_lines

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


@ROLES
@pytest.mark.parametrize("kind", ["rsa", "ecdsa256", "ecdsa384", "ed25519"])
def test_key(quiet_branch, hub, files, pki, kind, hub_calls):
    """Names by subjectAltName on both sides; strongSwan and we sign as RFC 7427 has it."""
    ca = pki.ca()
    own, theirs = pki.cert("hub", ca, kind), pki.cert("branch", ca, kind)
    files(branch_files(theirs, ca))
    set_up(quiet_branch, hub,
           hub_config(own, ca, "branch.example.com", **{"local-identity": "hub.example.com"}),
           branch_text(quiet_branch, "branch.example.com", "hub.example.com"), hub_calls)
    assert "branch.example.com" in str(hub.show("crypto-ikev2-sa"))
