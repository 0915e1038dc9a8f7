# SPDX-License-Identifier: BSD-3-Clause
"""Branches with less to configure: a secret alone, a name instead of an address, and none at all: a
group whose branches come from any address; with a stock branch."""
import os
import re
import signal

import pytest

import configs
from lab import PEER_DIR, Pinger, wait_until
from strongswan import load, usual, with_lines

SECRET = "correct-horse"


def swanctl(branch, identity=None, **settings):
    """The usual connection, under another name for itself."""
    values = {**branch.vars, **settings}
    with open(f"{PEER_DIR}/swanctl.conf") as file:
        text = file.read()
    if identity is not None:
        text = text.replace("id = ${LOCAL_WAN}", f"id = {identity}").replace(
            "id-local = ${LOCAL_WAN}", f"id-local = {identity}")
    text = re.sub(r"\$\{([A-Z_]+)\}", lambda m: values[m[1]], text)
    branch.exec("sh", "-c", "cat > /etc/swanctl/swanctl.conf && swanctl --load-all --noprompt",
                text=text)


def up(hub, name):
    return hub.wait_up(name, seconds=60)


def test_a_secret_is_enough(branch, hub):
    config = configs.one_branch()
    del config["crypto"]
    del config["tunnels"]["tunnel1"]["protection"]
    config["tunnels"]["tunnel1"]["ipsec-secret"] = SECRET
    swanctl(branch, IKE_PROPOSALS="aes256-sha256-modp2048,aes128gcm16-prfsha256-ecp256",
            ESP_PROPOSALS="aes256gcm16", START="none")
    hub.push(config)
    up(hub, "tunnel1")  # the hub calls: nothing of a profile says otherwise
    branch.ping(count=3)
    running = hub.cli("-c", "show running-config").stdout
    assert "tunnel ipsec-secret" in running and SECRET not in running
    assert "tunnel protection" not in running
    assert SECRET not in hub.controlplane.output()


# ---- groups ----

def group(limit=2, timeout=5, **more):
    config = configs.one_branch()
    model = config["tunnels"].pop("tunnel1")
    for key in ("destination", "address", "description"):
        model.pop(key, None)
    model.update({"peer-identity": "*.branch.example.com", "group": limit,
                  "group-timeout-seconds": timeout, **more})
    config["tunnels"]["branches"] = model
    config["routes"] = [r for r in config["routes"] if r.get("interface") != "tunnel1"]
    config["crypto"]["ikev2"]["keyring"] = {
        "group": {"identity": "*.branch.example.com", "pre-shared-key": SECRET}}
    return config


def names(hub):
    return sorted(t["name"] for t in hub.show("tunnel")["tunnels"])


def ours(hub, name):
    return hub.tunnel(name)["address"].split("/")[0]


def test_a_branch_needs_no_line(branch, hub):
    """It calls, and there is a tunnel named after it; it leaves, and later there is none."""
    config = group(timeout=10, **{"group-pool": "10.255.1.2/31"})
    hub.push(config)
    assert names(hub) == []
    swanctl(branch, "b1.branch.example.com", START="none")
    branch.swanctl("--initiate", "--child", "gre", "--timeout", "30")
    tunnel = up(hub, "b1.branch.example.com")
    assert tunnel["group"] == "branches" and tunnel["destination"] == "2.2.2.2"
    assert ours(hub, "b1.branch.example.com") == "10.255.1.2"
    branch.exec("sh", "-euc", "ip address flush dev gre1; ip address add 10.255.1.3/31 dev gre1; "
                "ip route replace 192.168.10.0/24 dev gre1")
    try:
        branch.exec("ping", "-c", "2", "-i", "0.2", "-w", "30", "10.255.1.2")
        spi = hub.tunnel("b1.branch.example.com")["spi_out"]
        hub.controlplane.stop(signal.SIGKILL)  # the next one knows of the branch
        hub.start_controlplane(config)
        hub.wait_attached(seconds=60)
        up(hub, "b1.branch.example.com")
        branch.exec("ping", "-c", "2", "-i", "0.2", "-w", "30", "10.255.1.2")
        assert hub.tunnel("b1.branch.example.com")["spi_out"] == spi
        assert hub.show("crypto-session", name="b1.branch.example.com")["sessions"][0]["ike"][
            "remote_id"] == "b1.branch.example.com"
        branch.swanctl("--terminate", "--ike", "hub")
        wait_until(lambda: names(hub) == [], 60, "the tunnel is removed")
        assert hub.ipsec_sas("b1.branch.example.com") == []
    finally:
        branch.gre()


