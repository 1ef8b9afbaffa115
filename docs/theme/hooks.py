"""What mkdocs is told besides `mkdocs.yml`: pages that stand outside of docs/, and a place for those that are written.

The pages are written for GitHub and for whoever reads them in a clone, so their links go from file to file. The site
has the same tree without `docs/`: docs/history.md is history.md, contrib/README.md stays it, and the README of the
repository is start.md, because docs/ has one of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
BROUGHT_IN = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "bench/**/README.md", "contrib/**/*")
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|/|#)([^)\s#]+)")
ALL_OF = "/*"
MAN_INDEX = "man/README.md"
MANUAL_PAGES = """# Manual pages

Installed with the program: `man shema`, `man shema-dlq`. They say what [the reference](../reference/README.md) says,
and are written from the same tree. To read one of these files: `man -l shema.1`.

"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what stands outside of docs/, and name in the navigation whatever a `folder/*` there stands for."""
    for pattern in BROUGHT_IN:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                uri = in_site(path.relative_to(ROOT).as_posix())
                files.append(File.generated(config, uri, abs_src_path=str(path)))
    files.append(File.generated(config, MAN_INDEX, content=_manual_pages()))
    pages = sorted(file.src_uri for file in files.documentation_pages())
    config.nav = _expanded(config.nav, pages, set(_named(config.nav)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead each link to where the site has what it names; what is not there stays as it is, and is complained of."""
    file = page.file
    if file.src_uri == MAN_INDEX or file.abs_src_path is None:
        return markdown
    folder = posixpath.dirname(Path(file.abs_src_path).relative_to(ROOT).as_posix())

    def lead(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match[1]))
        if not (ROOT / target).is_file():
            return match[1]
        return posixpath.relpath(in_site(target), posixpath.dirname(file.src_uri) or ".")

    return LINK.sub(lead, markdown)


def in_site(path: str) -> str:
    """Where the site has a file of the repository."""
    return "start.md" if path == "README.md" else path.removeprefix("docs/")


def _named(nav: Any) -> Iterator[str]:
    """The files that the navigation names."""
    for item in nav:
        for value in item.values() if isinstance(item, dict) else (item,):
            if isinstance(value, str):
                yield value
            else:
                yield from _named(value)


def _expanded(nav: Any, pages: list[str], named: set[str]) -> list[Any]:
    """The same with every page of a `folder/*` that is not named elsewhere; those that are written are many."""
    found: list[Any] = []
    for item in nav:
        if isinstance(item, str) and item.endswith(ALL_OF):
            folder = item.removesuffix(ALL_OF[1:])
            found += [page for page in pages if page.startswith(folder) and page not in named]
        elif isinstance(item, dict):
            found.append({k: v if isinstance(v, str) else _expanded(v, pages, named) for k, v in item.items()})
        else:
            found.append(item)
    return found


def _manual_pages() -> str:
    """A page that lists docs/man: their text is that of the reference, so they are given as they are installed."""
    names = sorted(path.name for path in (ROOT / "docs" / "man").glob("*.1"))
    links = [f"- [{name.removesuffix('.1')}(1)]({name})" for name in names]
    return MANUAL_PAGES + "\n".join(links) + "\n"
