"""Many processes that pass the gate at once: `python -m tests.auth.renewing 40` prints each one's ID token."""

from __future__ import annotations

import os
import sys

from shema_cli.auth.gate import Gate
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams


def main(processes: int) -> int:
    import httpx2  # noqa: F401 - once for all: what is measured is the session, not the imports

    gate_read, gate_write = os.pipe()
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            os.close(gate_write)
            os.read(gate_read, 1)  # until the parent opens the gate for all of them
            _pass_the_gate()
        children.append(child)
    os.close(gate_write)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


def _pass_the_gate() -> None:
    code = 1
    try:
        with open(os.devnull, "w") as silent:  # noqa: PTH123
            app = AppContext.open(
                Streams(sys.stdin, sys.stdout, silent, os.environ), GlobalOptions(), "renewing", open_gate=Gate
            )
            admin = app.gate.authorize(changes=False)
        os.write(1, f"{admin.id_token}\n".encode())
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
