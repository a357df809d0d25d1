"""Draw the integration's icon and logo from SVGs, in the sizes that Home Assistant asks for."""

import asyncio
from hashlib import sha256
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Page, async_playwright

from .e2e import ARGUMENTS, CHROMIUM
from .home_assistant import DOMAIN, ROOT

SOURCES: Final = ROOT / "docs" / "brand"
FOLDER: Final = ROOT / "custom_components" / DOMAIN / "brand"
LIGHT_INK: Final = "#f3f4f6"  # for the name, on a dark page


class Drawing(NamedTuple):
    """One image: what it is drawn from, how high it is in pixels, and in which ink."""

    source: str
    height: int
    ink: str = ""


# The icon's colours are legible on both grounds: it needs no version for the dark one.
DRAWINGS: Final = {
    "icon.png": Drawing("icon.svg", 256),
    "icon@2x.png": Drawing("icon.svg", 512),
    "logo.png": Drawing("logo.svg", 128),
    "logo@2x.png": Drawing("logo.svg", 256),
    "dark_logo.png": Drawing("logo.svg", 128, LIGHT_INK),
    "dark_logo@2x.png": Drawing("logo.svg", 256, LIGHT_INK),
}


def origin(drawing: Drawing) -> str:
    """Return what tells whether an image is up to date: a hash of all that it is drawn from."""
    svg = (SOURCES / drawing.source).read_bytes()
    return sha256(svg + repr(drawing[1:]).encode()).hexdigest()


async def draw(page: Page, drawing: Drawing) -> Image.Image:
    """Draw an SVG on a transparent ground."""
    svg = (SOURCES / drawing.source).read_text()
    await page.set_content(f"<body style='margin: 0'>{svg}")
    await page.evaluate(
        """([height, ink]) => {
            const svg = document.querySelector('svg');
            svg.style.display = 'block';
            svg.setAttribute('height', height);
            if (ink) svg.setAttribute('color', ink);
        }""",
        [drawing.height, drawing.ink],
    )
    picture = await page.locator("svg").screenshot(omit_background=True)
    return Image.open(BytesIO(picture))


async def main() -> None:
    """Draw every image; each carries its origin, by which a test knows when it is out of date."""
    FOLDER.mkdir(exist_ok=True)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as browser,
    ):
        page = await browser.new_page(viewport={"width": 2048, "height": 1024})
        for name, drawing in DRAWINGS.items():
            text = PngInfo()
            text.add_text("Origin", origin(drawing))
            # 256 colours and degrees of transparency are plenty, and a third of the size.
            image = (await draw(page, drawing)).quantize(256)
            image.save(FOLDER / name, optimize=True, pnginfo=text)
            print(f"{name}: {image.width} x {image.height}")


if __name__ == "__main__":
    asyncio.run(main())
