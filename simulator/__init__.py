"""The providers' APIs over real HTTP, for the demo and the tests."""

from .apis import Api, Scenario, credentials
from .files import load, load_own_endpoint
from .server import create_app
from .state import SIMULATOR, Request, Simulator

__all__ = [
    "SIMULATOR",
    "Api",
    "Request",
    "Scenario",
    "Simulator",
    "create_app",
    "credentials",
    "load",
    "load_own_endpoint",
]
