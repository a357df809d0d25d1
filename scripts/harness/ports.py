"""TCP ports on this computer."""

from collections.abc import Generator
from contextlib import contextmanager
import socket

from .const import HOST, HarnessError


@contextmanager
def reserved_port() -> Generator[int]:
    """Yield a port that no other program gets until the end; connections to it are refused.

    A server that sets SO_REUSEADDR, as asyncio's servers do, can listen on it.
    """
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((HOST, 0))
        yield int(reservation.getsockname()[1])


def require_port(port: int, option: str) -> None:
    """Raise HarnessError, which names the option to use, if a port is in use."""
    with socket.socket() as test:
        test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            test.bind((HOST, port))
        except OSError:
            message = f"Port {port} is in use: stop the program that uses it, or use {option} PORT."
            raise HarnessError(message) from None
