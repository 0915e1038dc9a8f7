# SPDX-License-Identifier: BSD-3-Clause
"""libreswan as the other end, at branch-2: new keys by either side under traffic, death,
refusals, in IKEv2 and IKEv1. Roles, modes and algorithms are for test_matrix.py."""
import subprocess

import pytest

import configs
from lab import LAB, Branch, wait_until
from test_branches import SECRET, group_v1
from test_rekey import finish

DIR = f"{LAB}/peers/libreswan-gre"
MEMBER = "b2.branch.example.com"
IPSEC = ["/run/libreswan", "/usr/libexec/ipsec/"]


class Libreswan(Branch):
    """A stock Linux machine: pluto, kernel IPsec and GRE."""

    def __init__(self, lab):
        super().__init__(lab, "branch-2")
        self.root = subprocess.run([f"{LAB}/libreswan"], check=True, capture_output=True,
                                   text=True).stdout.strip()
        self.name = "libreswan"

    def start(self, **settings):
        values = {"LIBRESWAN": self.root, **settings}
        options = [word for item in values.items() for word in ("--set", "=".join(item))]
        self.lab.tool("peer", "start", self.name, "--netns", self.lab.prefix + "branch-2",
                      "--tap", "tap-wan", "--dir", DIR, *options)

    def ipsec(self, program, *args, check=True, text=None, timeout=60):
        return self.exec(IPSEC[0], IPSEC[1] + program, *args, check=check, text=text,
                         timeout=timeout)

    def unload(self):
        self.ipsec("whack", "--name", "hub", "--delete", check=False)
        # What the kernel still waits for would hold up the next call.
        self.exec("ip", "xfrm", "state", "flush")

    def load(self, auto="ondemand", **options):
        """A connection as `man ipsec.conf` has it; @options replace the usual."""
        usual = {"authby": "secret", "left": "3.3.3.2", "right": "1.1.1.2", "type": "transport",
                 "leftprotoport": "gre", "rightprotoport": "gre", "ikev2": "insist",
                 "ike": "aes128-sha2_256-modp2048", "esp": "aes_gcm128", "auto": auto, "pfs": "no",
                 "leftupdown": "%disabled", "dpddelay": "5", "dpdtimeout": "20",
                 "retransmit-interval": "500", "retransmit-timeout": "30s"}
        usual.update({key.replace("_", "-"): value for key, value in options.items()})
        text = "config setup\n\nconn hub\n" + "".join(
            f"    {key}={value}\n" for key, value in usual.items() if value is not None)
        self.unload()
        self.exec("sh", "-c", "cat > /run/ipsec.conf", text=text)
        self.ipsec("addconn", "--config", "/run/ipsec.conf", "hub")
        if auto == "ondemand":
            self.ipsec("whack", "--route", "--name", "hub")

    def log(self):
        with open(f"{self.lab.state}/peers/{self.name}/log/pluto.log", errors="replace") as file:
            return file.read()

    def rekey(self, what):
        self.ipsec("whack", f"--rekey-{what}", "--name", "hub", check=False)


@pytest.fixture(scope="module")
def pluto(lab):
    """In the place of the strongSwan that other tests have at branch-2."""
    usual = Branch(lab, "branch-2")
    was_there = usual.running()
    if was_there:
        usual.stop()
    branch = Libreswan(lab)
    branch.start()
    yield branch
    branch.stop()
    if was_there:
        usual.start()


@pytest.fixture
def libreswan(pluto, hub):
    yield pluto
    pluto.unload()


def hub_config(version=2, **more):
    config = configs.two_branches(configs.with_(**more))
    if version == 1:
        configs.ike_profile(config)["version"] = "ikev1"
        config = configs.with_esp_proposal(
            configs.with_ike_proposal(config, "aes128-sha256-modp2048"), "aes128-sha256")
    return config


def options(version, **more):
    v1 = {"ikev2": "no", "esp": "aes128-sha2_256"} if version == 1 else {}
    return {**v1, **more}


def come_up(branch, hub, config, hub_calls, **more):
    if hub_calls:
        branch.load(auto="add", **more)
        configs.ike_profile(config)["initiate"] = "always"
        hub.push(config)
        hub.wait_up("tunnel2", 60)
    else:
        hub.push(config)
        branch.load(**more)
        branch.knock()
        hub.wait_up("tunnel2", 60)
    branch.ping(count=3)


def ike_sas(hub):
    return hub.ike_sas("3.3.3.2")


BOTH = pytest.mark.parametrize("hub_calls", [False, True], ids=["branch-calls", "hub-calls"])
VERSIONS = pytest.mark.parametrize("version", [2, 1], ids=["ikev2", "ikev1"])


def spis_of(hub):
    tunnel = hub.tunnel("tunnel2")
    return tunnel["spi_in"], tunnel["spi_out"]


def other_pair(hub, old):
    new = spis_of(hub)
    return None not in new and new[0] != old[0] and new[1] != old[1]


def without_sa(branch):
    """Packets of its own that its kernel has dropped, for pluto had taken away the SA that was to
    protect them, and not put another in its place."""
    lines = branch.exec("cat", "/proc/net/xfrm_stat").stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines
               if line.split()[0] in ("XfrmAcquireError", "XfrmOutNoStates"))


