"""Patches of Home Assistant and the event loop with which a build is measured."""

from asyncio import events
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
import time
from typing import Any
from unittest.mock import PropertyMock, patch


@contextmanager
def everything_enabled() -> Iterator[None]:
    """Enable the entities that are disabled by default."""
    with patch(
        "homeassistant.helpers.entity.Entity.entity_registry_enabled_default",
        PropertyMock(return_value=True),
    ):
        yield


@contextmanager
def counted_writes() -> Iterator[Counter[str]]:
    """Count the states that are written, by entity."""
    from homeassistant.core import StateMachine  # noqa: PLC0415

    counts: Counter[str] = Counter()
    write = StateMachine.async_set_internal

    def counted(self: Any, entity_id: str, *arguments: Any) -> None:
        counts[entity_id] += 1
        write(self, entity_id, *arguments)

    with patch.object(StateMachine, "async_set_internal", counted):
        yield counts


@contextmanager
def counted_bytes() -> Iterator[Counter[str]]:
    """Count the bytes that are written to .storage, by file."""
    from homeassistant.helpers import storage  # noqa: PLC0415

    counts: Counter[str] = Counter()
    text, binary = storage.write_utf8_file, storage.write_utf8_file_atomic

    def counted(write: Any) -> Any:
        def result(name: str, content: str | bytes, *arguments: Any, **options: Any) -> None:
            counts[name.rpartition("/")[2]] += len(content)
            write(name, content, *arguments, **options)

        return result

    with (
        patch.object(storage, "write_utf8_file", counted(text)),
        patch.object(storage, "write_utf8_file_atomic", counted(binary)),
    ):
        yield counts


@contextmanager
def longest_step() -> Iterator[list[float]]:
    """Measure the longest time for which the event loop does nothing else, in seconds."""
    run = events.Handle._run  # noqa: SLF001
    longest = [0.0]

    def timed(self: events.Handle) -> None:
        begin = time.perf_counter()
        run(self)
        longest[0] = max(longest[0], time.perf_counter() - begin)

    with patch.object(events.Handle, "_run", timed):
        yield longest


@contextmanager
def timed_statistics() -> Iterator[list[float]]:
    """Measure the CPU time of the statistics that the recorder compiles every five minutes."""
    from homeassistant.components.recorder import statistics  # noqa: PLC0415

    run = statistics.compile_statistics
    spent = [0.0]

    def timed(*arguments: Any) -> bool:
        begin = time.thread_time()
        try:
            return run(*arguments)
        finally:
            spent[0] += time.thread_time() - begin

    with patch.object(statistics, "compile_statistics", timed):
        yield spent
