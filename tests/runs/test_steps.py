"""Each step looks for the word before it does anything: what was told is true from that moment on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.run.registered import Registered
from shema_cli.dlq.run.run import DROP, EntryBatch, Run, Wanted
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.resend.message import outgoing
from shema_cli.resend.run import MessageBatch, Resending
from shema_cli.resend.selection import read
from shema_cli.store import keys
from tests.dlq.support import LIST, Service, letter, push, stored
from tests.resend.support import APPROVED, marks, payload, record
from tests.support.store import store_at
from tests.support.valkey import Valkey

WHO = "dina@shema.test"


@pytest.fixture
def letters(valkey: Valkey) -> Iterator[DeadLetters]:
    store = store_at(valkey.url)
    yield DeadLetters(store)
    store.close()


def deaf(run: Registered) -> None:
    """It has no heartbeat that could tell it first."""
    run._ended.set()
    assert run._heart is not None
    run._heart.join()


def batch(raws: list[bytes], channel: int) -> EntryBatch:
    entries = list(map(parse_entry, raws))
    wanted = [Wanted(n, one.start, one.end, channel, one.replay_key) for n, one in enumerate(entries)]
    return EntryBatch(0, raws, wanted, [(APPROVED, 0)] if channel else [], allow_unheard=True)


@pytest.mark.parametrize("channel", [DROP, 1], ids=["discard", "replay"])
def test_a_step_on_the_list_does_nothing_once_it_was_told(
    channel: int, letters: DeadLetters, redis_client: redis.Redis, service: Service
) -> None:
    raws = [letter(n) for n in range(4)]
    push(redis_client, raws)
    with Run(letters, SystemClock()) as run:
        run.join({"action": "dlq.replay"}, lambda: None)
        deaf(run)
        assert run.step(batch(raws[:2], channel)) == ("pp" if channel else "dd")
        sent = run._arguments(batch(raws[:2], channel), 0)
        sent[3:6] = [0, 4, 0]
        told = letters.stop(run.id, WHO)
        assert told is not None
        assert (told.fields["stoppedBy"], told.number("done")) == (WHO, 2)
        assert letters.step(*sent).outcome == "done", "one whose answer was lost is answered as before"
        assert run.step(batch(raws[2:], channel)) is None
        stopped = run.stopped()
        assert stopped is not None
        assert stopped.message == f"stopped by {WHO}"
        assert run.step(batch(raws[2:], channel)) is None
    assert stored(redis_client) == raws[2:]
    assert len(service.payloads(2 if channel else 0)) == (2 if channel else 0)


def test_a_step_that_pushes_does_nothing_once_it_was_told(letters: DeadLetters, redis_client: redis.Redis) -> None:
    with Run(letters, SystemClock()) as run:
        run.join({"action": "dlq.import"}, lambda: None)
        deaf(run)
        assert run.push([b"1", b"2"])
        letters.stop(run.id, WHO)
        assert not run.push([b"3"])
        assert (run.done, run.stopped_by) == (2, WHO)
    assert redis_client.lrange(LIST, 0, -1) == [b"2", b"1"]


def test_a_step_that_resends_does_nothing_once_it_was_told(
    letters: DeadLetters, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [payload(n) for n in range(2)])
    first, second = (outgoing(one, "") for one in read(letters.redis, SystemClock(), ids))
    with Resending(letters, SystemClock()) as run:
        run.join({"action": "events.resend"}, lambda: None)
        deaf(run)
        assert run.step(MessageBatch([first], [(first.channel, 0)])) == ["p"]
        letters.stop(run.id, WHO)
        assert run.step(MessageBatch([second], [(second.channel, 0)])) is None
        assert (run.done, run.stopped_by) == (1, WHO)
    assert marks(redis_client) == 1
    assert len(service.payloads(1)) == 1


def test_whoever_tells_it_first_stays_named_and_a_run_that_is_gone_is_none(
    letters: DeadLetters, redis_client: redis.Redis
) -> None:
    with Run(letters, SystemClock()) as run:
        run.join({"action": "dlq.replay"}, lambda: None)
        for who in (WHO, "budi@shema.test"):
            told = letters.stop(run.id, who)
            assert told is not None
            assert told.fields["stoppedBy"] == WHO
        run.refresh()
        assert run.stopped_by == WHO
    assert letters.stop(run.id, WHO) is None
    letters.begin_note(run.id, "of", 3)()
    assert not redis_client.exists(f"{keys.RUN_PREFIX}{run.id}"), "what is over leaves nothing behind"
