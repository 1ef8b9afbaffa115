"""`REDIS_URL` in all its forms, and Redis' errors in the words of this program."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import Failed, NotConfigured, Unreachable
from shema_cli.masking import without_credentials
from shema_cli.settings.address import Address, Topology, parse_address, redis_address, with_password
from shema_cli.settings.sources import load_settings
from shema_cli.store.errors import translate
from tests.support.cli import shema
from tests.support.signed_in import signed_in


@pytest.mark.parametrize(
    ("url", "topology", "hosts", "tls", "service", "database"),
    [
        ("redis://h", Topology.SINGLE, (("h", 6379),), False, "", 0),
        ("redis://h:1/3", Topology.SINGLE, (("h", 1),), False, "", 3),
        ("redis://h?db=4", Topology.SINGLE, (("h", 6379),), False, "", 4),
        ("rediss://[::1]:7", Topology.SINGLE, (("::1", 7),), True, "", 0),
        ("redis+sentinel://a,b:2/main", Topology.SENTINEL, (("a", 26379), ("b", 2)), False, "main", 0),
        ("rediss+sentinel://a:1/main/5", Topology.SENTINEL, (("a", 1),), True, "main", 5),
        ("redis+cluster://a:1,b:2/", Topology.CLUSTER, (("a", 1), ("b", 2)), False, "", 0),
    ],
)
def test_each_form_is_read(url: str, topology: Topology, hosts: object, tls: bool, service: str, database: int) -> None:
    found = parse_address(url)
    assert (found.topology, found.hosts, found.tls) == (topology, hosts, tls)
    assert (found.service, found.database) == (service, database)


def test_credentials_are_decoded_and_never_shown() -> None:
    found = parse_address("redis+sentinel://ann:p%40ss%2Fword@h:1/main?sentinel_password=other")
    assert (found.username, found.password, found.sentinel_password) == ("ann", "p@ss/word", "other")
    assert "p@ss" not in repr(found) + found.label
    assert "other" not in repr(found)
    assert found.label == "h:1 (service main)"


@pytest.mark.parametrize("password", ["p#w", "p/w", "p?w", "p@w", "#", "p%23w", "a=b&c", "p?x=y"])
def test_a_password_may_hold_anything_as_it_is(password: str) -> None:
    found = parse_address(f"rediss://ann:{password}@h:7/3?ssl_check_hostname=no")
    assert (found.username, found.password) == ("ann", password.replace("%23", "#"))
    assert (found.hosts, found.database, found.tls_options) == ((("h", 7),), 3, (("ssl_check_hostname", False),))


def test_a_stray_number_sign_is_told() -> None:
    with pytest.raises(NotConfigured, match=r"a # behind the host"):
        parse_address("redis://h:1/0#x")


def test_the_authorities_of_the_settings_count_where_the_url_names_none(tmp_path: Path) -> None:
    def options(url: str) -> dict[str, str | bool]:
        environ = {"REDIS_URL": url, "SHEMA_CA_FILE": "/ours.pem", "SHEMA_CONFIG_DIR": str(tmp_path)}
        return dict(redis_address(load_settings(environ=environ, cwd=tmp_path)).tls_options)

    assert options("rediss://h") == {"ssl_ca_certs": "/ours.pem"}
    assert options("rediss://h?ssl_ca_certs=/other.pem") == {"ssl_ca_certs": "/other.pem"}
    assert options("redis://h") == {}


def test_what_names_the_authorities_is_told_when_they_cannot_be_read(base_env: dict[str, str]) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": "rediss://127.0.0.1:9", "SHEMA_CA_FILE": "/nowhere.pem"}
    run = shema("dlq", "list", "--json", env=env)
    assert run.code == 2
    assert run.json["error"]["message"] == "SHEMA_CA_FILE: /nowhere.pem: No such file or directory"


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://h",
        "redis+sentinel://h:1",
        "redis+cluster://h/2",
        "redis://a,b",
        "redis://h:port",
        "redis://h:99999",
        "redis://h/x",
        "redis+else://h",
        "redis://h:0",
        "redis://h:1/0#x",
    ],
)
def test_a_malformed_url_is_an_error_of_the_settings(url: str) -> None:
    with pytest.raises(NotConfigured):
        parse_address(url)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_without_being_repeated(text: str) -> None:
    said = ""
    try:
        parse_address(f"redis://user:sesame-{text}@h")
    except NotConfigured as error:
        said = f"{error.message} {error.hint}"
    assert "sesame" not in said


def test_without_a_url_the_command_says_so(base_env: dict[str, str]) -> None:
    run = shema("events", "tail", "--json", env={**base_env, **signed_in()})
    assert (run.code, run.json["error"]["code"]) == (2, "not_configured")
    assert "REDIS_URL" in run.json["error"]["message"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.ConnectionError("refused"), Unreachable),
        (redis.TimeoutError("timed out"), Unreachable),
        (redis.ReadOnlyError("READONLY …"), Unreachable),
        (redis.exceptions.ClusterDownError("CLUSTERDOWN"), Unreachable),
        (redis.exceptions.RedisClusterException("no nodes"), Unreachable),
        (redis.ResponseError("LOADING Redis is loading"), Unreachable),
        (OSError("no route"), Unreachable),
        (redis.AuthenticationError("WRONGPASS"), Failed),
        (redis.exceptions.NoPermissionError("NOPERM"), Failed),
        (redis.ResponseError("WRONGTYPE"), Failed),
    ],
)
def test_errors_are_translated(error: Exception, kind: type[Exception]) -> None:
    found = translate(error, "h:1")
    assert isinstance(found, kind)
    assert "h:1" in found.message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Error 111 connecting to h:1. Connection refused.", "Connection refused"),
        ("No master found for 'm' : <redis.client.Redis(<…>)> - x", "No master found for 'm'"),
        ("", "ConnectionError"),
    ],
)
def test_what_redis_py_says_to_its_developers_is_left_out(text: str, shown: str) -> None:
    assert translate(redis.ConnectionError(text), "h:1").message == f"Redis at h:1 cannot be used now: {shown}"


# -- what is shown of it -----------------------------------------------------------------------------------------

SECRETS = st.text(min_size=1, max_size=12).map(lambda text: f"sesame{text}sesame")
HOSTS = st.lists(
    st.tuples(st.sampled_from(["h", "redis.internal", "10.0.0.7", "::1"]), st.integers(1, 65535)),
    min_size=1,
    max_size=3,
    unique=True,
)


@dataclass(frozen=True)
class Written:
    """An address, and the URL that an admin would write for it."""

    address: Address
    url: str


@st.composite
def written(draw: st.DrawFn) -> Written:
    topology = draw(st.sampled_from(list(Topology)))
    hosts = draw(HOSTS)[: 1 if topology is Topology.SINGLE else None]
    tls = draw(st.booleans())
    username = draw(st.none() | st.text("abc@:/é", min_size=1, max_size=5))
    password = draw(st.none() | SECRETS)
    of_sentinel = draw(st.none() | SECRETS) if topology is Topology.SENTINEL else None
    service = draw(st.text("ab-é/", min_size=1, max_size=6)) if topology is Topology.SENTINEL else ""
    database = 0 if topology is Topology.CLUSTER else draw(st.integers(0, 15))
    scheme = ("rediss" if tls else "redis") + ("" if topology is Topology.SINGLE else f"+{topology}")
    places = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in hosts)
    credentials = f"{quote(username or '', '')}:{quote(password or '', '')}@" if username or password else ""
    path = f"/{quote(service, '')}/{database}" if service else f"/{database}"
    query = f"?sentinel_password={quote(of_sentinel, '')}" if of_sentinel else ""
    address = Address(
        topology=topology,
        hosts=tuple(hosts),
        tls=tls,
        username=username,
        password=password,
        database=database,
        service=service,
        sentinel_password=of_sentinel,
    )
    return Written(address, f"{scheme}://{credentials}{places}{path}{query}")


@given(written())
def test_a_url_is_read_as_the_address_that_it_was_written_for(one: Written) -> None:
    assert parse_address(one.url) == one.address


@given(written())
def test_neither_label_nor_repr_shows_a_password_and_the_label_names_every_place(one: Written) -> None:
    found = parse_address(one.url)
    assert "sesame" not in f"{found.label} {found!r}"
    for host, port in found.hosts:
        assert f"{host}]:{port}" in found.label or f"{host}:{port}" in found.label


@given(written())
def test_the_url_itself_is_shown_without_its_passwords(one: Written) -> None:
    assert "sesame" not in without_credentials(one.url)


@given(st.text(max_size=40))
def test_no_text_after_a_scheme_is_a_fault(text: str) -> None:
    for scheme in ("redis://", "rediss+sentinel://", "redis+cluster://"):
        with suppress(NotConfigured):
            address = parse_address(scheme + text)
            assert all(host and 0 < port < 65536 for host, port in address.hosts)
            assert address.database == 0 or address.topology is not Topology.CLUSTER


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("rediss://h?ssl_ca_certs=/c&socket_timeout=1&family=4", {"ssl_ca_certs": "/c"}),
        ("rediss://h?ssl_certfile=/c&ssl_keyfile=/k", {"ssl_certfile": "/c", "ssl_keyfile": "/k"}),
        ("rediss://h?ssl_cert_reqs=optional", {"ssl_cert_reqs": "optional"}),
        ("rediss://h?ssl_check_hostname=False", {"ssl_check_hostname": False}),
        ("rediss://h?ssl_check_hostname=yes", {"ssl_check_hostname": True}),
        ("rediss://h", {}),
    ],
)
def test_only_the_known_options_of_tls_are_taken(url: str, options: dict[str, object]) -> None:
    assert dict(parse_address(url).tls_options) == options


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("redis://", (("localhost", 6379),)),
        ("redis://:pw@", (("localhost", 6379),)),
        ("redis+sentinel:///m", (("localhost", 26379),)),
        ("redis+cluster://a, b ,", (("a", 6379), ("b", 6379))),
        ("REDIS://Host", (("host", 6379),)),
    ],
)
def test_what_is_left_out_of_the_places_has_its_usual_value(url: str, hosts: object) -> None:
    assert parse_address(url).hosts == hosts


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ssl_ca_cert=/c", "'ssl_ca_cert' is no option that is known; did you mean ssl_ca_certs?"),
        ("ssl_cert_req=none", "did you mean ssl_cert_reqs?"),
        ("SSL_CA_CERTS=/c", "'SSL_CA_CERTS' is no option that is known"),
        ("colour=blue", "ssl_ca_certs"),
        ("ssl_ca_certs=", "the option ssl_ca_certs is empty"),
        ("ssl_cert_reqs=non", "ssl_cert_reqs is one of required, optional, none"),
        ("ssl_check_hostname=nein", "ssl_check_hostname is yes or no"),
    ],
)
@pytest.mark.parametrize("place", ["rediss://h", "rediss+cluster://h", "unix:///run/redis.sock"])
def test_an_option_that_is_mistyped_is_refused_and_not_ignored(place: str, query: str, said: str) -> None:
    with pytest.raises(NotConfigured) as told:
        parse_address(f"{place}?{query}")
    assert said in told.value.message


def test_whoever_signs_in_may_stand_in_the_query() -> None:
    found = parse_address("redis://h?username=ana&password=p%40ss")
    assert (found.username, found.password) == ("ana", "p@ss")


@pytest.mark.parametrize("scheme", ["unix", "redis+unix", "UNIX"])
def test_a_unix_socket(scheme: str) -> None:
    found = parse_address(f"{scheme}://ana:p%40ss@/run/my%20redis.sock?db=3")
    assert (found.socket, found.hosts, found.database) == ("/run/my redis.sock", (), 3)
    assert (found.username, found.password) == ("ana", "p@ss")
    assert (found.label, found.place) == ("/run/my redis.sock", "/run/my redis.sock/3")
    assert found.key != parse_address("unix:///run/other.sock?db=3").key


def test_a_socket_needs_its_whole_path() -> None:
    with pytest.raises(NotConfigured, match="whole path"):
        parse_address("unix://run/redis.sock")


@given(
    password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    url=st.sampled_from(
        [
            "redis://cache:6380/2",
            "rediss://ani:old@cache?ssl_cert_reqs=none",
            "redis+sentinel://a:1,b:2/mymaster/1",
            "redis+cluster://:old@[::1]:7000",
            "unix://ani@/run/redis.sock?db=3",
        ]
    ),
)
def test_another_password_changes_nothing_else(password: str, url: str) -> None:
    before, after = parse_address(url), parse_address(with_password(url, password))
    assert after.password == password
    assert replace(after, password=before.password) == before
