"""Read the files that describe the APIs; each inherits from common.toml."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from string import Template
import tomllib
from typing import Any

from .apis import FOLDER, Api, Scenario
from .bodies import edited, paths_of


@cache
def load() -> dict[str, Api]:
    """Return every API that has a file, by slug."""
    files = sorted(path for path in FOLDER.glob("*.toml") if path.stem != "common")
    return {path.stem: parse(path.stem, path.read_text()) for path in files}


@cache
def load_own_endpoint() -> Api:
    """Return the invented API for the user's own endpoint."""
    path = FOLDER.parent / "own_endpoint.toml"
    return parse(path.stem, path.read_text())


def parse(slug: str, text: str) -> Api:
    """Return the API that a file describes."""
    common = _read((FOLDER / "common.toml").read_text())
    written = _read(text)
    own = written.pop("scenario")
    tables = (
        common["scenario"]
        | _incomplete(written["response"])
        | dict(_errors(written.pop("errors"), common["error"]))
        | own
    )
    active = own["active"]
    scenarios = {name: _scenario(active, dict(table)) for name, table in tables.items()}
    if resolve := written.get("resolve"):
        written["path"] = written["path"].replace(f"{{{resolve['name']}}}", resolve["value"])
    return Api(slug=slug, scenarios=scenarios, **written)


def _read(text: str) -> dict[str, Any]:
    """Return a file with its numbers exact."""
    return tomllib.loads(text, parse_float=Decimal)


def _scenario(active: Mapping[str, Any], table: dict[str, Any]) -> Scenario:
    """Return a scenario; without a body of its own it has that of the active account, changed.

    A client that ignored its limits would take that for a good response.
    """
    changes = {name: table.pop(name, default) for name, default in (("set", {}), ("null", []))}
    removed = table.pop("remove", [])
    if "body" not in table:
        table["body"] = edited(active["body"], changes["set"], changes["null"], removed)
        if "error" not in table:
            table["expect"] = active["expect"] | table.get("expect", {})
    return Scenario(**table)


def _errors(
    errors: Mapping[str, Any], common: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the scenarios of a provider's documented errors, whose bodies have one form.

    Those in the list in_200 also occur in a response with status 200. If the list is empty, the
    provider documents no such response, and a client must not understand one.
    """
    in_200 = errors.get("in_200", [])
    for name, own in errors.items():
        if not isinstance(own, dict):
            continue
        table = common.get(name, {}) | {"body": errors["body"]} | own
        words = {"code": table["status"]} | table
        table = {
            key: value for key, value in table.items() if key not in {"code", "message", "type"}
        }
        table["body"] = Template(table["body"]).substitute(words)
        yield name, table
        if name in in_200:
            yield f"{name}_in_200", table | {"status": 200}
        elif name == "invalid_key" and not in_200:
            yield "error_in_200", table | {"status": 200, "error": "unexpected_response"}


def _incomplete(response: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return scenarios without some values: only the balance and its unit are required."""
    item = f"{response['each']}.0." if "each" in response else ""
    fields = {
        name: [item + path for path in paths_of(field)]
        for name, field in response["fields"].items()
    }
    needed = fields.pop("balance")
    found: dict[str, dict[str, Any]] = {}
    found["no_balance"] = {"remove": needed[:1], "error": "unexpected_response"}
    if "balance" not in response.get("nullable", ()):
        found["null_balance"] = {"null": needed[:1], "error": "unexpected_response"}
    if "currency" in response:
        needed.append(item + response["currency"])
        found["no_currency"] = {"remove": needed[-1:], "error": "unexpected_response"}
    removed = [path for paths in fields.values() for path in paths if path not in needed]
    if removed and not item:
        unknown = [name for name, paths in fields.items() if set(paths) & set(removed)]
        found["balance_only"] = {"remove": removed, "expect": dict.fromkeys(unknown, "unknown")}
    return found
