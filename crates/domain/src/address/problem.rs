//! What is wrong with a recipient, field by field, in a form that a page can show and a program can act on.

use serde::Serialize;

/// A field of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "&'static str")]
pub enum Field {
    /// The name on the parcel.
    Name,
    /// The telephone number.
    Phone,
    /// The country or territory.
    Country,
    /// The province, state, prefecture or county.
    Province,
    /// The city or town.
    City,
    /// The district or county below a city.
    District,
    /// The street lines.
    Street,
    /// The postal code.
    PostalCode,
}

impl Field {
    /// The name of the field in a recipient, such as `city`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Country => "country",
            Self::Province => "province",
            Self::City => "city",
            Self::District => "district",
            Self::Street => "street",
            Self::PostalCode => "postal_code",
        }
    }
}

impl From<Field> for &'static str {
    fn from(field: Field) -> Self {
        field.name()
    }
}

/// The kind of a problem: a stable word for programs and translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// Nothing was given.
    Required,
    /// There is no such country or division.
    Unknown,
    /// It exists, but not inside the level above it.
    Mismatch,
    /// Several divisions go by that name; the full name is needed.
    Ambiguous,
    /// It was merged into another division.
    Merged,
    /// It is written in a way the country does not use.
    Format,
    /// It is longer than a label can carry.
    TooLong,
    /// It contains control characters.
    ControlCharacter,
}

impl ProblemCode {
    /// The word, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Unknown => "unknown",
            Self::Mismatch => "mismatch",
            Self::Ambiguous => "ambiguous",
            Self::Merged => "merged",
            Self::Format => "format",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
        }
    }
}

/// What the field should hold instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Printable text of up to so many characters.
    Text {
        /// The most characters.
        chars_max: usize,
    },
    /// One of these, the likeliest first. Divisions elsewhere are given with the levels above them.
    OneOf(Vec<String>),
    /// Something that looks like one of these patterns: `9` a digit, `A` a letter.
    Pattern(String),
    /// A name of a country or its ISO 3166 code.
    Country,
    /// A telephone number with its area or country calling code.
    Phone,
}

/// One field that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} is not valid: {}", field.name(), code.as_str())]
pub struct FieldProblem {
    /// Which field.
    pub field: Field,
    /// What is wrong with it.
    pub code: ProblemCode,
    /// What would be right.
    pub expected: Expected,
}

impl FieldProblem {
    /// A problem of a field.
    pub const fn new(field: Field, code: ProblemCode, expected: Expected) -> Self {
        Self { field, code, expected }
    }
}
