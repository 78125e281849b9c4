//! Disputes: the list, one of them, and what finance says to it.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::dispute::answer::{AnswerDispute, AnswerDisputeError, Saying};
use ordermill_app::dispute::{facts_of_order, may_answer};
use ordermill_app::once::Key;
use ordermill_base::{Money, Span};
use ordermill_domain::dispute::{Answer, Dispute, EVIDENCE_CHARS_MAX, Evidence, State};
use ordermill_domain::ids::DisputeId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::role::Permission;
use ordermill_pages::console::Section;
use ordermill_pages::console::disputes::{
    self as view, AnswerForm, DisputePage, DisputeRow, DisputesPage, Entered, href,
};
use ordermill_pages::states::dispute as words;
use ordermill_pages::ui::{Pager, Remaining, Toast, Tone, View, Views};
use ordermill_pages::{Page, Part, Shell, Words};
use ordermill_storage::dispute::{self as stored, Filter};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const HERE: &str = "/console/disputes";
const ALL: &str = "all";
const ROWS: i64 = 50;
/// How far disputes that wait are counted.
const COUNTED_MAX: i64 = 99;
/// From when on the time to answer is short.
pub(super) const SHORT: Span = Span::days(2);

pub(super) fn routes() -> Routes {
    let answer = Needs::Right(Permission::PayOut);
    Routes::default()
        .get("/console/disputes", Needs::Disputes, list)
        .get("/console/disputes/{dispute}", Needs::Disputes, show)
        .post("/console/disputes/{dispute}/evidence", answer, submit)
        .post("/console/disputes/{dispute}/accept", answer, accept)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    view: String,
    cursor: String,
}

async fn list(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let t = desk.t();
    let state = match asked.view.as_str() {
        ALL => None,
        // What waits for somebody is what people come for.
        code => Some(State::from_code(code).unwrap_or(State::NeedsResponse)),
    };
    let before: Option<DisputeId> = asked.cursor.parse().ok();
    let read = move |tx: &mut Tx<'_>| {
        let found = stored::list(tx, Filter { state, before }, ROWS + 1)?;
        Ok::<_, Error>((found, stored::count_waiting(tx, COUNTED_MAX + 1)?))
    };
    let (mut found, waiting) = desk.site.services().database().snapshot(read).await?;
    let has_more = found.len() as i64 > ROWS;
    found.truncate(ROWS as usize);
    let last = found.last().map(|dispute| dispute.facts().id);
    let current = state.map_or(ALL, State::code);
    let next = last.filter(|_| has_more).map(|last| format!("{HERE}?view={current}&cursor={last}"));
    let page = DisputesPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Disputes),
        views: Views::of_list(t, "list", current, views(waiting, t)),
        rows: found.iter().map(|dispute| desk.dispute_row(dispute)).collect(),
        empty: view::empty(t),
        pager: Pager {
            t,
            summary: t.disputes_newest_first().to_owned(),
            first: before.map(|_| format!("{HERE}?view={current}")),
            next,
            region: "list",
        },
    };
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_list()).into_response(),
    })
}

fn views(waiting: i64, t: Words) -> Vec<View> {
    let view = |state: Option<State>| {
        let code = state.map_or(ALL, State::code);
        View::new(code, view::view_name(state, t), format!("{HERE}?view={code}"))
    };
    let tone = if waiting > 0 { Tone::Amber } else { Tone::Grey };
    let shown = waiting.min(COUNTED_MAX).unsigned_abs();
    let waiting =
        view(Some(State::NeedsResponse)).count(shown, tone).or_more(waiting > COUNTED_MAX);
    let others = [State::UnderReview, State::Won, State::Lost, State::Accepted].map(Some);
    let others = others.into_iter().chain([None]).map(view);
    std::iter::once(waiting).chain(others).collect()
}

async fn show(desk: Desk, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id: DisputeId = id.parse().map_err(|_| Trouble::NotFound)?;
    Ok(Page(page(&desk, id, Entered::default()).await?).into_response())
}

