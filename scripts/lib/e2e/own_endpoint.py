"""Add the user's own endpoint, in the browser."""

import re

from playwright.async_api import Locator, expect

from scripts.lib.accounts import OWN_ENDPOINT

from .user import User


async def add_own_endpoint(user: User) -> None:
    """Add the simulated endpoint with a curl command, and correct what was chosen first."""
    page, account = user.page, OWN_ENDPOINT
    user.begin("add an own endpoint")
    await user.open_page("/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    search = page.locator("dialog-add-integration")
    await search.get_by_placeholder("Search for a brand name").fill("API Balance")
    await search.get_by_role("button", name="API Balance").click()
    flow = page.locator("dialog-data-entry-flow")
    submit = flow.get_by_role("button", name="Submit")
    await choose(user, flow.locator("ha-generic-picker"), str(account["provider"]))
    await submit.click()

    await flow.get_by_role("textbox", name="Name").fill(str(account["name"]))
    address = str(account["address"]).replace("{simulator}", user.simulator)
    await flow.get_by_role("textbox", name="Address").fill(address)
    await user.screenshot("own-endpoint-1-address", dark=True)
    await submit.click()

    await choose_wrong(user, flow)
    await choose_right(user, flow)
    finish = flow.get_by_role("button", name="finish")
    await expect(finish).to_be_visible()
    await finish.click()
    await user.open_device(str(account["name"]))
    await expect(user.row("Balance")).to_have_text(re.compile(r"37\.38"))
    await user.screenshot("own-endpoint-5-device", dark=True)


async def choose_wrong(user: User, flow: Locator) -> None:
    """Choose a number that is no balance, see what it would look like, and go back."""
    submit = flow.get_by_role("button", name="Submit")
    await choose(user, flow.locator("ha-generic-picker").first, "limit_per_minute")
    await user.screenshot("own-endpoint-2-balance", dark=True)
    await submit.click()
    await expect(flow.get_by_text("60.00 USD")).to_be_visible()
    await flow.locator("ha-selector-boolean ha-switch").click()
    await submit.click()


async def choose_right(user: User, flow: Locator) -> None:
    """Choose the balance, what to subtract, and what to divide by."""
    account, pickers = OWN_ENDPOINT, flow.locator("ha-generic-picker")
    submit = flow.get_by_role("button", name="Submit")
    await choose(user, pickers.first, str(account["balance"]))
    await flow.get_by_role("button", name="Advanced settings").click()
    await choose(user, pickers.nth(2), str(account["minus"]))
    await flow.get_by_role("textbox", name="Divide by").fill(str(account["divisor"]))
    await choose(user, pickers.nth(3), str(account["reset"]))
    await user.screenshot("own-endpoint-3-advanced", dark=True)
    await submit.click()
    await expect(flow.get_by_text("37.38 USD")).to_be_visible()
    await user.screenshot("own-endpoint-4-confirm", dark=True)
    await submit.click()


async def choose(user: User, picker: Locator, text: str) -> None:
    """Search a list for a text, and choose the first result."""
    await picker.click()
    box = user.page.locator("ha-picker-combo-box")
    await box.locator("input").fill(text)
    await box.locator("ha-combo-box-item").filter(has_text=text).first.click()
    # The form takes over the choice when the list has closed.
    await expect(picker.get_by_text(text).first).to_be_visible()
    await expect(box).to_have_count(0)
