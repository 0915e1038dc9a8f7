# SPDX-License-Identifier: BSD-3-Clause
"""Failures of the case (ha.py) that OSPF has to bear. Each function is given the World."""
import re

from ha_hard import as_shipped, cpu_s, push
from lab import wait_until

ID_A = "192.168.10.2"       # by configs/hub-a.json
HELLOS = 20


def refused(hub):
    """Packets of routers with another one's ID, or ours."""
    return {r["name"]: r["count"] for r in hub.show("ip-ospf")["refused"]}.get("router-id", 0)


def spent(hub):
    """CPU time in s, LSAs that it has made, lines that it has logged."""
    return (cpu_s(hub.controlplane.pid), hub.show("ip-ospf")["lsas"]["originated"],
            hub.controlplane.output().count("\n"))


def same_router_id(world):
    """hub-b is given hub-a's router ID, for so long that each refuses twenty Hellos of the other:
    each says who it is, once, and neither spends more on it than on those twenty."""
    def mistake(config, letter):
        config["router"]["ospf"]["1"]["router-id"] = ID_A

    def says(hub, other):
        return re.search(rf"lan: from {other}: duplicate router ID: it has ours, {ID_A}",
                         hub.controlplane.output()[marks[hub]:])
    hubs = {world.hubs["a"]: "192.168.10.3", world.hubs["b"]: "192.168.10.2"}
    marks = {hub: len(hub.controlplane.output()) for hub in hubs}
    push(world, mistake)
    for hub, other in hubs.items():
        wait_until(lambda: says(hub, other), 30, f"{hub.site} says that {other} has its ID")
    before = {hub: (refused(hub), spent(hub)) for hub in hubs}
    for hub in hubs:
        wait_until(lambda: refused(hub) >= before[hub][0] + HELLOS, 60, f"{HELLOS} are refused")
    world.spent = {hub.site: [round(now - then, 2) for now, then in
                              zip(spent(hub), before[hub][1])] for hub in hubs}
    push(world, as_shipped)


def is_healed(world):
    """All are neighbours again by their own IDs, and it has cost little."""
    world.settle(120)
    for site, (cpu, lsas, lines) in world.spent.items():
        assert cpu < 2 and lsas < 3 * HELLOS and lines < 3 * HELLOS, \
            f"{site}: {cpu} s of CPU time, {lsas} LSAs, {lines} lines, for {HELLOS} Hellos"
