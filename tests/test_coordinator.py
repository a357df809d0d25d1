"""Polling: when the next request goes out, what is logged, and what heals."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
import logging
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.api_balance.api import Client, RateLimitedError
from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .common import Providers, get_state, set_up

type Wait = Callable[[float], Coroutine[None, None, int]]


@pytest.fixture
def wait(hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers) -> Wait:
    """Return a function that lets seconds pass and returns how many requests went out."""

    async def pass_time(seconds: float) -> int:
        before = providers.calls
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        return providers.calls - before

    return pass_time


def written(hass: HomeAssistant, moment: datetime) -> set[str]:
    """Return whose states were written since a moment, changed or not."""
    return {each.entity_id for each in hass.states.async_all() if each.last_reported > moment}


async def test_one_request_a_quarter_of_an_hour(
    hass: HomeAssistant, providers: Providers, wait: Wait
) -> None:
    """An account is asked every fifteen minutes, once."""
    await set_up(hass, providers.entry("lunos"))
    assert await wait(14 * 60) == 0
    assert await wait(61) == 1
    assert await wait(14 * 60) == 0
    assert await wait(61) == 1


async def test_only_what_has_changed_is_written(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, providers: Providers, wait: Wait
) -> None:
    """States are written for values that are new, and for none that is like the last."""
    await set_up(hass, providers.entry("crun"))
    new = {f"sensor.crun_ai_{name}" for name in ("balance", "spent_today", "spent_this_month")}
    for balance in ("999.75", "999.5"):
        start = dt_util.utcnow()
        providers.simulator.spend("crun", providers.key("crun"), "0.25")
        assert await wait(901) == 1
        assert get_state(hass, "sensor.crun_ai_balance") == balance
        assert written(hass, start) == new
        start = dt_util.utcnow()
        assert await wait(901) == 1
        assert written(hass, start) == set()

    start = dt_util.utcnow()
    providers.respond_as("crun", "malformed")
    assert await wait(901) == 1
    unavailable = {
        each.entity_id for each in hass.states.async_all() if each.state == "unavailable"
    }
    assert written(hass, start) == unavailable
    assert len(unavailable) > len(new)


async def test_an_outage_is_retried_soon_and_logged_once(
    hass: HomeAssistant,
    providers: Providers,
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Pauses grow to the regular interval; one line when it begins and one when it ends."""
    caplog.set_level(logging.INFO)
    await set_up(hass, providers.entry("lunos"))
    caplog.clear()
    providers.respond_as("lunos", "server_error")
    assert await wait(901) == 1
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    for pause in (30, 60, 120, 240, 480, 900, 900):
        assert await wait(pause - 2) == 0
        assert await wait(3) == 1
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"

    providers.respond_as("lunos", None)
    assert await wait(901) == 1
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    lines = [record.getMessage() for record in caplog.records if "Lunos" in record.getMessage()]
    assert lines == [
        "Error fetching Lunos data: Lunos cannot be reached",
        "Fetching Lunos data recovered",
    ]

    # A new outage begins with the shortest pause again.
    providers.respond_as("lunos", "server_error")
    assert await wait(901) == 1
    assert await wait(31) == 1


@pytest.mark.parametrize("slug", ["lensmor"])
async def test_retry_after(
    hass: HomeAssistant, providers: Providers, wait: Wait, slug: str
) -> None:
    """The documented pause of 32 seconds is kept."""
    await set_up(hass, providers.entry(slug))
    providers.respond_as(slug, "rate_limited")
    assert await wait(901) == 1
    providers.respond_as(slug, None)
    assert await wait(30) == 0
    assert await wait(3) == 1
    assert get_state(hass, "sensor.lensmor_balance") == "30050"


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(0.0, 30), (1.0, 30), (30.5, 30.5), (3600.0, 3600), (999999999.0, 6 * 3600), (None, 900)],
)
async def test_pauses_are_bounded(
    hass: HomeAssistant, providers: Providers, wait: Wait, asked: float | None, pause: float
) -> None:
    """A sensible pause is kept, an absurd one bounded; without one the regular interval goes on."""
    await set_up(hass, providers.entry("crun"))
    with patch.object(Client, "read", side_effect=RateLimitedError("HTTP 429", asked)):
        assert await wait(901) == 0
    assert await wait(pause - 2) == 0
    assert await wait(3) == 1


