"""The icon and the logo: as Home Assistant wants them, and as they are drawn."""

from PIL import Image
import pytest

from homeassistant.components.brands.const import ALLOWED_IMAGES
from scripts.lib.brand import DRAWINGS, origin

from .checkout import ROOT

FOLDER = ROOT / "custom_components/api_balance/brand"
# https://github.com/home-assistant/brands: a square icon; a logo whose shorter side is 128 to 256.
SIZES = {
    "icon.png": (256, 256),
    "icon@2x.png": (512, 512),
    "logo.png": (664, 128),
    "logo@2x.png": (1328, 256),
    "dark_logo.png": (664, 128),
    "dark_logo@2x.png": (1328, 256),
}
# The cards of Home Assistant's two themes.
LIGHT = (255, 255, 255)
DARK = (28, 28, 28)


def image(name: str) -> Image.Image:
    """Return an image with its transparency."""
    return Image.open(FOLDER / name).convert("RGBA")


def test_images() -> None:
    """Those that Home Assistant asks for, and no others."""
    found = {path.name for path in FOLDER.iterdir()}
    assert found == SIZES.keys() == DRAWINGS.keys()
    assert found <= ALLOWED_IMAGES


@pytest.mark.parametrize("name", SIZES)
def test_image(name: str) -> None:
    """Of the right size, transparent, trimmed, small, and drawn from what is in the repository."""
    assert image(name).size == SIZES[name]
    alpha = image(name).getchannel("A")
    # Few colours are kept: what is opaque may be so by a hair less.
    assert alpha.getextrema() in {(0, 254), (0, 255)}
    assert alpha.getpixel((0, 0)) == 0
    box = alpha.getbbox()
    assert box is not None
    left, top, right, bottom = box
    width, height = alpha.size
    assert (left, right) == (0, width)
    if "logo" in name:
        assert (top, bottom) == (0, height)
    else:
        # It is not quite as high as wide, and stands in the middle.
        assert abs(top - (height - bottom)) <= 1
        assert top < height / 20
    assert (FOLDER / name).stat().st_size < 16_000
    drawn_from = Image.open(FOLDER / name).info["Origin"]
    assert drawn_from == origin(DRAWINGS[name]), "It is out of date: run scripts/brand."


def contrast(colour: tuple[int, ...], ground: tuple[int, ...]) -> float:
    """Return the contrast of two colours, by WCAG 2.2."""

    def luminance(rgb: tuple[int, ...]) -> float:
        parts = [each / 255 for each in rgb]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(colour), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("icon.png", LIGHT),
        ("icon.png", DARK),
        ("icon@2x.png", LIGHT),
        ("icon@2x.png", DARK),
        ("logo.png", LIGHT),
        ("logo@2x.png", LIGHT),
        ("dark_logo.png", DARK),
        ("dark_logo@2x.png", DARK),
    ],
)
def test_legible(name: str, card: tuple[int, ...]) -> None:
    """Each colour has the contrast that a picture needs, on the cards of the theme."""
    found = image(name).getcolors(maxcolors=1 << 20)
    assert found
    colours = {
        colour[:3]
        for count, colour in found
        if isinstance(colour, tuple) and colour[3] >= 254 and count > 200
    }
    assert len(colours) >= 2
    assert min(contrast(colour, card) for colour in colours) >= 3


def test_no_other_drawing() -> None:
    """Every SVG is drawn."""
    drawn = {drawing.source for drawing in DRAWINGS.values()}
    assert drawn == {path.name for path in (ROOT / "docs/brand").glob("*.svg")}
