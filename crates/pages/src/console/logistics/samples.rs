//! Samples of the pages of parcels.

use ordermill_domain::carrier::score::History;
use ordermill_domain::shipment::{State, TrackingStatus};

use super::*;
use crate::Language;
use crate::console::Section;
use crate::samples;
use crate::ui::{Moment, Tone, View};

fn row(language: Language) -> ShipmentRow {
    let t = Words::new(language);
    ShipmentRow {
        id: "shp_01k2ey4xh0000".into(),
        waybill: "SW<1>234567890120".into(),
        carrier: t.pick("云雀速运 · 标准", "Swift Express · Standard").into(),
        order: samples::ORDER_NUMBER.into(),
        state: words::state(State::HandedOver, t),
        track: words::track(TrackingStatus::Address, t),
        expected_by: samples::in_minutes(-60),
        is_late: true,
        remaining: None,
    }
}

fn parts(language: Language, current: &str) -> Views {
    let t = Words::new(language);
    let view = |key, name: &str| View::new(key, name, format!("/console/logistics?{key}"));
    let views = vec![
        view("parcels", t.logistics_parcels()),
        view("manifests", t.logistics_manifests()),
        view("carriers", t.logistics_carriers()),
    ];
    Views { region: "", ..Views::of_list(t, "", current, views) }
}

fn pager(t: Words) -> Pager {
    let summary = t.logistics_newest_first().to_owned();
    Pager { t, summary, first: None, next: Some("/console/logistics?cursor=a".into()), region: "" }
}

fn list(language: Language, closed_at: Option<Timestamp>) -> ManifestRow {
    let t = Words::new(language);
    ManifestRow {
        id: "mnf_01k2ey4xh0000".into(),
        number: "M00000042".into(),
        carrier: t.pick("云雀速运", "Swift Express").into(),
        location: "HZ".into(),
        parcels: 12,
        opened_at: samples::in_minutes(-90),
        closed_at,
        driver: "PU000000000042".into(),
    }
}

impl LogisticsPage {
    /// One parcel in trouble.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let views = State::ALL.map(|state| {
            let name = view_name(Some(state), t);
            View::new(state.code(), name, "/console/logistics").count(3, Tone::Grey)
        });
        Self {
            frame: samples::console_frame(language, Section::Logistics),
            title: t.logistics_title().into(),
            parts: parts(language, "parcels"),
            views: Views::of_list(t, "list", "handed_over", views.into()),
            rows: vec![row(language)],
            empty: empty(t),
            pager: pager(t),
            shell,
        }
    }
}

impl ShipmentPage {
    /// A parcel whose address is wrong.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        Self {
            frame: samples::console_frame(language, Section::Exceptions),
            row: row(language),
            order_href: Some("/console/orders/1".into()),
            tracking_href: "/t/01k2ey4xh0000.AQAAAAM".into(),
            plan: String::new(),
            facts: vec![(t.logistics_weight().into(), "0.9 kg".into())],
            timeline: Timeline {
                moments: vec![Moment {
                    tone: Tone::Red,
                    icon: Icon::Alert,
                    text: t.track_address().into(),
                    note: "11-22 22:58 · <HZ>".into(),
                    is_public: false,
                }],
            },
            others: vec![("Harbor".into(), t.no_carrier_too_heavy().into())],
            form: Some(PlanForm::new(3, true, t)),
            may_end: true,
            channel: Some(ChannelNote {
                text: t.logistics_tell_failed().into(),
                error: "the channel refused: <user_error>".into(),
                can_retry: true,
            }),
            shell,
        }
    }
}

impl ManifestsPage {
    /// An open list and a closed one.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let places = vec![Choice::new("HZ", "HZ")];
        Self {
            frame: samples::console_frame(language, Section::Logistics),
            parts: parts(language, "manifests"),
            error: t.manifest_unknown().into(),
            location: Field::select("location", t.manifest_location(), places).value("HZ"),
            rows: vec![list(language, None), list(language, Some(samples::NOW))],
            pager: pager(t),
            shell,
        }
    }
}

impl ManifestPage {
    /// A list that is still open.
    pub fn sample(language: Language) -> Self {
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Logistics),
            row: list(language, None),
            parcels: vec![row(language)],
        }
    }
}

impl CarriersPage {
    /// One that serves well.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let history =
            History { handed_over: 812, delivered: 790, on_time: 771, damaged: 3, exceptions: 21 };
        Self {
            frame: samples::console_frame(language, Section::Logistics),
            parts: parts(language, "carriers"),
            rows: vec![CarrierRow {
                id: "car_01k2ey4xh0000".into(),
                code: "swift".into(),
                name: shell.t.pick("云雀速运", "Swift <Express>").into(),
                services: shell.t.service_standard().into(),
                is_active: true,
                score: history.score(),
                history,
            }],
            may_keep: true,
            shell,
        }
    }
}
