"""Measure one build with a number of accounts, in a process of its own; print the figures as JSON.

Three builds: "limit" asks and decodes and does nothing else, "rest" is Home Assistant's RESTful
integration as people configure it, "api_balance" is this integration with everything enabled.
"""

import argparse
import asyncio
from asyncio import events
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
import json
import logging
from pathlib import Path
import resource
from statistics import median
import sys
import tempfile
import time
from types import MappingProxyType
from typing import Any, Final, override
from unittest.mock import PropertyMock, patch

from aiohttp import ClientSession

from scripts.harness.config_folder import prepare
from scripts.harness.const import DOMAIN
from scripts.harness.ports import reserved_port
from scripts.harness.states import BODIES, CURRENCIES
import simulator

ROUNDS: Final = 30
_CONFIGURATION: Final = """
homeassistant:
  name: Benchmark
logger:
  default: error
recorder:
  commit_interval: 5
"""
_MONEY: Final = ("balance", "subscription_balance", "gift_balance", "paid_balance")
# Home Assistant's statistics are of five minutes, and an account is asked every fifteen.
_STATISTICS_IN_A_POLL: Final = 3
_AGE: Final = timedelta(days=30)
_INTERVAL: Final = timedelta(minutes=15)


class Account:
    """One account at the simulator."""

    def __init__(self, url: str, number: int) -> None:
        """Spread the accounts over the providers."""
        apis = list(simulator.load().values())
        self.api = apis[number % len(apis)]
        self.slug = self.api.slug
        self.name = f"{self.slug} {number}"
        self.base_url = f"{url}/{self.slug}"
        self.credentials = simulator.credentials(self.api, f"active.{number}")
        self.key = next(iter(self.credentials.values()))

    async def spend(self, session: ClientSession, url: str) -> None:
        """Let the next answer be another one."""
        order = {"key": self.key, "amount": "0.01"}
        async with session.post(f"{url}/_simulator/{self.slug}/spend", json=order) as response:
            response.raise_for_status()


class Build:
    """A way to ask for the balances of accounts."""

    def __init__(self, accounts: list[Account]) -> None:
        """Remember the accounts."""
        self.accounts = accounts
        self.polls: list[Callable[[], Awaitable[None]]] = []
        """Ask for each account's balance once."""

    async def set_up(self) -> None:
        """Do what is done once."""

    async def settle(self) -> None:
        """Wait until all is done that follows from a poll."""


class Limit(Build):
    """Nothing but the request and the decoding."""

    session: ClientSession

    @override
    async def set_up(self) -> None:
        """Prepare the requests."""
        from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

        self.session = ClientSession()
        for account in self.accounts:
            provider = BY_SLUG[account.slug]
            headers = provider.auth.request_headers(account.credentials)

            async def poll(
                url: str = account.base_url + provider.path,
                headers: Mapping[str, str] = MappingProxyType(headers),
            ) -> None:
                async with self.session.get(url, headers=headers) as response:
                    json.loads(await response.read())

            self.polls.append(poll)


class InHomeAssistant(Build):
    """What runs in a real Home Assistant, with its recorder."""

    def __init__(self, accounts: list[Account], hass: Any) -> None:
        """Remember Home Assistant."""
        super().__init__(accounts)
        self.hass = hass

    @override
    async def settle(self) -> None:
        """Wait for Home Assistant and for its recorder."""
        from homeassistant.components.recorder import get_instance  # noqa: PLC0415

        await self.hass.async_block_till_done()
        await get_instance(self.hass).async_block_till_done()

    async def compile_statistics(self) -> None:
        """Let the recorder compile its statistics once, as it does every five minutes."""
        from homeassistant.components.recorder import get_instance, statistics  # noqa: PLC0415

        recorder = get_instance(self.hass)
        start = statistics.get_start_time() - timedelta(days=1, minutes=len(self.polls))
        await recorder.async_add_executor_job(statistics.compile_statistics, recorder, start, False)  # noqa: FBT003


