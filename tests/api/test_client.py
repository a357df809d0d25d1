"""The client against servers whose responses no provider documents, over real HTTP."""

from datetime import UTC, datetime, timedelta
import gzip

from aiohttp import ClientSession, web
import pytest

from custom_components.api_balance.api import (
    ApiError,
    AuthenticationError,
    Field,
    NoCreditsError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)

from .conftest import GOOD, Read, Serve, client, responding

MAX_BODY = 64 * 1024
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
# The obsolete forms that RFC 9110 wants clients to understand.
OLD_DATES = ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994")


async def test_good(read: Read) -> None:
    """A good response is read, whatever its content type is called."""
    for content_type in ("application/json", "text/plain", "application/octet-stream"):
        snapshot = await read(responding(content_type=content_type))
        assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}


async def test_the_same_body_again(serve: Serve) -> None:
    """A body means the same again, but only with a good status, and each response has its date."""
    later = "Sun, 06 Nov 1994 09:04:37 GMT"
    other = GOOD.replace(b"1000", b"999")
    planned = [
        responding(Date=DATE),
        responding(Date=later),
        responding(status=401),
        responding(other, Date=later),
        responding(Date=later),
    ]

    async def handler(request: web.Request) -> web.StreamResponse:
        return await planned.pop(0)(request)

    found: list[tuple[object, object] | None] = []
    async with ClientSession() as session:
        reader = client(session, await serve(handler))
        while planned:
            try:
                snapshot = await reader.read()
            except AuthenticationError:
                found.append(None)
            else:
                found.append((snapshot.balances[0].amounts[Field.BALANCE], snapshot.date))
    first = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    second = first + timedelta(minutes=15)
    assert found == [(1000, first), (1000, second), None, (999, second), (1000, second)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(read: Read, status: int) -> None:
    """A redirect would send the key to another address."""
    requests = 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    with pytest.raises(UnexpectedResponseError, match=f"^HTTP {status}$"):
        await read(handler)
    assert requests == 1


async def test_size_limit(read: Read) -> None:
    """A body of exactly 64 KiB is read; a longer one is refused as a whole."""
    snapshot = await read(responding(GOOD.ljust(MAX_BODY)))
    assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}
    with pytest.raises(UnexpectedResponseError):
        await read(responding(GOOD.ljust(MAX_BODY + 1)))


async def test_size_limit_of_compressed_bodies(read: Read) -> None:
    """What counts is the size after decompression."""
    snapshot = await read(responding(gzip.compress(GOOD), Content_Encoding="gzip"))
    assert snapshot.balances[0].amounts == {Field.BALANCE: 1000}
    with pytest.raises(UnexpectedResponseError):
        await read(responding(gzip.compress(GOOD.ljust(70_000)), Content_Encoding="gzip"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, AuthenticationError), (503, ServiceUnavailableError), (404, UnexpectedResponseError)],
)
async def test_large_error_page(read: Read, status: int, kind: type[ApiError]) -> None:
    """The status decides, however long the page is."""
    with pytest.raises(kind):
        await read(responding(b"x" * 200_000, status, "text/html"))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
async def test_broken_compression(read: Read, encoding: str) -> None:
    """A body that cannot be decompressed is an ordinary error."""
    with pytest.raises((ServiceUnavailableError, UnexpectedResponseError)):
        await read(responding(b"this is not compressed", Content_Encoding=encoding))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, UnexpectedResponseError) for status in (200, 204, 206, 400, 404, 418, 451, 600)),
        *((status, ServiceUnavailableError) for status in (408, 500, 502, 503, 504, 520, 599)),
        (401, AuthenticationError),
        (402, NoCreditsError),
        (429, RateLimitedError),
    ],
)
async def test_default_errors(read: Read, status: int, kind: type[ApiError]) -> None:
    """Each status has one meaning, whatever the body is, even that of a good response."""
    for body in (b"", b"{}", b"<html></html>", *([] if status == 200 else [GOOD])):
        with pytest.raises(ApiError) as caught:
            await read(responding(body, status))
        assert type(caught.value) is kind
        assert caught.value.form_key == kind.key


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, AuthenticationError),
        (402, NoCreditsError),
        (403, PermissionDeniedError),
        (408, ServiceUnavailableError),
        (429, RateLimitedError),
        (455, ServiceUnavailableError),  # documented by the provider
        (501, UnexpectedResponseError),  # likewise
        (502, ServiceUnavailableError),
        (999, UnexpectedResponseError),
        ('"error"', UnexpectedResponseError),
    ],
)
async def test_code_in_a_good_status(read: Read, code: object, kind: type[ApiError]) -> None:
    """An integer code in a response with status 200 counts like the status of that number."""
    with pytest.raises(ApiError) as caught:
        await read(responding(f'{{"code": {code}, "message": "no"}}'.encode()))
    assert type(caught.value) is kind


