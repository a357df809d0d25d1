"""Diagnostics and system health of own endpoints and gateways."""

from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp import ClientError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.diagnostics import async_get_config_entry_diagnostics
from custom_components.api_balance.endpoint_diagnostics import endpoint_diagnostics
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from .conftest import KEY, Endpoint, Flow, add

REDACTED = "**REDACTED**"
ISSUE_FORM = Path(__file__).parents[2] / ".github/ISSUE_TEMPLATE/new-provider.yml"


def described(**endpoint: Any) -> dict[str, Any]:
    """Return the diagnostics of an endpoint."""
    common = {"path": "/v1", "query": {}, "headers": {}, "auth": "none", "types": {}}
    data = {"base_url": "https://api.example.com", "endpoint": {**common, **endpoint}}
    return endpoint_diagnostics(data)


async def test_diagnostics(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """Diagnostics contain what an adapter needs, and nothing that is personal."""
    await flow.submit(
        name="Acme",
        address=f"curl '{endpoint.url}?org=secret_org' -H 'X-Version: secret_version'"
        f" -H 'X-API-Key: {KEY}'",
    )
    reset = next(iter(flow.options["reset"]))
    advanced = {"minus": "data.used", "divisor": "100", "reset": reset}
    await flow.submit(balance="data.limit", unit="USD (data.credits.currency)", advanced=advanced)
    entry = (await flow.submit(choose_again=False))["result"]
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert diagnostics["endpoint"] == {
        "host": REDACTED,
        "path": "/v1/credits",
        "query": ["org"],
        "headers": ["X-Version"],
        "auth": "header",
        "auth_name": "X-API-Key",
        "divisor": "100",
        "fields": {
            "balance": {"path": "data.limit", "type": "number"},
            "minus": {"path": "data.used", "type": "text"},
            "reset": {"path": "data.reset_at", "type": "text"},
        },
        "unit_path": "data.credits.currency",
        "reset_format": "iso",
    }
    for secret in (KEY, "secret_org", "secret_version"):
        assert secret not in str(diagnostics)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/user/balance", "/v1/user/balance"),
        ("/v1/accounts/12345/balance", f"/v1/accounts/{REDACTED}/balance"),
        ("/u/me%40example.com", f"/u/{REDACTED}"),
        ("/key/sk-0123456789abcdef", f"/key/{REDACTED}"),
        ("/b/550e8400-e29b-41d4-a716-446655440000/x", f"/b/{REDACTED}/x"),
        (f"/{'a' * 40}", f"/{REDACTED}"),
    ],
)
def test_path(path: str, expected: str) -> None:
    """Parts of a path that may identify a person or an account are left out."""
    assert described(path=path)["path"] == expected


def test_personal_names() -> None:
    """The same applies to the keys in a response, and to what was entered in the wrong field."""
    types = {"balance": "number"}
    path = r"users.me@example\.com.balance"
    found = described(
        balance=path, unit_path="a.1234567.unit", auth_name="sk-0123456789abcdef", types=types
    )
    assert found["fields"] == {"balance": {"path": f"users.{REDACTED}.balance", "type": "number"}}
    assert found["unit_path"] == f"a.{REDACTED}.unit"
    assert found["auth_name"] == REDACTED
    assert found["host"] == "api.example.com"


def test_issue_form() -> None:
    """The form for a new provider asks for the diagnostics."""
    form = parse_yaml(ISSUE_FORM.read_text())
    assert isinstance(form, dict)
    (field,) = [each for each in form["body"] if each.get("id") == "diagnostics"]
    assert "endpoint" in field["attributes"]["description"]


async def system_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return the information on the page, with the result of every check."""
    assert await async_setup_component(hass, "system_health", {})
    info = await get_system_health_info(hass, DOMAIN)
    return {
        key: await value if hasattr(value, "__await__") else value for key, value in info.items()
    }


async def test_system_health(hass: HomeAssistant, flow: Flow, endpoint: Endpoint) -> None:
    """Own endpoints are checked under their names, without a key."""
    await add(flow, endpoint)
    count = len(endpoint.requests)
    info = await system_health(hass)
    assert info == {"accounts": 1, "accounts_available": 1, "Acme": "ok"}
    (request,) = endpoint.requests[count:]
    assert KEY not in f"{request.rel_url} {request.headers}"
    await endpoint.server.close()
    info = await system_health(hass)
    assert info["Acme"] == {"type": "failed", "error": "unreachable"}


@pytest.mark.parametrize("error", [None, ClientError, TimeoutError])
async def test_unverified_certificate(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, error: type[Exception] | None
) -> None:
    """An address whose certificate is not verified for polls is not verified for the check."""
    entry = await add(flow, endpoint)
    data = {**entry.data, "verify_ssl": False}
    MockConfigEntry(domain=DOMAIN, title="Acme", data=data).add_to_hass(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    with (
        patch(
            "homeassistant.components.system_health.async_check_can_reach_url", AsyncMock()
        ) as verified,
        patch("aiohttp.ClientSession._request", AsyncMock(side_effect=error)) as sent,
    ):
        info = await system_health(hass)
    verified.assert_not_called()
    sent.assert_called_once()
    failed = {"type": "failed", "error": "unreachable"}
    assert info["Acme"] == ("ok" if error is None else failed)
