//! What lowers a price: coupons of every kind, gift cards and points.

use ordermill_base::Random;

use crate::Text;

/// A coupon that buyers redeem by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// What the buyer types.
    pub code: String,
    /// What the buyer reads.
    pub name: Text,
    /// What it takes off.
    pub discount: Discount,
    /// Goods it applies to must come to at least this, in fen.
    pub threshold_fen: i64,
    /// Code of the only category it applies to.
    pub category: Option<String>,
    /// Only for a first order.
    pub new_customers_only: bool,
    /// May be used together with other coupons.
    pub stackable: bool,
    /// How often in all.
    pub uses_max: Option<i64>,
    /// How often by one buyer.
    pub uses_per_customer_max: i64,
    /// How many days it runs from the start of the demo.
    pub valid_days: i64,
}

/// What a coupon takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// A fixed amount, in fen.
    Amount(i64),
    /// A share of the goods, up to a cap in fen.
    Percent {
        /// Of 100.
        percent: i64,
        /// At most this much.
        cap_fen: i64,
    },
    /// The freight.
    FreeFreight,
}

impl Coupon {
    /// Whether goods worth `eligible_fen` within its category, bought by such a customer, earn it.
    pub fn fits(&self, eligible_fen: i64, is_new_customer: bool) -> bool {
        eligible_fen > 0
            && eligible_fen >= self.threshold_fen
            && (is_new_customer || !self.new_customers_only)
    }
}

/// How points are earned and spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsRule {
    /// Earned per whole yuan paid.
    pub per_yuan: i64,
    /// What 100 points are worth, in fen.
    pub fen_per_hundred: i64,
    /// The largest share of an order that points may pay.
    pub percent_of_order_max: i64,
    /// Days until unused points lapse.
    pub valid_days: i64,
}

/// A gift card with a balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftCard {
    /// What the buyer types.
    pub code: String,
    /// What is on it, in fen.
    pub balance_fen: i64,
}

/// The rule of this shop: a point per yuan, 100 points worth one yuan.
pub const POINTS: PointsRule =
    PointsRule { per_yuan: 1, fen_per_hundred: 100, percent_of_order_max: 30, valid_days: 365 };

/// The coupons on offer.
pub fn coupons() -> Vec<Coupon> {
    let of = |code: &str, zh: &str, en: &str, discount, threshold_yuan: i64| Coupon {
        code: code.to_owned(),
        name: Text::new(zh, en),
        discount,
        threshold_fen: threshold_yuan * 100,
        category: None,
        new_customers_only: false,
        stackable: false,
        uses_max: None,
        uses_per_customer_max: 1,
        valid_days: 30,
    };
    let percent = |percent, cap_yuan: i64| Discount::Percent { percent, cap_fen: cap_yuan * 100 };
    vec![
        Coupon {
            new_customers_only: true,
            valid_days: 365,
            ..of(
                "WELCOME20",
                "新人首单立减 20 元",
                "¥20 off your first order",
                Discount::Amount(2_000),
                99,
            )
        },
        Coupon {
            stackable: true,
            uses_per_customer_max: 3,
            ..of(
                "SAVE30",
                "满 299 减 30，可叠加",
                "¥30 off from ¥299, combinable",
                Discount::Amount(3_000),
                299,
            )
        },
        of("SAVE80", "满 599 减 80", "¥80 off from ¥599", Discount::Amount(8_000), 599),
        Coupon {
            category: Some("TEA".to_owned()),
            uses_per_customer_max: 5,
            ..of(
                "TEATIME",
                "茶与咖啡 88 折，最高减 60 元",
                "12% off tea and coffee, up to ¥60",
                percent(12, 60),
                0,
            )
        },
        Coupon {
            category: Some("CER".to_owned()),
            ..of(
                "KILN15",
                "陶瓷餐具 85 折，最高减 80 元",
                "15% off ceramics, up to ¥80",
                percent(15, 80),
                128,
            )
        },
        Coupon {
            stackable: true,
            uses_per_customer_max: 10,
            ..of(
                "FREESHIP",
                "满 59 包邮，可叠加",
                "Free delivery from ¥59, combinable",
                Discount::FreeFreight,
                59,
            )
        },
        Coupon {
            category: Some("BAB".to_owned()),
            uses_per_customer_max: 2,
            ..of(
                "BABY25",
                "母婴满 199 减 25",
                "¥25 off baby goods from ¥199",
                Discount::Amount(2_500),
                199,
            )
        },
        Coupon {
            uses_max: Some(500),
            valid_days: 7,
            ..of(
                "NIGHTOWL",
                "夜猫子 9 折，限 500 张，最高减 30 元",
                "10% off for night owls, first 500, up to ¥30",
                percent(10, 30),
                69,
            )
        },
        Coupon {
            stackable: true,
            uses_per_customer_max: 12,
            valid_days: 365,
            ..of(
                "MEMBER5",
                "会员 95 折，可叠加，最高减 100 元",
                "5% off for members, combinable, up to ¥100",
                percent(5, 100),
                0,
            )
        },
    ]
}

/// A few gift cards of 50 to 500 yuan; their codes leave out letters that are misread.
pub fn gift_cards(seed: u64) -> Vec<GiftCard> {
    const LETTERS: &[u8] = b"ACDEFGHJKLMNPQRTUVWXY34679";
    let mut random = Random::from_seed(seed);
    [50, 100, 100, 200, 200, 300, 500, 500]
        .into_iter()
        .map(|yuan| {
            let mut group =
                || (0..4).map(|_| char::from(*random.pick(LETTERS))).collect::<String>();
            GiftCard {
                code: format!("GC-{}-{}-{}", group(), group(), group()),
                balance_fen: yuan * 100,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn coupons_of_every_kind_are_on_offer() {
        let coupons = coupons();
        let has = |test: fn(&Coupon) -> bool| coupons.iter().any(test);
        assert!(has(|it| matches!(it.discount, Discount::Amount(_))));
        assert!(has(|it| matches!(it.discount, Discount::Percent { .. })));
        assert!(has(|it| it.discount == Discount::FreeFreight));
        assert!(has(|it| it.category.is_some()));
        assert!(has(|it| it.new_customers_only));
        assert!(has(|it| it.stackable) && has(|it| !it.stackable));
        assert!(has(|it| it.uses_max.is_some()));
        let codes: HashSet<_> = coupons.iter().map(|it| &it.code).collect();
        assert_eq!(codes.len(), coupons.len());
    }

    #[test]
    fn a_coupon_never_takes_more_than_its_threshold() {
        for coupon in coupons() {
            if let Discount::Amount(fen) = coupon.discount {
                assert!(fen < coupon.threshold_fen, "{}", coupon.code);
            }
        }
    }

    #[test]
    fn coupons_name_categories_that_exist() {
        let codes: Vec<_> = Catalog::standard().categories.into_iter().map(|it| it.code).collect();
        for coupon in coupons() {
            assert!(coupon.category.is_none_or(|code| codes.contains(&code)), "{}", coupon.code);
        }
    }

    #[test]
    fn a_first_order_coupon_is_for_first_orders_over_its_threshold() {
        let welcome = &coupons()[0];
        assert!(welcome.fits(9_900, true));
        assert!(!welcome.fits(9_899, true));
        assert!(!welcome.fits(50_000, false));
    }

    #[test]
    fn gift_card_codes_are_distinct() {
        let cards = gift_cards(5);
        let codes: HashSet<_> = cards.iter().map(|it| &it.code).collect();
        assert_eq!(codes.len(), cards.len());
        assert_eq!(cards, gift_cards(5));
    }
}
