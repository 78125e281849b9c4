use askama::Template;

use crate::icon::Icon;

/// A list without rows: why, and what to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/empty.html")]
pub struct Empty {
    /// A quiet picture.
    pub icon: Icon,
    /// What is so: "Your cart is empty".
    pub title: String,
    /// Why, or what would change it.
    pub text: String,
    /// The next step: its address and its words.
    pub action: Option<(String, String)>,
}
