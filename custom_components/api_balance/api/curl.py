"""Read the request that a curl command describes."""

from collections.abc import Iterator
from enum import StrEnum
import re
import shlex
from typing import Final, NamedTuple

_COMMAND: Final = re.compile(r"(\$\s*)?curl(\.exe)?(\s|$)", re.IGNORECASE)
# The end of a line that continues. A text field without line breaks leaves only the backslash.
_CONTINUATION: Final = re.compile(r"\\\s+")
_SHORT_WITH_VALUE: Final = re.compile(r"-[AbdeFHmoTuwxX]")
_NO_GET: Final = re.compile(r"-[dFTI]|--(data.*|json|form.*|upload-file|head)")
_GET: Final = {("-X", "GET"), ("--request", "GET")}
# Options whose value must not be taken for the URL.
_IGNORED: Final = re.compile(
    r"-[Aemowx]|--(user-agent|referer|max-time|output|write-out|proxy|connect-timeout|retry)"
)
_WITH_VALUE: Final = re.compile(
    rf"-[bHuX]|--(cookie|header|oauth2-bearer|request|url|user)|{_IGNORED.pattern}"
)


class EndpointProblem(StrEnum):
    """What is wrong with an endpoint; the value is the name of the error in forms."""

    ADDRESS = "invalid_address"
    """Not a URL that a request can be sent to."""
    UNENCRYPTED = "unencrypted"
    """A URL with http outside the own network."""
    COMMAND = "invalid_command"
    """A curl command that cannot be understood."""
    METHOD = "not_get"
    """A curl command that does not send a GET request."""
    COOKIES = "cookies"
    """A curl command that sends cookies."""
    SEVERAL_KEYS = "several_keys"
    """More than one credential."""
    NAME = "invalid_name"
    """A name that no header or query parameter can have."""


class InvalidEndpointError(ValueError):
    """Something that is not an endpoint; the text contains nothing that was entered."""

    def __init__(self, problem: EndpointProblem) -> None:
        """Store the problem."""
        super().__init__(problem)
        self.problem = problem


class Command(NamedTuple):
    """The request that a command sends."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    """Names and values."""
    user: str | None = None
    """User name and password with a colon between them; None without authentication."""


def is_command(text: str) -> bool:
    """Return whether a text is a curl command."""
    return _COMMAND.match(text) is not None


def parse_command(text: str) -> Command:
    """Return the request of a curl command; raises InvalidEndpointError if it is not a GET."""
    try:
        words = iter(shlex.split(_CONTINUATION.sub(" ", _COMMAND.sub("", text, count=1))))
    except ValueError:
        raise InvalidEndpointError(EndpointProblem.COMMAND) from None
    urls: list[str] = []
    headers: list[tuple[str, str]] = []
    user: str | None = None
    for option, value in _options(words):
        match option:
            case "":
                urls.append(value)
            case "-H" | "--header":
                name, _, content = value.partition(":")
                headers.append((name.strip(), content.strip()))
            case "--oauth2-bearer":
                headers.append(("Authorization", f"Bearer {value}"))
            case "-u" | "--user":
                user = value
            case "-b" | "--cookie":
                raise InvalidEndpointError(EndpointProblem.COOKIES)
            case _:
                raise InvalidEndpointError(EndpointProblem.METHOD)
    # The value of an unknown option may precede the URL.
    urls.sort(key=lambda url: not url.lower().startswith(("https://", "http://")))
    return Command(url=urls[0] if urls else "", headers=tuple(headers), user=user)


def _options(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that matter with their values; the URL is an option without a name."""
    for word in words:
        option, value = word, ""
        if word.startswith("--"):
            option, _, value = word.partition("=")
        elif _SHORT_WITH_VALUE.match(word):
            option, value = word[:2], word[2:]
        if not word.startswith("-"):
            yield "", word
        elif _WITH_VALUE.fullmatch(option):
            value = value or next(words, "")
            if option == "--url":
                yield "", value
            elif not _IGNORED.fullmatch(option) and (option, value.upper()) not in _GET:
                yield option, value
        elif _NO_GET.fullmatch(option):
            yield option, ""
