//! Signing in and out: password, then the code of an authenticator app where one is set up.

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::session::{
    self, DEVICE_COOKIE, DEVICE_COOKIE_INSECURE, Door, SignIn, SignInError, Step, Ticket,
    cookie_attributes,
};
use ordermill_base::Span;
use ordermill_pages::console::sign_in::{SignInPage, SignInStep};
use ordermill_pages::{Page, Part};
use serde::Deserialize;

use super::desk::{Desk, Member};
use super::route::{Needs, Routes};
use super::trouble::Trouble;
use crate::{Site, Visit};

const HOME: &str = "/console";
/// Holds the proof of the password while the code is typed.
const PROOF_COOKIE: &str = "ordermill-proof";
const PROOF_SECONDS: u32 = 300;
const DEVICE_SECONDS: u32 = 90 * 86_400;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/console/sign-in", Needs::Nothing, show)
        .post("/console/sign-in", Needs::Nothing, enter)
        .get("/console/sign-in/code", Needs::Nothing, show_code)
        .post("/console/sign-in/code", Needs::Nothing, enter_code)
        .post("/console/sign-out", Needs::SignIn, leave)
}

/// What leads whoever is not signed in to the sign-in and, if they asked for a page, back to it.
pub(super) fn asked_for(request: &Request) -> Response {
    let is_fragment = Part::of(request.headers()) == Part::Fragment;
    let here = request.uri().path_and_query().map_or(HOME, |here| here.as_str());
    let href = if request.method() == Method::GET && !is_fragment && here != HOME {
        format!("/console/sign-in?next={}", encoded(here))
    } else {
        "/console/sign-in".to_owned()
    };
    if is_fragment {
        // A region of a page cannot become the sign-in: htmx goes there with the whole page.
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        if let Ok(href) = HeaderValue::from_str(&href) {
            response.headers_mut().insert(HeaderName::from_static("hx-redirect"), href);
        }
        return response;
    }
    Redirect::to(&href).into_response()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

async fn show(State(site): State<Site>, visit: Visit, Query(asked): Query<Asked>) -> Response {
    let step = SignInStep::Password { login: String::new() };
    Page(page(&site, &visit, step, &asked.next)).into_response()
}

async fn show_code(State(site): State<Site>, visit: Visit, Query(asked): Query<Asked>) -> Response {
    if visit.cookie(PROOF_COOKIE).is_none() {
        return Redirect::to("/console/sign-in").into_response();
    }
    Page(page(&site, &visit, SignInStep::Code, &asked.next)).into_response()
}

fn page(site: &Site, visit: &Visit, step: SignInStep, next: &str) -> SignInPage {
    let (shell, next) = (site.shell(visit), way_on(next).to_owned());
    SignInPage { shell, step, errors: Default::default(), next }
}

#[derive(Deserialize)]
struct PasswordForm {
    login: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn enter(
    State(site): State<Site>,
    visit: Visit,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Trouble> {
    let services = site.services();
    let login = form.login.clone();
    let wanted = SignIn {
        login: form.login,
        password: form.password.into(),
        from: visit.visitor.clone(),
        device: visit.cookie(device_cookie(site.is_secure())).map(str::to_owned),
    };
    match session::sign_in(services.access(), wanted, services.now()).await {
        Ok(Step::Done(ticket)) => Ok(entered(&site, &ticket, &form.next)),
        Ok(Step::CodeWanted(proof)) => {
            let href = format!("/console/sign-in/code?next={}", encoded(way_on(&form.next)));
            let mut response = Redirect::to(&href).into_response();
            set_cookie(&mut response, PROOF_COOKIE, &proof, PROOF_SECONDS, site.is_secure());
            Ok(response)
        }
        Err(error) => {
            refused(error, page(&site, &visit, SignInStep::Password { login }, &form.next))
        }
    }
}

#[derive(Deserialize)]
struct CodeForm {
    code: String,
    #[serde(default)]
    next: String,
}

async fn enter_code(
    State(site): State<Site>,
    visit: Visit,
    Form(form): Form<CodeForm>,
) -> Result<Response, Trouble> {
    let services = site.services();
    let Some(proof) = visit.cookie(PROOF_COOKIE) else {
        return Ok(Redirect::to("/console/sign-in").into_response());
    };
    let (access, now) = (services.access(), services.now());
    match session::enter_totp(access, proof, &form.code, &visit.visitor, now).await {
        Ok(ticket) => {
            let mut response = entered(&site, &ticket, &form.next);
            set_cookie(&mut response, PROOF_COOKIE, "", 0, site.is_secure());
            Ok(response)
        }
        Err(error) => refused(error, page(&site, &visit, SignInStep::Code, &form.next)),
    }
}

fn refused(error: SignInError, page: SignInPage) -> Result<Response, Trouble> {
    match error {
        SignInError::Wrong | SignInError::WrongCode => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page.wrong())).into_response())
        }
        SignInError::Wait(wait) => {
            let seconds = wait.as_seconds() + 1;
            let retry_after = [(header::RETRY_AFTER, seconds.to_string())];
            let page = page.locked(Span::seconds(seconds));
            Ok((StatusCode::TOO_MANY_REQUESTS, retry_after, Page(page)).into_response())
        }
        SignInError::Overloaded => Err(Trouble::Busy),
        SignInError::Storage(error) => Err(error.into()),
    }
}

