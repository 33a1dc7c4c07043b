"""Cuts the Persian and Chinese TrueType files beside it from the npm packages @expo-google-fonts/vazirmatn and
@expo-google-fonts/noto-sans-sc (SIL Open Font License: LICENSE_Vazirmatn.txt, LICENSE_NotoSansSC.txt).

Run by hand when the letters change; needs fontTools, which the product itself does not:
    npm pack @expo-google-fonts/vazirmatn @expo-google-fonts/noto-sans-sc; unpack both into FOLDER
    python dashboards/reports/fonts/build_other_letters.py FOLDER
Chinese is cut to the 3,755 characters of GB 2312 level 1 and the punctuation: all 30,000 would be 10 MB a weight. A
character beyond them is drawn as a box; add it to EXTRA.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).resolve().parent
EXTRA = ""


def gb_2312(rows: range) -> set[int]:
    """The characters of rows of GB 2312, as code points."""
    found = set()
    for row in rows:
        for cell in range(1, 95):
            try:
                found.add(ord(bytes((0xA0 + row, 0xA0 + cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


CHINESE = gb_2312(range(1, 4)) | gb_2312(range(16, 56)) | {*range(0x3000, 0x3020), *range(0xFF00, 0xFFEF)}
PERSIAN = {*range(0x600, 0x700), *range(0x200C, 0x2010), *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00), 0x20, 0x2212}


def cut(source: Path, target: str, letters: set[int]) -> None:
    """Keep the letters of one file and what shapes them."""
    font = TTFont(source)
    options = subset.Options()
    options.layout_features = ["*"]
    options.name_IDs = ["*"]
    options.hinting = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=(letters | set(map(ord, EXTRA))) & set(font.getBestCmap()))
    cutter.subset(font)
    font.save(HERE / target)


def main(folder: Path) -> None:
    """Write the .ttf files beside this file."""
    for style, weight in (("Regular", "400Regular"), ("Bold", "700Bold")):
        for family, letters in (("Vazirmatn", PERSIAN), ("NotoSansSC", CHINESE)):
            (found,) = folder.rglob(f"{family}_{weight}.ttf")
            cut(found, f"{family}-{style}.ttf", letters)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
