# SPDX-License-Identifier: BSD-3-Clause
"""Scapy's IPsec as the other end of a tunnel, for every algorithm that it has, with transport and
tunnel mode, GRE and none, UDP and (AEADs) ESN: what we send it must open, what it sends must come
through. Our end is the program esp_end, over a pipe. Exit status 77: scapy is not installed."""
import subprocess
import sys

try:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.ipsec import ESP, SecurityAssociation
    from scapy.layers.l2 import GRE
    from scapy.packet import Raw
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

HUB, PEER, LAN, FAR = "192.0.2.1", "198.51.100.3", "10.1.0.10", "10.102.0.5"
SPI_IN, SPI_OUT = 0x100002, 0x1000
PORT = 31234

AEADS = {  # ours: scapy's, key bytes, ICV
    **{f"aes{bits}gcm16": ("AES-GCM", bits // 8, 16) for bits in (128, 192, 256)},
    "chacha20poly1305": ("CHACHA20-POLY1305", 32, 16),
}
CIPHERS = {  # ours: scapy's, key bytes, salt
    **{f"aes{bits}": ("AES-CBC", bits // 8, 0) for bits in (128, 192, 256)},
    **{f"aes{bits}ctr": ("AES-CTR", bits // 8, 4) for bits in (128, 192, 256)},
    "3des": ("3DES", 24, 0),
    "null": ("NULL", 0, 0),
}
INTEGS = {  # ours: scapy's, key bytes
    "sha1": ("HMAC-SHA1-96", 20),
    "sha256": ("SHA2-256-128", 32),
    "sha384": ("SHA2-384-192", 48),
    "sha512": ("SHA2-512-256", 64),
    "aescmac": ("AES-CMAC-96", 16),
}
SHAPES = {"transport": (0, 0), "tunnel, GRE": (1, 0), "tunnel": (1, 2)}  # mode, kind


def key(n, first):
    return bytes((first + 11 * i) % 256 for i in range(n))


def algorithms():
    """(our name, arguments for scapy, cipher key, integrity key, salt)."""
    for name, (crypt, n, icv) in AEADS.items():
        enc, salt = key(n, 1), key(4, 7)
        yield name, {"crypt_algo": crypt, "crypt_key": enc + salt, "crypt_icv_size": icv}, \
            enc, b"", salt
    for cipher, (crypt, n, salt_len) in CIPHERS.items():
        for integ, (auth, auth_len) in INTEGS.items():
            enc, salt, mac = key(n, 1), key(salt_len, 7), key(auth_len, 99)
            yield f"{cipher}-{integ}", {
                "crypt_algo": crypt, "crypt_key": (enc + salt) or None,
                "auth_algo": auth, "auth_key": mac}, enc, mac, salt


class End:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer, f"esp_end has ended at: {line[:80]}"
        return answer

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


def wrapped(inner, mode, kind):
    if kind == 2:
        return inner
    return IP(src=PEER, dst=HUB) / GRE() / inner


def association(spi, args, mode, udp, esn, src, dst):
    return SecurityAssociation(
        ESP, spi=spi, esn_en=esn, esn=1 if esn else 0, **args,
        tunnel_header=IP(src=src, dst=dst) if mode else None,
        nat_t_header=UDP(sport=PORT if src == PEER else 4500,
                         dport=4500 if src == PEER else PORT) if udp else None)


def check(end, name, args, enc, mac, salt, shape, udp, esn):
    mode, kind = SHAPES[shape]
    seq = (1 << 32) + 41 if esn else 41
    end.ask(f"sa {name} {esn} {mode} {kind} {PORT if udp else 0} {seq} "
            f"{enc.hex() or '-'} {mac.hex() or '-'} {salt.hex() or '-'}")

    theirs = association(SPI_IN, args, mode, udp, bool(esn), PEER, HUB)
    inner = IP(src=FAR, dst=LAN, ttl=9) / UDP(sport=5, dport=6) / Raw(key(77, 3))
    sealed = theirs.encrypt(wrapped(inner, mode, kind), seq_num=42, esn_en=bool(esn),
                            esn=1 if esn else 0)
    if udp:  # scapy 2.5 fills in the length of a UDP header without payload
        sealed[UDP].len = len(sealed) - 20
        sealed = IP(bytes(sealed))
    got = end.ask("in " + bytes(sealed).hex())
    want = bytes(IP(src=FAR, dst=LAN, ttl=8) / UDP(sport=5, dport=6) / Raw(key(77, 3)))
    assert got == want.hex(), f"we did not take it: {got[:80]}"
    assert end.ask("in " + bytes(sealed).hex()) == "esp-replay"

    ours = association(SPI_OUT, args, mode, udp, bool(esn), HUB, PEER)
    for length in (100, 101, 102, 103, 1000):
        sent = IP(bytes.fromhex(end.ask(f"out {length}")))
        assert sent.src == HUB and sent.dst == PEER
        assert (UDP in sent) == udp
        if udp:
            assert (sent[UDP].sport, sent[UDP].dport, sent[UDP].chksum) == (4500, PORT, 0)
        opened = ours.decrypt(sent, esn_en=bool(esn), esn=1 if esn else 0)
        if kind != 2:
            assert opened.src == HUB and opened.dst == PEER and opened.proto == 47, repr(opened)
            opened = IP(bytes(opened[GRE].payload))
        assert (opened.src, opened.dst, opened.ttl, len(opened)) == (LAN, FAR, 63, length)


def main():
    end = End(sys.argv[1])
    n = failed = 0
    for name, args, enc, mac, salt in algorithms():
        for shape in SHAPES:
            for udp in (False, True):
                for esn in (0, 1) if name in AEADS else (0,):  # scapy's ESN is for AEADs only
                    n += 1
                    try:
                        check(end, name, args, enc, mac, salt, shape, udp, esn)
                    except Exception as error:  # every kind: which combination it was matters
                        failed += 1
                        print(f"{name}, {shape}, udp {udp}, esn {esn}: {error!r}")
    status = end.close()
    print(f"{n} combinations, {failed} failed; without counterpart: *-aesxcbc, aes*gmac, "
          "aes*gcm8 and 12")
    return 1 if failed or status != 0 else 0


sys.exit(main())
