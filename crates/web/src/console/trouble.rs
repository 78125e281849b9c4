//! What did not work, on its way to a page that explains it.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ordermill_app::permission::Forbidden;
use ordermill_domain::role::{Level, Permission, Role, grants};
use ordermill_pages::console::trouble as page;
use ordermill_pages::shell::Shell;
use ordermill_pages::{Page, states};
use ordermill_storage::Error;

/// Why a page of the console is not shown, or a form not taken.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Nothing is there, or they may not know that something is.
    NotFound,
    /// They lack this right.
    Forbidden(Permission),
    /// Someone else changed it meanwhile; the current state is at this address.
    Stale(String),
    /// The rules refuse what was asked; the thing is at this address.
    Refused(String),
    /// Too many tries.
    TooMany,
    /// Overloaded, or the database is away.
    Busy,
    /// Our mistake; logged where it became this.
    Broken,
}

impl Trouble {
    /// Something of ours failed. The cause is logged here, once, and not told.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a page failed");
        Self::Broken
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Stale(_) | Self::Refused(_) => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page that explains it.
    pub(super) fn explain(self, shell: Shell, request_id: String) -> Response {
        let status = self.status();
        let trouble = match self {
            Self::NotFound => page::Trouble::NotFound,
            Self::Forbidden(permission) => {
                page::Trouble::Forbidden { granted_to: granted_to(permission, shell.t) }
            }
            Self::Stale(href) => page::Trouble::Stale { href },
            Self::Refused(href) => page::Trouble::Refused { href },
            Self::TooMany => page::Trouble::TooMany,
            Self::Busy => page::Trouble::Busy,
            Self::Broken => page::Trouble::Broken,
        };
        let page = page::TroublePage { shell, trouble, request_id };
        let mut response = (status, Page(page)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A region of a page must not be replaced by this page: the whole body is.
        let target = HeaderName::from_static("hx-retarget");
        headers.insert(target, HeaderValue::from_static("body"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// Whoever has a right, in words.
fn granted_to(permission: Permission, t: ordermill_pages::Words) -> String {
    let roles = Role::ALL.into_iter();
    let having = roles.filter(|role| grants(*role, permission).level != Level::Denied);
    let names: Vec<&str> = having.map(|role| states::access::role(role, t)).collect();
    names.join(t.pick("、", ", "))
}

impl IntoResponse for Trouble {
    /// An empty answer that carries it; [`super::desk::around`] fills in the page.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

// No `_` arm: a new kind of failure is given its page here.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match &error {
            Error::StorageFull | Error::Overloaded | Error::Unavailable(_) | Error::Conflict => {
                Self::Busy
            }
            Error::Stale(_) => Self::Stale(String::new()),
            Error::UniqueViolation { .. }
            | Error::RuleViolation { .. }
            | Error::Panicked
            | Error::Unreadable { .. }
            | Error::Defect(_)
            | Error::Engine(_)
            | Error::Address(_) => Self::internal(&error),
        }
    }
}

impl From<Forbidden> for Trouble {
    fn from(Forbidden(permission): Forbidden) -> Self {
        Self::Forbidden(permission)
    }
}
