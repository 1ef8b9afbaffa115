from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import pytest

from tests.support.sandbox import CallService


@pytest.mark.parametrize(
    "params", [{"status": "lost"}, {"limit": "0"}, {"limit": "x"}, {"cursor": "?!"}, {"limit": "²"}]
)
def test_a_query_that_makes_no_sense_is_a_400(call: CallService, params: dict[str, str]) -> None:
    assert call("enrollment", "GET", "/api/enrollments", params=params).status_code == 400


def test_only_health_is_open(sandbox: dict[str, str]) -> None:
    urls = [url for name, url in sandbox.items() if name.endswith("_SERVICE_URL")]
    assert len(urls) == 8
    with httpx.Client() as client:
        for url in urls:
            assert client.get(f"{url}/health").status_code == 200
            answer = client.get(f"{url}/api/anything")
            assert (answer.status_code, answer.json()) == (401, {"error": "Service token required"})


def test_tokens_are_checked_as_the_seed_checks_them(sandbox: dict[str, str]) -> None:
    import jwt

    secret, now = sandbox["SERVICE_JWT_SECRET"], datetime.now(UTC)

    def answer(token: str) -> tuple[int, object]:
        url = f"{sandbox['USER_SERVICE_URL']}/api/users/stats"
        reply = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, verify=False)
        return reply.status_code, reply.json()

    claims = {"service": "x", "iat": now, "exp": now + timedelta(minutes=5)}
    invalid = (401, {"error": "Invalid service token"})
    assert answer(jwt.encode({**claims, "scope": "public"}, secret)) == (403, {"error": "Invalid token scope"})
    assert answer(jwt.encode({**claims, "scope": "internal"}, "another" * 8)) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal", "exp": now - timedelta(seconds=1)}, secret)) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal"}, "", algorithm="none")) == invalid
    assert answer(jwt.encode({**claims, "scope": "internal"}, secret)) == (200, {"student_count": 320})
