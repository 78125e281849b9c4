//! Finding SKUs for a list that is paged by code.
//!
//! The list walks along the index of the codes, of all goods or of one category, and stops as soon as
//! a page is full; only words that are rare are looked for through the whole catalog.

use ordermill_base::Id;
use ordermill_domain::ids::CategoryId;
use ordermill_domain::sku::{HandlingFlag, Sku};

use super::read;
use crate::{Error, Tx, Value};

/// Words of one search that are looked at.
const WORDS_MAX: usize = 6;
/// Letters of one search that are looked at.
const LETTERS_MAX: usize = 100;

/// Which SKUs a list shows; what is not said limits nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Words, each a part of the code or of a name, or the whole barcode.
    pub text: String,
    /// Only those of a category.
    pub category: Option<CategoryId>,
    /// Only those on sale, or off sale.
    pub is_active: Option<bool>,
    /// Only those of which this must be minded.
    pub flag: Option<HandlingFlag>,
}

/// The SKUs that are meant, behind the code `after`, by code, at most `limit`.
pub fn search(
    tx: &mut Tx<'_>,
    search: &Search,
    after: &str,
    limit: i64,
) -> Result<Vec<Sku>, Error> {
    let short: String = search.text.chars().take(LETTERS_MAX).collect();
    let words: Vec<&str> = short.split_whitespace().take(WORDS_MAX).collect();
    let patterns: Vec<String> =
        words.iter().map(|word| format!("%{}%", literal(&word.to_lowercase()))).collect();

    let mut values = vec![Value::Text(after), Value::Int(limit)];
    let mut conditions = String::from("code > $1");
    if let Some(category) = search.category {
        values.push(Value::Int(category.raw()));
        conditions.push_str(&format!(" AND category_id = ${}", values.len()));
    }
    if let Some(is_active) = search.is_active {
        conditions.push_str(if is_active { " AND is_active = 1" } else { " AND is_active = 0" });
    }
    if let Some(flag) = search.flag {
        conditions.push_str(&format!(" AND {} = 1", column(flag)));
    }
    for (word, pattern) in words.iter().zip(&patterns) {
        values.extend([Value::Text(pattern), Value::Text(word)]);
        let (like, whole) = (values.len() - 1, values.len());
        conditions.push_str(&format!(
            " AND (lower(code) LIKE ${like} ESCAPE '!' OR lower(name_zh) LIKE ${like} ESCAPE '!'
                OR lower(name_en) LIKE ${like} ESCAPE '!' OR gtin = ${whole})"
        ));
    }
    let columns = columns!();
    let sql = format!("SELECT {columns} FROM skus WHERE {conditions} ORDER BY code LIMIT $2");
    tx.query(&sql, &values, read)
}

/// A text in which no letter stands for others.
fn literal(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut literal, letter| {
        if matches!(letter, '%' | '_' | '!') {
            literal.push('!');
        }
        literal.push(letter);
        literal
    })
}

const fn column(flag: HandlingFlag) -> &'static str {
    match flag {
        HandlingFlag::Fragile => "is_fragile",
        HandlingFlag::HighValue => "is_high_value",
        HandlingFlag::Perishable => "is_perishable",
        HandlingFlag::Hazardous => "is_hazardous",
        HandlingFlag::Oversized => "is_oversized",
    }
}