class Rest(InHomeAssistant):
    """Home Assistant's RESTful integration: a resource an account, a sensor a field, a template."""

    @override
    async def set_up(self) -> None:
        """Set up as from YAML."""
        from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415
        from homeassistant.components.rest.const import COORDINATOR  # noqa: PLC0415
        from homeassistant.setup import async_setup_component  # noqa: PLC0415

        resources, templates = [], []
        for number, account in enumerate(self.accounts):
            provider = BY_SLUG[account.slug]
            unit = "USD" if account.slug in CURRENCIES else "credits"
            sensors = []
            for field, path in BODIES[account.slug].items():
                sensor = {
                    "name": f"{account.name} {field}",
                    "unique_id": f"{number}_{field}",
                    "value_template": f"{{{{ value_json.{path} }}}}",
                }
                if field in _MONEY:
                    sensor |= {"unit_of_measurement": unit, "state_class": "measurement"}
                sensors.append(sensor)
            resources.append(
                {
                    "resource": account.base_url + provider.path,
                    "headers": provider.auth.request_headers(account.credentials),
                    "scan_interval": int(_INTERVAL.total_seconds()),
                    "sensor": sensors,
                }
            )
            entity = f"sensor.{account.slug}_{number}_balance"
            templates.append(
                {
                    "binary_sensor": {
                        "name": f"{account.name} low balance",
                        "unique_id": f"{number}_low",
                        "state": f"{{{{ states('{entity}') | float(0) < 5 }}}}",
                    }
                }
            )
        config = {"rest": resources, "template": templates}
        for domain in config:
            await async_setup_component(self.hass, domain, config)
            await self.hass.async_block_till_done()
        coordinators = self.hass.data["rest"][COORDINATOR]
        self.polls = [coordinator.async_refresh for coordinator in coordinators]


class ApiBalance(InHomeAssistant):
    """This integration."""

    age: timedelta = timedelta(0)

    @override
    async def set_up(self) -> None:
        """Set up as from stored entries."""
        from homeassistant.config_entries import ConfigEntry  # noqa: PLC0415

        entries = [
            ConfigEntry(
                created_at=datetime.now(UTC),
                data={
                    "provider": account.slug,
                    "base_url": account.base_url,
                    **account.credentials,
                },
                disabled_by=None,
                discovery_keys=MappingProxyType({}),
                domain=DOMAIN,
                entry_id=f"benchmark{number:04}",
                minor_version=1,
                modified_at=datetime.now(UTC),
                options={"low_balance_threshold": {self._unit(account): "5"}},
                pref_disable_new_entities=False,
                pref_disable_polling=False,
                source="user",
                subentries_data=(),
                title=account.name,
                unique_id=None,
                version=1,
            )
            for number, account in enumerate(self.accounts)
        ]
        await asyncio.gather(*(self.hass.config_entries.async_add(entry) for entry in entries))
        self.polls = [entry.runtime_data.async_refresh for entry in entries]

    def write_past(self, age: timedelta) -> None:
        """Store what would be stored after polls over some time."""
        from custom_components.api_balance.ledger import Ledger, Reading  # noqa: PLC0415

        now = datetime.now(UTC)
        ledger = Ledger.start(Reading(balance=Decimal(100000), at=now - age))
        for step in range(1, age // _INTERVAL):
            balance = Decimal(100000) - Decimal(step) / 100
            ledger.record(Reading(balance=balance, at=now - age + step * _INTERVAL), UTC)
        for number, account in enumerate(self.accounts):
            key = f"{DOMAIN}.benchmark{number:04}"
            unit = self._unit(account)
            data = {"ledgers": {unit: ledger.as_dict()}, "account": {"units": {unit: unit}}}
            content = {"version": 2, "minor_version": 1, "key": key, "data": data}
            Path(self.hass.config.path(".storage", key)).write_text(json.dumps(content))

    def stored(self) -> float:
        """Return how many bytes are stored for an account."""
        files = Path(self.hass.config.path(".storage")).glob(f"{DOMAIN}.*")
        sizes = [file.stat().st_size for file in files]
        return sum(sizes) / len(sizes)

    def restored(self) -> float:
        """Return how many bytes Home Assistant keeps, and writes often, of an account's states."""
        path = Path(self.hass.config.path(".storage", "core.restore_state"))
        states = json.loads(path.read_text())["data"]
        own = [each for each in states if each["state"]["entity_id"].startswith("event.")]
        return len(json.dumps(own, indent=2)) / len(self.accounts)

    @staticmethod
    def _unit(account: Account) -> str:
        """Return the unit of an account."""
        return "USD" if account.slug in CURRENCIES else "credits"


@asynccontextmanager
async def home_assistant() -> AsyncGenerator[Any]:
    """Run a real Home Assistant in this process, without the integration."""
    from homeassistant import bootstrap, runner  # noqa: PLC0415
    from homeassistant.core import CoreState  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="api-balance-") as name, reserved_port() as port:
        folder = Path(name)
        prepare(folder, port)
        (folder / "configuration.yaml").write_text(_CONFIGURATION)
        config = runner.RuntimeConfig(config_dir=name, skip_pip=True, log_no_color=True)
        hass = await bootstrap.async_setup_hass(config)
        if hass is None:
            raise RuntimeError
        try:
            await hass.async_start()
            await hass.async_block_till_done()
            yield hass
        finally:
            if hass.state is not CoreState.stopped:
                await hass.async_stop(force=True)


@contextmanager
def everything_enabled() -> Iterator[None]:
    """Enable what is disabled at first."""
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


