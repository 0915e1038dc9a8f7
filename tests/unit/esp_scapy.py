# SPDX-License-Identifier: BSD-3-Clause
"""Scapy as the other end of a tunnel: GRE with each set of options, in the clear and in ESP, and
ESP with every algorithm, transport and tunnel mode, GRE and none, UDP and ESN, whose numbers go
over the 32 bits on the wire meanwhile. What we send it must open, what it sends must come through,
also what it fragments before it encrypts, IPv6, and each pair of congestion marks.
What scapy has not (ICVs of 8 and 12 bytes, GMAC, XCBC, ESN beside AEADs) is made of Python's
cryptography here. Our end is the program esp_end, over a pipe. Exit status 77: no scapy."""
import copy
import functools
import hashlib
import hmac
import itertools
import struct
import subprocess
import sys

try:
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.cmac import CMAC
    from scapy.layers.inet import IP, UDP, fragment
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import AUTH_ALGOS, CRYPT_ALGOS, ESP, SecurityAssociation
    from scapy.layers.l2 import GRE
    from scapy.packet import Raw
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

HUB, PEER, LAN, FAR = "192.0.2.1", "198.51.100.3", "10.1.0.10", "10.102.0.5"
LAN6, FAR6 = "2001:db8:1::10", "2001:db8:102::5"
SPI_IN, SPI_OUT = 0x100002, 0x1000
PORT = 31234

