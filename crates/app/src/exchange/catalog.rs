//! SKUs as lines of a file.
//!
//! A column that the file does not have leaves its field as it is; an empty cell clears it.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use ordermill_base::{Currency, Money, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::SkuId;
use ordermill_domain::sku::Sku;
use ordermill_domain::text::Text;
use ordermill_storage::{Tx, category, sku};

use super::reason::Reason;
use super::run::{Line, LineError, Outcome, Pass};
use super::write::Sheet;
use super::{Column, ExportError, needed, optional};
use crate::catalog::edit;
use crate::catalog::settings::{self, ShopSettings};
use crate::price::{self, Prices};

pub(super) const COLUMNS: [Column; 32] = [
    needed("code", "编码"),
    optional("gtin", "条码"),
    optional("name_zh", "中文名称"),
    optional("name_en", "英文名称"),
    optional("description_zh", "中文描述"),
    optional("description_en", "英文描述"),
    optional("category", "类目"),
    optional("family", "款式"),
    optional("variant_zh", "中文规格"),
    optional("variant_en", "英文规格"),
    optional("price", "售价"),
    optional("list_price", "划线价"),
    optional("cost", "成本"),
    optional("currency", "币种"),
    optional("prices", "其他币种售价"),
    optional("tax_class", "税类"),
    optional("weight_grams", "重量克"),
    optional("length_mm", "长毫米"),
    optional("width_mm", "宽毫米"),
    optional("height_mm", "高毫米"),
    optional("is_fragile", "易碎"),
    optional("is_high_value", "贵重"),
    optional("is_perishable", "保质期管理"),
    optional("is_hazardous", "危险品"),
    optional("is_oversized", "超大件"),
    optional("shelf_life_days", "保质天数"),
    optional("is_active", "在售"),
    optional("reorder_point", "补货点"),
    optional("substitutes", "替代品"),
    optional("art", "图片"),
    optional("version", "版本"),
    optional("updated_at", "更新时间"),
];

/// Takes in one line.
pub(super) fn take(
    tx: &mut Tx<'_>,
    act: &Act,
    pass: Pass,
    line: Line<'_>,
) -> Result<Outcome, LineError> {
    let code = line.get("code").unwrap_or_default();
    let before = sku::find_by_code(tx, code)?;
    if pass == Pass::Links {
        return match (before, line.get("substitutes")) {
            (Some(before), Some(codes)) => link(tx, act, &before, codes),
            // A line that was refused is told of once.
            _ => Ok(Outcome::Unchanged),
        };
    }
    let mut after = match &before {
        Some(before) => before.clone(),
        None => {
            let currency = settings::read::<ShopSettings>(tx)?.0.currency;
            if line.get("price").is_none_or(str::is_empty) {
                return Err(LineError::of("price", Reason::new("new_needs_price")));
            }
            Sku::new(tx.next_id(act.at), code, Text::default(), Money::zero(currency))
        }
    };
    fill(tx, &mut after, line)?;
    match before {
        None => {
            edit::create_sku(tx, act, &after)?;
            Ok(Outcome::Created)
        }
        Some(before) => {
            check_leap(tx, act, &before, &after)?;
            let saved = edit::save_sku(tx, act, &before, after)?;
            let is_same = saved.version == before.version;
            Ok(if is_same { Outcome::Unchanged } else { Outcome::Changed })
        }
    }
}

/// A person who hands in a file decides no more by it than at a form.
fn check_leap(tx: &mut Tx<'_>, act: &Act, before: &Sku, after: &Sku) -> Result<(), LineError> {
    let is_person = matches!(act.actor, Actor::Staff(_));
    if is_person && price::is_over_limit(tx, &Prices::of(before), &Prices::of(after))? {
        return Err(LineError::of("price", Reason::new("price_needs_second")));
    }
    Ok(())
}

fn link(tx: &mut Tx<'_>, act: &Act, before: &Sku, codes: &str) -> Result<Outcome, LineError> {
    let codes: Vec<&str> = codes.split_whitespace().collect();
    let found = sku::find_by_codes(tx, codes.iter().copied())?;
    let of_code: HashMap<&str, SkuId> = found.iter().map(|it| (it.code.as_str(), it.id)).collect();
    let mut substitutes = Vec::with_capacity(codes.len());
    for code in codes {
        let reason = || Reason::new("unknown_sku").with("code", code);
        let unknown = || LineError::of("substitutes", reason());
        substitutes.push(*of_code.get(code).ok_or_else(unknown)?);
    }
    let after = Sku { substitutes, ..before.clone() };
    let saved = edit::save_sku(tx, act, before, after)?;
    // What this import has written before is counted already.
    let is_counted = before.updated_at == act.at;
    let is_same = saved.version == before.version || is_counted;
    Ok(if is_same { Outcome::Unchanged } else { Outcome::Changed })
}

