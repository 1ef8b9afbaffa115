"""Believable life in a sandbox: the same wishes in the same order for the same seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import field

from shema_cli.calls.tokens import LIFETIME_S, issue
from shema_cli.clock import Clock
from shema_cli.frozen import dataclass
from shema_cli.sandbox.school.data import CITIES, CONVERSATIONS, DAYS, LEVELS, TIMES, School
from shema_cli.sandbox.services.part import Part
from shema_cli.sandbox.services.web import InsideAnswer, request
from shema_cli.sandbox.system.control_client import TrafficDocument

REPORT_EVERY_S = 1.0
ANSWER_WITHIN_S = 5.0
LONG_HOLD_S, SHORT_HOLDS_S = 600, (2, 4, 8)
TALKING = 8
# What there is of each, in parts of a hundred.
MIX = {"chat": 60, "attendance": 17, "profile": 8, "booking": 8, "confirm": 3, "enrollment": 4}
AT_ONCE = 64


@dataclass
class TrafficTally:
    """What came of it: wishes granted by kind, refused by a service's own rules, and failed."""

    done: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0

    def count(self, kind: str, answer: InsideAnswer) -> None:
        if answer.status < 400 and answer.body is not None:
            self.done[kind] += 1
        elif 400 <= answer.status < 500:
            self.refused += 1
        else:
            self.failed += 1

    def copy(self) -> TrafficTally:
        return TrafficTally(self.done.copy(), self.refused, self.failed, self.seconds)

    def since(self, earlier: TrafficTally) -> TrafficTally:
        done = self.done - earlier.done
        counts = self.refused - earlier.refused, self.failed - earlier.failed
        return TrafficTally(done, *counts, seconds=self.seconds - earlier.seconds)

    def document(self, kind: str) -> TrafficDocument:
        return {
            "kind": kind,
            "seconds": round(self.seconds, 1),
            "events": sum(self.done.values()),
            "refused": self.refused,
            "failed": self.failed,
            "by_kind": dict(sorted(self.done.items())),
        }


