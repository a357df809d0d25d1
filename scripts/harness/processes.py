"""Run programs and wait until they are ready."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import signal
import sys
from typing import Final

from aiohttp import ClientError, ClientSession

from .const import ROOT, HarnessError

_POLL_INTERVAL: Final = 0.1  # seconds
_START_TIMEOUT: Final = 300  # seconds
_STOP_TIMEOUT: Final = 60  # seconds
_SHOWN_LOG_LINES: Final = 15


@asynccontextmanager
async def process(name: str, log: Path, *command: str) -> AsyncGenerator[asyncio.Task[int]]:
    """Run a program with its output in a file, and terminate it at the end.

    Yields the task that ends when the program ends, with its exit code.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        # Ctrl-C must reach the program only once, from here: hence its own session.
        child = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
    ended = asyncio.create_task(child.wait(), name=name)
    try:
        yield ended
    finally:
        if not ended.done():
            child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(asyncio.shield(ended), _STOP_TIMEOUT)
            except TimeoutError:
                print(f"{name} did not stop within a minute and was killed.", file=sys.stderr)
                child.kill()
                await ended


async def wait_for_page(
    session: ClientSession, url: str, ended: asyncio.Task[int], log: Path
) -> None:
    """Wait until a server responds; raise HarnessError if it ends or takes too long."""
    for _ in range(int(_START_TIMEOUT / _POLL_INTERVAL)):
        if ended.done():
            break
        with suppress(ClientError, TimeoutError):
            async with session.get(url) as response:
                if response.ok:
                    return
        await asyncio.sleep(_POLL_INTERVAL)
    raise failure(ended, log)


def failure(ended: asyncio.Task[int], log: Path, what: str = "did not start") -> HarnessError:
    """Return the error for a program that failed, with the last lines of its log."""
    lines = log.read_text(errors="replace").splitlines()[-_SHOWN_LOG_LINES:]
    return HarnessError("\n".join([*lines, f"{ended.get_name()} {what}. The whole log: {log}"]))


async def run_until_stopped(work: Coroutine[None, None, bool]) -> bool | None:
    """Run the work of a script and stop it cleanly on Ctrl-C.

    Returns the result of the work, False after an error, and None if it was stopped.
    """
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        # A second Ctrl-C must not interrupt the cleanup that the first one started.
        asyncio.get_running_loop().add_signal_handler(
            number, lambda: task.cancelling() or task.cancel()
        )
    try:
        return await task
    except (HarnessError, ClientError) as err:
        print(err, file=sys.stderr)
        return False
    except asyncio.CancelledError:
        print("Stopped.")
        return None
