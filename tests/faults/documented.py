"""Errors in the documentation of the providers.

tests/test_contract.py checks the kind of every documented error of every provider. Its consequences
depend on the kind alone, so each kind is tested here with two providers, however many there are.
"""

from collections.abc import Iterator, Mapping
import json
from typing import Final

import simulator

from .fault import JSON, MIN_PAUSE, Fault, Wire, http

_PROVIDERS_PER_KIND: Final = 2


def faults() -> Iterator[Fault]:
    """Yield a fault for each kind of error, in a failed and in a successful HTTP response."""
    found: dict[tuple[str, bool, bool], dict[str, simulator.Scenario]] = {}
    # A response that no credits are left is information, not a failure.
    # The server has no response for an extra request.
    for slug, api in simulator.load().items():
        if api.resolve:
            continue
        for scenario in api.scenarios.values():
            if scenario.error and scenario.error != "no_credits" and _is_documented(scenario):
                key = (scenario.error, scenario.status == 200, scenario.retry_after is not None)
                found.setdefault(key, {}).setdefault(slug, scenario)
    for (kind, is_successful, has_retry_after), scenarios in found.items():
        selected = dict(list(scenarios.items())[: 1 if has_retry_after else _PROVIDERS_PER_KIND])
        name = f"Documented: {kind}"
        pause = None
        if is_successful:
            name += " (HTTP 200)"
        if has_retry_after:
            name += ", with Retry-After"
            (scenario,) = selected.values()
            pause = max(MIN_PAUSE, int(scenario.retry_after or 0))
        yield Fault(
            name=name, kind=kind, slugs=tuple(selected), wire=_respond(selected), pause=pause
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
