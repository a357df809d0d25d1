"""What can be fuzzed: each provider's reading, the client, and the headers that we read."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from custom_components.api_balance.api import AccountSnapshot, JsonObject, UnexpectedResponseError
from custom_components.api_balance.providers import BY_SLUG

from .answers import APIS, bodies
from .oracle import check_error, check_snapshot
from .wire import Answer, Wire, any_bytes, broken, unusual


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that must bear every answer."""

    name: str
    answers: st.SearchStrategy[Answer]
    over_the_wire: bool

    @contextmanager
    def open(self) -> Iterator[Callable[[Answer], None]]:
        """Yield the check of one answer, which raises for a finding."""
        if self.over_the_wire:
            with Wire() as wire:
                yield wire.check
        else:
            yield check_body


def read_body(answer: Answer) -> AccountSnapshot | None:
    """Return what an adapter reads in a body; None for an error, which must be the one of reading.

    Any other exception is a finding.
    """
    provider = BY_SLUG[answer.slug]
    try:
        body = JsonObject.from_bytes(answer.raw)
        return provider.parse(body) if provider.error_code(body) is None else None
    except UnexpectedResponseError as err:
        check_error(err)
        return None


def check_body(answer: Answer) -> None:
    """Require that a body is a right snapshot or an error."""
    if (snapshot := read_body(answer)) is not None:
        check_snapshot(answer.slug, answer.raw, snapshot)


def reproducer(answer: Answer) -> str:
    """Return an answer as the code that makes it again."""
    raw = b64encode(answer.raw).decode()
    rest = f", piece={answer.piece}, reset={answer.reset}"
    return f"Answer({answer.slug!r}, b64decode({raw!r}){rest})"


TARGETS: Final = (
    *(
        Target(
            name=f"reading {slug}",
            answers=st.builds(Answer, st.just(slug), st.one_of(bodies(slug), st.binary())),
            over_the_wire=False,
        )
        for slug in sorted(APIS)
    ),
    Target(name="client, unusual form", answers=unusual(), over_the_wire=True),
    Target(name="client, broken HTTP", answers=broken(), over_the_wire=True),
    Target(name="client, any bytes", answers=any_bytes(), over_the_wire=True),
)
