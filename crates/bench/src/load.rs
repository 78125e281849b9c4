//! Load: many clients, each asking again as soon as it has its answer, on one thread beside the
//! server.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Histogram;
use crate::client::{Answer, Client};

/// What one client asks, and what it expects.
pub(crate) trait Script: Send + 'static {
    /// Writes the next request; `false` if there is nothing more to ask.
    fn request(&mut self, into: &mut Vec<u8>) -> bool;

    /// Looks at the answer. An error says what is wrong with it.
    fn answer(&mut self, answer: Answer<'_>) -> Result<(), String>;
}

/// A client that asks what it is told to, and expects 200.
#[derive(Debug)]
pub(crate) struct Reads<F>(F);

impl<F: FnMut(&mut Vec<u8>) + Send + 'static> Reads<F> {
    pub(crate) fn new(write: F) -> Self {
        Self(write)
    }
}

impl<F: FnMut(&mut Vec<u8>) + Send + 'static> Script for Reads<F> {
    fn request(&mut self, into: &mut Vec<u8>) -> bool {
        (self.0)(into);
        true
    }

    fn answer(&mut self, answer: Answer<'_>) -> Result<(), String> {
        match answer.status {
            200 => Ok(()),
            status => Err(format!("{status} {}", String::from_utf8_lossy(answer.body))),
        }
    }
}

/// For how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Answers of the first moments are not counted: caches are cold and statements unprepared.
    pub(crate) warm_up: Duration,
    /// Counted behind that. A client whose script ends before, ends before.
    pub(crate) time: Duration,
}

impl Pace {
    pub(crate) fn of(time: Duration) -> Self {
        Self { warm_up: Duration::from_millis(1_000), time }
    }

    /// Until the scripts are over.
    pub(crate) const TO_THE_END: Self =
        Self { warm_up: Duration::ZERO, time: Duration::from_secs(600) };
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Load<S> {
    /// Of the answers that count.
    pub(crate) latencies: Histogram,
    /// Seconds in which they came.
    pub(crate) seconds: f64,
    /// All answers, also those of the first moments.
    pub(crate) requests: u64,
    /// Answers that were not expected.
    pub(crate) errors: u64,
    /// The first of them.
    pub(crate) first_error: Option<String>,
    /// The scripts, with what they have noted.
    pub(crate) scripts: Vec<S>,
}

impl<S> Load<S> {
    /// Refuses a run with an answer that was not expected.
    pub(crate) fn ensure_clean(&self) -> Result<()> {
        match &self.first_error {
            None => Ok(()),
            Some(error) => anyhow::bail!(
                "{} of {} answers were not expected; the first: {error}",
                self.errors,
                self.requests
            ),
        }
    }
}

/// Runs every script on a connection of its own.
pub(crate) fn drive<S: Script>(
    address: SocketAddr,
    scripts: Vec<S>,
    pace: Pace,
) -> Result<Load<S>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = Vec::with_capacity(scripts.len());
        for script in scripts {
            let client = Client::connect(address).await.context("the server does not listen")?;
            clients.push((client, script));
        }
        let began = Instant::now();
        let counted_from = began + pace.warm_up;
        let until = counted_from + pace.time;
        let mut running = tokio::task::JoinSet::new();
        for (client, script) in clients {
            running.spawn(run(client, script, counted_from, until));
        }
        let mut load = Load {
            latencies: Histogram::default(),
            seconds: 0.0,
            requests: 0,
            errors: 0,
            first_error: None,
            scripts: Vec::new(),
        };
        while let Some(ended) = running.join_next().await {
            let ended = ended??;
            load.latencies.merge(&ended.latencies);
            load.requests += ended.requests;
            load.errors += ended.errors;
            load.first_error = load.first_error.or(ended.first_error);
            load.scripts.push(ended.script);
        }
        let counted = Instant::now().min(until).saturating_duration_since(counted_from);
        load.seconds = counted.as_secs_f64();
        Ok(load)
    })
}

struct Ended<S> {
    latencies: Histogram,
    requests: u64,
    errors: u64,
    first_error: Option<String>,
    script: S,
}

async fn run<S: Script>(
    mut client: Client,
    mut script: S,
    counted_from: Instant,
    until: Instant,
) -> Result<Ended<S>> {
    let (mut latencies, mut requests, mut errors) = (Histogram::default(), 0, 0);
    let mut first_error = None;
    let mut request = Vec::with_capacity(2 * 1024);
    let mut asked = Instant::now();
    while asked < until {
        request.clear();
        if !script.request(&mut request) {
            break;
        }
        let answer = client.ask(&request).await.context("the server broke off")?;
        let answered = Instant::now();
        requests += 1;
        if let Err(error) = script.answer(answer) {
            errors += 1;
            first_error.get_or_insert(error);
        }
        if (counted_from..until).contains(&answered) {
            latencies.record(answered - asked);
        }
        asked = answered;
    }
    Ok(Ended { latencies, requests, errors, first_error, script })
}
