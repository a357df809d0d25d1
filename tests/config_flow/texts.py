"""The texts that a form uses."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section

from ..test_texts import ENGLISH, leaves, placeholders

STEPS: Final[dict[str, Any]] = ENGLISH["config"]["step"]


class Seen:
    """Checks forms, and remembers the texts that they have used."""

    def __init__(self) -> None:
        """Start without forms."""
        self.texts: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, result: ConfigFlowResult) -> None:
        """Check that a form has its texts, and that it fills in their placeholders."""
        step, schema = result["step_id"], result["data_schema"]
        assert step is not None
        assert schema is not None
        texts = dict(leaves(STEPS[step]))
        used = {"title", "description", *self._fields(schema.schema, "")}
        assert used <= set(texts), step
        filled = set(result["description_placeholders"] or {})
        for path in used:
            assert placeholders(texts[path]) <= filled, (step, path)
        # The form may show any error about a provider.
        assert step in {"custom", "user"} or "provider" in filled
        self.texts[step] |= used

    def _fields(self, schema: dict[Any, Any], start: str) -> Iterator[str]:
        """Yield the paths of the texts of a form or section: labels, descriptions and names."""
        for marker, selector in schema.items():
            name = str(marker.schema)
            if isinstance(selector, section):
                yield f"{start}sections.{name}.name"
                yield from self._fields(selector.schema.schema, f"{start}sections.{name}.")
            else:
                yield from (f"{start}data.{name}", f"{start}data_description.{name}")
