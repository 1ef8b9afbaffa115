"""The edge: errors become exit codes here, and nowhere else."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from shema_cli import __version__

if TYPE_CHECKING:
    from shema_cli.admin import Gatekeeper
    from shema_cli.cli.declare import Invocation
    from shema_cli.clock import Clock
    from shema_cli.errors import ShemaError
    from shema_cli.output.streams import Streams
    from shema_cli.settings.values import Settings
    from shema_cli.state import StateDir


SHORT_COMMAND = (100_000, 20, 20)
LONG_COMMAND = (20_000, 20, 20)
"""After so many new objects the collector searches; see `gc.set_threshold`."""


def run() -> None:
    """The console script."""
    if not _debugs():
        _leave_out_what_python_adds()
    _collect_late()
    if os.getpid() == 1:
        from shema_cli.interrupts import exit_code_of_signal, heed_signals

        heed_signals()
        _leave(exit_code_of_signal(_main()))
    code = _main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was done is told: a Ctrl-C on the way out changes nothing
    _leave(code)


def _collect_late() -> None:
    """What a short command makes is what it imports, and to search that finds nothing: it ends before the first search.

    What goes on for longer searches as often as ever from the first time on, unless it has said itself how often.
    """

    def begun(_phase: str, _facts: object) -> None:
        gc.callbacks.remove(begun)
        if gc.get_threshold() == SHORT_COMMAND:
            gc.set_threshold(*LONG_COMMAND)

    gc.callbacks.append(begun)
    gc.set_threshold(*SHORT_COMMAND)


def _leave(code: int) -> NoReturn:
    """Exit without searching all that was imported for what could be collected: a fifth of a short command's time."""
    gc.freeze()
    sys.exit(code)


def _main() -> int:
    code = main(sys.argv[1:])
    try:
        if sys.stderr:
            sys.stderr.flush()
    except OSError:  # nobody reads it any more: the interpreter's last flush would make 120 of the exit code
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stderr.fileno())
        os.close(null)
    return code


def main(argv: Sequence[str], streams: Streams | None = None) -> int:
    """Run one command line and return its exit code; no exception leaves this function."""
    invocation: Invocation | None = None
    try:
        if list(argv) == ["--version"]:
            print(f"shema {__version__}", flush=True)
            return 0
        if argv and argv[0] == "_complete":
            return _complete(argv[1:], streams)
        invocation = _invocation(streams)
        return _dispatch(argv, invocation)
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, argv, invocation or _invocation(streams))


def _invocation(streams: Streams | None) -> Invocation:
    from shema_cli.cli.declare import Invocation
    from shema_cli.context import GlobalOptions
    from shema_cli.output.streams import Streams

    return Invocation(streams or Streams.system(), GlobalOptions(), _open_gate)


def _open_gate(settings: Settings, state: StateDir, clock: Clock, note: Callable[[str], None]) -> Gatekeeper:
    """The gate, loaded by the first command that needs an admin."""
    from shema_cli.auth.gate import Gate

    return Gate(settings, state, clock, note)


def _complete(argv: Sequence[str], streams: Streams | None) -> int:
    """What the completion scripts ask; not a command, because it needs none of what a command needs."""
    from shema_cli.completion.live import run
    from shema_cli.output.streams import Streams

    return run(argv, streams or Streams.system(), _open_gate)


def _dispatch(argv: Sequence[str], invocation: Invocation) -> int:
    from shema_cli.app import build
    from shema_cli.output.sink import PipeClosed

    try:
        code = build().main(list(argv), prog_name="shema", standalone_mode=False, obj=invocation)
    except SystemExit as end:  # how typer ends when the reader of a `--help` went away
        raise PipeClosed from end
    return int(code or 0)


def _leave_out_what_python_adds() -> None:
    """What is put away half made, while files or memory are used up, tells nobody anything."""
    sys.unraisablehook = lambda _: None
    warnings.simplefilter("ignore", RuntimeWarning)


def _debugs() -> bool:
    return os.environ.get("SHEMA_DEBUG", "") not in ("", "0")


def _report(error: BaseException, argv: Sequence[str], invocation: Invocation) -> int:
    from shema_cli.edge import explain, fallback_output
    from shema_cli.errors import Interrupted
    from shema_cli.output.sink import PipeClosed

    if isinstance(error, (PipeClosed, BrokenPipeError)):
        invocation.streams.discard_stdout()
        return 0
    if _debugs():
        import traceback

        traceback.print_exception(error)
    elif "logging" in sys.modules:  # asyncio would show what has become of other tasks
        sys.modules["logging"].getLogger("asyncio").disabled = True
    shown: ShemaError | None = explain(error)
    if shown is None:
        return 0
    output = invocation.output or fallback_output(invocation.streams, argv)
    with contextlib.suppress(PipeClosed):
        output.error(shown)
    if isinstance(error, OSError):  # it may be stdout's, of which something is left to be flushed
        invocation.streams.discard_stdout()
    if invocation.fails_with is not None and not isinstance(shown, Interrupted):
        return int(invocation.fails_with)
    return int(shown.exit_code)
