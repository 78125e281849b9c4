use std::fmt;

use askama::Template;

use crate::icon::Icon;

/// What a color means, the same on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Done.
    Green,
    /// Moving.
    Blue,
    /// Waits for us.
    Amber,
    /// Broken or late.
    Red,
    /// A person decides.
    Violet,
    /// Closed, or of no urgency.
    Grey,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 6] =
        [Self::Green, Self::Blue, Self::Amber, Self::Red, Self::Violet, Self::Grey];
}

impl fmt::Display for Tone {
    /// The end of its style class: `tone-green`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Violet => "violet",
            Self::Grey => "grey",
        })
    }
}

/// A state: icon, word and tone together, never color alone.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<span class="badge tone-{{ tone }}">{{ icon }}{{ word }}</span>"#
)]
pub struct Badge {
    /// What it means.
    pub tone: Tone,
    /// Its picture.
    pub icon: Icon,
    /// The state in the visitor's language.
    pub word: String,
}

impl Badge {
    /// A badge.
    pub fn new(tone: Tone, icon: Icon, word: impl Into<String>) -> Self {
        Self { tone, icon, word: word.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_says_its_state_in_words_and_escapes_them() {
        let html = Badge::new(Tone::Red, Icon::Alert, "late <1h>").to_string();
        assert!(html.starts_with(r#"<span class="badge tone-red"><svg "#), "{html}");
        assert!(html.ends_with("late &#60;1h&#62;</span>"), "{html}");
    }
}
