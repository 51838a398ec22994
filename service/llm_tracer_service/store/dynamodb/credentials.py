"""Where keys come from: DynamoDB Local takes any, a Lambda has them in its environment, everything else is botocore's.

The chain (profiles, SSO, assumed roles, containers, instances) is botocore's own, and so is the renewal of keys that
expire: `pip install llm-tracer-service[dynamodb]`. It is imported only if the environment has no keys: 0.27 s of CPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

from llm_tracer_service.store.base import StoreError, StoreUnavailable
from llm_tracer_service.store.dynamodb.signing import Keys

KeysOf: TypeAlias = Callable[[], Keys]
"""Returns the keys that are valid now."""

_LOCAL = Keys("local", "local")


def find_keys(is_local: bool) -> KeysOf:
    """What returns the keys. The environment variables are AWS's own, with their usual meaning. Raises StoreError."""
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        keys = Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN"))
        return lambda: keys
    return (lambda: _LOCAL) if is_local else _chain()


def find_region() -> str | None:
    """The region of the environment, or of the profile if botocore is installed."""
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if named:
        return named
    try:
        from botocore.session import get_session
    except ImportError:
        return None
    region: str | None = get_session().get_config_variable("region")
    return region


def _chain() -> KeysOf:
    try:
        from botocore.session import get_session
    except ImportError:
        raise StoreError(
            "There are no AWS keys in the environment, and botocore is not installed to look further.",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install llm-tracer-service[dynamodb].",
        ) from None
    found = get_session().get_credentials()
    if found is None:
        raise StoreError("No AWS credentials were found.", "Use `aws configure`, `aws sso login` or a role.")

    def keys() -> Keys:
        try:
            frozen = found.get_frozen_credentials()
        except Exception as error:  # from any provider of the chain: a file, a process, an HTTP endpoint
            raise StoreUnavailable(f"AWS credentials could not be renewed: {error}.") from error
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)

    return keys
