# SPDX-License-Identifier: BSD-3-Clause
"""What stands in thousands of branch routers, typed at the hub's shell as it is there: the set that
RouterOS's classic example of GRE over IPsec has, and IOS's. IKEv1, in both roles, against a stock
branch that offers just that."""
import pytest

import configs
from conftest import bring_up
from lab import wait_until
from strongswan import answer_only, load, usual, with_lines
from test_cli import terminal

ROUTEROS = """
crypto ikev2 proposal classic
encryption 3des aes-cbc-128
integrity sha1
group 2
exit
crypto ikev2 keyring branch
address 2.2.2.2
pre-shared-key correct-horse
exit
crypto ikev2 profile classic
version ikev1
proposal classic
lifetime 86400
dpd 120 120 4
exit
crypto ipsec transform-set classic
encryption {cipher}
integrity sha1
exit
crypto ipsec profile classic
set mode transport
set transform-set classic
set ikev2-profile classic
set pfs 2
set security-association lifetime seconds 1800
exit
interface tunnel tunnel1
tunnel protection classic
exit
"""

IOS = """
crypto isakmp policy 1
encr aes 256
authentication pre-share
group 5
lifetime 3600
exit
crypto isakmp key correct-horse address 2.2.2.2
crypto isakmp keepalive 40 5 on-demand
crypto ipsec transform-set T esp-aes 256 esp-sha-hmac
mode transport
exit
crypto ipsec profile P
set transform-set T
exit
interface tunnel tunnel1
tunnel protection ipsec profile P
exit
"""

# By name: what is typed, what the branch offers for IKE and ESP, the worst case of DPD in seconds,
# and the suite of the ISAKMP SA.
SETS = {
    "routeros-3des": (ROUTEROS.format(cipher="3des"), "3des-sha1-modp1024", "3des-sha1-modp1024",
                      600, "3des-prfsha1-modp1024"),
    "routeros-aes": (ROUTEROS.format(cipher="aes-cbc-128"), "aes128-sha1-modp1024",
                     "aes128-sha1-modp1024", 600, "aes128-prfsha1-modp1024"),
    "ios": (IOS, "aes256-sha1-modp1536", "aes256-sha1", 65, "aes256-prfsha1-modp1536"),
}


def type_in(terminal, lines):
    """The commit's answer."""
    for line in ["configure terminal", *lines.strip().splitlines(), "commit", "end"]:
        output = terminal.run(line)
        assert "expected" not in output and "not known" not in output, (line, output)
        if line == "commit":
            answer = output
    return answer


@pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
@pytest.mark.parametrize("name", SETS)
def test_set(lab, quiet_branch, hub, terminal, name, hub_calls):
    lines, ike, esp, worst_s, suite = SETS[name]
    bare = configs.one_branch()
    del bare["crypto"], bare["tunnels"]["tunnel1"]["protection"]
    hub.push(bare)
    text = with_lines(usual(quiet_branch, IKE_PROPOSALS=ike, ESP_PROPOSALS=esp), "version = 1",
                      "rekey_time = 24h", "dpd_delay = 120s", "dpd_timeout = 600s")
    load(quiet_branch, answer_only(text) if hub_calls else text)
    answer = type_in(terminal, lines)
    # It works, and the operator is told what he has chosen.
    assert "sha1" in answer and "weak" in answer
    if hub_calls:
        lab.exec("host", "ping", "-c", "1", "-w", "5", "192.168.21.1", check=False)
        hub.wait_up()
    else:
        bring_up(quiet_branch, hub)
    quiet_branch.ping(count=5)
    assert suite in hub.ike_sas()[0]["proposal"]
    session = hub.show("crypto-session", name="tunnel1")["sessions"][0]
    assert session["version"] == 1 and session["dpd"]["worst_s"] == worst_s
    quiet_branch.swanctl("--rekey", "--child", "gre")
    wait_until(lambda: hub.tunnel()["rekeys"] >= 1, 20, "no quick mode")
    quiet_branch.ping(count=2)
