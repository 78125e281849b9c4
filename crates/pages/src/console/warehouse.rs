//! The floor, `/console/wh`: what waits, waves and how far they are, progress by zone and person.
//!
//! `place` is the code of a location. The form posts to `/console/wh/waves` with the fields of
//! [`WaveEntered`] and a `key`. A wave is at `/console/wh/waves/{id}`, its lists as paper at
//! `/console/wh/lists/{id}/print`.

pub mod lists;

use askama::Template;
use ordermill_base::Timestamp;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::fulfillment::State;

use crate::console::Frame;
use crate::console::form::refuse;
use crate::shell::Shell;
use crate::states::shipment::service;
use crate::ui::{Choice, Field, FormErrors};
use crate::words::Words;

pub use lists::{ListPaper, WavePage};

/// The floor of one location.
#[derive(Debug, Clone, Template)]
#[template(path = "console/warehouse.html", blocks = ["floor"])]
pub struct WarehousePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The locations that they may work at.
    pub places: Vec<PlaceLink>,
    /// This page's address, which refreshes it.
    pub href: String,
    /// Stages of the work with how much is in them.
    pub stages: Vec<Stage>,
    /// Releases a wave; none if they may not.
    pub form: Option<WaveForm>,
    /// Waves, newest first.
    pub waves: Vec<WaveRow>,
    /// What is picked and left by zone, of the last day.
    pub zones: Vec<ShareRow>,
    /// What is picked and left by person, of the last day.
    pub people: Vec<ShareRow>,
}

/// A location to look at.
#[derive(Debug, Clone)]
pub struct PlaceLink {
    /// Its code.
    pub code: String,
    /// Its floor.
    pub href: String,
    /// Whether we look at it.
    pub is_current: bool,
}

/// How much work is in one state.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Which.
    pub name: String,
    /// How many fulfillments.
    pub count: i64,
    /// How many should have left by now.
    pub late: i64,
    /// Since when the oldest waits.
    pub oldest_at: Option<Timestamp>,
}

/// A wave and how far it is.
#[derive(Debug, Clone)]
pub struct WaveRow {
    /// Its address.
    pub href: String,
    /// When it was released.
    pub released_at: Timestamp,
    /// Who released it.
    pub by: String,
    /// How many fulfillments.
    pub fulfillments: i64,
    /// Lists that are done, of all.
    pub lists: (i64, i64),
    /// Pieces picked, short, of all.
    pub pieces: (i64, i64, i64),
    /// How many meters are walked.
    pub walk_m: i64,
    /// How many percent shorter that is than one fulfillment at a time.
    pub saved_percent: i64,
}

/// A part of the work: of a zone, or of a person.
#[derive(Debug, Clone)]
pub struct ShareRow {
    /// Its name.
    pub name: String,
    /// Pieces picked.
    pub picked: i64,
    /// Pieces that were not there.
    pub short: i64,
    /// Pieces left.
    pub left: i64,
}

impl ShareRow {
    fn percent(&self) -> i64 {
        let all = self.picked + self.short + self.left;
        if all == 0 { 0 } else { (self.picked + self.short) * 100 / all }
    }
}

impl WaveRow {
    fn percent(&self) -> i64 {
        let (picked, short, all) = self.pieces;
        if all == 0 { 0 } else { (picked + short) * 100 / all }
    }
}

/// A state of a fulfillment as the floor calls it.
pub fn stage(state: State, t: Words) -> &'static str {
    match state {
        State::Planned => t.stage_planned(),
        State::Released => t.stage_released(),
        State::Picking => t.stage_picking(),
        State::Picked => t.stage_picked(),
        State::Rechecked => t.stage_rechecked(),
        State::Packed => t.stage_packed(),
        State::HandedOver => t.stage_handed_over(),
        State::Closed => t.stage_closed(),
        State::Rejected => t.stage_rejected(),
        State::Canceled => t.stage_canceled(),
    }
}

/// Releases a wave.
#[derive(Debug, Clone)]
pub struct WaveForm {
    /// So that sending it twice is harmless.
    pub key: String,
    /// The code of the location.
    pub place: String,
    /// What was refused.
    pub errors: FormErrors,
    /// Which work, and what fits on a cart.
    pub fields: Vec<Field>,
    /// What it would take, if that was asked for.
    pub counted: Option<Counted>,
}

/// What a wave would take, before it is released.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// What it would take, and what would be left for another wave.
    pub taken: CountRow,
    /// What is asked for and more than the wave may have.
    pub left: CountRow,
    /// By the carrier that the work would get.
    pub by_carrier: Vec<CountRow>,
    /// By how it would be brought.
    pub by_service: Vec<CountRow>,
    /// By zone.
    pub by_zone: Vec<CountRow>,
}

