"""A Python that a bundle is for, told without having it: its markers and the wheels that it takes."""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterator
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

GLIBC = range(28, 4, -1)
"""Minor versions of glibc 2, newest first: what Debian 10 has, and all that is older."""
OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
MACHINE = platform.machine()


def platforms() -> Iterator[str]:
    """Linux on this kind of machine, as wheels name it, newest first."""
    for minor in GLIBC:
        yield f"manylinux_2_{minor}_{MACHINE}"
        if minor in OLD_NAMES:
            yield f"{OLD_NAMES[minor]}_{MACHINE}"
    yield f"linux_{MACHINE}"


@functools.cache
def tags(python: str) -> tuple[Tag, ...]:
    """The wheels that CPython `python` ("3.13") takes on Linux, the best ones first."""
    version, on = tuple(map(int, python.split("."))), list(platforms())
    pure = compatible_tags(version, f"cp{python.replace('.', '')}", on)
    return (*cpython_tags(version, platforms=on), *pure)


def takes(python: str, wheel: str) -> bool:
    """Whether CPython `python` can install the wheel of that file name."""
    return not parse_wheel_filename(wheel)[3].isdisjoint(tags(python))


def markers(python: str) -> dict[str, str]:
    """The environment that requirements are read in: the first release of `python`, which needs the most backports."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": MACHINE,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def complete_platform(python: str) -> dict[str, Any]:
    """The same as pex has it (`--complete-platform`)."""
    return {"compatible_tags": [str(one) for one in tags(python)], "marker_environment": markers(python)}
