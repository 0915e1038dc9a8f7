# SPDX-License-Identifier: BSD-3-Clause
"""The matrix: hundreds of combinations of peer, version, role, mode, NAT, keys and algorithms.

matrix.py says which, docs/interop.md shows them. Dozens of tunnels at a time come up between the
hub and one machine with strongSwan and one with libreswan (matrix_peers.py); of each it is tried
that packets pass both ways, before and after new keys, and that both sides, and the peer's kernel,
name the algorithms that the combination asks for. What was found is in build/interop/matrix.json,
from which matrix_doc.py makes the tables of docs/interop.md.
"""
import concurrent.futures
import json
import os

import pytest

import matrix
import matrix_doc
import matrix_peers as peers
from conftest import KEPT
from lab import wait_until
from pki import Pki
from test_libreswan import pluto

COVER = matrix.combinations()
BATCHES = 7
SITES = {"strongswan": 2, "libreswan": 3}
SIZES = "20-36,1300"        # around the ciphers' blocks


def batches():
    """Each of every BATCHESth combination of each peer."""
    made = [[] for _ in range(BATCHES)]
    for peer, site in SITES.items():
        rows = [row for row in COVER.rows if row["peer"] == peer]
        for number, batch in enumerate(made):
            batch += [peers.Slot(row, site, n)
                      for n, row in enumerate(rows[number::BATCHES], 1)]
    return made


def name_of(row):
    words = peers.esp_words(row)
    gre = "".join(f"-{word}" for word in peers.gre_options(row))
    return (f"{row['peer']}-v{row['version']}-{row['caller']}_calls-{row['mode']}{gre}-"
            f"nat_{row['nat']}-{row['auth']}-{row['ike']}.{row['hash']}.{row['group']}-{words}"
            f"{'-esn' if row['esn'] == 'yes' else ''}{'-pfs' if row['pfs'] == 'yes' else ''}")


SLOTS = [(number, slot) for number, batch in enumerate(batches()) for slot in batch]