/// Work that waits, counted.
#[derive(Debug, Clone, Default)]
pub struct CountRow {
    /// A carrier, a delivery service or a zone.
    pub name: String,
    /// How many fulfillments.
    pub count: u64,
    /// How many of them should have left by now.
    pub late: u64,
    /// How many of them are urgent.
    pub urgent: u64,
    /// How many pieces.
    pub pieces: u64,
}

/// What was entered for a wave.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct WaveEntered {
    pub ship_by: String,
    pub urgent: String,
    pub zone: String,
    pub carrier: String,
    pub service: String,
    pub most: String,
    pub totes: String,
    pub pieces_per_tote: String,
}

impl Default for WaveEntered {
    fn default() -> Self {
        Self {
            ship_by: String::new(),
            urgent: "all".into(),
            zone: String::new(),
            carrier: String::new(),
            service: String::new(),
            most: "200".into(),
            totes: "12".into(),
            pieces_per_tote: "20".into(),
        }
    }
}

impl WaveForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        (key, place): (String, String),
        entered: &WaveEntered,
        (zones, carriers): (Vec<Choice>, Vec<Choice>),
        errors: &[(&'static str, String)],
        t: Words,
    ) -> Self {
        let number =
            |name, label: &str, value: &str| Field::new(name, label).value(value).digits(4);
        let urgent =
            vec![Choice::new("all", t.wave_all()), Choice::new("urgent", t.wave_urgent_only())];
        let mut zones_field = Field::select("zone", t.wave_zone(), zones).value(&entered.zone);
        zones_field.is_required = false;
        let mut carriers_field =
            Field::select("carrier", t.wave_carrier(), carriers).value(&entered.carrier);
        carriers_field.is_required = false;
        let services = ServiceKind::ALL.map(|kind| Choice::new(kind.code(), service(kind, t)));
        let mut services_field =
            Field::select("service", t.wave_service(), services.into()).value(&entered.service);
        services_field.is_required = false;
        let mut fields = vec![
            Field::new("ship_by", t.wave_ship_by())
                .kind("datetime-local")
                .value(&entered.ship_by)
                .hint(t.wave_ship_by_hint())
                .optional(),
            Field::select("urgent", t.wave_priority(), urgent).value(&entered.urgent),
            zones_field.hint(t.wave_zone_hint()),
            carriers_field.hint(t.wave_carrier_hint()),
            services_field.hint(t.wave_service_hint()),
            number("most", t.wave_most(), &entered.most),
            number("totes", t.wave_totes(), &entered.totes),
            number("pieces_per_tote", t.wave_pieces_per_tote(), &entered.pieces_per_tote),
        ];
        let errors = refuse(&mut fields, errors, t);
        Self { key, place, errors, fields, counted: None }
    }
}

