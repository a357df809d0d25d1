"""Secrets: in no log at any level, and in no error."""

import logging

import pytest

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG
from homeassistant.core import HomeAssistant
import simulator

from .conftest import Providers, set_up

FAILURES = [
    (slug, name)
    for slug, api in simulator.load().items()
    for name, scenario in api.scenarios.items()
    if scenario.error and scenario.trouble not in {"slow", "stalled"}
]


@pytest.mark.parametrize(("slug", "scenario"), FAILURES)
async def test_logs(
    hass: HomeAssistant,
    providers: Providers,
    slug: str,
    scenario: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever goes wrong, at set-up, in the form or later, no log has the key or the e-mail."""
    caplog.set_level(logging.DEBUG)
    suffix = ".PlantedSecret"
    entry = await set_up(hass, providers.entry(slug, f"active{suffix}"))
    key = providers.key(slug, f"active{suffix}")
    providers.simulator.set_scenario(slug, key, scenario)
    await entry.runtime_data.async_refresh()
    await hass.config_entries.async_reload(entry.entry_id)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "user"}, data={"provider": slug}
    )
    form = providers.form(slug, f"{scenario}{suffix}")
    await hass.config_entries.flow.async_configure(result["flow_id"], form)
    await hass.async_block_till_done()
    assert BY_SLUG[slug].name in caplog.text
    assert "PlantedSecret" not in caplog.text
    assert "user@example.com" not in caplog.text
    _, value = BY_SLUG[slug].auth.header(entry.data)
    assert value not in caplog.text
