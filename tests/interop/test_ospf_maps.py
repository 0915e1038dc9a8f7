# SPDX-License-Identifier: BSD-3-Clause
"""Small AS's at random (ospf_maps.py), the hub, three FRRs and two BIRDs each in any place: border
router, ASBR, inside. All route tables are what ospf_reckon.py says, and again after a link was cut.

    hub-a, p0 ... p4: ports e0 to e3, each with its far end in sw, where a bridge is a link or LAN
"""
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import Hub, wait_until
from ospf_lab import Peer
from ospf_maps import N_PORTS, N_ROUTERS, Map, loopback, router_id
from ospf_reckon import Reckoning
from segment import Segment, hub_fixtures, segment_fixture

HELLO, DEAD, WAIT = 1, 4, 60
# Others: OSPF_MAPS="26 33" in the environment
SEEDS = [int(word) for word in os.environ.get("OSPF_MAPS", "3 12").split()]
SITES = ("hub-a", *(f"p{i}" for i in range(N_ROUTERS - 1)))


class MapSegment(Segment):
    SITES = ("sw", *SITES)
    LAN = {}
    NO_IPV6 = SITES

    def wire(self):
        self.bridges = []
        for site in SITES:
            for port in range(N_PORTS):
                self.veth("sw", f"{site}e{port}", site, f"e{port}")
            if site != "hub-a":
                self.veth(site, "out0", site, "out1")

    def batch(self, lines):
        path = f"{self.state}/batch"
        with open(path, "w") as file:
            file.write("".join(line + "\n" for line in lines))
        self.ip("sw", "-batch", path)

    def lay(self, m, site):
        """The bridges of a map; @site(router)."""
        lines = [f"link del {name}" for name in self.bridges]
        self.bridges = [f"seg{s.number}" for s in m.segments]
        for s in m.segments:
            lines.append(f"link add seg{s.number} type bridge stp_state 0 forward_delay 0 "
                         "mcast_snooping 0")
            lines.append(f"link set seg{s.number} up")
            lines += [f"link set {site(r)}e{port} master seg{s.number}"
                      for r, (port, _) in s.ends.items()]
        self.batch(lines)

    def cut(self, s):
        """It is silent; nobody's carrier goes."""
        self.batch([f"link set seg{s.number} down"])


class MapHub(Hub):
    def dataplane_argv(self):
        argv = super().dataplane_argv()
        at = argv.index("--vdev")
        ports = [word for i in range(N_PORTS)
                 for word in ("--vdev", f"net_af_packet{i},iface=e{i}")]
        return argv[:at] + ports + argv[at + 4:]


def nothing():
    return {"interfaces": {f"e{i}": {} for i in range(N_PORTS)}}


segment = segment_fixture(MapSegment, "z")
module_hub, hub = hub_fixtures(MapHub, nothing)


def ports(m, r):
    """(port, segment, cost) of a router."""
    return [(s.ends[r][0], s, s.ends[r][1]) for s in m.segments if r in s.ends]


# ---- the three makes' configurations ----

def hub_config(m, r):
    interfaces = {f"e{i}": {} for i in range(N_PORTS)}
    interfaces["loopback0"] = {"address": [loopback(r)], "ospf": {"area": str(m.home[r])}}
    for port, s, cost in ports(m, r):
        interfaces[f"e{port}"] = {"address": [f"{s.address(r)}/24"], "ospf": {
            "area": str(s.area), "cost": cost, "hello-seconds": HELLO, "dead-seconds": DEAD,
            "retransmit-seconds": 2, "network": "broadcast" if s.lan else "point-to-point"}}
    areas = {}
    for a in m.areas_of(r):
        kind = m.areas[a]
        if kind != "normal":
            areas[str(a)] = {"type": "nssa" if "nssa" in kind else "stub",
                             "no-summary": kind.startswith("totally"),
                             "default-cost": m.default_cost[r]}
    if r in m.ranges:
        prefix, area, cost, advertised = m.ranges[r]
        areas.setdefault(str(area), {})["ranges"] = [{
            "prefix": prefix, "not-advertise": not advertised,
            **({"cost": cost} if cost is not None else {})}]
    prefixes, metric, kind = m.externals.get(r, ([], 20, 2))
    return {"interfaces": interfaces, "system": {"log-level": "debug"},
            "routes": [{"prefix": p, "null": True} for p in prefixes],
            "router": {"ospf": {"1": {
                "router-id": router_id(r), "areas": areas, "rfc1583-compatibility": m.rfc1583,
                "redistribute": [{"source": "static", "metric": metric, "metric-type": kind}]
                if prefixes else []}}}}


