"""What a command is given: opened when it is used, closed with it, in the words of its options."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.admin import Admin
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import InvalidUsage, Refused
from shema_cli.output.sink import Format
from shema_cli.output.streams import Streams
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.support.cli import CapturedStream
from tests.support.in_process import in_process, store_in_process
from tests.support.trail import audited
from tests.support.world import ANA, NOW, StillClock, app_of

WORDS = st.none() | st.sampled_from(["a", "b"])
OPTIONS = st.builds(
    GlobalOptions,
    output=WORDS,
    verbose=st.booleans(),
    log_format=WORDS,
    profile=WORDS,
    env_file=st.none() | st.just(Path("e")),
)


# -- options -----------------------------------------------------------------------------------------------------


@given(OPTIONS, OPTIONS)
def test_what_was_given_here_wins_over_what_was_given_before_the_command(
    here: GlobalOptions, before: GlobalOptions
) -> None:
    merged = here.over(before)
    assert merged.output == (here.output or before.output)
    assert merged.profile == (here.profile or before.profile)
    assert merged.env_file == (here.env_file or before.env_file)
    assert merged.log_format == (here.log_format or before.log_format)
    assert merged.verbose is (here.verbose or before.verbose)


@given(OPTIONS, OPTIONS, OPTIONS)
def test_options_over_options_over_options_are_the_same_in_either_order_of_merging(
    one: GlobalOptions, two: GlobalOptions, three: GlobalOptions
) -> None:
    assert one.over(two).over(three) == one.over(two.over(three))
    assert one.over(GlobalOptions()) == GlobalOptions().over(one) == one.over(one) == one


# -- opening -----------------------------------------------------------------------------------------------------


def streams(environ: dict[str, str], *, terminal: bool = False, typed: bytes = b"") -> Streams:
    return Streams(
        CapturedStream(typed, terminal=terminal),
        CapturedStream(terminal=terminal),
        CapturedStream(terminal=terminal),
        {"TERM": "xterm", **environ},
    )


def opened(base_env: dict[str, str], options: GlobalOptions | None = None, **environ: str) -> AppContext:
    return AppContext.open(streams(base_env | environ), options or GlobalOptions(), "services list")


@pytest.mark.parametrize(
    ("option", "variable", "format"),
    [(None, None, Format.TABLE), (None, "json", Format.JSON), ("csv", "json", Format.CSV), ("table", None, "table")],
)
def test_the_format_is_the_options_then_the_variables(
    base_env: dict[str, str], option: str | None, variable: str | None, format: str
) -> None:
    environ = {"SHEMA_OUTPUT": variable} if variable else {}
    assert opened(base_env, GlobalOptions(output=option), **environ).output.format == format


@pytest.mark.parametrize("value", ["yaml", "JSON", "tables"])
def test_a_format_that_is_none_is_told_by_its_variable(base_env: dict[str, str], value: str) -> None:
    with pytest.raises(InvalidUsage, match=f"SHEMA_OUTPUT: '{value}'") as told:
        opened(base_env, SHEMA_OUTPUT=value)
    assert told.value.hint == "use table, json or csv"


def test_nothing_is_opened_before_it_is_used_and_all_is_closed_with_the_command(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(Store, "close", lambda self: closed.append("store"))
    idle = opened(base_env)
    idle.close()
    assert closed == []
    app = opened(base_env, REDIS_URL="redis://h")
    assert app.store is app.store
    app.on_close(lambda: closed.append("later"))
    app.close()
    assert closed == ["later", "store"], "what was opened last is closed first"
    assert not Path(base_env["SHEMA_STATE_DIR"]).exists()


# -- the profile in questions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "typed", "goes_on", "shown"),
    [
        ('confirm = "type-name"', b"live\n", True, "type live to go on"),
        ('confirm = "type-name"', b"y\n", False, "type live to go on"),
        ("", b"y\n", True, "Target: \x1b[1mlive\x1b[0m"),
        ('color = "red"', b"y\n", True, "Target: \x1b[1;31mlive\x1b[0m"),
        ('Color = "Cyan"', b"y\n", True, "Target: \x1b[1;36mlive\x1b[0m"),
    ],
)
def test_a_profile_says_how_it_is_asked_about(
    toml: str, typed: bytes, goes_on: bool, shown: str, base_env: dict[str, str]
) -> None:
    config = Path(base_env["SHEMA_CONFIG_DIR"])
    config.mkdir()
    (config / "config.toml").write_text(f"[profiles.live]\n{toml}\n")
    there = streams(base_env, terminal=True, typed=typed)
    app = AppContext.open(there, GlobalOptions(profile="live"), "x")
    if goes_on:
        app.person.confirm("Sure?", yes=False)
    else:
        with pytest.raises(Refused):
            app.person.confirm("Sure?", yes=False)
    assert shown in there.stderr.bytes.decode()  # type: ignore[attr-defined]


# -- the admin in the middle of a run ----------------------------------------------------------------------------


class Renewing:
    """A gate that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def authorize(self, *, changes: bool) -> Admin:
        return ANA

    def renew(self, admin: Admin, *, now: bool = False) -> Admin:
        self.asked.append("renew now" if now else "renew")
        return replace(admin, expires_at=admin.expires_at + timedelta(hours=1))

    def look_on(self, admin: Admin) -> Admin:
        self.asked.append("look on")
        return admin


