"""Config flow: what a user fills in, and what comes of it."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol

from custom_components.api_balance.api import AccountSnapshot, AuthenticationError, Client, Field
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.providers import PROVIDERS
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er

from .common import Providers, entry_state, get_state, set_up

# The balance of each provider's active account, as its document's example has it.
SHOWN = {
    "crun": "1000 credits",
    "engagelab_otp": "124.45 USD",
    "lensmor": "30050 credits",
    "lumenfall": "12.50 USD",
    "lunos": "10.5 credits",
}
# Scenario, error in the form.
ERRORS = [
    ("lunos", "invalid_key", "invalid_auth"),
    ("lunos", "expired_key", "invalid_auth"),
    ("engagelab_otp", "permission_denied", "permission_denied"),
    ("engagelab_otp", "disabled", "account_disabled"),
    ("lensmor", "rate_limited", "rate_limited"),
    ("crun", "maintenance", "cannot_connect"),
    ("lumenfall", "malformed", "unexpected_response"),
]


async def choose(hass: HomeAssistant, slug: str) -> str:
    """Start a flow, choose a provider, and return the flow's id."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {"provider": slug})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "credentials"
    assert not result["errors"]
    assert is_collapsed(result)
    return result["flow_id"]


def is_collapsed(result: Any) -> bool:
    """Return whether a form hides its advanced section."""
    collapsed: bool = result["data_schema"].schema["advanced"].options["collapsed"]
    return collapsed


def suggestions(result: Any) -> dict[str, Any]:
    """Return what a form is filled in with, sections included."""
    found: dict[str, Any] = {}
    for key, value in result["data_schema"].schema.items():
        if key.description:
            found[key.schema] = key.description["suggested_value"]
        if hasattr(value, "schema") and hasattr(value.schema, "schema"):
            found[key.schema] = suggestions({"data_schema": value.schema})
    return found


@pytest.mark.parametrize("slug", SHOWN)
async def test_add_an_account(hass: HomeAssistant, providers: Providers, slug: str) -> None:
    """An account of each provider is added with one request, and works."""
    flow_id = await choose(hass, slug)
    result = await hass.config_entries.flow.async_configure(flow_id, providers.form(slug))
    assert result["step_id"] == "low_balance"
    assert (result["description_placeholders"] or {})["balance"] == SHOWN[slug]
    assert providers.calls == 1

    result = await hass.config_entries.flow.async_configure(flow_id, {"low_balance_threshold": 5})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == next(each.name for each in PROVIDERS if each.slug == slug)
    assert entry.data == {
        "provider": slug,
        "base_url": providers.base_url(slug),
        **providers.credentials(slug),
    }
    unit = SHOWN[slug].split()[1]
    assert entry.options == {"low_balance_threshold": {unit: "5.0"}}
    assert entry_state(entry) is ConfigEntryState.LOADED
    # Setting up asks once more.
    assert providers.calls == 2


async def test_threshold_is_optional_and_preset_from_the_provider(
    hass: HomeAssistant, providers: Providers
) -> None:
    """The provider's own threshold is suggested; left empty, only an empty account is low."""
    flow_id = await choose(hass, "lunos")
    result = await hass.config_entries.flow.async_configure(flow_id, providers.form("lunos"))
    assert suggestions(result) == {"low_balance_threshold": 1.0}
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    await hass.async_block_till_done()
    assert result["result"].options == {}
    assert get_state(hass, "number.lunos_low_balance_threshold") == "0"


