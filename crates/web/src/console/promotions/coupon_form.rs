//! Making a coupon and changing it.

pub(super) mod reading;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::approval::{Decision, decide_once};
use ordermill_app::catalog::edit::EditError;
use ordermill_app::coupon::{ProposeCouponError, propose_coupon, propose_edit};
use ordermill_app::once::{Key, OnceError};
use ordermill_base::Currency;
use ordermill_domain::coupon::Coupon;
use ordermill_domain::ids::CouponId;
use ordermill_pages::console::Section;
use ordermill_pages::console::coupons::CouponEntered;
use ordermill_pages::console::coupons::form::{self as view, Subject};
use ordermill_pages::console::form::FormPage;
use ordermill_pages::ui::{Choice, Toast, Undo};
use ordermill_pages::{Page, Words};
use ordermill_storage::coupon::{self as stored, Stored};
use ordermill_storage::{Error, Tx};

use self::reading::{Wrong, entered, read};
use super::coupons::used;
use super::{CHANGE, HERE, href_of};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;
use crate::console::route::Routes;
use crate::console::trouble::Trouble;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/promotions/new", CHANGE, new)
        .post("/console/promotions/new", CHANGE, create)
        .get("/console/promotions/coupons/{coupon}", CHANGE, edit)
        .post("/console/promotions/coupons/{coupon}", CHANGE, change)
        .post("/console/promotions/coupons/{coupon}/{verb}", CHANGE, end_or_resume)
}

impl Desk {
    /// The currencies that the shop sells in; also the one of the coupon itself.
    pub(super) fn coupon_currencies(&self, own: &str) -> Vec<Choice> {
        let catalog = self.site.services().catalog();
        let is_sold_in = |it: &Currency| catalog.terms_in(*it).is_some() || it.code() == own;
        let currencies = Currency::ALL.into_iter().filter(is_sold_in);
        currencies.map(|it| Choice::new(it.code(), it.code())).collect()
    }

    fn coupon_page(&self, entered: &CouponEntered, subject: Subject<'_>) -> FormPage {
        let (shell, frame) = (self.shell(), self.frame(Section::Promotions));
        view::form(shell, frame, entered, self.coupon_currencies(&entered.currency), subject)
    }
}

/// What the rules say about a coupon, each at the field of the form; none if it concerns no field.
fn refusals(error: &ProposeCouponError, t: Words) -> Option<Wrong> {
    let at = |wrong: &ordermill_domain::sku::Invalid| match wrong.field {
        "code" => ("code", t.coupon_code_wrong().to_owned()),
        "name" => ("name_zh", t.sku_name_wrong().to_owned()),
        "scope_codes" => ("scope_codes", t.coupon_scope_wrong().to_owned()),
        "valid_until" => ("valid_until", t.coupon_until_wrong().to_owned()),
        field @ ("uses_max" | "uses_per_customer_max") => {
            let is_below = wrong.expected.starts_with("not less");
            let text = if is_below { t.coupon_uses_below() } else { t.coupon_count_wrong() };
            (field, text.to_owned())
        }
        // Amounts are of one currency here, and not negative.
        _ => ("value", t.coupon_value_wrong().to_owned()),
    };
    match error {
        ProposeCouponError::Edit(EditError::Invalid(wrong)) => Some(wrong.iter().map(at).collect()),
        ProposeCouponError::Edit(EditError::Taken { .. }) => {
            Some(vec![("code", t.coupon_code_taken().to_owned())])
        }
        ProposeCouponError::AnotherWaits(_) => Some(vec![("", t.approval_another().to_owned())]),
        ProposeCouponError::Edit(_) | ProposeCouponError::Forbidden(_) => None,
    }
}

fn trouble_of(error: ProposeCouponError, href: &str) -> Trouble {
    match error {
        ProposeCouponError::Forbidden(forbidden) => forbidden.into(),
        ProposeCouponError::Edit(EditError::NotFound(_)) => Trouble::NotFound,
        ProposeCouponError::Edit(
            EditError::Changed { .. } | EditError::Storage(Error::Stale(_)),
        ) => Trouble::Stale(href.to_owned()),
        ProposeCouponError::Edit(EditError::Storage(error)) => error.into(),
        ProposeCouponError::AnotherWaits(_)
        | ProposeCouponError::Edit(EditError::Invalid(_) | EditError::Taken { .. }) => {
            Trouble::Refused(href.to_owned())
        }
    }
}

