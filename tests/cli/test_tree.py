"""What every command of the tree tells: a walk over all of them."""

from __future__ import annotations

import inspect
from collections import defaultdict
from functools import partial
from importlib import import_module

import pytest

from shema_cli.app import TREE, Command, Group, load, tree
from shema_cli.cli.declare import Declaration
from shema_cli.cli.options import COMMON, OTHER, SAFETY, WHICH
from shema_cli.cli.tree import Node
from shema_cli.help.topics import TOPICS
from tests.support.cli import shema

NODES = {node.path: node for node in tree().walk()}
COMMANDS = {path: node for path, node in NODES.items() if not node.children}
OF_EVERY_COMMAND = {
    *("--output", "--json", "--verbose", "--log-format", "--profile", "--env-file", "--read-only", "--help"),
}
OF_EVERY_CHANGE = {"--dry-run", "--yes", "--confirm", "--allow-mixed-target"}

MEANS_TWO_THINGS = {
    "--limit": "the newest, the oldest, families, messages, or what --follow begins with",
    "--type": "a dead letter may be named by its channel, with *; a tail takes eventTypes",
    "--force": "the last admin; any number of replays",
    "--rate": "a dead letter is published at most so fast; traffic is made so fast",
    "--wait": "for the service to take a decision up; for all services to be healthy",
    "--watch": "a flag of services health, a number of seconds of the dashboard",
    "--data": "the body of a call, -d as in curl; an event's data",
    "--until": "a time that is over; when an acknowledgement ends",
    "--reason": "a rejection's goes out with the event",
}
"""Every other option has one text and one spelling, wherever it is taken."""


def declared(node: Node) -> Declaration:
    assert isinstance(node.command, Command)
    return node.command.declaration


def test_every_group_of_the_tree_is_in_it_with_all_its_commands() -> None:
    assert [node.name for node in NODES[""].children] == list(TREE)
    for name, entry in TREE.items():
        groups = entry.groups()
        assert {group.name for group in groups} == {name}
        commands = [inner for group in groups for inner in group.commands]
        assert [node.name for node in NODES[name].children] == ([] if entry.single else commands)


@pytest.mark.parametrize("path", NODES)
def test_every_command_says_what_it_is_for_in_one_sentence(path: str) -> None:
    assert NODES[path].help.endswith(".")


@pytest.mark.parametrize("path", NODES)
def test_every_option_has_a_heading_a_help_and_what_stands_for_its_value(path: str) -> None:
    for option in NODES[path].options:
        assert option.help.endswith("."), option.names
        assert option.heading in {WHICH, OTHER, SAFETY, COMMON}, option.names
        assert bool(option.value) is bool(option.completes), option.names
        assert "<" not in option.declaration, option.declaration
        assert option.declaration.endswith(option.value), option.names
    for argument in NODES[path].arguments:
        assert argument.help, argument.names
        assert argument.value, argument.names


def test_the_options_of_every_command_are_taken_by_every_command() -> None:
    for path, node in COMMANDS.items():
        common = {option.names[-1] for option in node.options if option.heading == COMMON}
        assert common == OF_EVERY_COMMAND, path


def test_one_option_has_one_text_and_one_spelling() -> None:
    texts, spellings = defaultdict(set), defaultdict(set)
    for node in COMMANDS.values():
        for option in node.options:
            texts[option.names[-1]].add(option.help)
            spellings[option.names[-1]].add(option.names)
    assert {name for name, told in texts.items() if len(told) > 1} == set(MEANS_TWO_THINGS)
    assert {name for name, told in spellings.items() if len(told) > 1} <= set(MEANS_TWO_THINGS)


def test_what_changes_something_can_be_tried_first() -> None:
    for path, node in COMMANDS.items():
        names = {option.names[-1] for option in node.options}
        assert node.access not in ("change", "varies") or names >= OF_EVERY_CHANGE, path


@pytest.mark.parametrize("path", NODES)
def test_every_reference_leads_somewhere_and_every_command_has_an_example(path: str) -> None:
    node = NODES[path]
    assert node.examples or node.children
    for other in node.see_also:
        assert other in NODES or other.removeprefix("help ") in TOPICS, other
    for example in node.examples:
        assert "shema " in example.line
        assert example.about[:1].isupper()


@pytest.mark.parametrize("path", [path for path, node in COMMANDS.items() if declared(node).view])
def test_every_view_is_a_function_that_takes_a_result_and_a_width(path: str) -> None:
    """What is declared is imported when it is called; the function that it stands for is there."""
    draw = declared(COMMANDS[path]).view
    assert isinstance(draw, partial)
    module, name = draw.args
    _, width = inspect.signature(getattr(import_module(module), name)).parameters.values()
    assert width.annotation == "int"


def test_the_parameters_of_a_command_are_made_when_it_is_used() -> None:
    group = load("dlq")
    assert isinstance(group, Group)
    assert [command.params for command in group.commands.values()] == [[]] * len(group.commands)


def test_a_command_of_two_words_stands_beside_that_of_the_first(base_env: dict[str, str]) -> None:
    group = load("dlq")
    assert isinstance(group, Group)
    assert {"runs", "runs stop"} <= set(group.commands)
    assert NODES["dlq runs stop"].name == "runs stop"
    for words in (("dlq", "runs"), ("dlq", "runs", "stop", "0123"), ("--json", "dlq", "runs", "stop", "0123", "--yes")):
        assert shema(*words, env=base_env).code == 4, "it was found, and nobody is signed in"
    unknown = shema("dlq", "runs", "stob", env=base_env)
    assert (unknown.code, unknown.out) == (2, "")
