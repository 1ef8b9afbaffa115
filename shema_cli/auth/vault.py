"""The operating system's keyring, where there is a real one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from shema_cli.errors import Unreachable

SERVICE = "shema-cli"
LIMIT_S = 3.0
_NOT_REAL = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


class Vault:
    """Secrets by name. A keyring that does not answer within three seconds counts as none."""

    @staticmethod
    def available() -> bool:
        """Whether a real backend answers; asking a chain means asking its first member."""
        try:
            return bool(_limited(_probe))
        except Exception:
            return False

    def read(self, name: str) -> str:
        """The secret, or an empty text when there is none. Raises Unreachable."""
        return self._ask(lambda keyring: keyring.get_password(SERVICE, name)) or ""

    def write(self, name: str, secret: str) -> None:
        self._ask(lambda keyring: keyring.set_password(SERVICE, name, secret))

    def delete(self, name: str) -> None:
        """Remove the secret; none there is no error."""

        def delete(keyring: Any) -> None:
            if keyring.get_password(SERVICE, name) is not None:
                keyring.delete_password(SERVICE, name)

        self._ask(delete)

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        def ask() -> Any:
            import keyring

            return question(keyring)

        try:
            return _limited(ask)
        except Exception as error:
            raise Unreachable(
                "keyring_unreachable",
                f"the keyring does not answer ({type(error).__name__})",
                "unlock it, or `shema auth logout` and sign in again",
            ) from None


def _probe() -> bool:
    import keyring

    backend: Any = keyring.get_keyring()
    members = getattr(backend, "backends", None)
    if members is not None:
        backend = next(iter(members), None)
    if backend is None or type(backend).__module__.startswith(_NOT_REAL):
        return False
    backend.get_password(SERVICE, "probe")
    return True


def _limited(work: Callable[[], Any]) -> Any:
    """The result of `work`, or TimeoutError; a thread that hangs is left behind, since it cannot be stopped."""
    outcome: list[Any] = []
    failure: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]
