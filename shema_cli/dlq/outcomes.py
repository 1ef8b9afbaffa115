"""What the commands hand back that change something, and the plan that is shown before (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shema_cli.counts import counted
from shema_cli.durations import age
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result, Table

MOST_PROBLEMS = 1000


@dataclass(frozen=True)
class Problem:
    """What went wrong: `unheard`, `skipped`, `invalid`, `failed`, `not_found` or `bounced`."""

    id: str
    outcome: str
    message: str

    def document(self) -> dict[str, str]:
        return {"id": self.id, "outcome": self.outcome, "message": self.message}


@dataclass(frozen=True)
class Plan:
    """What a replay or a discard is about to do. `channels` maps a channel to (entries, who listens now)."""

    count: int
    invalid: int
    at_limit: int
    types: Mapping[str, int]
    channels: Mapping[str, tuple[int, int]]
    oldest: str | None
    oldest_age_s: float | None

    def document(self) -> dict[str, Any]:
        return {
            "replay": self.count,
            "invalid": self.invalid,
            "at_limit": self.at_limit,
            "types": dict(self.types),
            "channels": {name: {"entries": n, "listeners": heard} for name, (n, heard) in self.channels.items()},
            "oldest": self.oldest,
            "oldest_age_s": self.oldest_age_s,
        }

    def question(self, verb: str) -> str:
        """What is asked before it is done: count, age of the oldest, types, listeners (contract 2.2)."""
        when = "" if self.oldest_age_s is None else f", the oldest {age(self.oldest_age_s)} old"
        lines = [f"{verb} {counted(self.count, 'dead letter')}{when}?"]
        for name, (count, heard) in list(self.channels.items())[:12]:
            lines.append(f"  {count:>9,}  {name}  ({_listeners(heard)})")
        if len(self.channels) > 12:
            lines.append(f"  and {len(self.channels) - 12} more channels")
        if not self.channels:
            lines += [f"  {count:>9,}  {name}" for name, count in list(self.types.items())[:12]]
        if self.invalid and self.channels:
            lines.append(f"  {self.invalid:>9,}  invalid, left alone")
        if self.at_limit:
            lines.append(f"  {self.at_limit:>9,}  at their replay limit, left alone")
        return "\n".join(lines)


def _listeners(heard: int) -> str:
    return counted(heard, "listener") if heard else "nobody listens"


@dataclass(frozen=True)
class ReplayResult(Result):
    """`{"replayed", "unheard", …, "problems"}`. `remaining` is what the whole list holds now."""

    replayed: int = 0
    unheard: int = 0
    skipped: int = 0
    invalid: int = 0
    failed: int = 0
    bounced: int = 0
    remaining: int = 0
    problems: tuple[Problem, ...] = ()
    omitted: int = 0
    not_found: int = 0
    chosen_by_id: bool = False
    interrupted: bool = False
    stopped: str | None = None  # why the canary kept the rest from being replayed
    plan: Plan | None = None

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.plan is not None:
            return ExitCode.DONE
        held_back = self.unheard + self.skipped
        amiss = self.failed + self.bounced + self.not_found + (self.invalid if self.chosen_by_id else 0)
        if held_back and not amiss and not self.replayed:
            return ExitCode.REFUSED
        return ExitCode.FAILED if held_back or amiss else ExitCode.DONE

    def counts(self) -> dict[str, int]:
        names = ("replayed", "unheard", "skipped", "invalid", "failed", "bounced", "remaining")
        return {name: getattr(self, name) for name in names}

    def document(self) -> Any:
        more = {"problems_omitted": self.omitted} if self.omitted else {}
        plan = {"plan": self.plan.document()} if self.plan else {}
        return self.counts() | {"problems": [problem.document() for problem in self.problems]} | more | plan

    def table(self) -> Table:
        if self.plan is not None:
            return Table(("channel", "entries", "listeners"), [(n, *pair) for n, pair in self.plan.channels.items()])
        return Table(("outcome", "entries"), list(self.counts().items()))

    def notes(self) -> Iterable[str]:
        if self.plan is not None:
            yield f"dry run: {self.plan.count:,} would be replayed; nothing was changed"
        for problem in self.problems[:10]:
            yield f"{problem.id}  {problem.outcome}: {problem.message}".lstrip()
        if (more := len(self.problems) - 10 + self.omitted) > 0:
            yield f"and {more:,} more problems (-o json lists {len(self.problems):,} of them)"
        if self.stopped:
            yield self.stopped
        if self.interrupted:
            yield "interrupted after the batch in hand; nothing is in flight"
        if self.unheard:
            yield "nobody listens to what is unheard, so it stays: start the service, or pass --allow-unheard"


@dataclass(frozen=True)
class DiscardResult(Result):
    """`{"discarded", "export"}`."""

    discarded: int
    export: str | None
    not_found: tuple[str, ...] = ()
    interrupted: bool = False
    plan: Plan | None = None

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.FAILED if self.not_found else ExitCode.DONE

    def document(self) -> Any:
        plan = {"plan": {"discard": self.plan.count, "types": dict(self.plan.types)}} if self.plan else {}
        missing = {"not_found": list(self.not_found)} if self.not_found else {}
        return {"discarded": self.discarded, "export": self.export} | missing | plan

    def table(self) -> Table:
        return Table(("discarded", "export"), [(self.discarded, self.export)])

    def notes(self) -> Iterable[str]:
        if self.plan is not None:
            yield f"dry run: {self.plan.count:,} would be discarded; nothing was changed"
        if self.not_found:
            yield f"not found: {', '.join(self.not_found)}"
        if self.export:
            yield f"they come back with: shema dlq import {self.export}"


@dataclass(frozen=True)
class Counted(Result):
    """Plain counts and names: what export, import and recover tell."""

    values: Mapping[str, Any]
    remarks: tuple[str, ...] = ()

    def document(self) -> Any:
        return dict(self.values)

    def table(self) -> Table:
        return Table(tuple(self.values), [tuple(self.values.values())])

    def notes(self) -> Iterable[str]:
        return self.remarks
