"""Add the user's own endpoint, in the browser."""

import re

from playwright.async_api import expect

from scripts.lib.accounts import OWN_ENDPOINT

from .accounts import choose_provider
from .user import User


async def add_own_endpoint(user: User) -> None:
    """Add the simulated endpoint with a curl command, and correct what was chosen first."""
    account = OWN_ENDPOINT
    user.begin("add an own endpoint")
    flow = await choose_provider(user, str(account["provider"]))
    submit = flow.get_by_role("button", name="Submit")
    await submit.click()

    await flow.get_by_role("textbox", name="Name").fill(str(account["name"]))
    address = str(account["address"]).replace("{simulator}", user.simulator)
    await flow.get_by_role("textbox", name="Address").fill(address)
    await user.screenshot("own-endpoint-1-address", dark=True)
    await submit.click()

    pickers = flow.locator("ha-generic-picker")
    await user.choose(pickers.first, "limit_per_minute")
    await user.screenshot("own-endpoint-2-balance", dark=True)
    await submit.click()
    await expect(flow.get_by_text("60.00 USD")).to_be_visible()
    await flow.locator("ha-selector-boolean ha-switch").click()
    await submit.click()

    await user.choose(pickers.first, str(account["balance"]))
    await flow.get_by_role("button", name="Advanced settings").click()
    await user.choose(pickers.nth(2), str(account["minus"]))
    await flow.get_by_role("textbox", name="Divide by").fill(str(account["divisor"]))
    await user.choose(pickers.nth(3), str(account["reset"]))
    await user.screenshot("own-endpoint-3-advanced", dark=True)
    await submit.click()
    await expect(flow.get_by_text("37.38 USD")).to_be_visible()
    await user.screenshot("own-endpoint-4-confirm", dark=True)
    await submit.click()
    finish = flow.get_by_role("button", name="finish")
    await expect(finish).to_be_visible()
    await finish.click()

    await user.open_device(str(account["name"]))
    await expect(user.row("Balance")).to_have_text(re.compile(r"37\.38"))
    await user.screenshot("own-endpoint-5-device", dark=True)
