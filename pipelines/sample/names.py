"""Names of companies and people, and the ways sales writes a company's name that the ERP writes otherwise.

Belongs here: word lists and text variation. Does not: who buys what.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.sample.arrays import Ints
from pipelines.sample.company import COUNTRIES

ROOTS = (
    "Kallio", "Lindqvist", "Halvorsen", "Ashdown", "Norrsken", "Björkman", "Tammela", "Östlund", "Sundvall", "Väinölä",
    "Hartwell", "Pemberley", "Skovgaard", "Rosendal", "Keskitalo", "Aalto-Virta", "Bergqvist", "Thornbury", "Wexcombe",
    "Marlstone", "Grönlund", "Häggström", "Isokoski", "Jokiranta", "Kvarnby", "Lauritsen", "Mäntysaari", "Nyholm",
    "Oakhurst", "Pohjola", "Ravensworth", "Salmenkivi", "Strandberg", "Tervakoski", "Uddvik", "Vestergaard",
    "Whitcombe",
    "Ylitalo", "Åkerblom", "Ödmark", "Brockhaus", "Delacour", "Eichwald", "Feldkamp", "Gravenhorst", "Hollander",
    "Janowski", "Kowalczyk", "Lemaire", "Meriluoto", "Nordgren", "Olenius", "Petersdal", "Quistgaard", "Rautavaara",
    "Silfverberg", "Tuulenkoski", "Ulvinen", "Vanhala", "Westerlund",
)  # fmt: skip
TRADES = (
    "Timber", "Marine", "Foods", "Energy", "Logistics", "Castings", "Hydraulics", "Pumps", "Paper", "Dairy", "Mining",
    "Robotics", "Optics", "Shipyard", "Steel", "Polymers", "Packaging", "Biotech", "Turbines", "Bearings", "Coatings",
    "Automation", "Cranes", "Textiles", "Ceramics", "Power", "Instruments", "Heating", "Water", "Rail", "Glass",
    "Valves",
    "Fisheries", "Batteries", "Medical", "Fasteners", "Printing", "Breweries", "Chemicals", "Motors",
)  # fmt: skip
PLACES = (
    "Tampere", "Turku", "Oulu", "Vaasa", "Lahti", "Kotka", "Malmö", "Örebro", "Lund", "Gävle", "Leeds", "York", "Hull",
    "Bristol", "Cork", "Bergen", "Molde", "Odense", "Aarhus", "Tartu", "Pärnu", "Gdynia", "Kassel", "Bremen", "Breda",
    "Nantes", "Duluth",
)  # fmt: skip
FIRST_NAMES = (
    "Anna", "Eero", "Sofia", "Lars", "Emma", "Juhani", "Ingrid", "Oliver", "Karin", "Mikko", "Grace", "Henrik", "Laura",
    "Thomas", "Elin", "Pekka", "Sarah", "Anders", "Riikka", "James", "Maja", "Timo", "Alice", "Sven", "Noora", "Peter",
)  # fmt: skip
LAST_NAMES = (
    "Virtanen", "Korhonen", "Andersson", "Johansson", "Smith", "Hansen", "Nieminen", "Karlsson", "Taylor", "Mäkinen",
    "Nilsson", "Brown", "Jensen", "Laine", "Eriksson", "Wilson", "Heikkinen", "Olsson", "Davies", "Koskinen", "Larsen",
    "Walker", "Järvinen", "Persson", "Clarke", "Lehtonen", "Svensson", "Hughes", "Saarinen", "Gustafsson", "Lefèvre",
)  # fmt: skip
TITLES = ("Purchasing manager", "Chief executive", "Head of finance", "Plant manager", "Maintenance lead", "Engineer")

ASCII = (("ä", "a"), ("ö", "o"), ("å", "a"), ("ø", "o"), ("é", "e"), ("è", "e"), ("ü", "u"))
NAME_COUNT = len(ROOTS) * len(TRADES) * (len(PLACES) + 1)


def company_names(numbers: Ints) -> pl.Series:
    """Company names without legal form: distinct up to NAME_COUNT, and with a numeral behind them after that."""
    numbers = np.asarray(numbers, dtype=np.int64)
    lap, within = numbers // NAME_COUNT, numbers % NAME_COUNT
    pairs = len(ROOTS) * len(TRADES)
    # A step without common factor walks all pairs before it repeats one, so neighbours do not look alike.
    pair = (within % pairs) * 1571 % pairs
    place = within // pairs
    frame = pl.DataFrame(
        {
            "root": np.array(ROOTS)[pair % len(ROOTS)],
            "trade": np.array(TRADES)[pair // len(ROOTS)],
            "place": np.array(("", *PLACES))[place],
            "lap": np.where(lap > 0, (lap + 1).astype(str), ""),
        }
    )
    return frame.select(
        name=pl.concat_str("root", "trade", "place", "lap", separator=" ")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )["name"]


def with_legal_form(names: pl.Series, country: Ints, *, other: bool = False) -> pl.Series:
    forms = np.array([place.legal_forms[int(other)] for place in COUNTRIES])[country]
    return (names + " " + pl.Series(forms)).alias("name")


def slugs(names: pl.Series) -> pl.Series:
    """Names as they stand in a web domain."""
    text = names.str.to_lowercase()
    for letter, plain in ASCII:
        text = text.str.replace_all(letter, plain, literal=True)
    return text.str.replace_all(r"[^a-z0-9]+", "-").str.strip_chars("-")


def domains(names: pl.Series, country: Ints) -> pl.Series:
    """Under a reserved top-level domain, so that none of them is anybody's."""
    countries = np.array([place.code.lower() for place in COUNTRIES])[country]
    return slugs(names) + "." + pl.Series(countries) + ".example"