class Traffic:
    """The outside world of one sandbox: it asks the services as a gateway would."""

    def __init__(self, school: School, parts: Mapping[str, Part], secret: str, clock: Clock, seed: int) -> None:
        self._parts = parts
        self._secret = secret
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311
        self._students = [student["id"] for student in school.students()]
        self._names = {student["id"]: student["name"] for student in school.students()}
        self._courses = list(school.courses)
        self._slots = {
            course: [slot["id"] for slot in school.slots.values() if slot["course_id"] == course]
            for course in self._courses
        }
        self._schedules = [(schedule["id"], schedule["student_id"]) for schedule in school.schedules.values()]
        self._conversations: list[_Conversation] = []
        self._kept_bookings: list[tuple[asyncio.Future[str | None], str]] = []
        self._token, self._token_good_until = "", 0.0

    async def run(self, rate: float, seconds: float | None) -> AsyncIterator[TrafficDocument]:
        """`rate` wishes a second, for so long or for ever. Yields a tally every second, and the total at the end."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        total, told, count = TrafficTally(), TrafficTally(), 0
        places, asked = asyncio.Semaphore(AT_ONCE), set[asyncio.Task[None]]()
        try:
            while seconds is None or count < rate * seconds:
                await asyncio.sleep(max(0.0, started + count / rate - loop.time()))
                await places.acquire()
                task = asyncio.create_task(self._grant(self.wish(), places, total))
                asked.add(task)
                task.add_done_callback(asked.discard)
                count += 1
                total.seconds = loop.time() - started
                if total.seconds - told.seconds >= REPORT_EVERY_S:
                    yield total.since(told).document("second")
                    told = total.copy()
            await asyncio.gather(*asked)
        finally:
            for task in asked:
                task.cancel()
        total.seconds = loop.time() - started
        yield total.document("total")

    def wish(self) -> Wish:
        """The next thing that somebody wants: every choice is made here, before anything is asked."""
        kind = self._chance.choices(list(MIX), list(MIX.values()))[0]
        wishes: dict[str, Callable[[], Awaitable[InsideAnswer]]] = {
            "chat": self._chat,
            "attendance": self._attendance,
            "profile": self._profile,
            "booking": self._booking,
            "confirm": self._confirm,
            "enrollment": self._enrollment,
        }
        return Wish(kind, wishes[kind]())

    async def _grant(self, wish: Wish, places: asyncio.Semaphore, tally: TrafficTally) -> None:
        try:
            answer = await asyncio.wait_for(wish.asking, ANSWER_WITHIN_S)
        except TimeoutError:
            answer = InsideAnswer(504, None)
        finally:
            places.release()
        tally.count(wish.kind, answer)

    # -- the wishes -----------------------------------------------------------------------------------------------

    def _chat(self) -> Awaitable[InsideAnswer]:
        while len(self._conversations) < TALKING:
            turns, student = self._chance.choice(CONVERSATIONS), self._chance.choice(self._students)
            self._conversations.append(_Conversation(student, self._names[student], turns))
        talk = self._chance.choice(self._conversations)
        turn = talk.next_turn()
        if turn is None:
            self._conversations.remove(talk)
        return self._say(talk, turn)

    async def _say(self, talk: _Conversation, turn: tuple[str, str] | None) -> InsideAnswer:
        """The turns of one conversation wait for each other; after the last, it is closed."""
        async with talk.order:
            if talk.session_id is None:
                opened = await self._ask("chat", "POST", "/api/chat/sessions", {"student_id": talk.student})
                if opened.made is None:
                    return opened
                talk.session_id = opened.made
            path = f"/api/chat/sessions/{talk.session_id}"
            if turn is None:
                return await self._ask("chat", "POST", f"{path}/close", {"closed_by": "admin-1"})
            return await self._ask("chat", "POST", f"{path}/messages", talk.message(*turn))

    def _attendance(self) -> Awaitable[InsideAnswer]:
        schedule_id, student_id = self._chance.choice(self._schedules)
        status = self._chance.choices(("present", "absent", "excused"), (8, 1, 1))[0]
        body = {"student_id": student_id, "status": status}
        return self._ask("schedule", "POST", f"/api/schedules/{schedule_id}/attendance", body)

    def _profile(self) -> Awaitable[InsideAnswer]:
        student_id, city = self._chance.choice(self._students), self._chance.choice(CITIES)
        return self._ask("user", "PATCH", f"/api/users/{student_id}", {"city": city})

    def _booking(self) -> Awaitable[InsideAnswer]:
        """Half of them are forgotten, and expire."""
        course_id = self._chance.choice(self._courses)
        first, second = self._chance.sample(self._slots[course_id], 2)
        kept = self._chance.random() < 0.5
        body = {
            "user_id": self._chance.choice(self._students),
            "course_id": course_id,
            "first_choice_slot_id": first,
            "second_choice_slot_id": second,
            "hold_s": LONG_HOLD_S if kept else self._chance.choice(SHORT_HOLDS_S),
        }
        made: asyncio.Future[str | None] | None = asyncio.get_running_loop().create_future() if kept else None
        if made is not None:
            self._kept_bookings.append((made, first))
        return self._book(body, made)

    async def _book(self, body: Mapping[str, object], made: asyncio.Future[str | None] | None) -> InsideAnswer:
        answer = await self._ask("booking", "POST", "/api/bookings", body)
        if made is not None and not made.done():
            made.set_result(answer.made)
        return answer

    def _confirm(self) -> Awaitable[InsideAnswer]:
        if not self._kept_bookings:
            return self._booking()
        made, slot_id = self._kept_bookings.pop(0)
        return self._confirm_once_made(made, slot_id)

    async def _confirm_once_made(self, made: asyncio.Future[str | None], slot_id: str) -> InsideAnswer:
        booking_id = await made
        if booking_id is None:
            return InsideAnswer(409, None)
        return await self._ask("booking", "POST", f"/api/bookings/{booking_id}/confirm", {"slot_id": slot_id})

    def _enrollment(self) -> Awaitable[InsideAnswer]:
        body = {
            "student_id": self._chance.choice(self._students),
            "course_id": self._chance.choice(self._courses),
            "experience_level": self._chance.choice(LEVELS),
            "preferred_days": self._chance.sample(DAYS, 2),
            "time_preferences": [self._chance.choice(TIMES)],
        }
        return self._ask("enrollment", "POST", "/api/enrollments", body)

    async def _ask(self, service: str, method: str, path: str, body: Mapping[str, object]) -> InsideAnswer:
        part = self._parts[service]
        if not part.is_up:
            return InsideAnswer(503, None)
        return await request(part.app, method, path, self._service_token(), body)

    def _service_token(self) -> str:
        now = self._clock.now()
        if now.timestamp() > self._token_good_until:
            self._token, _ = issue(self._secret, "api-gateway", None, now)
            self._token_good_until = now.timestamp() + LIFETIME_S / 2
        return self._token


@dataclass(frozen=True)
class Wish:
    kind: str
    asking: Awaitable[InsideAnswer]


@dataclass(eq=False)
class _Conversation:
    student: str
    name: str
    turns: tuple[tuple[str, str], ...]
    session_id: str | None = None
    said: int = 0
    order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def next_turn(self) -> tuple[str, str] | None:
        self.said += 1
        return self.turns[self.said - 1] if self.said <= len(self.turns) else None

    def message(self, role: str, text: str) -> Mapping[str, object]:
        student = role == "student"
        return {
            "sender_id": self.student if student else "admin-1",
            "sender_role": role,
            "sender_name": self.name if student else "Admin Shema",
            "message": text,
        }
