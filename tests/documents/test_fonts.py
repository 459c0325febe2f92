"""The fonts are the ones of the manifest, with their licence."""

import hashlib
import tomllib

from fontTools.ttLib import TTFont

from recommender.documents.glyphs import FONT_FILES, FONT_FOLDER

MANIFEST = tomllib.loads((FONT_FOLDER / "manifest.toml").read_text(encoding="utf-8"))


def test_files_have_the_hashes_of_the_manifest():
    fonts = {f.name for f in FONT_FOLDER.iterdir() if f.suffix in (".ttf", ".otf")}
    assert fonts == set(FONT_FILES) == set(MANIFEST["files"])
    for name, entry in MANIFEST["files"].items():
        content = (FONT_FOLDER / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert len(content) < 12_000_000


def test_fonts_are_what_the_manifest_says():
    for name, entry in MANIFEST["files"].items():
        with TTFont(FONT_FOLDER / name, lazy=True) as font:
            assert font["name"].getDebugName(1) == MANIFEST["family"]
            assert MANIFEST["version"] in font["name"].getDebugName(5)
            assert font["OS/2"].usWeightClass == entry["weight"]


def test_ships_the_licence():
    licence = (FONT_FOLDER / MANIFEST["licence_file"]).read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
