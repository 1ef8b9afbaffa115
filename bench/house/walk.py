"""How many of our own files a command runs through: those in which a function is called, the module itself apart.

python -m bench.house.walk        # in a sandbox of its own
python -m bench.house.walk -v     # names them
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import shema_cli

HOME = Path(shema_cli.__file__).parent
LINES: dict[str, list[str]] = {
    "enrollments approve": ["enrollments", "approve", "enr-0001", "--yes"],
    "dlq replay --edit --canary": ["dlq", "replay", "@newest", "--edit", "--canary", "1", "--verify", "1", "--yes"],
    "services list": ["services", "list"],
    "events tail": ["events", "tail", "--limit", "20", "--for", "20s"],
    "dashboard": ["dashboard"],
}
_WATCHED = """
import json, sys, threading
from pathlib import Path
home, report, *words = sys.argv[1:]
files = set()
def note(frame, event, arg):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(home) and code.co_name != "<module>":
        files.add(code.co_filename[len(home) + 1:])
sys.setprofile(note)
threading.setprofile(note)
from shema_cli.main import main
code = main(words)
sys.setprofile(None)
Path(report).write_text(json.dumps([code, sorted(files)]))
"""


def walked(words: list[str]) -> tuple[int, list[str]]:
    """(exit code, own files that were run through) of one command line."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [sys.executable, "-c", _WATCHED, str(HOME), str(report), *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "EDITOR": "true", "VISUAL": "true"},
            check=True,
        )
        code, files = json.loads(report.read_text())
    return code, files


def newest() -> str:
    """The id of the newest dead letter that can be replayed."""
    shema = [sys.executable, "-m", "shema_cli", "dlq", "list", "-o", "json"]
    listed = json.loads(subprocess.run(shema, capture_output=True, text=True, check=True).stdout)
    return next(str(entry["id"]) for entry in listed["entries"] if entry["valid"])


def main() -> None:
    if "SHEMA_PROFILE" not in os.environ and "REDIS_URL" not in os.environ:
        again = [sys.executable, "-m", "bench.house.walk", *sys.argv[1:]]
        sys.exit(subprocess.call([sys.executable, "-m", "shema_cli", "sandbox", "run", "--", *again]))
    for name, words in LINES.items():
        code, files = walked([newest() if word == "@newest" else word for word in words])
        print(f"{name:28} {len(files):4} files   exit {code}")
        if "-v" in sys.argv:
            print("".join(f"    {file}\n" for file in files), end="")


if __name__ == "__main__":
    main()
