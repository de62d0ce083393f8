"""People for seed data: invented names, and addresses that the reserved example.com domain takes in."""

from random import Random

# fmt: off
FIRST = (
    "Abena", "Adrian", "Aino", "Alma", "Amir", "Anouk", "Arturo", "Beatrix", "Bram", "Camila", "Cato", "Celeste",
    "Daniyar", "Delphine", "Dorian", "Edda", "Eliza", "Emeka", "Esra", "Fabian", "Fern", "Florin", "Gita", "Greta",
    "Hamza", "Helga", "Ilya", "Imani", "Ines", "Jasper", "Jia", "Josefa", "Kamal", "Katya", "Keoni", "Laszlo",
    "Leila", "Lior", "Lucinda", "Maarten", "Mabel", "Malik", "Mireille", "Nadia", "Nils", "Noor", "Odette", "Omar",
    "Orla", "Paloma", "Petra", "Quentin", "Rafael", "Rasa", "Ronan", "Ruta", "Sachiko", "Selma", "Stellan",
    "Tamsin", "Tariq", "Thea", "Tomas", "Ursula", "Vera", "Viggo", "Wanda", "Xenia", "Yusuf", "Zora",
)
LAST = (
    "Abernathy", "Achterberg", "Adeyemi", "Almqvist", "Andrade", "Baptiste", "Beaumont", "Birk", "Bondarenko",
    "Carver", "Castellano", "Chaudhry", "Cho", "Corrigan", "Dahl", "Delacroix", "Dimitrov", "Dunmore", "Eguchi",
    "Elmasry", "Engel", "Farrow", "Ferreira", "Fitzgerald", "Galanis", "Gansu", "Grimaldi", "Haas", "Halloran",
    "Hartono", "Hollis", "Ivanov", "Jaramillo", "Jelinek", "Kaplan", "Kimura", "Kowalczyk", "Lindqvist", "Lockhart",
    "Maddox", "Marchetti", "Mbeki", "Nakagawa", "Novotny", "Obrien", "Okafor", "Osterman", "Pemberton", "Petrakis",
    "Quiroga", "Rahman", "Reinholt", "Sandoval", "Sorensen", "Szabo", "Tanaka", "Thackeray", "Torvald", "Uzun",
    "Valcourt", "Vasquez", "Wainwright", "Whitlock", "Yamada", "Yildiz", "Zielinski",
)
ADDRESSES = {
    "address1": ("12 Juniper Court", "8 Mill Race Road", "230 Lantern Street", "57 Quarry Lane", "904 Orchard Terrace"),
    "address2": ("Apt 4", "Suite 21", "Floor 2", "Unit 9", "Apt 310"),
    "city": ("Fresno", "Dayton", "Tacoma", "Mobile", "Albany"),
    "state": ("CA", "OH", "WA", "AL", "NY"),
    "zip": ("93650", "45377", "98401", "36601", "12201"),
    "country": ("USA", "USA", "USA", "USA", "USA"),
}
# fmt: on
"""Invented addresses by their parts; parts at one position belong together."""


def people(rng: Random, count: int) -> list[tuple[str, str]]:
    """That many different people: full name and email address."""
    pairs = rng.sample([(first, last) for first in FIRST for last in LAST], count)
    return [(f"{first} {last}", f"{first}{rng.choice('._-')}{last}@example.com".lower()) for first, last in pairs]
