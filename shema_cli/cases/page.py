"""`docs/operations.md`, written from the cases by `make docs`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from shema_cli.cases.book import CASES
from shema_cli.cases.model import Case, Step
from shema_cli.shell import to_type

WIDTH = 160
_CODE = re.compile(r"`[^`]*`")
_SPACE = "\0"
"""Stands for a space in a `code`, which is not broken."""

HEAD = """<!-- Written by `make docs` from shema_cli/cases; do not edit. -->

# Runbook

"""
INTRODUCTION = """
Each case: how it looks, what to do, step by step, and what not to do. What is in capitals is to be filled in. Most
of them can be practised in the [sandbox](sandbox.md#practise).

`shema runbook` is this page at a terminal: it looks as `shema status` does, puts the cases that fit what is wrong
first, fills the commands in with what was seen, and runs each when Enter is pressed, with its own questions and guards;
at the end it looks again. `shema runbook CASE` goes straight in. Off a terminal, and with `--print`, it runs nothing.

Begin with `shema status`: what is wrong now, worst first, each in a line with its cause and the next command; it takes
five seconds at most, whatever is away. What it does not explain is looked for by `shema doctor`, which takes longer and
also looks at this machine. `shema dashboard` has the same first line.
"""


def page() -> str:
    """The whole page."""
    blocks = [
        *(_wrapped(text) for text in INTRODUCTION.strip().split("\n\n")),
        *(block for case in CASES for block in _case(case)),
    ]
    return HEAD + "\n\n".join(blocks) + "\n"


def _case(case: Case) -> Iterator[str]:
    yield f"## {case.title}"
    yield f"`{to_type('shema runbook', case.name)}`"
    yield _wrapped(f"**Looks like**: {case.looks_like}")
    yield "\n".join(_step(number, step) for number, step in enumerate(case.steps, start=1))
    if case.meanwhile:
        yield _wrapped(f"**Meanwhile**: {case.meanwhile}")
    if case.never:
        yield "\n".join(["**Do not**:", "", *(_wrapped(one, "- ") for one in case.never)])
    if case.practise:
        yield _wrapped(f"*Practise*: {case.practise}")
    if case.read:
        yield _wrapped(f"*More*: {', '.join(f'[{_name(one)}]({one})' for one in case.read)}.")


def _step(number: int, step: Step) -> str:
    said = [f"*If {step.only_if}*:"] if step.only_if else []
    said += [f"`{step.command}`:"] if step.command else []
    said.append(step.says)
    said += [f"*Look for*: {step.look_for}"] if step.look_for else []
    return _wrapped(" ".join(said), f"{number}. ")


def _name(file: str) -> str:
    return file.removesuffix(".md").replace("-", " ")


def _wrapped(text: str, before: str = "") -> str:
    whole = _CODE.sub(lambda code: code[0].replace(" ", _SPACE), text)
    lines = textwrap.fill(
        whole,
        WIDTH,
        initial_indent=before,
        subsequent_indent=" " * len(before),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.replace(_SPACE, " ")
