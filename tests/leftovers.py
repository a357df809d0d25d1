"""What the integration could leave behind: tasks, timers, listeners, objects, data, files."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial
import gc
import logging
from pathlib import Path
from typing import Any

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

_CONTAINERS = (dict, list, tuple, set, frozenset, deque)


def count_registrations(hass: HomeAssistant) -> dict[str, int]:
    """Count the tasks, timers and listeners, without those of the simulated providers."""
    dispatcher: dict[Any, Any] = hass.data.get("dispatcher", {})
    timers = hass.loop._scheduled  # type: ignore[attr-defined]
    return {
        "tasks": len([task for task in asyncio.all_tasks() if not _is_aiohttp_task(task)]),
        "timers": len(
            [
                timer
                for timer in timers
                if not timer.cancelled() and not _is_from_aiohttp(timer._callback)
            ]
        ),
        "dispatcher": sum(len(each) for name, each in dispatcher.items() if DOMAIN in str(name)),
        **{str(name): count for name, count in hass.bus.async_listeners().items()},
    }


def _is_aiohttp_task(task: asyncio.Task[Any]) -> bool:
    """Return whether a task belongs to a connection: they share the event loop."""
    return any("/aiohttp/" in frame.f_code.co_filename for frame in task.get_stack(limit=1))


def _is_from_aiohttp(callback: Callable[..., object]) -> bool:
    """Return whether a timer belongs to a connection."""
    while isinstance(callback, partial):
        callback = callback.func
    owner = getattr(callback, "__self__", callback)
    return "aiohttp" in f"{type(owner).__module__} {getattr(callback, '__module__', '')}"


def count_instances() -> Counter[str]:
    """Count the instances of the integration's own classes.

    The amounts in a ledger are not counted: there may be more or fewer of them.
    """
    gc.collect()
    return Counter(
        type(each).__name__
        for each in gc.get_objects()
        if _is_own(each) and ".ledger." not in type(each).__module__
    )


def _is_own(instance: object) -> bool:
    """Return whether something is an instance of one of the integration's classes."""
    return str(type(instance).__module__).startswith(f"custom_components.{DOMAIN}")


def assert_no_trace(hass: HomeAssistant, entry_id: str) -> None:
    """Check that nothing is left of a config entry that was removed."""
    assert not stored_files(hass)
    assert not [key for key in ir.async_get(hass).issues if key[0] == DOMAIN and entry_id in key[1]]
    own_data = [value for key, value in hass.data.items() if str(key).startswith(DOMAIN)]
    assert not [text for text in _texts(own_data) if entry_id in text]


def _texts(*roots: object) -> Iterator[str]:
    """Yield every text in containers and in instances of the integration's own classes."""
    pending, seen = list(roots), set[int]()
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif id(each) not in seen and (isinstance(each, _CONTAINERS) or _is_own(each)):
            seen.add(id(each))
            pending += gc.get_referents(each)
            if isinstance(each, dict):
                # The garbage collector skips keys that are texts.
                pending += each


def stored_files(hass: HomeAssistant) -> list[Path]:
    """Return the files that the integration has stored."""
    return sorted(Path(hass.config.path(".storage")).glob(f"{DOMAIN}*"))


def warnings(caplog: pytest.LogCaptureFixture, *ignored: str) -> list[str]:
    """Return the warnings and errors in the log, without those that have an ignored text."""
    return [
        text
        for text in (
            record.getMessage()
            for record in caplog.records
            # On a busy computer asyncio reports slow callbacks.
            if record.levelno >= logging.WARNING and record.name != "asyncio"
        )
        if not any(each in text for each in ("custom integration", *ignored))
    ]
