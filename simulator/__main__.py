"""Run the simulator until it receives a signal."""

import argparse
import asyncio
from datetime import datetime
import signal
import ssl
import sys

from aiohttp import web

from .server import create_app


async def run(arguments: argparse.Namespace) -> str | None:
    """Serve until a signal is received; return what went wrong, or None."""
    app = create_app(delay=arguments.delay, story=arguments.story)
    # Slow responses in progress must not delay the end.
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        tls = None
        if arguments.certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(arguments.certificate)
        await web.TCPSite(runner, arguments.host, arguments.port, ssl_context=tls).start()
    except (OSError, OverflowError) as err:
        await runner.cleanup()
        return f"The simulator cannot listen on {arguments.host}:{arguments.port}: {err}"
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for name in signals:
        loop.add_signal_handler(name, stop.set)
    host, port = runner.addresses[0][:2]
    scheme = "https" if arguments.certificate else "http"
    print(f"The simulator listens on {scheme}://{host}:{port}", flush=True)  # noqa: T201
    await stop.wait()
    for name in signals:
        loop.remove_signal_handler(name)
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
    parser.add_argument("--port", type=int, default=8124, help="0 for any free port")
    parser.add_argument("--delay", type=float, default=60.0, help="seconds of a slow response")
    parser.add_argument("--certificate", help="a file with a certificate and its key, for https")
    parser.add_argument(
        "--story", type=moment, metavar="TIME", help="when the story of the demo begins"
    )
    sys.exit(asyncio.run(run(parser.parse_args())))


if __name__ == "__main__":
    main()
