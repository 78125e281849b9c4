//! What the shop gives away with an order.

use crate::Text;

/// Goods that come along for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// What the buyer reads.
    pub name: Text,
    /// Code of the family of products of which one is given.
    pub family: String,
    /// Goods must come to at least this after discounts, in fen.
    pub threshold_fen: i64,
    /// For how many days it has been given when people look at the demo.
    pub since_days: i64,
    /// For how many more days.
    pub valid_days: i64,
}

/// The gifts of this season.
pub fn gifts() -> Vec<Gift> {
    vec![Gift {
        name: Text::new("满 299 元赠帆布笔袋", "A canvas pencil case from ¥299"),
        family: "STA-CLP".to_owned(),
        threshold_fen: 29_900,
        since_days: 10,
        valid_days: 30,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn what_is_given_away_is_sold_here_and_is_worth_less_than_what_it_comes_with() {
        let catalog = Catalog::standard();
        for gift in gifts() {
            let family = catalog.products.iter().find(|product| product.family == gift.family);
            let price_fen = family.expect("a family of products").price_fen;
            assert!(price_fen * 4 < gift.threshold_fen, "{}", gift.family);
        }
    }
}
