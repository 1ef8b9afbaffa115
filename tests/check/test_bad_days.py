"""`shema check` on a bad day: every part away, silent, slow or lying; a clock that is off; a read-only folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shema_cli.check import AREAS, CheckFormat
from shema_cli.check.formats import written
from shema_cli.check.verdict import Checked, Thresholds, check
from shema_cli.status.commands import _sight
from shema_cli.status.look import look
from shema_cli.store import keys
from tests.dashboard.school import School, good
from tests.dlq.support import letter, push
from tests.support.cli import shema
from tests.support.http import Answer
from tests.support.proxy import Fault, FaultProxy
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey, free_port
from tests.support.world import StillClock, app_of

OF_REDIS = ("dlq", "listeners", "history", "audit")
HANGING = [Fault.BLACK_HOLE, Fault.GARBAGE, Fault.RESET, Fault.DRIP, Fault.REFUSE]
NOBODY = 65534


async def checked(env: dict[str, str], clock: StillClock | None = None, limit_s: float = 2.0) -> Checked:
    app = app_of(env, clock)
    try:
        return check(await look(_sight(app), frozenset(AREAS), limit_s), AREAS, Thresholds())
    finally:
        app.close()


def levels(found: Checked) -> dict[str, str]:
    return {one.area: one.level.word for one in found.areas}


def figures(found: Checked) -> dict[str, list[float]]:
    told: dict[str, list[float]] = {}
    for one in found.measured:
        told.setdefault(one.measure.name, []).append(one.value)
    return told


def test_everything_away_is_critical_and_what_it_hides_is_unknown(base_env: dict[str, str]) -> None:
    gone = f"127.0.0.1:{free_port()}"
    env = {**base_env, **signed_in(), "REDIS_URL": f"redis://{gone}/0", "SERVICE_JWT_SECRET": "s" * 32}
    env |= {f"{name}_SERVICE_URL": f"http://{gone}" for name in ("USER", "COURSE", "CHAT")}
    for form in CheckFormat:
        done = shema("check", "--format", form, env=env)
        assert done.code == 2, done.out
    assert "shema_dlq_entries" not in shema("check", "--format", "prometheus", env=env).out
    assert shema("check", "dlq", env=env).code == 3


@pytest.mark.parametrize("fault", HANGING)
async def test_redis_that_hangs_or_lies(school: School, valkey: Valkey, fault: Fault) -> None:
    with FaultProxy(valkey.port) as proxy:
        proxy.fault, proxy.drip_pause = fault, 0.5
        found = await checked({**school.env, "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0"})
    told = levels(found)
    assert (told["redis"], {told[area] for area in OF_REDIS}) == ("critical", {"unknown"})
    assert set(figures(found)) <= {
        "shema_redis_up",
        "shema_service_up",
        "shema_service_latency_seconds",
        "shema_circuit_open",
        "shema_session_expires_seconds",
    }
    assert figures(found)["shema_redis_up"] == [0.0]


@pytest.mark.parametrize("fault", HANGING)
async def test_a_service_that_hangs_or_lies_takes_nothing_else_with_it(school: School, fault: Fault) -> None:
    with FaultProxy(school.servers["chat"].port) as proxy:
        proxy.fault, proxy.drip_pause = fault, 0.5
        found = await checked({**school.env, "CHAT_SERVICE_URL": proxy.url})
    told = levels(found)
    assert told["services"] == "critical"
    assert "unknown" not in told.values()
    assert sorted(figures(found)["shema_service_up"]) == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert len(figures(found)["shema_service_latency_seconds"]) == 4


async def test_everything_accepts_and_nothing_answers(school: School, valkey: Valkey) -> None:
    with FaultProxy(valkey.port) as redis, FaultProxy(school.servers["chat"].port) as silent:
        redis.fault = silent.fault = Fault.BLACK_HOLE
        urls = {name: silent.url for name in school.env if name.endswith("_SERVICE_URL")}
        found = await checked({**school.env, **urls, "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0"})
    assert levels(found)["redis"] == "critical"
    assert {levels(found)[area] for area in OF_REDIS} == {"unknown"}
    assert "shema_service_latency_seconds" not in figures(found)


async def test_a_slow_service_warns_and_says_how_slow(school: School) -> None:
    school.servers["chat"].on("GET", "/health", Answer(json={}, delay=1.2))
    found = await checked(school.env, limit_s=10)
    assert levels(found)["services"] == "warning"
    assert max(figures(found)["shema_service_latency_seconds"]) >= 1.2


async def test_a_service_that_lies_about_its_number_is_critical(school: School) -> None:
    school.answers("chat", good("chat", -1))
    assert levels(await checked(school.env))["services"] == "critical"


@pytest.mark.parametrize("hours", [-1, 1])
async def test_with_a_clock_that_is_an_hour_off_no_figure_is_below_nothing(
    school: School, valkey: Valkey, hours: int
) -> None:
    with valkey.client() as client:
        push(client, [letter(number) for number in range(3)])
        seconds, _ = client.time()
        client.xadd(keys.HISTORY, {"channel": "a", "payload": "{}", "at": seconds * 1000})
        client.hset(keys.HISTORY_STATE, mapping={"epoch": "e", "heard": seconds * 1000})
    clock = StillClock(datetime.now(UTC) + timedelta(hours=hours))
    found = await checked(school.env, clock)
    assert all(value >= 0 for values in figures(found).values() for value in values)
    assert written(found, CheckFormat.NAGIOS).startswith("SHEMA ")
    assert levels(found)["dlq"] != "unknown"


AS_NOBODY = """
import os, sys
from shema_cli.main import main
line = ["check", "session", "--format", "prometheus", "--write"]
assert main([*line, os.devnull]) == 0  # what Python is made of may be for root alone
if os.geteuid() == 0:
    os.setgid({nobody}); os.setuid({nobody})
