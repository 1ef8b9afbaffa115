"""Who is an admin, on the official emulator, with a real Redis for the audit trail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis

from shema_cli.admins.change import Administration, Mode
from shema_cli.admins.results import Admins
from shema_cli.admins.views import listing
from shema_cli.auth.identity_toolkit import FirebaseAccount
from shema_cli.errors import Refused
from shema_cli.output.person import Person
from shema_cli.output.sanitize import Lines
from shema_cli.store import keys
from tests.support.cli import Run, shema
from tests.support.firebase import EmulatedProject
from tests.support.gate import EMAIL, login, realm_of
from tests.support.trail import audited
from tests.support.valkey import Valkey
from tests.support.world import app_of

BUDI = "budi@shema.test"


@pytest.fixture
def world(firebase: EmulatedProject, env: dict[str, str], valkey: Valkey) -> dict[str, str]:
    """Ani is signed in, and the only admin."""
    firebase.create(EMAIL, claims={"admin": True})
    assert login(env).code == 0
    return env | {"REDIS_URL": valkey.url}


def admins(*argv: str, env: Mapping[str, str]) -> Run:
    return shema("admins", *argv, "-o", "json", env=env)


def trail(client: redis.Redis) -> list[tuple[str, str, str]]:
    return [(entry["action"], entry["target"], entry["actorEmail"]) for entry in audited(client)]


def test_listing(firebase: EmulatedProject, world: dict[str, str]) -> None:
    firebase.create("teacher@shema.test", claims={"role": "teacher"})
    firebase.update(firebase.create(BUDI, claims={"role": "admin"}), disableUser=True)
    run = admins("list", env=world)
    assert run.code == 0
    assert [list(row) for row in run.json["admins"]] == [["uid", "email", "disabled", "last_sign_in"]] * 2
    ani, budi = sorted(run.json["admins"], key=lambda row: str(row["email"]))
    assert (ani["email"], ani["disabled"], budi["email"], budi["disabled"]) == (EMAIL, False, BUDI, True)
    assert ani["last_sign_in"].endswith("Z")


def test_more_accounts_than_a_page(
    firebase: EmulatedProject, world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from shema_cli.auth import identity_toolkit

    monkeypatch.setattr(identity_toolkit, "PAGE", 2)
    for number in range(5):
        firebase.create(f"admin{number}@shema.test", claims={"admin": True})
    assert len(admins("list", env=world).json["admins"]) == 6


def test_granting_keeps_other_claims_and_is_audited(
    firebase: EmulatedProject, world: dict[str, str], redis_client: redis.Redis
) -> None:
    uid = firebase.create(BUDI, claims={"role": "teacher", "school": {"id": 7}})
    run = admins("grant", BUDI, "--yes", "--reason", "new colleague", env=world)
    assert (run.code, run.json) == (0, {"uid": uid, "email": BUDI, "admin": True, "outcome": "granted"})
    assert firebase.claims(BUDI) == {"role": "teacher", "school": {"id": 7}, "admin": True}
    assert trail(redis_client) == [("grant.begun", BUDI, EMAIL), ("grant", BUDI, EMAIL)]
    assert {entry["reason"] for entry in audited(redis_client)} == {"new colleague"}
    again = admins("grant", BUDI, "--yes", env=world)
    assert (again.code, again.json["outcome"], len(trail(redis_client))) == (0, "already", 2)


def test_revoking_keeps_other_claims_and_ends_the_rights_at_once(
    firebase: EmulatedProject, world: dict[str, str], redis_client: redis.Redis
) -> None:
    firebase.create(BUDI, claims={"admin": True, "role": "admin", "school": 7})
    budis = world | {"SHEMA_ID_TOKEN": firebase.sign_in(BUDI)["idToken"]}
    assert admins("revoke", BUDI, "--yes", env=world).json["outcome"] == "revoked"
    assert firebase.claims(BUDI) == {"school": 7}
    assert admins("grant", "x@shema.test", "--yes", env=budis).code == 4
    assert trail(redis_client) == [("revoke.begun", BUDI, EMAIL), ("revoke", BUDI, EMAIL)]
    assert admins("revoke", BUDI, "--yes", env=world).json["outcome"] == "already"


def test_another_role_stays(firebase: EmulatedProject, world: dict[str, str]) -> None:
    firebase.create(BUDI, claims={"admin": True, "role": "teacher"})
    assert admins("revoke", BUDI, "--yes", env=world).code == 0
    assert firebase.claims(BUDI) == {"role": "teacher"}


def test_oneself_and_the_last_admin_take_force(
    firebase: EmulatedProject, world: dict[str, str], redis_client: redis.Redis
) -> None:
    firebase.create(BUDI, claims={"admin": True})
    own = admins("revoke", EMAIL, "--yes", env=world)
    assert (own.code, own.json["error"]["code"]) == (5, "own_account")
    firebase.update(firebase.create("citra@shema.test", claims={"admin": True}), disableUser=True)
    assert admins("revoke", BUDI, "--yes", env=world).code == 0
    robot = _as_another_admin(firebase, world)
    last = admins("revoke", EMAIL, "--yes", env=robot)
    assert (last.code, last.json["error"]["code"]) == (5, "last_admin")
    assert firebase.claims(EMAIL) == {"admin": True}
    assert trail(redis_client) == [("revoke.begun", BUDI, EMAIL), ("revoke", BUDI, EMAIL)]
    assert admins("revoke", EMAIL, "--yes", "--force", env=robot).code == 0
    assert firebase.claims(EMAIL) == {}


def _as_another_admin(firebase: EmulatedProject, world: dict[str, str]) -> dict[str, str]:
    """A service account's token: an admin without an account of that claim."""
    import httpx2

    from shema_cli.auth.service_account import AUDIENCE
    from tests.support.firebase import unsigned

    custom = unsigned({"aud": AUDIENCE, "uid": "service-account:robot@x", "claims": {"admin": True}})
    url = f"http://{firebase.host}/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken?key=k"
    body = {"token": custom, "returnSecureToken": True}
    return world | {"SHEMA_ID_TOKEN": httpx2.post(url, json=body, trust_env=False).json()["idToken"]}


