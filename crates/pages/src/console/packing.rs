//! What the shop packs in, `/console/admin/packing`: boxes and bags, and what matters beside them.
//!
//! The page posts `parcel`, `not_recyclable`, `percent`, `grams`, `apart` and `version` to itself. A material
//! is at `…/{code}` and a new one at `…/new`; both post the fields of [`MaterialEntered`] and `version` to
//! themselves, and `…/{code}/remove` takes one away.

use askama::Template;

use crate::console::Frame;
use crate::console::form::FormGroup;
use crate::shell::Shell;
use crate::ui::{Action, Check, Checks, Field, FormErrors, Views};
use crate::words::Words;

/// The page of all materials.
#[derive(Debug, Clone, Template)]
#[template(path = "console/packing.html")]
pub struct PackingPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the administration.
    pub parts: Views,
    /// Makes another one.
    pub add: Action,
    /// The boxes and bags, as they are kept.
    pub rows: Vec<MaterialRow>,
    /// What was refused.
    pub errors: FormErrors,
    /// What matters beside the materials.
    pub group: FormGroup,
    /// The version that the form was made for.
    pub version: i64,
}

/// A box or a bag in the list.
#[derive(Debug, Clone)]
pub struct MaterialRow {
    /// Its own page.
    pub href: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Inner length × width × height.
    pub inner: String,
    /// Outer length × width × height.
    pub outer: String,
    /// What it weighs empty.
    pub tare_grams: u32,
    /// What it may weigh.
    pub max_grams: u32,
    /// What it costs.
    pub cost: String,
    /// Whether it is recycled.
    pub is_recyclable: bool,
}

/// What was entered for a material.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct MaterialEntered {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub inner_length: String,
    pub inner_width: String,
    pub inner_height: String,
    pub outer_length: String,
    pub outer_width: String,
    pub outer_height: String,
    pub tare_grams: String,
    pub max_gross_grams: String,
    pub cost: String,
    pub recyclable: String,
}

/// The fields of a material.
pub fn material_groups(entered: &MaterialEntered, t: Words) -> Vec<FormGroup> {
    let text = |name, label: &str, value: &str| {
        Field::new(name, label).value(value).max_length(60).autocomplete("off")
    };
    let number = |name, label: &str, value: &str| Field::new(name, label).value(value).digits(7);
    let recyclable = Checks {
        name: "recyclable",
        legend: t.packing_recyclable().into(),
        checks: vec![Check {
            value: "1".into(),
            label: t.packing_recyclable().into(),
            hint: String::new(),
            is_on: !entered.recyclable.is_empty(),
        }],
        error: None,
    };
    vec![
        FormGroup::new(
            t.packing_material(),
            vec![
                text("code", t.packing_code(), &entered.code).hint(t.packing_code_hint()),
                text("name_zh", t.packing_name_zh(), &entered.name_zh),
                text("name_en", t.packing_name_en(), &entered.name_en),
                Field::new("cost", t.packing_cost()).decimal().value(&entered.cost).max_length(20),
            ],
        )
        .checks(recyclable),
        FormGroup::new(
            t.packing_inner(),
            vec![
                number("inner_length", t.packing_length(), &entered.inner_length),
                number("inner_width", t.packing_width(), &entered.inner_width),
                number("inner_height", t.packing_height(), &entered.inner_height),
            ],
        ),
        FormGroup::new(
            t.packing_outer(),
            vec![
                number("outer_length", t.packing_length(), &entered.outer_length),
                number("outer_width", t.packing_width(), &entered.outer_width),
                number("outer_height", t.packing_height(), &entered.outer_height),
            ],
        ),
        FormGroup::new(
            t.packing_weight(),
            vec![
                number("tare_grams", t.packing_tare(), &entered.tare_grams),
                number("max_gross_grams", t.packing_max(), &entered.max_gross_grams),
            ],
        ),
    ]
}

