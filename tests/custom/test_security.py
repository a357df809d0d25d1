"""What an own endpoint must not be able to do, whatever the address and the server are."""

from collections.abc import Sequence
import json
import logging
from typing import Final
from unittest.mock import AsyncMock, patch

from aiohttp import web
import pytest
from yarl import URL

from custom_components.api_balance.api import JsonObject
from custom_components.api_balance.diagnostics import async_get_config_entry_diagnostics
from custom_components.api_balance.providers.custom import build
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..common import Clock, get_state
from .conftest import KEY, Endpoint, Flow, add

RESOLVE: Final = "custom_components.api_balance.api.client._resolve_host"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect(flow: Flow, endpoint: Endpoint, elsewhere: Endpoint, status: int) -> None:
    """The key does not follow a redirect to another port, host or path, when it is added."""
    for location in (elsewhere.url, "http://169.254.169.254/latest", "/other"):
        endpoint.response = web.Response(status=status, headers={"Location": location})
        if flow.shown[0] == "custom":
            await flow.submit(name="Acme", address=endpoint.url)
        await flow.submit(auth="bearer", api_key=KEY)
        assert flow.shown == ("custom_key", {"base": "unexpected_status"})
        assert flow.placeholders["reason"] == f"HTTP {status}"
    assert not elsewhere.requests
    assert len(endpoint.requests) == 3


async def test_redirect_later(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, elsewhere: Endpoint, clock: Clock
) -> None:
    """Nor does it follow one after it was added."""
    await add(flow, endpoint)
    endpoint.response = web.Response(status=307, headers={"Location": elsewhere.url})
    for _ in range(4):
        await clock.next_poll()
    assert get_state(hass, "sensor.acme_balance") == "unavailable"
    assert not elsewhere.requests
    assert {request.method for request in endpoint.requests} == {"GET"}


