//! Goods that may not travel together: which kinds are kept apart, and what follows for an order.
//!
//! A rule of data: a shop names pairs of [`Kind`]s. Start at [`groups`].

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::sku::{Handling, HandlingFlag};

/// A kind of goods. Written as its flag (`hazardous`), as `category:` and a code, or as `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Kind {
    /// Goods with something that must be minded.
    Flag(HandlingFlag),
    /// Goods of the category of this code.
    Category(String),
    /// All goods that are not of the other kind of the pair.
    Others,
}

/// Two kinds of goods that are kept apart: written as both with a blank between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pair {
    /// One kind.
    pub one: Kind,
    /// The other.
    pub other: Kind,
}

/// What matters of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goods<'g> {
    /// What must be minded about it.
    pub handling: Handling,
    /// The code of its category; empty if it is not known.
    pub category: &'g str,
}

impl FromStr for Kind {
    type Err = Infallible;

    /// A text that is neither a flag nor `*` is a category, with or without its prefix.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "*" => Self::Others,
            _ => match HandlingFlag::from_code(text) {
                Ok(flag) => Self::Flag(flag),
                Err(_) => Self::Category(text.strip_prefix("category:").unwrap_or(text).to_owned()),
            },
        })
    }
}

impl From<String> for Kind {
    fn from(text: String) -> Self {
        let Ok(kind) = text.parse();
        kind
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.to_string()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Category(code) => write!(f, "category:{code}"),
            Self::Others => f.write_str("*"),
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.one, self.other)
    }
}

impl Kind {
    /// Whether goods are of it, where the pair names another kind.
    fn is(&self, goods: Goods<'_>, besides: &Self) -> bool {
        match self {
            Self::Flag(flag) => goods.handling.has(*flag),
            Self::Category(code) => goods.category == code,
            Self::Others => !matches!(besides, Self::Others) && !besides.is(goods, self),
        }
    }
}

impl Pair {
    /// Whether these two travel apart. One item that is of both kinds does not part from itself.
    pub fn parts(&self, a: Goods<'_>, b: Goods<'_>) -> bool {
        let is_one = |goods| self.one.is(goods, &self.other);
        let is_other = |goods| self.other.is(goods, &self.one);
        // Two of the same sort stay together, even where each of them is of both kinds.
        (is_one(a) && is_other(b) && !(is_one(b) && is_other(a)))
            || (is_one(b) && is_other(a) && !(is_one(a) && is_other(b)))
    }
}

/// Whether any of these pairs keeps two things apart; the first that does.
pub fn parted_by<'p>(pairs: &'p [Pair], a: Goods<'_>, b: Goods<'_>) -> Option<&'p Pair> {
    pairs.iter().find(|pair| pair.parts(a, b))
}

/// Puts goods into as few groups as it finds in which everything may travel together: the indexes of each,
/// in their order, and the groups by their first one. What is kept apart from the most is placed first.
pub fn groups(goods: &[Goods<'_>], pairs: &[Pair]) -> Vec<Vec<usize>> {
    let are_apart = |a: usize, b: usize| parted_by(pairs, goods[a], goods[b]).is_some();
    let conflicts = |of: usize| (0..goods.len()).filter(|&other| are_apart(of, other)).count();
    let mut order: Vec<usize> = (0..goods.len()).collect();
    order.sort_by_cached_key(|&at| (std::cmp::Reverse(conflicts(at)), at));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let fits = |group: &&mut Vec<usize>| group.iter().all(|&member| !are_apart(at, member));
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_unstable();
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn goods(flags: &[HandlingFlag], category: &'static str) -> Goods<'static> {
        let has = |flag| flags.contains(&flag);
        let handling = Handling {
            is_fragile: has(HandlingFlag::Fragile),
            is_high_value: has(HandlingFlag::HighValue),
            is_perishable: has(HandlingFlag::Perishable),
            is_hazardous: has(HandlingFlag::Hazardous),
            is_oversized: has(HandlingFlag::Oversized),
        };
        Goods { handling, category }
    }

    fn pairs(texts: &[(&str, &str)]) -> Vec<Pair> {
        let kind = |text: &str| Kind::from(text.to_owned());
        texts.iter().map(|(one, other)| Pair { one: kind(one), other: kind(other) }).collect()
    }

    #[test]
    fn dangerous_goods_travel_without_food_and_with_everything_else() {
        let pairs = pairs(&[("hazardous", "perishable")]);
        let food = goods(&[HandlingFlag::Perishable], "snacks");
        let battery = goods(&[HandlingFlag::Hazardous], "phones");
        let book = goods(&[], "books");
        assert_eq!(groups(&[food, battery, book], &pairs), [vec![0, 2], vec![1]]);
        assert_eq!(groups(&[book, battery], &pairs), [vec![0, 1]]);
    }

    #[test]
    fn what_is_frozen_travels_by_itself() {
        let pairs = pairs(&[("category:frozen", "*")]);
        let ice = goods(&[HandlingFlag::Perishable], "frozen");
        let book = goods(&[], "books");
        assert_eq!(groups(&[ice, book, ice, book], &pairs), [vec![0, 2], vec![1, 3]]);
    }

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for text in ["hazardous", "category:frozen", "*"] {
            assert_eq!(Kind::from(text.to_owned()).to_string(), text);
        }
        assert_eq!(Kind::from("frozen".to_owned()), Kind::Category("frozen".to_owned()));
    }

    proptest! {
        /// Whatever is ordered: each item is in one group, nothing is beside what it is kept apart from,
        /// and one pair makes three groups at most: one kind, the other, and what is of both.
        #[test]
        fn goods_are_kept_apart_and_nothing_is_lost(
            items in prop::collection::vec((any::<[bool; 5]>(), 0_usize..3), 0..12),
            chosen in prop::collection::vec((0_usize..9, 0_usize..9), 0..4),
        ) {
            let categories = ["books", "frozen", "snacks"];
            let all: Vec<Goods<'_>> = items.iter().map(|(flags, category)| {
                let flags: Vec<HandlingFlag> = HandlingFlag::ALL.into_iter().zip(flags)
                    .filter(|(_, has)| **has).map(|(flag, _)| flag).collect();
                goods(&flags, categories[*category])
            }).collect();
            let kind = |at: usize| match at {
                0..5 => Kind::Flag(HandlingFlag::ALL[at]),
                5..8 => Kind::Category(categories[at - 5].to_owned()),
                _ => Kind::Others,
            };
            let pairs: Vec<Pair> = chosen.iter()
                .map(|&(one, other)| Pair { one: kind(one), other: kind(other) }).collect();
            let found = groups(&all, &pairs);
            let mut placed: Vec<usize> = found.iter().flatten().copied().collect();
            placed.sort_unstable();
            prop_assert_eq!(placed, (0..all.len()).collect::<Vec<_>>());
            for group in &found {
                for (&a, &b) in group.iter().flat_map(|a| group.iter().map(move |b| (a, b))) {
                    prop_assert!(parted_by(&pairs, all[a], all[b]).is_none());
                }
            }
            if pairs.len() <= 1 {
                prop_assert!(found.len() <= 3);
            }
        }
    }
}
