"""What the operating system and TLS say of a connection, in the same words whoever tried: services, Firebase, Redis.

`explain` reads an exception with all that it was raised from, and says what happened, to what, and the way out. It
knows neither HTTP nor Redis: those who do call it (`calls/transport.py`, `store/errors.py`).
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shema_cli.frozen import dataclass
from shema_cli.settings.values import CA_FILE


@dataclass(frozen=True)
class Destination:
    """Where a connection was to lead. `port` None: `host` is the path of a Unix socket.

    `setting` is what says so (`REDIS_URL`, `HTTPS_PROXY`, `the registry`), `schemes` how that is written without and
    with TLS, `client_certificate` how one would be given there; empty where none can be. `through` names the proxy that
    leads there, if one does.
    """

    host: str
    port: int | None = None
    setting: str = ""
    tls: bool = False
    schemes: tuple[str, str] = ("http://", "https://")
    client_certificate: str = ""
    through: str = ""

    @property
    def label(self) -> str:
        """`host:port`, `[::1]:6379`, or the path."""
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def said_by(self) -> str:
        return self.setting or "the address"


@dataclass(frozen=True)
class Explanation:
    """What happened (`problem`) and the way out (`hint`); `code` is for programs.

    `local`: it went wrong on this machine, and says nothing of the other side.
    """

    code: str
    problem: str
    hint: str
    local: bool = False


def explain(error: BaseException, to: Destination) -> Explanation | None:
    """What `error`, or what it was raised from, says; None for what no network says.

    Of several (a name with two addresses) the one that came furthest counts.
    """
    causes = list(causes_of(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, to)
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError) and not isinstance(cause, socket.gaierror)}
    if to.port is not None:  # of a host, a missing file is none of the network's
        numbers.discard(errno.ENOENT)
    for number in _FURTHEST_FIRST:
        if number in numbers:
            return _system(number, to)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return _name(cause, to)
        if isinstance(cause, TimeoutError):
            return _system(errno.ETIMEDOUT, to)
    return tls_is_wanted(to) if not to.tls and any(_is_an_alert(str(cause)) for cause in causes) else None


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and everything that it was raised from, groups opened, each once: one can lead back to itself."""
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from causes_of(part)
        error = error.__cause__ or error.__context__


def tls_is_wanted(to: Destination) -> Explanation:
    """Of a port that answers what is not encrypted with TLS."""
    plain, encrypted = to.schemes
    hint = f"write {encrypted} instead of {plain} in {to.said_by}"
    return Explanation("tls_wanted", f"{to.label} speaks TLS, and was spoken to without", hint)


# -- names and sockets -----------------------------------------------------------------------------------------------


def _name(error: socket.gaierror, to: Destination) -> Explanation:
    said = error.strerror or str(error)
    if error.errno in _NO_ANSWER:
        problem = f"the name {to.host} could not be looked up: no name server answers ({said})"
        return Explanation("dns_failed", problem, "check this machine's network and its DNS (a VPN?)", local=True)
    hint = f"check the host in {to.setting}; a name of a private network needs its DNS (a VPN?)"
    return Explanation("dns_failed", f"the name {to.host} is not known ({said})", hint if to.setting else _OUTSIDE)


def _system(number: int, to: Destination) -> Explanation:
    code, problem, hint, local = _OF_THE_SYSTEM[number]
    if not to.setting and not local:
        hint = _OUTSIDE
    elif number == errno.ECONNRESET and to.tls and to.client_certificate:
        hint += "; it may want a client certificate: {certificate}"
    elif number == errno.ECONNRESET and not to.tls and to.port is not None:
        hint += "; if TLS is spoken there, write {encrypted} in {said_by}"
    words = {"at": to.label, "said_by": to.said_by, "encrypted": to.schemes[1], "certificate": to.client_certificate}
    most = open_files_allowed()
    return Explanation(code, problem.format(most=most, **words), hint.format(**words), local)


