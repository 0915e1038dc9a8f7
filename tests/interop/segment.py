# SPDX-License-Identifier: BSD-3-Clause
"""A LAN on a bridge in namespaces of its own, beside the network of tests/lab/net: routers of
several makes on one Ethernet, each on the host's kernel.

    SITES on LAN --- sw (bridge0) --- lan [hub-a]

and the fixtures that tests of such a LAN share.
"""
import os
import shutil
import subprocess

import pytest

from lab import Lab


class Segment(Lab):
    """Namespaces SITES; those in LAN have an interface of that name on the bridge in `sw`, those in
    NO_IPV6 do not speak IPv6. wire() adds what else there is."""

    SITES = ("sw", "hub-a")
    LAN = {"hub-a": "lan"}
    NO_IPV6 = SITES

    def ip(self, site, *words):
        subprocess.run(["ip", "-n", self.prefix + site, *words], check=True)

    def link(self, site, name, *words):
        """Make an interface, and take it up."""
        self.ip(site, "link", "add", "name", name, *words)
        self.ip(site, "link", "set", "dev", name, "up")

    def veth(self, site, name, far_site, far_name):
        self.ip(site, "link", "add", "name", name, "type", "veth", "peer", "name", far_name,
                "netns", self.prefix + far_site)
        for ns, dev in ((site, name), (far_site, far_name)):
            self.exec(ns, "ethtool", "-K", dev, "tx", "off", "gso", "off", "tso", "off",
                      check=False)
            self.ip(ns, "link", "set", "dev", dev, "up")

    def up(self):
        for site in self.SITES:
            subprocess.run(["ip", "netns", "add", self.prefix + site], check=True)
            self.ip(site, "link", "set", "lo", "up")
        for site in self.NO_IPV6:
            self.exec(site, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                      "net.ipv6.conf.default.disable_ipv6=1")
        self.link("sw", "bridge0", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                  "mcast_snooping", "0")
        for site, name in self.LAN.items():
            self.veth("sw", site, site, name)
            self.ip("sw", "link", "set", "dev", site, "master", "bridge0")
        self.wire()

    def wire(self):
        """Further links and addresses."""

    def down(self):
        self.tool("peer", "stop", "--all", "--crash", check=False)
        for site in self.SITES:
            subprocess.run(["ip", "netns", "del", self.prefix + site], check=False)


def segment_fixture(make, letter):
    """The fixture `segment`: one for the whole file, @letter in the names of its namespaces."""
    @pytest.fixture(scope="module")
    def segment(request):
        assert os.geteuid() == 0, "the interop tests need root: namespaces, packet sockets"
        segment = make(f"culvert-{letter}{os.getpid()}")
        usual = getattr(request.session, "culvert_lab", None)
        request.session.culvert_lab = segment   # whose logs are kept when a test fails
        try:
            segment.up()
            yield segment
        finally:
            request.session.culvert_lab = usual
            segment.down()
            shutil.rmtree(segment.state, ignore_errors=True)
    return segment


def hub_fixtures(make, config):
    """The fixtures `module_hub`, started once with @config(), and `hub`: the same with @config()
    pushed before each test, and both daemons alive after it."""
    @pytest.fixture(scope="module")
    def module_hub(segment):
        hub = make(segment)
        hub.start(config())
        yield hub
        hub.stop()

    @pytest.fixture
    def hub(module_hub):
        module_hub.push(config())
        yield module_hub
        for process in (module_hub.dataplane, module_hub.controlplane):
            assert process.alive(), f"a daemon of the hub died: {process.output()[-1500:]}"
    return module_hub, hub
