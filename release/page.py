"""The release page and the checksums."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

from release.source import ROOT, moment, pythons, version

SUMS = "SHA256SUMS"
PAGE = "RELEASE.md"
HOW = {
    r".*\.pyz": ("Python {oldest} to {newest} on Linux, no installing", "chmod +x {name} && ./{name} --version"),
    r".*\.deb": ("Debian and Ubuntu with Python {oldest} to {newest}", "apt install ./{name}"),
    r".*\.whl": ("uv, pipx, pip", "uv tool install ./{name}"),
    r".*\.tar\.gz": ("packagers: everything that git knows", "tar xf {name}"),
    r"shema\.rb": ("Homebrew", "brew install --formula ./{name}"),
    r".*\.cdx\.json": ("the bill of materials of the one file and the Debian package, CycloneDX", ""),
}
"""Which file is for whom, and what they type."""


def build(out: Path) -> tuple[Path, Path]:
    """Write checksums of all that stands in `out`, and the page about it."""
    files = sorted(path for path in out.iterdir() if path.name not in (SUMS, PAGE))
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (out / SUMS).write_text(sums, encoding="utf-8")
    day = datetime.fromtimestamp(moment(), UTC).date()
    page = f"""\
# shema {version()}

{day:%-d %B %Y}

## Files

| file | for | how |
|---|---|---|
{"".join(_row(path) for path in files)}
## Changes

{changes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version())}
## Checksums

Beside the files: `sha256sum --check {SUMS}`.

```
{sums}```
"""
    (out / PAGE).write_text(page, encoding="utf-8")
    return out / SUMS, out / PAGE


def changes(changelog: str, of: str) -> str:
    """The section about a version, else the one about what is not released yet."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    told = {section.partition("]")[0].lstrip("["): section.partition("\n")[2].strip() for section in sections}
    return (told.get(of) or told["Unreleased"]) + "\n"


def _row(path: Path) -> str:
    for pattern, (who, how) in HOW.items():
        if re.fullmatch(pattern, path.name):
            names = {"name": path.name, "oldest": pythons()[0], "newest": pythons()[-1]}
            return f"| `{path.name}` | {who.format(**names)} | {f'`{how.format(**names)}`' if how else ''} |\n"
    raise ValueError(f"nothing is said of {path.name}")
