//! The watchlist: who is watched, and what is done about it.

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ordermill_app::once::{Key, OnceError, once};
use ordermill_app::risk::watch::{WatchError, Whom, is_in_force, put, step};
use ordermill_domain::ids::WatchId;
use ordermill_domain::order::OrderNumber;
use ordermill_domain::risk::{SubjectKind, WatchState, WatchStep};
use ordermill_domain::role::Permission;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::admin::Part;
use ordermill_pages::console::watchlist::{
    WatchEntered, WatchRow, WatchlistPage, fields, state, subject,
};
use ordermill_pages::ui::{FormErrors, Pager, Toast};
use ordermill_storage::risk::{self, Stored};
use ordermill_storage::{Error, Tx};
use serde::Deserialize;

use crate::console::desk::Desk;
use crate::console::route::{Needs, Routes};
use crate::console::trouble::Trouble;

/// What the watchlist asks for.
pub(in crate::console) const CHANGE: Needs = Needs::Right(Permission::ChangeRules);
const HERE: &str = "/console/admin/watchlist";
/// Entries on one page.
const ROWS: i64 = 50;

pub(super) fn routes() -> Routes {
    Routes::default().get(HERE, CHANGE, show).post("/console/admin/watchlist", CHANGE, add).post(
        "/console/admin/watchlist/{entry}/{step}",
        CHANGE,
        take_step,
    )
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
    order: String,
}

async fn show(desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let entered = WatchEntered {
        order: asked.order.clone(),
        days: "90".to_owned(),
        key: desk.key(),
        ..WatchEntered::default()
    };
    Ok(Page(page(&desk, asked.before.parse().ok(), &entered, None).await?).into_response())
}

async fn page(
    desk: &Desk,
    before: Option<WatchId>,
    entered: &WatchEntered,
    wrong: Option<(&'static str, &str)>,
) -> Result<WatchlistPage, Trouble> {
    let t = desk.t();
    let load = move |tx: &mut Tx<'_>| risk::list_watch(tx, before, ROWS + 1);
    let mut found = desk.site.services().database().read(load).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|count| count > ROWS);
    found.truncate(usize::try_from(ROWS).unwrap_or(usize::MAX));
    let mut fields = fields(entered, t);
    let errors = match wrong {
        Some((name, text)) => {
            for field in fields.iter_mut().filter(|field| field.name == name) {
                field.error = Some(text.to_owned());
            }
            FormErrors { title: t.form_refused(1), errors: vec![(name, text.to_owned())] }
        }
        None => FormErrors::default(),
    };
    Ok(WatchlistPage {
        shell: desk.shell(),
        frame: desk.frame(Section::Admin),
        parts: desk.parts(Part::Watchlist),
        pager: Pager {
            t,
            summary: t.rules_newest_first().to_owned(),
            first: before.map(|_| HERE.to_owned()),
            next: found
                .last()
                .filter(|_| has_more)
                .map(|last| format!("{HERE}?before={}", last.entry.id)),
            region: "",
        },
        rows: found.iter().map(|stored| row(desk, stored)).collect(),
        errors,
        fields,
        key: entered.key.clone(),
    })
}

fn row(desk: &Desk, Stored { entry, order }: &Stored) -> WatchRow {
    let (t, now) = (desk.t(), desk.now());
    let counts = is_in_force(entry, now);
    let may = |step: WatchStep| counts && entry.state.after(step).is_ok();
    WatchRow {
        id: entry.id.to_string(),
        version: entry.version,
        kind: subject(entry.kind, t),
        number: OrderNumber::from(*order).to_string(),
        reason: entry.reason.clone(),
        state: state(entry.state, !counts && entry.state != WatchState::Lifted, t),
        expires_at: entry.expires_at,
        appeal: entry.appeal.clone(),
        can: [may(WatchStep::Appeal), may(WatchStep::Uphold), may(WatchStep::Lift)],
    }
}

async fn add(desk: Desk, Form(entered): Form<WatchEntered>) -> Result<Response, Trouble> {
    let t = desk.t();
    let refused = async |field, text: &str| {
        let page = page(&desk, None, &entered, Some((field, text))).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
    };
    let Ok(number) = OrderNumber::parse(entered.order.trim()) else {
        return refused("order", t.watch_order_wrong()).await;
    };
    let Ok(kind) = entered.kind.parse::<SubjectKind>() else {
        return refused("kind", t.settings_choose()).await;
    };
    let days = entered.days.trim().parse().unwrap_or(0);
    let whom = Whom { order: number.order_id(), kind, days };
    let (principal, act) = (desk.member.principal.clone(), desk.act_because(entered.reason.trim()));
    let request = format!("{}\n{kind}\n{days}\n{}", entered.order, entered.reason);
    let staff = desk.member.staff().id;
    let key = Key::of_form(staff, "watch", &entered.key, request.as_bytes());
    let work = move |tx: &mut Tx<'_>| {
        once(tx, key.as_ref(), act.at, |tx| put(tx, &principal, &act, whom).map(|id| (id, ())))
    };
    match desk.site.services().database().write(work).await {
        Ok(_) => Ok(desk.done(HERE, &Toast::new(t.watch_done()))),
        Err(OnceError::KeyReused) => Err(Trouble::Refused(HERE.to_owned())),
        Err(OnceError::Other(error)) => match error {
            WatchError::NotFound => refused("order", t.watch_order_wrong()).await,
            WatchError::NoSubject(_) => refused("kind", t.watch_kind_wrong()).await,
            WatchError::Watched(_) => refused("kind", t.watch_already()).await,
            WatchError::Days => refused("days", t.watch_days_wrong()).await,
            WatchError::Words => refused("reason", t.order_remark_missing()).await,
            error => Err(trouble_of(error)),
        },
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepForm {
    version: i64,
    text: String,
}

async fn take_step(
    desk: Desk,
    Path((id, verb)): Path<(WatchId, String)>,
    Form(form): Form<StepForm>,
) -> Result<Response, Trouble> {
    let wanted = WatchStep::from_code(&verb).map_err(|_| Trouble::NotFound)?;
    let (principal, act) = (desk.member.principal.clone(), desk.act());
    let work =
        move |tx: &mut Tx<'_>| step(tx, &principal, &act, (id, form.version), wanted, &form.text);
    desk.site.services().database().write(work).await.map_err(trouble_of)?;
    Ok(desk.done(HERE, &Toast::new(desk.t().watch_done())))
}

fn trouble_of(error: WatchError) -> Trouble {
    match error {
        WatchError::Forbidden(forbidden) => forbidden.into(),
        WatchError::NotFound => Trouble::NotFound,
        WatchError::Changed(_) | WatchError::Storage(Error::Stale(_)) => {
            Trouble::Stale(HERE.to_owned())
        }
        WatchError::Storage(error) => error.into(),
        WatchError::NoSubject(_)
        | WatchError::Watched(_)
        | WatchError::Words
        | WatchError::Days
        | WatchError::Transition(_) => Trouble::Refused(HERE.to_owned()),
    }
}
