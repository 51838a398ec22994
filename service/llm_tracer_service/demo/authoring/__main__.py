"""Writes the files of the demo: `python -m llm_tracer_service.demo.authoring`."""

from __future__ import annotations

from pathlib import Path

from llm_tracer_service.demo.authoring import files

FOLDER = Path(__file__).resolve().parent.parent / "traces"


def main() -> None:
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in files():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"{len(text.encode()):>8,} bytes  {name}")


if __name__ == "__main__":
    main()
