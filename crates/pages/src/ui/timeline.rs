use askama::Template;

use crate::icon::Icon;
use crate::ui::Tone;

/// What happened, newest first.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/timeline.html")]
pub struct Timeline {
    /// Newest first.
    pub moments: Vec<Moment>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Moment {
    /// What it means.
    pub tone: Tone,
    /// Its picture.
    pub icon: Icon,
    /// What happened.
    pub text: String,
    /// When, who, and further detail: "11-22 23:21 · Chen · Support".
    pub note: String,
    /// Whether the buyer sees it too.
    pub is_public: bool,
}
