"""Walk through Home Assistant's web page in a real browser, as somebody who adds accounts would."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import re
import shutil
import sys
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import (
    Error,
    Locator,
    Page,
    Response,
    TimeoutError as PageTimeoutError,
    async_playwright,
    expect,
)

from .check import troubles
from .demo import ACCOUNTS, add_dashboard
from .home_assistant import DOMAIN, ROOT, HomeAssistant, StartError, trial

FOLDER: Final = ROOT / ".e2e"
CHROMIUM: Final = "/usr/bin/chromium"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES: Final = {
    "lunos": "Lunos",
    "lensmor": "Lensmor",
    "crun": "Crun.ai",
    "lumenfall": "Lumenfall",
    "engagelab_otp": "EngageLab OTP",
}
LABELS: Final = {"api_key": "API key", "dev_key": "DevKey", "dev_secret": "DevSecret"}
TRIGGERS: Final = (
    "Account topped up",
    "Balance became low",
    "Balance crossed threshold",
    "Balance emptied",
    "Balance recovered",
)
WAIT: Final = 30_000
# What the log says, and may say, of the failures that the walk brings about.
PROVOKED: Final = (
    ": Lunos does not accept the credentials",
    ": EngageLab OTP reports that the account or application is disabled",
)


class Walk:
    """One person's way through the page."""

    def __init__(self, page: Page, server: HomeAssistant, simulator: str) -> None:
        """Start with an empty page."""
        self.page = page
        self.server = server
        self.simulator = simulator
        self.step = "start"
        self.complaints: set[str] = set()
        page.on("pageerror", lambda error: self.listen(str(error)))
        page.on("console", lambda message: self.listen(message.text))
        page.on("response", self.look_at)

    def listen(self, text: str) -> None:
        """Remember what the page says about the integration, such as a text that it cannot show."""
        if DOMAIN in text:
            self.complaints.add(text)

    def look_at(self, response: Response) -> None:
        """Remember what the integration lacks, such as its icon."""
        if not response.ok and DOMAIN in response.url:
            self.complaints.add(f"{response.status} for {urlsplit(response.url).path}")

    def begin(self, step: str) -> None:
        """Say what comes next."""
        self.step = step
        print(f"  {step}", flush=True)

    async def picture(self, name: str, *, dark: bool = False) -> None:
        """Save a picture of the page, and one in dark colours."""
        for scheme in ("light", "dark") if dark else ("light",):
            await self.page.emulate_media(color_scheme=scheme)
            # A page that loads its themes after it has applied them forgets which one it shows:
            # the picture is right all the same.
            with suppress(PageTimeoutError):
                await self.page.wait_for_function(
                    "dark => !!document.querySelector('home-assistant')"
                    ".hass.themes.darkMode === dark",
                    arg=scheme == "dark",
                    polling=100,
                    timeout=5_000,
                )
            await self.page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")
        await self.page.emulate_media(color_scheme="light")

    async def add_account(self, account: Mapping[str, str | int]) -> None:
        """Add an account from the list of integrations; the first time with a wrong key."""
        page, slug = self.page, str(account["provider"])
        name, is_first = NAMES[slug], account is ACCOUNTS[0]
        self.begin(f"add an account of {name}")
        await page.goto(f"{self.server.url}/config/integrations/dashboard")
        await page.get_by_role("button", name="Add integration").click()
        search = page.locator("dialog-add-integration")
        await search.get_by_placeholder("Search for a brand name").fill("API Balance")
        await search.get_by_role("button", name="API Balance").click()
        flow = page.locator("dialog-data-entry-flow")
        submit = flow.get_by_role("button", name="Submit")
        await flow.get_by_role("radio", name=name).click()
        await self.picture(f"add-{slug}-1-provider", dark=is_first)
        await submit.click()

        await expect(flow.get_by_text(f"Connect to {name}")).to_be_visible()
        await flow.get_by_role("button", name="Advanced settings").click()
        base_url = flow.get_by_role("textbox", name="Base URL")
        await base_url.fill(f"{self.simulator}/{slug}")
        if is_first:
            await flow.get_by_role("textbox", name="API key").fill("sk-invalid_key")
            await submit.click()
            await expect(flow.get_by_text("does not accept these credentials")).to_be_visible()
            await expect(base_url).to_have_value(f"{self.simulator}/{slug}")
            await expect(flow.get_by_role("textbox", name="API key")).to_have_value("")
            await self.picture("wrong-key", dark=True)
        for field, label in LABELS.items():
            if field in account:
                await flow.get_by_role("textbox", name=label).fill(str(account[field]))
        await self.picture(f"add-{slug}-2-credentials", dark=is_first)
        await submit.click()

        await expect(flow.get_by_text(f"Connected to {name}")).to_be_visible()
        if "low_balance_threshold" in account:
            threshold = flow.get_by_role("spinbutton", name="Low-balance threshold")
            await threshold.fill(str(account["low_balance_threshold"]))
        await self.picture(f"add-{slug}-3-low-balance", dark=is_first)
        await submit.click()
        finish = flow.get_by_role("button", name="finish")
        await expect(finish).to_be_visible()
        await self.picture(f"add-{slug}-4-added")
        await finish.click()
        await expect(finish).to_be_hidden()

    async def open_device(self, name: str) -> None:
        """Open the device page of an account from the integration's page."""
        await self.page.goto(f"{self.server.url}/config/integrations/integration/{DOMAIN}")
        await self.page.get_by_role("button", name=f"{name} {name} •").click()
        await expect(self.page.get_by_role("heading", name="Service info")).to_be_visible()

    def row(self, name: str) -> Locator:
        """Return an entity's row on the device page."""
        rows = self.page.locator("ha-device-entities-card hui-generic-entity-row")
        return rows.filter(has=self.page.get_by_text(name, exact=True))

    async def see_accounts(self) -> None:
        """See the integration's page, and every entity on the page of each device."""
        self.begin("see the accounts")
        await self.page.goto(f"{self.server.url}/config/integrations/integration/{DOMAIN}")
        await expect(
            self.page.get_by_role("link", name=f"{len(ACCOUNTS)} services")
        ).to_be_visible()
        await self.picture("integration", dark=True)
        registry = await self.server.command("config/entity_registry/list")
        devices = await self.server.command("config/device_registry/list")
        for slug, name in NAMES.items():
            self.begin(f"see the device of {name}")
            await self.open_device(name)
            (device,) = (each["id"] for each in devices if each["name"] == name)
            for entity in registry:
                if entity["device_id"] == device and not entity["disabled_by"]:
                    await expect(self.row(entity["original_name"])).to_be_visible()
            await self.picture(f"device-{slug}", dark=slug == "lunos")

    async def change_threshold(self) -> None:
        """Raise a threshold on a device page, and see the account turn low."""
        self.begin("raise the threshold of Lunos")
        await self.open_device("Lunos")
        low = self.row("Low balance")
        await expect(low).to_have_text(re.compile("OK"))
        threshold = self.row("Low-balance threshold").get_by_role("spinbutton")
        await threshold.fill("20")
        await threshold.press("Enter")
        await expect(low).to_have_text(re.compile("Low(?! balance)"))
        await self.picture("device-lunos-low", dark=True)
        self.begin("see the history of a balance")
        await self.row("Balance").click()
        dialog = self.page.locator("ha-more-info-dialog")
        await expect(dialog.get_by_text("History", exact=True)).to_be_visible()
        await self.picture("balance-dialog", dark=True)

    async def play(self, slug: str, key: str, scenario: str | None) -> None:
        """Let the simulator answer an account as another scenario from now on."""
        url = f"{self.simulator}/_simulator/{slug}/scenario"
        answer = await self.page.request.post(url, data={"key": key, "scenario": scenario})
        await expect(answer).to_be_ok()

    async def spend(self, slug: str, key: str, amount: str) -> None:
        """Let the simulator take an amount from an account."""
        url = f"{self.simulator}/_simulator/{slug}/spend"
        answer = await self.page.request.post(url, data={"key": key, "amount": amount})
        await expect(answer).to_be_ok()

    async def press_refresh(self, name: str, *, complaint: str | None = None) -> None:
        """Press the button on a device page, and see what the page says when that fails."""
        await self.open_device(name)
        await self.row("Refresh").get_by_role("button", name="Press").click()
        if complaint:
            await expect(self.page.get_by_text(complaint).first).to_be_visible()

    async def renew_key(self) -> None:
        """See that a key is refused, enter another one, and see the account as it was."""
        self.begin("see the key of Lunos refused")
        await self.play("lunos", "sk-active", "expired_key")
        await self.press_refresh("Lunos", complaint="Lunos does not accept the credentials")
        await expect(self.row("Balance")).to_have_text(re.compile("Unavailable"))
        await self.picture("refused", dark=True)
        self.begin("enter another key")
        await self.page.goto(f"{self.server.url}/config/repairs")
        await self.page.get_by_text("Authentication expired").click()
        flow = self.page.locator("dialog-data-entry-flow")
        key = flow.get_by_role("textbox", name="API key")
        await expect(key).to_have_value("")
        await self.picture("reauth", dark=True)
        await key.fill("sk-active.rotated")
        await flow.get_by_role("button", name="Submit").click()
        await expect(flow.get_by_text("Re-authentication was successful")).to_be_visible()
        await flow.get_by_role("button", name="Close").last.click()
        await self.open_device("Lunos")
        await expect(self.row("Balance")).to_have_text(re.compile(r"10\.5 credits"))

    async def mend_account(self) -> None:
        """See the repair issue of a disabled account, and see it go."""
        self.begin("see the repair issue of a disabled account")
        await self.play("engagelab_otp", "active", "disabled")
        await self.press_refresh("EngageLab OTP", complaint="application is disabled")
        await self.page.goto(f"{self.server.url}/config/repairs")
        issue = self.page.get_by_text("EngageLab OTP: the account is disabled")
        await issue.click()
        dialog = self.page.locator("dialog-repairs-issue")
        await expect(dialog.get_by_text("The next successful poll")).to_be_visible()
        await self.picture("disabled", dark=True)
        await self.play("engagelab_otp", "active", None)
        await self.press_refresh("EngageLab OTP")
        await expect(self.row("Balance")).to_have_text(re.compile(r"124\.45"))
        await self.page.goto(f"{self.server.url}/config/repairs")
        # Home Assistant may have issues of its own, with this computer.
        loaded = self.page.get_by_text(re.compile(r"no repairs pending|\d repair"))
        await expect(loaded.first).to_be_visible()
        await expect(issue).to_have_count(0)

    async def build_automation(self) -> None:
        """Build an automation with our trigger in the editor, and be told when it is time."""
        self.begin("build an automation with the trigger of an account")
        page = self.page
        await page.goto(f"{self.server.url}/config/automation/edit/new")
        await page.get_by_role("button", name="Add trigger").click()
        dialog = page.locator("add-automation-element-dialog")
        await dialog.get_by_text("Services", exact=True).click()
        await dialog.get_by_text("EngageLab OTP", exact=True).first.click()
        for name in TRIGGERS:
            await expect(dialog.get_by_text(name).first).to_be_visible()
        await self.picture("editor-triggers", dark=True)
        await dialog.get_by_text("Balance became low").first.click()
        await expect(page.get_by_text("Triggers when the balance of one or more")).to_be_visible()
        await self.picture("editor-trigger", dark=True)
        await page.get_by_role("button", name="Add condition").click()
        await dialog.get_by_text("Services", exact=True).click()
        await dialog.get_by_text("EngageLab OTP", exact=True).first.click()
        await dialog.get_by_text("Balance is low").first.click()
        await expect(page.get_by_text("Tests if the balance of one or more")).to_be_visible()
        await self.picture("editor-condition", dark=True)
        await page.get_by_role("button", name="Add action").click()
        await dialog.get_by_placeholder("Search").fill("create persistent notification")
        await dialog.get_by_text("Create persistent notification").first.click()
        message = page.locator("ha-service-control wa-input input").first
        await message.fill("{{ trigger.account }}: {{ trigger.balance }} {{ trigger.unit }} left")
        await page.get_by_role("button", name="Save").click()
        alias = page.get_by_role("textbox", name="Name")
        await alias.fill("Tell me when it is low")
        await page.get_by_role("button", name="Save").last.click()
        await expect(page.get_by_text("Automation saved").or_(alias)).to_be_hidden()
        self.begin("be told when the account becomes low")
        await self.spend("engagelab_otp", "active", "110")
        await self.press_refresh("EngageLab OTP")
        await expect(self.row("Low balance")).to_have_text(re.compile("Low(?! balance)"))
        await expect(self.row("Balance event")).not_to_have_text(re.compile("Unknown"))
        await page.get_by_role("button", name=re.compile("Notifications")).click()
        await expect(page.get_by_text("EngageLab OTP: 14.45 USD left")).to_be_visible()
        await self.picture("told", dark=True)
        await page.keyboard.press("Escape")
        await page.goto(f"{self.server.url}/config/repairs")
        await page.get_by_text("EngageLab OTP: the balance is low").click()
        issue = page.locator("dialog-repairs-issue")
        await expect(issue.get_by_text("Only 14.45 USD is left")).to_be_visible()
        await self.picture("low-issue", dark=True)

    async def see_system_health(self) -> None:
        """See on the system's page that the providers can be reached."""
        self.begin("see the system's health")
        await self.page.goto(f"{self.server.url}/config/repairs?dialog=system-health")
        health = self.page.locator("dialog-system-information")
        await expect(health.get_by_text("Accounts available")).to_be_visible()
        await expect(health.get_by_text("EngageLab OTP")).to_be_visible()
        await health.get_by_text("EngageLab OTP").scroll_into_view_if_needed()
        await self.picture("system-health", dark=True)

    async def see_dashboard(self) -> None:
        """See on the dashboard what is left and what is low, on a desk and on a telephone."""
        self.begin("see the dashboard")
        await add_dashboard(self.server)
        await self.page.set_viewport_size({"width": 1600, "height": 1250})
        await self.page.goto(self.server.url)
        for name in ("Running low", *NAMES.values()):
            await expect(self.page.get_by_text(name, exact=True).first).to_be_visible()
        await expect(self.page.locator("hui-error-card, hui-warning")).to_have_count(0)
        await self.picture("dashboard", dark=True)
        await self.page.set_viewport_size({"width": 412, "height": 915})
        await self.picture("dashboard-narrow", dark=True)


