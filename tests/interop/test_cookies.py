# SPDX-License-Identifier: BSD-3-Clause
"""COOKIE (RFC 7296 section 2.6) with others: the hub demands one of all who call, and one is demanded
of it. Floods are for test_ike_flood.py."""
import pytest

import configs
from conftest import bring_up
from strongswan import counter
from test_libreswan import come_up, hub_config, libreswan, pluto

DEMANDED, GIVEN = "refused_cookie_demanded", "cookies_given"


@pytest.fixture
def demanding(hub):
    yield lambda: hub.cli("-c", "configure terminal", "-c", "crypto ikev2 cookie-challenge 0",
                          "-c", "commit")
    hub.push(configs.one_branch())


def demanded(hub, before):
    assert counter(hub, DEMANDED) > before
    shown = hub.cli("-c", "show crypto ikev2 sa detailed").stdout
    assert "Cookies are demanded of all who call" in shown, shown


def test_of_strongswan(quiet_branch, hub, demanding):
    hub.push(configs.with_())
    demanding()
    before = counter(hub, DEMANDED)
    quiet_branch.load()
    bring_up(quiet_branch, hub)
    quiet_branch.ping(count=3)
    demanded(hub, before)


def test_of_libreswan(libreswan, hub, demanding):
    hub.push(hub_config())
    demanding()
    before = counter(hub, DEMANDED)
    libreswan.load()
    libreswan.knock()
    hub.wait_up("tunnel2", 60)
    libreswan.ping(count=3)
    demanded(hub, before)


def test_by_libreswan(libreswan, hub):
    before = counter(hub, GIVEN)
    libreswan.ipsec("whack", "--ddos-busy")
    try:
        come_up(libreswan, hub, hub_config(), True)
    finally:
        libreswan.ipsec("whack", "--ddos-auto")
    assert counter(hub, GIVEN) > before
