"""A clock that skips the time in which nothing happens.

Home Assistant, aiohttp and the integrations run as always, driven by their own timers; a day takes
seconds. The clock is only put forward while no request and no thread is at work, so that nothing
runs into a timeout. Import this module before anything that could import a clock by its name.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
import heapq
import time
from typing import Any, Final, override

_time: Final = time.time
_monotonic: Final = time.monotonic


class _Clock:
    """How far the clock was put forward, and who is at work."""

    ahead = 0.0
    is_skipping = False
    jobs = 0

    def __init__(self) -> None:
        """Start with the real time."""
        self.connectors: list[Any] = []

    @property
    def is_idle(self) -> bool:
        """Return whether to skip: no job is in a thread, and no connection is in use."""
        return (
            self.is_skipping
            and not self.jobs
            and not any(each._acquired for each in self.connectors)  # noqa: SLF001
        )


_CLOCK: Final = _Clock()


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that puts the clock forward to the next timer instead of waiting for it."""

    _ready: Any
    _scheduled: Any
    _timer_cancelled_count: int

    def _run_once(self) -> None:
        """Run what is due."""
        while self._scheduled and self._scheduled[0].cancelled():
            self._timer_cancelled_count -= 1
            heapq.heappop(self._scheduled)._scheduled = False  # noqa: SLF001
        if not self._ready and self._scheduled and _CLOCK.is_idle:
            _CLOCK.ahead += max(0.0, self._scheduled[0].when() - self.time())
        super()._run_once()  # type: ignore[misc]

    @override
    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Run a job in a thread, and note that it is at work."""
        future = super().run_in_executor(executor, func, *args)
        _CLOCK.jobs += 1

        def done(_future: Any) -> None:
            _CLOCK.jobs -= 1

        future.add_done_callback(done)
        return future


def install() -> Callable[[], asyncio.AbstractEventLoop]:
    """Replace the clocks of this process; return what creates the event loop."""
    time.time = lambda: _time() + _CLOCK.ahead
    time.monotonic = lambda: _monotonic() + _CLOCK.ahead

    from aiohttp import BaseConnector  # noqa: PLC0415

    from homeassistant.util import dt as dt_util  # noqa: PLC0415

    init = BaseConnector.__init__

    def noted(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        _CLOCK.connectors.append(self)

    def now(time_zone: tzinfo | None = None) -> datetime:
        return datetime.fromtimestamp(time.time(), time_zone or dt_util.get_default_time_zone())

    BaseConnector.__init__ = noted  # type: ignore[method-assign]
    dt_util.utcnow = lambda: datetime.fromtimestamp(time.time(), UTC)  # type: ignore[assignment]
    dt_util.now = now
    return _Loop


async def skip(seconds: float) -> None:
    """Let time pass, without waiting for it."""
    _CLOCK.is_skipping = True
    await asyncio.sleep(seconds)
    _CLOCK.is_skipping = False
