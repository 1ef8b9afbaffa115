"""Where a check goes: to stdout, or into a file that a collector reads (contract 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shema_cli.check import AREAS, CheckFormat
from shema_cli.check.formats import written
from shema_cli.check.verdict import Checked, nothing_seen, wanted_areas
from shema_cli.errors import Failed, InvalidUsage, ShemaError
from shema_cli.files import replacing
from shema_cli.output.sink import Format, Output
from shema_cli.shell import quoted

NOT_WRITTEN = "not_written"
FOR_EVERYBODY = 0o644
"""A collector is another user."""


def require_format(form: str | None) -> None:
    """Raises InvalidUsage for what is none."""
    if form is not None and form not in list(CheckFormat):
        raise InvalidUsage(
            "bad_format", f"--format: {quoted(form)} is not a format", f"one of {', '.join(CheckFormat)}"
        )


def deliver(checked: Checked, output: Output, form: str | None, file: str | None) -> int:
    """Write it; the exit code. `form` None: as `-o` says. Raises Failed where it cannot be written."""
    if form is None and file is None and output.format is not Format.TABLE:
        return output.result(checked)
    default = CheckFormat.JSON if output.format is Format.JSON else CheckFormat.TEXT
    wanted = CheckFormat(form) if form else default
    if file is None:
        output.write(_for_stdout(checked, wanted, output))
    else:
        replace_file(Path(file), written(checked, wanted))
    return checked.exit_code


def _for_stdout(checked: Checked, form: CheckFormat, output: Output) -> str:
    """Text for a person is broken where their terminal ends, between words."""
    streams = output.streams
    if form is not CheckFormat.TEXT or not streams.stdout_is_terminal:
        return written(checked, form)
    text = written(checked, form, None if streams.asked_plain else streams.width)
    if not streams.plain:
        return text
    from shema_cli.output.plain import plain

    return plain(text)


def deliver_unknown(
    error: ShemaError, named: Sequence[str] | None, output: Output, form: str | None, file: str | None
) -> int:
    """The same for a check that came to nothing: all that was asked for is unknown. Never raises a ShemaError."""
    areas: Sequence[str] = AREAS
    with suppress(InvalidUsage):
        areas = wanted_areas(named)
    form = form if form in list(CheckFormat) else None
    checked = nothing_seen(error, areas)
    if file is not None or form == CheckFormat.PROMETHEUS:  # what is written tells nobody at the terminal why
        output.error(error)
    if error.code == NOT_WRITTEN:
        return checked.exit_code
    try:
        return deliver(checked, output, form, file)
    except Failed as again:
        output.error(again)
        return checked.exit_code


def replace_file(path: Path, text: str) -> None:
    """Raises Failed, with the old file as it was."""
    try:
        with replacing(path, mode=FOR_EVERYBODY) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        what = f"{quoted(str(path))} could not be written: {error.strerror or error}; what was there is as it was"
        folder = quoted(str(path.absolute().parent))
        raise Failed(NOT_WRITTEN, what, f"make room, or give this user the right to write: ls -ld {folder}") from error
