//! The phone and the mailbox: `/sms` and `/mail` take messages and show them.

use askama::Template;
use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State as Axum};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::page::Lang;
use super::{ApiError, authorize};
use crate::Sandbox;
use crate::messages::{Medium, Message};

const TEXT_MAX: usize = 10_000;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/", get(async || Redirect::to("/sms")))
        .route("/sms", get(list_sms).post(receive_sms))
        .route("/mail", get(list_mail).post(receive_mail))
}

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    lang: Lang,
    is_sms: bool,
    messages: Vec<Message>,
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    lang: Option<String>,
}

async fn list_sms(
    sandbox: Axum<Sandbox>,
    query: Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    list(&sandbox, Medium::Sms, &query, &headers)
}

async fn list_mail(
    sandbox: Axum<Sandbox>,
    query: Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    list(&sandbox, Medium::Mail, &query, &headers)
}

async fn receive_sms(
    sandbox: Axum<Sandbox>,
    headers: HeaderMap,
    body: Result<Json<Message>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    receive(&sandbox, Medium::Sms, &headers, body)
}

async fn receive_mail(
    sandbox: Axum<Sandbox>,
    headers: HeaderMap,
    body: Result<Json<Message>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    receive(&sandbox, Medium::Mail, &headers, body)
}

/// A page for browsers, JSON for everything else.
fn list(
    sandbox: &Sandbox,
    medium: Medium,
    query: &PageQuery,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let messages = sandbox.messages(medium);
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.unwrap_or_default().contains("text/html") {
        return Ok(Json(messages).into_response());
    }
    let lang = Lang::of(query.lang.as_deref(), headers);
    html(&MessagesPage { lang, is_sms: medium == Medium::Sms, messages }, "")
}

fn receive(
    sandbox: &Sandbox,
    medium: Medium,
    headers: &HeaderMap,
    body: Result<Json<Message>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    authorize(sandbox, headers)?;
    let Json(message) = body.map_err(|rejection| {
        ApiError::new(rejection.status(), "invalid_request", rejection.body_text())
    })?;
    let is_address = match medium {
        Medium::Sms => message.to.starts_with('+') && message.to.len() <= 16,
        Medium::Mail => message.to.contains('@') && message.to.len() <= 254,
    };
    if !is_address {
        return Err(ApiError::field("to"));
    }
    if message.text.is_empty() || message.text.len() > TEXT_MAX || message.id.is_empty() {
        return Err(ApiError::field("id or text"));
    }
    sandbox.receive(medium, message);
    Ok(StatusCode::ACCEPTED)
}

/// Answers with a page that may load nothing and run nothing; forms go here and to `form_target`.
pub(super) fn html(page: &impl Template, form_target: &str) -> Result<Response, ApiError> {
    let text = page.render().map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error.to_string())
    })?;
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {form_target}"
    );
    let policy =
        HeaderValue::from_str(policy.trim_end()).map_err(|_| ApiError::field("return_url"))?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, text).into_response())
}
