# SPDX-License-Identifier: BSD-3-Clause
"""OSPF when something is wrong: router IDs that are there twice, a network that falls apart, LSAs
in the hub's name; and 64-bit sequence numbers (RFC 7474), which no stock peer speaks, with a router
of a few hundred lines that shares no code with ours. See ospf_lab.py for the network."""
import hashlib
import hmac
import socket
import struct

import pytest

from lab import wait_until
from ospf_lab import BIRD_ID, FRR_ID, HUB_ID, WAIT, Bird, Frr, config, ospf_fixtures
from ospf_speaker import ROUTER, Speaker, Topology, fletcher, number, steps_until

AREA = " ip ospf area 0.0.0.0\n"
SPEAKER = "192.168.10.9"
MAX_SEQUENCE, MAX_AGE = 0x7fffffff, 3600

segment, module_hub, hub, peers = ospf_fixtures("f")


@pytest.mark.parametrize("other", ["frr", "bird"])
def test_router_id_of_the_hub(hub, segment, peers, other):
    """Another router on the LAN has the hub's ID: no neighbour, a line and a counter say why."""
    hub.push(config(lan={"priority": 0}))
    before = hub.refused().get("router-id", 0)
    peers(Frr(segment, lan=AREA, router_id=HUB_ID) if other == "frr" else
          Bird(segment, router_id=HUB_ID))
    source = {"frr": "192.168.10.3", "bird": "192.168.10.4"}[other]
    hub.controlplane.wait_output(f"from {source}: duplicate router ID: it has ours, {HUB_ID}", WAIT)
    assert hub.refused()["router-id"] > before
    assert hub.show("ip-ospf-neighbor")["neighbors"] == []


def test_router_id_twice(hub, segment, peers):
    """FRR and BIRD have the same router ID: the one that was there first stays a neighbour."""
    hub.push(config(lan={"priority": 200}))
    frr = peers(Frr(segment, lan=" ip ospf priority 0\n" + AREA))
    hub.wait_state(FRR_ID)
    before = hub.refused().get("router-id", 0)
    peers(Bird(segment, router_id=FRR_ID, lan="priority 0;"))
    hub.controlplane.wait_output(f"from 192.168.10.4: duplicate router ID {FRR_ID}: 192.168.10.3 "
                                 "has it as well", WAIT)
    wait_until(lambda: hub.refused()["router-id"] > before + 2, WAIT, "and again")
    assert [n["address"] for n in hub.show("ip-ospf-neighbor")["neighbors"]] == ["192.168.10.3"]
    assert hub.neighbor(FRR_ID)["state"] == "Full"
    frr.wait_full()


def test_partition(hub, segment, peers):
    """The bridge loses the hub's port: all are alone, each with what it knows; healed, all is as it
    was, and the databases are the same again."""
    hub.push(config(lan={"priority": 200}))
    frr, bird = peers(Frr(segment, lan=AREA), Bird(segment))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    for isolated in ("on", "off"):  # the link stays up: nobody sees it but by silence
        segment.ip("sw", "link", "set", "dev", "hub-a", *(
            ("nomaster",) if isolated == "on" else ("master", "bridge0")))
        if isolated == "on":
            wait_until(lambda: hub.show("ip-ospf-neighbor")["neighbors"] == [], WAIT, "alone")
            wait_until(lambda: HUB_ID not in frr.neighbors(), WAIT, "FRR misses the hub")
            frr.vtysh("configure", "interface lo", "ip ospf cost 55")  # while they are apart
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    frr.wait_full()
    bird.wait_full()

    def same():
        ours = hub.database()
        return len(ours) >= 4 and ours == frr.database()
    # FRR waits up to five seconds before it tells again (MinLSInterval).
    wait_until(lambda: 55 in [link["metric"] for link in hub.links_of(FRR_ID)], WAIT,
               "the cost of while they were apart")
    wait_until(same, WAIT, "the databases are the same")


