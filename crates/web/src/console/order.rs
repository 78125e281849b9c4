//! One order: what to do next, everything about it, and the forms of its page.

mod missing;
mod page;

use axum::extract::{Form, Path, Query};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::once::{Key, OnceError};
use ordermill_app::order::file::FileError;
use ordermill_app::order::note::{WriteNoteError, write_note};
use ordermill_app::order::step::{self, Seen, StepError};
use ordermill_app::payment::refund::GrantRefundError;
use ordermill_app::payment::refund_order::{
    RefundDecision, RefundOrder, RefundOrderError, refund_order,
};
use ordermill_app::privacy::{self, Reveal, RevealError};
use ordermill_base::Money;
use ordermill_domain::ids::{OrderId, PaymentId};
use ordermill_domain::order::{Action, CancelReason, OrderNumber};
use ordermill_domain::reveal::Field;
use ordermill_domain::role::Permission;
use ordermill_pages::console::order::{PURPOSES, href, stepped};
use ordermill_pages::ui::Toast;
use ordermill_pages::{Page, Part};
use ordermill_storage::payment;
use serde::Deserialize;

pub(super) use self::page::{Shown, show_page};
use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

pub(super) fn routes() -> Routes {
    let read = Needs::Right(Permission::ReadOrders);
    let change = Needs::Right(Permission::ChangeStatus);
    Routes::default()
        .get("/console/orders/{number}", read, show)
        .get("/console/orders/{number}/recipient", read, recipient)
        .post("/console/orders/{number}/steps", change, take_step)
        .post("/console/orders/{number}/cancel", change, cancel)
        .post("/console/orders/{number}/notes", read, add_note)
        .post("/console/orders/{number}/reveal", Needs::Right(Permission::RevealContact), reveal)
        .post("/console/orders/{number}/payments/{payment}/ask", read, ask_gateway)
        .post("/console/orders/{number}/refunds", REFUND, refund)
        .merge(missing::routes())
}

/// What sending money back asks for; how much one may decide alone is the use case's matter.
const REFUND: Needs = Needs::AnyOf(&[Permission::ApproveRefund, Permission::ApproveLargeRefund]);

/// The order of a path.
pub(super) fn order_of(number: &str) -> Result<OrderId, Trouble> {
    let number = OrderNumber::parse(number).map_err(|_| Trouble::NotFound)?;
    Ok(number.order_id())
}

fn address(id: OrderId) -> String {
    href(&OrderNumber::from(id).to_string())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    ask: String,
    show: String,
    older: String,
}

async fn show(
    desk: Desk,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    let shown = Shown {
        open: asked.ask,
        only_public: asked.show == "public",
        with_older: !asked.older.is_empty(),
        ..Shown::default()
    };
    let page = show_page(&desk, id, shown).await?;
    Ok(match desk.visit.part {
        Part::Page => Page(page).into_response(),
        Part::Fragment => Page(page.as_order()).into_response(),
    })
}

/// The recipient's card, masked: what the card that was revealed becomes again.
async fn recipient(desk: Desk, Path(number): Path<String>) -> Result<Response, Trouble> {
    let page = show_page(&desk, order_of(&number)?, Shown::default()).await?;
    Ok(Page(page.as_recipient_card()).into_response())
}

#[derive(Debug, Deserialize)]
struct StepForm {
    version: i64,
    step: String,
    #[serde(default)]
    remark: String,
}

async fn take_step(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<StepForm>,
) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    let action = Action::from_code(&form.step).map_err(|_| Trouble::NotFound)?;
    if let Some(wrong) = wrong_remark(&desk, &form.remark) {
        return refused(&desk, id, action.code(), vec![wrong]).await;
    }
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(form.remark.trim()));
    let seen = Seen { id, version: form.version };
    let database = desk.site.services().database();
    database
        .write(move |tx| step::take(tx, &principal, &act, seen, action))
        .await
        .map_err(|error| trouble_of(error, id))?;
    let number = OrderNumber::from(id).to_string();
    Ok(desk.done(&href(&number), &Toast::new(stepped(action, &number, desk.t()))))
}

#[derive(Debug, Deserialize)]
struct CancelForm {
    version: i64,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    remark: String,
}

