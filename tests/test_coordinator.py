"""Polling: when requests are sent, what is logged, and how an account recovers."""

from datetime import datetime
import logging
from unittest.mock import patch

import pytest

from custom_components.api_balance.api import (
    ApiError,
    Client,
    RateLimitedError,
    ServiceUnavailableError,
)
from custom_components.api_balance.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .common import Clock, Providers, get_state, press, set_up

POLL: int = 15 * 60 + 1


class RequestCounter:
    """Counts the requests while the clock moves."""

    def __init__(self, clock: Clock, providers: Providers) -> None:
        """Start to count."""
        self._clock = clock
        self._providers = providers

    async def during(self, seconds: float) -> int:
        """Move the clock forward and return the number of requests."""
        before = self._providers.calls
        await self._clock.advance(seconds=seconds)
        return self._providers.calls - before


@pytest.fixture
def requests(clock: Clock, providers: Providers) -> RequestCounter:
    """Return a counter of requests."""
    return RequestCounter(clock, providers)


def written_since(hass: HomeAssistant, moment: datetime) -> set[str]:
    """Return the entities whose state was written since a moment, changed or not."""
    return {state.entity_id for state in hass.states.async_all() if state.last_reported > moment}


async def test_interval(
    hass: HomeAssistant, providers: Providers, requests: RequestCounter
) -> None:
    """An account is polled every fifteen minutes."""
    await set_up(hass, providers.entry("lunos"))
    for _ in range(2):
        assert await requests.during(14 * 60) == 0
        assert await requests.during(61) == 1


async def test_only_changes_are_written(
    hass: HomeAssistant, providers: Providers, requests: RequestCounter
) -> None:
    """A state is written only if it has changed."""
    await set_up(hass, providers.entry("crun"))
    names = ("balance", "spent_today", "spent_this_month")
    changed = {f"sensor.crun_ai_{name}" for name in names}
    for balance in ("999.75", "999.5"):
        start = dt_util.utcnow()
        providers.spend("crun", "0.25")
        assert await requests.during(POLL) == 1
        assert get_state(hass, "sensor.crun_ai_balance") == balance
        assert written_since(hass, start) == changed
        start = dt_util.utcnow()
        assert await requests.during(POLL) == 1
        assert written_since(hass, start) == set()

    # A failure that is not visible writes nothing; a visible one writes what is unavailable.
    start = dt_util.utcnow()
    providers.respond_as("crun", "malformed")
    assert await requests.during(POLL) == 1
    assert written_since(hass, start) == set()
    for pause in (31, 61, 121):
        assert await requests.during(pause) == 1
    states = hass.states.async_all()
    unavailable = {state.entity_id for state in states if state.state == "unavailable"}
    assert written_since(hass, start) == unavailable | {"sensor.crun_ai_status"}
    assert unavailable == {"sensor.crun_ai_balance"}


async def test_outage(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An outage is retried after increasing pauses, and logged when it shows and ends."""
    caplog.set_level(logging.INFO)
    await set_up(hass, providers.entry("lunos"))
    caplog.clear()
    providers.respond_as("lunos", "server_error")
    assert await requests.during(POLL) == 1
    for failures, pause in enumerate((30, 60, 120, 240, 480, 900, 900), start=1):
        expected = "10.5" if failures < 4 else "unavailable"
        assert get_state(hass, "sensor.lunos_balance") == expected
        assert await requests.during(pause - 2) == 0
        assert await requests.during(3) == 1
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"

    providers.respond_as("lunos", None)
    assert await requests.during(POLL) == 1
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "Lunos" in line] == [
        "Error fetching Lunos data: Lunos cannot be reached",
        "Fetching Lunos data recovered",
    ]

    # The next outage starts with the shortest pause again.
    providers.respond_as("lunos", "server_error")
    assert await requests.during(POLL) == 1
    assert await requests.during(31) == 1


async def test_retry_after(
    hass: HomeAssistant, providers: Providers, requests: RequestCounter
) -> None:
    """The documented Retry-After header of 32 seconds is honored, by Refresh too."""
    await set_up(hass, providers.entry("lensmor"))
    providers.respond_as("lensmor", "rate_limited")
    assert await requests.during(POLL) == 1
    providers.respond_as("lensmor", None)
    providers.spend("lensmor", 50)
    calls = providers.calls
    with pytest.raises(
        HomeAssistantError, match=r"Lensmor has requested a pause\. Try again in 1 min"
    ):
        await press(hass, "button.lensmor_refresh")
    assert providers.calls == calls
    assert get_state(hass, "sensor.lensmor_balance") == "30050"
    assert await requests.during(30) == 0
    assert await requests.during(3) == 1
    assert get_state(hass, "sensor.lensmor_balance") == "30000"


@pytest.mark.parametrize(
    ("error", "retry_after", "pause"),
    [
        (RateLimitedError, 0.0, 30),
        (RateLimitedError, 1.0, 30),
        (RateLimitedError, 30.5, 30.5),
        (RateLimitedError, 3600.0, 3600),
        (RateLimitedError, 999999999.0, 6 * 3600),
        (RateLimitedError, None, 900),
        (ServiceUnavailableError, 1.0, 30),
        (ServiceUnavailableError, 600.0, 600),
        (ServiceUnavailableError, None, 30),
    ],
)
async def test_retry_after_is_bounded(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    error: type[ApiError],
    retry_after: float | None,
    pause: float,
) -> None:
    """A requested pause is between 30 seconds and 6 hours; without one, 429 has no early retry."""
    await set_up(hass, providers.entry("crun"))
    with patch.object(Client, "read", side_effect=error("HTTP", retry_after)):
        assert await requests.during(POLL) == 0
    # The failure shows after a quarter of an hour, without a request.
    elapsed = 0.0
    for seconds in (min(pause - 2, 901), pause - 2):
        assert await requests.during(seconds - elapsed) == 0
        elapsed = seconds
    assert await requests.during(3) == 1


async def test_refused_credentials(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A key refused twice starts reauthentication and is tried every hour; Refresh ends it."""
    entry = await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "expired_key")
    assert await requests.during(POLL) == 1
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    assert not hass.config_entries.flow.async_progress()
    assert await requests.during(58) == 0
    assert await requests.during(3) == 1
    assert get_state(hass, "sensor.lunos_balance") == "unavailable"
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert len(issue_registry.issues) == 1
    for _ in range(2):
        assert await requests.during(3598) == 0
        assert await requests.during(3) == 1
    assert len(hass.config_entries.flow.async_progress()) == 1

    providers.respond_as("lunos", None)
    await press(hass, "button.lunos_refresh")
    assert get_state(hass, "sensor.lunos_balance") == "10.5"
    assert await requests.during(POLL) == 1
    assert entry.runtime_data.last_update_success
    assert not hass.config_entries.flow.async_progress()
    assert not issue_registry.issues


