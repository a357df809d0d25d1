"""Draw the integration's icon from its SVG, in the sizes that Home Assistant asks for."""

import asyncio
from typing import Final

from playwright.async_api import async_playwright

from .e2e import ARGUMENTS, CHROMIUM
from .home_assistant import DOMAIN, ROOT

SOURCE: Final = ROOT / "docs" / "brand" / "icon.svg"
FOLDER: Final = ROOT / "custom_components" / DOMAIN / "brand"
SIZES: Final = {"icon.png": 256, "icon@2x.png": 512}


async def main() -> None:
    """Draw every size, on a transparent ground."""
    FOLDER.mkdir(exist_ok=True)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        for name, size in SIZES.items():
            page = await browser.new_page(viewport={"width": size, "height": size})
            await page.set_content(f"<body style='margin: 0'>{SOURCE.read_text()}")
            await page.evaluate(
                "size => ['width', 'height'].forEach("
                "side => document.querySelector('svg').setAttribute(side, size))",
                size,
            )
            await page.screenshot(path=FOLDER / name, omit_background=True)
            await page.close()


if __name__ == "__main__":
    asyncio.run(main())
