//! From a quote to what is agreed in an order.

use super::{Amounts, LineTerms};
use crate::pricing::Quote;

/// The sums and lines of an order that was quoted like this. Discounts on the freight are already
/// in the freight; points and gift cards are payments, not discounts.
pub fn terms_of(quote: &Quote) -> (Amounts, Vec<LineTerms>) {
    let lines: Vec<LineTerms> = (1..)
        .zip(&quote.lines)
        .map(|(line_no, line)| LineTerms {
            line_no,
            sku: line.sku,
            quantity: line.quantity,
            unit_price_minor: line.unit_price.minor,
            discount_minor: line.gross.minor - line.net.minor,
            tax_minor: line.tax.minor,
            total_minor: line.total.minor,
            gift: None,
            stands_for: None,
        })
        .collect();
    let amounts = Amounts {
        currency: quote.total.currency,
        tax_mode: quote.tax_mode,
        goods_minor: quote.goods.minor,
        discount_minor: lines.iter().map(|line| line.discount_minor).sum(),
        freight_minor: quote.freight.net.minor,
        tax_minor: quote.tax.minor,
        total_minor: quote.total.minor,
    };
    (amounts, lines)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ordermill_base::{Currency, Id, Money, Quantity, Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::address::Country;
    use crate::ids::SkuId;
    use crate::pricing::tax::CountryTax;
    use crate::pricing::{
        BasisPoints, Coupon, CouponUse, Destination, FreightTable, Line, Region, Request, TaxClass,
        TaxMode, TaxTable, price,
    };

    fn freight() -> FreightTable {
        let json = r#"{"rates":[{"number":1,"region":{"country":"CN"},"terms":{"served":{
            "first_weight_grams":3000,"first_price":{"minor":1200,"currency":"CNY"},
            "step_weight_grams":1000,"step_price":{"minor":500,"currency":"CNY"},
            "hazardous":"refused"}}}]}"#;
        serde_json::from_str(json).unwrap()
    }

    fn coupon(id: &str, benefit: &str) -> Coupon {
        let json = format!(
            r#"{{"id":"{id}","benefit":{benefit},"scope":"all","stacking":{{"group":1}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn line(sku: i64, pieces: i64, unit_price_minor: i64) -> Line<'static> {
        Line {
            sku: SkuId::from_raw(sku),
            quantity: Quantity::new(pieces).unwrap(),
            unit_price: Money::new(unit_price_minor, Currency::Cny),
            categories: &[],
            tax_class: TaxClass::Standard,
            weight_grams: 400,
            dimensions_mm: [0; 3],
            hazardous: false,
        }
    }

    proptest! {
        /// Whatever is quoted can be ordered, to the minor unit.
        #[test]
        fn a_quote_becomes_an_order_that_adds_up(
            wants in proptest::collection::vec((1_i64..9, 0_i64..100_000), 1..8),
            minor_off in 1_i64..50_000,
            (with_goods_coupon, with_freight_coupon) in any::<(bool, bool)>(),
            mode in proptest::sample::select(&TaxMode::ALL[..]),
        ) {
            let lines: Vec<Line<'_>> =
                (1..).zip(&wants).map(|(sku, &(pieces, minor))| line(sku, pieces, minor)).collect();
            let amount_off = format!(r#"{{"amount_off":{{"minor":{minor_off},"currency":"CNY"}}}}"#);
            let goods_coupon = coupon("cpn_0000000000001", &amount_off);
            let freight_coupon = coupon("cpn_0000000000002", r#"{"free_freight":{}}"#);
            let coupons: Vec<CouponUse<'_>> =
                [(with_goods_coupon, &goods_coupon), (with_freight_coupon, &freight_coupon)]
                    .into_iter()
                    .filter(|(with, _)| *with)
                    .map(|(_, coupon)| CouponUse { coupon, uses: 0, uses_by_customer: 0, has_ordered: false })
                    .collect();
            let rates = BTreeMap::from([(TaxClass::Standard, BasisPoints::new(1_300).unwrap())]);
            let china = CountryTax { mode, rates, freight: TaxClass::Standard };
            let quote = price(&Request {
                currency: Currency::Cny,
                at: Timestamp::from_micros(0),
                destination: Destination { country: Country::CHINA, region: Region::Unknown },
                lines: &lines,
                coupons: &coupons,
                points: None,
                gift_cards: &[],
                freight: Some(&freight()),
                taxes: &TaxTable { countries: [(Country::CHINA, china)].into(), elsewhere: None },
                earning: None,
            })
            .unwrap();

            let (amounts, terms) = terms_of(&quote);
            prop_assert_eq!(amounts.check(&terms), Ok(()));
            prop_assert_eq!(amounts.total(), quote.to_pay);
            prop_assert_eq!(amounts.freight_minor == 0, with_freight_coupon);
        }
    }
}
