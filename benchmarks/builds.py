"""The builds that are compared: each polls the same accounts in another way.

All of them run in a real Home Assistant with its recorder, and are driven by its timers.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from types import MappingProxyType
from typing import Any, Final, override
from unittest.mock import patch

from scripts.harness.const import DOMAIN

from .accounts import Account

INTERVAL: Final = timedelta(minutes=15)
_MONEY: Final = ("balance", "subscription_balance", "gift_balance", "paid_balance")


class Build:
    """A way to poll the balances of accounts; this one does not, and shows what is idle."""

    def __init__(self, accounts: list[Account], hass: Any) -> None:
        """Prepare to poll some accounts in Home Assistant."""
        self.accounts = accounts
        self.hass = hass

    async def set_up(self) -> None:
        """Set up the accounts."""

    async def settle(self) -> None:
        """Wait for Home Assistant and for its recorder."""
        from homeassistant.components.recorder import get_instance  # noqa: PLC0415

        await self.hass.async_block_till_done()
        await get_instance(self.hass).async_block_till_done()


class Bare(Build):
    """The request and the decoding only."""

    @override
    async def set_up(self) -> None:
        """Let a timer send the request of each account."""
        from homeassistant.helpers.aiohttp_client import async_get_clientsession  # noqa: PLC0415
        from homeassistant.helpers.event import async_track_time_interval  # noqa: PLC0415

        for account in self.accounts:
            session = async_get_clientsession(self.hass, verify_ssl=account.verify_ssl)

            async def poll(
                _now: datetime | None = None,
                url: str = account.url,
                headers: dict[str, str] = account.headers,
                session: Any = session,
            ) -> None:
                async with session.get(url, headers=headers) as response:
                    json.loads(await response.read())

            await poll()
            async_track_time_interval(self.hass, poll, INTERVAL)


class Rest(Build):
    """The RESTful integration: a resource per account, a sensor per field, and a template."""

    @override
    async def set_up(self) -> None:
        """Set up as from YAML."""
        from homeassistant.setup import async_setup_component  # noqa: PLC0415

        numbered = list(enumerate(self.accounts))
        config = {
            "rest": [self._resource(number, account) for number, account in numbered],
            "template": [self._template(number, account) for number, account in numbered],
        }
        for domain in config:
            await async_setup_component(self.hass, domain, config)
            await self.hass.async_block_till_done()

    @staticmethod
    def _resource(number: int, account: Account) -> dict[str, Any]:
        """Return the configuration of an account's resource and sensors."""
        sensors = []
        for field, template in account.templates().items():
            sensor = {
                "name": f"{account.name} {field}",
                "unique_id": f"{number}_{field}",
                "value_template": template,
            }
            if field in _MONEY:
                sensor |= {"unit_of_measurement": account.unit, "state_class": "measurement"}
            sensors.append(sensor)
        return {
            "resource": account.url,
            "headers": account.headers,
            "scan_interval": int(INTERVAL.total_seconds()),
            "verify_ssl": account.verify_ssl,
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


class ApiBalance(Build):
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
                    "verify_ssl": account.verify_ssl,
                    **account.credentials,
                },
                disabled_by=None,
                discovery_keys=MappingProxyType({}),
                domain=DOMAIN,
                entry_id=f"benchmark{number:04}",
                minor_version=2,
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
        # The simulator's clock is not put forward.
        allowed = "custom_components.api_balance.account.account.MAX_CLOCK_DIFFERENCE"
        patch(allowed, timedelta(days=10000)).start()
        await asyncio.gather(*(self.hass.config_entries.async_add(entry) for entry in entries))

    async def write_past(self, age: timedelta) -> None:
        """Store what exists after polls over some time."""
        from custom_components.api_balance.ledger import Ledger, Reading  # noqa: PLC0415
        from homeassistant.helpers.storage import Store  # noqa: PLC0415

        now = datetime.now(UTC)
        ledger = Ledger.start(Reading(balance=Decimal(100000), at=now - age))
        for step in range(1, age // INTERVAL):
            balance = Decimal(100000) - Decimal(step) / 100
            ledger.record(Reading(balance=balance, at=now - age + step * INTERVAL), UTC)
        for number, account in enumerate(self.accounts):
            # Not by writing the file: Home Assistant has already listed those that exist.
            store: Store[dict[str, Any]] = Store(
                self.hass, 2, f"{DOMAIN}.benchmark{number:04}", minor_version=1
            )
            unit = account.unit
            await store.async_save(
                {"ledgers": {unit: ledger.as_dict()}, "account": {"units": {unit: unit}}}
            )


BUILDS: Final[dict[str, type[Build]]] = {
    "idle": Build,
    "bare": Bare,
    "rest": Rest,
    "api_balance": ApiBalance,
}
