//! Parcels on their way, as people read them.

use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::carrier::choice::Refusal;
use ordermill_domain::shipment::{Plan, State, TrackingStatus};

use crate::icon::Icon;
use crate::ui::{Badge, Tone};
use crate::words::Words;

/// Where a shipment stands.
pub fn state(state: State, t: Words) -> Badge {
    let (tone, icon, word) = match state {
        State::LabelCreated => (Tone::Amber, Icon::Barcode, t.shipment_label_created()),
        State::HandedOver => (Tone::Blue, Icon::Truck, t.shipment_handed_over()),
        State::Delivered => (Tone::Green, Icon::Home, t.shipment_delivered()),
        State::Voided => (Tone::Grey, Icon::Ban, t.shipment_voided()),
        State::ReturnedToSender => (Tone::Grey, Icon::Return, t.shipment_returned()),
        State::Lost => (Tone::Red, Icon::Alert, t.shipment_lost()),
    };
    Badge::new(tone, icon, word)
}

/// What the carrier last said.
pub fn track(status: TrackingStatus, t: Words) -> Badge {
    use TrackingStatus as S;
    let tone = match status {
        S::Unknown | S::PreTransit => Tone::Grey,
        S::InTransit | S::OutForDelivery | S::AtPickupPoint => Tone::Blue,
        S::Delivered => Tone::Green,
        S::Stalled | S::Address | S::OutOfZone | S::Damaged | S::Refused | S::SignOffDisputed => {
            Tone::Red
        }
    };
    Badge::new(tone, icon(status), word(status, t))
}

/// The picture of a carrier's word.
pub const fn icon(status: TrackingStatus) -> Icon {
    use TrackingStatus as S;
    match status {
        S::Unknown | S::PreTransit => Icon::Clock,
        S::InTransit => Icon::Truck,
        S::OutForDelivery => Icon::User,
        S::AtPickupPoint => Icon::MapPin,
        S::Delivered => Icon::CircleCheck,
        S::Refused => Icon::Return,
        S::Stalled | S::Address | S::OutOfZone | S::Damaged | S::SignOffDisputed => Icon::Alert,
    }
}

/// A carrier's word in ours.
pub fn word(status: TrackingStatus, t: Words) -> &'static str {
    use TrackingStatus as S;
    match status {
        S::Unknown => t.track_unknown(),
        S::PreTransit => t.track_pre_transit(),
        S::InTransit => t.track_in_transit(),
        S::OutForDelivery => t.track_out_for_delivery(),
        S::AtPickupPoint => t.track_at_pickup_point(),
        S::Stalled => t.track_stalled(),
        S::Address => t.track_address(),
        S::OutOfZone => t.track_out_of_zone(),
        S::Damaged => t.track_damaged(),
        S::Refused => t.track_refused(),
        S::Delivered => t.track_delivered(),
        S::SignOffDisputed => t.track_sign_off_disputed(),
    }
}

/// What is done about a parcel in trouble.
pub fn plan(plan: Plan, t: Words) -> &'static str {
    match plan {
        Plan::Wait => t.plan_wait(),
        Plan::Forward => t.plan_forward(),
        Plan::PickUp => t.plan_pick_up(),
        Plan::Reship => t.plan_reship(),
        Plan::ReturnToSender => t.plan_return_to_sender(),
        Plan::Claim => t.plan_claim(),
    }
}

/// How a parcel is carried.
pub fn service(kind: ServiceKind, t: Words) -> &'static str {
    match kind {
        ServiceKind::Standard => t.service_standard(),
        ServiceKind::NextDay => t.service_next_day(),
        ServiceKind::Timed => t.service_timed(),
        ServiceKind::PickupPoint => t.service_pickup_point(),
    }
}

/// Why a carrier was not offered a parcel.
pub fn refusal(because: Refusal, t: Words) -> &'static str {
    match because {
        Refusal::Inactive => t.no_carrier_inactive(),
        Refusal::NoAccount => t.no_carrier_no_account(),
        Refusal::Forbidden => t.no_carrier_forbidden(),
        Refusal::NotForced => t.no_carrier_not_forced(),
        Refusal::NotWished => t.no_carrier_not_wished(),
        Refusal::OutOfZone => t.no_carrier_out_of_zone(),
        Refusal::Handling => t.no_carrier_handling(),
        Refusal::TooHeavy => t.no_carrier_too_heavy(),
        Refusal::TooLong => t.no_carrier_too_long(),
        Refusal::Currency => t.no_carrier_currency(),
    }
}

crate::words! {
    shipment_label_created = "待交接", "Waiting for the carrier";
    shipment_handed_over = "运输中", "With the carrier";
    shipment_delivered = "已签收", "Delivered";
    shipment_voided = "面单已作废", "Label voided";
    shipment_returned = "已退回", "Returned to us";
    shipment_lost = "已遗失", "Lost";
    track_unknown = "暂无轨迹", "No word yet";
    track_pre_transit = "等待揽收", "Waiting to be collected";
    track_in_transit = "运输途中", "On the way";
    track_out_for_delivery = "派送中", "Out for delivery";
    track_at_pickup_point = "待自提", "Ready to be collected";
    track_stalled = "滞留", "Held up";
    track_address = "地址有误", "Address problem";
    track_out_of_zone = "超出派送范围", "Outside the delivery area";
    track_damaged = "包裹破损", "Damaged";
    track_refused = "拒收退回", "Refused, coming back";
    track_delivered = "已签收", "Delivered";
    track_sign_off_disputed = "签收异常", "Delivery disputed";
    plan_wait = "继续观察", "Wait and watch";
    plan_forward = "改派转寄", "Forward to another address";
    plan_pick_up = "买家自提", "Buyer collects it";
    plan_reship = "补发", "Send another one";
    plan_return_to_sender = "退回仓库", "Return to sender";
    plan_claim = "向承运商索赔", "Claim from the carrier";
    service_standard = "标准", "Standard";
    service_next_day = "次日达", "Next day";
    service_timed = "定时达", "Timed";
    service_pickup_point = "自提点", "Pick-up point";
    no_carrier_inactive = "已停用", "Not in use";
    no_carrier_no_account = "没有可用的账号", "No account to reach it with";
    no_carrier_forbidden = "规则禁止", "A rule forbids it";
    no_carrier_not_forced = "规则指定了其他承运商", "A rule wants another one";
    no_carrier_not_wished = "买家要求其他服务", "The buyer wants another service";
    no_carrier_out_of_zone = "不派送该地区", "Does not go there";
    no_carrier_handling = "不承运此类商品", "Does not carry such goods";
    no_carrier_too_heavy = "超重", "Too heavy";
    no_carrier_too_long = "超长", "Too long";
    no_carrier_currency = "币种不符", "Prices in another currency";
}
