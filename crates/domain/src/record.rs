//! Records that people keep: what was created or edited, field by field.
//!
//! Categories, SKUs, locations, announcements of goods and settings have no life cycle with rules of
//! its own; their history is what each field was before and after. Start at [`Event::edited`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::coded;
use crate::event::Aggregate;

coded! {
    /// What happened to a record.
    enum Kind {
        /// A category is new.
        CategoryCreated = "category.created",
        /// Fields of a category changed.
        CategoryEdited = "category.edited",
        /// A SKU is new.
        SkuCreated = "sku.created",
        /// Fields of a SKU changed.
        SkuEdited = "sku.edited",
        /// A location is new.
        LocationCreated = "location.created",
        /// Fields of a location changed.
        LocationEdited = "location.edited",
        /// Goods were announced to a location.
        IncomingAnnounced = "incoming.announced",
        /// An announcement changed, or goods of it arrived.
        IncomingEdited = "incoming.edited",
        /// A setting has another value.
        SettingEdited = "setting.edited",
        /// The safety stock or the backorder policy of a SKU at a location changed.
        StockPolicyEdited = "stock_policy.edited",
        /// A coupon is new.
        CouponCreated = "coupon.created",
        /// Fields of a coupon changed.
        CouponEdited = "coupon.edited",
        /// A version of the rules for a purpose was drafted.
        RuleTableCreated = "rule_table.created",
        /// A version of rules was edited, tried, put in force or replaced.
        RuleTableEdited = "rule_table.edited",
        /// A carrier is new.
        CarrierCreated = "carrier.created",
        /// Fields of a carrier changed.
        CarrierEdited = "carrier.edited",
        /// Somebody was put on the watchlist.
        WatchCreated = "watch_entry.created",
        /// An entry of the watchlist was appealed, upheld or lifted.
        WatchEdited = "watch_entry.edited",
    }
}

/// One change of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Of what, and whether it is new.
    pub kind: Kind,
    /// What changed, by the name of the field.
    pub fields: BTreeMap<String, Change>,
}

/// A field's value before and after; null where there was or is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it was.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}

impl Kind {
    /// What the record is.
    pub const fn aggregate(self) -> Aggregate {
        match self {
            Self::CategoryCreated | Self::CategoryEdited => Aggregate::Category,
            Self::SkuCreated | Self::SkuEdited => Aggregate::Sku,
            Self::LocationCreated | Self::LocationEdited => Aggregate::Location,
            Self::IncomingAnnounced | Self::IncomingEdited => Aggregate::Incoming,
            Self::SettingEdited => Aggregate::Setting,
            Self::StockPolicyEdited => Aggregate::StockPolicy,
            Self::CouponCreated | Self::CouponEdited => Aggregate::Coupon,
            Self::RuleTableCreated | Self::RuleTableEdited => Aggregate::RuleTable,
            Self::CarrierCreated | Self::CarrierEdited => Aggregate::Carrier,
            Self::WatchCreated | Self::WatchEdited => Aggregate::WatchEntry,
        }
    }
}

impl Event {
    /// A new record with all of its fields.
    pub fn created(kind: Kind, record: &impl Serialize) -> Self {
        let fields = fields_of(record).into_iter().filter(|(_, after)| !after.is_null());
        let fields = fields.map(|(name, after)| (name, Change { before: Value::Null, after }));
        Self { kind, fields: fields.collect() }
    }

    /// The fields in which `after` differs; `None` if there are none, and then there is nothing to
    /// write.
    pub fn edited<T: Serialize>(kind: Kind, before: &T, after: &T) -> Option<Self> {
        let mut old = fields_of(before);
        let mut fields = BTreeMap::new();
        for (name, after) in fields_of(after) {
            let before = old.remove(&name).unwrap_or(Value::Null);
            if before != after {
                fields.insert(name, Change { before, after });
            }
        }
        let gone = old.into_iter().filter(|(_, before)| !before.is_null());
        fields.extend(gone.map(|(name, before)| (name, Change { before, after: Value::Null })));
        (!fields.is_empty()).then_some(Self { kind, fields })
    }
}

fn fields_of(record: &impl Serialize) -> BTreeMap<String, Value> {
    let value = serde_json::to_value(record).expect("records are plain values with text keys");
    match value {
        Value::Object(fields) => fields.into_iter().collect(),
        other => BTreeMap::from([("value".to_owned(), other)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn an_edit_tells_what_each_field_was_and_is() {
        let (before, after) = (Text::new("碗", "Bowl"), Text::new("碗", "Rice bowl"));
        let event = Event::edited(Kind::CategoryEdited, &before, &after).unwrap();
        insta::assert_snapshot!(
            serde_json::to_string(&event).unwrap(),
            @r#"{"kind":"category.edited","fields":{"en":{"before":"Bowl","after":"Rice bowl"}}}"#
        );
    }

    #[test]
    fn an_edit_that_changes_nothing_is_no_event() {
        let text = Text::new("碗", "Bowl");
        assert_eq!(Event::edited(Kind::CategoryEdited, &text, &text.clone()), None);
    }

    #[test]
    fn every_kind_starts_with_what_it_is_about() {
        for kind in Kind::ALL {
            assert!(kind.code().starts_with(kind.aggregate().code()), "{kind}");
        }
    }
}