def test_rekeyed_by_the_branch(libreswan, hub, pinger):
    """No packet is lost but what the branch itself had no SA for: in one rekey of some forty there
    is a moment in which pluto has none outbound."""
    come_up(libreswan, hub, hub_config(), False)
    before = without_sa(libreswan)
    pings = pinger("192.168.22.1")
    old, ike = spis_of(hub), ike_sas(hub)[0]["spi_i"]
    libreswan.rekey("ipsec")
    wait_until(lambda: other_pair(hub, old), 30, "another pair of SAs")
    pings.wait_more(30)
    libreswan.rekey("ike")
    wait_until(lambda: ike not in [sa["spi_i"] for sa in ike_sas(hub)] and ike_sas(hub), 30,
               "another IKE SA")
    pings.wait_more(50)
    pings.stop()
    assert len(pings.lost()) <= without_sa(libreswan) - before <= 2, pings.lost()


def test_renewed_by_the_branch_ikev1(libreswan, hub, pinger):
    """It cannot be told to: its lifetime ends soon."""
    come_up(libreswan, hub, hub_config(1), False,
            **options(1, salifetime="14", rekeymargin="8", rekeyfuzz="0%"))
    pings = pinger("192.168.22.1")
    old = spis_of(hub)
    wait_until(lambda: other_pair(hub, old), 40, "another pair of SAs")
    finish(pings)


@VERSIONS
def test_rekeyed_by_the_hub(libreswan, hub, pinger, version):
    """
    As responder libreswan sends by the new SA at once, even before its answer, although RFC 7296
    section 2.8 wants it to stay with the old one for a while. Without the answer's nonce the hub
    has no keys: the packets that come before they are installed have an unknown SPI. No other
    packet is lost. (How many these are depends on how long libreswan's machine takes from the one
    to the other.)
    """
    config = hub_config(version, ipsec={"lifetime-packets": 1000})
    come_up(libreswan, hub, config, False, **options(version))
    before = hub.drops()["esp-unknown-spi"]
    pings = pinger("192.168.22.1", interval="0.004")
    for _ in range(2):
        old = spis_of(hub)
        wait_until(lambda old=old: other_pair(hub, old), 30, "another pair of SAs")
        pings.wait_more(50)
    pings.stop()
    early = hub.drops()["esp-unknown-spi"] - before
    assert len(pings.lost()) <= early <= 2 * 250 + 250 * pings.stood_s(), (pings.lost(), early)


@VERSIONS
def test_a_branch_that_does_not_rekey(libreswan, hub, pinger, version):
    """It lets its SAs expire; what the hub has to send brings the tunnel up again."""
    come_up(libreswan, hub, hub_config(version), False,
            **options(version, rekey="no", salifetime="8s"))
    old, pings = spis_of(hub), pinger("192.168.22.1", interval="0.05")
    wait_until(lambda: other_pair(hub, old), 40, "another pair of SAs")
    pings.wait_more(20)


@VERSIONS
def test_dead_branch_is_noticed(libreswan, hub, version):
    config = hub_config(version, ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3})
    come_up(libreswan, hub, config, False, **options(version))
    counters = hub.show("crypto-ikev2-sa")["counters"]
    wait_until(lambda: hub.show("crypto-ikev2-sa")["counters"]["dpd_probes"]
               > counters["dpd_probes"] + 1, 30, "answered probes")
    assert hub.tunnel("tunnel2")["state"] == "up"
    hub.lab.net("drop", "branch-2")
    try:
        hub.wait_down("tunnel2", 30, "does not answer")
    finally:
        hub.lab.net("restore", "branch-2")


@VERSIONS
def test_a_branch_that_goes_says_so(libreswan, hub, version):
    come_up(libreswan, hub, hub_config(version), False, **options(version))
    libreswan.unload()
    hub.wait_down("tunnel2", 30, "deleted")
    wait_until(lambda: ike_sas(hub) == [], 10, "no IKE SA")


@BOTH
def test_wrong_pre_shared_key(libreswan, hub, hub_calls):
    config = hub_config()
    config["crypto"]["ikev2"]["keyring"]["branch-2"]["pre-shared-key"] = "battery-staple"
    if hub_calls:
        configs.ike_profile(config)["initiate"] = "always"
    libreswan.load(auto="add" if hub_calls else "ondemand")
    hub.push(config)
    if not hub_calls:
        libreswan.knock(2)
    hub.wait_down("tunnel2", 30, "AUTHENTICATION_FAILED|failed authentication")


def test_member_of_a_group_ikev1(libreswan, hub):
    """Aggressive mode of a branch that the hub has no line of; it goes, calls again, and is
    known."""
    hub.push(group_v1(timeout=300))
    libreswan.exec("sh", "-c", "grep -q '^: PSK' /run/ipsec.secrets || cat >> /run/ipsec.secrets",
                   text=f': PSK "{SECRET}"\n')
    libreswan.ipsec("whack", "--rereadsecrets")
    for _ in range(2):
        libreswan.load(auto="add", leftid=f"@{MEMBER}", rightid="1.1.1.2",
                       **options(1, aggressive="yes"))
        libreswan.ipsec("whack", "--name", "hub", "--initiate", check=False)
        assert hub.wait_up(MEMBER, 60)["group"] == "branches"
        assert hub.tunnel(MEMBER)["destination"] == "3.3.3.2"
        libreswan.unload()
        wait_until(lambda: hub.tunnel(MEMBER)["state"] == "down", 20,
                   "the branch has said that it goes")
