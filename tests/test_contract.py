"""Every provider in every scenario: over real HTTP, against its documentation.

The responses and the expected values are in simulator/responses, written from the documentation.
"""

from aiohttp import ClientTimeout
import pytest

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import simulator

from .common import Providers
from .contract import Contract

APIS = simulator.load()
# Two providers: one whose responses report success, and one whose responses do not.
REFERENCES = ("crun", "lensmor")
TROUBLES = [
    name
    for name, scenario in APIS[REFERENCES[0]].scenarios.items()
    if scenario.trouble or scenario.pad
]


def contract(providers: Providers, slug: str) -> Contract:
    """Return the contract of a provider."""
    return Contract(
        provider=BY_SLUG[slug],
        api=APIS[slug],
        simulator=providers.simulator,
        url=str(providers.server.make_url("")).rstrip("/"),
    )


def test_every_provider_is_simulated() -> None:
    """The simulator has exactly the providers that there are."""
    assert sorted(APIS) == [provider.slug for provider in PROVIDERS]


@pytest.mark.parametrize("slug", APIS)
async def test_scenarios(providers: Providers, slug: str) -> None:
    """A client reads exactly the documented values, or raises the one correct error."""
    await contract(providers, slug).check_scenarios()


@pytest.mark.parametrize("slug", REFERENCES)
@pytest.mark.parametrize("scenario", TROUBLES)
async def test_trouble(
    providers: Providers, slug: str, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong below HTTP, or is too large, is the one correct error."""
    if APIS[slug].scenarios[scenario].trouble in {"slow", "stalled"}:
        monkeypatch.setattr(
            "custom_components.api_balance.api.client._TIMEOUT", ClientTimeout(total=0.2)
        )
    await contract(providers, slug).check(scenario)


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize(
    ("slug", "scenario"),
    [
        (slug, scenario)
        for slug, api in APIS.items()
        for scenario in ("active", "balance_only")
        if scenario in api.scenarios
    ],
)
async def test_account(hass: HomeAssistant, providers: Providers, slug: str, scenario: str) -> None:
    """An account is added in the form; each documented value is a state."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for entered in ({"provider": slug}, providers.form(slug, scenario), {}):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], entered)
    await hass.async_block_till_done()
    expected = dict(APIS[slug].scenarios[scenario].expect)
    if balances := expected.pop("balances", None):
        (only_balance,) = balances
        expected |= only_balance
    unit = expected.pop("unit")
    entry_id = flow["result"].entry_id
    states = {
        entity.translation_key: hass.states.get(entity.entity_id)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry_id)
        if entity.translation_key in expected
    }
    words = {True: "on", False: "off"}
    assert {key: state and state.state for key, state in states.items()} == {
        key: words[value] if isinstance(value, bool) else value for key, value in expected.items()
    }
    balance = states["balance"]
    assert balance is not None
    assert balance.attributes["unit_of_measurement"] == unit
