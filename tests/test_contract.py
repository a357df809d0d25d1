"""Every provider in every scenario: over real HTTP, against what its document says.

Answers and expected values stand in simulator/answers, written from the providers' documents.
"""

from datetime import datetime
from decimal import Decimal

from aiohttp import ClientSession, ClientTimeout
import pytest

from custom_components.api_balance.api import AccountSnapshot, ApiError, Client, Field
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import BY_SLUG, PROVIDERS
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import simulator

from .common import Providers

APIS = simulator.load()
CASES = [(slug, name) for slug, api in APIS.items() for name in api.scenarios]


def test_every_provider_is_simulated() -> None:
    """The simulator plays exactly the providers that there are."""
    assert sorted(APIS) == [provider.slug for provider in PROVIDERS]


def written(snapshot: AccountSnapshot) -> dict[str, str | bool]:
    """Return a snapshot in the words in which the expected values are written."""
    (balance,) = snapshot.balances
    result: dict[str, str | bool] = {"unit": balance.unit}
    values: dict[Field, Decimal | datetime | str | bool | None] = {
        **balance.amounts,
        **snapshot.flags,
        **snapshot.details,
    }
    for key, value in values.items():
        match value:
            case None:
                result[key] = "unknown"
            case Decimal():
                result[key] = format(value, "f")
            case datetime():
                result[key] = value.isoformat()
            case _:
                result[key] = value
    return result


@pytest.mark.parametrize(("slug", "scenario"), CASES)
async def test_scenario(
    providers: Providers, slug: str, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client reads exactly the documented values, or raises the one right error."""
    provider, expected = BY_SLUG[slug], APIS[slug].scenarios[scenario]
    if expected.trouble in {"slow", "stalled"}:
        # The simulator's slow answers are slower than any limit; the test need not be.
        monkeypatch.setattr(
            "custom_components.api_balance.api.client._TIMEOUT", ClientTimeout(total=0.2)
        )
    async with ClientSession() as session:
        client = Client(
            session,
            provider,
            providers.credentials(slug, scenario),
            base_url=providers.base_url(slug),
            user_agent="Test/1",
        )
        if expected.error is None:
            snapshot = await client.read()
            assert written(snapshot) == expected.expect
            assert set(written(snapshot)) == {"unit", *provider.fields}
        else:
            with pytest.raises(ApiError) as caught:
                await client.read()
            assert caught.value.key == expected.error
            assert caught.value.retry_after == expected.retry_after
            for secret in providers.credentials(slug, scenario).values():
                assert secret not in repr(caught.value)
    # One request and no other: above all no redirect was followed. (aiohttp itself repeats a GET,
    # once, whose connection was closed without an answer.)
    assert providers.calls == (2 if expected.trouble == "reset" else 1)
    assert providers.simulator.calls_elsewhere == 0


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize(
    ("slug", "scenario"), [case for case in CASES if APIS[case[0]].scenarios[case[1]].expect]
)
async def test_account(hass: HomeAssistant, providers: Providers, slug: str, scenario: str) -> None:
    """An account is added in the form; each documented value is a state."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for filled_in in ({"provider": slug}, providers.form(slug, scenario), {}):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], filled_in)
    await hass.async_block_till_done()
    expected = dict(APIS[slug].scenarios[scenario].expect)
    unit = expected.pop("unit")
    entry_id = flow["result"].entry_id
    shown = {
        entity.translation_key: hass.states.get(entity.entity_id)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry_id)
        if entity.translation_key in expected
    }
    words = {True: "on", False: "off"}
    assert {key: each and each.state for key, each in shown.items()} == {
        key: words[value] if isinstance(value, bool) else value for key, value in expected.items()
    }
    balance = shown["balance"]
    assert balance is not None
    assert balance.attributes["unit_of_measurement"] == unit
