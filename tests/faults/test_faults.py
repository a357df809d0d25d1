"""Each fault has exactly the consequences of its kind, ends without a trace, and leaks nothing."""

from collections.abc import Mapping
import logging
from pathlib import Path
from typing import Final

import pytest

from homeassistant.config_entries import ConfigEntryState

from .accounts import ENTERED, Accounts
from .fault import Fault
from .outcome import OUTCOMES, Outcome, expected_outcome
from .secret_search import SecretSearch
from .table import FAULTS

_INTERVAL: Final = 900
# Errors in a form whose text is about the base URL.
ADDRESS: Final = {"cannot_connect", "invalid_certificate", "unexpected_response"}
# Requests may be early or late by some seconds.
_TOLERANCE: Final = 3
# The delay with which Home Assistant retries the setup, in seconds.
_SETUP_RETRY: Final = 90


def test_names() -> None:
    """Each fault has its own name."""
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_fault(
    accounts: Accounts, search: SecretSearch, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """Accounts are polled, set up and added during the fault, and all is well afterwards."""
    outcome = expected_outcome(fault)
    await accounts.set_up(fault)
    before = accounts.states()
    await poll_during_fault(accounts, fault, outcome)
    await search.add_accounts()
    await recover(accounts, fault, outcome)
    assert_well(accounts, before)
    await set_up_during_fault(accounts, fault, outcome)
    await search.add_accounts()
    await add_during_fault(accounts, fault, outcome, search)
    await accounts.submit(accounts.reauth_flows())
    await accounts.wait(max(_INTERVAL, fault.pause or 0))
    assert_well(accounts, before)
    assert accounts.server.redirected == 0
    search.check(caplog.text)


async def poll_during_fault(accounts: Accounts, fault: Fault, outcome: Outcome) -> None:
    """Check the polls while the fault lasts."""
    good = accounts.balances()
    accounts.clear_log()
    await accounts.start_fault(fault)
    assert await accounts.requests_during(_INTERVAL) == dict.fromkeys(fault.slugs, 1)
    seconds = 0
    for failures, delay in enumerate(outcome.delays, 1):
        assert_seen(accounts, outcome, good, failures, seconds)
        due = seconds + delay
        if seconds < _INTERVAL < due:
            # The failure becomes visible between two requests.
            assert await accounts.requests_during(_INTERVAL - seconds - _TOLERANCE) == {}
            assert_seen(accounts, outcome, good, failures, _INTERVAL - _TOLERANCE)
            seconds = _INTERVAL + _TOLERANCE
            assert await accounts.requests_during(2 * _TOLERANCE) == {}
            assert_seen(accounts, outcome, good, failures, seconds)
        assert await accounts.requests_during(due - seconds - _TOLERANCE) == {}
        seconds = due - _TOLERANCE
        assert_seen(accounts, outcome, good, failures, seconds)
        seconds += await accounts.wait_for_requests(2 * _TOLERANCE)
    assert_seen(accounts, outcome, good, len(outcome.delays) + 1, seconds)
    assert accounts.log(logging.INFO) == lines(accounts, [outcome.log])


def assert_seen(
    accounts: Accounts, outcome: Outcome, good: Mapping[str, str], failures: int, seconds: int
) -> None:
    """Check what a user sees after some failures and seconds."""
    is_visible = outcome.is_visible(failures, seconds)
    assert accounts.balances() == (dict.fromkeys(good, "unavailable") if is_visible else good)
    has_issue = outcome.has_issue(failures)
    assert accounts.issues() == (dict.fromkeys(good, outcome.issue) if has_issue else {})
    asks = outcome.starts_reauth and is_visible
    assert set(accounts.reauth_flows()) == (set(good) if asks else set())


async def recover(accounts: Accounts, fault: Fault, outcome: Outcome) -> None:
    """End the fault, and check that the accounts are available again."""
    accounts.clear_log()
    await accounts.server.end_fault()
    results = await accounts.submit(accounts.reauth_flows())
    assert {result["reason"] for result in results.values()} <= {"reauth_successful"}
    await accounts.wait(max(_INTERVAL, fault.pause or 0))
    assert accounts.log(logging.INFO) == lines(accounts, outcome.log_after)


async def set_up_during_fault(accounts: Accounts, fault: Fault, outcome: Outcome) -> None:
    """Check the setup while the fault lasts."""
    accounts.clear_log()
    await accounts.start_fault(fault)
    await accounts.reload()
    for entry in accounts.entries.values():
        assert entry.state is ConfigEntryState.SETUP_RETRY
        assert entry.reason == outcome.reason.format(provider=entry.title)
    await accounts.wait(_SETUP_RETRY)
    assert set(accounts.reauth_flows()) == (set(fault.slugs) if outcome.starts_reauth else set())
    # Home Assistant shows the retries on the page of the account.
    assert accounts.log(logging.WARNING) == []


async def add_during_fault(
    accounts: Accounts, fault: Fault, outcome: Outcome, search: SecretSearch
) -> None:
    """Check the form while the fault lasts; end the fault and submit the form again."""
    flows = await accounts.start_flows(fault.slugs)
    for result in (await accounts.submit(flows, ENTERED)).values():
        error = fault.form_error or fault.kind
        assert result["errors"] == {"base": f"{error}_base_url" if error in ADDRESS else error}
        search.add_flow_result(result)
    await accounts.server.end_fault()
    for result in (await accounts.submit(flows, ENTERED)).values():
        if result.get("reason") == "already_configured":
            # Reauthentication has found out whose account it is.
            assert outcome.starts_reauth
        else:
            assert result["step_id"] == "low_balance"
            search.add_flow_result(result)


def lines(accounts: Accounts, texts: list[str]) -> list[str]:
    """Return lines of the log, once for each account."""
    return sorted(
        text.format(provider=entry.title) for text in texts for entry in accounts.entries.values()
    )


def assert_well(accounts: Accounts, before: Mapping[str, str]) -> None:
    """Check that everything is as before the fault."""
    accounts.assert_loaded()
    assert accounts.states() == before
    assert accounts.issues() == {}
    assert accounts.reauth_flows() == {}


def test_documentation() -> None:
    """The page about failures has the reason of each kind of error."""
    page = (Path(__file__).parents[2] / "docs/reliability.md").read_text()
    for kind in {fault.kind for fault in FAULTS}:
        reason = OUTCOMES[kind].reason.removeprefix("{provider} ")
        assert f"“{reason}”" in page
