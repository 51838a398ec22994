"""What must never be: checked on the sources, since a reader may forget."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "dashboard"
PYTHON = sorted(file for file in PACKAGE.rglob("*.py") if "_runtime" not in file.parts)
SCRIPTS = sorted((PACKAGE / "components").rglob("*.js*"))
STYLES = PACKAGE.parent / "assets" / "dashboard.css"
SHEETS = sorted(STYLES.parent.glob("*.css"))


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
            found |= {"." * node.level + alias.name for alias in node.names if node.level and not node.module}
    return found


def test_there_are_files_to_check() -> None:
    assert all((PYTHON, SCRIPTS, SHEETS))


def test_view_is_pure() -> None:
    assert _imports(PACKAGE / "view.py") <= {"__future__", "typing"}


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: file.name)
def test_only_settings_reads_the_environment(file: Path) -> None:
    if file.name != "settings.py":
        assert not re.search(r"os\.(environ|getenv)", file.read_text())


@pytest.mark.parametrize(
    "file", [f for f in PYTHON if f.parent.name in ("components", "pages")], ids=lambda f: f.name
)
def test_components_and_pages_never_call_the_api(file: Path) -> None:
    assert not [name for name in _imports(file) if "api" in name or "httpx" in name or "proxy" in name]


def test_no_part_of_the_other_parts_is_imported() -> None:
    for file in PYTHON:
        for name in _imports(file):
            assert not name.startswith("llm_tracer_service")
            assert not name.startswith("llm_tracer.") or name.startswith("llm_tracer.model")


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_content_is_only_ever_drawn_as_text(file: Path) -> None:
    code = file.read_text()
    for word in (
        "dangerouslySetInnerHTML",
        "innerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
    ):
        assert word not in code
    assert not re.search(r"https?://", code), "the browser talks to its own origin only"
    if file.name != "blob_value.jsx":  # which loads what the service keeps, from the page's own origin
        assert not re.search(r"<(img|iframe|object|embed|video|audio)\b", code), (
            "content never loads anything"
        )
    if file.name != "sign_out.js":  # which ends the session
        assert not re.search(r"method:\s*[\"'](POST|PUT|PATCH|DELETE)", code)


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_scripts_import_what_is_there(file: Path) -> None:
    for path in re.findall(r"(?:from |import\()\"([^\"]+)\"", file.read_text()):
        known = path in ("react", "react-router", "marked", "temml") or path.startswith(
            "$/utils/context-registry"
        )
        assert known or (file.parent / path).is_file(), path


def test_every_script_is_in_a_folder_that_the_package_describes() -> None:
    package = PACKAGE / "components"
    described = set(re.findall(r"^  (\w+)/ ", (package / "__init__.py").read_text(), re.MULTILINE))
    assert {file.parent.relative_to(package).as_posix() for file in SCRIPTS} == described
    assert len({file.name for file in SCRIPTS}) == len(SCRIPTS), "a name is enough to find a script"


@pytest.mark.parametrize(
    "file", [file for file in SCRIPTS if file.parent.name == "shared"], ids=lambda file: file.name
)
def test_what_all_scripts_build_on_knows_none_of_them(file: Path) -> None:
    assert not re.findall(r"\"(\.\./[^\"]+)\"", file.read_text())


def test_no_component_is_over_what_a_reader_holds() -> None:
    for file in SCRIPTS:
        assert len(file.read_text().splitlines()) <= 320, file.name


@pytest.mark.parametrize("file", SHEETS, ids=lambda file: file.name)
def test_the_sheets_ask_no_other_host(file: Path) -> None:
    sheet = file.read_text()
    assert "@import" not in sheet
    assert "url(" not in sheet


@pytest.mark.parametrize("file", SHEETS, ids=lambda file: file.name)
def test_hatching_of_mixed_colours_is_drawn_by_firefox_too(file: Path) -> None:
    """Without `in srgb` it goes through Oklab, and there Firefox loses the hard edges."""
    for gradient in re.findall(r"repeating-linear-gradient\((.*)", file.read_text()):
        assert "color-mix" not in gradient or "in srgb," in gradient.split(",")[0] + ",", gradient


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read_in_both_themes(theme: str) -> None:
    """WCAG AA: 4.5 for text on every ground it stands on, 3 for marks and bars."""
    light, dark = STYLES.read_text().split(":root.dark", 1)
    colours = dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light if theme == "light" else dark.split("}", 1)[0])
    )
    for ground in ("bg", "bg-1", "accent-bg"):
        for ink in ("ink", "ink-2", "ink-3"):
            assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for ink, ground in (
        ("err", "err-bg"),
        ("warn", "warn-bg"),
        ("accent", "bg"),
        ("accent", "accent-bg"),
        ("ok", "bg"),
        ("run", "bg"),
    ):
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for kind in ("llm", "tool", "agent", "data", "other", "guard", "mcp", "http"):
        assert _contrast(colours[kind], colours["bg"]) >= 3, kind