async def test_forbidden(read: Read) -> None:
    """Only the provider's own refusal is about the key; a firewall's is not."""
    with pytest.raises(PermissionDeniedError):
        await read(responding(b'{"code": 403, "message": "Forbidden"}', 403))
    for body in (b"<html>Forbidden</html>", b"", b'{"blocked": true}', b"[]", b'"no"'):
        with pytest.raises(ServiceUnavailableError):
            await read(responding(body, 403))


@pytest.mark.parametrize("content_type", ["text/html", "Text/HTML; charset=utf-8", "TEXT/HTML"])
async def test_captive_portal(read: Read, content_type: str) -> None:
    """An HTML page with status 200 comes from a network in between."""
    with pytest.raises(ServiceUnavailableError):
        await read(responding(b"<html>Welcome to our hotel</html>", 200, content_type))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("32", 32.0),
        ("0", 0.0),
        ("999999999", 999999999.0),
        ("9999999999", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        *((date, 0.0) for date in OLD_DATES),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after(read: Read, status: int, header: str, expected: float | None) -> None:
    """Both forms of RFC 9110 are understood; anything else is ignored."""
    with pytest.raises((RateLimitedError, ServiceUnavailableError)) as caught:
        await read(responding(b"", status, Retry_After=header))
    assert caught.value.retry_after == expected


async def test_retry_after_in_the_future(read: Read) -> None:
    """A date counts from the Date header, or else from the local clock."""
    handler = responding(b"", 429, Date=DATE, Retry_After="Sun, 06 Nov 1994 08:59:37 GMT")
    with pytest.raises(RateLimitedError) as caught:
        await read(handler)
    assert caught.value.retry_after == 600
    until = datetime.now(UTC) + timedelta(minutes=10)
    header = until.strftime("%a, %d %b %Y %H:%M:%S GMT")
    with pytest.raises(RateLimitedError) as caught:
        await read(responding(b"", 429, Date="yesterday", Retry_After=header))
    assert caught.value.retry_after == pytest.approx(600, abs=5)


async def test_retry_after_of_other_errors(read: Read) -> None:
    """Only 429 and 503 ask for a pause; a code in a response with status 200 does as well."""
    for status in (401, 402, 404, 500):
        with pytest.raises(ApiError) as caught:
            await read(responding(b"", status, Retry_After="32"))
        assert caught.value.retry_after is None
    with pytest.raises(RateLimitedError) as limited:
        await read(responding(b'{"code": 429}', Retry_After="32"))
    assert limited.value.retry_after == 32


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((date, datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)) for date in (DATE, *OLD_DATES)),
        ("yesterday", None),
        ("", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("784111777", None),
        (DATE + " " * 100 + "x", None),
    ],
)
async def test_date(read: Read, header: str, expected: datetime | None) -> None:
    """The Date header is part of a snapshot and of an error, in UTC."""
    assert (await read(responding(Date=header))).date == expected
    for handler in (
        responding(b"", 500, Date=header),
        responding(b"{", 200, Date=header),
        responding(b"", 403, Date=header),
    ):
        with pytest.raises(ApiError) as caught:
            await read(handler)
        assert caught.value.date == expected


async def test_errors_keep_nothing_of_a_response(read: Read) -> None:
    """No value of a response is in an error, nor the exception that was raised first."""

    async def handler(request: web.Request) -> web.Response:
        assert request.headers["x-api-key"] == "ak_1"
        return web.Response(body=b'{"code": "secret", "data": {"balance": "secret"}}', status=418)

    with pytest.raises(UnexpectedResponseError) as caught:
        await read(handler)
    assert str(caught.value) == "HTTP 418"
    assert caught.value.__context__ is None
