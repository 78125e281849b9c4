//! The sales channel: an order as a channel sent it, in the shape we read all channels in.
//!
//! A [`ChannelOrder`] is the immutable copy of what was received. Amounts are the channel's own
//! decimal texts, SKU codes are the channel's, and what has no place of its own is kept as raw
//! JSON under `unmapped`, so nothing is lost on the way. Whether we can sell it (known SKUs, a
//! currency of ours, totals that add up) is decided later, by the domain, with the copy at hand.

use std::collections::BTreeMap;
use std::fmt;

use ordermill_base::{Currency, Money, MoneyError, Timestamp};

use crate::Headers;
use crate::channel_desk::{Access, Desk};

/// One kind of sales channel: how its messages are verified and read.
pub trait ChannelKind: Send + Sync {
    /// Our name for it, as stored with each channel: `shopify`.
    fn name(&self) -> &'static str;

    /// Speaks for one account there, with its secrets: the newest first, and the one before while it
    /// is being changed.
    fn connect(&self, account: &str, secrets: &[String]) -> Box<dyn SalesChannel>;

    /// Reads a message whose signature was checked when it came in. Pure, so that a stored message
    /// can be read again later.
    ///
    /// # Errors
    /// With everything that is in the way, without personal data.
    fn read(&self, body: &[u8]) -> Result<ChannelOrder, String>;

    /// Where such a channel is told of parcels that have left; `None` if it wants to know nothing. No
    /// call is made yet.
    fn desk(&self, _access: &Access) -> Option<Desk> {
        None
    }
}

/// One account at a sales channel.
pub trait SalesChannel: Send + Sync {
    /// Checks that a message is the channel's, over the raw bytes. Gives the channel's own id of it,
    /// the same for each delivery. What it says is read later.
    ///
    /// # Errors
    /// [`ReceiveError`], if it is not believed.
    fn receive(&self, headers: &Headers, body: &[u8]) -> Result<String, ReceiveError>;
}

/// Why a message that claims to be a channel's is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// A header that is needed is absent or came twice.
    #[error("the header {0} is not there exactly once")]
    Header(&'static str),
    /// No secret of this channel makes this signature for these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// Signed by this channel's secret and sent in the name of another account: a wrong setting.
    #[error("the message names another account than its address belongs to")]
    WrongAccount,
}

/// Fields of a partner's object that have no place of their own: name to raw JSON text.
pub type Unmapped = BTreeMap<String, String>;

/// An order as received from a sales channel.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChannelOrder {
    /// The channel's own id; with the channel, the identity of the order.
    pub id: String,
    /// What the buyer sees and reads out.
    pub number: String,
    /// A trial order of the channel, not to be fulfilled.
    pub is_test: bool,
    /// When the buyer placed it.
    pub placed_at: Timestamp,
    /// When the channel last changed it; of two copies the later one is right.
    pub updated_at: Timestamp,
    /// Set if the channel has canceled it.
    pub cancellation: Option<Cancellation>,
    /// Who bought.
    pub buyer: Buyer,
    /// Where it goes; absent for goods that are not shipped.
    pub recipient: Option<PostalAddress>,
    /// Who pays, where it differs or the channel says so.
    pub billing: Option<PostalAddress>,
    /// What was bought.
    pub lines: Vec<ChannelLine>,
    /// What shipping costs.
    pub shipping: Vec<ShippingLine>,
    /// Discounts on the whole order, and the codes used.
    pub discounts: Vec<Discount>,
    /// Taxes on the whole order; the sum of those of the lines, not an addition to them.
    pub taxes: Vec<Tax>,
    /// Whether line prices contain the tax.
    pub prices_include_tax: bool,
    /// The sums, as the channel computed them.
    pub totals: Totals,
    /// What the channel says about the money.
    pub payment: PaymentFacts,
    /// What the buyer wrote.
    pub note: Option<String>,
    /// Named texts that the shop attached: gift wish, delivery day.
    pub attributes: Vec<Attribute>,
    /// Everything else.
    pub unmapped: Unmapped,
}

// Names, phones and addresses have no place in logs.
impl fmt::Debug for ChannelOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelOrder")
            .field("id", &self.id)
            .field("number", &self.number)
            .field("lines", &self.lines.len())
            .finish_non_exhaustive()
    }
}

/// An amount as written by a channel: a decimal text and a currency code, both unchanged.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amount {
    /// `12.50`, `-3`, `13.5`.
    pub decimal: String,
    /// Three letters of ISO 4217; perhaps of a currency that we do not sell in.
    pub currency: String,
    /// The same amount in the currency that the buyer saw, if that is another one.
    pub presentment: Option<Box<Amount>>,
}

/// Why a channel's amount is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// We do not sell in this currency.
    #[error("the currency {0} is not one we sell in")]
    UnknownCurrency(String),
    /// Too large, or finer than the currency's minor unit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Amount {
    /// The amount in minor units, exactly; never rounded.
    pub fn money(&self) -> Result<Money, AmountError> {
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|_| AmountError::UnknownCurrency(self.currency.clone()))?;
        Ok(Money::parse(&self.decimal, currency)?)
    }
}

/// When and why a channel canceled an order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cancellation {
    /// When.
    pub at: Timestamp,
    /// The channel's reason code, unchanged.
    pub reason: Option<String>,
}

