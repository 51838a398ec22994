"""The JSX files as one library: where Reflex is told they are."""

from pathlib import Path

import pytest
from dashboard.components import library

SOURCES = Path(library.__file__).parent


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the files of the library go to, not made yet."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "assets" / "external" / "dashboard" / "components" / "library"


def test_every_script_is_linked_where_its_import_path_says(links: Path) -> None:
    paths = library._register()
    scripts = [file for file in SOURCES.rglob("*") if file.suffix in (".js", ".jsx")]
    assert set(paths) == {file.relative_to(SOURCES).as_posix() for file in scripts}
    for name, path in paths.items():
        assert path == f"$/public/external/dashboard/components/library/{name}"
        assert (links / name).resolve() == (SOURCES / name).resolve()
    assert {link.relative_to(links).as_posix() for link in links.glob("*/*")} == set(paths)


def test_links_that_are_right_are_not_touched(links: Path) -> None:
    library._register()
    before = {link: link.lstat().st_ino for link in links.glob("*/*")}
    library._register()
    assert {link: link.lstat().st_ino for link in links.glob("*/*")} == before


@pytest.mark.parametrize("left_behind", ["a link that leads elsewhere", "a file"])
def test_what_was_left_behind_is_replaced(links: Path, left_behind: str) -> None:
    name = max(library._register())
    (links / name).unlink()
    if left_behind == "a file":
        (links / name).write_text("old")
    else:
        (links / name).symlink_to(links / "gone.js")
    library._register()
    assert (links / name).resolve() == (SOURCES / name).resolve()
