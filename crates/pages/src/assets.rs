//! Styles, scripts, letters and icons: part of the binary, served at `/a/{hash}/{name}`.
//!
//! The hash is of the content, so an answer may be kept forever and a new release is seen at once.
//! Style sheets are kept as one file per subject and served joined.

use std::borrow::Cow;
use std::io::Write;
use std::sync::{LazyLock, OnceLock};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The route of all assets. It needs no state, so it merges into any router.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/a/{hash}/{name}", get(serve))
}

/// Where an asset is found: `/a/{hash}/{name}`.
///
/// # Panics
/// If there is no such asset: its name is written in a template, so this is a slip of the pen.
pub fn href(name: &str) -> &'static str {
    &find(name).unwrap_or_else(|| panic!("no asset is called {name}")).href
}

/// One file as served.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    href: String,
    bytes: Cow<'static, [u8]>,
    gzip: OnceLock<Vec<u8>>,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let inter = Asset::new(
        "inter.woff2",
        "font/woff2",
        &include_bytes!("../assets/vendor/inter-5.3.0/inter-latin-wght-normal.woff2")[..],
    );
    let tokens = include_str!("../assets/css/tokens.css").replace("inter.woff2", &inter.href);
    let base = include_str!("../assets/css/base.css");
    let ui = [
        &tokens,
        base,
        include_str!("../assets/css/parts.css"),
        include_str!("../assets/css/console.css"),
        include_str!("../assets/css/shop.css"),
    ];
    let mobile = [&tokens, base, include_str!("../assets/css/mobile.css")];
    vec![
        Asset::new("ui.css", "text/css; charset=utf-8", ui.concat().into_bytes()),
        Asset::new("mobile.css", "text/css; charset=utf-8", mobile.concat().into_bytes()),
        Asset::new("icons.svg", "image/svg+xml", crate::icon::sprite().into_bytes()),
        Asset::new("app.js", JAVASCRIPT, &include_bytes!("../assets/js/app.js")[..]),
        Asset::new("console.js", JAVASCRIPT, &include_bytes!("../assets/js/console.js")[..]),
        Asset::new("pda.js", JAVASCRIPT, &include_bytes!("../assets/js/pda.js")[..]),
        Asset::new("bench.js", JAVASCRIPT, &include_bytes!("../assets/js/bench.js")[..]),
        Asset::new("scan.js", JAVASCRIPT, &include_bytes!("../assets/js/scan.js")[..]),
        Asset::new("hand.js", JAVASCRIPT, &include_bytes!("../assets/js/hand.js")[..]),
        Asset::new("pick.js", JAVASCRIPT, &include_bytes!("../assets/js/pick.js")[..]),
        Asset::new("live.js", JAVASCRIPT, &include_bytes!("../assets/js/live.js")[..]),
        Asset::new(
            "htmx.js",
            JAVASCRIPT,
            &include_bytes!("../assets/vendor/htmx-4.0.1/htmx.min.js")[..],
        ),
        Asset::new("mark.svg", "image/svg+xml", &include_bytes!("../assets/mark.svg")[..]),
        inter,
    ]
});

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

impl Asset {
    fn new(
        name: &'static str,
        content_type: &'static str,
        bytes: impl Into<Cow<'static, [u8]>>,
    ) -> Self {
        let bytes = bytes.into();
        let href = format!("/a/{:016x}/{name}", fingerprint(&bytes));
        Self { name, content_type, href, bytes, gzip: OnceLock::new() }
    }

