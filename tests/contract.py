"""Compare what a client reads from the simulator with the documented values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from aiohttp import ClientSession

from custom_components.api_balance.api import AccountSnapshot, ApiError, Client, Field, Provider
import simulator
from simulator import Api, Scenario, Simulator

type Value = Decimal | datetime | str | bool | None
type Documented = dict[str, object]


def documented_form(api: Api, snapshot: AccountSnapshot) -> Documented:
    """Return a snapshot in the form in which the files have the expected values."""
    account = _texts({**snapshot.flags, **snapshot.details})
    balances = [{"unit": each.unit} | _texts(each.amounts) for each in snapshot.balances]
    if "each" in api.response:
        return {"balances": balances} | account
    (balance,) = balances
    return balance | account


def _texts(values: Mapping[Field, Value]) -> Documented:
    """Return values as the files have them."""
    texts: Documented = {}
    for field, value in values.items():
        match value:
            case None:
                texts[str(field)] = "unknown"
            case Decimal():
                texts[str(field)] = format(value, "f")
            case datetime():
                texts[str(field)] = value.isoformat()
            case _:
                texts[str(field)] = value
    return texts


@dataclass(kw_only=True)
class Contract:
    """A provider, its documented API, and the simulator that it is tested against."""

    provider: Provider
    api: Api
    simulator: Simulator
    url: str
    """Address of the simulator."""

    async def check_scenarios(self) -> None:
        """Require the documented outcome of each scenario that depends on the provider."""
        failures = {}
        for name, scenario in self.api.scenarios.items():
            if not scenario.trouble and not scenario.pad:
                try:
                    await self.check(name)
                except AssertionError as err:
                    failures[name] = err
        assert not failures, failures

    async def check(self, name: str) -> None:
        """Require that a client reads the documented values, or raises the one correct error."""
        scenario, credentials = self.api.scenarios[name], simulator.credentials(self.api, name)
        before = len(self.simulator.requests)
        async with ClientSession() as session:
            client = Client(
                session,
                self.provider,
                credentials,
                base_url=f"{self.url}/{self.api.slug}",
                user_agent="Test/1",
            )
            try:
                await client.resolve()
                outcome: AccountSnapshot | ApiError = await client.read()
            except ApiError as err:
                outcome = err
        if isinstance(outcome, ApiError):
            self._check_error(scenario, outcome, credentials)
        else:
            assert scenario.error is None
            assert documented_form(self.api, outcome) == scenario.expect
            self._check_fields(outcome)
        # No redirect was followed. aiohttp itself repeats a GET once if the connection was closed.
        requests = 1 + bool(self.api.resolve) + (scenario.trouble == "reset")
        assert len(self.simulator.requests) - before == requests
        assert self.simulator.calls_elsewhere == 0

    def _check_error(
        self, scenario: Scenario, error: ApiError, credentials: Mapping[str, str]
    ) -> None:
        """Require the documented error, without a secret in its text."""
        assert error.key == scenario.error
        assert error.retry_after == scenario.retry_after
        assert not [secret for secret in credentials.values() if secret in repr(error)]

    def _check_fields(self, snapshot: AccountSnapshot) -> None:
        """Require that each declared field is present, in each balance or in the account."""
        for balance in snapshot.balances:
            fields = {*balance.amounts, *snapshot.flags, *snapshot.details}
            assert fields == self.provider.fields.keys()
