"""`shema check`: a monitor's exit codes; what is unknown has no figures; a user who only reads is enough."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shema_cli.check import AREAS, CheckFormat
from shema_cli.check.figures import MEASURES, MOST_FAMILIES
from shema_cli.check.formats import written
from shema_cli.check.verdict import Checked, Level, Thresholds, check, nothing_seen, worst
from shema_cli.clock import iso
from shema_cli.condition.facts import AckState, ChannelFacts, Family, LetterFacts, SessionFacts, Unseen
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.errors import AccessDenied
from shema_cli.store import keys
from tests.condition.seen import down, redis_away, seen, service
from tests.dashboard.school import School
from tests.dlq.support import event, letter, push
from tests.support.cli import Run, shema
from tests.support.registry import value
from tests.support.servers import EVERY_SERVER, ServerKind
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey, free_port
from tests.support.world import NOW

HOSTILE = "\x1b[31m\u202eboom | 'a'=1\n\"\\ \x9b"
MONITORING = Path(__file__).parents[2] / "docs/monitoring.md"
(READ_ONLY,) = re.findall(r"ACL SETUSER monitor (on >PASSWORD .*?)\.?`", MONITORING.read_text())
PERFORMANCE = re.compile(r"'(?:[^'=|]|'')+'=\d+(?:\.\d+)?s?;\d*\.?\d*;\d*\.?\d*;0")

Samples = dict[str, list[tuple[dict[str, str], float]]]


def exposed(text: str) -> Samples:
    """What Prometheus reads; fails where it is not valid."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name
        assert family.type == "gauge", family.name
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def up(samples: Samples) -> dict[str, float]:
    return {labels["area"]: value for labels, value in samples["shema_check_up"]}


def run(school: School, *argv: str, **env: str) -> Run:
    return shema("check", *argv, env={**school.env, **env})


# -- levels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ([], Level.OK),
        ([Level.OK, Level.WARNING], Level.WARNING),
        ([Level.WARNING, Level.UNKNOWN], Level.UNKNOWN),
        ([Level.UNKNOWN, Level.CRITICAL, Level.OK], Level.CRITICAL),
    ],
)
def test_the_worst_of_levels(levels: list[Level], verdict: Level) -> None:
    assert worst(levels) is verdict


@pytest.mark.parametrize(
    ("limits", "level"),
    [
        (Thresholds(), Level.WARNING),
        (Thresholds(dlq_warn=101), Level.OK),
        (Thresholds(dlq_warn=100), Level.WARNING),
        (Thresholds(dlq_warn=1, dlq_crit=100), Level.CRITICAL),
        (Thresholds(oldest_warn_s=7201), Level.OK),
        (Thresholds(oldest_warn_s=7200), Level.WARNING),
        (Thresholds(oldest_crit_s=60, dlq_warn=1), Level.CRITICAL),
    ],
)
def test_thresholds_of_dead_letters_take_the_place_of_our_own_judgement(limits: Thresholds, level: Level) -> None:
    letters = LetterFacts(100, 100, 7200.0, (Family("f", "boom", 100),), 0, 0)
    assert check(seen(letters=letters), ["dlq"], limits).level is level


def test_what_is_acknowledged_counts_for_no_threshold() -> None:
    letters = LetterFacts(100, 100, 7200.0, acknowledged=99)
    assert check(seen(letters=letters), ["dlq"], Thresholds(dlq_crit=2)).level is Level.OK
    for oldest, level in ((100.0, Level.OK), (200.0, Level.CRITICAL)):
        letters = replace(letters, oldest_waiting_s=oldest)
        assert check(seen(letters=letters), ["dlq"], Thresholds(oldest_crit_s=200)).level is level


