//! The listener: serves the sandbox's HTTP and delivers its notices until it is dropped.
//!
//! Connections are handled here and not by axum's own loop, because a gateway that loses its answer
//! closes the connection without one, which a handler cannot do.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ordermill_base::Span;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use crate::{Config, Sandbox, http};

const CONNECTIONS: usize = 1_024;
const HEADERS_WITHIN: Span = Span::seconds(10);

/// Set on a response whose connection closes instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CloseConnection;

/// Runs a new sandbox on a listener until the future is dropped.
///
/// Fails at once if the configuration is unusable, or if the listener can be reached from other
/// machines and [`Config::allow_remote`] does not say so.
pub async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    Sandbox::new(config)?.serve(listener).await
}

impl Sandbox {
    /// Runs this sandbox on a listener until the future is dropped; see [`serve`].
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() && !self.config().allow_remote {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the sandbox listens on loopback addresses only unless it is told otherwise",
            ));
        }
        self.set_base_url(format!("http://{address}"));
        let post_office = self.post_office();
        let deliver = async {
            match post_office {
                Some(work) => work.await,
                None => std::future::pending().await,
            }
        };
        let drive = async {
            loop {
                self.drive();
                tokio::time::sleep(Span::millis(200).to_std()).await;
            }
        };
        tokio::select! {
            () = deliver => Ok(()),
            () = drive => Ok(()),
            result = self.accept(listener) => result,
        }
    }

    async fn accept(&self, listener: TcpListener) -> io::Result<()> {
        let router = http::router(self.clone());
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // A connection that broke before it was taken, or too many open files: go on.
                Err(_) => {
                    tokio::time::sleep(Span::millis(50).to_std()).await;
                    continue;
                }
            };
            let router = router.clone();
            connections.spawn(async move {
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let router = router.clone();
                    async move {
                        let response: Response = match router.oneshot(request).await {
                            Ok(response) => response,
                            Err(never) => match never {},
                        };
                        match response.extensions().get::<CloseConnection>() {
                            Some(_) => Err(io::Error::other("closed on request")),
                            None => Ok(response),
                        }
                    }
                });
                // An error here is a client that went away, or a connection closed on request.
                let _closed = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEADERS_WITHIN.to_std())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
                drop(place);
            });
            while connections.try_join_next().is_some() {}
        }
    }

    /// Starts a sandbox on a free port of this machine, for tests and demos in one process.
    pub async fn start(config: Config) -> io::Result<Running> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Self::start_on(listener, config)
    }

    /// As [`Sandbox::start`], on a listener that does not block: whoever needs the address before
    /// the runtime has it.
    pub fn start_on(listener: std::net::TcpListener, config: Config) -> io::Result<Running> {
        let sandbox = Self::new(config)?;
        let listener = TcpListener::from_std(listener)?;
        let url = format!("http://{}", listener.local_addr()?);
        let served = sandbox.clone();
        let task = tokio::spawn(async move { served.serve(listener).await });
        Ok(Running { sandbox, url, task })
    }
}

/// A sandbox that serves until this is dropped.
pub struct Running {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// Where it listens, `http://127.0.0.1:40123`.
    pub url: String,
    task: JoinHandle<io::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
