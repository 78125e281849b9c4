//! Parcels and carriers, `/console/logistics`, and the desk of delivery exceptions,
//! `/console/desk/exceptions`.
//!
//! The list takes `view` and `cursor`; the desk is the same list of what is in trouble. A parcel is at
//! `shipments/{id}` and posts `plan` and `end` with `version` and `reason`. Lists are at `manifests`,
//! which posts `waybill` and `location` to `scan`, and each at `manifests/{id}`, which posts `close`.

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::carrier::score::{History, Score};
use ordermill_domain::shipment::{Plan, State};

use crate::Words;
use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::states::shipment as words;
use crate::ui::{Badge, Choice, Empty, Field, Pager, Remaining, Timeline, Views};

/// A list of parcels.
#[derive(Debug, Clone, Template)]
#[template(path = "console/logistics.html", blocks = ["list"])]
pub struct LogisticsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// What the page is called: the list, or the desk of exceptions.
    pub title: String,
    /// Parcels, lists, carriers.
    pub parts: Views,
    /// By state, with counts. The region is `list`.
    pub views: Views,
    /// Newest first.
    pub rows: Vec<ShipmentRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One parcel in a list.
#[derive(Debug, Clone)]
pub struct ShipmentRow {
    /// `shp_…`.
    pub id: String,
    /// The carrier's number.
    pub waybill: String,
    /// Who carries it, and how.
    pub carrier: String,
    /// The order's number.
    pub order: String,
    /// Where it stands.
    pub state: Badge,
    /// What the carrier last said.
    pub track: Badge,
    /// When it should be there.
    pub expected_by: Timestamp,
    /// Whether that has passed.
    pub is_late: bool,
    /// How long there is for a plan (D4).
    pub remaining: Option<Remaining>,
}

/// One parcel.
#[derive(Debug, Clone, Template)]
#[template(path = "console/shipment.html")]
pub struct ShipmentPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parcel.
    pub row: ShipmentRow,
    /// Where the order is, for those who may go there.
    pub order_href: Option<String>,
    /// The public page about its order.
    pub tracking_href: String,
    /// What is done about it, if that was decided.
    pub plan: String,
    /// What was agreed: what and value.
    pub facts: Vec<(String, String)>,
    /// What carriers have said, in their own words, newest first.
    pub timeline: Timeline,
    /// Why this carrier: who else was looked at, and what became of each.
    pub others: Vec<(String, String)>,
    /// What may be decided, if anything may.
    pub form: Option<PlanForm>,
    /// Whether it may be ended by hand.
    pub may_end: bool,
    /// What its channel was told, if its channel wants to know.
    pub channel: Option<ChannelNote>,
}

/// What the channel of a parcel's order was told.
#[derive(Debug, Clone)]
pub struct ChannelNote {
    /// Where that stands: told at, not yet, refused.
    pub text: String,
    /// Why it was not told last time; empty if it was.
    pub error: String,
    /// Whether it may be told again by hand.
    pub can_retry: bool,
}

/// What is decided about a parcel in trouble.
#[derive(Debug, Clone)]
pub struct PlanForm {
    /// The version that was seen.
    pub version: i64,
    /// Plan and reason.
    pub fields: Vec<Field>,
}

impl PlanForm {
    /// An empty form, or one whose address is missing.
    pub fn new(version: i64, lacks_address: bool, t: Words) -> Self {
        let error = lacks_address.then(|| t.logistics_address_missing());
        let plans = Plan::ALL.map(|plan| Choice::new(plan.code(), words::plan(plan, t)));
        let reason = Field::new("reason", t.logistics_reason()).max_length(200);
        let fields = vec![
            Field::select("plan", t.logistics_plan(), plans.into()),
            reason.hint(t.logistics_reason_hint()),
            Field::new("address", t.logistics_new_address())
                .optional()
                .max_length(300)
                .autocomplete("off")
                .hint(t.logistics_new_address_hint())
                .error(error),
        ];
        Self { version, fields }
    }
}

/// Hand-over lists.
#[derive(Debug, Clone, Template)]
#[template(path = "console/manifests.html")]
pub struct ManifestsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// Parcels, lists, carriers.
    pub parts: Views,
    /// What was wrong with the last scan; empty if nothing was.
    pub error: String,
    /// The location whose dock it is.
    pub location: Field,
    /// Newest first.
    pub rows: Vec<ManifestRow>,
    /// The foot.
    pub pager: Pager,
}

/// One hand-over list.
#[derive(Debug, Clone)]
pub struct ManifestRow {
    /// `mnf_…`.
    pub id: String,
    /// What people read out.
    pub number: String,
    /// Who takes the parcels.
    pub carrier: String,
    /// From where.
    pub location: String,
    /// How many there are.
    pub parcels: u64,
    /// When its first parcel was scanned.
    pub opened_at: Timestamp,
    /// When the carrier took it over.
    pub closed_at: Option<Timestamp>,
    /// The driver, or why there is none.
    pub driver: String,
}

