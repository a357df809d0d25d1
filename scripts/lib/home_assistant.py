"""Run a real Home Assistant process, and talk to it over HTTP as its web page does."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from importlib import metadata
import json
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Any, Final, NamedTuple

from aiohttp import ClientError, ClientSession

ROOT: Final = Path(__file__).resolve().parents[2]
DOMAIN: Final = "api_balance"
HOST: Final = "127.0.0.1"
LOG: Final = "console.log"
RESTART: Final = 100  # Home Assistant's exit code when the user has asked it to restart

# What its pages need, and nothing that talks to the network. Home Assistant adds its own defaults.
INTEGRATIONS: Final = ("automation", "frontend", "history", "logbook", "my", "scene", "script")
CONFIGURATION: Final = f"""\
homeassistant:
  auth_providers:
    # Whoever sits at this computer is let in without a password.
    - type: trusted_networks
      trusted_networks: [{HOST}]
      allow_bypass_login: true
    - type: homeassistant
# Programs that cameras and speech use, and that need not be here.
logger:
  logs:
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
frontend:
history:
# What the demo's automation presses every ten seconds is not worth telling.
logbook:
  exclude:
    domains: [automation, button]
my:
recorder:
  exclude:
    domains: [button]
automation: !include automations.yaml
scene: !include scenes.yaml
script: !include scripts.yaml
"""


class StartError(Exception):
    """Something the user can mend, said in one line."""


def install_packages(*more: str) -> None:
    """Install what Home Assistant itself installs at its first start; quick when it is there.

    Further integrations may be named, by domain.
    """
    integrations = (*INTEGRATIONS, *more)
    ready = Path(sys.prefix) / f".ready-to-run{len(more) or ''}"
    wanted = f"{metadata.version('homeassistant')} {integrations}"
    if ready.exists() and ready.read_text() == wanted:
        return
    from homeassistant import __path__ as package, bootstrap  # noqa: PLC0415

    folder = Path(package[0])
    todo = {*integrations, "isal", *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS}
    todo |= {domain for _, domains, _ in bootstrap.STAGE_0_INTEGRATIONS for domain in domains}
    todo -= {"debugpy", "sentry", "zeroconf"}
    seen: set[str] = set()
    packages: set[str] = set()
    while todo:
        seen.add(domain := todo.pop())
        manifest = json.loads((folder / "components" / domain / "manifest.json").read_text())
        packages.update(manifest.get("requirements", ()))
        todo.update(set(manifest.get("dependencies", ())) - seen)
    missing = sorted(each for each in packages if not _is_installed(each))
    if missing:
        _install(missing, folder / "package_constraints.txt")
    ready.write_text(wanted)


def _install(packages: list[str], constraints: Path) -> None:
    """Install packages into the virtual environment; raise StartError when that fails."""
    if not shutil.which("c++"):
        message = "A C++ compiler is needed: install one (on Debian: apt-get install g++)."
        raise StartError(message)
    print(f"Installing {len(packages)} packages that Home Assistant needs ...", flush=True)
    found = subprocess.run(
        [ROOT / "scripts" / "uv"], stdout=subprocess.PIPE, text=True, check=False
    )
    uv = found.stdout.strip() or "false"
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *packages]
    command += ["--constraints", str(constraints)]
    # The headers may be beside the interpreter only, where the compiler does not look.
    headers = Path(sys.executable).resolve().parent.parent / "include"
    path = f"{headers}:{os.environ.get('CPATH', '')}".rstrip(":")
    if subprocess.run(command, env={**os.environ, "CPATH": path}, check=False).returncode:
        message = "The packages could not be installed: see above, and check the network."
        raise StartError(message)


def _is_installed(requirement: str) -> bool:
    """Return whether a package is there in the pinned version."""
    name, _, version = requirement.partition("==")
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(name) == version
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def require_port(port: int, option: str) -> None:
    """Raise StartError, with the option that helps, when a port is in use."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            message = f"Port {port} is in use: end what uses it, or start with {option} PORT."
            raise StartError(message) from None


