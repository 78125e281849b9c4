//! Words in Chinese and English, checked by the compiler.
//!
//! A page declares its words beside its code with [`words!`](crate::words!); each key becomes a
//! method of [`Words`], so a missing key does not compile and a missing language cannot be written.
//!
//! ```ignore
//! words! {
//!     cart_empty = "购物车是空的", "Your cart is empty";
//!     only_left(count) = "仅剩 {count} 件", "Only {count} left" | "Only {count} left";
//!     signed_in_as(name) = "已登录：{name}", "Signed in as {name}";
//! }
//! // In a template: {{ shell.t.cart_empty() }} {{ shell.t.only_left(3) }}
//! ```

/// A language the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// Both, for tests and for the switch.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// What stands in `?lang=` and in the cookie.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The value of the `lang` attribute, BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Its own name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// The language the switch leads to.
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The language with this code, if we speak it.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }
}

/// Every word of the pages in one language. The methods are made by [`words!`](crate::words!).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words {
    /// The language they are in.
    pub language: Language,
}

impl Words {
    /// The words of a language.
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    /// The fitting one of two texts that come from data, such as the two names of a product.
    pub fn pick<T>(self, chinese: T, english: T) -> T {
        match self.language {
            Language::Zh => chinese,
            Language::En => english,
        }
    }
}

/// Declares words: `key = "中文", "English";`. A key may take arguments, written `{name}` in the
/// texts; with `"singular" | "plural"` its one argument is a count.
///
/// Also makes a test: every key is used in a template or in code, and each text is in its language.
#[macro_export]
macro_rules! words {
    ($($key:ident $(($($arg:ident),+))? = $zh:literal, $en:literal $(| $plural:literal)?;)+) => {
        impl $crate::words::Words {
            $($crate::word!($key $(($($arg),+))? $zh, $en $(| $plural)?);)+
        }

        #[cfg(test)]
        #[test]
        fn words_are_used_and_in_both_languages() {
            $crate::words::check(&[$((stringify!($key), $zh, $en)),+]);
        }
    };
}

/// One method of [`words!`](crate::words!).
#[doc(hidden)]
#[macro_export]
macro_rules! word {
    ($key:ident $zh:literal, $en:literal) => {
        #[doc = concat!($zh, " · ", $en)]
        pub fn $key(self) -> &'static str {
            self.pick($zh, $en)
        }
    };
    ($key:ident ($count:ident) $zh:literal, $one:literal | $many:literal) => {
        #[doc = concat!($zh, " · ", $many)]
        pub fn $key(self, $count: impl std::borrow::Borrow<u64>) -> String {
            let $count = *$count.borrow();
            match (self.language, $count) {
                ($crate::words::Language::Zh, _) => format!($zh),
                ($crate::words::Language::En, 1) => format!($one),
                ($crate::words::Language::En, _) => format!($many),
            }
        }
    };
    ($key:ident ($($arg:ident),+) $zh:literal, $en:literal) => {
        #[doc = concat!($zh, " · ", $en)]
        pub fn $key(self, $($arg: impl std::fmt::Display),+) -> String {
            match self.language {
                $crate::words::Language::Zh => format!($zh),
                $crate::words::Language::En => format!($en),
            }
        }
    };
}

/// Fails on a key nobody uses, on an English text with Chinese letters, and on a Chinese text
/// without any.
#[cfg(test)]
pub(crate) fn check(words: &[(&str, &str, &str)]) {
    let sources = crate::testing::sources();
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    for (key, zh, en) in words {
        let call = format!(".{key}(");
        assert!(sources.iter().any(|text| text.contains(&call)), "nobody uses the word {key}");
        assert!(!en.contains(is_chinese), "{key} speaks Chinese in English: {en}");
        let has_letters = zh.chars().any(|letter| letter.is_ascii_lowercase());
        assert!(zh.contains(is_chinese) || !has_letters || zh == en, "{key} is not Chinese: {zh}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_chooses_singular_or_plural() {
        let english = Words::new(Language::En);
        assert_eq!(english.item_count(1), "1 item");
        assert_eq!(english.item_count(2), "2 items");
        assert_eq!(Words::new(Language::Zh).item_count(2), "2 件商品");
    }
}
