#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A flood of data with routing protocols' packets in between: flood.py INTERFACE DATA HELLOS.

Sends DATA UDP packets to 10.7.0.1 as fast as it can and, spread over them, HELLOS each of OSPF and
VRRP packets, ARP requests and IKE messages from 16 addresses. Prints how many it sent of each.
"""
import socket
import struct
import sys

from garbage import checksum

HUB = "10.7.0.1"


def ethernet(destination, ethertype, payload):
    return destination + b"\x02\0\0\0\0\x01" + struct.pack("!H", ethertype) + payload


def ip(protocol, source, destination, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(payload), 1, 0, 255, protocol, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp(source_port, port, payload):
    return struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload


def control(mac, number):
    """One of each; the Nth address speaks."""
    source = f"10.7.0.{16 + number % 16}"
    group = b"\x01\0\x5e\0\0"
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, b"\x02\0\0\0\0\x01",
                      socket.inet_aton(source), bytes(6), socket.inet_aton(HUB))
    return [ethernet(group + b"\x05", 0x800, ip(89, source, "224.0.0.5", bytes(44))),
            ethernet(group + b"\x12", 0x800, ip(112, source, "224.0.0.18", bytes(20))),
            ethernet(b"\xff" * 6, 0x806, arp),
            ethernet(mac, 0x800, ip(17, source, HUB, udp(500, 500, bytes(28)))),
            ]


def main():
    interface, n_data, n_hellos = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    mac = bytes.fromhex(sys.argv[4].replace(":", ""))
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((interface, 0))
    data = [ethernet(mac, 0x800, ip(17, f"10.7.0.{100 + n}", HUB, udp(1000 + n, 9, bytes(100))))
            for n in range(64)]
    sent = 0
    for number in range(n_data):
        link.send(data[number % 64])
        if number * n_hellos // n_data >= sent and sent < n_hellos:
            for frame in control(mac, sent):
                link.send(frame)
            sent += 1
    print(n_data, sent)


if __name__ == "__main__":
    main()
