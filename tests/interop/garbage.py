#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Throws broken and hostile frames at a host: garbage.py INTERFACE TARGET-ADDRESS [--kinds ...].

Each kind is a function that makes one frame's payload from a seeded random source: the same --seed
sends the same frames. Prints how many it sent.
"""
import argparse
import random
import re
import socket
import struct
import subprocess

IP4, ARP, VLAN = 0x0800, 0x0806, 0x8100
ESP, GRE, UDP, ICMP, TCP = 50, 47, 17, 1, 6


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Thrower:
    def __init__(self, options):
        self.random = random.Random(options.seed)
        self.target = options.target
        self.sources = options.source or [own_address(options.interface)]
        self.spis = [int(spi, 16) for spi in options.spi] or [0x100]

    def bytes(self, low, high):
        return self.random.randbytes(self.random.randint(low, high))

    def ip(self, protocol, payload, **fields):
        """An IPv4 packet; fields: version_ihl, total, frag, ttl, check, src, dst."""
        r = self.random
        header = struct.pack(
            "!BBHHHBBH4s4s", fields.get("version_ihl", 0x45), 0,
            fields.get("total", 20 + len(payload)), r.getrandbits(16), fields.get("frag", 0),
            fields.get("ttl", 64), protocol, 0,
            socket.inet_aton(fields.get("src", r.choice(self.sources))),
            socket.inet_aton(fields.get("dst", self.target)))
        check = fields.get("check", checksum(header))
        return IP4, header[:10] + struct.pack("!H", check) + header[12:] + payload

    def udp(self, port, payload):
        length = self.random.choice([8 + len(payload)] * 8 + [0, 7, 65535])
        return self.ip(UDP, struct.pack("!HHHH", self.random.choice([500, 4500, 1234]), port,
                                        length, 0) + payload)

    # ---- kinds ----

    def ike(self):
        """An IKE header with anything behind it, lengths and types right half of the time."""
        r = self.random
        body = self.bytes(0, 400)
        exchange = r.choice([34, 34, 34, 35, 36, 37, r.getrandbits(8)])
        length = r.choice([28 + len(body)] * 3 + [0, 27, 28, 0xffffffff])
        return self.udp(500, r.randbytes(8) + r.choice([bytes(8), r.randbytes(8)]) + struct.pack(
            "!BBBBII", r.choice([33, 0, 46, 53, r.getrandbits(8)]), r.choice([0x20, 0x20, 0x10, 0]),
            exchange, r.choice([0x08, 0x20, 0x28, r.getrandbits(8)]),
            r.choice([0, 1, r.getrandbits(32)]),
            length) + body)

    def ike_sa_init(self):
        """Payloads with a proper chain, and with lies in their lengths."""
        r = self.random
        chain = b""
        kinds = [r.choice([33, 34, 40, 41, 43, r.getrandbits(7)]) for _ in range(r.randint(1, 6))]
        for at, kind in enumerate(kinds):
            body = self.bytes(0, 120)
            following = kinds[at + 1] if at + 1 < len(kinds) else 0
            length = r.choice([4 + len(body)] * 6 + [0, 3, 4, 65535])
            chain += struct.pack("!BBH", following, r.choice([0, 0, 0x80]), length) + body
        return self.udp(500, r.randbytes(8) + bytes(8) + struct.pack(
            "!BBBBII", kinds[0], 0x20, 34, 0x08, 0, 28 + len(chain)) + chain)

    def port500(self):
        return self.udp(500, self.bytes(0, 1400))

    def port4500(self):
        return self.udp(4500, self.random.choice([b"\0\0\0\0", b"\xff", b"\0\0\1\0"])
                        + self.bytes(0, 600))

    def any_udp(self):
        return self.udp(self.random.getrandbits(16), self.bytes(0, 200))

    def esp_unknown(self):
        return self.ip(ESP, self.bytes(0, 300))

    def esp_known(self):
        """The SPI of a living SA, and nothing else that is right."""
        spi = self.random.choice(self.spis)
        seq = self.random.choice([0, 1, self.random.getrandbits(12), self.random.getrandbits(32),
                                  0xffffffff])
        return self.ip(ESP, struct.pack("!II", spi, seq) + self.bytes(0, 300))

    def esp_known_short(self):
        return self.ip(ESP, struct.pack("!II", self.random.choice(self.spis), 5)[
            :self.random.randint(0, 8)] + self.bytes(0, 20))

    def gre(self):
        r = self.random
        flags = r.choice([0, 0, 0x2000, 0x8000, 0x1000, 0xb000, r.getrandbits(16)])
        _, inner = self.ip(ICMP, b"\x08\0\0\0" + r.randbytes(8), src="192.168.21.1",
                           dst="192.168.10.100")
        return self.ip(GRE, struct.pack("!HH", flags, r.choice([IP4, 0x86dd, r.getrandbits(16)]))
                       + r.choice([inner, self.bytes(0, 60)]))

    def ip_header(self):
        """Versions, header lengths, total lengths and checksums that are wrong."""
        r = self.random
        return self.ip(r.getrandbits(8), self.bytes(0, 60), **{
            **{"version_ihl": r.choice([0x44, 0x46, 0x4f, 0x65, 0x05, r.getrandbits(8)])},
            **r.choice([{}, {"total": r.getrandbits(16)}]),
            **r.choice([{}, {"check": r.getrandbits(16)}])})

    def ip_options(self):
        options = self.random.choice([b"\x44\x04\x05\0", b"\x83\x03\x04\0", b"\x07\xff\4\0",
                                      b"\x94\0\0\0", self.random.randbytes(4)])
        kind, packet = self.ip(UDP, b"", version_ihl=0x46, total=32)
        packet = packet[:10] + b"\0\0" + packet[12:] + options
        return kind, packet[:10] + struct.pack("!H", checksum(packet)) + packet[12:] + bytes(8)

    def fragments(self):
        """Tiny, overlapping, behind the end, never complete."""
        r = self.random
        return self.ip(r.choice([ESP, UDP, GRE, ICMP]), self.bytes(0, 64),
                       frag=r.choice([0x2000, 0x1fff, 0x3fff, 1, 2, r.getrandbits(14)]))

    def martians(self):
        r = self.random
        return self.ip(UDP, self.bytes(8, 40), src=r.choice(
            ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "1.1.1.2", "240.0.0.1"]),
            dst=r.choice([self.target, "255.255.255.255", "224.0.0.5", "127.0.0.1", "0.0.0.0"]),
            ttl=r.choice([0, 1, 64]))

    def icmp(self):
        r = self.random
        body = bytes([r.choice([0, 3, 5, 8, 11, 12, r.getrandbits(8)]), r.getrandbits(4), 0, 0])
        body += self.bytes(0, 60)
        if r.random() < 0.5:
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return self.ip(ICMP, body)

    def tcp(self):
        return self.ip(TCP, self.bytes(0, 40))

    def arp(self):
        r = self.random
        fields = struct.pack("!HHBBH", r.choice([1, 1, 2]), r.choice([IP4, IP4, 0]),
                             r.choice([6, 6, 0, 255]), r.choice([4, 4, 255]), r.choice([1, 2, 9]))
        return ARP, (fields + r.randbytes(20))[:r.randint(0, 28)]

    def arp_spoof(self):
        """An answer nobody asked for: somebody says that he is the target itself."""
        return ARP, struct.pack("!HHBBH6s4s6s4s", 1, IP4, 6, 4, 2, self.random.randbytes(6),
                                socket.inet_aton(self.target), self.random.randbytes(6),
                                socket.inet_aton(self.target))

    def vlan(self):
        return VLAN, self.bytes(0, 60)

    def ethertype(self):
        return self.random.getrandbits(16), self.bytes(0, 100)


KINDS = ["ike", "ike_sa_init", "port500", "port4500", "any_udp", "esp_unknown", "esp_known",
         "esp_known_short", "gre", "ip_header", "ip_options", "fragments", "martians", "icmp",
         "tcp",
         "arp", "arp_spoof", "vlan", "ethertype"]


def own_address(interface):
    output = subprocess.run(["ip", "-4", "address", "show", "dev", interface], text=True,
                            capture_output=True, check=True).stdout
    return re.search(r"inet ([\d.]+)", output)[1]


def mac_of(address, interface):
    """As the kernel's ARP finds it."""
    subprocess.run(["ping", "-c", "1", "-W", "2", address], capture_output=True)
    output = subprocess.run(["ip", "neighbour", "show", address, "dev", interface], text=True,
                            capture_output=True, check=True).stdout
    return bytes.fromhex(re.search(r"lladdr (\S+)", output)[1].replace(":", ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("interface")
    parser.add_argument("target")
    parser.add_argument("--kinds", nargs="*", default=KINDS)
    parser.add_argument("--count", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--source", nargs="*", help="source addresses to pretend")
    parser.add_argument("--spi", nargs="*", default=[], help="of living SAs, hexadecimal")
    options = parser.parse_args()
    thrower = Thrower(options)
    to = mac_of(options.target, options.interface)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((options.interface, 0))
        sender = out.getsockname()[4]
        sent = 0
        for kind in options.kinds:
            for _ in range(options.count):
                ethertype, payload = getattr(thrower, kind)()
                out.send((to + sender + struct.pack("!H", ethertype) + payload)[:1514])
                sent += 1
    print(sent, "frames sent")


if __name__ == "__main__":
    main()
