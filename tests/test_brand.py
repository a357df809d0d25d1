"""The icon and the logo meet the requirements of Home Assistant and match their SVG files."""

from PIL import Image
import pytest

from homeassistant.components.brands.const import ALLOWED_IMAGES
from scripts.lib.brand import DRAWINGS, source_hash
from scripts.lib.files import ROOT

pytestmark = pytest.mark.tooling

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
# The background of cards in the two themes of Home Assistant.
LIGHT = (255, 255, 255)
DARK = (28, 28, 28)


def image(name: str) -> Image.Image:
    """Return an image with its alpha channel."""
    return Image.open(FOLDER / name).convert("RGBA")


def test_images() -> None:
    """There are all images that Home Assistant requests, and no others."""
    found = {path.name for path in FOLDER.iterdir()}
    assert found == SIZES.keys() == DRAWINGS.keys()
    assert found <= ALLOWED_IMAGES


@pytest.mark.parametrize("name", SIZES)
def test_image(name: str) -> None:
    """Each image has the right size, is transparent, trimmed, small, and up to date."""
    assert image(name).size == SIZES[name]
    alpha = image(name).getchannel("A")
    # The number of colors is limited: opaque pixels may have an alpha of 254.
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
        # The icon is a little wider than high, and centered.
        assert abs(top - (height - bottom)) <= 1
        assert top < height / 20
    assert (FOLDER / name).stat().st_size < 16_000
    stored_hash = Image.open(FOLDER / name).info["Origin"]
    assert stored_hash == source_hash(DRAWINGS[name]), "run scripts/brand"


def contrast(color: tuple[int, ...], background: tuple[int, ...]) -> float:
    """Return the contrast ratio of two colors, as defined by WCAG 2.2."""

    def luminance(rgb: tuple[int, ...]) -> float:
        parts = [each / 255 for each in rgb]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(color), luminance(background)))
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
    """Each color has the contrast that WCAG requires of graphics, on the cards of the theme."""
    found = image(name).getcolors(maxcolors=1 << 20)
    assert found
    colors = {
        color[:3]
        for count, color in found
        if isinstance(color, tuple) and color[3] >= 254 and count > 200
    }
    assert len(colors) >= 2
    assert min(contrast(color, card) for color in colors) >= 3


def test_no_other_drawing() -> None:
    """Every SVG file is used."""
    drawn = {drawing.source for drawing in DRAWINGS.values()}
    assert drawn == {path.name for path in (ROOT / "docs/brand").glob("*.svg")}
