"""firebase-admin's way out, made the same as ours (`calls/transport.py`), and its failures told in the same words.

It speaks HTTP by a library of its own, which takes proxies and certificates from the environment. Within the block the
environment says what ours would do: the proxy that we choose, none where NO_PROXY excepts the address in a form that
the library does not read, and the authorities of SSL_CERT_FILE and SHEMA_CA_FILE.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from shema_cli.auth.project import GOOGLE
from shema_cli.calls.proxies import Proxy, proxy_for
from shema_cli.calls.reply import LocalFault
from shema_cli.network_errors import Destination, Explanation, authority_problem, causes_of, explain
from shema_cli.settings.folders import expanded
from shema_cli.settings.values import CA_FILE

_BUNDLE = "REQUESTS_CA_BUNDLE"


@contextmanager
def our_way_out(ca_file: str | None) -> Iterator[Proxy | None]:
    """The proxy that is used, if any. Raises LocalFault for a proxy or a file of certificates that cannot be used."""
    proxy = proxy_for(GOOGLE.identity_toolkit, os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="shema-ca-") as folder,
        _environment({**_proxies(proxy), **_authorities(ca_file, Path(folder))}),
    ):
        yield proxy


def network_problem(error: BaseException, proxy: Proxy | None) -> Explanation | None:
    """What the network says of a failure of the library; None when it says nothing."""
    host = urlsplit(GOOGLE.identity_toolkit).hostname or ""
    if proxy is None or not any(type(cause).__name__ == "ProxyError" for cause in causes_of(error)):
        return explain(error, Destination(host, 443, tls=True))
    told = explain(error, proxy.destination)
    said = told.problem if told else "it does not lead on"
    problem = f"the proxy {proxy.destination.label} ({proxy.variable}) cannot be used: {said}"
    return Explanation("proxy_failed", problem, f"correct or unset {proxy.variable}", local=True)


def _proxies(proxy: Proxy | None) -> dict[str, str]:
    if proxy is None:
        return {"NO_PROXY": "*", "no_proxy": "*"}
    user = "".join(quote(part, safe="") + end for part, end in zip(proxy.auth or (), ":@", strict=False))
    url = f"{proxy.scheme}://{user}{proxy.destination.label}"
    return {"HTTPS_PROXY": url, "https_proxy": url, "NO_PROXY": "", "no_proxy": ""}


def _authorities(ca_file: str | None, folder: Path) -> dict[str, str]:
    """One file of all that are trusted: the library takes one, and that instead of its own."""
    named = {"SSL_CERT_FILE": os.environ.get("SSL_CERT_FILE"), CA_FILE: ca_file}
    ours = {name: expanded(path) for name, path in named.items() if path}
    for name, path in ours.items():
        if problem := authority_problem(path):
            hint = f"correct the path in {name}, or unset it"
            raise LocalFault("ca_unusable", f"{name}: {path} cannot be used: {problem}", hint)
    if not ours:
        return {}
    bundle = folder / "bundle.pem"
    bundle.write_bytes(b"\n".join(path.read_bytes() for path in [*_usual(), *ours.values()]))
    return {_BUNDLE: str(bundle)}


def _usual() -> Iterator[Path]:
    """What the library trusts otherwise, and what the system does."""
    import certifi

    system = ssl.get_default_verify_paths().cafile
    for name in (os.environ.get(_BUNDLE), certifi.where(), None if os.environ.get("SSL_CERT_FILE") else system):
        if name and Path(name).is_file():
            yield Path(name)


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
