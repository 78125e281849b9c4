//! `ordermill bench`: how fast this program is on this machine.

use std::cell::RefCell;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ordermill_bench::{Figure, Machine, Options, Target};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::terminal::{Progress, say};
use crate::cli::Bench;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::server::{self, Limits, TrustedProxies};

/// Measures, and tells what was found.
pub(crate) fn bench(settings: &Settings, what: &Bench) -> anyhow::Result<ExitCode> {
    let machine = Machine::here();
    let target: Target = settings.database.as_deref().unwrap_or("sqlite").parse()?;
    let options = Options {
        target,
        connections: what.connections,
        time: Duration::from_secs(what.seconds.max(1)),
        orders: what.orders,
        instances: what.instances.clone(),
        program: std::env::current_exe().context("cannot find this program's file")?,
        clock: Arc::new(SystemClock),
        progress,
    };
    let mut figures = Vec::new();
    let mut hear = |figure: &Figure| {
        if what.json {
            say(Line { figure, machine: &machine });
        } else {
            tracing::info!("{}", figure.cells().join("  "));
        }
        figures.push(figure.clone());
    };
    if what.name == "all" {
        ordermill_bench::all(&options, what.runs, &mut hear)?;
        if let (Some(postgres), Target::Sqlite(_)) = (&what.postgres, &options.target) {
            let options = Options { target: postgres.parse()?, ..options };
            ordermill_bench::all(&options, what.runs, &mut hear)?;
        }
    } else {
        let runs: anyhow::Result<Vec<Vec<Figure>>> =
            (0..what.runs.max(1)).map(|_| ordermill_bench::run(&what.name, &options)).collect();
        let runs = runs?;
        for index in 0..runs[0].len() {
            let same: Vec<Figure> = runs.iter().map(|run| run[index].clone()).collect();
            hear(&Figure::median(&same));
        }
    }
    if what.markdown {
        say(machine);
        say("");
        say(ordermill_bench::markdown(&figures).trim_end());
    } else if !what.json {
        say(ordermill_bench::table(&figures).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// A figure with what it was measured on.
#[derive(serde::Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    figure: &'a Figure,
    machine: &'a Machine,
}

impl std::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

fn progress(what: &'static str, done: u64, total: u64) {
    thread_local! {
        static SHOWN: RefCell<Option<Progress>> = const { RefCell::new(None) };
    }
    SHOWN.with_borrow_mut(|shown| {
        shown.get_or_insert_with(|| Progress::new(what)).at(done, total);
        if done == total {
            *shown = None;
        }
    });
}

/// The accept loop and the JSON of the API with nothing behind them.
pub(crate) fn serve_nothing(settings: &Settings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(settings.listen()).await?;
        say(format_args!("listening on http://{}", listener.local_addr()?));
        let (stop, stopping) = watch::channel(false);
        let router = ordermill_bench::nothing();
        let (proxies, limits) = (TrustedProxies::default(), Limits::default());
        let serving = tokio::spawn(server::serve(listener, router, proxies, limits, stopping));
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        terminate.recv().await;
        stop.send_replace(true);
        serving.await.context("the server failed")?;
        Ok(ExitCode::SUCCESS)
    })
}
