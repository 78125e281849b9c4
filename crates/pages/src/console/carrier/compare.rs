//! What would it cost, `/console/logistics/carriers/compare`: a form that is asked for by GET and shows
//! its answer below itself.

use askama::Template;

use super::{Wrong, error_of, services};
use crate::Words;
use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Checks, Choice, Field};

/// What would it cost.
#[derive(Debug, Clone, Template)]
#[template(path = "console/carrier_compare.html")]
pub struct ComparePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// Everything that is wrong: the id of the field after `f-`, and what.
    pub errors: Vec<(String, String)>,
    /// The parcel.
    pub fields: Vec<Field>,
    /// What must be minded.
    pub handling: Checks,
    /// What was found, once something was asked.
    pub answer: Option<Answer>,
}

/// A comparison.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The rules that had a say; empty if none had.
    pub rules: String,
    /// Every service that could, the chosen one first.
    pub offers: Vec<OfferRow>,
    /// Those that could not: who, and why.
    pub refused: Vec<(String, String)>,
}

/// A service that could carry it.
#[derive(Debug, Clone)]
pub struct OfferRow {
    /// Who, and how.
    pub name: String,
    /// Whether it would be taken.
    pub is_chosen: bool,
    /// Carriage.
    pub price: String,
    /// Insurance; a dash without.
    pub insurance: String,
    /// The weight that is billed, in grams.
    pub billed_grams: u32,
    /// When it should be there.
    pub expected: String,
    /// Days after the promised one.
    pub late_days: u16,
    /// How the carrier has served.
    pub score: u16,
    /// What decides.
    pub weighed: String,
}

/// The form of a comparison as it was entered.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the form")]
pub struct CompareEntered {
    pub location: String,
    pub division: String,
    pub weight_grams: String,
    pub sides_mm: String,
    pub value: String,
    pub wish: String,
    pub promised_by_on: String,
    pub handling: Vec<String>,
}

/// The fields of a comparison, filled and with what is wrong.
pub fn compare_fields(
    entered: &CompareEntered,
    locations: Vec<Choice>,
    currency: &str,
    wrong: &[Wrong],
    t: Words,
) -> Vec<Field> {
    let field = |name, label: String, value: &str| {
        Field::new(name, label).value(value).error(error_of(wrong, name))
    };
    let mut wishes = vec![Choice::new("", t.compare_any_service())];
    wishes.extend(services(t));
    vec![
        Field::select("location", t.manifest_location(), locations)
            .value(&*entered.location)
            .error(error_of(wrong, "location")),
        field("division", t.compare_division().into(), &entered.division)
            .digits(6)
            .hint(t.compare_division_hint()),
        field("weight_grams", t.compare_weight().into(), &entered.weight_grams).digits(8),
        field("sides_mm", t.compare_sides().into(), &entered.sides_mm)
            .max_length(40)
            .hint(t.compare_sides_hint()),
        field("value", t.compare_value(currency), &entered.value).decimal(),
        Field::select("wish", t.compare_wish(), wishes).value(&*entered.wish).optional(),
        field("promised_by_on", t.compare_promised().into(), &entered.promised_by_on)
            .kind("date")
            .optional(),
    ]
}

crate::words! {
    compare_note = "按当前的价格、评分和规则计算，不会下单。", "By the prices, scores and rules of now; nothing is booked.";
    compare_division = "收件地区代码", "Destination";
    compare_division_hint = "六位行政区划代码，如 310115。", "Six digits of GB/T 2260, such as 310115.";
    compare_weight = "重量（克）", "Weight (g)";
    compare_sides = "长宽高（毫米）", "Sides (mm)";
    compare_sides_hint = "如 300 200 100", "Such as 300 200 100";
    compare_value(currency) = "货值（{currency}）", "Value of the goods ({currency})";
    compare_wish = "买家要求", "What the buyer asked for";
    compare_any_service = "不限", "Nothing";
    compare_promised = "承诺送达日", "Promised by";
    compare_handling = "注意事项", "To be minded";
    compare_do = "试算", "Compare";
    compare_answer = "比较结果", "The comparison";
    compare_nobody = "没有承运商可以承运", "No carrier takes it";
    compare_price = "运费", "Carriage";
    compare_insurance = "保价费", "Insurance";
    compare_billed = "计费重量", "Billed";
    compare_late = "晚于承诺（天）", "Days late";
    compare_weighed = "综合成本", "Weighs";
    compare_refused = "不能承运", "Could not";
    compare_rules = "起作用的规则", "Rules that had a say";
    compare_rules_of(version, names) = "第 {version} 版：{names}", "Version {version}: {names}";
    compare_wrong_division = "请填写六位代码", "Six digits, please";
    compare_wrong_sides = "请填写三条边，如 300 200 100", "Three sides, such as 300 200 100";
}