async def test_no_threshold_of_the_provider_no_preset(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Where the provider has no threshold nothing is suggested."""
    flow_id = await choose(hass, "crun")
    result = await hass.config_entries.flow.async_configure(flow_id, providers.form("crun"))
    assert suggestions(result) == {}


async def test_an_absurd_threshold_of_the_provider_is_not_suggested(
    hass: HomeAssistant, providers: Providers
) -> None:
    """A form must not begin with a value that it refuses."""
    flow_id = await choose(hass, "lunos")
    amounts = {Field.BALANCE: Decimal(5), Field.ALERT_THRESHOLD: Decimal("1e12")}
    with patch.object(Client, "read", return_value=AccountSnapshot.of("credits", amounts)):
        result = await hass.config_entries.flow.async_configure(flow_id, providers.form("lunos"))
    assert suggestions(result) == {}


async def test_unknown_balance(hass: HomeAssistant, providers: Providers) -> None:
    """An account whose balance is unknown can be added; nothing is made up."""
    flow_id = await choose(hass, "lumenfall")
    form = providers.form("lumenfall", "postpaid")
    result = await hass.config_entries.flow.async_configure(flow_id, form)
    assert (result["description_placeholders"] or {})["balance"] == "—"


@pytest.mark.parametrize(("slug", "scenario", "error"), ERRORS)
async def test_errors_and_recovery(
    hass: HomeAssistant, providers: Providers, slug: str, scenario: str, error: str
) -> None:
    """Each failure is named; the form stays filled in but for secrets; a correction works."""
    flow_id = await choose(hass, slug)
    result = await hass.config_entries.flow.async_configure(flow_id, providers.form(slug, scenario))
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "credentials"
    assert result["errors"] == {"base": error}
    assert suggestions(result) == {"advanced": {"base_url": providers.base_url(slug)}}
    # What has been typed stays in sight.
    assert not is_collapsed(result)
    await add_corrected(hass, providers, flow_id, slug)


async def add_corrected(hass: HomeAssistant, providers: Providers, flow_id: str, slug: str) -> None:
    """Fill in the right values, and see the account added."""
    result = await hass.config_entries.flow.async_configure(flow_id, providers.form(slug))
    assert result["step_id"] == "low_balance"
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_no_connection(hass: HomeAssistant, providers: Providers) -> None:
    """A port where nobody listens is not an unexpected answer."""
    flow_id = await choose(hass, "lunos")
    form = providers.form("lunos") | {"advanced": {"base_url": "http://127.0.0.1:9"}}
    result = await hass.config_entries.flow.async_configure(flow_id, form)
    assert result["errors"] == {"base": "cannot_connect"}
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.expects_traceback("Unexpected error while reading a balance of Lunos")
async def test_unknown_error(
    hass: HomeAssistant, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect of our own is logged, shown, and can be tried again."""
    flow_id = await choose(hass, "lunos")
    with patch.object(Client, "read", side_effect=ZeroDivisionError):
        result = await hass.config_entries.flow.async_configure(flow_id, providers.form("lunos"))
    assert result["errors"] == {"base": "unknown"}
    assert "Unexpected error while reading a balance of Lunos" in caplog.text
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.parametrize(
    ("slug", "field", "value"),
    [
        ("lunos", "api_key", ""),
        ("lunos", "api_key", "   "),
        ("lunos", "api_key", "two words"),
        ("lunos", "api_key", "line\nbreak"),
        ("lunos", "api_key", "key\r\nX-Evil: 1"),
        ("lunos", "api_key", "tab\tinside"),
        ("lunos", "api_key", "no-break\u00a0space"),
        ("lunos", "api_key", "zero\u200bwidth"),
        ("lunos", "api_key", "soft\u00adhyphen"),
        ("lunos", "api_key", "right-to-left\u202emark"),
        ("lunos", "api_key", "nul\0"),
        ("lunos", "api_key", "half a pair \ud800"),
        ("lunos", "api_key", "dots…"),
        ("lunos", "api_key", "😀"),
        ("lunos", "api_key", '""'),
        ("lunos", "api_key", "Basic a2V5OnNlY3JldA=="),
        ("lunos", "api_key", "x" * 1025),
        ("lunos", "api_key", "x" * 1_000_000),
        ("lunos", "api_key", " " * 1_000_000),
        ("crun", "api_key", "ключ"),
        ("crun", "api_key", "\uff46ull"),
        ("engagelab_otp", "dev_key", "with:colon"),
        ("engagelab_otp", "dev_secret", "line\nbreak"),
        ("engagelab_otp", "dev_secret", ""),
    ],
)
async def test_what_no_header_can_carry(
    hass: HomeAssistant, providers: Providers, slug: str, field: str, value: str
) -> None:
    """Such a credential gets its error at its field, and nothing is sent."""
    flow_id = await choose(hass, slug)
    result = await hass.config_entries.flow.async_configure(
        flow_id, providers.form(slug) | {field: value}
    )
    assert result["errors"] == {field: "invalid_credential"}
    assert providers.calls == 0
    await add_corrected(hass, providers, flow_id, slug)


@pytest.mark.parametrize(
    "value", [None, 5, ["key"], {"key": "value"}, b"bytes"], ids=lambda value: type(value).__name__
)
async def test_what_is_no_text(hass: HomeAssistant, providers: Providers, value: object) -> None:
    """Home Assistant refuses what no browser sends, for a key as for an address."""
    flow_id = await choose(hass, "lunos")
    good = providers.form("lunos")
    for form in (good | {"api_key": value}, good | {"advanced": {"base_url": value}}):
        with pytest.raises(InvalidData):
            await hass.config_entries.flow.async_configure(flow_id, form)
    with pytest.raises(InvalidData):
        await hass.config_entries.flow.async_configure(flow_id, good | {"more": value})
    assert providers.calls == 0
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.parametrize(
    "base_url",
    [
        "x",
        "api.example.com",
        "//example.com",
        "http://example.com",
        "http://192.168.1.5:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://2130706433",
        "http://0x7f.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::1]@example.com",
        "http://localhost.",
        "https://user@example.com",
        "https://good.example@evil.example",
        "https://good.example\\@evil.example",
        "https://good.example%2f@evil.example",
        "https://good.example%2f.evil.example",
        "https://exa\tmple.com",
        "https://exa\nmple.com",
        "https://example.com/\r\nX-Evil: 1",
        "https://\uff45xample.com",
        "https://\u0435xample.com",
        "https://example。com",
        "https://example.com?x",
        "https://example.com/?",
        "https://example.com#x",
        "https://",
        "https:///v1",
        "https://[1:2]",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com:-1",
        "https://example.com:port",
        "https://example.com:4_4",
        "https://example.com/" + "x" * 1_000_000,
        "https://" + "x" * 1_000_000,
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
    ids=lambda text: text[:40],
)
async def test_invalid_url(hass: HomeAssistant, providers: Providers, base_url: str) -> None:
    """A base URL that credentials must not go to is refused, and stays in the form."""
    flow_id = await choose(hass, "lunos")
    form = providers.form("lunos") | {"advanced": {"base_url": base_url}}
    with patch.object(Client, "read", side_effect=AssertionError):
        result = await hass.config_entries.flow.async_configure(flow_id, form)
    assert result["errors"] == {"base": "invalid_url"}
    assert suggestions(result) == {"advanced": {"base_url": base_url}}
    await add_corrected(hass, providers, flow_id, "lunos")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n ", "\r\n"),
        ("\u00a0", "\u00a0"),
        ("\ufeff\u200b", "\u2060 "),
        ('"', '"'),
        (" '", "' "),
        ("`", "`\n"),
        ("Bearer ", ""),
        ("bearer  ", " "),
        ('"Bearer ', '"'),
    ],
)
async def test_pasted_with_a_key(
    hass: HomeAssistant, providers: Providers, before: str, after: str
) -> None:
    """What surrounds a pasted key is not part of it."""
    flow_id = await choose(hass, "lunos")
    form = providers.form("lunos")
    form["api_key"] = f"{before}{form['api_key']}{after}"
    form["advanced"]["base_url"] += "/ "
    await hass.config_entries.flow.async_configure(flow_id, form)
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    await hass.async_block_till_done()
    assert result["result"].data["api_key"] == providers.key("lunos")
    assert result["result"].data["base_url"] == providers.base_url("lunos")


