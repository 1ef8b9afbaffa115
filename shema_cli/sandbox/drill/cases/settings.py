"""A folder with a `.env` that leads elsewhere, or proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from shema_cli.errors import Refused
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import decided
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.settings.target import REDIS
from shema_cli.settings.values import DOTENV
from shema_cli.shell import quoted

SECRET = "SERVICE_JWT_SECRET"  # noqa: S105 - its name
FOLDER = "folder"


class _OfAFolder(Drill):
    """`setting`: what the `.env` of the folder sets, and should not."""

    setting: ClassVar[str]

    def folder(self, facts: Facts) -> str | None:
        return facts[FOLDER][0]

    def require(self, scene: Scene) -> None:
        """A `.env` outranks a profile, and is outranked by the environment that `run` and `env` give."""
        if self.setting not in scene.settings_in(scene.running.folder).of_profile:
            raise Refused(
                "no_profile",
                f"{self.name} takes a sandbox that a profile leads to, and this shell has joined by variables",
                "in a shell without the variables of `shema sandbox env`: shema sandbox start",
            )

    def make(self, scene: Scene, comment: str, value: str) -> Path:
        """The folder with its `.env`."""
        folder = scene.running.folder / "scripts"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / DOTENV).write_text(f"# {comment}\n{self.setting}={value}\n")
        return folder

    def outranks(self, scene: Scene, folder: Path) -> bool:
        """Whether a command that is typed there still goes by what the `.env` says."""
        there = scene.settings_in(folder)
        return there.as_it_stands(self.setting) != scene.running.environment[self.setting]

    def told(self, scene: Scene, folder: Path) -> Remaining:
        what = f"in {folder} a command goes by another {self.setting} than that of the profile"
        return Remaining(what, f"see which source it comes from: cd {quoted(str(folder))}; shema config show")


class MixedTarget(_OfAFolder):
    """A command that carries the name of one system would act on another."""

    name = "refused"
    minutes = 4
    sees = (
        "It is your first day as Dina's stand-in. In the folder with her scripts {student} cannot be approved: exit "
        "code 5, and what is listed from there looks empty."
    )
    asked = (
        "The student is to be approved, in the school's own system; and whoever works in that folder next should not "
        "fall into the same hole."
    )
    setting = REDIS

    def stage(self, scene: Scene) -> Facts:
        elsewhere = scene.running.environment[REDIS].removesuffix("/0") + "/1"
        folder = self.make(scene, "the practice system of last summer", elsewhere)
        return {FOLDER: [str(folder)], ENROLLMENTS: [scene.waiting(1)[0]["id"]]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        folder = Path(facts[FOLDER][0])
        if self.outranks(scene, folder):
            yield self.told(scene, folder)
        yield from decided(scene, facts, ("course", "enrollment", "schedule"))


class ServiceRefuses(_OfAFolder):
    """The secret of the services was changed, and somebody kept the old one."""

    name = "service-refuses"
    minutes = 3
    sees = (
        "It is Wednesday. Since the secrets were changed last night, no number comes in the folder with Dina's scripts."
    )
    asked = "The folder is to work again; the profile of the sandbox has the new secret already."
    setting = SECRET

    def stage(self, scene: Scene) -> Facts:
        return {FOLDER: [str(self.make(scene, "do not lose it!", "the-secret-of-last-year-0123456789"))]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        folder = Path(facts[FOLDER][0])
        if self.outranks(scene, folder):
            yield self.told(scene, folder)