def open_files_allowed() -> int:
    """How many files and connections this process may have open."""
    try:
        import resource
    except ImportError:  # Windows limits connections by memory alone
        return OPEN_FILES_WITHOUT_LIMIT
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


OPEN_FILES_WITHOUT_LIMIT = 4096
_NO_ANSWER = (socket.EAI_AGAIN, getattr(socket, "EAI_SYSTEM", socket.EAI_AGAIN))
_OUTSIDE = "check the network of this machine; where only a proxy leads out, set HTTPS_PROXY"
_LIMITS = "close other programs, or raise the limit of this machine"
_OF_THE_SYSTEM = {
    errno.EMFILE: (
        "too_many_files",
        "this machine allows a command no more than {most} open files, and they are used up",
        "raise the limit: ulimit -n 1024",
        True,
    ),
    errno.ENFILE: ("too_many_files", "this machine has too many files open", _LIMITS, True),
    errno.ENOMEM: ("no_memory", "this machine has no memory left for a connection", _LIMITS, True),
    errno.ENOBUFS: ("no_memory", "this machine has no buffers left for a connection", _LIMITS, True),
    errno.EADDRNOTAVAIL: (
        "no_address",
        "this machine has no address or no free port from which to reach {at}",
        "check the network of this machine, and that IPv6 is there where {said_by} asks for it",
        True,
    ),
    errno.EAFNOSUPPORT: (
        "no_address",
        "this machine does not speak the kind of address that {at} is",
        "write an IPv4 address or a name in {said_by}",
        True,
    ),
    errno.ENETUNREACH: (
        "no_network",
        "this machine has no network that leads to {at}",
        "check the network of this machine (a VPN?)",
        True,
    ),
    errno.ENETDOWN: ("no_network", "the network of this machine is down", "bring it up, then run it again", True),
    errno.EACCES: (
        "not_allowed_here",
        "this machine does not let us connect to {at} (permission denied)",
        "check its firewall, or the rights to the socket that {said_by} names",
        True,
    ),
    errno.EPERM: (
        "not_allowed_here",
        "this machine does not let us connect to {at} (not permitted)",
        "check the firewall of this machine",
        True,
    ),
    errno.ECONNREFUSED: (
        "refused",
        "the connection to {at} was refused: nothing listens there",
        "start what should listen there, or correct {said_by}",
        False,
    ),
    errno.ENOENT: ("refused", "there is no socket {at}", "start what makes it, or correct {said_by}", False),
    errno.EHOSTUNREACH: (
        "no_route",
        "there is no route to {at}: that machine is away, or a firewall hides it",
        "check {said_by}, and the network in between (a VPN?)",
        False,
    ),
    errno.EHOSTDOWN: ("no_route", "the machine of {at} is away", "check {said_by}, and that machine", False),
    errno.ECONNRESET: (
        "connection_lost",
        "the connection was lost: {at} reset it",
        "run it again; look into the log of what listens there",
        False,
    ),
    errno.ECONNABORTED: (
        "connection_lost",
        "the connection to {at} was lost: it was broken off",
        "run it again; check the network in between",
        False,
    ),
    errno.EPIPE: (
        "connection_lost",
        "the connection was lost: {at} closed it",
        "run it again; look into the log of what listens there",
        False,
    ),
    errno.ETIMEDOUT: (
        "timeout",
        "{at} did not answer in time",
        "check {said_by}, and that no firewall swallows what is sent there",
        False,
    ),
}
_FURTHEST_FIRST = (
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE),
    *(errno.ECONNREFUSED, errno.ENOENT, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN),
    *(errno.EACCES, errno.EPERM, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT),
)


# -- TLS -------------------------------------------------------------------------------------------------------------

_EXPIRED, _NOT_YET_VALID, _SELF_SIGNED, _WRONG_NAME = 10, 9, 18, (62, 64)
_UNKNOWN_AUTHORITY = (2, 19, 20, 21)
_STRICT = range(79, 95)
"""Numbers of OpenSSL (X509_V_ERR_…): rules of RFC 5280 that Python holds since 3.13."""
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "BAD_RECORD_TYPE", "HTTP_REQUEST")
_TOO_OLD = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL")
_CERTIFICATE_WANTED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")
_OURS_REFUSED = ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_", "ALERT_UNSUPPORTED_CERTIFICATE")

