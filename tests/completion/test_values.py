"""The values that live, for TAB, out of a Redis in this process: whatever is wrong, nothing is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.completion import install, live
from shema_cli.completion.scripts import FILES, script
from shema_cli.context import AppContext
from shema_cli.errors import Failed, InvalidUsage
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from shema_cli.store import connection, keys
from tests.dlq.support import entry_id, letter, push
from tests.support.cli import CapturedStream
from tests.support.in_process import URL, InProcessClient, in_process
from tests.support.signed_in import signed_in
from tests.support.world import ANA, StillClock, still


class Let:
    """A gate that lets Ana through, or nobody."""

    def __init__(self, app: AppContext) -> None:
        app._open_gate = None
        app.__dict__["gate"] = self
        self.lets = True

    def authorize(self, *, changes: bool) -> object:
        if not self.lets:
            raise Failed("not_signed_in", "nobody is signed in", "")
        return ANA


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> InProcessClient:
    client = in_process()
    monkeypatch.setattr(connection, "connect", client.server.client)
    return client


@pytest.fixture
def app(client: InProcessClient, tmp_path: Path) -> Iterator[AppContext]:
    environ = {
        "SHEMA_CONFIG_DIR": str(tmp_path),
        "SHEMA_STATE_DIR": str(tmp_path / "state"),
        "REDIS_URL": URL,
        "CHAT_SERVICE_URL": "http://chat:1,http://chat:2",
    }
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), environ)
    app = AppContext(load_settings(environ=environ, cwd=tmp_path), streams, clock=still(1_772_352_000.0))
    Let(app)
    yield app
    app.close()


def test_dead_letters_are_told_by_their_type_and_age(app: AppContext, client: InProcessClient) -> None:
    push(client, [b"junk", letter(1)])
    (newest, about), (junk, what) = live._values(app, "dead-letters")
    assert (newest, junk, what) == (entry_id(letter(1)), entry_id(b"junk"), "invalid")
    assert about.startswith("ENROLLMENT_APPROVED, ")


def test_runs_are_told_by_whose_they_are(app: AppContext, client: InProcessClient) -> None:
    client.hset(f"{keys.RUN_PREFIX}0123456789abcdef", mapping={"action": "events.resend", "actorEmail": "a@b.test"})
    client.zadd(keys.RUNS, {"0123456789abcdef": 1})
    assert live._values(app, "runs") == [("0123456789abcdef", "resend by a@b.test")]


def test_channels_and_sessions_are_those_that_somebody_follows(app: AppContext, client: InProcessClient) -> None:
    follower = client.pubsub()
    follower.subscribe("user.updated", "chat:session:s1", "shema-cli:tail:*")
    assert live._values(app, "channels") == [
        ("chat:session:s1", "subscribed to now"),
        ("user.updated", "subscribed to now"),
    ]
    assert live._values(app, "sessions") == [("s1", "open now")]
    follower.close()


def test_services_are_those_of_the_settings_and_of_the_registry(app: AppContext, client: InProcessClient) -> None:
    client.hset("{shema}:registry:zither", "http://z:1", "{}")
    client.hset("{shema}:registry:chat", "http://chat:9", "{}")
    assert live._values(app, "services") == [("chat", "http://chat:1, http://chat:2"), ("zither", "registered")]


def test_an_answer_is_kept_for_a_moment_and_for_whoever_asked(app: AppContext, client: InProcessClient) -> None:
    push(client, [letter(1)])
    first = live._values(app, "dead-letters")
    client.flushall()
    assert live._values(app, "dead-letters") == first
    clock = app.clock
    assert isinstance(clock, StillClock)
    clock.advance(live.FRESH_S - 0.1)
    assert live._values(app, "dead-letters") == first
    clock.advance(0.1)
    assert live._values(app, "dead-letters") == []
    gate = app.gate
    assert isinstance(gate, Let)
    gate.lets = False
    with pytest.raises(Failed):
        live._values(app, "dead-letters")


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"at":"x"}', b'{"at":0}', b'{"at":1772352000,"values":[1]}'])
def test_what_was_kept_and_makes_no_sense_is_asked_for_again(
    app: AppContext, client: InProcessClient, kept: bytes
) -> None:
    app.admin = ANA
    app.state.write(f"completion-{live._key(app, 'dead-letters')}.json", kept)
    push(client, [letter(1)])
    assert len(live._values(app, "dead-letters")) == 1


def test_what_was_kept_in_the_future_is_not_believed(app: AppContext, client: InProcessClient) -> None:
    app.admin = ANA
    later = json.dumps({"at": app.clock.now().timestamp() + 60, "values": [["x", "y"]]}).encode()
    app.state.write(f"completion-{live._key(app, 'dead-letters')}.json", later)
    assert live._values(app, "dead-letters") == []


def test_answers_are_kept_apart_by_kind_and_person(app: AppContext) -> None:
    app.admin = ANA
    mine = live._key(app, "dead-letters")
    assert mine != live._key(app, "channels")
    app.admin = None
    assert mine != live._key(app, "dead-letters")


@pytest.mark.parametrize(
    ("argv", "read"),
    [
        (["services", "ch"], ("services", "ch", None, None)),
        (["services"], ("services", "", None, None)),
        (["--profile", "p", "services", ""], ("services", "", "p", None)),
        (["--profile=p", "--env-file=x/.env", "services", "a"], ("services", "a", "p", "x/.env")),
    ],
)
def test_what_stands_on_the_line_is_taken_along(argv: list[str], read: tuple[str | None, ...]) -> None:
    kind, prefix, options = live._read(argv)
    env_file = str(options.env_file) if options.env_file else None
    assert (kind, prefix, options.profile, env_file) == read


@pytest.mark.parametrize("argv", [[], ["nothing"], ["--profile"], ["--profile", "none", "services"], ["services"]])
def test_whatever_is_wrong_nothing_is_said(argv: list[str], base_env: dict[str, str]) -> None:
    def open_gate(*_: object) -> object:
        raise KeyboardInterrupt

    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), {**base_env, **signed_in()})
    assert live.run(argv, streams, open_gate) == 0  # type: ignore[arg-type]
    assert (streams.stdout.bytes, streams.stderr.bytes) == (b"", b"")  # type: ignore[attr-defined]


def test_of_many_values_so_many_are_offered_that_begin_as_was_typed(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [(f"p{n}", "about\x1b[2J") for n in range(500)] + [("other", "")]
    monkeypatch.setitem(live._SOURCES, "profiles", lambda app: values)
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), base_env)
    assert live.run(["profiles", "p"], streams, lambda *_: None) == 0  # type: ignore[arg-type]
    lines = streams.stdout.bytes.decode().splitlines()  # type: ignore[attr-defined]
    assert (len(lines), lines[0]) == (live.MOST, "p0\tabout\\x1b[2J")


# -- where the scripts go --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", sorted(FILES))
def test_a_script_is_missing_current_and_outdated(shell: str, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    path = install.place_of(shell, environ)
    assert install.state_of(shell, environ) == "missing"
    assert not install.install(shell, environ, dry_run=True).written
    assert not path.exists()
    done = install.install(shell, environ, dry_run=False)
    assert (done.written, install.state_of(shell, environ)) == (True, "current")
    assert path.stat().st_mode & 0o777 == 0o644
    assert not install.install(shell, environ, dry_run=False).written
    path.write_text("# an older one\n")
    assert install.state_of(shell, environ) == "outdated"
    assert (list(done.notes()), done.document()["path"]) == ([done.next_step], str(path))


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", "bash-completion/completions/shema"),
        ("zsh", "zsh/vendor-completions/_shema"),
        ("fish", "fish/vendor_completions.d/shema.fish"),
    ],
)
def test_a_script_that_a_package_has_brought_counts(shell: str, place: str, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": f"{tmp_path}/local:{tmp_path}/share"}
    assert install.state_of(shell, environ) == "missing"
    brought = tmp_path / "share" / place
    brought.parent.mkdir(parents=True)
    brought.write_text(script(shell), encoding="utf-8")
    assert install.state_of(shell, environ) == "current"
    own = install.place_of(shell, environ)
    own.parent.mkdir(parents=True)
    own.write_text("of an older version", encoding="utf-8")
    assert install.state_of(shell, environ) == "outdated"  # the shell finds one's own first


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".config").touch()
    with pytest.raises(Failed, match="cannot be written"):
        install.install("fish", {"HOME": str(tmp_path)}, dry_run=False)


@pytest.mark.parametrize(
    ("value", "shell"), [("/usr/bin/zsh", "zsh"), ("bash", "bash"), ("/opt/pwsh", "powershell"), ("/bin/fish", "fish")]
)
def test_the_shell_is_that_of_the_login(value: str, shell: str) -> None:
    assert install.own_shell({"SHELL": value}) == shell


@pytest.mark.parametrize(("value", "said"), [("", "SHELL is not set"), ("/bin/tcsh", "no completion for tcsh")])
def test_a_shell_that_is_none_of_ours_is_asked_for(value: str, said: str) -> None:
    with pytest.raises(InvalidUsage, match=said):
        install.own_shell({"SHELL": value})