/// One hand-over list with its parcels.
#[derive(Debug, Clone, Template)]
#[template(path = "console/manifest.html")]
pub struct ManifestPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The list.
    pub row: ManifestRow,
    /// Its parcels.
    pub parcels: Vec<ShipmentRow>,
}

/// How carriers serve.
#[derive(Debug, Clone, Template)]
#[template(path = "console/carriers.html")]
pub struct CarriersPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// Parcels, lists, carriers.
    pub parts: Views,
    /// By code.
    pub rows: Vec<CarrierRow>,
    /// Whether they may change carriers.
    pub may_keep: bool,
}

/// One carrier with its scorecard.
#[derive(Debug, Clone)]
pub struct CarrierRow {
    /// `car_…`.
    pub id: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its services.
    pub services: String,
    /// Whether it gets parcels.
    pub is_active: bool,
    /// What became of its parcels.
    pub history: History,
    /// What that is worth.
    pub score: Score,
}

impl CarrierRow {
    /// `96.3 %`, or a dash where there is nothing to divide by.
    fn share(&self, part: i64, of: i64) -> String {
        if of == 0 {
            return "—".into();
        }
        let permille = part * 1_000 / of;
        format!("{}.{} %", permille / 10, permille % 10)
    }

    fn on_time(&self) -> String {
        self.share(self.history.on_time, self.history.delivered)
    }

    fn damaged(&self) -> String {
        self.share(self.history.damaged, self.history.handed_over)
    }

    fn exceptions(&self) -> String {
        self.share(self.history.exceptions, self.history.handed_over)
    }
}

/// A list without parcels, and why.
pub fn empty(t: Words) -> Empty {
    Empty {
        icon: Icon::Truck,
        title: t.logistics_none().into(),
        text: t.logistics_none_text().into(),
        action: None,
    }
}

/// What a view is called.
pub fn view_name(state: Option<State>, t: Words) -> &'static str {
    match state {
        None => t.logistics_trouble(),
        Some(State::LabelCreated) => t.shipment_label_created(),
        Some(State::HandedOver) => t.shipment_handed_over(),
        Some(State::Delivered) => t.shipment_delivered(),
        Some(State::Voided) => t.shipment_voided(),
        Some(State::ReturnedToSender) => t.shipment_returned(),
        Some(State::Lost) => t.shipment_lost(),
    }
}

