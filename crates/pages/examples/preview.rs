//! All pages with sample data, to look at: `cargo run -p ordermill-pages --example preview`.
//!
//! Listens on 127.0.0.1:8090 or the port in the first argument. `/_pages` lists the addresses;
//! forms lead nowhere. Product art, which the program draws elsewhere, is a plain tile here.

use std::net::Ipv4Addr;

use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use ordermill_pages::shell::{Preferences, preferences};
use ordermill_pages::{assets, reply, samples, shop};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8090), |port| port.parse())?;
    let router = Router::new()
        .route("/_pages", get(list))
        .route("/art/{name}", get(art))
        .route("/art/tile/{name}", get(art))
        .fallback(show)
        .merge(assets::router())
        .layer(middleware::from_fn(preferences::remembered))
        .layer(middleware::from_fn(reply::secured));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum::serve(listener, router).await?)
}

/// The sample at this address; a form that is posted shows its page again.
async fn show(preferences: Preferences, request: Request) -> Response {
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str()).to_owned();
    let samples = samples::pages(preferences.language);
    let exact = samples.iter().find(|sample| sample.path == here);
    let path = request.uri().path();
    let Some(sample) = exact.or_else(|| samples.iter().find(|sample| sample.path == path)) else {
        return (StatusCode::NOT_FOUND, "no such sample").into_response();
    };
    let theme = format!("data-theme=\"{}\"", preferences.theme.code());
    let html = sample.html.replacen("data-theme=\"auto\"", &theme, 1);
    Html(html).into_response()
}

async fn list(preferences: Preferences) -> Html<String> {
    let links = samples::pages(preferences.language)
        .into_iter()
        .map(|sample| format!("<li><a href=\"{0}\">{0}</a>", sample.path));
    Html(format!("<!doctype html><title>Pages</title><ul>{}</ul>", links.collect::<String>()))
}

/// A tile instead of the picture that the program would have.
async fn art(Path(name): Path<String>) -> Response {
    let number = name.parse().unwrap_or_else(|_| shop::tile_of(&name));
    ([(header::CONTENT_TYPE, "image/svg+xml")], shop::tile(number)).into_response()
}
