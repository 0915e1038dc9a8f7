#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pings to many places at once, of several sizes: echoes.py SIZES ADDRESS...

SIZES: bytes of data, "8-24,1000". Each is sent once. Prints, as JSON, which sizes of which address
were not answered, bytes and all, when for ten seconds there was no answer any more.
"""
import json
import os
import select
import socket
import struct
import sys
import time

PATIENCE_S = 10


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def message(kind, identifier, size):
    """Sequence number: the size, by which the answer is known."""
    data = bytes((size + i) & 0xff for i in range(size))
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, size)
    return struct.pack("!BBHHH", kind, 0, checksum(head + data), identifier, size) + data


def sizes_of(words):
    for word in words.split(","):
        first, _, last = word.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main():
    sizes, addresses = list(sizes_of(sys.argv[1])), sys.argv[2:]
    identifier = os.getpid() & 0xffff
    answers = {size: message(0, identifier, size) for size in sizes}
    missing = {(address, size) for address in addresses for size in sizes}
    to_send = sorted(missing, key=lambda pair: pair[1])
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)     # SO_RCVBUFFORCE
        end = time.monotonic() + PATIENCE_S
        while (missing or to_send) and time.monotonic() < end:
            for address, size in to_send[:16]:
                sock.sendto(message(8, identifier, size), (address, 0))
            del to_send[:16]
            # A few at a time: the far ends share one slow machine.
            while select.select([sock], [], [], 0.01)[0]:
                end = time.monotonic() + PATIENCE_S
                packet, (address, _) = sock.recvfrom(65536)
                echo = packet[(packet[0] & 15) * 4:]
                for size in sizes:
                    if echo == answers[size]:
                        missing.discard((address, size))
    result = {}
    for address, size in sorted(missing):
        result.setdefault(address, []).append(size)
    print(json.dumps(result))


main()
