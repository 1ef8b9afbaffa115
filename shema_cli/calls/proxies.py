"""Which proxy of the environment leads to an address: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

Either case is read, the lower one first, as everywhere. Firebase and Google are reached so; services never are.

- NO_PROXY: names (with all below them, with or without a leading dot or `*.`), addresses, ranges (`10.0.0.0/8`,
  `fd07::/64`), each with a port or without; `*` for everything. An entry that is none of these says nothing.
- What is on this machine is never sent to a proxy, which could not find it: `localhost` and the loopback addresses.
- User and password may hold any character, encoded or not: they end at the last @.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from urllib.parse import unquote, urlsplit

from shema_cli.calls.reply import LocalFault
from shema_cli.frozen import dataclass
from shema_cli.network_errors import Destination
from shema_cli.settings.loopback import is_loopback_host

DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Proxy:
    """Where a proxy listens, and the variable that names it."""

    scheme: str
    host: str
    port: int
    variable: str
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Without user and password."""
        return f"{self.scheme}://{self.destination.label}"

    @property
    def destination(self) -> Destination:
        return Destination(self.host, self.port, self.variable, tls=self.scheme == "https")


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy through which `url` is to be reached. Raises LocalFault, naming the variable, for one that is none."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    named = _named(parts.scheme, environ)
    if named is None or is_this_machine(host) or _excepted(host, port, environ):
        return None
    return parse_proxy(*named)


def parse_proxy(variable: str, value: str) -> Proxy:
    """`http://user:password@host:port`, the scheme and the port as they are missing. Raises LocalFault.

    Its value is never repeated: it may bear a password.
    """
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "http", value
    scheme = scheme.lower()
    if scheme.startswith("socks"):
        raise _bad(variable, f"names a SOCKS proxy ({scheme}://), and shema speaks to HTTP proxies only")
    if scheme not in _SCHEMES:
        raise _bad(variable, f"begins with {scheme[:20]}://, which is no kind of proxy")
    credentials, _, place = rest.rpartition("@")
    try:
        parts = urlsplit(f"//{re.split('[/?#]', place, maxsplit=1)[0]}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _bad(variable, "has a host or a port that cannot be read") from None
    if port == 0 or not host or not host.isascii() or re.search(r"\s", host):
        raise _bad(variable, "names no host and port")
    user, _, password = credentials.partition(":")
    auth = (unquote(user), unquote(password)) if credentials else None
    return Proxy(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, variable, auth)


def is_this_machine(host: str) -> bool:
    """`localhost` and whatever is below it, and the loopback addresses."""
    return host.endswith(".localhost") or is_loopback_host(host)


def _bad(variable: str, problem: str) -> LocalFault:
    hint = f"write http://host:port in {variable}, unset it, or except the address with NO_PROXY"
    return LocalFault("bad_proxy", f"{variable} {problem}", hint)


def _named(scheme: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    for kind in (scheme, "all"):
        if found := _variable(f"{kind}_proxy", environ):
            return found
    return None


def _variable(name: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Its name as it is set, and its value; the lower case counts before the upper, and an empty one is none."""
    for spelled in (name, name.upper()):
        if spelled in environ:
            value = environ[spelled].strip()
            return (spelled, value) if value else None
    return None


# -- NO_PROXY --------------------------------------------------------------------------------------------------------


def _excepted(host: str, port: int, environ: Mapping[str, str]) -> bool:
    named = _variable("no_proxy", environ)
    return named is not None and any(_covers(entry, host.lower(), port) for entry in _entries(named[1]))


def _entries(value: str) -> Iterator[str]:
    return (entry for entry in re.split(r"[,\s]+", value.lower()) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if network := _network(entry):
        address = _address(host)
        return address is not None and address.version == network.version and address in network
    name, wanted = _with_port(entry)
    if wanted is not None and wanted != port:
        return False
    if (address := _address(name)) is not None:
        return address == _address(host)
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _with_port(entry: str) -> tuple[str, int | None]:
    """`[::1]:80`, `[::1]`, `::1`, `name:80`, `name`."""
    match = re.fullmatch(r"\[(?P<six>[^\]]*)\](?::(?P<a>\d{1,5}))?|(?P<name>[^:]*):(?P<b>\d{1,5})", entry)
    if match is None:
        return entry, None
    port = match["a"] or match["b"]
    return match["six"] or match["name"] or "", int(port) if port else None


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in entry:
        return None
    try:
        return ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
