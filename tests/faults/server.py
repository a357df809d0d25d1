"""A server that behaves exactly as a fault describes."""

import asyncio
from collections.abc import Mapping
import socket
import ssl
import struct

import simulator

from .fault import JSON, OTHER_SERVER, End, Fault, http


class FaultServer:
    """All providers on one port, each below a path of its own."""

    def __init__(self, certificates: Mapping[str, ssl.SSLContext], hosts: set[str]) -> None:
        """Prepare a server without faults; hosts are the host names that can be resolved."""
        self.heads: list[str] = []
        """The heads of all requests."""
        self.redirected = 0
        """The number of redirects that were followed to the second server."""
        self.stalled = 0
        """The number of clients that wait for data."""
        self.changed = asyncio.Event()
        """Is set whenever a client starts to wait."""
        self.port = 0
        self._fault: Fault | None = None
        self._certificates = certificates
        self._hosts = hosts
        self._server: asyncio.Server | None = None
        self._other_server: asyncio.Server | None = None
        self._bound: socket.socket | None = None
        self._recovered = asyncio.Event()

    async def start(self, certificate: str) -> None:
        """Accept connections, with TLS unless the name of the certificate is empty."""
        if self._other_server is None:
            self._other_server = await asyncio.start_server(self._count_redirect, "127.0.0.1")
        context = self._certificates[certificate] if certificate else None
        self._server = await asyncio.start_server(
            self._respond, "127.0.0.1", self.port, ssl=context, limit=2**20
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close all connections and accept no more."""
        self._recovered.set()
        if self._server is not None:
            await _close(self._server)
            self._server = None

    async def close(self) -> None:
        """Stop both servers."""
        await self.stop()
        if self._other_server is not None:
            await _close(self._other_server)

    async def start_fault(self, fault: Fault) -> None:
        """Behave as a fault describes."""
        self._fault = fault
        if not fault.is_known:
            self._hosts.clear()
        if not fault.is_listening:
            await self.stop()
            # Nobody else can use the port meanwhile.
            self._bound = socket.socket()
            self._bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._bound.bind(("127.0.0.1", self.port))
        elif fault.certificate is not None:
            await self.stop()
            await self.start(fault.certificate)
        self._recovered.clear()

    async def end_fault(self) -> None:
        """Behave well again."""
        fault, self._fault = self._fault, None
        self._hosts.add("localhost")
        self._recovered.set()
        if self._bound is not None:
            self._bound.close()
            self._bound = None
        if fault is not None and (not fault.is_listening or fault.certificate is not None):
            await self.stop()
            await self.start("" if fault.certificate is None else "valid")

    async def _count_redirect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Count a redirect that was followed; a client of an earlier test asks for another path."""
        self.redirected += b"/redirected" in await reader.readline()
        writer.close()

    async def _respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one request."""
        fault = self._fault
        try:
            if fault is not None and fault.is_early:
                writer.write(fault.wire("", b""))
            else:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                slug = head.split()[1].split("/")[1]
                writer.write(self._response(slug, fault))
                await writer.drain()
            await self._end(writer, End.CLOSE if fault is None else fault.end)
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    def _response(self, slug: str, fault: Fault | None) -> bytes:
        """Return what a provider sends."""
        good = simulator.load()[slug].scenarios["active"].body.encode()
        if fault is None:
            return http(200, good, JSON)
        assert self._other_server is not None
        port = self._other_server.sockets[0].getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        return fault.wire(slug, good).replace(OTHER_SERVER.encode(), address.encode())

    async def _end(self, writer: asyncio.StreamWriter, end: End) -> None:
        """Do what follows after everything was sent."""
        match end:
            case End.CLOSE:
                pass
            case End.RESET:
                linger = struct.pack("ii", 1, 0)
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            case End.STALL | End.DRIP:
                for _ in range(20 if end is End.DRIP else 0):
                    writer.write(b" ")
                    await writer.drain()
                self.stalled += 1
                self.changed.set()
                await self._recovered.wait()


async def _close(server: asyncio.Server) -> None:
    """Close a server with all its connections."""
    server.close()
    server.abort_clients()
    await server.wait_closed()
