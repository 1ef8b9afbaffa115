"""`REDIS_URL` read: one server, Sentinel or a cluster, with or without TLS (contract 2.1)."""

from __future__ import annotations

import re
from dataclasses import field, replace
from difflib import get_close_matches
from enum import StrEnum
from urllib.parse import parse_qs, quote, unquote, urlsplit

from shema_cli.errors import NotConfigured
from shema_cli.frozen import dataclass
from shema_cli.settings.folders import expanded
from shema_cli.settings.profile import truth
from shema_cli.settings.values import Settings

DEFAULT_PORT = 6379
DEFAULT_SENTINEL_PORT = 26379
_FORMS = "redis://, rediss://, unix:///path/to/socket, redis+sentinel://host:port,host:port/service or redis+cluster://host:port"
_SOCKET = ("unix://", "redis+unix://")
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password")

_QUERY = re.compile(r"\?(?=[a-z_]+=[^@]*(?:$|&))")


class Topology(StrEnum):
    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


_SIGN_IN = ("username", "password", "sentinel_username", "sentinel_password")
_KNOWN = frozenset({*_TLS_OPTIONS, *_SIGN_IN, "ssl_cert_reqs", "ssl_check_hostname", "db"})
_OF_OTHER_CLIENTS = frozenset(
    {
        *("client_name", "connect_timeout", "decode_responses", "encoding", "encoding_errors", "family"),
        *("health_check_interval", "max_connections", "protocol", "retry_on_timeout", "socket_connect_timeout"),
        *("socket_keepalive", "socket_timeout", "timeout"),
    }
)
"""What a URL that services share may hold for their clients; nothing is made of it here."""
_REQUIREMENTS = ("required", "optional", "none")


@dataclass(frozen=True)
class Address:
    """Where Redis is and how to sign in to it. `label` names it without a password.

    `socket` is the path of a Unix socket; then there are no `hosts`. `authorities_in` is what names those that are
    trusted.
    """

    topology: Topology
    hosts: tuple[tuple[str, int], ...]
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0
    service: str = ""
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls_options: tuple[tuple[str, str | bool], ...] = field(default=(), repr=False)
    authorities_in: str = "ssl_ca_certs in REDIS_URL"
    socket: str = ""

    @property
    def label(self) -> str:
        if self.socket:
            return self.socket
        places = ",".join(_join(host, port) for host, port in self.hosts)
        return f"{places} (service {self.service})" if self.service else places

    @property
    def place(self) -> str:
        """Address and database, as a target names them: `cache.school.test:6379/0`."""
        places = self.socket or ",".join(_join(host, port) for host, port in self.hosts)
        return "/".join([places, *filter(None, [self.service]), str(self.database)])

    @property
    def key(self) -> tuple[object, ...]:
        """The same for every way of writing the same place; who signs in there is no part of it."""
        hosts = frozenset((host.lower(), port) for host, port in self.hosts)
        return (self.topology, hosts, self.socket, self.tls, self.database, self.service)


def redis_address(settings: Settings) -> Address:
    """The address in `REDIS_URL`. Raises NotConfigured when it is missing or malformed."""
    address = parse_address(settings.require("REDIS_URL", "events, dead letters and the audit trail"))
    authorities = settings.get("SHEMA_CA_FILE")
    if not address.tls or authorities is None or any(name == "ssl_ca_certs" for name, _ in address.tls_options):
        return address
    options = (("ssl_ca_certs", str(expanded(authorities))), *address.tls_options)
    return replace(address, tls_options=options, authorities_in="SHEMA_CA_FILE")


def with_password(url: str, password: str) -> str:
    """`url` with another password, which may hold anything; the user stays. Raises NotConfigured as `parse_address`."""
    parse_address(url)
    scheme, separator, rest = url.partition("://")
    query_at = next((found.start() for found in _QUERY.finditer(rest)), len(rest))
    credentials, _, place = rest[:query_at].rpartition("@")
    username = credentials.partition(":")[0]
    return f"{scheme}{separator}{username}:{quote(password, safe='')}@{place}{rest[query_at:]}"