class Matrix:
    """The network, the hub and both peers, made ready for tunnels of batches."""

    def __init__(self, lab, hub, strongswan, libreswan, directory):
        self.lab, self.hub = lab, hub
        self.strongswan, self.libreswan = strongswan, libreswan
        self.done = set()
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        pki = Pki(directory)
        ca = pki.ca(kind="rsa")
        kinds = [kind for kind in matrix.FACTORS["auth"] if kind != "psk"]
        words = {"rsa": "rsa", "ecdsa": "ecdsa256", "ed25519": "ed25519"}
        self.pki, branch = {}, {}
        for kind in kinds:
            self.pki[kind] = (pki.cert(f"hub-{kind}", ca, words[kind],
                                       san=f"DNS:{peers.HUB_NAME}"), ca)
            for letter in "sl":
                # Not more of them: IKEv1 has no fragments.
                names = ",".join(f"DNS:{letter}{n}.{kind}.example.com"
                                 for n in range(1, peers.MAX + 1))
                branch[letter + kind] = pki.cert(letter + kind, ca, words[kind], san=names)
        self.both(lambda: self.prepare_strongswan(branch, ca),
                  lambda: self.prepare_libreswan(branch, ca))
        lab.tool("net", "exec", "isp", "nft", "-f", "-", input=peers.nat_rules())

    def both(self, *functions):
        for future in [self.pool.submit(f) for f in functions]:
            future.result()

    @staticmethod
    def script(peer, text):
        done = peer.exec("sh", "-c", "cat > /run/script; exec sh -eu /run/script", text=text,
                         check=False)
        assert done.returncode == 0, f"{peer.name}: {done.stdout[-500:]} {done.stderr[-1000:]}"
        return done.stdout

    def prepare_strongswan(self, branch, ca):
        files = {"x509ca/ca.pem": ca.cert}
        for kind in self.pki:
            cert = branch["s" + kind]
            files.update({f"x509/{kind}.pem": cert.cert, f"private/{kind}.pem": cert.key})
        self.script(self.strongswan, ip_batch(peers.addresses(2)) + "".join(
            f"cat > /etc/swanctl/{name} <<'END'\n{text}END\n" for name, text in files.items()))

    def prepare_libreswan(self, branch, ca):
        nss = "sql:/var/lib/ipsec/nss"
        tool = "/run/libreswan /run/unpacked/usr/bin/"
        text = ip_batch(peers.addresses(3)) + \
            f"cat > /run/ca.pem <<'END'\n{ca.cert}END\n" \
            f"{tool}certutil -A -n ca -t CT,C,C -d {nss} -i /run/ca.pem\n"
        for kind in ("rsa", "ecdsa"):
            cert = branch["l" + kind]
            text += f"cat > /run/c.pem <<'END'\n{cert.cert}{cert.key}END\n" \
                f"openssl pkcs12 -export -name {kind} -in /run/c.pem -out /run/c.p12 " \
                "-passout pass:\n" \
                f"{tool}pk12util -i /run/c.p12 -d {nss} -W '' >/dev/null\n"
        whack = "/run/libreswan /usr/libexec/ipsec/whack"
        text += f"echo ': PSK \"{peers.SECRET}\"' >> /run/ipsec.secrets\n" \
            f"{whack} --rereadsecrets\n{whack} --listen\n"
        self.script(self.libreswan, text)

    # ---- one batch ----

    def run(self, slots):
        strong = [s for s in slots if s.site == 2]
        libre = [s for s in slots if s.site == 3]
        try:
            self.both(lambda: self.load_strongswan(strong), lambda: self.load_libreswan(libre))
            self.hub.push(peers.hub_config(slots, self.pki))
            self.call_by_libreswan(libre)
            self.both(lambda: self.knock(self.strongswan, strong),
                      lambda: self.knock(self.libreswan, libre))
            self.look(slots)
            self.both(lambda: self.look_strongswan(strong), lambda: self.look_libreswan(libre))
            self.echoes(slots, "packets lost")
            self.new_keys(strong, libre)
        finally:
            self.hub.push(peers.hub_config([], self.pki))
            self.both(lambda: self.unload_strongswan(strong), lambda: self.unload_libreswan(libre))

    def load_strongswan(self, slots):
        self.script(self.strongswan, ip_batch(peers.interfaces(slots)) +
                    f"cat > /etc/swanctl/swanctl.conf <<'END'\n{peers.swanctl_conf(slots)}END\n"
                    "swanctl --load-all --noprompt\n")

    def load_libreswan(self, slots):
        names = " ".join(s.name for s in slots)
        self.script(self.libreswan, ip_batch(peers.interfaces(slots)) +
                    f"cat > /run/matrix.conf <<'END'\n{peers.ipsec_conf(slots)}END\n"
                    "/run/libreswan /usr/libexec/ipsec/addconn --config /run/matrix.conf "
                    f"{names}\n")

    def call_by_libreswan(self, slots):
        """strongSwan has its traps. Those of pluto, test_libreswan.py tries, one by one."""
        self.script(self.libreswan, "".join(
            "/run/libreswan /usr/libexec/ipsec/whack --initiate --asynchronous "
            f"--name {s.name} || :\n" for s in slots if s.row["caller"] == "branch"))

    def knock(self, peer, slots):
        """Pings until each tunnel has answered one, or the time is over."""
        self.script(peer, "".join(
            f"ping -i 0.2 -c 1 -w 40 -I {s.lan} 192.168.10.100 >/dev/null &\n"
            for s in slots) + "wait\n")

    def look(self, slots):
        """What the hub says of each."""
        tunnels = {t["name"]: t for t in self.hub.show("tunnel")["tunnels"]}
        sas = {sa["peer"]: sa for sa in self.hub.show("crypto-ikev2-sa")["sas"]
               if sa["state"] == "established"}
        for slot in slots:
            row, tunnel = slot.row, tunnels[slot.name]
            slot.check("tunnel", tunnel["state"], "up")
            if tunnel["state"] != "up":
                slot.problems.append(f"why: {tunnel['why']}")
            sa = sas.get(slot.name)
            if sa is None:
                slot.problems.append("the hub has no IKE SA")
                continue
            slot.check("version", sa["version"], row["version"])
            slot.check("hub's role", sa["role"],
                       "initiator" if row["caller"] == "hub" else "responder")
            slot.check("hub's IKE", sa["proposal"], peers.hub_ike(row))
            slot.check("NAT seen by the hub", [sa["nat_local"], sa["nat_remote"]],
                       [row["nat"] == "hub", row["nat"] == "branch"])
            child = next((c for c in sa["children"] if c["current"]), None)
            if child is None:
                slot.problems.append("the hub has no Child SA")
                continue
            slot.check("hub's ESP", [child["alg"], child["mode"], child["esn"]],
                       [peers.hub_esp(row), slot.mode, row["esn"] == "yes"])

    def look_strongswan(self, slots):
        out = self.script(self.strongswan, "swanctl --list-sas; echo ----; ip xfrm state")
        sas, _, states = out.partition("----\n")
        states, sas = peers.kernel_states(states), peers.strongswan_sas(sas)
        for slot in slots:
            row = slot.row
            peers.check_kernel(slot, states)
            slot.check("strongSwan's IKE", sas.get(slot.name), [{
                "version": row["version"], "caller": row["caller"],
                "ike": peers.strongswan_ike(row)}])

    def look_libreswan(self, slots):
        out = self.script(self.libreswan, "/run/libreswan /usr/libexec/ipsec/whack --status; "
                          "echo ----; ip xfrm state")
        status, _, states = out.partition("----\n")
        sas, states = peers.libreswan_sas(status), peers.kernel_states(states)
        for slot in slots:
            peers.check_kernel(slot, states)
            slot.check("libreswan's IKE", sas.get(slot.name),
                       {"version": slot.row["version"], "ike": peers.libreswan_ike(slot.row)})

    # ---- new keys ----

    def new_keys(self, strong, libre):
        """The peers make new IKE SAs, and under these new Child SAs; IKEv1 new Child SAs alone."""
        # libreswan's IKEv1 cannot be told to.
        slots = [s for s in strong + libre if "hub's ESP" in s.found and
                 not (s.site == 3 and s.row["version"] == 1)]
        before = self.spis()
        for what, part, versions in (("ike", 0, (2,)), ("child", 1, (2, 1))):
            asked = [s for s in slots if s.row["version"] in versions]
            self.both(lambda: self.rekey_strongswan(what, asked),
                      lambda: self.rekey_libreswan(what, asked))
            self.wait_for_other(before, part, asked)
        children = {sa["peer"]: sa["children"][-1]["pfs"]
                    for sa in self.hub.show("crypto-ikev2-sa")["sas"] if sa["children"]}
        for slot in slots:
            slot.check("PFS", children.get(slot.name),
                       slot.row["group"] if slot.row["pfs"] == "yes" else None)
        self.echoes(slots, "packets lost with new keys")

    def rekey_strongswan(self, what, slots):
        self.script(self.strongswan, "".join(
            f"swanctl --rekey --{what} {s.name} >/dev/null || :\n" for s in slots if s.site == 2))

    def rekey_libreswan(self, what, slots):
        what = {"ike": "ike", "child": "ipsec"}[what]
        self.script(self.libreswan, "".join(
            f"/run/libreswan /usr/libexec/ipsec/whack --rekey-{what} --asynchronous "
            f"--name {s.name} >/dev/null || :\n" for s in slots if s.site == 3))

    def spis(self):
        """Of each tunnel: (of the IKE SA, of the Child SA), at the hub."""
        children = {t["name"]: (t["spi_in"], t["spi_out"])
                    for t in self.hub.show("tunnel")["tunnels"]}
        return {sa["peer"]: (sa["spi_i"], children[sa["peer"]])
                for sa in self.hub.show("crypto-ikev2-sa")["sas"] if sa["state"] == "established"}

    def wait_for_other(self, before, part, slots):
        """Until the SPIs of all have changed, or the time is over."""
        def old():
            now = self.spis()
            return [s for s in slots if s.name not in now or
                    now[s.name][part] == before[s.name][part] or None in now[s.name][1]]
        try:
            wait_until(lambda: not old(), 15, "new keys")
        except AssertionError:
            for slot in old():
                slot.problems.append(f"no new {('IKE SA', 'Child SA')[part]}")

    def echoes(self, slots, what):
        """From the host behind the hub, to each branch and back."""
        program = os.path.join(os.path.dirname(__file__), "echoes.py")
        output = self.lab.exec("host", "/usr/bin/python3", program, SIZES,
                               *(s.lan for s in slots)).stdout
        missing = json.loads(output)
        for slot in slots:
            slot.check(what, missing.get(slot.lan, []), [])

    def unload_strongswan(self, slots):
        self.script(self.strongswan, ": > /etc/swanctl/swanctl.conf\n"
                    "swanctl --load-conns >/dev/null\n" + ip_batch(peers.no_interfaces(slots)))

    def unload_libreswan(self, slots):
        self.script(self.libreswan, "".join(
            f"/run/libreswan /usr/libexec/ipsec/whack --delete --name {s.name} >/dev/null || :\n"
            for s in slots) + ip_batch(peers.no_interfaces(slots)))


