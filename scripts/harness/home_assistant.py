"""Control a running Home Assistant over HTTP, as its web page does."""

import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession

from .const import DOMAIN, HarnessError

LOG: Final = "console.log"
_FLOWS: Final = "/api/config/config_entries/flow"
_POLL_INTERVAL: Final = 0.1  # seconds


class HomeAssistant:
    """A running Home Assistant."""

    def __init__(
        self, session: ClientSession, folder: Path, url: str, ended: asyncio.Task[int]
    ) -> None:
        """Keep its configuration folder, its URL, and the task that ends when it ends."""
        self._session = session
        self._token: dict[str, Any] = {}
        self.folder = folder
        self.url = url
        self.log = folder / LOG
        self.ended = ended

    async def request(self, method: str, path: str, data: object = None) -> Any:
        """Call the REST API; raise HarnessError on an error response."""
        headers = {"Authorization": f"Bearer {self._token.get('access_token')}"}
        async with self._session.request(
            method, self.url + path, json=data, headers=headers if self._token else {}
        ) as response:
            text = await response.text()
            if not response.ok:
                message = f"Home Assistant rejected {method} {path}: {response.status} {text}"
                raise HarnessError(message)
            return json.loads(text) if text else None

    async def command(self, name: str, **data: object) -> Any:
        """Call the WebSocket API; raise HarnessError on an error response."""
        async with self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token["access_token"]})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": name, **data})
            response = await socket.receive_json()
        if not response["success"]:
            message = f"Home Assistant rejected {name}: {response['error']['message']}"
            raise HarnessError(message)
        return response["result"]

    async def log_in(self) -> None:
        """Get a token as the web page does on this computer, without a password."""
        client = f"{self.url}/"
        step = await self.request(
            "POST",
            "/auth/login_flow",
            {"client_id": client, "handler": ["trusted_networks", None], "redirect_uri": client},
        )
        if step["type"] == "form":
            # There are several users now. The first one was created by onboard().
            choice = {"client_id": client, "user": step["data_schema"][0]["options"][0][0]}
            step = await self.request("POST", f"/auth/login_flow/{step['flow_id']}", choice)
        form = {"grant_type": "authorization_code", "code": step["result"], "client_id": client}
        async with self._session.post(f"{self.url}/auth/token", data=form) as response:
            self._token = await response.json()

    async def log_out(self) -> None:
        """Revoke the token; otherwise the user's list of sessions would grow with each start."""
        form = {"token": self._token.pop("refresh_token")}
        async with self._session.post(f"{self.url}/auth/revoke", data=form):
            self._token = {}

    async def onboard(self) -> None:
        """Create the owner `demo` with the password `demo`, and complete the onboarding."""
        client = f"{self.url}/"
        owner = {"name": "Demo", "username": "demo", "password": "demo", "language": "en"}
        await self.request("POST", "/api/onboarding/users", {**owner, "client_id": client})
        await self.log_in()
        await self.command(
            "config/core/update",
            location_name="API Balance demo",
            country="NL",
            currency="EUR",
            language="en",
            time_zone=_time_zone(),
        )
        await self.request("POST", "/api/onboarding/analytics")
        addresses = {"client_id": client, "redirect_uri": client}
        await self.request("POST", "/api/onboarding/integration", addresses)

    async def wait_until_running(self) -> None:
        """Wait until all integrations are set up; raise HarnessError in recovery mode."""
        while True:
            config = await self.request("GET", "/api/config")
            if config["recovery_mode"]:
                message = "it is in recovery mode"
                raise HarnessError(message)
            if config["state"] == "RUNNING":
                return
            await asyncio.sleep(_POLL_INTERVAL)

    async def add_account(self, user_input: Mapping[str, object]) -> str:
        """Go through the config flow as the web page does; return the ID of the config entry.

        Raises HarnessError if the flow shows an error or aborts.
        """
        step = await self.request("POST", _FLOWS, {"handler": DOMAIN})
        while step["type"] == "form" and not step["errors"]:
            form = _fill_in(step["data_schema"], user_input)
            step = await self.request("POST", f"{_FLOWS}/{step['flow_id']}", form)
        if step["type"] != "create_entry":
            reason = step.get("reason") or step.get("errors")
            message = f"The account {user_input['provider']} could not be added: {reason}"
            raise HarnessError(message)
        return str(step["result"]["entry_id"])

    async def reload(self, entry: str) -> None:
        """Reload a config entry, by its ID."""
        await self.request("POST", f"/api/config/config_entries/entry/{entry}/reload")


def _fill_in(schema: list[dict[str, Any]], user_input: Mapping[str, object]) -> dict[str, object]:
    """Fill in a form with the user's input, and leave the suggested values in other fields."""
    form: dict[str, object] = {}
    for field in schema:
        name = field["name"]
        suggested = field.get("description", {}).get("suggested_value", field.get("default"))
        if field.get("type") == "expandable":
            form[name] = _fill_in(field["schema"], user_input)
        elif (value := user_input.get(name, suggested)) is not None:
            form[name] = value
    return form


def _time_zone() -> str:
    """Return the time zone of this computer."""
    link = Path("/etc/localtime").resolve()
    return str(link).partition("/zoneinfo/")[2].removeprefix("Etc/") or "UTC"