/// Sets the fields that the line has columns for; all that cannot be read is named.
fn fill(tx: &mut Tx<'_>, sku: &mut Sku, line: Line<'_>) -> Result<(), LineError> {
    let mut wrong = Vec::new();
    let mut read = Fields { line, wrong: &mut wrong };
    read.text("name_zh", &mut sku.name.zh);
    read.text("name_en", &mut sku.name.en);
    read.text("description_zh", &mut sku.description.zh);
    read.text("description_en", &mut sku.description.en);
    read.text("family", &mut sku.family);
    read.text("variant_zh", &mut sku.variant.zh);
    read.text("variant_en", &mut sku.variant.en);
    read.optional("gtin", &mut sku.gtin, "text", |text| Some(text.to_owned()));
    read.optional("art", &mut sku.art, "text", |text| Some(text.to_owned()));
    read.value("currency", &mut sku.price.currency, "currency", |it| it.parse().ok());
    let currency = sku.price.currency;
    let money = |text: &str| minor_of(text, currency);
    read.value("price", &mut sku.price.minor, "amount", money);
    read.optional("list_price", &mut sku.list_price_minor, "amount", money);
    read.optional("cost", &mut sku.cost_minor, "amount", money);
    read.value("prices", &mut sku.prices, "other_prices", prices_of);
    let class = Reason::new("one_of").with("values", "standard, reduced, low, exempt");
    read.value_or("tax_class", &mut sku.tax_class, class, |text| text.parse().ok());
    let [length, width, height] = &mut sku.dimensions_mm;
    read.value("weight_grams", &mut sku.weight_grams, "whole_number", |text| text.parse().ok());
    read.value("length_mm", length, "whole_number", |text| text.parse().ok());
    read.value("width_mm", width, "whole_number", |text| text.parse().ok());
    read.value("height_mm", height, "whole_number", |text| text.parse().ok());
    read.flag("is_fragile", &mut sku.handling.is_fragile);
    read.flag("is_high_value", &mut sku.handling.is_high_value);
    read.flag("is_perishable", &mut sku.handling.is_perishable);
    read.flag("is_hazardous", &mut sku.handling.is_hazardous);
    read.flag("is_oversized", &mut sku.handling.is_oversized);
    read.flag("is_active", &mut sku.is_active);
    let days = "empty_or_whole_number";
    read.optional("shelf_life_days", &mut sku.shelf_life_days, days, |text| text.parse().ok());
    read.value("reorder_point", &mut sku.reorder_point, "whole_number", |text| text.parse().ok());
    if let Some(code) = line.get("category") {
        match category::find_by_code(tx, code)? {
            Some(found) => sku.category = found.id,
            None => {
                let reason = Reason::new("unknown_category").with("code", code);
                wrong.push(("category".to_owned(), reason));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(LineError::Refused(wrong)) }
}

struct Fields<'a> {
    line: Line<'a>,
    wrong: &'a mut Vec<(String, Reason)>,
}

impl Fields<'_> {
    fn text(&mut self, column: &str, field: &mut String) {
        if let Some(text) = self.line.get(column).filter(|text| text != field) {
            text.clone_into(field);
        }
    }

    fn value<T>(
        &mut self,
        column: &str,
        field: &mut T,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        self.value_or(column, field, Reason::new(expected), parse);
    }

    fn value_or<T>(
        &mut self,
        column: &str,
        field: &mut T,
        expected: Reason,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        let Some(text) = self.line.get(column) else { return };
        match parse(text) {
            Some(value) => *field = value,
            None => self.wrong.push((column.to_owned(), expected)),
        }
    }

    fn optional<T>(
        &mut self,
        column: &str,
        field: &mut Option<T>,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        match self.line.get(column) {
            None => {}
            Some("") => *field = None,
            Some(_) => {
                let mut value = None;
                self.value(column, &mut value, expected, |text| parse(text).map(Some));
                *field = value.or(field.take());
            }
        }
    }

    fn flag(&mut self, column: &str, field: &mut bool) {
        let expected = Reason::new("one_of").with("values", "1, 0");
        self.value_or(column, field, expected, |text| match text.to_lowercase().as_str() {
            "1" | "true" | "yes" | "是" => Some(true),
            "0" | "false" | "no" | "否" => Some(false),
            _ => None,
        });
    }
}

