"""Understand a URL or a curl command; credentials never stay in the address."""

from typing import Final

from hypothesis import given, strategies as st
import pytest

from custom_components.api_balance.api import AuthKind
from custom_components.api_balance.api.curl import EndpointProblem, InvalidEndpointError
from custom_components.api_balance.api.endpoint import (
    Credentials,
    Endpoint,
    check_auth_name,
    parse_address,
)

BASE: Final = "https://api.example.com"
BEARER: Final = Credentials(kind=AuthKind.BEARER, api_key="sk-1")


def endpoint(path: str, credentials: Credentials | None = None, **others: object) -> Endpoint:
    """Return an endpoint at the default address."""
    parts = {"query": {}, "headers": {}, **others}
    return Endpoint(base_url=BASE, path=path, credentials=credentials, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (BASE, "/"),
        (f" {BASE}/v1/credits\n", "/v1/credits"),
        (f"{BASE}/v1/credits/", "/v1/credits/"),
        (f"{BASE}/v1/credits#section", "/v1/credits"),
        ("api.example.com/v1/credits", "/v1/credits"),
        ("HTTPS://API.EXAMPLE.COM:443/v1", "/v1"),
        (f"{BASE}/a%2Fb/c%7Bd%7D", "/a%2Fb/c%7Bd%7D"),
        (f"{BASE}/a/../b", "/b"),
    ],
)
def test_url(text: str, path: str) -> None:
    """A URL is split into its parts; nothing is known about credentials."""
    assert parse_address(text) == endpoint(path)


def test_query() -> None:
    """Query parameters that are no credentials stay in the address."""
    found = parse_address(f"{BASE}/v1?org=my%20team&page_size=&a=1%2B1")
    assert found == endpoint("/v1", query={"org": "my team", "page_size": "", "a": "1+1"})


@pytest.mark.parametrize(
    "name",
    [
        *("key", "KEY", "apikey", "api_key", "api-key", "apiKey", "token", "access_token"),
        *("accessToken", "auth", "authorization", "auth_token", "secret", "client_secret"),
        *("password", "pass", "pwd", "code", "sig", "signature", "X-API-Key", "subscription-key"),
    ],
)
def test_key_in_the_query(name: str) -> None:
    """A query parameter that carries a credential is moved out of the address."""
    found = parse_address(f"{BASE}/v1?org=1&{name}=abc%2Bdef#x")
    credentials = Credentials(kind=AuthKind.QUERY, name=name, api_key="abc+def")
    assert found == endpoint("/v1", credentials, query={"org": "1"})


@pytest.mark.parametrize(
    ("user", "identifier", "key"),
    [
        ("user:secret", "user", "secret"),
        ("user%40example.com:se%3Acret", "user@example.com", "se:cret"),
        ("user@example.com:p@ss", "user@example.com", "p@ss"),
        ("secret:", "", "secret"),
        ("secret", "", "secret"),
    ],
)
def test_user_information(user: str, identifier: str, key: str) -> None:
    """A user name and password in the URL are Basic authentication."""
    credentials = Credentials(kind=AuthKind.BASIC, identifier=identifier, api_key=key)
    assert parse_address(f"https://{user}@api.example.com/v1") == endpoint("/v1", credentials)


@pytest.mark.parametrize(
    "command",
    [
        f"curl '{BASE}/v1' -H 'Authorization: Bearer sk-1'",
        f"curl -H 'authorization:bearer sk-1' {BASE}/v1",
        f'$ curl {BASE}/v1 --header "Authorization: Bearer sk-1"',
        f"curl --header='Authorization: Bearer sk-1' --url={BASE}/v1",
        f"curl -sSL --compressed -X GET --url {BASE}/v1 -H'Authorization: Bearer sk-1' -o x.json",
        f"curl --request get {BASE}/v1 \\\n  --header 'Authorization: Bearer sk-1'",
        # A text field removes the line break.
        f"curl {BASE}/v1 \\  --header 'Authorization: Bearer sk-1'",
        f"curl.exe {BASE}/v1 --oauth2-bearer sk-1 -m 5 --unknown value",
        f"curl --unknown value {BASE}/v1 --oauth2-bearer sk-1",
        f"curl -H 'Accept: */*' -H 'Content-Type: x/y' -A x -e y {BASE}/v1 --oauth2-bearer sk-1",
        f"curl -H 'User-Agent: curl' -H 'sec-fetch-mode: cors' {BASE}/v1 --oauth2-bearer sk-1",
    ],
)
def test_command(command: str) -> None:
    """A curl command says where the key goes, and contains the key."""
    assert parse_address(command) == endpoint("/v1", BEARER)


