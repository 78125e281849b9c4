//! Texts that people read, in both languages of the shop.

use serde::{Deserialize, Serialize};

/// The same in Chinese and in English. Either may be empty; then the other is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The Chinese text, or the English one where there is no Chinese.
    pub fn zh(&self) -> &str {
        if self.zh.is_empty() { &self.en } else { &self.zh }
    }

    /// The English text, or the Chinese one where there is no English.
    pub fn en(&self) -> &str {
        if self.en.is_empty() { &self.zh } else { &self.en }
    }

    /// Whether nobody has written anything.
    pub fn is_empty(&self) -> bool {
        self.zh.trim().is_empty() && self.en.trim().is_empty()
    }
}
