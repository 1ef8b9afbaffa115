"""Google's certificates for ID tokens, cached on disk for as long as their Cache-Control says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from shema_cli.auth import project
from shema_cli.auth.seal import Seal
from shema_cli.calls.reply import NoUsableAnswer
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch
from shema_cli.errors import Failed, NotConfigured, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.state import StateDir, StateUnusable

FILE = "firebase-certificates.json"
LONGEST_LIFE_S = 86_400
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


@dataclass(frozen=True)
class _Kept:
    """The file: certificates by key id, and the time (seconds since 1970) for which they hold.

    It is sealed: whoever could write certificates of their own could sign tokens.
    """

    certificates: Mapping[str, object]
    fetched_at: float
    expires_at: float


class Certificates:
    """Certificates (PEM) by key id. `ca_file` is SHEMA_CA_FILE."""

    def __init__(self, state: StateDir, ca_file: str | None = None) -> None:
        self._state = state
        self._ca_file = ca_file
        self._seal = Seal(state)

    def find(self, key_id: str, now: datetime) -> str | None:
        """The certificate of `key_id`; fetched when the cache has ended, or does not know it (keys rotate).

        Raises Unreachable when they must be fetched and cannot be.
        """
        kept = self._kept()
        moment = now.timestamp()
        if kept.fetched_at <= moment < kept.expires_at and key_id in kept.certificates:
            return str(kept.certificates[key_id])
        found = self._fetch(moment).get(key_id)
        return str(found) if found is not None else None

    def _kept(self) -> _Kept:
        try:
            kept = self._state.read_object(FILE)
            told = kept["told"]
            if self._seal.fits(kept["seal"], told):
                found = json.loads(told)
                if found["source"] == project.GOOGLE.certificates:
                    return _Kept(found["certificates"], found["fetched_at"], found["expires_at"])
        except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError, NotConfigured):
            pass
        return _Kept({}, 0.0, 0.0)

    def _fetch(self, moment: float) -> Mapping[str, object]:
        source = project.GOOGLE.certificates
        try:
            answer = fetch(source, Outgoing("GET", "", {}), proxied=True, ca_file=self._ca_file)
        except NoUsableAnswer as problem:
            raise _unreachable(problem.problem, problem.hint) from None
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
        told = json.dumps(kept)
        try:
            self._state.write(FILE, json.dumps({"told": told, "seal": self._seal.of(told)}).encode())
        except StateUnusable as error:
            self._state.left_out(error)
        except OSError:
            return certificates  # a folder that cannot be written to: they are fetched again the next time
        return certificates


def _life_s(cache_control: str) -> int:
    if "no-store" in cache_control or "no-cache" in cache_control:
        return 0
    match = _MAX_AGE.search(cache_control)
    return min(int(match[1]), LONGEST_LIFE_S) if match else 0


def _unreachable(reason: str, hint: str | None = None) -> Unreachable:
    return Unreachable(
        "firebase_unreachable",
        f"Google's certificates, needed to verify the ID token, could not be fetched: {reason}",
        hint or "check the network, then run the command again",
    )
