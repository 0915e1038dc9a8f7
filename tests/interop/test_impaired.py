# SPDX-License-Identifier: BSD-3-Clause
"""libreswan that was told to misbehave (`whack --impair`), as its own tests have it
(testing/pluto): what may be different is borne, what may not is refused by the counter of its
name."""
import pytest

import configs
from lab import wait_until
from test_libreswan import BOTH, hub_config, ike_sas, libreswan, options, pluto

BORNE = {
    # Flags and reserved fields that must be ignored, payloads, transforms and versions of the
    # future, everything sent twice and received twice (RFC 7296 sections 2.1, 2.5, 3.1 to 3.3).
    2: ["jacob-two-two:yes", "replay-duplicates:yes", "minor-version-bump:yes",
        "send-bogus-isakmp-flag:yes", "send-bogus-payload-flag:yes", "send-nonzero-reserved:yes",
        "send-nonzero-reserved-id:yes", "add-unknown-v2-payload-to:IKE_SA_INIT",
        "add-unknown-v2-payload-to:IKE_AUTH", "add-unknown-v2-payload-to-sk:IKE_AUTH",
        "send-no-idr:yes"],
    # The same, and vendor ids without end.
    1: ["jacob-two-two:yes", "replay-duplicates:yes", "send-bogus-isakmp-flag:yes",
        "send-bogus-payload-flag:yes", "bust-mi2:yes", "bust-mr2:yes"],
}

REFUSED = [
    (2, ["major-version-bump:yes"], "drop_bad_version"),
    (2, ["add-unknown-v2-payload-to:IKE_SA_INIT", "unknown-v2-payload-critical:yes"],
     "refused_critical_payload"),
    (2, ["add-unknown-v2-payload-to-sk:IKE_AUTH", "unknown-v2-payload-critical:yes"],
     "refused_critical_payload"),
    (2, ["ke-payload:OMIT"], "drop_malformed"),
    (2, ["ke-payload:0"], "refused_bad_public_value"),
    (2, ["child-key-length-attribute:127"], "refused_no_proposal"),
    (2, ["v2-proposal-dh:omit"], "refused_no_proposal"),
    (2, ["force-v2-auth-method:NULL"], "refused_authentication"),
    (1, ["ke-payload:OMIT"], "drop_malformed"),
    (1, ["ke-payload:0"], "refused_bad_public_value"),
    (1, ["v1-hash-exchange:QUICK", "v1-hash-payload:0"], "drop_not_authentic"),
]


@pytest.fixture
def impair(libreswan):
    def whack(name):
        libreswan.ipsec("whack", "--impair", name)
    yield whack
    whack("none")


def begin(libreswan, hub, impair, version, impairments, hub_calls=False):
    config = hub_config(version, ike={"retransmit-ms": 500})
    libreswan.load(auto="add", **options(version))
    for one in impairments:
        impair(one)
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
    hub.push(config)
    if not hub_calls:
        libreswan.ipsec("whack", "--initiate", "--asynchronous", "--name", "hub", check=False)


@BOTH
@pytest.mark.parametrize("version", BORNE)
def test_borne(libreswan, hub, impair, version, hub_calls):
    begin(libreswan, hub, impair, version, BORNE[version], hub_calls)
    hub.wait_up("tunnel2", 30)
    libreswan.knock()
    libreswan.ping(count=3)
    assert len(ike_sas(hub)) == 1 and len(hub.ipsec_sas("tunnel2")) == 2


@pytest.mark.parametrize("version, impairments, counter", REFUSED,
                         ids=lambda value: "-".join(value) if isinstance(value, list) else value)
def test_refused(libreswan, hub, impair, version, impairments, counter):
    def count():
        return hub.show("crypto-ikev2-sa")["counters"].get(counter, 0)
    before = count()
    begin(libreswan, hub, impair, version, impairments)
    wait_until(lambda: count() > before, 30, counter)
    assert hub.tunnel("tunnel2")["state"] == "down"
    assert hub.ipsec_sas("tunnel2") == []
