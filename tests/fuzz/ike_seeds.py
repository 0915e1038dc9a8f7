#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Seeds for fuzz_ike and fuzz_ike1 that are sealed by the target: each payload, in each exchange
and state where it may stand. The head comments of the targets describe the format.

    tests/fuzz/ike_seeds.py     writes them to tests/fuzz/seeds/; see tests/fuzz/reached
"""
import os
import struct

A, B = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
NONCE, PUBLIC = bytes(range(1, 33)), bytes([9]) + bytes(31)
COOKIES = b"\xcc" * 16               # fuzz_ike1 puts in the right ones
SPI_A, SPI_B = 0x1000, 0x2000       # of their first inbound SAs

UP, GCM, PFS, COOKIE = 2, 4, 8, 32  # setup of fuzz_ike
RAW, SEALED, WAIT, REKEY_CHILD, REKEY_IKE, CLEAR, REPLAY, CUT = range(8)
TO_B = 8
AUTH, CREATE, INFO = 0x10, 0x20, 0x30
ANSWER = 0x40


def step(op, data=b""):
    return struct.pack(">BH", op, len(data)) + data


def wait(ms):
    return step(WAIT) * (ms // 10)


def chain(*payloads, critical=None):
    """Payloads, (type, body) each, behind the type of the first."""
    types = [t for t, _ in payloads] + [0]
    out = bytes([types[0]])
    for (kind, body), following in zip(payloads, types[1:]):
        out += struct.pack(">BBH", following, 0x80 if kind == critical else 0, 4 + len(body)) + body
    return out


# ---- IKEv2 ------------------------------------------------------------------------------------

def transforms(*those):
    out = b""
    for i, (kind, number, bits) in enumerate(those):
        attribute = struct.pack(">HH", 0x800E, bits) if bits else b""
        out += struct.pack(">BBHBBH", 3 if i + 1 < len(those) else 0, 0, 8 + len(attribute), kind,
                           0, number) + attribute
    return out


def sa2(protocol, spi, *those):
    body = transforms(*those)
    return 33, struct.pack(">BBHBBBB", 0, 0, 8 + len(spi) + len(body), 1, protocol, len(spi),
                           len(those)) + spi + body


IKE_SA = sa2(1, bytes(range(1, 9)), (1, 12, 128), (3, 12, 0), (2, 5, 0), (4, 31, 0))
ESP_SA = sa2(3, bytes([0xC0, 0, 0, 9]), (1, 20, 128), (5, 1, 0))
ESP_SA_PFS = sa2(3, bytes([0xC0, 0, 0, 9]), (1, 20, 128), (4, 31, 0), (5, 1, 0))
ESP_SA_OTHER = sa2(3, bytes([0xC0, 0, 0, 9]), (1, 3, 0), (3, 2, 0), (5, 0, 0))
NONCE2 = 40, NONCE
EMPTY = bytes([0])


def ke2(group=31, value=PUBLIC):
    return 34, struct.pack(">HH", group, 0) + value


def ts(kind, *ranges):
    out = struct.pack(">BBH", len(ranges), 0, 0)
    for low, high, protocol in ranges:
        out += struct.pack(">BBHHH", 7 if len(low) == 4 else 8, protocol, 8 + 2 * len(low), 0,
                           65535) + low + high
    return kind, out


TSI, TSR = ts(44, (A, A, 47)), ts(45, (B, B, 47))
TRANSPORT = 41, struct.pack(">BBH", 0, 0, 16391)


def notify(kind, data=b"", spi=b"", protocol=0):
    return 41, struct.pack(">BBH", protocol, len(spi), kind) + spi + data


def id2(kind, what, body=None):
    return kind, struct.pack(">BBH", what, 0, 0) + body


IDI, IDR = id2(35, 1, A), id2(36, 1, B)
AUTH_PSK = 39, bytes([2, 0, 0, 0]) + bytes(32)
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
AUTH_SIG = 39, bytes([14, 0, 0, 0, 15]) + RSA_SHA256 + bytes(64)
CERT = 37, bytes([4]) + bytes.fromhex("3003020101")
CERTREQ = 38, bytes([4]) + bytes(20)
CP = 47, bytes([1, 0, 0, 0, 0, 1, 0, 0])
EAP = 48, bytes([1, 1, 0, 5, 1])
VENDOR = 43, b"of no importance"


def delete(protocol, *spis):
    return 42, struct.pack(">BBH", protocol, 4 if spis else 0, len(spis)) + b"".join(
        struct.pack(">I", spi) for spi in spis)


def rekey(spi):
    return notify(16393, spi=struct.pack(">I", spi), protocol=3)


def ike2():
    half_open, waits = bytes([0]) + wait(30), bytes([0]) + wait(50) + step(CUT | 0x10)

    def up(setup=UP):
        return bytes([setup])

    def asked(what, setup=UP):
        return up(setup) + step(CUT | 0x10) + what

    def request(exchange, *payloads, critical=None, to=TO_B):
        return step(SEALED | exchange | to, chain(*payloads, critical=critical))

    def answer(exchange, *payloads):
        return step(SEALED | exchange | ANSWER, chain(*payloads))

    def again(at, to=TO_B):
        """The other one's last message, the byte there changed."""
        return step(REPLAY | to, struct.pack(">HB", at, 1))

    def cookie(ms):
        return up(COOKIE) + wait(ms) + step(CUT | 0x10)

    new = (TRANSPORT, ESP_SA, NONCE2)
    child_rekey, ike_rekey = step(REKEY_CHILD), step(REKEY_IKE)
    return {
        "cookie": up(COOKIE | UP),
        "cookie-wrong": cookie(20) + again(40) + again(0) + again(70),
        "cookie-another": cookie(20) + again(40, 0) + again(24, 0),
        "cookie-again": cookie(30) + again(40) + step(CUT) + step(WAIT, bytes([20])),
        "auth": half_open + request(AUTH, IDI, notify(16384), IDR, AUTH_PSK, TRANSPORT, ESP_SA,
                                    TSI, TSR),
        "auth-cert": half_open + request(AUTH, IDI, CERT, CERT, CERTREQ, IDR, AUTH_SIG, CP, ESP_SA,
                                         TSI, TSR, VENDOR),
        "auth-eap": half_open + request(AUTH, IDI, ESP_SA, TSI, TSR),
        "auth-ppk": half_open + request(AUTH, IDI, AUTH_PSK, notify(16436, b"\x02name"),
                                        notify(16437, bytes(32)), ESP_SA, TSI, TSR),
        "auth-childless": half_open + request(AUTH, IDI, AUTH_PSK),
        "auth-critical": half_open + request(AUTH, IDI, (200, b"what"), critical=200),
        "auth-malformed": half_open + request(AUTH, IDI, IDI, AUTH_PSK),
        "answer-auth": waits + answer(AUTH, IDR, AUTH_PSK, notify(16403, bytes(4)), TRANSPORT,
                                      ESP_SA, TSI, TSR),
        "answer-auth-cert": waits + answer(AUTH, IDR, CERT, AUTH_SIG, CP, ESP_SA, TSI, TSR),
        "answer-auth-eap": waits + answer(AUTH, IDR, EAP),
        "answer-auth-failed": waits + answer(AUTH, notify(24)),
        "new-child": up() + request(CREATE, *new, TSI, TSR),
        "new-child-ranges": up() + request(
            CREATE, *new, ts(44, (A, A, 0), (bytes(4), bytes([255] * 4), 0)),
            ts(45, (B, B, 0), (bytes(16), bytes([255] * 16), 0))),
        "new-child-other-ts": up() + request(CREATE, *new, ts(44, (A, A, 6)), ts(45, (B, B, 6))),
        "new-child-no-proposal": up() + request(CREATE, ESP_SA_OTHER, NONCE2, TSI, TSR),
        "rekey-child": up() + request(CREATE, rekey(SPI_A), *new, TSI, TSR),
        "rekey-child-gcm": up(UP | GCM) + request(CREATE, rekey(SPI_A), *new, TSI, TSR),
        "rekey-child-pfs": up(UP | PFS) + request(CREATE, rekey(SPI_A), TRANSPORT, ESP_SA_PFS,
                                                  NONCE2, ke2(), TSI, TSR),
        "rekey-child-bad-value": up(UP | PFS) + request(
            CREATE, rekey(SPI_A), TRANSPORT, ESP_SA_PFS, NONCE2, ke2(value=bytes(32)), TSI, TSR),
        "rekey-child-wrong-group": up(UP | PFS) + request(
            CREATE, rekey(SPI_A), TRANSPORT, ESP_SA_PFS, NONCE2, ke2(19, bytes(64)), TSI, TSR),
        "rekey-child-unknown": up() + request(CREATE, rekey(0x77777777), *new, TSI, TSR),
        "rekey-child-both": up() + step(CUT | 0x10) + step(REKEY_CHILD | TO_B)
                            + request(CREATE, rekey(SPI_A), *new, TSI, TSR),
        "rekey-ike": up() + request(CREATE, IKE_SA, NONCE2, ke2()),
        "rekey-ike-both": up() + step(CUT | 0x10) + step(REKEY_IKE | TO_B)
                          + request(CREATE, IKE_SA, NONCE2, ke2()),
        "rekey-ike-wrong-group": up() + request(CREATE, IKE_SA, NONCE2, ke2(19, bytes(64))),
        "answer-rekey-child": asked(child_rekey) + answer(CREATE, *new, TSI, TSR),
        "answer-rekey-child-pfs": asked(child_rekey, UP | PFS) + answer(
            CREATE, TRANSPORT, ESP_SA_PFS, NONCE2, ke2(), TSI, TSR),
        "answer-rekey-ike": asked(ike_rekey) + answer(CREATE, IKE_SA, NONCE2, ke2()),
        "answer-temporary": asked(child_rekey) + answer(CREATE, notify(43)),
        "answer-not-found": asked(child_rekey) + answer(
            CREATE, notify(44, spi=struct.pack(">I", SPI_A), protocol=3)),
        "answer-other-group": asked(child_rekey, UP | PFS) + answer(CREATE, notify(17, b"\0\x1f")),
        "answer-no-proposal": asked(ike_rekey) + answer(CREATE, notify(14)),
        "alive": up() + request(INFO, (43, b"")),
        "alive-answer": asked(step(WAIT, bytes([60]))) + step(SEALED | INFO | ANSWER, EMPTY),
        "delete-child": up() + request(INFO, delete(3, SPI_A), delete(3, 0x20)),
        "delete-child-answer": asked(step(CLEAR)) + answer(INFO, delete(3, SPI_B)),
        "delete-ike": up() + request(INFO, delete(1)),
        "configuration": up() + request(INFO, CP),
        "notifications": up() + request(INFO, notify(16384), notify(16401, b"cookie2"), notify(7),
                                        notify(16400), notify(16396), notify(40000, b"x")),
        "critical": up() + request(INFO, (200, b"what"), critical=200),
        "malformed": up() + request(INFO, IDI),
    }


