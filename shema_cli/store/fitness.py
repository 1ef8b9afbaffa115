"""Whether a Redis may be trusted with the history: does it throw entries away, and does it keep any (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from shema_cli.errors import Refused
from shema_cli.store import keys
from shema_cli.store.connection import Store

if TYPE_CHECKING:
    from redis import Redis


def look_at(store: Store) -> list[str]:
    """What is to be warned of. Raises Refused where entries may be evicted, and what Redis raises."""
    node = store.client_of(keys.HISTORY)
    _refuse_eviction(node)
    return list(_persistence(node))


def _refuse_eviction(node: Redis) -> None:
    policy = _info(node, "memory").get("maxmemory_policy") or _config(node, "maxmemory-policy")
    if policy and policy != "noeviction" and not policy.startswith("volatile"):
        raise Refused(
            "may_be_evicted",
            f"maxmemory-policy is {policy}: Redis may throw the history away when memory is short",
            "set maxmemory-policy to noeviction or a volatile- one",
        )
    for key in (keys.HISTORY, keys.HISTORY_STATE):
        if int(node.pttl(key)) >= 0:
            raise Refused(
                "may_be_evicted",
                f"the key {key} has an expiry: Redis will throw the history away",
                f"take it off: PERSIST {key}",
            )


def _persistence(node: Redis) -> Iterator[str]:
    told, save = _info(node, "persistence"), _config(node, "save")
    if not told:
        yield "whether Redis keeps what is recorded on disk is not known: INFO is forbidden"
    elif told.get("aof_enabled") == "1":
        return
    elif save is None:
        yield (
            "whether Redis keeps what is recorded on disk is not known: it has no append-only file, "
            "and its snapshots may not be asked for (CONFIG GET)"
        )
    elif save:
        yield f"Redis takes snapshots only (save {save}): a crash forgets the last minutes of the history"
    else:
        yield "Redis keeps nothing on disk: a restart forgets the history; set `appendonly yes`"


def _info(node: Redis, section: str) -> dict[str, str]:
    """Empty where INFO is forbidden."""
    try:
        told = node.execute_command("INFO", section)
    except ResponseError:
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _config(node: Redis, name: str) -> str | None:
    """None where CONFIG GET is forbidden, or the setting is not there."""
    try:
        told = node.config_get(name)
    except ResponseError:
        return None
    found = next(iter(told.values()), None) if isinstance(told, dict) else None
    return found.decode() if isinstance(found, bytes) else found
