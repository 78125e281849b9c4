//! Gift cards: those that were issued, and a new one, whose code is shown once.

use axum::extract::{Form, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::gift_card::{
    GiftCardCommandError, ProposeGiftCardError, issued, last_four, propose_card,
};
use ordermill_app::once::{Key, OnceError};
use ordermill_base::{Currency, Money};
use ordermill_domain::gift_card::Origin;
use ordermill_domain::ids::GiftCardId;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::gift_cards::{
    GiftCardEntered, GiftCardForm, GiftCardRow, GiftCardsPage,
};
use ordermill_pages::console::promotions::{Part, parts};
use ordermill_pages::ui::Pager;
use ordermill_storage::{Tx, gift_card as stored};
use serde::Deserialize;

use super::CHANGE;
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

const HERE: &str = "/console/promotions/gift-cards";
const ROWS: usize = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get("/console/promotions/gift-cards", CHANGE, show).post(
        "/console/promotions/gift-cards",
        CHANGE,
        issue,
    )
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    cursor: String,
}

async fn page(
    desk: &Desk,
    before: Option<GiftCardId>,
    form: GiftCardForm,
    fresh: Option<(String, Money)>,
) -> Result<GiftCardsPage, Trouble> {
    let t = desk.t();
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let read = move |tx: &mut Tx<'_>| stored::list(tx, before, limit);
    let mut found = desk.site.services().database().read(read).await?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let vault = desk.site.services().vault();
    let next = found.last().filter(|_| has_more).map(|last| last.card.facts().id);
    Ok(GiftCardsPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Promotions),
        parts: parts(Part::GiftCards, t),
        fresh,
        form,
        rows: found
            .iter()
            .map(|stored| GiftCardRow {
                last_four: last_four(vault, stored),
                balance: stored.card.balance(),
                issued_at: stored.card.facts().issued_at,
            })
            .collect(),
        pager: Pager {
            t,
            summary: t.coupons_newest_first().to_owned(),
            first: before.map(|_| HERE.to_owned()),
            next: next.map(|id| format!("{HERE}?cursor={id}")),
            region: "",
        },
    })
}

fn form(
    desk: &Desk,
    entered: &GiftCardEntered,
    wrong: &[(&'static str, String)],
    key: String,
) -> GiftCardForm {
    GiftCardForm::new(desk.coupon_currencies(""), entered, wrong, key, desk.t())
}

fn empty_form(desk: &Desk) -> GiftCardForm {
    let currency = desk.site.services().catalog().shop.currency.code().to_owned();
    let entered = GiftCardEntered { currency, ..GiftCardEntered::default() };
    form(desk, &entered, &[], desk.key())
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let before = asked.cursor.parse().ok();
    Ok(Page(page(&desk, before, empty_form(&desk), None).await?).into_response())
}

async fn issue(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let t = desk.t();
    let entered = GiftCardEntered {
        amount: pairs.one("amount"),
        currency: pairs.one("currency"),
        origin: pairs.one("origin"),
        reason: pairs.one("reason"),
    };
    let text = pairs.one("key");
    let currency: Option<Currency> = entered.currency.parse().ok();
    let amount = currency.and_then(|currency| Money::parse(&entered.amount, currency).ok());
    let amount = amount.filter(|amount| amount.minor > 0);
    let origin = Origin::from_code(&entered.origin).ok();
    let mut wrong = Vec::new();
    match (currency, amount) {
        (None, _) => wrong.push(("currency", t.settings_choose().to_owned())),
        (_, None) => wrong.push(("amount", t.gift_card_amount_wrong().to_owned())),
        (Some(_), Some(_)) => {}
    }
    if origin.is_none() {
        wrong.push(("origin", t.settings_choose().to_owned()));
    }
    if entered.reason.is_empty() || entered.reason.chars().count() > 200 {
        wrong.push(("reason", t.order_remark_missing().to_owned()));
    }
    let (Some(amount), Some(origin), true) = (amount, origin, wrong.is_empty()) else {
        let page = page(&desk, None, form(&desk, &entered, &wrong, text), None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response());
    };
    let (vault, act) = (desk.site.services().vault().clone(), desk.act_because(&entered.reason));
    let (principal, staff) = (desk.member.principal.clone(), desk.member.staff().id);
    let key = Key::of_form(staff, "gift_card", &text, pairs.entered().as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        let made = decide_once(tx, key.as_ref(), act.at, |tx| {
            propose_card(tx, &vault, &principal, &act, amount, origin)
        })?;
        // Sent again, the form has issued its card before, and the code was shown then.
        let card = match made.decision {
            Decision::Done(id) if !made.is_replay => issued(tx, &vault, id)?,
            Decision::Done(_) | Decision::AwaitsApproval(_) => None,
        };
        Ok::<_, OnceError<ProposeGiftCardError>>((made.decision, card))
    };
    let fresh = match desk.site.services().database().write(work).await {
        Ok((Decision::AwaitsApproval(task), _)) => return Ok(desk.waits(task)),
        Ok((Decision::Done(_), card)) => card.map(|card| (card.code.to_string(), card.balance)),
        Err(OnceError::Other(ProposeGiftCardError::Forbidden(forbidden))) => {
            return Err(forbidden.into());
        }
        Err(OnceError::Other(ProposeGiftCardError::Command(GiftCardCommandError::Storage(
            error,
        )))) => return Err(error.into()),
        Err(_) => return Err(Trouble::Refused(HERE.to_owned())),
    };
    let page = page(&desk, None, empty_form(&desk), fresh).await?;
    let mut response = Page(page).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}
