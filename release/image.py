"""The container image, built where a builder answers."""

from __future__ import annotations

import shutil
import subprocess

from release.source import ROOT, version

BUILDERS = ("docker", "podman")


def builder() -> tuple[str, str]:
    """The first builder that answers, else an empty name, and what each said."""
    said = []
    for name in BUILDERS:
        if shutil.which(name) is None:
            said.append(f"{name} is not installed")
            continue
        asked = subprocess.run([name, "info"], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return name, ""
        said.append(f"{name} says: {(asked.stderr.strip().splitlines() or ['nothing'])[-1]}")
    return "", "; ".join(said)


def build() -> None:
    """Build `shema:VERSION` out of the wheel in `dist/`, and try it; or say why not."""
    if not list((ROOT / "dist").glob("*.whl")):
        raise SystemExit("there is no wheel in dist/: make dist")
    name, why = builder()
    if not name:
        print(f"no image: {why}")
        return
    tag = f"shema:{version()}"
    subprocess.run([name, "build", "--tag", tag, str(ROOT)], check=True)
    subprocess.run([name, "run", "--rm", "--network", "none", tag, "--version"], check=True)
