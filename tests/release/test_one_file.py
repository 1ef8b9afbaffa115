"""The one-file program, by somebody who has a Python and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from release import source
from release.one_file import excluded
from release.pythons import MACHINE
from shema_cli import __version__
from tests.support.http import Answer, HttpServer

ACCOUNTS = "/identitytoolkit.googleapis.com/v1/projects/demo/accounts:batchGet"
WITHOUT_GRPC = """
import importlib.util
from firebase_admin import auth, initialize_app
assert not importlib.util.find_spec("grpc")
app = initialize_app(options={"projectId": "demo"})
print(*(user.uid for user in auth.list_users(app=app).iterate_all()))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the one file is built for Linux")


@pytest.fixture
def program(dist: Path) -> Path:
    return dist / f"shema-{__version__}-linux-{MACHINE}.pyz"


def test_it_runs_the_main_job_from_an_empty_home(program: Path, empty_home: dict[str, str]) -> None:
    env = empty_home | {"PEX_PYTHON": sys._base_executable}  # type: ignore[attr-defined]

    def shema(*words: str) -> str:
        done = subprocess.run([program, *words], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert shema("--version") == f"shema {__version__}\n"
    assert shema("dlq", "--help").startswith("Usage: shema dlq")
    # Signing in, tokens, HTTP and Redis; the `shema` inside is the one of the same file.
    asked = json.loads(shema("sandbox", "run", "--", "shema", "services", "health", "-o", "json"))
    assert asked["services"]
    [python] = Path(env["HOME"]).glob(".cache/pex/venvs/**/bin/python")
    with HttpServer() as firebase:
        firebase.on("GET", ACCOUNTS, Answer(json={"users": [{"localId": "dina"}]}))
        env |= {"FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{firebase.port}"}
        done = subprocess.run([python, "-I", "-c", WITHOUT_GRPC], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("dina\n", "")


def test_it_serves_every_supported_python_and_leaves_grpc_out(program: Path) -> None:
    bundled = {name.split("/")[1] for name in zipfile.ZipFile(program).namelist() if name.startswith(".deps/")}
    for python in source.pythons():
        assert [one for one in bundled if one.startswith("orjson-") and f"-cp{python.replace('.', '')}-" in one]
    for name in ("grpcio", *excluded()):
        assert not [one for one in bundled if one.replace("_", "-").startswith(f"{name}-")]
