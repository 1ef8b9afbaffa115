"""Google's tokens, verified with real RS256 certificates served on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable

import jwt
import pytest

from shema_cli.auth.certificates import FILE
from shema_cli.errors import AccessDenied, Failed, Unreachable
from tests.support.firebase import Production, SigningKey, claims_of, unsigned
from tests.support.http import Answer
from tests.support.world import app_of, still

NOW = 1_800_000_000.0
Forge = Callable[[Production, SigningKey], str]


def read(env: dict[str, str], token: str, now: float = NOW) -> str:
    """Pass the gate of a command that reads, and give the admin's uid."""
    return app_of(env | {"SHEMA_ID_TOKEN": token}, still(now)).gate.authorize(changes=False).uid


def hs256_with_the_public_key(production: Production, other: SigningKey) -> str:
    """What a library that trusts `alg` would accept: PyJWT refuses to write it, so it is written by hand."""
    header = {"alg": "HS256", "typ": "JWT", "kid": production.key.kid}
    signing_input = b".".join(map(_encode, (header, claims_of(production.project, NOW))))
    signature = hmac.new(production.key.public_pem, signing_input, hashlib.sha256).digest()
    return (signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def _encode(part: dict[str, object]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")


def with_other_payload(production: Production, other: SigningKey) -> str:
    header, _, signature = production.token(NOW, admin=None).split(".")
    return f"{header}.{_encode(claims_of(production.project, NOW)).decode()}.{signature}"


def rs512(production: Production, other: SigningKey) -> str:
    claims = claims_of(production.project, NOW)
    return jwt.encode(claims, production.key.private, algorithm="RS512", headers={"kid": production.key.kid})


def without_kid(production: Production, other: SigningKey) -> str:
    return jwt.encode(claims_of(production.project, NOW), production.key.private, algorithm="RS256")


FORGERIES: dict[str, Forge] = {
    "unsigned": lambda p, o: unsigned(claims_of(p.project, NOW)),
    "unsigned with a kid": lambda p, o: jwt.encode(
        claims_of(p.project, NOW), "", algorithm="none", headers={"kid": p.key.kid}
    ),
    "HS256 with the public key": hs256_with_the_public_key,
    "RS512": rs512,
    "no kid": without_kid,
    "unknown kid": lambda p, o: p.key.sign(claims_of(p.project, NOW), kid="nobody"),
    "another key under a known kid": lambda p, o: o.sign(claims_of(p.project, NOW), kid=p.key.kid),
    "another payload under the signature": with_other_payload,
    "signature cut off": lambda p, o: p.token(NOW).rsplit(".", 1)[0] + ".",
    "not a token": lambda p, o: "forged",
    "three empty parts": lambda p, o: "..",
    "foreign project (aud)": lambda p, o: p.token(NOW, aud="another-project"),
    "foreign project (iss)": lambda p, o: p.token(NOW, iss="https://securetoken.google.com/another-project"),
    "foreign project (both)": lambda p, o: p.key.sign(claims_of("another-project", NOW)),
    "aud as a list": lambda p, o: p.token(NOW, aud=[p.project, "another-project"]),
    "expired": lambda p, o: p.token(NOW - 3601),
    "expires this second": lambda p, o: p.token(NOW, exp=int(NOW)),
    "no exp": lambda p, o: p.token(NOW, exp=None),
    "exp as text": lambda p, o: p.token(NOW, exp=str(int(NOW) + 3600)),
    "exp true": lambda p, o: p.token(NOW, exp=True),
    "iat in the future": lambda p, o: p.token(NOW, iat=int(NOW) + 60),
    "no iat": lambda p, o: p.token(NOW, iat=None),
    "auth_time in the future": lambda p, o: p.token(NOW, auth_time=int(NOW) + 60),
    "no auth_time": lambda p, o: p.token(NOW, auth_time=None),
    "no sub": lambda p, o: p.token(NOW, sub=None),
    "empty sub": lambda p, o: p.token(NOW, sub=""),
    "long sub": lambda p, o: p.token(NOW, sub="u" * 129),
    "no claim": lambda p, o: p.token(NOW, admin=None),
    "admin as text": lambda p, o: p.token(NOW, admin="true"),
    "admin 1": lambda p, o: p.token(NOW, admin=1),
    "another role": lambda p, o: p.token(NOW, admin=False, role="administrator"),
}


def test_a_signed_admin_passes(production: Production, production_env: dict[str, str]) -> None:
    assert read(production_env, production.token(NOW)) == "uid-ani"
    assert read(production_env, production.token(NOW, admin=None, role="admin")) == "uid-ani"
    assert production.certificates.fetches == 1


@pytest.mark.parametrize("forgery", FORGERIES)
def test_nobody_else_does(
    production: Production, production_env: dict[str, str], other_key: SigningKey, forgery: str
) -> None:
    token = FORGERIES[forgery](production, other_key)
    with pytest.raises(AccessDenied) as denied:
        read(production_env, token)
    assert token not in denied.value.message


def test_a_token_is_good_until_its_last_second(production: Production, production_env: dict[str, str]) -> None:
    token = production.token(NOW)
    assert read(production_env, token, NOW + 3599.9) == "uid-ani"
    with pytest.raises(AccessDenied, match="expired"):
        read(production_env, token, NOW + 3600)


def test_certificates_are_kept_for_as_long_as_they_say(production: Production, production_env: dict[str, str]) -> None:
    production.certificates.publish(production.key, cache_control="public, max-age=600")
    token = production.token(NOW)
    for later in (0, 300, 599):
        read(production_env, token, NOW + later)
    assert production.certificates.fetches == 1
    read(production_env, token, NOW + 600)
    assert production.certificates.fetches == 2


def test_a_rotated_key_is_fetched(
    production: Production, production_env: dict[str, str], other_key: SigningKey
) -> None:
    read(production_env, production.token(NOW))
    production.certificates.publish(production.key, other_key)
    assert read(production_env, other_key.sign(claims_of(production.project, NOW))) == "uid-ani"
    production.certificates.publish(other_key)
    later = NOW + 19_845
    with pytest.raises(AccessDenied):
        read(production_env, production.token(later), later)


def test_a_clock_set_back_does_not_keep_certificates(production: Production, production_env: dict[str, str]) -> None:
    read(production_env, production.token(NOW))
    read(production_env, production.token(NOW - 86_400), NOW - 86_400)
    assert production.certificates.fetches == 2


def test_a_cache_that_was_damaged_is_fetched_again(production: Production, production_env: dict[str, str]) -> None:
    app = app_of(production_env)
    for content in (b"", b"{", b"[]", b'{"certificates": 1}', b"null"):
        app.state.write(FILE, content)
        assert read(production_env, production.token(NOW)) == "uid-ani"


def test_without_certificates_nobody_passes(production: Production, production_env: dict[str, str]) -> None:
    for answer in (Answer(503), Answer(302, headers={"Location": "/elsewhere"})):
        production.certificates.on("GET", production.certificates.path, answer)
        with pytest.raises(Unreachable):
            read(production_env, production.token(NOW))
    production.certificates.on("GET", production.certificates.path, Answer(body=b"<html>"))
    with pytest.raises(Failed):
        read(production_env, production.token(NOW))


def test_garbage_among_the_certificates_is_no_key(production: Production, production_env: dict[str, str]) -> None:
    for certificate in ("not pem", 7, None):
        production.certificates.on("GET", production.certificates.path, Answer(json={production.key.kid: certificate}))
        with pytest.raises(AccessDenied):
            read(production_env, production.token(NOW))