def test_two_who_revoke_each_other_at_once_leave_one(firebase: EmulatedProject, world: dict[str, str]) -> None:
    """What the other one does comes after the look and before the change."""
    firebase.create(BUDI, claims={"admin": True})
    app = app_of(world)
    app.admin = app.gate.authorize(changes=True)
    own_uid = app.admin.uid

    class Slow(Person):
        def confirm(self, question: Lines, *, yes: bool) -> None:
            firebase.update(own_uid, customAttributes="{}")

    person = Slow(app.output, app.clock)
    with pytest.raises(Refused, match="last admin"):
        Administration(realm_of(world), person, app.store, app.journal, own_uid).revoke(BUDI, Mode())
    with app.store.client as client:
        begun, failed = audited(client)
    app.close()
    assert firebase.claims(BUDI) == {"admin": True}
    assert (begun["action"], failed["action"]) == ("revoke.begun", "revoke.failed")
    assert json.loads(failed["details"])["error"]["code"] == "last_admin"


def test_an_email_without_an_account(world: dict[str, str]) -> None:
    for verb in ("grant", "revoke"):
        run = admins(verb, "nobody@shema.test", "--yes", env=world)
        assert (run.code, run.json["error"]["code"]) == (1, "no_account")


def test_a_dry_run_changes_nothing(firebase: EmulatedProject, world: dict[str, str], redis_client: redis.Redis) -> None:
    firebase.create(BUDI, claims={"role": "teacher"})
    assert admins("grant", BUDI, "--dry-run", env=world).json["outcome"] == "planned"
    assert firebase.claims(BUDI) == {"role": "teacher"}
    assert admins("revoke", EMAIL, "--dry-run", "--force", env=world).json["outcome"] == "planned"
    assert admins("revoke", EMAIL, "--dry-run", env=world).code == 5
    assert firebase.claims(EMAIL) == {"admin": True}
    assert trail(redis_client) == []


def test_without_yes_and_without_a_terminal_nothing_happens(firebase: EmulatedProject, world: dict[str, str]) -> None:
    firebase.create(BUDI)
    run = admins("grant", BUDI, env=world)
    assert (run.code, "--yes" in json.dumps(run.json)) == (2, True)
    assert firebase.claims(BUDI) == {}


def test_what_cannot_be_audited_is_not_done(
    firebase: EmulatedProject, world: dict[str, str], redis_client: redis.Redis
) -> None:
    firebase.create(BUDI)
    assert admins("grant", BUDI, "--yes", env=world | {"REDIS_URL": "redis://127.0.0.1:1/0"}).code == 3
    redis_client.set(keys.AUDIT, "x")
    for verb in ("grant", "revoke"):
        email = EMAIL if verb == "revoke" else BUDI
        run = admins(verb, email, "--yes", *(["--force"] if verb == "revoke" else []), env=world)
        assert (run.code, run.json["error"]["code"]) == (1, "audit_unwritable")
    assert firebase.claims(EMAIL) == {"admin": True}
    del world["REDIS_URL"]
    assert admins("grant", BUDI, "--yes", env=world).code == 2
    assert firebase.claims(BUDI) == {}


def test_production_takes_a_service_account(base_env: dict[str, str], world: dict[str, str]) -> None:
    from shema_cli.auth.directory import directory
    from shema_cli.errors import NotConfigured

    realm = realm_of(base_env | {"FIREBASE_PROJECT_ID": "shema-music"})
    with pytest.raises(NotConfigured, match="GOOGLE_APPLICATION_CREDENTIALS"), directory(realm):
        pass


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_fits(width: int) -> None:
    from rich.console import Console

    now = datetime(2026, 1, 2, tzinfo=UTC)
    ani = FirebaseAccount("uid-of-28-characters-1234567", "ani@shema.test", False, now - timedelta(hours=3))
    result = Admins([ani, replace(ani, email=None, disabled=True, last_sign_in=None)], now)
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(listing(result, width))
    drawn = captured.get()
    assert max(map(len, drawn.splitlines())) <= width
    assert "3h ago" in drawn
    assert "never" in drawn
    assert "2 admins" in drawn
    assert ("uid-of-28" in drawn) is (width >= 80)
