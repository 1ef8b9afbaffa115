"""The figures of the house: circles, `Any`, names used twice, texts of shared options, tests, functions.

    python -m bench.house.measure [-v]

Reads the source alone; `bench.house.walk` counts what a command runs through.
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shema_cli"
Graph = dict[str, set[str]]


def sources(folder: Path) -> dict[str, Path]:
    """Dotted names and files of a package's modules."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path
    return found


def imports(modules: dict[str, Path]) -> Graph:
    """Who imports whom; imports inside functions and under TYPE_CHECKING count."""
    graph: Graph = {name: set() for name in modules}
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names} & modules.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    graph[name] |= {whole if whole in modules else node.module} & modules.keys()
        graph[name].discard(name)
    return graph


def circles(graph: Graph) -> list[list[str]]:
    """Strongly connected components of more than one node (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            component = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(sorted(component))

    sys.setrecursionlimit(10_000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def between_packages(graph: Graph) -> Graph:
    """The same between the folders (and root files) of the package; `app` loads the tree by name and is left out."""
    packages: Graph = defaultdict(set)
    for name, others in graph.items():
        here = _package(name)
        packages[here] |= {_package(other) for other in others} - {here}
    return {name: others & packages.keys() for name, others in packages.items()}


def _package(name: str) -> str:
    return ".".join(name.split(".")[:2])


def lines(path: Path) -> int:
    """Lines that are not empty."""
    return sum(1 for line in path.read_text().splitlines() if line.strip())


def any_uses(path: Path) -> int:
    """How often the word `Any` stands there, imports included."""
    return len(re.findall(r"\bAny\b", path.read_text()))


def classes(modules: dict[str, Path]) -> dict[str, list[str]]:
    """Class name → modules that define a class of that name."""
    found = defaultdict(list)
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(name)
    return found


def functions(modules: dict[str, Path]) -> list[int]:
    """The length of each function in lines."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules.values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def option_texts() -> Iterator[tuple[str, Counter[str]]]:
    """(option, its help texts) of every option that several commands have."""
    from shema_cli.app import tree

    texts: dict[str, Counter[str]] = defaultdict(Counter)
    for node in tree().walk():
        for option in node.options if not node.children else ():
            texts[option.names[-1]][option.help] += 1
    for name, counted in sorted(texts.items()):
        if counted.total() > 1:
            yield name, counted


def main() -> None:
    verbose = "-v" in sys.argv
    modules, tests = sources(PACKAGE), sources(ROOT / "tests")
    graph = imports(modules)
    source_lines, test_lines = (sum(map(lines, found.values())) for found in (modules, tests))
    knots, packages = circles(graph), circles(between_packages(graph))
    anys = sum(map(any_uses, modules.values()))
    twice = {name: where for name, where in classes(modules).items() if len(where) > 1}
    lengths = functions(modules)
    told = {option: len(texts) for option, texts in option_texts() if len(texts) > 1}
    print(f"files                         {len(modules):>8}   lines {source_lines:,}")
    print(f"circles between files         {len(knots):>8}")
    print(f"packages in circles           {sum(map(len, packages)):>8}")
    print(f"Any per 1,000 lines           {anys / source_lines * 1000:>8.1f}")
    print(f"class names used twice        {len(twice):>8}")
    print(f"lines of test per line        {test_lines / source_lines:>8.2f}")
    print(f"functions: median, longest    {statistics.median(lengths):>8.0f}   {max(lengths)}")
    print(f"options told in several texts {len(told):>8}   --dry-run in {told.get('--dry-run', 1)}")
    if verbose:
        for title, found in (("circle", knots), ("package circle", packages)):
            print("".join(f"  {title}: {', '.join(one)}\n" for one in found), end="")
        print("".join(f"  {name}: {', '.join(where)}\n" for name, where in sorted(twice.items())), end="")
        print("".join(f"  {option}: {count} texts\n" for option, count in sorted(told.items())), end="")


if __name__ == "__main__":
    main()