def test_limit_and_strangers(branch, branch2, hub):
    """One more than the limit is refused by name, and so is who has another name or secret."""
    hub.push(group(limit=1, timeout=300))
    swanctl(branch, "b1.branch.example.com", START="none")
    branch.swanctl("--initiate", "--child", "gre", "--timeout", "30")
    up(hub, "b1.branch.example.com")
    swanctl(branch2, "b2.branch.example.com", START="none")
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "10", check=False)
    wait_until(lambda: "all the branches that it may have" in hub.controlplane.output(), 30,
               "the reason is in the log")
    assert names(hub) == ["b1.branch.example.com"]
    hub.push(group(limit=5, timeout=300))
    swanctl(branch2, "b2.elsewhere.example.com", START="none")
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "10", check=False)
    swanctl(branch2, "b3.branch.example.com", PSK="wrong-horse", START="none")
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "10", check=False)
    assert names(hub) == ["b1.branch.example.com"]
    swanctl(branch2, "b2.branch.example.com", START="none")
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "30")
    up(hub, "b2.branch.example.com")
    assert hub.tunnel("b1.branch.example.com")["state"] == "up"


V1 = {"IKE_PROPOSALS": "aes128-sha256-modp2048", "ESP_PROPOSALS": "aes128-sha256"}


def group_v1(**more):
    config = group(**more)
    configs.ike_profile(config).update({"version": "ikev1", "aggressive-mode": True})
    return configs.with_esp_proposal(
        configs.with_ike_proposal(config, V1["IKE_PROPOSALS"]), V1["ESP_PROPOSALS"])


def group_of_addresses(net="0.0.0.0/0", **more):
    """Whoever has one key and calls itself by an address, by IKEv1's main mode."""
    config = group_v1(**more, **{"peer-identity": net})
    configs.ike_profile(config)["aggressive-mode"] = False
    config["crypto"]["ikev2"]["keyring"] = {
        "any": {"address": "0.0.0.0/0", "pre-shared-key": SECRET}}
    return config


def call(branch, name, version):
    """The branch calls itself so, and calls."""
    if version == 2:
        swanctl(branch, name, START="none")
    elif name.startswith("b-"):
        load(branch, with_lines(usual(branch, START="none", **V1), "version = 1"))
    else:
        load(branch, with_lines(usual(branch, START="none", **V1), "version = 1",
                                "aggressive = yes", f"local: id = {name}"))
    branch.swanctl("--initiate", "--child", "gre", "--timeout", "30")


def inside(branch, own, started, far):
    """Addresses of the pool, and pings through the tunnel all the time."""
    branch.exec("sh", "-euc", f"ip address flush dev gre1; ip address add {own}/31 dev gre1")
    pings = Pinger(started(branch.start_exec("ping", "ping", "-i", "0.02", far)))
    pings.wait_more(10)
    return pings


@pytest.mark.parametrize("make, version, called", [
    (group_v1, 1, ["b1.branch.example.com", "b2.branch.example.com"]),
    (group, 2, ["b1.branch.example.com", "b2.branch.example.com"]),
    (group_of_addresses, 1, ["b-2.2.2.2", "b-3.3.3.2"])],
    ids=["ikev1", "ikev2", "ikev1-main-mode"])
