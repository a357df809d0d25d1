"""Go through Home Assistant's web page in a real browser, as a user who adds accounts."""

import asyncio
import shutil
import sys
from typing import Final

from playwright.async_api import Error, Page, expect

from scripts.harness.const import HarnessError
from scripts.harness.home_assistant import HomeAssistant
from scripts.harness.run import trial
from scripts.harness.states import problems
from scripts.lib.accounts import ACCOUNTS
from scripts.lib.browser import TIMEOUT, running_browser

from .accounts import (
    add_account,
    change_threshold,
    reauthenticate,
    view_accounts,
    view_disabled_account,
)
from .automations import create_automation, receive_notification
from .dashboard import add_dashboard, change_accounts, view_in_german
from .own_endpoint import add_gateway, add_own_endpoint
from .short_failures import hide_event_entity, see_no_short_failures
from .user import FOLDER, User

_MAX_REASON: Final = 300  # characters
# Home Assistant asks for the texts of every platform as if it were an integration when its
# language is changed.
_LANGUAGE_WARNING: Final = "Failed to load integration for translation: Invalid domain"
# The failures that the walkthrough causes are logged.
_EXPECTED_ERRORS: Final = (
    ": Lunos does not accept the credentials",
    ": EngageLab OTP reports that the account or application is disabled",
)


async def view_system_health(user: User) -> None:
    """View the system health, which says that the providers can be reached."""
    user.begin("view the system health")
    await user.open_page("/config/repairs?dialog=system-health")
    health = user.page.locator("dialog-system-information")
    await expect(health.get_by_text("Accounts available")).to_be_visible()
    await expect(health.get_by_text("EngageLab OTP")).to_be_visible()
    await health.get_by_text("EngageLab OTP").scroll_into_view_if_needed()
    await user.screenshot("system-health", dark=True)


async def walk_through(page: Page, server: HomeAssistant, simulator: str) -> None:
    """Go through all pages; raise HarnessError at the step that fails."""
    user = User(page, server, simulator)
    try:
        for account in ACCOUNTS:
            await add_account(user, account, is_first=account is ACCOUNTS[0])
        await view_accounts(user)
        await change_threshold(user)
        await reauthenticate(user)
        await view_disabled_account(user)
        await create_automation(user)
        await receive_notification(user)
        await view_system_health(user)
        with user.no_errors_allowed():
            await add_dashboard(user)
            await change_accounts(user)
            await view_in_german(user)
        await add_own_endpoint(user)
        await add_gateway(user)
        await see_no_short_failures(user)
        await hide_event_entity(user)
    except (Error, AssertionError) as err:
        path = FOLDER / "failure.png"
        await page.screenshot(path=path)
        reason = " ".join(str(err).split())[:_MAX_REASON]
        message = f"Failed to {user.step}: {reason} (see {path})"
        raise HarnessError(message) from None
    if user.errors:
        message = f"The browser reported errors: {'; '.join(sorted(user.errors))}"
        raise HarnessError(message)


async def main() -> int:
    """Run everything in a temporary folder; return the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    try:
        async with trial() as running, running_browser() as browser:
            page = await browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
            page.set_default_timeout(TIMEOUT)
            await walk_through(page, running.server, running.simulator.url)
    except HarnessError as err:
        print(err, file=sys.stderr)
        return 1
    found = [
        each
        for each in problems(running.log)
        if not each.endswith(_EXPECTED_ERRORS) and _LANGUAGE_WARNING not in each
    ]
    if found:
        print(f"Home Assistant's log has: {'; '.join(found)}", file=sys.stderr)
        return 1
    print(f"Everything is as expected. The screenshots are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
