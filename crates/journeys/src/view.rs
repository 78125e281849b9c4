//! Through whose eyes: the screen and the language.

use std::fmt;

/// How a visitor sees the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// What they hold or sit at.
    pub screen: Screen,
    /// What they read.
    pub language: Language,
}

/// A kind of screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 390 × 844 points, touched.
    Phone,
    /// 1440 × 900 points, with a mouse.
    Desktop,
}

/// What the browser asks for in `Accept-Language`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `zh-CN`
    Chinese,
    /// `en-US`
    English,
}

impl View {
    /// A phone in Chinese.
    pub const PHONE_CHINESE: Self = Self { screen: Screen::Phone, language: Language::Chinese };
    /// A phone in English.
    pub const PHONE_ENGLISH: Self = Self { screen: Screen::Phone, language: Language::English };
    /// A desk in Chinese.
    pub const DESKTOP_CHINESE: Self = Self { screen: Screen::Desktop, language: Language::Chinese };
    /// A desk in English.
    pub const DESKTOP_ENGLISH: Self = Self { screen: Screen::Desktop, language: Language::English };
    /// Each screen with each language.
    pub const ALL: [Self; 4] =
        [Self::PHONE_CHINESE, Self::PHONE_ENGLISH, Self::DESKTOP_CHINESE, Self::DESKTOP_ENGLISH];

    /// The one of two texts that this visitor reads.
    pub fn either<'a>(&self, english: &'a str, chinese: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

/// `phone-zh`, fit for a file name.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let screen = match self.screen {
            Screen::Phone => "phone",
            Screen::Desktop => "desktop",
        };
        write!(f, "{screen}-{}", self.either("en", "zh"))
    }
}

impl Screen {
    /// Width and height in points.
    pub(crate) fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desktop => (1440, 900),
        }
    }
}

impl Language {
    /// As in `Accept-Language`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en-US",
        }
    }
}
