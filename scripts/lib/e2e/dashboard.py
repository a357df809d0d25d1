"""The dashboard: it can be added in the user interface, and follows the accounts."""

import json
from typing import Final

from playwright.async_api import Page, expect

from scripts.harness.const import DOMAIN
from scripts.lib.accounts import add_accounts
from scripts.lib.files import ROOT
from scripts.lib.language import set_language

from .user import NAMES, User

_PATH: Final = "/api-balance"
_TRANSLATIONS: Final = ROOT / "custom_components" / DOMAIN / "translations"
_DESKTOP: Final = 1600, 1250
_PHONE: Final = 412, 915


async def add_dashboard(user: User) -> None:
    """Choose the dashboard in the dialog, and view it on a desktop and on a phone."""
    user.begin("add the dashboard")
    await user.open_page("/config/lovelace/dashboards")
    # The dialog takes the description that is known when it opens.
    await user.page.wait_for_function("customStrategies?.some((each) => each.description)")
    await user.page.get_by_role("button", name="Add dashboard").click()
    card = user.page.locator("ha-dialog-new-dashboard dashboard-card").filter(
        has_text="API Balance"
    )
    await expect(card.get_by_text("starting with what is running low")).to_be_visible()
    await user.screenshot("add-dashboard", dark=True)
    await card.click()
    await user.page.get_by_role("button", name="Create", exact=True).click()
    await expect(user.page.locator("ha-data-table").get_by_text("API Balance")).to_be_visible()
    await _open(user.page, user, _DESKTOP)
    for name in ("Running low", "Totals", *NAMES.values()):
        await _expect_heading(user.page, name)
    await expect(user.page.get_by_role("heading", name="Daily spending").first).to_be_visible()
    await expect(user.page.get_by_role("heading", name="Alert below").first).to_be_visible()
    await expect(user.page.locator("hui-error-card, hui-warning")).to_have_count(0)
    await user.screenshot("dashboard", dark=True)
    await _open(user.page, user, _PHONE)
    await user.screenshot("dashboard-narrow", dark=True)


async def change_accounts(user: User) -> None:
    """Rename, add and remove an account: the open dashboard shows it at once."""
    user.begin("rename, add and remove an account while the dashboard is open")
    await _open(user.page, user, _DESKTOP)
    devices = await user.server.command("config/device_registry/list")
    (device,) = (each["id"] for each in devices if each["name"] == "Lunos")
    for name in ("Household", "Lunos"):
        await user.server.command(
            "config/device_registry/update", device_id=device, name_by_user=name
        )
        await _expect_heading(user.page, name)
    new = {"provider": "twilio", "identifier": "ACactive", "api_key": "secret", "name": "Phone"}
    (entry,) = await add_accounts(user.server, user.simulator, [new])
    await _expect_heading(user.page, "Phone")
    await user.server.request("DELETE", f"/api/config/config_entries/entry/{entry}")
    await _expect_heading(user.page, "Phone", count=0)


async def view_in_german(user: User) -> None:
    """View the dashboard of a German installation, which has nothing in English."""
    user.begin("view the dashboard in German")
    english, german = (_texts(language) for language in ("en", "de"))
    await set_language(user.server, "de")
    await _open(user.page, user, _DESKTOP)
    for name in ("Geht zur Neige", "Summen"):
        await _expect_heading(user.page, name)
    await expect(user.page.get_by_role("heading", name="Ausgaben pro Tag").first).to_be_visible()
    await expect(user.page.get_by_text("Heute ausgegeben", exact=True).first).to_be_visible()
    for text in english - german:
        await expect(user.page.get_by_text(text, exact=True)).to_have_count(0)
    await user.screenshot("dashboard-german")
    await set_language(user.server, "en")


async def _open(page: Page, user: User, size: tuple[int, int]) -> None:
    """Open the dashboard in a window of a size."""
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto(user.server.url + _PATH)
    await _expect_heading(page, "Lunos")


async def _expect_heading(page: Page, name: str, *, count: int = 1) -> None:
    """Expect the section of an account, or none."""
    await expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(count)


def _texts(language: str) -> set[str]:
    """Return the names and texts that the dashboard may show."""
    texts = json.loads((_TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))
    names = {
        description["name"].replace("{unit}", "")
        for platform in texts["entity"].values()
        for description in platform.values()
    }
    common = {text for text in texts["common"].values() if "{" not in text and "|" not in text}
    return names | common