    /// The bytes to send and how they are packed. Packing happens once, at the first request.
    fn packed_for(&'static self, accepted: &str) -> (&'static [u8], Option<&'static str>) {
        let accepts = |encoding| accepted.split(',').any(|item| item.trim() == encoding);
        if self.content_type == "font/woff2" {
            (&self.bytes, None)
        } else if accepts("gzip") {
            (self.gzip.get_or_init(|| gzip(&self.bytes)), Some("gzip"))
        } else {
            (&self.bytes, None)
        }
    }
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = find(&name) else { return StatusCode::NOT_FOUND.into_response() };
    // A page of the release before may ask for the old content: it gets the new one, unkept.
    let is_current = asset.href.strip_prefix("/a/").is_some_and(|href| href.starts_with(&hash));
    let keep = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let etag = format!("\"{}\"", &asset.href[3..19]);
    let common = [
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, etag.clone()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if text(header::IF_NONE_MATCH) == etag {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let (bytes, encoding) = asset.packed_for(text(header::ACCEPT_ENCODING));
    let mut response =
        (common, [(header::CONTENT_TYPE, asset.content_type)], bytes).into_response();
    if let Some(encoding) = encoding {
        let encoding = header::HeaderValue::from_static(encoding);
        response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
    }
    response
}

/// FNV-1a, 64 bits: tells two releases of our own files apart, nothing more.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("writing to memory does not fail");
    packer.finish().expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str, accept: &str) -> Response {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, accept);
        let request = request.body(Body::empty()).unwrap();
        router::<()>().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn current_assets_are_kept_forever_and_packed() {
        let response = get(href("ui.css"), "gzip, deflate, br").await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(
            response.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let packed = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(packed.len() < 12_000, "ui.css grew to {} bytes", packed.len());
    }

    #[tokio::test]
    async fn an_old_address_gets_the_new_content_unkept() {
        let response = get("/a/0000000000000000/app.js", "").await;
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
    }

    #[tokio::test]
    async fn an_unchanged_asset_is_not_sent_again() {
        let first = get(href("app.js"), "").await;
        let etag = first.headers()[header::ETAG].clone();
        let again = Request::get(href("app.js")).header(header::IF_NONE_MATCH, etag);
        let again = router::<()>().oneshot(again.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn unknown_assets_are_not_found() {
        assert_eq!(get("/a/0000000000000000/nothing.js", "").await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn our_own_scripts_stay_small() {
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            let limit = if asset.name == "htmx.js" { 40_000 } else { 6 * 1024 };
            assert!(asset.bytes.len() <= limit, "{} has {} bytes", asset.name, asset.bytes.len());
        }
    }

    /// Relative luminance by WCAG 2 of a color written as `#rrggbb`.
    fn luminance(color: &str) -> f64 {
        let channel = |start: usize| {
            let value = u8::from_str_radix(&color[start..start + 2], 16).unwrap();
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn text_is_readable_on_every_surface_in_light_and_dark() {
        let css = include_str!("../assets/css/tokens.css");
        let token = |name: &str, theme: usize| {
            let value = css.split(&format!("--{name}: light-dark(")).nth(1).unwrap();
            value.split(')').next().unwrap().split(", ").nth(theme).unwrap()
        };
        let texts = ["text", "muted", "subtle", "accent", "red", "amber", "green"];
        let surfaces = ["background", "surface", "sunken", "side"];
        let plain = texts.iter().flat_map(|text| surfaces.map(|surface| (*text, surface)));
        let toned = [
            ("green", "green-soft"),
            ("blue", "blue-soft"),
            ("amber", "amber-soft"),
            ("red", "red-soft"),
            ("violet", "violet-soft"),
            ("grey", "grey-soft"),
            ("accent", "accent-soft"),
            ("text", "red-soft"),
            ("on-accent", "accent"),
            ("on-accent", "accent-hover"),
        ];
        for (text, surface) in plain.chain(toned) {
            for theme in [0, 1] {
                let (a, b) = (luminance(token(text, theme)), luminance(token(surface, theme)));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{text} on {surface}, theme {theme}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn colors_are_named_in_the_tokens_only() {
        for (name, css) in [
            ("base", include_str!("../assets/css/base.css")),
            ("parts", include_str!("../assets/css/parts.css")),
            ("console", include_str!("../assets/css/console.css")),
        ] {
            let raw = css.lines().find(|line| line.contains(": #") || line.contains(" rgb("));
            assert_eq!(raw, None, "{name}.css");
        }
    }
}
