"""Makes the TrueType files beside it from Inter's OpenType files (Debian package fonts-inter, SIL Open Font License).

Run by hand when the letters change; needs fontTools, which the product itself does not:
    python dashboards/reports/fonts/build_fonts.py FOLDER_OF_OTF_FILES
Paper charts drop text silently in a font they cannot read, hence TrueType and hence the glyph test.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

STYLES = ("Regular", "SemiBold", "Bold")
LETTERS = [
    *range(0x20, 0x250),  # Latin with its extensions
    *range(0x370, 0x530),  # Greek, Cyrillic
    *range(0x1E00, 0x1F00),
    *range(0x2000, 0x2070),  # dashes, spaces, quotes
    *range(0x20A0, 0x20C1),  # currency signs
    *(0x2116, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25B2, 0x25BC, 0xFFFD),
]


def true_type(font: TTFont) -> None:
    """Replace cubic outlines by quadratic ones, at most one unit of the em away."""
    order, glyphs = font.getGlyphOrder(), font.getGlyphSet()
    drawn = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, drawn
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
                  "maxStackElements", "maxSizeOfInstructions", "maxComponentElements", "maxPoints", "maxContours",
                  "maxCompositePoints", "maxCompositeContours", "maxComponentDepth"):  # fmt: skip
        setattr(maxp, field, 1 if field == "maxZones" else 0)
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    font.sfntVersion = "\000\001\000\000"


def main(folder: Path) -> None:
    """Write one .ttf per style beside this file."""
    for style in STYLES:
        font = TTFont(folder / f"Inter-{style}.otf")
        options = subset.Options()
        options.layout_features = ["kern", "liga", "tnum", "mark", "mkmk", "ccmp", "locl"]
        options.name_IDs = ["*"]
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=LETTERS)
        cutter.subset(font)
        true_type(font)
        font.save(Path(__file__).with_name(f"Inter-{style}.ttf"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
