use ordermill_base::Span;
use ordermill_domain::fulfillment::State;

use crate::console::Section;
use crate::console::catalog::locations;
use crate::console::work::{PlaceWork, WorkPage, WorkRow};
use crate::samples::{self, in_minutes};
use crate::states;
use crate::ui::{Meter, Meters, Pager, Remaining, Tone};
use crate::words::{Language, Words};

impl WorkPage {
    /// A warehouse with work, some of it late.
    pub fn sample(language: Language) -> Self {
        let t = Words::new(language);
        let stage = |state, percent, value: &str, late: u64| Meter {
            name: states::work(state, t).word,
            href: format!("/console/work?place=HZ-1&state={state}"),
            percent,
            tone: Tone::Blue,
            value: value.into(),
            warning: if late > 0 { t.work_late(late) } else { String::new() },
            note: t.work_oldest("3h 12m"),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Orders),
            href: "/console/work?place=HZ-1&state=planned".into(),
            as_of: samples::NOW,
            places: vec![PlaceWork {
                code: "HZ-1".into(),
                name: t.pick("杭州一仓", "Hangzhou 1").into(),
                state: locations::state(true, t),
                pool_href: Some("/console/catalog/locations/of/HZ-1/pool".into()),
                stages: Meters {
                    meters: vec![
                        stage(State::Planned, 100, "42", 2),
                        stage(State::Picking, 40, "17", 0),
                    ],
                },
            }],
            chosen: format!("HZ-1 · {}", t.work_planned()),
            rows: vec![WorkRow {
                number: "261122-0K3M-Z0Q4-7XC".into(),
                href: "/console/orders/261122-0K3M-Z0Q4-7XC".into(),
                place: "HZ-1".into(),
                pieces: 3,
                is_urgent: true,
                state: states::work(State::Planned, t),
                remaining: Some(Remaining::new(in_minutes(-12), samples::NOW, Span::hours(1), t)),
            }],
            pager: Pager {
                t,
                summary: t.work_oldest_first().into(),
                first: None,
                next: None,
                region: "",
            },
        }
    }
}
