"""Values that are too large for their span: images and sounds in base64, and very long texts. Pure.

markers      the short text that replaces a blob in its span
payloads     base64 within a text: found, decoded, and written again exactly as it was
mime         the type of bytes, by how they begin
extraction   takes blobs out of values and spans, and puts them back: the result equals the original
"""

from llm_tracer_service.blobs.extraction import Blob, BlobOf, SpanForm, in_form, set_aside
from llm_tracer_service.blobs.markers import as_media_ref

__all__ = ["Blob", "BlobOf", "SpanForm", "as_media_ref", "in_form", "set_aside"]
