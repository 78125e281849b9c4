//! The document of an order: what rules for reviewing, sourcing and choosing carriers can ask about.
//!
//! Holds no personal data, so that it may be stored beside a decision and shown. Amounts are minor
//! units of the order's currency.

use crate::facts;

facts! {
    /// An order as rules see it.
    pub struct OrderDocument {
        /// What was agreed.
        order: OrderFacts,
        /// What was ordered, line by line.
        lines: Vec<LineFacts>,
        /// Where it goes.
        address: AddressFacts,
        /// The money that came in.
        payment: PaymentFacts,
        /// Who bought, as far as the shop knows them.
        buyer: BuyerFacts,
        /// What speaks against the buyer, the phone or the address, from other orders.
        risk: RiskFacts,
    }

    /// What was agreed.
    pub struct OrderFacts {
        /// The code of the sales channel, such as `shop` or `shopify-eu`.
        channel: String,
        /// What speaks through the channel: `shop`, `api`, `file`, `shopify`.
        channel_kind: String,
        /// When the money comes: `prepaid` or `cash_on_delivery`.
        terms: String,
        /// Whether it was placed under a promotion that holds stock for minutes only.
        is_promotion: bool,
        /// The currency of all amounts, such as `CNY`.
        currency: String,
        /// What the buyer owes, minor units.
        total_minor: i64,
        /// Prices times quantities, minor units.
        goods_minor: i64,
        /// All discounts on the goods, minor units, not negative.
        discount_minor: i64,
        /// What the buyer pays for transport, minor units.
        freight_minor: i64,
        /// Pieces of all lines together, without gifts.
        pieces: i64,
        /// How many coupons it uses up.
        coupons: i64,
        /// Whether pieces wait for stock.
        is_backordered: bool,
    }

    /// One line.
    pub struct LineFacts {
        /// The code of what is sold.
        sku: String,
        /// The code of its category.
        category: String,
        /// How many pieces.
        pieces: i64,
        /// The price of one piece, minor units.
        unit_price_minor: i64,
        /// What the buyer pays for the line, minor units.
        total_minor: i64,
        /// Whether it came along as a gift, at no price.
        is_gift: bool,
        /// Whether it breaks easily.
        is_fragile: bool,
        /// Whether it is worth a thief's while.
        is_high_value: bool,
        /// Whether it goes bad.
        is_perishable: bool,
        /// Whether it is dangerous goods.
        is_hazardous: bool,
        /// Whether it is too big for ordinary parcels.
        is_oversized: bool,
    }

    /// Where it goes.
    pub struct AddressFacts {
        /// The country, `CN`.
        country: String,
        /// Country and province, `CN-31`; the country alone where no province is known.
        region: String,
        /// How many things about the recipient look made up or too vague to deliver to. Missing in the moment
        /// before the order is read for it.
        suspicions: Option<i64>,
    }

    /// The money that came in.
    pub struct PaymentFacts {
        /// What has come in less what went back, minor units; 0 for cash at the door.
        paid_minor: i64,
        /// How much of it is more than the buyer owes, minor units.
        excess_minor: i64,
    }

    /// Who bought.
    pub struct BuyerFacts {
        /// Whether they have an account; guests have not, and nothing below is known of them.
        is_known: bool,
        /// Their other orders.
        orders: Option<i64>,
        /// Those of them that were completed.
        completed_orders: Option<i64>,
        /// Those of them that were canceled.
        canceled_orders: Option<i64>,
        /// Those of them that a review refused.
        rejected_orders: Option<i64>,
        /// Those of them that were placed in the hour before this one.
        orders_last_hour: Option<i64>,
        /// Those of them that were placed in the 24 hours before this one.
        orders_last_day: Option<i64>,
    }

    /// What speaks against the buyer, the phone or the address, from other orders.
    pub struct RiskFacts {
        /// Whether one of them is on the watchlist.
        is_watched: bool,
        /// 0 to 100: the weights of the signals together. See the signals on this page.
        score: i64,
        /// The signals that count: `cancel`, `refused`, `fake_address`, `many_accounts`, `refund`,
        /// `chargeback`; each as often as it was seen.
        signals: Vec<String>,
    }
}
