"""Whether a Redis may be trusted with the history: does it throw entries away, and does it keep any (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.errors import Refused
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.server import config_of, info_of


def look_at(store: Store) -> list[str]:
    """What is to be warned of. Raises Refused where entries may be evicted, and what Redis raises."""
    _refuse_eviction(store)
    return list(_persistence(store))


def _refuse_eviction(store: Store) -> None:
    told = info_of(store, "memory", of=keys.HISTORY).get("maxmemory_policy")
    policy = str(told or config_of(store, "maxmemory-policy", of=keys.HISTORY) or "")
    if policy and policy != "noeviction" and not policy.startswith("volatile"):
        raise Refused(
            "may_be_evicted",
            f"maxmemory-policy is {policy}: Redis may throw the history away when memory is short",
            "set maxmemory-policy to noeviction or a volatile- one",
        )
    for key in (keys.HISTORY, keys.HISTORY_STATE):
        if int(store.client.pttl(key)) >= 0:
            raise Refused(
                "may_be_evicted",
                f"the key {key} has an expiry: Redis will throw the history away",
                f"take it off: PERSIST {key}",
            )


def _persistence(store: Store) -> Iterator[str]:
    told, save = info_of(store, "persistence", of=keys.HISTORY), config_of(store, "save", of=keys.HISTORY)
    if not told:
        yield "whether Redis keeps what is recorded on disk is not known: INFO is forbidden"
    elif told.get("aof_enabled") == 1:
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
