"""Ctrl-C as a wish to stop after the piece of work in hand (contract 2.3)."""

from __future__ import annotations

import contextlib
import signal
import threading

import pytest

from shema_cli.interrupts import stop_gently, stopped_by


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_a_wish_and_the_second_interrupts(number: signal.Signals) -> None:
    with stop_gently() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_what_must_not_be_broken_off_is_not() -> None:
    with stop_gently(twice_interrupts=False) as stop:
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        assert stop.is_set()


def test_afterwards_the_signals_are_as_they_were() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    inside = []
    with contextlib.suppress(RuntimeError), stop_gently():
        inside = [signal.getsignal(number) for number in before]
        raise RuntimeError
    assert not set(inside) & set(before.values())
    assert {number: signal.getsignal(number) for number in before} == before


def test_one_inside_another_hears_it_alone() -> None:
    with stop_gently() as outer:
        with stop_gently() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner.is_set()
        assert not outer.is_set()
        signal.raise_signal(signal.SIGINT)
        assert outer.is_set()


def test_off_the_main_thread_nothing_sets_it() -> None:
    seen: list[bool] = []
    before = signal.getsignal(signal.SIGINT)

    def work() -> None:
        with stop_gently() as stop:
            seen.append(signal.getsignal(signal.SIGINT) is before)
            seen.append(stop.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [True, False]


def test_off_the_main_thread_somebody_else_may_lend_what_sets_it() -> None:
    lent, seen = threading.Event(), []

    def work() -> None:
        with stopped_by(lent), stop_gently() as stop:
            seen.append(stop is lent)
        with stop_gently() as afterwards:
            seen.append(afterwards is lent)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True, False]
