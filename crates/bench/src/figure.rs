//! What a bench found, as one line of JSON or of a table.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Histogram;

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Which bench.
    pub name: String,
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// How many clients at once.
    pub connections: usize,
    /// How many were done in a second.
    pub per_second: f64,
    /// Half were answered within so many milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 were answered within so many milliseconds.
    pub p99_ms: f64,
    /// What the limit does in a second, measured right after.
    pub limit_per_second: Option<f64>,
    /// How much of the limit was reached.
    pub ratio_to_limit: Option<f64>,
    /// What else there is to know: `rss_mb`, `batch`, …
    #[serde(flatten)]
    pub more: BTreeMap<&'static str, f64>,
}

impl Figure {
    /// The figure of `latencies`, all answered within `seconds`.
    pub fn new(
        name: &str,
        engine: &'static str,
        connections: usize,
        latencies: &Histogram,
        seconds: f64,
    ) -> Self {
        Self {
            name: name.to_owned(),
            engine,
            connections,
            per_second: rounded(latencies.count() as f64 / seconds),
            p50_ms: rounded(latencies.percentile_ms(50.0)),
            p99_ms: rounded(latencies.percentile_ms(99.0)),
            limit_per_second: None,
            ratio_to_limit: None,
            more: BTreeMap::new(),
        }
    }

    /// Beside its limit.
    #[must_use]
    pub fn beside(mut self, limit_per_second: f64) -> Self {
        self.limit_per_second = Some(rounded(limit_per_second));
        self.ratio_to_limit = Some(rounded(self.per_second / limit_per_second));
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.more.insert(name, rounded(value));
        self
    }
}

/// Three decimals are more than any measurement is good for.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// Figures as a table to read.
pub fn table(figures: &[Figure]) -> String {
    let mut text = format!(
        "{:<24} {:<9} {:>5} {:>11} {:>9} {:>9} {:>11} {:>6}  more\n",
        "bench", "engine", "conn", "per second", "p50 ms", "p99 ms", "limit", "ratio"
    );
    for figure in figures {
        let optional = |value: Option<f64>, decimals| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
        };
        let more: Vec<String> =
            figure.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
        text.push_str(&format!(
            "{:<24} {:<9} {:>5} {:>11.0} {:>9.2} {:>9.2} {:>11} {:>6}  {}\n",
            figure.name,
            figure.engine,
            figure.connections,
            figure.per_second,
            figure.p50_ms,
            figure.p99_ms,
            optional(figure.limit_per_second, 0),
            optional(figure.ratio_to_limit, 2),
            more.join(" "),
        ));
    }
    text
}
