"""The page about adding a provider, followed for the provider that it invents."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
import re
import subprocess
import sys

from aiohttp.test_utils import TestServer
from hypothesis import Phase, given, settings, strategies as st
import pytest

from custom_components.api_balance.api import JsonObject, Provider, UnexpectedResponseError
from custom_components.api_balance.providers import SLUGS
import simulator
from simulator import SIMULATOR, Api
from simulator.files import parse

from .contract import Contract
from .fuzz.oracle import check_error, check_response

pytestmark = pytest.mark.tooling

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/adding-a-provider.md").read_text()
FILES = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)


def block(language: str) -> str:
    """Return the page's first block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def provider() -> Provider:
    """Return the provider of the page, as its module defines it."""
    namespace: dict[str, object] = {
        "__name__": "custom_components.api_balance.providers.acme",
        "__package__": "custom_components.api_balance.providers",
    }
    exec(compile(block("python"), "acme.py", "exec"), namespace)  # noqa: S102
    found = namespace["PROVIDER"]
    assert isinstance(found, Provider)
    return found


@pytest.fixture(scope="module")
def api() -> Api:
    """Return the API of the page."""
    return parse("acme", block("toml"))


@pytest.fixture
async def contract(socket_enabled: None, provider: Provider, api: Api) -> AsyncGenerator[Contract]:
    """Return the contract of the page's provider."""
    app = simulator.create_app(delay=0, apis={"acme": api})
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    yield Contract(provider=provider, api=api, simulator=app[SIMULATOR], url=url)
    await server.close()


async def test_the_provider_works(contract: Contract) -> None:
    """The page's adapter reads the page's responses, in every scenario."""
    await contract.check_scenarios()
    assert {"active", "permission_denied", "balance_only", "html_502"} <= {*contract.api.scenarios}


async def test_a_mistake_is_found(contract: Contract) -> None:
    """An adapter that does not match the documentation fails."""
    contract.provider = replace(contract.provider, codes=("error",))
    with pytest.raises(AssertionError, match="permission_denied"):
        await contract.check_scenarios()


# Hypothesis takes a generator of its own for one that nobody keeps.
@pytest.mark.filterwarnings("ignore:.*register_random:hypothesis.errors.HypothesisWarning")
def test_any_response_is_read_correctly_or_refused(provider: Provider, api: Api) -> None:
    """The fuzz test's independent check holds for the page's provider."""
    values = st.sampled_from(['"20.25"', "20.25", "null", "1e99", '"x"', "true", "[]", "0"])

    @settings(max_examples=50, database=None, phases=[Phase.generate], derandomize=True)
    @given(st.dictionaries(st.sampled_from(["available", "currency", "plan", "code"]), values))
    def check(members: dict[str, str]) -> None:
        fields = {"available": "5", "currency": '"eur"'} | members
        body = "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"
        try:
            decoded = JsonObject.from_bytes(body.encode())
            if provider.error_code(decoded) is None:
                check_response(api.response, body.encode(), provider.parse(decoded))
        except UnexpectedResponseError as err:
            check_error(err)

    check()


def test_the_adapter_has_the_style_of_the_project() -> None:
    """The page's adapter passes the linter and the formatter as it is."""
    name = "custom_components/api_balance/providers/acme.py"
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        done = subprocess.run(  # noqa: S603 - the project's own linter
            [Path(sys.executable).parent / "ruff", *command, "--stdin-filename", name, "-"],
            cwd=ROOT,
            input=block("python"),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_the_files_are_where_the_page_says() -> None:
    """Each of the other providers has the files that the page names."""
    assert "`SLUGS`" in PAGE
    for slug in SLUGS:
        for name in FILES:
            assert (ROOT / name.replace("acme", slug)).is_file(), name
    assert len(FILES) == 5
    assert len(block("python").splitlines()) + len(block("toml").splitlines()) <= 120
