# SPDX-License-Identifier: BSD-3-Clause
"""Stock keepalived in the namespace `peer` of a Segment, on the host's kernel."""
import os
import re
import signal

from lab import wait_until

WAIT = 60


class Keepalived:
    """keepalived in the namespace peer; what it says of its state is in its log."""

    def __init__(self, segment, version=3, globals_="", instances=None, **instance):
        """@instances: keywords of instance() for several; else those of the only one."""
        self.segment = segment
        self.conf = f"{segment.state}/keepalived.conf"
        segment.serial += 1
        self.pids = [f"{segment.state}/{what}{segment.serial}.pid" for what in ("k", "v")]
        with open(self.conf, "w") as file:
            file.write(f"""global_defs {{
    vrrp_version {version}
    vrrp_garp_master_repeat 1
    {globals_}
}}
""" + "".join(self.instance(**i) for i in instances or [instance]))
        self.vmacs = re.findall(r"use_vmac (\S+)", open(self.conf).read())
        self.process = segment.start(
            "peer", "keepalived", "keepalived", "--dont-fork", "--log-console", "--log-detail",
            "--vrrp", "-f", self.conf, "-p", self.pids[0], "-r", self.pids[1])
        self.process.wait_output("Entering BACKUP STATE|Entering MASTER STATE", WAIT)

    @staticmethod
    def instance(priority=100, advert=1, vip=("192.168.10.1",), extra="", vrid=10, interface="lan"):
        """One virtual router: a section of the configuration, called lan4.10 or lan6.10, say."""
        v6 = ":" in vip[0]
        addresses = "\n".join(f"        {a}/{'64' if ':' in a else '32'}" for a in vip)
        return f"""vrrp_instance {interface}{'6' if v6 else '4'}.{vrid} {{
    state BACKUP
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {advert}
    use_vmac {interface}{'v6' if v6 else 'v4'}.{vrid}
    {extra}
    virtual_ipaddress {{
{addresses}
    }}
}}
"""

    def is_master(self, name=r"[\w.]+"):
        states = re.findall(rf"\({name}\) Entering (BACKUP|MASTER|FAULT) STATE",
                            self.process.output())
        return states[-1:] == ["MASTER"]

    def wait_master(self, want=True, name=r"[\w.]+"):
        wait_until(lambda: self.is_master(name) == want, WAIT, f"keepalived is master: {want}")

    def stop(self):
        """Priority 0, then gone."""
        self.process.stop(seconds=WAIT)
        self.clean()

    def crash(self):
        """Without a word: its threads and children, too."""
        with open(self.pids[1]) as file:
            child = int(file.read())
        self.process.kill()
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.clean()

    def clean(self):
        for name in self.vmacs:
            self.segment.exec("peer", "ip", "link", "del", name, check=False)
        self.segment.exec("peer", "ip", "address", "del", "192.168.10.1/32", "dev", "lan",
                          check=False)
