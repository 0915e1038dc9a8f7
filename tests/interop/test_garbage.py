# SPDX-License-Identifier: BSD-3-Clause
"""Broken and hostile frames at every port: counted drops, and the tunnel does not notice."""
import pytest

import garbage
from conftest import throw_garbage
from lab import wait_until

FROM_BRANCH = ["--source", "2.2.2.2", "1.1.1.1", "9.9.9.9"]


@pytest.mark.parametrize("kind", garbage.KINDS)
def test_kind(lab, branch, hub, tunnel, kind):
    before = sum(hub.drops().values())
    sent = throw_garbage(lab, "isp", *FROM_BRANCH, "--kinds", kind, "--spi", tunnel["spi_in"])
    assert sent == 300
    branch.ping(count=5)
    after = hub.tunnel()
    assert (after["state"], after["spi_in"]) == ("up", tunnel["spi_in"])
    assert len(hub.ike_sas()) == 1
    if kind not in ("ike", "ike_sa_init", "port500", "port4500", "arp_spoof", "icmp", "arp"):
        wait_until(lambda: sum(hub.drops().values()) > before, 5, "drops are counted")


def test_all_kinds_at_both_ports_under_traffic(lab, branch, hub, tunnel, pinger):
    pings = pinger()
    for seed in range(2, 6):
        for site in ("isp", "host"):
            throw_garbage(lab, site, "--seed", str(seed), "--count", "100", "--spi",
                          tunnel["spi_in"], tunnel["spi_out"])
    pings.wait_more(50, 30)
    pings.stop()
    assert len(pings.lost()) <= len(pings.sequence()) / 100 + 100 * pings.stood_s()
    assert hub.tunnel()["spi_in"] == tunnel["spi_in"]


def test_conservation(lab, branch, hub, tunnel):
    """Received + injected + made = sent + punted + absorbed + held + dropped, over all workers."""
    throw_garbage(lab, "isp", *FROM_BRANCH, "--spi", tunnel["spi_in"], "--count", "50")
    branch.ping(count=20, options=("-s", "3000", "-M", "dont"))

    def balanced():
        came, went = hub.balance()
        return came == went and came > 1000
    wait_until(balanced, 5, lambda: f"as much goes as comes: {hub.show('drops')}")


def test_cleartext_gre_for_a_protected_tunnel(lab, quiet_branch, hub, started):
    """A branch without IPsec sends GRE in the clear: nothing of it is let in or answered."""
    before = hub.drops()["gre-unprotected"]
    assert quiet_branch.try_ping() == 0
    wait_until(lambda: hub.drops()["gre-unprotected"] >= before + 5, 5, "the drops are counted")
    assert hub.tunnel()["in_packets"] == 0 or hub.tunnel()["state"] == "down"
