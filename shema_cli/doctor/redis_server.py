"""Checks of the Redis server: what it is, whether it keeps what it is given, and what we may do there."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.clock import age
from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.results import Finding
from shema_cli.errors import Unreachable
from shema_cli.settings.address import Address, Topology, redis_address
from shema_cli.store.chain import as_text
from shema_cli.store.connection import Store
from shema_cli.store.errors import UNREACHABLE_HINT
from shema_cli.store.greeting import read_facts
from shema_cli.store.rights import NEEDED, ON_A_CLUSTER, acl_line, missing, unwritable
from shema_cli.store.server import allowed, config_of, info_of, time_s

MOST_SKEW_S = 2.0
ALMOST_FULL = 0.9
MAKE_ROOM = "raise its maxmemory, or make room: shema dlq export and discard work all the same"
IS_A_REPLICA, TO_THE_PRIMARY = (
    "it is a replica, and nothing can be written there",
    "point REDIS_URL at the primary",
)
SMALLEST_BUFFER = 8 * 1024 * 1024


def server(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether it answers, what it is, and whether it can be written to."""
    address = redis_address(bench.settings)
    try:
        with bench.connect() as store:
            store.knock()
            named, replica = introduced(store, address)
    except Unreachable as error:
        start = "start it, or mend REDIS_URL (`shema config show` tells where it came from)"
        yield say.fail(error.message, start if error.hint == UNREACHABLE_HINT else str(error.hint))
        return
    if replica:
        yield say.fail(f"{named}: {IS_A_REPLICA}", TO_THE_PRIMARY)
    else:
        yield say.ok(named)


def introduced(store: Store, address: Address) -> tuple[str, bool]:
    """`Redis 8.2.3 at cache:6379, single`, and whether it is a replica where a primary should be.

    Raises what Redis raises.
    """
    info, facts = info_of(store), read_facts(allowed(store, "HELLO"))
    valkey = "valkey_version" in info or facts.kind == "valkey"
    version = info.get("valkey_version") or info.get("redis_version") or facts.version or "?"
    named = f"{'Valkey' if valkey else 'Redis'} {version} at {address.label}, {address.topology.value}"
    replica = info.get("role") == "slave" or facts.role == "replica"
    return named, replica and address.topology is Topology.SINGLE


