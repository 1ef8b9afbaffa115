"""Checks of the Redis server: what it is, whether it keeps what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.models import Finding
from shema_cli.durations import age
from shema_cli.errors import Unreachable

OLDEST = (6, 2)
MOST_SKEW_S = 2.0
SMALLEST_BUFFER = 8 * 1024 * 1024


def server(bench: Bench, say: Say) -> Iterator[Finding]:
    from shema_cli.store.address import redis_address

    address = redis_address(bench.settings)
    try:
        with bench.connect() as client:
            client.ping()
            info = _info(client)
    except Unreachable as error:
        yield say.fail(error.message, "start it, or mend REDIS_URL (`shema config show` tells where it came from)")
        return
    kind = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "?"))
    named = f"{kind} {version} at {address.label}, {address.topology.value}"
    if _older(str(info.get("redis_version", ""))):
        yield say.warn(named, "use Redis 6.2 or later")
    elif info.get("role") == "slave" and address.topology.value == "single":
        yield say.fail(f"{named}: it is a replica, and nothing can be written there", "point REDIS_URL at the primary")
    else:
        yield say.ok(named)


def clock(bench: Bench, say: Say) -> Iterator[Finding]:
    with bench.redis() as client:
        answer = _one(client.execute_command("TIME", **random_node(client)))
    seconds, micros = (int(part) for part in answer)
    skew = abs(seconds + micros / 1e6 - bench.clock.now().timestamp())
    if skew > MOST_SKEW_S:
        yield say.warn(f"its clock is {age(skew)} off from ours; ages and leases are told by its own", "set the clocks")
    else:
        yield say.ok("agrees with ours")


def persistence(bench: Bench, say: Say) -> Iterator[Finding]:
    with bench.redis() as client:
        info, save = _info(client, "persistence"), _config(client, "save")
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
    with bench.redis() as client:
        policy, limit = _config(client, "maxmemory-policy"), _config(client, "maxmemory")
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
    with bench.redis() as client:
        limits = _config(client, "client-output-buffer-limit")
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


def _info(client: Any, section: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = _one(client.info(section) if section else client.info())
    return found


def _one(answer: Any) -> Any:
    """A cluster may answer once a node, `host:port` to that node's answer: the first will do."""
    by_node = isinstance(answer, dict) and answer and all(isinstance(k, str) and ":" in k for k in answer)
    return next(iter(answer.values())) if by_node else answer


def random_node(client: Any) -> dict[str, Any]:
    """On a cluster, a command without a key must be told where to go."""
    return {"target_nodes": client.get_random_node()} if hasattr(client, "get_random_node") else {}


def _config(client: Any, name: str) -> str | None:
    """A server's setting; None when it may not be asked, or is not known there."""
    try:
        answer = _one(client.config_get(name, **random_node(client)))
    except Exception:
        return None
    found = answer.get(name, answer.get(name.encode())) if isinstance(answer, dict) else None
    return found.decode() if isinstance(found, bytes) else found


def _older(version: str) -> bool:
    parts = version.split(".")
    return len(parts) > 1 and all(p.isdigit() for p in parts[:2]) and (int(parts[0]), int(parts[1])) < OLDEST
