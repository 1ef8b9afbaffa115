"""Which proxy of the environment leads to an address, and what NO_PROXY excepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.proxies import parse_proxy, proxy_for
from shema_cli.calls.reply import LocalFault

GOOGLE = "https://identitytoolkit.googleapis.com/v1/accounts"
PROXY = "http://proxy.test:3128"


def variable(url: str, **environ: str) -> str | None:
    found = proxy_for(url, environ)
    return found.variable if found else None


@pytest.mark.parametrize(
    ("environ", "chosen"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY}, "https_proxy"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other:1"}, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": PROXY}, None),
        ({"HTTP_PROXY": PROXY}, None),
        ({"ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"ALL_PROXY": "socks5://x:1", "HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
    ],
)
def test_which_variable_counts(environ: dict[str, str], chosen: str | None) -> None:
    assert variable(GOOGLE, **environ) == chosen


@pytest.mark.parametrize(
    ("entry", "url", "excepted"),
    [
        ("googleapis.com", GOOGLE, True),
        (".googleapis.com", GOOGLE, True),
        ("*.googleapis.com", GOOGLE, True),
        ("GoogleApis.com.", GOOGLE, True),
        ("apis.com", GOOGLE, False),
        ("x.test, googleapis.com", GOOGLE, True),
        ("x.test googleapis.com", GOOGLE, True),
        ("googleapis.com:443", GOOGLE, True),
        ("googleapis.com:8443", GOOGLE, False),
        ("[fd07::1]", "https://[fd07::1]/x", True),
        ("fd07::1", "https://[fd07::1]/x", True),
        ("fd07:0:0::1", "https://[fd07::1]/x", True),
        ("[fd07::1]:443", "https://[fd07::1]/x", True),
        ("[fd07::1]:80", "https://[fd07::1]/x", False),
        ("fd07::/64", "https://[fd07::1]/x", True),
        ("[fd07::]/64", "https://[fd07::1]/x", True),
        ("fd08::/64", "https://[fd07::1]/x", False),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.0.0.1/8", "https://10.1.2.3/x", True),
        ("10.0.0.0/8", "https://[fd07::1]/x", False),
        ("10.1.2.3", "https://10.1.2.3/x", True),
        ("0.1.2.3", "https://10.1.2.3/x", False),
        ("[::1]", GOOGLE, False),
        ("fd07::/640", GOOGLE, False),
        ("/,//,[,]:,:x,.,*.", GOOGLE, False),
    ],
)
def test_what_no_proxy_excepts(entry: str, url: str, excepted: bool) -> None:
    assert variable(url, HTTPS_PROXY=PROXY, NO_PROXY=entry) == (None if excepted else "HTTPS_PROXY")


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"])
def test_what_is_on_this_machine_is_never_sent_to_a_proxy(host: str) -> None:
    assert variable(f"http://{host}:9099/x", HTTP_PROXY=PROXY, ALL_PROXY="socks://x") is None


@pytest.mark.parametrize(
    ("value", "url", "auth"),
    [
        ("http://h:3128", "http://h:3128", None),
        ("h:3128", "http://h:3128", None),
        ("http://h", "http://h:80", None),
        ("https://h/", "https://h:443", None),
        ("HTTP://[::1]:8080/ignored?x#y", "http://[::1]:8080", None),
        ("http://u:p@h:1", "http://h:1", ("u", "p")),
        ("http://u:p#w@h:1", "http://h:1", ("u", "p#w")),
        ("http://u:p%40w@h:1", "http://h:1", ("u", "p@w")),
        ("http://u:p@w/x?y@h:1", "http://h:1", ("u", "p@w/x?y")),
        ("http://u@h:1", "http://h:1", ("u", "")),
    ],
)
def test_how_a_proxy_is_written(value: str, url: str, auth: tuple[str, str] | None) -> None:
    proxy = parse_proxy("HTTPS_PROXY", value)
    assert (proxy.url, proxy.auth) == (url, auth)
    assert "p#w" not in repr(proxy)


@pytest.mark.parametrize(
    "value", ["socks://x", "socks5h://u:hunter2@h:1", "gopher://h", "http://", "http://h:x", "a b"]
)
def test_what_is_no_proxy_names_the_variable_and_never_the_value(value: str) -> None:
    with pytest.raises(LocalFault) as told:
        parse_proxy("all_proxy", value)
    assert told.value.problem.startswith("all_proxy ")
    assert "hunter2" not in told.value.problem


@given(st.text(max_size=30))
def test_any_text_is_a_proxy_or_is_told(text: str) -> None:
    try:
        assert parse_proxy("ALL_PROXY", text).host
    except LocalFault as told:
        assert told.problem.startswith("ALL_PROXY ")  # noqa: PT017 - one or the other


@given(st.text(max_size=30))
def test_any_text_excepts_or_does_not(text: str) -> None:
    assert variable(GOOGLE, HTTPS_PROXY=PROXY, NO_PROXY=text) in (None, "HTTPS_PROXY")
