# SPDX-License-Identifier: BSD-3-Clause
"""Many tunnels at once between the hub and stock peers, each set up as matrix.py says.

    peer        WAN                    outside, nat=branch    LAN         the hub is
    branch-1    2.2.2.(20|90|160+n)    9.9.2.(90+n)           10.2.n.1    1.1.1.2, if nat=hub
    branch-2    3.3.3.(20|90|160+n)    9.9.3.(90+n)           10.3.n.1    9.9.1.1

Tunnel n of a peer has its own addresses, by which both sides know it; the ISP translates those that
are to be behind a NAT one to one, so that either side can call.
"""
import re

import configs
from lab import HUB_WAN
from matrix import AEAD

MAX = 22                # tunnels of a peer
HUB_OUTSIDE = "9.9.1.1"
LAN = "192.168.10.0/24"
SECRET = "correct-horse"
HUB_NAME = "hub.example.com"
BASE = {"none": 20, "branch": 90, "hub": 160}
GRE_KEY = 3735928559
FIRST_TABLE = 100       # of the peer's routing tables, one a tunnel


class Slot:
    """One combination, where it takes place, and what came of it."""

    def __init__(self, row, site, n):
        self.row, self.site, self.n = row, site, n      # @site: 2 or 3
        self.name = f"{row['peer'][0]}{n}"
        host = BASE[row["nat"]] + n
        self.wan = ".".join([str(site)] * 3 + [str(host)])
        self.seen = f"9.9.{site}.{host}" if row["nat"] == "branch" else self.wan
        self.hub = HUB_OUTSIDE if row["nat"] == "hub" else HUB_WAN
        self.lan, self.net = f"10.{site}.{n}.1", f"10.{site}.{n}.0/24"
        # By the kind of key, too: strongSwan looks for its key by the identity.
        self.identity = f"{self.name}.{row['auth']}.example.com"
        self.mode = "transport" if row["mode"] == "transport" else "tunnel"
        self.gre = row["mode"] != "networks"
        self.problems = []
        self.found = {}

    def check(self, what, found, expected):
        self.found[what] = found
        if found != expected:
            self.problems.append(f"{what}: {found}, expected {expected}")


def nat_rules():
    """For nft, in the ISP."""
    def pairs(swap):
        both = [(f"9.9.{s}.{h}", f"{s}.{s}.{s}.{h}") for s in (2, 3)
                for h in range(BASE["branch"] + 1, BASE["branch"] + 1 + MAX)]
        return ", ".join(f"{b} : {a}" if swap else f"{a} : {b}" for a, b in both)
    behind = ", ".join(f"{ip}.{BASE['hub'] + 1}-{ip}.{BASE['hub'] + MAX}"
                       for ip in ("2.2.2", "3.3.3"))
    return f"""
        table ip lab-fixed {{
            chain pre {{
                type nat hook prerouting priority dstnat
                ip daddr {HUB_OUTSIDE} dnat to {HUB_WAN}
                dnat to ip daddr map {{ {pairs(False)} }}
            }}
            chain post {{
                type nat hook postrouting priority srcnat
                ip saddr {HUB_WAN} ip daddr {{ {behind} }} snat to {HUB_OUTSIDE}
                oifname "hub-a" snat to ip saddr map {{ {pairs(True)} }}
            }}
        }}
        """


# ---- the hub ------------------------------------------------------------------------------------

def hub_config(slots, pki):
    """No tunnels without @slots. @pki: {"rsa": (the hub's certificate, its CA)...}"""
    config = configs.one_branch()
    config["tunnels"], config["routes"] = {}, config["routes"][:1]
    ikev2, ipsec = config["crypto"]["ikev2"], config["crypto"]["ipsec"]
    for section in (ikev2["proposals"], ikev2["keyring"], ikev2["profiles"],
                    ipsec["transform-sets"], ipsec["profiles"]):
        section.clear()
    config["crypto"]["policies"] = {}
    config["crypto"]["pki"] = {"trustpoints": {
        kind: {"certificate": own.cert, "private-key": own.key, "ca": ca.cert}
        for kind, (own, ca) in pki.items()} if slots else {}}
    for slot in slots:
        add_tunnel(config, slot)
    return config


