//! Why a line of a file is not taken in: a stable code with what it is about, told in Chinese and in
//! English.
//!
//! The code never changes once released: it stands in databases and in the API. A new reason is a line
//! in [`TABLE`]; parameters stand in braces.

use std::collections::BTreeMap;

use ordermill_domain::sku::Invalid;
use ordermill_domain::text::Text;
use ordermill_storage::import::Problem;

use crate::order::intake::FieldIssue;

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) params: BTreeMap<String, String>,
}

/// Code, Chinese, English.
const TABLE: &[(&str, &str, &str)] = &[
    // What a field looks like.
    ("missing", "不能为空", "is missing"),
    ("text", "必须是文字", "must be a text"),
    ("currency", "必须是币种，如 CNY", "must be a currency such as CNY"),
    ("amount", "必须是金额，如 59.00", "must be an amount such as 59.00"),
    (
        "other_prices",
        "必须是其他币种的价格，每种一次，如 USD 8.99; EUR 7.90",
        "must be other currencies once each, such as USD 8.99; EUR 7.90",
    ),
    ("one_of", "必须是以下之一：{values}", "must be one of: {values}"),
    ("whole_number", "必须是整数", "must be a whole number"),
    ("count", "必须是不小于 0 的整数", "must be a whole number, zero or more"),
    ("empty_or_whole_number", "必须为空或整数", "must be empty or a whole number"),
    ("day", "必须是日期，如 2027-03-01", "must be a day such as 2027-03-01"),
    // Lines of JSON.
    ("line_too_long", "这一行太长", "the line is too long"),
    ("not_json", "不是单行的 JSON 对象", "not a JSON object on one line"),
    ("two_objects", "一行里有多个对象", "more than one object on a line"),
    ("no_such_field", "没有这个字段，可用的有 {expected}", "no such field; expected {expected}"),
    ("other_type", "类型不对，应为 {expected}", "expected {expected}"),
    ("not_expected", "不符合这里的要求", "not what is expected here"),
    // The catalog.
    ("new_needs_price", "新商品必须有售价", "a new SKU needs a price"),
    (
        "price_needs_second",
        "改价幅度须第二人审批：请在商品页面修改",
        "a change of this size takes a second person: change it on the SKU's page",
    ),
    ("unknown_sku", "没有编码为 {code} 的商品", "no SKU has the code {code}"),
    ("unknown_category", "没有编码为 {code} 的类目", "no category has the code {code}"),
    ("taken", "已被其他商品使用", "belongs to another SKU"),
    ("changed", "有人刚刚改过，请重新导入", "it changed meanwhile; hand the file in again"),
    ("sku_code", "1 到 64 字节，不含空格", "must be 1 to 64 bytes without spaces"),
    ("sku_name", "中文或英文名称 1 到 300 字节", "must be 1 to 300 bytes in Chinese or English"),
    (
        "sku_gtin",
        "必须是校验位正确的 8、12、13 或 14 位数字",
        "must be 8, 12, 13 or 14 digits with the right check digit",
    ),
    ("sku_price", "必须是不小于 0 的金额", "must be an amount that is not negative"),
    (
        "sku_prices",
        "必须是不小于 0 的金额，且不是售价的币种",
        "must be amounts that are not negative, in other currencies than the price",
    ),
    (
        "sku_list_price",
        "必须为空，或不低于售价的金额",
        "must be empty, or an amount not below the price",
    ),
    ("sku_cost", "必须为空，或不小于 0 的金额", "must be empty, or an amount not negative"),
    ("sku_reorder_point", "必须是不小于 0 的件数", "must be zero or more pieces"),
    ("sku_shelf_life_days", "必须为空，或 1 到 36500 天", "must be empty, or 1 to 36500 days"),
    ("sku_substitutes", "最多 10 个其他商品，每个一次", "must be at most 10 other SKUs, each once"),
    ("invalid", "不符合规则（{expected}）", "must be {expected}"),
    // Stock.
    ("no_such_sku", "没有这个编码的商品", "no SKU has this code"),
    ("no_such_location", "没有这个编码的仓库", "no location has this code"),
    ("no_such_bin", "仓库没有这个库位", "no bin of the location has this label"),
    ("needs_lot", "有保质期的商品需要批号", "goods that expire need a lot"),
    ("expiry_needs_lot", "到期日属于批号", "a day of expiry belongs to a lot"),
    ("lot_needs_bin", "批号要放在库位里", "a lot lies in a bin"),
    ("bin_elsewhere", "库位在另一个仓库", "the bin is at another location"),
    (
        "stock_needs_second",
        "更正数量须第二人审批：请在商品页面登记",
        "a correction of this size takes a second person: book it on the SKU's page",
    ),
    (
        "stock_refused",
        "库存规则不允许：订单已占用，或数量不可能",
        "orders claim pieces, or so many cannot be",
    ),
    // Orders.
    ("other_line", "与第 {line} 行不一致", "says something else than line {line}"),
    (
        "stands_twice",
        "第 {line} 行也有这个订单；同一订单的行要放在一起",
        "stands in line {line}, too; all of an order stands together",
    ),
    ("out_of_stock", "库存不足（现有/需要）：{short}", "too few in stock (there/wanted): {short}"),
    ("not_sold", "不以这个币种销售", "{detail}"),
    ("required", "必填", "{detail}"),
    ("too_many", "太多", "{detail}"),
    ("sku_not_on_sale", "没有这个编码的在售商品", "{detail}"),
    ("no_price", "没有这个币种的价格", "{detail}"),
    ("out_of_range", "超出允许的范围", "{detail}"),
    ("mismatch", "前后不一致", "{detail}"),
    ("too_long", "太长", "{detail}"),
    ("format", "格式不对", "{detail}"),
    ("unknown", "不认识", "{detail}"),
    ("ambiguous", "有多种可能，请写完整", "{detail}"),
    ("merged", "几项内容写在了一起", "{detail}"),
    ("control_character", "含有不可见字符", "{detail}"),
    ("not_offered", "没有承运商向这个地址提供这种配送服务", "{detail}"),
    ("refused", "系统没有接受这个订单", "{detail}"),
];