@pytest.mark.parametrize(
    "addresses",
    [
        ["169.254.169.254"],
        ["fe80::1"],
        ["fd00:ec2::254"],
        ["fd20:ce::254"],
        ["::ffff:169.254.169.254"],
        ["100.100.100.200"],
        ["8.8.8.8"],
        ["2001:db8::1"],
        ["0.0.0.0"],  # noqa: S104
        [],
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_name_of_a_forbidden_address(
    flow: Flow, endpoint: Endpoint, scheme: str, addresses: Sequence[str]
) -> None:
    """A local name gets no unprotected request unless its address is in a private network."""
    await flow.submit(name="Acme", address=f"{scheme}://metadata.local/latest")
    unverified = {"verify_ssl": False} if scheme == "https" else {}
    with (
        patch(RESOLVE, AsyncMock(return_value=addresses)) as resolve,
        patch("aiohttp.ClientSession._request") as sent,
    ):
        await flow.submit(auth="bearer", api_key=KEY, **unverified)
    assert flow.shown == ("custom_key", {"base": "cannot_connect"})
    resolve.assert_called_once_with("metadata.local")
    sent.assert_not_called()


async def test_name_with_another_address_later(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, clock: Clock
) -> None:
    """The address of a name is checked for every request, and the request goes to that address."""
    address = f"http://nas.local:{endpoint.server.port}/v1/credits"
    with patch(RESOLVE, AsyncMock(return_value=["169.254.169.254", "127.0.0.1"])) as resolve:
        await flow.submit(name="Acme", address=address)
        await flow.submit(auth="bearer", api_key=KEY)
        await flow.submit(balance="data.limit", unit="credits", advanced={})
        await flow.submit(choose_again=False)
        assert get_state(hass, "sensor.acme_balance") == "20"
        count = len(endpoint.requests)
        resolve.return_value = ["169.254.169.254"]
        with patch("aiohttp.ClientSession._request") as sent:
            for _ in range(4):
                await clock.next_poll()
        sent.assert_not_called()
    assert get_state(hass, "sensor.acme_balance") == "unavailable"
    assert len(endpoint.requests) == count
    assert {request.host for request in endpoint.requests} == {URL(address).authority}


@pytest.mark.parametrize(
    "address",
    [
        *("https://169.254.169.254/", "http://169.254.169.254/", "http://[fe80::1]/"),
        *("https://[fd00:ec2::254]/", "http://metadata.google.internal/", "http://0.0.0.0/"),
        *("http://2852039166/", "http://0xa9fea9fe/", "http://169.254.43518/", "http://1/"),
    ],
)
async def test_metadata_addresses(flow: Flow, address: str) -> None:
    """The metadata services of cloud providers cannot be entered, in no notation."""
    await flow.submit(name="Acme", address=address)
    step, errors = flow.shown
    assert step == "custom"
    assert errors["address"] in {"invalid_address", "unencrypted"}


async def test_verification(flow: Flow, endpoint: Endpoint) -> None:
    """Whether to verify certificates is asked only for https in the own network."""
    fields = {}
    for address in (
        "http://nas.local",
        "https://nas.local",
        "https://10.0.0.1",
        "https://a.example",
    ):
        await flow.submit(name="Acme", address=address)
        schema = flow.result["data_schema"]
        assert schema is not None
        fields[address] = "verify_ssl" in schema.schema
        flow.result = await flow.hass.config_entries.flow.async_init(
            "api_balance", context={"source": "user"}
        )
        await flow.submit(provider="custom")
    assert list(fields.values()) == [False, True, True, False]


@pytest.mark.parametrize("text", ["{{ 1 + 1 }}", "{api_key}", "${KEY}", "{% raw %}", "a.b[0]"])
async def test_nothing_is_evaluated(
    hass: HomeAssistant, flow: Flow, endpoint: Endpoint, text: str
) -> None:
    """Texts are never templates: not the name, not the unit, not what the server sends."""
    endpoint.response = {text: {"balance": 5, "unit": text}}
    await flow.submit(name=text, address=endpoint.url)
    await flow.submit(auth="bearer", api_key=KEY)
    await flow.submit(**flow.suggested)
    assert flow.placeholders["balance"] == f"5 {text}"
    entry = (await flow.submit(choose_again=False))["result"]
    assert entry.title == text
    assert KEY not in str(hass.states.async_all())
    assert KEY not in str(endpoint.requests[-1].rel_url)


@pytest.mark.parametrize("value", ["{api_key}", "{identifier}", "{balance}"])
def test_placeholders_in_stored_data(value: str) -> None:
    """The parts of a request cannot contain a second copy of the key."""
    data = {
        "provider": "custom",
        "name": "Acme",
        "base_url": "https://api.example.com",
        "api_key": KEY,
        "endpoint": {"path": "/v1", "auth": "bearer", "balance": value, "unit": value},
    }
    provider = build(data)
    templates = [*provider.auth.headers.values(), provider.path, *provider.headers.values()]
    assert sum(template.count("{api_key}") for template in templates) == 1
    body = JsonObject.from_bytes(json.dumps({value: 5}).encode())
    assert provider.parse(body).balances[0].unit == value


async def test_secret_stays_secret(
    hass: HomeAssistant,
    flow: Flow,
    endpoint: Endpoint,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The key, the user name and the response are in no log, state, issue and diagnostics."""
    caplog.set_level(logging.DEBUG, "custom_components.api_balance")
    endpoint.response = {"balance": 123456, "email": "user@example.com", "echo": KEY}
    await flow.submit(name="Acme", address=f"curl {endpoint.url} -u user_name_1:{KEY}")
    await flow.submit(balance="balance", unit="credits", advanced={})
    entry = (await flow.submit(choose_again=False))["result"]
    for response in (web.Response(status=401, text=KEY), {"error": KEY}, web.Response(text=KEY)):
        endpoint.response = response
        for _ in range(4):
            await clock.next_poll()
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    issues = [str(issue) for issue in ir.async_get(hass).issues.values()]
    for text in (str(diagnostics), str(issues), str(hass.states.async_all())):
        assert KEY not in text
        assert "user@example.com" not in text
    own_records = [record.getMessage() for record in caplog.records if "api_balance" in record.name]
    assert own_records
    texts = " ".join(own_records)
    for secret in (KEY, "user_name_1", "user@example.com", "123456"):
        assert secret not in texts
        assert secret not in str(diagnostics)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": ' + b'{"a": ' * 5_000 + b"1" + b"}" * 5_001,
        b"[" * 30_000,
        json.dumps({f"key{number}": number for number in range(4_000)}).encode(),
        json.dumps({"a": [[number] * 9 for number in range(2_000)]}).encode(),
        b'{"balance": ' + b"9" * 60_000 + b"}",
        b'{"balance": 1e999999999, "b": 1}',
        b'{"' + b"k" * 60_000 + b'": 1}',
    ],
    ids=["deep", "deeper", "wide", "long", "huge", "exponent", "key"],
)
async def test_extreme_responses(flow: Flow, endpoint: Endpoint, body: bytes) -> None:
    """An extreme response is an error, or a form of limited size."""
    endpoint.response = body
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="none")
    step, errors = flow.shown
    if step == "custom_balance":
        assert len(flow.options["balance"]) <= 200
        assert max(len(option) for option in flow.options["balance"]) < 300
    else:
        assert errors["base"] in {"not_json", "no_number", "too_large"}


@pytest.mark.parametrize(
    "key", ["a.b", "a[0]", "a\\b", "$.a", "", " ", "0", "a: 1", "(USD)", "\u202e", "data.balance"]
)
async def test_special_keys(hass: HomeAssistant, flow: Flow, endpoint: Endpoint, key: str) -> None:
    """The number that was chosen is the one that is read, whatever its key is."""
    endpoint.response = {"data": {key: {"x": 1}, "balance": 2, "y": 3}, "a": {"b": {"x": 4}}}
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="none")
    option = next((each for each in flow.options["balance"] if each.endswith("x: 1")), None)
    if option is None:
        assert not key.isprintable()
        return
    await flow.submit(balance=option, unit="credits", advanced={})
    assert flow.placeholders["balance"] == "1 credit"
    await flow.submit(choose_again=False)
    assert get_state(hass, "sensor.acme_balance") == "1"
