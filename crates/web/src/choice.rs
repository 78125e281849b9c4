//! The page on which a buyer says what should become of missing pieces, `/c/{token}`, without a login.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use ordermill_app::carrier::Sender;
use ordermill_app::catalog::Catalog;
use ordermill_app::catalog::settings;
use ordermill_app::choice::{self, AnswerError, Asked};
use ordermill_app::order::file::FileError;
use ordermill_app::order::give_up::{Extent, GiveUpError};
use ordermill_app::order::substitute::{Offer, SubstituteError};
use ordermill_app::permission::{Buyer, Principal};
use ordermill_domain::choice::{Answer, AnswerKind, State as Stand};
use ordermill_domain::ids::ChoiceId;
use ordermill_domain::order::OrderNumber;
use ordermill_pages::choice::{ChoiceOption, ChoicePage};
use ordermill_pages::{Page, Shell, Words, format};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use crate::shop::art_of;
use crate::tracking::{failed, no_store};
use crate::{Site, Visit};

/// How often one address may ask within a minute.
const LOOKS_MAX: u32 = 60;

/// The addresses of the page.
pub(crate) fn routes() -> Router<Site> {
    Router::new().route("/c/{token}", get(show).post(answer))
}

async fn show(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    match find(&site, &visit, &token) {
        Ok(id) => told(&site, &visit, token, id, StatusCode::OK, "").await,
        Err(answer) => answer,
    }
}

#[derive(Debug, Deserialize)]
struct AnswerForm {
    answer: String,
    /// The code of what is taken in place of the pieces.
    #[serde(default)]
    sku: String,
}

impl AnswerForm {
    fn read(&self, catalog: &Catalog) -> Option<Answer> {
        let kind = AnswerKind::from_code(&self.answer).ok()?;
        let taken = catalog.by_code(&self.sku).map(|sku| sku.id);
        Answer::of(kind, taken.filter(|_| kind == AnswerKind::Substitute))
    }
}

async fn answer(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
    Form(form): Form<AnswerForm>,
) -> Response {
    let id = match find(&site, &visit, &token) {
        Ok(id) => id,
        Err(answer) => return answer,
    };
    let catalog = site.services().catalog();
    let Some(chosen) = form.read(&catalog) else {
        return told(&site, &visit, token, id, StatusCode::UNPROCESSABLE_ENTITY, "").await;
    };
    let now = site.services().now();
    let database = site.services().database();
    let asked = database.read(move |tx: &mut Tx<'_>| choice::load(tx, id, now)).await;
    let order = match asked {
        Ok(Some(asked)) => asked.choice.facts().question.order,
        Ok(None) => return nothing(&site, &visit, token),
        Err(error) => return failed(&error),
    };
    let act = visit.name(Principal::Buyer(Buyer::Guest(order)).act(now));
    let write = move |tx: &mut Tx<'_>| choice::answer(tx, &catalog, &act, id, chosen);
    let error = match database.write(write).await {
        // What came of it, and that it came too late, is told by the page itself.
        Ok(_) => return Redirect::to(&format!("/c/{token}")).into_response(),
        Err(error) => error,
    };
    let t = site.shell(&visit).t;
    match why_not(&error, t) {
        Some(why) => told(&site, &visit, token, id, StatusCode::CONFLICT, why).await,
        None => failed(&error),
    }
}

/// Why an answer was refused, in words; none if it is a failure of ours.
fn why_not(error: &AnswerError, t: Words) -> Option<&'static str> {
    use {GiveUpError as G, SubstituteError as S};
    match error {
        AnswerError::Substitute(
            S::NotEnough { .. } | S::NotSold(_) | S::NotASubstitute(_) | S::ToBeReviewed(_),
        ) => Some(t.choice_sold_out()),
        AnswerError::GiveUp(G::PaidAtTheDoor)
        | AnswerError::GiveUp(G::File(FileError::Refused(_)))
        | AnswerError::Substitute(S::File(FileError::Refused(_)))
        | AnswerError::Substitute(S::NothingMissing(_) | S::Gift(_)) => Some(t.choice_refused()),
        AnswerError::GiveUp(_) | AnswerError::Substitute(_) | AnswerError::File(_) => None,
    }
}

/// The choice of a token, or the answer for whoever asks too often or has no token of ours.
#[expect(clippy::result_large_err, reason = "the error is the answer itself")]
fn find(site: &Site, visit: &Visit, token: &str) -> Result<ChoiceId, Response> {
    let now = site.services().now();
    let address = visit.visitor.address.as_str();
    if !site.tracking_rate().allows(&(address, "choice"), LOOKS_MAX, now) {
        let shell = site.shell(visit);
        let t = shell.t;
        let page = ChoicePage {
            token: String::new(),
            number: String::new(),
            headline: t.tracking_too_much().to_owned(),
            note: t.tracking_too_much_note().to_owned(),
            goods: None,
            options: Vec::new(),
            service_phone: String::new(),
            shell,
        };
        let wait = [(header::RETRY_AFTER, "60")];
        return Err((StatusCode::TOO_MANY_REQUESTS, wait, no_store(), Page(page)).into_response());
    }
    let found = choice::choice_of(site.services().vault(), token, now);
    found.ok_or_else(|| nothing(site, visit, token.to_owned()))
}