def parse_address(url: str) -> Address:
    """Raises NotConfigured, without repeating the URL, which may bear a password."""
    if url.lower().startswith(_SOCKET):
        return _at_a_socket(url.partition("://")[2])
    scheme, separator, rest = url.partition("://")
    base, _, kind = scheme.lower().partition("+")
    if not separator or base not in ("redis", "rediss") or kind not in ("", "sentinel", "cluster"):
        raise _malformed("it must begin with one of the known schemes")
    topology = Topology(kind or "single")
    credentials, places, path, query = _split(rest)
    username, _, password = credentials.partition(":")
    default_port = DEFAULT_SENTINEL_PORT if topology is Topology.SENTINEL else DEFAULT_PORT
    options = _options(query)
    service, database = _path(topology, path, options.get("db"))
    return Address(
        topology=topology,
        hosts=_hosts(places, default_port, topology),
        tls=base == "rediss",
        username=unquote(username) or options.get("username"),
        password=unquote(password) or options.get("password"),
        database=database,
        service=service,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        tls_options=_tls_options(options),
    )


def _at_a_socket(rest: str) -> Address:
    """`[user:password@]/path/to/socket[?db=0]`."""
    place, _, query = rest.partition("?")
    credentials, _, path = place.rpartition("@")
    username, _, password = credentials.partition(":")
    if not path.startswith("/"):
        raise _malformed("a socket is written with its whole path: unix:///run/redis.sock")
    options = _options(query)
    _, database = _path(Topology.SINGLE, "", options.get("db"))
    return Address(
        topology=Topology.SINGLE,
        hosts=(),
        username=unquote(username) or options.get("username"),
        password=unquote(password) or options.get("password"),
        database=database,
        socket=unquote(path),
    )


def _options(query: str) -> dict[str, str]:
    """By name. An option of ours that is mistyped, empty or cannot be is refused: nobody would miss it otherwise."""
    options = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    for name, value in options.items():
        if name in _OF_OTHER_CLIENTS:
            continue
        if name not in _KNOWN:
            near = get_close_matches(name, _KNOWN, n=1)
            meant = f"; did you mean {near[0]}?" if near else f": {', '.join(sorted(_KNOWN))} are"
            raise _malformed(f"{name!r} is no option that is known{meant}")
        if not value:
            raise _malformed(f"the option {name} is empty")
    requirement, check = options.get("ssl_cert_reqs", "required"), options.get("ssl_check_hostname", "yes")
    if requirement not in _REQUIREMENTS:
        raise _malformed(f"ssl_cert_reqs is one of {', '.join(_REQUIREMENTS)}")
    if truth(check) is None:
        raise _malformed("ssl_check_hostname is yes or no")
    return options


def _split(rest: str) -> tuple[str, str, str, str]:
    """Credentials, places, path, query. A password may hold anything: it ends at the last @ before the query."""
    query_at = next((found.start() for found in _QUERY.finditer(rest)), len(rest))
    credentials, _, place = rest[:query_at].rpartition("@")
    if "#" in place:
        raise _malformed("it has a # behind the host (in a password, it would stand before an @)")
    place, _, strange = place.partition("?")
    places, _, path = place.partition("/")
    query = "&".join(filter(None, [strange, rest[query_at + 1 :].partition("#")[0]]))
    return credentials, places, path.strip("/"), query


def _hosts(places: str, default_port: int, topology: Topology) -> tuple[tuple[str, int], ...]:
    found = tuple(_host(place.strip(), default_port) for place in places.split(",") if place.strip())
    if not found:
        return (("localhost", default_port),)
    if topology is Topology.SINGLE and len(found) > 1:
        raise _malformed("several hosts are for redis+sentinel:// and redis+cluster://")
    return found


def _host(place: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _malformed("a host or a port cannot be read") from None
    if not host:
        raise _malformed("a host is missing")
    if port == 0:
        raise _malformed("0 is no port")
    return unquote(host), port or default_port


def _path(topology: Topology, path: str, db: str | None) -> tuple[str, int]:
    service = ""
    if topology is Topology.SENTINEL:
        service, _, path = path.partition("/")
        if not service:
            raise _malformed("redis+sentinel:// needs the name of the service: …/mymaster")
    number = db or path or "0"
    if not number.isdecimal():
        raise _malformed("the database must be a number")
    if topology is Topology.CLUSTER and int(number):
        raise _malformed("a cluster has only database 0")
    return unquote(service), int(number)


def _tls_options(options: dict[str, str]) -> tuple[tuple[str, str | bool], ...]:
    found: list[tuple[str, str | bool]] = [(name, options[name]) for name in _TLS_OPTIONS if name in options]
    if requirement := options.get("ssl_cert_reqs"):
        found.append(("ssl_cert_reqs", requirement))
    if check := options.get("ssl_check_hostname"):
        found.append(("ssl_check_hostname", truth(check) is True))
    return tuple(found)


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _malformed(reason: str) -> NotConfigured:
    return NotConfigured("bad_redis_url", f"REDIS_URL cannot be used: {reason}", f"write it as {_FORMS}")
