"""Places and words from which customers are made; all invented."""

# fmt: off
STREETS = (
    "Alder Row", "Bakehouse Lane", "Beacon Hill", "Chandler Street", "Cooper Mews", "Dyer Street", "Elm Terrace",
    "Foundry Road", "Gable Close", "Heron Walk", "Juniper Avenue", "Kiln Lane", "Linden Crescent", "Mill Race",
    "Northgate", "Orchard Street", "Pinfold Lane", "Quay Street", "Rowan Drive", "Saddler Court", "Thistle Way",
    "Underhill", "Vine Street", "Weir Road", "Yarrow Place",
)
TOWNS = (
    "Ashcombe", "Bellhaven", "Cressford", "Dunmoor", "Eastmere", "Fenwick", "Gransby", "Hollowell",
    "Ironbridge Cross", "Kelmouth", "Larkfield", "Marlow Green", "Netherby", "Oakhurst", "Penrose", "Ravensworth",
    "Stonebeck", "Thornleigh", "Upper Wick", "Westering",
)
# Addresses that people move to, or want something sent to.
NEW_ADDRESSES = (
    "4 Cobbler Yard, Ashcombe 40118", "17 Ferry Steps, Kelmouth 41377", "203 Long Acre, Fenwick 40260",
    "58 Plover Street, Oakhurst 43902", "9 Tannery Court, Stonebeck 45719", "31 Wharf Lane, Penrose 44065",
    "72 Barley Mow, Larkfield 42631", "120 Castle Dyke, Ravensworth 45188", "6 Sexton Row, Dunmoor 40986",
    "88 Poplar Parade, Eastmere 41024", "15 Smithy Bank, Thornleigh 46350", "240 Ring Road, Gransby 42107",
    "3 Abbot Close, Netherby 43518", "67 Drovers Way, Westering 47293", "41 Hazel Rise, Bellhaven 40539",
    "19 Limekiln Street, Hollowell 42874", "152 Station Road, Cressford 40771", "26 Swan Alley, Upper Wick 46812",
)
GIFT_MESSAGES = (
    "Happy birthday, with love from all of us", "Thank you for looking after the garden",
    "A little something for the new home", "Congratulations to you both", "Get well soon, we miss you",
    "To the best neighbours we could wish for", "Enjoy your well-earned retirement",
    "Merry midsummer, see you at the lake",
)
# fmt: on
