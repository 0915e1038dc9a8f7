#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A switch's trunk port without the kernel's 802.1Q: tags are put on and taken off here.

    tagger.py TRUNK INTERFACE=VLAN ...

Frames from TRUNK with a tag leave by the interface of that VLAN, without it; frames from there
leave by TRUNK, with it. VLAN 0 is the one without a tag. Frames of other VLANs are dropped.
"""
import selectors
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 1 << 4
ETH_P_ALL, ETH_P_8021Q = 3, 0x8100


def port(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.bind((name, ETH_P_ALL))
    return sock


def receive(sock):
    """A frame without its tag, and its VLAN; (None, 0) if it is one that goes out."""
    frame, control, _, address = sock.recvmsg(2048, 256)
    if address[2] == socket.PACKET_OUTGOING:
        return None, 0
    for level, kind, data in control:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, tci = struct.unpack_from("=I12xH", data)
            if status & TP_STATUS_VLAN_VALID:
                return frame, tci & 0xfff
    if frame[12:14] == struct.pack("!H", ETH_P_8021Q):
        return frame[:12] + frame[16:], struct.unpack_from("!H", frame, 14)[0] & 0xfff
    return frame, 0


def tagged(frame, vlan):
    tag = struct.pack("!HH", ETH_P_8021Q, vlan) if vlan else b""
    return frame[:12] + tag + frame[12:]


def main():
    trunk = port(sys.argv[1])
    by_vlan = {int(vlan): port(name) for name, vlan in (word.split("=") for word in sys.argv[2:])}
    ready = selectors.DefaultSelector()
    ready.register(trunk, selectors.EVENT_READ, None)
    for vlan, sock in by_vlan.items():
        ready.register(sock, selectors.EVENT_READ, vlan)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            frame, vlan = receive(key.fileobj)
            if frame is None:
                continue
            if key.data is not None:
                trunk.send(tagged(frame, key.data))
            elif vlan in by_vlan:
                by_vlan[vlan].send(frame)


if __name__ == "__main__":
    main()