async def walk(page: Page, server: HomeAssistant, simulator: str) -> None:
    """Walk all the way; raise StartError where it does not go on."""
    person = Walk(page, server, simulator)
    try:
        for account in ACCOUNTS:
            await person.add_account(account)
        await person.see_accounts()
        await person.change_threshold()
        await person.renew_key()
        await person.mend_account()
        await person.build_automation()
        await person.see_system_health()
        await person.see_dashboard()
    except (Error, AssertionError) as err:
        await page.screenshot(path=FOLDER / "failure.png")
        reason = " ".join(str(err).split())[:300]
        message = f"Failed to {person.step}: {reason} (see {FOLDER / 'failure.png'})"
        raise StartError(message) from None
    if person.complaints:
        message = f"The browser complained: {'; '.join(sorted(person.complaints))}"
        raise StartError(message)


async def run() -> None:
    """Start everything in a folder and on ports of its own, walk, and end it."""
    async with (
        trial() as (_, simulator, server),
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        page = await browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT)
        await walk(page, server, simulator.url)
    found = [each for each in troubles(server.said) if not each.endswith(PROVOKED)]
    if found:
        message = f"Home Assistant's log has: {'; '.join(found)}"
        raise StartError(message)


async def main() -> int:
    """Run it all; return the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    expect.set_options(timeout=WAIT)
    try:
        await run()
    except StartError as err:
        print(err, file=sys.stderr)
        return 1
    print(f"All went well. The pictures are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
