//! What devices send of a walk: scans, undone picks, short picks, one at a time or many after a time without
//! a network.

use axum::Json;
use axum::extract::State;
use ordermill_app::Services;
use ordermill_app::pick_list::{Answer, Asked, Sent, work_each};
use ordermill_domain::ids::PickListId;
use ordermill_storage::{Error, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::picker;
use crate::auth::Caller;
use crate::body::JsonBody;
use crate::params::PathId;
use crate::problem::{FieldError, Problem};

const SCANS_MAX: usize = 200;
const KEY_CHARS_MAX: usize = 64;
const SCAN_CHARS_MAX: usize = 500;
const PIECES_MAX: i64 = 1_000_000;

/// What was done at a list, in its order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Scans)]
pub struct ScansBody {
    /// Who picks.
    #[schema(max_length = 40, example = "stf_01k2ey4xh0000")]
    pub picker_id: String,
    /// What was done.
    #[schema(min_items = 1, max_items = 200)]
    pub scans: Vec<ScanBody>,
}

/// One thing that was done.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PickScan)]
pub struct ScanBody {
    /// The id that the device gave to this scan: sent again, it gets the same answer and counts once.
    #[schema(min_length = 1, max_length = 64, example = "9f1c2ab4")]
    pub key: String,
    /// The line that the device has at hand; refused as `other_line` if the list is elsewhere.
    #[schema(minimum = 1)]
    pub line: Option<i64>,
    /// `scan`, `undo` or `short`.
    #[serde(rename = "do")]
    #[schema(max_length = 10, example = "scan")]
    pub what: String,
    /// What was scanned, as the scanner sent it.
    #[schema(max_length = 500, example = "A-03-12-2")]
    pub scan: Option<String>,
    /// How many pieces are in the hand, or are missing; one, and all that are left, if absent.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub pieces: Option<i64>,
    /// Why pieces are short: `not_found`, `damaged`, `expired` or `wrong_item`.
    #[schema(max_length = 20, example = "not_found")]
    pub reason: Option<String>,
}

/// What came of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ScanAnswers)]
pub struct AnswersView {
    /// One for each, in their order.
    pub answers: Vec<AnswerView>,
}

/// What came of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ScanAnswer)]
pub struct AnswerView {
    /// Whether something has changed; a wrong scan changes nothing.
    pub is_taken: bool,
    /// `bin_found`, `item_seen`, `picked`, `put_back`, `short`, `other_bin`, or why it was refused:
    /// `wrong_bin`, `wrong_item`, `wrong_lot`, `unreadable`, `too_many`, `other_line`, `canceled`,
    /// `not_yours`, `done`, `nothing_to_undo`.
    pub outcome: String,
    /// What was expected, where it was something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Which line it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// Whether each line of the list is complete.
    pub is_done: bool,
}

impl AnswerView {
    fn of(answer: &Answer) -> Result<Self, Problem> {
        let outcome = serde_json::to_value(answer.outcome).map_err(Error::defect)?;
        Ok(Self {
            is_taken: answer.outcome.is_taken(),
            outcome: outcome.as_str().unwrap_or_default().to_owned(),
            expected: Some(answer.expected.clone()).filter(|text| !text.is_empty()),
            line: answer.line,
            is_done: answer.is_done,
        })
    }
}

impl ScanBody {
    /// What is wrong is named below the pointer `at`.
    fn read(self, at: &str) -> Result<Sent, FieldError> {
        let wrong = |field: &str, code, detail: String| {
            FieldError::new(format!("{at}/{field}"), code, detail)
        };
        let is_in = |text: &str, most| text.chars().count() <= most;
        if self.key.is_empty() || !is_in(&self.key, KEY_CHARS_MAX) {
            return Err(wrong("key", "out_of_range", format!("1 to {KEY_CHARS_MAX} characters")));
        }
        if self.pieces.is_some_and(|pieces| !(1..=PIECES_MAX).contains(&pieces)) {
            return Err(wrong("pieces", "out_of_range", format!("expected 1 to {PIECES_MAX}")));
        }
        let asked = match self.what.as_str() {
            "scan" => {
                let text = self.scan.filter(|text| is_in(text, SCAN_CHARS_MAX));
                let expected = || format!("what was scanned, up to {SCAN_CHARS_MAX} characters");
                let text = text.ok_or_else(|| wrong("scan", "out_of_range", expected()))?;
                Asked::Scan { text, pieces: self.pieces.unwrap_or(1) }
            }
            "undo" => Asked::Undo,
            "short" => {
                let reason = self.reason.as_deref().unwrap_or("").parse();
                let expected = || "not_found, damaged, expired or wrong_item".to_owned();
                let reason = reason.map_err(|_| wrong("reason", "unknown", expected()))?;
                Asked::Short { pieces: self.pieces, reason }
            }
            _ => return Err(wrong("do", "unknown", "scan, undo or short".to_owned())),
        };
        Ok(Sent { key: Some(self.key), line: self.line, asked })
    }
}

/// Send scans.
///
/// The line at hand asks for the bin, then for the item, then for the lot where it has one, and counts up.
/// A wrong scan is answered with what was expected and changes nothing. What is short is fetched from
/// another bin if there is one, and given up otherwise. Scans that are sent together are followed in their
/// order, as if each had come alone.
#[utoipa::path(
    post, path = "/api/v1/pick-lists/{pick_list_id}/scans", tag = "floor", operation_id = "scan_pick_list",
    params(("pick_list_id" = String, Path, description = "Its id.", example = "pkl_01k2ey4xh0000")),
    request_body = ScansBody,
    responses(
        (status = 200, description = "What came of them.", body = AnswersView),
        (status = 422, description = "A scan is not as it should be, or its key was used for another one.", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn scan_pick_list(
    State(services): State<Services>,
    caller: Caller,
    PathId(id): PathId<PickListId>,
    body: JsonBody<ScansBody>,
) -> Result<Json<AnswersView>, Problem> {
    let scans = body.value.scans;
    if scans.is_empty() || scans.len() > SCANS_MAX {
        let expected = format!("1 to {SCANS_MAX} scans");
        return Err(Problem::invalid(vec![FieldError::new("/scans", "out_of_range", expected)]));
    }
    let (mut sent, mut wrong) = (Vec::with_capacity(scans.len()), Vec::new());
    for (at, scan) in scans.into_iter().enumerate() {
        match scan.read(&format!("/scans/{at}")) {
            Ok(scan) => sent.push(scan),
            Err(error) => wrong.push(error),
        }
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let by = picker(&services, &body.value.picker_id).await?;
    let (principal, act) = (caller.principal().clone(), caller.act(&services));
    let catalog = services.catalog();
    let command = move |tx: &mut Tx<'_>| work_each(tx, &catalog, (&principal, by), &act, id, &sent);
    let answers = services.database().write(command).await?;
    let answers = answers.iter().map(AnswerView::of).collect::<Result<_, _>>()?;
    Ok(Json(AnswersView { answers }))
}
