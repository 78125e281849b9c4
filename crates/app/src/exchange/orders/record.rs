//! One order of a file: as it is written down, and as the intake wants it.

use ordermill_base::Currency;
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::ChannelId;
use ordermill_domain::order::PaymentTerms;
use serde::Deserialize;

use crate::exchange::reason::Reason;
use crate::order::intake::delivery::FIELD;
use crate::order::intake::{Agreed, NewLine, NewOrder};

/// An order as a line of JSON has it: the body of the API's creating call, with the channel's id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderRecord {
    pub(super) channel_order_id: String,
    pub(super) currency: Option<String>,
    #[serde(default = "prepaid")]
    pub(super) terms: PaymentTerms,
    pub(super) lines: Vec<LineRecord>,
    pub(super) recipient: RecipientRecord,
    pub(super) email: Option<String>,
    pub(super) note: Option<String>,
    pub(super) delivery_service: Option<String>,
    #[serde(default)]
    pub(super) accepts_backorder: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineRecord {
    pub(super) sku: String,
    pub(super) quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipientRecord {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) country: String,
    #[serde(default)]
    pub(super) province: String,
    #[serde(default)]
    pub(super) city: String,
    #[serde(default)]
    pub(super) district: String,
    pub(super) street: Vec<String>,
    #[serde(default)]
    pub(super) postal_code: String,
}

const fn prepaid() -> PaymentTerms {
    PaymentTerms::Prepaid
}

/// Why an order of a file is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The line of the file.
    pub(super) line_no: i64,
    /// The column, or the path in the object.
    pub(super) field: String,
    /// What is expected, without what stands there.
    pub(super) reason: Reason,
}

impl Wrong {
    pub(super) fn new(line_no: i64, field: impl Into<String>, reason: Reason) -> Self {
        Self { line_no, field: field.into(), reason }
    }
}

/// One order as it was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The line where it begins.
    pub(super) line_no: i64,
    /// The channel's id, as far as it can be told.
    pub(super) code: String,
    /// The line in the file of each of its lines, where each has one of its own.
    pub(super) rows: Vec<i64>,
    /// What it says, or all that is wrong with how it is written.
    pub(super) order: Result<OrderRecord, Vec<Wrong>>,
}

impl OrderRecord {
    /// As the intake wants it; `shop_currency` if it names none.
    pub(super) fn into_new_order(
        self,
        channel: ChannelId,
        shop_currency: Currency,
    ) -> Result<NewOrder, (&'static str, Reason)> {
        let currency = match self.currency.as_deref() {
            None => shop_currency,
            Some(code) => code.parse().map_err(|_| ("currency", Reason::new("currency")))?,
        };
        let service_wish = self.delivery_service.as_deref().map(ServiceKind::from_code);
        let service_wish = service_wish.transpose().map_err(|_| {
            let codes = ServiceKind::ALL.map(ServiceKind::code).join(", ");
            (FIELD, Reason::new("one_of").with("values", codes))
        })?;
        let RecipientRecord { name, phone, country, province, city, district, street, postal_code } =
            self.recipient;
        let address = RawAddress { country, province, city, district, street, postal_code };
        let line = |LineRecord { sku, quantity }| NewLine { sku, quantity };
        Ok(NewOrder {
            channel,
            channel_order_id: Some(self.channel_order_id),
            customer: None,
            currency,
            terms: self.terms,
            lines: self.lines.into_iter().map(line).collect(),
            recipient: RawRecipient { name, phone, address },
            email: self.email,
            note: self.note,
            service_wish,
            accepts_backorder: self.accepts_backorder,
            charges: None,
            coupons: Vec::new(),
            points: 0,
            gift_cards: Vec::new(),
            agreed: Agreed::default(),
            // The channel's id is the key.
            key: None,
            cart: None,
        })
    }
}