@asynccontextmanager
async def process(name: str, log: Path, *command: str) -> AsyncGenerator[asyncio.Task[int]]:
    """Run a program with its output in a file; yield the task of its end, and end it cleanly."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        # In a session of its own, so that Ctrl-C reaches it through us, once.
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
                await asyncio.wait_for(asyncio.shield(ended), 60)
            except TimeoutError:
                print(f"{name} did not end within a minute, and was killed.", file=sys.stderr)
                child.kill()
                await ended


async def wait_for_page(
    session: ClientSession, url: str, ended: asyncio.Task[int], log: Path
) -> None:
    """Return once a server answers; raise StartError when it has ended or takes too long."""
    for _ in range(1200):
        if ended.done():
            break
        with suppress(ClientError, TimeoutError):
            async with session.get(url) as response:
                if response.ok:
                    return
        await asyncio.sleep(0.25)
    raise failed(ended, log)


def failed(ended: asyncio.Task[int], log: Path, what: str = "did not start") -> StartError:
    """Return the error that a program has failed, with the end of its log."""
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return StartError("\n".join([*lines, f"{ended.get_name()} {what}. All of its log: {log}"]))


class Simulator(NamedTuple):
    """A simulator that runs."""

    url: str
    log: Path
    ended: asyncio.Task[int]


@asynccontextmanager
async def running_simulator(
    session: ClientSession, port: int, log: Path, story: datetime | None = None
) -> AsyncGenerator[Simulator]:
    """Run the simulator with its output in a file; yield it. A story begins at its moment."""
    url = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "simulator", "--port", str(port)]
    if story:
        command += ["--story", story.isoformat()]
    async with process("The simulator", log, *command) as ended:
        await wait_for_page(session, f"{url}/_simulator/", ended, log)
        yield Simulator(url, log, ended)


class HomeAssistant:
    """A Home Assistant that runs."""

    def __init__(
        self, session: ClientSession, folder: Path, url: str, ended: asyncio.Task[int]
    ) -> None:
        """Remember where it is, and the task of its end."""
        self._session = session
        self.folder = folder
        self.url = url
        self.log = folder / LOG
        self.ended = ended
        self.said = ""
        self._token: dict[str, Any] = {}

    async def request(self, method: str, path: str, data: object = None) -> Any:
        """Call the REST API; raise StartError when it refuses."""
        headers = {"Authorization": f"Bearer {self._token.get('access_token')}"}
        async with self._session.request(
            method, self.url + path, json=data, headers=headers if self._token else {}
        ) as response:
            text = await response.text()
            if not response.ok:
                message = f"Home Assistant refused {method} {path}: {response.status} {text}"
                raise StartError(message)
            return json.loads(text) if text else None

    async def command(self, name: str, **data: object) -> Any:
        """Call the WebSocket API; raise StartError when it refuses."""
        async with self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token["access_token"]})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": name, **data})
            answer = await socket.receive_json()
        if not answer["success"]:
            message = f"Home Assistant refused {name}: {answer['error']['message']}"
            raise StartError(message)
        return answer["result"]

    async def log_in(self) -> None:
        """Get a token the way the web page does on this computer, without a password."""
        client = f"{self.url}/"
        step = await self.request(
            "POST",
            "/auth/login_flow",
            {"client_id": client, "handler": ["trusted_networks", None], "redirect_uri": client},
        )
        if step["type"] == "form":
            # The user has made more users since; the first is the one that was made here.
            answers = {"client_id": client, "user": step["data_schema"][0]["options"][0][0]}
            step = await self.request("POST", f"/auth/login_flow/{step['flow_id']}", answers)
        form = {"grant_type": "authorization_code", "code": step["result"], "client_id": client}
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            self._token = await response.json()

    async def log_out(self) -> None:
        """Give the token back, so that the list of the user's sessions does not grow."""
        form = {"token": self._token.pop("refresh_token")}
        async with self._session.post(f"{self.url}/auth/revoke", data=form):
            self._token = {}

    async def onboard(self) -> None:
        """Make the owner `demo` with the password `demo`, and answer what the first start asks."""
        client = f"{self.url}/"
        owner = {"name": "Demo", "username": "demo", "password": "demo", "language": "en"}
        await self.request("POST", "/api/onboarding/users", {**owner, "client_id": client})
        await self.log_in()
        await self.command(
            "config/core/update",
            location_name="API Balance demo",
            country="NL",
            currency="EUR",
            language="en",
            time_zone=_time_zone(),
        )
        await self.request("POST", "/api/onboarding/analytics")
        addresses = {"client_id": client, "redirect_uri": client}
        await self.request("POST", "/api/onboarding/integration", addresses)

    async def wait_until_running(self) -> None:
        """Return once all integrations are set up."""
        while True:
            config = await self.request("GET", "/api/config")
            if config["recovery_mode"]:
                message = "it is in recovery mode"
                raise StartError(message)
            if config["state"] == "RUNNING":
                return
            await asyncio.sleep(0.25)

    async def add_account(self, answers: Mapping[str, object]) -> str:
        """Walk through the config flow as the web page would; return the entry's id."""
        flows = "/api/config/config_entries/flow"
        step = await self.request("POST", flows, {"handler": DOMAIN})
        while step["type"] == "form" and not step["errors"]:
            filled = _fill(step["data_schema"], answers)
            step = await self.request("POST", f"{flows}/{step['flow_id']}", filled)
        if step["type"] != "create_entry":
            problem = step.get("reason") or step.get("errors")
            message = f"The account {answers['provider']} could not be added: {problem}"
            raise StartError(message)
        return str(step["result"]["entry_id"])


def _fill(schema: list[dict[str, Any]], answers: Mapping[str, object]) -> dict[str, object]:
    """Fill in a form: what is answered, and what stands in it already."""
    filled: dict[str, object] = {}
    for field in schema:
        name = field["name"]
        suggested = field.get("description", {}).get("suggested_value", field.get("default"))
        if field.get("type") == "expandable":
            filled[name] = _fill(field["schema"], answers)
        elif (value := answers.get(name, suggested)) is not None:
            filled[name] = value
    return filled


