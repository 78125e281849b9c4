use askama::Template;

use crate::ui::Tone;

/// Amounts beside each other as horizontal bars, each leading to the list behind it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "ui/meters.html")]
pub struct Meters {
    /// From top to bottom.
    pub meters: Vec<Meter>,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Meter {
    /// What is counted.
    pub name: String,
    /// The list behind it.
    pub href: String,
    /// How long the bar is, 0 to 100.
    pub percent: u8,
    /// What it means.
    pub tone: Tone,
    /// The figure, formatted.
    pub value: String,
    /// What needs care: "9 late". Empty if nothing does.
    pub warning: String,
    /// More about it: "oldest 3h 12m".
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_says_its_figure_and_what_needs_care() {
        let meter = Meter {
            name: "To pick".into(),
            href: "/console/orders?view=pick".into(),
            percent: 40,
            tone: Tone::Amber,
            value: "520".into(),
            warning: "16 late".into(),
            note: "oldest 58m".into(),
        };
        let html = Meters { meters: vec![meter] }.to_string();
        for part in [r#"style="--p:40%""#, "520", "16 late", "oldest 58m", "view=pick"] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
