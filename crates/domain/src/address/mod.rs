//! Addresses of recipients: from the text a channel sends to divisions with codes.
//!
//! A [`RawRecipient`] or [`RawAddress`] holds texts as they came. Validating it gives a [`Recipient`]
//! or [`Address`], or the list of fields that are wrong with what would be right. Text pasted by
//! customer service goes through [`paste::read`] first. What may be shown without a reason is in
//! [`mask`]; what a reviewer should look at is in [`suspicion`].
//!
//! Invariant: an address in China names divisions of the table, each inside the one above it. An
//! address that is read back from storage is trusted, because divisions change and past orders do not.

pub mod country;
pub mod division;
pub mod mask;
pub mod name;
pub mod paste;
pub mod postal;
pub mod problem;
mod raw;
mod region;
pub mod suspicion;
pub(crate) mod text;

use serde::{Deserialize, Serialize};

pub use self::division::province_of;
pub use self::{
    country::Country,
    division::{Division, DivisionCode},
    name::RecipientName,
    problem::{Expected, Field, FieldProblem, ProblemCode},
    raw::{RawAddress, RawRecipient},
};
use crate::phone::Phone;

/// Who receives a parcel, where, and how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The name on the label.
    pub name: RecipientName,
    /// The number the courier calls.
    pub phone: Phone,
    /// Where the parcel goes.
    pub address: Address,
}

/// A validated postal address.
///
/// Hong Kong, Macao and Taiwan have their own [`Country`] code, as customs and carriers want it, and
/// their Chinese province beside it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    country: Country,
    province: Option<Division>,
    city: Option<Division>,
    district: Option<Division>,
    street: Vec<String>,
    postal_code: Option<String>,
}

impl Address {
    /// The most street lines.
    pub const STREET_LINES_MAX: usize = 4;
    /// The most characters of one street line, and of a city or state outside China.
    pub const LINE_CHARS_MAX: usize = 200;

    /// The country or territory.
    pub const fn country(&self) -> Country {
        self.country
    }

    /// The province or state.
    pub const fn province(&self) -> Option<&Division> {
        self.province.as_ref()
    }

    /// The city. A municipality is its own city; so is a county-level city right below a province.
    pub const fn city(&self) -> Option<&Division> {
        self.city.as_ref()
    }

    /// The district or county; a few cities have none.
    pub const fn district(&self) -> Option<&Division> {
        self.district.as_ref()
    }

    /// One to four lines: road, number, building, room.
    pub fn street(&self) -> &[String] {
        &self.street
    }

    /// The postal code as its country writes it.
    pub fn postal_code(&self) -> Option<&str> {
        self.postal_code.as_deref()
    }

    /// The code of the finest division known, to choose locations and carriers by.
    pub fn division_code(&self) -> Option<DivisionCode> {
        [&self.district, &self.city, &self.province]
            .into_iter()
            .find_map(|level| level.as_ref().and_then(|division| division.code))
    }

    /// Province, city and district in one text: `浙江省杭州市西湖区`, or `San Francisco, CA`.
    pub fn region(&self) -> String {
        let levels = [&self.province, &self.city, &self.district];
        let mut names: Vec<&str> = levels.into_iter().flatten().map(|d| d.name.as_str()).collect();
        names.dedup();
        if names.iter().any(|name| text::has_han(name)) {
            names.concat()
        } else {
            names.reverse();
            names.join(", ")
        }
    }

    /// All of it in one line, largest first in Chinese and smallest first elsewhere.
    pub fn one_line(&self) -> String {
        let region = self.region();
        if text::has_han(&region) {
            return format!("{region}{}", self.street.join(" "));
        }
        let street = self.street.join(", ");
        let mut parts = vec![street.as_str(), &region, self.postal_code().unwrap_or_default()];
        parts.retain(|part| !part.is_empty());
        parts.join(", ")
    }

    /// What may be shown to anyone: the region and at most the road (GB/T 41833).
    pub fn masked(&self) -> String {
        let region = self.region();
        if text::has_han(&region) {
            format!("{region}{}", mask::mask_street(&self.street.join(" ")))
        } else {
            format!("{}, {region}", mask::HIDDEN)
        }
    }
}

/// Masked, so that no log ever holds an address.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({}, {})", self.country, self.masked())
    }
}
