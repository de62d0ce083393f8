"""The fifty products of the shop: name, category, material, starting price, colours, sizes, months of warranty."""

from typing import NamedTuple

from tools_env.domains.retail.records import Category


class Model(NamedTuple):
    """A product as the catalogue prints it; each further size costs more."""

    name: str
    category: Category
    material: str
    price: float
    colours: str
    sizes: str
    warranty: int


_HEIGHTS = "30 cm/45 cm/60 cm"
_SEATS = "two seats/four seats/six seats"
_LITRES = "20 litres/40 litres/65 litres"
_CUPS = "small/medium/large"

CATALOGUE = (
    Model("Dovetail Table Lamp", "lighting", "oak and linen", 42.5, "natural/smoke/ivory", _HEIGHTS, 24),
    Model("Harbour Lantern", "lighting", "powder-coated steel", 28.0, "black/verdigris/brass", _CUPS, 18),
    Model("Meridian Floor Lamp", "lighting", "brushed steel", 89.0, "black/chalk/copper", "140 cm/165 cm", 36),
    Model("Pebble Path Light", "lighting", "cast stone", 19.4, "grey/sand", "single/set of three", 18),
    Model("Glowworm Garland", "lighting", "copper wire", 16.9, "warm white/amber", "5 metres/10 metres/20 metres", 12),
    Model("Larch Pendant", "lighting", "larch veneer", 64.0, "natural/walnut/white", "28 cm/40 cm", 24),
    Model("Kestrel Desk Lamp", "lighting", "aluminium", 54.75, "graphite/red/cream", "clamp/base", 36),
    Model("Brookside Bench", "furniture", "acacia", 139.0, "natural/slate", "two seats/three seats", 36),
    Model("Orchard Bistro Set", "furniture", "galvanised steel", 168.0, "sage/black/cream", _SEATS, 24),
    Model("Fallow Armchair", "furniture", "rattan", 124.5, "honey/charcoal", "standard/wide", 24),
    Model("Trestle Dining Table", "furniture", "pine", 219.0, "natural/white/grey", _SEATS, 48),
    Model("Drift Hammock", "furniture", "cotton", 58.2, "indigo/terracotta/natural", "single/double", 12),
    Model("Sparrow Side Table", "furniture", "bamboo", 36.6, "natural/black", "low/tall", 24),
    Model("Loft Step Stool", "furniture", "beech", 33.0, "natural/blue/red", "two steps/three steps", 36),
    Model(
        "Tern Deck Chair", "furniture", "teak and canvas", 71.9, "navy stripe/green stripe/plain", "standard/tall", 24
    ),
    Model("Rill Planter", "planters", "glazed clay", 22.4, "jade/cobalt/white", _CUPS, 12),
    Model("Quarry Trough", "planters", "fibre cement", 47.0, "grey/anthracite", "60 cm/80 cm/100 cm", 24),
    Model("Hanging Wick Pot", "planters", "recycled plastic", 12.8, "mint/plum/white", _CUPS, 12),
    Model("Cedar Raised Bed", "planters", "cedar", 96.0, "natural/dark", "90 cm/120 cm/180 cm", 36),
    Model("Copper Windowsill Tray", "planters", "copper", 26.3, "bright/aged", "45 cm/75 cm", 18),
    Model("Barrel Tub", "planters", "oak", 61.5, "natural/black", _LITRES, 24),
    Model("Nettle Blanket", "textiles", "lambswool", 68.0, "moss/rust/oatmeal", "throw/double/king", 18),
    Model("Pier Outdoor Rug", "textiles", "woven polypropylene", 52.0, "blue/ochre/grey", "small/medium/long", 12),
    Model("Furrow Cushion", "textiles", "corduroy", 18.6, "mustard/teal/clay", "40 cm/50 cm/60 cm", 12),
    Model("Saltwash Curtain", "textiles", "linen", 44.9, "white/sea/flax", "180 cm/220 cm/260 cm", 12),
    Model("Hearth Apron", "textiles", "waxed cotton", 31.0, "olive/black/tan", _CUPS, 12),
    Model("Rainfall Parasol", "textiles", "solution-dyed canvas", 112.0, "sand/green/navy", "2 metres/3 metres", 24),
    Model("Wren Tea Towels", "textiles", "cotton", 11.5, "red check/blue check/plain", "set of two/set of four", 12),
    Model("Stack Crate", "storage", "birch plywood", 24.0, "natural/white/black", _CUPS, 24),
    Model("Boot Room Rack", "storage", "steel and ash", 57.3, "black/cream", "six pairs/ten pairs", 24),
    Model("Marsh Basket", "storage", "seagrass", 17.2, "natural/dipped white/dipped grey", _CUPS, 12),
    Model("Potting Cupboard", "storage", "spruce", 184.0, "natural/green", "narrow/wide", 36),
    Model("Tidewater Deck Box", "storage", "resin", 118.5, "graphite/taupe", "270 litres/420 litres", 24),
    Model("Peg Wall Panel", "storage", "birch plywood", 38.8, "natural/white", "60 cm/90 cm", 24),
    Model("Hawthorn Secateurs", "garden tools", "forged steel", 34.5, "red/green", "small hand/large hand", 60),
    Model("Furrow Spade", "garden tools", "ash and steel", 46.0, "natural/black", "standard/long", 60),
    Model("Thistle Weeder", "garden tools", "stainless steel", 15.9, "natural/blue", "short/long", 36),
    Model("Brook Watering Can", "garden tools", "zinc", 29.8, "zinc/green/yellow", "5 litres/9 litres", 24),
    Model("Coil Hose", "garden tools", "rubber", 39.9, "black/orange", "15 metres/25 metres/40 metres", 24),
    Model("Gleaner Rake", "garden tools", "bamboo", 21.7, "natural/red", "narrow/wide", 24),
    Model("Mole Wheelbarrow", "garden tools", "galvanised steel", 104.0, "green/silver", "85 litres/110 litres", 36),
    Model("Ridge Tent", "camping", "ripstop nylon", 196.0, "olive/orange", "two people/three people/four people", 24),
    Model("Ember Sleeping Bag", "camping", "recycled down", 132.0, "navy/plum", "regular/long", 24),
    Model("Cairn Stove", "camping", "titanium", 74.0, "grey/black", "one burner/two burners", 24),
    Model("Fjord Cool Box", "camping", "insulated steel", 86.5, "cream/forest/sky", _LITRES, 36),
    Model("Bramble Backpack", "camping", "waxed canvas", 92.0, "khaki/black/rust", _LITRES, 36),
    Model("Spindrift Flask", "camping", "stainless steel", 23.5, "white/blue/green", "half litre/one litre", 24),
    Model("Cinder Kettle Grill", "grills", "enamelled steel", 148.0, "black/red/cream", "47 cm/57 cm", 36),
    Model("Hob Fire Bowl", "grills", "cast iron", 127.0, "rust/black", "60 cm/80 cm", 24),
    Model("Applewood Smoker Box", "grills", "stainless steel", 27.6, "plain/blackened", "small/large", 24),
)
