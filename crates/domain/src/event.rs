//! Events: what happened, as the journal keeps it.
//!
//! Each aggregate has its own kinds; [`Event`] is one of any. The stable text of a kind, such as
//! `order.paid`, starts with its aggregate. Who, when and why stand beside an event in the journal,
//! and no event ever holds personal data.

use serde::{Serialize, Serializer};

use crate::code::coded;
use crate::{
    deadline, dispute, fulfillment, gift_card, order, package, payment, points, record, refund,
    reservation, shipment, stock,
};

coded! {
    /// What an entry of the journal is about; each thing of its kind has its own gapless sequence.
    enum Aggregate {
        /// An order with its lines.
        Order = "order",
        /// A payment.
        Payment = "payment",
        /// A refund.
        Refund = "refund",
        /// Captured money that a buyer's bank wants back.
        Dispute = "dispute",
        /// The reservations of an order.
        Reservation = "reservation",
        /// A stock level.
        Stock = "stock",
        /// One location's share of an order.
        Fulfillment = "fulfillment",
        /// The deadlines of one thing, known by the thing's id.
        Deadline = "deadline",
        /// A group of SKUs.
        Category = "category",
        /// A SKU.
        Sku = "sku",
        /// A place that holds stock.
        Location = "location",
        /// Goods on their way to a location.
        Incoming = "incoming",
        /// A setting of the shop.
        Setting = "setting",
        /// What holds for the stock of a SKU: safety stock and backorders, at each location.
        StockPolicy = "stock_policy",
        /// A coupon, as people keep it.
        Coupon = "coupon",
        /// One version of the rules for a purpose.
        RuleTable = "rule_table",
        /// An entry of the watchlist.
        WatchEntry = "watch_entry",
        /// A gift card.
        GiftCard = "gift_card",
        /// The points of a buyer, known by the buyer's id.
        Points = "points",
        /// A parcel on its way with a carrier.
        Shipment = "shipment",
        /// A box with goods of one fulfillment.
        Package = "package",
        /// A carrier, as people keep it.
        Carrier = "carrier",
    }
}

/// The written form of the id of a thing that the journal knows by its raw id: `ord_…`. A thing of no
/// known kind is written as its number.
pub fn written_id(aggregate: &str, raw: i64) -> String {
    use crate::ids::{
        ApiKeyId, BulkId, CarrierId, CategoryId, ChoiceId, CustomerId, DisputeId, EndpointId,
        FulfillmentId, IncomingId, LocationId, ManifestId, OrderId, PackageId, PaymentId,
        PickListId, RefundId, RuleTableId, SettingId, ShipmentId, SkuId, StaffId, WatchId, WaveId,
    };
    use ordermill_base::Id;
    fn written<T: Id>(raw: i64) -> String {
        T::from_raw(raw).to_string()
    }
    match aggregate {
        "order" | "reservation" => written::<OrderId>(raw),
        "payment" => written::<PaymentId>(raw),
        "refund" => written::<RefundId>(raw),
        "dispute" => written::<DisputeId>(raw),
        "stock" | "stock_policy" | "sku" => written::<SkuId>(raw),
        "fulfillment" => written::<FulfillmentId>(raw),
        "category" => written::<CategoryId>(raw),
        "location" => written::<LocationId>(raw),
        "incoming" => written::<IncomingId>(raw),
        "setting" => written::<SettingId>(raw),
        "staff" => written::<StaffId>(raw),
        "customer" => written::<CustomerId>(raw),
        "api_key" => written::<ApiKeyId>(raw),
        "rule_table" => written::<RuleTableId>(raw),
        "watch_entry" => written::<WatchId>(raw),
        "webhook" => written::<EndpointId>(raw),
        "shipment" => written::<ShipmentId>(raw),
        "package" => written::<PackageId>(raw),
        "carrier" => written::<CarrierId>(raw),
        "bulk" => written::<BulkId>(raw),
        "pick_list" => written::<PickListId>(raw),
        "wave" => written::<WaveId>(raw),
        "choice" => written::<ChoiceId>(raw),
        "packing_slip" => written::<PackageId>(raw),
        "shipping_note" => written::<FulfillmentId>(raw),
        "hand_over_note" => written::<ManifestId>(raw),
        _ => raw.to_string(),
    }
}

/// One change of any aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Of an order.
    Order(order::Event),
    /// Of a payment.
    Payment(payment::Event),
    /// Of a refund.
    Refund(refund::Event),
    /// Of a dispute.
    Dispute(dispute::Event),
    /// Of a reservation.
    Reservation(reservation::Event),
    /// Of a stock level.
    Stock(stock::Event),
    /// Of a fulfillment.
    Fulfillment(fulfillment::Event),
    /// Of a deadline.
    Deadline(deadline::Event),
    /// Of a gift card.
    GiftCard(gift_card::Event),
    /// Of a buyer's points.
    Points(points::Event),
    /// Of a shipment.
    Shipment(shipment::Event),
    /// Of a package.
    Package(package::Event),
    /// Of a record that people keep: a category, SKU, location, announcement of goods or setting.
    Record(record::Event),
}

