"""How a diagnosis looks on a terminal: a line a finding, what to do below it."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from shema_cli.doctor.results import Diagnosis, Finding, FindingState
from shema_cli.output.tables import text

STYLES = {FindingState.OK: "green", FindingState.WARN: "yellow", FindingState.FAIL: "red bold"}
WIDE = 60
BELOW = "see below"


def diagnosis(result: Diagnosis, width: int) -> RenderableType:
    """A line a finding; on a narrow terminal its name stands above it."""
    drawn = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    if width >= WIDE:
        drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold", ratio=1)
    for finding in result.findings:
        said = text(_without_copy(finding, finding.message))
        if finding.advice:
            said = Text.assemble(said, "\n", ("try: ", "dim"), text(_without_copy(finding, finding.advice)))
        state, name = Text(finding.state.value, style=STYLES[finding.state]), f"{finding.area}: {finding.check}"
        if width >= WIDE:
            drawn.add_row(state, Text(name), said)
        else:
            drawn.add_row(state, Text.assemble((name, "bold"), "\n", said))
    return drawn


def _without_copy(finding: Finding, told: str) -> str:
    return told.replace(finding.to_copy, BELOW) if finding.to_copy else told
