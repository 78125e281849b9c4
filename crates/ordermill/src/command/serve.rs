//! `ordermill serve`: the shop, the console, the API and the background work.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::terminal::say;
use crate::config::Settings;
use crate::server::{self, Limits};
use crate::wiring;

/// Serves until the process is told to stop, then finishes what was accepted.
/// `prepare` runs before the first request.
pub(crate) fn serve(
    settings: &Settings,
    prepare: impl FnOnce(&wiring::Shop) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    // The database is opened before the runtime starts: the driver of PostgreSQL blocks its thread.
    let shop = wiring::open(settings)?;
    prepare(&shop)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(run(settings, &shop));
    // Whatever is still on its way ends before the database closes.
    runtime.shutdown_timeout(Duration::from_secs(5));
    shop.services.database().close();
    result
}

async fn run(settings: &Settings, shop: &wiring::Shop) -> anyhow::Result<ExitCode> {
    let listen = settings.listen();
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let listening = listener.local_addr()?;
    let (stop, stopping) = watch::channel(false);
    let background = shop.start_background(&stopping);
    say(format_args!("listening on http://{listening}"));
    let serving = tokio::spawn(server::serve(listener, shop.router(), Limits::default(), stopping));
    let code = wait_for_the_end(shop).await;
    shop.services.stop();
    stop.send_replace(true);
    serving.await.context("the server failed")?;
    for task in background {
        drop(tokio::time::timeout(Duration::from_secs(5), task).await);
    }
    Ok(code)
}

/// Until SIGTERM or Ctrl-C, or until the disk fails in a way that only a fresh start can judge.
async fn wait_for_the_end(shop: &wiring::Shop) -> ExitCode {
    let mut is_lost = shop.services.database().is_lost();
    let mut is_superseded = shop.node.is_lost();
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => ExitCode::SUCCESS,
        _ = tokio::signal::ctrl_c() => ExitCode::SUCCESS,
        _ = is_lost.wait_for(|is_lost| *is_lost) => {
            tracing::error!("the disk failed; start again to see what is really there");
            ExitCode::FAILURE
        }
        _ = is_superseded.wait_for(|is_lost| *is_lost) => {
            tracing::error!("another process has taken over this node's number");
            ExitCode::FAILURE
        }
    }
}