def addresses(m, r):
    lines = [f"ip address replace {s.address(r)}/24 dev e{port}" for port, s, _ in ports(m, r)]
    lines += [f"ip address replace {p.replace('.0/', '.1/')} dev out0"
              for p in m.externals.get(r, ([],))[0]]
    return "".join(line + "\n" for line in [*lines, f"ip address replace {loopback(r)} dev lo"])


def frr_config(m, r):
    out = ["frr defaults traditional", f"hostname r{r}", "router ospf",
           f" ospf router-id {router_id(r)}", " timers throttle spf 10 50 500",
           " timers throttle lsa all 100", " timers lsa min-arrival 100"]
    if m.rfc1583:
        out.append(" ospf rfc1583compatibility")
    for a in m.areas_of(r):
        kind = m.areas[a]
        if kind != "normal":
            word = "nssa" if "nssa" in kind else "stub"
            summary = " no-summary" if kind.startswith("totally") and m.is_abr(r) else ""
            out += [f" area {a} {word}{summary}", f" area {a} default-cost {m.default_cost[r]}"]
    if r in m.ranges:
        prefix, area, cost, advertised = m.ranges[r]
        out.append(f" area {area} range {prefix}" + ("" if advertised else " not-advertise")
                   + (f" cost {cost}" if cost is not None and advertised else ""))
    if r in m.externals:
        _, metric, kind = m.externals[r]
        out.append(f" redistribute connected metric {metric} metric-type {kind}")
    for port, s, cost in ports(m, r):
        out += [f"interface e{port}", f" ip ospf hello-interval {HELLO}",
                f" ip ospf dead-interval {DEAD}", " ip ospf retransmit-interval 2",
                f" ip ospf cost {cost}",
                f" ip ospf network {'broadcast' if s.lan else 'point-to-point'}",
                f" ip ospf area {s.area}"]
    out += ["interface lo", f" ip ospf area {m.home[r]}"]
    return "\n".join(out) + "\n"


def bird_area(m, r, a):
    out, kind = [f" area {a} {{"], m.areas[a]
    if kind != "normal":
        out.append("  nssa;" if "nssa" in kind else "  stub;")
        out.append(f"  default cost {m.default_cost[r]};")
        out.append(f"  summary {'no' if kind.startswith('totally') else 'yes'};")
    if r in m.ranges and m.ranges[r][1] == a:
        prefix, _, _, advertised = m.ranges[r]
        out.append(f"  networks {{ {prefix}{'' if advertised else ' hidden'}; }};")
    for port, s, cost in ports(m, r):
        if s.area == a:
            out.append(f"  interface \"e{port}\" {{ type {'bcast' if s.lan else 'ptp'}; "
                       f"hello {HELLO}; dead {DEAD}; wait {DEAD}; retransmit 2; cost {cost}; }};")
    if m.home[r] == a:
        out.append("  interface \"lo\" { stub; };")
    return "\n".join([*out, " };"])


def bird_config(m, r):
    prefixes, metric, kind = m.externals.get(r, ([], 20, 2))
    routes = "".join(f" route {p} blackhole;" for p in prefixes)
    export = ("export filter { if proto = \"ext\" then {"
              f" ospf_metric{kind} = {metric}; accept; }} reject; }};" if prefixes
              else "export none;")
    return (f"log stderr all;\nrouter id {router_id(r)};\nprotocol device {{ scan time 2; }}\n"
            f"protocol static ext {{ ipv4; {routes} }}\n"
            "protocol kernel { ipv4 { export where source ~ [ RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1,"
            " RTS_OSPF_EXT2 ]; }; }\n"
            f"protocol ospf v2 ospf1 {{\n rfc1583compat {'yes' if m.rfc1583 else 'no'};\n"
            f" ipv4 {{ import all; {export} }};\n"
            + "\n".join(bird_area(m, r, a) for a in m.areas_of(r)) + "\n}\n")


# ---- what they have ----

def frr_table(peer):
    out = {}
    found = json.loads(peer.vtysh("show ip ospf route json"))
    for p, x in found.items():
        if "/" not in p or x["routeType"].startswith("D"):
            continue
        kind = x["routeType"].split()
        kind = "I" if kind == ["N"] else kind[-1]
        cost = x["cost"]
        out[p] = (kind, x.get("type2cost", cost) if kind == "E2" else cost, cost)
    return out


BIRD_ROUTE = re.compile(r"^(\S+/\d+)?\s+(?:unicast|blackhole|unreachable).*\[ospf1 .*"
                        r" (I|IA|E1|E2) \(150/(\d+)(?:/(\d+))?\)")


