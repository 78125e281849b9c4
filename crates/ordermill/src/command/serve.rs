//! `ordermill serve`: the shop, the console, the API and the background work.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use ordermill_base::Random;
use ordermill_vault::OsEntropy;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use super::stop::terminated;
use super::terminal::say;
use crate::config::Settings;
use crate::demo::{self, OwnSandbox};
use crate::partners::{self, SandboxAccount};
use crate::sandbox_carriers;
use crate::server::{self, Limits, TrustedProxies};
use crate::wiring;

/// How long background work has to finish what is under way, all of it together.
const BACKGROUND_WITHIN: Duration = Duration::from_secs(5);
/// When the disk has failed nothing can be finished any more, and the sooner a fresh process starts, the
/// better: requests have so long to be refused.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// What blocks a thread of its own, such as hashing a password, has so long in the end.
const LAST_WITHIN: Duration = Duration::from_secs(2);

/// Serves until the process is told to stop, then finishes what was accepted.
/// `prepare` runs before the shop is opened, and hears its address and the sandbox that it has. A demo has so
/// many orders a minute, and a sandbox of its own unless one is set up.
pub(crate) fn serve(
    settings: &Settings,
    demo_pace: Option<u32>,
    prepare: impl FnOnce(&str, Option<&SandboxAccount>) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    // First of all: whatever is made known to others names the port that we really have.
    let listener = bind(settings.listen())?;
    let listening = listener.local_addr()?;
    let public_url = settings.public_url(listening);
    let configured = settings.sandbox.account(&partners::env)?;
    let own = match demo_pace.is_some() && configured.is_none() {
        true => Some(OwnSandbox::bind(listening, &public_url)?),
        false => None,
    };
    let account = configured.as_ref().or(own.as_ref().map(OwnSandbox::account));
    let jitter = Random::from_seed(seed());
    let partners = partners::connect(&public_url, account, &settings.webhook_allow_hosts, jitter)?;
    // The database is opened before the runtime starts: the driver of PostgreSQL blocks its thread.
    prepare(&public_url, account)?;
    let shop = wiring::open(settings, partners)?;
    if let Some(account) = account {
        sandbox_carriers::keep(&shop.services, account)?;
    }
    if let Some(own) = &own {
        demo::go_on(&shop.services, &own.sandbox())?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let proxies = TrustedProxies::new(&settings.trusted_proxies);
    let result = runtime.block_on(run((listener, proxies), &shop, own, demo_pace));
    // Whatever is still on its way ends before the database closes.
    runtime.shutdown_timeout(LAST_WITHIN);
    shop.services.database().close();
    result
}

/// A listener for the runtime to come.
pub(crate) fn bind(listen: SocketAddr) -> anyhow::Result<StdListener> {
    let listener =
        StdListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A seed that no other process has.
pub(crate) fn seed() -> u64 {
    use ordermill_vault::Entropy as _;
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

async fn run(
    (listener, proxies): (StdListener, TrustedProxies),
    shop: &wiring::Shop,
    own: Option<OwnSandbox>,
    demo_pace: Option<u32>,
) -> anyhow::Result<ExitCode> {
    let told_to_stop = terminated();
    let listener = TcpListener::from_std(listener)?;
    let listening = listener.local_addr()?;
    let (stop, stopping) = watch::channel(false);
    let sandbox = own.as_ref().map(OwnSandbox::sandbox);
    // Aborted with the runtime, after everything that may call it.
    let _sandbox = own.map(OwnSandbox::start).transpose()?;
    let mut background = shop.start_background(&stopping);
    if let Some(orders_a_minute) = demo_pace {
        let life = demo::Life { orders_a_minute, sandbox };
        background.push(tokio::spawn(life.run(shop.services.clone(), stopping.clone())));
    }
    say(format_args!("listening on http://{listening}"));
    let limits = Limits::default();
    let serving = tokio::spawn(server::serve(listener, shop.router(), proxies, limits, stopping));
    let is_failed = wait_for_the_end(shop, told_to_stop).await;
    shop.services.stop();
    stop.send_replace(true);
    let patience = if is_failed { REFUSED_WITHIN } else { Duration::MAX };
    match tokio::time::timeout(patience, serving).await {
        Ok(served) => served.context("the server failed")?,
        Err(_) => tracing::warn!("requests that were under way are cut"),
    }
    let patience = if is_failed { REFUSED_WITHIN } else { BACKGROUND_WITHIN };
    let until = Instant::now() + patience;
    for task in background {
        drop(tokio::time::timeout_at(until, task).await);
    }
    Ok(if is_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Until SIGTERM or Ctrl-C, or until the disk fails in a way that only a fresh start can judge; gives
/// whether it ends in failure.
async fn wait_for_the_end(shop: &wiring::Shop, told_to_stop: impl Future<Output = ()>) -> bool {
    let mut is_lost = shop.services.database().is_lost();
    let mut is_superseded = shop.node.is_lost();
    tokio::select! {
        () = told_to_stop => false,
        _ = is_lost.wait_for(|is_lost| *is_lost) => {
            tracing::error!("the disk failed; start again to see what is really there");
            true
        }
        _ = is_superseded.wait_for(|is_lost| *is_lost) => {
            tracing::error!("another process has taken over this node's number");
            true
        }
    }
}