def add_tunnel(config, slot):
    row, name = slot.row, slot.name
    certificate = row["auth"] != "psk"
    authentication = "certificate" if certificate else "pre-share"
    config["tunnels"][name] = {
        "mode": "gre" if slot.gre else "ipsec", "source": HUB_WAN, "destination": slot.seen,
        "peer-identity": slot.identity, "protection": name, **hub_gre(row)}
    config["routes"].append({"prefix": slot.net, "interface": name})
    if not slot.gre:
        config["crypto"]["policies"][name] = {"source": LAN, "destination": slot.net,
                                              "action": "protect", "tunnel": name}
    ikev2, ipsec = config["crypto"]["ikev2"], config["crypto"]["ipsec"]
    ikev2["proposals"][name] = configs.ike_proposal(ike_words(row))
    ikev2["profiles"][name] = {
        "proposals": [name], "version": f"ikev{row['version']}", "local-identity": HUB_NAME,
        "authentication-local": authentication, "authentication-remote": authentication,
        "initiate": "always" if row["caller"] == "hub" else "never",
        **({"trustpoint": row["auth"]} if certificate else {})}
    if not certificate:
        ikev2["keyring"][name] = {"address": f"{slot.seen}/32", "identity": slot.identity,
                                  "pre-shared-key": SECRET}
    ipsec["transform-sets"][name] = configs.transform_set(esp_words(row))
    ipsec["profiles"][name] = {
        "transform-sets": [name], "ikev2-profile": name, "mode": slot.mode,
        "esn": row["esn"] == "yes",
        **({"pfs": [configs.GROUPS[row["group"]]]} if row["pfs"] == "yes" else {})}


def gre_options(row):
    return [] if row["gre"] == "none" else row["gre"].split()


def hub_gre(row):
    ours = {"key": {"key": GRE_KEY}, "csum": {"checksum": True}, "seq": {"sequence": True}}
    return {k: v for word in gre_options(row) for k, v in ours[word].items()}


def kernel_gre(row):
    return "".join(f" {word} {GRE_KEY}" if word == "key" else f" {word}"
                   for word in gre_options(row))


def ike_words(row):
    """As strongSwan has them."""
    if row["version"] == 1:
        return f"{row['ike']}-{row['hash']}-{row['group']}"
    integrity = "" if row["ike"] in AEAD else f"{row['hash']}-"
    return f"{row['ike']}-{integrity}prf{row['hash']}-{row['group']}"


def esp_words(row):
    return row["esp"] + ("" if row["integrity"] == "none" else f"-{row['integrity']}")


def hub_ike(row):
    """The IKE algorithms as `show crypto ikev2 sa` has them."""
    if row["version"] == 2:
        return ike_words(row)
    return f"{row['ike']}-prf{row['hash']}-{row['group']}"


def hub_esp(row):
    return esp_words(row)


# ---- the kernel of the peers --------------------------------------------------------------------

def addresses(site):
    """For `ip -batch`, once: all that a peer's tunnels may need."""
    lines = []
    for n in range(1, MAX + 1):
        lines += [f"address add {site}.{site}.{site}.{base + n}/32 dev eth0"
                  for base in BASE.values()]
        lines += [f"address add 10.{site}.{n}.1/32 dev lan",
                  f"rule add pref 100 from 10.{site}.{n}.1 lookup {FIRST_TABLE + n}"]
    return "\n".join(lines) + "\n"


def interfaces(slots):
    lines = []
    for s in slots:
        out = f"via {s.site}.{s.site}.{s.site}.1 dev eth0"
        if s.gre:
            out = f"dev {s.name}"
            lines += [f"link add {s.name} type gre local {s.wan} remote {s.hub} ttl 64"
                      f"{kernel_gre(s.row)}",
                      f"link set {s.name} mtu 1400 up"]
        lines.append(f"route replace 192.168.10.0/24 {out} table {FIRST_TABLE + s.n}")
    return "\n".join(lines) + "\n"


def no_interfaces(slots):
    return "".join(f"link del {s.name}\n" for s in slots if s.gre)


# How `ip xfrm state` calls an algorithm, and the bits of its key material and of its ICV.
def kernel_cipher(word):
    match = re.fullmatch(r"aes(\d+)(gcm|gmac|ctr|)(\d*)", word)
    if match is None:
        return {"3des": "cbc(des3_ede) 192", "null": "ecb(cipher_null) 0",
                "chacha20poly1305": "rfc7539esp(chacha20,poly1305) 288 128"}[word]
    bits, kind, icv = int(match[1]), match[2], match[3]
    return {"": f"cbc(aes) {bits}", "ctr": f"rfc3686(ctr(aes)) {bits + 32}",
            "gcm": f"rfc4106(gcm(aes)) {bits + 32} {int(icv or 0) * 8}",
            "gmac": f"rfc4543(gcm(aes)) {bits + 32} 128"}[kind]


