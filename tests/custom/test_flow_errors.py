"""Add an own endpoint: errors are explained, and can be corrected."""

from typing import Final
from unittest.mock import patch

from aiohttp import ClientTimeout, web
import pytest

from custom_components.api_balance.api import Client
from homeassistant.data_entry_flow import FlowResultType

from .conftest import KEY, Endpoint, Flow

HTML: Final = b"<html><body>Please sign in</body></html>"


def respond(
    body: bytes = b"", status: int = 200, content_type: str = "application/json", **headers: str
) -> web.Response:
    """Return a response."""
    return web.Response(body=body, status=status, headers={"Content-Type": content_type, **headers})


async def request(flow: Flow, endpoint: Endpoint) -> None:
    """Enter an address and a key."""
    await flow.submit(name="Acme", address=endpoint.url)
    await flow.submit(auth="bearer", api_key=KEY)


async def correct(flow: Flow, endpoint: Endpoint) -> None:
    """Submit the form for the key again, with a good response, and add the account."""
    endpoint.response = {"balance": 5}
    await flow.submit(auth="bearer", api_key=KEY)
    assert flow.shown == ("custom_balance", {})
    await flow.submit(balance="balance", unit="credits", advanced={})
    result = await flow.submit(choose_again=False)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ftp://api.example.com", "invalid_address"),
        ("http://api.example.com/v1", "unencrypted"),
        ("curl 'https://api.example.com", "invalid_command"),
        ("curl https://api.example.com -X POST", "not_get"),
        ("curl https://api.example.com -b session=secret", "cookies"),
        ("https://api.example.com/?key=secret&token=secret", "several_keys"),
        ("https://api.example.com/?my%20key=secret", "invalid_name"),
    ],
)
async def test_invalid_address(flow: Flow, endpoint: Endpoint, address: str, error: str) -> None:
    """The form says what is wrong, and does not send a key back."""
    await flow.submit(name=" My API? ", address=address)
    assert flow.shown == ("custom", {"address": error})
    assert flow.suggested["name"] == "My API?"
    assert "secret" not in str(flow.suggested)
    await request(flow, endpoint)
    assert flow.shown == ("custom_balance", {})


@pytest.mark.parametrize(
    ("response", "error", "placeholders"),
    [
        (respond(status=401), "invalid_auth", {}),
        (respond(b"{}", status=403), "permission_denied", {}),
        (respond(status=402), "no_credits", {}),
        (respond(status=429), "rate_limited", {}),
        (respond(status=503), "cannot_connect", {}),
        (respond(status=404), "unexpected_status", {"reason": "HTTP 404"}),
        (respond(status=302, Location="/"), "unexpected_status", {"reason": "HTTP 302"}),
        (respond(HTML, content_type="text/html"), "not_json", ("text/html", "40")),
        (
            respond(HTML, status=403, content_type="TEXT/HTML; charset=utf-8"),
            "not_json",
            ("text/html", "40"),
        ),
        (respond(b"Hello", content_type="text/plain"), "not_json", ("text/plain", "5")),
        (respond(content_type="text/plain"), "not_json", ("text/plain", "0")),
        (respond(b'{"a": 1, "a": 2}'), "not_json", ("application/json", "16")),
        (respond(b'{"secret'), "not_json", ("application/json", "8")),
        (respond(b"x", content_type="<secret>/x" * 50), "not_json", ("—", "1")),
        (respond(b" " * 70_000), "too_large", ("application/json", "None")),
        (respond(b"{}"), "no_number", ("application/json", "2")),
        (respond(b'{"ok": true, "a": "secret"}'), "no_number", ("application/json", "27")),
    ],
)
async def test_response(
    flow: Flow,
    endpoint: Endpoint,
    caplog: pytest.LogCaptureFixture,
    response: web.Response,
    error: str,
    placeholders: dict[str, str] | tuple[str, str],
) -> None:
    """The form says what came: its type and size or its status, never its content."""
    endpoint.response = response
    await request(flow, endpoint)
    assert flow.shown == ("custom_key", {"base": error})
    if isinstance(placeholders, tuple):
        placeholders = dict(zip(("content_type", "size"), placeholders, strict=True))
    assert flow.placeholders.items() >= placeholders.items()
    texts = f"{flow.placeholders} {flow.suggested} {caplog.text}"
    assert "secret" not in texts.replace(KEY, "")
    assert flow.suggested["auth"] == "bearer"
    assert KEY not in texts
    await correct(flow, endpoint)


