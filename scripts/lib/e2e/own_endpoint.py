"""Add the user's own endpoint and a gateway at home, in the browser."""

import re
from typing import Final

from playwright.async_api import Locator, expect

from scripts.lib.accounts import OWN_ENDPOINT

from .accounts import choose_provider, finish
from .user import User

_PUBLIC_ADDRESS: Final = "http://8.8.8.8:3000"


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

    await choose_wrong(user, flow)
    await choose_right(user, flow)
    await finish(flow)
    await user.open_device(str(account["name"]))
    await expect(user.row("Balance")).to_have_text(re.compile(r"37\.38"))
    await user.screenshot("own-endpoint-5-device", dark=True)


async def choose_wrong(user: User, flow: Locator) -> None:
    """Choose a number that is no balance, see what it would look like, and go back."""
    submit = flow.get_by_role("button", name="Submit")
    await user.choose(flow.locator("ha-generic-picker").first, "limit_per_minute")
    await user.screenshot("own-endpoint-2-balance", dark=True)
    await submit.click()
    await expect(flow.get_by_text("60.00 USD")).to_be_visible()
    await flow.locator("ha-selector-boolean ha-switch").click()
    await submit.click()


async def choose_right(user: User, flow: Locator) -> None:
    """Choose the balance, what to subtract, and what to divide by."""
    account, pickers = OWN_ENDPOINT, flow.locator("ha-generic-picker")
    submit = flow.get_by_role("button", name="Submit")
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


async def add_gateway(user: User) -> None:
    """Add a gateway on the user's own network; http:// to any other address is refused."""
    user.begin("add a gateway on a private address")
    flow = await choose_provider(user, "New API")
    submit = flow.get_by_role("button", name="Submit")
    await submit.click()
    await expect(flow.get_by_text("the key is sent unencrypted")).to_be_visible()
    address = flow.get_by_role("textbox", name="Base URL")
    await address.fill(_PUBLIC_ADDRESS)
    await flow.get_by_role("textbox", name="API key").fill("sk-low")
    await submit.click()
    await expect(flow.get_by_text("only addresses on your own network")).to_be_visible()
    await user.screenshot("gateway-1-public-address", dark=True)
    await address.fill(f"{user.simulator}/new_api")
    await submit.click()
    await expect(flow.get_by_text("Connected to New API")).to_be_visible()
    await submit.click()
    await finish(flow)
    await user.open_device("New API")
    # 61,234 quota units, of which a US dollar has 500,000.
    await expect(user.row("Balance")).to_have_text(re.compile(r"0\.12"))
    await user.screenshot("gateway-2-device", dark=True)
