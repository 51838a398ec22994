"""Templates of a package, and the hashes by which a Content-Security-Policy allows their own styles and scripts."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def templates_of(package: str) -> Environment:
    """The templates below `templates/` of a package. All values are escaped, and one that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # only for those who look at a page

    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def source_of(environment: Environment, name: str) -> str:
    """The text of a file beside the templates: a style, a script. Raises jinja2.TemplateNotFound."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def policy_hash(text: str) -> str:
    """The source expression that allows exactly this inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