async def test_unexpected_responses(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Unexpected responses for half an hour have a repair issue; a good one deletes it."""
    entry = await set_up(hass, providers.entry("lunos"))
    issue_id = f"unexpected_response_{entry.entry_id}"
    providers.respond_as("lunos", "malformed")
    # Retries after 30, 60, 120, 240 and 480 seconds, then every 15 minutes.
    for seconds in (POLL, 31, 61, 121, 241, 481):
        assert await requests.during(seconds) == 1
        assert not issue_registry.issues
    assert await requests.during(POLL) == 1
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == "unexpected_response"
    providers.respond_as("lunos", None)
    assert await requests.during(POLL) == 1
    assert not issue_registry.issues
    assert get_state(hass, "sensor.lunos_balance") == "10.5"


async def test_unexpected_responses_and_an_outage(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    issue_registry: ir.IssueRegistry,
) -> None:
    """With an outage in between, the half hour begins again."""
    await set_up(hass, providers.entry("lunos"))
    providers.respond_as("lunos", "malformed")
    for seconds in (POLL, 31, 61, 121, 241, 481):
        assert await requests.during(seconds) == 1
    providers.respond_as("lunos", "server_error")
    assert await requests.during(POLL) == 1
    providers.respond_as("lunos", "malformed")
    for _ in range(2):
        assert await requests.during(POLL) == 1
        assert not issue_registry.issues
    assert await requests.during(POLL) == 1
    assert len(issue_registry.issues) == 1


async def test_disabled_account(
    hass: HomeAssistant,
    providers: Providers,
    requests: RequestCounter,
    issue_registry: ir.IssueRegistry,
) -> None:
    """An account that the provider has disabled has a repair issue, and is polled as before."""
    entry = await set_up(hass, providers.entry("engagelab_otp"))
    providers.respond_as("engagelab_otp", "disabled")
    assert await requests.during(POLL) == 1
    assert not issue_registry.issues
    for pause in (31, 61, 121):
        assert await requests.during(pause) == 1
    assert get_state(hass, "sensor.engagelab_otp_balance") == "unavailable"
    assert get_state(hass, "sensor.engagelab_otp_status") == "account_disabled"
    assert issue_registry.async_get_issue(DOMAIN, f"account_disabled_{entry.entry_id}")
    assert not hass.config_entries.flow.async_progress()
    providers.respond_as("engagelab_otp", None)
    assert await requests.during(POLL) == 1
    assert not issue_registry.issues
    assert get_state(hass, "sensor.engagelab_otp_balance") == "124.4500"


async def test_request(hass: HomeAssistant, providers: Providers) -> None:
    """The request has the key and the versions, and nothing else about the installation."""
    await set_up(hass, providers.entry("crun"))
    (request,) = providers.simulator.requests
    assert request.method == "GET"
    assert request.headers["User-Agent"].startswith("APIBalance/0.1.0 HomeAssistant/")
    assert request.headers["Accept"] == "application/json"
    assert request.headers["x-api-key"] == providers.key("crun")
    assert set(request.headers) == {
        "Accept",
        "Accept-Encoding",
        "Host",
        "User-Agent",
        "x-api-key",
    }