def _time_zone() -> str:
    """Return this computer's time zone, so that Home Assistant's clock is right."""
    link = Path("/etc/localtime").resolve()
    return str(link).partition("/zoneinfo/")[2].removeprefix("Etc/") or "UTC"


def prepare(folder: Path, port: int, archive: Path | None = None) -> bool:
    """Make a config folder that uses a port, or let an old one use it; return whether it is new.

    The integration is the one in the checkout, or in a new folder that of a release's zip.
    """
    storage = folder / ".storage"
    link = folder / "custom_components" / DOMAIN
    if is_new := not storage.exists():
        # Imported late: it takes two seconds, which a second start does not need.
        from homeassistant.components.http import config  # noqa: PLC0415

        storage.mkdir(parents=True)
        link.parent.mkdir()
        (folder / "configuration.yaml").write_text(CONFIGURATION)
        for name in ("automations", "scenes", "scripts"):
            (folder / f"{name}.yaml").touch()
        # This step of the first start would add a weather service and an internet radio, which
        # need the network. What it asks for is set in onboard().
        store(storage / "onboarding", 4, 1, {"done": ["core_config"]})
        stable = {**config.HTTP_STORAGE_SCHEMA({}), "created_at": "2026-01-01T00:00:00+00:00"}
        stable |= {"error": None, "error_message": None}
        data = {"stable": stable, "pending": None, "yaml_migration_done": True}
        store(storage / "http", config.STORAGE_VERSION, config.STORAGE_MINOR_VERSION, data)
    if archive:
        shutil.unpack_archive(archive, link)
    else:
        # Made anew, because the checkout may have been moved.
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / "custom_components" / DOMAIN)
    # Not in configuration.yaml, where Home Assistant takes an address for a trial of five minutes.
    http = storage / "http"
    stored = json.loads(http.read_text())
    stored["data"]["stable"] |= {"server_host": [HOST], "server_port": port}
    http.write_text(json.dumps(stored))
    return is_new


def store(path: Path, version: int, minor_version: int, data: object) -> None:
    """Write a file of Home Assistant's storage."""
    head = {"version": version, "minor_version": minor_version, "key": path.name}
    path.write_text(json.dumps({**head, "data": data}))


@asynccontextmanager
async def running_home_assistant(
    session: ClientSession, folder: Path, port: int, archive: Path | None = None
) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant in a config folder, made if it is not there; yield it, logged in."""
    is_new = prepare(folder, port, archive)
    log = folder / LOG
    url = f"http://{HOST}:{port}"
    # -P: the integration is found in the config folder alone, as it is for everybody.
    command = ("-P", "-m", "homeassistant", "--config", str(folder), "--skip-pip", "--log-no-color")
    async with process("Home Assistant", log, sys.executable, *command) as ended:
        await wait_for_page(session, f"{url}/manifest.json", ended, log)
        server = HomeAssistant(session, folder, url, ended)
        try:
            await (server.onboard() if is_new else server.log_in())
            await server.wait_until_running()
        except (ClientError, StartError) as err:
            raise failed(ended, log, f"did not start ({' '.join(str(err).split())})") from None
        yield server


@asynccontextmanager
async def trial(
    *, with_story: bool = False, archive: Path | None = None
) -> AsyncGenerator[tuple[ClientSession, Simulator, HomeAssistant]]:
    """Run both anew in a folder and on ports of their own; leave nothing but what the log said."""
    install_packages()
    story = datetime.now().astimezone() if with_story else None
    with tempfile.TemporaryDirectory(prefix="api-balance-") as name:
        log = Path(name) / "simulator.log"
        async with (
            ClientSession() as session,
            running_simulator(session, free_port(), log, story) as simulator,
            running_home_assistant(session, Path(name) / "config", free_port(), archive) as server,
        ):
            yield session, simulator, server
        # Read after the end, which may have something to say as well.
        server.said = server.log.read_text()


def is_restart(simulator: Simulator, server: HomeAssistant) -> bool:
    """Return whether Home Assistant ended to be started again; raise StartError on a failure."""
    if simulator.ended.done():
        raise failed(simulator.ended, simulator.log, "has ended")
    if (code := server.ended.result()) not in {0, RESTART}:
        raise failed(server.ended, server.log, f"has ended with code {code}")
    return code == RESTART


async def run_until_stopped(work: Coroutine[None, None, bool]) -> bool | None:
    """Run a script's work, and end it cleanly at Ctrl-C; return whether all is right, None then."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Once: the second Ctrl-C of somebody impatient must not cut the clean end short.
        asyncio.get_running_loop().add_signal_handler(
            number, lambda: task.cancelling() or task.cancel()
        )
    try:
        return await task
    except (StartError, ClientError) as err:
        print(err, file=sys.stderr)
        return False
    except asyncio.CancelledError:
        print("Stopped.")
        return None
