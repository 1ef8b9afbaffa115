"""Google's certificates for ID tokens, cached on disk for as long as their Cache-Control says."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from shema_cli.auth import project
from shema_cli.calls.reply import NoUsableAnswer
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch
from shema_cli.errors import Failed, Unreachable
from shema_cli.state import StateDir

FILE = "firebase-certificates.json"
LONGEST_LIFE_S = 86_400
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class Certificates:
    """Certificates (PEM) by key id."""

    def __init__(self, state: StateDir) -> None:
        self._state = state

    def find(self, key_id: str, now: datetime) -> str | None:
        """The certificate of `key_id`; fetched when the cache has ended, or does not know it (keys rotate).

        Raises Unreachable when they must be fetched and cannot be.
        """
        cached = self._cached()
        moment = now.timestamp()
        if cached["fetched_at"] <= moment < cached["expires_at"] and key_id in cached["certificates"]:
            return str(cached["certificates"][key_id])
        found = self._fetch(moment).get(key_id)
        return str(found) if found is not None else None

    def _cached(self) -> dict[str, Any]:
        try:
            cached = json.loads(self._state.read(FILE) or b"")
            if isinstance(cached["certificates"], dict) and cached["source"] == project.GOOGLE.certificates:
                return {**cached, "fetched_at": float(cached["fetched_at"]), "expires_at": float(cached["expires_at"])}
        except (ValueError, KeyError, TypeError):
            pass
        return {"certificates": {}, "fetched_at": 0.0, "expires_at": 0.0}

    def _fetch(self, moment: float) -> dict[str, Any]:
        source = project.GOOGLE.certificates
        try:
            answer = fetch(source, Outgoing("GET", "", {}), proxied=True)
        except NoUsableAnswer as problem:
            raise _unreachable(problem.problem) from None
        if answer.status != 200:
            raise _unreachable(f"status {answer.status}")
        certificates = answer.json()
        if not isinstance(certificates, dict) or not certificates:
            raise Failed("bad_certificates", "Google's certificates came in a form that is not understood")
        kept = {
            "source": source,
            "certificates": certificates,
            "fetched_at": moment,
            "expires_at": moment + _life_s(answer.headers.get("cache-control", "")),
        }
        self._state.write(FILE, json.dumps(kept).encode())
        return certificates


def _life_s(cache_control: str) -> int:
    if "no-store" in cache_control or "no-cache" in cache_control:
        return 0
    match = _MAX_AGE.search(cache_control)
    return min(int(match[1]), LONGEST_LIFE_S) if match else 0


def _unreachable(reason: str) -> Unreachable:
    return Unreachable(
        "firebase_unreachable",
        f"Google's certificates, needed to verify the ID token, could not be fetched: {reason}",
        "check the network, then run the command again",
    )
