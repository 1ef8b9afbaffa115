from __future__ import annotations

from tests.support.emulated import elsewhere, env, firebase, firebase_emulator, no_keyring, shared_folder

__all__ = ["elsewhere", "env", "firebase", "firebase_emulator", "no_keyring", "shared_folder"]