async def poll(build: Build) -> float:
    """Let each account be asked once; return the CPU time of one, in seconds."""
    begin = time.process_time()
    for each in build.polls:
        await each()
    await build.settle()
    return (time.process_time() - begin) / len(build.accounts)


async def measure(build: Build, url: str, session: ClientSession) -> dict[str, float]:
    """Set a build up, and let it poll."""
    count = len(build.accounts)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    with everything_enabled():
        await build.set_up()
        await build.settle()
    found = {
        "set_up_cpu": (time.process_time() - cpu) / count,
        "set_up_wall": time.perf_counter() - wall,
    }

    async def spend() -> None:
        for account in build.accounts:
            await account.spend(session, url)

    for _ in range(2):
        await spend()
        await poll(build)
    found["unchanged"] = median([await poll(build) for _ in range(ROUNDS)])
    rounds = []
    for _ in range(ROUNDS):
        await spend()
        rounds.append(await poll(build))
    found["changed"] = median(rounds)
    # What is measured from here on is measured with instruments that cost something themselves.
    before = await requests(session, url)
    steps = []
    for _ in range(3):
        await spend()
        with longest_step() as step:
            await poll(build)
        steps.append(step[0])
    found["pause"] = median(steps)
    found["requests"] = (await requests(session, url) - before) / count / len(steps)
    if isinstance(build, InHomeAssistant):
        found |= await measure_states(build, spend)
    found["memory"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 / count
    return found


async def measure_states(
    build: InHomeAssistant, spend: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    """Count the states, and those that are written; measure the recorder's statistics."""
    count = len(build.accounts)
    own = [name for name in shown(build.hass) if name.partition(".")[0] not in {"zone", "person"}]
    found = {"entities": len(own) / count}
    for name in ("unchanged", "changed"):
        if name == "changed":
            # A time in an answer changes with the second.
            await asyncio.sleep(1)
            await spend()
        values = shown(build.hass)
        with counted_writes() as counts:
            await poll(build)
        found[f"writes_{name}"] = counts.total() / count
        changes = sum(values.get(key) != value for key, value in shown(build.hass).items())
        found[f"values_{name}"] = changes / count
    begin = time.process_time()
    for _ in range(_STATISTICS_IN_A_POLL):
        await build.compile_statistics()
    found["statistics"] = (time.process_time() - begin) / count
    return found


def shown(hass: Any) -> dict[str, tuple[str, object]]:
    """Return what all entities show."""
    return {each.entity_id: (each.state, each.attributes) for each in hass.states.async_all()}


async def measure_import() -> dict[str, float]:
    """Measure the import of the integration in a Home Assistant that has all that it needs."""
    parts = ("binary_sensor", "button", "event", "number", "sensor", "diagnostics")
    async with home_assistant() as hass:
        for name in (*parts, "system_health"):
            import_module(f"homeassistant.components.{name}")
        for name in ("condition", "trigger", "selector", "issue_registry", "storage"):
            import_module(f"homeassistant.helpers.{name}")
        before = {name.partition(".")[0] for name in sys.modules}
        # Its recorder has enough to do after a start.
        await InHomeAssistant([], hass).settle()
        begin = time.perf_counter()
        own = (*parts, "config_flow", "trigger", "condition", "system_health")
        for name in ("", *(f".{part}" for part in own)):
            import_module(f"custom_components.{DOMAIN}{name}")
        spent = time.perf_counter() - begin
    new = {name.partition(".")[0] for name in sys.modules} - before - sys.stdlib_module_names
    return {"import": spent, "modules": len(new - {"custom_components"})}


async def requests(session: ClientSession, url: str) -> int:
    """Return how many requests the simulator was sent by all accounts."""
    async with session.get(f"{url}/_simulator/requests") as response:
        return int(await response.json())


async def run(build: str, count: int, url: str, *, aged: bool) -> dict[str, Any]:
    """Measure a build, or the import."""
    if build == "import":
        return await measure_import()
    accounts = [Account(url, number) for number in range(count)]
    async with ClientSession() as session:
        if build == "limit":
            limit = Limit(accounts)
            found = await measure(limit, url, session)
            await limit.session.close()
            return found
        async with home_assistant() as hass:
            if build == "rest":
                return await measure(Rest(accounts, hass), url, session)
            ours = ApiBalance(accounts, hass)
            if aged:
                ours.write_past(_AGE)
            found = await measure(ours, url, session)
            await hass.async_stop(force=True)
            return found | {"stored": ours.stored(), "restored": ours.restored()}


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="benchmarks.measure", description=__doc__)
    parser.add_argument("build", choices=["limit", "rest", "api_balance", "import"])
    parser.add_argument("count", type=int)
    parser.add_argument("url")
    parser.add_argument("--aged", action="store_true", help="with thirty days behind it")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    found = asyncio.run(run(arguments.build, arguments.count, arguments.url, aged=arguments.aged))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
