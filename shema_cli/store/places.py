"""Where a connection was to lead when it failed, and what the network says of that (`network_errors.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType

from redis.connection import AbstractConnection

from shema_cli import network_errors
from shema_cli.network_errors import Destination, Explanation, causes_of
from shema_cli.settings.address import Address, Topology

_CERTIFICATE = "name yours in REDIS_URL: ?ssl_certfile=/path/client.crt&ssl_keyfile=/path/client.key"
_TOLD_BY = {
    Topology.CLUSTER: "the address that the cluster announces",
    Topology.SENTINEL: "the address that the sentinels tell",
}


def explain(error: BaseException, address: Address) -> Explanation | None:
    """What the network says, naming the place that it says it of; None where that is not what went wrong."""
    to = _destination(error, address)
    if address.tls and _in_handshake(error) and any(isinstance(cause, TimeoutError) for cause in causes_of(error)):
        problem = f"{to.label} took the connection, and does not answer in TLS: it does not speak it, or hangs"
        hint = f"write {to.schemes[0]} instead of {to.schemes[1]} in {to.said_by}, or name the port that speaks TLS"
        return Explanation("tls_failed", problem, hint)
    return network_errors.explain(error, to)


def _destination(error: BaseException, address: Address) -> Destination:
    if address.socket:
        return Destination(address.socket, None, "REDIS_URL")
    host, port = _place(error) or address.hosts[0]
    told = "REDIS_URL" if (host, port) in address.hosts else _TOLD_BY.get(address.topology, "REDIS_URL")
    kind = "" if address.topology is Topology.SINGLE else f"+{address.topology}"
    return Destination(host, port, told, address.tls, (f"redis{kind}://", f"rediss{kind}://"), _CERTIFICATE)


def _place(error: BaseException) -> tuple[str, int] | None:
    """Which of several places it was. redis-py leaves that out of a time-out, but its connection was at work on it."""
    for frame in _frames(error):
        connection = frame.f_locals.get("self")
        if isinstance(connection, AbstractConnection) and hasattr(connection, "port"):
            return str(connection.host), int(connection.port)
    return None


def _in_handshake(error: BaseException) -> bool:
    return any(frame.f_code.co_name == "do_handshake" for frame in _frames(error))


def _frames(error: BaseException) -> Iterator[FrameType]:
    """All that was at work when it, and what it was raised from, went wrong."""
    for cause in causes_of(error):
        trace = cause.__traceback__
        while trace is not None:
            yield trace.tb_frame
            trace = trace.tb_next
