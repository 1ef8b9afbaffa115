"""`docs/glossary.md`: each word stands there once, and the place that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?!word \||---)([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
PLACE = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))


def test_every_word_has_a_place_that_is_there() -> None:
    assert len(rows()) > 60
    for word, _, where in rows():
        places = PLACE.findall(where)
        assert places, word
        assert [place for place in places if not (ROOT / "shema_cli" / place).exists()] == [], word


def test_no_word_stands_there_twice() -> None:
    words = [word for row in rows() for word in row[0].split(", ")]
    assert sorted(words) == sorted(set(words))