def writes(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether it takes writes now, seen without writing anything."""
    with bench.redis() as store:
        problem = unwritable(store)
    yield say.ok("it takes writes") if problem is None else say.error(problem)


def clock(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether its clock and ours agree: ages and leases are told by its own."""
    with bench.redis() as store:
        told = time_s(store)
    skew = abs((told or 0.0) - bench.clock.now().timestamp())
    if told is None:
        yield say.ok("may not be asked (TIME, INFO)")
    elif skew > MOST_SKEW_S:
        yield say.warn(f"its clock is {age(skew)} off from ours; ages and leases are told by its own", "set the clocks")
    else:
        yield say.ok("agrees with ours")


def persistence(bench: Bench, say: Say) -> Iterator[Finding]:
    """What a restart or a crash would forget."""
    with bench.redis() as store:
        info, save = info_of(store, "persistence"), config_of(store, "save")
    if not info:
        yield say.ok("whether it keeps its data on disk may not be asked (INFO)")
    elif info.get("aof_enabled") == 1 and info.get("aof_last_write_status", "ok") != "ok":
        yield say.fail("it cannot write its append-only file", "free disk space on the server; until then writes fail")
    elif info.get("rdb_last_bgsave_status", "ok") != "ok":
        yield say.fail("its last snapshot failed", "look into the server's log; writes may be refused")
    elif info.get("aof_enabled") == 1:
        yield say.ok("append-only file")
    elif save is None:
        yield say.ok("no append-only file; whether it takes snapshots may not be asked (CONFIG GET)")
    elif save:
        yield say.warn(
            f"snapshots only (save {save}): a crash forgets the last minutes of dead letters and audit",
            "set `appendonly yes`",
        )
    else:
        yield say.warn(
            "it keeps nothing on disk: a restart forgets dead letters, decisions and the audit trail",
            "set `appendonly yes`",
        )


def memory(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether its memory is full, and whether it then throws away dead letters and audit entries."""
    with bench.redis() as store:
        info = info_of(store, "memory")
        policy = info.get("maxmemory_policy") or config_of(store, "maxmemory-policy")
        limit = _number(info.get("maxmemory", config_of(store, "maxmemory")))
    used = _number(info.get("used_memory"))
    if policy is None:
        yield say.ok("its limits may not be asked (INFO, CONFIG GET)")
        return
    told = f"{used:,} of {limit:,} bytes are used" if limit and used else f"at most {limit:,} bytes"
    if limit and str(policy).startswith("allkeys"):
        yield say.warn(
            f"maxmemory-policy is {policy}: when memory is short, dead letters and audit entries are thrown away",
            "set maxmemory-policy to noeviction or a volatile- one",
        )
    elif limit and used >= limit:
        yield say.fail(f"it is full ({told}, maxmemory-policy {policy}) and takes nothing new", MAKE_ROOM)
    elif limit and used >= ALMOST_FULL * limit:
        yield say.warn(f"it is almost full: {told}; then it takes nothing new", MAKE_ROOM)
    else:
        yield say.ok(f"{told if limit else 'no limit'}, maxmemory-policy {policy}")


def output_buffer(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether a service that is slow for a moment is cut off."""
    with bench.redis() as store:
        limits = config_of(store, "client-output-buffer-limit")
    if limits is None:
        yield say.ok("the limit may not be asked (CONFIG GET)")
        return
    words = limits.split()
    hard, soft, seconds = words[words.index("pubsub") + 1 :][:3]
    told = f"client-output-buffer-limit pubsub {hard} {soft} {seconds}"
    if 0 < int(hard) < SMALLEST_BUFFER:
        yield say.warn(f"{told}: a service that is slow for a moment is cut off", "raise it to 32mb 8mb 60")
    else:
        yield say.ok(told)


def rights(bench: Bench, say: Say) -> Iterator[Finding]:
    """What the tool needs to be allowed, asked without doing it, and the line that makes a user who may do no more."""
    address = redis_address(bench.settings)
    cluster, user = address.topology is Topology.CLUSTER, address.username or "default"
    with bench.redis() as store:
        lacking = lacking_rights(store, address)
        unlimited = lacking is None and _may_everything(store, user)
    line = acl_line(cluster=cluster)
    say = say.with_copy(line)
    if lacking:
        told = ", ".join(lacking)
        yield say.fail(f"the user {user!r} may not: {told}", f"give that user the rights that this one has: {line}")
    elif lacking is None and not unlimited:
        advice = f"this user has all that is needed: {line}"
        yield say.warn(f"what the user {user!r} may do can only be asked from Redis 7.0 on", advice)
    else:
        yield say.ok(f"the user {user!r} may do all that is needed; one who may do nothing else: {line}")


def lacking_rights(store: Store, address: Address) -> list[str] | None:
    """The rights that this user needs and does not have, in words; None where that cannot be asked.

    Raises what Redis raises.
    """
    needed = (*NEEDED, *(ON_A_CLUSTER if address.topology is Topology.CLUSTER else ()))
    lacking = missing(store, needed)
    return None if lacking is None else list(dict.fromkeys(" ".join(right[:2]) for right in lacking))


def _may_everything(store: Store, user: str) -> bool:
    """As far as it may be asked."""
    told = allowed(store, "ACL", "GETUSER", user)
    words = told if isinstance(told, list) else list(told.values()) if isinstance(told, dict) else []
    flags = {as_text(flag) for part in words if isinstance(part, list) for flag in part}
    return {"allcommands", "allkeys", "allchannels"} <= flags


def _number(told: object) -> int:
    return int(str(told)) if str(told).isdecimal() else 0
