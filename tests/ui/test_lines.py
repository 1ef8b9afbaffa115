"""Command lines that are run in here: the same guards, questions, audit and words as those of the shell."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from shema_cli.context import AppContext
from shema_cli.enrollments.results import Decided, EnrollmentList
from shema_cli.errors import AccessDenied, InvalidUsage, Refused
from shema_cli.output.sink import View
from shema_cli.results import Result
from shema_cli.store import keys
from shema_cli.ui.lines import Desk, Question, typed
from tests.support.waiting import eventually
from tests.support.world import app_of


class Answering:
    """Hears a line, and answers its questions; None leaves one."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.noted: list[str] = []
        self.asked: list[str] = []
        self.shown: list[Result] = []

    def note(self, said: str) -> None:
        self.noted.append(said)

    def warn(self, said: str) -> None:
        self.noted.append(f"warning: {said}")

    def show(self, result: Result, view: View | None) -> None:
        self.shown.append(result)

    def progress(self, line: str) -> None: ...

    def question(self, question: Question) -> None:
        self.asked.append(question.prompt)
        question.answer(self._answers.pop(0))


@pytest.fixture
def app(sandbox: Mapping[str, str]) -> Iterator[AppContext]:
    opened = app_of(sandbox, command="ui")
    opened.admin = opened.gate.authorize(changes=False)
    yield opened
    opened.close()


@pytest.fixture
def desk(app: AppContext) -> Desk:
    return Desk(app)


def pending(desk: Desk) -> str:
    listed = desk.read(("enrollments", "list", "--status", "pending", "--limit", "1")).result
    assert isinstance(listed, EnrollmentList)
    return listed.enrollments[0].id


def actions(sandbox: Mapping[str, str]) -> list[bytes]:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        return [fields[b"action"] for _, fields in client.xrange(keys.AUDIT)]


def test_a_line_is_told_as_it_would_be_typed() -> None:
    assert (
        typed(("enrollments", "reject", "enr-1", "--reason", "no teacher"))
        == "shema enrollments reject enr-1 --reason 'no teacher'"
    )


def test_a_reading_line_hands_back_what_its_command_would_have_shown_to_a_person(desk: Desk) -> None:
    listed = desk.read(("enrollments", "list", "--status", "pending"))
    assert isinstance(listed.result, EnrollmentList)
    assert listed.result.seats  # which are looked up for whoever looks at tables
    assert listed.result.names.people
    assert listed.view is not None


def test_what_a_line_cannot_do_is_told_and_not_raised(desk: Desk) -> None:
    assert isinstance(desk.read(("dlq", "show", "nothing")).error, Exception)
    wrong = desk.read(("enrollments", "list", "--status", "lost"))
    assert isinstance(wrong.error, InvalidUsage)


def test_a_change_is_asked_about_and_audited_under_the_name_of_its_command(
    desk: Desk, sandbox: Mapping[str, str]
) -> None:
    one, heard = pending(desk), Answering("y")
    done = desk.act(("enrollments", "approve", one), heard, threading.Event()).result
    assert isinstance(done, Decided)
    assert done.summary == {"approved": 1}
    assert heard.asked == ["Go on? [y/N] "]
    assert any(line.startswith("Target: ") for line in heard.noted)
    assert len(heard.shown) == 1  # what comes of it, before the question
    assert actions(sandbox)[-1] == b"approve"
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        assert client.xrevrange(keys.AUDIT, count=1)[0][1][b"command"] == b"enrollments approve"


@pytest.mark.parametrize("answer", ["", "n", "yy", "yes please", None])
def test_what_is_not_agreed_to_changes_nothing(desk: Desk, sandbox: Mapping[str, str], answer: str | None) -> None:
    before = actions(sandbox)
    outcome = desk.act(("enrollments", "approve", pending(desk)), Answering(answer), threading.Event())
    assert outcome.result is None
    assert outcome.error is not None
    assert "nothing was changed" in outcome.error.message
    assert actions(sandbox) == before


def test_what_is_missing_is_asked_for(desk: Desk) -> None:
    heard = Answering("no teacher", "y")
    done = desk.act(("enrollments", "reject", pending(desk)), heard, threading.Event()).result
    assert isinstance(done, Decided)
    assert done.summary == {"rejected": 1}
    assert heard.asked == ["Reason for the rejection: ", "Go on? [y/N] "]


def test_a_protected_profile_wants_its_name(app: AppContext, desk: Desk) -> None:
    app.settings.profile_options["confirm"] = "type-name"  # type: ignore[index]
    refused = desk.act(("enrollments", "approve", pending(desk)), Answering("y"), threading.Event())
    assert isinstance(refused.error, Refused)
    named = Answering(app.settings.profile_label)
    assert isinstance(desk.act(("enrollments", "approve", pending(desk)), named, threading.Event()).result, Decided)
    assert named.asked == [f"type {app.settings.profile_label} to go on: "]


def test_where_nothing_may_be_changed_nothing_is(sandbox: Mapping[str, str]) -> None:
    app = app_of({**sandbox, "SHEMA_READ_ONLY": "1"}, command="ui")
    app.admin = app.gate.authorize(changes=False)
    desk = Desk(app)
    heard = Answering()
    outcome = desk.act(("enrollments", "approve", pending(desk)), heard, threading.Event())
    assert isinstance(outcome.error, Refused)
    assert outcome.error.code == "read_only"
    assert heard.asked == []
    app.close()


def test_a_change_asks_firebase_although_reading_does_not(app: AppContext, desk: Desk) -> None:
    """The admin of the console may have been one when it was opened."""
    one, asked = pending(desk), []

    class Closed:
        def authorize(self, *, changes: bool) -> None:
            asked.append(changes)
            raise AccessDenied("not_admin", "no admin any more")

    app._open_gate = lambda *_: Closed()  # type: ignore[assignment]
    assert isinstance(desk.read(("enrollments", "list")).result, EnrollmentList)
    assert asked == []
    outcome = desk.act(("enrollments", "approve", one), Answering("y"), threading.Event())
    assert isinstance(outcome.error, AccessDenied)
    assert asked == [True]


def test_a_line_is_stopped_as_by_ctrl_c(desk: Desk) -> None:
    stop = threading.Event()
    stop.set()
    listed = desk.read(("enrollments", "list", "--status", "pending", "--limit", "3")).result
    assert isinstance(listed, EnrollmentList)
    ids = [one.id for one in listed.enrollments]
    with ThreadPoolExecutor(1) as aside:  # as the console runs them: no signal comes there
        done = aside.submit(desk.act, ("enrollments", "approve", *ids), Answering("y"), stop).result().result
    assert isinstance(done, Decided)
    assert done.interrupted
    assert [item.message for item in done.items] == ["not done: interrupted before its turn"] * 3


def test_what_follows_has_ended_before_what_it_uses_is_closed(desk: Desk) -> None:
    stop, heard = threading.Event(), Answering()
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(desk.follow, ("events", "tail"), heard, stop)
        eventually(lambda: heard.noted, what="that it follows")
        stop.set()
        desk.close()
        assert desk._following == 0
        assert running.result().error is None
