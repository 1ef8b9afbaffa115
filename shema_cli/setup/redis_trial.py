"""`REDIS_URL` tried: whether it connects, what it is, whether it takes writes, and what this user may do there."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import cast

from shema_cli.clock import Clock
from shema_cli.doctor.redis_server import IS_A_REPLICA, TO_THE_PRIMARY, introduced, lacking_rights
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.settings.address import Address, redis_address
from shema_cli.settings.values import Settings
from shema_cli.setup.bounded import within
from shema_cli.setup.results import Tried, TriedState
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.places import explain
from shema_cli.store.rights import unwritable
from shema_cli.store.seal import KEY_ID, Sealer

LIMIT_S = 8.0
"""Above what connecting and one answer may take."""


def try_redis(settings: Settings, _: Clock) -> Tried:
    """Nothing is written there."""
    try:
        address = redis_address(settings)
        return within(LIMIT_S, lambda: _look(settings, address))
    except TimeoutError:
        return Tried.failed(f"no answer within {LIMIT_S:g} s", "check REDIS_URL, and the network in between (a VPN?)")
    except NotConfigured as error:
        return Tried.of(error)
    except ShemaError as error:
        return Tried.of(error, TriedState.UNKNOWN if _went_wrong_here(error, address) else TriedState.FAILED)


def _look(settings: Settings, address: Address) -> Tried:
    with closing(Store(settings)) as store, store.errors():
        store.knock()
        named, replica = introduced(store, address)
        if replica:
            return Tried.failed(f"{named}: {IS_A_REPLICA}", TO_THE_PRIMARY)
        if problem := unwritable(store):
            return Tried.failed(f"{named}: {problem.message}", problem.hint)
        lacking = lacking_rights(store, address)
    if lacking:
        user, told = address.username or "default", ", ".join(lacking)
        return Tried.failed(f"{named}; the user {user!r} may not: {told}", "shema doctor prints the rights it needs")
    may = "what this user may do cannot be asked before Redis 7" if lacking is None else "this user may do all it needs"
    return Tried.ok(f"{named}; it takes writes; {may}")


def _went_wrong_here(error: ShemaError, address: Address) -> bool:
    """Whether it was this machine, which says nothing of the other side."""
    found = explain(error.__cause__, address) if error.__cause__ else None
    return found is not None and found.local


def try_audit_key(settings: Settings, _: Clock) -> Tried:
    """Whether it is a key, and the one that the newest entry of the trail is sealed with."""
    try:
        sealer = Sealer.from_settings(settings)
    except NotConfigured as error:
        return Tried.of(error)
    if settings.get("REDIS_URL") is None:
        return Tried.unknown("it is long enough; there is no REDIS_URL to compare it with the trail")
    newest: bytes | None = None
    with suppress(ShemaError, TimeoutError):
        newest = within(LIMIT_S, lambda: _newest_seal(settings))
    if newest is None:
        return Tried.unknown("it is long enough; no sealed entry of the trail could be compared with it")
    if newest not in sealer.by_id:
        why = "the newest entry of the trail is sealed with another key"
        return Tried.failed(
            why, "take the key that the others have; after a rotation: the new one, a comma, the old one"
        )
    return Tried.ok("the newest entry of the trail is sealed with it")


def _newest_seal(settings: Settings) -> bytes | None:
    """The id of the key that sealed the newest entry; None where there is none."""
    with closing(Store(settings)) as store, store.errors():
        found = store.client.xrevrange(keys.AUDIT, count=1)
    return next((cast("bytes | None", (fields or {}).get(KEY_ID)) for _, fields in found or ()), None)
