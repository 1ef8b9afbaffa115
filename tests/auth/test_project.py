"""Which Firebase project is meant, and what is kept apart by it (contract 2.4)."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.auth.project import GOOGLE, FirebaseProject, Realm
from shema_cli.auth.service_account import read_key
from shema_cli.auth.session import Session, SessionStore
from shema_cli.errors import AccessDenied, NotConfigured
from shema_cli.settings.values import Setting, Settings
from shema_cli.state import StateDir
from tests.support.texts import ANY_TEXT
from tests.support.world import StillClock

HERE = "127.0.0.1:9099"


def settings_of(profile: str | None = None, **values: str | None) -> Settings:
    entries = {name: Setting(name, value, "test") for name, value in values.items() if value is not None}
    return Settings(entries, profile, {}, config_path=Path("/nowhere"), state_path=Path("/nowhere"))


def project_of(id: str | None = "demo-shema", host: str | None = None, **values: str) -> FirebaseProject:
    return FirebaseProject.from_settings(
        settings_of(FIREBASE_PROJECT_ID=id, FIREBASE_AUTH_EMULATOR_HOST=host, **values)
    )


# -- the project -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "host", "kind"),
    [("shema", None, "production"), ("demo-shema", None, "production"), ("demo-shema", HERE, "emulator")],
)
def test_production_unless_an_emulator_is_named(id: str, host: str | None, kind: str) -> None:
    project = project_of(id, host)
    assert (project.kind, project.emulator) == (kind, kind == "emulator")
    assert (project.endpoints == GOOGLE) is (kind == "production")
    assert project.issuer == f"https://securetoken.google.com/{id}"
    assert project.path == f"projects/{id}"


@pytest.mark.parametrize(
    ("id", "host"), [("shema", HERE), ("demo", HERE), ("demo-shema", "10.0.0.1:9099"), ("demo-shema", "localhost")]
)
def test_an_emulator_counts_only_here_and_only_for_a_demo(id: str, host: str) -> None:
    with pytest.raises(AccessDenied) as told:
        project_of(id, host)
    assert told.value.code == "emulator_refused"


@pytest.mark.parametrize("id", ["", "../x", "a/b", "a b", "-a", "a?b", "a" * 129, "a\n"])
def test_what_is_no_project_id_never_gets_into_a_url(id: str) -> None:
    with pytest.raises(AccessDenied, match="is not a project id"):
        project_of(id)


def test_without_a_project_nobody_is_signed_in_and_a_login_says_what_is_missing() -> None:
    with pytest.raises(AccessDenied, match="FIREBASE_PROJECT_ID"):
        project_of(None)
    for way in (Realm.for_login, Realm.for_logout):
        with pytest.raises(NotConfigured, match="FIREBASE_PROJECT_ID"):
            way(settings_of(), StateDir(Path("/nowhere")), StillClock())


def test_an_emulator_that_is_refused_can_still_be_signed_out_of() -> None:
    settings = settings_of(FIREBASE_PROJECT_ID="shema", FIREBASE_AUTH_EMULATOR_HOST="evil.test:9099")
    realm = Realm.for_logout(settings, StateDir(Path("/nowhere")), StillClock())
    assert realm.key == ("shema", "emulator", "default")


def test_an_emulator_takes_any_key_and_google_wants_the_projects() -> None:
    assert project_of(host=HERE).require_api_key() == "emulator"
    assert project_of(FIREBASE_API_KEY="key").require_api_key() == "key"
    with pytest.raises(NotConfigured, match="FIREBASE_API_KEY"):
        project_of().require_api_key()
    assert "key" not in repr(project_of(FIREBASE_API_KEY="key-of-the-web")).replace("api_key", "")


# -- the realm ---------------------------------------------------------------------------------------------------


def realm_of(id: str, host: str | None, profile: str, folder: Path = Path("/nowhere")) -> Realm:
    return Realm(FirebaseProject(id, host), profile, StateDir(folder), StillClock())


def test_sessions_are_kept_apart_by_project_kind_and_profile() -> None:
    realms = [realm_of(*one) for one in product(["demo-a", "demo-b"], [None, HERE], ["p", "q", "p-q", "../p"])]
    assert all(one.name != other.name for one, other in combinations(realms, 2))


def test_parts_that_join_to_the_same_text_are_still_apart() -> None:
    assert realm_of("demo-a", None, "b").name != realm_of("demo", None, "a-b").name
    assert realm_of("demo-a", None, "é").name != realm_of("demo-a", None, "è").name


@given(ANY_TEXT)
def test_a_profile_of_any_name_has_a_file_in_the_folder(profile: str) -> None:
    name = realm_of("demo-a", None, profile).name
    assert name.isascii()
    assert not set(name) & set("/\\\0 ")
    assert len(name) < 120


# -- the session in its file -------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SESSIONS = st.builds(
    Session,
    uid=TEXTS,
    email=TEXTS,
    expires_at=st.integers(0, 2**40),
    storage=st.just("file"),
    id_token=TEXTS,
    refresh_token=TEXTS,
    service_account=TEXTS,
)


@settings(deadline=None)
@given(SESSIONS)
def test_a_session_is_read_back_as_it_was_kept(tmp_path_factory: pytest.TempPathFactory, session: Session) -> None:
    store = SessionStore(realm_of("demo-a", None, "p", tmp_path_factory.mktemp("s")))
    assert store.load() is None
    store.save(session)
    found = store.load()
    assert found is not None
    assert vars(found) == vars(session)
    assert store.wipe().existed
    assert not store.wipe().existed
    assert store.load() is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[" * 9000, b'{"key":' * 9000, b"1" * 5000, b"null", b'{"key": null}', b'{"key": ["demo-a"]}'],
    ids=range(8),
)
def test_whatever_a_damaged_session_file_holds_is_no_session(tmp_path: Path, content: bytes) -> None:
    realm = realm_of("demo-a", None, "p", tmp_path)
    realm.state.write(f"session-{realm.name}.json", content)
    assert SessionStore(realm).load() is None


def test_neither_token_is_in_the_repr_of_a_session() -> None:
    session = Session("u", "e", 1, "file", id_token="sesame-1", refresh_token="sesame-2")
    assert "sesame" not in repr(session)


# -- the key of a service account --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 9000,
        b'{"type": "service_account"}',
        b'{"type": "service_account", "client_email": "", "private_key": "k"}',
        b'{"type": "service_account", "client_email": "r@x", "private_key": 7}',
        b'{"type": "service_account", "client_email": ["r@x"], "private_key": "k"}',
    ],
)
def test_a_file_that_is_no_key_is_told_by_its_path(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(content)
    with pytest.raises(NotConfigured, match=r"key\.json") as told:
        read_key(str(tmp_path / "key.json"))
    assert told.value.code == "service_account_unusable"


def test_credentials_of_another_kind_are_nobody_unless_a_key_is_required(tmp_path: Path) -> None:
    (tmp_path / "user.json").write_text('{"type": "authorized_user"}')
    assert read_key(str(tmp_path / "user.json"), required=False) is None
    with pytest.raises(NotConfigured, match="not a service account's key file"):
        read_key(str(tmp_path / "user.json"))


def test_the_key_is_named_by_its_whole_path_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("k.json").write_text('{"type": "service_account", "client_email": "r@x", "private_key": "sesame"}')
    key = read_key("k.json")
    assert key is not None
    assert (key.path, key.uid) == (str(tmp_path / "k.json"), "service-account:r@x")
    assert "sesame" not in repr(key)
