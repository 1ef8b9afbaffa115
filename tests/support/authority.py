"""A private authority, made with openssl, and the certificates that it issues.

ours = Authority(folder)
certificate, key = ours.issue("localhost", address="DNS:localhost")
HttpServer(tls=ours.serving("localhost"))
"""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
GOOD = "keyUsage=critical,keyCertSign"
"""What Python holds an authority to since 3.13."""


class Authority:
    """`certificate` is its own; `extensions` are added to it."""

    def __init__(self, folder: Path, *extensions: str) -> None:
        self.folder = folder
        self.certificate = folder / "ca.pem"
        added = [word for one in extensions for word in ("-addext", one)]
        self._run(f"req -x509 {_KEY} -days 2 -subj /CN=ours -keyout ca.key -out ca.pem", *added)

    def issue(self, name: str, *, days: int = 2, address: str = "IP:127.0.0.1") -> tuple[Path, Path]:
        """(certificate, key) for `address`, good for so many days."""
        self._run(f"req {_KEY} -subj /CN={name} -keyout {name}.key -out {name}.csr")
        extensions = f"subjectAltName={address}\nkeyUsage=digitalSignature\nauthorityKeyIdentifier=keyid\n"
        (self.folder / "extensions").write_text(extensions)
        signing = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days}"
        self._run(f"{signing} -extfile extensions -out {name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def serving(self, name: str, *, days: int = 2, address: str = "IP:127.0.0.1") -> ssl.SSLContext:
        """What a server with such a certificate speaks."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(name, days=days, address=address))
        return context

    def _run(self, words: str, *more: str) -> None:
        subprocess.run(["openssl", *words.split(), *more], cwd=self.folder, check=True, capture_output=True)
