//! The words that names, descriptions and reviews are made of, and that searches ask for.

use crate::draws::Draws;

/// One of the words, all alike in likelihood.
pub(super) fn pick(draws: &mut Draws, words: &[&'static str]) -> &'static str {
    words[draws.below(words.len() as u64) as usize]
}

/// A word that somebody may search for, in lower case. Each is found in some 3 % of the descriptions, so that every search has
/// results and none returns the whole catalogue.
pub fn search_word(draws: &mut Draws) -> &'static str {
    pick(draws, DETAILS)
}

#[rustfmt::skip]
pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Amara", "Anouk", "Arjun", "Bela", "Carmen", "Chidi", "Dara", "Elif", "Emre", "Farah", "Goran", "Hana", "Ines",
    "Ivo", "Jun", "Kofi", "Lars", "Leila", "Lucia", "Malik", "Mara", "Mei", "Mila", "Nadia", "Nils", "Noor", "Olga", "Omar",
    "Priya", "Quinn", "Rafael", "Rosa", "Sami", "Sofia", "Tariq", "Tove", "Uma", "Vera", "Wren", "Yara", "Zoe",
];

#[rustfmt::skip]
pub(super) const FAMILY_NAMES: &[&str] = &[
    "Abara", "Aldana", "Baker", "Berg", "Castro", "Chen", "Dahl", "Diaz", "Eriksen", "Farouk", "Ferrari", "Garcia", "Haas",
    "Hughes", "Ibarra", "Ivanova", "Jansen", "Kaya", "Khan", "Kimura", "Lind", "Lopez", "Marchetti", "Mensah", "Moreau",
    "Nakano", "Novak", "Okafor", "Olsen", "Park", "Pereira", "Rao", "Rossi", "Sato", "Schmidt", "Silva", "Tanaka", "Toure",
    "Vasquez", "Weber", "Yilmaz", "Zhang",
];

#[rustfmt::skip]
pub(super) const MATERIALS: &[&str] = &[
    "Alder", "Aluminium", "Ash", "Bamboo", "Beech", "Birch", "Brass", "Bronze", "Canvas", "Cashmere", "Cedar", "Ceramic",
    "Cherry", "Clay", "Copper", "Cork", "Cotton", "Crystal", "Denim", "Enamel", "Felt", "Flax", "Glass", "Granite", "Hemp",
    "Iron", "Jute", "Leather", "Linen", "Maple", "Marble", "Oak", "Paper", "Pewter", "Pine", "Porcelain", "Rattan", "Rubber",
    "Silk", "Slate", "Steel", "Stone", "Teak", "Velvet", "Walnut", "Wicker", "Willow", "Wool",
];

#[rustfmt::skip]
pub(super) const THINGS: &[&str] = &[
    "Apron", "Armchair", "Basket", "Bench", "Blanket", "Bookend", "Bottle", "Bowl", "Box", "Brush", "Bucket", "Candle",
    "Carafe", "Chair", "Clock", "Coaster", "Cup", "Curtain", "Cushion", "Desk", "Dish", "Easel", "Fan", "Frame", "Grinder",
    "Hammock", "Hook", "Jar", "Kettle", "Knife", "Ladder", "Ladle", "Lamp", "Lantern", "Mat", "Mirror", "Mug", "Pan",
    "Pillow", "Pitcher", "Planter", "Plate", "Rack", "Rug", "Scarf", "Shelf", "Spoon", "Stool", "Table", "Teapot", "Tray",
    "Trunk", "Vase", "Wallet", "Whisk",
];

