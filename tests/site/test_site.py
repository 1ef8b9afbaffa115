"""`make site`: built without a warning, the same on GitHub, and read in a browser without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.site.build import ROOT, build, page_of

SOURCES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(path for folder in ("docs", "bench", "contrib") for path in sorted((ROOT / folder).rglob("*.md"))),
]
NEEDED = ("docs", "bench", "contrib", "mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
CALLS_ELSEWHERE = '<script src="http://elsewhere.invalid/x.js"></script><img src="https://elsewhere.invalid/x.png">'
OWN_REQUEST = "not an origin"
"""What Chromium says of who began a request that no page asked for."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    made = build(folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_what_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    with (clone / "README.md").open("a") as readme:
        readme.write("\n[a page](docs/nowhere.md) [a place](docs/redis.md#nowhere) [a folder](contrib)\n")
    (clone / "docs" / "forgotten.md").write_text("# Forgotten\n")
    made = build(tmp_path / "site", clone)
    assert made.returncode == 1
    for complaint in ("'docs/nowhere.md'", "'redis.md#nowhere'", "'contrib'", "forgotten.md"):
        assert complaint in made.stderr


class Parts(HTMLParser):
    """How many of each part a page has, without what the theme puts around its text."""

    COUNTED = frozenset(
        {"ul", "ol", "li", "table", "tr", "td", "pre", "code", "blockquote", "img", "h1", "h2", "h3", "h4"}
    )

    def __init__(self, html: str, *, whole: bool) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.inside = whole
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "article"
        if self.inside and tag in self.COUNTED:
            self.count[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "article"


def test_each_page_is_made_of_the_same_parts_as_on_github(site: Path) -> None:
    """The two dialects differ in how far a nested list is indented, and in what may follow a paragraph at once."""
    github = MarkdownIt("commonmark").enable("table")
    for source in SOURCES:
        there = github.render(source.read_text(encoding="utf-8"))
        here = (site / page_of(source)).read_text(encoding="utf-8")
        assert Parts(here, whole=False).count == Parts(there, whole=True).count, source


def test_links_of_the_readme_lead_to_pages(site: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named, pictures = (re.findall(rf"{mark}\[[^]]*\]\((docs/[^)#]+)\)", readme) for mark in ("(?<!!)", "!"))
    page = (site / "start.html").read_text(encoding="utf-8")
    assert named
    for name in named:
        assert f'href="{page_of(ROOT / name)}"' in page
    for picture in (one.removeprefix("docs/") for one in pictures):
        assert f'src="{picture}"' in page
        assert (site / picture).is_file()


def test_manual_pages_and_what_is_to_be_copied_are_there(site: Path) -> None:
    for path in [*(ROOT / "docs" / "man").glob("*.1"), ROOT / "contrib" / "systemd" / "shema-record.service"]:
        assert (site / path.relative_to(ROOT).as_posix().removeprefix("docs/")).read_bytes() == path.read_bytes()


def test_a_browser_searches_it_without_a_network(site: Path, tmp_path: Path) -> None:
    """Opened as files, the harder of the two ways: there is no server, and no Worker."""
    found, asked = browsed(f"{(site / 'index.html').as_uri()}?q=canary", tmp_path)
    results = re.findall(r'<a href="([^"]+)" class="md-search-result__link"', found)
    assert any("dead-letters.html" in address for address in results), found[:2000]
    assert asked == set()


def test_a_browser_that_is_sent_elsewhere_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(CALLS_ELSEWHERE)
    assert browsed(page.as_uri(), tmp_path)[1] == {"http://elsewhere.invalid/x.js", "https://elsewhere.invalid/x.png"}


def browsed(address: str, folder: Path) -> tuple[str, set[str]]:
    """What a page has become a while after it was opened, and what it asked of the network."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    log = folder / "net.json"
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--no-first-run"),
        *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000", "--dump-dom"),
        *(f"--user-data-dir={folder / 'browser'}", f"--log-net-log={log}"),
    ]
    shown = subprocess.run([chromium, *options, address], capture_output=True, text=True, timeout=120, check=True)
    events = (event.get("params", {}) for event in json.loads(log.read_text())["events"])
    return shown.stdout, {one["url"] for one in events if one.get("initiator", OWN_REQUEST) != OWN_REQUEST}
