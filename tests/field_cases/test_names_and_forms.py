"""Field cases 16, 19 to 23: names, languages, pasted keys, other accounts, other currencies."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from custom_components.api_balance.api import AccountSnapshot, Balance, Field
from custom_components.api_balance.const import DOMAIN
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component

from ..common import Clock, Providers, refresh_with
from .conftest import Account
from .test_failures import automate


async def test_case_16_a_renamed_device(
    hass: HomeAssistant,
    account: Account,
    device_registry: dr.DeviceRegistry,
    runs: Callable[[str], list[dict[str, Any]]],
) -> None:
    """Messages and issues use the user's name at once, wherever it was given."""
    found = runs("low")
    await account.add(balance=100, threshold="50")
    await automate(hass, "low", {"trigger": "api_balance.balance_became_low"})
    (device,) = dr.async_entries_for_config_entry(device_registry, account.entry.entry_id)
    device_registry.async_update_device(device.id, name_by_user="Bot credits")
    await hass.async_block_till_done()
    assert account.entry.title == "Bot credits"
    await account.poll(40)
    await account.confirm()
    assert found[0]["message"].startswith("Bot credits has only 40 credits left")
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"balance_low_{account.entry.entry_id}_credits"
    )
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["account"] == "Bot credits"
    hass.config_entries.async_update_entry(account.entry, title="Image bot")
    await hass.async_block_till_done()
    (device,) = dr.async_entries_for_config_entry(device_registry, account.entry.entry_id)
    assert (device.name, device.name_by_user) == ("Image bot", None)
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, f"balance_low_{account.entry.entry_id}_credits"
    )
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["account"] == "Image bot"
    assert account.entry.runtime_data.name == "Image bot"


async def test_case_19_german(
    hass: HomeAssistant, usd_account: Account, runs: Callable[[str], list[dict[str, Any]]]
) -> None:
    """In a German installation the message is German, with German numbers."""
    await hass.config.async_update(language="de")
    found = runs("low")
    account = usd_account
    await account.add(balance="12345.5", threshold="12345")
    await automate(hass, "low", {"trigger": "api_balance.balance_became_low"})
    await account.poll("12344.25")
    await account.confirm()
    assert "12.344,25 USD" in found[0]["message"]
    assert "has only" not in found[0]["message"]


@pytest.mark.parametrize(
    "pasted",
    [
        "CRUN_API_KEY=ak_active",
        'export CRUN_API_KEY="ak_active"',
        "export CRUN_API_KEY='ak_active'",
        "CRUN_API_KEY = ak_active",
        '$env:CRUN_API_KEY = "ak_active"',
        "x-api-key: ak_active",
        "-H 'x-api-key: ak_active'",
        '"x-api-key": "ak_active",',
        "Authorization: Bearer ak_active",
        "Bearer ak_active",
        "\u200b ak_active\r\n",
        "`ak_active`",
    ],
)
async def test_case_20_pasted_lines(hass: HomeAssistant, providers: Providers, pasted: str) -> None:
    """A pasted line yields the key alone."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"provider": "crun"})
    form = providers.form("crun") | {"api_key": pasted}
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert flow["step_id"] == "low_balance"
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    assert flow["data"]["api_key"] == "ak_active"


async def test_case_21_the_key_of_another_account(
    hass: HomeAssistant, providers: Providers, clock: Clock
) -> None:
    """The form says that the credentials belong to another account, and changes nothing."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for step in ({"provider": "lunos"}, providers.form("lunos"), {}):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], step)
    entry = flow["result"]
    assert entry.unique_id
    assert "example.com" not in str(entry.as_dict())
    before = dict(entry.data)
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_REAUTH, "entry_id": entry.entry_id}, data=entry.data
    )
    form = providers.form("lunos", "other_account")
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert flow["type"] is FlowResultType.FORM
    assert flow["errors"] == {"base": "wrong_account"}
    assert dict(entry.data) == before


async def test_case_21_the_same_account_twice(hass: HomeAssistant, providers: Providers) -> None:
    """A second key of an account that is already there is recognized."""
    results = []
    for key in ("", ".second"):
        flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        form = providers.form("lunos")
        form["api_key"] += key
        for step in ({"provider": "lunos"}, form, {}):
            if flow["type"] is FlowResultType.FORM:
                flow = await hass.config_entries.flow.async_configure(flow["flow_id"], step)
        results.append((flow["type"], flow.get("reason")))
    assert results == [
        (FlowResultType.CREATE_ENTRY, None),
        (FlowResultType.ABORT, "already_configured"),
    ]


async def test_case_22_another_currency(
    hass: HomeAssistant, usd_account: Account, clock: Clock, entity_registry: er.EntityRegistry
) -> None:
    """The entities and the issue of the old currency go, and the threshold is asked for."""
    account = usd_account
    await account.add(balance="3", threshold="5")
    assert account.issues == {"balance_low"}
    balance = Balance(key="EUR", unit="EUR", amounts={Field.BALANCE: Decimal(20)})
    snapshot = AccountSnapshot(balances=(balance,), details={Field.BILLING_TYPE: "prepaid"})
    await refresh_with(hass, account.entry, snapshot)
    assert Decimal(account.shows("balance")) == 3
    await refresh_with(hass, account.entry, snapshot)
    await hass.async_block_till_done()
    assert account.issues == {"choose_threshold"}
    units = {
        state.attributes["unit_of_measurement"]
        for state in hass.states.async_all("sensor")
        if state.attributes.get("device_class") == "monetary"
    }
    assert units == {"EUR"}
    assert not [
        each for each in entity_registry.entities.values() if each.unique_id.endswith("USD")
    ]
    assert account.entry.data["main_balance"] == "EUR"


async def test_case_22_the_question(
    hass: HomeAssistant, usd_account: Account, hass_client: Any
) -> None:
    """The repair flow sets the threshold of the new currency."""
    await async_setup_component(hass, "repairs", {})
    account = usd_account
    await account.add(balance="3")
    balance = Balance(key="EUR", unit="EUR", amounts={Field.BALANCE: Decimal(20)})
    snapshot = AccountSnapshot(balances=(balance,), details={Field.BILLING_TYPE: "prepaid"})
    for _ in range(2):
        await refresh_with(hass, account.entry, snapshot)
    client = await hass_client()
    issue_id = f"choose_threshold_{account.entry.entry_id}_EUR"
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
    )
    flow = await response.json()
    assert flow["step_id"] == "threshold"
    response = await client.post(
        f"/api/repairs/issues/fix/{flow['flow_id']}", json={"low_balance_threshold": 30}
    )
    assert (await response.json())["type"] == "create_entry"
    assert account.issues == {"balance_low"}


@pytest.mark.parametrize(
    ("slug", "scenario", "expected"),
    [("crun", "active", 100), ("lunos", "active", 1.0), ("lumenfall", "active", 1)],
)
async def test_case_23_a_suggested_threshold(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, expected: float
) -> None:
    """The form suggests the provider's own threshold, or about a tenth of the balance."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for step in ({"provider": slug}, providers.form(slug, scenario)):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], step)
    assert flow["data_schema"] is not None
    suggested = {
        str(marker): (marker.description or {}).get("suggested_value")
        for marker in flow["data_schema"].schema
    }
    assert suggested["low_balance_threshold"] == expected


async def test_case_11_the_form_says_so(hass: HomeAssistant, providers: Providers) -> None:
    """For a postpaid account the form says that there is no balance to watch."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    for step in ({"provider": "lumenfall"}, providers.form("lumenfall", "postpaid")):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], step)
    assert flow["step_id"] == "no_balance"
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"name": "Later"})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["title"] == "Later"