AEADS = {  # ours: scapy's, key bytes, ICV
    **{f"aes{bits}gcm{icv}": ("AES-GCM" if icv == 16 else f"GCM-{icv}", bits // 8, icv)
       for bits in (128, 192, 256) for icv in (16, 12, 8)},
    **{f"aes{bits}gmac": ("GMAC", bits // 8, 16) for bits in (128, 192, 256)},
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
    "aesxcbc": ("XCBC", 16),
}
SHAPES = {"transport": (0, 0), "tunnel, GRE": (1, 0), "tunnel": (1, 2)}  # mode, kind

KEY, CSUM, SEQ = 1 << 2, 1 << 3, 1 << 4  # enum chan_tun_flag
GRE_KEY = 42
# RFC 6040 section 4.2: the inner mark that leaves, by outer and arriving inner one. None: dropped.
ECN = ((0, 1, 2, 3), (0, 1, 1, 3), (0, 1, 2, 3), (None, 3, 3, 3))
OPTIONS = [sum(some) for n in range(4) for some in itertools.combinations((KEY, CSUM, SEQ), n)]


# ---- what scapy has not --------------------------------------------------------------------------

class ShortGcm:
    """AES-GCM with @icv bytes of the tag (RFC 4106 section 6)."""
    def __init__(self, icv, secret):
        self.icv, self.secret = icv, secret

    def encrypt(self, nonce, data, aad):
        sealed = AESGCM(self.secret).encrypt(nonce, data, aad)
        return sealed[:len(sealed) - 16 + self.icv]

    def decrypt(self, nonce, data, aad):
        mode = modes.GCM(nonce, data[-self.icv:], self.icv)
        opener = Cipher(AES(self.secret), mode).decryptor()
        opener.authenticate_additional_data(aad)
        return opener.update(data[:-self.icv]) + opener.finalize()


class Gmac:
    """RFC 4543 section 3.3: IV and payload are authenticated, too, and nothing is encrypted."""
    def __init__(self, secret):
        self.gcm = AESGCM(secret)

    def encrypt(self, nonce, data, aad):
        return data + self.gcm.encrypt(nonce, b"", aad + nonce[4:] + data)

    def decrypt(self, nonce, data, aad):
        self.gcm.decrypt(nonce, data[-16:], aad + nonce[4:] + data[:-16])
        return data[:-16]


for _name, _cipher, _icv in (("GCM-8", functools.partial(ShortGcm, 8), 8),
                             ("GCM-12", functools.partial(ShortGcm, 12), 12),
                             ("GMAC", Gmac, 16)):
    CRYPT_ALGOS[_name] = copy.copy(CRYPT_ALGOS["AES-GCM"])
    CRYPT_ALGOS[_name].cipher, CRYPT_ALGOS[_name].icv_size = _cipher, _icv


def xcbc(secret, data):
    """AES-XCBC-MAC (RFC 3566 section 4)."""
    def aes(block, with_key):
        return Cipher(AES(with_key), modes.ECB()).encryptor().update(block)

    def xor(a, b):
        return bytes(x ^ y for x, y in zip(a, b))

    k1, k2, k3 = (aes(bytes([n]) * 16, secret) for n in (1, 2, 3))
    whole = max((len(data) - 1) // 16, 0) * 16
    last, state = data[whole:], bytes(16)
    for at in range(0, whole, 16):
        state = aes(xor(state, data[at:at + 16]), k1)
    if len(last) < 16:
        last, k2 = (last + b"\x80").ljust(16, b"\0"), k3
    return aes(xor(xor(state, last), k2), k1)


def cmac(secret, data):
    mac = CMAC(AES(secret))
    mac.update(data)
    return mac.finalize()


def hmac_of(digest):
    return lambda secret, data: hmac.digest(secret, data, digest)


MACS = {"HMAC-SHA1-96": hmac_of(hashlib.sha1), "SHA2-256-128": hmac_of(hashlib.sha256),
        "SHA2-384-192": hmac_of(hashlib.sha384), "SHA2-512-256": hmac_of(hashlib.sha512),
        "AES-CMAC-96": cmac, "XCBC": xcbc}


class Integrity:
    """In place of an algorithm of scapy's: with the upper half of the number (RFC 4303 section
    2.2.1); @high is None without ESN."""
    def __init__(self, name, high):
        self.mac, self.name = MACS[name], name
        self.icv_size = AUTH_ALGOS[name].icv_size if name in AUTH_ALGOS else 12
        self.tail = b"" if high is None else struct.pack("!L", high)

    def sign(self, esp, secret):
        esp.data += self.mac(secret, bytes(esp) + self.tail)[:self.icv_size]

    def verify(self, esp, secret):
        data = bytes(esp)
        want = self.mac(secret, data[:-self.icv_size] + self.tail)[:self.icv_size]
        assert data[-self.icv_size:] == want, "the ICV is wrong"


# ---- both ends -----------------------------------------------------------------------------------

def key(n, first):
    return bytes((first + 11 * i) % 256 for i in range(n))


def algorithms():
    """(our name, arguments for scapy, name of the integrity algorithm, cipher key, integrity key,
    salt)."""
    for name, (crypt, n, icv) in AEADS.items():
        enc, salt = key(n, 1), key(4, 7)
        yield name, {"crypt_algo": crypt, "crypt_key": enc + salt, "crypt_icv_size": icv}, \
            None, enc, b"", salt
    for cipher, (crypt, n, salt_len) in CIPHERS.items():
        for integ, (auth, auth_len) in INTEGS.items():
            enc, salt, mac = key(n, 1), key(salt_len, 7), key(auth_len, 99)
            yield f"{cipher}-{integ}", {
                "crypt_algo": crypt, "crypt_key": (enc + salt) or None}, auth, enc, mac, salt


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


def gre(options, seq=0):
    return GRE(chksum_present=int(options & CSUM != 0), key_present=int(options & KEY != 0),
               seqnum_present=int(options & SEQ != 0), key=GRE_KEY if options & KEY else None,
               seqence_number=seq & 0xffffffff if options & SEQ else None)


def checked_gre(packet, options, seq):
    """The inner packet of one that we sent, whose GRE header is right to the bit."""
    raw, header = bytes(packet[GRE]), packet[GRE]
    payload = IPv6 if IPv6 in packet else IP
    assert raw[:4] == bytes([(options & CSUM and 0x80) | (options & KEY and 0x20) |
                             (options & SEQ and 0x10), 0]) + \
        (b"\x86\xdd" if payload == IPv6 else b"\x08\0"), raw[:16].hex()
    assert not options & KEY or header.key == GRE_KEY
    assert not options & SEQ or header.seqence_number == seq, header.seqence_number
    if options & CSUM:
        words = struct.unpack(f"!{(len(raw) + 1) // 2}H", raw + bytes(len(raw) % 2))
        assert sum(words) % 0xffff == 0, "GRE checksum"
    return payload(bytes(header.payload))


class Peer:
    """Scapy's end of one combination. @integ: a name in MACS, or None with AEADs."""
    def __init__(self, args, integ, mac, shape, udp, esn, options):
        self.args, self.integ, self.mac, self.esn = args, integ, mac, esn
        self.mode, self.kind = SHAPES[shape]
        self.udp, self.options = udp, options

    def association(self, spi, seq, src, dst):
        high = seq >> 32 if self.esn else None
        own = self.integ is not None and (self.esn or self.integ == "XCBC")
        auth = {} if self.integ is None or own else {"auth_algo": self.integ, "auth_key": self.mac}
        sa = SecurityAssociation(
            ESP, spi=spi, esn_en=bool(self.esn), esn=high or 0, **self.args, **auth,
            tunnel_header=IP(src=src, dst=dst) if self.mode else None,
            nat_t_header=UDP(sport=PORT if src == PEER else 4500,
                             dport=4500 if src == PEER else PORT) if self.udp else None)
        if own:
            sa.auth_algo, sa.auth_key = Integrity(self.integ, high), self.mac
        return sa

    def wrap(self, inner, seq):
        return inner if self.kind == 2 else \
            IP(src=PEER, dst=HUB, id=seq & 0xffff) / gre(self.options, seq) / inner

    def seal(self, packet, seq):
        sealed = self.association(SPI_IN, seq, PEER, HUB).encrypt(packet, seq_num=seq & 0xffffffff)
        if self.udp:  # scapy 2.5 fills in the length of a UDP header without payload
            sealed[UDP].len = len(sealed) - 20
            sealed = IP(bytes(sealed))
        return sealed

    def open(self, sent, seq, gre_seq):
        assert sent.src == HUB and sent.dst == PEER and (UDP in sent) == self.udp
        if self.udp:
            assert (sent[UDP].sport, sent[UDP].dport, sent[UDP].chksum) == (4500, PORT, 0)
        assert sent[ESP].seq == seq & 0xffffffff, hex(sent[ESP].seq)
        opened = self.association(SPI_OUT, seq, HUB, PEER).decrypt(sent)
        if self.kind == 2:
            return opened
        assert opened.src == HUB and opened.dst == PEER and opened.proto == 47, repr(opened)
        return checked_gre(opened, self.options, gre_seq)


def inner_in(ttl, n):
    return IP(src=FAR, dst=LAN, ttl=ttl) / UDP(sport=5, dport=6) / Raw(key(n, 3))


def inner6_in(hops, n):
    return IPv6(src=FAR6, dst=LAN6, hlim=hops) / UDP(sport=5, dport=6) / Raw(key(n, 3))


def takes(end, packet, n):
    got = end.ask("in " + bytes(packet).hex())
    assert got == bytes(inner_in(8, n)).hex(), f"we did not take it: {got[:80]}"


def right_out(inner, length):
    assert (inner.src, inner.dst, inner.ttl, len(inner)) == (LAN, FAR, 63, length), repr(inner)


def check(end, name, args, integ, enc, mac, salt, shape, udp, esn, options=0):
    peer = Peer(args, integ, mac, shape, udp, esn, options)
    last = (1 << 32) - 3 if esn else 41  # the third number of ESN is beyond 32 bits
    end.ask(f"sa {name} {esn} {peer.mode} {peer.kind} {PORT if udp else 0} {last} {options} "
            f"{enc.hex() or '-'} {mac.hex() or '-'} {salt.hex() or '-'}")
    # The newest first: the others are within the window then, on both sides of the wrap. (A number
    # of 0 on the wire is none for scapy.)
    for seq in (last + 5, last + 1, last + 4):
        sealed = peer.seal(peer.wrap(inner_in(9, 77 + seq % 4), seq), seq)
        takes(end, sealed, 77 + seq % 4)
        assert end.ask("in " + bytes(sealed).hex()) == "esp-replay"
    if shape == "tunnel, GRE":  # what is around GRE, cut before it is encrypted (RFC 4301 section 7)
        first, last_piece = fragment(IP(bytes(peer.wrap(inner_in(9, 900), last + 6))), 504)
        assert end.ask("in " + bytes(peer.seal(last_piece, last + 6)).hex()) == "nothing"
        takes(end, peer.seal(first, last + 7), 900)
    for n, length in enumerate((100, 101, 102, 1000)):
        sent = IP(bytes.fromhex(end.ask(f"out {length}")))
        right_out(peer.open(sent, last + 1 + n, n), length)


def check_ip6(end, name, args, integ, enc, mac, salt, shape, udp, esn, options=0):
    """IPv6 inside, both ways."""
    peer = Peer(args, integ, mac, shape, udp, esn, options)
    end.ask(f"sa {name} {esn} {peer.mode} {peer.kind} {PORT if udp else 0} 41 {options} "
            f"{enc.hex() or '-'} {mac.hex() or '-'} {salt.hex() or '-'}")
    for n in range(4):
        sealed = peer.seal(peer.wrap(inner6_in(9, 77 + n), 42 + n), 42 + n)
        got = end.ask("in " + bytes(sealed).hex())
        assert got == bytes(inner6_in(8, 77 + n)).hex(), f"we did not take it: {got[:80]}"
        inner = peer.open(IP(bytes.fromhex(end.ask(f"out6 {100 + n}"))), 42 + n, n)
        assert (inner.src, inner.dst, inner.hlim, len(inner)) == (LAN6, FAR6, 63, 100 + n), \
            repr(inner)


def check_ecn(end, name, args, integ, enc, mac, salt, shape, udp, esn):
    """Every mark outside on every mark inside."""
    peer = Peer(args, integ, mac, shape, udp, esn, 0)
    end.ask(f"sa {name} {esn} {peer.mode} {peer.kind} {PORT if udp else 0} 41 0 "
            f"{enc.hex() or '-'} {mac.hex() or '-'} {salt.hex() or '-'}")
    for n, (outer, inner) in enumerate(itertools.product(range(4), repeat=2)):
        packet, left = inner_in(9, 50), inner_in(8, 50)
        packet.tos, left.tos = inner, ECN[outer][inner]
        sealed = peer.seal(peer.wrap(packet, 42 + n), 42 + n)
        sealed.tos = outer
        del sealed.chksum
        got = end.ask("in " + bytes(sealed).hex())
        want = "gre-ecn" if left.tos is None else bytes(left).hex()
        assert got == want, f"outer {outer}, inner {inner}: {got[:40]}"


def check_plain(end, options):
    """GRE in the clear, also with numbers that go back: what was overtaken is carried, too."""
    end.ask(f"sa none 0 0 0 0 0 {options} - - -")
    for seq in (7, 8, 6, 8, 0xffffffff, 0):
        takes(end, IP(src=PEER, dst=HUB) / gre(options, seq) / inner_in(9, 40), 40)
    if options & KEY:
        wrong = IP(src=PEER, dst=HUB) / GRE(key_present=1, key=GRE_KEY + 1) / inner_in(9, 40)
        assert end.ask("in " + bytes(wrong).hex()) == "gre-no-tunnel"
    if options & CSUM:
        wrong = bytearray(bytes(IP(src=PEER, dst=HUB) / gre(options, 1) / inner_in(9, 40)))
        wrong[-1] ^= 1
        assert end.ask("in " + wrong.hex()) == "gre-checksum"
    for n, length in enumerate((100, 101, 1000)):
        sent = IP(bytes.fromhex(end.ask(f"out {length}")))
        assert (sent.src, sent.dst, sent.proto) == (HUB, PEER, 47)
        right_out(checked_gre(sent, options, n), length)


def cases(end):
    """What each is called, and how to run it."""
    of = {algorithm[0]: algorithm for algorithm in algorithms()}
    for options in OPTIONS:
        yield f"GRE, options {options:#x}", functools.partial(check_plain, end, options)
        for name, shape, udp, esn in itertools.product(
                ("aes128gcm16", "aes128-sha1", "aes128ctr-sha256"), ("transport", "tunnel, GRE"),
                (False, True), (0, 1)):
            if options != 0:
                yield f"{name}, {shape}, udp {udp}, esn {esn}, GRE options {options:#x}", \
                    functools.partial(check, end, *of[name], shape, udp, esn, options)
    for name, shape, udp, esn in itertools.product(
            ("aes128gcm16", "aes128-sha1", "aes256ctr-sha512"), SHAPES, (False, True), (0, 1)):
        what = f"{name}, {shape}, udp {udp}, esn {esn}"
        yield f"IPv6, {what}", functools.partial(check_ip6, end, *of[name], shape, udp, esn)
        if shape != "tunnel, GRE":  # a header in between has a mark of its own
            yield f"ECN, {what}", functools.partial(check_ecn, end, *of[name], shape, udp, esn)
    for options in OPTIONS:
        yield f"IPv6, GRE options {options:#x}", functools.partial(
            check_ip6, end, *of["aes128gcm16"], "transport", False, 0, options)
    for algorithm, shape, udp, esn in itertools.product(of.values(), SHAPES, (False, True), (0, 1)):
        yield f"{algorithm[0]}, {shape}, udp {udp}, esn {esn}", \
            functools.partial(check, end, *algorithm, shape, udp, esn)


def main():
    end = End(sys.argv[1])
    n = failed = 0
    for what, run in cases(end):
        n += 1
        try:
            run()
        except Exception as error:  # every kind: which combination it was matters
            failed += 1
            print(f"{what}: {error!r}")
    status = end.close()
    print(f"{n} combinations, {failed} failed")
    return 1 if failed or status != 0 else 0


sys.exit(main())
