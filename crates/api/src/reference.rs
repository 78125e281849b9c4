//! The reference as pages: `/api` from the document, `/api/problems` from the list of codes. Made
//! here, without scripts and without anything from elsewhere.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::problems::PROBLEMS;

const STYLE: &str = include_str!("reference.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Schemas within schemas are shown so deep; deeper ones by their name.
const DEPTH_MAX: usize = 4;

/// `/api/reference.css`.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, STYLE)
}

/// A page of the reference as it is sent.
pub(crate) fn page(html: String) -> Response {
    let mut response = html.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Escaped, with `code` between backticks.
fn words(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in escaped(text).split('`').enumerate() {
        match at % 2 {
            0 => html.push_str(part),
            _ => {
                let _ = write!(html, "<code>{part}</code>");
            }
        }
    }
    html
}

fn frame(title: &str, nav: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Ordermill</title><link rel=\"stylesheet\" href=\"/api/reference.css\">\
         </head><body><a class=\"skip\" href=\"#main\">Skip to content</a>\
         <header><strong>Ordermill</strong> <a href=\"/api\">Reference</a> \
         <a href=\"/api/problems\">Problems</a> <a href=\"/api/v1/openapi.json\">OpenAPI</a></header>\
         <nav aria-label=\"Contents\">{nav}</nav><main id=\"main\">{main}</main></body></html>"
    )
}

/// `/api/problems`.
pub(crate) fn problems() -> String {
    let mut main = String::from(
        "<h1>Problems</h1><p>Every answer that is not a success is a problem of RFC 9457 \
         (<code>application/problem+json</code>) with one of these codes.</p>",
    );
    let mut nav = String::new();
    for (code, status, about) in PROBLEMS {
        let _ = write!(nav, "<a href=\"#{code}\">{code}</a>");
        let _ = write!(
            main,
            "<section id=\"{code}\"><h2><code>{code}</code> <span class=\"status\">{status}</span>\
             </h2><p>{}</p></section>",
            words(about)
        );
    }
    frame("Problems", &nav, &main)
}

/// `/api`.
pub(crate) fn operations(document: &Value) -> String {
    let about = document["info"]["description"].as_str().unwrap_or_default();
    let mut main = format!("<h1>API reference</h1><p>{}</p>", words(about));
    let mut nav = String::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let about = tag["description"].as_str().unwrap_or_default();
        let _ = write!(nav, "<b>{}</b>", escaped(name));
        let _ = write!(main, "<h2>{}</h2><p>{}</p>", escaped(name), words(about));
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == *name {
                    write_operation(document, (path, method, operation), &mut nav, &mut main);
                }
            }
        }
    }
    frame("API reference", &nav, &main)
}

fn write_operation(
    document: &Value,
    (path, method, operation): (&str, &str, &Value),
    nav: &mut String,
    main: &mut String,
) {
    let text = |name: &str| operation[name].as_str().unwrap_or_default();
    let (id, title) = (escaped(text("operationId")), escaped(text("summary")));
    let method = method.to_uppercase();
    let _ = write!(nav, "<a href=\"#{id}\">{title}</a>");
    let _ = write!(
        main,
        "<section id=\"{id}\"><h3>{title}</h3><p class=\"call\"><b>{method}</b> \
         <code>{}</code></p><p>{}</p>",
        escaped(path),
        words(text("description"))
    );
    if let Some(scope) = operation["security"][0]["api_key"][0].as_str() {
        let _ = write!(main, "<p>Scope <code>{}</code></p>", escaped(scope));
    }
    let parameters: Vec<&Value> =
        operation["parameters"].as_array().into_iter().flatten().collect();
    if !parameters.is_empty() {
        main.push_str("<h4>Parameters</h4><dl>");
        for it in parameters {
            let place = it["in"].as_str().unwrap_or_default();
            let name = it["name"].as_str().unwrap_or_default();
            let about = it["description"].as_str().unwrap_or_default();
            let _ = write!(
                main,
                "<dt><code>{}</code> <span>{} in {}{}</span></dt><dd>{}</dd>",
                escaped(name),
                escaped(&kind_of(&it["schema"])),
                escaped(place),
                if it["required"] == true { ", required" } else { "" },
                words(about)
            );
        }
        main.push_str("</dl>");
    }
    for (media_type, content) in
        operation["requestBody"]["content"].as_object().into_iter().flatten()
    {
        let _ = write!(main, "<h4>Body <span>{}</span></h4>", escaped(media_type));
        write_schema(document, &content["schema"], 0, main);
    }
    main.push_str("<h4>Answers</h4><dl>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let about = response["description"].as_str().unwrap_or_default();
        let _ = write!(main, "<dt><code>{}</code></dt><dd>{}", escaped(status), words(about));
        if status.starts_with('2') {
            for (_, content) in response["content"].as_object().into_iter().flatten() {
                write_schema(document, &content["schema"], 0, main);
            }
        }
        main.push_str("</dd>");
    }
    main.push_str("</dl></section>");
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let reference = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// The fields of an object, each with its type, bounds and words.
fn write_schema(document: &Value, schema: &Value, depth: usize, main: &mut String) {
    let schema = resolved(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        write_schema(document, part, depth, main);
    }
    let alternatives = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array());
    for part in alternatives.flatten().filter(|part| part["type"] != "null") {
        write_schema(document, part, depth, main);
    }
    if !schema["items"].is_null() {
        write_schema(document, &schema["items"], depth, main);
    }
    let Some(fields) = schema["properties"].as_object() else { return };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    main.push_str("<dl class=\"fields\">");
    for (name, field) in fields {
        let inner = resolved(document, field);
        let about = field["description"].as_str().or_else(|| inner["description"].as_str());
        let _ = write!(
            main,
            "<dt><code>{}</code> <span>{}{}</span></dt><dd>{}",
            escaped(name),
            escaped(&kind_of(field)),
            if required.contains(&name.as_str()) { ", required" } else { "" },
            words(about.unwrap_or_default())
        );
        if let Some(example) = field.get("example").or_else(|| inner.get("example")) {
            let _ = write!(main, " <span>e.g.</span> <code>{}</code>", escaped(&plain(example)));
        }
        if depth < DEPTH_MAX {
            write_schema(document, field, depth + 1, main);
        }
        main.push_str("</dd>");
    }
    main.push_str("</dl>");
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The type with its bounds: `string, 1–64`.
fn kind_of(schema: &Value) -> String {
    let name = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
    let mut kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(plain).collect::<Vec<_>>().join(" or "),
        _ => schema["$ref"].as_str().map(name).unwrap_or_default(),
    };
    for name in ["oneOf", "anyOf", "allOf"] {
        for part in schema[name].as_array().into_iter().flatten() {
            let part = kind_of(part);
            if !part.is_empty() {
                let _ = write!(kind, "{}{part}", if kind.is_empty() { "" } else { " or " });
            }
        }
    }
    if let Some(format) = schema["format"].as_str() {
        let _ = write!(kind, " ({format})");
    }
    for (low, high) in
        [("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems")]
    {
        match (schema.get(low), schema.get(high)) {
            (None, None) => {}
            (low, high) => {
                let side = |side: Option<&Value>| side.map(plain).unwrap_or_default();
                let _ = write!(kind, ", {}–{}", side(low), side(high));
            }
        }
    }
    kind
}