crate::words! {
    packing_title = "包材", "Packing materials";
    packing_lead = "装箱方案从这些包材里选最便宜的一组。", "The cheapest set of these that everything fits into is proposed at the bench.";
    packing_add = "新增包材", "New material";
    packing_material = "包材", "Material";
    packing_code = "编码", "Code";
    packing_code_hint = "大写字母、数字和连字符，印在包材上", "Capitals, digits and hyphens, as printed on it";
    packing_name_zh = "中文名称", "Name in Chinese";
    packing_name_en = "英文名称", "Name in English";
    packing_inner = "内尺寸（毫米）", "Inner size in millimeters";
    packing_outer = "外尺寸（毫米）", "Outer size in millimeters";
    packing_length = "长", "Length";
    packing_width = "宽", "Width";
    packing_height = "高", "Height";
    packing_weight = "重量（克）", "Weight in grams";
    packing_tare = "自重（克）", "Empty, in grams";
    packing_max = "限重（克）", "At most with contents, in grams";
    packing_cost = "成本", "Cost";
    packing_recyclable = "可回收", "Recycled";
    packing_not_recyclable = "不可回收", "Not recycled";
    packing_beside = "其他", "What matters beside them";
    packing_parcel = "每个包裹的其他成本", "What each parcel costs beside its material";
    packing_worse = "不可回收材料的加价", "What material that is not recycled is worse by";
    packing_percent = "重量误差（%）", "Tolerance of weight in percent";
    packing_grams = "重量误差（克）", "Tolerance of weight in grams";
    packing_grams_hint = "两个误差取大的", "The larger of both counts";
    packing_apart = "不同箱的品类", "Categories that never share a box";
    packing_apart_hint = "每行两个品类编码，空格分开", "Two codes of categories on each line, with a space between";
    packing_saved = "包材已保存", "Packing materials saved";
    packing_removed(code) = "{code} 已删除", "{code} is removed";
    packing_remove = "删除", "Remove";
    packing_range(least, most) = "{least} 到 {most}", "{least} to {most}";
    packing_text_wrong = "请填写，编码只能用大写字母、数字和连字符", "Fill it in; a code has capitals, digits and hyphens only";
    packing_taken = "已有这个编码", "There is one with this code";
    packing_inner_larger = "外尺寸不能小于内尺寸", "It cannot be smaller than inside";
    packing_tare_heavier = "限重必须大于自重", "It must be more than it weighs empty";
    packing_unknown = "没有这个品类", "There is no such category";
    packing_too_many(most) = "最多 {most} 个", "{most} at most";
    packing_none_left = "至少保留一种包材", "At least one material must be left";
}

#[cfg(any(test, feature = "samples"))]
impl PackingPage {
    /// Two boxes.
    pub fn sample(language: crate::Language) -> Self {
        use crate::Icon;
        use crate::console::Section;
        use crate::console::admin::{Part, parts};
        use crate::samples;
        use crate::ui::Effect;
        let shell = samples::shell(language);
        let t = shell.t;
        let row = |code: &str, is_recyclable| MaterialRow {
            href: format!("/console/admin/packing/{code}"),
            code: code.into(),
            name: t.pick("小纸箱", "Small <box>").into(),
            inner: "210 × 140 × 110".into(),
            outer: "216 × 146 × 116".into(),
            tare_grams: 90,
            max_grams: 3_000,
            cost: "¥0.70".into(),
            is_recyclable,
        };
        let open = Effect::Open("/console/admin/packing/new".into());
        Self {
            frame: samples::console_frame(language, Section::Admin),
            parts: parts(Part::Packing, &Part::ALL, t),
            add: Action::new(Icon::Plus, t.packing_add(), open),
            rows: vec![row("BOX-S", true), row("BAG", false)],
            errors: FormErrors::default(),
            group: FormGroup::new(
                t.packing_beside(),
                vec![Field::new("parcel", t.packing_parcel())],
            ),
            version: 1,
            shell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_page_is_sound_in_both_languages() {
        for language in Language::ALL {
            assert_sound_page(&PackingPage::sample(language).render().unwrap());
        }
    }
}
