"""Add accounts and use them, in the browser."""

import re
from typing import Final

from playwright.async_api import Locator, expect

from scripts.harness.const import DOMAIN
from scripts.lib.accounts import ACCOUNTS, Account

from .user import LOW, NAMES, User

# The labels of the credentials; one provider has its own.
_LABELS: Final = {"engagelab_otp": {"identifier": "DevKey", "api_key": "DevSecret"}}
_DEFAULT_LABELS: Final = {"api_key": "API key"}
_RETRY_TIMEOUT: Final = 90_000  # milliseconds


async def add_account(user: User, account: Account, *, is_first: bool) -> None:
    """Add an account, starting from the list of integrations; first with a wrong key."""
    slug = str(account["provider"])
    name = NAMES[slug]
    user.begin(f"add an account of {name}")
    flow = await choose_provider(user, name)
    submit = flow.get_by_role("button", name="Submit")
    await user.screenshot(f"add-{slug}-1-provider", dark=is_first)
    await submit.click()

    await expect(flow.get_by_text(f"Connect to {name}")).to_be_visible()
    await flow.get_by_role("button", name="Advanced settings").click()
    base_url = f"{user.simulator}/{slug}"
    await flow.get_by_role("textbox", name="Base URL").fill(base_url)
    if is_first:
        await enter_wrong_key(user, flow, base_url)
    for field, label in _LABELS.get(slug, _DEFAULT_LABELS).items():
        await flow.get_by_role("textbox", name=label).fill(str(account[field]))
    await user.screenshot(f"add-{slug}-2-credentials", dark=is_first)
    await submit.click()

    await expect(flow.get_by_text(f"Connected to {name}")).to_be_visible()
    if "low_balance_threshold" in account:
        threshold = flow.get_by_role("spinbutton", name="Alert below")
        await threshold.fill(str(account["low_balance_threshold"]))
    await user.screenshot(f"add-{slug}-3-low-balance", dark=is_first)
    await submit.click()
    await expect(flow.get_by_role("button", name="finish")).to_be_visible()
    await user.screenshot(f"add-{slug}-4-added")
    await finish(flow)


async def finish(flow: Locator) -> None:
    """Close the form when the account was added."""
    button = flow.get_by_role("button", name="finish")
    await expect(button).to_be_visible()
    await button.click()
    await expect(button).to_be_hidden()


async def choose_provider(user: User, name: str) -> Locator:
    """Start to add an account and choose its provider; return the form."""
    page = user.page
    await user.open_page("/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    search = page.locator("dialog-add-integration")
    await search.get_by_placeholder("Search for a brand name").fill("API Balance")
    await search.get_by_role("button", name="API Balance").click()
    flow = page.locator("dialog-data-entry-flow")
    await user.choose(flow.locator("ha-generic-picker"), name)
    return flow


async def enter_wrong_key(user: User, flow: Locator, base_url: str) -> None:
    """Enter a wrong key; the form shows an error and keeps what was entered."""
    key = flow.get_by_role("textbox", name="API key")
    await key.fill("sk-invalid_key")
    await flow.get_by_role("button", name="Submit").click()
    await expect(flow.get_by_text("does not accept these credentials")).to_be_visible()
    await expect(flow.get_by_role("textbox", name="Base URL")).to_have_value(base_url)
    await expect(key).to_have_value("sk-invalid_key")
    await user.screenshot("wrong-key", dark=True)


async def view_accounts(user: User) -> None:
    """View the page of the integration, and all entities on the device pages."""
    user.begin("view the accounts")
    await user.open_page(f"/config/integrations/integration/{DOMAIN}")
    await expect(user.page.get_by_role("link", name=f"{len(ACCOUNTS)} services")).to_be_visible()
    await user.screenshot("integration", dark=True)
    registry = await user.server.command("config/entity_registry/list")
    devices = await user.server.command("config/device_registry/list")
    for slug, name in NAMES.items():
        user.begin(f"view the device of {name}")
        await user.open_device(name)
        (device,) = (each["id"] for each in devices if each["name"] == name)
        for entity in registry:
            if entity["device_id"] == device and not entity["disabled_by"]:
                await expect(user.row(entity["original_name"])).to_be_visible()
        await user.screenshot(f"device-{slug}", dark=slug == "lunos")


async def change_threshold(user: User) -> None:
    """Raise a threshold on a device page, after which the account is low."""
    user.begin("raise the threshold of Lunos")
    await user.open_device("Lunos")
    low = user.row("Low balance")
    await expect(low).to_have_text(re.compile("OK"))
    threshold = user.row("Alert below").get_by_role("spinbutton")
    await threshold.fill("20")
    await threshold.press("Enter")
    await expect(low).to_have_text(LOW)
    await user.screenshot("device-lunos-low", dark=True)
    user.begin("view the history of a balance")
    await user.row("Balance").click()
    dialog = user.page.locator("ha-more-info-dialog")
    await expect(dialog.get_by_text("History", exact=True)).to_be_visible()
    await user.screenshot("balance-dialog", dark=True)


async def reauthenticate(user: User) -> None:
    """Enter another key after the provider has rejected the first one."""
    user.begin("let Lunos reject the key")
    await user.respond_as("lunos", "sk-active", "expired_key")
    await user.press_refresh("Lunos", error="Lunos does not accept the credentials")
    # The integration tries again after a minute before it asks for another key.
    unavailable = re.compile("Unavailable")
    await expect(user.row("Balance")).to_have_text(unavailable, timeout=_RETRY_TIMEOUT)
    await user.screenshot("rejected", dark=True)
    user.begin("enter another key")
    await user.open_page("/config/repairs")
    await user.page.get_by_text("Authentication expired").click()
    flow = user.page.locator("dialog-data-entry-flow")
    key = flow.get_by_role("textbox", name="API key")
    await expect(key).to_have_value("")
    await user.screenshot("reauth", dark=True)
    await key.fill("sk-active.rotated")
    await flow.get_by_role("button", name="Submit").click()
    await expect(flow.get_by_text("Re-authentication was successful")).to_be_visible()
    await flow.get_by_role("button", name="Close").last.click()
    await user.open_device("Lunos")
    await expect(user.row("Balance")).to_have_text(re.compile(r"10\.5 credits"))


async def view_disabled_account(user: User) -> None:
    """View the repair issue of a disabled account, which disappears when it works again."""
    user.begin("view the repair issue of a disabled account")
    await user.respond_as("engagelab_otp", "active", "disabled")
    await user.press_refresh("EngageLab OTP", error="application is disabled")
    # A failure is shown after several attempts, but immediately if the setup fails.
    await user.reload("EngageLab OTP")
    await user.open_page("/config/repairs")
    issue = user.page.get_by_text("EngageLab OTP: account disabled")
    await issue.click()
    dialog = user.page.locator("dialog-repairs-issue")
    await expect(
        dialog.get_by_text("This issue is cleared after the next successful poll")
    ).to_be_visible()
    await user.screenshot("disabled", dark=True)
    await user.respond_as("engagelab_otp", "active", None)
    await user.open_device("EngageLab OTP")
    # The setup is tried again after a pause.
    balance = re.compile(r"124\.45")
    await expect(user.row("Balance")).to_have_text(balance, timeout=_RETRY_TIMEOUT)
    await user.open_page("/config/repairs")
    # Home Assistant may have issues of its own with this computer.
    loaded = user.page.get_by_text(re.compile(r"no repairs pending|\d repair"))
    await expect(loaded.first).to_be_visible()
    await expect(issue).to_have_count(0)
