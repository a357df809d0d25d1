"""A user in front of Home Assistant's web page: the steps that every walkthrough needs."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
import re
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import (
    ConsoleMessage,
    Locator,
    Page,
    Response,
    TimeoutError as PageTimeoutError,
    expect,
)

from scripts.harness.const import DOMAIN
from scripts.harness.home_assistant import HomeAssistant
from scripts.lib.files import ROOT

FOLDER: Final = ROOT / ".e2e"
NAMES: Final = {
    "lunos": "Lunos",
    "lensmor": "Lensmor",
    "crun": "Crun.ai",
    "lumenfall": "Lumenfall",
    "engagelab_otp": "EngageLab OTP",
}
# The state of the binary sensor, not its name.
LOW: Final = re.compile("Low(?! balance)")
_THEME_TIMEOUT: Final = 5_000  # milliseconds


class User:
    """A user with a browser."""

    def __init__(self, page: Page, server: HomeAssistant, simulator: str) -> None:
        """Start with an empty page."""
        self.page = page
        self.server = server
        self.simulator = simulator
        self.step = "start"
        self.errors: set[str] = set()
        self._all_errors = False
        page.on("pageerror", lambda error: self._on_message(str(error)))
        page.on("console", self._on_console)
        page.on("response", self._on_response)

    @contextmanager
    def no_errors_allowed(self) -> Generator[None]:
        """Keep all errors of some steps, not only those that name the integration."""
        self._all_errors = True
        yield
        self._all_errors = False

    def _on_console(self, message: ConsoleMessage) -> None:
        """Keep an error, or a message about the integration."""
        if self._all_errors and message.type == "error":
            path = urlsplit(message.location["url"]).path
            self.errors.add(f"{message.text} (from {path})")
        self._on_message(message.text)

    def _on_message(self, text: str) -> None:
        """Keep a message about the integration, for example about a missing translation."""
        if DOMAIN in text:
            self.errors.add(text)

    def _on_response(self, response: Response) -> None:
        """Keep a failed request for a file of the integration, for example its icon."""
        if not response.ok and DOMAIN in response.url:
            self.errors.add(f"{response.status} for {urlsplit(response.url).path}")

    def begin(self, step: str) -> None:
        """Print the next step."""
        self.step = step
        print(f"  {step}", flush=True)

    async def screenshot(self, name: str, *, dark: bool = False) -> None:
        """Save a screenshot of the page, if wanted also one with the dark theme."""
        for scheme in ("light", "dark") if dark else ("light",):
            await self.page.emulate_media(color_scheme=scheme)
            # Right after loading, the page may report the wrong theme although it shows the right
            # one.
            with suppress(PageTimeoutError):
                await self.page.wait_for_function(
                    "dark => !!document.querySelector('home-assistant')"
                    ".hass.themes.darkMode === dark",
                    arg=scheme == "dark",
                    polling=100,
                    timeout=_THEME_TIMEOUT,
                )
            await self.page.screenshot(path=FOLDER / f"{name}-{scheme}.png", animations="disabled")
        await self.page.emulate_media(color_scheme="light")

    async def open_page(self, path: str) -> None:
        """Open a page of Home Assistant."""
        await self.page.goto(self.server.url + path)

    async def open_device(self, name: str) -> None:
        """Open the device page of an account from the page of the integration."""
        await self.open_page(f"/config/integrations/integration/{DOMAIN}")
        # The name of the device and its manufacturer.
        device = re.compile(rf"^{re.escape(name)} .+ •")
        await self.page.get_by_role("button", name=device).click()
        await expect(self.page.get_by_role("heading", name="Service info")).to_be_visible()

    def row(self, name: str) -> Locator:
        """Return the row of an entity on the device page."""
        rows = self.page.locator("ha-device-entities-card hui-generic-entity-row")
        return rows.filter(has=self.page.get_by_text(name, exact=True))

    async def choose(self, picker: Locator, text: str) -> None:
        """Search a list for a text, and choose the first result."""
        await picker.click()
        box = self.page.locator("ha-picker-combo-box")
        await box.locator("input").fill(text)
        await box.locator("ha-combo-box-item").filter(has_text=text).first.click()
        # The form takes over the choice when the list has closed.
        await expect(picker.get_by_text(text).first).to_be_visible()
        await expect(box).to_have_count(0)

    async def press_refresh(self, name: str, *, error: str | None = None) -> None:
        """Press the button on the device page; it succeeds or shows an error."""
        await self.open_device(name)
        await self.row("Refresh").get_by_role("button", name="Press").click()
        if error:
            await expect(self.page.get_by_text(error).first).to_be_visible()

    async def reload(self, name: str) -> None:
        """Reload the config entry of an account."""
        entries = await self.server.command("config_entries/get", domain=DOMAIN)
        (entry,) = (each["entry_id"] for each in entries if each["title"] == name)
        await self.server.reload(entry)

    async def respond_as(self, slug: str, key: str, scenario: str | None) -> None:
        """Make the simulator respond to an account as another scenario; None: as its own."""
        url = f"{self.simulator}/_simulator/{slug}/scenario"
        response = await self.page.request.post(url, data={"key": key, "scenario": scenario})
        await expect(response).to_be_ok()

    async def spend(self, slug: str, key: str, amount: str) -> None:
        """Make the simulator subtract an amount from the balance of an account."""
        url = f"{self.simulator}/_simulator/{slug}/spend"
        response = await self.page.request.post(url, data={"key": key, "amount": amount})
        await expect(response).to_be_ok()
