"""The lines of a `.env` file. All three parts read the same file, so all three read it the same way."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE


def assignments(file: bytes) -> dict[str, str]:
    """`export NAME="value"  # comment` as {NAME: value}, line by line; the last one of a name counts.

    Lines that assign nothing, or nothing but an empty value, are left out. UTF-8 with or without a byte order mark, and
    UTF-16 with one, as PowerShell writes it; a file that is neither assigns nothing.
    """
    encoding = "utf-16" if file.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        lines = file.decode(encoding).splitlines()
    except UnicodeDecodeError:
        return {}
    return dict(filter(None, map(_assignment, lines)))


def _assignment(line: str) -> tuple[str, str] | None:
    name, _, value = line.strip().removeprefix("export ").partition("=")
    name, quoted = name.strip(), value.strip()
    if not name.isidentifier():
        return None
    if quoted[:1] in ("'", '"') and (end := quoted.find(quoted[0], 1)) > 0:
        value = quoted[1:end]
    else:
        value = value.replace("\t#", " #").partition(" #")[0].strip()
    return (name, value) if value else None