fn refused(desk: &Desk, entered: &CouponEntered, subject: Subject<'_>, wrong: &Wrong) -> Response {
    let page = desk.coupon_page(entered, subject).refused(wrong);
    (StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response()
}

async fn new(desk: Desk) -> Response {
    let currency = desk.site.services().catalog().shop.currency;
    let entered = CouponEntered {
        benefit: "amount_off".to_owned(),
        currency: currency.code().to_owned(),
        scope: "all".to_owned(),
        uses_per_customer_max: "1".to_owned(),
        ..CouponEntered::default()
    };
    let key = desk.key();
    Page(desk.coupon_page(&entered, Subject::New(&key))).into_response()
}

async fn create(desk: Desk, Form(pairs): Form<Pairs>) -> Result<Response, Trouble> {
    let (t, entered, text) = (desk.t(), entered(&pairs), pairs.one("key"));
    let wanted = match read(&desk, &entered) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, Subject::New(&text), &wrong)),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&entered.reason));
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "coupon", &text, pairs.entered().as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        decide_once(tx, key.as_ref(), act.at, |tx| {
            let mut coupon = wanted.clone();
            coupon.rule.id = tx.next_id(act.at);
            Ok::<_, ProposeCouponError>(match propose_coupon(tx, &principal, &act, coupon)? {
                Decision::Done(coupon) => Decision::Done(coupon.id()),
                Decision::AwaitsApproval(task) => Decision::AwaitsApproval(task),
            })
        })
    };
    let decided = desk.site.services().database().write(work).await;
    match decided.map(|decided| decided.decision) {
        Ok(Decision::Done(id)) => {
            let toast = Toast::new(t.coupon_created(&entered.code));
            Ok(desk.done(&href_of(id), &toast))
        }
        Ok(Decision::AwaitsApproval(task)) => Ok(desk.waits(task)),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(HERE.to_owned())),
        Err(OnceError::Other(error)) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, Subject::New(&text), &wrong)),
            None => Err(trouble_of(error, HERE)),
        },
    }
}

async fn load(desk: &Desk, id: CouponId) -> Result<Stored, Trouble> {
    let found = desk.site.services().database().read(move |tx| stored::fetch(tx, id)).await?;
    found.ok_or(Trouble::NotFound)
}

async fn edit(desk: Desk, Path(id): Path<CouponId>) -> Result<Response, Trouble> {
    let stored = load(&desk, id).await?;
    let href = href_of(id);
    let subject = Subject::Known {
        href: &href,
        version: stored.coupon.version.unsigned_abs(),
        is_active: stored.coupon.is_active,
        used: used(&stored, desk.t()),
    };
    let page = desk.coupon_page(&desk.shown_coupon(&stored.coupon), subject);
    Ok(Page(page).into_response())
}

async fn change(
    desk: Desk,
    Path(id): Path<CouponId>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let (t, entered) = (desk.t(), entered(&pairs));
    let version: i64 = pairs.one("version").parse().map_err(|_| Trouble::NotFound)?;
    let (stored, href) = (load(&desk, id).await?, href_of(id));
    let subject = || Subject::Known {
        href: &href,
        version: version.unsigned_abs(),
        is_active: stored.coupon.is_active,
        used: used(&stored, t),
    };
    let wanted = match read(&desk, &entered) {
        Ok(wanted) => wanted,
        Err(wrong) => return Ok(refused(&desk, &entered, subject(), &wrong)),
    };
    let (principal, act) = (desk.member.principal.clone(), desk.act_for(&entered.reason));
    let work = move |tx: &mut Tx<'_>| {
        let edit = |coupon: &mut Coupon| {
            let is_active = coupon.is_active;
            *coupon = Coupon { is_active, ..wanted.clone() };
        };
        propose_edit(tx, &principal, &act, id, version, edit)
    };
    match desk.site.services().database().write(work).await {
        Ok(Decision::Done(coupon)) => {
            Ok(desk.done(&href, &Toast::new(t.coupon_saved(&coupon.code))))
        }
        Ok(Decision::AwaitsApproval(task)) => Ok(desk.waits(task)),
        Err(error) => match refusals(&error, t) {
            Some(wrong) => Ok(refused(&desk, &entered, subject(), &wrong)),
            None => Err(trouble_of(error, &href)),
        },
    }
}

async fn end_or_resume(
    desk: Desk,
    Path((id, verb)): Path<(CouponId, String)>,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Trouble> {
    let is_active = match verb.as_str() {
        "end" => false,
        "resume" => true,
        _ => return Err(Trouble::NotFound),
    };
    let (t, stored, href) = (desk.t(), load(&desk, id).await?, href_of(id));
    let code = stored.coupon.code.clone();
    // An undo comes without the version: it takes back what was done a moment ago.
    let version: i64 = pairs.one("version").parse().unwrap_or(stored.coupon.version);
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work = move |tx: &mut Tx<'_>| {
        let edit = |coupon: &mut Coupon| coupon.is_active = is_active;
        propose_edit(tx, &principal, &act, id, version, edit)
    };
    match desk.site.services().database().write(work).await {
        Ok(Decision::Done(_)) => {
            let (text, back) = match is_active {
                false => (t.coupon_ended_toast(&code), "resume"),
                true => (t.coupon_resumed_toast(&code), "end"),
            };
            let action = format!("{href}/{back}");
            let undo = Undo { action, values: Vec::new(), label: t.undo().to_owned() };
            Ok(desk.done(&href, &Toast { text, undo: Some(undo) }))
        }
        Ok(Decision::AwaitsApproval(task)) => Ok(desk.waits(task)),
        Err(error) => Err(trouble_of(error, &href)),
    }
}
