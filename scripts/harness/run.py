"""Run Home Assistant and the simulator."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
import sys
import tempfile
from typing import Final

from aiohttp import ClientError, ClientSession

from .config_folder import prepare
from .const import HOST, HarnessError
from .home_assistant import LOG, HomeAssistant
from .ports import reserved_port
from .processes import failure, process, wait_for_page

_RESTART: Final = 100  # Home Assistant's exit code when the user restarts it


@dataclass(frozen=True)
class Simulator:
    """A running simulator."""

    url: str
    log: Path
    ended: asyncio.Task[int]


@dataclass(frozen=True)
class Trial:
    """Home Assistant and the simulator in a temporary folder."""

    session: ClientSession
    simulator: Simulator
    server: HomeAssistant
    log: list[str]
    """The lines of Home Assistant's log; filled after it has ended."""


@asynccontextmanager
async def running_simulator(
    session: ClientSession,
    port: int,
    log: Path,
    story: datetime | None = None,
    certificate: Path | None = None,
) -> AsyncGenerator[Simulator]:
    """Run the simulator with its output in a file.

    A story starts at the given time. With a certificate, the simulator is reached with https.
    """
    url = f"{'http' if certificate is None else 'https'}://{HOST}:{port}"
    command = [sys.executable, "-m", "simulator", "--port", str(port)]
    if story:
        command += ["--story", story.isoformat()]
    if certificate:
        command += ["--certificate", str(certificate)]
    async with process("The simulator", log, *command) as ended:
        await wait_for_page(session, f"{url}/_simulator/", ended, log)
        yield Simulator(url, log, ended)


@asynccontextmanager
async def running_home_assistant(
    session: ClientSession, folder: Path, port: int, archive: Path | None = None
) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant and log in. The configuration folder is created if necessary.

    The integration is the one of this checkout, or the one in the archive of a release.
    """
    is_new = prepare(folder, port, archive)
    log = folder / LOG
    url = f"http://{HOST}:{port}"
    # -P: the integration must be found in the configuration folder, not in this checkout.
    command = ("-P", "-m", "homeassistant", "--config", str(folder), "--skip-pip", "--log-no-color")
    async with process("Home Assistant", log, sys.executable, *command) as ended:
        await wait_for_page(session, f"{url}/manifest.json", ended, log)
        server = HomeAssistant(session, folder, url, ended)
        try:
            await (server.onboard() if is_new else server.log_in())
            await server.wait_until_running()
        except (ClientError, HarnessError) as err:
            raise failure(ended, log, f"did not start ({' '.join(str(err).split())})") from None
        yield server


@asynccontextmanager
async def trial(*, with_story: bool = False, archive: Path | None = None) -> AsyncGenerator[Trial]:
    """Run both in a temporary folder and on ports of their own."""
    story = datetime.now().astimezone() if with_story else None
    log: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="api-balance-") as name,
        reserved_port() as port,
        reserved_port() as simulator_port,
    ):
        folder = Path(name)
        async with (
            ClientSession() as session,
            running_simulator(
                session, simulator_port, folder / "simulator.log", story
            ) as simulator,
            running_home_assistant(session, folder / "config", port, archive) as server,
        ):
            yield Trial(session, simulator, server, log)
        # Read after the end: Home Assistant may log errors while it stops.
        log += server.log.read_text().splitlines()


def is_restart(simulator: Simulator, server: HomeAssistant) -> bool:
    """Return whether the user restarted Home Assistant; raise HarnessError after a failure."""
    if simulator.ended.done():
        raise failure(simulator.ended, simulator.log, "stopped")
    if (code := server.ended.result()) not in {0, _RESTART}:
        raise failure(server.ended, server.log, f"stopped with exit code {code}")
    return code == _RESTART
