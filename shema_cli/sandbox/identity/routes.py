"""An identity endpoint with the REST shapes of the Firebase Auth emulator.

`identity_app(Accounts("demo-shema"))` is an ASGI app. It knows: `accounts:signUp`, `:signInWithPassword`,
`:signInWithCustomToken`, `:signInWithIdp`, `:lookup`, `:update`, `:delete`, `:query`, `:batchGet`, `:batchDelete`, the
same under `/v1/projects/{project}/…` for holders of `Authorization: Bearer owner`, `/v1/projects` for those of a key,
`securetoken…/v1/token`, and the emulator's own `/` and `/emulator/v1/…`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shema_cli.sandbox.identity.accounts import Accounts, IdentityError
from shema_cli.sandbox.identity.verbs import VERBS, Body, new_account

OWNER = "Bearer owner"
TOOLKIT = "/identitytoolkit.googleapis.com/v1"


def identity_app(accounts: Accounts) -> Starlette:
    """The ASGI app that serves `accounts`."""
    routes = [
        Route("/", _endpoint(accounts, _ready), methods=["GET"]),
        Route("/health", _endpoint(accounts, _ready), methods=["GET"]),
        Route("/securetoken.googleapis.com/v1/token", _endpoint(accounts, _refresh), methods=["POST"]),
        Route(f"{TOOLKIT}/projects", _endpoint(accounts, _of_key), methods=["GET"]),
        Route(f"{TOOLKIT}/accounts:{{verb}}", _endpoint(accounts, _verb), methods=["POST", "GET"]),
        Route(f"{TOOLKIT}/projects/{{project}}/accounts", _endpoint(accounts, _create), methods=["POST"]),
        Route(f"{TOOLKIT}/projects/{{project}}/accounts:{{verb}}", _endpoint(accounts, _verb), methods=["POST", "GET"]),
        Route("/emulator/v1/projects/{project}/accounts", _endpoint(accounts, _clear), methods=["DELETE"]),
        Route("/emulator/v1/projects/{project}/config", _endpoint(accounts, _config), methods=["GET", "PATCH"]),
    ]
    return Starlette(routes=routes)


Handler = Callable[[Accounts, Request], Awaitable[dict[str, object]]]


def _endpoint(accounts: Accounts, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await handle(accounts, request))
        except IdentityError as error:
            return _error(error)

    return endpoint


def _error(error: IdentityError) -> Response:
    detail = {"message": error.message, "reason": error.reason, "domain": "global"}
    body: dict[str, object] = {"code": error.status, "message": error.message, "errors": [detail]}
    if error.status in (401, 403):
        body["status"] = "UNAUTHENTICATED" if error.status == 401 else "PERMISSION_DENIED"
    return JSONResponse({"error": body}, error.status)


# -- the endpoints --------------------------------------------------------------------------------------------------


async def _ready(accounts: Accounts, request: Request) -> dict[str, object]:
    docs = "https://firebase.google.com/docs/emulator-suite"
    return {"authEmulator": {"ready": True, "docs": docs, "apiSpec": "/emulator/openapi.json"}}


async def _verb(accounts: Accounts, request: Request) -> dict[str, object]:
    verb = VERBS.get(request.path_params["verb"])
    if verb is None or request.path_params.get("project", accounts.project) != accounts.project:
        raise IdentityError("NOT_FOUND", 404, "notFound")
    owner = _caller(request)
    if "project" in request.path_params and not owner:
        raise IdentityError("The caller does not have permission", 403, "forbidden")
    body = dict(request.query_params) if request.method == "GET" else await _json(request)
    return verb(accounts, body, owner)


async def _create(accounts: Accounts, request: Request) -> dict[str, object]:
    if not _caller(request) or request.path_params["project"] != accounts.project:
        raise IdentityError("The caller does not have permission", 403, "forbidden")
    account = new_account(accounts, await _json(request), owner=True)
    return {"kind": "identitytoolkit#SignupNewUserResponse", "localId": account.uid, "email": account.email}


async def _refresh(accounts: Accounts, request: Request) -> dict[str, object]:
    _caller(request)
    raw = await request.body()
    if "json" in request.headers.get("content-type", ""):
        body: Body = await _json(request)
    else:
        body = {name: values[0] for name, values in parse_qs(raw.decode("utf-8", "replace")).items()}
    if body.get("grant_type", body.get("grantType")) != "refresh_token":
        raise IdentityError("INVALID_GRANT_TYPE")
    token = str(body.get("refresh_token") or body.get("refreshToken") or "")
    if not token:
        raise IdentityError("MISSING_REFRESH_TOKEN")
    account, id_token = accounts.refresh(token)
    return {
        "id_token": id_token,
        "access_token": id_token,
        "expires_in": "3600",
        "refresh_token": token,
        "token_type": "Bearer",
        "user_id": account.uid,
        "project_id": accounts.project,
    }


async def _of_key(accounts: Accounts, request: Request) -> dict[str, object]:
    _caller(request)
    return {"projectId": "12345", "authorizedDomains": ["localhost"]}


async def _clear(accounts: Accounts, request: Request) -> dict[str, object]:
    accounts.clear()
    return {}


async def _config(accounts: Accounts, request: Request) -> dict[str, object]:
    return {"signIn": {"allowDuplicateEmails": False}, "emailPrivacyConfig": {"enableImprovedEmailPrivacy": False}}


def _caller(request: Request) -> bool:
    """Whether the emulator's owner calls. Raises IdentityError when the call bears neither that nor an API key."""
    if request.headers.get("authorization") == OWNER:
        return True
    if not request.query_params.get("key") and "x-goog-api-key" not in request.headers:
        raise IdentityError("The request is missing a valid API key.", 403, "forbidden")
    return False


async def _json(request: Request) -> Body:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise IdentityError("Invalid JSON payload received.", 400, "parseError") from None
    return body if isinstance(body, dict) else {}
