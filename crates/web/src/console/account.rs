//! One's own account: password, second factor, sessions.

use axum::extract::Form;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::access::PasswordError;
use ordermill_app::session::sign_out_others;
use ordermill_app::staff::{self, ChangeStaffError};
use ordermill_domain::ids::StaffId;
use ordermill_pages::Page;
use ordermill_pages::console::Section;
use ordermill_pages::console::account::{AccountPage, Enrollment, PasswordForm, SessionRow};
use ordermill_pages::ui::Toast;
use ordermill_storage::session::{self, Holder, Session};
use ordermill_storage::{Error, Tx, staff as stored};
use serde::Deserialize;

use super::desk::Desk;
use super::route::{Needs, Routes};
use super::trouble::Trouble;

const ACCOUNT: &str = "/console/account";
/// Sessions that are listed.
const SESSIONS_MAX: i64 = 20;

pub(super) fn routes() -> Routes {
    let own = Needs::SignIn;
    Routes::default()
        .get("/console/account", own, show)
        .post("/console/account/password", own, change_password)
        .post("/console/account/totp", own, start_totp)
        .post("/console/account/totp/confirm", own, confirm_totp)
        .post("/console/account/sessions/end", own, end_others)
}

impl Desk {
    fn staff_id(&self) -> StaffId {
        self.member.staff().id
    }

    async fn account(
        &self,
        errors: &[(&'static str, String)],
        enrollment: Option<Enrollment>,
    ) -> Result<AccountPage, Trouble> {
        let (id, t) = (self.staff_id(), self.t());
        let load = move |tx: &mut Tx<'_>| {
            let person = stored::fetch(tx, id)?.ok_or(Error::Stale("a member of staff"))?;
            Ok::<_, Error>((person, session::of(tx, Holder::Staff(id), SESSIONS_MAX)?))
        };
        let (person, sessions) = self.site.services().database().snapshot(load).await?;
        let this = ordermill_app::session::digest_of(&self.member.token);
        let now = self.now();
        let row = |session: &Session| SessionRow {
            browser: browser(&session.user_agent),
            created_at: session.created_at,
            seen_at: session.seen_at,
            is_this: session.digest == this,
        };
        Ok(AccountPage {
            shell: self.shell(),
            frame: self.frame(Section::Account),
            login: person.facts().login.to_string(),
            has_totp: person.facts().has_totp,
            enrollment,
            password: PasswordForm::new(errors, t),
            sessions: sessions.iter().filter(|it| it.expires_at > now).map(row).collect(),
        })
    }
}

/// What a browser is called by people: the whole text is long and says little.
fn browser(user_agent: &str) -> String {
    let known = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome")];
    let name = known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    let name = name.or_else(|| user_agent.contains("Safari/").then_some("Safari"));
    let systems = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"];
    let system = systems.iter().find(|system| user_agent.contains(**system));
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} · {system}"),
        (Some(name), None) => name.to_owned(),
        _ => user_agent.chars().take(40).collect(),
    }
}

async fn show(desk: Desk) -> Result<Response, Trouble> {
    Ok(Page(desk.account(&[], None).await?).into_response())
}

#[derive(Deserialize)]
struct Passwords {
    #[serde(default)]
    present: String,
    #[serde(default)]
    new: String,
}

async fn change_password(desk: Desk, Form(form): Form<Passwords>) -> Result<Response, Trouble> {
    let t = desk.t();
    let (access, id) = (desk.site.services().access(), desk.staff_id());
    let (present, new) = (form.present.into(), form.new.into());
    let changed =
        staff::change_own_password(access, desk.act(), id, present, new, &desk.member.token);
    let wrong = match changed.await {
        Ok(()) => return Ok(desk.done(ACCOUNT, &Toast::new(t.account_changed()))),
        Err(ChangeStaffError::WrongPassword) => ("present", t.account_present_wrong()),
        Err(ChangeStaffError::Password(PasswordError::Weak(_))) => ("new", t.account_new_weak()),
        Err(ChangeStaffError::Password(PasswordError::Overloaded)) => ("", t.account_busy()),
        Err(error) => return Err(trouble_of(error)),
    };
    let page = desk.account(&[(wrong.0, wrong.1.to_owned())], None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
}

async fn start_totp(desk: Desk) -> Result<Response, Trouble> {
    let (vault, id) = (desk.site.services().vault().clone(), desk.staff_id());
    let start = move |tx: &mut Tx<'_>| staff::start_totp(tx, &vault, id);
    let made = desk.site.services().database().write(start).await.map_err(trouble_of)?;
    let (secret, uri) = (made.secret.to_string(), made.uri.to_string());
    let enrollment = Enrollment::new(secret, uri, false, desk.t());
    Ok(secret_page(StatusCode::OK, desk.account(&[], Some(enrollment)).await?))
}

#[derive(Deserialize)]
struct Confirm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    uri: String,
}

async fn confirm_totp(desk: Desk, Form(form): Form<Confirm>) -> Result<Response, Trouble> {
    let (vault, id, act) = (desk.site.services().vault().clone(), desk.staff_id(), desk.act());
    let typed: String = form.code.chars().filter(|c| !c.is_whitespace()).take(16).collect();
    let confirm = move |tx: &mut Tx<'_>| staff::confirm_totp(tx, &vault, &act, id, &typed);
    match desk.site.services().access().administer(confirm).await {
        Ok(()) => Ok(desk.done(ACCOUNT, &Toast::new(desk.t().account_totp_done()))),
        Err(ChangeStaffError::WrongCode) => {
            // What was shown a moment ago is shown again as it was: it is their own.
            let is_ours = form.uri.starts_with("otpauth://totp/");
            let enrollment =
                is_ours.then(|| Enrollment::new(form.secret, form.uri, true, desk.t()));
            let page = desk.account(&[], enrollment).await?;
            Ok(secret_page(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(error) => Err(trouble_of(error)),
    }
}

/// A page with a secret on it, which is kept nowhere.
fn secret_page(status: StatusCode, page: AccountPage) -> Response {
    let mut response = (status, Page(page)).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

async fn end_others(desk: Desk) -> Result<Response, Trouble> {
    let (access, holder) = (desk.site.services().access(), Holder::Staff(desk.staff_id()));
    let ended = sign_out_others(access, holder, &desk.member.token).await?;
    Ok(desk.done(ACCOUNT, &Toast::new(desk.t().account_ended(ended))))
}

/// What the administration of staff refuses, as a page.
pub(super) fn trouble_of(error: ChangeStaffError) -> Trouble {
    match error {
        ChangeStaffError::Forbidden(forbidden) => forbidden.into(),
        ChangeStaffError::NotFound(_) => Trouble::NotFound,
        ChangeStaffError::Storage(error) => error.into(),
        ChangeStaffError::Password(PasswordError::Overloaded) => Trouble::Busy,
        ChangeStaffError::Password(error @ PasswordError::Unreadable) => Trouble::internal(&error),
        ChangeStaffError::LoginTaken(_)
        | ChangeStaffError::Login(_)
        | ChangeStaffError::AdminExists
        | ChangeStaffError::Refused(_)
        | ChangeStaffError::WrongPassword
        | ChangeStaffError::WrongCode
        | ChangeStaffError::Password(PasswordError::Weak(_)) => Trouble::Refused(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_the_names_that_people_know() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome · Linux");
        assert_eq!(browser("Mozilla/5.0 (iPhone; CPU) Version/17 Safari/604"), "Safari · iPhone");
        assert_eq!(browser("curl/8"), "curl/8");
    }
}
