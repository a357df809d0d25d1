"""Every text that the code uses exists, and every text that exists is used."""

import ast
from collections.abc import Iterator
import re

from custom_components.api_balance.account.failures import ClockError
from custom_components.api_balance.api import ApiError, AuthKind, errors as api_errors
from custom_components.api_balance.api.curl import EndpointProblem

from .test_texts import ENGLISH, PACKAGE

# The kinds of error that a response can lead to.
API_ERRORS = {
    kind.key
    for kind in vars(api_errors).values()
    if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
}
# What can be wrong with the address of an own endpoint.
PROBLEMS = {problem.value for problem in EndpointProblem}
# Forms have a more specific text for one of them, and for those that a wrong address causes too.
FORM_ERRORS = {"invalid_certificate"} | {
    f"{name}_base_url" for name in ("cannot_connect", "invalid_certificate", "unexpected_response")
}
SOURCES = {
    str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")
}
FORMS = [tree for name, tree in SOURCES.items() if "flow" in name or "form" in name]


def constants(*trees: ast.AST) -> set[str]:
    """Return all string constants in modules."""
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def calls(*trees: ast.AST) -> Iterator[tuple[str, set[str], dict[str, str]]]:
    """Yield the name, the constant arguments and the keyword arguments of every call."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                keywords = {each.arg or "**": ast.unparse(each.value) for each in node.keywords}
                yield ast.unparse(node.func).split(".")[-1], constants(*node.args), keywords


def test_form_errors() -> None:
    """Each error that a form can show has a text, and each text is shown."""
    texts = set(ENGLISH["config"]["error"])
    shown = {
        value.value
        for tree in FORMS
        for node in ast.walk(tree)
        # As in {"base": "unknown"}.
        if isinstance(node, ast.Dict) and len(node.values) == 1
        for value in node.values
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    assert "invalid_url" in shown
    assert texts >= API_ERRORS | FORM_ERRORS | PROBLEMS | shown
    assert texts - API_ERRORS - FORM_ERRORS - PROBLEMS <= constants(*FORMS)


def test_steps() -> None:
    """Each step of the flow has texts; the fields are tested in tests/config_flow/test_texts.py."""
    steps = {
        node.name.removeprefix("async_step_")
        for tree in FORMS
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_")
    }
    # Reauthentication begins with a step without a form.
    assert set(ENGLISH["config"]["step"]) == steps - {"reauth"}


def test_kinds_of_authentication() -> None:
    """Each kind of authentication of an own endpoint has a text."""
    assert set(ENGLISH["selector"]["auth"]["options"]) == {kind.value for kind in AuthKind}


def test_aborts() -> None:
    """Each reason to abort has a text: three of Home Assistant's helpers, and the flow's own."""
    own = {
        ast.literal_eval(keywords["reason"])
        for name, _, keywords in calls(*FORMS)
        if name == "async_abort"
    }
    assert "unknown_provider" in own
    helpers = {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert set(ENGLISH["config"]["abort"]) == helpers | own


def test_exceptions() -> None:
    """Each kind of error, and each other exception, has a text."""
    own = {
        ast.literal_eval(keywords["translation_key"])
        for _, _, keywords in calls(*SOURCES.values())
        if keywords.get("translation_domain") == "DOMAIN"
        and keywords.get("translation_key", "").startswith("'")
    }
    assert "unknown_unit" in own
    own |= {
        key
        for name, keys, _ in calls(SOURCES["coordinator.py"])
        for key in keys
        if name == "_raise"
    }
    assert set(ENGLISH["exceptions"]) == API_ERRORS | {ClockError.key} | own


def test_sentences() -> None:
    """Each sentence that the code names has a text; test_messages.py tests the texts."""
    used = {
        key
        for tree in SOURCES.values()
        for name, keys, _ in calls(tree)
        if name == "translate"
        for key in keys
        if re.fullmatch(r"[a-z_]+", key)
    }
    assert {"spent", "runs_out_soon"} <= used
    texts = ENGLISH["common"]
    # Some keys have a variable end, such as reason_cannot_connect.
    for key in used:
        variable = key.endswith("_") and any(each.startswith(key) for each in texts)
        assert key in texts or variable, key


def test_issues_services_and_system_health() -> None:
    """The code knows each abort of a repair flow, each action, and each line of the health."""
    for texts in ENGLISH["issues"].values():
        aborts = texts.get("fix_flow", {}).get("abort", {})
        assert set(aborts) <= constants(SOURCES["repairs.py"])
    assert set(ENGLISH["services"]) <= constants(SOURCES["services.py"])
    assert set(ENGLISH["system_health"]["info"]) <= constants(SOURCES["system_health.py"])
