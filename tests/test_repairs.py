"""Repair flows: check a balance after a top-up, or choose another threshold."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .common import Clock, Providers, get_issues, get_state, refresh_with, set_up, threshold
from .test_several_balances import snapshot


class Repairs:
    """The repair flow of an issue, as the frontend uses it."""

    def __init__(self, client: Any) -> None:
        """Start without a flow."""
        self._client = client
        self._flow_id = ""

    async def start(self, issue_id: str) -> dict[str, Any]:
        """Start the flow of an issue, and return its first step."""
        return await self._post("", {"handler": DOMAIN, "issue_id": issue_id})

    async def choose(self, step: str) -> dict[str, Any]:
        """Choose an option of the menu."""
        return await self._post(f"/{self._flow_id}", {"next_step_id": step})

    async def submit(self, user_input: dict[str, Any]) -> dict[str, Any]:
        """Submit a form."""
        return await self._post(f"/{self._flow_id}", user_input)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a request, and return the next step."""
        response = await self._client.post(f"/api/repairs/issues/fix{path}", json=body)
        result: dict[str, Any] = await response.json()
        self._flow_id = result.get("flow_id", "")
        return result


@pytest.fixture
async def repairs(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Repairs:
    """Return the repair flows."""
    assert await async_setup_component(hass, "repairs", {})
    return Repairs(await hass_client())


@pytest.fixture
async def entry(hass: HomeAssistant, providers: Providers, clock: Clock) -> MockConfigEntry:
    """Return an account with 80 of 1000 credits left, which is low."""
    entry = await set_up(hass, providers.entry("crun", options=threshold("100")))
    providers.spend("crun", 920)
    await clock.next_poll()
    assert list(get_issues(hass)) == ["balance_low"]
    return entry


def low_issue(entry: MockConfigEntry) -> str:
    """Return the ID of the issue about a low balance."""
    return f"balance_low_{entry.entry_id}_credits"


async def test_menu(hass: HomeAssistant, repairs: Repairs, entry: MockConfigEntry) -> None:
    """The flow offers to check again or to choose another threshold, with a link to top up."""
    step = await repairs.start(low_issue(entry))
    assert step["type"] == "menu"
    assert step["menu_options"] == ["check", "threshold"]
    assert step["description_placeholders"] == {
        "account": "Crun.ai",
        "provider": "Crun.ai",
        "url": "https://crun.ai/billing",
        "unit": "credits",
        "balance": "80 credits",
    }


async def test_still_low(
    hass: HomeAssistant, providers: Providers, repairs: Repairs, entry: MockConfigEntry
) -> None:
    """A check that finds the balance still low says how much is left, and keeps the issue."""
    await repairs.start(low_issue(entry))
    providers.top_up("crun", 10)
    step = await repairs.choose("check")
    assert (step["type"], step["reason"]) == ("abort", "still_low")
    assert step["description_placeholders"]["balance"] == "90 credits"
    assert list(get_issues(hass)) == ["balance_low"]


async def test_topped_up(
    hass: HomeAssistant, providers: Providers, repairs: Repairs, entry: MockConfigEntry
) -> None:
    """A check after a top-up ends the issue and the alarm."""
    await repairs.start(low_issue(entry))
    providers.top_up("crun", 500)
    step = await repairs.choose("check")
    assert step["type"] == "create_entry"
    assert get_issues(hass) == {}
    assert get_state(hass, "binary_sensor.crun_ai_low_balance") == "off"


async def test_cannot_read(
    hass: HomeAssistant, providers: Providers, repairs: Repairs, entry: MockConfigEntry
) -> None:
    """A check that fails says why, and keeps the issue."""
    await repairs.start(low_issue(entry))
    providers.respond_as("crun", "html_502")
    step = await repairs.choose("check")
    assert (step["type"], step["reason"]) == ("abort", "cannot_read")
    assert step["description_placeholders"] == {"reason": "Crun.ai cannot be reached"}
    assert list(get_issues(hass)) == ["balance_low"]


async def test_threshold(hass: HomeAssistant, repairs: Repairs, entry: MockConfigEntry) -> None:
    """A lower threshold ends the issue without a request."""
    await repairs.start(low_issue(entry))
    step = await repairs.choose("threshold")
    assert (step["type"], step["step_id"]) == ("form", "threshold")
    step = await repairs.submit({"low_balance_threshold": 50})
    assert step["type"] == "create_entry"
    assert get_issues(hass) == {}
    assert get_state(hass, "number.crun_ai_alert_below") == "50"


async def test_not_loaded(hass: HomeAssistant, repairs: Repairs, entry: MockConfigEntry) -> None:
    """While the account is not loaded, nothing can be checked."""
    issue_id = low_issue(entry)
    await hass.config_entries.async_unload(entry.entry_id)
    step = await repairs.start(issue_id)
    assert (step["type"], step["reason"]) == ("abort", "not_loaded")


@pytest.mark.parametrize("choice", ["check", "threshold"])
async def test_unloaded_meanwhile(
    hass: HomeAssistant, repairs: Repairs, entry: MockConfigEntry, choice: str
) -> None:
    """An account that is unloaded while the menu is open ends the flow."""
    await repairs.start(low_issue(entry))
    await hass.config_entries.async_unload(entry.entry_id)
    step = await repairs.choose(choice)
    assert (step["type"], step["reason"]) == ("abort", "not_loaded")


async def test_question_for_a_threshold(
    hass: HomeAssistant, providers: Providers, repairs: Repairs
) -> None:
    """The threshold of a new balance is asked for once, also after a reload."""
    entry = await set_up(hass, providers.entry("deepseek"))
    await refresh_with(hass, entry, snapshot(CNY="110.00", USD="3"))
    await hass.async_block_till_done()
    assert list(get_issues(hass)) == ["choose_threshold"]
    providers.respond_as("deepseek", "two_currencies")
    await hass.config_entries.async_reload(entry.entry_id)
    assert "choose_threshold" in get_issues(hass)
    issue_id = f"choose_threshold_{entry.entry_id}_USD"
    step = await repairs.start(issue_id)
    assert (step["type"], step["step_id"]) == ("form", "threshold")
    assert step["description_placeholders"]["unit"] == "USD"
    await repairs.submit({"low_balance_threshold": 5})
    assert get_state(hass, "number.deepseek_alert_below_usd") == "5"
    assert "choose_threshold" not in get_issues(hass)
