"""`python -m release gather FOLDER` fetches what is bundled, `python -m release build` builds a release from it."""

from __future__ import annotations

import argparse
from pathlib import Path

from release import image
from release.artefacts import build
from release.gathered import gather
from release.source import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m release")
    commands = parser.add_subparsers(required=True)
    gathering = commands.add_parser("gather", help="fetch the wheels of requirements.lock")
    gathering.add_argument("folder", type=Path)
    gathering.set_defaults(run=lambda asked: gather(asked.folder))
    building = commands.add_parser("build", help="build every artefact")
    building.add_argument("--gathered", type=Path, default=ROOT / ".tools" / "bundle", help="what `gather` has fetched")
    building.add_argument("--out", type=Path, default=ROOT / "dist", help="emptied first (dist)")
    building.add_argument("--url", help="the folder where others find them (the one they are built into)")
    building.set_defaults(run=lambda asked: build(asked.out, asked.gathered, asked.url))
    commands.add_parser("image", help="build the container image").set_defaults(run=lambda _: image.build())
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