def test_figures_are_of_all_dead_letters_and_say_which_are_acknowledged() -> None:
    known = Family("f1", "late", 90, 5, state=AckState.KNOWN)
    other = Family("f2", "boom", 10, 1)
    letters = LetterFacts(100, 100, 7200.0, (other,), 1, 0, {}, 90, 0, (known,), 5, 60.0)
    checked = check(seen(letters=letters), ["dlq"], Thresholds(dlq_warn=50, oldest_warn_s=7000))
    samples = exposed(written(checked, CheckFormat.PROMETHEUS))
    figures = {name.removeprefix("shema_dlq_"): found for name, found in samples.items() if "_dlq_" in name}
    one, two = {"fingerprint": "f1"}, {"fingerprint": "f2"}
    assert figures == {
        "entries": [({}, 100.0)],
        "acknowledged_entries": [({}, 90.0)],
        "waiting_entries": [({}, 10.0)],
        "oldest_age_seconds": [({}, 7200.0)],
        "waiting_oldest_age_seconds": [({}, 60.0)],
        "last_hour_entries": [({}, 6.0)],
        "family_entries": [(one, 90.0), (two, 10.0)],
        "family_acknowledged": [(one, 1.0), (two, 0.0)],
    }
    assert written(checked, CheckFormat.NAGIOS) == (
        "SHEMA OK - dlq ok | 'dlq_entries'=100;;;0 'dlq_waiting_entries'=10;50;;0 'dlq_oldest_age'=7200s;;;0 "
        "'dlq_waiting_oldest_age'=60s;7000;;0\n"
    )


def test_what_is_acknowledged_is_no_0_where_it_is_not_known() -> None:
    letters = LetterFacts(100, 100, 7200.0, (Family("f", "boom", 100),), unread="Redis forbids it")
    samples = exposed(written(check(seen(letters=letters), ["dlq"], Thresholds()), CheckFormat.PROMETHEUS))
    assert "shema_dlq_acknowledged_entries" not in samples
    assert "shema_dlq_family_acknowledged" not in samples
    assert samples["shema_dlq_waiting_entries"] == [({}, 100.0)]


def test_a_session_that_is_renewed_never_warns_and_one_that_is_not_does() -> None:
    def level(**facts: Any) -> Level:
        session = SessionFacts("dina@school.test", "SHEMA_ID_TOKEN", 1800, **facts)
        return check(seen(session=session), ["session"], Thresholds(session_warn_s=3600)).level

    assert level(renewed=False) is Level.WARNING
    assert level(renewed=True) is Level.OK


def test_what_could_not_be_looked_at_is_unknown_and_has_no_figures() -> None:
    checked = check(redis_away(), AREAS, Thresholds())
    assert {one.area: one.level.word for one in checked.areas} == {
        "services": "unknown",
        "redis": "critical",
        "dlq": "unknown",
        "listeners": "unknown",
        "history": "unknown",
        "audit": "unknown",
        "session": "ok",
    }
    samples = exposed(written(checked, CheckFormat.PROMETHEUS))
    assert set(samples) == {
        "shema_check_up",
        "shema_check_status",
        "shema_redis_up",
        "shema_service_up",
        "shema_service_latency_seconds",
        "shema_circuit_open",
        "shema_session_expires_seconds",
    }
    assert samples["shema_redis_up"] == [({}, 0.0)]
    assert check(redis_away(), ["dlq"], Thresholds()).level is Level.UNKNOWN


def test_a_service_that_this_machine_could_not_ask_is_neither_up_nor_down() -> None:
    checked = check(seen(services=(service("user", state="unknown", error="no files"),)), ["services"], Thresholds())
    assert "shema_service_up" not in exposed(written(checked, CheckFormat.PROMETHEUS))


# -- formats ---------------------------------------------------------------------------------------------------


def bad() -> Checked:
    """Everything foreign in it is hostile."""
    families = tuple(Family(f"f{number:09d}", HOSTILE, 1) for number in range(10_000))
    condition = seen(
        letters=LetterFacts(12_000, 10_000, 60.0, families, 30, 1),
        services=(down(HOSTILE), service("user"), service(HOSTILE * 2)),
        channels=(ChannelFacts(HOSTILE, 0, 0, (HOSTILE,), (HOSTILE,)),),
        history=Unseen(HOSTILE, HOSTILE),
    )
    return check(condition, AREAS, Thresholds())


