"""The accounts at the simulator that are polled."""

from typing import Final

from aiohttp import ClientSession

import simulator


def _is_comparable(api: simulator.Api) -> bool:
    """Return whether a RESTful sensor can read each field, and headers alone authenticate."""
    return (
        all(isinstance(field, str) for field in api.response["fields"].values())
        and "each" not in api.response
        and "query" not in api.auth
        and "{" not in api.path
    )


_APIS: Final = [api for api in simulator.load().values() if _is_comparable(api)]


class Account:
    """One account at the simulator."""

    def __init__(self, url: str, number: int) -> None:
        """Spread the accounts over the providers."""
        self.api = _APIS[number % len(_APIS)]
        self.slug = self.api.slug
        self.name = f"{self.slug} {number}"
        self.base_url = f"{url}/{self.slug}"
        self.credentials = simulator.credentials(self.api, f"active.{number}")
        self.key = next(iter(self.credentials.values()))
        self.unit = str(self.api.scenarios["active"].expect["unit"])

    async def spend(self, session: ClientSession, url: str) -> None:
        """Spend a small amount, so that the next response differs."""
        order = {"key": self.key, "amount": "0.01"}
        async with session.post(f"{url}/_simulator/{self.slug}/spend", json=order) as response:
            response.raise_for_status()
