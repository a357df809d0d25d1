"""Take the README's pictures from the demo, while it tells its story."""

import asyncio
import sys
import time
from typing import Final

from aiohttp import ClientError
from playwright.async_api import (
    Browser,
    Error,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from .demo import begin_story, is_low_in_time
from .e2e import ARGUMENTS, CHROMIUM, WAIT
from .home_assistant import ROOT, HomeAssistant, StartError, trial

FOLDER: Final = ROOT / "docs" / "images"
SCHEMES: Final = ("light", "dark")
# Nothing may need to be scrolled.
LARGE: Final[ViewportSize] = {"width": 1280, "height": 1800}
SMALL: Final[ViewportSize] = {"width": 900, "height": 540}
MARGIN: Final = 16
# Charts draw themselves bit by bit, and nothing tells when they are ready.
SETTLE: Final = 5_000
# Without the side bar, which belongs to no integration.
HIDE_SIDE_BAR: Final = "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"


async def below(*parts: Locator) -> float:
    """Return where all these parts of a page have ended, and a margin with them."""
    boxes = [box for part in parts if (box := await part.bounding_box())]
    return max(box["y"] + box["height"] for box in boxes) + MARGIN


async def show_dashboard(page: Page, server: HomeAssistant) -> float:
    """Show the dashboard; return the end of the first row of accounts."""
    await page.goto(server.url)
    await expect(page.get_by_text("Running low", exact=True)).to_be_visible()
    await expect(page.locator("hui-error-card, hui-warning")).to_have_count(0)
    await page.wait_for_timeout(SETTLE)
    sections = page.locator("hui-section:visible")
    return await below(*(sections.nth(number) for number in range(4)))


async def show_device(page: Page, server: HomeAssistant) -> float:
    """Show the page of an account's device; return the end of what matters most."""
    devices = await server.command("config/device_registry/list")
    (device,) = (each["id"] for each in devices if each["name"] == "Lunos")
    await page.goto(f"{server.url}/config/devices/device/{device}")
    await expect(page.get_by_text("Service info", exact=True)).to_be_visible()
    await page.wait_for_timeout(SETTLE)
    return await below(page.locator("ha-device-entities-card").filter(has_text="Events"))


async def show_repair(page: Page, server: HomeAssistant) -> float:
    """Show the issue of the account that is used up; return the page's end."""
    await page.set_viewport_size(SMALL)
    await page.goto(f"{server.url}/config/repairs")
    await page.get_by_text("Crun.ai: the balance is used up").click()
    dialog = page.locator("dialog-repairs-issue")
    await expect(dialog.get_by_text("Top up the account")).to_be_visible()
    await page.wait_for_timeout(SETTLE)
    return float(SMALL["height"])


PICTURES: Final = {
    "dashboard": show_dashboard,
    "device": show_device,
    "repair": show_repair,
}


async def take(browser: Browser, server: HomeAssistant) -> None:
    """Take each picture in light and in dark colours."""
    for name, show in PICTURES.items():
        for scheme in SCHEMES:
            page = await browser.new_page(
                locale="en-GB",
                color_scheme=scheme,
                viewport=LARGE,
            )
            page.set_default_timeout(WAIT)
            await page.add_init_script(HIDE_SIDE_BAR)
            height = await show(page, server)
            width = (page.viewport_size or LARGE)["width"]
            clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
            path = FOLDER / f"{name}-{scheme}.png"
            await page.screenshot(path=path, clip=clip, animations="disabled")
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB", flush=True)
            await page.close()


async def run() -> bool:
    """Start the demo in a folder and on ports of its own, and take its pictures."""
    async with (
        trial(with_story=True) as (session, simulator, server),
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        await begin_story(session, server, simulator.url)
        if not await is_low_in_time(server, time.monotonic()):
            return False
        # From here on all pictures are of the same moment.
        await server.request("POST", "/api/services/automation/turn_off", {"entity_id": "all"})
        await take(browser, server)
    return True


async def main() -> int:
    """Run it all; return the exit code."""
    expect.set_options(timeout=WAIT)
    try:
        return 0 if await run() else 1
    except (StartError, ClientError, Error, AssertionError) as err:
        print(err, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
