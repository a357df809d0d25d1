"""Provider-neutral client of balance APIs; knows nothing of Home Assistant."""

from .auth import API_KEY, BASIC, BEARER, Auth, InvalidCredentialError, api_key_header
from .client import Client, InvalidBaseUrlError, check_base_url
from .errors import (
    AccountDisabledError,
    ApiError,
    AuthenticationError,
    PermissionDeniedError,
    RateLimitedError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from .json_object import JsonObject
from .models import CREDITS, AccountSnapshot, Balance, Field, amount_text
from .provider import ErrorCode, Provider

__all__ = [
    "API_KEY",
    "BASIC",
    "BEARER",
    "CREDITS",
    "AccountDisabledError",
    "AccountSnapshot",
    "ApiError",
    "Auth",
    "AuthenticationError",
    "Balance",
    "Client",
    "ErrorCode",
    "Field",
    "InvalidBaseUrlError",
    "InvalidCredentialError",
    "JsonObject",
    "PermissionDeniedError",
    "Provider",
    "RateLimitedError",
    "ServiceUnavailableError",
    "UnexpectedResponseError",
    "amount_text",
    "api_key_header",
    "check_base_url",
]
