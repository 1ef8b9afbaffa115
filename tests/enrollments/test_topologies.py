"""Decisions where Redis is more than one server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from shema_cli.audit.verify import verify
from shema_cli.enrollments.decide import AlreadyDecided, CourseFull, DecisionMade, DecisionOrder, NobodyHears
from shema_cli.enrollments.results import Capacity, DecisionKind
from shema_cli.enrollments.seats import Seat, clock_of, with_promised
from shema_cli.store import keys
from tests.enrollments.school import decider_of
from tests.support.subscriber import Listener, audience
from tests.support.topologies import cluster, sentinel_set
from tests.support.valkey import Valkey
from tests.support.world import app_on


@contextmanager
def listening(node: Valkey) -> Iterator[Listener]:
    with audience(node.port) as gathered:
        yield gathered.service(channels=(b"enrollment.approved",))


def order(number: int) -> DecisionOrder:
    return DecisionOrder(f"e{number}", "s", DecisionKind.APPROVED)


def test_a_cluster_hears_on_any_node(tmp_path: Path) -> None:
    with cluster() as nodes, app_on(nodes.nodes[0], tmp_path, REDIS_URL=nodes.url) as app:
        decider = decider_of(app)
        assert decider.decide(order(1)) == NobodyHears()
        assert not app.store.client.exists(keys.decision("e1"))
        home = nodes.node_of("{shema}:audit")
        for number, node in enumerate(nodes.nodes, start=2):
            with listening(node) as service:
                answer = decider_of(app).decide(order(number))
                assert isinstance(answer, DecisionMade), node is home
                assert answer.receivers == 1
                assert service.once(1)
        assert isinstance(decider.decide(order(2)), AlreadyDecided)
        found = verify(app.store)
        assert (found.problems, found.checked) == ((), 3)


def test_seats_hold_on_a_cluster(tmp_path: Path) -> None:
    """The reservation lies in the slot of the decision and of the trail, whatever the course is called."""
    with cluster() as nodes, app_on(nodes.nodes[0], tmp_path, REDIS_URL=nodes.url) as app:
        decider = decider_of(app, allow_unheard=True)
        for course in ("c1", "}{c2"):
            told = with_promised(app.store, {course: Capacity(True, 3, 5)}, clock_of(app.store))[course]
            orders = [replace(order(n), enrollment_id=f"{course}-{n}", seat=Seat(course, told)) for n in range(3)]
            answers = [decider.decide(one) for one in orders]
            assert [isinstance(answer, DecisionMade) for answer in answers] == [True, True, False]
            assert answers[2] == CourseFull(5)
            assert with_promised(app.store, {course: told}, clock_of(app.store))[course].left == 0


def test_after_a_failover_the_new_primary_decides(tmp_path: Path) -> None:
    with sentinel_set() as servers, app_on(servers.primary, tmp_path, REDIS_URL=servers.url) as app:
        decider = decider_of(app, allow_unheard=True)
        assert isinstance(decider.decide(order(1)), DecisionMade)
        app.store.client.wait(1, 2000)
        servers.fail_over()
        assert isinstance(decider.decide(order(2)), DecisionMade)
        assert isinstance(decider.decide(order(1)), AlreadyDecided)
        assert verify(app.store).checked == 2