def test_prometheus_reads_whatever_foreign_text_is_in_it() -> None:
    samples = exposed(written(bad(), CheckFormat.PROMETHEUS))
    assert len(samples["shema_dlq_family_entries"]) == MOST_FAMILIES
    assert samples["shema_dlq_entries"] == [({}, 12_000.0)]
    ((labels, listening),) = samples["shema_channel_listeners"]
    assert (labels["channel"], listening) == ("\\x1b[31m\\u202eboom | 'a'=1\\n\"\\ \\x9b", 0.0)
    assert up(samples)["history"] == 0.0


def test_every_measure_has_a_name_a_unit_and_an_area() -> None:
    names = [one.name for one in MEASURES]
    assert len(set(names)) == len(names)
    for one in MEASURES:
        assert re.fullmatch(r"shema_[a-z_]+", one.name)
        assert "\n" not in one.help
        assert one.area in AREAS or one.name.startswith("shema_check_")


def test_nagios_reads_one_line_with_performance_data() -> None:
    text = written(bad(), CheckFormat.NAGIOS)
    assert text.endswith("\n")
    (line,) = text.splitlines()
    said, _, data = line.partition(" | ")
    assert said.startswith("SHEMA CRITICAL - ")
    assert not set(line) & {"\x1b", "\u202e", "\x9b"}
    assert "|" not in said + data
    assert PERFORMANCE.sub("", data).strip() == "", data
    assert len(said) < 1000


def test_nagios_tells_what_is_unknown_for_one_reason_once() -> None:
    line = written(check(redis_away(), ("redis", "dlq", "audit"), Thresholds()), CheckFormat.NAGIOS)
    place = "cache.school.test:6379/0"
    assert line == (f"SHEMA CRITICAL - Redis at {place} does not answer; dlq, audit unknown: Redis does not answer\n")


def test_nagios_where_all_is_well() -> None:
    assert written(check(seen(), ["redis", "dlq"], Thresholds(dlq_warn=5)), CheckFormat.NAGIOS) == (
        "SHEMA OK - redis, dlq ok | 'dlq_entries'=0;5;;0\n"
    )


def test_text_says_the_worst_first_and_stays_on_its_lines() -> None:
    lines = written(bad(), CheckFormat.TEXT).splitlines()
    assert lines[0].startswith("critical")
    assert not any(sign in line for line in lines for sign in ("\x1b", "\u202e", "\x9b"))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_for_a_person_lines_are_broken_between_words_and_figures_told_once(width: int) -> None:
    letters = LetterFacts(12, 12, 172_800.0, (Family("f", "COURSE_SERVICE_UNAVAILABLE", 12),), 3, 1)
    checked = check(seen(letters=letters, services=(down("course"), service("user"))), AREAS, Thresholds())
    lines = written(checked, CheckFormat.TEXT, width).splitlines()
    assert max(map(len, lines)) <= width
    said = " ".join(line.strip() for line in lines)
    assert said.count("3 in the last hour") == said.count("the oldest 2d old") == 1
    assert "COURSE_SERVICE_UNAVAILABLE" in said
    assert [line for line in lines if line.strip() == "→ shema services health course"]
    whole = written(checked, CheckFormat.TEXT).splitlines()
    assert "         the connection was refused  → shema services health course" in whole
    assert (
        "warning  dlq: 12 dead letters wait, rising: 3 in the last hour, 1 in the one before, the oldest 2d old"
        in whole
    )


def test_where_something_is_unknown_beside_what_is_wrong_both_are_told() -> None:
    lines = written(check(redis_away(services=(down("course"),)), ["services"], Thresholds()), CheckFormat.TEXT)
    assert "those that are only registered are not known" in lines
    assert "course is down" in lines


def test_a_check_that_came_to_nothing_is_unknown_in_every_format() -> None:
    checked = nothing_seen(AccessDenied("not_signed_in", "nobody is signed in", "shema auth login"), ["dlq", "redis"])
    assert written(checked, CheckFormat.NAGIOS) == "SHEMA UNKNOWN - nobody is signed in (shema auth login)\n"
    samples = exposed(written(checked, CheckFormat.PROMETHEUS))
    assert up(samples) == {"dlq": 0.0, "redis": 0.0}
    assert set(samples) == {"shema_check_up", "shema_check_status"}
    assert json.loads(written(checked, CheckFormat.JSON))["status"] == "unknown"


