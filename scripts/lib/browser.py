"""Headless Chromium, for the scripts that look at pages."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright, expect

TIMEOUT: Final = 30_000
"""How long an element of a page may take to appear, in milliseconds."""

_CHROMIUM: Final = "/usr/bin/chromium"
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def running_browser() -> AsyncGenerator[Browser]:
    """Run a browser that does not use the network by itself."""
    expect.set_options(timeout=TIMEOUT)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS) as browser,
    ):
        yield browser
