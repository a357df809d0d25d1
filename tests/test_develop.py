"""Developing: Home Assistant starts again by itself when a file of the integration changes."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGINT

import pytest

from scripts.lib.home_assistant import free_port

from .checkout import copy_checkout

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Develop:
    """The script, while it runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Remember it."""
        self.process = process

    async def says(self, text: str) -> str:
        """Wait until it says something; return all that came before."""
        said = ""
        assert self.process.stdout
        async with asyncio.timeout(120):
            while text not in said:
                line = await self.process.stdout.readline()
                assert line, f"It ended without saying {text!r}: {said}"
                said += line.decode()
        return said

    async def stop(self) -> str:
        """Press Ctrl-C; return what it said last."""
        self.process.send_signal(SIGINT)
        said, _ = await asyncio.wait_for(self.process.communicate(), 60)
        return said.decode()


@asynccontextmanager
async def develop(checkout: Path, *arguments: str) -> AsyncGenerator[Develop]:
    """Run it, and end it if the test has not."""
    script = checkout / "scripts/develop"
    process = await asyncio.create_subprocess_exec(script, *arguments, stdout=PIPE, stderr=STDOUT)
    try:
        yield Develop(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def test_develop(tmp_path: Path) -> None:
    """It starts, shows what the integration logs, starts again on a change, and ends."""
    checkout = copy_checkout(tmp_path)
    port, simulator_port = str(free_port()), str(free_port())
    ports = ("--port", port, "--simulator-port", simulator_port)
    async with develop(checkout, *ports) as running:
        await running.says(f"Open http://127.0.0.1:{port}")
        await running.says("DEBUG (MainThread) [custom_components.api_balance.coordinator]")
        (checkout / "custom_components/api_balance/const.py").open("a").write("# changed\n")
        await running.says("Changed: custom_components/api_balance/const.py.")
        await running.says(f"Open http://127.0.0.1:{port}")
        # The accounts are there again, and debug logging is still on.
        said = await running.says("DEBUG (MainThread) [custom_components.api_balance.coordinator]")
        assert "ERROR" not in said
        assert "Stopped." in await running.stop()
        assert running.process.returncode == 0
    async with develop(checkout, "--port", port, "--simulator-port", port) as running:
        await running.says(f"The accounts are at simulator port {simulator_port}")
        assert await running.process.wait() == 1
