"""Run each measurement several times, each time in its own process."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
from statistics import median
import sys
import tempfile
from typing import Final, NamedTuple

from aiohttp import ClientSession, TCPConnector

from scripts.harness.const import HOST, ROOT, HarnessError
from scripts.harness.ports import reserved_port
from scripts.harness.run import running_simulator

from .accounts import PROVIDERS

type Figures = dict[str, float]

FIVE, ALL = PROVIDERS
NAMES: Final = {
    "idle": "Home Assistant alone",
    "bare": "Bare request",
    "rest": "RESTful integration",
    "api_balance": "API Balance",
}


class Case(NamedTuple):
    """What is measured."""

    build: str
    accounts: int = 50
    providers: int = FIVE
    changing: str = "0.5"
    """The share of the responses that differ from the one before."""
    tls: bool = False
    aged: bool = False

    @property
    def arguments(self) -> list[str]:
        """Return the arguments of the measurement."""
        options = {
            "accounts": self.accounts,
            "providers": self.providers,
            "changing": self.changing,
        }
        pairs = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        return [*pairs, *(["--aged"] if self.aged else [])]

    def of(self, build: str) -> Case:
        """Return the same case of another build."""
        return self._replace(build=build, aged=False)


def _compared(**options: object) -> list[Case]:
    """Return a case for each build that is compared."""
    return [Case(build, **options) for build in ("bare", "rest", "api_balance")]  # type: ignore[arg-type]


IDLE: Final = Case("idle", accounts=0)
AGED: Final = Case("api_balance", aged=True)
GROWTH: Final = [Case("api_balance", accounts=count, providers=ALL) for count in (100, 300, 1000)]
"""Measured once each."""
COMPARED: Final = [
    IDLE,
    *_compared(),
    AGED,
    *_compared(changing="0"),
    *_compared(changing="1"),
    *_compared(accounts=200),
    *_compared(accounts=ALL, providers=ALL),
    *_compared(tls=True),
]


async def measure(build: str, url: str, *arguments: str) -> Figures:
    """Run one measurement in its own process; raise HarnessError if it fails."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.measure", build, url, *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Users have compiled modules: no variable may prevent their use.
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
    )
    out, err = await child.communicate()
    if child.returncode:
        message = f"{build} {' '.join(arguments)} failed:\n{err.decode(errors='replace')[-2000:]}"
        raise HarnessError(message)
    found: Figures = json.loads(out)
    return found


async def measure_all(
    cases: Iterable[Case], growth: Iterable[Case], repeat: int
) -> tuple[dict[Case, Figures], Figures]:
    """Return the medians of all figures, by case, and of the import."""
    runs: dict[Case, list[Figures]] = {}
    imports: list[Figures] = []
    async with _simulators() as (plain, tls):
        # The first import only compiles the modules.
        await measure("import", plain)
        # Alternate between the cases: other programs then slow down all of them.
        for number in range(repeat):
            for case in cases if number else (*cases, *growth):
                print(f"{number + 1}/{repeat} {case}", flush=True)
                url = tls if case.tls else plain
                runs.setdefault(case, []).append(await measure(case.build, url, *case.arguments))
            imports.append(await measure("import", plain))
    return {case: _medians(found) for case, found in runs.items()}, _medians(imports)


@asynccontextmanager
async def _simulators() -> AsyncGenerator[tuple[str, str]]:
    """Run the simulator with http and with https; yield both addresses."""
    with (
        tempfile.TemporaryDirectory(prefix="api-balance-") as name,
        reserved_port() as port,
        reserved_port() as tls_port,
    ):
        folder = Path(name)
        certificate = _write_certificate(folder / "certificate.pem")
        async with (
            ClientSession(connector=TCPConnector(ssl=False)) as session,
            running_simulator(session, port, folder / "http.log") as plain,
            running_simulator(
                session, tls_port, folder / "https.log", certificate=certificate
            ) as tls,
        ):
            yield plain.url, tls.url


def _write_certificate(path: Path) -> Path:
    """Write a self-signed certificate with its key; return the path."""
    from cryptography import x509  # noqa: PLC0415 - Home Assistant's own dependency
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(encoding))
    return path


def _medians(found: list[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: median(each[name] for each in found) for name in found[0]}