# -- the command -----------------------------------------------------------------------------------------------


def test_areas_that_are_well(school: School) -> None:
    done = run(school, "services", "redis", "dlq", "history", "audit", "session")
    assert (done.code, done.out.count("ok  ")) == (0, 6), done.out
    assert run(school, "redis", "--format", "nagios").out == "SHEMA OK - redis ok\n"


def test_the_exit_code_is_the_level(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        push(client, [letter(number) for number in range(5)])
    assert run(school, "dlq", "--dlq-warn", "6").code == 0
    assert run(school, "dlq", "--dlq-warn", "5").code == 1
    assert run(school, "dlq", "--dlq-warn", "1", "--dlq-crit", "5").code == 2
    assert run(school, "dlq", "--oldest-crit", "1d").code == 2
    assert run(school, "dlq", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").code == 3
    assert run(school, "services", CHAT_SERVICE_URL=f"http://127.0.0.1:{free_port()}").code == 2


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        ((), {"SHEMA_ID_TOKEN": "nonsense"}),
        ((), {"SHEMA_PROFILE": "nowhere"}),
        ((), {"SHEMA_OUTPUT": "smoke"}),
        (("nosuch",), {}),
        (("--oldest-warn", "soon"), {}),
    ],
)
def test_whatever_keeps_it_from_looking_is_unknown_in_the_format_that_was_asked_for(
    school: School, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    done = run(school, "--format", "nagios", *argv, **env)
    assert done.code == 3
    (line,) = done.out.splitlines()
    assert line.startswith("SHEMA UNKNOWN - ")


def test_nobody_signed_in_is_unknown_as_well(base_env: dict[str, str]) -> None:
    env = {**base_env, **{name: told for name, told in signed_in().items() if name != "SHEMA_ID_TOKEN"}}
    done = shema("check", "--format", "prometheus", env=env)
    assert (done.code, set(up(exposed(done.out)).values())) == (3, {0.0})
    assert "nobody is signed in" in done.err


@pytest.mark.parametrize("argv", [("--bogus",), ("--dlq-warn", "many"), ("--dlq-warn", "-1")])
def test_a_line_that_cannot_be_read_is_unknown_and_not_critical(school: School, argv: tuple[str, ...]) -> None:
    done = run(school, *argv)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: ")


def test_a_format_that_is_none_is_unknown_and_said_as_text(school: School) -> None:
    done = run(school, "redis", "--format", "xml")
    assert done.code == 3
    assert done.out.startswith("unknown  redis: --format: xml is not a format")


def test_other_commands_keep_their_exit_code_for_such_a_line(school: School) -> None:
    assert shema("status", "--bogus", env=school.env).code == 2


def test_json_csv_and_the_format_that_goes_before_them(school: School) -> None:
    assert run(school, "redis", "--json").json["status"] == "ok"
    assert run(school, "redis", "--format", "json").json["areas"][0]["area"] == "redis"
    assert run(school, "redis", "-o", "csv").out.startswith("status,area,told,problems")
    assert run(school, "redis", "--json", "--format", "nagios").out.startswith("SHEMA OK")


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_a_redis_user_who_may_only_read_is_enough(kind: ServerKind, school: School) -> None:
    with kind.started() as server, server.client() as client:
        client.execute_command("ACL", "SETUSER", "monitor", *READ_ONLY.split())
        client.hset(f"{keys.REGISTRY_PREFIX}pay", "http://127.0.0.1:1", value(listens=["user.updated"]))
        client.xadd(keys.HISTORY, {"channel": "a", "payload": "{}", "at": 1})
        seconds, _ = client.time()
        recording = {"epoch": "e", "heard": seconds * 1000, "writer": "w", "lease": (seconds + 60) * 1000}
        client.hset(keys.HISTORY_STATE, mapping=recording)
        client.xadd(keys.AUDIT, {"at": "x", "hash": "h"})
        push(client, [letter(1)])
        client.hset(keys.ACKNOWLEDGED, fingerprint("Timeout after 1ms"), '{"at":"2026-01-02T00:00:00Z"}')
        client.lpush(keys.IN_FLIGHT, letter(2))
        env = {**school.env, "REDIS_URL": f"redis://monitor:PASSWORD@127.0.0.1:{server.port}/0"}
        done = shema("check", "--json", env=env)
        refused = {entry["object"] for entry in client.acl_log()}
    levels = {one["area"]: one["status"] for one in done.json["areas"]}
    assert "unknown" not in levels.values(), done.out
    figures = {one["name"]: one["value"] for one in done.json["figures"]}
    assert (figures["shema_dlq_entries"], figures["shema_dlq_acknowledged_entries"]) == (2, 1)
    assert figures["shema_audit_entries"] == 1
    assert figures["shema_history_recording"] == 1
    assert refused <= {"client|setname", "client", "time", "evalsha"}, "nothing hangs on these"


# -- --write ---------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_and_readable_for_a_collector(school: School, tmp_path: Path) -> None:
    file = tmp_path / "shema.prom"
    file.write_text("old")
    done = run(school, "redis", "--format", "prometheus", "--write", str(file))
    assert (done.code, done.out) == (0, "")
    assert up(exposed(file.read_text())) == {"redis": 1.0}
    assert file.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in tmp_path.glob("*.prom")] == ["shema.prom"]


