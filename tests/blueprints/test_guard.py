"""The guard blueprint: paid actions run only while the balance is sufficient."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError

from ..common import Providers, get_state
from .common import set_up_account, set_up_guard


class Guard:
    """The script, and which of its actions have run."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Record both kinds of actions."""
        self._hass = hass
        self.paid: list[ServiceCall] = async_mock_service(hass, "shop", "buy")
        self.alternative: list[ServiceCall] = async_mock_service(hass, "shop", "wait")

    async def set_up(self, entry: MockConfigEntry, **inputs: Any) -> None:
        """Create the script for an account."""
        data = {"left": "{{ left }}", "balance": "{{ account.balance }}"}
        defaults = {
            "account": entry.entry_id,
            "paid_actions": [{"action": "shop.buy", "data": data}],
            "alternative_actions": [
                {"action": "shop.wait", "data": {"left": "{{ left }}", "response": "{{ account }}"}}
            ],
        }
        await set_up_guard(self._hass, **defaults | inputs)

    def on_paid_action(self, action: Callable[[], None]) -> None:
        """Do something whenever the paid action runs."""

        async def buy(call: ServiceCall) -> None:
            self.paid.append(call)
            action()

        self._hass.services.async_register("shop", "buy", buy)

    async def run(self) -> None:
        """Run the script."""
        await self._hass.services.async_call("script", "guard", blocking=True)
        await self._hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def guard(hass: HomeAssistant) -> Guard:
    """Return the script."""
    return Guard(hass)


async def test_sufficient_balance(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """The account is polled before and after the paid action."""
    entry = await set_up_account(hass, providers, "crun")
    guard.on_paid_action(lambda: providers.spend("crun", 100))
    await guard.set_up(entry, needed=900)
    providers.spend("crun", 50)
    calls = providers.calls
    await guard.run()
    assert [call.data for call in guard.paid] == [{"left": "950 credits", "balance": 950}]
    assert not guard.alternative
    assert providers.calls == calls + 2
    assert get_state(hass, "sensor.crun_ai_balance") == "850"

    await guard.run()
    assert len(guard.paid) == 1
    assert [call.data["left"] for call in guard.alternative] == ["850 credits"]
    assert guard.alternative[0].data["response"]["balance"] == 850


@pytest.mark.parametrize(
    ("needed", "spent", "left", "is_paid"),
    [
        (0, "12.49", "0.01 USD", True),
        (0, "12.5", "0 USD", False),
        (2.5, "10", "2.5 USD", True),
        (2.51, "10", "2.5 USD", False),
    ],
)
async def test_boundary(
    hass: HomeAssistant,
    providers: Providers,
    guard: Guard,
    needed: float,
    spent: str,
    left: str,
    *,
    is_paid: bool,
) -> None:
    """The balance must be positive, and at least the amount that is required."""
    entry = await set_up_account(hass, providers, "lumenfall")
    await guard.set_up(entry, needed=needed)
    providers.spend("lumenfall", spent)
    await guard.run()
    assert [call.data["left"] for call in guard.paid] == ([left] if is_paid else [])
    assert [call.data["left"] for call in guard.alternative] == ([] if is_paid else [left])


@pytest.mark.parametrize("scenario", ["postpaid", "server_error", "invalid_key"])
async def test_unknown_balance(
    hass: HomeAssistant, providers: Providers, guard: Guard, scenario: str
) -> None:
    """An unknown balance is not sufficient."""
    entry = await set_up_account(hass, providers, "lumenfall")
    await guard.set_up(entry)
    providers.respond_as("lumenfall", scenario)
    await guard.run()
    assert not guard.paid
    assert [call.data["left"] for call in guard.alternative] == ["?"]


async def test_no_credits(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """The paid action does not run if the provider only reports that nothing is left."""
    entry = await set_up_account(hass, providers, "crun")
    await guard.set_up(entry)
    providers.respond_as("crun", "insufficient")
    await guard.run()
    assert not guard.paid
    assert [call.data["left"] for call in guard.alternative] == ["0 credits"]


async def test_removed_account(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """The paid action does not run for an account that was removed."""
    entry = await set_up_account(hass, providers, "crun")
    await guard.set_up(entry)
    await hass.config_entries.async_remove(entry.entry_id)
    await guard.run()
    assert not guard.paid
    assert [call.data for call in guard.alternative] == [{"left": "?", "response": None}]


async def test_no_alternative(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """Without alternative actions, an insufficient balance ends the script."""
    entry = await set_up_account(hass, providers, "crun")
    paid_actions = [{"action": "shop.buy"}]
    await set_up_guard(hass, account=entry.entry_id, needed=2000, paid_actions=paid_actions)
    await guard.run()
    assert not guard.paid
    assert not guard.alternative


async def test_second_poll_fails(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """The script succeeds if only the poll after the paid action fails."""
    entry = await set_up_account(hass, providers, "crun")
    guard.on_paid_action(lambda: providers.respond_as("crun", "maintenance"))
    await guard.set_up(entry)
    await guard.run()
    assert len(guard.paid) == 1
    assert not guard.alternative
    # The failure of one request does not show.
    assert get_state(hass, "sensor.crun_ai_balance") == "1000"


async def test_paid_action_fails(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """An error of the paid action is the error of the script."""
    entry = await set_up_account(hass, providers, "crun")

    def fail() -> None:
        message = "Sold out"
        raise HomeAssistantError(message)

    guard.on_paid_action(fail)
    await guard.set_up(entry)
    with pytest.raises(HomeAssistantError, match="Sold out"):
        await guard.run()
    assert not guard.alternative


async def test_queued_runs(hass: HomeAssistant, providers: Providers, guard: Guard) -> None:
    """Of two runs at the same time, only one spends what is sufficient for one."""
    entry = await set_up_account(hass, providers, "crun")
    guard.on_paid_action(lambda: providers.spend("crun", 600))
    await guard.set_up(entry, needed=600)
    for _ in range(2):
        await hass.services.async_call("script", "turn_on", {"entity_id": "script.guard"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(guard.paid) == 1
    assert len(guard.alternative) == 1
