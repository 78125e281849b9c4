//! People, parcels, carriers and orders of the shop.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::civil::Time;
use ordermill_app::benefit::claim::Claims;
use ordermill_app::carrier::choose::ReadyParcel;
use ordermill_app::order::place::PlaceOrder;
use ordermill_app::permission::{Principal, StaffMember};
use ordermill_app::privacy::{OrderContact, Vault};
use ordermill_base::{Currency, Id, Money, Quantity, Span};
use ordermill_domain::actor::Act;
use ordermill_domain::address::{Country, RawAddress, RawRecipient};
use ordermill_domain::carrier::{Carrier, Service, ServiceKind, Terms, Zone};
use ordermill_domain::ids::{CarrierId, ChannelId, OrderId, StaffId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::{RegionPattern, TaxMode};
use ordermill_domain::role::Role;
use ordermill_domain::sku::Handling;
use ordermill_domain::text::Text;
use ordermill_testkit::stock::{location as place, sku};

pub(crate) fn logistics() -> Principal {
    Principal::Staff(Arc::new(StaffMember {
        id: StaffId::from_raw(1),
        name: "Zhao".into(),
        roles: vec![Role::Logistics],
        location: Some(place(1)),
    }))
}

pub(crate) fn parcel() -> ReadyParcel {
    ReadyParcel {
        weight_grams: 900,
        dimensions_mm: [300, 200, 100],
        handling: Handling::default(),
        value: Money::new(20_000, Currency::Cny),
        promised_by_on: None,
        wish: None,
    }
}

pub(crate) fn swift() -> Carrier {
    carrier(1, "swift", 1_800, 3)
}

pub(crate) fn harbor() -> Carrier {
    carrier(2, "harbor", 800, 5)
}

fn carrier(number: i64, code: &str, first_minor: i64, days_max: u8) -> Carrier {
    let zone = Zone {
        region: RegionPattern::country(Country::CHINA),
        cities: BTreeSet::new(),
        first_grams: 1_000,
        first_minor,
        step_grams: NonZeroU32::new(1_000).unwrap(),
        step_minor: 300,
        days_min: 1,
        days_max,
    };
    Carrier {
        id: CarrierId::from_raw(number),
        code: code.into(),
        name: Text::new("快递", code),
        terms: Terms {
            services: vec![Service { kind: ServiceKind::Standard, zones: vec![zone] }],
            refuses: BTreeSet::new(),
            volumetric_divisor: NonZeroU32::new(6_000).unwrap(),
            weight_grams_max: 50_000,
            side_mm_max: 1_800,
            cut_off: Time::constant(20, 0, 0, 0),
            insurance_basis_points: 50,
            currency: Currency::Cny,
        },
        is_active: true,
        version: 1,
    }
}

fn contact() -> OrderContact {
    let raw = RawRecipient {
        name: "林小明".into(),
        phone: "13800138021".into(),
        address: RawAddress {
            country: "CN".into(),
            province: "上海".into(),
            city: "上海".into(),
            district: "浦东新区".into(),
            street: vec!["张江路 1 号 301 室".into()],
            postal_code: String::new(),
        },
    };
    OrderContact::new(raw.validate().unwrap())
}

pub(crate) fn an_order(number: i64, pieces: i64, vault: &Vault, act: Act) -> PlaceOrder {
    let (id, all_minor) = (OrderId::from_raw(number), 20_000 * pieces);
    let line = LineTerms {
        line_no: 1,
        sku: sku(1),
        quantity: Quantity::new(pieces).unwrap(),
        unit_price_minor: 20_000,
        discount_minor: 0,
        tax_minor: 0,
        total_minor: all_minor,
        gift: None,
        stands_for: None,
    };
    let amounts = Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: all_minor,
        discount_minor: 0,
        freight_minor: 0,
        tax_minor: 0,
        total_minor: all_minor,
    };
    PlaceOrder {
        id,
        act,
        placed: Placed {
            channel: ChannelId::from_raw(1),
            channel_order_id: None,
            customer: None,
            terms: PaymentTerms::CashOnDelivery,
            promotion: false,
            review: Review::Pending,
            amounts,
            lines: vec![line],
            reserved: Vec::new(),
            coupons: Vec::new(),
            points_earned: 0,
            service_wish: None,
            promised_by_on: None,
        },
        region: "CN-31".into(),
        recipient: vault.seal_recipient(id, &contact()),
        accepts_backorder: false,
        preference: Arc::new([place(1)]),
        marks: None,
        rules: Arc::default(),
        key: None,
        cart: None,
        discounts: Vec::new(),
        claims: Claims::default(),
        days: None,
        pay_within: Span::hours(24),
        hold_for: Span::minutes(30),
    }
}