def test_members_outlive_a_crash(branch, branch2, hub, started, make, version, called):
    """kill -9 of the control plane under pings: nothing is lost, nothing is negotiated."""
    config = make(timeout=300, **{"group-pool": "10.255.1.0/29"})
    hub.push(config)
    where = {called[0]: (branch, "10.255.1.1", "10.255.1.0"),
             called[1]: (branch2, "10.255.1.3", "10.255.1.2")}
    pings = []
    try:
        for name, (peer, own, far) in where.items():
            call(peer, name, version)
            up(hub, name)
            assert ours(hub, name) == far
            pings.append(inside(peer, own, started, far))
        before = {name: hub.tunnel(name)["spi_out"] for name in where}
        hub.controlplane.kill()
        for ping in pings:
            ping.wait_more(20)
        hub.start_controlplane(config)
        hub.controlplane.wait_output("restored the SAs of 2 tunnels", 60)
        for name in where:
            up(hub, name)
        for ping in pings:
            ping.wait_more(20)
            ping.stop()
            assert ping.lost() == []
        assert {name: hub.tunnel(name)["spi_out"] for name in where} == before
        assert hub.show("crypto-ikev2-sa")["counters"]["ike_sas_established"] == 0
    finally:
        branch.gre()
        branch2.gre()


def test_only_those_of_the_network(branch, branch2, hub):
    """The same key, but another network: refused, and the reason is the group's."""
    hub.push(group_of_addresses("2.0.0.0/8", timeout=300))
    call(branch, "b-2.2.2.2", 1)
    up(hub, "b-2.2.2.2")
    load(branch2, with_lines(usual(branch2, START="none", **V1), "version = 1"))
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "10", check=False)
    wait_until(lambda: "another identity than is configured" in hub.controlplane.output(), 60,
               "the reason is in the log")
    assert names(hub) == ["b-2.2.2.2"]


# ---- names ----

DNS = """
import socket, struct, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 5353))
print("ready", flush=True)
while True:
    query, peer = sock.recvfrom(512)
    with open(sys.argv[1]) as answer:
        address = answer.read().strip()
    end = query.index(0, 12) + 5
    if address == "silent":
        continue
    if address == "none":
        sock.sendto(query[:2] + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + query[12:end], peer)
        continue
    sock.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + query[12:end]
                + struct.pack(">HHHIH", 0xc00c, 1, 1, 1, 4) + socket.inet_aton(address), peer)
"""


@pytest.fixture
def dns(lab, started):
    """A name server at the hub with one answer for every question, which set() changes."""
    path, program = f"{lab.state}/dns-answer", f"{lab.state}/dns.py"
    with open(program, "w") as file:
        file.write(DNS)

    def say(address):
        with open(path + ".new", "w") as file:
            file.write(address)
        os.rename(path + ".new", path)      # it may be asked at any moment
    say("none")
    lab.exec("hub-a", "ip", "link", "set", "lo", "up")
    process = started(lab.start("hub-a", "dns", "python3", program, path))
    process.wait_output("ready", seconds=60)
    return say


def test_far_end_by_name(dns, branch, branch2, hub):
    config = configs.one_branch()
    config["system"].update({"name-servers": "127.0.0.1:5353", "name-refresh-seconds": 5})
    tunnel = config["tunnels"]["tunnel1"]
    del tunnel["destination"]
    tunnel.update({"destination-name": "branch-1.example.com", "peer-identity": "2.2.2.2"})
    configs.ike_profile(config)["initiate"] = "always"
    hub.push(config)
    wait_until(lambda: "branch-1.example.com has no address" in (hub.tunnel()["why"] or ""), 60,
               "the name is not known")
    dns("2.2.2.2")
    assert up(hub, "tunnel1")["destination"] == "2.2.2.2"
    branch.ping(count=2)
    spi = hub.tunnel()["spi_in"]
    log = len(hub.controlplane.output())
    dns("none")  # a name server without the name takes nothing away
    wait_until(lambda: "its address of before stays" in hub.controlplane.output()[log:], 60,
               "the failure is in the log")
    branch.ping(count=2)
    assert hub.tunnel()["spi_in"] == spi
    # Another address, where there is nobody: all goes on at the old one.
    dns("3.3.3.9")
    wait_until(lambda: "calling it there" in hub.controlplane.output()[log:], 60, "the hub calls")
    branch.ping(count=5)
    assert hub.tunnel()["spi_in"] == spi and hub.tunnel()["destination"] == "2.2.2.2"
    # One where it is: first the new SAs, then the old ones go.
    swanctl(branch2, "2.2.2.2", START="none")
    dns("3.3.3.2")
    wait_until(lambda: hub.tunnel()["destination"] == "3.3.3.2", 60, "it has moved")
    assert hub.tunnel()["spi_in"] not in (None, spi)
    wait_until(lambda: hub.ike_sas() == [], 60, "the old one goes")
    assert len(hub.ike_sas("3.3.3.2")) == 1
    assert "tunnel1 is down" not in hub.controlplane.output()[log:]


