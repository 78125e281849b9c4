//! Who comes, before it is known who they are: language, cookies, network address.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ordermill_api::RequestId;
use ordermill_app::session::Visitor;
use ordermill_domain::actor::Act;
use ordermill_pages::Part;
use ordermill_pages::shell::Preferences;

/// What a request says of itself.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Language, theme, and the address asked for.
    pub preferences: Preferences,
    /// The whole page or a block of it.
    pub part: Part,
    /// Under which the logs and the journal know this request.
    pub request_id: String,
    /// Network address and browser.
    pub visitor: Visitor,
    cookies: Vec<(String, String)>,
}

impl Visit {
    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An act of this request, so that the journal leads back to it.
    pub fn name(&self, act: Act) -> Act {
        Act { request_id: Some(self.request_id.clone()), ..act }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let preferences = Preferences::from_request_parts(parts, state).await?;
        let request_id = parts.extensions.get::<RequestId>();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            preferences,
            part: Part::of(&parts.headers),
            request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
            visitor: Visitor {
                address: peer.map(|ConnectInfo(peer)| peer.ip().to_string()).unwrap_or_default(),
                user_agent: agent.unwrap_or_default().to_owned(),
            },
            cookies: cookies(&parts.headers),
        })
    }
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
