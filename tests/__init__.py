"""Tests of the integration, the simulator and the scripts."""

import pytest

# Helpers whose assertions should say what they have found.
pytest.register_assert_rewrite("tests.contract")
