//! The public tracking page, `/t/{token}`: arrival first, then how far it is, then each parcel.
//!
//! For a phone, without a login, and without anything about people: no name, no address, and no word of a
//! carrier as it came, since those name couriers and whoever signed. Posts below it: `received` and
//! `missing`.

use askama::Template;
use ordermill_base::Timestamp;

use crate::shell::Shell;
use crate::ui::{Badge, Steps, Timeline};

/// The page of one order.
#[derive(Debug, Template)]
#[template(path = "tracking.html")]
pub struct TrackingPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// What stands in its address.
    pub token: String,
    /// What people read out on the phone.
    pub number: String,
    /// What matters now, in large type: "Arrives by Tue 11-24".
    pub headline: String,
    /// A sentence about it.
    pub note: String,
    /// What may delay it; empty if nothing does.
    pub delay: String,
    /// The four steps.
    pub steps: Steps,
    /// The parcels.
    pub parcels: Vec<ParcelCard>,
    /// Every scan on the way, ours and the carriers', newest first.
    pub trail: Timeline,
    /// What is sent.
    pub goods: Vec<TrackedGoods>,
    /// The number of the shop's service; empty if it has none.
    pub service_phone: String,
    /// Whether the buyer may say that it has come.
    pub may_confirm: bool,
    /// Whether the buyer may say that it has not.
    pub may_report: bool,
    /// Something that has just been done, told once.
    pub said: Option<&'static str>,
    /// As of when.
    pub at: Timestamp,
}

/// Goods of the order.
#[derive(Debug, Clone)]
pub struct TrackedGoods {
    /// What.
    pub name: String,
    /// How many pieces.
    pub pieces: u64,
    /// What they are sent in place of; empty if they were ordered.
    pub in_place_of: String,
}

/// One parcel.
#[derive(Debug, Clone)]
pub struct ParcelCard {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number.
    pub waybill: String,
    /// Where it is.
    pub badge: Badge,
    /// How far it is just now, if it is on a vehicle that says so.
    pub live: Option<LiveCard>,
    /// What happened, newest first.
    pub timeline: Timeline,
}

/// How far a parcel is.
#[derive(Debug, Clone)]
pub struct LiveCard {
    /// "12 km away".
    pub distance: String,
    /// "About 15:40"; empty if nobody can say.
    pub arrival: String,
    /// When the vehicle was there.
    pub as_of: String,
    /// How far along the last twenty kilometers it is.
    pub percent: u8,
}

/// A token that opens nothing: guessed, broken on the way, or over.
#[derive(Debug, Template)]
#[template(path = "tracking_missing.html")]
pub struct TrackingMissingPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Whether too much was asked in too short a time, and nothing was looked up.
    pub is_too_much: bool,
}

crate::words! {
    tracking_title(number) = "订单 {number} 的物流", "Tracking of order {number}";
    tracking_arrives(day) = "预计 {day} 送达", "Arrives by {day}";
    tracking_preparing = "正在备货", "Being prepared";
    tracking_preparing_note = "包裹交给快递后，这里会显示到达时间。", "Once a carrier has it, this page shows when it arrives.";
    tracking_delivered(day) = "{day} 已送达", "Delivered {day}";
    tracking_completed = "已完成", "Completed";
    tracking_canceled = "订单已取消", "The order is canceled";
    tracking_out = "今天派送", "Out for delivery";
    tracking_pickup = "请到自提点取件", "Ready to be collected";
    tracking_delayed = "可能会晚到", "It may arrive late";
    tracking_order(number) = "订单 {number}", "Order {number}";
    tracking_parcels(count) = "共 {count} 个包裹", "{count} parcel" | "{count} parcels";
    tracking_delay_late = "已超过预计到达时间，我们正在联系快递。", "It is later than expected. We are asking the carrier.";
    tracking_delay_stalled = "包裹在途中停留，我们正在联系快递。", "A parcel is held up on its way. We are asking the carrier.";
    tracking_delay_address = "快递找不到地址，请联系客服核对。", "The carrier does not find the address. Please contact us.";
    tracking_delay_out_of_zone = "快递不派送该地区，我们正在改派。", "The carrier does not deliver there. We are finding another way.";
    tracking_delay_damaged = "包裹在途中受损，我们会补救。", "A parcel was damaged on its way. We will make it good.";
    tracking_delay_back = "有包裹正在退回，我们会联系您。", "A parcel is on its way back to us. We will contact you.";
    tracking_delay_lost = "有包裹找不到了，我们会联系您。", "A parcel cannot be found. We will contact you.";
    tracking_delay_disputed = "您反馈没有收到，我们正在向快递核实签收凭证。", "You told us that it has not come. We are asking the carrier for proof.";
    track_step_prepared = "备货", "Prepared";
    track_step_shipped = "运输", "On the way";
    track_step_courier = "派送", "Courier";
    track_step_delivered = "签收", "Delivered";
    tracking_service = "联系客服", "Contact us";
    tracking_service_note = "有疑问？一键联系我们。", "Any question? We are one tap away.";
    tracking_find = "查询我的订单", "Find my order";
    tracking_goods = "包裹里有什么", "What is in it";
    tracking_pieces(count) = "{count} 件", "{count} piece" | "{count} pieces";
    tracking_no_parcels = "还没有包裹。", "There is no parcel yet.";
    tracking_history(waybill) = "{waybill} 的轨迹", "Events of {waybill}";
    tracking_km(km) = "距您约 {km} 公里", "About {km} km away";
    tracking_near = "距您不到 1 公里", "Less than 1 km away";
    tracking_arrives_about(time) = "预计 {time} 左右送达", "Arrives about {time}";
    tracking_seen_at(time) = "车辆位置更新于 {time}", "Position of the vehicle as of {time}";
    tracking_trail = "全部轨迹", "Every step";
    trail_released = "开始备货", "Taken to be prepared";
    trail_picked(count) = "已拣货 {count} 件", "{count} piece picked" | "{count} pieces picked";
    trail_all_picked = "全部拣齐", "All of it is picked";
    trail_rechecked = "复核通过", "Checked against the order";
    trail_packed(count) = "已打包 {count} 个包裹", "{count} parcel packed" | "{count} parcels packed";
    trail_at_dock = "出库扫描", "Scanned at the dock";
    trail_handed_over = "已交给承运商", "Handed to the carrier";
    tracking_confirm = "确认收货", "I have received it";
    tracking_report = "没有收到", "It has not come";
    tracking_share = "让家人扫码查看", "Show this page to somebody else";
    tracking_qr = "此页的二维码", "QR code of this page";
    tracking_as_of(at) = "更新于 {at}，不显示姓名和地址。", "As of {at}. Names and addresses are not shown.";
    tracking_said_received = "已确认收货，谢谢。", "Thank you for telling us.";
    tracking_said_missing = "已收到您的反馈，48 小时内给您处理结果。", "We have opened a case and will decide within 48 hours.";
    tracking_said_nothing = "现在还不能这样操作。", "This cannot be done at the moment.";
    tracking_missing = "没有找到这个物流页", "There is no such tracking page";
    tracking_missing_note = "链接可能不完整，或者已经过期。", "The link may be incomplete, or its time is over.";
    tracking_too_much = "请求太频繁", "Too many requests";
    tracking_too_much_note = "请稍等一分钟再试。", "Please wait a minute and try again.";
}

