from __future__ import annotations

from importlib.util import find_spec

import pytest
from llm_tracer.sending import compress

CODECS = [compress.best_codec, compress._zstd_of_the_environment, compress._gzip]
if find_spec("compression") is not None:
    CODECS.append(compress._zstd_of_the_interpreter)


@pytest.mark.parametrize("find", CODECS)
def test_what_is_compressed_comes_out_again(find: object) -> None:
    codec = find()  # type: ignore[operator]
    body = b"span " * 1000
    packed = codec.compress(body)
    assert len(packed) < 100
    assert codec.decompress(packed) == body


def test_without_zstd_it_is_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> compress.Codec:
        raise ImportError

    monkeypatch.setattr(compress, "_zstd_of_the_interpreter", missing)
    monkeypatch.setattr(compress, "_zstd_of_the_environment", missing)
    assert compress.best_codec().name == "gzip"
