"""The operating system's keyring, where there is a real one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from shema_cli.errors import Unreachable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
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
        """The secret, or an empty text when none is seen here. Raises Unreachable."""
        return _asked(partial(_seen, name)) or ""

    def keep(self, name: str, secret: str) -> bool:
        """Store the secret, unless it is there already. Whether it is there afterwards.

        A keyring may refuse, or take it without a word and keep nothing.
        """

        def keep() -> bool:
            import keyring

            if keyring.get_password(SERVICE, name) != secret:
                keyring.set_password(SERVICE, name, secret)
            return keyring.get_password(SERVICE, name) == secret

        try:
            return _asked(keep)
        except Unreachable:
            return False

    def delete(self, name: str) -> bool:
        """Remove the secret. Whether it was seen here at all. Raises Unreachable."""

        def delete() -> bool:
            import keyring

            if _seen(name) is None:
                return False
            keyring.delete_password(SERVICE, name)
            return True

        return _asked(delete)

    @staticmethod
    def described() -> str:
        """The backend's name for a person."""
        try:
            return f"the keyring {_limited(_backend_name)}"
        except Exception:
            return "the keyring"


def _asked(question: Callable[[], T]) -> T:
    try:
        return _limited(question)
    except Exception as error:
        raise Unreachable(
            "keyring_unreachable",
            f"the keyring does not answer ({type(error).__name__})",
            "unlock it, or sign in again: shema auth login",
        ) from None


def _seen(name: str) -> str | None:
    """None where there is no such secret, nor a keyring that could have it."""
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(SERVICE, name)
    except keyring.errors.NoKeyringError:
        return None


def _probe() -> bool:
    import keyring

    backend: KeyringBackend | None = keyring.get_keyring()
    members: Iterable[KeyringBackend] | None = getattr(backend, "backends", None)
    if members is not None:
        backend = next(iter(members), None)
    if backend is None or type(backend).__module__.startswith(_NOT_REAL):
        return False
    backend.get_password(SERVICE, "probe")
    return True


def _backend_name() -> str:
    import keyring

    kind = type(keyring.get_keyring())
    return f"{kind.__module__}.{kind.__qualname__}"


def _limited(work: Callable[[], T]) -> T:
    """The result of `work`, or TimeoutError; a thread that hangs is left behind, since it cannot be stopped."""
    outcome: list[T] = []
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
