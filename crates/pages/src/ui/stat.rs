use askama::Template;

use crate::ui::Tone;

/// A key figure: value, how it stands against its target, its recent course, and the list behind it.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/stat.html")]
pub struct Stat {
    /// What is counted.
    pub label: String,
    /// The figure, formatted.
    pub value: String,
    /// Against target or last week: "▲ 8.2% on last week".
    pub note: String,
    /// Whether that is good.
    pub tone: Tone,
    /// Recent values, oldest first; fewer than two draw no line.
    pub course: Vec<f64>,
    /// The list behind the figure.
    pub href: String,
}

impl Stat {
    fn points(&self) -> String {
        sparkline(&self.course)
    }
}

/// The points of a line through these values in a box of 120 × 32, for an SVG `polyline`. Empty
/// for fewer than two values; a flat course runs through the middle.
pub fn sparkline(values: &[f64]) -> String {
    let [lowest, highest] = values
        .iter()
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &v| [low.min(v), high.max(v)]);
    let last = values.len().saturating_sub(1);
    if last == 0 {
        return String::new();
    }
    let range = highest - lowest;
    let point = |(index, value): (usize, &f64)| {
        let x = 120.0 * index as f64 / last as f64;
        let share = if range > 0.0 { (value - lowest) / range } else { 0.5 };
        format!("{x:.1},{y:.1}", y = 30.0 - 28.0 * share)
    };
    values.iter().enumerate().map(point).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_fills_its_box_from_left_to_right() {
        assert_eq!(sparkline(&[1.0, 3.0, 2.0]), "0.0,30.0 60.0,2.0 120.0,16.0");
        assert_eq!(sparkline(&[5.0, 5.0]), "0.0,16.0 120.0,16.0");
        assert_eq!(sparkline(&[5.0]), "");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_figure_leads_to_the_list_behind_it() {
        let stat = Stat {
            label: "Late".into(),
            value: "40".into(),
            note: "oldest 14m".into(),
            tone: Tone::Red,
            course: vec![1.0, 2.0],
            href: "/console/orders?view=late".into(),
        };
        let html = stat.to_string();
        assert!(
            html.contains(r#"href="/console/orders?view=late""#) && html.contains("polyline"),
            "{html}"
        );
    }
}
