use askama::Template;
use ordermill_base::Money;

/// The sums of a cart or an order, ending in what is to pay.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/totals.html")]
pub struct Totals {
    /// Goods, discounts, freight; a discount is negative.
    pub lines: Vec<TotalLine>,
    /// "To pay", "Paid".
    pub label: String,
    /// The sum of the lines.
    pub total: Money,
}

/// One line above the total.
#[derive(Debug, Clone)]
pub struct TotalLine {
    /// What it is.
    pub label: String,
    /// How much.
    pub amount: Money,
    /// Instead of a zero amount: "Free".
    pub free: String,
}

impl TotalLine {
    /// A line with its amount.
    pub fn new(label: impl Into<String>, amount: Money) -> Self {
        Self { label: label.into(), amount, free: String::new() }
    }
}
