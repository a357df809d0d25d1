"""Documented responses, changed at every level of JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
import json
from typing import Any, Final

from hypothesis import strategies as st

import simulator

APIS: Final = simulator.load()
DOCUMENTED: Final = [
    (slug, name)
    for slug, api in APIS.items()
    for name, scenario in api.scenarios.items()
    if (scenario.body.lstrip()[:1], scenario.body[-1:]) == ("{", "}")
    and not scenario.pad
    and not scenario.trouble
]
_VALUES_PER_PLACE: Final = 20
GOOD: Final = [pair for pair in DOCUMENTED if APIS[pair[0]].scenarios[pair[1]].expect]


class Token(str):
    """A piece of JSON text: a number, or anything in the place of a value."""

    __slots__ = ()


@dataclass
class Members:
    """The members of an object, in order; a key may occur twice."""

    pairs: list[tuple[str, Any]]


def parse(body: str) -> Any:
    """Return a response as a tree that keeps the text of each number."""
    return json.loads(body, object_pairs_hook=Members, parse_int=Token, parse_float=Token)


def serialize(tree: Any) -> str:
    """Return the text of a tree."""
    match tree:
        case Token():
            return str(tree)
        case Members(pairs):
            members = (f"{json.dumps(key)}: {serialize(value)}" for key, value in pairs)
            return "{" + ", ".join(members) + "}"
        case list():
            return "[" + ", ".join(serialize(each) for each in tree) + "]"
        case _:
            return json.dumps(tree)


def _objects(tree: Any) -> Iterator[Members]:
    """Yield every object in a tree, except empty ones."""
    if isinstance(tree, Members):
        if tree.pairs:
            yield tree
        for _, value in tree.pairs:
            yield from _objects(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _objects(value)


_DIGITS: Final = st.text("0123456789", min_size=1, max_size=40)
_NUMBERS: Final = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-", "+", "--"]),
    _DIGITS,
    st.one_of(st.just(""), _DIGITS.map(".{}".format)),
    st.one_of(
        st.just(""),
        st.builds("{}{}".format, st.sampled_from(["e", "E", "e-", "e+"]), st.integers(0, 10**6)),
    ),
)
_EDGES: Final = (
    *("0", "-0", "-0.0", "-0e5", "0e999999999", "0E-999999999", "0e99999999999999999999"),
    *("1e999999999", "-1e999999999", "1e-999999999", "1e99999999999999999999", "1E400", "5e-324"),
    *("999999999999999", "1000000000000000", "999999999999999.9999999999999", "1e15", "-1e15"),
    *("0.0000000000004", "0.0000000000005", "-0.0000000000005", "1.0000000000000000000000001"),
    *("9" * 4300, "9" * 5000, "1." + "9" * 9000, "0." + "0" * 9000 + "1", "-" + "9" * 5000),
    *("01", ".5", "5.", "1_000", "0x10", "1e", "NaN", "Infinity", "-Infinity", "nan", "1,5"),
    *("253402300799999", "253402300800000", "-62135596800000", "-62135596800001", "1e3", "1.5"),
)
_STRINGS: Final = (
    *("", " ", " 5", "5 ", "5\n", "1_000", "1,000", "\u0663", "\uff15", "1e5", "-0", "-0.0000"),
    *("NaN", "sNaN", "Infinity", "-inf", "0x10", "1e999", "1e-999", "+5", "5.", ".5", "\u22125"),
    *(
        "USD",
        "usd",
        "us",
        "USDT",
        "u\u017fd",
        "\u0131sd",
        "credits",
        "prepaid",
        "unknown",
        "x" * 255,
    ),
    *(
        "x" * 256,
        "\U0001f4b8" * 255,
        "\ud800",
        "\udfff\ud800",
        "\x00",
        "a\u202eb",
        "\ufeff",
        "\x7f",
    ),
    *("2024-01-15T10:30:00Z", "2024-01-15T10:30:00", "2024-02-30T00:00:00Z", "24:00"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T24:00:00Z"),
    *(
        "2024-01-15T10:30:00+99:99",
        "2024-W03-1T10:30Z",
        "20240115T103000Z",
        "2024-01-15\ud80010:30Z",
    ),
    *("2024-01-15T10:30:60Z", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "9" * 30),
    *("UNAUTHORIZED", "INTERNAL_ERROR", "200", "401", "9" * 5000, "\\u0000", '"', "{}"),
)
_FIXED: Final[tuple[object, ...]] = (
    *(Token(each) for each in _EDGES),
    *(Token(json.dumps(each)) for each in (*_EDGES, *_STRINGS)),
    *(None, True, False, [], Members([]), Token(""), Token('"\\ud800"')),
)
ODD_VALUES: Final = st.one_of(
    st.sampled_from(_FIXED),
    st.sampled_from([Token("[" * 5000), Token('{"a":' * 2000), Token("[" * 500 + "]" * 500)]),
    st.sampled_from([Token(str(code)) for code in (200, 401, 403, 404, 429, 455, 500, 2002)]),
    st.sampled_from([Token("200.0"), Token("2e2"), Token("401.0"), Token("1"), Token("9" * 4000)]),
    _NUMBERS.map(Token),
    _NUMBERS.map(json.dumps).map(Token),
    st.text(max_size=300).map(json.dumps).map(Token),
    st.builds(lambda value: [value], st.integers().map(str).map(Token)),
    st.builds(lambda value: Members([("code", value)]), st.integers().map(str).map(Token)),
)
_KEYS: Final = sorted(
    {
        key
        for slug, name in DOCUMENTED
        for members in _objects(parse(APIS[slug].scenarios[name].body))
        for key, _ in members.pairs
    }
)
_ENCODINGS: Final = ["utf-8"] * 8 + [
    *("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-7"),
]


@st.composite
def bodies(draw: st.DrawFn, slug: str) -> bytes:
    """Return a response of a provider, changed in a few places."""
    name = draw(st.sampled_from([name for each, name in DOCUMENTED if each == slug]))
    tree = parse(APIS[slug].scenarios[name].body)
    for _ in range(draw(st.integers(0, 3))):
        if objects := list(_objects(tree)):
            _mutate_member(draw, draw(st.sampled_from(objects)).pairs)
    body = serialize(tree).encode(draw(st.sampled_from(_ENCODINGS)), "surrogatepass")
    return mutate(draw, body) if draw(st.integers(0, 4)) == 0 else body


def bodies_with_odd_values(slug: str) -> Iterator[bytes]:
    """Yield a good response of a provider with some odd values in each place.

    Each place gets other values, so that all are used, however many providers there are.
    """
    tree = parse(APIS[slug].scenarios["active"].body)
    first = sorted(APIS).index(slug) * _VALUES_PER_PLACE
    values = islice(cycle(_FIXED), first, None)
    for members in list(_objects(tree)):
        for place, (key, value) in enumerate(members.pairs):
            for odd in islice(values, _VALUES_PER_PLACE):
                members.pairs[place] = (key, odd)
                yield serialize(tree).encode("utf-8", "surrogatepass")
            members.pairs[place] = (key, value)


def _mutate_member(draw: st.DrawFn, pairs: list[tuple[str, Any]]) -> None:
    """Change, remove or add a member of an object."""
    place = draw(st.integers(0, len(pairs) - 1))
    key, value = pairs[place]
    match draw(st.sampled_from(["replace"] * 5 + ["quote", "delete", "rename", "repeat", "add"])):
        case "replace":
            pairs[place] = (key, draw(ODD_VALUES))
        case "quote":
            pairs[place] = (key, str(value) if isinstance(value, Token) else serialize(value))
        case "delete":
            del pairs[place]
        case "rename":
            pairs[place] = (draw(st.sampled_from([key.upper(), f"{key} ", "", *_KEYS])), value)
        case "repeat":
            pairs.append((key, draw(ODD_VALUES)))
        case _:
            pairs.append((draw(st.sampled_from(_KEYS)), draw(ODD_VALUES)))


def mutate(draw: st.DrawFn, data: bytes) -> bytes:
    """Return bytes with a part inserted, removed or replaced."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.one_of(st.just(len(data)), st.integers(start, min(len(data), start + 8))))
    piece = draw(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"", b"\x00", b"\xff\xfe", b"\r\n"]))
    )
    return data[:start] + piece + data[end:]