#[cfg(any(test, feature = "samples"))]
impl TrackingPage {
    /// A parcel in trouble on its way, and one that is there.
    pub fn sample(language: crate::Language) -> Self {
        use ordermill_domain::shipment::TrackingStatus as S;

        use crate::Icon;
        use crate::samples;
        use crate::states::shipment;
        use crate::ui::{Moment, Progress, Step, Tone};
        let shell = samples::shell(language);
        let t = shell.t;
        let step = |progress, icon, label: &str, note: &str| Step {
            progress,
            icon,
            label: label.into(),
            note: note.into(),
        };
        let moment = |status, at: i64, place: &str| Moment {
            tone: Tone::Blue,
            icon: shipment::icon(status),
            text: shipment::word(status, t).into(),
            note: format!("{} · {place}", shell.moment(&samples::in_minutes(at))),
            is_public: false,
        };
        let parcel = |waybill: &str, status| ParcelCard {
            carrier: t.pick("云雀速运", "Swift <Express>").into(),
            waybill: waybill.into(),
            badge: shipment::track(status, t),
            live: (status == S::Stalled).then(|| LiveCard {
                distance: t.tracking_km(12),
                arrival: t.tracking_arrives_about("15:40"),
                as_of: t.tracking_seen_at("15:02"),
                percent: 40,
            }),
            timeline: Timeline {
                moments: vec![
                    moment(status, -30, "SW 310115"),
                    moment(S::InTransit, -600, "SW 3301"),
                ],
            },
        };
        Self {
            token: "01k2ey4xh0000.AQAAAAM".into(),
            number: samples::ORDER_NUMBER.into(),
            headline: t.tracking_arrives(shell.day(&samples::in_minutes(2_000))),
            note: t.tracking_parcels(2_u64),
            delay: t.tracking_delay_stalled().into(),
            steps: Steps {
                t,
                steps: vec![
                    step(Progress::Done, Icon::Package, t.track_step_prepared(), "11-22"),
                    step(Progress::Warned, Icon::Truck, t.track_step_shipped(), ""),
                    step(Progress::Ahead, Icon::User, t.track_step_courier(), ""),
                    step(Progress::Ahead, Icon::Home, t.track_step_delivered(), ""),
                ],
            },
            parcels: vec![parcel("SW1234567890120", S::Stalled), parcel("SW2", S::Delivered)],
            trail: Timeline { moments: vec![moment(S::InTransit, -700, "JX · 嘉兴仓")] },
            goods: vec![TrackedGoods {
                name: t.pick("龙井茶", "Green tea").into(),
                pieces: 2,
                in_place_of: t.pick("碧螺春", "White <tea>").into(),
            }],
            service_phone: "+864000000000".into(),
            may_confirm: true,
            may_report: true,
            said: Some(t.tracking_said_received()),
            at: samples::NOW,
            shell,
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl TrackingMissingPage {
    /// A link that opens nothing.
    pub fn sample(language: crate::Language) -> Self {
        Self { shell: crate::samples::shell(language), is_too_much: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_arrival_comes_first_and_is_readable_in_both_languages() {
        for language in Language::ALL {
            let page = TrackingPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            let (headline, parcel) = (html.find(&page.headline), html.find("SW1234567890120"));
            assert!(headline.unwrap() < parcel.unwrap(), "{html}");
            assert!(html.len() < 12_000, "{} bytes before compression", html.len());
            assert_sound_page(&TrackingMissingPage::sample(language).render().unwrap());
        }
    }

    #[test]
    fn what_the_buyer_may_not_say_is_not_offered() {
        let mut page = TrackingPage::sample(Language::En);
        (page.may_confirm, page.may_report, page.said) = (false, false, None);
        let html = page.render().unwrap();
        assert!(!html.contains("<form"), "{html}");
        assert!(!html.contains(page.shell.t.tracking_report()), "{html}");
    }
}
