# SPDX-License-Identifier: BSD-3-Clause
"""strongSwan on a branch, set up in other ways than the lab's usual one: its swanctl.conf with
lines changed, its own options, and what becomes of that at the hub."""
import re

import pytest

from lab import PEER_DIR, wait_until
from test_rekey import spis, wait_new_spis

# The least that makes a tunnel: proposals, lifetimes, DPD, MOBIKE as strongSwan has them by itself.
MINIMAL = """
connections {
    hub {
        local_addrs = 2.2.2.2
        remote_addrs = 1.1.1.2
        local {
            auth = psk
        }
        remote {
            auth = psk
        }
        children {
            gre {
                mode = transport
                local_ts = dynamic[gre]
                remote_ts = dynamic[gre]
                start_action = trap
            }
        }
    }
}
secrets {
    ike-hub {
        secret = "correct-horse"
    }
}
"""


def usual(branch, **settings):
    """The lab's swanctl.conf with its vars put in."""
    values = {**branch.vars, **settings}
    with open(f"{PEER_DIR}/swanctl.conf") as file:
        return re.sub(r"\$\{([A-Z_]+)\}", lambda m: values[m[1]], file.read())


def with_lines(text, *lines):
    """Options of the connection, of a section inside ("gre: mode = tunnel"), set or replaced."""
    for line in lines:
        section, _, option = line.rpartition(": ")
        section = section or "hub"
        key = option.split("=")[0].strip()
        match = re.search(rf"\b{section} \{{\n", text)
        assert match, section
        head, tail = text[:match.end()], text[match.end():]
        end = re.search(r"[{}]", tail).start() if section != "hub" else tail.index("children")
        body = re.sub(rf"(?m)^\s*{re.escape(key)} =.*\n", "", tail[:end], count=1)
        text = f"{head}{option}\n{body}{tail[end:]}"
    return text


def load(branch, text):
    branch.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
                text=text)


def answer_only(text):
    return re.sub(r"start_action = \w+", "start_action = none", text)


def counter(hub, name):
    return hub.show("crypto-ikev2-sa")["counters"][name]


def settled(hub, ike=1):
    """Nothing left over: so many IKE SAs, one SA in and one out. (What was lost is sent again, and
    what has been replaced drains first.)"""
    wait_until(lambda: len(hub.ike_sas()) == ike and len(hub.ipsec_sas()) == 2, 60,
               lambda: f"{ike} IKE SA and one pair of SAs, but: {hub.ike_sas()} {hub.ipsec_sas()}")


def rekey_both_by_the_branch(branch, hub):
    ike, child = hub.ike_sas()[0]["spi_i"], spis(hub)
    branch.swanctl("--rekey", "--ike", "hub")
    wait_until(lambda: [sa["spi_i"] for sa in hub.ike_sas()] not in ([ike], [])
               and len(hub.ike_sas()) == 1, 15, "another IKE SA, alone")
    branch.swanctl("--rekey", "--child", "gre")
    wait_new_spis(hub, child)


@pytest.fixture
def charon(lab, quiet_branch):
    """Set an option of the branch's strongswan.conf, until the test ends."""
    path = f"{lab.state}/peers/{quiet_branch.name}/config/strongswan.conf"
    with open(path) as file:
        before = file.read()

    def write(text):
        with open(path, "w") as file:
            file.write(text)
        quiet_branch.swanctl("--reload-settings")

    def set_option(name, value):
        text = re.sub(rf"(?m)^\s*{name} = .*\n", "", before)
        write(text.replace("charon {\n", f"charon {{\n    {name} = {value}\n", 1))
    yield set_option
    write(before)
