"""A provider's API: how it authenticates, and what it responds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "responses"
# The secret that belongs to every simulated identifier.
SECRET: Final = "secret"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One response, and what a correct client reads from it."""

    body: str
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pad: int = 0
    """Whitespace before the body, in bytes."""
    trouble: str | None = None
    """What goes wrong below HTTP: slow, stalled, truncated or reset."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    """Documented values by field: exact amounts as text, times in UTC, "unknown" for none.

    With several balances, "balances" is a list of their values.
    """
    error: str | None = None
    """The kind of error that the response means."""
    retry_after: float | None = None
    """Seconds to wait that the response asks for."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """One provider's API."""

    slug: str
    document: str
    """Address of the documentation."""
    path: str
    """Path of the balance; it may contain {identifier} or {api_key}."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Query parameters that a request must have, apart from those that authenticate."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that a request must have, apart from those that authenticate."""
    auth: Mapping[str, Any]
    """How a request authenticates: headers and query, whose values contain {identifier} or
    {api_key}; basic, the pair of HTTP Basic authentication; and prefix, with which keys begin (or
    identifiers, if there are any)."""
    resolve: Mapping[str, str] = field(default_factory=dict)
    """The extra request: its path, the body of its response, the name of the ID and its value."""
    response: Mapping[str, Any]
    """Of a good response: the path of each field (fields); the unit, or the path of the currency;
    the fields that may be null (nullable) or missing (optional); the values that each good response
    has (good), or the key that none has (bad); the values with which the balance and what was
    granted are unknown (unknown_if).

    A field is a path, or a table with path, minus, plus (a list), divisor and unlimited, or with
    path, on and off. only_with names fields that have no value while another amount is zero.
    times says which times are in seconds or milliseconds since 1970. If each is the path of a list
    of balances, the fields and the currency are relative to its items, and account_fields are those
    outside of it. With sum, the items of one currency are one balance.
    """
    spend: Mapping[str, Any]
    """How a paid request changes a response: see bodies.spent."""
    story: Mapping[str, Any] = field(default_factory=dict)
    """What happens to an account over time, for the demo: see story.Account."""
    scenarios: Mapping[str, Scenario]

    def scenario(self, key: str) -> str:
        """Return the scenario that a key selects."""
        return key.removeprefix(self.auth.get("prefix", "")).split(".")[0]


def credentials(api: Api, scenario: str) -> dict[str, str]:
    """Return what a user enters to get a scenario.

    After a dot anything may follow: another account of the same scenario.
    """
    key = api.auth.get("prefix", "") + scenario
    auth = api.auth
    templates = [api.path, auth.get("basic", "")]
    templates += [*auth.get("headers", {}).values(), *auth.get("query", {}).values()]
    if any("{identifier}" in template for template in templates):
        return {"identifier": key, "api_key": SECRET}
    return {"api_key": key}
