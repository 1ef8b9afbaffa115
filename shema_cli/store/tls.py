"""The files that the options of `REDIS_URL` name for TLS, looked at before anything connects."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

from shema_cli.errors import NotConfigured
from shema_cli.network_errors import authority_problem
from shema_cli.settings.address import Address
from shema_cli.settings.folders import expanded

_FILES = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")


def tls_files(address: Address) -> dict[str, str | bool]:
    """The options for TLS, `~` written out. Raises NotConfigured, naming option and file, for what cannot be used."""
    options = {n: str(expanded(str(v))) if n in _FILES else v for n, v in address.tls_options}
    for name in _FILES:
        if name in options and (problem := _unreadable(str(options[name]))):
            named = address.authorities_in if name == "ssl_ca_certs" else f"{name} in REDIS_URL"
            raise _unusable(named, options[name], problem)
    if (authorities := options.get("ssl_ca_certs")) and (problem := authority_problem(expanded(str(authorities)))):
        raise _unusable(address.authorities_in, authorities, problem)
    if problem := _own_certificate_problem(options):
        named = "ssl_certfile in REDIS_URL"
        raise _unusable(named, options.get("ssl_certfile", options.get("ssl_keyfile", "")), problem)
    return options


def _unreadable(path: str) -> str | None:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def _own_certificate_problem(options: Mapping[str, str | bool]) -> str | None:
    """Why our own certificate cannot be shown; None when it can, or there is none."""
    certificate, key = options.get("ssl_certfile"), options.get("ssl_keyfile")
    if not certificate:
        return "ssl_keyfile is there, and ssl_certfile is not" if key else None
    password = str(options.get("ssl_password", ""))  # never asked for on the terminal
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(str(certificate), str(key or certificate), password)
    except ssl.SSLError as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            return f"the key in {key} is not that of the certificate"
        return "certificate and key cannot be read as PEM, or ssl_password is not the password of the key"
    return None


def _unusable(named: str, file: object, problem: str) -> NotConfigured:
    return NotConfigured("bad_redis_url", f"{named}: {file}: {problem}", "correct the path, or the file")
