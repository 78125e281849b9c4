//! Checking out in the own shop: what is offered, before anybody decides. What it costs is told by
//! [`crate::quote`].

use ordermill_domain::address::{Country, division};
use ordermill_domain::order::PaymentTerms;

use crate::Services;

/// A way to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Through the gateway of this name.
    Gateway(String),
    /// At the door.
    CashOnDelivery,
}

/// What cash on delivery is called where gateways have their names.
pub const CASH_ON_DELIVERY: &str = "cash_on_delivery";

impl Method {
    /// Its name.
    pub fn code(&self) -> &str {
        match self {
            Self::Gateway(name) => name,
            Self::CashOnDelivery => CASH_ON_DELIVERY,
        }
    }

    /// When the money comes.
    pub const fn terms(&self) -> PaymentTerms {
        match self {
            Self::Gateway(_) => PaymentTerms::Prepaid,
            Self::CashOnDelivery => PaymentTerms::CashOnDelivery,
        }
    }

    /// Whether it can be chosen for a parcel to this country: couriers collect money at home only.
    pub fn serves(&self, country: Country) -> bool {
        match self {
            Self::Gateway(_) => true,
            Self::CashOnDelivery => country == Country::CHINA,
        }
    }
}

impl Services {
    /// The ways to pay of this installation, the usual one first.
    pub fn payment_methods(&self) -> Vec<Method> {
        let gateways = self.payments().gateways().names().map(str::to_owned);
        gateways.map(Method::Gateway).chain([Method::CashOnDelivery]).collect()
    }
}

/// The region of an address that is not complete yet: `CN-31`, `US-California`, or the country.
pub fn region(country: Country, province: &str) -> String {
    let province = province.trim();
    if country.has_chinese_divisions() {
        let known = division::provinces().iter().find(|known| known.name == province);
        let code = known.map(|known| known.code.get() / 10_000);
        return code.map_or_else(|| country.to_string(), |code| format!("{country}-{code}"));
    }
    if province.is_empty() { country.to_string() } else { format!("{country}-{province}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_known_from_country_and_province_alone() {
        assert_eq!(region(Country::CHINA, "上海市"), "CN-31");
        assert_eq!(region(Country::CHINA, ""), "CN");
        assert_eq!(region(Country::CHINA, "Atlantis"), "CN");
        let america = Country::parse("US").expect("a country");
        assert_eq!(region(america, "California"), "US-California");
    }

    #[test]
    fn couriers_collect_money_at_home_only() {
        let america = Country::parse("US").expect("a country");
        assert!(Method::CashOnDelivery.serves(Country::CHINA));
        assert!(!Method::CashOnDelivery.serves(america));
        assert!(Method::Gateway("sandbox".to_owned()).serves(america));
    }
}
