"""Exports into files, links and pipes, and out of them, by real processes and a real shell."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import redis

from tests.dlq.support import LIST, Shema, entry_id, letter, push, stored

RAWS = [letter(n) for n in range(5)]


def in_a_shell(line: str, env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`shema` stands for the program of this folder."""
    program = f"{sys.executable} -m shema_cli"
    script = f'shema() {{ {program} "$@"; }}\n{line}'
    return subprocess.run(
        ["bash", "-c", script], check=False, env={**os.environ, **env}, cwd=folder, capture_output=True, text=True
    )


def test_an_older_file_is_replaced_only_by_force(dlq: Shema, redis_client: redis.Redis, tmp_path: Path) -> None:
    push(redis_client, RAWS)
    assert dlq.json("export", "letters") == {"exported": 5, "file": "letters"}
    before = (tmp_path / "letters").read_bytes()
    redis_client.rpop(LIST)
    error = dlq.json("export", "letters", code=2)["error"]
    assert (error["code"], "--force" in error["hint"]) == ("file_exists", True)
    assert (tmp_path / "letters").read_bytes() == before
    assert dlq.json("export", "letters", "--force")["exported"] == 4
    assert dlq.json("export", "letters", "--force", "--type", "typo", code=1)["error"]["code"] == "nothing_selected"
    assert (tmp_path / "letters").read_bytes().count(b"\n") == 4
    assert dlq.json("export", "none", "--type", "typo", code=1)["error"]["message"] == "none of 4 match: --type typo"
    assert not (tmp_path / "none").exists()
    assert dlq("export", "-", "--type", "typo").code == 1
    redis_client.delete(LIST)
    assert dlq.json("export", "empty")["exported"] == 0
    assert dlq.json("export", "/dev/null")["exported"] == 0


@pytest.mark.parametrize(
    "line",
    [
        "shema dlq export >(gzip >x.gz) >/dev/null; wait $!; zcat x.gz",
        "shema dlq export - | cat",
        "shema dlq export /dev/stdout | cat",
        "shema dlq export /dev/stdout >out && cat out",
        "shema dlq export /dev/fd/3 3>out >/dev/null && cat out",
        "mkfifo pipe; cat pipe & shema dlq export pipe >/dev/null; wait",
    ],
)
def test_an_export_goes_into_whatever_can_be_written(
    dlq_env: dict[str, str], redis_client: redis.Redis, tmp_path: Path, line: str
) -> None:
    push(redis_client, RAWS)
    run = in_a_shell(line, dlq_env, tmp_path)
    assert (run.returncode, [json.loads(shown)["id"] for shown in run.stdout.splitlines()]) == (
        0,
        [entry_id(raw) for raw in RAWS],
    ), run.stderr


@pytest.mark.parametrize(
    "line",
    [
        "gzip -k out; shema dlq import <(zcat out.gz) --yes",
        "shema dlq import /dev/stdin --yes <out",
        "cat out | shema dlq import /dev/stdin --yes",
        "cat out | shema dlq import - --yes",
        "shema dlq import - --yes <out",
        "mkfifo pipe; cat out >pipe & shema dlq import pipe --yes",
    ],
)
def test_an_import_comes_out_of_whatever_can_be_read(
    dlq: Shema, dlq_env: dict[str, str], redis_client: redis.Redis, tmp_path: Path, line: str
) -> None:
    push(redis_client, RAWS)
    dlq.json("export", "out")
    redis_client.delete(LIST)
    run = in_a_shell(line, dlq_env, tmp_path)
    assert run.returncode == 0, run.stderr
    assert stored(redis_client) == RAWS


def test_a_reader_that_leaves_ends_an_export_in_peace(
    dlq_env: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> None:
    push(redis_client, [letter(n) for n in range(3000)])
    for line in ("shema dlq export >(head -1)", "set -o pipefail; shema dlq export - | head -1"):
        run = in_a_shell(line, dlq_env, tmp_path)
        assert (run.returncode, "Traceback" in run.stderr) == (0, False), run.stderr


def test_a_discard_whose_export_cannot_be_written_on_stops_before_anything_is_lost(
    dlq: Shema, dlq_env: dict[str, str], redis_client: redis.Redis, tmp_path: Path
) -> None:
    raws = [letter(n, filler="x" * 9000) for n in range(600)]
    push(redis_client, raws)

    def discard(size: int, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "shema_cli", "dlq", "discard", "--all", "--yes", "--export", "gone", *words]
        env = {**os.environ, **dlq_env, "PYTHONDONTWRITEBYTECODE": "1"}
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
        return subprocess.run(
            command, check=False, env=env, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit
        )

    nothing = discard(50_000, "-o", "json")
    result = json.loads(nothing.stdout)
    assert (nothing.returncode, result["discarded"], result["export"], result["not_done"]) == (1, 0, None, 600)
    assert result["stopped"]["code"] == "file_unwritable"
    assert not (tmp_path / "gone").exists()
    assert stored(redis_client) == raws

    some = discard(3_000_000, "-o", "json")
    result = json.loads(some.stdout)
    discarded = result["discarded"]
    assert some.returncode == 1
    assert 0 < discarded == 600 - result["not_done"] < 600
    assert stored(redis_client) == raws[discarded:]
    lines = (tmp_path / "gone").read_bytes()
    assert (lines.count(b"\n"), lines[-1:]) == (discarded, b"\n")
    assert dlq.json("import", "gone", "--yes")["imported"] == discarded
    (tmp_path / "gone").unlink()
    told = discard(3_000_000)
    assert "File too large" in told.stderr
    assert str(discarded) in told.stdout
    assert "shema dlq import gone" in told.stderr


def test_a_compressed_file_is_told_with_what_unpacks_it(dlq: Shema, tmp_path: Path) -> None:
    (tmp_path / "x y.gz").write_bytes(gzip.compress(b"{}"))
    error = dlq.json("import", "x y.gz", "--yes", code=2)["error"]
    assert (error["code"], error["hint"]) == (
        "bad_export",
        "unpack it on the way: shema dlq import <(zcat 'x y.gz')",
    )


def test_a_torn_file_is_imported_with_a_warning(dlq: Shema, redis_client: redis.Redis, tmp_path: Path) -> None:
    push(redis_client, RAWS)
    dlq.json("export", "out")
    redis_client.delete(LIST)
    with (tmp_path / "out").open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 30)
    run = dlq("import", "out", "--yes", "-o", "json")
    assert (run.code, run.json) == (0, {"imported": 4, "duplicates": 0})
    assert "line 5" in run.err
    assert stored(redis_client) == RAWS[:4]
