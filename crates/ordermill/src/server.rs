//! The accept loop: HTTP/1 with limits on everything a client could make endless.
//!
//! hyper's own header timeout does nothing without a timer and counts from the first byte only, so
//! the loop brings both: a timer, and a bound on the silence before the first byte.

mod patience;
mod proxies;
mod wire;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use self::patience::{Pace, Patience};
pub(crate) use self::proxies::{Network, TrustedProxies};
use self::wire::Wire;

/// What one server allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; more wait in the system's queue.
    pub(crate) connections: usize,
    /// From the start of a connection, or of its next request, to the end of the headers.
    pub(crate) headers_within: Duration,
    /// From the signal to stop to the end of what was accepted.
    pub(crate) stop_within: Duration,
    /// Bytes of all headers together.
    pub(crate) header_bytes: usize,
    /// How slow a body may be.
    pub(crate) body: Pace,
    /// For so long a client may leave its answer untouched.
    pub(crate) taken_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            headers_within: Duration::from_secs(10),
            stop_within: Duration::from_secs(10),
            header_bytes: 32 * 1024,
            body: Pace { grace: Duration::from_secs(20), bytes_per_second: 4 * 1024 },
            taken_within: Duration::from_secs(15),
        }
    }
}

/// Serves until `stop` turns true, then finishes what was accepted. Handlers find the address of the client
/// as that of their connection, also behind these proxies.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    proxies: TrustedProxies,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async {
            let place = place.await.ok()?;
            match listener.accept().await {
                Ok((stream, peer)) => Some((place, stream, peer)),
                Err(error) => {
                    // Out of file descriptors, or the client is gone already.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    None
                }
            }
        };
        let next = tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            next = accepted => next,
        };
        let Some((place, stream, peer)) = next else { continue };
        let (router, proxies, stop) = (router.clone(), proxies.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, (peer, proxies), router, limits, stop).await;
            drop(place);
        });
    }
    drop(listener);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits.stop_within, places.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections were cut when the server stopped");
    }
}

async fn connection(
    stream: TcpStream,
    (peer, proxies): (SocketAddr, TrustedProxies),
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    drop(stream.set_nodelay(true));
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request =
            request.map(|body| axum::body::Body::new(Patience::new(body, limits.body)));
        let client = proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, peer.port())));
        router.clone().oneshot(request)
    });
    let stream = Wire::new(stream, limits.taken_within);
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.headers_within)
        .max_buf_size(limits.header_bytes.max(8 * 1024))
        .half_close(false);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        result = serving.as_mut() => log_end(result),
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            log_end(serving.await);
        }
    }
}

/// Until the server is to stop, or whoever could say so is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|is_stopping| *is_stopping).await);
}

fn log_end(result: hyper::Result<()>) {
    if let Err(error) = result {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
    }
}
