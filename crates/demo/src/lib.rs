//! A believable merchant, made from a seed: what it sells, where it stocks it, who buys, and when.
//!
//! Nothing here touches a database or the network. The structs are plain data in the words of the
//! business; turning them into commands is the work of whoever runs the demo.
//!
//! The [`catalog`] is a fixed text, so its SKUs are the same in every demo.

pub mod art;
pub mod catalog;
mod gtin;

/// A text that people read, in both languages of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The pair of both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}
