//! A name for every request, found again in logs, answers and the journal.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LENGTH_MAX: usize = 64;

/// The request's name: the client's own if it sent a sensible one, else made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Names the request and tells the client the name.
pub async fn name(mut request: Request, next: Next) -> Response {
    let own = request.headers().get(&HEADER).and_then(|value| value.to_str().ok());
    let id = own.filter(|id| is_sensible(id)).map_or_else(made_here, str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn is_sensible(id: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(is_letter)
}

/// Unique within the process, which the log line names.
fn made_here() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("{:x}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
