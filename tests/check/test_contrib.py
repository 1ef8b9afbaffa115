"""The files of `contrib/`: they load, and name only figures and options that there are."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shema_cli.app import tree
from shema_cli.check import AREAS
from shema_cli.check.figures import MEASURES

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "contrib"
NAMES = {one.name for one in MEASURES}
OTHERS = {"node_textfile_mtime_seconds"}
LABELS = {"area", "channel", "file", "fingerprint", "instance", "service"}
WORDS = {"time", "sum", "min", "max", "by", "on", "and", "or", "unless", "delta", "topk", *LABELS}


def words(expression: str) -> set[str]:
    """Whatever is a name in an expression, without what stands in quotes and without durations."""
    bare = re.sub(r"\[\d+[smhd]\]", "", re.sub(r'"[^"]*"', "", expression))
    return set(re.findall(r"[a-z_]{2,}", bare))


def holds(expression: str) -> None:
    assert words(expression) - WORDS <= NAMES | OTHERS, expression
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing), expression


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((CONTRIB / "prometheus/shema.rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_rule(rule: dict[str, Any]) -> None:
    holds(rule["expr"])
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    for template in re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])):
        assert template in LABELS
    for area in re.findall(r'area="(\w+)"', rule["expr"]):
        assert area in AREAS


def test_the_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names)) > 8


def test_the_board() -> None:
    board = json.loads((CONTRIB / "grafana/shema.json").read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        for target in panel["targets"]:
            holds(target["expr"])
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= LABELS
    assert board["templating"]["list"][0]["type"] == "datasource"


def test_the_units_of_systemd() -> None:
    units = {}
    for name in ("service", "timer"):
        units[name] = configparser.ConfigParser(strict=False, interpolation=None)
        units[name].optionxform = str  # type: ignore[assignment, method-assign]
        units[name].read(CONTRIB / f"systemd/shema-check.{name}")
    service, timer = units["service"], units["timer"]
    assert service["Service"]["SuccessExitStatus"] == "1 2 3"
    folder = service["Service"]["ReadWritePaths"]
    assert f"--write {folder}/" in service["Service"]["ExecStart"]
    assert timer["Timer"]["OnUnitActiveSec"]


def test_the_workflow() -> None:
    steps = yaml.safe_load((CONTRIB / "github/shema-check.yml").read_text())["jobs"]["check"]["steps"]
    assert [step for step in steps if "shema check" in step.get("run", "")]


def command_lines() -> Iterator[tuple[str, str]]:
    for path in [*CONTRIB.rglob("*"), ROOT / "docs/monitoring.md"]:
        if path.is_file():
            for line in path.read_text().splitlines():
                if re.search(r'shema check|"--|shema", "check', line):
                    yield path.name, line


def test_every_option_that_they_give_exists() -> None:
    (check,) = [node for node in tree().walk() if node.path == "check"]
    known = {name for option in check.options for name in option.names}
    found = list(command_lines())
    assert len(found) > 10
    for name, line in found:
        given = set(re.findall(r"(?<![\w-])--[a-z-]+", line))
        assert given <= known, (name, line)