def test_unknown_is_written_too_so_that_nobody_reads_yesterdays_figures(school: School, tmp_path: Path) -> None:
    file = tmp_path / "shema.prom"
    done = run(school, "redis", "--format", "prometheus", "--write", str(file), SHEMA_ID_TOKEN="nonsense")
    assert done.code == 3
    assert up(exposed(file.read_text())) == {"redis": 0.0}
    assert "SHEMA_ID_TOKEN" in done.err


def test_a_folder_that_takes_no_file_leaves_the_old_one(school: School, tmp_path: Path) -> None:
    missing = run(school, "redis", "--write", str(tmp_path / "nowhere" / "x.prom"))
    full = run(school, "redis", "--write", "/dev/full")
    for done in (missing, full):
        assert (done.code, done.out) == (3, "")
        assert "could not be written" in done.err
        assert done.err.count("error: ") == 1


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(school: School, tmp_path: Path) -> None:
    file = tmp_path / "shema.prom"
    file.write_text("old")
    code = (
        "import resource, signal, sys; from shema_cli.main import main;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        f"sys.exit(main(['check', 'session', '--format', 'prometheus', '--write', {str(file)!r}]))"
    )
    command = [sys.executable, "-B", "-c", code]  # or Python's own caches would be cut off too
    done = subprocess.run(command, env=school.env, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "could not be written" in done.stderr
    assert file.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir() if "prom" in one.name] == ["shema.prom"]


def test_two_checks_at_once_leave_one_whole_file(school: School, tmp_path: Path) -> None:
    file = tmp_path / "shema.prom"

    def one(_: int) -> int:
        return run(school, "redis", "session", "--format", "prometheus", "--write", str(file)).code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(8))) == {0}
    assert up(exposed(file.read_text())) == {"redis": 1.0, "session": 1.0}
    assert [one.name for one in tmp_path.iterdir() if "prom" in one.name] == ["shema.prom"]


def test_many_families_make_few_lines(school: School, valkey: Valkey) -> None:
    at = iso(NOW + timedelta(days=200))
    words = ("".join(chr(97 + number // 26**place % 26) for place in range(4)) for number in range(10_000))
    with valkey.client() as client:
        entries = [json.dumps({"event": event(1), "error": f"error {word}", "failedAt": at}) for word in words]
        client.lpush(keys.DEAD_LETTERS, *entries)
    samples = exposed(run(school, "dlq", "--format", "prometheus").out)
    assert samples["shema_dlq_entries"] == [({}, 10_000.0)]
    assert len(samples["shema_dlq_family_entries"]) == MOST_FAMILIES