async fn page(desk: &Desk, id: DisputeId, entered: Entered) -> Result<DisputePage, Trouble> {
    let (t, shell) = (desk.t(), desk.shell());
    let services = desk.site.services();
    let submitted = services.payments().evidence_of(id).await?;
    let read = move |tx: &mut Tx<'_>| {
        let Some(dispute) = stored::fetch(tx, id)? else { return Ok(None) };
        let evidence = match submitted {
            Some(submitted) => submitted,
            None => facts_of_order(tx, dispute.facts().terms.order, String::new())?,
        };
        Ok::<_, Error>(Some((dispute, evidence, stored::failure(tx, id)?)))
    };
    let found = services.database().snapshot(read).await?;
    let (dispute, evidence, failure) = found.ok_or(Trouble::NotFound)?;
    let facts = dispute.facts();
    let may = may_answer(&desk.member.principal).is_ok();
    let can_answer = may && facts.state == State::NeedsResponse && facts.answer.is_none();
    let note = match (facts.answer, failure) {
        (Some(Answer::Evidence), _) => t.dispute_on_its_way_evidence().to_owned(),
        (Some(Answer::Accept), _) => t.dispute_on_its_way_accept().to_owned(),
        (None, Some(why)) if can_answer => t.dispute_not_taken(why),
        (None, _) => String::new(),
    };
    Ok(DisputePage {
        frame: desk.frame(Section::Disputes),
        row: desk.dispute_row(&dispute),
        facts: pairs(&dispute, &shell, t),
        note,
        evidence: proofs(&evidence, &shell, t),
        text: evidence.text,
        form: can_answer.then(|| AnswerForm::new(facts.version, desk.key(), entered, t)),
        shell,
    })
}

