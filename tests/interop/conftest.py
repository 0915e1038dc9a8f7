# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures: one network, one hub and two branches for the whole run; every test starts from the
usual configuration without any SA. What a failed test leaves in logs is kept under build/interop/.
"""
import functools
import os
import shutil
import signal
import subprocess

import pytest

import configs
from lab import (BUILD, HOST, HOST6, HUB6, ROOT, Branch, Capture, Hub, Lab, Pinger, Process, LAB,
                 witness)

KEPT = os.path.join(ROOT, "build", "interop")


def pytest_report_header(config):
    return (f"daemons: {os.path.relpath(BUILD, ROOT)}, "
            f"logs of failed tests: {os.path.relpath(KEPT, ROOT)}")


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures what others on the machine would spoil, or "
                            "would spoil what they do; tests/run.py runs nothing meanwhile")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """What the tests have started ends now, and a second Ctrl-C must not keep it from that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    lab = getattr(item.session, "culvert_lab", None)
    if report.failed and lab is not None:
        keep_logs(lab, item.name, report)


def keep_logs(lab, test, report):
    """Copy the logs of now, and show the ends of the daemons' in the report."""
    kept = os.path.join(KEPT, "".join(c if c.isalnum() or c in "-_." else "_" for c in test))
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(lab.state, kept, ignore=lambda directory, names: [
        n for n in names if n.endswith((".sock", ".so", ".lock")) or n in ("uml", "jobs")])
    report.sections.append(("logs kept in", kept))
    for name in ("controlplane", "dataplane"):
        logs = sorted(n for n in os.listdir(lab.logs) if n.endswith(f"-{name}.log"))
        if logs:
            with open(f"{lab.logs}/{logs[-1]}", errors="replace") as file:
                report.sections.append((f"end of {logs[-1]}", "".join(file.readlines()[-25:])))


@pytest.fixture(scope="session", autouse=True)
def watched():
    """The witness looks from the first test on: it knows nothing of what was before it."""
    witness()


@pytest.fixture(scope="session")
def lab(request):
    assert os.geteuid() == 0, "the interop tests need root: namespaces, packet sockets"
    if "CULVERT_INTEROP_PART" not in os.environ:
        shutil.rmtree(KEPT, ignore_errors=True)
    name = f"culvert-t{os.getpid()}"
    lab = Lab(name)
    request.session.culvert_lab = lab
    try:
        lab.up()
        yield lab
    finally:
        lab.down()
        request.session.culvert_lab = None  # its logs go: a test that fails now has none to keep
        shutil.rmtree(lab.state, ignore_errors=True)


@pytest.fixture(scope="session")
def session_hub(lab):
    hub = Hub(lab)
    yield hub
    hub.stop()


@pytest.fixture(scope="session")
def session_branch(lab):
    branch = Branch(lab, "branch-1")
    branch.start()
    return branch


@pytest.fixture(scope="session")
def session_branch2(lab):
    branch = Branch(lab, "branch-2")
    branch.start()
    return branch


@pytest.fixture
def hub(session_hub):
    """The hub with the usual configuration and no SA."""
    config = configs.one_branch()
    if session_hub.healthy():
        session_hub.push(config)
        session_hub.clear()
    else:
        session_hub.stop()
        session_hub.start(config)
    yield session_hub
    for process in (session_hub.dataplane, session_hub.controlplane):
        assert process.alive(), f"a daemon of the hub died: {process.output()[-1500:]}"


@pytest.fixture
def quiet_branch(session_branch):
    """Branch-1 with nothing loaded: GRE leaves it in the clear."""
    if not session_branch.running():
        session_branch.start()
    session_branch.unload()
    return session_branch


@pytest.fixture(scope="module")
def host6(lab):
    """The host's IPv6; nothing of it is left afterwards."""
    lab.exec("host", "sh", "-euc", f"""
        sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0
        ip -6 address add {HOST6}/64 dev eth0 nodad
        ip -6 route add default via {HUB6}""")
    yield functools.partial(lab.exec, "host")
    lab.exec("host", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", check=False)


@pytest.fixture
def branch(quiet_branch, hub):
    """Branch-1 with its trap set: it calls the hub when it has something to send."""
    quiet_branch.load()
    return quiet_branch


@pytest.fixture
def branch2(session_branch2, hub):
    session_branch2.unload()
    session_branch2.load()
    return session_branch2


@pytest.fixture
def tunnel(branch, hub):
    """The tunnel, up: what most tests start from."""
    bring_up(branch, hub)
    return hub.tunnel()


def bring_up(branch, hub, name="tunnel1"):
    branch.knock()
    hub.wait_up(name)
    branch.ping(count=2)


@pytest.fixture
def started(lab):
    """Start background programs that end with the test."""
    processes = []

    def start(process):
        processes.append(process)
        return process
    yield start
    for process in processes:
        if process.alive():
            process.stop()      # not killed: what it runs inside a branch has to end, too


@pytest.fixture
def pinger(lab, started):
    """Pings from the host to a branch's LAN, a hundred a second."""
    def start(destination="192.168.21.1", interval="0.01"):
        process = started(lab.start("host", "ping", "ping", "-i", interval, destination))
        pinger = Pinger(process)
        pinger.wait_more(5)
        return pinger
    return start


@pytest.fixture
def capture(lab, started):
    capture = Capture(lab)
    started(capture.process)
    return capture


@pytest.fixture
def iperf(lab, started, branch):
    """TCP between the branch and the host; the rate in Mbit/s at the receiver."""
    server = started(lab.start("host", "iperf3", "iperf3", "-s", "--forceflush"))
    server.wait_output("listening")

    def run(seconds=3, options=()):
        output = branch.exec("iperf3", "-c", HOST, "-B", branch.lan, "-t", str(seconds), "-f", "m",
                             *options, timeout=seconds + 20).stdout
        return received_mbit(output)
    return run


def received_mbit(output):
    for line in output.splitlines():
        if line.rstrip().endswith("receiver"):
            return float(line.split()[line.split().index("Mbits/sec") - 1])
    raise AssertionError(f"iperf3 did not say what was received: {output}")


@pytest.fixture
def wire(lab, started):
    """Bad weather on branch-1's segment: see tests/lab/wire."""
    wires = []

    def start(*options):
        process = started(Process([f"{LAB}/wire", "branch-1", *options], lab.log_path("wire"),
                                  lab.env))
        process.wait_output("wire: ready")
        wires.append(process)
        return process
    yield start
    for process in wires:
        if process.alive():
            process.stop()


@pytest.fixture
def network(lab):
    """The network, whole again afterwards."""
    yield lab
    for site in ("hub-a", "branch-1", "branch-2"):
        subprocess.run([f"{LAB}/net", "restore", site], env=lab.env, check=True)


def throw_garbage(lab, site, *options):
    """Run garbage.py against the hub from the isp or from the host; how many frames it sent."""
    interface, target = {"isp": ("hub-a", "1.1.1.2"), "host": ("eth0", "192.168.10.1")}[site]
    output = lab.exec(site, "/usr/bin/python3",
                      os.path.join(os.path.dirname(__file__), "garbage.py"),
                      interface, target, *options, timeout=120).stdout
    return int(output.split()[0])