/// Why a stored event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadEventError {
    /// No aggregate has kinds of this name.
    #[error("unknown kind of event")]
    UnknownKind,
    /// The text is not an event of its aggregate.
    #[error("the stored event cannot be read")]
    Json(#[from] serde_json::Error),
}

impl Event {
    /// What it is about.
    pub const fn aggregate(&self) -> Aggregate {
        match self {
            Self::Order(_) => Aggregate::Order,
            Self::Payment(_) => Aggregate::Payment,
            Self::Refund(_) => Aggregate::Refund,
            Self::Dispute(_) => Aggregate::Dispute,
            Self::Reservation(_) => Aggregate::Reservation,
            Self::Stock(_) => Aggregate::Stock,
            Self::Fulfillment(_) => Aggregate::Fulfillment,
            Self::Deadline(_) => Aggregate::Deadline,
            Self::GiftCard(_) => Aggregate::GiftCard,
            Self::Points(_) => Aggregate::Points,
            Self::Shipment(_) => Aggregate::Shipment,
            Self::Package(_) => Aggregate::Package,
            Self::Record(event) => event.kind.aggregate(),
        }
    }

    /// The stable name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Order(event) => event.kind(),
            Self::Payment(event) => event.kind(),
            Self::Refund(event) => event.kind(),
            Self::Dispute(event) => event.kind(),
            Self::Reservation(event) => event.kind(),
            Self::Stock(event) => event.kind(),
            Self::Fulfillment(event) => event.kind(),
            Self::Deadline(event) => event.kind(),
            Self::GiftCard(event) => event.kind(),
            Self::Points(event) => event.kind(),
            Self::Shipment(event) => event.kind(),
            Self::Package(event) => event.kind(),
            Self::Record(event) => event.kind.code(),
        }
    }

    /// Reads an event from its kind and its JSON, which repeats the kind.
    pub fn from_json(kind: &str, json: &str) -> Result<Self, ReadEventError> {
        let (aggregate, _) = kind.split_once('.').ok_or(ReadEventError::UnknownKind)?;
        let aggregate = Aggregate::from_code(aggregate).map_err(|_| ReadEventError::UnknownKind)?;
        Ok(match aggregate {
            Aggregate::Order => Self::Order(serde_json::from_str(json)?),
            Aggregate::Payment => Self::Payment(serde_json::from_str(json)?),
            Aggregate::Refund => Self::Refund(serde_json::from_str(json)?),
            Aggregate::Dispute => Self::Dispute(serde_json::from_str(json)?),
            Aggregate::Reservation => Self::Reservation(serde_json::from_str(json)?),
            Aggregate::Stock => Self::Stock(serde_json::from_str(json)?),
            Aggregate::Fulfillment => Self::Fulfillment(serde_json::from_str(json)?),
            Aggregate::Deadline => Self::Deadline(serde_json::from_str(json)?),
            Aggregate::GiftCard => Self::GiftCard(serde_json::from_str(json)?),
            Aggregate::Points => Self::Points(serde_json::from_str(json)?),
            Aggregate::Shipment => Self::Shipment(serde_json::from_str(json)?),
            Aggregate::Package => Self::Package(serde_json::from_str(json)?),
            Aggregate::Category
            | Aggregate::Sku
            | Aggregate::Location
            | Aggregate::Incoming
            | Aggregate::Setting
            | Aggregate::StockPolicy
            | Aggregate::Coupon
            | Aggregate::Carrier
            | Aggregate::RuleTable
            | Aggregate::WatchEntry => Self::Record(serde_json::from_str(json)?),
        })
    }

    /// Compact JSON, as stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("events are plain values with text keys")
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Order(event) => event.serialize(serializer),
            Self::Payment(event) => event.serialize(serializer),
            Self::Refund(event) => event.serialize(serializer),
            Self::Dispute(event) => event.serialize(serializer),
            Self::Reservation(event) => event.serialize(serializer),
            Self::Stock(event) => event.serialize(serializer),
            Self::Fulfillment(event) => event.serialize(serializer),
            Self::Deadline(event) => event.serialize(serializer),
            Self::GiftCard(event) => event.serialize(serializer),
            Self::Points(event) => event.serialize(serializer),
            Self::Shipment(event) => event.serialize(serializer),
            Self::Package(event) => event.serialize(serializer),
            Self::Record(event) => event.serialize(serializer),
        }
    }
}

macro_rules! from_each {
    ($($variant:ident: $event:ty,)+) => {$(
        impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        }
    )+};
}

from_each! {
    Order: order::Event,
    Payment: payment::Event,
    Refund: refund::Event,
    Dispute: dispute::Event,
    Reservation: reservation::Event,
    Stock: stock::Event,
    Fulfillment: fulfillment::Event,
    Deadline: deadline::Event,
    GiftCard: gift_card::Event,
    Points: points::Event,
    Shipment: shipment::Event,
    Package: package::Event,
    Record: record::Event,
}

#[cfg(test)]
mod tests;