@pytest.mark.parametrize(
    "threshold", [float("nan"), "nan", float("inf"), "-inf", -1, 1e10, "five", None, [5]]
)
async def test_no_threshold_at_all(
    hass: HomeAssistant, providers: Providers, threshold: object
) -> None:
    """What is no amount is refused by the form and by the entity, and changes nothing."""
    flow_id = await choose(hass, "lunos")
    await hass.config_entries.flow.async_configure(flow_id, providers.form("lunos"))
    with pytest.raises(InvalidData):
        await hass.config_entries.flow.async_configure(
            flow_id, {"low_balance_threshold": threshold}
        )
    await hass.config_entries.flow.async_configure(flow_id, {"low_balance_threshold": 5})
    await hass.async_block_till_done()
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await hass.services.async_call(
            "number",
            "set_value",
            {"entity_id": "number.lunos_low_balance_threshold", "value": threshold},
            blocking=True,
        )
    assert get_state(hass, "number.lunos_low_balance_threshold") == "5"


async def test_the_providers_own_address_is_the_default(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Without a base URL the request goes to the provider, and the entry holds no address."""
    flow_id = await choose(hass, "lunos")
    asked: list[str] = []

    async def read(client: Client) -> None:
        asked.append(str(client._url))
        raise AuthenticationError(reason="")

    form = {**providers.credentials("lunos"), "advanced": {}}
    with patch.object(Client, "read", read):
        await hass.config_entries.flow.async_configure(flow_id, form)
    assert asked == ["https://api.lunos.tech/v1/balance"]


async def test_same_account_twice(hass: HomeAssistant, providers: Providers) -> None:
    """The same credentials are the same account, at whatever address; other ones are another."""
    await set_up(hass, providers.entry("lunos"))
    flow_id = await choose(hass, "lunos")
    form = {**providers.credentials("lunos"), "advanced": {}}
    result = await hass.config_entries.flow.async_configure(flow_id, form)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"

    flow_id = await choose(hass, "lunos")
    form = providers.form("lunos", "low")
    await hass.config_entries.flow.async_configure(flow_id, form)
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Lunos 2"


async def test_reauth(hass: HomeAssistant, providers: Providers) -> None:
    """An expired key is replaced; the account keeps its entities."""
    entry = await set_up(hass, providers.entry("lunos", "expired_key"))
    assert entry_state(entry) is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"

    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert not result["errors"]
    assert suggestions(result) == {"advanced": {"base_url": providers.base_url("lunos")}}

    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], providers.form("lunos", "invalid_key")
    )
    assert result["errors"] == {"base": "invalid_auth"}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], providers.form("lunos")
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.data["api_key"] == providers.key("lunos")
    assert entry_state(entry) is ConfigEntryState.LOADED


async def test_reauth_for_a_permission(hass: HomeAssistant, providers: Providers) -> None:
    """A missing permission is said as such, at set-up and later, and the same key may do."""
    entry = await set_up(hass, providers.entry("engagelab_otp", "permission_denied"))
    (flow,) = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["errors"] == {"base": "permission_denied"}

    key = providers.key("engagelab_otp", "permission_denied")
    providers.simulator.set_scenario("engagelab_otp", key, "active")
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], providers.form("engagelab_otp", "permission_denied")
    )
    await hass.async_block_till_done()
    assert result["reason"] == "reauth_successful"
    assert entry_state(entry) is ConfigEntryState.LOADED

    providers.simulator.set_scenario("engagelab_otp", key, "permission_denied")
    await entry.runtime_data.async_refresh()
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["errors"] == {"base": "permission_denied"}


async def test_a_rotated_key_keeps_all_entities(
    hass: HomeAssistant, providers: Providers, entity_registry: er.EntityRegistry
) -> None:
    """Reconfiguring replaces key and address, and nothing else."""
    entry = await set_up(
        hass,
        providers.entry("lunos", options={"low_balance_threshold": {"credits": "3"}}),
    )
    before = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert before

    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert suggestions(result) == {"advanced": {"base_url": providers.base_url("lunos")}}
    form = providers.form("lunos", "low")
    result = await hass.config_entries.flow.async_configure(result["flow_id"], form)
    await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["api_key"] == providers.key("lunos", "low")
    assert entry.options == {"low_balance_threshold": {"credits": "3"}}
    assert er.async_entries_for_config_entry(entity_registry, entry.entry_id) == before
    assert get_state(hass, "sensor.lunos_balance") == "0.5"


async def test_reconfigure_back_to_the_providers_own_address(
    hass: HomeAssistant, providers: Providers
) -> None:
    """An emptied base URL is gone from the entry."""
    entry = await set_up(hass, providers.entry("lunos"))
    result = await entry.start_reconfigure_flow(hass)
    snapshot = entry.runtime_data.data.snapshot
    with patch.object(Client, "read", return_value=snapshot):
        result = await hass.config_entries.flow.async_configure(
            result["flow_id"], {**providers.credentials("lunos"), "advanced": {}}
        )
        await hass.async_block_till_done()
    assert result["reason"] == "reconfigure_successful"
    assert "base_url" not in entry.data
    # Nothing is suggested then, not even nothing: a form would send null back.
    result = await entry.start_reconfigure_flow(hass)
    assert suggestions(result) == {"advanced": {}}


async def test_reconfigure_to_an_account_that_exists(
    hass: HomeAssistant, providers: Providers
) -> None:
    """Two entries never watch the same account."""
    await set_up(hass, providers.entry("lunos"))
    other = await set_up(hass, providers.entry("lunos", "low"))
    result = await other.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], providers.form("lunos")
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert other.data["api_key"] == providers.key("lunos", "low")


async def test_reconfigure_an_unknown_provider(hass: HomeAssistant, providers: Providers) -> None:
    """An entry of a later version's provider says so."""
    entry = providers.entry("lunos")
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={"provider": "later"})
    result = await entry.start_reconfigure_flow(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "unknown_provider"


@pytest.mark.parametrize("step", ["reconfigure", "reauth_confirm"])
async def test_another_address_asks_for_the_key_again(
    hass: HomeAssistant, providers: Providers, step: str
) -> None:
    """A stored key goes to the address that it was entered for, and to no other."""
    entry = await set_up(hass, providers.entry("lunos"))
    stored = dict(entry.data)
    if step == "reconfigure":
        flow_id = (await entry.start_reconfigure_flow(hass))["flow_id"]
    else:
        entry.async_start_reauth(hass)
        await hass.async_block_till_done()
        (flow,) = hass.config_entries.flow.async_progress()
        flow_id = flow["flow_id"]
    calls = providers.calls
    other = {"base_url": providers.base_url("lunos").replace("127.0.0.1", "127.0.0.2")}
    for form in ({"advanced": other}, {"api_key": None, "advanced": other}):
        with pytest.raises(InvalidData):
            await hass.config_entries.flow.async_configure(flow_id, form)
    with patch.object(Client, "read", side_effect=AssertionError):
        result = await hass.config_entries.flow.async_configure(
            flow_id, {"api_key": "", "advanced": other}
        )
    assert result["step_id"] == step
    assert result["errors"] == {"api_key": "invalid_credential"}

    # A new key that the other address does not take changes nothing either.
    result = await hass.config_entries.flow.async_configure(
        flow_id, providers.form("lunos", "invalid_key")
    )
    assert result["errors"] == {"base": "invalid_auth"}
    sent = [request.headers["Authorization"] for request in providers.simulator.requests]
    assert sent[calls:] == [f"Bearer {providers.key('lunos', 'invalid_key')}"]
    assert entry.data == stored
    await entry.runtime_data.async_refresh()
    assert (
        providers.simulator.requests[-1].headers["Authorization"] == f"Bearer {stored['api_key']}"
    )
