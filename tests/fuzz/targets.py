"""What can be fuzzed: the reading of response bodies, and the client."""

from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from custom_components.api_balance.api import AccountSnapshot, JsonObject, UnexpectedResponseError
from custom_components.api_balance.providers import BY_SLUG

from .http_responses import any_bytes, broken, unusual
from .oracle import check_error, check_snapshot
from .responses import APIS, bodies
from .wire import RawResponse, Wire


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that must handle every response."""

    name: str
    responses: st.SearchStrategy[RawResponse]
    is_client: bool

    @contextmanager
    def open(self) -> Generator[Callable[[RawResponse], None]]:
        """Yield the check of one response, which raises for a finding."""
        if self.is_client:
            with Wire() as wire:
                yield wire.check
        else:
            yield check_body


def read_body(response: RawResponse) -> AccountSnapshot | None:
    """Return what is read from a body; None for an error.

    Any exception but UnexpectedResponseError is a finding.
    """
    provider = BY_SLUG[response.slug]
    try:
        body = JsonObject.from_bytes(response.raw)
        return provider.parse(body) if provider.error_code(body) is None else None
    except UnexpectedResponseError as err:
        check_error(err)
        return None


def check_body(response: RawResponse) -> None:
    """Require a correct snapshot or an error."""
    if (snapshot := read_body(response)) is not None:
        check_snapshot(response.slug, response.raw, snapshot)


def reproducer(response: RawResponse) -> str:
    """Return the code that creates a response."""
    raw = b64encode(response.raw).decode()
    rest = f", piece={response.piece}, reset={response.reset}"
    return f"RawResponse({response.slug!r}, b64decode({raw!r}){rest})"


@st.composite
def _bodies(draw: st.DrawFn) -> RawResponse:
    """Return the body of a response of any provider."""
    slug = draw(st.sampled_from(sorted(APIS)))
    return RawResponse(slug, draw(st.one_of(bodies(slug), st.binary())))


TARGETS: Final = (
    Target(name="bodies", responses=_bodies(), is_client=False),
    Target(name="client, unusual form", responses=unusual(), is_client=True),
    Target(name="client, broken HTTP", responses=broken(), is_client=True),
    Target(name="client, any bytes", responses=any_bytes(), is_client=True),
)
