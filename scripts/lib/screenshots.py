"""Take the screenshots of the README from the demo."""

import asyncio
from collections.abc import Iterable
import sys
from typing import Final

from aiohttp import ClientError
from playwright.async_api import Browser, Error, FloatRect, Locator, Page, ViewportSize, expect

from scripts.harness.const import HarnessError
from scripts.harness.home_assistant import HomeAssistant
from scripts.harness.run import trial

from .browser import TIMEOUT, running_browser
from .files import ROOT
from .language import set_language
from .story import becomes_low_in_time, set_up_story

FOLDER: Final = ROOT / "docs" / "images"
SCHEMES: Final = ("light", "dark")
# So large that nothing is scrolled.
LARGE: Final[ViewportSize] = {"width": 1280, "height": 1800}
SMALL: Final[ViewportSize] = {"width": 900, "height": 540}
EDITOR: Final[ViewportSize] = {"width": 1100, "height": 800}
PHONE: Final[ViewportSize] = {"width": 412, "height": 915}
MARGIN: Final = 16  # pixels
# Charts are animated, and nothing signals when they are complete.
CHART_TIME: Final = 5_000  # milliseconds
HIDE_SIDEBAR: Final = "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"


async def below(*parts: Locator) -> float:
    """Return the lower edge of parts of a page, with a margin, in pixels."""
    boxes = [box for part in parts if (box := await part.bounding_box())]
    return max(box["y"] + box["height"] for box in boxes) + MARGIN


async def show_dashboard(page: Page, server: HomeAssistant) -> float:
    """Open the dashboard; return the lower edge of the first accounts' charts."""
    await page.goto(server.url)
    await expect(page.get_by_role("heading", name="Crun.ai", exact=True)).to_be_visible()
    await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)
    await page.wait_for_timeout(CHART_TIME)
    return await below(page.locator("hui-statistics-graph-card").nth(1))


async def show_phone(page: Page, server: HomeAssistant) -> float:
    """Open the dashboard on a phone; return the height of its page."""
    await page.set_viewport_size(PHONE)
    await show_dashboard(page, server)
    return float(PHONE["height"])


async def show_editor(page: Page, server: HomeAssistant) -> float:
    """Open the list of triggers in the automation editor; return the height of the page."""
    await page.set_viewport_size(EDITOR)
    await page.goto(f"{server.url}/config/automation/edit/new")
    await page.get_by_role("button", name="Add trigger").click()
    dialog = page.locator("add-automation-element-dialog")
    await dialog.get_by_text("Services", exact=True).click()
    await dialog.get_by_text("Lunos", exact=True).first.click()
    await expect(dialog.get_by_text("Balance became low").first).to_be_visible()
    await page.wait_for_timeout(CHART_TIME)
    return float(EDITOR["height"])


async def show_device(page: Page, server: HomeAssistant) -> float:
    """Open the device page of an account; return the lower edge of the entities."""
    devices = await server.command("config/device_registry/list")
    (device,) = (each["id"] for each in devices if each["name"] == "Lunos")
    await page.goto(f"{server.url}/config/devices/device/{device}")
    await expect(page.get_by_text("Service info", exact=True)).to_be_visible()
    await page.wait_for_timeout(CHART_TIME)
    return await below(page.locator("ha-device-entities-card").filter(has_text="Events"))


async def show_repair(page: Page, server: HomeAssistant) -> float:
    """Open the repair issue of the empty account; return the height of the page."""
    await page.set_viewport_size(SMALL)
    await page.goto(f"{server.url}/config/repairs")
    await page.get_by_text("Crun.ai: no credits left").click()
    dialog = page.locator("dialog-data-entry-flow")
    await expect(dialog.get_by_text("Top up the account")).to_be_visible()
    await page.wait_for_timeout(CHART_TIME)
    return float(SMALL["height"])


SCREENSHOTS: Final = {
    "dashboard": show_dashboard,
    "dashboard-phone": show_phone,
    "device": show_device,
    "editor": show_editor,
    "repair": show_repair,
}


async def take(
    browser: Browser, server: HomeAssistant, names: Iterable[str], end: str = ""
) -> None:
    """Take screenshots with the light and with the dark theme."""
    for name in names:
        for scheme in SCHEMES:
            page = await browser.new_page(
                locale="en-GB", color_scheme=scheme, viewport=LARGE, device_scale_factor=2
            )
            page.set_default_timeout(TIMEOUT)
            await page.add_init_script(HIDE_SIDEBAR)
            height = await SCREENSHOTS[name](page, server)
            width = (page.viewport_size or LARGE)["width"]
            clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
            path = FOLDER / f"{name}{end}-{scheme}.png"
            await page.screenshot(path=path, clip=clip, animations="disabled")
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB", flush=True)
            await page.close()


async def run() -> bool:
    """Run the demo in a temporary folder and take its screenshots; return whether it succeeded."""
    async with trial(with_story=True) as running, running_browser() as browser:
        server = running.server
        await set_up_story(running.session, server, running.simulator.url)
        if not await becomes_low_in_time(server):
            return False
        # All screenshots show the same moment.
        await server.request("POST", "/api/services/automation/turn_off", {"entity_id": "all"})
        await take(browser, server, SCREENSHOTS)
        await set_language(server, "de")
        await take(browser, server, ["dashboard"], "-german")
    return True


async def main() -> int:
    """Take the screenshots; return the exit code."""
    try:
        return 0 if await run() else 1
    except (HarnessError, ClientError, Error, AssertionError) as err:
        print(err, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