/// Who bought, as far as the channel tells.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Buyer {
    /// The channel's id of the customer.
    pub id: Option<String>,
    /// The name of the account.
    pub name: Option<String>,
    /// A mail address for this order.
    pub mail: Option<String>,
    /// A phone number for this order, as written.
    pub phone: Option<String>,
    /// The language that the buyer shopped in, `zh-CN`.
    pub locale: Option<String>,
}

impl fmt::Debug for Buyer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buyer").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A postal address as written; nothing is corrected here.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the lines of a postal address")]
pub struct PostalAddress {
    pub name: Option<String>,
    pub company: Option<String>,
    pub phone: Option<String>,
    /// Street and door, first line.
    pub line_1: Option<String>,
    /// Street and door, second line.
    pub line_2: Option<String>,
    pub city: Option<String>,
    pub province: Option<String>,
    pub province_code: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    /// Two letters of ISO 3166.
    pub country_code: Option<String>,
    /// Everything else.
    pub unmapped: Unmapped,
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostalAddress")
            .field("country_code", &self.country_code)
            .finish_non_exhaustive()
    }
}

/// One line of a channel order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChannelLine {
    /// The channel's own id of the line.
    pub id: String,
    /// The seller's SKU code at the channel. A line without one is matched by variant or product.
    pub sku: Option<String>,
    /// The channel's id of the variant.
    pub variant_id: Option<String>,
    /// The channel's id of the product.
    pub product_id: Option<String>,
    /// What the buyer saw.
    pub title: String,
    /// Which variant the buyer saw.
    pub variant_title: Option<String>,
    /// How many pieces.
    pub quantity: u32,
    /// The price of one piece before discounts.
    pub unit_price: Amount,
    /// This line's shares of discounts.
    pub discounts: Vec<Discount>,
    /// Taxes on this line.
    pub taxes: Vec<Tax>,
    /// What the line weighs per piece, in grams, if the channel says so.
    pub weight_grams: Option<u64>,
    /// Whether it is shipped at all.
    pub requires_shipping: bool,
    /// A gift card is not goods: it becomes a balance.
    pub is_gift_card: bool,
    /// What the buyer chose or wrote: engraving, ribbon.
    pub properties: Vec<Attribute>,
    /// Everything else.
    pub unmapped: Unmapped,
}

/// What one way of shipping costs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShippingLine {
    /// The channel's own id of the line.
    pub id: Option<String>,
    /// The channel's code of the service.
    pub code: Option<String>,
    /// What the buyer saw.
    pub title: String,
    /// The price before discounts.
    pub price: Amount,
    /// Shares of discounts.
    pub discounts: Vec<Discount>,
    /// Taxes on it.
    pub taxes: Vec<Tax>,
    /// Everything else.
    pub unmapped: Unmapped,
}

/// A discount, or a line's share of one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Discount {
    /// The code that the buyer entered, or the title of the promotion.
    pub name: Option<String>,
    /// What is taken off; positive. Absent where the channel gives a rule and no amount.
    pub amount: Option<Amount>,
    /// Everything else.
    pub unmapped: Unmapped,
}

/// A tax.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tax {
    /// What it is called.
    pub title: String,
    /// The rate as a decimal text, `0.06`.
    pub rate: Option<String>,
    /// How much it is.
    pub amount: Amount,
    /// Everything else.
    pub unmapped: Unmapped,
}

/// The sums of a channel order; absent where the channel gives none.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// All lines before discounts.
    pub goods: Option<Amount>,
    /// All discounts; positive.
    pub discounts: Option<Amount>,
    /// Goods after discounts.
    pub subtotal: Option<Amount>,
    /// Shipping.
    pub shipping: Option<Amount>,
    /// Taxes.
    pub tax: Option<Amount>,
    /// A tip.
    pub tip: Option<Amount>,
    /// What the buyer pays.
    pub total: Amount,
}

/// What a channel says about the money of an order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PaymentFacts {
    /// The state, as far as it has a meaning for us.
    pub state: PaymentState,
    /// The channel's own word for it, unchanged.
    pub channel_state: Option<String>,
    /// Which gateways the buyer used.
    pub gateways: Vec<String>,
    /// What is still to be paid, if the channel says so.
    pub outstanding: Option<Amount>,
}

/// How far an order is paid at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of the field")]
pub enum PaymentState {
    Unpaid,
    Authorized,
    PartiallyPaid,
    Paid,
    PartiallyRefunded,
    Refunded,
    Voided,
    /// A word that we do not know: a person looks at it.
    Other,
}

/// A named text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value; JSON text where the channel sent something other than a text.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(decimal: &str, currency: &str) -> Amount {
        Amount { decimal: decimal.into(), currency: currency.into(), presentment: None }
    }

    #[test]
    fn amounts_become_minor_units_exactly_or_not_at_all() {
        assert_eq!(amount("12.5", "CNY").money(), Ok(Money::new(1_250, Currency::Cny)));
        assert_eq!(amount("0.1", "KWD").money(), Ok(Money::new(100, Currency::Kwd)));
        assert_eq!(amount("12.5", "CAD").money(), Err(AmountError::UnknownCurrency("CAD".into())));
        assert_eq!(
            amount("0.5", "JPY").money(),
            Err(AmountError::Money(MoneyError::Unreadable(Currency::Jpy)))
        );
    }
}
