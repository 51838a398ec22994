"""Values that are too large for their span: images and sounds in base64, and very long texts. Pure.

markers      the short text that stands in a span for a blob
payloads     base64 within a text: found, decoded, and written again exactly as it was
mime         what bytes are, by how they begin
extraction   a value or a span without its blobs, and whole again: `restored(set_aside(x)) == x` for any x
"""

from llm_tracer_service.blobs.extraction import Blob, BlobOf, SpanForm, in_form, set_aside
from llm_tracer_service.blobs.markers import as_media_ref

__all__ = ["Blob", "BlobOf", "SpanForm", "as_media_ref", "in_form", "set_aside"]