#[rustfmt::skip]
pub(super) const DETAILS: &[&str] = &[
    "adjustable", "airy", "alpine", "amber", "angular", "antique", "arched", "artisan", "autumn", "azure", "balanced",
    "balcony", "bathroom", "bedside", "beige", "bevelled", "black", "blended", "blue", "bold", "braided", "breakfast",
    "breathable", "bright", "broad", "brushed", "burnished", "camping", "carved", "casual", "charcoal", "classic", "clean",
    "clear", "coarse", "coastal", "cobalt", "collapsible", "colourful", "comfortable", "compact", "contemporary", "cool",
    "coral", "corner", "cosy", "cream", "crimson", "crisp", "curved", "cushioned", "dark", "deep", "delicate", "detachable",
    "dimpled", "dining", "dishwasher", "dotted", "double", "durable", "dyed", "earthen", "easy", "edged", "elegant",
    "embossed", "emerald", "engraved", "etched", "evening", "everyday", "faceted", "family", "festive", "fine", "finished",
    "firm", "flared", "flat", "flexible", "floral", "fluted", "foldable", "forged", "fragrant", "fresh", "fringed", "frosted",
    "garden", "gentle", "gilded", "glazed", "gleaming", "glossy", "golden", "graceful", "grained", "green", "grey",
    "guest", "hallway", "hammered", "handmade", "handy", "hanging", "hardwearing", "heavy", "herringbone", "hinged", "hollow",
    "indigo", "insulated", "ivory", "jade", "kitchen", "knitted", "lacquered", "large", "lasting", "lattice", "lavender",
    "layered", "lidded", "light", "lined", "living", "lofty", "long", "low", "lustrous", "magnetic", "matt", "mellow",
    "minimal", "misty", "modern", "modular", "morning", "mosaic", "mottled", "narrow", "natural", "neat", "nested",
    "nordic", "nursery", "oiled", "olive", "open", "orchard", "organic", "ornate", "outdoor", "oval", "padded", "painted",
    "pale", "panelled", "pastel", "patterned", "pearl", "picnic", "plain", "pleated", "plum", "pocket", "polished", "portable",
    "pressed", "printed", "quiet", "quilted", "raised", "recycled", "refined", "reversible", "ribbed", "robust", "rose",
    "rounded", "ruffled", "russet", "rustic", "sanded", "sapphire", "satin", "scalloped", "sculpted", "seamless", "seaside",
    "shallow", "shiny", "silver", "simple", "sleek", "slender", "slim", "small", "smoked", "smooth", "soft", "solid", "sparse",
    "speckled", "splashproof", "spring", "square", "stackable", "stained", "stitched", "striped", "studio", "sturdy", "summer",
    "sunny", "supple", "tall", "tapered", "tasselled", "terrace", "textured", "thick", "thin", "tiled", "tinted", "traditional",
    "travel", "turned", "turquoise", "twisted", "unbleached", "understated", "unique", "upright", "versatile", "vibrant",
    "vintage", "violet", "warm", "washable", "waterproof", "waxed", "weathered", "white", "wide", "winter", "woven", "yellow",
];

#[rustfmt::skip]
pub(super) const OPINIONS: &[&str] = &[
    "Exactly as described.", "Arrived quickly and well packed.", "Smaller than I thought.", "The colour is lovely.",
    "Would buy again.", "It broke within a week.", "A gift that was much admired.", "Not worth the price.",
    "Feels solid in the hand.", "The finish could be better.", "My favourite purchase this year.", "Does what it should.",
    "Looks better than in the picture.", "The smell took days to go.", "Fits our living room perfectly.",
    "Instructions were missing.", "Good value.", "Had to return the first one.", "Easy to clean.", "Surprisingly heavy.",
    "The whole family uses it.", "Customer service was kind.", "A little wobbly.", "Beautiful work.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_stands_twice() {
        for words in [FIRST_NAMES, FAMILY_NAMES, MATERIALS, THINGS, DETAILS, OPINIONS] {
            assert!(words.is_sorted() || words == OPINIONS, "{words:?}");
            let mut seen = words.to_vec();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), words.len());
        }
    }

    #[test]
    fn searches_ask_for_words_in_lower_case() {
        assert!(
            DETAILS
                .iter()
                .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        );
    }
}
