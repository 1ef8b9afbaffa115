"""Firebase for tests: the official emulator, Google's certificates on loopback, and the shapes it answers with.

`shared_emulator()` starts the emulator once; the fixture `firebase` gives it to one test at a time, emptied.
`CertificateServer` stands in for Google's certificates, with real RS256 keys. What the emulator cannot do is scripted
on an `HttpServer` with the functions at the end.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.http import Answer, HttpServer, Request
from tests.support.valkey import free_port
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / ".tools" / "node_modules"
READY_S = 180.0
OWNER = {"Authorization": "Bearer owner"}
ADMIN_CLAIMS = {"admin": True}


def node_program(name: str) -> Path:
    """A program installed by `make .tools/.ready`; without it the test is skipped."""
    program = NODE_MODULES / ".bin" / name
    if shutil.which("node") and program.exists():
        return program
    pytest.skip(f"{name} is not installed: it takes Node and `make .tools/.ready`")


# -- the official emulator --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def shared_emulator(folder: Path) -> Iterator[EmulatedProject]:
    """The emulator of the project `demo-shema`: one for all test processes that share `folder`.

    The first that comes starts it, the last that goes stops it; a process that is killed counts as gone.
    """
    program = node_program("firebase")
    register = folder / "firebase-emulator.json"
    with (folder / "firebase-emulator.users").open("w") as users:
        with exclusive(register):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not register.exists():
                register.write_text(json.dumps(_start(program)))
            running = json.loads(register.read_text())
        try:
            yield EmulatedProject(f"127.0.0.1:{running['port']}", "demo-shema")
        finally:
            with exclusive(register), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(running["pid"], Path(running["home"]))
                register.unlink()


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One process at a time."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(program: Path) -> dict[str, Any]:
    home = Path(tempfile.mkdtemp(prefix="shema-test-firebase-"))
    ports = {name: {"port": free_port()} for name in ("auth", "hub", "logging")}
    (home / "firebase.json").write_text(json.dumps({"emulators": {**ports, "ui": {"enabled": False}}}))
    with (home / "out.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "emulators:start", "--only", "auth", "--project", "demo-shema"],
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "CI": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    port = ports["auth"]["port"]
    try:
        _wait_until_ready(process, port, home / "out.log")
    except BaseException:
        _stop(process.pid, home)
        raise
    process.returncode = 0  # it outlives whoever started it, and is stopped by the last one
    return {"port": port, "pid": process.pid, "home": str(home)}


def _stop(pid: int, home: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()[-2000:]
        with contextlib.suppress(httpx2.HTTPError):
            return bool(httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200)
        return False

    eventually(
        is_ready, within_s=READY_S, every_s=0.2, what=lambda: f"the emulator, which says {log.read_text()[-2000:]}"
    )


@dataclass(frozen=True)
class EmulatedProject:
    """The emulator's project, with its administrative side."""

    host: str
    id: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "FIREBASE_PROJECT_ID": self.id,
            "FIREBASE_API_KEY": "demo-key",
            "FIREBASE_AUTH_EMULATOR_HOST": self.host,
        }

    def clear(self) -> None:
        httpx2.delete(f"http://{self.host}/emulator/v1/projects/{self.id}/accounts", headers=OWNER, trust_env=False)

    def create(self, email: str, password: str = "pass-word-1", claims: Any = None, **fields: Any) -> str:
        """An account, and its uid."""
        uid = str(self._owner("POST", "v1", "/accounts", {"email": email, "password": password, **fields})["localId"])
        if claims is not None:
            self.update(uid, customAttributes=json.dumps(claims))
        return uid

    def update(self, uid: str, **fields: Any) -> None:
        self._owner("POST", "v1", "/accounts:update", {"localId": uid, **fields})

    def delete(self, uid: str) -> None:
        self._owner("POST", "v1", "/accounts:delete", {"localId": uid})

    def claims(self, email: str) -> Any:
        users = self._owner("POST", "v1", "/accounts:lookup", {"email": [email]})["users"]
        return json.loads(users[0].get("customAttributes") or "{}")

    def sign_in(self, email: str, password: str = "pass-word-1") -> dict[str, Any]:
        """What `accounts:signInWithPassword` answers."""
        url = f"http://{self.host}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=demo-key"
        body = {"email": email, "password": password, "returnSecureToken": True}
        return dict(httpx2.post(url, json=body, trust_env=False).raise_for_status().json())

    def enable_sms_factor(self) -> None:
        self._owner("PATCH", "v2", "/config", {"mfa": {"state": "ENABLED", "enabledProviders": ["PHONE_SMS"]}})

    def sms_code(self) -> str:
        """The code that was sent last."""
        url = f"http://{self.host}/emulator/v1/projects/{self.id}/verificationCodes"
        return str(httpx2.get(url, trust_env=False).json()["verificationCodes"][-1]["code"])

    def _owner(self, method: str, version: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        url = f"http://{self.host}/identitytoolkit.googleapis.com/{version}/projects/{self.id}{path}"
        return dict(
            httpx2.request(method, url, json=dict(body), headers=OWNER, trust_env=False).raise_for_status().json()
        )


# -- Google's side in production --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SigningKey:
    """A real RS256 key and its certificate."""

    kid: str
    private: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def new(cls, kid: str) -> SigningKey:
        return cls(kid, rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def private_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "securetoken.system.gserviceaccount.com")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=16))
        )
        return builder.sign(self.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, claims: Mapping[str, Any], *, kid: str | None = None) -> str:
        return jwt.encode(dict(claims), self.private, algorithm="RS256", headers={"kid": kid or self.kid})