async def test_rejected_credentials_end_the_polling(
    hass: HomeAssistant, providers: Providers, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    """A refused key is not tried again and again; the user is asked, and a refresh may heal."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "expired_key")
    assert await wait(901) == 1
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert len(issue_registry.issues) == 1
    assert await wait(3600) == 0

    providers.respond_as("lunos", None)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.lunos_refresh"}, blocking=True
    )
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    assert await wait(901) == 1
    assert entry.runtime_data.last_update_success
    # Nobody is asked for another key any more.
    assert not hass.config_entries.flow.async_progress()
    assert not issue_registry.issues


async def test_unexpected_answers_become_an_issue_at_the_third(
    hass: HomeAssistant, providers: Providers, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    """One odd answer is no news, three in a row are; a good one clears it."""
    entry = await set_up(hass, providers.entry("lunos"))
    issue_id = f"unexpected_response_{entry.entry_id}"
    providers.respond_as("lunos", "malformed")
    assert await wait(901) == 1
    assert await wait(901) == 1
    assert not issue_registry.issues
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"

    # An outage between them is no answer, and changes nothing.
    providers.respond_as("lunos", "server_error")
    assert await wait(901) == 1
    providers.respond_as("lunos", "malformed")
    assert await wait(31) == 1
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == "unexpected_response"

    providers.respond_as("lunos", None)
    assert await wait(901) == 1
    assert not issue_registry.issues
    assert get_state(hass, "sensor.lunos_balance") == "10.5"

    # A good answer begins the count anew.
    providers.respond_as("lunos", "malformed")
    assert await wait(901) == 1
    assert await wait(901) == 1
    assert not issue_registry.issues


async def test_a_disabled_account_is_an_issue_and_stays_loaded(
    hass: HomeAssistant, providers: Providers, wait: Wait, issue_registry: ir.IssueRegistry
) -> None:
    """A closed application is told to the user, still polled, and heals by itself."""
    entry = await set_up(hass, providers.entry("engagelab_otp"))
    providers.respond_as("engagelab_otp", "disabled")
    assert await wait(901) == 1
    assert get_state(hass, "sensor.engagelab_otp_balance") == "unavailable"
    assert issue_registry.async_get_issue(DOMAIN, f"account_disabled_{entry.entry_id}")
    assert not hass.config_entries.flow.async_progress()
    providers.respond_as("engagelab_otp", None)
    assert await wait(901) == 1
    assert not issue_registry.issues
    assert get_state(hass, "sensor.engagelab_otp_balance") == "124.4500"


async def test_an_unknown_balance_is_not_zero(
    hass: HomeAssistant, providers: Providers, wait: Wait
) -> None:
    """A balance that becomes unknown raises no alarm, and the next one heals it."""
    await set_up(hass, providers.entry("lumenfall"))
    providers.respond_as("lumenfall", "unavailable")
    assert await wait(901) == 1
    assert get_state(hass, "sensor.lumenfall_balance") == "unknown"
    assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "unknown"
    providers.respond_as("lumenfall", None)
    assert await wait(901) == 1
    assert get_state(hass, "sensor.lumenfall_balance") == "12.50"
    assert get_state(hass, "binary_sensor.lumenfall_low_balance") == "off"


async def test_the_request(hass: HomeAssistant, providers: Providers) -> None:
    """The request says who asks, and nothing of the installation beyond that."""
    await set_up(hass, providers.entry("crun"))
    (request,) = providers.simulator.requests
    assert request.method == "GET"
    assert request.headers["User-Agent"].startswith("APIBalance/0.1.0 HomeAssistant/")
    assert request.headers["Accept"] == "application/json"
    assert request.headers["x-api-key"] == providers.key("crun")
    assert "Authorization" not in request.headers
    assert "Cookie" not in request.headers
