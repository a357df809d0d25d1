"""Draw the icon and the logo of the integration from SVG files, in the sizes of Home Assistant."""

import asyncio
from hashlib import sha256
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Page

from scripts.harness.const import DOMAIN

from .browser import running_browser
from .files import ROOT

SOURCES: Final = ROOT / "docs" / "brand"
FOLDER: Final = ROOT / "custom_components" / DOMAIN / "brand"
LIGHT_TEXT: Final = "#f3f4f6"  # for the name on a dark page


class Drawing(NamedTuple):
    """An image of the brand."""

    source: str
    height: int
    """In pixels."""
    color: str = ""
    """The color of the text; empty for the color in the SVG file."""


# The colors of the icon are legible in both themes: it needs no dark version.
DRAWINGS: Final = {
    "icon.png": Drawing("icon.svg", 256),
    "icon@2x.png": Drawing("icon.svg", 512),
    "logo.png": Drawing("logo.svg", 128),
    "logo@2x.png": Drawing("logo.svg", 256),
    "dark_logo.png": Drawing("logo.svg", 128, LIGHT_TEXT),
    "dark_logo@2x.png": Drawing("logo.svg", 256, LIGHT_TEXT),
}


def source_hash(drawing: Drawing) -> str:
    """Return a hash of everything that an image is drawn from."""
    svg = (SOURCES / drawing.source).read_bytes()
    return sha256(svg + repr(drawing[1:]).encode()).hexdigest()


async def draw(page: Page, drawing: Drawing) -> Image.Image:
    """Draw an SVG file on a transparent background."""
    svg = (SOURCES / drawing.source).read_text()
    await page.set_content(f"<body style='margin: 0'>{svg}")
    await page.evaluate(
        """([height, color]) => {
            const svg = document.querySelector('svg');
            svg.style.display = 'block';
            svg.setAttribute('height', height);
            if (color) svg.setAttribute('color', color);
        }""",
        [drawing.height, drawing.color],
    )
    picture = await page.locator("svg").screenshot(omit_background=True)
    return Image.open(BytesIO(picture))


async def main() -> None:
    """Draw every image; a hash in it tells a test whether it is out of date."""
    FOLDER.mkdir(exist_ok=True)
    async with running_browser() as browser:
        page = await browser.new_page(viewport={"width": 2048, "height": 1024})
        for name, drawing in DRAWINGS.items():
            text = PngInfo()
            text.add_text("Origin", source_hash(drawing))
            # 256 colors with transparency are enough, and need a third of the space.
            image = (await draw(page, drawing)).quantize(256)
            image.save(FOLDER / name, optimize=True, pnginfo=text)
            print(f"{name}: {image.width} x {image.height}")


if __name__ == "__main__":
    asyncio.run(main())
