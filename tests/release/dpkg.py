"""A Debian of which there is nothing but dpkg's own records, below a folder."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"


@dataclass(frozen=True)
class Debian:
    root: Path

    @property
    def python(self) -> Path:
        """The environment's Python. Its absolute place, which the scripts name, is that of the real root."""
        return self.root / "usr/lib/shema/bin/python3"

    @property
    def script(self) -> Path:
        return self.root / "usr/bin/shema"

    def install(self, package: Path) -> None:
        for folder in ("info", "updates", "triggers"):
            (self.root / "var/lib/dpkg" / folder).mkdir(parents=True)
        for name in ("status", "available"):
            (self.root / "var/lib/dpkg" / name).touch()
        self.dpkg("--install", str(package))

    def dpkg(self, *words: str) -> str:
        """Run dpkg upon this root. What the package depends on is the real root's, so its absence is no matter."""
        way = ["--root", str(self.root), "--force-script-chrootless", "--force-depends", "--log", os.devnull]
        rights = [] if os.geteuid() == 0 else ["fakeroot"]
        # dpkg looks for ldconfig and start-stop-daemon, which a user's PATH may be without.
        env = {"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}
        command = [*rights, "dpkg", *way, *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
