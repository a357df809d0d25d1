"""Requests to the providers: one session, a limit of concurrent requests, and a request log."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from homeassistant.const import CONF_VERIFY_SSL, EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import SERVER_SOFTWARE, async_create_clientsession
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..api import AccountSnapshot, ApiError, Client, Provider
from ..const import CONF_BASE_URL, CONF_HOST, DOMAIN, MAX_CONCURRENT_REQUESTS
from .failures import Request, async_failures

# One session for all accounts, without a cookie jar: a cookie that one account received must not
# be sent with the key of another one. It uses Home Assistant's connector.
_SESSION: HassKey[ClientSession] = HassKey(f"{DOMAIN}_session")

# Per provider slug.
_SEMAPHORES: HassKey[defaultdict[str, asyncio.Semaphore]] = HassKey(f"{DOMAIN}_semaphores")


@callback
def async_create_client(hass: HomeAssistant, provider: Provider, data: Mapping[str, Any]) -> Client:
    """Return the client for the data of a config entry."""
    version = async_get_loaded_integration(hass, DOMAIN).version
    return Client(
        _async_session(hass),
        provider,
        data,
        base_url=data.get(CONF_BASE_URL),
        host=provider.host(data.get(CONF_HOST)),
        user_agent=f"APIBalance/{version} {SERVER_SOFTWARE}",
        verify_ssl=data.get(CONF_VERIFY_SSL, True),
    )


@callback
def _async_session(hass: HomeAssistant) -> ClientSession:
    """Return the session of all accounts."""
    if _SESSION not in hass.data:
        # Automatic cleanup would close it with the account that happened to be the first one.
        session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=DummyCookieJar())
        hass.data[_SESSION] = session

        @callback
        def detach(_event: Event) -> None:
            """Release the connector, which belongs to Home Assistant."""
            session.detach()

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_CLOSE, detach)
    return hass.data[_SESSION]


async def async_fetch(
    hass: HomeAssistant, entry_id: str, provider: Provider, client: Client
) -> AccountSnapshot | ApiError:
    """Send one request for an account, and return the response or the error."""
    semaphores = hass.data.setdefault(
        _SEMAPHORES, defaultdict(lambda: asyncio.Semaphore(MAX_CONCURRENT_REQUESTS))
    )
    # Found now: when the response arrives, the account may have been removed.
    requests = async_failures(hass, entry_id).requests
    async with semaphores[provider.slug]:
        at, start = dt_util.utcnow(), hass.loop.time()
        try:
            result: AccountSnapshot | ApiError = await client.read()
        except ApiError as err:
            result = err
        milliseconds = round((hass.loop.time() - start) * 1000)
    error = result if isinstance(result, ApiError) else None
    requests.append(
        Request(
            at=at,
            milliseconds=milliseconds,
            error=None if error is None else error.key,
            reason=None if error is None else error.reason,
        )
    )
    return result