fn nothing(site: &Site, visit: &Visit, token: String) -> Response {
    let shell = site.shell(visit);
    let t = shell.t;
    let page = ChoicePage {
        token,
        number: String::new(),
        headline: t.choice_unknown().to_owned(),
        note: t.choice_unknown_note().to_owned(),
        goods: None,
        options: Vec::new(),
        service_phone: String::new(),
        shell,
    };
    (StatusCode::NOT_FOUND, no_store(), Page(page)).into_response()
}

/// The page as it stands now; `refused` takes the place of its headline.
async fn told(
    site: &Site,
    visit: &Visit,
    token: String,
    id: ChoiceId,
    status: StatusCode,
    refused: &str,
) -> Response {
    let now = site.services().now();
    let catalog = site.services().catalog();
    let read = move |tx: &mut Tx<'_>| {
        let (sender, _) = settings::read::<Sender>(tx)?;
        let Some(asked) = choice::load(tx, id, now)? else { return Ok((None, sender)) };
        let instead = choice::substitutes(tx, &catalog, &asked, now)?;
        Ok::<_, Error>((Some((asked, instead)), sender))
    };
    match site.services().database().read(read).await {
        Ok((Some((asked, instead)), sender)) => {
            let mut page = page(site, visit, token, (&asked, &instead), sender);
            if !refused.is_empty() {
                refused.clone_into(&mut page.headline);
            }
            (status, no_store(), Page(page)).into_response()
        }
        Ok((None, _)) => nothing(site, visit, token),
        Err(error) => failed(&error),
    }
}

fn page(
    site: &Site,
    visit: &Visit,
    token: String,
    (asked, instead): (&Asked, &[Offer]),
    sender: Sender,
) -> ChoicePage {
    let shell = site.shell(visit);
    let t = shell.t;
    let facts = asked.choice.facts();
    let question = facts.question;
    let catalog = site.services().catalog();
    let name_of = |sku| {
        let name = catalog.sku(sku).map(|sku| sku.name.clone());
        name.map(|name| t.pick(name.zh, name.en)).unwrap_or_default()
    };
    let (headline, note) = match (facts.state, facts.answer) {
        (Stand::Answered, Some(Answer::Refund)) => {
            (t.choice_done_refund().to_owned(), t.choice_done_refund_note().to_owned())
        }
        (Stand::Answered, Some(Answer::Substitute { sku })) => {
            let told = t.choice_done_substitute(name_of(sku));
            (told, t.choice_done_substitute_note().to_owned())
        }
        (Stand::Answered, Some(Answer::Wait)) => {
            (t.choice_done_wait().to_owned(), t.choice_done_wait_note().to_owned())
        }
        (Stand::Answered, _) => {
            (t.choice_done_call().to_owned(), t.choice_done_call_note().to_owned())
        }
        (Stand::Asked, _) if asked.is_open => {
            (t.choice_headline().to_owned(), t.choice_note(shell.moment(&question.answer_by)))
        }
        (Stand::Lapsed, _) => (t.choice_late().to_owned(), t.choice_late_note().to_owned()),
        (Stand::Asked, _) if !asked.choice.is_open(site.services().now()) => {
            (t.choice_late().to_owned(), t.choice_late_note().to_owned())
        }
        (Stand::Asked | Stand::Moot, _) => {
            (t.choice_overtaken().to_owned(), t.choice_overtaken_note().to_owned())
        }
    };
    ChoicePage {
        number: OrderNumber::from(question.order).to_string(),
        headline,
        note,
        goods: Some((name_of(question.sku), question.pieces.get().unsigned_abs())),
        options: if asked.is_open { options(&shell, &catalog, asked, instead) } else { Vec::new() },
        service_phone: sender.service_phone,
        token,
        shell,
    }
}

fn options(
    shell: &Shell,
    catalog: &Catalog,
    asked: &Asked,
    instead: &[Offer],
) -> Vec<ChoiceOption> {
    let t = shell.t;
    let option = |answer: AnswerKind, title: &str, text: String, button: String| {
        ChoiceOption::plain(answer.code(), title, text, button)
    };
    let instead = instead.iter().filter_map(|offer| {
        let sku = catalog.sku(offer.line.sku)?;
        let name = t.pick(&sku.name.zh, &sku.name.en).clone();
        Some(ChoiceOption::substitute(&sku.code, name, art_of(sku), offer.refund, t))
    });
    let mut options: Vec<ChoiceOption> = instead.collect();
    if asked.can_refund {
        let share = asked.share;
        let (text, button) = match asked.extent {
            Extent::Pieces => (t.choice_refund_text(share), t.choice_refund_button(share)),
            _ if share.minor == 0 => {
                (t.choice_end_unpaid_text().to_owned(), t.choice_end_unpaid_button().to_owned())
            }
            Extent::Order => (t.choice_cancel_text(share), t.choice_cancel_button().to_owned()),
            Extent::Replacement => (t.choice_end_text(share), t.choice_refund_button(share)),
        };
        options.push(option(AnswerKind::Refund, t.choice_refund_title(), text, button));
    }
    let wait = match asked.choice.facts().question.expected_on {
        Some(day) => t.choice_wait_until(format::date(day, t.language)),
        None => t.choice_wait_unknown().to_owned(),
    };
    options.push(option(
        AnswerKind::Wait,
        t.choice_wait_title(),
        wait,
        t.choice_wait_button().to_owned(),
    ));
    options.push(option(
        AnswerKind::Call,
        t.choice_call_title(),
        t.choice_call_text().to_owned(),
        t.choice_call_button().to_owned(),
    ));
    options
}