_tls_failed = partial(Explanation, "tls_failed")


def _tls(error: ssl.SSLError, to: Destination) -> Explanation:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(getattr(error, "verify_code", 0), getattr(error, "verify_message", str(error)), to)
    reason, at = getattr(error, "reason", None) or "", to.label
    plain, encrypted = to.schemes
    if any(word in reason for word in _NOT_TLS):
        hint = f"write {plain} instead of {encrypted} in {to.said_by}, or name the port that speaks TLS"
        return _tls_failed(f"{at} does not speak TLS", hint if to.setting else _in_between(to))
    if any(word in reason for word in _TOO_OLD):
        return _tls_failed(f"{at} speaks only versions of TLS that are no longer safe", "have TLS 1.2 or 1.3 set there")
    if any(word in reason for word in _CERTIFICATE_WANTED):
        return _tls_failed(f"{at} wants a client certificate ({reason})", _how_to_give_one(to))
    if any(word in reason for word in _OURS_REFUSED):
        return _tls_failed(f"{at} does not accept our client certificate ({reason})", _how_to_give_one(to))
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) or "EOF" in reason:
        if not to.setting:
            return _tls_failed(f"{at} broke off the TLS handshake", _in_between(to))
        problem = f"{at} broke off the TLS handshake: it wants a client certificate, or does not speak TLS"
        return _tls_failed(problem, _how_to_give_one(to))
    return _tls_failed(f"no secure connection to {at}: {reason or error}", f"check {to.said_by}, and TLS over there")


def _in_between(to: Destination) -> str:
    """The way out for an address that is right for all, where something else answers."""
    return f"something in between answers in its place: check {to.through or 'the network of this machine'}"


def _how_to_give_one(to: Destination) -> str:
    return to.client_certificate or "shema has none to give here; ask for a way in without one"


def _certificate(code: int, said: str, to: Destination) -> Explanation:
    of = f"the certificate of {to.label}"
    if code in _WRONG_NAME:
        hint = f"write the name that stands in it in {to.said_by}, or have one issued for {to.host}"
        return _tls_failed(f"{of} is for another name ({said})", hint)
    if code == _EXPIRED:
        return _tls_failed(f"{of} has expired", "have it renewed, and check the clock of this machine")
    if code == _NOT_YET_VALID:
        return _tls_failed(f"{of} is not valid yet", "check the clock of this machine")
    if code == _SELF_SIGNED:
        hint = f"if it is yours, name its file: {CA_FILE}=/path/to/certificate.pem"
        return _tls_failed(f"{of} is a self-signed certificate for which nobody vouches", hint)
    if code in _UNKNOWN_AUTHORITY:
        hint = (
            "it is a private authority, or somebody inspects TLS on the way: name the authority's certificate, "
            f"{CA_FILE}=/path/to/ca.pem"
        )
        return _tls_failed(f"{of} is from an authority that this machine does not know ({said})", hint)
    if code in _STRICT:
        hint = (
            "have it and its authority issued again, with keyUsage and a critical basicConstraints "
            "(`shema help networks` shows how)"
        )
        return _tls_failed(f"{of} breaks a rule that Python holds since 3.13 ({said})", hint)
    return _tls_failed(f"{of} is not accepted ({said})", "have another one issued")


def _is_an_alert(text: str) -> bool:
    r"""A TLS alert, as libraries quote an answer that they do not understand: 15 03 at its beginning."""
    return "\\x15" in text or "\x15" in text


def authority_problem(path: Path) -> str | None:
    """Why a file with the certificates of authorities (PEM) cannot be used; None when it can."""
    try:
        path.open("rb").close()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return "it holds no certificate (PEM)"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None