def test_max_lsa(hub, segment, peers):
    """More LSAs of others than are wanted: a line, a state, an event, a minute until the process is
    ignored; more are allowed, and nothing has happened."""
    def limit(**router):
        c = config(lan={"priority": 200})
        c["router"]["ospf"]["1"].update(router)
        hub.push(c)
        return hub.show("ip-ospf")["lsa_limit"]
    limit()
    peers(Frr(segment, lan=" ip ospf priority 0\n" + AREA), Bird(segment, lan="priority 0;"))
    hub.wait_state(FRR_ID)
    hub.wait_state(BIRD_ID)
    changes = [hub.neighbor(peer)["changes"] for peer in (FRR_ID, BIRD_ID)]
    state = limit(**{"max-lsa": 1})
    assert (state["state"], state["learned"], state["ignoring"]) == ("above the maximum", 2, False)
    assert 0 < state["due_s"] <= 60
    hub.controlplane.wait_output("more than 1 LSAs of others: if that lasts for a minute", WAIT)
    assert "LSA limit: above the maximum, for" in hub.cli("-c", "show ip ospf").stdout
    state = limit(**{"max-lsa": 1, "max-lsa-warning-only": True})
    assert (state["state"], state["ignoring"]) == ("above the threshold", False)
    assert "LSA limit: above the threshold\n" in hub.cli("-c", "show ip ospf").stdout
    assert limit(**{"max-lsa": 10})["state"] == "normal"
    events = [e for e in hub.show("events", source="ospf")["events"] if e["object"] == "max-lsa"]
    assert [(e["from"], e["to"]) for e in events] == [
        ("normal", "above the maximum"), ("above the maximum", "above the threshold"),
        ("above the threshold", "normal")], events
    assert events[0]["why"] == ("2 LSAs of others, the maximum is 1: ignored if that lasts for a "
                                "minute")
    assert "max-lsa: normal -> above the maximum: " in hub.cli("-c", "show events ospf").stdout
    assert [hub.neighbor(peer)["changes"] for peer in (FRR_ID, BIRD_ID)] == changes


