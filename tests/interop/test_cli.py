# SPDX-License-Identifier: BSD-3-Clause
"""The operator's shell, as one command and on a terminal."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

import configs
from lab import BUILD, PATIENCE_S, Process, wait_until

SHOWS = ["version", "interface", "ip route", "arp", "tunnel", "crypto ikev2 sa", "crypto ipsec sa",
         "drops", "events", "running-config", "interfaces", "ip interface brief", "ip arp",
         "users", "processes", "logging", "ip protocols", "running-config all"]


@pytest.mark.parametrize("what", SHOWS)
def test_show_for_people_and_for_machines(hub, tunnel, what):
    text = hub.cli("-c", f"show {what}").stdout
    assert len(text.splitlines()) >= 2
    assert isinstance(json.loads(hub.cli("--json", "-c", f"show {what}").stdout), dict)


def test_ip_protocols(hub):
    assert "No routing protocol" in hub.cli("-c", "show ip protocols").stdout
    config = configs.one_branch()
    config["router"] = {"ospf": {"7": {
        "router-id": "9.9.9.9", "networks": [
            {"prefix": "192.168.10.0/24", "area": "0.0.0.0"}],
        "passive-interfaces": [{"interface": "lan"}],
        "redistribute": [{"source": "static", "metric": 7}, {"source": "connected"}]}}}
    hub.push(config)
    text = re.sub(r" +", " ", hub.cli("-c", "show ip protocols").stdout)
    for line in ("OSPF, process 7", "Router ID 9.9.9.9",
                 "Distance 110, up to", "Area 0.0.0.0, normal, 1 interfaces, 0 full",
                 "Redistributing static, metric 7\n", "Redistributing connected\n", "Passive lan",
                 "Network 192.168.10.0/24 area 0.0.0.0"):
        assert line in text, text


def test_tunnel_in_words(hub, tunnel):
    text = hub.cli("-c", "show tunnel").stdout
    assert "tunnel1" in text and "up" in text and "2.2.2.2" in text


def test_reason_of_a_tunnel_that_is_down(quiet_branch, hub):
    def told():     # it may change between the two
        tunnel = hub.tunnel()
        return tunnel["state"] == "down" and \
            tunnel["why"] in re.sub(r"\s+", " ", hub.cli("-c", "show tunnel").stdout)
    wait_until(told, 10, lambda: f"the shell tells why: {hub.tunnel()}")


def test_secrets_are_not_shown(hub, tunnel):
    for args in (["-c", "show running-config"], ["--json", "-c", "show running-config"]):
        assert "correct-horse" not in hub.cli(*args).stdout


def test_keys_are_in_no_log(hub, tunnel):
    assert "correct-horse" not in hub.controlplane.output()


def test_watch(hub, tunnel):
    output = hub.cli("--watch", "1", "--count", "2", "-c", "show tunnel").stdout
    assert output.count("tunnel1") >= 2


def test_events(hub, tunnel):
    """A tunnel that came up has told so, and IKE before it; whoever follows hears of the next
    change."""
    kept = [(e["source"], e["to"]) for e in hub.show("events")["events"]]
    assert kept.index(("ike", "established")) < kept.index(("tunnel", "up")), kept
    follower = Process([f"{BUILD}/cli/culvert", "--socket", hub.mgmt, "--json", "-c",
                        "show events follow tunnel"], hub.lab.log_path("events"))
    try:
        wait_until(lambda: hub.clear() and follower.output(), 20, "the tunnel's end is followed")
    finally:
        follower.stop(signal.SIGINT)
    event = json.loads(follower.output().splitlines()[0])
    assert event["source"] == "tunnel" and event["to"] == "down" and event["why"], event


def test_tech_support(hub, tunnel):
    """All in one, nothing of it an error, and no key in it."""
    text = hub.cli("-c", "show tech-support").stdout
    parts = re.findall(r"^-+ (show .*?) -+$", text, re.M)
    assert {"show running-config", "show crypto session detail", "show ip route"} <= set(parts)
    assert "correct-horse" not in text and "tunnel1" in text
    answer = json.loads(hub.cli("--json", "-c", "show tech-support").stdout)
    assert set(answer) == set(parts)
    assert answer["show tunnel"]["tunnels"][0]["state"] == "up"
    assert "correct-horse" not in json.dumps(answer)


def test_rates(hub, tunnel):
    """What goes through an interface shows in its average of five minutes."""
    def rate():
        lan = next(i for i in hub.show("interface")["interfaces"] if i["name"] == "lan")
        return lan["rates"]
    hub.cli("-c", "ping 192.168.10.100 size 1400 repeat 20")
    rates = wait_until(lambda: (r := rate()) and r["out_bps"] > 0 and r["in_bps"] > 0 and r, 10,
                       "traffic is seen both ways")
    assert 0 < rates["seconds"] <= 300, rates
    assert " rate  " in re.sub(r"rate +", "rate  ", hub.cli("-c", "show interface lan").stdout)


def test_clock_and_users(hub):
    before = time.time()
    told = hub.show("clock")["time_ms"] / 1000
    assert before - 1 <= told <= time.time() + 1
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} ", hub.cli("-c", "show clock").stdout)
    assert any(u["uid"] == os.getuid() and u["request"] == "show users"
               for u in hub.show("users")["users"])


def test_wrong_command(hub):
    result = hub.cli("-c", "show nonsense", check=False)
    assert result.returncode != 0


@pytest.fixture
def terminal(hub):
    """culvert on a pseudo-terminal: type() words, expect() a pattern."""
    shell = Terminal([f"{BUILD}/cli/culvert", "--socket", hub.mgmt])
    shell.expect(r"hub-a[>#] ?$")
    yield shell
    shell.close()


class Terminal:
    def __init__(self, argv):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env={**os.environ, "TERM": "vt100"})
        os.close(slave)
        self.seen = ""

    def type(self, text):
        self.seen = ""
        os.write(self.master, text.encode())

    def expect(self, pattern, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {pattern!r} in {self.seen!r}"
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        return match

    def run(self, line):
        """Type a line; what comes before the next prompt."""
        self.type(line + "\r")
        self.expect(r"\n\r?hub-[a-z0-9]+(\([a-z0-9-]+\))?[>#] ?$")
        return self.seen

    def close(self):
        os.close(self.master)
        self.process.terminate()
        self.process.wait(PATIENCE_S)


def test_commands_and_abbreviations(terminal):
    assert "tunnel1" in terminal.run("show tunnel")
    assert "tunnel1" in terminal.run("sh tun")
    everything = terminal.run("show ip route")
    assert "192.168.10.0/24" in everything and "192.168.21.0/24" in everything
    some = terminal.run("show ip route | include 192.168.10")
    assert "192.168.10.0/24" in some and "192.168.21.0/24" not in some
    others = terminal.run("show ip route | exclude 192.168.1")
    assert "192.168.10.0/24" not in others and "192.168.21.0/24" in others


def test_question_mark_and_completion(terminal):
    terminal.type("show ?")
    terminal.expect(r"tunnel\s+\S.*\n")
    terminal.type("\x15show ru\t")
    terminal.expect("running-config")
    terminal.type("\x15")
    assert "wan" in terminal.run("show interfaces") and "wan" in terminal.run("sh int")
    terminal.run("configure terminal")
    terminal.type("ip route ?")     # which IOS continues with words that there are not here
    terminal.expect(r"A\.B\.C\.D/LEN>\s+\S")
    terminal.type("\x15")
    terminal.run("interface lan")
    terminal.type("?")              # the words of this mode, not those of others
    listed = terminal.expect(r"  mtu\s(.|\n)*  exit\s(.|\n)*# ").group()
    assert not re.search(r"  (self-identity|access-list|router|set)\s", listed), listed
    terminal.type("ip address ?")
    terminal.expect(r"A\.B\.C\.D/LEN>\s+\S")
    terminal.type("\x15vrrp 10 ?")
    terminal.expect(r"timers advertise msec 10-40950\s+\S")
    terminal.type("\x15vrrp 10 pri\t")
    terminal.expect("priority ")
    terminal.type("\x15")
    terminal.run("abort")


def test_configure_commit_write(terminal, hub):
    terminal.run("configure terminal")
    terminal.run("interface tunnel tunnel1")
    terminal.run("ip mtu 1320")
    assert hub.tunnel()["mtu"] == 1400, "not before commit"
    terminal.run("commit")
    assert hub.tunnel()["mtu"] == 1320
    terminal.run("end")
    terminal.run("write")
    saved = [v for v in hub.call("config-versions")["versions"] if v["startup"]]
    assert len(saved) == 1 and saved[0]["running"]


def test_configure_a_second_tunnel_from_nothing(terminal, hub):
    for line in ("configure terminal",
                 "crypto ikev2 keyring branch-2", "address 3.3.3.2/32",
                 "pre-shared-key correct-horse", "exit",
                 "interface tunnel tunnel2", "tunnel source 1.1.1.2",
                 "tunnel destination 3.3.3.2", "tunnel protection branches",
                 "ip address 10.255.2.1/30", "exit",
                 "ip route 192.168.22.0/24 tunnel2", "commit", "end"):
        output = terminal.run(line)
        assert "rror" not in output and "nvalid" not in output, (line, output)
    running = hub.call("config-get")["config"]
    wanted = configs.two_branches()["tunnels"]["tunnel2"]
    for key in ("source", "destination", "address", "protection"):
        assert running["tunnels"]["tunnel2"][key] == wanted[key]
    assert {"prefix": "192.168.22.0/24", "interface": "tunnel2"} in [
        {k: r[k] for k in ("prefix", "interface") if k in r} for r in running["routes"]]


def test_wrong_value_is_refused_at_commit_or_before(terminal, hub):
    terminal.run("configure terminal")
    terminal.run("interface tunnel tunnel1")
    output = terminal.run("ip mtu 7") + terminal.run("commit")
    assert "576" in output
    assert hub.tunnel()["mtu"] == 1400
    terminal.run("end")


def test_history(terminal):
    terminal.run("show version")
    terminal.type("\x1b[A")
    terminal.expect("show version")
    terminal.type("\x15")