KERNEL_INTEGRITY = {
    "none": "", "sha1": "hmac(sha1) 160 96", "sha256": "hmac(sha256) 256 128",
    "sha384": "hmac(sha384) 384 192", "sha512": "hmac(sha512) 512 256",
    "aesxcbc": "xcbc(aes) 128 96", "aescmac": "cmac(aes) 128 96"}


def kernel_states(text):
    """Of `ip xfrm state`, by source and destination: what each SA is made of."""
    states = {}
    for block in re.split(r"(?m)^(?=src )", text):
        head = re.match(r"src (\S+) dst (\S+)\n\s+proto esp spi \S+ reqid \d+ mode (\w+)", block)
        if head is None:
            continue
        algorithms = {}
        for kind, name, key, icv in re.findall(
                r"(?m)^\s+(auth-trunc|enc|aead) (\S+) (?:0x([0-9a-f]*)|\"\")? ?(\d*)$", block):
            algorithms[kind] = f"{name} {len(key or '') * 4} {icv}".strip()
        states.setdefault((head[1], head[2]), []).append({
            "cipher": algorithms.get("aead") or algorithms.get("enc"),
            "integrity": algorithms.get("auth-trunc", ""), "mode": head[3],
            "esn": "yes" if re.search(r"flag .*\besn\b", block) else "no",
            "encapsulated": "espinudp" in block})
    return states


def check_kernel(slot, states):
    row = slot.row
    expected = {"cipher": kernel_cipher(row["esp"]),
                "integrity": KERNEL_INTEGRITY[row["integrity"]], "mode": slot.mode,
                "esn": row["esn"], "encapsulated": row["nat"] != "none"}
    for direction, ends in (("out", (slot.wan, slot.hub)), ("in", (slot.hub, slot.wan))):
        found = states.get(ends, [])
        slot.check(f"kernel {direction}", found[0] if found else None, expected)


# ---- strongSwan ---------------------------------------------------------------------------------

def swanctl_conf(slots):
    text = "connections {\n"
    for s in slots:
        row = s.row
        auth = "auth = psk" if row["auth"] == "psk" else "auth = pubkey"
        certs = "" if row["auth"] == "psk" else f"certs = {row['auth']}.pem"
        pfs = f"-{row['group']}" if row["pfs"] == "yes" else ""
        esn = {"yes": "-esn", "no": "-noesn"}[row["esn"]] if row["version"] == 2 else ""
        ours, theirs = ("dynamic[gre]", "dynamic[gre]") if s.gre else (s.net, LAN)
        text += f"""
            {s.name} {{
                version = {row['version']}
                local_addrs = {s.wan}
                remote_addrs = {s.hub}
                proposals = {ike_words(row)}
                mobike = no
                local {{
                    {auth}
                    id = {s.identity}
                    {certs}
                }}
                remote {{
                    {auth}
                    id = {HUB_NAME}
                }}
                children {{
                    {s.name} {{
                        mode = {s.mode}
                        local_ts = {ours}
                        remote_ts = {theirs}
                        esp_proposals = {esp_words(row)}{pfs}{esn}
                        start_action = {'trap' if row['caller'] == 'branch' else 'none'}
                    }}
                }}
            }}"""
    return text + f'\n}}\nsecrets {{\n    ike-all {{\n        secret = "{SECRET}"\n    }}\n}}\n'


STRONGSWAN_WORDS = {
    "3des": "3DES_CBC", "chacha20poly1305": "CHACHA20_POLY1305", "modp1024": "MODP_1024",
    "sha1": "HMAC_SHA1_96", "sha256": "HMAC_SHA2_256_128", "sha384": "HMAC_SHA2_384_192",
    "sha512": "HMAC_SHA2_512_256", "aesxcbc": "AES_XCBC_96", "aescmac": "AES_CMAC_96",
    "prfsha1": "PRF_HMAC_SHA1", "prfsha256": "PRF_HMAC_SHA2_256", "prfsha384": "PRF_HMAC_SHA2_384",
    "prfsha512": "PRF_HMAC_SHA2_512", "prfaesxcbc": "PRF_AES128_XCBC",
    "prfaescmac": "PRF_AES128_CMAC", "x25519": "CURVE_25519", "x448": "CURVE_448"}


def strongswan_ike(row):
    """The IKE algorithms as `swanctl --list-sas` has them."""
    bits = re.sub(r"\D.*", "", row["ike"][3:])
    kind = re.sub(r"^aes\d+", "", row["ike"])
    cipher = STRONGSWAN_WORDS.get(row["ike"]) or {
        "": f"AES_CBC-{bits}", "ctr": f"AES_CTR-{bits}"}.get(kind) or f"AES_GCM_{kind[3:]}-{bits}"
    group = STRONGSWAN_WORDS.get(row["group"]) or \
        re.sub(r"(modp|ecp)", r"\1_", row["group"]).upper()
    words = [cipher] + ([] if row["ike"] in AEAD else [STRONGSWAN_WORDS[row["hash"]]]) + \
        [STRONGSWAN_WORDS["prf" + row["hash"]], group]
    return "/".join(words)


