"""Errors in the documentation of the providers.

tests/test_contract.py checks the kind of every documented error of every provider. Its consequences
depend on the kind alone, so each kind is tested here with two providers, however many there are.
"""

from collections.abc import Iterator, Mapping
import json
from typing import Final

import simulator

from .fault import JSON, Fault, Wire, http

_PROVIDERS_PER_KIND: Final = 2


def faults() -> Iterator[Fault]:
    """Yield a fault for each kind of error, in a failed and in a successful HTTP response."""
    found: dict[tuple[str, bool, float | None], dict[str, simulator.Scenario]] = {}
    for slug, api in simulator.load().items():
        for scenario in api.scenarios.values():
            if scenario.error and _is_documented(scenario):
                key = (scenario.error, scenario.status == 200, scenario.retry_after)
                found.setdefault(key, {}).setdefault(slug, scenario)
    for (kind, is_successful, retry_after), scenarios in found.items():
        selected = dict(list(scenarios.items())[:_PROVIDERS_PER_KIND])
        yield Fault(
            name=f"Documented: {kind}"
            f"{' (HTTP 200)' if is_successful else ''}"
            f"{f', Retry-After: {retry_after:g}' if retry_after else ''}",
            kind=kind,
            slugs=tuple(selected),
            wire=_respond(selected),
            pause=None if retry_after is None else int(retry_after),
        )


def _is_documented(scenario: simulator.Scenario) -> bool:
    """Return whether a response is a JSON object of a provider's own."""
    if scenario.trouble or scenario.pad:
        return False
    try:
        body = json.loads(scenario.body)
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body)


def _respond(scenarios: Mapping[str, simulator.Scenario]) -> Wire:
    """Send the documented response of each provider, and a good one for any other provider."""

    def wire(slug: str, good: bytes) -> bytes:
        if slug not in scenarios:
            return http(200, good, JSON)
        scenario = scenarios[slug]
        headers = [f"{name}: {value}" for name, value in scenario.headers.items()]
        return http(scenario.status, scenario.body.encode(), JSON, *headers)

    return wire