sys.exit(main([*line, sys.argv[1]]))
"""


@pytest.fixture
def for_all() -> Iterator[Path]:
    """A folder that another user gets into, which pytest's own are not."""
    with TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


def test_a_folder_that_may_only_be_read_leaves_the_old_file(school: School, for_all: Path) -> None:
    folder, state = for_all / "textfile", for_all / "state"
    for path in (folder, state):
        path.mkdir()
    (folder / "shema.prom").write_text("old")
    folder.chmod(0o555)
    state.chmod(0o777)
    env = {**school.env, "SHEMA_STATE_DIR": str(state / "none"), "SHEMA_CONFIG_DIR": str(state / "config")}
    command = [sys.executable, "-B", "-c", AS_NOBODY.format(nobody=NOBODY), str(folder / "shema.prom")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "could not be written: Permission denied; what was there is as it was" in done.stderr
    assert (folder / "shema.prom").read_text() == "old"
    assert [path.name for path in folder.iterdir()] == ["shema.prom"]
    folder.chmod(0o755)


def test_two_checks_of_everything_at_once_tell_the_same(school: School) -> None:
    command = [sys.executable, "-m", "shema_cli", "check", "redis", "services", "dlq", "session", "--format", "nagios"]
    env = {**os.environ, **school.env}
    running = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [run.communicate()[0].partition(" | ")[0] for run in running]
    assert told == ["SHEMA OK - services, redis, dlq, session ok"] * 2


LOADED = """
import sys
from shema_cli.main import main
assert main(["check", *sys.argv[1:]]) == 0
print("\\0" + " ".join(sys.modules))
"""


@pytest.mark.parametrize(
    ("area", "not_loaded"),
    [("session", {"redis", "httpx2", "sqlite3"}), ("redis", {"httpx2", "sqlite3"}), ("dlq", {"httpx2", "sqlite3"})],
)
def test_what_an_area_does_not_need_is_not_loaded(school: School, area: str, not_loaded: set[str]) -> None:
    command = [sys.executable, "-c", LOADED, area]
    done = subprocess.run(command, env=school.env, capture_output=True, text=True, check=True)
    assert not_loaded & set(done.stdout.rpartition("\0")[2].split()) == set()