@pytest.mark.parametrize(
    ("user_input", "errors"),
    [
        ({"auth": "bearer"}, {"api_key": "invalid_credential"}),
        ({"auth": "bearer", "api_key": "two words"}, {"api_key": "invalid_credential"}),
        ({"auth": "bearer", "api_key": "a\r\nb: c"}, {"api_key": "invalid_credential"}),
        ({"auth": "header", "api_key": KEY}, {"auth_name": "invalid_name"}),
        ({"auth": "header", "auth_name": "a\r\nb", "api_key": KEY}, {"auth_name": "invalid_name"}),
        ({"auth": "query", "auth_name": "org", "api_key": KEY}, {"auth_name": "invalid_name"}),
        ({"auth": "query", "auth_name": "a&b", "api_key": KEY}, {"auth_name": "invalid_name"}),
        (
            {"auth": "basic", "identifier": "a:b", "api_key": KEY},
            {"identifier": "invalid_credential"},
        ),
        (
            {"auth": "basic", "identifier": "a b", "api_key": KEY},
            {"identifier": "invalid_credential"},
        ),
    ],
)
async def test_invalid_key(
    flow: Flow, endpoint: Endpoint, user_input: dict[str, str], errors: dict[str, str]
) -> None:
    """What cannot be sent is not sent."""
    await flow.submit(name="Acme", address=f"{endpoint.url}?org=1")
    await flow.submit(**user_input)
    assert flow.shown == ("custom_key", errors)
    assert "api_key" not in flow.suggested
    assert not endpoint.requests
    await correct(flow, endpoint)


async def test_header_of_the_command(flow: Flow, endpoint: Endpoint) -> None:
    """The key cannot take the place of another header of the command."""
    await flow.submit(name="Acme", address=f"curl {endpoint.url} -H 'X-Version: 2'")
    await flow.submit(auth="header", auth_name="x-version", api_key=KEY)
    assert flow.shown == ("custom_key", {"auth_name": "invalid_name"})
    assert not endpoint.requests


@pytest.mark.parametrize(
    ("user_input", "error"),
    [
        ({"unit": " "}, "invalid_unit"),
        ({"unit": "x" * 21}, "invalid_unit"),
        ({"unit": "12"}, "invalid_unit"),
        ({"balance": "elsewhere"}, "invalid_choice"),
        ({"advanced": {"minus": "elsewhere"}}, "invalid_choice"),
        *(
            ({"advanced": {"divisor": text}}, "invalid_divisor")
            for text in ("0", "x", "1,5", "1e99")
        ),
        ({"advanced": {"divisor": "1e-12"}}, "invalid_amount"),
    ],
)
async def test_invalid_balance(
    flow: Flow, endpoint: Endpoint, user_input: dict[str, object], error: str
) -> None:
    """A balance that cannot be calculated is not accepted."""
    endpoint.response = {"balance": 1234}
    await request(flow, endpoint)
    await flow.submit(**{"balance": "balance", "unit": "credits", "advanced": {}, **user_input})
    assert flow.shown == ("custom_balance", {"base": error})
    await flow.submit(balance="balance", unit="credits", advanced={})
    assert flow.placeholders["balance"] == "1,234 credits"


async def test_nothing_suggested(flow: Flow, endpoint: Endpoint) -> None:
    """If no number looks like a balance, none is suggested."""
    endpoint.response = {"a": 1, "b": "2"}
    await request(flow, endpoint)
    assert flow.options["balance"] == ["a: 1", "b: 2"]
    assert flow.suggested == {"advanced": {}}


async def test_refused_connection(flow: Flow, endpoint: Endpoint, refused_url: str) -> None:
    """A server that cannot be reached is no unexpected response."""
    await flow.submit(name="Acme", address=refused_url)
    await flow.submit(auth="bearer", api_key=KEY)
    assert flow.shown == ("custom_key", {"base": "cannot_connect"})


async def test_slow_server(flow: Flow, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not respond in time is given up."""
    path = "custom_components.api_balance.api.client._TIMEOUT"
    monkeypatch.setattr(path, ClientTimeout(total=0.000_001))
    await request(flow, endpoint)
    assert flow.shown == ("custom_key", {"base": "cannot_connect"})


@pytest.mark.expects_traceback("Unexpected error while reading Acme")
async def test_unexpected_error(flow: Flow, endpoint: Endpoint) -> None:
    """An error of the integration is logged and shown, and the form can be submitted again."""
    with patch.object(Client, "fetch", side_effect=ZeroDivisionError):
        await request(flow, endpoint)
    assert flow.shown == ("custom_key", {"base": "unknown"})
    await correct(flow, endpoint)
