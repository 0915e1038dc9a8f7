#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""First messages of IKE under others' addresses: ike_flood.py INTERFACE VERSION RATE [SOURCE].

Sends well-formed IKE_SA_INIT requests (VERSION 2) or first messages of main mode (1) to 1.1.1.2,
RATE a second, until it is killed; each has a SPI and a nonce of its own, and comes from an address
of its own, or all from SOURCE. Says "flood" when it has begun, and every second how many it has
sent. The hub's MAC address is HUB_MAC in the environment.
"""
import os
import random
import socket
import struct
import sys
import time

from garbage import checksum

HUB = socket.inet_aton("1.1.1.2")
BATCHES = 100   # a second


def attribute(kind, value):
    return struct.pack("!HH", 0x8000 | kind, value)


def chain(first, *payloads):
    """Payloads, (type, body) each; the message behind its SPIs."""
    types = [kind for kind, _ in payloads[1:]] + [0]
    return b"".join(struct.pack("!BBH", following, 0, 4 + len(body)) + body
                    for (_, body), following in zip(payloads, types))


def transform(last, kind, number, attributes=b""):
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attributes), kind, 0,
                       number) + attributes


def first_message(version):
    """What the lab's hub accepts: AES-CBC-128, SHA2-256, modp2048. With the nonce at its end."""
    if version == 2:
        proposal = (transform(False, 1, 12, attribute(14, 128)) + transform(False, 3, 12)
                    + transform(False, 2, 5) + transform(True, 4, 14))
        sa = struct.pack("!BBHBBBB", 0, 0, 8 + len(proposal), 1, 1, 0, 4) + proposal
        value = b"\x02" + random.Random(1).randbytes(255)
        body = chain(33, (33, sa), (34, struct.pack("!HH", 14, 0) + value), (40, bytes(16)))
        return struct.pack("!8xBBBBII", 33, 0x20, 34, 0x08, 0, 28 + len(body)) + body
    attributes = b"".join(attribute(kind, value) for kind, value in (
        (1, 7), (14, 128), (2, 4), (3, 1), (4, 14), (11, 1), (12, 3600)))
    one = transform(True, 1, 0, b"")[:4] + bytes([1, 1, 0, 0]) + attributes
    one = struct.pack("!BBH", 0, 0, len(one)) + one[4:]
    sa = struct.pack("!II", 1, 1) + struct.pack("!BBHBBBB", 0, 0, 8 + len(one), 1, 1, 0, 1) + one
    body = chain(1, (1, sa), (13, bytes(16)))
    return struct.pack("!8xBBBBII", 1, 0x10, 2, 0, 0, 28 + len(body)) + body


def main():
    interface, version, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    source = socket.inet_aton(sys.argv[4]) if len(sys.argv) > 4 else None
    mac = bytes.fromhex(os.environ["HUB_MAC"].replace(":", ""))
    message = first_message(version)
    udp_length = 8 + 8 + len(message)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + udp_length, 0, 0, 64, 17, 0)
    tail = struct.pack("!HHHH", 500, 500, udp_length, 0)
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    ethernet = mac + b"\x02\0\0\0\0\x02\x08\0"
    print("flood", flush=True)
    begun, sent, told = time.monotonic(), 0, 0
    while True:
        for _ in range(rate // BATCHES):
            unique = os.urandom(12)
            # Neither the branches' nor the hub's networks.
            address = source or bytes([100 + unique[8] % 100]) + unique[9:12]
            ip = head + address + HUB
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
            end = message[:-8] + unique[:8] if version == 2 else message
            link.send(ethernet + ip + tail + unique[:8] + end)
            sent += 1
        wait = begun + sent / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)    # the pace of the sender
        if time.monotonic() - begun >= told + 1:
            told += 1
            print(sent, flush=True)


if __name__ == "__main__":
    main()
