//! Figures for Prometheus: requests by route and status, and the writer's work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ordermill_app::Services;
use ordermill_app::channel::{LAG_BOUNDS, LagFigures};

/// Upper bounds of the buckets, in microseconds.
const BUCKETS: [u64; 10] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

/// Counts requests of one server.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Mutex<BTreeMap<String, BTreeMap<u16, Count>>>>);

#[derive(Debug, Clone, Default)]
struct Count {
    total: u64,
    micros: u64,
    buckets: [u64; BUCKETS.len()],
}

impl Requests {
    fn note(&self, route: &str, status: u16, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(route) {
            counts.insert(route.to_owned(), BTreeMap::new());
        }
        let Some(by_status) = counts.get_mut(route) else { return };
        let count = by_status.entry(status).or_default();
        count.total += 1;
        count.micros = count.micros.saturating_add(micros);
        if let Some(bucket) = BUCKETS.iter().position(|&bound| micros <= bound) {
            count.buckets[bucket] += 1;
        }
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        writeln!(text, "# TYPE ordermill_http_request_seconds histogram")?;
        let rows = counts.iter().flat_map(|(route, by_status)| {
            by_status.iter().map(move |(status, count)| (route, status, count))
        });
        for (route, status, count) in rows {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            let mut sum = 0;
            for (bound, bucket) in BUCKETS.iter().zip(count.buckets) {
                sum += bucket;
                let bound = seconds(*bound);
                writeln!(
                    text,
                    "ordermill_http_request_seconds_bucket{{{labels},le=\"{bound}\"}} {sum}"
                )?;
            }
            let total = count.total;
            writeln!(
                text,
                "ordermill_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} {total}"
            )?;
            let spent = seconds(count.micros);
            writeln!(text, "ordermill_http_request_seconds_sum{{{labels}}} {spent}")?;
            writeln!(text, "ordermill_http_request_seconds_count{{{labels}}} {total}")?;
        }
        Ok(())
    }
}

/// How long parcels had been gone when their channel knew it, as this node saw it.
fn write_lags(text: &mut String, lags: LagFigures) -> std::fmt::Result {
    const NAME: &str = "ordermill_channel_sync_seconds";
    writeln!(text, "# TYPE {NAME} histogram")?;
    let mut sum = 0;
    for (bound, bucket) in LAG_BOUNDS.iter().zip(lags.buckets) {
        sum += bucket;
        let bound = seconds(bound.as_micros().unsigned_abs());
        writeln!(text, "{NAME}_bucket{{le=\"{bound}\"}} {sum}")?;
    }
    writeln!(text, "{NAME}_bucket{{le=\"+Inf\"}} {}", lags.count)?;
    writeln!(text, "{NAME}_sum {}", seconds(lags.sum_micros))?;
    writeln!(text, "{NAME}_count {}", lags.count)
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Counts every request under its route's pattern, so that ids do not make a series each.
pub async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    requests.note(route, response.status().as_u16(), start.elapsed());
    response
}

/// The figures as Prometheus reads them.
pub async fn render(State((services, requests)): State<(Services, Requests)>) -> impl IntoResponse {
    let stats = services.database().stats();
    let mut text = String::new();
    let mut counter = |name: &str, value: u64| {
        let _ = writeln!(text, "# TYPE {name} counter\n{name} {value}");
    };
    counter("ordermill_writer_batches_total", stats.batches.load(Ordering::Relaxed));
    counter("ordermill_writer_commands_total", stats.commands.load(Ordering::Relaxed));
    counter("ordermill_writer_refused_total", stats.refused.load(Ordering::Relaxed));
    let _ = requests.write(&mut text);
    let _ = write_lags(&mut text, services.sales_channels().lags());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
