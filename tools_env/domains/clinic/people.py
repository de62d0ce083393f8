"""Names, places and medicines from which the clinic is made, and what patients bring along; all invented."""

from typing import NamedTuple

from tools_env.domains.clinic.records import MedicineGroup, Town


class Medicine(NamedTuple):
    """A medicine as it is prescribed."""

    product: str
    strength: str
    group: MedicineGroup
    price: float


MEDICINES = (
    Medicine("Velorin tablets", "40 mg", "blood pressure", 21.4),
    Medicine("Pressoval capsules", "5 mg", "blood pressure", 13.8),
    Medicine("Ostrapine drops", "2 ml", "allergy relief", 9.6),
    Medicine("Histarel syrup", "10 ml", "allergy relief", 11.2),
    Medicine("Aeravant inhaler", "100 puffs", "asthma", 34.9),
    Medicine("Brovanta powder", "60 doses", "asthma", 27.3),
    Medicine("Enterolan sachets", "8 g", "digestion", 15.5),
    Medicine("Gastrivon tablets", "20 mg", "digestion", 18.7),
    Medicine("Dolexin tablets", "250 mg", "pain relief", 7.9),
    Medicine("Quellamol patches", "12 mg", "pain relief", 29.8),
    Medicine("Dermolith cream", "50 g", "skin care", 16.2),
    Medicine("Lumidor ointment", "30 g", "skin care", 22.6),
    Medicine("Somnabel capsules", "3 mg", "sleep aid", 14.1),
    Medicine("Noctavel drops", "15 ml", "sleep aid", 19.9),
    Medicine("Thyromel tablets", "75 mcg", "thyroid", 12.3),
    Medicine("Glandorin capsules", "50 mcg", "thyroid", 17.6),
)
# fmt: off
SURNAMES = (
    "Arkwright", "Bellweather", "Calloway", "Dunsford", "Everhart", "Fairbanks", "Goldsworthy", "Hazelwood",
    "Inglewood", "Jessop", "Kettering", "Lattimer", "Merriweather", "Nightingale", "Overbury", "Prendergast",
    "Quillfeather", "Ravenscroft", "Silverton", "Thistlewood", "Underwood", "Vandermeer", "Winterbourne", "Yardley",
)
REFERRING = ("Ashdown", "Birtwistle", "Crabtree", "Dewhurst", "Ellsworth", "Fothergill", "Greenhalgh", "Hargreaves")
SITES = ("Mill House", "Garden Wing", "Station Road", "Harbour Court")
LANGUAGES = ("English and Spanish", "English and Polish", "English", "English and French", "English and Arabic")
PHARMACIES: dict[Town, tuple[str, ...]] = {
    "Ashcombe": ("Old Mill Pharmacy", "Fountain Pharmacy", "Crown Street Pharmacy", "Linden Pharmacy"),
    "Eastmere": ("Harbour Pharmacy", "Lakeside Pharmacy", "Bridge End Pharmacy", "Swan Pharmacy"),
    "Larkfield": ("Meadow Pharmacy", "Northgate Pharmacy", "Windmill Pharmacy", "Rose Court Pharmacy"),
    "Oakhurst": ("Acorn Pharmacy", "Market Hall Pharmacy", "Chapel Pharmacy", "Woodside Pharmacy"),
    "Stonebeck": ("Quarry Pharmacy", "Beacon Pharmacy", "Riverbank Pharmacy", "Weaver Pharmacy"),
}
STREETS = ("Alder Row", "Cooper Mews", "Dyer Street", "Foundry Road", "Kiln Lane", "Orchard Street", "Vine Street")
INSURERS = ("Northway Mutual", "Bluestone Health", "Alderbank Cover", "Hartwell Assurance", "Fernleigh Fund")
PLANS = ("essential", "family", "premium", "senior")
# Addresses, phone numbers and member numbers that people change to.
NEW_ADDRESSES = (
    "5 Barley Court, Ashcombe 40122", "18 Millrace Steps, Eastmere 41031", "77 Sallow Drive, Larkfield 42640",
    "9 Beech Hanger, Oakhurst 43915", "140 Upper Strand, Stonebeck 45722", "33 Pump Yard, Ashcombe 40127",
    "61 Osier Walk, Eastmere 41048", "204 Toll House Road, Larkfield 42655", "12 Sandpit Lane, Oakhurst 43921",
    "88 Fuller Street, Stonebeck 45738", "27 Candle Row, Ashcombe 40139", "46 Ferry Hill, Eastmere 41052",
)
NEW_PHONES = (
    "200-555-0104", "200-555-0111", "200-555-0118", "200-555-0127", "200-555-0133", "200-555-0139", "200-555-0146",
    "200-555-0152", "200-555-0160", "200-555-0171", "200-555-0185", "200-555-0193",
)
NEW_MEMBER_NUMBERS = (
    "30418822", "31750964", "33026417", "34589103", "35914470", "36207758", "37441936", "38165209", "39803341",
    "39927615",
)
# fmt: on