@pytest.mark.parametrize(
    ("options", "credentials"),
    [
        ("-u user:pa:ss", Credentials(kind=AuthKind.BASIC, identifier="user", api_key="pa:ss")),
        ("-uuser:pass", Credentials(kind=AuthKind.BASIC, identifier="user", api_key="pass")),
        ("--user sk-1:", Credentials(kind=AuthKind.BASIC, api_key="sk-1")),
        (
            "-H 'Authorization: Basic dXNlcjpwYXNz'",
            Credentials(kind=AuthKind.BASIC, identifier="user", api_key="pass"),
        ),
        ("-H 'x-api-key: k'", Credentials(kind=AuthKind.HEADER, name="x-api-key", api_key="k")),
        (
            "-H 'Authorization: k'",
            Credentials(kind=AuthKind.HEADER, name="Authorization", api_key="k"),
        ),
        (
            "-H 'Authorization: Token k'",
            Credentials(kind=AuthKind.HEADER, name="Authorization: Token", api_key="k"),
        ),
    ],
)
def test_command_credentials(options: str, credentials: Credentials) -> None:
    """All ways to send a key that curl has are understood."""
    assert parse_address(f"curl {BASE}/v1 {options}") == endpoint("/v1", credentials)


def test_command_headers() -> None:
    """Other headers of a command are kept."""
    found = parse_address(
        f"curl {BASE}/v1 -H 'X-Version: 2024-11-06' -H 'Authorization: Bearer sk-1'"
    )
    assert found == endpoint("/v1", BEARER, headers={"X-Version": "2024-11-06"})


