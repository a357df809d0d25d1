"""The simulated own endpoint: over real HTTP, against its documented values."""

from decimal import Decimal

import pytest

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers.custom import build
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import simulator

from ..common import Clock, Providers, get_state
from ..contract import Contract
from .conftest import Flow

API = simulator.load_own_endpoint()


async def test_scenarios(providers: Providers) -> None:
    """A description reads exactly the documented values, or raises the one correct error."""
    data = {
        "name": "Wallet",
        "base_url": "",
        "endpoint": {
            "path": "/api/v2/wallet",
            "auth": "header",
            "auth_name": "X-API-Key",
            "balance": "wallet.granted_cents",
            "minus": "wallet.used_cents",
            "divisor": "100",
            "unit_path": "wallet.currency",
            "reset": "next_renewal",
            "reset_format": "seconds",
        },
    }
    url = str(providers.server.make_url("")).rstrip("/")
    contract = Contract(provider=build(data), api=API, simulator=providers.simulator, url=url)
    await contract.check_scenarios()


async def test_account(hass: HomeAssistant, flow: Flow, providers: Providers, clock: Clock) -> None:
    """An account that is added from a curl command is polled like any other."""
    url = f"{providers.base_url('own_endpoint')}{API.path}"
    await flow.submit(name="Wallet", address=f"curl '{url}' -H 'X-API-Key: own_active'")
    reset = next(each for each in flow.options["reset"] if each.startswith("next_renewal"))
    await flow.submit(
        balance="wallet.granted_cents: 5000",
        unit="USD (wallet.currency)",
        advanced={"minus": "wallet.used_cents: 1262", "divisor": "100", "reset": reset},
    )
    expected = API.scenarios["active"].expect
    assert flow.placeholders["balance"] == f"{expected['balance']} {expected['unit']}"
    entry = (await flow.submit(low_balance_threshold=10, choose_again=False))["result"]
    assert get_state(hass, "sensor.wallet_balance") == expected["balance"]
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{entry.entry_id}_reset")
    assert get_state(hass, entity_id or "") == expected["reset"]

    providers.simulator.spend("own_endpoint", "own_active", Decimal(30))
    await clock.next_poll()
    await clock.advance(seconds=61)
    assert get_state(hass, "sensor.wallet_balance") == "7.38"
    assert get_state(hass, "sensor.wallet_spent_today") == "30.00"
    assert get_state(hass, "binary_sensor.wallet_low_balance") == "on"


@pytest.mark.parametrize("scenario", sorted(API.scenarios))
def test_credentials(scenario: str) -> None:
    """A key of each scenario can be entered."""
    assert simulator.credentials(API, scenario) == {"api_key": f"own_{scenario}"}
