"""What a server says of itself, as far as this user may ask it. Each question goes to one node of a cluster."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.errors import Unreachable
from shema_cli.store.connection import Store
from shema_cli.store.errors import translate
from shema_cli.store.greeting import read_facts


def asked(store: Store, *words: str, of: str | None = None) -> object:
    """The answer to a command without a key, which on a cluster must be told where to go: to the server that has the
    key `of`, else to any. Raises what Redis raises."""
    if of is not None:
        return store.client_of(of).execute_command(*words)
    return _one(store.client.execute_command(*words, **_anywhere(store)))


def allowed(store: Store, *words: str, of: str | None = None) -> object:
    """The same; None where it may not be asked. Raises Unreachable where Redis is away."""
    try:
        return asked(store, *words, of=of)
    except Exception as error:
        if isinstance(translate(error), Unreachable):
            raise
        return None


def info_of(store: Store, section: str = "everything", *, of: str | None = None) -> Mapping[str, object]:
    """INFO; nothing where it may not be asked."""
    found = allowed(store, "INFO", section, of=of)
    return found if isinstance(found, dict) else {}


def config_of(store: Store, name: str, *, of: str | None = None) -> str | None:
    """A server's setting; None when it may not be asked, or is not known there."""
    answer = allowed(store, "CONFIG GET", name, of=of)
    found = answer.get(name, answer.get(name.encode())) if isinstance(answer, dict) else None
    return found.decode() if isinstance(found, bytes) else found


def is_replica(store: Store) -> bool:
    """Every user may send HELLO."""
    return read_facts(allowed(store, "HELLO")).role == "replica"


def time_s(store: Store) -> float | None:
    """The server's clock, in seconds since 1970; None where neither TIME nor INFO may be asked."""
    answer = allowed(store, "TIME")
    if isinstance(answer, (list, tuple)) and len(answer) == 2:
        return int(answer[0]) + int(answer[1]) / 1e6
    told = info_of(store, "server").get("server_time_usec")
    return int(told) / 1e6 if isinstance(told, int) else None


def _anywhere(store: Store) -> dict[str, object]:
    client: object = store.client
    return {"target_nodes": client.get_random_node()} if hasattr(client, "get_random_node") else {}


def _one(answer: object) -> object:
    """A cluster may answer once a node, `host:port` to that node's answer: the first will do."""
    by_node = isinstance(answer, dict) and answer and all(isinstance(k, str) and ":" in k for k in answer)
    return next(iter(answer.values())) if by_node and isinstance(answer, dict) else answer
