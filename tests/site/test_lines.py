"""Every command line of README.md, CONTRIBUTING.md and docs/ can be typed, and ends in a sandbox as it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.sandbox.drill.drills import DRILLS
from shema_cli.sandbox.system.assembly import System
from tests.site.lines import Line, lines_of, pages
from tests.site.reader import NODES, Reader, as_typed, filled_in, names_only, node_named, words_of
from tests.support.sandbox import RESET_WITHIN_S

A_PERSON = "it asks, on a terminal"
ENDLESS = "it ends when it is interrupted"
SELECTS = "it names the command, which wants to be told which ones"
ITS_OWN = "it is about the whole life of a sandbox of one's own: tests/sandbox lives it"
NOT_THERE = "it takes another program, account or machine"
NO_SUCH = "the page shows how it is made: tests/cli/test_adding_a_command.py does it"
SHORTENED = "words are left out"

NOT_RUN = {
    "shema auth login": A_PERSON,
    "shema auth login --browser": A_PERSON,
    "shema auth login --email you@school.test": A_PERSON,
    "shema dlq triage": A_PERSON,
    "shema enrollments review": A_PERSON,
    "shema enrollments review --limit 10": A_PERSON,
    "shema setup": A_PERSON,
    "shema setup PROFILE": A_PERSON,
    "shema setup production": A_PERSON,
    "shema setup staging": A_PERSON,
    "shema ui": A_PERSON,
    "shema ui dlq": A_PERSON,
    "shema ui events -- --where courseId=crs-08": A_PERSON,
    "shema dashboard --watch": ENDLESS,
    "shema dashboard --watch 10": ENDLESS,
    "shema dashboard --watch 60 --json >> numbers.jsonl": ENDLESS,
    "shema dashboard --watch --bell": ENDLESS,
    "shema events record": ENDLESS,
    "shema events record --retain 30d --max-bytes 2GB": ENDLESS,
    "shema dlq discard": SELECTS,
    "shema dlq replay": SELECTS,
    "shema enrollments approve": SELECTS,
    "shema enrollments reject": SELECTS,
    "shema events resend": SELECTS,
    "shema events schema": SELECTS,
    "shema sandbox traffic": ENDLESS,
    "shema sandbox run -- shema dashboard": ITS_OWN,
    "shema sandbox start": ITS_OWN,
    "shema sandbox stop": ITS_OWN,
    "shema sandbox tour": ITS_OWN,
    "op inject -i production.env | shema setup production --from - --yes --json": NOT_THERE,
    "shema auth login --service-account key.json": NOT_THERE,
    "shema auth logout --everywhere": NOT_THERE,
    "sudo -u shema SHEMA_STATE_DIR=/var/lib/shema shema auth login --service-account /etc/shema/key.json": NOT_THERE,
    "shema help json rooms list": NO_SUCH,
    "shema rooms list": NO_SUCH,
    "shema config set REDIS_URL redis://…": SHORTENED,
    "shema events tail -o json --type …": SHORTENED,
    "shema sandbox …": SHORTENED,
}
"""What cannot be run here, and why; its command reads it all the same, where there is one and all words are."""

MISSED_NOTHING = (1,)
ENDS = {
    "COURSE_SERVICE_URL=http://127.0.0.1:4003 shema dashboard": (0, 1),  # where nothing listens
    "shema --profile production dashboard": (4,),  # it was set up on the page; nobody has signed in to it
    "shema dashboard --until healthy --wait 120 > /dev/null && ./go-on.sh": (1,),  # dead letters wait
    "shema events resend 1769990400000-0 evt_00000000-0000-7000-8000-000000000008": (1,),  # another history's entries
    "shema events resend --missed-by SERVICE --since 2h --canary 2": MISSED_NOTHING,
    "shema events resend --missed-by SERVICE --since 2h --dry-run": MISSED_NOTHING,
    "shema events resend --missed-by schedule --since 2h": MISSED_NOTHING,
    "shema events resend --missed-by schedule --since 2h --canary 5": MISSED_NOTHING,
    "shema events resend --missed-by schedule --since 2h --dry-run": MISSED_NOTHING,
    "shema sandbox drill --check": (1,),  # it is not solved yet
    "shema sandbox drill --hint": (1,),
    "shema services deregister SERVICE URL": (1,),  # no such instance is registered
}
"""Lines that end otherwise than the examples of their command, and why. The README's tour resends what was missed."""

AFRESH = {"shema dlq ack 0e62ad21f8 --note 'ticket 812' --until 3d"}
"""Lines for which the sandbox is as at the start again: the page has replayed before what it speaks of here."""

EXAMPLES = {example.line for node in NODES.values() for example in node.examples}
USAGES = {f"shema {node.path} {node.usage}" for node in NODES.values()}
PLAYED = {f"shema sandbox drill {drill.name}" for drill in DRILLS}


def stands_on(page: Path) -> list[Line]:
    """The lines of a page; the reference's own, made of the command tree, are tried where that is (tests/help)."""
    written = EXAMPLES | USAGES if page.parent.name == "reference" else set()
    return [line for line in lines_of(page) if line.text not in written]


LINES = {page: stands_on(page) for page in pages()}


def to_run() -> dict[Path, list[str]]:
    """Page → what is typed there and on none before it. The runbook's drills are played by tests/sandbox/drill."""
    done = set(NOT_RUN)
    found: dict[Path, list[str]] = {}
    for page, lines in LINES.items():
        done |= PLAYED if page.name == "operations.md" else set()
        found[page] = [line.text for line in lines if line.text not in done and not names_only(line.text)]
        done.update(found[page])
    return {page: texts for page, texts in found.items() if texts}


@pytest.mark.parametrize(("page", "texts"), [pytest.param(*item, id=item[0].name) for item in to_run().items()])
def test_what_stands_there_runs(page: Path, texts: list[str], reader: Reader, sandbox_system: System) -> None:
    wrong = []
    for text in texts:
        if text in AFRESH:
            sandbox_system.call(sandbox_system.reset(), RESET_WITHIN_S)
        line = as_typed(filled_in(text))
        code, said = reader.type(line)
        if line.startswith("shema auth logout"):
            sandbox_system.sign_in()
        may_end = ENDS.get(text) or {
            0,
            *(code for example in node_named(words_of(line)).examples for code in example.ends),
        }
        if code not in may_end:
            wrong.append(f"{page.name}: {line} ends with {code}\n{said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", [page for page, lines in LINES.items() if lines], ids=lambda page: page.name)
def test_what_stands_there_is_understood(page: Path) -> None:
    for line in LINES[page]:
        if NOT_RUN.get(line.text) in (NO_SUCH, SHORTENED):
            continue
        if names_only(line.text):
            continue
        Reader.parse(filled_in(line.text))


def test_what_is_said_of_a_line_is_said_of_one_that_stands_there() -> None:
    there = {line.text for lines in LINES.values() for line in lines}
    assert sorted((NOT_RUN.keys() | ENDS.keys() | AFRESH) - there) == []
    assert len(there) > 250, "the pages are read wrongly"
