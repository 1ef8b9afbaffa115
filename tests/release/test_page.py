"""What the release page says, its checksums, and the bill of materials."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from cyclonedx.model.bom import Bom
from packaging.utils import canonicalize_name, parse_wheel_filename

from release import gathered, page
from shema_cli import __version__
from tests.release.conftest import BUNDLE


def test_the_checksums_are_those_of_every_file(dist: Path) -> None:
    command = ["sha256sum", "--check", "--strict", page.SUMS]
    done = subprocess.run(command, cwd=dist, capture_output=True, text=True, check=True)
    checked = {line.partition(":")[0] for line in done.stdout.splitlines()}
    assert checked == {path.name for path in dist.iterdir()} - {page.SUMS, page.PAGE}


def test_the_page_has_files_changes_and_checksums(dist: Path) -> None:
    text = (dist / page.PAGE).read_text()
    assert text.startswith(f"# shema {__version__}\n")
    assert (dist / page.SUMS).read_text() in text
    assert "\n### Added\n" in text
    for path in dist.iterdir():
        assert path.name == page.PAGE or f"`{path.name}`" in text or path.name == page.SUMS


def test_the_changes_are_those_of_the_version_once_it_is_named() -> None:
    log = "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [0.2.0] - 2026-12-01\n\n- second\n\n## [0.1.0]\n\n- first\n"
    assert page.changes(log, "0.2.0") == "- second\n"
    assert page.changes(log, "0.1.0") == "- first\n"
    assert page.changes(log, "0.3.0") == "- new\n"


def test_the_bill_has_every_part_that_is_bundled(dist: Path) -> None:
    document = json.loads((dist / f"shema-{__version__}.cdx.json").read_bytes())
    bill = Bom.from_json(document)  # type: ignore[attr-defined]
    parts = {(canonicalize_name(one.name), str(one.version)) for one in bill.components}
    told = [parse_wheel_filename(one.name) for one in gathered.wheels(BUNDLE)]
    assert parts == {(name, str(version)) for name, version, *_ in told}
    assert bill.metadata.component.version == __version__
    assert "redis" in {canonicalize_name(one.name) for one in bill.components if one.licenses}
    assert str(dist) not in json.dumps(document)
