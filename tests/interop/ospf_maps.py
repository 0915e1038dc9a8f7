# SPDX-License-Identifier: BSD-3-Clause
"""Small AS's at random: areas of each type on one or two border routers, links and LANs, ASBRs,
ranges. What each router should have of it is in ospf_reckon.py, which shares no code with ours."""
import random

N_ROUTERS = 6
N_PORTS = 4
KINDS = ("normal", "stub", "totally-stub", "nssa", "totally-nssa")


def router_id(r):
    return f"10.255.255.{r + 1}"


def loopback(r):
    return f"172.20.{r + 1}.1/32"


class Segment:
    """A link (two ends) or a LAN; ends are {router: (port, cost)}."""

    def __init__(self, number, area, lan, ends):
        self.number, self.area, self.lan, self.ends = number, area, lan, ends
        self.cut = False

    @property
    def prefix(self):
        return f"10.{self.area}.{self.number}.0/24"

    def address(self, router):
        return f"10.{self.area}.{self.number}.{router + 1}"


class Map:
    """@makes: who is of which make; areas: {number: kind}; ranges: {router: (prefix, area, cost or
    None, advertised)}; externals: {router: ([prefix], metric, type)}."""

    def __init__(self, seed, kinds=None):
        self.seed = seed
        rng = self.rng = random.Random(seed)
        self.makes = ["hub", "frr", "frr", "frr", "bird", "bird"]
        rng.shuffle(self.makes)
        self.rfc1583 = rng.random() < 0.5
        self.areas = {0: "normal", 1: rng.choice(KINDS), 2: rng.choice(KINDS)}
        if kinds:
            self.areas.update(kinds)
        self.ranges, self.externals = {}, {}
        self.default_cost = {r: rng.randint(1, 30) for r in range(N_ROUTERS)}
        self.segments = []
        while not self.segments or not all(map(self.whole, self.areas)):
            self.segments = []
            self.members = self.place(rng)
            for area, members in self.members.items():
                self.wire(rng, area, members)
        self.home = {r: rng.choice(sorted(a for a in self.areas if r in self.members[a]))
                     for r in range(N_ROUTERS)}
        self.outside(rng)
        self.aggregate(rng)

    def place(self, rng):
        """Routers 0 to 2 are border routers; 3 is in area 1, 4 in area 2, 5 somewhere."""
        members = {0: {0, 1, 2}, 1: {3}, 2: {4}}
        members[1] |= set(rng.sample([0, 1, 2], rng.choice([1, 2])))
        members[2] |= set(rng.sample([0, 1, 2], rng.choice([1, 2])))
        members[rng.choice([0, 1, 2])].add(5)
        return members

    def ports(self, router):
        return sum(router in s.ends for s in self.segments)

    def add(self, rng, area, lan, routers):
        if any(self.ports(r) >= N_PORTS for r in routers):
            return
        ends = {r: (self.ports(r), rng.choice([1, 5, 10, 10, 20, 30])) for r in routers}
        self.segments.append(Segment(len(self.segments) + 1, area, lan, ends))

    def wire(self, rng, area, members):
        """A LAN or a chain, and a link more now and then."""
        members = sorted(members)
        rng.shuffle(members)
        if rng.random() < 0.4:
            self.add(rng, area, True, members)
        else:
            for a, b in zip(members, members[1:]):
                self.add(rng, area, rng.random() < 0.3, [a, b])
        if len(members) > 2 or rng.random() < 0.3:
            self.add(rng, area, False, rng.sample(members, 2))

    def areas_of(self, r):
        return sorted({s.area for s in self.segments if r in s.ends} | {self.home[r]})

    def is_abr(self, r):
        return len(self.areas_of(r)) > 1

    def may_tell(self, r):
        """Not BIRD within an NSSA: begun before its interfaces it may tell nothing (no address to
        forward to), and does not look again."""
        kinds = [self.areas[a] for a in self.areas_of(r)]
        if self.makes[r] == "bird" and any("nssa" in k for k in kinds):
            return False
        return not any(k.endswith("stub") for k in kinds) and (
            len(kinds) == 1 or all(k == "normal" for k in kinds))

    def outside(self, rng):
        """One prefix of each ASBR's own, one that all of them tell of."""
        for r in range(N_ROUTERS):
            if self.may_tell(r) and rng.random() < 0.7:
                prefixes = [f"100.64.{r + 1}.0/24"]
                if rng.random() < 0.5:
                    prefixes.append("100.65.0.0/24")
                self.externals[r] = (prefixes, rng.choice([5, 20, 20, 40]), rng.choice([1, 2]))

    def aggregate(self, rng):
        """One border router of an area has a range. FRR takes others' summaries of its own range,
        and tells totally stubby areas of ranges: not of those."""
        for r in range(3):
            taken = {area for _, area, _, _ in self.ranges.values()}
            areas = [a for a in self.areas_of(r) if a != 0 and a not in taken]
            if self.makes[r] == "frr" and any(self.areas[a].startswith("totally")
                                              for a in self.areas_of(r)):
                continue
            if self.is_abr(r) and areas and rng.random() < 0.4:
                area = rng.choice(areas)
                cost = rng.choice([None, None, 77])
                if self.makes[r] == "bird":     # it takes that of the farthest one
                    cost = None
                self.ranges[r] = (f"10.{area}.0.0/16", area, cost,
                                  rng.random() < 0.8)

    def cut_one(self):
        """A link or LAN is silent from now on; None if each is needed."""
        spare = [s for s in self.segments if not s.cut and self.whole(s.area, s)]
        if not spare:
            return None
        s = self.rng.choice(spare)
        s.cut = True
        return s

    def whole(self, area, without=None):
        """Nobody is cut off from an area it is in."""
        seen, todo = set(), [next(iter(self.members[area]))]
        while todo:
            r = todo.pop()
            seen.add(r)
            for s in self.segments:
                if s.area == area and s is not without and not s.cut and r in s.ends:
                    todo += [x for x in s.ends if x not in seen]
        return seen == self.members[area]

    def describe(self):
        lines = [f"seed {self.seed}, rfc1583 {self.rfc1583}, areas {self.areas}"]
        for r in range(N_ROUTERS):
            lines.append(f" r{r} {self.makes[r]} home {self.home[r]} areas {self.areas_of(r)} "
                         f"range {self.ranges.get(r)} ext {self.externals.get(r)}"
                         f" dc {self.default_cost[r]}")
        for s in self.segments:
            lines.append(f" {s.prefix} area {s.area} {'lan' if s.lan else 'ptp'} {s.ends}"
                         f"{' cut' if s.cut else ''}")
        return "\n".join(lines)
