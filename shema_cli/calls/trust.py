"""Whose certificates are trusted: the system's (or SSL_CERT_FILE's, SSL_CERT_DIR's), certifi's, SHEMA_CA_FILE's."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

from shema_cli.calls.reply import LocalFault
from shema_cli.network_errors import authority_problem
from shema_cli.settings.folders import expanded
from shema_cli.settings.values import CA_FILE


def whom_to_trust(base: str, ca_file: str | None) -> ssl.SSLContext:
    """Whom `base` may be. For plain HTTP, nobody: reading the certificates of the world takes longer than a call.

    Raises LocalFault, naming the variable, for a file of certificates that cannot be used.
    """
    if not base.startswith("https:"):
        return _trusting_nobody()
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"), ca_file)


@lru_cache(maxsize=1)
def _trusting_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@lru_cache(maxsize=4)
def _trusting(file: str | None, folder: str | None, ca_file: str | None) -> ssl.SSLContext:
    for name, path in (("SSL_CERT_FILE", file), (CA_FILE, ca_file)):
        if path and (problem := authority_problem(expanded(path))):
            raise _no_authorities(name, path, problem)
    if folder and not any(Path(one).is_dir() for one in folder.split(os.pathsep)):
        raise _no_authorities("SSL_CERT_DIR", folder, "it is no folder")
    context = ssl.create_default_context()
    if not file and not folder:
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(expanded(ca_file))
    return context


def _no_authorities(name: str, path: str, problem: str) -> LocalFault:
    return LocalFault(
        "ca_unusable", f"{name}: {path} cannot be used: {problem}", f"correct the path in {name}, or unset it"
    )
