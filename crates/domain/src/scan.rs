//! Scans: what a barcode says about the thing that it is on.
//!
//! A scanner hands over the text of a symbol, most often with nothing around it. Digits that are a GTIN
//! name goods; GS1 element strings (GS1 General Specifications, section 3) and GS1 Digital Link
//! addresses also tell lot, last day of sale and serial number. Everything else is a label of the
//! house: a bin, a tote, a pick list, the code of a SKU.
//!
//! Start at [`Scan::read`].

mod element;

use jiff::civil::Date;

use crate::sku::is_gtin;

pub use element::ElementError;

/// The longest text that a symbol is taken to have.
pub const CHARS_MAX: usize = 500;

/// What was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// The barcode of goods.
    Goods(Goods),
    /// A label of the house, in capitals.
    Label(String),
}

/// What a barcode says about goods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Goods {
    /// The GTIN, with zeros before it so that it has 14 digits.
    pub gtin: Gtin,
    /// The lot.
    pub lot: Option<String>,
    /// The last day on which it may be used or is at its best.
    pub expires_on: Option<Date>,
    /// The serial number of this piece.
    pub serial: Option<String>,
}

/// A GTIN of 14 digits, to be compared whichever length was printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Gtin(String);

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits of which the last checks the others.
    pub fn read(text: &str) -> Option<Self> {
        is_gtin(text).then(|| Self(format!("{text:0>14}")))
    }

    /// All 14 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The lengths in which it may have been printed or stored.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        [14, 13, 12, 8].into_iter().filter_map(|length| {
            let (zeros, rest) = self.0.split_at(self.0.len().checked_sub(length)?);
            zeros.bytes().all(|digit| digit == b'0').then_some(rest)
        })
    }
}

impl Scan {
    /// Reads what a scanner has sent: without the line's end, with or without the identifier of the
    /// symbology (`]C1`, `]d2`, `]Q3`, `]e0`, `]E0` …).
    ///
    /// # Errors
    /// If it says that it is of GS1 and is not as GS1 wants it, or if nothing is left.
    pub fn read(text: &str) -> Result<Self, ElementError> {
        let text =
            text.trim_matches(|it: char| it == '\r' || it == '\n' || it == '\t' || it == ' ');
        if text.is_empty() || text.chars().count() > CHARS_MAX {
            return Err(ElementError::Nothing);
        }
        let symbology = text.strip_prefix(']').and_then(|rest| rest.split_at_checked(2));
        if let Some((symbology, data)) = symbology {
            return match symbology {
                "C1" | "e0" | "d2" | "Q3" | "J1" => element::read(data).map(Self::Goods),
                _ => Self::read(data),
            };
        }
        if let Some(gtin) = Gtin::read(text) {
            return Ok(Self::Goods(Goods { gtin, ..Goods::default() }));
        }
        if text.starts_with(element::FNC1) {
            return element::read(text).map(Self::Goods);
        }
        if text.starts_with('(') {
            return element::read_bracketed(text).map(Self::Goods);
        }
        if let Some(path) = element::digital_link(text) {
            return path.map(Self::Goods);
        }
        // Many scanners leave the identifier out: what reads as an element string from the first
        // digit to the last is one.
        let is_bare = text.len() > 16 && text.starts_with("01");
        match is_bare.then(|| element::read(text)) {
            Some(Ok(goods)) => Ok(Self::Goods(goods)),
            Some(Err(_)) | None => Ok(Self::Label(text.to_uppercase())),
        }
    }

    /// Whether it names the label of a bin, a tote or a list.
    pub fn is_label(&self, label: &str) -> bool {
        matches!(self, Self::Label(text) if *text == label.to_uppercase())
    }

    /// Whether it names goods of this GTIN, or is the code of their SKU.
    pub fn is_of(&self, gtin: Option<&str>, code: &str) -> bool {
        match self {
            Self::Goods(goods) => gtin.and_then(Gtin::read).as_ref() == Some(&goods.gtin),
            Self::Label(text) => *text == code.to_uppercase(),
        }
    }
}

#[cfg(test)]
mod tests;
