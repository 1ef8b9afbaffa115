"""The bill of materials: what is bundled with `shema`, as CycloneDX has it."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from release.source import ROOT, version


def build(packages: Path, out: Path, work: Path) -> Path:
    """Write what stands in `packages`, with licences and what needs what; `work` is a folder of its own."""
    environment = work / "environment"
    venv.create(environment, with_pip=False)
    [own] = environment.glob("lib/python*/site-packages")
    (own / "packages.pth").write_text(f"{packages}\n", encoding="utf-8")
    target = out / f"shema-{version()}.cdx.json"
    # To validate it would take longer than all the rest of a release; the suite reads it.
    told = ["--output-reproducible", "--no-validate", "--mc-type", "application", "--of", "JSON"]
    about = ["--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(target)]
    cyclonedx = [sys.executable, "-m", "cyclonedx_py", "environment", *told, *about]
    subprocess.run([*cyclonedx, str(environment / "bin" / "python")], check=True, capture_output=True)
    _name_the_version(target)
    return target


def _name_the_version(target: Path) -> None:
    """pyproject.toml has none of its own: the build reads it from the source."""
    document = json.loads(target.read_bytes())
    document["metadata"]["component"]["version"] = version()
    target.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
