from __future__ import annotations

import asyncio
import threading

import pytest

from shema_cli.calls.aside import aside


async def test_the_result_and_the_error_come_back() -> None:
    assert await aside(lambda: threading.current_thread() is threading.main_thread()) is False
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 / 0)


async def test_an_end_that_no_future_takes_comes_back_too() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(aside(lambda: next(iter(()))), 10)


def test_work_that_hangs_does_not_hold_up_the_end_of_the_loop() -> None:
    let_go, finished = threading.Event(), threading.Event()

    def work() -> None:
        let_go.wait(30)
        finished.set()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(aside(work), 0.01)

    asyncio.run(give_up())
    assert not finished.is_set()
    let_go.set()
