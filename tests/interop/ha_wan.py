# SPDX-License-Identifier: BSD-3-Clause
"""Failures of the case (ha.py) in which an ISP lets some packets pass and others not, or twice, or
late; and those that come while another one is not over yet. Each function is given the World."""
import time

from ha_hard import as_shipped, push
from lab import LAB, Process, wait_until

# In UDP to 4500 IKE begins with four bytes of zero, ESP with its SPI (RFC 3948).
ESP = ("meta l4proto esp", "udp dport 4500 @th,64,32 != 0", "udp sport 4500 @th,64,32 != 0")
IKE = ("udp dport 500", "udp dport 4500 @th,64,32 0", "udp sport 4500 @th,64,32 0")
LOSS_S = 10
NO_IKE_S = 30       # longer than the hubs' DPD and the branches' take to give up


def lose(world, what, sites=("hub-a",)):
    """The ISP loses the packets that fit one of the matches, to and from these sites."""
    world.lab.exec("isp", "nft", "add", "table", "ip", "wan")
    for hook, device in (("prerouting", "iifname"), ("postrouting", "oifname")):
        world.lab.exec("isp", "nft", "add", "chain", "ip", "wan", hook,
                       f"{{ type filter hook {hook} priority -250 ; }}")
        for site in sites:
            for match in what:
                world.lab.exec("isp", "nft", "add", "rule", "ip", "wan", hook, device, site,
                               *match.split(), "drop")


def lose_no_more(world):
    world.lab.exec("isp", "nft", "delete", "table", "ip", "wan")


def loss(world):
    """ISP A loses three packets in ten, each way, for a while."""
    lose(world, ("numgen random mod 10 < 3",))
    time.sleep(LOSS_S)      # this is the failure itself
    lose_no_more(world)


def ike_sas(world):
    """Of both hubs, by what nobody can mistake."""
    return {(hub.site, sa["spi_i"], sa["spi_r"]) for hub in world.hubs.values()
            for address in ("2.2.2.2", "3.3.3.2") for sa in hub.ike_sas(address)}


def no_esp(world):
    """ISP A loses ESP, whatever else there is passes: only OSPF knows."""
    world.sas = ike_sas(world)
    lose(world, ESP)


def nobody_called(world):
    """IKE had no part in it: all its SAs are those of before, and so are the roles."""
    assert world.roles() == ("active", "backup"), f"VRRP {world.roles()}"
    assert ike_sas(world) == world.sas, f"IKE SAs were {world.sas}, are {ike_sas(world)}"


def no_ike(world):
    """IKE is lost at both ISPs, ESP passes: who hears ESP knows that the peer is alive."""
    world.sas = ike_sas(world)
    lose(world, IKE, ("hub-a", "hub-b"))
    time.sleep(NO_IKE_S)    # this is the failure itself
    lose_no_more(world)


def push_while_taking_over(world):
    """hub-a is gone. While hub-b waits for it, it is given other configurations all the time, the
    first of them with another VRRP priority and OSPF cost; when it has become active, the one of
    before."""
    def change(n):
        def to(config, letter):
            config["system"]["hostname"] += f"-{n}"
            config["interfaces"]["lan"]["vrrp"]["10"]["priority"] = 101
            config["tunnels"]["branch-2"]["ospf"]["cost"] = 21
        return to
    world.kill_hub("a")
    hub_a = world.hubs.pop("a")     # nobody pushes there
    try:
        n, end = 0, time.monotonic() + 40
        while world.role("b") != "active":
            n += 1
            assert time.monotonic() < end, f"hub-b does not become active; {n} configurations"
            push(world, change(n))
        push(world, as_shipped)
    finally:
        world.hubs = {"a": hub_a, **world.hubs}


def hubs_stop_and_start(world):
    """Both hubs are stopped, so that they say good-bye, and started when both are silent."""
    for hub in world.hubs.values():
        hub.stop()
    for letter in world.hubs:
        world.start_hub(letter)


def reboot_twice(world):
    """branch-2 loses power, and again as soon as it has called one of the hubs."""
    branch = world.branches["branch-2"]
    branch.stop(crash=True)
    branch.start(world.fast)
    wait_until(lambda: any(hub.tunnel("branch-2")["state"] == "up"
                           for hub in world.hubs.values()), 60, "branch-2 has called")
    branch.stop(crash=True)
    branch.start(world.fast)


# ---- packets that come twice, or late ----

REPLAYED = {"a": 200, "b": 20}      # hub-b has OSPF's packets only
WIRE = ("--repeat", "0.2", "--reorder", "0.2", "--hold-ms", "5")


def disorder_begins(world):
    """The branches' WAN segments repeat packets, and hold some back until later ones are past: what
    is between them and either hub, by its ISP. The ISPs send the hubs all packets twice."""
    world.wires = []
    for seed, branch in enumerate(world.branches):
        wire = Process([f"{LAB}/wire", branch, *WIRE, "--seed", str(seed)],
                       world.lab.log_path("wire"), world.lab.env)
        world.processes.append(wire)
        world.wires.append(wire)
        wire.wait_output("wire: ready")
    isp = world.lab.exec
    isp("isp", "nft", "add", "table", "ip", "twice")
    isp("isp", "nft", "add", "chain", "ip", "twice", "out",
        "{ type filter hook postrouting priority -250 ; }")
    for _, site, hub in world.ISPS:
        isp("isp", "nft", "add", "rule", "ip", "twice", "out", "oifname", site,
            "dup", "to", hub, "device", site)
    world.settle(120)


def disorder_ends(world):
    world.lab.exec("isp", "nft", "delete", "table", "ip", "twice")
    for wire in world.wires:
        wire.stop()
        world.processes.remove(wire)


def neighbours(world):
    """How often each of OSPF's neighbours has changed its state."""
    return {(hub.site, n["interface"], n["router_id"]): n["changes"] for hub in
            world.hubs.values() for n in hub.show("ip-ospf-neighbor")["neighbors"]}


def disorder(world):
    """Until each hub has refused so many packets that were there before."""
    world.sas, world.changes = ike_sas(world), neighbours(world)
    world.marks = {name: len(probe.process.output()) for name, probe in world.probes.items()}
    wanted = {letter: hub.drops().get("esp-replay", 0) + REPLAYED[letter]
              for letter, hub in world.hubs.items()}
    for letter, hub in world.hubs.items():
        wait_until(lambda: hub.drops().get("esp-replay", 0) >= wanted[letter], 120,
                   f"{hub.site} refuses {REPLAYED[letter]} packets of ESP as there before")


def in_order(world):
    """Nobody called, no neighbour was lost, and nothing came out of a tunnel twice."""
    nobody_called(world)
    now = neighbours(world)
    assert now == world.changes, f"OSPF's neighbours: changes were {world.changes}, are {now}"
    twice = {name: "DUP!" in world.probes[name].process.output()[mark:]
             for name, mark in world.marks.items()}
    assert twice == {"out": False, "back": False, "internet": True}, f"came twice: {twice}"