def bird_table(peer):
    out, prefix = {}, None
    for line in peer.exec("birdc", "show route protocol ospf1").splitlines():
        prefix = line.split()[0] if "/" in (line.split() or [""])[0] else prefix
        found = BIRD_ROUTE.match(line)
        if found:
            _, kind, cost, metric2 = found.groups()
            out[prefix] = (kind, int(metric2 if kind == "E2" else cost), int(cost))
    return out


HUB_KINDS = {"intra-area": "I", "inter-area": "IA", "external-1": "E1", "external-2": "E2",
             "nssa-1": "E1", "nssa-2": "E2"}


def hub_table(hub):
    return {x["prefix"]: (HUB_KINDS[x["kind"]], x["metric"], x["cost"])
            for x in hub.show("ip-ospf-route")["routes"] if x["kind"] in HUB_KINDS}


class Site:
    """A router of the map at its place."""

    def __init__(self, segment, hub, m, r, name):
        self.make, self.r, self.m, self.hub, self.name = m.makes[r], r, m, hub, name
        self.peer = None
        if self.make == "frr":
            self.peer = Peer(segment, f"frr{r}", {"frr.conf": frr_config(m, r)}, addresses(m, r),
                             name)
        elif self.make == "bird":
            self.peer = Peer(segment, f"bird{r}", {"bird.conf": bird_config(m, r)}, addresses(m, r),
                             name)

    def start(self):
        if self.peer is None:
            self.hub.push(hub_config(self.m, self.r))
        else:
            self.peer.start()

    def stop(self):
        if self.peer is not None:
            self.peer.stop(crash=True)

    def table(self):
        if self.make == "frr":
            return frr_table(self.peer)
        return bird_table(self.peer) if self.make == "bird" else hub_table(self.hub)

    def forwards(self):
        """{(router, prefix): forwarding address} of the type 7 LSAs that FRR or the hub knows."""
        out = {}
        if self.make == "hub":
            db = self.hub.show("ip-ospf-database", name="nssa-external")
            for area in db["areas"]:
                for x in area["lsas"]:
                    if x["type"] == "nssa-external":
                        out[x["router"], x["id"]] = x["forward"]
        elif self.make == "frr":
            text = self.peer.vtysh("show ip ospf database nssa-external")
            for part in text.split("LS age:")[1:]:
                out[re.search(r"Advertising Router: (\S+)", part)[1],
                    re.search(r"Link State ID: (\S+)", part)[1]] = \
                    re.search(r"NSSA: Forward Address: (\S+)", part)[1]
        return out


@pytest.fixture
def routers(segment, hub):
    """Start the routers of a map; all that is started ends with the test."""
    running = []

    def start(m):
        names = iter(SITES[1:])
        sites = [Site(segment, hub, m, r, "hub-a" if m.makes[r] == "hub" else next(names))
                 for r in range(N_ROUTERS)]
        running.extend(sites)
        segment.lay(m, lambda r: sites[r].name)
        with ThreadPoolExecutor(N_ROUTERS) as pool:
            list(pool.map(Site.start, sites))
        return sites
    yield start
    with ThreadPoolExecutor(N_ROUTERS) as pool:
        list(pool.map(Site.stop, running))


def forwards(m, sites):
    known = {}
    for site in sites:
        known.update(site.forwards())
    return {(r, p): known[router_id(r), p.split("/")[0]] for r, _, p, _, _ in
            Reckoning(m, {}).type7() if (router_id(r), p.split("/")[0]) in known}


def differences(m, sites):
    """One line for each route that is not as it should be."""
    forward = forwards(m, sites)
    missing = [x[:3] for x in Reckoning(m, {}).type7() if (x[0], x[2]) not in forward]
    if missing:
        return [f"no type 7 LSA: {missing}"]
    out = []
    for site, want in zip(sites, Reckoning(m, forward).tables()):
        have = site.table()
        out += [f"r{site.r} ({site.make}) {p}: {have.get(p)}, wanted {want.get(p)}"
                for p in sorted(set(want) | set(have)) if have.get(p) != want.get(p)
                and not ignored(m, site, p)]
    return out


def ignored(m, site, p):
    """What is no route to anywhere: the range that a border router discards, its own externals."""
    return (site.r in m.ranges and p == m.ranges[site.r][0]) or \
        p in m.externals.get(site.r, ([],))[0]


def settle(m, sites, what):
    last = []

    def same():
        nonlocal last
        last = differences(m, sites)
        return not last
    wait_until(same, WAIT, lambda: f"{what}: {m.describe()}\n" + "\n".join(last))


@pytest.mark.parametrize("seed", SEEDS)
def test_map(segment, routers, seed):
    m = Map(seed)
    sites = routers(m)
    settle(m, sites, "all tables are as they should be")
    s = m.cut_one()
    if s is not None:
        segment.cut(s)
        settle(m, sites, f"after {s.prefix} was cut")
