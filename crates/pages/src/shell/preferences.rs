//! What a visitor prefers: language and theme, kept in cookies, chosen by a plain link.
//!
//! `?lang=en` or `?theme=dark` on any page sets the cookie and comes back without it; before a
//! choice, the language is the browser's and the theme the device's.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::words::Language;

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    /// Dark on white.
    Light,
    /// Light on near black.
    Dark,
}

impl Theme {
    /// What stands in `?theme=`, in the cookie and in `data-theme`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.code() == code)
    }
}

/// What the request says about its visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// From the cookie, else from the browser.
    pub language: Language,
    /// From the cookie.
    pub theme: Theme,
    /// Path and query of the request.
    pub here: String,
}

impl<S: Sync> FromRequestParts<S> for Preferences {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let here = parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned();
        let language = cookie(&parts.headers, "lang")
            .and_then(Language::from_code)
            .unwrap_or_else(|| spoken(&parts.headers));
        let theme = cookie(&parts.headers, "theme").and_then(Theme::from_code);
        Ok(Self { language, theme: theme.unwrap_or_default(), here })
    }
}

/// Middleware that keeps a choice made by `?lang=` or `?theme=` and leads back to the page.
pub async fn remembered(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let choice = |name| query(uri.query().unwrap_or_default()).find(|(key, _)| *key == name);
    let lang = choice("lang").and_then(|(_, code)| Language::from_code(code)).map(Language::code);
    let theme = choice("theme").and_then(|(_, code)| Theme::from_code(code)).map(Theme::code);
    if request.method() != Method::GET || (lang.is_none() && theme.is_none()) {
        return next.run(request).await;
    }
    // A path of two slashes would lead to another host.
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    let kept: Vec<String> = query(uri.query().unwrap_or_default())
        .filter(|(key, _)| !matches!(*key, "lang" | "theme"))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let back = if kept.is_empty() { path } else { format!("{path}?{}", kept.join("&")) };
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(back) = HeaderValue::from_str(&back) {
        response.headers_mut().insert(header::LOCATION, back);
    }
    for (name, code) in [("lang", lang), ("theme", theme)] {
        let Some(code) = code else { continue };
        let cookie = format!("{name}={code}; Path=/; Max-Age=31536000; SameSite=Lax");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// An address with one parameter set: `with("/cart?x=1", "lang", "en")` is `/cart?x=1&lang=en`.
pub(super) fn with(here: &str, name: &str, value: &str) -> String {
    let (path, old) = here.split_once('?').unwrap_or((here, ""));
    let kept =
        query(old).filter(|(key, _)| *key != name).map(|(key, value)| format!("{key}={value}&"));
    format!("{path}?{}{name}={value}", kept.collect::<String>())
}

/// The parameters of a query, still encoded.
fn query(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The language of ours that the browser likes best; Chinese if it names none of them.
fn spoken(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let mut best = (0.0, Language::default());
    for item in accepted.unwrap_or_default().split(',') {
        let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
        let code = tag.trim().split('-').next().unwrap_or_default();
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        if let Some(language) = Language::from_code(code)
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn preferences(header: (header::HeaderName, &str)) -> Preferences {
        let request = Request::get("/cart?x=1").header(header.0, header.1).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        Preferences::from_request_parts(&mut parts, &()).await.unwrap()
    }

    #[tokio::test]
    async fn the_browser_chooses_the_language_until_the_visitor_does() {
        let asks = |text| preferences((header::ACCEPT_LANGUAGE, text));
        assert_eq!(asks("en-GB,en;q=0.9").await.language, Language::En);
        assert_eq!(asks("fr,zh-CN;q=0.5,en;q=0.3").await.language, Language::Zh);
        assert_eq!(asks("fr").await.language, Language::Zh);
        let chosen = preferences((header::COOKIE, "a=b; lang=en; theme=dark")).await;
        assert_eq!((chosen.language, chosen.theme), (Language::En, Theme::Dark));
        assert_eq!(chosen.here, "/cart?x=1");
    }

    async fn visit(address: &str) -> Response {
        let site = Router::new()
            .route("/{*rest}", get(|| async { "page" }))
            .layer(axum::middleware::from_fn(remembered));
        site.oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_choice_is_remembered_and_leads_back_to_the_page() {
        let response = visit("/search?q=%E8%8C%B6&lang=en").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[header::LOCATION], "/search?q=%E8%8C%B6");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with("lang=en; Path=/"));
    }

    #[tokio::test]
    async fn an_unknown_choice_is_no_choice_and_no_host_is_named() {
        assert_eq!(visit("/search?lang=xx").await.status(), StatusCode::OK);
        let response = visit("//evil.example/?theme=dark").await;
        assert_eq!(response.headers()[header::LOCATION], "/evil.example/");
    }

    #[test]
    fn a_switch_replaces_the_parameter_it_sets() {
        assert_eq!(with("/cart", "lang", "en"), "/cart?lang=en");
        assert_eq!(with("/search?lang=zh&q=tea", "lang", "en"), "/search?q=tea&lang=en");
    }
}