crate::words! {
    wh_title = "仓库作业", "Warehouse floor";
    wh_places = "仓库", "Locations";
    wh_pda = "手持终端", "Handheld";
    wh_stages = "待办作业", "Work in progress";
    wh_late(count) = "{count} 单已晚", "{count} late" | "{count} late";
    wh_oldest = "最早", "Oldest";
    wh_nothing = "没有待办作业。", "No work is open here.";
    stage_planned = "待释放", "Planned";
    stage_released = "待拣货", "Released";
    stage_picking = "拣货中", "Picking";
    stage_picked = "待复核", "Picked";
    stage_rechecked = "待打包", "Rechecked";
    stage_packed = "待交接", "Packed";
    stage_handed_over = "已交接", "Handed over";
    stage_closed = "已完结", "Closed";
    stage_rejected = "已退回", "Given back";
    stage_canceled = "已取消", "Canceled";
    wave_release = "释放波次", "Release a wave";
    wave_about = "紧急单优先，其次按应发时间；库位先占用，再合并路线。", "Urgent work first, then what should leave first. Pieces are claimed in their bins, then walks are joined.";
    wave_ship_by = "应发时间不晚于", "To leave by";
    wave_ship_by_hint = "截单时间；留空为全部", "The cut-off; empty for all";
    wave_priority = "优先级", "Priority";
    wave_all = "全部", "All work";
    wave_urgent_only = "仅紧急单", "Urgent work only";
    wave_zone = "库区", "Zone";
    wave_zone_hint = "只释放全部在此库区的订单；留空为全部", "Only what lies all in this zone; empty for all";
    wave_carrier = "承运商", "Carrier";
    wave_carrier_hint = "按现在的价格和评分预计会选的承运商", "The carrier that would be chosen by today's prices and scores";
    wave_service = "配送服务", "Delivery service";
    wave_service_hint = "按买家选择和承诺预计会用的服务；留空为全部", "The one that would be chosen by what buyers wish and were promised; empty for all";
    wave_count = "先看数量", "Count first";
    wave_counted = "本波次将释放", "This wave would take";
    wave_counted_left = "超出上限，留给下一波", "Left for another wave";
    wave_by_carrier = "按承运商", "By carrier";
    wave_by_service = "按配送服务", "By delivery service";
    wave_by_zone = "按库区", "By zone";
    wave_no_carrier = "没有承运商", "No carrier takes it";
    wave_zones_mixed = "多个库区或无库位", "Several zones, or no bin";
    wave_urgent_of(count) = "{count} 单加急", "{count} urgent" | "{count} urgent";
    wave_pieces_of(count) = "{count} 件", "{count} piece" | "{count} pieces";
    wave_most = "最多单数", "At most";
    wave_totes = "每车周转箱", "Totes on a cart";
    wave_pieces_per_tote = "每箱件数", "Pieces in a tote";
    wave_released(count) = "已释放 {count} 单", "Released {count} fulfillment" | "Released {count} fulfillments";
    wave_nothing = "没有符合条件的待释放作业", "No such work waits";
    wave_busy = "作业刚刚有变化，请重试", "The work has just changed. Try again";
    wave_number_wrong(most) = "请填 1 到 {most}", "A number from 1 to {most}";
    wave_time_wrong = "请填时间", "A day and a time";
    waves_title = "波次", "Waves";
    waves_none = "还没有波次。", "No wave yet.";
    wave_at = "释放时间", "Released";
    wave_by = "释放人", "By";
    wave_fulfillments = "单数", "Fulfillments";
    wave_lists = "拣货单", "Lists";
    wave_pieces = "件数", "Pieces";
    wave_walk = "步行", "Walk";
    wave_walk_of(meters, percent) = "{meters} 米（少走 {percent}%）", "{meters} m ({percent}% less)";
    wave_picked(picked, all) = "已拣 {picked} / {all}", "{picked} of {all} picked";
    wave_short_pieces(count) = "缺 {count}", "{count} short" | "{count} short";
    wh_by_zone = "按库区（24 小时）", "By zone (24 h)";
    wh_by_person = "按人员（24 小时）", "By person (24 h)";
    wh_no_progress = "还没有拣货。", "Nothing has been picked yet.";
    wh_without_bin = "无库位", "Without a bin";
    wh_left(count) = "剩 {count} 件", "{count} left" | "{count} left";
}

#[cfg(any(test, feature = "samples"))]
impl WarehousePage {
    /// One wave, two zones, one person.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::Section;
        use crate::samples;
        let t = Words::new(language);
        let share =
            |name: &str, picked, left| ShareRow { name: name.into(), picked, short: 1, left };
        let place = |code: &str, is_current| PlaceLink {
            code: code.into(),
            href: format!("/console/wh?place={code}"),
            is_current,
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Warehouse),
            places: vec![place("JX", true), place("FS", false)],
            href: "/console/wh?place=JX".into(),
            stages: vec![Stage {
                name: t.pick("待释放", "Planned").into(),
                count: 14,
                late: 2,
                oldest_at: Some(samples::in_minutes(-90)),
            }],
            form: Some(WaveForm::new(
                ("k".into(), "JX".into()),
                &WaveEntered::default(),
                (vec![Choice::new("A", "A")], vec![Choice::new("swift", "Swift")]),
                &[],
                t,
            )),
            waves: vec![WaveRow {
                href: "/console/wh/waves/wav_01k2ey4xh0000".into(),
                released_at: samples::in_minutes(-20),
                by: "周强".into(),
                fulfillments: 24,
                lists: (1, 3),
                pieces: (30, 1, 62),
                walk_m: 412,
                saved_percent: 58,
            }],
            zones: vec![share("A", 24, 12), share("F", 6, 19)],
            people: vec![share("周强", 30, 31)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_floor_is_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            let mut page = WarehousePage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_floor().render().unwrap());
            page.form = None;
            (page.waves, page.zones, page.people) = (Vec::new(), Vec::new(), Vec::new());
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.waves_none()), "{html}");
            assert!(!html.contains(page.shell.t.wave_release()), "{html}");
        }
    }
}