impl Reason {
    pub(super) const fn new(code: &'static str) -> Self {
        Self { code, params: BTreeMap::new() }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// What is wrong with a field of a SKU.
    pub(super) fn of_sku(Invalid { field, expected }: &Invalid) -> Self {
        let code = match *field {
            "code" => "sku_code",
            "name" => "sku_name",
            "gtin" => "sku_gtin",
            "price" => "sku_price",
            "prices" => "sku_prices",
            "list_price" => "sku_list_price",
            "cost" => "sku_cost",
            "reorder_point" => "sku_reorder_point",
            "shelf_life_days" => "sku_shelf_life_days",
            "substitutes" => "sku_substitutes",
            _ => return Self::new("invalid").with("expected", expected),
        };
        Self::new(code)
    }

    /// What is wrong with a field of an order.
    pub(super) fn of_order(issue: &FieldIssue) -> Self {
        let code = match issue.code {
            // Codes of the catalog's files say something else.
            "unknown_sku" => "sku_not_on_sale",
            code => TABLE.iter().map(|row| row.0).find(|known| *known == code).unwrap_or("refused"),
        };
        Self::new(code).with("detail", &issue.detail)
    }

    /// As it is kept with the line, and the column, that it is about.
    pub(super) fn into_problem(self, line_no: i64, code: String, field: String) -> Problem {
        let (reason, reason_code) = (self.text().en, self.code.to_owned());
        Problem { line_no, code, field, reason, reason_code, params: self.params }
    }

    /// In both languages.
    pub(super) fn text(&self) -> Text {
        text_of(self.code, &self.params).unwrap_or_default()
    }
}

fn text_of(code: &str, params: &BTreeMap<String, String>) -> Option<Text> {
    let (_, zh, en) = TABLE.iter().find(|row| row.0 == code)?;
    let filled = |template: &str| {
        params.iter().fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    };
    Some(Text::new(filled(zh), filled(en)))
}

/// Why a line was not taken in, in both languages. What an older program has written has no code and is
/// told as it was.
pub fn told(problem: &Problem) -> Text {
    let known = text_of(&problem.reason_code, &problem.params);
    known.unwrap_or_else(|| Text::new(problem.reason.as_str(), problem.reason.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own_and_the_same_parameters_in_both_languages() {
        let params = |text: &str| -> Vec<String> {
            let parts = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
            parts.map(|(name, _)| name.to_owned()).collect()
        };
        let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
        for (at, (code, zh, en)) in TABLE.iter().enumerate() {
            assert!(TABLE[at + 1..].iter().all(|row| row.0 != *code), "{code} stands twice");
            assert!(zh.contains(is_chinese) && !en.contains(is_chinese), "{code}");
            // What the intake says in English is not repeated in Chinese.
            assert!(params(zh) == params(en) || *en == "{detail}", "{code}: {zh} {en}");
        }
    }

    #[test]
    fn a_reason_is_told_with_what_it_is_about_and_an_old_one_as_it_was() {
        let reason = Reason::new("unknown_sku").with("code", "MUG-9");
        assert_eq!(
            reason.text(),
            Text::new("没有编码为 MUG-9 的商品", "no SKU has the code MUG-9")
        );
        let mut problem = Problem {
            line_no: 1,
            code: "A".to_owned(),
            field: "sku".to_owned(),
            reason: "as it was".to_owned(),
            reason_code: String::new(),
            params: BTreeMap::new(),
        };
        assert_eq!(told(&problem).zh, "as it was");
        (problem.reason_code, problem.params) = (reason.code.to_owned(), reason.params);
        assert_eq!(told(&problem).zh, "没有编码为 MUG-9 的商品");
    }
}
