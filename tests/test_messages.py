"""Sentences about accounts: each can be formatted in every language, with the right plural."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.api_balance.account import (
    SIGNAL_TRIGGERS,
    Account,
    AccountInfo,
    async_deliver,
)
from custom_components.api_balance.account.failures import ClockError, Failures
from custom_components.api_balance.api import ApiError, errors as api_errors
from custom_components.api_balance.const import DOMAIN
from custom_components.api_balance.issues import AccountIssues
from custom_components.api_balance.ledger import BalanceEvent, EventType
from custom_components.api_balance.messages import format_amount, format_time, translate
from custom_components.api_balance.trigger_figures import (
    FiguresTrigger,
    RunsOutSoon,
    SpendingExceeded,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.helpers.trigger import TriggerConfig
from homeassistant.loader import async_get_integration

TRANSLATIONS: Final = Path(__file__).parent.parent / "custom_components/api_balance/translations"
COMMON: Final[Mapping[str, Mapping[str, str]]] = {
    path.stem: json.loads(path.read_text())["common"] for path in TRANSLATIONS.glob("*.json")
}
LANGUAGES: Final = sorted(COMMON)

NUMBERS: Final = ("1", "2", "5", "1.5", "0", "1234567.5")
# The same numbers of credits; the plurals follow the rules of the Unicode CLDR.
CREDITS: Final = {
    "de": "1 Credit; 2 Credits; 5 Credits; 1,5 Credits; 0 Credits; 1.234.567,5 Credits",
    "en": "1 credit; 2 credits; 5 credits; 1.5 credits; 0 credits; 1,234,567.5 credits",
    "es": "1 crédito; 2 créditos; 5 créditos; 1,5 créditos; 0 créditos; 1.234.567,5 créditos",
    "fr": "1 crédit; 2 crédits; 5 crédits; 1,5 crédit; 0 crédit; 1_234_567,5 crédits",
    "it": "1 credito; 2 crediti; 5 crediti; 1,5 crediti; 0 crediti; 1.234.567,5 crediti",
    "ja": "1 クレジット; 2 クレジット; 5 クレジット; 1.5 クレジット; 0 クレジット; 1,234,567.5 クレジット",  # noqa: E501
    "nl": "1 credit; 2 credits; 5 credits; 1,5 credits; 0 credits; 1.234.567,5 credits",
    "pl": "1 kredyt; 2 kredyty; 5 kredytów; 1,5 kredytu; 0 kredytów; 1~234~567,5 kredytu",
    "pt-BR": "1 crédito; 2 créditos; 5 créditos; 1,5 crédito; 0 crédito; 1.234.567,5 créditos",
    "zh-Hans": "1 积分; 2 积分; 5 积分; 1.5 积分; 0 积分; 1,234,567.5 积分",
}
# _ is a narrow no-break space, ~ a no-break space.
SPACES: Final = {ord("_"): "\u202f", ord("~"): "\u00a0"}

NOW: Final = datetime(2026, 9, 5, 14, 30, tzinfo=UTC)
# The date, and what follows it if the hour is known.
TIMES: Final = {
    "de": ("05.09.2026", ", 14:30 Uhr"),
    "en": ("09/05/2026", ", 14:30"),
    "es": ("05/09/2026", ", 14:30"),
    "fr": ("05/09/2026", " à 14:30"),
    "it": ("05/09/2026", ", 14:30"),
    "ja": ("2026/09/05", " 14:30"),
    "nl": ("05-09-2026", " om 14:30"),
    "pl": ("05.09.2026", " o 14:30"),
    "pt-BR": ("05/09/2026", ", 14:30"),
    "zh-Hans": ("2026/09/05", " 14:30"),
}

INFO: Final = AccountInfo(entry_id="one", account="Bilder", provider="Crun.ai")
ERRORS: Final = {
    kind.key: kind
    for kind in (*vars(api_errors).values(), ClockError)
    if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
}


@pytest.fixture(params=LANGUAGES)
async def language(hass: HomeAssistant, request: pytest.FixtureRequest) -> str:
    """Let Home Assistant use a language, and return it."""
    hass.config.language = request.param
    await hass.config.async_set_time_zone("UTC")
    await async_load_integrations(hass, {DOMAIN})
    return str(request.param)


def credits_in(language: str, number: str) -> str:
    """Return a number of credits in a language."""
    return CREDITS[language].translate(SPACES).split("; ")[NUMBERS.index(number)]


def event(kind: EventType, balance: str | None, threshold: str, **more: Any) -> BalanceEvent:
    """Return an event."""
    amount = None if balance is None else Decimal(balance)
    return BalanceEvent(type=kind, balance=amount, threshold=Decimal(threshold), **more)


# The events with a sentence of their own, and the amounts in it.
EVENTS: Final[dict[str, tuple[BalanceEvent, dict[str, str]]]] = {
    "became_low": (event(EventType.BECAME_LOW, "2", "5"), {"balance": "2", "threshold": "5"}),
    "became_low_provider": (event(EventType.BECAME_LOW, "5", "2"), {"balance": "5"}),
    "became_low_provider_until": (
        event(EventType.BECAME_LOW, "5", "0", run_out=NOW),
        {"balance": "5"},
    ),
    "became_low_until": (
        event(EventType.BECAME_LOW, "1", "1.5", run_out=NOW),
        {"balance": "1", "threshold": "1.5"},
    ),
    "emptied": (event(EventType.EMPTIED, None, "5"), {}),
    "recovered": (event(EventType.RECOVERED, "5", "2"), {"balance": "5"}),
    "renewed": (event(EventType.RENEWED, "5", "2", amount=Decimal(-1)), {"balance": "5"}),
    "topped_up": (
        event(EventType.TOPPED_UP, "5", "2", amount=Decimal(2)),
        {"balance": "5", "amount": "2"},
    ),
}
FIGURES: Final[dict[str, tuple[type[FiguresTrigger], dict[str, object], dict[str, str]]]] = {
    "runs_out_soon": (RunsOutSoon, {"days": 3}, {"balance": "5"}),
    "spending_exceeded_day": (
        SpendingExceeded,
        {"period": "day", "amount": 1.5},
        {"spent": "2", "limit": "1.5"},
    ),
    "spending_exceeded_month": (
        SpendingExceeded,
        {"period": "month", "amount": 1.5},
        {"spent": "5", "limit": "1.5"},
    ),
}
# tests/test_dashboard.py knows them.
DASHBOARD = {"daily_spending", "dashboard_description", "no_accounts", "running_low", "totals"}
OTHERS: Final = {"date", "date_and_time", "number_example", "own_endpoint", "spent"}
UNITS: Final = {"characters", "credits", "emails", "messages", "points", "searches", "tokens"}


def expected(language: str, key: str, amounts: dict[str, str]) -> str:
    """Return a sentence with the localized amounts."""
    return COMMON[language][key].format(
        account=INFO.account,
        provider=INFO.provider,
        run_out="".join(TIMES[language]),
        **{name: credits_in(language, number) for name, number in amounts.items()},
    )


def test_every_text_is_tested() -> None:
    """The section has exactly the texts of which these tests know the use."""
    reasons = {f"reason_{key}" for key in ERRORS}
    units = {f"unit_{unit}" for unit in UNITS}
    assert set(COMMON["en"]) == {*EVENTS, *FIGURES} | OTHERS | DASHBOARD | reasons | units


@pytest.mark.parametrize("key", EVENTS)
async def test_events(hass: HomeAssistant, language: str, key: str) -> None:
    """The sentence about an event has all amounts in it."""
    happened, amounts = EVENTS[key]
    found: list[Mapping[str, Any]] = []

    @callback
    def receive(*args: Any) -> None:
        found.append(args[-1])

    async_dispatcher_connect(hass, SIGNAL_TRIGGERS, receive)
    account = Mock(
        spec=Account,
        info=INFO,
        ledgers={"credits": Mock(pending=[happened])},
        unit=Mock(return_value="credits"),
        store=Mock(),
        take_changes=Mock(return_value=[]),
    )
    async_deliver(hass, account)
    assert [each["message"] for each in found] == [expected(language, key, amounts)]


@pytest.mark.parametrize("key", FIGURES)
async def test_figures(hass: HomeAssistant, language: str, key: str) -> None:
    """The sentence about a figure has all amounts in it."""
    kind, options, amounts = FIGURES[key]
    trigger = kind(hass, TriggerConfig(key=key, target=None, options=options))
    after = Mock(spent_today=Decimal(2), spent_this_month=Decimal(5), run_out=NOW)
    change = Mock(info=INFO, unit="credits", balance=Decimal(5), after=after)
    assert trigger.details(change)["message"] == expected(language, key, amounts)


@pytest.mark.parametrize("key", ERRORS)
async def test_reasons(hass: HomeAssistant, language: str, key: str) -> None:
    """The issue about an account that cannot be read says since when and why."""
    await async_get_integration(hass, DOMAIN)
    provider = Mock(console_url="https://example.com")
    provider.name = INFO.provider
    entry = MockConfigEntry(domain=DOMAIN, title=INFO.account, entry_id=INFO.entry_id)
    failures = Failures(unreadable=timedelta(days=1), unreadable_since=NOW)
    AccountIssues(hass, entry, provider).raise_failure(ERRORS[key]("reason"), failures, NOW)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"account_unreadable_{INFO.entry_id}")
    assert issue is not None
    shown = issue.translation_placeholders
    assert shown is not None
    assert shown["since"] == "".join(TIMES[language])
    assert shown["reason"] == expected(language, f"reason_{key}", {})


async def test_amounts(hass: HomeAssistant, language: str) -> None:
    """A number has the separators of the language, and its unit the right plural."""
    for number in NUMBERS:
        amount = format_amount(hass, Decimal(number), "credits")
        assert amount == credits_in(language, number)
    # The code of a currency has no plural.
    decimal = credits_in(language, "1.5")[1]
    assert format_amount(hass, Decimal("12.5"), "USD") == f"12{decimal}50 USD"


async def test_units(hass: HomeAssistant, language: str) -> None:
    """Each unit has as many forms as the language needs."""
    needed = {"pl": {4}, "ja": {1}, "zh-Hans": {1}}.get(language, {1, 2})
    for unit in UNITS:
        forms = COMMON[language][f"unit_{unit}"].split("|")
        assert len(forms) in needed, unit
        assert all(form and form == form.strip() for form in forms), unit
        assert format_amount(hass, Decimal(1), unit) == f"1 {forms[0]}"


@pytest.mark.parametrize(
    ("number", "form"),
    [("12", 2), ("14", 2), ("21", 2), ("22", 1), ("24", 1), ("112", 2), ("-3", 1), ("0.5", 3)],
)
async def test_polish_plurals(hass: HomeAssistant, number: str, form: int) -> None:
    """Polish plurals depend on the last two digits; fractions have their own form."""
    hass.config.language = "pl"
    await async_load_integrations(hass, {DOMAIN})
    unit = ("kredyt", "kredyty", "kredytów", "kredytu")[form]
    assert format_amount(hass, Decimal(number), "credits").endswith(f" {unit}")


async def test_times(hass: HomeAssistant, language: str) -> None:
    """Times have the format of the language."""
    date, hour = TIMES[language]
    assert format_time(hass, NOW) == date + hour
    assert format_time(hass, NOW, with_hour=False) == date


async def test_names(hass: HomeAssistant, language: str) -> None:
    """The statistic of the spending has the name of the account in it."""
    assert translate(hass, "own_endpoint") == COMMON[language]["own_endpoint"]
    assert translate(hass, "spent", account=INFO.account) == expected(language, "spent", {})
