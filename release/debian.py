"""The Debian package: `shema_VERSION_ARCHITECTURE.deb`, for every Debian whose Python is supported.

Below `/usr/lib/shema` stands an environment upon the system's Python: a `pyvenv.cfg` and the packages of all supported
Pythons in one folder, so that an upgrade of Debian needs no other package. It is put together by `dpkg-deb` alone;
debhelper would bring nothing that is used here.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
from pathlib import Path

from release.source import ROOT, pythons, version

HOME = Path("usr/lib/shema")
PLACES = {"share/zsh/site-functions": "usr/share/zsh/vendor-completions"}
"""Where Debian has what else stands below `usr/` as the wheel has it."""
PYVENV = """\
home = /usr/bin
include-system-site-packages = false
"""
SCRIPT = """\
#!/usr/lib/shema/bin/python3 -I
import sys

from shema_cli.main import run

sys.exit(run())
"""
POSTINST = """\
#!/bin/sh
# Compiled once for all users, and again whenever another Python is installed (triggers).
set -e
case "$1" in configure | triggered)
    /usr/bin/python3 -m compileall -q -j 0 -s "$DPKG_ROOT" "$DPKG_ROOT/usr/lib/shema/lib" ||
        echo "shema: not all of it could be compiled; it starts more slowly" >&2
esac
"""
PRERM = """\
#!/bin/sh
set -e
find "$DPKG_ROOT/usr/lib/shema" -name __pycache__ -type d -prune -exec rm -rf {} +
"""
TRIGGERS = "interest-noawait /usr/bin/python3\n"


def missing() -> str | None:
    """Why no package can be built here; None where it can."""
    return None if shutil.which("dpkg-deb") else "dpkg-deb is not installed, as it is on Debian and Ubuntu"


def build(packages: Path, documents: dict[str, bytes], out: Path, work: Path) -> Path:
    """Package a folder of `packages`, and `documents` by their place below a prefix; `work` is a folder of its own."""
    tree = work / "debian"
    shutil.copytree(packages, tree / HOME / "lib" / "site-packages")
    _environment(tree)
    _documents(tree, documents)
    _control(tree)
    _modes(tree)
    architecture = _architecture()
    target = out / f"shema_{version()}_{architecture}.deb"
    command = ["dpkg-deb", "--build", "--root-owner-group", "-Zzstd", "-z9", str(tree), str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def _architecture() -> str:
    command = ["dpkg", "--print-architecture"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _environment(tree: Path) -> None:
    """What makes a folder of packages an environment of the system's Python, whichever that is."""
    _write(tree / HOME / "pyvenv.cfg", PYVENV)
    _write(tree / HOME / "bin" / "shema", SCRIPT).chmod(0o755)
    (tree / HOME / "bin" / "python3").symlink_to("/usr/bin/python3")
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/shema").symlink_to("../lib/shema/bin/shema")
    for python in pythons():
        (tree / HOME / "lib" / f"python{python}").mkdir()
        (tree / HOME / "lib" / f"python{python}" / "site-packages").symlink_to("../site-packages")


def _documents(tree: Path, documents: dict[str, bytes]) -> None:
    for place, content in documents.items():
        folder, _, name = place.rpartition("/")
        target = tree / PLACES.get(folder, f"usr/{folder}") / name
        if folder.startswith("share/man/"):
            _write(target.with_name(f"{name}.gz"), gzip.compress(content, mtime=0))
        else:
            _write(target, content)
    about = tree / "usr/share/doc/shema"
    _write(about / "copyright", (ROOT / "LICENSE").read_bytes())
    _write(about / "changelog.gz", gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0))


def _control(tree: Path) -> None:
    files = [path for path in sorted(tree.rglob("*")) if path.is_file() and not path.is_symlink()]
    sums = "".join(f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files)  # noqa: S324, as dpkg has them
    oldest, newest = pythons()[0], pythons()[-1]
    after = f"3.{int(newest.removeprefix('3.')) + 1}"
    control = f"""\
Package: shema
Version: {version()}
Architecture: {_architecture()}
Maintainer: Shema Music <root@localhost>
Section: admin
Priority: optional
Installed-Size: {sum(path.stat().st_size for path in files) // 1024}
Depends: python3 (>= {oldest}), python3 (<< {after}~), libc6 (>= 2.28)
Suggests: bash-completion, man-db
Description: command line of the Shema Music admins
 Dashboard, enrollments, events, dead letters and services of the school's
 system, for the admins who run it. With everything that it stands upon.
"""
    _write(tree / "DEBIAN/control", control)
    _write(tree / "DEBIAN/md5sums", sums)
    _write(tree / "DEBIAN/triggers", TRIGGERS)
    _write(tree / "DEBIAN/postinst", POSTINST).chmod(0o755)
    _write(tree / "DEBIAN/prerm", PRERM).chmod(0o755)


def _write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _modes(tree: Path) -> None:
    """The same rights whatever the umask of whoever builds."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