# ---- IKEv1 ------------------------------------------------------------------------------------

def attributes(*those):
    out = b""
    for kind, value in those:
        out += struct.pack(">HH", 0x8000 | kind, value) if value < 65536 else struct.pack(
            ">HHI", kind, 4, value)
    return out


def sa1(spi, number, *those):
    body = attributes(*those)
    transform = struct.pack(">BBHBBH", 0, 0, 8 + len(body), 1, number, 0) + body
    return 1, struct.pack(">II", 1, 1) + struct.pack(
        ">BBHBBBB", 0, 0, 8 + len(spi) + len(transform), 1, 3 if spi else 1, len(spi), 1
    ) + spi + transform


ESP1 = sa1(bytes([0xC0, 0, 0, 9]), 12, (1, 1), (2, 3600), (1, 2), (2, 4608000), (4, 2), (5, 2),
           (6, 128))
ESP1_PFS = sa1(bytes([0xC0, 0, 0, 9]), 12, (3, 31), (4, 2), (5, 2), (6, 128))
NONCE1 = 10, NONCE
KE1 = 4, PUBLIC


def id1(address, protocol=47, kind=1):
    return 5, bytes([kind, protocol, 0, 0]) + address


def notify1(kind, data=b"", spi=b"", protocol=1):
    return 11, struct.pack(">IBBH", 1, protocol, len(spi), kind) + spi + data


