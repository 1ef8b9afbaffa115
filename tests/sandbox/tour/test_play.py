from __future__ import annotations

import json
from pathlib import Path

import pytest

from shema_cli.sandbox.tour import play
from shema_cli.sandbox.tour.steps import TourStep
from tests.contract.holding import assert_document
from tests.support.cli import shema
from tests.support.traces import Traces


def test_every_step_of_the_tour_shows_what_it_says(traces: Traces) -> None:
    ended = traces.shema("sandbox", "tour", "--auto", "--json", check=False)
    document = json.loads(ended.stdout)
    assert_document(document, "sandbox tour")
    steps = document["steps"]
    assert [step["title"] for step in steps if not step["as_expected"]] == [], ended.stderr
    assert ended.returncode == 0
    codes = [command["exit_code"] for step in steps for command in step["commands"]]
    assert codes.count(1) == 2  # the dashboard while a service is down, and what it missed
    assert ended.stderr.count("\tschedule.created\t") == 2  # what the tails saw of the replay and of the resend
    traces.nothing_left()


def test_what_runs_beside_a_step_tails_before_the_step_begins(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    tail = f"sleep 1; shema events tail user.updated --limit 1 --for 5s > {seen}"
    publish = """shema events publish user.updated --data '{"userId": "u1", "changes": {}}' --yes"""
    step = TourStep("A change", "It is seen.", (publish,), beside=tail)
    monkeypatch.setattr(play, "steps", lambda _: [step])
    assert shema("sandbox", "tour", "--auto", "--json", env=base_env).code == 0
    assert "user.updated" in seen.read_text()


def test_without_a_terminal_the_tour_names_its_flag(traces: Traces) -> None:
    ended = traces.shema("sandbox", "tour", check=False)
    assert ended.returncode == 2
    assert "--auto" in ended.stderr
    traces.nothing_left()
