//! The floor of a location, `/console/catalog/locations/of/{code}/layout`: its plan, and the form from
//! which it is drawn.
//!
//! The form posts the fields of [`LayoutEntered`] with `version`; each zone is a row of `zone`,
//! `aisles`, `bays` and `levels`.

use askama::Template;

use super::floor_plan::FloorPlan;
use crate::console::Frame;
use crate::console::form::refuse;
use crate::shell::Shell;
use crate::ui::{Choice, Field, FormErrors};
use crate::words::Words;

/// The floor of a location.
#[derive(Debug, Clone, Template)]
#[template(path = "console/layout.html")]
pub struct LayoutPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The heading.
    pub title: String,
    /// The location's own page.
    pub back: String,
    /// Its address; where the form is posted.
    pub href: String,
    /// The drawing; none until there is a layout.
    pub plan: Option<FloorPlan>,
    /// Bins that stand nowhere on the floor.
    pub without_place: Vec<String>,
    /// The form.
    pub form: LayoutForm,
    /// The version of the location that the form has seen.
    pub version: i64,
    /// Whether they may draw it.
    pub can_change: bool,
}

/// What a floor is drawn from.
#[derive(Debug, Clone, Default)]
pub struct LayoutForm {
    /// What was refused.
    pub errors: FormErrors,
    /// The zones in the order in which they stand.
    pub zones: Vec<ZoneEntered>,
    /// What is wrong with the zones.
    pub zones_error: Option<String>,
    /// Lengths, blocks, numbering, ends.
    pub fields: Vec<Field>,
}

/// What was entered for a floor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct LayoutEntered {
    pub zones: Vec<ZoneEntered>,
    pub blocks: String,
    pub bay_width_mm: String,
    pub aisle_pitch_mm: String,
    pub cross_aisle_width_mm: String,
    pub level_height_mm: String,
    pub numbering: String,
    pub start_aisle: String,
    pub end_aisle: String,
}

/// What was entered for a zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneEntered {
    /// Its code.
    pub zone: String,
    /// Its name.
    pub name: String,
    /// How many aisles.
    pub aisles: String,
    /// Bays along an aisle, both sides together.
    pub bays: String,
    /// Levels above each other.
    pub levels: String,
}

