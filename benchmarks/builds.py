"""The builds that are compared: each polls the same accounts in another way."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, override

from aiohttp import ClientSession

from scripts.harness.const import DOMAIN
from scripts.harness.states import BODIES

from .accounts import Account

_MONEY: Final = ("balance", "subscription_balance", "gift_balance", "paid_balance")
_INTERVAL: Final = timedelta(minutes=15)


class Build:
    """A way to poll the balances of accounts."""

    def __init__(self, accounts: list[Account]) -> None:
        """Prepare to poll some accounts."""
        self.accounts = accounts
        self.polls: list[Callable[[], Awaitable[None]]] = []
        """Each polls one account once."""

    async def set_up(self) -> None:
        """Set up the accounts."""

    async def settle(self) -> None:
        """Wait until everything that follows from a poll is done."""


class Limit(Build):
    """The request and the decoding only."""

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
    """A build that runs in a real Home Assistant, with its recorder."""

    def __init__(self, accounts: list[Account], hass: Any) -> None:
        """Prepare to poll some accounts in Home Assistant."""
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
    """The RESTful integration: a resource per account, a sensor per field, and a template."""

    @override
    async def set_up(self) -> None:
        """Set up as from YAML."""
        from homeassistant.components.rest.const import COORDINATOR  # noqa: PLC0415
        from homeassistant.setup import async_setup_component  # noqa: PLC0415

        numbered = list(enumerate(self.accounts))
        config = {
            "rest": [self._resource(number, account) for number, account in numbered],
            "template": [self._template(number, account) for number, account in numbered],
        }
        for domain in config:
            await async_setup_component(self.hass, domain, config)
            await self.hass.async_block_till_done()
        coordinators = self.hass.data["rest"][COORDINATOR]
        self.polls = [coordinator.async_refresh for coordinator in coordinators]

    @staticmethod
    def _resource(number: int, account: Account) -> dict[str, Any]:
        """Return the configuration of an account's resource and sensors."""
        from custom_components.api_balance.providers import BY_SLUG  # noqa: PLC0415

        provider = BY_SLUG[account.slug]
        sensors = []
        for field, path in BODIES[account.slug].items():
            sensor = {
                "name": f"{account.name} {field}",
                "unique_id": f"{number}_{field}",
                "value_template": f"{{{{ value_json.{path} }}}}",
            }
            if field in _MONEY:
                sensor |= {"unit_of_measurement": account.unit, "state_class": "measurement"}
            sensors.append(sensor)
        return {
            "resource": account.base_url + provider.path,
            "headers": provider.auth.request_headers(account.credentials),
            "scan_interval": int(_INTERVAL.total_seconds()),
            "sensor": sensors,
        }

    @staticmethod
    def _template(number: int, account: Account) -> dict[str, Any]:
        """Return the configuration of an account's binary sensor for the low balance."""
        entity = f"sensor.{account.slug}_{number}_balance"
        return {
            "binary_sensor": {
                "name": f"{account.name} low balance",
                "unique_id": f"{number}_low",
                "state": f"{{{{ states('{entity}') | float(0) < 5 }}}}",
            }
        }


class ApiBalance(InHomeAssistant):
    """This integration."""

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
                options={"low_balance_threshold": {account.unit: "5"}},
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
        """Write the files that exist after polls over some time."""
        from custom_components.api_balance.ledger import Ledger, Reading  # noqa: PLC0415

        now = datetime.now(UTC)
        ledger = Ledger.start(Reading(balance=Decimal(100000), at=now - age))
        for step in range(1, age // _INTERVAL):
            balance = Decimal(100000) - Decimal(step) / 100
            ledger.record(Reading(balance=balance, at=now - age + step * _INTERVAL), UTC)
        for number, account in enumerate(self.accounts):
            key = f"{DOMAIN}.benchmark{number:04}"
            unit = account.unit
            data = {"ledgers": {unit: ledger.as_dict()}, "account": {"units": {unit: unit}}}
            content = {"version": 2, "minor_version": 1, "key": key, "data": data}
            Path(self.hass.config.path(".storage", key)).write_text(json.dumps(content))

    def stored(self) -> float:
        """Return the number of bytes that are stored per account."""
        files = Path(self.hass.config.path(".storage")).glob(f"{DOMAIN}.*")
        sizes = [file.stat().st_size for file in files]
        return sum(sizes) / len(sizes)

    def restored(self) -> float:
        """Return the number of bytes per account that Home Assistant stores of restored states."""
        path = Path(self.hass.config.path(".storage", "core.restore_state"))
        states = json.loads(path.read_text())["data"]
        own = [each for each in states if each["state"]["entity_id"].startswith("event.")]
        return len(json.dumps(own, indent=2)) / len(self.accounts)
