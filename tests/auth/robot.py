"""A service account of a project that does not exist."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.firebase import SigningKey

ROBOT = "robot@shema-music.iam.gserviceaccount.com"


def key_file(folder: Path, key: SigningKey, token_uri: str = "http://127.0.0.1:1/token") -> str:
    """The path of its key file in `folder`."""
    content = {
        "type": "service_account",
        "project_id": "shema-music",
        "private_key_id": "key-id",
        "private_key": key.private_pem,
        "client_email": ROBOT,
        "token_uri": token_uri,
    }
    path = folder / "robot.json"
    path.write_text(json.dumps(content))
    return str(path)
