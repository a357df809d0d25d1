"""What stands in the files of answers: how a provider's API authenticates, answers and is spent."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
import json
from pathlib import Path
import tomllib
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "answers"
# The secret that belongs to every simulated DevKey.
SECRET: Final = "secret"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One answer, and what a right client makes of it."""

    body: str
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pad: int = 0
    """White space before the body, in bytes."""
    trouble: str | None = None
    """What goes wrong below HTTP: slow, stalled, truncated or reset."""
    expect: Mapping[str, str | bool] = field(default_factory=dict)
    """The fields in it, by name: exact amounts as text, times in UTC, "unknown" for null."""
    error: str | None = None
    """The kind of error that it is."""
    retry_after: float | None = None
    """The pause in seconds that it asks for."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """One provider's API."""

    slug: str
    document: str
    path: str
    auth: Mapping[str, str]
    """The header, its scheme if it has one, and how keys begin."""
    answer: Mapping[str, Any]
    """Of a good answer: where each field stands, and the currency if there is one; which fields may
    be null; what stands in each good answer (good), or the key that stands in none (bad)."""
    spend: Mapping[str, Any]
    scenarios: Mapping[str, Scenario]
    story: Mapping[str, Any] = field(default_factory=dict)
    """What happens to an account over time, for the demo: see story.Account."""

    def key(self, header: str | None) -> str | None:
        """Return the key in the header that authenticates; None for one of another form."""
        scheme = self.auth.get("scheme")
        if header is None or (scheme and not header.startswith(f"{scheme} ")):
            return None
        value = header.removeprefix(f"{scheme} ") if scheme else header
        if scheme == "Basic":
            try:
                value, _, secret = b64decode(value, validate=True).decode().partition(":")
            except ValueError:
                return None
            if secret != SECRET:
                return None
        prefix = self.auth.get("prefix", "")
        known = value.startswith(prefix) and self.scenario(value) in self.scenarios
        return value if known else None

    def scenario(self, key: str) -> str:
        """Return the scenario that a key picks."""
        return key.removeprefix(self.auth.get("prefix", "")).split(".")[0]

    def spent(self, body: str, amount: Decimal, changed: datetime) -> str:
        """Return an answer after an amount was spent; a negative amount is a top-up.

        With nothing spent it is the document's own text, to the last space.
        """
        if not amount:
            return body
        answer = json.loads(body, parse_float=Decimal)
        rest, buckets = amount, self.spend["from"]
        # A top-up goes into one bucket; a debt, where there may be one, into the last.
        final = self.spend.get("into", buckets[-1]) if amount < 0 else buckets[-1]
        if None in (_get(answer, path) for path in buckets):
            return body
        for path in buckets:
            left = Decimal(_get(answer, path))
            is_final = path == final
            taken = rest if is_final else min(max(left, Decimal(0)), max(rest, Decimal(0)))
            if is_final and not self.spend.get("overdraft") and left >= 0:
                taken = min(taken, left)
            _set(answer, path, left - taken)
            rest -= taken
        if total := self.spend.get("total"):
            _set(answer, total, sum(Decimal(_get(answer, path)) for path in buckets))
        if low := self.spend.get("low"):
            below = _get(answer, buckets[0]) < _get(answer, low["below"])
            parent, key = _place(answer, low["flag"])
            parent[key] = below
        if touch := self.spend.get("touch"):
            parent, key = _place(answer, touch)
            parent[key] = changed.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        return json.dumps(answer, indent=2, default=_number)


def _place(answer: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """Return the object and the key at a path."""
    *parents, key = path.split(".")
    for parent in parents:
        answer = answer[parent]
    return answer, key


def _get(answer: dict[str, Any], path: str) -> Any:
    """Return the value at a path."""
    parent, key = _place(answer, path)
    return parent[key]


def _set(answer: dict[str, Any], path: str, value: Decimal | int) -> None:
    """Put an amount at a path, in the form that stood there: a number, or a text of four places."""
    parent, key = _place(answer, path)
    parent[key] = f"{value:.4f}" if isinstance(parent[key], str) else Decimal(value)


def _number(value: Decimal) -> float | int:
    """Return a JSON number."""
    return int(value) if value == value.to_integral_value() else float(value)


@cache
def load() -> dict[str, Api]:
    """Return every API that there is a file for, by slug."""
    common = tomllib.loads((FOLDER / "common.toml").read_text())["scenario"]
    apis = {}
    for path in sorted(FOLDER.glob("*.toml")):
        if path.stem == "common":
            continue
        written = tomllib.loads(path.read_text())
        # A provider's own answer goes before the common one. One without a body has that of the
        # active account: a client that reads on past its limits would take it for a good answer.
        tables = common | written.pop("scenario")
        active = {"body": tables["active"]["body"]}
        scenarios = {name: Scenario(**(active | values)) for name, values in tables.items()}
        apis[path.stem] = Api(slug=path.stem, scenarios=scenarios, **written)
    return apis


def credentials(api: Api, scenario: str) -> dict[str, str]:
    """Return what a user enters to get a scenario.

    After a dot anything may follow: another account of the same scenario.
    """
    key = api.auth.get("prefix", "") + scenario
    if api.auth.get("scheme") == "Basic":
        return {"identifier": key, "api_key": SECRET}
    return {"api_key": key}
