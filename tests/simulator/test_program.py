"""The simulator as a program."""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import os
from pathlib import Path
from signal import Signals
import socket
import sys

from aiohttp import ClientError, ClientSession
import pytest

from simulator import __main__ as program

from .conftest import PATHS, headers

ROOT = Path(__file__).parents[2]
STORY = datetime(2026, 11, 21, 8, tzinfo=UTC)


def arguments(*, port: int = 0, delay: float = 60) -> argparse.Namespace:
    """Return arguments of the command line."""
    return argparse.Namespace(
        host="127.0.0.1", port=port, delay=delay, story=STORY, certificate=None
    )


async def address(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the address that the program prints once it listens."""
    async with asyncio.timeout(10):
        while not (line := capsys.readouterr().out):  # noqa: ASYNC110 - it is printed
            await asyncio.sleep(0.01)
    assert line.startswith("The simulator listens on http://127.0.0.1:")
    return line.split()[-1]


@asynccontextmanager
async def running(delay: float = 60) -> AsyncGenerator[asyncio.Task[str | None]]:
    """Run the program in this process."""
    task = asyncio.create_task(program.run(arguments(delay=delay)))
    yield task
    if not task.done():
        os.kill(os.getpid(), Signals.SIGTERM)
    assert await task is None


@pytest.mark.parametrize("signal", [Signals.SIGINT, Signals.SIGTERM])
@pytest.mark.parametrize("scenario", ["slow", "stalled"])
async def test_ends_cleanly(
    socket_enabled: None, capsys: pytest.CaptureFixture[str], signal: Signals, scenario: str
) -> None:
    """A signal ends the program at once, whatever is in progress."""
    async with running() as task, ClientSession() as session:
        url = f"{await address(capsys)}/lunos{PATHS['lunos']}"

        async def request() -> None:
            async with session.get(url, headers=headers("lunos", scenario)) as response:
                await response.read()

        hanging = asyncio.create_task(request())
        await asyncio.sleep(0.1)
        assert not hanging.done()
        os.kill(os.getpid(), signal)
        async with asyncio.timeout(5):
            assert await task is None
            with pytest.raises(ClientError):
                await hanging


async def test_port_in_use(socket_enabled: None) -> None:
    """A port that is in use gives one clear line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        message = await program.run(arguments(port=port))
    assert message is not None
    assert message.startswith(f"The simulator cannot listen on 127.0.0.1:{port}: ")
    assert "in use" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "wrong", [("--story", "yesterday"), ("--story", ""), ("--spend", "1"), ("--port", "x")]
)
def test_wrong_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    """A wrong argument is refused with an explanation."""
    monkeypatch.setattr(sys, "argv", ["simulator", *wrong])
    with pytest.raises(SystemExit) as caught:
        program.main()
    assert caught.value.code == 2
    assert wrong[0] in capsys.readouterr().err


async def test_impossible_port(socket_enabled: None) -> None:
    """A number that is no port is refused with an explanation."""
    message = await program.run(arguments(port=70000))
    assert message is not None
    assert "70000" in message


async def test_story(socket_enabled: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The program uses the delay and the story of the command line."""
    async with running(delay=0.05), ClientSession() as session:
        url = await address(capsys)
        slow = headers("crun", "slow")
        async with session.get(f"{url}/crun{PATHS['crun']}", headers=slow) as response:
            assert response.status == 200
        async with session.get(f"{url}/_simulator/history") as response:
            readings = (await response.json())[0]["readings"]
        assert datetime.fromisoformat(readings[-1][0]) == STORY


async def test_process(socket_enabled: None) -> None:
    """As a process it listens on the loopback interface and ends without complaint."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", "0", "--story", "2026-11-21T09:00+01:00"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30), ClientSession() as session:
            url = (await process.stdout.readline()).decode().split()[-1]
            async with session.get(f"{url}/_simulator/history") as response:
                readings = (await response.json())[0]["readings"]
        assert datetime.fromisoformat(readings[-1][0]) == STORY
    finally:
        process.terminate()
        _, err = await process.communicate()
    assert process.returncode == 0
    assert err == b""