class SignedSpeaker(Speaker):
    """AuType 3 with HMAC-SHA-256: RFC 7474 sections 3 and 5, RFC 5709 section 3.3."""

    KEY_ID, LENGTH = 9, 32
    secret, sequence = b"correct-horse", 1

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.verified = 0
        self.refused = []  # (source, AuType, key ID, type): what came since the first good one

    def digest(self, packet, source):
        key = self.secret + struct.pack("!H", 3)  # the protocol's number
        key = hashlib.sha256(key).digest() if len(key) > self.LENGTH else key.ljust(32, b"\0")
        apad = socket.inet_aton(source) + struct.pack("!I", 0x878fe1f3) * (self.LENGTH // 4 - 1)
        return hmac.new(key, packet + apad, hashlib.sha256).digest()

    def send(self, type_, body, to):
        self.sequence += 1
        packet = struct.pack("!BBHIIHHII", 2, type_, 24 + len(body), self.t.id(self.i), 0, 0, 3,
                             8 + self.LENGTH, self.KEY_ID)
        packet += body + struct.pack("!Q", self.sequence)
        self.sock.sendto(packet + self.digest(packet, self.address), (to, 0))

    def _input(self, packet, source):
        at = (packet[0] & 15) * 4
        length, = struct.unpack("!H", packet[at + 2:at + 4])
        autype, more, key_id = struct.unpack("!HII", packet[at + 14:at + 24])
        signed = packet[at:at + length + 8]  # the sequence number is behind the packet
        if source == self.address:
            return
        if (autype, more, key_id) != (3, 8 + self.LENGTH, self.KEY_ID) or not hmac.compare_digest(
                self.digest(signed, source), packet[at + length + 8:]):
            if self.verified:  # before: what the hub sent before it was told of the keys
                self.refused.append((source, autype, key_id, packet[at + 1]))
            return
        self.verified += 1
        super()._input(packet[:at + length], source)


def speaker_of(segment, kind, site="bird"):
    segment.ip(site, "address", "replace", f"{SPEAKER}/24", "dev", "lan")
    return kind(Topology(1, degree=0), 0, segment.prefix + site, "lan", SPEAKER, mask=24, lan=True)


def close(speaker, segment, site="bird"):
    speaker.close()
    segment.ip(site, "address", "del", f"{SPEAKER}/24", "dev", "lan")


def test_extended_sequence(hub, segment):
    """64-bit sequence numbers: Full with a router that has them from the RFCs alone, each of the
    hub's packets verified; what is repeated, or signed with another secret, is refused by name."""
    hub.push(config(lan={"priority": 200, "key-chain": "lan", "extended-sequence": True},
                    **{"key-chains": {"lan": {"keys": {"9": {
                        "algorithm": "hmac-sha-256", "secret": "correct-horse"}}}}}))
    speaker = speaker_of(segment, SignedSpeaker)
    try:
        router = socket.inet_ntoa(struct.pack("!I", speaker.t.id(0)))
        steps_until([speaker], lambda: speaker.is_full() and (n := hub.neighbor(router)) and
                    n["state"] == "Full", WAIT, lambda: f"Full: {hub.show('ip-ospf')['refused']}")
        assert speaker.refused == []
        before = hub.refused()
        speaker.sequence = 1  # as a Hello that was recorded long ago
        speaker.hello()
        wait_until(lambda: hub.refused().get("auth-replay", 0) > before.get("auth-replay", 0), WAIT,
                   "a replay is refused")
        speaker.sequence = 1 << 40
        speaker.secret = b"another"
        speaker.hello()
        wait_until(lambda: hub.refused().get("auth-failed", 0) > before.get("auth-failed", 0), WAIT,
                   "another secret is refused")
        assert hub.interface("lan")["extended_sequence"]
    finally:
        close(speaker, segment)


def sequence_at(peer):
    """Sequence number of the hub's router-LSA in the database of FRR or BIRD."""
    if isinstance(peer, Frr):
        return peer.database().get(("router", HUB_ID, HUB_ID), (None,))[0]
    for line in peer.exec("birdc", "show ospf lsadb router", HUB_ID).splitlines():
        words = line.split()
        if words[:3] == ["0001", HUB_ID, HUB_ID]:
            return int(words[3], 16)
    return None


@pytest.mark.parametrize("site,age,sequence", [
    ("bird", 1, MAX_SEQUENCE), ("bird", MAX_AGE, MAX_SEQUENCE), ("frr", MAX_AGE, 0x1000)])
def test_lsa_in_the_hubs_name(hub, segment, peers, site, age, sequence):
    """Somebody floods the hub's router-LSA with the last sequence number, or flushes it: the hub is
    back with its own contents, after the last number as number one, and so the others have it. (FRR
    keeps what is flushed for a minute, and takes no number one meanwhile.)"""
    hub.push(config(lan={"priority": 200}))
    peer, stranger = ((Frr(segment, lan=" ip ospf priority 0\n" + AREA), "bird") if site == "frr"
                      else (Bird(segment, lan="priority 0;"), "frr"))
    peers(peer)
    hub.wait_state(FRR_ID if site == "frr" else BIRD_ID)

    def own():
        return [(int(lsa["sequence"], 16), lsa["links"]) for lsa in hub.show(
            "ip-ospf-database", name="router", own=True)["areas"][0]["lsas"]]
    speaker = speaker_of(segment, Speaker, stranger)
    try:
        steps_until([speaker], lambda: (n := speaker.neighbors.get(number(HUB_ID))) and n.full and
                    [link["type"] for link in own()[0][1]] == ["transit"] and
                    own()[0][0] == sequence_at(peer), WAIT, "all are Full, and the hub has told")
        wanted = own()[0][1]
        lsa = struct.pack("!HBBIIiHH", age, 2, ROUTER, number(HUB_ID), number(HUB_ID), sequence, 0,
                          24 + 12) + struct.pack("!HH", 0, 1) + struct.pack(
                              "!IIBBH", number("172.30.0.0"), number("255.255.0.0"), 3, 0, 7)
        speaker.flood(fletcher(lsa))

        def back():
            (now, links), = own() or [(0, None)]
            beyond = now - (sequence if sequence != MAX_SEQUENCE else 0x80000000)
            return 0 < beyond < 9 and links == wanted and sequence_at(peer) == now
        steps_until([speaker], back, WAIT,
                    lambda: f"the hub is back: {own()}, at the peer {sequence_at(peer)}")
    finally:
        close(speaker, segment, stranger)