/// `USD 8.99; EUR 7.90`: what one piece costs in other currencies.
fn prices_of(text: &str) -> Option<BTreeMap<Currency, i64>> {
    let mut prices = BTreeMap::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (currency, amount) = part.split_once(char::is_whitespace)?;
        let currency: Currency = currency.parse().ok()?;
        if prices.insert(currency, minor_of(amount.trim(), currency)?).is_some() {
            return None;
        }
    }
    Some(prices)
}

fn prices_as_text(prices: &BTreeMap<Currency, i64>) -> String {
    let price = |(currency, minor): (&Currency, &i64)| {
        format!("{currency} {}", Money::new(*minor, *currency).to_decimal())
    };
    prices.iter().map(price).collect::<Vec<_>>().join("; ")
}

fn minor_of(text: &str, currency: Currency) -> Option<i64> {
    Money::parse(text, currency).ok().map(|money| money.minor)
}

/// Every SKU by id.
pub(super) fn export<W: Write + Send>(
    tx: &mut Tx<'_>,
    sheet: &mut Sheet<W>,
) -> Result<(), ExportError> {
    const PAGE: i64 = 500;
    let categories: HashMap<_, _> =
        category::list(tx, None, 10_000)?.into_iter().map(|it| (it.id, it.code)).collect();
    let mut after: Option<SkuId> = None;
    loop {
        let page = sku::list(tx, None, after, PAGE)?;
        let named = page.iter().flat_map(|it| it.substitutes.iter().copied());
        let mut named: Vec<SkuId> = named.collect();
        named.sort_unstable();
        named.dedup();
        let codes: HashMap<_, _> =
            sku::fetch_all(tx, named)?.into_iter().map(|it| (it.id, it.code)).collect();
        for sku in &page {
            let category = categories.get(&sku.category).map_or("", String::as_str);
            let substitutes: Vec<&str> =
                sku.substitutes.iter().filter_map(|id| codes.get(id)).map(String::as_str).collect();
            sheet.row(&cells(sku, category, &substitutes.join(" ")))?;
        }
        after = page.last().map(|it| it.id);
        if (page.len() as i64) < PAGE {
            return Ok(());
        }
    }
}

/// In the order of [`COLUMNS`].
fn cells(sku: &Sku, category: &str, substitutes: &str) -> [String; 32] {
    let currency = sku.price.currency;
    let money = |minor| Money::new(minor, currency).to_decimal();
    let flag = |flag: bool| i32::from(flag).to_string();
    let [length, width, height] = sku.dimensions_mm.map(|side| side.to_string());
    let updated_at: Timestamp = sku.updated_at;
    [
        sku.code.clone(),
        sku.gtin.clone().unwrap_or_default(),
        sku.name.zh.clone(),
        sku.name.en.clone(),
        sku.description.zh.clone(),
        sku.description.en.clone(),
        category.to_owned(),
        sku.family.clone(),
        sku.variant.zh.clone(),
        sku.variant.en.clone(),
        sku.price.to_decimal(),
        sku.list_price_minor.map(money).unwrap_or_default(),
        sku.cost_minor.map(money).unwrap_or_default(),
        currency.code().to_owned(),
        prices_as_text(&sku.prices),
        sku.tax_class.code().to_owned(),
        sku.weight_grams.to_string(),
        length,
        width,
        height,
        flag(sku.handling.is_fragile),
        flag(sku.handling.is_high_value),
        flag(sku.handling.is_perishable),
        flag(sku.handling.is_hazardous),
        flag(sku.handling.is_oversized),
        sku.shelf_life_days.map(|days| days.to_string()).unwrap_or_default(),
        flag(sku.is_active),
        sku.reorder_point.to_string(),
        substitutes.to_owned(),
        sku.art.clone().unwrap_or_default(),
        sku.version.to_string(),
        updated_at.to_string(),
    ]
}
