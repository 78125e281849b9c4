use askama::Template;

/// Bars from left to right with a line of an earlier time behind them, drawn by the server.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/bar_chart.html")]
pub struct BarChart {
    /// What it shows, with the figures that matter: "Orders per 15 min: 1,204 today, most at 20:15".
    pub label: String,
    /// Oldest first.
    pub bars: Vec<Bar>,
    /// Words of the horizontal axis, spread evenly: "00:00", "06:00".
    pub ticks: Vec<String>,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Which it is, said when pointed at: "20:15 · 98".
    pub title: String,
    /// How high.
    pub value: u64,
    /// How high it was the time before, if that is known.
    pub before: Option<u64>,
}

const HEIGHT: f64 = 100.0;
const STEP: f64 = 10.0;

impl BarChart {
    /// The top of the scale: the next round figure above the highest bar, at least 4.
    fn top(&self) -> u64 {
        let highest =
            self.bars.iter().map(|bar| bar.value.max(bar.before.unwrap_or(0))).max().unwrap_or(0);
        let mut unit = 1;
        loop {
            for step in [4, 6, 8, 10, 20] {
                if unit * step >= highest {
                    return unit * step;
                }
            }
            unit *= 10;
        }
    }

    fn width(&self) -> f64 {
        STEP * self.bars.len().max(1) as f64
    }

    fn y(&self, value: &u64) -> f64 {
        HEIGHT - HEIGHT * *value as f64 / self.top() as f64
    }

    /// The points of the line of the time before; empty if nothing is known of it.
    fn before(&self) -> String {
        let point = |(index, bar): (usize, &Bar)| {
            let x = STEP * (index as f64 + 0.5);
            bar.before.map(|value| format!("{x:.0},{y:.1}", y = self.y(&value)))
        };
        self.bars.iter().enumerate().filter_map(point).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[(u64, Option<u64>)]) -> BarChart {
        let bars = values
            .iter()
            .map(|&(value, before)| Bar { title: format!("{value}"), value, before })
            .collect();
        BarChart { label: "Orders".into(), bars, ticks: vec!["00:00".into()] }
    }

    #[test]
    fn the_scale_ends_at_a_round_figure_above_the_highest() {
        assert_eq!(chart(&[]).top(), 4);
        assert_eq!(chart(&[(3, None)]).top(), 4);
        assert_eq!(chart(&[(57, Some(61))]).top(), 80);
        assert_eq!(chart(&[(100, None)]).top(), 100);
        assert_eq!(chart(&[(101, None)]).top(), 200);
    }

    #[test]
    fn a_bar_is_as_high_as_its_share_of_the_scale() {
        let html = chart(&[(2, None), (4, Some(1))]).to_string();
        assert!(html.contains(r#"<rect x="1" y="50.0" width="8" height="50.0">"#), "{html}");
        assert!(html.contains(r#"<rect x="11" y="0.0" width="8" height="100.0">"#), "{html}");
        assert!(html.contains(r#"points="15,75.0""#), "{html}");
    }
}
