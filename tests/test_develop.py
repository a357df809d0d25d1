"""scripts/develop restarts Home Assistant when the integration changes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import signal
import socket
from unittest.mock import AsyncMock, Mock

import pytest

from scripts.harness.const import HarnessError
from scripts.harness.ports import require_port, reserved_port
from scripts.harness.processes import run_until_stopped
from scripts.lib import develop

pytestmark = [pytest.mark.tooling, pytest.mark.usefixtures("socket_enabled")]

PORT = 8123
SIMULATOR_PORT = 8124


class Process:
    """A stand-in for a running program: it does nothing until a test ends it."""

    def __init__(self, name: str, log: Path) -> None:
        """Start with an empty log."""
        self.url = "http://127.0.0.1"
        self.log = log
        log.parent.mkdir(exist_ok=True)
        log.touch()
        self._exit_code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.create_task(self._wait(), name=name)
        self.command = AsyncMock()
        self.ready = asyncio.Event()

    async def _wait(self) -> int:
        """Wait for the end; return the exit code."""
        return await self._exit_code

    async def log_out(self) -> None:
        """Stand in for the last command after the start."""
        self.ready.set()

    def end(self, code: int) -> None:
        """End the program with an exit code."""
        if not self._exit_code.done():
            self._exit_code.set_result(code)


class Programs:
    """The programs that scripts/develop starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the real programs, and the folders of the checkout."""
        self._folder = folder / ".develop"
        self._started: asyncio.Queue[Process] = asyncio.Queue()
        self.sources = folder / "api_balance"
        self.sources.mkdir()
        (self.sources / "const.py").write_text("A = 1\n")
        self.add_accounts = AsyncMock()
        monkeypatch.setattr(develop, "_FOLDER", self._folder)
        monkeypatch.setattr(develop, "_SOURCES", self.sources)
        monkeypatch.setattr(develop, "_CHECK_INTERVAL", 0.01)
        monkeypatch.setattr(develop, "require_port", Mock())
        monkeypatch.setattr(develop, "add_accounts", self.add_accounts)
        monkeypatch.setattr(develop, "running_simulator", self._simulator)
        monkeypatch.setattr(develop, "running_home_assistant", self._home_assistant)

    @asynccontextmanager
    async def _simulator(self, *_: object) -> AsyncGenerator[Process]:
        """Stand in for the simulator."""
        simulator = Process("The simulator", self._folder / "simulator.log")
        try:
            yield simulator
        finally:
            simulator.end(0)

    @asynccontextmanager
    async def _home_assistant(self, *_: object) -> AsyncGenerator[Process]:
        """Stand in for Home Assistant."""
        server = Process("Home Assistant", self._folder / "console.log")
        await self._started.put(server)
        try:
            yield server
        finally:
            server.end(0)

    async def next_server(self) -> Process:
        """Wait until Home Assistant has been started once more, and is ready."""
        async with asyncio.timeout(10):
            server = await self._started.get()
            await server.ready.wait()
        return server


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Return the programs that scripts/develop starts."""
    return Programs(tmp_path, monkeypatch)


async def test_restart(programs: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed file restarts Home Assistant, which keeps its accounts and its debug logging."""
    running = asyncio.ensure_future(develop.run(PORT, SIMULATOR_PORT, reset=False))
    first = await programs.next_server()
    first.command.assert_awaited_once_with(
        "logger/integration_log_level",
        integration="api_balance",
        level="DEBUG",
        persistence="permanent",
    )
    with first.log.open("a") as log:
        log.write("DEBUG a line of the log\n")
    (programs.sources / "const.py").write_text("A = 2\n")
    os.utime(programs.sources / "const.py", (1, 1))
    second = await programs.next_server()
    second.end(0)
    assert await running
    second.command.assert_not_awaited()
    programs.add_accounts.assert_awaited_once()
    output = capsys.readouterr().out
    assert "DEBUG a line of the log\nChanged: const.py. Restarting ...\n" in output
    assert output.count("Open http://127.0.0.1") == 2


async def test_failure(programs: Programs) -> None:
    """A Home Assistant that fails is not started again; the end of its log is shown."""
    running = asyncio.ensure_future(develop.run(PORT, SIMULATOR_PORT, reset=False))
    server = await programs.next_server()
    server.log.write_text("ERROR this is why\n")
    server.end(1)
    with pytest.raises(HarnessError) as error:
        await running
    assert str(error.value).startswith(
        "ERROR this is why\nHome Assistant stopped with exit code 1."
    )


async def test_other_simulator_port(programs: Programs) -> None:
    """The accounts keep the port of the simulator; only a reset changes it."""
    for port, reset in ((SIMULATOR_PORT, False), (9000, True)):
        running = asyncio.ensure_future(develop.run(PORT, port, reset=reset))
        (await programs.next_server()).end(0)
        assert await running
    assert programs.add_accounts.await_count == 2
    with pytest.raises(HarnessError, match="use simulator port 9000: use --reset"):
        await develop.run(PORT, SIMULATOR_PORT, reset=False)


def test_port_in_use() -> None:
    """A port that another program listens on is reported before anything is started."""
    with reserved_port() as port:
        require_port(port, "--port")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(HarnessError, match=f"Port {port} is in use: .* --port PORT"):
            require_port(port, "--port")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_stop(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C stops a script without an error, and lets it clean up."""
    cleaned_up = asyncio.Event()

    async def work() -> bool:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(10)
        finally:
            cleaned_up.set()
        return True

    assert await run_until_stopped(work()) is None
    assert cleaned_up.is_set()
    assert capsys.readouterr().out == "Stopped.\n"


async def test_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is printed in one line, without a traceback."""

    async def work() -> bool:
        message = "do this"
        raise HarnessError(message)

    assert await run_until_stopped(work()) is False
    assert capsys.readouterr().err == "do this\n"
