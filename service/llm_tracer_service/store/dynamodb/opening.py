"""What `dynamodb:TABLE?endpoint=URL&region=R&retention_days=N` names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.credentials import find_keys, find_region
from llm_tracer_service.store.dynamodb.transport import HttpTransport

USAGE = "It is dynamodb:TABLE, perhaps with ?region=R&endpoint=URL&retention_days=N."
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_LOCAL_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Location:
    """A table. Without `endpoint`, it is on AWS in the region."""

    table: str
    endpoint: str | None = None
    region: str | None = None
    retention_days: float | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is DynamoDB Local on this machine, or in a container whose name has no dots."""
        host = urlsplit(self.endpoint or "").hostname
        return host is not None and (host in _LOCAL_HOSTS or "." not in host)

    def client(self) -> Client:
        """A client with the credentials of the environment. Raises StoreError if there are none."""
        region = self.region or (_LOCAL_REGION if self.is_local else find_region())
        if region is None:
            raise StoreError(
                "No AWS region is known.", "Set AWS_REGION, or add ?region=eu-central-1 to TRACER_STORE."
            )
        endpoint = self.endpoint or f"https://dynamodb.{region}.amazonaws.com"
        return Client(self.table, HttpTransport(endpoint, region, find_keys(self.is_local)))


def parse_location(text: str) -> Location:
    """The location in a store url, after `dynamodb:`. Raises StoreError."""
    name, _, query = text.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = options.keys() - {"endpoint", "region", "retention_days"}
    if unknown or not name:
        what = f"has the unknown option {min(unknown)!r}" if unknown else "names no table"
        raise StoreError(f"TRACER_STORE {what}.", USAGE)
    days = options.get("retention_days")
    try:
        retention_days = None if days is None else float(days)
    except ValueError:
        raise StoreError(f"retention_days is a number of days, not {days!r}.", USAGE) from None
    endpoint = options.get("endpoint")
    if endpoint is not None and urlsplit(endpoint).scheme not in ("http", "https"):
        raise StoreError(f"endpoint is a URL such as http://localhost:8000, not {endpoint!r}.", USAGE)
    return Location(unquote(name), endpoint, options.get("region"), retention_days)
