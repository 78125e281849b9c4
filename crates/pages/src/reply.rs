//! How a page goes out: rendered, with the headers that every page has.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

/// A template as an answer: `Page(page)` for the whole, `Page(page.as_list())` for one block.
///
/// A status other than 200 goes in front: `(StatusCode::CONFLICT, Page(page))`.
#[derive(Debug, Clone, Copy)]
pub struct Page<T>(pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => {
                // The same address answers differently by these; nothing personal is kept on the way.
                let headers = [
                    (header::VARY, "HX-Request, HX-Request-Type, Cookie, Accept-Language"),
                    (header::CACHE_CONTROL, "private, no-cache"),
                ];
                (headers, Html(html)).into_response()
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// What is asked for: the whole page, or only the block that an htmx request replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A person came here, or htmx wants the whole body.
    Page,
    /// A control on the page asks for its region.
    Fragment,
}

impl Part {
    /// Reads the headers of htmx.
    pub fn of(headers: &HeaderMap) -> Self {
        let is = |name, expected: &str| headers.get(name).is_some_and(|value| value == expected);
        if is("HX-Request", "true") && !is("HX-Request-Type", "full") {
            Self::Fragment
        } else {
            Self::Page
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Part {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// Nothing but our own files is loaded or run; style attributes may set a variable such as `--p`.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; \
     style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Middleware for every answer of the pages: what a browser may do with it.
pub async fn secured(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(ext = "html", source = "<p>{{ text }}</p>")]
    struct Note {
        text: &'static str,
    }

    #[test]
    fn pages_are_never_kept_by_caches_in_between() {
        let response = Page(Note { text: "<b>" }).into_response();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-cache");
        assert!(response.headers()[header::VARY].to_str().unwrap().contains("HX-Request"));
    }

    #[test]
    fn only_htmx_asking_for_a_region_gets_a_fragment() {
        let part = |names: &[(&'static str, &'static str)]| {
            let headers = names
                .iter()
                .map(|&(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
            Part::of(&headers.collect())
        };
        assert_eq!(part(&[]), Part::Page);
        assert_eq!(part(&[("hx-request", "true")]), Part::Fragment);
        assert_eq!(part(&[("hx-request", "true"), ("hx-request-type", "partial")]), Part::Fragment);
        assert_eq!(part(&[("hx-request", "true"), ("hx-request-type", "full")]), Part::Page);
    }
}
