"""The admin's own session."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.auth.directory import directory
from shema_cli.auth.session import SessionStore
from shema_cli.auth.status import status
from shema_cli.sandbox.drill.drill import Drill, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.sandbox.identity.people import ADMIN_UID


class SessionLost(Drill):
    """Firebase has ended the session."""

    name = "session-lost"
    minutes = 2
    sees = "It is Monday, and you are back from two weeks of holiday. Whatever you type ends with exit code 4."
    asked = (
        "While you were away everybody's sessions were ended, as after each lost laptop; your password is still "
        "the one that you know (admin@shema.test, admin-password)."
    )

    def stage(self, scene: Scene) -> Facts:
        realm, began = scene.realm, int(scene.clock.now().timestamp())
        # What was issued in the very second in which sessions are revoked outlives it.
        scene.until(lambda: int(scene.clock.now().timestamp()) > began, "a second passes")
        with directory(realm) as accounts:
            accounts.revoke_sessions(ADMIN_UID)
        sessions = SessionStore(realm)
        if session := sessions.load():
            sessions.expire(session)
        return {}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        told = status(scene.settings, scene.place.state, scene.clock, _unsaid, online=True)
        if not told.signed_in or not told.admin:
            yield Remaining(told.problem or "nobody is signed in", told.hint or "shema auth login")


def _unsaid(_told: str) -> None:
    return