@pytest.mark.parametrize(("changes", "asked"), [(True, ["renew", "renew"]), (False, ["look on", "look on"])])
def test_a_long_run_asks_for_its_admin_in_the_way_of_its_command(changes: bool, asked: list[str]) -> None:
    app, gate = app_of({}), Renewing()
    app.gate = gate
    app.changes, app.admin = changes, ANA
    for _ in range(2):
        app.still_admin()
    assert gate.asked == asked
    assert app.admin is not None
    assert app.admin.expires_at == ANA.expires_at + timedelta(hours=2 if changes else 0)


@pytest.mark.parametrize(("yes", "asked"), [(False, ["renew now"]), (True, ["renew"])])
def test_after_a_question_was_answered_firebase_is_asked_again(
    yes: bool, asked: list[str], base_env: dict[str, str]
) -> None:
    """However short it stood; a --yes follows upon the gate, or upon what has taken its time since."""
    app, gate = AppContext.open(streams(base_env, terminal=True, typed=b"y\n"), GlobalOptions(), "x"), Renewing()
    app.gate = gate
    app.changes, app.admin = True, ANA
    app.person.confirm("Sure?", yes=yes)
    assert gate.asked == asked


def test_where_nobody_had_to_sign_in_nobody_is_asked() -> None:
    app, gate = app_of({}), Renewing()
    app.gate = gate
    app.still_admin()
    assert gate.asked == []


def test_the_trail_is_written_in_the_name_of_the_admin_and_the_command() -> None:
    app, client = app_of({}, StillClock(NOW), command="dlq replay"), in_process()
    app._store = store_in_process(client)
    app.admin = ANA
    app.journal.append(action="replay", target="x")
    (entry,) = audited(client)
    assert (entry["actor"], entry["actorEmail"], entry["command"]) == (ANA.uid, ANA.email, "dlq replay")
    assert entry["profile"] == "default"
    assert client.exists(keys.AUDIT)


# -- calls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (GlobalOptions(verbose=True), "user /x"),
        (GlobalOptions(log_format="json"), '{"service":"user","endpoint":"/x\\u001b"}'),
    ],
)
def test_the_log_of_calls_is_text_or_json_on_stderr(
    options: GlobalOptions, line: str, base_env: dict[str, str]
) -> None:
    app = opened(base_env, options)
    app._log_call({"service": "user", "endpoint": "/x\x1b"})
    said = app.output.streams.stderr.bytes.decode()  # type: ignore[attr-defined]
    assert line in said
    assert "\x1b" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "logs"),
    [
        (GlobalOptions(), False),
        (GlobalOptions(verbose=True), True),
        (GlobalOptions(log_format="text"), True),
        (GlobalOptions(log_format="json"), True),
    ],
)
def test_calls_are_logged_where_that_was_asked_for(
    options: GlobalOptions, logs: bool, base_env: dict[str, str]
) -> None:
    assert (opened(base_env, options).services()._transport._log is not None) is logs


def test_threads_that_ask_at_once_get_one_store() -> None:
    app = app_of({"REDIS_URL": "redis://127.0.0.1:1"})
    with ThreadPoolExecutor(4) as threads:
        assert len({id(store) for store in threads.map(lambda _: app.store, range(16))}) == 1
    app.close()


# -- beside another ----------------------------------------------------------------------------------------------


def test_what_reads_beside_another_reads_over_its_connection_and_what_changes_over_its_own(tmp_path: Path) -> None:
    app = app_of({"REDIS_URL": "redis://127.0.0.1:1", "SHEMA_STATE_DIR": str(tmp_path)})
    reads, changes = (app.beside("dlq list", app.output), app.beside("dlq replay", app.output))
    changes.changes = True
    assert reads.store is app.store
    assert changes.store is not app.store
    assert reads.settings is changes.settings is app.settings
    for one in (reads, changes, app):
        one.close()
