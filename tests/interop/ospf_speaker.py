# SPDX-License-Identifier: BSD-3-Clause
"""An OSPF router made of thin air: it tells of a whole topology, as if the others stood behind it.

It shares no code with the control plane. A Topology has routers, links and LSAs, and knows by a
Dijkstra of its own which routes follow for whoever is attached to it. A Speaker is one router of
it on one interface: Hello, database description (always as the slave: its ID is low), requests,
flooding, acknowledgments, retransmission (RFC 2328 sections 9.5, 10 and 13), no more than a feeder
needs. It never is a designated router. Nothing runs by itself: call step().
"""
import collections
import ctypes
import heapq
import operator
import random
import select
import socket
import struct
import time

ALL_ROUTERS, ALL_DROUTERS = "224.0.0.5", "224.0.0.6"
HELLO, DD, LSR, LSU, LSACK = 1, 2, 3, 4, 5
ROUTER, NETWORK, EXTERNAL = 1, 2, 5
LINK_P2P, LINK_TRANSIT, LINK_STUB = 1, 2, 3
OPTION_E = 2
DD_INIT, DD_MORE, DD_MASTER = 4, 2, 1
MAX_BODY = 1300  # bytes of LSAs or headers in a packet
RETRANSMIT_S = 2
WINDOW = 40      # packets that are sent in one go
CLONE_NEWNET = 0x40000000


def ip(number):
    return socket.inet_ntoa(struct.pack("!I", number))


def number(address):
    return struct.unpack("!I", socket.inet_aton(address))[0]


def fletcher(lsa):
    """An LSA (its checksum zero) with its checksum, RFC 2328 section 12.1.7."""
    body = lsa[2:]
    n, at = len(body), 14
    c0 = sum(body) % 255
    c1 = sum(map(operator.mul, range(n, 0, -1), body)) % 255
    x = ((n - at - 1) * c0 - c1) % 255 or 255
    y = (510 - c0 - x) % 255 or 255
    return lsa[:16] + bytes((x, y)) + lsa[18:]


def ip_checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def key_of(header):
    """(type, ID, router) of an LSA or its header."""
    return header[3], number(socket.inet_ntoa(header[4:8])), number(socket.inet_ntoa(header[8:12]))


def sequence_of(header):
    return struct.unpack("!i", header[12:16])[0]