async fn cancel(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<CancelForm>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    let mut wrong = Vec::new();
    let reason = CancelReason::from_code(&form.reason);
    if reason.is_err() {
        wrong.push(("reason", t.order_reason_missing().to_owned()));
    }
    wrong.extend(wrong_remark(&desk, &form.remark));
    let Some(reason) = reason.ok().filter(|_| wrong.is_empty()) else {
        return refused(&desk, id, "cancel", wrong).await;
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(form.remark.trim()));
    let seen = Seen { id, version: form.version };
    let database = desk.site.services().database();
    database
        .write(move |tx| step::cancel(tx, &principal, &act, seen, reason))
        .await
        .map_err(|error| trouble_of(error, id))?;
    let number = OrderNumber::from(id).to_string();
    Ok(desk.done(&href(&number), &Toast::new(t.order_canceled_toast(&number))))
}

fn wrong_remark(desk: &Desk, remark: &str) -> Option<(&'static str, String)> {
    let count = remark.trim().chars().count();
    let is_right = (1..=200).contains(&count);
    (!is_right).then(|| ("remark", desk.t().order_remark_missing().to_owned()))
}

/// The page again, with the dialog open and what was wrong with it.
async fn refused(
    desk: &Desk,
    id: OrderId,
    dialog: &str,
    errors: Vec<(&'static str, String)>,
) -> Result<Response, Trouble> {
    let shown = Shown { open: dialog.to_owned(), errors, ..Shown::default() };
    let page = show_page(desk, id, shown).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

pub(super) fn trouble_of(error: StepError, id: OrderId) -> Trouble {
    match error {
        StepError::Forbidden(forbidden) => forbidden.into(),
        StepError::Stale(_) => Trouble::Stale(address(id)),
        StepError::Taken(_) | StepError::NotTheirs(_) | StepError::File(FileError::Refused(_)) => {
            Trouble::Refused(address(id))
        }
        StepError::File(FileError::NotFound(_)) => Trouble::NotFound,
        StepError::File(FileError::Storage(error)) => error.into(),
        error @ (StepError::Refund(_) | StepError::File(FileError::Unbalanced(_))) => {
            Trouble::internal(&error)
        }
    }
}

#[derive(Debug, Deserialize)]
struct NoteForm {
    #[serde(default)]
    note: String,
    #[serde(default)]
    key: String,
}

async fn add_note(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<NoteForm>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    // Whoever may not see the order may not leave anything at it either.
    show_page(&desk, id, Shown::default()).await?;
    let (vault, act) = (desk.site.services().vault().clone(), desk.act());
    let request = format!("{id}\n{}", form.note);
    let key = Key::of_form(desk.member.staff().id, "note", &form.key, request.as_bytes());
    let text = form.note.clone();
    let write = move |tx: &mut ordermill_storage::Tx<'_>| {
        write_note(tx, &vault, &act, id, &text, key.as_ref())
    };
    match desk.site.services().database().write(write).await {
        Ok(_) => Ok(desk.done(&address(id), &Toast::new(t.order_note_kept()))),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(address(id))),
        Err(OnceError::Other(WriteNoteError::Length)) => {
            let note = Some((form.note, t.order_note_refused().to_owned()));
            let page = show_page(&desk, id, Shown { note, ..Shown::default() }).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(OnceError::Other(WriteNoteError::NotFound(_))) => Err(Trouble::NotFound),
        Err(OnceError::Other(WriteNoteError::Storage(error))) => Err(error.into()),
    }
}

#[derive(Debug, Deserialize)]
struct RevealForm {
    #[serde(default)]
    purpose: String,
}

/// Shows the recipient in full, once: the answer is kept nowhere and hides itself.
async fn reveal(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<RevealForm>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    if !PURPOSES.contains(&form.purpose.as_str()) {
        let wrong = vec![("purpose", t.order_reason_missing().to_owned())];
        return refused(&desk, id, "reveal", wrong).await;
    }
    let (vault, act) = (desk.site.services().vault().clone(), desk.act_because(form.purpose));
    let principal = desk.member.principal.clone();
    let wanted = Reveal {
        order: id,
        fields: vec![Field::Name, Field::Phone, Field::Address, Field::Note],
        about: Default::default(),
    };
    let work = move |tx: &mut ordermill_storage::Tx<'_>| {
        privacy::reveal(tx, &vault, &principal, &act, &wanted)
    };
    let revealed = match desk.site.services().database().write(work).await {
        Ok(revealed) => revealed,
        Err(RevealError::TooMany) => {
            let wrong = vec![("purpose", t.reveal_too_many().to_owned())];
            return refused(&desk, id, "reveal", wrong).await;
        }
        Err(error) => return Err(trouble_of_reveal(error, id)),
    };
    let shown = Shown { revealed: Some(revealed), ..Shown::default() };
    let page = show_page(&desk, id, shown).await?;
    let mut response = match desk.visit.part {
        Part::Fragment => Page(page.as_recipient_card()).into_response(),
        Part::Page => {
            let mut response = Page(page).into_response();
            // Without scripts the browser itself goes back to the masked page.
            if let Ok(back) = HeaderValue::from_str(&format!("30; url={}", address(id))) {
                response.headers_mut().insert(HeaderName::from_static("refresh"), back);
            }
            response
        }
    };
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

fn trouble_of_reveal(error: RevealError, id: OrderId) -> Trouble {
    match error {
        RevealError::Forbidden(forbidden) => forbidden.into(),
        RevealError::NotFound(_) => Trouble::NotFound,
        RevealError::Erased(_) => Trouble::Refused(address(id)),
        RevealError::TooMany => Trouble::TooMany,
        RevealError::Storage(error) => error.into(),
        error @ (RevealError::NoField | RevealError::Unreadable(_)) => Trouble::internal(&error),
    }
}

/// Asks the gateway about a payment now and not when its turn comes.
async fn ask_gateway(
    desk: Desk,
    Path((number, payment)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let id = order_of(&number)?;
    show_page(&desk, id, Shown::default()).await?;
    let payment: PaymentId = payment.parse().map_err(|_| Trouble::NotFound)?;
    let now = desk.now();
    let asked = desk
        .site
        .services()
        .database()
        .write(move |tx| {
            let is_of_order = payment::of(tx, id)?.iter().any(|known| known.facts().id == payment);
            if is_of_order {
                payment::set_ask_at(tx, payment, Some(now))?;
            }
            Ok::<_, ordermill_storage::Error>(is_of_order)
        })
        .await?;
    if !asked {
        return Err(Trouble::NotFound);
    }
    Ok(desk.done(&address(id), &Toast::new(desk.t().order_asked_gateway())))
}

#[derive(Debug, Deserialize)]
struct RefundForm {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    key: String,
}

async fn refund(
    desk: Desk,
    Path(number): Path<String>,
    Form(form): Form<RefundForm>,
) -> Result<Response, Trouble> {
    let (id, t) = (order_of(&number)?, desk.t());
    let page = show_page(&desk, id, Shown::default()).await?;
    let most = page.refundable;
    let amount = Money::parse(form.amount.trim(), most.currency).ok();
    let amount = amount.filter(|amount| (1..=most.minor).contains(&amount.minor));
    let mut wrong = Vec::new();
    if amount.is_none() {
        wrong.push(("amount", t.order_amount_wrong(most)));
    }
    let why = form.cause.trim().to_owned();
    if why.is_empty() || why.chars().count() > 200 {
        wrong.push(("cause", t.order_remark_missing().to_owned()));
    }
    let Some(amount) = amount.filter(|_| wrong.is_empty()) else {
        return refused(&desk, id, "refund", wrong).await;
    };
    let entered = format!("{id}\n{amount}\n{why}");
    let key = Key::of_form(desk.member.staff().id, "refund", &form.key, entered.as_bytes());
    let request = RefundOrder { order: id, payment: None, amount: Some(amount), key };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(why));
    let work =
        move |tx: &mut ordermill_storage::Tx<'_>| refund_order(tx, &principal, &act, &request);
    let toast = match desk.site.services().database().write(work).await {
        Ok(RefundDecision::Granted(_)) => Toast::new(t.order_refunded_toast(amount)),
        Ok(RefundDecision::AwaitsApproval(_)) => Toast::new(t.order_refund_waits()),
        Err(error) => return Err(trouble_of_refund(error, id)),
    };
    Ok(desk.done(&address(id), &toast))
}

fn trouble_of_refund(error: RefundOrderError, id: OrderId) -> Trouble {
    match error {
        RefundOrderError::OrderNotFound(_) => Trouble::NotFound,
        RefundOrderError::Forbidden(forbidden) => forbidden.into(),
        RefundOrderError::PaymentNotFound(_)
        | RefundOrderError::NothingLeft
        | RefundOrderError::WhichPayment
        | RefundOrderError::AnotherWaits(_)
        | RefundOrderError::KeyReused
        | RefundOrderError::Grant(GrantRefundError::Refused(_)) => Trouble::Refused(address(id)),
        RefundOrderError::Grant(GrantRefundError::Storage(error)) => error.into(),
        error @ RefundOrderError::Grant(GrantRefundError::Books(_)) => Trouble::internal(&error),
    }
}
