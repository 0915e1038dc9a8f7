# SPDX-License-Identifier: BSD-3-Clause
"""Starts that can't work: one clear line and a non-zero exit, no stack of library messages."""
import json
import re
import socket
import struct
import subprocess
import threading

import pytest

import configs
from lab import BUILD, PATIENCE_S

DATAPLANE = f"{BUILD}/dataplane/culvert-dataplane"
CONTROLPLANE = f"{BUILD}/controlplane/culvert-controlplane"
WAN = ["--vdev", "net_af_packet0,iface=wan"]


@pytest.fixture
def refused(lab, tmp_path):
    """Start a program that can't start: it ends, with one line of why. Before it, the control plane
    may say how far it came."""
    def run(pattern, *argv, site="hub-a", user=None, errors=1):
        if user is not None:
            argv = ["setpriv", "--reuid", user, "--clear-groups", "--inh-caps=-all",
                    "--bounding-set=-all", *argv]
        result = lab.exec(site, *argv, check=False)
        lines = (result.stdout + result.stderr).strip().splitlines()
        assert result.returncode > 0, (result.returncode, lines)
        told = [line for line in lines if " notice " not in line]
        assert len(told) == errors and len(lines) <= 5, "\n".join(lines)
        assert re.search(pattern, told[0], re.I), told[0]
    return run


@pytest.fixture
def sock(tmp_path):
    return str(tmp_path / "dp.sock")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "hub.json"
    path.write_text(json.dumps(configs.one_branch()))
    return str(path)


def controlplane(config, sock, tmp_path):
    return [CONTROLPLANE, "--config", config, "--dataplane-socket", sock, "--mgmt-socket",
            str(tmp_path / "m.sock"), "--state-dir", str(tmp_path / "state")]


# ---- the dataplane ----

def test_no_hugepages(refused, sock):
    with open("/proc/meminfo") as file:
        if not re.search(r"HugePages_Free: +0\n", file.read()):
            pytest.skip("this machine has hugepages")
    refused("hugepage", DATAPLANE, "--vdev", "net_null0", "--socket", sock)


def test_no_such_interface(refused, sock):
    refused("nonesuch", DATAPLANE, "--no-huge", "--vdev", "net_af_packet0,iface=nonesuch",
            "--socket", sock)


def test_wrong_device_argument(refused, sock):
    refused("ifase|devargs|argument", DATAPLANE, "--no-huge", "--vdev", "net_af_packet0,ifase=wan",
            "--socket", sock)


def test_no_such_driver(refused, sock):
    refused("net_nonsense", DATAPLANE, "--no-huge", "--vdev", "net_nonsense0,iface=wan",
            "--socket", sock)


def test_no_such_pci_device(refused, sock):
    refused("0000:ff:1f.7|pci|device", DATAPLANE, "--no-huge", "-a", "0000:ff:1f.7", "--socket",
            sock)


def test_no_port_at_all(refused, sock):
    refused("port", DATAPLANE, "--no-huge", "--socket", sock)


def test_unknown_option(refused, sock):
    refused("--nonsense", DATAPLANE, "--no-huge", *WAN, "--nonsense", "--socket", sock)


def test_dataplane_without_permission(refused):
    refused("permi|root|capab|privilege", DATAPLANE, "--no-huge", *WAN, "--socket",
            "/tmp/culvert-nobody.sock", user="nobody")


def test_channel_socket_in_use(refused, hub):
    refused("in use|already", DATAPLANE, "--no-huge", *WAN, "--socket", hub.channel)


def test_channel_socket_that_cannot_be_made(refused):
    refused("/proc/nowhere", DATAPLANE, "--no-huge", "--vdev", "net_af_packet0,iface=eth0",
            "--socket",
            "/proc/nowhere/x.sock", site="host")


# ---- the control plane: of a configuration, a line for each error and one that counts them; one
# line only if there is nothing to read ----

def test_management_socket_in_use(refused, hub, config, tmp_path):
    refused("in use|already|another", CONTROLPLANE, "--config", config, "--dataplane-socket",
            hub.channel,
            "--mgmt-socket", hub.mgmt, "--state-dir", str(tmp_path))


def test_no_configuration(refused, sock, tmp_path):
    refused("nowhere.json", *controlplane(str(tmp_path / "nowhere.json"), sock, tmp_path))


def test_configuration_is_not_json(refused, sock, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text('{ "system": { "hostname": "x", } }')
    refused("line 1, column 32", *controlplane(str(path), sock, tmp_path))


def test_configuration_with_errors(lab, sock, tmp_path):
    """One line for each error, with its path, and one that says that it does not start."""
    bad = configs.one_branch()
    bad["interfaces"]["wan"]["mtu"] = 70000
    bad["tunnels"]["tunnel1"]["ttl"] = 256
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(bad))
    result = lab.exec("hub-a", *controlplane(str(path), sock, tmp_path), check=False)
    output = result.stdout + result.stderr
    assert result.returncode > 0
    assert "/interfaces/wan/mtu" in output and "/tunnels/tunnel1/ttl" in output
    assert len(output.splitlines()) <= 4, output


class OtherDataplane(threading.Thread):
    """Listens as a dataplane, and answers the hello with another ABI version (common/channel.h)."""

    MAGIC, ABI, EPROTO = 0x43564c54, 99, -71

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(path)
        self.socket.listen()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                peer.recv(4096)
                peer.send(struct.pack("=IIiIQ32s96s", self.MAGIC, self.ABI, self.EPROTO, 1, 1,
                                      b"9.9.9", b"ABI 99 here, 1 there"))

    def close(self):
        self.socket.close()


def test_dataplane_of_another_abi(refused, config, tmp_path):
    path = str(tmp_path / "other.sock")
    other = OtherDataplane(path)
    other.start()
    try:
        refused("abi", *controlplane(config, path, tmp_path))
    finally:
        other.close()


def test_controlplane_of_another_abi_is_refused(hub):
    """The dataplane says why, and keeps the control plane that it has."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(10)
        sock.connect(hub.channel)
        sock.send(struct.pack("=II32s", OtherDataplane.MAGIC, 99, b"9.9.9"))
        magic, abi, status = struct.unpack("=IIi", sock.recv(4096)[:12])
    assert (magic, status) == (OtherDataplane.MAGIC, OtherDataplane.EPROTO)
    assert hub.attached()


@pytest.mark.parametrize("hello", [b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", bytes(40), bytes(4096)],
                         ids=["nothing", "one-byte", "http", "zeroes", "long"])
def test_nonsense_instead_of_a_hello(hub, hello):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(10)
        sock.connect(hub.channel)
        sock.send(hello)
    assert hub.attached() and hub.dataplane.alive()


# ---- the shell ----

def test_shell_without_control_plane(tmp_path):
    result = subprocess.run([f"{BUILD}/cli/culvert", "--socket", str(tmp_path / "no.sock"), "-c",
                             "show version"], capture_output=True, text=True, timeout=PATIENCE_S)
    assert result.returncode != 0
    assert len(result.stderr.strip().splitlines()) == 1 and "no.sock" in result.stderr
