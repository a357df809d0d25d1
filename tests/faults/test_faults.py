"""Each fault has exactly the consequences of its kind, ends without a trace, and leaks nothing."""

from collections.abc import Mapping
import logging
from pathlib import Path
from typing import Final

import pytest

from .accounts import Accounts
from .fault import Fault
from .outcome import OUTCOMES, Outcome, expected_outcome
from .secret_search import OTHER, SecretSearch
from .table import FAULTS

_INTERVAL: Final = 900
_LONG: Final = 6 * 60 * 60
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
    await add_during_fault(accounts, fault, search)
    await accounts.submit(accounts.reauth_flows())
    await accounts.wait(max(_SETUP_RETRY, fault.pause or 0))
    assert_well(accounts, before)
    assert accounts.server.redirected == 0
    search.check(caplog.text)


async def poll_during_fault(accounts: Accounts, fault: Fault, outcome: Outcome) -> None:
    """Check the polls while the fault lasts."""
    each_once = dict.fromkeys(fault.slugs, 1)
    accounts.clear_log()
    await accounts.start_fault(fault)
    assert await accounts.requests_during(_INTERVAL) == each_once
    balances = dict.fromkeys(fault.slugs, outcome.state)
    for responses, pause in enumerate((*outcome.pauses, None), 1):
        assert accounts.balances() == balances
        issues = dict.fromkeys(fault.slugs, outcome.issue) if outcome.issue else {}
        assert accounts.issues() == (issues if responses >= outcome.issue_after else {})
        if pause:
            assert await accounts.requests_during(pause - 1) == {}
            assert await accounts.requests_during(1) == each_once
    if not outcome.pauses:
        assert await accounts.requests_during(_LONG) == {}
    assert accounts.log(logging.INFO) == lines(accounts, [outcome.log])
    assert set(accounts.reauth_flows()) == (set(fault.slugs) if outcome.starts_reauth else set())


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
        assert entry.state.value == outcome.setup_state
        assert entry.reason == outcome.reason.format(provider=entry.title)
    assert accounts.log(logging.WARNING) == lines(accounts, outcome.log_at_setup)


async def add_during_fault(accounts: Accounts, fault: Fault, search: SecretSearch) -> None:
    """Check the form while the fault lasts; end the fault and submit the form again."""
    flows = await accounts.start_flows(fault.slugs)
    for result in (await accounts.submit(flows, OTHER)).values():
        assert result["errors"] == {"base": fault.kind}
        search.add_flow_result(result)
    await accounts.server.end_fault()
    for result in (await accounts.submit(flows, OTHER)).values():
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
