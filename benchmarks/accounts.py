"""The accounts at the simulator that are polled."""

from aiohttp import ClientSession

from scripts.harness.states import CURRENCIES
import simulator


class Account:
    """One account at the simulator."""

    def __init__(self, url: str, number: int) -> None:
        """Spread the accounts over the providers."""
        apis = list(simulator.load().values())
        self.api = apis[number % len(apis)]
        self.slug = self.api.slug
        self.name = f"{self.slug} {number}"
        self.base_url = f"{url}/{self.slug}"
        self.credentials = simulator.credentials(self.api, f"active.{number}")
        self.key = next(iter(self.credentials.values()))

    @property
    def unit(self) -> str:
        """Return the unit of the balance."""
        return "USD" if self.slug in CURRENCIES else "credits"

    async def spend(self, session: ClientSession, url: str) -> None:
        """Let the next response be another one."""
        order = {"key": self.key, "amount": "0.01"}
        async with session.post(f"{url}/_simulator/{self.slug}/spend", json=order) as response:
            response.raise_for_status()
