"""The Homebrew formula: `shema.rb`, with the source archive of each part and its hash.

It is written anew for each release, out of what the index said when the parts were fetched.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from release.pythons import markers
from release.source import pythons

FORMULA = """\
class Shema < Formula
  include Language::Python::Virtualenv

  desc "Command-line of the Shema Music admins"
  homepage "{home}"
  url "{url}"
  sha256 "{sha256}"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "rust" => :build
  depends_on "libffi"
  depends_on "openssl@3"
  depends_on "python@{python}"

{resources}
  def install
    virtualenv_install_with_resources
    bash_completion.install "completions/shema.bash" => "shema"
    zsh_completion.install "completions/_shema"
    fish_completion.install "completions/shema.fish"
  end

  test do
    assert_equal "shema #{{version}}", shell_output("#{{bin}}/shema --version").strip
    assert_match "Usage: shema", shell_output("#{{bin}}/shema --help")
  end
end
"""
RESOURCE = """\
resource "{name}" do
  url "{url}"
  sha256 "{sha256}"
end
"""


def build(archive: Path, pylock: Path, out: Path, url: str) -> Path:
    """Write the formula that installs `archive` with the parts that `pylock` names.

    `url` is the folder that the files of the release will be found in.
    """
    packages = tomllib.loads(pylock.read_text(encoding="utf-8"))["packages"]
    anywhere = [one for one in packages if _wanted(one, "linux") and _wanted(one, "darwin")]
    on_linux = [one for one in packages if _wanted(one, "linux") and one not in anywhere]
    resources = "".join(f"{_indented(_resource(one), 2)}\n" for one in anywhere)
    if on_linux:
        inner = "\n".join(_indented(_resource(one), 4) for one in on_linux)
        resources += f"  on_linux do\n{inner}  end\n\n"
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    place = url.rstrip("/")
    target = out / "shema.rb"
    target.write_text(
        FORMULA.format(
            home=place, url=f"{place}/{archive.name}", sha256=sha256, python=pythons()[-1], resources=resources[:-1]
        ),
        encoding="utf-8",
    )
    return target


def _wanted(package: dict[str, Any], platform: str) -> bool:
    system = {"linux": "Linux", "darwin": "Darwin"}[platform]
    environment = markers(pythons()[-1]) | {"sys_platform": platform, "platform_system": system}
    return "marker" not in package or Marker(package["marker"]).evaluate(environment)


def _resource(package: dict[str, Any]) -> str:
    """A part as Homebrew takes it: its source, else a wheel that has nothing compiled. Raises ValueError without."""
    for file in _files(package):
        return RESOURCE.format(name=package["name"], url=file["url"], sha256=file["hashes"]["sha256"])
    raise ValueError(f"{package['name']} has neither a source archive nor a wheel for everybody")


def _files(package: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "sdist" in package:
        yield package["sdist"]
    yield from (one for one in package.get("wheels", []) if one["url"].endswith("-none-any.whl"))


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())
