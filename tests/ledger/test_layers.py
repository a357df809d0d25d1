"""Imports of the ledger."""

import ast
from pathlib import Path
import re
import sys

import pytest

from custom_components.api_balance import ledger

PACKAGE = Path(ledger.__file__).parent
# They need Home Assistant: its storage, and its recorder.
HOME_ASSISTANT = {"__init__", "statistics", "store"}
PURE = sorted({path.stem for path in PACKAGE.glob("*.py")} - HOME_ASSISTANT)


@pytest.mark.parametrize("name", PURE)
def test_pure_arithmetic(name: str) -> None:
    """The arithmetic needs only the standard library, and receives the time."""
    source = (PACKAGE / f"{name}.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1
            assert node.module in PURE
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] in sys.stdlib_module_names
    assert not re.search(r"\b(now|utcnow|today)\(\)", source)