crate::words! {
    logistics_title = "物流", "Logistics";
    exceptions_title = "物流异常", "Delivery exceptions";
    logistics_parcels = "包裹", "Parcels";
    logistics_manifests = "交接单", "Hand-over lists";
    logistics_carriers = "承运商", "Carriers";
    logistics_list = "包裹列表", "List of parcels";
    logistics_trouble = "异常", "In trouble";
    logistics_none = "这里没有包裹", "No parcels here";
    logistics_none_text = "出了面单的包裹会出现在这里。", "Parcels with a label show up here.";
    logistics_waybill = "运单号", "Waybill";
    logistics_carrier = "承运商", "Carrier";
    logistics_order = "订单", "Order";
    logistics_state = "状态", "State";
    logistics_track = "轨迹", "Tracking";
    logistics_expected = "预计送达", "Expected by";
    logistics_left = "剩余时间", "Time left";
    logistics_late = "已晚", "late";
    logistics_newest_first = "最新在前", "Newest first";
    logistics_all_exceptions = "最急的在前", "The most urgent first";
    logistics_events = "承运商轨迹", "What the carrier says";
    logistics_no_events = "承运商还没有轨迹。", "The carrier has not said anything yet.";
    logistics_facts = "运单", "Shipment";
    logistics_why = "为什么选这家承运商", "Why this carrier";
    logistics_chosen = "已选", "Chosen";
    logistics_weighed(amount) = "综合成本 {amount}", "weighs {amount}";
    logistics_cost = "运费", "Carriage";
    logistics_insured = "保价", "Insured for";
    logistics_weight = "重量", "Weight";
    logistics_routing = "大头笔", "Routing";
    logistics_created = "出单时间", "Label made";
    logistics_handed_over = "交接时间", "Handed over";
    logistics_delivered = "签收时间", "Delivered";
    logistics_public = "买家的物流页", "The buyer's page";
    logistics_decide = "处理方案", "What is done";
    logistics_plan = "方案", "Plan";
    logistics_reason = "与承运商和买家的沟通", "What carrier and buyer said";
    logistics_reason_hint = "写进操作记录，请勿写姓名电话。", "Goes into the journal: no names, no numbers.";
    logistics_new_address = "新地址（改派时）", "New address, to forward it";
    logistics_new_address_hint = "一行写全：地区、街道、姓名、电话。加密保存，承运商收到后即删除。", "One line with everything a courier needs. It is kept sealed, and gone once the carrier knows it.";
    logistics_address_missing = "改派需要新地址", "To forward it, say where to";
    logistics_errands = "给承运商的指示", "What the carrier was told";
    logistics_errand_return = "退回", "Bring it back";
    logistics_errand_forward = "改派", "Take it elsewhere";
    logistics_errand_waiting = "正在告知", "being told";
    logistics_errand_done(when) = "承运商已接受：{when}", "taken on at {when}";
    logistics_reshipped = "已补发", "Sent again";
    logistics_set_plan = "确定方案", "Set the plan";
    logistics_planned = "方案已确定", "The plan is set";
    logistics_end = "结束运输", "End its way";
    logistics_end_returned = "已退回仓库", "It is back with us";
    logistics_end_lost = "承运商确认遗失", "The carrier has lost it";
    logistics_ended = "已结束", "Its way has ended";
    logistics_channel = "渠道同步", "The channel";
    logistics_told(when) = "已告知渠道：{when}", "Told the channel at {when}";
    logistics_not_told = "正在告知渠道", "The channel is being told";
    logistics_tell_failed = "未能告知渠道", "The channel could not be told";
    logistics_tell_again = "重新告知渠道", "Tell the channel again";
    logistics_telling = "正在重新告知渠道", "The channel is being told again";
    manifest_scan = "扫描运单号加入交接单", "Scan a waybill onto its list";
    manifest_location = "仓库", "Location";
    manifest_add = "加入", "Add";
    manifest_added(number, count) = "已加入 {number}，共 {count} 个包裹", "On {number}, {count} parcels now";
    manifest_known = "这个包裹已经在交接单上", "It is on the list already";
    manifest_unknown = "这里没有这个运单号的包裹", "No parcel here has this waybill";
    manifest_not_waiting = "这个包裹不在等待交接", "This parcel does not wait for its carrier";
    manifest_not_wanted = "这个包裹不再发出，请留下", "This parcel is no longer to leave: keep it here";
    manifest_disputed = "买家的银行正在追回这单的钱，请留下", "The buyer's bank wants the money back: keep it here";
    manifest_full = "交接单已满，请先交接", "The list is full: hand it over first";
    manifest_number = "交接单", "List";
    manifest_parcels = "包裹数", "Parcels";
    manifest_opened = "开单时间", "Opened";
    manifest_closed = "交接时间", "Handed over";
    manifest_open = "收集中", "Open";
    manifest_driver = "揽收", "Driver";
    manifest_driver_called = "正在约车", "Being called";
    manifest_none = "还没有交接单，扫描第一个包裹即可开单。", "No lists yet: scan a parcel to begin one.";
    manifest_close = "交接给承运商", "Hand over to the carrier";
    manifest_close_note = "交接后不能撤销：名单上的包裹都记为已交给承运商，并约揽收。", "This cannot be undone: every parcel on the list is with the carrier then, and its driver is called.";
    manifest_done(count) = "已交接 {count} 个包裹", "{count} parcels handed over";
    carriers_title = "承运商评分", "Carrier scorecards";
    carriers_note = "最近 90 天。", "The last ninety days.";
    carriers_services = "服务", "Services";
    carriers_handed_over = "交接", "Handed over";
    carriers_on_time = "准时率", "On time";
    carriers_damaged = "破损遗失率", "Damaged or lost";
    carriers_exceptions = "异常率", "Exceptions";
    carriers_score = "评分", "Score";
    carriers_inactive = "停用", "Not in use";
    carriers_none = "还没有承运商。", "There are no carriers yet.";
}

#[cfg(any(test, feature = "samples"))]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn every_page_is_sound_in_both_languages() {
        for language in Language::ALL {
            for html in [
                LogisticsPage::sample(language).render().unwrap(),
                ShipmentPage::sample(language).render().unwrap(),
                ManifestsPage::sample(language).render().unwrap(),
                ManifestPage::sample(language).render().unwrap(),
                CarriersPage::sample(language).render().unwrap(),
            ] {
                assert_sound_page(&html);
            }
        }
    }

    #[test]
    fn a_scorecard_without_parcels_shows_dashes() {
        let mut page = CarriersPage::sample(Language::En);
        page.rows[0].history = History::default();
        assert_eq!(page.rows[0].on_time(), "—");
        page.rows[0].history = History { delivered: 3, on_time: 2, ..History::default() };
        assert_eq!(page.rows[0].on_time(), "66.6 %");
    }
}
