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
    /// How long was measured.
    pub seconds: f64,
    /// Everything that was asked, also before the measured time.
    pub requests: u64,
    /// Answers that were not expected.
    pub errors: u64,
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
    /// What else there is to know: `server_memory_mb`, `batch`, …
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
            seconds: rounded(seconds),
            requests: latencies.count(),
            errors: 0,
            per_second: rounded(latencies.count() as f64 / seconds),
            p50_ms: rounded(latencies.percentile_ms(50.0)),
            p99_ms: rounded(latencies.percentile_ms(99.0)),
            limit_per_second: None,
            ratio_to_limit: None,
            more: BTreeMap::new(),
        }
    }

    /// The figure of one long piece of work that did `count` things.
    pub(crate) fn once(name: &str, engine: &'static str, count: u64, seconds: f64) -> Self {
        let mut figure = Self::new(name, engine, 1, &Histogram::default(), seconds);
        figure.per_second = rounded(count as f64 / seconds);
        figure.requests = count;
        figure
    }

    /// With all that was asked, and how much of it was not answered as expected.
    #[must_use]
    pub(crate) fn counted(mut self, requests: u64, errors: u64) -> Self {
        (self.requests, self.errors) = (requests, errors);
        self
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

    /// The middle one of several runs of the same bench, value by value.
    ///
    /// # Panics
    /// If there is no run.
    pub fn median(runs: &[Self]) -> Self {
        let middle = |value: &dyn Fn(&Self) -> Option<f64>| {
            let mut values: Vec<f64> = runs.iter().filter_map(value).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let sum = |value: &dyn Fn(&Self) -> u64| runs.iter().map(value).sum();
        let first = runs.first().expect("at least one run");
        let more = first
            .more
            .keys()
            .filter_map(|name| Some((*name, middle(&|run: &Self| run.more.get(name).copied())?)));
        Self {
            name: first.name.clone(),
            seconds: middle(&|run| Some(run.seconds)).unwrap_or_default(),
            requests: sum(&|run| run.requests),
            errors: sum(&|run| run.errors),
            per_second: middle(&|run| Some(run.per_second)).unwrap_or_default(),
            p50_ms: middle(&|run| Some(run.p50_ms)).unwrap_or_default(),
            p99_ms: middle(&|run| Some(run.p99_ms)).unwrap_or_default(),
            limit_per_second: middle(&|run| run.limit_per_second),
            ratio_to_limit: middle(&|run| run.ratio_to_limit),
            more: more.collect(),
            ..*first
        }
    }

    /// The heads of [`Figure::cells`].
    pub const HEADS: [&str; 9] = [
        "bench",
        "engine",
        "connections",
        "per second",
        "p50 ms",
        "p99 ms",
        "limit",
        "ratio",
        "more",
    ];

    /// The figure as people read it.
    pub fn cells(&self) -> [String; 9] {
        let optional = |value: Option<f64>, decimals| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
        };
        // One piece of work has no latencies.
        let latency = |value: f64| optional(Some(value).filter(|value| *value > 0.0), 2);
        let more: Vec<String> =
            self.more.iter().map(|(name, value)| format!("{name}={}", short(*value))).collect();
        [
            self.name.clone(),
            self.engine.to_owned(),
            self.connections.to_string(),
            short(self.per_second),
            latency(self.p50_ms),
            latency(self.p99_ms),
            optional(self.limit_per_second, 0),
            optional(self.ratio_to_limit, 2),
            more.join(" "),
        ]
    }
}

/// Large values without decimals, small ones with two.
fn short(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// Three decimals are more than any measurement is good for.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// Figures as a table for a terminal.
pub fn table(figures: &[Figure]) -> String {
    let rows: Vec<[String; 9]> = std::iter::once(Figure::HEADS.map(str::to_owned))
        .chain(figures.iter().map(Figure::cells))
        .collect();
    let mut text = String::new();
    for row in &rows {
        for (at, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
            let is_text = at < 2 || at == 8;
            text.push_str(&if is_text {
                format!("{cell:<width$}  ")
            } else {
                format!("{cell:>width$}  ")
            });
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Figures as a table of Markdown.
pub fn markdown(figures: &[Figure]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&Figure::HEADS.map(str::to_owned));
    text.push_str("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
    figures.iter().for_each(|figure| text.push_str(&line(&figure.cells())));
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn run(count: u64, batch: f64) -> Figure {
        let mut latencies = Histogram::default();
        (0..count).for_each(|_| latencies.record(Duration::from_millis(2)));
        Figure::new("get", "sqlite", 8, &latencies, 2.0).with("batch", batch)
    }

    #[test]
    fn the_median_is_the_middle_run_and_not_the_mean() {
        let median = Figure::median(&[run(10, 1.0), run(1_000, 2.0), run(20, 30.0)]);
        assert_eq!((median.per_second, median.more["batch"]), (10.0, 2.0));
        assert_eq!(median.requests, 1_030);
    }

    #[test]
    fn tables_have_a_column_for_each_head() {
        let figures = [run(10, 1.0).beside(100.0)];
        insta::assert_snapshot!(markdown(&figures), @r"
        | bench | engine | connections | per second | p50 ms | p99 ms | limit | ratio | more |
        | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
        | get | sqlite | 8 | 5 | 2.02 | 2.02 | 100 | 0.05 | batch=1 |
        ");
        assert_eq!(table(&figures).lines().count(), 2);
    }
}