def sales_spelling(names: pl.Series, country: Ints, style: Ints, cut: Ints) -> pl.Series:
    """How sales typed the name: 0 as registered, 1 without legal form, 2 the other legal form, 3 capitals,
    4 a letter dropped, 5 without accents, 6 doubled spaces and a trailing dot."""
    plain = names
    frame = pl.DataFrame(
        {
            "registered": with_legal_form(names, country),
            "other": with_legal_form(names, country, other=True),
            "plain": plain,
            "style": style,
            "cut": np.asarray(cut, dtype=np.int64),
        }
    )
    unaccented = pl.col("registered")
    for letter, ascii_letter in (*ASCII, ("Ä", "A"), ("Ö", "O"), ("Å", "A"), ("Ü", "U")):
        unaccented = unaccented.str.replace_all(letter, ascii_letter, literal=True)
    position = 2 + pl.col("cut") % (pl.col("plain").str.len_chars().cast(pl.Int64) - 3).clip(1)
    dropped = pl.col("plain").str.slice(0, position) + pl.col("plain").str.slice(position + 1)
    choice = (
        pl.when(pl.col("style") == 1).then(pl.col("plain"))
        .when(pl.col("style") == 2).then(pl.col("other"))
        .when(pl.col("style") == 3).then(pl.col("registered").str.to_uppercase())
        .when(pl.col("style") == 4).then(dropped)
        .when(pl.col("style") == 5).then(unaccented)
        .when(pl.col("style") == 6).then(pl.col("registered").str.replace_all(" ", "  ", literal=True) + ".")
        .otherwise(pl.col("registered"))
    )  # fmt: skip
    return frame.select(name=choice)["name"]


def person_names(generator: np.random.Generator, size: int) -> pl.Series:
    first = np.array(FIRST_NAMES)[generator.integers(0, len(FIRST_NAMES), size)]
    last = np.array(LAST_NAMES)[generator.integers(0, len(LAST_NAMES), size)]
    return (pl.Series(first) + " " + pl.Series(last)).alias("name")