class Topology:
    """A random graph: a ring and random links, a /30 for each link, a /24 for each LAN of some
    routers, a loopback for each router."""

    def __init__(self, n, degree=5, seed=1, n_externals=0, n_lans=0):
        rnd = random.Random(seed)
        self.n = n
        # Newer than those of a run before.
        self.sequence = -0x7fffffff + int(time.time()) % 0x4000000 * 16
        self.links = []     # [a, b, cost from a, cost from b]
        self.of = collections.defaultdict(list)
        self.stubs = collections.defaultdict(dict)  # {router: {prefix: cost}}
        self.ways = {}      # {router: how it is attached to who is outside}
        self.lsdb = {}
        for i in range(n):
            self._link(rnd, i, (i + 1) % n)
        for _ in range(n * (degree - 2) // 2):
            a, b = rnd.randrange(n), rnd.randrange(n)
            if a != b:
                self._link(rnd, a, b)
        self.lans = []      # [(router, its cost)], the DR first
        self.lans_of = collections.defaultdict(list)
        for k in range(n_lans):
            members = rnd.sample(range(n), rnd.randint(2, 8))
            self.lans.append([(i, rnd.randint(1, 100)) for i in members])
            for i in members:
                self.lans_of[i].append(k)
            self._put(NETWORK, self._on_lan(k, members[0]), self.id(members[0]), struct.pack(
                f"!I{len(members)}I", 0xffffff00, *(self.id(i) for i in members)))
        for i in range(n):
            self.stubs[i][f"{ip(0x64400001 + i)}/32"] = 0
        for i in range(n):
            self.originate(i)
        for i in range(n_externals):
            self._put(EXTERNAL, 0xc6000000 + (i << 8), self.id(n - 1),
                      struct.pack("!IIII", 0xffffff00, 0x80000014, 0, 0))

    @staticmethod
    def id(i):
        return 0x0a000001 + i

    def _link(self, rnd, a, b):
        self.links.append([a, b, rnd.randint(1, 100), rnd.randint(1, 100)])
        self.of[a].append(len(self.links) - 1)
        self.of[b].append(len(self.links) - 1)

    def _on_lan(self, k, router):
        """The address of a router on LAN k."""
        return 0x0c000001 + 256 * k + [i for i, _ in self.lans[k]].index(router)

    def _put(self, type_, id_, adv, body):
        was = self.lsdb.get((type_, id_, adv))
        sequence = self.sequence if was is None else sequence_of(was) + 1
        head = struct.pack("!HBBIIiHH", 1, OPTION_E, type_, id_, adv, sequence, 0, 20 + len(body))
        self.lsdb[type_, id_, adv] = fletcher(head + body)
        return self.lsdb[type_, id_, adv]

    def attach(self, i, lines):
        """Router i has these links to the outside, each (ID, data, type, metric)."""
        if self.ways.get(i) != lines:
            self.ways[i] = lines
            return self.originate(i)
        return None

    def originate(self, i):
        """The router-LSA of router i, anew."""
        lines = list(self.ways.get(i, ()))
        for prefix, cost in self.stubs[i].items():
            address, length = prefix.split("/")
            lines.append((number(address), 0xffffffff << (32 - int(length)) & 0xffffffff,
                          LINK_STUB, cost))
        for k in self.of[i]:
            a, b, cost_a, cost_b = self.links[k]
            far, cost, side = (b, cost_a, 1) if a == i else (a, cost_b, 2)
            lines.append((self.id(far), 0x0b000000 + 4 * k + side, LINK_P2P, cost))
            lines.append((0x0b000000 + 4 * k, 0xfffffffc, LINK_STUB, cost))
        for k in self.lans_of[i]:
            lines.append((self._on_lan(k, self.lans[k][0][0]), self._on_lan(k, i), LINK_TRANSIT,
                          dict(self.lans[k])[i]))
        flags = 2 if i == self.n - 1 else 0  # the last one is an ASBR
        body = struct.pack("!BBH", flags, 0, len(lines)) + b"".join(
            struct.pack("!IIBBH", *line[:3], 0, line[3]) for line in lines)
        return self._put(ROUTER, self.id(i), self.id(i), body)

    def cost_out(self, i, more):
        """All ways on from router i cost that much more: one LSA."""
        for k in self.of[i]:
            self.links[k][2 if self.links[k][0] == i else 3] += more
        return self.originate(i)

    def _ways_on(self, i):
        """[(node, cost)] from a router, or from LAN ~i to its routers."""
        if i < 0:
            return [(far, 0) for far, _ in self.lans[~i]]
        return [(b, cost_a) if a == i else (a, cost_b) for a, b, cost_a, cost_b in
                (self.links[k] for k in self.of[i])] + [
                    (~k, dict(self.lans[k])[i]) for k in self.lans_of[i]]

    def routes(self, gates):
        """{prefix: (cost, {gateway})} for who reaches router i by {i: (cost, gateway)}."""
        dist, via, heap = {}, {}, []
        for i, (cost, gateway) in gates.items():
            heapq.heappush(heap, (cost, i, gateway))
        while heap:  # one entry for each way that is as short as the shortest
            d, i, gateway = heapq.heappop(heap)
            if i in dist and (d > dist[i] or gateway in via[i]):
                continue
            dist[i] = d
            via.setdefault(i, set()).add(gateway)
            for far, cost in self._ways_on(i):
                if d + cost <= dist.get(far, d + cost):
                    heapq.heappush(heap, (d + cost, far, gateway))
        out = {}

        def offer(prefix, cost, gateways):
            best = out.get(prefix)
            if best is None or cost < best[0]:
                out[prefix] = (cost, set(gateways))
            elif cost == best[0]:
                best[1].update(gateways)
        for i in dist:
            if i < 0:
                offer(f"{ip(0x0c000000 + 256 * ~i)}/24", dist[i], via[i])
                continue
            for prefix, cost in self.stubs[i].items():
                offer(prefix, dist[i] + cost, via[i])
            for k in self.of[i]:
                cost = self.links[k][2 if self.links[k][0] == i else 3]
                offer(f"{ip(0x0b000000 + 4 * k)}/30", dist[i] + cost, via[i])
        return out


def socket_in(netns, *args):
    """A socket of another network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{netns}") as there:
        assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, f"no namespace {netns}"
        try:
            return socket.socket(*args)
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


class Neighbor:
    def __init__(self, address):
        self.address = address
        self.full = False
        self.heard = False    # it knows us
        self.dd_seq = None    # of the last description that was answered
        self.dd_reply = b""
        self.to_describe = []
        self.unacked = {}     # {key: sequence}
        self.sent_at = 0
        self.queue = collections.deque()  # requests to be answered


class Speaker:
    """Router @i of @topology on an interface: a point-to-point link, or a LAN."""

    def __init__(self, topology, i, netns, interface, address, mask=30, lan=False, hello_s=1,
                 dead_s=4, cost=1):
        self.t, self.i, self.lan, self.cost = topology, i, lan, cost
        self.address, self.mask = address, 0xffffffff << (32 - mask) & 0xffffffff
        self.hello_s, self.dead_s = hello_s, dead_s
        self.neighbors, self.theirs = {}, {}  # by router ID; LSAs that we were told
        self.dr = self.bdr = "0.0.0.0"
        self.next_hello = 0
        self.n_retransmitted = 0
        self.sock = socket_in(netns, socket.AF_INET, socket.SOCK_RAW, 89)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
        self.sock.setsockopt(socket.SOL_SOCKET, 32, 32 << 20)  # SO_SNDBUFFORCE
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xc0)
        self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        for group in (ALL_ROUTERS, ALL_DROUTERS):
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                 socket.inet_aton(group) + socket.inet_aton(address))
        self.sock.setblocking(False)

    def close(self):
        self.sock.close()

    # ---- packets -------------------------------------------------------------------------------

    def send(self, type_, body, to):
        head = struct.pack("!BBHIIHHQ", 2, type_, 24 + len(body), self.t.id(self.i), 0, 0, 0, 0)
        padded = head[:16] + body + (b"\0" if len(body) % 2 else b"")
        packet = head[:12] + struct.pack("!H", ip_checksum(padded)) + head[14:] + body
        try:
            self.sock.sendto(packet, (to, 0))
        except BlockingIOError:
            pass  # lost, as on any bad day

    def hello(self):
        known = b"".join(struct.pack("!I", rid) for rid in self.neighbors)
        self.send(HELLO, struct.pack("!IHBBI", self.mask if self.lan or self.mask else 0,
                                     self.hello_s, OPTION_E, 0, self.dead_s)
                  + socket.inet_aton(self.dr) + socket.inet_aton(self.bdr) + known, ALL_ROUTERS)

    def step(self, wait_s=0.0):
        """What has come, and what is due."""
        now = time.monotonic()
        if now >= self.next_hello:
            self.hello()
            self.next_hello = now + self.hello_s
        if select.select([self.sock], [], [], wait_s)[0]:
            for _ in range(200):
                try:
                    packet, (source, _) = self.sock.recvfrom(65535)
                except BlockingIOError:
                    break
                self._input(packet, source)
        for n in self.neighbors.values():
            self._answer(n)
            if n.unacked and time.monotonic() >= n.sent_at + RETRANSMIT_S:
                self.n_retransmitted += len(n.unacked)
                self._update(n, [self.t.lsdb[k] for k in n.unacked if k in self.t.lsdb])

    def _input(self, packet, source):
        at = (packet[0] & 15) * 4
        if source == self.address or len(packet) < at + 24:
            return
        version, type_, length, rid = struct.unpack("!BBHI", packet[at:at + 8])
        body = packet[at + 24:at + length]
        if version != 2 or rid == self.t.id(self.i):
            return
        n = self.neighbors.get(rid)
        if type_ == HELLO:
            self._hello(n, rid, source, body)
        elif n is None:
            return
        elif type_ == DD:
            self._describe(n, body)
        elif type_ == LSR:
            n.queue.extend(struct.unpack("!III", body[k:k + 12])
                           for k in range(0, len(body) - 11, 12))
        elif type_ == LSU:
            self._learn(n, body)
        elif type_ == LSACK:
            for k in range(0, len(body) - 19, 20):
                self._acked(n, body[k:k + 20])

    def _hello(self, n, rid, source, body):
        if n is None:
            n = self.neighbors[rid] = Neighbor(source)
            self.next_hello = 0
        self.dr, self.bdr = (socket.inet_ntoa(body[k:k + 4]) for k in (12, 16))
        ours = struct.pack("!I", self.t.id(self.i))
        n.heard = ours in (body[k:k + 4] for k in range(20, len(body), 4))
        if not n.heard and n.full:  # it has forgotten us
            self.neighbors[rid] = Neighbor(source)

    # ---- exchange ------------------------------------------------------------------------------

    def _describe(self, n, body):
        flags, seq = body[3], struct.unpack("!I", body[4:8])[0]
        if flags & DD_INIT:
            n.to_describe = [lsa[:20] for lsa in self.t.lsdb.values()]
            n.full = False
        elif n.dd_seq is None or not flags & DD_MASTER:
            return
        if seq != n.dd_seq or not n.dd_reply:
            part = n.to_describe[:MAX_BODY // 20]
            n.to_describe = n.to_describe[MAX_BODY // 20:]
            n.dd_reply = struct.pack("!HBBI", 1500, OPTION_E, DD_MORE if n.to_describe else 0,
                                     seq) + b"".join(part)
            n.dd_seq = seq
            wanted = [body[k:k + 20] for k in range(8, len(body) - 19, 20)]
            wanted = [h for h in wanted if key_of(h) not in self.t.lsdb]
            if wanted:
                self.send(LSR, b"".join(struct.pack("!III", *key_of(h)) for h in wanted), n.address)
            n.full = not n.to_describe and not flags & DD_MORE
        self.send(DD, n.dd_reply, n.address)

    def _answer(self, n):
        """Some of what was asked for."""
        for _ in range(WINDOW):
            part, size = [], 0
            while n.queue and size < MAX_BODY:
                lsa = self.t.lsdb.get(n.queue.popleft())
                if lsa is not None:
                    part.append(lsa)
                    size += len(lsa)
            if not part:
                return
            self.send(LSU, struct.pack("!I", len(part)) + b"".join(part), n.address)

    def _learn(self, n, body):
        at, heads = 4, []
        for _ in range(struct.unpack("!I", body[:4])[0]):
            length = struct.unpack("!H", body[at + 18:at + 20])[0]
            lsa = body[at:at + length]
            at += length
            heads.append(lsa[:20])
            if key_of(lsa) not in self.t.lsdb:
                self.theirs[key_of(lsa)] = lsa
            self._acked(n, lsa)
        for k in range(0, len(heads), MAX_BODY // 20):
            self.send(LSACK, b"".join(heads[k:k + MAX_BODY // 20]), n.address)

    def _acked(self, n, header):
        key = key_of(header)
        if n.unacked.get(key, 1 << 32) <= sequence_of(header):
            del n.unacked[key]

    # ---- flooding ------------------------------------------------------------------------------

    def _update(self, n, lsas):
        n.sent_at = time.monotonic()
        part, size = [], 0
        for lsa in lsas:
            if part and size + len(lsa) > MAX_BODY:
                self.send(LSU, struct.pack("!I", len(part)) + b"".join(part), n.address)
                part, size = [], 0
            part.append(lsa)
            size += len(lsa)
        if part:
            self.send(LSU, struct.pack("!I", len(part)) + b"".join(part), n.address)

    def flood(self, *lsas):
        """Tell all neighbours; what they do not acknowledge is told again."""
        for n in self.neighbors.values():
            n.unacked.update({key_of(lsa): sequence_of(lsa) for lsa in lsas})
            self._update(n, lsas)

    # ---- the adjacency as a whole --------------------------------------------------------------

    def is_full(self):
        return bool(self.neighbors) and all(n.full for n in self.neighbors.values())

    def is_quiet(self):
        return self.is_full() and not any(n.queue or n.unacked for n in self.neighbors.values())

    def attach(self):
        """Our router has a link to whom it has met: True when its LSA is another one since."""
        lsa = None
        if self.lan and self.dr != "0.0.0.0":
            lsa = self.t.attach(self.i, [(number(self.dr), number(self.address), LINK_TRANSIT,
                                          self.cost)])
        elif not self.lan and self.neighbors:
            lsa = self.t.attach(self.i, [(next(iter(self.neighbors)), number(self.address),
                                          LINK_P2P, self.cost)])
        if lsa is not None:
            self.flood(lsa)
        return lsa is not None


def steps_until(speakers, condition, seconds, what):
    """Let them run until @condition() holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        for s in speakers:
            s.step(0.001)


def run(speakers, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for s in speakers:
            s.step(0.001)


def meet(speakers, seconds=60, n_neighbors=1):
    """Until all are Full with whom they see, and their routers have links to them."""
    steps_until(speakers, lambda: all(s.is_full() and len(s.neighbors) >= n_neighbors
                                      for s in speakers), seconds, "the speakers are Full")
    for s in speakers:
        s.attach()
    steps_until(speakers, lambda: all(s.is_quiet() for s in speakers), seconds,
                "all LSAs are acknowledged")
