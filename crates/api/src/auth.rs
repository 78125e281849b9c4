//! Who calls: an API key in `Authorization: Bearer …`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use ordermill_app::Services;
use ordermill_app::permission::{KeyHolder, Principal};
use ordermill_domain::actor::Act;
use ordermill_domain::api_key::Scope;
use ordermill_domain::ids::ChannelId;

use crate::problem::Problem;

/// A caller with a valid key.
#[derive(Debug, Clone)]
pub struct Caller {
    principal: Principal,
    key: Arc<KeyHolder>,
    default_channel: ChannelId,
    request_id: Option<String>,
}

impl Caller {
    /// Refuses a caller whose key lacks a scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        self.principal
            .require_scope(scope)
            .map_err(|missing| Problem::new(StatusCode::FORBIDDEN, "scope_missing", missing))
    }

    /// Who it is, for the rules about roles and scopes.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whose idempotency keys these are.
    pub fn key_owner(&self) -> String {
        self.key.id.to_string()
    }

    /// The key's number, by which its requests are counted.
    pub(crate) fn key_id(&self) -> i64 {
        ordermill_base::Id::raw(self.key.id)
    }

    /// The channel in whose name the caller places orders.
    pub fn channel(&self) -> ChannelId {
        self.key.channel.unwrap_or(self.default_channel)
    }

    /// The only channel whose orders the caller may know of; `None` for all.
    pub fn only_channel(&self) -> Option<ChannelId> {
        self.key.channel
    }

    /// What accompanies the caller's command into the journal.
    pub fn act(&self, services: &Services) -> Act {
        Act { request_id: self.request_id.clone(), ..self.principal.act(services.now()) }
    }
}

impl FromRequestParts<Services> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        services: &Services,
    ) -> Result<Self, Self::Rejection> {
        // The gate has looked already.
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let unknown = || {
            let detail = "send a valid API key as Authorization: Bearer omk_…";
            Problem::new(StatusCode::UNAUTHORIZED, "key_unknown", detail)
        };
        let value = parts.headers.get(header::AUTHORIZATION).ok_or_else(unknown)?;
        let presented = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let presented = presented.ok_or_else(unknown)?;
        let principal = services.access().of_api_key(presented, services.now()).await?;
        let Some(Principal::ApiKey(key)) = principal else { return Err(unknown()) };
        let request_id = parts.extensions.get::<crate::RequestId>().map(|id| id.0.clone());
        let principal = Principal::ApiKey(Arc::clone(&key));
        Ok(Self { principal, key, default_channel: services.channels().api, request_id })
    }
}
