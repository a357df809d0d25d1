"""Unit words in Home Assistant's language: next to states and in forms."""

import pytest

from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant

from .common import Providers, set_up, threshold


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("de", "Credits"),
        ("en", "credits"),
        ("fr", "crédits"),
        ("pl", "kredytów"),
        ("ja", "クレジット"),
    ],
)
async def test_unit_of_entities(
    hass: HomeAssistant, providers: Providers, language: str, word: str
) -> None:
    """Entities show the unit in the language of the installation, the rate per day."""
    hass.config.language = language
    entry = await set_up(hass, providers.entry("crun", options=threshold("100")))
    (number,) = hass.states.async_entity_ids("number")
    units = {
        state.attributes["unit_of_measurement"]
        for state in hass.states.async_all("sensor")
        if "unit_of_measurement" in state.attributes
    }
    assert word in units
    assert units <= {word, "%"} | {unit for unit in units if unit.startswith(f"{word}/")}
    state = hass.states.get(number)
    assert state is not None
    assert state.attributes["unit_of_measurement"] == word
    # What automations read does not depend on the language.
    for unit in ("credits", word):
        response = await hass.services.async_call(
            DOMAIN,
            "get_balance",
            {"config_entry_id": entry.entry_id, "unit": unit},
            blocking=True,
            return_response=True,
        )
        assert response is not None
        assert response["unit"] == "credits"


async def test_unit_in_the_form(hass: HomeAssistant, providers: Providers) -> None:
    """The form asks for the threshold in the same words."""
    hass.config.language = "de"
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"provider": "crun"}
    )
    data = providers.entry("crun").data
    base_url = {"advanced": {"base_url": data["base_url"]}}
    form = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"api_key": data["api_key"], **base_url}
    )
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["low_balance_threshold"].config["unit_of_measurement"] == "Credits"


async def test_currency(hass: HomeAssistant, providers: Providers) -> None:
    """A currency is shown as it is in every language."""
    hass.config.language = "pl"
    await set_up(hass, providers.entry("lumenfall"))
    state = hass.states.get("sensor.lumenfall_saldo")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "USD"
