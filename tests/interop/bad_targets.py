#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Targets that answer echo requests as they should not, all on one interface. The kernel
answers ARP for them, and no pings.

    bad_targets.py INTERFACE ADDRESS=BEHAVIOUR ...

good, twice, slow (0.4 s later), mute, stranger (from another address), altered (other data), and
dozing (of ten, it answers the last two).
"""
import heapq
import socket
import struct
import sys
import time

SLOW = 0.4


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    if len(data) & 1:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def answer_of(frame, source=None, alter=False):
    """The echo reply to a request, Ethernet and all."""
    ip, icmp = bytearray(frame[14:34]), bytearray(frame[34:])
    ip[12:16], ip[16:20] = source or frame[30:34], frame[26:30]
    ip[8] = 64
    ip[10:12] = bytes(2)
    ip[10:12] = struct.pack("!H", checksum(bytes(ip)))
    icmp[0], icmp[2:4] = 0, bytes(2)
    if alter:
        icmp[8] ^= 0xff
    icmp[2:4] = struct.pack("!H", checksum(bytes(icmp)))
    return frame[6:12] + frame[0:6] + frame[12:14] + bytes(ip) + bytes(icmp)


def main():
    targets = {socket.inet_aton(a): b for a, b in (word.split("=") for word in sys.argv[2:])}
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    sock.bind((sys.argv[1], 0x0800))
    later, asked = [], dict.fromkeys(targets, 0)
    print("ready", flush=True)
    while True:
        sock.settimeout(max(0.001, later[0][0] - time.monotonic()) if later else None)
        try:
            frame, address = sock.recvfrom(2048)
        except socket.timeout:
            frame = b""
        while later and later[0][0] <= time.monotonic():
            sock.send(heapq.heappop(later)[1])
        if len(frame) < 42 or address[2] == socket.PACKET_OUTGOING or frame[23] != 1 \
                or frame[34] != 8 or frame[30:34] not in targets:
            continue
        frame = frame[:14 + struct.unpack_from("!H", frame, 16)[0]]
        target = frame[30:34]
        what = targets[target]
        if asked[target] == 0:
            print(f"{socket.inet_ntoa(target)} tos {frame[15]} length {len(frame) - 14}",
                  flush=True)
        asked[target] += 1
        if what == "slow":
            heapq.heappush(later, (time.monotonic() + SLOW, answer_of(frame)))
        elif what == "stranger":
            sock.send(answer_of(frame, source=target[:3] + b"\x01"))
        elif what == "altered":
            sock.send(answer_of(frame, alter=True))
        elif what != "mute" and (what != "dozing" or asked[target] % 10 >= 8):
            for _ in range(2 if what == "twice" else 1):
                sock.send(answer_of(frame))


if __name__ == "__main__":
    main()