class CertificateServer(HttpServer):
    """Google's certificates on loopback. `publish` replaces them, as a rotation does."""

    path = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"

    def publish(self, *keys: SigningKey, cache_control: str = "public, max-age=19845, must-revalidate") -> None:
        certificates = {key.kid: key.certificate for key in keys}
        self.on("GET", self.path, Answer(json=certificates, headers={"Cache-Control": cache_control}))

    @property
    def fetches(self) -> int:
        return len(self.seen(self.path))


def claims_of(project: str, now: float | None = None, /, **other: Any) -> dict[str, Any]:
    """The claims of an admin's ID token, signed in just now. A claim given as None is left out."""
    moment = int(time.time() if now is None else now)
    claims = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "auth_time": moment,
        "user_id": "uid-ani",
        "sub": "uid-ani",
        "iat": moment,
        "exp": moment + 3600,
        "email": "ani@shema.test",
        "email_verified": True,
        "firebase": {"identities": {"email": ["ani@shema.test"]}, "sign_in_provider": "password"},
        **ADMIN_CLAIMS,
        **other,
    }
    return {name: value for name, value in claims.items() if value is not None}


def unsigned(claims: Mapping[str, Any]) -> str:
    """An ID token as the emulator writes it."""
    return jwt.encode(dict(claims), "", algorithm="none")


# -- the documented shapes, for what the emulator cannot do -----------------------------------------------------------

PASSWORD = "/v1/accounts:signInWithPassword"
LOOKUP = "/v1/accounts:lookup"
MFA_START = "/v2/accounts/mfaSignIn:start"
MFA_FINALIZE = "/v2/accounts/mfaSignIn:finalize"
CUSTOM_TOKEN = "/v1/accounts:signInWithCustomToken"
IDP = "/v1/accounts:signInWithIdp"
REFRESH = "/v1/token"


def rejection(message: str, status: int = 400) -> Answer:
    """An error as the Identity Toolkit and the secure token service word it."""
    detail = [{"message": message, "domain": "global", "reason": "invalid"}]
    return Answer(status, json={"error": {"code": status, "message": message, "errors": detail}})


def signed_in(id_token: str, refresh_token: str = "refresh-token-1") -> Answer:
    return Answer(
        json={
            "kind": "identitytoolkit#VerifyPasswordResponse",
            "localId": "uid-ani",
            "email": "ani@shema.test",
            "displayName": "",
            "idToken": id_token,
            "registered": True,
            "refreshToken": refresh_token,
            "expiresIn": "3600",
        }
    )


def second_factor_needed(*factors: Mapping[str, Any], pending: str = "pending-credential") -> Answer:
    return Answer(json={"mfaPendingCredential": pending, "mfaInfo": list(factors), "localId": "uid-ani"})


def refreshed(id_token: str, refresh_token: str = "refresh-token-2") -> Answer:
    return Answer(
        json={
            "access_token": id_token,
            "expires_in": "3600",
            "token_type": "Bearer",
            "refresh_token": refresh_token,
            "id_token": id_token,
            "user_id": "uid-ani",
            "project_id": "1234567890",
        }
    )


def account(**fields: Any) -> Answer:
    """What `accounts:lookup` answers for one account; an admin unless told otherwise."""
    user = {
        "localId": "uid-ani",
        "email": "ani@shema.test",
        "emailVerified": True,
        "validSince": "1700000000",
        "customAttributes": json.dumps(ADMIN_CLAIMS),
        **fields,
    }
    return Answer(json={"kind": "identitytoolkit#GetAccountInfoResponse", "users": [user]})


@dataclass(frozen=True)
class Production:
    """Google's three services on loopback. Use the fixture `production`, which points `shema` at it."""

    firebase: HttpServer
    certificates: CertificateServer
    key: SigningKey
    project: str = "shema-music"

    @property
    def env(self) -> dict[str, str]:
        return {"FIREBASE_PROJECT_ID": self.project, "FIREBASE_API_KEY": "AIza-test-key"}

    def token(self, now: float | None = None, /, **claims: Any) -> str:
        return self.key.sign(claims_of(self.project, now, **claims))

    def answer(self, path: str, *answers: Answer | Any) -> None:
        self.firebase.on("POST", path, *answers)

    def asked(self, path: str) -> list[Request]:
        return self.firebase.seen(path)
