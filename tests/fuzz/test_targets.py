"""A short run of each fuzz target, always with the same responses; scripts/fuzz runs longer."""

from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
import pytest

from .responses import APIS, bodies_with_odd_values
from .targets import TARGETS, Target, check_body
from .wire import RawResponse

_BODIES: Final = 400
_RESPONSES: Final = 100


# Hypothesis warns of a random generator that nobody keeps.
@pytest.mark.filterwarnings("ignore:.*register_random:hypothesis.errors.HypothesisWarning")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target(socket_enabled: None, target: Target) -> None:
    """Every response results in a correct snapshot or in an error."""
    with target.open() as check:

        @settings(
            max_examples=_RESPONSES if target.is_client else _BODIES,
            derandomize=True,
            deadline=None,
            database=None,
            # scripts/fuzz reduces a finding to the smallest response.
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(target.responses)
        def run(response: RawResponse) -> None:
            """Check one response."""
            check(response)

        run()


@pytest.mark.parametrize("slug", sorted(APIS))
def test_odd_values(slug: str) -> None:
    """An odd value in the place of any other is read correctly or refused."""
    for body in bodies_with_odd_values(slug):
        check_body(RawResponse(slug, body))
