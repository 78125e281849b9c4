//! Signing in with a code, `/sign-in`, and out.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use ordermill_app::cart;
use ordermill_app::session::{Door, sign_out as end_session};
use ordermill_app::shopper::{Contact, EnterCodeError, RequestCodeError, enter_code, request_code};
use ordermill_domain::address::Country;
use ordermill_domain::phone::Phone;
use ordermill_pages::Page;
use ordermill_pages::shop::sign_in::{SignInPage, Step};
use ordermill_pages::ui::FormErrors;
use serde::Deserialize;

use super::here::set_cookie;
use super::{Answer, Here, Trouble};
use crate::Site;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/sign-in", get(ask).post(enter))
        .route("/sign-in/code", post(send))
        .route("/sign-out", post(leave))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    then: String,
}

async fn ask(here: Here, Query(asked): Query<Asked>) -> Answer {
    let then = own_path(&asked.then);
    if here.customer.is_some() {
        return Ok(Redirect::to(&then).into_response());
    }
    let step = Step::contact(here.t());
    Ok(page(&here, then, step, StatusCode::OK))
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    then: String,
    contact: String,
    #[serde(default)]
    code: String,
}

async fn send(here: Here, Form(form): Form<SignInForm>) -> Answer {
    let (t, then) = (here.t(), own_path(&form.then));
    let refused = |error: String, status| {
        let mut step = Step::contact(t);
        if let Step::Contact(field) = &mut step {
            field.value.clone_from(&form.contact);
            field.error = Some(error);
        }
        Ok(page(&here, then.clone(), step, status))
    };
    let Some(contact) = contact_of(&form.contact) else {
        return refused(t.contact_wrong().to_owned(), StatusCode::UNPROCESSABLE_ENTITY);
    };
    let services = here.services();
    let (access, notifier) = (services.access(), services.notifier().as_ref());
    let from = &here.visit.visitor;
    match request_code(access, notifier, &contact, from, here.now).await {
        Ok(()) => {
            let step = Step::code(t, form.contact.trim(), masked(&contact));
            Ok(page(&here, then, step, StatusCode::OK))
        }
        Err(RequestCodeError::NotMobile) => {
            refused(t.contact_not_mobile().to_owned(), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(RequestCodeError::Wait(span)) => {
            let span = here.shell().span(&span);
            refused(t.code_wait(span), StatusCode::TOO_MANY_REQUESTS)
        }
        Err(error @ RequestCodeError::Unsent(_)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a code was not sent");
            refused(t.code_unsent().to_owned(), StatusCode::SERVICE_UNAVAILABLE)
        }
        Err(RequestCodeError::Storage(error)) => Err(error.into()),
    }
}

async fn enter(here: Here, Form(form): Form<SignInForm>) -> Answer {
    let (t, then) = (here.t(), own_path(&form.then));
    let contact = contact_of(&form.contact).ok_or(Trouble::NotFound)?;
    let services = here.services();
    let from = &here.visit.visitor;
    let signed_in =
        match enter_code(services.access(), &contact, form.code.trim(), from, here.now).await {
            Ok(signed_in) => signed_in,
            Err(EnterCodeError::Wrong) => {
                let mut step = Step::code(t, form.contact.trim(), masked(&contact));
                if let Step::Code { code, .. } = &mut step {
                    code.error = Some(t.code_wrong().to_owned());
                }
                return Ok(page(&here, then, step, StatusCode::UNPROCESSABLE_ENTITY));
            }
            Err(EnterCodeError::Storage(error)) => return Err(error.into()),
            Err(error @ EnterCodeError::Profile(_)) => return Err(Trouble::failed(error)),
        };
    let (guest, customer, now) = (here.token_of, signed_in.customer, here.now);
    let write = move |tx: &mut ordermill_storage::Tx<'_>| cart::hand_over(tx, guest, customer, now);
    let own = services.database().write(write).await?;
    let cookie = Door::Shop.set_cookie(&signed_in.token, here.site.is_secure());
    let response = set_cookie(&cookie, Redirect::to(&then));
    Ok(match own {
        Some(cart) => here.keeping_cart(cart, response),
        None => response,
    })
}

/// What a customer leaves in the cart stays theirs; the browser forgets it.
async fn leave(here: Here) -> Answer {
    let secure = here.site.is_secure();
    if let Some(token) = here.visit.cookie(Door::Shop.cookie(secure)) {
        end_session(here.services().access(), token).await?;
    }
    let response = set_cookie(&Door::Shop.clear_cookie(secure), Redirect::to("/"));
    Ok(here.forgetting_cart(response))
}

fn contact_of(typed: &str) -> Option<Contact> {
    let typed = typed.trim();
    if typed.contains('@') {
        return typed.parse().ok().map(Contact::Email);
    }
    Phone::parse(typed, Country::CHINA).ok().map(Contact::Phone)
}

fn masked(contact: &Contact) -> String {
    match contact {
        Contact::Phone(phone) => phone.masked(),
        Contact::Email(email) => email.masked(),
    }
}

/// Where to go afterwards: a page of ours, whatever a link says.
fn own_path(then: &str) -> String {
    let is_own = then.starts_with('/')
        && !then.starts_with("//")
        && !then.contains(['\\', '\r', '\n'])
        && !then.starts_with("/sign-");
    if is_own { then.to_owned() } else { "/orders".to_owned() }
}

fn page(here: &Here, then: String, step: Step, status: StatusCode) -> Response {
    let t = here.t();
    let field = match &step {
        Step::Contact(field) => field,
        Step::Code { code, .. } => code,
    };
    let errors = FormErrors::of(t.check_fields(1), [field]);
    let page = SignInPage { then, errors, step, frame: here.frame(), shell: here.shell() };
    (status, Page(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(own_path("/checkout?x=1"), "/checkout?x=1");
        for foreign in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/sign-out"]
        {
            assert_eq!(own_path(foreign), "/orders", "{foreign}");
        }
    }
}
