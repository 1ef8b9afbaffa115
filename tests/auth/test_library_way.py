"""firebase-admin goes the way that everything else goes: proxy, authorities, and the words when it fails."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

import pytest

from shema_cli.auth.library_way import network_problem, our_way_out
from shema_cli.calls.proxies import parse_proxy
from shema_cli.calls.reply import LocalFault
from tests.support.authority import GOOD, Authority

NAMES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (*NAMES, "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_proxy_that_is_chosen_is_the_one_that_it_finds(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("ALL_PROXY", "http://u:p#w@proxy.test:3128")
    with our_way_out(None):
        assert os.environ["HTTPS_PROXY"] == os.environ["https_proxy"] == "http://u:p%23w@proxy.test:3128"
    assert "HTTPS_PROXY" not in os.environ


@pytest.mark.parametrize("excepted", [".googleapis.com", "*", "identitytoolkit.googleapis.com:443"])
def test_what_is_excepted_for_us_is_for_it(alone: pytest.MonkeyPatch, excepted: str) -> None:
    alone.setenv("HTTPS_PROXY", "socks5://x:1")
    alone.setenv("NO_PROXY", excepted)
    with our_way_out(None):
        assert os.environ["NO_PROXY"] == "*"
    assert os.environ["NO_PROXY"] == excepted


def test_a_proxy_that_is_none_is_told(alone: pytest.MonkeyPatch) -> None:
    alone.setenv("HTTPS_PROXY", "socks5://x:1")
    with pytest.raises(LocalFault, match="HTTPS_PROXY names a SOCKS proxy"), our_way_out(None):
        raise AssertionError("it is not begun")


def test_our_authorities_are_trusted_besides_the_usual_ones(alone: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = Authority(tmp_path, GOOD).certificate
    with our_way_out(str(ours)):
        bundle = Path(os.environ["REQUESTS_CA_BUNDLE"])
        context = ssl.create_default_context(cafile=bundle)
        assert len(context.get_ca_certs()) > 50
        assert ours.read_bytes() in bundle.read_bytes()
    assert not bundle.exists()
    with pytest.raises(LocalFault, match="SHEMA_CA_FILE"), our_way_out(str(tmp_path / "nowhere")):
        raise AssertionError("it is not begun")


def test_what_went_wrong_is_told_of_google_or_of_the_proxy() -> None:
    class ProxyError(Exception):
        """As urllib3 names it."""

    google = network_problem(_raised(socket.gaierror(socket.EAI_NONAME, "Name or service not known")), None)
    assert google is not None
    assert google.problem.startswith("the name identitytoolkit.googleapis.com is not known")
    proxy = parse_proxy("HTTPS_PROXY", "http://127.0.0.1:3128")
    refused = ProxyError("Cannot connect to proxy")
    refused.__cause__ = ConnectionRefusedError(111, "refused")
    told = network_problem(_raised(refused), proxy)
    assert told is not None
    assert told.problem.startswith("the proxy 127.0.0.1:3128 (HTTPS_PROXY) cannot be used: the connection to")
    assert network_problem(ValueError("no network's"), None) is None


def _raised(cause: Exception) -> Exception:
    error = RuntimeError("the library's own")
    error.__cause__ = cause
    return error
