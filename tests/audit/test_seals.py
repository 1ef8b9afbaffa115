"""A trail sealed with a key: what whoever has only Redis writes or changes is found (contract 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shema_cli.audit.verify import verify
from shema_cli.errors import NotConfigured
from shema_cli.settings.sources import load_settings
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, AuditEntry, digest, entries_of
from shema_cli.store.journal import Author, Journal
from shema_cli.store.seal import Sealer
from tests.support.cli import shema
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.world import StillClock, app_on

ANA = Author("uid-ana", "ana@shema.test", "test", "default")
OLD = "o" * 32
NEW = "n" * 40
COUNT = 4
Fields = dict[bytes, bytes]


def sealer_of(told: str) -> Sealer:
    return Sealer.from_settings(load_settings(environ={"SHEMA_AUDIT_KEY": told}, cwd=Path("/nonexistent")))


def written(client: InProcessClient, key: str, count: int = COUNT) -> None:
    journal = Journal(store_in_process(client), StillClock(), ANA, sealer_of(key))
    for number in range(count):
        journal.append(action="publish", target=f"e{number}")


def rewritten(client: InProcessClient, change: Callable[[list[Fields]], None]) -> list[str]:
    """The whole trail written anew by somebody who knows how, and has no key. Its ids."""
    entries = [dict(entry.stored) for entry in entries_of(client.xrange(keys.AUDIT))]
    change(entries)
    client.delete(keys.AUDIT)
    prev, ids = GENESIS.encode(), []
    for number, fields in enumerate(entries, 1):
        fields[b"prev"] = prev
        prev = fields[b"hash"] = digest(fields).encode()
        stored: Any = fields
        client.xadd(keys.AUDIT, stored, id=f"{number}-0")
        ids.append(f"{number}-0")
    return ids


def found(client: InProcessClient, key: str) -> list[tuple[str, str]]:
    problems = verify(store_in_process(client), sealer_of(key)).problems
    return [(problem.entry, problem.problem.partition(":")[0].partition(",")[0]) for problem in problems]


def test_each_entry_bears_the_seal_of_the_key_and_its_name() -> None:
    client = in_process()
    written(client, OLD)
    result = verify(store_in_process(client), sealer_of(OLD))
    assert (result.ok, result.keyed, result.key_set) == (True, COUNT, True)
    assert f"{COUNT} of {COUNT} sealed with the key" in list(result.notes())
    stored = [entry.stored for entry in entries_of(client.xrange(keys.AUDIT))]
    assert len({fields[b"keyId"] for fields in stored}) == 1
    assert len({fields[b"mac"] for fields in stored}) == COUNT
    assert OLD.encode() not in b"".join(value for fields in stored for value in fields.values())


def test_a_trail_without_any_seal_is_told_where_there_is_a_key() -> None:
    client = in_process()
    written(client, "")
    (_, sealed) = verify(store_in_process(client), sealer_of(OLD)).notes()
    assert sealed.startswith(f"0 of {COUNT} sealed with the key: if anything was ever entered with it")


def test_what_was_written_before_there_was_a_key_is_in_order() -> None:
    client = in_process()
    written(client, "")
    written(client, NEW)
    result = verify(store_in_process(client), sealer_of(NEW))
    assert (result.ok, result.checked, result.keyed) == (True, 2 * COUNT, COUNT)


def test_what_is_written_without_the_key_after_that_is_named() -> None:
    client = in_process()
    written(client, NEW, 1)
    written(client, "", 1)
    written(client, NEW, 1)
    unsealed = entries_of(client.xrange(keys.AUDIT))[1].id
    assert found(client, NEW) == [(unsealed, "forged")]


def test_after_a_rotation_the_new_key_seals_and_both_check() -> None:
    client = in_process()
    written(client, OLD)
    written(client, f"{NEW}, {OLD}")
    assert verify(store_in_process(client), sealer_of(f"{NEW},{OLD}")).keyed == 2 * COUNT
    assert {problem for _, problem in found(client, NEW)} == {"not checked"}
    assert len(found(client, NEW)) == COUNT


def test_without_the_key_nothing_is_said_of_seals_but_that_they_are_there() -> None:
    client = in_process()
    written(client, NEW)
    result = verify(store_in_process(client))
    assert (result.ok, result.keyed, result.key_set) == (True, COUNT, False)
    assert "not checked: SHEMA_AUDIT_KEY is not set here" in " ".join(result.notes())


def another_name(entries: list[Fields]) -> None:
    entries[1][b"actor"] = b"uid-budi"


def swapped(entries: list[Fields]) -> None:
    entries[1], entries[2] = entries[2], entries[1]


def one_more(entries: list[Fields]) -> None:
    entries.append({**entries[-1], b"target": b"forged"})


def one_less(entries: list[Fields]) -> None:
    del entries[1]


@pytest.mark.parametrize("change", [another_name, swapped, one_more, one_less])
def test_a_trail_written_anew_from_end_to_end_does_not_check(change: Callable[[list[Fields]], None]) -> None:
    client = in_process()
    written(client, NEW)
    rewritten(client, change)
    assert verify(store_in_process(client)).ok, "without the key it looks whole"
    assert {problem for _, problem in found(client, NEW)} == {"forged"}


def test_half_a_seal_is_no_seal() -> None:
    client = in_process()
    written(client, NEW)
    ids = rewritten(client, lambda entries: entries[2].__delitem__(b"mac"))
    assert (ids[2], "forged") in found(client, NEW)
    assert (ids[2], "forged") in found(client, "")


@pytest.mark.parametrize("told", ["short", f"{NEW},short", f"{NEW},"])
def test_a_key_that_is_none_is_refused_without_being_told(told: str) -> None:
    with pytest.raises(NotConfigured, match="at least 32 bytes") as error:
        sealer_of(told)
    assert "short" not in error.value.message.replace("too short", "")
    assert NEW not in error.value.message


def test_a_change_with_a_key_that_is_none_is_not_made(base_env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    with pytest.raises(NotConfigured), app_on(valkey, tmp_path, SHEMA_AUDIT_KEY="short") as app:
        app.journal.append(action="publish", target="e")
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    run = shema("audit", "verify", "--json", env=env | {"SHEMA_AUDIT_KEY": "short"})
    assert (run.code, run.json["error"]["code"]) == (2, "bad_audit_key")
    shown = shema("config", "show", "--json", env=env | {"SHEMA_AUDIT_KEY": NEW})
    assert NEW not in shown.out


def test_the_commands_seal_and_tell(base_env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    with app_on(valkey, tmp_path, SHEMA_AUDIT_KEY=NEW) as app:
        app.journal.append(action="publish", target="e")
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url, "SHEMA_AUDIT_KEY": NEW}
    assert shema("audit", "verify", "--json", env=env).json["keyed"] == 1
    (entry,) = shema("audit", "list", "--json", env=env).json["entries"]
    assert "mac" not in entry


def test_a_seal_is_no_part_of_what_is_hashed() -> None:
    fields = {b"a": b"b", b"prev": GENESIS.encode()}
    assert digest(fields) == digest(fields | {b"mac": b"x"})
    assert AuditEntry("1-0", fields | {b"hash": digest(fields).encode(), b"mac": b"x"}).sound
