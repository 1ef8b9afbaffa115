"""Checks of the Redis server: what it is, whether it keeps what it is given, and what we may do there."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.clock import age
from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.results import Finding
from shema_cli.errors import Unreachable
from shema_cli.settings.address import Topology, redis_address
from shema_cli.store.connection import Store
from shema_cli.store.errors import UNREACHABLE_HINT, translate
from shema_cli.store.rights import NEEDED

MOST_SKEW_S = 2.0
SMALLEST_BUFFER = 8 * 1024 * 1024


def server(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether it answers, what it is, and whether it can be written to."""
    address = redis_address(bench.settings)
    try:
        with bench.connect() as store:
            store.client.ping()
            info = _info(store)
    except Unreachable as error:
        start = "start it, or mend REDIS_URL (`shema config show` tells where it came from)"
        yield say.fail(error.message, start if error.hint == UNREACHABLE_HINT else str(error.hint))
        return
    kind = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "?"))
    named = f"{kind} {version} at {address.label}, {address.topology.value}"
    if info.get("role") == "slave" and address.topology is Topology.SINGLE:
        yield say.fail(f"{named}: it is a replica, and nothing can be written there", "point REDIS_URL at the primary")
    else:
        yield say.ok(named)


def clock(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether its clock and ours agree: ages and leases are told by its own."""
    with bench.redis() as store:
        answer = _asked(store, "TIME")
    assert isinstance(answer, (list, tuple))
    seconds, micros = (int(part) for part in answer)
    skew = abs(seconds + micros / 1e6 - bench.clock.now().timestamp())
    if skew > MOST_SKEW_S:
        yield say.warn(f"its clock is {age(skew)} off from ours; ages and leases are told by its own", "set the clocks")
    else:
        yield say.ok("agrees with ours")


def persistence(bench: Bench, say: Say) -> Iterator[Finding]:
    """What a restart or a crash would forget."""
    with bench.redis() as store:
        info, save = _info(store, "persistence"), _config(store, "save")
    if info.get("aof_enabled") == 1 and info.get("aof_last_write_status", "ok") != "ok":
        yield say.fail("it cannot write its append-only file", "free disk space on the server; until then writes fail")
    elif info.get("rdb_last_bgsave_status", "ok") != "ok":
        yield say.fail("its last snapshot failed", "look into the server's log; writes may be refused")
    elif info.get("aof_enabled") == 1:
        yield say.ok("append-only file")
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
    """Whether a full memory throws away dead letters and audit entries."""
    with bench.redis() as store:
        policy, limit = _config(store, "maxmemory-policy"), _config(store, "maxmemory")
    if policy is None:
        yield say.ok("its limits may not be asked (CONFIG GET)")
    elif policy.startswith("allkeys") and limit not in (None, "0"):
        yield say.warn(
            f"maxmemory-policy is {policy}: when memory is short, dead letters and audit entries are thrown away",
            "set maxmemory-policy to noeviction or a volatile- one",
        )
    else:
        most = "no limit" if limit in (None, "0") else f"at most {limit} bytes"
        yield say.ok(f"{most}, maxmemory-policy {policy}")


def output_buffer(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether a service that is slow for a moment is cut off."""
    with bench.redis() as store:
        limits = _config(store, "client-output-buffer-limit")
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
    """What the tool needs to be allowed, asked without doing it."""
    with bench.redis() as store:
        user = _allowed_to(store, "ACL", "WHOAMI")
        if user is None:
            yield say.ok("this server has no users, or its rules may not be asked")
            return
        name = user.decode("utf-8", "replace")
        answers = {words: _allowed_to(store, "ACL", "DRYRUN", name, *words) for words in NEEDED}
    if all(answer is None for answer in answers.values()):
        yield say.warn(
            f"what the user {name!r} may do cannot be asked (ACL DRYRUN)",
            "it needs " + ", ".join(sorted({words[0] for words in NEEDED})),
        )
        return
    refused = [" ".join(words[:2]) for words, answer in answers.items() if answer not in (b"OK", None)]
    if refused:
        yield say.fail(f"the user {name!r} may not: {', '.join(refused)}", "give that user these rights (ACL SETUSER)")
    else:
        yield say.ok(f"the user {name!r} may do all {len(NEEDED)} things that are needed")


def _allowed_to(store: Store, *words: str) -> bytes | None:
    """The answer; None when it may not be asked."""
    try:
        answer = _asked(store, *words)
    except Exception as error:
        if isinstance(translate(error), Unreachable):
            raise
        return None
    return answer if isinstance(answer, bytes) else str(answer).encode()


def _asked(store: Store, *words: str) -> object:
    """The answer to a command without a key, which on a cluster must be told where to go."""
    return _one(store.client.execute_command(*words, **_anywhere(store)))


def _anywhere(store: Store) -> dict[str, object]:
    client: object = store.client
    return {"target_nodes": client.get_random_node()} if hasattr(client, "get_random_node") else {}


def _one(answer: object) -> object:
    """A cluster may answer once a node, `host:port` to that node's answer: the first will do."""
    by_node = isinstance(answer, dict) and answer and all(isinstance(k, str) and ":" in k for k in answer)
    return next(iter(answer.values())) if by_node and isinstance(answer, dict) else answer


def _info(store: Store, section: str | None = None) -> dict[str, object]:
    found = _one(store.client.info(section) if section else store.client.info())
    return found if isinstance(found, dict) else {}


def _config(store: Store, name: str) -> str | None:
    """A server's setting; None when it may not be asked, or is not known there."""
    try:
        answer = _one(store.client.config_get(name, **_anywhere(store)))
    except Exception:
        return None
    found = answer.get(name, answer.get(name.encode())) if isinstance(answer, dict) else None
    return found.decode() if isinstance(found, bytes) else found
