"""The pages that the service itself serves: templates of the package, escaped, without JavaScript."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from llm_tracer_service.templates import policy_hash, source_of, templates_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def page(template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> Response:
    """A rendered template as an answer that may load and run nothing but its own style."""
    environment, policy = _environment()
    text = environment.get_template(template).render(values)
    body = text.encode("utf-8", "replace")  # halves of surrogate pairs become question marks
    secure = {"Content-Security-Policy": policy, "Cache-Control": "no-store", **(headers or {})}
    return Response(body, status, secure, media_type="text/html; charset=utf-8")


@cache
def _environment() -> tuple[Environment, str]:
    """The templates, and the policy that allows their one style. Made for the first page: most services serve none."""
    from llm_tracer.model import text
    from markupsafe import Markup

    environment = templates_of("llm_tracer_service.api")
    style = source_of(environment, "style.css")
    environment.globals["style"] = Markup(style)  # noqa: S704 - our own file
    environment.filters["duration"] = text.duration
    environment.filters["count"] = text.count
    environment.filters["prose"] = _prose
    environment.globals["cost"] = text.cost
    policy = (
        f"default-src 'none'; style-src {policy_hash(style)}; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return environment, policy


def _prose(of: str) -> Markup:
    """One of our texts, with `names` in it set as code."""
    from markupsafe import Markup, escape

    escaped = str(escape(of))  # what is put into a Markup is escaped, the marks of code too
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))  # noqa: S704 - escaped before
