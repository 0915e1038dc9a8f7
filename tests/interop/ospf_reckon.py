# SPDX-License-Identifier: BSD-3-Clause
"""What each router of a map (ospf_maps.py) should have, by the letter of RFC 2328 section 16 and
RFC 3101: routers that tell each other what they have until nothing changes."""
import heapq
import ipaddress

from ospf_maps import N_ROUTERS, loopback, router_id

INF = 1 << 30


def number(r):
    return int(ipaddress.ip_address(router_id(r)))


class Reckoning:
    """tables()[router]: {prefix: (kind, metric, cost)}; kind I, IA, E1, E2 (also of type 7)."""

    def __init__(self, m, forward):
        """@forward: {(router, prefix): address} of type 7 LSAs: the ASBR's choice."""
        self.m, self.forward = m, forward
        self.dist = {a: self.distances(a) for a in m.areas}
        self.told = {a: {} for a in m.areas}        # {(border router, prefix): cost}
        self.told_asbr = {a: {} for a in m.areas}   # {(border router, ASBR): cost}
        self.translated = {}                        # {(translator, prefix): type 7 LSA}

    # ---- within an area ----

    def distances(self, area):
        """{router: {router or segment: cost}}"""
        edges = {}
        for s in self.m.segments:
            if s.area != area or s.cut:
                continue
            for r, (_, cost) in s.ends.items():
                if s.lan:
                    edges.setdefault(r, []).append((s, cost))
                    edges.setdefault(s, []).append((r, 0))
                else:
                    edges.setdefault(r, []).extend((x, cost) for x in s.ends if x != r)
        return {r: self.dijkstra(edges, r) for r in range(N_ROUTERS)
                if area in self.m.areas_of(r)}

    @staticmethod
    def dijkstra(edges, root):
        best, heap, n = {}, [(0, 0, root)], 0
        while heap:
            d, _, v = heapq.heappop(heap)
            if v in best:
                continue
            best[v] = d
            for w, cost in edges.get(v, ()):
                n += 1
                heapq.heappush(heap, (d + cost, n, w))
        return best

    def networks(self, area, r):
        """{prefix: cost} within the area, as seen from @r."""
        d, out = self.dist[area][r], {}
        for s in self.m.segments:
            if s.area != area:
                continue
            for x, (_, cost) in s.ends.items():
                if s.lan and not s.cut:
                    if s in d:
                        out[s.prefix] = d[s]
                elif x in d:
                    out[s.prefix] = min(out.get(s.prefix, INF), d[x] + cost)
        for x in range(N_ROUTERS):
            if self.m.home[x] == area and x in d:
                out[loopback(x)] = d[x]
        return out

    # ---- one router ----

    def listens(self, r):
        return 0 if self.m.is_abr(r) else self.m.areas_of(r)[0]

    def active(self, r):
        """{range's prefix: (area, cost, advertised)} of the one that @r has."""
        if r not in self.m.ranges or not self.m.is_abr(r):
            return {}
        prefix, area, cost, advertised = self.m.ranges[r]
        inside = [c for p, c in self.networks(area, r).items() if within(p, prefix)]
        if not inside:
            return {}
        return {prefix: (area, max(inside) if cost is None else cost, advertised)}

    def internal(self, r):
        """{prefix: (kind, area, cost)}"""
        out = {}
        for area in self.m.areas_of(r):
            for p, cost in self.networks(area, r).items():
                if p not in out or cost < out[p][2]:
                    out[p] = ("I", area, cost)
        listens, inter = self.listens(r), {}
        for (c, p), cost in self.told[listens].items():
            way = self.dist[listens][r].get(c, INF) + cost
            if c != r and way < inter.get(p, INF):
                inter[p] = way
        for p, cost in inter.items():
            if p not in out and p not in self.active(r):
                out[p] = ("IA", listens, cost)
        return out

    def asbr(self, r, a):
        """(rank, area, cost, intra) of the way to ASBR @a in normal areas; None. Section 16.4
        (3)."""
        found = []
        for area in self.m.areas_of(r):
            if self.m.areas[area] != "normal":
                continue
            d = self.dist[area][r]
            if a in d:
                found.append((1 if area else 0, area, d[a], True))
            elif area == self.listens(r):
                ways = [d.get(c, INF) + cost for (c, x), cost in self.told_asbr[area].items()
                        if x == a and c != r]
                if ways and min(ways) < INF:
                    found.append((0, area, min(ways), False))
        if not found:
            return None
        if self.m.rfc1583:
            return min(found, key=lambda f: (f[2], -f[1]))
        return min(found, key=lambda f: (-f[0], f[2], -f[1]))

    def type7(self):
        """[(router, area, prefix, metric, type)]"""
        for r, (prefixes, metric, kind) in self.m.externals.items():
            area = self.m.areas_of(r)[0]
            if len(self.m.areas_of(r)) == 1 and "nssa" in self.m.areas[area]:
                for p in prefixes:
                    yield r, area, p, metric, kind

    def type5(self):
        """[(router, prefix, metric, type, forwarding address)]"""
        for r, (prefixes, metric, kind) in self.m.externals.items():
            if any(self.m.areas[a] == "normal" for a in self.m.areas_of(r)):
                for p in prefixes:
                    yield r, p, metric, kind, None
        for (t, p), (r, metric, kind) in self.translated.items():
            yield t, p, metric, kind, self.forward[r, p]

    def offers(self, r, internal):
        """{prefix: [(sort key, kind, metric, cost, type 7's router or None)]}"""
        out = {}

        def offer(p, rank, cost, metric, kind, how, origin):
            if p in internal or p in self.active(r):
                return
            total = cost + (metric if kind == 1 else 0)
            rank = 0 if self.m.rfc1583 else -rank
            key = (kind, 0 if kind == 1 else metric, rank, total, -how)
            out.setdefault(p, []).append((key, f"E{kind}", metric if kind == 2 else total, total,
                                          origin and (*origin, metric, kind)))
        for a, area, p, metric, kind in self.type7():
            if a == r or area not in self.m.areas_of(r) or a not in self.dist[area][r]:
                continue
            way = lookup(internal, self.forward[a, p])
            if way is not None and way[0] == "I" and way[1] == area:
                offer(p, 1, way[2], metric, kind, 2, (a,))
        for a, p, metric, kind, forward in self.type5():
            way = self.asbr(r, a)
            if a == r or way is None:
                continue
            if forward is None:
                offer(p, way[0], way[2], metric, kind, 1, None)
                continue
            way = lookup(internal, forward)
            if way is not None:
                offer(p, int(way[0] == "I" and way[1] != 0), way[2], metric, kind, 1, None)
        return out

    def table(self, r):
        internal = self.internal(r)
        out = {p: (kind, cost, cost) for p, (kind, _, cost) in internal.items()}
        for p, offers in self.offers(r, internal).items():
            _, kind, metric, cost, _ = min(offers, key=lambda o: o[0])
            out[p] = (kind, metric, cost)
        for p in self.active(r):
            out.pop(p, None)
        return out

    # ---- what they tell ----

    def tell(self, c, area):
        kind, out = self.m.areas[area], {}
        if kind.startswith("totally"):
            return {"0.0.0.0/0": self.m.default_cost[c]}
        active = self.active(c)
        for p, (how, of, cost) in self.internal(c).items():
            if of == area or (how == "IA" and (area == 0 or of != 0)):
                continue
            if how == "I" and any(of == a and within(p, g) for g, (a, _, _) in active.items()):
                continue
            out[p] = cost
        for p, (of, cost, advertised) in active.items():
            if of != area and advertised:
                out[p] = cost
        if kind == "stub" or (kind == "nssa" and self.m.makes[c] == "frr"):
            out["0.0.0.0/0"] = self.m.default_cost[c]
        return out

    def tell_asbr(self, c, area):
        out = {}
        if self.m.areas[area] != "normal":
            return out
        for a in {x[0] for x in self.type5()}:
            way = self.asbr(c, a)
            if a == c or way is None or way[1] == area or (
                    not way[3] and (area == 0 or way[1] != 0)):
                continue
            out[a] = way[2]
        return out

    def translate(self, c):
        """Of an NSSA's border routers the one with the highest ID."""
        out = {}
        internal = self.internal(c)
        for area in self.m.areas_of(c):
            if "nssa" not in self.m.areas[area] or any(
                    self.m.is_abr(x) and x in self.dist[area][c] and number(x) > number(c)
                    for x in self.dist[area]):
                continue
            for p, offers in self.offers(c, internal).items():
                best = min(offers, key=lambda o: o[0])[0]
                origin = max((o[4] for o in offers if o[0] == best and o[4]), default=None)
                if origin is not None and origin[0] in self.dist[area] and p not in \
                        self.m.externals.get(c, [()])[0]:
                    out[c, p] = origin
        return out

    def tables(self):
        borders = [r for r in range(N_ROUTERS) if self.m.is_abr(r)]
        for _ in range(20):
            was = self.told, self.told_asbr, self.translated
            self.told = {a: {(c, p): cost for c in borders if a in self.m.areas_of(c)
                             for p, cost in self.tell(c, a).items()} for a in self.m.areas}
            self.told_asbr = {a: {(c, x): cost for c in borders if a in self.m.areas_of(c)
                                  for x, cost in self.tell_asbr(c, a).items()}
                              for a in self.m.areas}
            self.translated = {k: v for c in borders for k, v in self.translate(c).items()}
            if was == (self.told, self.told_asbr, self.translated):
                return [self.table(r) for r in range(N_ROUTERS)]
        raise AssertionError("the routers of the map never come to rest")


def within(prefix, of):
    return ipaddress.ip_network(prefix).subnet_of(ipaddress.ip_network(of))


def lookup(internal, address):
    """The longest match: (kind, area, cost) or None."""
    address = ipaddress.ip_address(address)
    found = [(ipaddress.ip_network(p).prefixlen, v) for p, v in internal.items()
             if address in ipaddress.ip_network(p)]
    return max(found, key=lambda f: f[0])[1] if found else None
