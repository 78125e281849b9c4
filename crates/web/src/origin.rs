//! Forms come from our own pages only.
//!
//! A browser says where a request comes from, and a page of another site cannot make it say
//! otherwise: `Sec-Fetch-Site` in every current browser, `Origin` in older ones. So a form needs no
//! secret of its own. What sends neither is no browser, carries no cookie by accident, and may pass.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Middleware that refuses whatever changes something and was sent by another site's page.
pub(crate) async fn own_forms_only(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || is_own(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this form was sent by a page of another site").into_response()
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    host.is_some_and(|(_, host)| text("host") == Some(host))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::HeaderValue;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    async fn status_of(headers: &[(&'static str, &'static str)]) -> StatusCode {
        let site = Router::new()
            .route("/cart", post(|| async { "changed" }).get(|| async { "shown" }))
            .layer(axum::middleware::from_fn(own_forms_only));
        let mut request = Request::post("/cart").body(Body::empty()).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        site.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_form_of_another_site_changes_nothing() {
        let ours = ("host", "shop.example");
        for foreign in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            assert_eq!(status_of(&[ours, foreign]).await, StatusCode::FORBIDDEN, "{foreign:?}");
        }
        for own in [("sec-fetch-site", "same-origin"), ("origin", "https://shop.example")] {
            assert_eq!(status_of(&[ours, own]).await, StatusCode::OK, "{own:?}");
        }
    }

    #[tokio::test]
    async fn a_program_that_names_no_origin_may_post() {
        assert_eq!(status_of(&[("host", "shop.example")]).await, StatusCode::OK);
    }
}
