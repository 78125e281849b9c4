//! Finding goods by what people type: names in both languages, codes, barcodes.
//!
//! The texts are made once for a catalog, at its first search. A word counts as found if it is part
//! of a text; of a longer Chinese word most pairs of letters are enough, since Chinese is written
//! without spaces and people leave out what stands between.

use std::sync::Arc;

use ordermill_domain::sku::Sku;

use super::Catalog;

/// Words of one search that are looked at.
const WORDS_MAX: usize = 8;
/// Letters of one search that are looked at.
const LETTERS_MAX: usize = 100;

/// What is searched in, for each SKU of a catalog in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts(Arc<[Text]>);

#[derive(Debug, Clone)]
struct Text {
    /// Name and variant, folded.
    name: Box<str>,
    /// Everything else.
    rest: Box<str>,
}

impl Texts {
    pub(super) fn of(catalog: &Catalog) -> Self {
        Self(catalog.skus.iter().map(|sku| Text::of(catalog, sku)).collect())
    }
}

impl Text {
    fn of(catalog: &Catalog, sku: &Sku) -> Self {
        let category = catalog.category(sku.category);
        let (zh, en) = category.map_or(("", ""), |it| (it.name.zh(), it.name.en()));
        let name = format!("{} {} {} {}", sku.name.zh, sku.name.en, sku.variant.zh, sku.variant.en);
        let rest = format!("{} {} {zh} {en}", sku.code, sku.gtin.as_deref().unwrap_or_default());
        Self { name: fold(&name).into(), rest: fold(&rest).into() }
    }

    /// How well it fits: 0 if a word is in none of its texts.
    fn score(&self, words: &[String]) -> u32 {
        let mut score = 0;
        for word in words {
            score += match (has(&self.name, word), has(&self.rest, word)) {
                (true, _) => 4,
                (false, true) => 3,
                (false, false) if has_most_pairs(&self.name, word) => 2,
                _ => return 0,
            };
        }
        score
    }
}

impl Catalog {
    /// The SKUs on sale that fit what somebody typed, best first; at most `limit`. A whole code or
    /// barcode finds its SKU alone.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<&Sku> {
        let typed = typed.trim();
        let exact = self.by_code(typed).or_else(|| self.by_gtin(typed));
        if let Some(exact) = exact.filter(|sku| sku.is_active) {
            return vec![exact];
        }
        let short: String = typed.chars().take(LETTERS_MAX).collect();
        let words: Vec<String> =
            fold(&short).split_whitespace().take(WORDS_MAX).map(str::to_owned).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let texts = self.texts.get_or_init(|| Texts::of(self));
        let fitting = self.skus.iter().zip(texts.0.iter());
        let mut found: Vec<(u32, &Sku)> = fitting
            .filter(|(sku, _)| sku.is_active)
            .map(|(sku, text)| (text.score(&words), sku.as_ref()))
            .filter(|(score, _)| *score > 0)
            .collect();
        // The sort is stable: among equals the order of the catalog stays.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.truncate(limit);
        found.into_iter().map(|(_, sku)| sku).collect()
    }
}

/// Small letters, of normal width, with spaces for punctuation.
fn fold(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{3000}' | ',' | '，' | '、' | '·' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        other => other,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// A plural finds its singular, too.
fn has(text: &str, word: &str) -> bool {
    let singular = word.strip_suffix('s').filter(|stem| stem.len() >= 3 && stem.is_ascii());
    text.contains(word) || singular.is_some_and(|stem| text.contains(stem))
}

/// Of a Chinese word of three letters or more, three of five pairs.
fn has_most_pairs(text: &str, word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 || word.is_ascii() {
        return false;
    }
    let pairs = letters.windows(2).map(|pair| pair.iter().collect::<String>());
    let found = pairs.filter(|pair| text.contains(pair.as_str())).count();
    found * 5 >= (letters.len() - 1) * 3
}

#[cfg(test)]
mod tests {
    use ordermill_base::{Currency, Id, Money};
    use ordermill_domain::ids::SkuId;
    use ordermill_domain::text;

    use super::*;

    fn catalog() -> Catalog {
        let sku = |id: i64, code: &str, zh: &str, en: &str| {
            let price = Money::new(7_900, Currency::Cny);
            Sku::new(SkuId::from_raw(id), code, text::Text::new(zh, en), price)
        };
        let mut mug = sku(1, "CER-MUG-MST", "拉坯马克杯 雾蓝", "Hand-Thrown Mug, Mist Blue");
        mug.gtin = Some("2000000000015".to_owned());
        let mut gone = sku(3, "CER-MUG-OLD", "旧马克杯", "Old Mug");
        gone.is_active = false;
        let tea = sku(2, "TEA-LJ", "明前龙井", "Longjing Green Tea");
        Catalog::default().with_skus([mug, tea, gone])
    }

    #[test]
    fn goods_are_found_by_both_names_code_and_barcode() {
        let catalog = catalog();
        let found = |typed: &str| -> Vec<&str> {
            catalog.search(typed, 10).iter().map(|sku| sku.code.as_str()).collect()
        };
        for typed in [
            "马克杯",
            "雾蓝 马克杯",
            "雾蓝马克杯",
            "MUGS",
            "mist  mug",
            "ＭＵＧ",
            "CER-MUG-MST",
            "cer-mug",
            " 2000000000015 ",
        ] {
            assert_eq!(found(typed), ["CER-MUG-MST"], "{typed}");
        }
        assert_eq!(found("龙井茶叶"), Vec::<&str>::new(), "one pair of three is not most");
        assert_eq!(found("龙井"), ["TEA-LJ"]);
        for nothing in ["", "   ", "自行车", "bicycle", "mug bicycle", "旧马克杯套装"] {
            assert_eq!(found(nothing), Vec::<&str>::new(), "{nothing}");
        }
    }

    #[test]
    fn a_search_is_bounded() {
        let catalog = catalog();
        assert_eq!(catalog.search("e", 1).len(), 1);
        assert!(catalog.search(&"mug ".repeat(100_000), 10).len() <= 10);
    }

    #[test]
    fn an_edited_name_is_found_at_once() {
        let catalog = catalog();
        assert!(catalog.search("sencha", 10).is_empty());
        let mut tea = catalog.by_code("TEA-LJ").expect("on sale").clone();
        tea.name.en = "Sencha".to_owned();
        let catalog = catalog.with_skus([tea]);
        assert_eq!(catalog.search("sencha", 10).len(), 1);
    }
}