fn pairs(dispute: &Dispute, shell: &Shell, t: Words) -> Vec<(String, String)> {
    let facts = dispute.facts();
    let terms = &facts.terms;
    let mut pairs = vec![
        (t.dispute_gateway(), terms.gateway.clone()),
        (t.dispute_reference(), terms.gateway_ref.clone()),
        (t.dispute_payment(), terms.payment.to_string()),
    ];
    if terms.fee_minor > 0 {
        let fee = Money::new(terms.fee_minor, terms.amount.currency);
        pairs.push((t.dispute_fee(), fee.to_string()));
    }
    pairs.extend(facts.closed_at.map(|at| (t.dispute_closed(), shell.moment(&at))));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What speaks for us, as people read it.
fn proofs(evidence: &Evidence, shell: &Shell, t: Words) -> Vec<(String, String)> {
    let mut pairs = vec![
        (t.dispute_placed().to_owned(), shell.moment(&evidence.placed_at)),
        (t.dispute_total().to_owned(), evidence.total.to_string()),
    ];
    let moments = [
        (t.dispute_paid(), evidence.paid_at),
        (t.dispute_shipped(), evidence.shipped_at),
        (t.dispute_confirmed(), evidence.confirmed_by_buyer_at),
    ];
    for (name, at) in moments {
        pairs.extend(at.map(|at| (name.to_owned(), shell.moment(&at))));
    }
    if evidence.refunded_minor > 0 {
        let refunded = Money::new(evidence.refunded_minor, evidence.total.currency);
        pairs.push((t.dispute_refunded().to_owned(), refunded.to_string()));
    }
    for parcel in &evidence.parcels {
        let handed_over = parcel.handed_over_at.map(|at| shell.moment(&at)).unwrap_or_default();
        let stands = match parcel.delivered_at {
            Some(at) => t.dispute_parcel_delivered(handed_over, shell.moment(&at)),
            None => t.dispute_parcel_on_its_way(handed_over),
        };
        pairs.push((t.dispute_parcel(&parcel.carrier, &parcel.waybill), stands));
    }
    pairs
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EvidenceForm {
    version: i64,
    key: String,
    text: String,
}

async fn submit(
    desk: Desk,
    Path(id): Path<String>,
    Form(form): Form<EvidenceForm>,
) -> Result<Response, Trouble> {
    let id: DisputeId = id.parse().map_err(|_| Trouble::NotFound)?;
    if !(1..=EVIDENCE_CHARS_MAX).contains(&form.text.trim().chars().count()) {
        let entered = Entered { text: form.text, text_is_wrong: true, ..Entered::default() };
        return refused(&desk, id, entered).await;
    }
    let key = key_of(&desk, "evidence", &form.key, &format!("{id}\n{}", form.text));
    let say = Saying::Evidence(form.text);
    let act = desk.act();
    answer(&desk, act, AnswerDispute { dispute: id, version: Some(form.version), say, key })
        .await?;
    Ok(desk.done(&href(&id.to_string()), &Toast::new(desk.t().dispute_submitted())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AcceptForm {
    version: i64,
    key: String,
    reason: String,
}

async fn accept(
    desk: Desk,
    Path(id): Path<String>,
    Form(form): Form<AcceptForm>,
) -> Result<Response, Trouble> {
    let id: DisputeId = id.parse().map_err(|_| Trouble::NotFound)?;
    let reason = form.reason.trim().to_owned();
    if !(1..=200).contains(&reason.chars().count()) {
        let entered = Entered { reason, reason_is_wrong: true, ..Entered::default() };
        return refused(&desk, id, entered).await;
    }
    let key = key_of(&desk, "accept", &form.key, &format!("{id}\n{reason}"));
    let act = desk.act_because(reason);
    let request =
        AnswerDispute { dispute: id, version: Some(form.version), say: Saying::Accept, key };
    answer(&desk, act, request).await?;
    Ok(desk.done(&href(&id.to_string()), &Toast::new(desk.t().dispute_accepted_toast())))
}

fn key_of(desk: &Desk, form: &str, key: &str, entered: &str) -> Option<Key> {
    Key::of_form(desk.member.staff().id, &format!("dispute-{form}"), key, entered.as_bytes())
}

/// The page again, with what was wrong.
async fn refused(desk: &Desk, id: DisputeId, entered: Entered) -> Result<Response, Trouble> {
    let page = page(desk, id, entered).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn answer(
    desk: &Desk,
    act: ordermill_domain::actor::Act,
    request: AnswerDispute,
) -> Result<(), Trouble> {
    let back = href(&request.dispute.to_string());
    let payments = desk.site.services().payments();
    match payments.answer_dispute(&desk.member.principal, &act, request).await {
        Ok(_) => Ok(()),
        Err(AnswerDisputeError::Forbidden(forbidden)) => Err(forbidden.into()),
        Err(AnswerDisputeError::NotFound(_)) => Err(Trouble::NotFound),
        Err(AnswerDisputeError::Stale(_)) => Err(Trouble::Stale(back)),
        Err(
            AnswerDisputeError::Words
            | AnswerDisputeError::Refused(_)
            | AnswerDisputeError::KeyReused,
        ) => Err(Trouble::Refused(back)),
        Err(AnswerDisputeError::Storage(error)) => Err(error.into()),
    }
}

impl Desk {
    fn dispute_row(&self, dispute: &Dispute) -> DisputeRow {
        let (t, facts) = (self.t(), dispute.facts());
        let terms = &facts.terms;
        let is_awaited = facts.state == State::NeedsResponse;
        DisputeRow {
            id: facts.id.to_string(),
            order: OrderNumber::from(terms.order).to_string(),
            reason: words::reason(terms.reason, t),
            amount: terms.amount,
            state: words::state(facts.state, t),
            opened_at: terms.opened_at,
            respond_by: terms.respond_by,
            remaining: is_awaited.then(|| Remaining::new(terms.respond_by, self.now(), SHORT, t)),
        }
    }
}
