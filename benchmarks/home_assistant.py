"""A real Home Assistant in this process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import tempfile
from typing import Any, Final

from scripts.harness.config_folder import prepare
from scripts.harness.ports import reserved_port

_CONFIGURATION: Final = """
homeassistant:
  name: Benchmark
logger:
  default: error
recorder:
  commit_interval: 5
"""


@asynccontextmanager
async def home_assistant() -> AsyncGenerator[Any]:
    """Run a real Home Assistant in this process, without the integration."""
    from homeassistant import bootstrap, runner  # noqa: PLC0415
    from homeassistant.core import CoreState  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="api-balance-") as name, reserved_port() as port:
        folder = Path(name)
        prepare(folder, port)
        (folder / "configuration.yaml").write_text(_CONFIGURATION)
        config = runner.RuntimeConfig(config_dir=name, skip_pip=True, log_no_color=True)
        hass = await bootstrap.async_setup_hass(config)
        if hass is None:
            raise RuntimeError
        try:
            await hass.async_start()
            await hass.async_block_till_done()
            yield hass
        finally:
            if hass.state is not CoreState.stopped:
                await hass.async_stop(force=True)
