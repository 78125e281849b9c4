//! Evidence: what speaks for us in a dispute. It names no buyer: a bank knows its customer, and proof of
//! delivery is the carrier's word on a waybill.

use ordermill_base::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// What is submitted to a bank: the words of finance, and what the order itself tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What finance writes.
    pub text: String,
    /// The order, as its buyer knows it.
    pub order_number: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// What it costs in all.
    pub total: Money,
    /// What went back to the buyer already, minor units.
    pub refunded_minor: i64,
    /// When its first goods left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When the buyer said that everything has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by_buyer_at: Option<Timestamp>,
    /// Its parcels, the first to leave first.
    pub parcels: Vec<Parcel>,
}

/// A parcel that a carrier took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// Who carried it.
    pub carrier: String,
    /// The carrier's number of it.
    pub waybill: String,
    /// When the carrier took it over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<Timestamp>,
    /// When the carrier delivered it, by its own scan: the proof of delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}
