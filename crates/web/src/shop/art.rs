//! Pictures of goods, `/art/…`.
//!
//! A picture is found by the digest of its bytes, so a browser may keep it for ever. By the code of
//! its SKU it is found as well, but asked for anew each time. A picture is never a page: whoever
//! opens a drawing gets one that may load nothing and run nothing.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ordermill_app::catalog::image;
use ordermill_pages::shop::{TILES, tile, tile_of};
use ordermill_storage::image as stored;

use crate::Site;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "public, no-cache";
/// A drawing may have colors, and nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/art/{name}", get(show)).route("/art/tile/{number}", get(show_tile))
}

async fn show(State(site): State<Site>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let catalog = site.services().catalog();
    let code = name.strip_suffix(".svg").unwrap_or(&name).to_owned();
    let (wanted, keep) = if image::is_name(&name) {
        (Some(name), FOR_EVER)
    } else {
        let art = catalog.by_code(&code).and_then(|sku| sku.art.clone());
        (art.filter(|art| image::is_name(art)), ASK_AGAIN)
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let etag = wanted.as_ref().map(|wanted| format!("\"{wanted}\""));
    if etag.is_some() && etag.as_deref() == known {
        let headers =
            [(header::CACHE_CONTROL, keep.to_owned()), (header::ETAG, etag.unwrap_or_default())];
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let found = match wanted {
        Some(wanted) => site.services().database().read(move |tx| stored::fetch(tx, &wanted)).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(found)) => {
            let etag = format!("\"{}\"", found.name);
            picture(found.kind.media_type(), keep, etag, found.bytes)
        }
        Ok(None) => {
            let number = tile_of(&code);
            picture("image/svg+xml", ASK_AGAIN, format!("\"tile-{number}\""), tile(number))
        }
        Err(error) => super::Trouble::from(error).into_response(),
    }
}

async fn show_tile(Path(number): Path<u64>) -> Response {
    if number >= TILES {
        return StatusCode::NOT_FOUND.into_response();
    }
    picture("image/svg+xml", FOR_EVER, format!("\"tile-{number}\""), tile(number))
}

fn picture(
    media_type: &'static str,
    keep: &'static str,
    etag: String,
    body: impl IntoResponse,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, etag),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.to_owned()),
    ];
    (headers, body).into_response()
}
