"""What each view of the console looks like, at three sizes: the cells of the screen, committed beside this file.

To write them again: `python -m tests.ui.snapshots`.
"""

from __future__ import annotations

from difflib import unified_diff

import pytest

from shema_cli.events.messages import JsonLines
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.json_text import loads
from shema_cli.output.sanitize import safe_json
from tests.contract.holding import assert_document
from tests.ui.canned import school
from tests.ui.canned.desk import FOLLOWED, READS
from tests.ui.canned.letters import ENTRIES, families
from tests.ui.snapshots import FOLDER, SHOTS, SIZES, SUFFIX, Shot, name_of, screen

WRITE = "python -m tests.ui.snapshots"


def test_there_is_a_snapshot_of_every_view_and_no_other() -> None:
    wanted = {name_of(shot, columns) for shot in SHOTS for columns, _ in SIZES}
    assert wanted == {path.name for path in FOLDER.glob(f"*{SUFFIX}")}, WRITE


@pytest.mark.parametrize("shot", SHOTS, ids=[shot.name for shot in SHOTS])
async def test_a_view_is_as_it_was_committed(shot: Shot) -> None:
    for columns, lines in SIZES:
        name = name_of(shot, columns)
        before, now = (FOLDER / name).read_text(encoding="utf-8"), await screen(shot, columns, lines)
        if now != before:
            shown = unified_diff(before.splitlines(), now.splitlines(), "committed", "now", lineterm="")
            pytest.fail("\n".join([f"{name} is another one; as it is wanted so: {WRITE}", *shown]), pytrace=False)


GIVEN = {
    "enrollments show": ("enr-0314",),
    "courses show": ("crs-01",),
    "dlq list": ("--fingerprint", families().by_error[0].fingerprint),
    "dlq show": (ENTRIES[0].id,),
    "events missed": ("schedule",),
}


@pytest.mark.parametrize("path", READS)
def test_what_is_canned_has_the_shape_of_the_contract(path: str) -> None:
    told = READS[path]((*path.split(), *GIVEN.get(path, ())))
    assert_document(loads(safe_json(told.document())), path)


@pytest.mark.parametrize("what", FOLLOWED)
def test_so_has_what_comes_as_it_happens(what: str) -> None:
    lines = JsonLines()
    for result in FOLLOWED[what]():
        if isinstance(result, NoticeLine):
            assert_document(result.document(), "events tail")
        else:
            assert isinstance(result, MessageLines)
            for one in result.messages:
                assert_document(loads(lines.line(one)), "events tail")


def test_so_has_what_becomes_of_a_decision() -> None:
    for result in (school.foreseen(), school.decided()):
        assert_document(loads(safe_json(result.document())), "enrollments approve")
