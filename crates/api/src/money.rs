//! Amounts on the wire: a decimal text with its currency, never a float.

use ordermill_base::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::FieldError;

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

/// Characters of an amount at most.
const AMOUNT_BYTES_MAX: usize = 24;

/// An amount as a decimal text.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountBody {
    /// With at most the currency's digits after the point.
    #[schema(example = "12.50", max_length = 24)]
    pub amount: String,
    /// Three letters of ISO 4217.
    #[schema(example = "CNY", max_length = 3)]
    pub currency: String,
}

impl AmountBody {
    /// The amount; what is wrong is named below the pointer `at`.
    pub(crate) fn read(&self, at: &str) -> Result<Money, FieldError> {
        let currency: Currency = self.currency.parse().map_err(|_| {
            let detail = "expected a currency that is known here";
            FieldError::new(format!("{at}/currency"), "unknown", detail)
        })?;
        if self.amount.len() > AMOUNT_BYTES_MAX {
            let detail = format!("expected at most {AMOUNT_BYTES_MAX} characters");
            return Err(FieldError::new(format!("{at}/amount"), "out_of_range", detail));
        }
        Money::parse(&self.amount, currency)
            .map_err(|error| FieldError::new(format!("{at}/amount"), "invalid", error.to_string()))
    }
}
