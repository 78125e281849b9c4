//! In front of every operation: who calls, whether the key may do this, whether it asks too much.
//!
//! The gate decides before anything of the request's body is read or looked at.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts as _, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_domain::api_key::Scope;

use crate::auth::Caller;
use crate::limits::Limits;
use crate::problem::Problem;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody.
    Nothing,
    /// A key with this scope; what it sees is limited to its channel, if it has one.
    Key(Scope),
    /// A key with this scope that is not of one channel: the thing belongs to all of them.
    WholeKey(Scope),
}

impl Needs {
    /// The scope, if one is needed.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Nothing => None,
            Self::Key(scope) | Self::WholeKey(scope) => Some(scope),
        }
    }
}

/// What the gate knows.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) services: Services,
    pub(crate) limits: Arc<Limits>,
    pub(crate) needs: Needs,
}

/// Lets a request through, or answers it.
pub(crate) async fn check(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.let_through(request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

impl Gate {
    async fn let_through(&self, request: Request, next: Next) -> Result<Response, Problem> {
        if self.needs == Needs::Nothing {
            return Ok(next.run(request).await);
        }
        let (mut parts, body) = request.into_parts();
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let caller = self.caller(&mut parts, address).await?;
        let (running, left) = self.limits.of_key(caller.key_id(), self.services.now())?;
        self.authorize(&caller)?;
        parts.extensions.insert(caller);
        let mut response = next.run(Request::from_parts(parts, body)).await;
        drop(running);
        if let Some(left) = left {
            left.write(response.headers_mut());
        }
        Ok(response)
    }

    /// The caller. Whoever guesses keys is stopped before the database is asked.
    async fn caller(
        &self,
        parts: &mut axum::http::request::Parts,
        address: Option<IpAddr>,
    ) -> Result<Caller, Problem> {
        let now = self.services.now();
        self.limits.of_address(address, now)?;
        let found = Caller::from_request_parts(parts, &self.services).await;
        if found.as_ref().is_err_and(|problem| problem.status == StatusCode::UNAUTHORIZED) {
            self.limits.failed(address, now)?;
        }
        found
    }

    fn authorize(&self, caller: &Caller) -> Result<(), Problem> {
        if let Some(scope) = self.needs.scope() {
            caller.require(scope)?;
        }
        if matches!(self.needs, Needs::WholeKey(_)) && caller.only_channel().is_some() {
            let detail = "this belongs to all channels, and the key is of one";
            return Err(Problem::new(StatusCode::FORBIDDEN, "key_of_one_channel", detail));
        }
        Ok(())
    }
}

/// Headers of every answer: nothing of it is a page, a script or anybody's to frame or sniff. There
/// are no CORS headers: browsers of other sites get nothing.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    closed(next.run(request).await)
}

/// As [`headers`], for an answer that no route gave.
pub(crate) fn closed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
