"""What a state folder proves: nothing by a flag, nothing in a file of somebody else's or that others may write to."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shema_cli.auth.seal import FILE as SEAL_FILE
from shema_cli.errors import AccessDenied
from tests.support.cli import shema
from tests.support.firebase import Production, SigningKey, claims_of
from tests.support.gate import NOW, kept
from tests.support.world import app_of, still

STRANGER = 987_654


def passed(env: dict[str, str], now: float = NOW) -> str:
    return app_of(env, still(now)).gate.authorize(changes=False).uid


def session_file(env: dict[str, str]) -> Path:
    (path,) = Path(env["SHEMA_STATE_DIR"]).glob("session-*.json")
    return path


def rewrite(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def with_signature(token: str, signature: str) -> str:
    return f"{token.rpartition('.')[0]}.{signature}"


def test_a_signature_that_was_checked_here_is_not_checked_again(
    production: Production, production_env: dict[str, str]
) -> None:
    kept(production_env, production.token(NOW), verified=False)
    assert passed(production_env) == "uid-ani"
    assert production.certificates.fetches == 1
    (Path(production_env["SHEMA_STATE_DIR"]) / "firebase-certificates.json").unlink()
    assert passed(production_env) == "uid-ani"
    assert production.certificates.fetches == 1, "sealed when it had been verified"


def test_a_session_of_another_version_is_verified_anew(production: Production, production_env: dict[str, str]) -> None:
    kept(production_env, production.token(NOW), verified=False)
    path = session_file(production_env)
    document = json.loads(path.read_text())
    del document["seal"]
    path.write_text(json.dumps(document | {"verified": True, "of the future": [1]}))
    assert passed(production_env) == "uid-ani"
    assert production.certificates.fetches == 1


@pytest.mark.parametrize("signature", ["AAAA", "", "A" * 342, "A" * 341 + "B"])
def test_a_token_that_was_put_into_a_sealed_session_is_not_believed(
    production: Production, production_env: dict[str, str], signature: str
) -> None:
    kept(production_env, production.token(NOW))
    rewrite(session_file(production_env), id_token=with_signature(production.token(NOW, sub="uid-eve"), signature))
    with pytest.raises(AccessDenied, match="not signed by Firebase"):
        passed(production_env)


def test_a_seal_of_another_token_or_a_flag_proves_nothing(
    production: Production, production_env: dict[str, str], other_key: SigningKey
) -> None:
    forged = other_key.sign(claims_of(production.project, NOW), kid=production.key.kid)
    kept(production_env, production.token(NOW))
    path = session_file(production_env)
    seal = json.loads(path.read_text())["seal"]
    for claimed in (seal, "0" * 64, "", "é" * 64):
        rewrite(path, id_token=forged, seal=claimed)
        with pytest.raises(AccessDenied, match="not signed by Firebase"):
            passed(production_env)
    rewrite(path, id_token=forged, verified=True)
    with pytest.raises(AccessDenied):
        passed(production_env)


def test_a_folder_that_was_brought_along_proves_nothing(
    production: Production, production_env: dict[str, str], other_key: SigningKey, tmp_path: Path
) -> None:
    """With its key, its sealed session and its sealed certificates, all of mode 0600 and ours, as out of an archive."""
    kept(production_env, production.token(NOW), verified=False)
    passed(production_env)
    theirs = tmp_path / "unpacked"
    shutil.copytree(production_env["SHEMA_STATE_DIR"], theirs)
    assert (theirs / SEAL_FILE).exists()
    brought = production_env | {"SHEMA_STATE_DIR": str(theirs)}
    before = production.certificates.fetches
    production.certificates.publish(other_key)
    with pytest.raises(AccessDenied, match="not signed by Firebase"):
        passed(brought)
    assert production.certificates.fetches == before + 1, "neither the session nor the certificates were believed"


@pytest.mark.parametrize(("mode", "may"), [(0o666, "write to"), (0o620, "write to"), (0o644, "read"), (0o604, "read")])
def test_a_session_that_others_may_touch_is_refused_with_the_way_out(
    production: Production, production_env: dict[str, str], mode: int, may: str
) -> None:
    kept(production_env, production.token(NOW))
    path = session_file(production_env)
    path.chmod(mode)
    status = shema("auth", "status", "--json", env=production_env)
    assert (status.code, status.json["signed_in"], status.json["admin"]) == (4, False, False)
    said = shema("auth", "status", env=production_env).err
    assert f"others may {may} it (mode {mode:04o})" in said
    assert f"rm -f {path}" in said
    assert "shema auth login" in said
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert shema("auth", "logout", env=production_env).code == 0
    assert not path.exists()


def link(path: Path) -> None:
    target = path.with_name("elsewhere")
    path.rename(target)
    path.symlink_to(target)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("change", [link, pipe])
def test_what_is_no_file_of_its_own_is_no_session(
    production: Production, production_env: dict[str, str], change: Callable[[Path], None]
) -> None:
    kept(production_env, production.token(NOW))
    change(session_file(production_env))
    with pytest.raises(AccessDenied) as told:
        passed(production_env)
    assert told.value.code == "session_refused"
    kept(production_env, production.token(NOW))
    assert passed(production_env) == "uid-ani", "a sign-in puts a file in its place"


def test_a_session_of_somebody_else_is_refused(
    production: Production, production_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(production_env, production.token(NOW))
    real = os.fstat

    def of_somebody_else(handle: int) -> os.stat_result:
        fields = list(real(handle))
        fields[4] = STRANGER
        return os.stat_result(fields)

    monkeypatch.setattr("shema_cli.state.os.fstat", of_somebody_else)
    with pytest.raises(AccessDenied, match=f"belongs to user {STRANGER}, not to"):
        passed(production_env)


def test_a_folder_of_somebody_else_is_neither_believed_nor_changed(
    production: Production, production_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(production_env, production.token(NOW))
    folder = Path(production_env["SHEMA_STATE_DIR"])
    folder.chmod(0o755)
    monkeypatch.setattr("shema_cli.state.os.geteuid", lambda: STRANGER)
    status = shema("auth", "status", env=production_env)
    assert status.code == 4
    assert "belongs to" in status.err
    assert "SHEMA_STATE_DIR" in status.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
