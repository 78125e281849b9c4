//! The pages of disputes with what a shop might see there.

use ordermill_base::Span;
use ordermill_domain::dispute::{Reason, State};

use super::{AnswerForm, DisputePage, DisputeRow, DisputesPage, Entered, empty, view_name};
use crate::console::Section;
use crate::samples::{self, NOW, in_minutes, yuan};
use crate::states::dispute as words;
use crate::ui::{Pager, Remaining, Tone, View, Views};
use crate::words::{Language, Words};

fn row(id: &str, reason: Reason, state: State, minor: i64, t: Words) -> DisputeRow {
    let respond_by = in_minutes(3 * 24 * 60);
    DisputeRow {
        id: id.into(),
        order: samples::ORDER_NUMBER.into(),
        reason: words::reason(reason, t),
        amount: yuan(minor),
        state: words::state(state, t),
        opened_at: in_minutes(-4 * 24 * 60),
        respond_by,
        remaining: (state == State::NeedsResponse)
            .then(|| Remaining::new(respond_by, NOW, Span::days(2), t)),
    }
}

impl DisputesPage {
    pub(crate) fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let view = |state: State| {
            let name = view_name(Some(state), t);
            View::new(state.code(), name, format!("/console/disputes?view={}", state.code()))
        };
        let mut views = vec![view(State::NeedsResponse).count(1, Tone::Amber)];
        views.extend([State::UnderReview, State::Won, State::Lost].map(view));
        Self {
            frame: samples::console_frame(language, Section::Disputes),
            views: Views::of_list(t, "list", "needs_response", views),
            rows: vec![
                row("dsp_1", Reason::NotReceived, State::NeedsResponse, 64_600, t),
                row("dsp_2", Reason::Fraudulent, State::UnderReview, 12_800, t),
                row("dsp_3", Reason::Duplicate, State::Lost, 5_800, t),
            ],
            empty: empty(t),
            pager: Pager {
                t,
                summary: t.disputes_newest_first().to_owned(),
                first: None,
                next: None,
                region: "list",
            },
            shell,
        }
    }
}

impl DisputePage {
    pub(crate) fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            frame: samples::console_frame(language, Section::Disputes),
            row: row("dsp_1", Reason::NotReceived, State::NeedsResponse, 64_600, t),
            facts: vec![
                pair(t.dispute_gateway(), "sandbox"),
                pair(t.dispute_reference(), "sbd_00f3a1"),
                pair(t.dispute_fee(), "¥15.00"),
            ],
            note: t.dispute_not_taken("not_taken: the file is empty"),
            text: String::new(),
            evidence: vec![
                pair(t.dispute_shipped(), "11-20 16:02"),
                pair(
                    &t.dispute_parcel("SF", "SF1024882210"),
                    &t.dispute_parcel_delivered("11-20 17:30", "11-22 10:04"),
                ),
            ],
            form: Some(AnswerForm::new(1, "01JD3M9Z".into(), Entered::default(), t)),
            shell,
        }
    }

    pub(crate) fn sample_submitted(language: Language) -> Self {
        let page = Self::sample(language);
        let t = page.shell.t;
        Self {
            row: row("dsp_1", Reason::NotReceived, State::UnderReview, 64_600, t),
            note: String::new(),
            text: t
                .pick(
                    "邻居代签，有签收照片。",
                    "The neighbor signed; the carrier has a photograph.",
                )
                .into(),
            form: None,
            ..page
        }
    }
}
