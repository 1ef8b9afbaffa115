"""What each verb of the identity endpoint does (`accounts:<verb>`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from shema_cli.sandbox.identity.accounts import Accounts, IdentityError, SandboxAccount, read_jwt

SHORTEST_PASSWORD = 6
_PAGE = 1000

Body = Mapping[str, object]
Verb = Callable[[Accounts, Body, bool], dict[str, object]]
"""(accounts, the request's body, whether the emulator's owner calls) → the answer's body."""


def _sign_in_with_password(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    if not body.get("email"):
        raise IdentityError("MISSING_EMAIL")
    if "@" not in str(body["email"]):
        raise IdentityError("INVALID_EMAIL")
    if not body.get("password"):
        raise IdentityError("MISSING_PASSWORD")
    account = accounts.by_email(str(body["email"]))
    if account is None:
        raise IdentityError("EMAIL_NOT_FOUND")
    if account.disabled:
        raise IdentityError("USER_DISABLED")
    if account.password is None or account.password != body["password"]:
        raise IdentityError("INVALID_PASSWORD")
    return {
        "kind": "identitytoolkit#VerifyPasswordResponse",
        "registered": True,
        **_who(account),
        **accounts.sign_in(account, "password"),
    }


def _sign_up(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    account = new_account(accounts, body, owner=owner)
    provider = "password" if account.password is not None else "anonymous"
    session = {} if owner and "localId" in body else accounts.sign_in(account, provider)
    return {"kind": "identitytoolkit#SignupNewUserResponse", **_who(account), **session}


def _sign_in_with_custom_token(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    if not body.get("token"):
        raise IdentityError("MISSING_CUSTOM_TOKEN")
    token = read_jwt(str(body["token"]))
    uid = str((token or {}).get("uid") or (token or {}).get("user_id") or "")
    if token is None or not uid:
        raise IdentityError("INVALID_CUSTOM_TOKEN : Invalid assertion format. 3 dot separated segments required.")
    account = accounts.get(uid)
    is_new = account is None
    account = account or accounts.add("", uid=uid, email_verified=False)
    claims = token.get("claims")
    session = accounts.sign_in(account, "custom", claims if isinstance(claims, dict) else {})
    return {"kind": "identitytoolkit#VerifyCustomTokenResponse", "isNewUser": is_new, **session}


def _sign_in_with_idp(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    if not body.get("requestUri"):
        raise IdentityError("MISSING_REQUEST_URI")
    posted = {name: values[0] for name, values in parse_qs(str(body.get("postBody", ""))).items()}
    provider, id_token = posted.get("providerId", ""), posted.get("id_token", "")
    claims = read_jwt(id_token) or {}
    if not provider or not claims.get("sub"):
        raise IdentityError("INVALID_IDP_RESPONSE : The supplied auth credential is malformed or has expired.")
    email = str(claims.get("email", ""))
    account = accounts.by_provider(provider, str(claims["sub"])) or (accounts.by_email(email) if email else None)
    is_new = account is None
    account = account or accounts.add(email, display_name=_text(claims.get("name")))
    account.providers[provider] = str(claims["sub"])
    return {
        "kind": "identitytoolkit#VerifyAssertionResponse",
        "federatedId": str(claims["sub"]),
        "providerId": provider,
        "emailVerified": account.email_verified,
        "isNewUser": is_new,
        "oauthIdToken": id_token,
        "rawUserInfo": json.dumps(claims),
        **_who(account),
        **accounts.sign_in(account, provider),
    }


def _lookup(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    if body.get("idToken"):
        found = [accounts.from_id_token(str(body["idToken"]))]
    elif owner:
        found = _named(accounts, body)
    else:
        raise IdentityError("MISSING_ID_TOKEN")
    answer: dict[str, object] = {"kind": "identitytoolkit#GetAccountInfoResponse"}
    return answer | ({"users": [account.document() for account in found]} if found else {})


def _update(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    account = _target(accounts, body, owner)
    if owner:
        _apply_admin_fields(account, body)
    if "password" in body:
        account.password = _checked_password(body["password"])
        accounts.revoke(account)
    if "displayName" in body:
        account.display_name = _text(body["displayName"])
    if "email" in body:
        account.email = str(body["email"]).lower()
    session = accounts.sign_in(account, "password") if body.get("returnSecureToken") else {}
    return {"kind": "identitytoolkit#SetAccountInfoResponse", **_who(account), **session}


def _apply_admin_fields(account: SandboxAccount, body: Body) -> None:
    if "customAttributes" in body:
        try:
            account.claims = dict(json.loads(str(body["customAttributes"] or "{}")))
        except (ValueError, TypeError):
            raise IdentityError("INVALID_CLAIMS") from None
    if "disableUser" in body:
        account.disabled = bool(body["disableUser"])
    if "validSince" in body:
        account.valid_since = int(str(body["validSince"]))
    if "emailVerified" in body:
        account.email_verified = bool(body["emailVerified"])


def _delete(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    accounts.delete(_target(accounts, body, owner).uid)
    return {"kind": "identitytoolkit#DeleteAccountResponse"}


def _batch_delete(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    _need_owner(owner)
    for uid in _listed(body.get("localIds")):
        accounts.delete(str(uid))
    return {"errors": []}


def _query(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    _need_owner(owner)
    found = [account.document() for account in accounts]
    if body.get("returnUserInfo") is False:
        return {"recordsCount": str(len(found))}
    return {"recordsCount": str(len(found)), "userInfo": found}


def _batch_get(accounts: Accounts, body: Body, owner: bool) -> dict[str, object]:
    _need_owner(owner)
    size = min(int(str(body.get("maxResults") or 20)), _PAGE)
    after = str(body.get("nextPageToken") or "")
    found = [account for account in accounts if account.uid > after]
    page = found[:size]
    answer: dict[str, object] = {"kind": "identitytoolkit#DownloadAccountResponse"}
    if page:
        answer["users"] = [account.document() for account in page]
    return answer | ({"nextPageToken": page[-1].uid} if len(found) > size else {})


VERBS: Mapping[str, Verb] = {
    "signInWithPassword": _sign_in_with_password,
    "signUp": _sign_up,
    "signInWithCustomToken": _sign_in_with_custom_token,
    "signInWithIdp": _sign_in_with_idp,
    "lookup": _lookup,
    "update": _update,
    "delete": _delete,
    "batchDelete": _batch_delete,
    "query": _query,
    "batchGet": _batch_get,
}


# -- what the verbs share -------------------------------------------------------------------------------------------


def _who(account: SandboxAccount) -> dict[str, object]:
    name = {"displayName": account.display_name} if account.display_name else {}
    return {"localId": account.uid, "email": account.email, **name}


def _need_owner(owner: bool) -> None:
    if not owner:
        raise IdentityError("The caller does not have permission", 403, "forbidden")


def _checked_password(password: object) -> str:
    if not isinstance(password, str) or len(password) < SHORTEST_PASSWORD:
        raise IdentityError("WEAK_PASSWORD : Password should be at least 6 characters")
    return password


def new_account(accounts: Accounts, body: Body, *, owner: bool) -> SandboxAccount:
    password = body.get("password")
    if password is not None:
        password = _checked_password(password)
    if password is not None and not body.get("email"):
        raise IdentityError("MISSING_EMAIL")
    uid = str(body["localId"]) if owner and body.get("localId") else None
    verified = bool(body.get("emailVerified")) and owner
    email, name = str(body.get("email") or ""), _text(body.get("displayName"))
    account = accounts.add(email, password, uid=uid, display_name=name, email_verified=verified)
    if owner:
        account.disabled = bool(body.get("disabled"))
        _apply_admin_fields(account, {k: body[k] for k in ("customAttributes", "validSince") if k in body})
    return account


def _target(accounts: Accounts, body: Body, owner: bool) -> SandboxAccount:
    if body.get("idToken"):
        return accounts.from_id_token(str(body["idToken"]))
    _need_owner(owner)
    account = accounts.get(str(body.get("localId", "")))
    if account is None:
        raise IdentityError("USER_NOT_FOUND")
    return account


def _named(accounts: Accounts, body: Body) -> list[SandboxAccount]:
    uids = [str(uid) for uid in _listed(body.get("localId"))]
    emails = [str(email) for email in _listed(body.get("email"))]
    found = [*map(accounts.get, uids), *map(accounts.by_email, emails)]
    return list({account.uid: account for account in found if account is not None}.values())


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []
