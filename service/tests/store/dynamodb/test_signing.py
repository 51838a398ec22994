"""Our signature is botocore's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store.dynamodb.signing import Keys, signed_headers

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(
    keys=st.builds(Keys, texts, texts, st.one_of(st.none(), texts)),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
    host=st.sampled_from(["dynamodb.us-east-1.amazonaws.com", "127.0.0.1:8000"]),
    body=st.binary(max_size=100),
    now=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_it_signs_as_botocore_does(keys: Keys, region: str, host: str, body: bytes, now: datetime) -> None:
    ours = signed_headers(keys, region, host, "DynamoDB_20120810.PutItem", body, now)
    request = AWSRequest("POST", f"https://{host}/", data=body)
    for name in ("content-type", "host", "x-amz-target"):
        request.headers[name] = ours[name]
    signer = auth.SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), "dynamodb", region)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None))
        signer.add_auth(request)
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
