//! Tax: a rate per country and class, inside the prices or on top of them.
//!
//! Tax is computed per line, after discounts, and rounded half up to the minor unit; the tax of an
//! order is the sum of its lines and its freight. Nothing is computed from a rounded total, so a
//! line's tax never changes because of another line.

use std::collections::BTreeMap;

use super::{BasisPoints, QuoteProblem};
use crate::address::Country;
use crate::code::coded;

/// The rates of every country that is sold to.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxTable {
    /// Countries with rates of their own.
    pub countries: BTreeMap<Country, CountryTax>,
    /// Every other country; none: an order to there is a problem, not a gift of the tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<CountryTax>,
}

/// How a country taxes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryTax {
    /// Whether the prices shown there contain the tax.
    pub mode: TaxMode,
    /// The rate of each class; [`TaxClass::Exempt`] needs none.
    pub rates: BTreeMap<TaxClass, BasisPoints>,
    /// The class that freight belongs to.
    pub freight: TaxClass,
}

coded! {
    /// What kind of goods a SKU is for the tax office.
    enum TaxClass {
        /// Most goods (China: 13 %).
        Standard = "standard",
        /// Food, books and the like (China: 9 %).
        Reduced = "reduced",
        /// The lowest rate above zero (China: 6 %, services).
        Low = "low",
        /// No tax.
        Exempt = "exempt",
    }
}

coded! {
    /// Whether prices contain the tax.
    enum TaxMode {
        /// The price contains the tax.
        Inclusive = "inclusive",
        /// The tax comes on top.
        Exclusive = "exclusive",
    }
}

impl TaxTable {
    /// How a country taxes, or that nobody has said so.
    pub fn of_country(&self, country: Country) -> Result<&CountryTax, QuoteProblem> {
        self.countries
            .get(&country)
            .or(self.elsewhere.as_ref())
            .ok_or(QuoteProblem::NoTaxRate { country, class: None })
    }
}

impl CountryTax {
    /// The rate of a class, if there is one.
    pub fn rate(&self, class: TaxClass) -> Option<BasisPoints> {
        match class {
            TaxClass::Exempt => Some(BasisPoints::ZERO),
            TaxClass::Standard | TaxClass::Reduced | TaxClass::Low => {
                self.rates.get(&class).copied()
            }
        }
    }
}

impl TaxMode {
    /// The tax in or on `net`, which is what remains of the price after discounts.
    pub(super) fn tax(self, net: i64, rate: BasisPoints) -> i64 {
        match self {
            Self::Inclusive => rate.within_half_up(net),
            Self::Exclusive => rate.of_half_up(net),
        }
    }

    /// What the buyer owes for `net` with its `tax`.
    pub(super) const fn total(self, net: i64, tax: i64) -> i64 {
        match self {
            Self::Inclusive => net,
            Self::Exclusive => net + tax,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_inside_a_price_is_extracted_and_tax_on_top_is_added() {
        let rate = BasisPoints::new(1_300).unwrap();
        assert_eq!(TaxMode::Inclusive.tax(11_300, rate), 1_300);
        assert_eq!(TaxMode::Inclusive.total(11_300, 1_300), 11_300);
        assert_eq!(TaxMode::Exclusive.tax(10_000, rate), 1_300);
        assert_eq!(TaxMode::Exclusive.total(10_000, 1_300), 11_300);
    }

    #[test]
    fn a_country_without_rates_is_a_problem_unless_the_table_speaks_for_elsewhere() {
        let export = CountryTax {
            mode: TaxMode::Exclusive,
            rates: BTreeMap::new(),
            freight: TaxClass::Exempt,
        };
        let mut table = TaxTable::default();
        let country = Country::CHINA;
        assert_eq!(
            table.of_country(country),
            Err(QuoteProblem::NoTaxRate { country, class: None })
        );
        table.elsewhere = Some(export.clone());
        assert_eq!(table.of_country(country), Ok(&export));
        assert_eq!(export.rate(TaxClass::Exempt), Some(BasisPoints::ZERO));
        assert_eq!(export.rate(TaxClass::Low), None);
    }

    #[test]
    fn tables_are_stored_as_readable_json() {
        let json = r#"{"countries":{"CN":{"mode":"inclusive","rates":{"standard":1300,"reduced":900},"freight":"reduced"}}}"#;
        let table: TaxTable = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&table).unwrap(), json);
    }
}
