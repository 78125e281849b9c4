//! What went wrong, as a page of the shop.

use std::time::Duration;

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ordermill_domain::order::OrderNumber;
use ordermill_pages::Page;
use ordermill_pages::shop::problem::ProblemPage;
use ordermill_storage::Error;

use super::Here;
use crate::Site;

/// Why a page cannot be shown.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Nothing is there, or one may not know that something is.
    NotFound,
    /// It needs a customer who is signed in.
    SignInFirst,
    /// What one saw has changed meanwhile.
    Changed {
        /// What is so now, in the visitor's language.
        reason: String,
        /// The page that shows it.
        back: String,
    },
    /// Too much at once; trying again is right.
    Busy,
    /// Our fault.
    Failed,
}

impl Trouble {
    /// The order has changed since the page was made.
    pub(super) fn order_changed(reason: impl Into<String>, number: OrderNumber) -> Self {
        Self::Changed { reason: reason.into(), back: format!("/orders/{number}") }
    }

    /// Our fault, told to the log once.
    pub(super) fn failed(error: impl std::error::Error + 'static) -> Self {
        let error = &error as &dyn std::error::Error;
        tracing::error!(error, "a page of the shop failed");
        Self::Failed
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Overloaded | Error::StorageFull | Error::Unavailable(_) | Error::Conflict => {
                Self::Busy
            }
            error => Self::failed(error),
        }
    }
}

/// Without the page around it, which [`shown`] adds: only there the visitor is known.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst => StatusCode::SEE_OTHER,
            Self::Changed { .. } => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// How long a browser is asked to wait when there is too much at once.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Middleware that shows trouble as a page, in the visitor's language and with the shop around it.
pub(super) async fn shown(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut kept = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(trouble) = response.extensions_mut().remove::<Trouble>() else { return response };
    let Ok(here) = Here::from_request_parts(&mut kept, &site).await;
    let (shell, frame) = (here.shell(), here.frame());
    let back = here.visit.preferences.here.clone();
    let is_reading = kept.method == axum::http::Method::GET;
    let back = if is_reading { back } else { "/cart".to_owned() };
    let request_id = here.visit.request_id.clone();
    let page = match trouble {
        Trouble::NotFound => ProblemPage::not_found(shell, frame),
        Trouble::SignInFirst => return here.lead_to_sign_in(),
        Trouble::Changed { reason, back } => ProblemPage::changed(shell, frame, reason, back),
        Trouble::Busy => ProblemPage::busy(shell, frame, back),
        Trouble::Failed => ProblemPage::failed(shell, frame, request_id, back),
    };
    let mut shown = (response.status(), Page(page)).into_response();
    if shown.status() == StatusCode::SERVICE_UNAVAILABLE {
        shown.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
    }
    shown
}
