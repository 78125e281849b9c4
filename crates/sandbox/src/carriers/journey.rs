//! What happens to a parcel on the road.
//!
//! A journey is planned when the driver takes the parcel: depot, line haul, depot, courier, door. A
//! fault bends it. The same waybill and faults give the same journey, whenever it is planned.

use ordermill_base::{Random, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::network::Carrier;
use super::{Parcel, Service};
use crate::fault::{Fault, fnv};

/// One thing that a carrier reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What.
    #[serde(rename = "status")]
    pub word: Word,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: String,
    /// In words.
    pub text: String,
}

/// What a carrier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are their own description")]
pub enum Word {
    Labeled,
    Collected,
    Departed,
    Arrived,
    WithCourier,
    AtPickupPoint,
    Signed,
    Held,
    Damaged,
    AddressProblem,
    OutOfArea,
    Refused,
    Returning,
    ReturnedToSender,
    Lost,
    SignatureDisputed,
}

impl Word {
    const fn text(self) -> &'static str {
        match self {
            Self::Labeled => "已下单，等待揽收",
            Self::Collected => "快递员已揽收",
            Self::Departed => "已离开转运中心",
            Self::Arrived => "已到达转运中心",
            Self::WithCourier => "快递员正在派送",
            Self::AtPickupPoint => "已到达自提点",
            Self::Signed => "已签收",
            Self::Held => "快件滞留，等待处理",
            Self::Damaged => "快件外包装破损",
            Self::AddressProblem => "地址有误，无法派送",
            Self::OutOfArea => "超出派送范围",
            Self::Refused => "收件人拒收",
            Self::Returning => "快件退回中",
            Self::ReturnedToSender => "寄件人已签收退件",
            Self::Lost => "快件遗失",
            Self::SignatureDisputed => "签收异常，正在核实",
        }
    }
}

impl Event {
    /// A word of the carrier.
    pub fn new(word: Word, at: Timestamp, place: impl Into<String>) -> Self {
        Self { word, at, place: place.into(), text: word.text().to_owned() }
    }
}

/// Everything that will be reported of a parcel that is collected at `from`.
pub(super) fn plan(
    carrier: &Carrier,
    parcel: &Parcel,
    from: Timestamp,
    day: Span,
    faults: &[Fault],
) -> Vec<Event> {
    let mut dice = Random::from_seed(fnv(&parcel.waybill));
    let day = day.as_micros();
    let (least, most) = (i64::from(parcel.quote.days_min), i64::from(parcel.quote.days_max));
    let late: i64 = faults
        .iter()
        .map(|fault| match fault {
            Fault::LateParcel { days } => i64::from((*days).min(90)),
            _ => 0,
        })
        .sum();
    // Nine parcels in ten are there in time; the last hours of the last day are left as a margin.
    let shortest = (least * day).max(day / 8);
    let longest = (most * day - day / 8).max(shortest + 1);
    let road = dice.between(shortest, longest) + late * day;
    let at = |percent: i64| from + Span::micros(road / 100 * percent);
    let here = format!("{} {:06}", carrier.prefix, parcel.order.from_division);
    let hub = format!("{} {:04}", carrier.prefix, parcel.order.from_division / 100);
    let far_hub = format!("{} {:04}", carrier.prefix, parcel.order.to_division / 100);
    let door = format!("{} {:06}", carrier.prefix, parcel.order.to_division);

    let mut road = vec![
        Event::new(Word::Collected, at(0), here.clone()),
        Event::new(Word::Arrived, at(6), hub.clone()),
        Event::new(Word::Departed, at(14), hub),
        Event::new(Word::Arrived, at(62), far_hub.clone()),
    ];
    let back = |word| {
        [
            Event::new(word, at(90), door.clone()),
            Event::new(Word::Returning, at(110), far_hub.clone()),
            Event::new(Word::ReturnedToSender, at(190), here.clone()),
        ]
    };
    let courier = Event::new(Word::WithCourier, at(86), door.clone());
    let last = match parcel.order.service {
        Service::PickupPoint => vec![
            Event::new(Word::AtPickupPoint, at(88), door.clone()),
            Event::new(Word::Signed, at(100), door.clone()),
        ],
        _ => vec![courier.clone(), Event::new(Word::Signed, at(100), door.clone())],
    };
    let is = |fault: &Fault| faults.contains(fault);
    if is(&Fault::ForgetParcel) {
        road.truncate(3);
    } else if is(&Fault::StallParcel) {
        road.push(Event::new(Word::Held, at(75), far_hub));
    } else if is(&Fault::LoseParcel) {
        road.truncate(3);
        road.push(Event::new(Word::Lost, at(150), ""));
    } else if is(&Fault::RefuseParcel) {
        road.push(courier);
        road.extend(back(Word::Refused));
    } else if is(&Fault::MistakeAddress) {
        road.push(courier);
        road.extend(back(Word::AddressProblem));
    } else if is(&Fault::LeaveZone) {
        road.extend(back(Word::OutOfArea));
    } else if is(&Fault::DamageParcel) {
        road.push(Event::new(Word::Damaged, at(70), far_hub));
        road.extend(last);
    } else {
        road.extend(last);
    }
    road
}
