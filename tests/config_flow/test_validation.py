"""Which credentials, base URLs and thresholds are accepted."""

from unittest.mock import patch

import pytest
import voluptuous as vol

from custom_components.api_balance.api import Client
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.exceptions import ServiceValidationError

from ..common import Providers, get_state, set_threshold
from .common import add_corrected, choose_provider, submit, suggested_values


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
        ("lunos", "api_key", "surrogate\ud800"),
        ("lunos", "api_key", "dots…"),
        ("lunos", "api_key", "😀"),
        ("lunos", "api_key", '""'),
        ("lunos", "api_key", "x" * 1025),
        ("lunos", "api_key", "x" * 1_000_000),
        ("lunos", "api_key", " " * 1_000_000),
        ("crun", "api_key", "ключ"),
        ("crun", "api_key", "\uff46ull"),
        ("engagelab_otp", "identifier", "with:colon"),
        ("engagelab_otp", "api_key", "line\nbreak"),
        ("engagelab_otp", "api_key", ""),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_invalid_credential(
    hass: HomeAssistant, providers: Providers, slug: str, field: str, value: str
) -> None:
    """A credential that a header cannot carry has an error at its field; nothing is sent."""
    flow_id = await choose_provider(hass, slug)
    result = await submit(hass, flow_id, providers.form(slug) | {field: value})
    assert result["errors"] == {field: "invalid_credential"}
    assert providers.calls == 0
    await add_corrected(hass, providers, flow_id, slug)


@pytest.mark.parametrize(
    "value", [None, 5, ["key"], {"key": "value"}, b"bytes"], ids=lambda value: type(value).__name__
)
async def test_not_a_text(hass: HomeAssistant, providers: Providers, value: object) -> None:
    """Home Assistant refuses a credential or base URL that is not a text."""
    flow_id = await choose_provider(hass, "lunos")
    form = providers.form("lunos")
    for invalid in (
        form | {"api_key": value},
        form | {"advanced": {"base_url": value}},
        form | {"more": value},
    ):
        with pytest.raises(InvalidData):
            await submit(hass, flow_id, invalid)
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
async def test_invalid_base_url(hass: HomeAssistant, providers: Providers, base_url: str) -> None:
    """A base URL that must not receive credentials has an error, and stays in the form."""
    flow_id = await choose_provider(hass, "lunos")
    form = providers.form("lunos") | {"advanced": {"base_url": base_url}}
    with patch.object(Client, "read", side_effect=AssertionError):
        result = await submit(hass, flow_id, form)
    assert result["errors"] == {"base": "invalid_url"}
    assert suggested_values(result)["advanced"] == {"base_url": base_url}
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
async def test_pasted_key(
    hass: HomeAssistant, providers: Providers, before: str, after: str
) -> None:
    """White space, quotation marks and the scheme around a pasted key are removed."""
    flow_id = await choose_provider(hass, "lunos")
    form = providers.form("lunos")
    form["api_key"] = f"{before}{form['api_key']}{after}"
    form["advanced"]["base_url"] += "/ "
    await submit(hass, flow_id, form)
    result = await submit(hass, flow_id, {})
    assert result["result"].data["api_key"] == providers.key("lunos")
    assert result["result"].data["base_url"] == providers.base_url("lunos")


@pytest.mark.parametrize(("before", "after"), [('"', ""), ("", "'"), ('"', "'")])
async def test_quotation_mark_in_a_key(
    hass: HomeAssistant, providers: Providers, before: str, after: str
) -> None:
    """A quotation mark without its counterpart is part of the key."""
    flow_id = await choose_provider(hass, "lunos")
    key = f"{before}{providers.key('lunos')}{after}"
    result = await submit(hass, flow_id, providers.form("lunos") | {"api_key": key})
    assert result["errors"] == {"base": "invalid_auth"}
    assert providers.simulator.requests[-1].headers["Authorization"] == f"Bearer {key}"


@pytest.mark.parametrize(
    "threshold", [float("nan"), "nan", float("inf"), "-inf", -1, 1e10, "five", None, [5]]
)
async def test_invalid_threshold(
    hass: HomeAssistant, providers: Providers, threshold: object
) -> None:
    """The form and the number entity refuse what is not an amount."""
    flow_id = await choose_provider(hass, "lunos")
    await submit(hass, flow_id, providers.form("lunos"))
    with pytest.raises(InvalidData):
        await submit(hass, flow_id, {"low_balance_threshold": threshold})
    await submit(hass, flow_id, {"low_balance_threshold": 5})
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await set_threshold(hass, "number.lunos_alert_below", threshold)
    assert get_state(hass, "number.lunos_alert_below") == "5"
