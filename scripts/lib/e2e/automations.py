"""Create an automation in the editor, in the browser."""

import re
from typing import Final

from playwright.async_api import expect

from .user import LOW, User

_TRIGGERS: Final = (
    "Account topped up",
    "Balance became low",
    "Balance crossed threshold",
    "Balance emptied",
    "Balance recovered",
    "Balance renewed",
    "Balance runs out soon",
    "Spending exceeded",
)


async def create_automation(user: User) -> None:
    """Create an automation with a trigger and a condition of the integration in the editor."""
    user.begin("create an automation with the trigger of an account")
    page = user.page
    await user.open_page("/config/automation/edit/new")
    dialog = page.locator("add-automation-element-dialog")
    await add_element(user, "trigger")
    for name in _TRIGGERS:
        await expect(dialog.get_by_text(name).first).to_be_visible()
    await user.screenshot("editor-triggers", dark=True)
    await dialog.get_by_text("Balance became low").first.click()
    await expect(
        page.get_by_text("Triggers once each time the balance of one or more")
    ).to_be_visible()
    await user.screenshot("editor-trigger", dark=True)
    await add_element(user, "condition")
    await dialog.get_by_text("Balance is low").first.click()
    await expect(page.get_by_text("Tests if the balance of one or more")).to_be_visible()
    await user.screenshot("editor-condition", dark=True)
    await page.get_by_role("button", name="Add action").click()
    await dialog.get_by_placeholder("Search").fill("create persistent notification")
    await dialog.get_by_text("Create persistent notification").first.click()
    message = page.locator("ha-service-control wa-input input").first
    await message.fill("{{ trigger.message }}")
    await page.get_by_role("button", name="Save").click()
    alias = page.get_by_role("textbox", name="Name")
    await alias.fill("Notify me when it is low")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Automation saved").or_(alias)).to_be_hidden()


async def add_element(user: User, kind: str) -> None:
    """Open the list of triggers or conditions of a device."""
    await user.page.get_by_role("button", name=f"Add {kind}").click()
    dialog = user.page.locator("add-automation-element-dialog")
    await dialog.get_by_text("Services", exact=True).click()
    await dialog.get_by_text("EngageLab OTP", exact=True).first.click()


async def receive_notification(user: User) -> None:
    """Receive the automation's notification when the account becomes low."""
    user.begin("receive the notification when the account becomes low")
    page = user.page
    await user.spend("engagelab_otp", "active", "110")
    await user.press_refresh("EngageLab OTP")
    await expect(user.row("Low balance")).to_have_text(LOW)
    await expect(user.row("Balance event")).not_to_have_text(re.compile("Unknown"))
    await page.get_by_role("button", name=re.compile("Notifications")).click()
    await expect(
        page.get_by_text("EngageLab OTP has only 14.45 USD left, which is below")
    ).to_be_visible()
    await user.screenshot("notification", dark=True)
    await page.keyboard.press("Escape")
    await user.open_page("/config/repairs")
    await page.get_by_text("EngageLab OTP: balance is low").click()
    flow = page.locator("dialog-data-entry-flow")
    await expect(flow.get_by_text("EngageLab OTP has only 14.45 USD left.")).to_be_visible()
    await expect(flow.get_by_text("I topped up: check now")).to_be_visible()
    await user.screenshot("low-issue", dark=True)