impl LayoutForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(entered: &LayoutEntered, errors: &[(&'static str, String)], t: Words) -> Self {
        let number =
            |name, label: &str, value: &str| Field::new(name, label).value(value).digits(6);
        let numberings =
            vec![Choice::new("street", t.layout_street()), Choice::new("sides", t.layout_sides())];
        let mut fields = vec![
            number("blocks", t.layout_blocks(), &entered.blocks).hint(t.layout_blocks_hint()),
            number("bay_width_mm", t.layout_bay_width(), &entered.bay_width_mm),
            number("aisle_pitch_mm", t.layout_aisle_pitch(), &entered.aisle_pitch_mm),
            number("cross_aisle_width_mm", t.layout_cross_width(), &entered.cross_aisle_width_mm),
            number("level_height_mm", t.layout_level_height(), &entered.level_height_mm),
            Field::select("numbering", t.layout_numbering(), numberings).value(&entered.numbering),
            number("start_aisle", t.layout_start(), &entered.start_aisle)
                .hint(t.layout_start_hint()),
            number("end_aisle", t.layout_end(), &entered.end_aisle).hint(t.layout_end_hint()),
        ];
        let errors_shown = refuse(&mut fields, errors, t);
        let zones_error = errors.iter().find(|(name, _)| *name == "zones");
        Self {
            errors: errors_shown,
            zones: entered.zones.clone(),
            zones_error: zones_error.map(|(_, text)| text.clone()),
            fields,
        }
    }
}

crate::words! {
    layout_title(code) = "仓库 {code} 布局", "Layout of {code}";
    layout_link = "库房布局", "Layout of the floor";
    layout_back = "返回仓库", "Back to the location";
    layout_none = "还没有布局。填写下方表单即可生成巷道和库位。", "No layout yet. Fill in the form below to draw aisles and bins.";
    layout_no_zones = "请先设置库区。", "Set up a zone first.";
    layout_legend = "图例", "What colors mean";
    layout_generate = "生成布局", "Draw the layout";
    layout_about = "同名库位保留编号和库存；不再出现的库位保留库存，但不在图上。", "Bins of the same label keep their stock; bins that are no longer drawn keep theirs too, and stand nowhere.";
    layout_zones = "库区（从左到右）", "Zones, from left to right";
    layout_zone = "库区", "Zone";
    layout_aisles = "巷道数", "Aisles";
    layout_bays = "每巷道货格数", "Bays an aisle";
    layout_levels = "层数", "Levels";
    layout_of_zone(what, zone) = "库区 {zone}：{what}", "{what} of zone {zone}";
    layout_blocks = "区块数", "Blocks";
    layout_blocks_hint = "横向通道数减一", "Cross-aisles less one";
    layout_bay_width = "货格宽（毫米）", "Width of a bay (mm)";
    layout_aisle_pitch = "巷道间距（毫米）", "From aisle to aisle (mm)";
    layout_cross_width = "横向通道宽（毫米）", "Width of a cross-aisle (mm)";
    layout_level_height = "层高（毫米）", "Height of a level (mm)";
    layout_numbering = "编号方式", "Numbering";
    layout_street = "左单右双：A-03-05-2", "Odd left, even right: A-03-05-2";
    layout_sides = "左右分别编号：A-03-L03-2", "Each side on its own: A-03-L03-2";
    layout_start = "拣货起点巷道", "Walks start at aisle";
    layout_start_hint = "全仓从左数第几条巷道前", "Counted from the left over all zones";
    layout_end = "拣货终点巷道", "Walks end at aisle";
    layout_end_hint = "复核打包台前的巷道", "The one in front of the bench";
    layout_drawn(code) = "仓库 {code} 布局已生成", "Drew the layout of {code}";
    layout_wrong = "请检查数值范围", "Please check the range of this number";
    layout_zones_wrong = "巷道 1–200 条，每巷道 1–400 格、1–20 层，总库位不超过 20000", "1 to 200 aisles in all; 1 to 400 bays and 1 to 20 levels each; at most 20,000 bins";
    layout_without_place(count) = "{count} 个库位不在图上", "{count} bin is not on the plan" | "{count} bins are not on the plan";
}

#[cfg(any(test, feature = "samples"))]
impl LayoutPage {
    /// A floor of three aisles in two blocks.
    pub fn sample(language: crate::Language) -> Self {
        use std::collections::HashMap;

        use ordermill_base::Id;
        use ordermill_domain::layout::{Numbering, Plan, ZonePlan};
        use ordermill_domain::location::Bin;

        use crate::{console::Section, samples};
        let t = Words::new(language);
        let zone =
            |code: &str, aisles, levels| ZonePlan { zone: code.into(), aisles, bays: 12, levels };
        let plan = Plan {
            zones: vec![zone("A", 6, 4), zone("F", 3, 4), zone("R", 2, 5)],
            blocks: 2,
            bay_width_mm: 1_350,
            aisle_pitch_mm: 3_200,
            cross_aisle_width_mm: 2_400,
            level_height_mm: 450,
            numbering: Numbering::Street,
            start_aisle: 1,
            end_aisle: 6,
        };
        let location = ordermill_domain::ids::LocationId::from_raw(1);
        let drawing = plan.draw(location).expect("the sample is a floor");
        let bins: Vec<Bin> = drawing
            .bins
            .iter()
            .zip(1..)
            .map(|((zone, code, place), position)| Bin {
                id: ordermill_domain::ids::BinId::from_raw(position),
                location,
                zone: zone.clone(),
                code: code.clone(),
                position,
                place: Some(*place),
            })
            .collect();
        let held = bins.iter().filter(|bin| bin.id.raw() % 5 < 3);
        let contents: HashMap<_, _> = held.map(|bin| (bin.id, (24, 1))).collect();
        let row = |it: &ZonePlan| ZoneEntered {
            zone: it.zone.clone(),
            name: t.pick("拣选区", "Picking").into(),
            aisles: it.aisles.to_string(),
            bays: it.bays.to_string(),
            levels: it.levels.to_string(),
        };
        let entered = LayoutEntered {
            zones: plan.zones.iter().map(row).collect(),
            blocks: "2".into(),
            bay_width_mm: "1350".into(),
            aisle_pitch_mm: "3200".into(),
            cross_aisle_width_mm: "2400".into(),
            level_height_mm: "450".into(),
            numbering: "street".into(),
            start_aisle: "1".into(),
            end_aisle: "6".into(),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            title: t.layout_title("HZ-1"),
            back: "/console/catalog/locations/of/HZ-1".into(),
            href: "/console/catalog/locations/of/HZ-1/layout".into(),
            plan: Some(FloorPlan::new(&drawing.layout, &[], &bins, &contents, t)),
            without_place: vec!["OLD-1".into()],
            form: LayoutForm::new(&entered, &[], t),
            version: 4,
            can_change: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_plan_shows_what_is_held_and_a_refusal_stands_at_its_field() {
        for language in Language::ALL {
            let t = Words::new(language);
            let mut page = LayoutPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"class="floor-bay some""#), "{html}");
            let errors = [
                ("zones", t.layout_zones_wrong().to_owned()),
                ("blocks", t.layout_wrong().to_owned()),
            ];
            let entered =
                LayoutEntered { zones: page.form.zones.clone(), ..LayoutEntered::default() };
            page.form = LayoutForm::new(&entered, &errors, t);
            page.plan = None;
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(
                html.contains(r#"id="e-blocks""#) && html.contains(r#"id="f-zones""#),
                "{html}"
            );
            page.can_change = false;
            assert!(!page.render().unwrap().contains(t.layout_generate()));
        }
    }
}