fn entered(site: &Site, ticket: &Ticket, next: &str) -> Response {
    let mut response = Redirect::to(way_on(next)).into_response();
    let is_secure = site.is_secure();
    let cookie = Door::Console.set_cookie(&ticket.token, is_secure);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if let Some(device) = &ticket.device {
        let name = device_cookie(is_secure);
        set_cookie(&mut response, name, device, DEVICE_SECONDS, is_secure);
    }
    response
}

async fn leave(desk: Desk) -> Result<Response, Trouble> {
    let services = desk.site.services();
    let Member { token, .. } = &desk.member;
    session::sign_out(services.access(), token).await?;
    let mut response = Redirect::to("/console/sign-in").into_response();
    let cookie = Door::Console.clear_cookie(desk.site.is_secure());
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    // What this browser still has of the pages is forgotten, also behind the back button.
    let clear = HeaderName::from_static("clear-site-data");
    response.headers_mut().insert(clear, HeaderValue::from_static("\"cache\""));
    Ok(response)
}

fn device_cookie(is_secure: bool) -> &'static str {
    if is_secure { DEVICE_COOKIE } else { DEVICE_COOKIE_INSECURE }
}

fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: u32, is_secure: bool) {
    let attributes = cookie_attributes(is_secure);
    let cookie = format!("{name}={value}; {attributes}; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// A page of the console or of the handheld, whatever the address says: signing in leads to no other site.
fn way_on(next: &str) -> &str {
    let is_of = |root: &str| {
        let rest = next.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    };
    let is_inside = is_of(HOME) || is_of("/pda");
    let is_plain = !next.contains(|c: char| c.is_control() || c == '\\');
    if is_inside && is_plain && !next.starts_with("/console/sign-in") { next } else { HOME }
}

/// A path as the value of a parameter.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_but_into_the_console() {
        for inside in ["/console/orders?view=review", "/pda", "/pda/lists/pkl_1"] {
            assert_eq!(way_on(inside), inside);
        }
        for elsewhere in [
            "",
            "//evil.example/console/",
            "/consolex",
            "/pdax",
            "https://evil.example/console/",
            "/console/\r\nSet-Cookie: a=b",
            "/console/sign-in",
            "/cart",
        ] {
            assert_eq!(way_on(elsewhere), HOME, "{elsewhere:?}");
        }
    }

    #[test]
    fn an_address_survives_being_a_parameter() {
        assert_eq!(encoded("/console/orders?q=茶&x=1"), "/console/orders%3Fq%3D%E8%8C%B6%26x%3D1");
    }
}
