"""Run the simulator until it is told to stop."""

import argparse
import asyncio
from datetime import datetime
import signal
import sys

from aiohttp import web

from .server import create_app


async def run(arguments: argparse.Namespace) -> str | None:
    """Serve until a signal comes; return what went wrong, or None."""
    app = create_app(delay=arguments.delay, story=arguments.story)
    # Slow answers that are still under way must not hold up the end.
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, arguments.host, arguments.port).start()
    except (OSError, OverflowError) as err:
        return f"The simulator cannot listen on {arguments.host}:{arguments.port}: {err}"
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    print(f"The simulator listens on http://{arguments.host}:{arguments.port}", flush=True)  # noqa: T201
    await stop.wait()
    await runner.cleanup()
    return None


def moment(text: str) -> datetime:
    """Return a time from the command line."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError) as err:
        message = f"not a time: {text}"
        raise argparse.ArgumentTypeError(message) from err


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8124)
    parser.add_argument("--delay", type=float, default=60.0, help="seconds of a slow answer")
    parser.add_argument(
        "--story", type=moment, metavar="TIME", help="when the story begins that the demo tells"
    )
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
