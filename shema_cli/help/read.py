"""What `shema help` shows: the topics, one topic, or a command's own help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shema_cli.errors import NotFound
from shema_cli.help.suggest import close_to
from shema_cli.help.topics import TOPICS, topic_text
from shema_cli.results import Result, Table


@dataclass(frozen=True)
class Topics(Result):
    """The topics there are."""

    def document(self) -> Any:
        return {"topics": [{"name": name, "about": about} for name, about in TOPICS.items()]}

    def table(self) -> Table:
        return Table(("topic", "about"), list(TOPICS.items()))

    def notes(self) -> tuple[str, ...]:
        return ("`shema help TOPIC` shows one; `shema help COMMAND` is `shema COMMAND --help`",)


@dataclass(frozen=True)
class TopicText(Result):
    topic: str
    text: str

    def document(self) -> Any:
        return {"topic": self.topic, "text": self.text}

    def table(self) -> Table:
        return Table(("text",), [(line,) for line in self.text.rstrip("\n").split("\n")])


def read(topic: str) -> Result:
    """Raises NotFound, with what was probably meant, for a word that is neither a topic nor a command."""
    if not topic:
        return Topics()
    if topic in TOPICS:
        return TopicText(topic, topic_text(topic))
    from shema_cli.help.tree import tree

    nodes = {node.path: node for node in tree().walk() if node.path}
    if topic not in nodes:
        meant = close_to(topic, [*TOPICS, *nodes])
        raise NotFound(
            "unknown_topic", f"there is no help on {topic!r}", f"shema help {meant}" if meant else "shema help"
        )
    return TopicText(topic, nodes[topic].help_text())
