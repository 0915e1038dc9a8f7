#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A node that says again and again that somebody else's address is its own, by gratuitous ARP or
unsolicited neighbour advertisements; with the interface's MAC address, or another.

    stranger.py INTERFACE ADDRESS SECONDS [MAC]
"""
import ipaddress
import socket
import struct
import sys
import time


def by_arp(interface, mac, address):
    """RFC 5227 section 2.3: an announcement."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    frame = b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) \
        + mac + address + bytes(6) + address
    return lambda: sock.send(frame)


def by_nd(interface, mac, address):
    """RFC 4861 section 7.2.6: to all nodes, to override what they know."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    index = socket.if_nametoindex(interface)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    message = struct.pack("!BBHI", 136, 0, 0, 0x20000000) + address + b"\x02\x01" + mac
    return lambda: sock.sendto(message, ("ff02::1", 0, 0, index))


def main():
    interface, address, seconds, *given = sys.argv[1:]
    with open(f"/sys/class/net/{interface}/address") as file:
        mac = bytes.fromhex((given or [file.read().strip()])[0].replace(":", ""))
    packed = ipaddress.ip_address(address).packed
    claim = (by_arp if len(packed) == 4 else by_nd)(interface, mac, packed)
    while True:
        claim()
        time.sleep(float(seconds))


if __name__ == "__main__":
    main()