def strongswan_sas(text):
    """Of `swanctl --list-sas`, by connection: version, who called, algorithms of each IKE SA."""
    sas = {}
    for name, version, spi_i, block in re.findall(
            r"(?ms)^(\w+): #\d+, ESTABLISHED, IKEv(\d), (\S+) \S+\n(.*?)(?=^\w|\Z)", text):
        proposal = re.search(r"(?m)^  ([A-Z0-9_]+[-/][A-Z0-9_/-]+)$", block)
        sas.setdefault(name, []).append({
            "version": int(version), "caller": "branch" if spi_i.endswith("_i*") else "hub",
            "ike": proposal and proposal[1]})
    return sas


# ---- libreswan ----------------------------------------------------------------------------------

def libreswan_cipher(word):
    match = re.fullmatch(r"aes(\d+)(gcm|gmac|ctr|)(\d*)", word)
    if match is None:
        return {"chacha20poly1305": "chacha20_poly1305"}.get(word, word)
    letter = {"8": "a", "12": "b", "16": "c", "": ""}[match[3]]
    kind = {"": "aes", "ctr": "aes_ctr", "gmac": "null_auth_aes_gmac", "gcm": "aes_gcm_"}[match[2]]
    return f"{kind}{letter}{match[1]}"


LIBRESWAN_WORDS = {"sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512",
                   "aesxcbc": "aes_xcbc", "aescmac": "aes_cmac", "none": "null"}


def libreswan_group(row):
    return f"dh{configs.GROUPS[row['group']]}"


def ipsec_conf(slots):
    """As `man ipsec.conf` has it."""
    text = "config setup\n"
    for s in slots:
        row = s.row
        hash_, integrity = (LIBRESWAN_WORDS.get(row[k], row[k]) for k in ("hash", "integrity"))
        pfs = f";{libreswan_group(row)}" if row["pfs"] == "yes" else ""
        options = {
            "left": s.wan, "leftid": f"@{s.identity}", "right": s.hub, "rightid": f"@{HUB_NAME}",
            "authby": {"psk": "secret", "rsa": "rsasig", "ecdsa": "ecdsa"}[row["auth"]],
            "ikev2": "insist" if row["version"] == 2 else "no", "type": s.mode,
            "ike": f"{libreswan_cipher(row['ike'])}-{hash_};{libreswan_group(row)}",
            "esp": f"{libreswan_cipher(row['esp'])}-{integrity}{pfs}",
            "pfs": row["pfs"], "esn": row["esn"], "leftupdown": "%disabled", "auto": "add"}
        if row["auth"] != "psk":
            options.update({"leftcert": row["auth"], "leftsendcert": "always",
                            "rightca": "%same", "rightrsasigkey": "%cert"})
        if s.gre:
            options.update({"leftprotoport": "gre", "rightprotoport": "gre"})
        else:
            options.update({"leftsubnet": s.net, "rightsubnet": LAN})
        text += f"\nconn {s.name}\n" + "".join(f"    {k}={v}\n" for k, v in options.items())
    return text


def libreswan_ike(row):
    """The IKE algorithms as `whack --status` has them."""
    match = re.fullmatch(r"aes(\d+)(gcm|ctr|)(\d*)", row["ike"])
    cipher = {"3des": "3DES_CBC_192", "chacha20poly1305": "CHACHA20_POLY1305_256"}.get(row["ike"])
    if cipher is None:
        kind = {"": "AES_CBC", "ctr": "AES_CTR", "gcm": f"AES_GCM_{match[3]}"}[match[2]]
        cipher = f"{kind}_{match[1]}"
    prf = {"sha1": "HMAC_SHA1", "sha256": "HMAC_SHA2_256", "sha384": "HMAC_SHA2_384",
           "sha512": "HMAC_SHA2_512", "aesxcbc": "AES_XCBC"}[row["hash"]]
    group = row["group"].upper() if row["group"].startswith("modp") else \
        libreswan_group(row).upper()
    return f"{cipher}-{prf}-{group}"


def libreswan_sas(text):
    """Of `whack --status`, by connection."""
    sas = {}
    for name, version, ike in re.findall(
            r'(?m)^000 "(\w+)":\s+IKEv(\d) algorithm newest: (\S+)$', text):
        sas[name] = {"version": int(version), "ike": ike}
    return sas
