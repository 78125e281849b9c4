//! Amounts on the wire: a decimal text with its currency, never a float.

use ordermill_base::{Currency, Money};
use serde::Serialize;
use utoipa::ToSchema;

/// An amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// The amount as an exact decimal with the currency's digits after the point.
    #[schema(example = "658.00")]
    pub amount: String,
    /// Three letters of ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.to_decimal(), currency: money.currency.code().to_owned() }
    }
}

impl MoneyView {
    /// From minor units.
    pub fn of(minor: i64, currency: Currency) -> Self {
        Money::new(minor, currency).into()
    }
}
