"""`shema dlq triage` on a real pseudo-terminal."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dlq.support import LIST, Service, numbers, push
from tests.support.cli import shema
from tests.support.drawing import RAW
from tests.support.http import Answer
from tests.support.proxy import FaultProxy
from tests.support.registry import put
from tests.support.signed_in import disable, id_token
from tests.support.subscriber import Heard
from tests.support.terminal import Terminal
from tests.triage.place import NO_COLUMN, REFUSED, TIMEOUT, Place, failed, family, listed

GO_ON = "Enter goes back"
LIVE = "\x1b[?1049h"


def at_the_question(screen: Terminal, key: str = "R") -> Terminal:
    screen.keys(key)
    return screen.wait("Go on? [y/N]")


def again(heard: Heard, error: str = "Timeout after 9ms") -> bytes:
    """The entry that a service pushes which fails once more."""
    failed_at = b'"failedAt":"2026-01-01T00:00:00Z"'
    return b'{"event":' + heard.payload + b',"error":"' + error.encode() + b'",' + failed_at + b"}"


def leave(screen: Terminal) -> int:
    """By the summary."""
    screen.keys("q")
    screen.wait("Triage summary")
    screen.keys("q")
    return screen.end()


def told(screen: Terminal, key: str) -> None:
    """One action, to the end of what it tells."""
    asked = screen.raw.count(GO_ON)
    screen.keys(key)
    screen.wait(GO_ON, until=lambda: screen.raw.count(GO_ON) > asked)


def back(screen: Terminal) -> None:
    """From behind an action to the next live screen, of which there are so many by then."""
    screens = screen.raw.count(LIVE)
    screen.keys("\r")
    screen.wait("Triage", until=lambda: screen.raw.count(LIVE) > screens)


def test_from_the_worst_family_to_the_summary(place: Place, service: Service) -> None:
    place.push(failed(1, ago_h=9), failed(2, ago_h=8, studentId="s2"), failed(3, NO_COLUMN, kind="BOOKING_CREATED"))
    with place.valkey.client() as client:
        put(client, "http://127.0.0.1:9", "schedule", listens=["enrollment.approved"])
    with place.triage("--canary", "1") as screen:
        screen.wait("Triage 1 of 2", "3 dead letters", TIMEOUT, "2 entries, 2 events", "first 9h ago", "last 8h ago")
        screen.wait("2 ENROLLMENT_APPROVED: 1 listener; schedule is not there", "Budi Santoso, Citra Suryani")
        screen.wait("schedule: does not listen to enrollment.approved", "nothing listens there")
        screen.wait('"enrollmentId": "enr_1"')
        at_the_question(screen)
        line = f"shema dlq replay --fingerprint {family()} --canary 1 --verify 0.5"
        screen.wait(
            f"$ {line} --dry-run", "2 dead letters would be replayed", "Replay 2 dead letters", "Target: default"
        )
        assert service.heard == []
        screen.keys("y\r")
        screen.wait("2 replayed, none came back within 0.5 s", GO_ON)
        screen.keys("\r")
        screen.wait("Triage 1 of 2", "done", "nothing of it is left", "1 dead letter")
        screen.keys("n")
        screen.wait("Triage 2 of 2", NO_COLUMN, "nobody listens")
        screen.keys("n")
        screen.wait("that was the last family")
        screen.keys("q")
        screen.wait("Triage summary", "2 replayed, none came back", "nothing left", "1 entry left")
        screen.keys("b")
        screen.wait("Triage 2 of 2")
        assert leave(screen) == 0
        assert f"$ {line}" in screen.text.replace("\n", "")
        assert "1 dead letter of 1 family left: shema dlq triage" in screen.text
        assert screen.settings == screen.settings_before
    assert numbers(service.payloads(2)) == [1, 2]
    assert place.audited() == ["dlq.replay.begun", "dlq.replay"]
    assert place.audited("command") == ["dlq replay", "dlq replay"]


def test_what_comes_back_is_seen_while_it_is_watched_for(place: Place, service: Service) -> None:
    def fails_again(heard: Heard) -> None:
        with place.valkey.client() as client:
            push(
                client,
                [b'{"event":' + heard.payload + b',"error":"Timeout after 9ms","failedAt":"2026-01-01T00:00:00Z"}'],
            )

    place.push(failed(1), failed(2), failed(3))
    with place.triage("--canary", "2", "--verify", "600") as screen:
        screen.wait("Triage 1 of 1")
        service.on_message = fails_again
        at_the_question(screen)
        screen.keys("y\r")
        screen.wait("the canary stopped it: 2 of 2 came back; 1 other left alone", GO_ON, timeout=30)
        screen.keys("\r")
        screen.wait("done", "3 entries", "2 of 3 looked at were replayed and came back", "replayed 2")
        assert leave(screen) == 1


def test_the_wait_tells_what_came_back_by_now(place: Place, service: Service) -> None:
    def the_first_fails_again(heard: Heard) -> None:
        if b"evt_00000001" in heard.payload:
            with place.valkey.client() as client:
                push(client, [again(heard)])

    place.push(failed(1), failed(2))
    service.on_message = the_first_fails_again
    with place.triage("--verify", "600") as screen:
        screen.wait("Triage 1 of 1")
        at_the_question(screen)
        screen.keys("y\r")
        screen.wait("2 replayed, 1 came back; watching")
        screen.keys("\x03")
        assert screen.end() == 130
        assert "interrupted" in screen.text
    assert place.audited() == ["dlq.replay.begun", "dlq.replay"]


def test_nobody_listens(place: Place) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1", "nobody listens")
        screen.keys("R")
        screen.wait("1 unheard", GO_ON)
        screen.keys("q\r")
        screen.wait("Triage summary", "1 entry left")
        screen.keys("q")
        assert screen.end() == 5
    assert place.audited() == []


def test_no_is_no(place: Place, service: Service) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1")
        at_the_question(screen)
        screen.keys("n\r")
        screen.wait("nothing was changed", GO_ON)
        screen.keys("\r")
        screen.wait("Triage 1 of 1", "1 entry, 1 event")
        assert leave(screen) == 0
    assert place.audited() == []


def test_discarding_exports_first(place: Place) -> None:
    place.push(failed(1), failed(2, NO_COLUMN), b"not JSON")
    with place.triage("--type", "ENROLLMENT_*", "--since", "2d") as screen:
        screen.wait("Triage 1 of 2")
        screen.keys("n")
        screen.wait("Triage 2 of 2", NO_COLUMN)
        at_the_question(screen, "D")
        screen.wait("Discard 1 dead letter", "--type 'ENROLLMENT_*'", f"--fingerprint {family(NO_COLUMN)}")
        screen.keys("y\r")
        screen.wait("1 discarded, exported to", GO_ON)
        screen.keys("q\r")
        screen.wait("Triage summary")
        screen.keys("q")
        assert screen.end() == 0
    with place.valkey.client() as client:
        assert len(list(listed(client))) == 2
    assert place.audited() == ["dlq.discard.begun", "dlq.discard"]


def test_what_is_no_event_can_only_be_discarded(place: Place) -> None:
    place.push(b"not JSON", b"\xff\xfe")
    with place.triage() as screen:
        screen.wait("Triage 1 of 1", "(no events)", "2 entries", "not JSON")
        screen.keys("R")
        screen.wait("can only be discarded")
        at_the_question(screen, "D")
        screen.wait("shema dlq discard --invalid", "Discard 2 dead letters")
        screen.keys("y\r")
        screen.wait("2 discarded", GO_ON)
        screen.keys("\r")
        screen.wait("nothing of it is left")
        assert leave(screen) == 0
        assert "nothing is left to be done" in screen.text


def test_one_is_edited(place: Place, service: Service, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/enr_1/enr_77/ "$1"\n')
    editor.chmod(0o755)
    place.push(failed(1), failed(2))
    with place.triage(EDITOR=str(editor), TMPDIR=str(tmp_path)) as screen:
        screen.wait("Triage 1 of 1", "enr_1")
        at_the_question(screen, "e")
        screen.wait("shema dlq replay evt_00000001 --edit --verify 0.5", "enr_77", "Replay 1 dead letter")
        screen.keys("y\r")
        screen.wait("1 replayed, none came back", GO_ON)
        screen.keys("\r")
        screen.wait("1 entry, 1 event")
        assert leave(screen) == 0
    (payload,) = service.payloads(1)
    assert b"enr_77" in payload


def test_a_family_is_acknowledged_and_taken_back(place: Place) -> None:
    place.push(failed(1), failed(2), failed(3, NO_COLUMN))
    with place.triage() as screen:
        screen.wait("Triage 1 of 2", TIMEOUT)
        screen.keys("k")
        screen.wait("What is known of it")
        screen.keys("the course service's; ticket 812\r")
        screen.wait(f"shema dlq ack {family()} --note", "Acknowledge 2 dead letters", "Go on? [y/N]")
        screen.keys("y\r")
        screen.wait(GO_ON)
        screen.keys("\r")
        screen.wait("Triage 1 of 2", "known", "ticket 812", "done", "k not acknowledged")
        screen.keys("n")
        screen.wait("Triage 2 of 2", NO_COLUMN)
        assert leave(screen) == 0
        assert "1 dead letter of 1 family left" in screen.text
    with place.triage() as screen:
        screen.wait("Triage 1 of 1", NO_COLUMN)
        assert leave(screen) == 0
        assert "2 dead letters of acknowledged families left out; --acknowledged shows them" in screen.text
    with place.triage("--acknowledged") as screen:
        screen.wait("Triage 1 of 2", NO_COLUMN)
        screen.keys("n")
        screen.wait("Triage 2 of 2", "ticket 812")
        at_the_question(screen, "k")
        screen.wait(f"shema dlq unack {family()}")
        screen.keys("y\r")
        screen.wait(GO_ON)
        screen.keys("\r")
        screen.wait("Triage 2 of 2", "k acknowledge", until=lambda: "ticket 812" not in screen.text)
        assert leave(screen) == 0
    assert place.audited() == ["dlq.ack", "dlq.unack"]


def test_it_has_changed_since_it_was_drawn(place: Place, service: Service) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1", "1 entry, 1 event")
        place.push(failed(2))
        at_the_question(screen)
        screen.wait("the screen told of 1; now it is 2", "Replay 2 dead letters")
        screen.keys("y\r")
        screen.wait("2 replayed", GO_ON)
        screen.keys("\x03")
        assert screen.end() == 130


def test_another_admin_was_faster(place: Place, service: Service) -> None:
    place.push(failed(1), failed(2, NO_COLUMN))
    with place.triage() as screen:
        screen.wait("Triage 1 of 2")
        done = shema("dlq", "replay", "--fingerprint", family(), "--yes", env=place.env)
        assert done.code == 0
        screen.keys("R")
        screen.wait("none of 1 match", GO_ON)
        screen.keys("\r")
        screen.keys("u")
        screen.wait("nothing of it is left", "1 dead letter")
        assert leave(screen) == 0


def on_the_screen(screen: Terminal) -> None:
    screen.wait("Triage 1 of 1")


def at_its_question(screen: Terminal) -> None:
    on_the_screen(screen)
    at_the_question(screen)


def behind_an_action(screen: Terminal) -> None:
    at_its_question(screen)
    screen.keys("n\r")
    screen.wait(GO_ON)


@pytest.mark.parametrize("where", [on_the_screen, at_its_question, behind_an_action])
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda screen: screen.keys("\x03"), 130),
        (lambda screen: screen.child.kill(signal.SIGTERM), -signal.SIGTERM),
        (lambda screen: screen.keys("\x04"), 0),
    ],
    ids=["ctrl-c", "sigterm", "ctrl-d"],
)
def test_whatever_ends_it_nothing_is_half_done(
    place: Place, service: Service, where: Callable[[Terminal], None], end: Callable[[Terminal], object], code: int
) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        where(screen)
        end(screen)
        if code == 0 and where is not on_the_screen:
            screen.wait("Triage 1 of 1" if where is behind_an_action else GO_ON)
            screen.keys("\x04")
            if where is at_its_question:
                screen.wait("Triage 1 of 1")
                screen.keys("\x04")
        assert screen.end() == code
        assert "Traceback" not in screen.text
        assert screen.settings == screen.settings_before
        if code == 130:
            assert "what is told above was done, and nothing else" in screen.text
    assert service.heard == []
    assert place.audited() == []


def test_a_terminal_that_goes_away(place: Place, service: Service) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        at_its_question(screen)
        screen.child.close(force=False)
        assert not screen.child.isalive()
    assert place.audited() == []


def test_where_nothing_may_be_changed_one_can_look(place: Place, service: Service) -> None:
    place.push(failed(1), failed(2, NO_COLUMN))
    with place.triage("--read-only") as screen:
        screen.wait("Triage 1 of 2", "READ-ONLY", "Budi Santoso")
        for key in "RDek":
            screen.keys(key)
            screen.wait("read-only here (--read-only)")
            screen.keys("u")
            screen.wait("Triage 1 of 2", until=lambda: "read-only here" not in screen.text)
        screen.keys("i")
        screen.wait('"eventId": "evt_00000001"', "Esc back")
        screen.keys("\x1b")
        screen.wait("Triage 1 of 2")
        screen.keys("?")
        screen.wait("exported first: dlq discard")
        screen.keys("x")
        assert leave(screen) == 0
    assert place.audited() == []


def at(proxy: FaultProxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}/0"


def test_redis_goes_away_between_two_screens(place: Place, service: Service) -> None:
    place.push(failed(1), failed(2), failed(3, NO_COLUMN), failed(4, REFUSED))
    with FaultProxy(place.valkey.port) as proxy, place.triage(REDIS_URL=at(proxy)) as screen:
        screen.wait("Triage 1 of 3", "Budi Santoso")
        proxy.stop()
        screen.keys("nn")
        screen.wait("Triage 3 of 3", "u tries again")
        screen.keys("u")
        screen.wait("not counted again")
        proxy.start()
        screen.keys("u")
        screen.wait("sample", until=lambda: "tries again" not in screen.text)
        proxy.stop()
        for key in "eR":
            told(screen, key)
            back(screen)
        proxy.start()
        leave(screen)
    assert service.heard == []


def test_a_service_that_hangs_is_in_nobodys_way(place: Place, service: Service) -> None:
    held = Answer(json={"status": "healthy"}, delay=30)
    for path in ("/health", "/api/users", "/api/users/s1"):
        place.server.on("GET", path, held)
    place.push(failed(1, REFUSED, ago_h=9), failed(2, NO_COLUMN))
    with place.triage() as screen:
        screen.wait("Triage 1 of 2", "user (named in the error): health …", "s1", "enr_1")
        screen.keys("n")
        screen.wait("Triage 2 of 2", "enr_2")
        screen.keys("b")
        screen.wait("Triage 1 of 2", "answer within")  # by the call itself, or by whoever waits for it
        assert leave(screen) == 0


def test_what_is_typed_behind_a_wish_is_no_other_wish(place: Place, service: Service) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1")
        screen.keys("RDky")
        screen.wait("Replay 1 dead letter", "Go on? [y/N]", until=lambda: "Discard" not in screen.text)
        screen.keys("\r")
        screen.wait(GO_ON)
        screen.keys("\r")
        screen.wait("Triage 1 of 1")
        assert leave(screen) == 0
    assert place.audited() == []


def test_the_session_ends_while_one_looks(place: Place) -> None:
    place.push(failed(1))
    with place.triage(SHEMA_ID_TOKEN=id_token(exp=int(time.time()) + 8)) as screen:
        assert screen.wait("Triage 1 of 1").end() == 4
        assert "expired" in screen.text
        assert screen.settings == screen.settings_before


def test_the_session_ends_at_the_question(place: Place, service: Service) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        at_its_question(screen)
        disable(place.server)
        screen.keys("y\r")
        assert screen.end() == 4
        assert "nothing was changed" in screen.text
    assert service.heard == []


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 40)])
def test_hostile_texts_and_small_screens(place: Place, service: Service, columns: int, lines: int) -> None:
    evil = "\x1b[2J\u202e\x9b31mevil [red] " + "x" * 3000 + "\nsecond line"
    place.names["s1"] = "\x1b]0;owned\x07" + "N" * 300
    place.push(failed(1, evil), failed(2, evil), failed(3, None, note="\x1b[1m\u202e"))
    with place.triage(columns=columns, lines=lines) as screen:
        screen.wait("Triage 1 of 2", "evil", "R replay", "D discard", "q summary", "2 entries", "sample")
        assert not any(RAW.search(line) for line in screen.display)
        screen.keys("i")
        screen.wait("Esc back", '"event"')
        screen.keys("  ")
        screen.keys("q")
        screen.wait("Triage 1 of 2")
        screen.keys("?")
        screen.wait("any key goes back")
        screen.keys("q")
        screen.keys("n")
        screen.wait("Triage 2 of 2", "no error told")
        assert not any(RAW.search(line) for line in screen.display)
        assert leave(screen) == 0


def test_a_screen_that_changes_its_size(place: Place) -> None:
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1", "enr_1")
        screen.resize(60, 20)
        screen.wait("Triage 1 of 1", "enr_1", "q summary")
        assert leave(screen) == 0


def test_nothing_to_go_through(place: Place) -> None:
    with place.triage() as screen:
        assert screen.end() == 0
        assert "no dead letters" in screen.text
    place.push(failed(1))
    with place.triage("--error", "nothing says this") as screen:
        assert screen.end() == 0
        assert "none of 1 match" in screen.text


def test_redis_that_is_not_there(place: Place) -> None:
    with place.triage(REDIS_URL="redis://127.0.0.1:9/0") as screen:
        assert screen.end() == 3
        assert screen.settings == screen.settings_before


def test_off_a_terminal_another_command_is_named(place: Place) -> None:
    run = shema("dlq", "triage", env=place.env)
    assert (run.code, "shema dlq stats" in run.err) == (2, True)
    run = shema("dlq", "triage", "--json", env=place.env)
    assert (run.code, run.json["error"]["code"]) == (2, "no_terminal")


def test_the_target_is_the_one_that_was_looked_at(place: Place, service: Service) -> None:
    """Somebody switches the profile while a triage is open."""
    place.push(failed(1))
    with place.triage() as screen:
        screen.wait("Triage 1 of 1")
        config = Path(place.env["SHEMA_CONFIG_DIR"])
        config.mkdir(parents=True, exist_ok=True)
        (config / "config.toml").write_text(
            'default_profile = "production"\n[profiles.production]\nconfirm = "type-name"\n'
        )
        at_the_question(screen)
        screen.wait("Target: default")
        screen.keys("y\r")
        screen.wait("1 replayed")
        screen.keys("q\r")
        screen.wait("Triage summary")
        screen.keys("q")
        assert screen.end() == 0
    with place.valkey.client() as client:
        assert client.llen(LIST) == 0
