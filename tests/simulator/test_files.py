"""The files that describe the APIs, and what they inherit."""

import ast
from pathlib import Path
import sys

import pytest

import simulator
from simulator.files import parse

from .conftest import PATHS, PREFIXES

ROOT = Path(__file__).parents[2]
ERRORS = {
    "invalid_auth",
    "permission_denied",
    "account_disabled",
    "no_credits",
    "rate_limited",
    "cannot_connect",
    "unexpected_response",
}


def test_paths() -> None:
    """There is a file for each of these providers, with the documented path."""
    assert {slug: simulator.load()[slug].path for slug in PATHS} == PATHS


@pytest.mark.parametrize("slug", simulator.load())
def test_scenarios(slug: str) -> None:
    """A scenario has either values or an error; those with values all have the same fields."""
    api = simulator.load()[slug]
    fields = api.scenarios["active"].expect.keys()
    for name, scenario in api.scenarios.items():
        assert bool(scenario.expect) is (scenario.error is None), name
        assert scenario.expect.keys() in ({}.keys(), fields), name
        assert scenario.error in {None, *ERRORS}, name
        assert scenario.retry_after is None or scenario.status in {429, 503}, name
    assert {"active", "invalid_key", "no_balance"} <= set(api.scenarios)
    if slug in PATHS:
        assert {"low", "empty", "server_error", "rate_limited"} <= set(api.scenarios)


@pytest.mark.parametrize("slug", PATHS)
def test_credentials(slug: str) -> None:
    """The credentials of a scenario are those that a user of the provider has."""
    expected = (
        {"identifier": "low", "api_key": "secret"}
        if slug == "engagelab_otp"
        else {"api_key": PREFIXES[slug] + "low"}
    )
    assert simulator.credentials(simulator.load()[slug], "low") == expected


def test_independence() -> None:
    """The simulator imports the standard library, aiohttp and itself."""
    allowed = {*sys.stdlib_module_names, "aiohttp"}
    for path in (ROOT / "simulator").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    imported = {name.name.split(".")[0] for name in names}
                case ast.ImportFrom(module=str(module), level=0):
                    imported = {module.split(".")[0]}
                case _:
                    continue
            assert imported <= allowed, path.name


FILE = """
document = "https://docs.acme.example"
path = "/v1/balance"
auth = { headers = { Authorization = "Bearer {api_key}" } }
spend = { from = ["left"] }
[response]
bad = "code"
currency = "money.currency"
fields = { balance = "left", paid_balance = "paid", plan = "plan" }
[scenario.active]
body = '{"left": 12.50, "paid": "1.2500", "plan": "pro", "money": {"currency": "usd"}}'
expect = { unit = "USD", balance = "12.50", paid_balance = "1.25", plan = "pro" }
[scenario.low]
set = { left = 0.10 }
null = ["plan"]
expect = { balance = "0.10", plan = "unknown" }
[errors]
body = '{"code": "$code", "message": "$message"}'
invalid_key = { code = "bad_key", message = "The key is not valid." }
rate_limited = { code = "slow", message = "Too many requests.", retry_after = 5 }
"""


def test_inheritance() -> None:
    """A scenario inherits the active account's body and values, an error its status and kind."""
    scenarios = parse("acme", FILE).scenarios
    low = scenarios["low"]
    assert '"left": 0.10' in low.body
    assert '"plan": null' in low.body
    assert '"paid": "1.2500"' in low.body
    assert low.expect == {
        "unit": "USD",
        "balance": "0.10",
        "paid_balance": "1.25",
        "plan": "unknown",
    }
    invalid = scenarios["invalid_key"]
    assert invalid.body == '{"code": "bad_key", "message": "The key is not valid."}'
    assert (invalid.status, invalid.error) == (401, "invalid_auth")
    limited = scenarios["rate_limited"]
    assert (limited.status, limited.error, limited.retry_after) == (429, "rate_limited", 5)
    # What goes wrong in front of a provider is common to all.
    assert scenarios["html_502"].error == "cannot_connect"
    assert scenarios["huge"].body == scenarios["active"].body


def test_derived_scenarios() -> None:
    """Only the balance and its unit are required; an error in a good status is not understood."""
    scenarios = parse("acme", FILE).scenarios
    assert "left" not in scenarios["no_balance"].body
    assert '"left": null' in scenarios["null_balance"].body
    assert '"money": {}' in scenarios["no_currency"].body
    for name in ("no_balance", "null_balance", "no_currency"):
        assert (scenarios[name].status, scenarios[name].error) == (200, "unexpected_response")
    only = scenarios["balance_only"]
    assert "paid" not in only.body
    assert only.expect == {
        "unit": "USD",
        "balance": "12.50",
        "paid_balance": "unknown",
        "plan": "unknown",
    }
    assert scenarios["error_in_200"].body == scenarios["invalid_key"].body
    assert scenarios["error_in_200"].status == 200
    nullable = FILE.replace('bad = "code"', 'bad = "code"\nnullable = ["balance"]')
    assert "null_balance" not in parse("acme", nullable).scenarios
    in_200 = FILE.replace("[errors]", '[errors]\nin_200 = ["invalid_key"]')
    scenarios = parse("acme", in_200).scenarios
    assert "error_in_200" not in scenarios
    assert scenarios["invalid_key_in_200"].error == "invalid_auth"
    assert scenarios["invalid_key_in_200"].status == 200