def delete1(protocol, *spis):
    return 12, struct.pack(">IBBH", 1, protocol, len(spis[0]), len(spis)) + b"".join(spis)


def ike1():
    up, pfs = bytes([2]), bytes([2 | 8])
    fifth, sixth = bytes([0]) + wait(70), bytes([0]) + wait(90) + step(CUT | 0x10)

    def info(*payloads):
        return step(SEALED | TO_B, chain(*payloads))

    def quick(*payloads):
        return step(SEALED | TO_B | 0x10, chain(*payloads))

    def transaction(kind, *attributes):
        return step(SEALED | TO_B | 0x20, chain((14, bytes([kind, 0, 1, 2]) + b"".join(
            struct.pack(">HH", *a) for a in attributes))))

    def main(to, *payloads):
        return step(SEALED | to | 0x40, chain(*payloads))

    def clear(ms, at, to):
        """Message by message of main mode: the last one once more, the byte there changed."""
        return (bytes([0]) + wait(ms) + step(CUT | 0x10)
                + step(REPLAY | to, struct.pack(">HB", at, 1)) + step(CUT) + step(WAIT, bytes([30])))

    proof = 8, bytes(20)
    return {
        "quick": up + quick(ESP1, NONCE1, id1(A), id1(B)),
        "quick-no-ids": up + quick(ESP1, NONCE1),
        "quick-any": up + quick(ESP1, NONCE1, id1(bytes(8), kind=4), id1(bytes(8), kind=4)),
        "quick-range": up + quick(ESP1, NONCE1, id1(A + A, kind=7), id1(B + B, kind=7)),
        "quick-pfs": pfs + quick(ESP1_PFS, NONCE1, KE1, id1(A), id1(B)),
        "quick-bad-value": pfs + quick(ESP1_PFS, NONCE1, (4, bytes(32)), id1(A), id1(B)),
        "quick-other": up + quick(ESP1, NONCE1, id1(A, 6), id1(B, 6)),
        "quick-nat": up + quick(ESP1, NONCE1, id1(A), id1(B), (21, id1(A, 0)[1]),
                                (21, id1(B, 0)[1])),
        "quick-no-proposal": up + quick(sa1(bytes([0xC0, 0, 0, 9]), 2, (4, 2)), NONCE1),
        "delete-esp": up + info(delete1(3, struct.pack(">I", SPI_A))),
        "delete-isakmp": up + info(delete1(1, COOKIES)),
        "alive": up + info(notify1(36136, bytes(4), COOKIES)),
        "alive-answer": up + info(notify1(36137, bytes(4), COOKIES)),
        "initial-contact": up + info(notify1(24578, spi=COOKIES)),
        "lifetime": up + info(notify1(24576, attributes((1, 1), (2, 600)), bytes(4), 3)),
        "error": up + info(notify1(14, protocol=3)),
        "mode-config": up + transaction(1, (1, 0), (3, 0)),
        "mode-config-set": up + transaction(3, (0x8007, 0)),
        "xauth": up + transaction(1, (0xc088, 0), (16521, 0), (16522, 0)),
        "main-first": clear(0, 7, TO_B),
        "main-second": clear(30, 60, 0),
        "main-third": clear(40, 40, TO_B),
        "main-fourth": clear(60, 40, 0),
        "main-fifth": fifth + main(TO_B, id1(A, 0), proof, notify1(24578, spi=COOKIES)),
        "main-fifth-cert": fifth + main(TO_B, id1(A, 17), (6, CERT[1]), (7, bytes([4])),
                                        (9, bytes(64))),
        "main-sixth": sixth + main(0, id1(B, 0), proof),
    }


def main():
    seeds = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")
    for target, made in (("ike", ike2()), ("ike1", ike1())):
        for name, data in made.items():
            with open(os.path.join(seeds, target, name), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