def two_far_ends(**ike):
    config = configs.two_branches(configs.with_(
        ike={"dpd": 2, "dpd-retry": 1, "dpd-count": 3, **ike}))
    del config["tunnels"]["tunnel2"], config["tunnels"]["tunnel1"]["destination"]
    config["routes"] = [r for r in config["routes"] if r.get("interface") != "tunnel2"]
    config["tunnels"]["tunnel1"]["destination-name"] = "2.2.2.2 3.3.3.2"
    return config


def up_at(hub, address):
    def is_up():
        tunnel = hub.tunnel()
        return tunnel["state"] == "up" and tunnel["destination"] == address
    wait_until(is_up, 120, lambda: f"tunnel1 is up at {address}: {hub.tunnel()}")


@pytest.mark.parametrize("version", ["ikev2", "ikev1"])
def test_next_far_end(branch, branch2, hub, version):
    """The first dies, and the second is called; then the second, and it is the first's turn."""
    config = two_far_ends(initiate="always", version=version)
    v1 = V1 if version == "ikev1" else {}
    if v1:
        config = configs.with_esp_proposal(configs.with_ike_proposal(
            config, v1["IKE_PROPOSALS"]), v1["ESP_PROPOSALS"])
    for peer in (branch, branch2):
        text = usual(peer, START="none", **v1)
        load(peer, with_lines(text, "version = 1") if v1 else text)
    hub.push(config)
    up_at(hub, "2.2.2.2")
    branch.stop(crash=True)
    up_at(hub, "3.3.3.2")
    assert "tunnel1: the far end is 3.3.3.2 now" in hub.controlplane.output()
    branch.start()
    text = usual(branch, START="none", **v1)
    load(branch, with_lines(text, "version = 1") if v1 else text)
    branch2.stop(crash=True)
    try:
        up_at(hub, "2.2.2.2")
    finally:
        branch2.start()
    assert hub.cli("-c", "show running-config interface tunnel").stdout.count(
        'tunnel destination-name "2.2.2.2 3.3.3.2"') == 1


def test_any_of_the_far_ends_calls(branch, branch2, hub):
    """... and stays when the control plane is killed, though it is not the first."""
    config = two_far_ends(initiate="never")
    hub.push(config)
    load(branch, usual(branch, START="none"))
    load(branch2, usual(branch2, START="none"))
    branch2.swanctl("--initiate", "--child", "gre", "--timeout", "60")
    up_at(hub, "3.3.3.2")
    spi = hub.tunnel()["spi_out"]
    hub.controlplane.kill()
    hub.start_controlplane(config)
    hub.wait_attached(seconds=60)
    up_at(hub, "3.3.3.2")
    wait_until(lambda: len(hub.ike_sas("3.3.3.2")) == 1, 60, "its IKE SA is there")
    assert hub.tunnel()["spi_out"] == spi
    dpd = hub.show("crypto-session", name="tunnel1")["sessions"][0]["dpd"]["answered"]
    wait_until(lambda: hub.show("crypto-session", name="tunnel1")["sessions"][0]["dpd"][
        "answered"] > dpd, 60, "the branch answers")
    assert hub.tunnel()["spi_out"] == spi and hub.tunnel()["destination"] == "3.3.3.2"