def ip_batch(lines):
    return f"ip -batch - <<'END'\n{lines}END\n" if lines else ""


@pytest.fixture(scope="module")
def field(lab, session_hub, session_branch, pluto, tmp_path_factory):
    if not session_branch.running():
        session_branch.start()
    session_branch.unload()
    if not session_hub.healthy():
        session_hub.stop()
        session_hub.start(peers.hub_config([], {}))
    field = Matrix(lab, session_hub, session_branch, pluto, tmp_path_factory.mktemp("pki"))
    session_hub.push(peers.hub_config([], field.pki))
    yield field
    write_result()
    lab.tool("net", "exec", "isp", "nft", "delete", "table", "ip", "lab-fixed")


def asked(request):
    """The combinations of this run, as parameters of test_combination."""
    return [item.callspec.params for item in request.session.items
            if getattr(item, "originalname", None) == "test_combination"]


def write_result():
    os.makedirs(KEPT, exist_ok=True)
    with open(os.path.join(KEPT, "matrix.json"), "w") as file:
        json.dump([{**slot.row, "found": slot.found, "problems": slot.problems}
                   for _, slot in SLOTS if slot.found], file, indent=1)


@pytest.mark.parametrize("number, slot", SLOTS, ids=[name_of(slot.row) for _, slot in SLOTS])
def test_combination(request, field, number, slot):
    if number not in field.done:
        field.done.add(number)
        field.run([p["slot"] for p in asked(request) if p["number"] == number])
    assert slot.found, "its batch was not tried to the end"
    assert slot.problems == [], "\n".join(slot.problems)


def test_the_page_says_what_was_found(request, field):
    if len(asked(request)) < len(SLOTS):
        pytest.skip("not all combinations were asked for")
    write_result()
    page, wanted = matrix_doc.current()
    assert page == wanted, "run tests/interop/matrix_doc.py, and commit docs/interop.md"
