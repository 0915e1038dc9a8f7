# SPDX-License-Identifier: BSD-3-Clause
"""A small PKI made by openssl when a test asks for it: CAs, intermediate ones, certificates,
CRLs."""
import os
import subprocess
import time

KEYS = {
    "rsa": ("RSA", "rsa_keygen_bits:2048"),
    "ecdsa256": ("EC", "ec_paramgen_curve:P-256"),
    "ecdsa384": ("EC", "ec_paramgen_curve:P-384"),
    "ed25519": ("ED25519", None),
}


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, stdin=subprocess.DEVNULL)


class Cert:
    """A certificate and its key."""

    def __init__(self, pki, name, subject, issuer):
        self.pki, self.name, self.subject, self.issuer = pki, name, subject, issuer
        self.cert_file, self.key_file = pki.file(f"{name}.crt"), pki.file(f"{name}.key")

    @property
    def cert(self):
        return self.pki.read(self.cert_file)

    @property
    def key(self):
        return self.pki.read(self.key_file)


class Pki:
    def __init__(self, directory):
        self.directory = str(directory)
        self.serial = 0

    def file(self, name):
        return os.path.join(self.directory, name)

    def read(self, path):
        with open(path) as file:
            return file.read()

    def write(self, name, text):
        with open(self.file(name), "w") as file:
            file.write(text)
        return self.file(name)

    def make_key(self, path, kind):
        algorithm, option = KEYS[kind]
        openssl("genpkey", "-algorithm", algorithm, *(["-pkeyopt", option] if option else []),
                "-out", path)

    def make(self, name, kind, subject, issuer, extensions, seconds=None):
        """@subject as the hub writes it: "O=Example, CN=hub". Good for @seconds, or 90 days."""
        cert = Cert(self, name, subject, issuer)
        self.serial += 1
        self.make_key(cert.key_file, kind)
        openssl("req", "-new", "-key", cert.key_file, "-utf8", "-subj",
                "/" + subject.replace(", ", "/"), "-out", self.file(f"{name}.csr"))
        extfile = self.write(f"{name}.ext", "\n".join(extensions) + "\n")
        if seconds is not None:
            self.sign_briefly(cert, self.file(f"{name}.csr"), extfile, seconds)
            return cert
        sign = ["-signkey", cert.key_file] if issuer is None else \
            ["-CA", issuer.cert_file, "-CAkey", issuer.key_file]
        openssl("x509", "-req", "-in", self.file(f"{name}.csr"), *sign, "-set_serial",
                str(self.serial), "-days", "90", "-extfile", extfile, "-out", cert.cert_file)
        return cert

    def ca_config(self):
        """What `openssl ca` wants to have in files."""
        self.write("index.txt", "")
        return self.write("ca.conf",
                          f"[ca]\ndefault_ca=x\n[x]\ndatabase={self.file('index.txt')}\n"
                          f"new_certs_dir={self.directory}\ndefault_md=sha256\npolicy=any\n"
                          "rand_serial=yes\ndefault_crl_days=90\n[any]\norganizationName=optional\n"
                          "commonName=supplied\n")

    def sign_briefly(self, cert, request, extfile, seconds):
        """To the second, which `openssl x509` cannot do."""
        end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        openssl("ca", "-batch", "-config", self.ca_config(), "-cert", cert.issuer.cert_file,
                "-keyfile", cert.issuer.key_file, "-in", request, "-extfile", extfile,
                "-preserveDN", "-notext", "-enddate", end, "-out", cert.cert_file)

    def ca(self, name="ca", kind="ecdsa256", issuer=None):
        return self.make(name, kind, f"O=Example, CN={name}", issuer,
                         ["basicConstraints=critical,CA:TRUE",
                          "keyUsage=critical,keyCertSign,cRLSign",
                          "subjectKeyIdentifier=hash"])

    def cert(self, name, issuer, kind="ecdsa256", subject=None, san=None, seconds=None):
        return self.make(name, kind, subject or f"O=Example, CN={name}", issuer,
                         ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature",
                          f"subjectAltName={san or f'DNS:{name}.example.com'}"], seconds)

    def crl(self, ca, revoked=()):
        """A CRL of @ca with the certificates @revoked on it."""
        config = self.ca_config()
        for cert in revoked:
            openssl("ca", "-config", config, "-keyfile", ca.key_file, "-cert", ca.cert_file,
                    "-revoke", cert.cert_file)
        openssl("ca", "-config", config, "-keyfile", ca.key_file, "-cert", ca.cert_file, "-gencrl",
                "-out", self.file("crl.pem"))
        return self.read(self.file("crl.pem"))
