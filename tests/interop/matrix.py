# SPDX-License-Identifier: BSD-3-Clause
"""What the matrix of test_matrix.py is made of: the factors, what cannot be and why, and the goals.

Algorithms have strongSwan's words. "sha256" of IKE is integrity and PRF, of an AEAD cipher the PRF
alone. What a rule forbids for a peer is that peer's own limit; docs/interop.md says how it is
known.
"""
from cover import Cover, Rule, product

AEAD = [f"aes{bits}gcm{icv}" for icv in (8, 12, 16) for bits in (128, 192, 256)] + \
    ["chacha20poly1305"]
GMAC = ["aes128gmac", "aes192gmac", "aes256gmac"]
CBC = ["aes128", "aes192", "aes256"]
CTR = ["aes128ctr", "aes192ctr", "aes256ctr"]
HASHES = ["sha1", "sha256", "sha384", "sha512", "aesxcbc", "aescmac"]

FACTORS = {
    "peer": ["strongswan", "libreswan"],
    "version": [2, 1],
    "caller": ["branch", "hub"],
    # GRE in transport or tunnel mode; networks: tunnel mode between them, by policies, without GRE
    "mode": ["transport", "tunnel", "networks"],
    "nat": ["none", "branch", "hub"],       # whose side the NAT is on
    # RFC 2890's options, with Linux's words
    "gre": ["none", "key", "csum", "seq", "key csum", "key seq", "csum seq", "key csum seq"],
    "auth": ["psk", "rsa", "ecdsa", "ed25519"],
    "ike": CBC + CTR + ["3des"] + AEAD,
    "hash": HASHES,
    "group": ["modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "ecp256", "ecp384",
              "ecp521", "x25519", "x448"],
    "esp": CBC + CTR + ["3des", "null"] + AEAD + GMAC,
    "integrity": HASHES + ["none"],
    "esn": ["no", "yes"],
    "pfs": ["no", "yes"],                   # in the group of the IKE SA
}

HUB, BOTH = "the hub", "the standard"
LIBRESWAN = "libreswan 4.10"
STRONGSWAN = "strongSwan 5.9.8"

RULES = [
    Rule("esp integrity", lambda c, i: (c in AEAD + GMAC) != (i == "none"),
         "an AEAD needs no integrity algorithm, all others do"),
    Rule("peer version caller mode nat",
         lambda p, v, caller, mode, nat: caller == "hub" and mode == "tunnel" and nat != "none" and
         (p, v) != ("strongswan", 2),
         "tunnel mode around GRE through NAT: only the branch knows the addresses inside, so it has "
         "to call; strongSwan's IKEv2 narrows what the hub proposes"),
    Rule("mode gre", lambda mode, gre: mode == "networks" and gre != "none",
         "networks have no GRE"),

    # IKEv1 (RFC 2409) has fewer algorithms than IKEv2, and the hub speaks of these the common ones.
    Rule("version mode", lambda v, mode: v == 1 and mode == "networks",
         "IKEv1's networks are `test_ikev1_nets.py`'s"),
    Rule("version auth", lambda v, auth: v == 1 and auth not in ("psk", "rsa"),
         "the hub's IKEv1 knows pre-shared keys and RSA"),
    Rule("version ike", lambda v, c: v == 1 and c not in CBC + ["3des"],
         "the hub's IKEv1 encrypts with AES-CBC or 3DES"),
    Rule("version hash", lambda v, h: v == 1 and h.startswith("aes"),
         "phase 1 has HMACs only"),
    Rule("version esp", lambda v, c: v == 1 and c == "chacha20poly1305",
         "IKEv1 has no number for ChaCha20-Poly1305"),
    Rule("version integrity", lambda v, i: v == 1 and i == "aescmac",
         "IKEv1 has no number for AES-CMAC"),
    Rule("version esn", lambda v, esn: v == 1 and esn == "yes",
         "the hub's IKEv1 has no extended sequence numbers"),

    Rule("peer group", lambda p, g: p == "libreswan" and g in ("modp1024", "x448"),
         LIBRESWAN + " has no groups 2 and 32"),
    Rule("peer version group", lambda p, v, g: p == "libreswan" and v == 1 and g == "x25519",
         LIBRESWAN + "'s IKEv1 has no group 31"),
    Rule("peer version group pfs",
         lambda p, v, g, pfs: p == "libreswan" and v == 1 and pfs == "yes" and g[:4] != "modp",
         LIBRESWAN + "'s quick mode has MODP groups only"),
    Rule("peer hash", lambda p, h: p == "libreswan" and h == "aescmac",
         LIBRESWAN + "'s IKE has no AES-CMAC"),
    Rule("peer version caller mode nat",
         lambda p, v, caller, mode, nat: (p, v, caller, mode) ==
         ("libreswan", 2, "hub", "transport") and nat != "none",
         LIBRESWAN + " takes no call for transport mode through NAT: it does not put the addresses "
         "that it sees into TSi and TSr (RFC 7296 section 2.23.1)"),
    Rule("peer version esp", lambda p, v, c: p == "libreswan" and v == 1 and c in GMAC,
         LIBRESWAN + "'s IKEv1 ends with GMAC: ASSERTION FAILED: esp_dst_keymat.len == "
         "encrypt_keymat_size + integ_keymat_size"),
    Rule("peer auth", lambda p, a: p == "libreswan" and a == "ed25519",
         LIBRESWAN + " has no Ed25519"),
]


def goals():
    # How tunnels are set up: all with each other.
    yield from product(FACTORS, "peer", "version", "caller", "mode", "nat", "auth")
    # Every algorithm with each peer, version and role.
    for name in ("ike", "hash", "group", "esp", "integrity", "esn", "pfs", "gre"):
        yield from product(FACTORS, "peer", "version", "caller", name)
    # Algorithms that work together, in one pass over a message or packet.
    yield from product(FACTORS, "peer", "esp", "integrity")
    yield from product(FACTORS, "peer", "ike", "hash")
    yield from product(FACTORS, "peer", "esp", "esn")
    # GRE's options with all that changes where they stand in the packet, and who is first to send.
    yield from product(FACTORS, "peer", "mode", "gre")
    yield from product(FACTORS, "mode", "nat", "esn", "gre")
    # Either everything, at least once.
    yield from product(FACTORS, "gre", "esp")
    yield from product(FACTORS, "mode", "esp")
    yield from product(FACTORS, "nat", "esp")
    yield from product(FACTORS, "version", "pfs", "group")
    yield from product(FACTORS, "hash", "group")


def combinations():
    return Cover(FACTORS, RULES, goals()).run()


def why_not(goal):
    """Which rule keeps all rows from having @goal."""
    for rule in RULES:
        if rule.broken_by(goal):
            return rule.why
    return None