@pytest.mark.parametrize(
    "key",
    ["$API_KEY", "${API_KEY}", "<token>", "{api_key}", "[key]", "YOUR_API_KEY", "sk-...", "sk-…"],
)
def test_placeholder(key: str) -> None:
    """What manuals write in place of a key is not taken for the key."""
    found = parse_address(f"curl {BASE}/v1 -H 'Authorization: Bearer {key}'")
    assert found == endpoint("/v1", Credentials(kind=AuthKind.BEARER))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, EndpointProblem.ADDRESS) for text in ("", "https://", "ftp://a.example/", "a b")),
        *((f"https://{host}/", EndpointProblem.ADDRESS) for host in ("a{b}", "a\\b", "é.example")),
        *((f"{BASE}/{path}", EndpointProblem.ADDRESS) for path in ("{account}", "a b", "a\nb")),
        *((f"{BASE}/?{query}", EndpointProblem.ADDRESS) for query in ("a=1&a=2", "a={b}", "a=%0d")),
        (f"{BASE}/?{'&'.join(f'a{number}=1' for number in range(11))}", EndpointProblem.ADDRESS),
        (f"{BASE}/?a=%ff", EndpointProblem.ADDRESS),
        (f"{BASE}/?a b=1", EndpointProblem.ADDRESS),
        (f"{BASE}/{'a' * 9000}", EndpointProblem.ADDRESS),
        ("https://169.254.169.254/latest", EndpointProblem.ADDRESS),
        ("https://[fe80::1]/", EndpointProblem.ADDRESS),
        ("https://[::ffff:169.254.169.254]/", EndpointProblem.ADDRESS),
        ("https://[fd00:ec2::254]/", EndpointProblem.ADDRESS),
        ("https://0.0.0.0/", EndpointProblem.ADDRESS),
        ("curl", EndpointProblem.ADDRESS),
        ("curl -s", EndpointProblem.ADDRESS),
        ("http://api.example.com/", EndpointProblem.UNENCRYPTED),
        ("http://user:secret@api.example.com/?key=secret", EndpointProblem.UNENCRYPTED),
        ("curl http://8.8.8.8/ -u user:secret", EndpointProblem.UNENCRYPTED),
        ("http://100.64.0.1/", EndpointProblem.UNENCRYPTED),
        (f"curl '{BASE}", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'Host: other.example.com'", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'Transfer-Encoding: chunked'", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'X-A: a\nX-B: b'", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'X-A: {{api_key}}'", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'X A: a'", EndpointProblem.COMMAND),
        (f"curl {BASE} -H 'Authorization: Basic secret'", EndpointProblem.COMMAND),
        (
            f"curl {BASE} {' '.join(f'-H X-{number}:1' for number in range(11))}",
            EndpointProblem.COMMAND,
        ),
        (f"curl {BASE} -X POST", EndpointProblem.METHOD),
        (f"curl {BASE} -XDELETE", EndpointProblem.METHOD),
        (f"curl {BASE} -d a=1", EndpointProblem.METHOD),
        (f"curl {BASE} --data-raw a=1", EndpointProblem.METHOD),
        (f"curl {BASE} --json {{}}", EndpointProblem.METHOD),
        (f"curl {BASE} -F a=b", EndpointProblem.METHOD),
        (f"curl {BASE} -I", EndpointProblem.METHOD),
        (f"curl {BASE} -b session=secret", EndpointProblem.COOKIES),
        (f"curl {BASE} -H 'Cookie: session=secret'", EndpointProblem.COOKIES),
        (f"{BASE}?key=secret&token=secret", EndpointProblem.SEVERAL_KEYS),
        ("https://user:secret@api.example.com/?key=secret", EndpointProblem.SEVERAL_KEYS),
        (f"curl {BASE}?key=secret -u user:secret", EndpointProblem.SEVERAL_KEYS),
        (f"curl {BASE} -H 'x-key: secret' -H 'x-secret: secret'", EndpointProblem.SEVERAL_KEYS),
        (f"curl {BASE} -H 'Authorization: AWS4 a b secret'", EndpointProblem.NAME),
        (f"{BASE}?a%20key=secret", EndpointProblem.NAME),
    ],
)
def test_refused(text: str, problem: EndpointProblem) -> None:
    """The form says what is wrong; the exception contains nothing that was entered."""
    with pytest.raises(InvalidEndpointError) as caught:
        parse_address(text)
    assert caught.value.problem is problem
    assert str(caught.value) == problem.value
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.0.0.1:3000", "localhost", "[::1]:8080", "10.0.0.5", "172.16.0.1"),
        *("172.30.32.1", "192.168.1.20:4000", "[fd12::1]", "nas.local", "nas.lan:3000"),
        *("a.home.arpa", "litellm", "core-litellm", "77b2833f-litellm:4000", "nas_2"),
    ],
)
def test_own_network(host: str) -> None:
    """Within the own network http is possible."""
    found = parse_address(f"http://{host}/balance")
    assert (found.base_url, found.path) == (f"http://{host}", "/balance")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (AuthKind.NONE, "x", ""),
        (AuthKind.BEARER, "", ""),
        (AuthKind.BASIC, "x", ""),
        (AuthKind.HEADER, " X-API-Key ", "X-API-Key"),
        (AuthKind.HEADER, "Authorization:Token", "Authorization: Token"),
        (AuthKind.HEADER, "Authorization: ", "Authorization"),
        (AuthKind.QUERY, " api_key ", "api_key"),
    ],
)
def test_name(kind: AuthKind, text: str, expected: str) -> None:
    """The name of a header may be followed by a word."""
    assert check_auth_name(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((AuthKind.HEADER, text) for text in ("", "a b", "a\r\nb", "é", "a: b c", "a" * 65)),
        *((AuthKind.HEADER, text) for text in ("Host", "content-length", "Transfer-Encoding")),
        *((AuthKind.HEADER, text) for text in ("Cookie", "Proxy-Authorization", "User-Agent")),
        *((AuthKind.QUERY, text) for text in ("", "a&b", "a=b", "a b", "é", "a#", "a\r\nb")),
    ],
)
def test_invalid_name(kind: AuthKind, text: str) -> None:
    """A name that would change the rest of the request is refused."""
    with pytest.raises(InvalidEndpointError) as caught:
        check_auth_name(kind, text)
    assert caught.value.problem is EndpointProblem.NAME


@given(text=st.text(max_size=200) | st.text(max_size=200).map(lambda text: f"curl {text}"))
def test_any_text(text: str) -> None:
    """Any text is either an endpoint or refused."""
    try:
        found = parse_address(text)
    except InvalidEndpointError:
        return
    assert found.path.startswith("/")
    assert not set("{}\r\n@?#") & set(found.base_url + found.path)
