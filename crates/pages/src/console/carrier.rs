//! One carrier, `/console/logistics/carriers/{id}` or `…/new`; [`compare`] and [`settings`] are the pages
//! beside it.
//!
//! The form posts the names of [`CarrierEntered`] and, for each zone, those of [`ZoneEntered`] with a
//! point and its number behind them. `op` is `save`, `add`, or `remove.N`; all but the first only show
//! the form anew. `active` posts `version` and `is_active`.

pub mod compare;
pub mod settings;

use askama::Template;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::sku::HandlingFlag;

use crate::Words;
use crate::console::Frame;
use crate::console::catalog::list::flag;
use crate::shell::Shell;
use crate::states::shipment as words;
use crate::ui::{Check, Checks, Choice, Field};

/// A carrier and its form.
#[derive(Debug, Clone, Template)]
#[template(path = "console/carrier.html")]
pub struct CarrierPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// What it is called; empty for a new one.
    pub title: String,
    /// `car_…`, or `new`.
    pub id: String,
    /// The version that was seen.
    pub version: i64,
    /// A key of the form that makes one.
    pub key: String,
    /// Everything that is wrong: the id of the field after `f-`, and what.
    pub errors: Vec<(String, String)>,
    /// Name, limits, cut-off, insurance.
    pub fields: Vec<Field>,
    /// What it does not carry.
    pub refuses: Checks,
    /// Its services, zone by zone.
    pub zones: Vec<Vec<Cell>>,
    /// Our account at it.
    pub account: Vec<Field>,
    /// Whether it gets parcels; none for a new one.
    pub is_active: Option<bool>,
}

/// A field of a zone.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The name it is sent under: `regions.0`.
    pub name: String,
    /// What is asked.
    pub label: &'static str,
    /// What was entered before.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// The options, if it is chosen from a list.
    pub choices: Vec<Choice>,
}

/// A carrier as it was entered.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the form")]
pub struct CarrierEntered {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub currency: String,
    pub volumetric_divisor: String,
    pub weight_grams_max: String,
    pub side_mm_max: String,
    pub cut_off: String,
    pub insurance_percent: String,
    pub refuses: Vec<String>,
    pub zones: Vec<ZoneEntered>,
    pub protocol: String,
    pub url: String,
    pub merchant: String,
    /// Never shown again.
    pub secret: String,
}

/// A zone as it was entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the form")]
pub struct ZoneEntered {
    pub service: String,
    pub regions: String,
    pub cities: String,
    pub first_grams: String,
    pub first_price: String,
    pub step_grams: String,
    pub step_price: String,
    pub days_min: String,
    pub days_max: String,
}

impl ZoneEntered {
    /// The names of its fields, in the order of the form.
    pub const NAMES: [&'static str; 9] = [
        "service",
        "regions",
        "cities",
        "first_grams",
        "first_price",
        "step_grams",
        "step_price",
        "days_min",
        "days_max",
    ];

    /// The values in the order of [`Self::NAMES`].
    pub fn values(&self) -> [&str; 9] {
        [
            &self.service,
            &self.regions,
            &self.cities,
            &self.first_grams,
            &self.first_price,
            &self.step_grams,
            &self.step_price,
            &self.days_min,
            &self.days_max,
        ]
    }

    /// From values in the order of [`Self::NAMES`].
    pub fn of(values: [String; 9]) -> Self {
        let [
            service,
            regions,
            cities,
            first_grams,
            first_price,
            step_grams,
            step_price,
            days_min,
            days_max,
        ] = values;
        Self {
            service,
            regions,
            cities,
            first_grams,
            first_price,
            step_grams,
            step_price,
            days_min,
            days_max,
        }
    }
}

/// What is wrong: the name of a field, a zone's with its number behind a point, and what.
pub type Wrong = (String, String);

/// The fields of the form, filled and with what is wrong.
pub fn fields(
    entered: &CarrierEntered,
    currencies: Vec<Choice>,
    wrong: &[Wrong],
    t: Words,
) -> Vec<Field> {
    let field = |name, label: &str, value: &str| {
        Field::new(name, label).value(value).error(error_of(wrong, name))
    };
    vec![
        field("code", t.carrier_code(), &entered.code).max_length(64).hint(t.carrier_code_hint()),
        field("name_zh", t.carrier_name_zh(), &entered.name_zh).max_length(100),
        field("name_en", t.carrier_name_en(), &entered.name_en).max_length(100),
        Field::select("currency", t.carrier_currency(), currencies)
            .value(&*entered.currency)
            .error(error_of(wrong, "currency")),
        field("volumetric_divisor", t.carrier_divisor(), &entered.volumetric_divisor)
            .digits(7)
            .hint(t.carrier_divisor_hint()),
        field("weight_grams_max", t.carrier_weight_max(), &entered.weight_grams_max).digits(8),
        field("side_mm_max", t.carrier_side_max(), &entered.side_mm_max).digits(6),
        field("cut_off", t.carrier_cut_off(), &entered.cut_off)
            .max_length(5)
            .hint(t.carrier_cut_off_hint()),
        field("insurance_percent", t.carrier_insurance(), &entered.insurance_percent).decimal(),
    ]
}

/// Our account at it; the secret is asked for and never shown.
pub fn account(
    entered: &CarrierEntered,
    has_secret: bool,
    wrong: &[Wrong],
    t: Words,
) -> Vec<Field> {
    let field = |name, label: &str, value: &str| {
        Field::new(name, label).value(value).optional().error(error_of(wrong, name))
    };
    let hint = if has_secret { t.carrier_secret_kept() } else { t.carrier_secret_none() };
    vec![
        field("protocol", t.carrier_protocol(), &entered.protocol)
            .max_length(40)
            .hint(t.carrier_protocol_hint()),
        field("url", t.carrier_url(), &entered.url).max_length(300),
        field("merchant", t.carrier_merchant(), &entered.merchant).max_length(200),
        field("secret", t.carrier_secret(), "")
            .kind("password")
            .autocomplete("off")
            .max_length(2_000)
            .hint(hint),
    ]
}

/// What it does not carry.
pub fn refuses(chosen: &[String], name: &'static str, legend: &str, t: Words) -> Checks {
    let check = |it: HandlingFlag| Check {
        value: it.code().into(),
        label: flag(it, t).into(),
        hint: String::new(),
        is_on: chosen.iter().any(|code| code == it.code()),
    };
    Checks { name, legend: legend.into(), checks: HandlingFlag::ALL.map(check).into(), error: None }
}

/// The fields of the zones.
pub fn zones(entered: &[ZoneEntered], wrong: &[Wrong], t: Words) -> Vec<Vec<Cell>> {
    let labels = [
        t.carrier_service(),
        t.carrier_regions(),
        t.carrier_cities(),
        t.carrier_first_grams(),
        t.carrier_first_price(),
        t.carrier_step_grams(),
        t.carrier_step_price(),
        t.carrier_days_min(),
        t.carrier_days_max(),
    ];
    let row = |(index, zone): (usize, &ZoneEntered)| {
        let cells = ZoneEntered::NAMES.into_iter().zip(labels).zip(zone.values());
        let cell = |((part, label), value): ((&str, &'static str), &str)| {
            let name = format!("{part}.{index}");
            Cell {
                error: error_of(wrong, &name),
                label,
                value: value.to_owned(),
                choices: if part == "service" { services(t) } else { Vec::new() },
                name,
            }
        };
        cells.map(cell).collect()
    };
    entered.iter().enumerate().map(row).collect()
}

fn services(t: Words) -> Vec<Choice> {
    ServiceKind::ALL.map(|kind| Choice::new(kind.code(), words::service(kind, t))).into()
}

fn error_of(wrong: &[Wrong], name: &str) -> Option<String> {
    wrong.iter().find(|(field, _)| field == name).map(|(_, text)| text.clone())
}

crate::words! {
    carrier_new = "新建承运商", "New carrier";
    carrier_compare = "试算运费", "What would it cost";
    carrier_settings = "发货设置", "Shipping settings";
    carrier_about = "基本信息", "About it";
    carrier_code = "代码", "Code";
    carrier_code_hint = "规则和接口用它指代承运商。", "What rules and the API name it by.";
    carrier_name_zh = "中文名", "Chinese name";
    carrier_name_en = "英文名", "English name";
    carrier_currency = "结算货币", "Currency of its prices";
    carrier_divisor = "体积重系数", "Volumetric divisor";
    carrier_divisor_hint = "多少立方厘米按 1 千克计费，常见 6000 或 5000。", "Cubic centimeters that are billed as one kilogram, often 6000 or 5000.";
    carrier_weight_max = "最大重量（克）", "Heaviest parcel (g)";
    carrier_side_max = "最长边（毫米）", "Longest side (mm)";
    carrier_cut_off = "截单时间", "Cut-off";
    carrier_cut_off_hint = "如 18:00，此后备好的包裹次日发出。", "Such as 18:00; what is ready later leaves on the next day.";
    carrier_insurance = "保价费率（%）", "Insurance (% of the value)";
    carrier_refuses = "不承运", "Does not carry";
    carrier_zones = "服务与分区", "Services and zones";
    carrier_zones_note = "同一服务按顺序取第一个符合的分区。", "Of each service the first zone whose place fits decides.";
    carrier_zone(number) = "分区 {number}", "Zone {number}";
    carrier_add_zone = "添加分区", "Add a zone";
    carrier_remove_zone = "移除", "Remove";
    carrier_service = "服务", "Service";
    carrier_regions = "地区，如 CN 或 CN-31 CN-33", "Regions, such as CN or CN-31 CN-33";
    carrier_cities = "仅限城市（4 位代码）", "Only cities (4 digits)";
    carrier_first_grams = "首重（克）", "First weight (g)";
    carrier_first_price = "首重价", "First price";
    carrier_step_grams = "续重单位（克）", "Step (g)";
    carrier_step_price = "续重价", "Step price";
    carrier_days_min = "最少天数", "Days, least";
    carrier_days_max = "最多天数", "Days, most";
    carrier_account = "账户", "Our account";
    carrier_protocol = "协议", "Protocol";
    carrier_protocol_hint = "如 sandbox；留空表示面单在外部制作。", "Such as sandbox; empty if labels are made outside.";
    carrier_url = "接口地址", "Address";
    carrier_merchant = "商户号", "Merchant";
    carrier_secret = "密钥", "Secret";
    carrier_secret_kept = "已保存并加密；留空则不变。", "It is kept sealed; leave this empty to keep it.";
    carrier_secret_none = "还没有密钥。", "There is none yet.";
    carrier_save = "保存", "Save";
    carrier_saved = "已保存", "Saved";
    carrier_pause = "暂停接单", "Pause it";
    carrier_resume = "恢复接单", "Give it parcels again";
    carrier_paused = "已暂停，不再分配新包裹", "Paused: it gets no new parcels";
    carrier_resumed = "已恢复", "It gets parcels again";
    carrier_wrong_number = "请填写整数", "A whole number, please";
    carrier_wrong_price = "请填写金额，如 12.50", "An amount, such as 12.50";
    carrier_wrong_time = "请填写时间，如 18:00", "A time, such as 18:00";
    carrier_wrong_regions = "请填写同一国家的地区，如 CN 或 CN-31 CN-33", "Regions of one country, such as CN or CN-31 CN-33";
    carrier_wrong_service = "请选择服务", "Choose a service";
    carrier_wrong_code = "代码已被占用", "This code is taken";
    carrier_wrong(expected) = "不符合要求：{expected}", "Expected: {expected}";
}

#[cfg(any(test, feature = "samples"))]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn every_page_is_sound_in_both_languages() {
        for language in Language::ALL {
            assert_sound_page(&CarrierPage::sample(language).render().unwrap());
            assert_sound_page(&compare::ComparePage::sample(language).render().unwrap());
            let settings = settings::ShippingPage::sample(language);
            assert_sound_page(&settings.render().unwrap());
        }
    }

    #[test]
    fn what_is_wrong_with_a_zone_stands_at_its_field() {
        let zone = ZoneEntered { regions: "XX".into(), ..ZoneEntered::default() };
        let wrong = [("regions.1".to_owned(), "no".to_owned())];
        let rows = zones(&[ZoneEntered::default(), zone], &wrong, Words::new(Language::En));
        assert_eq!(rows[1][1].error.as_deref(), Some("no"));
        assert_eq!((&*rows[1][1].name, &*rows[1][1].value), ("regions.1", "XX"));
        assert_eq!(rows[0][1].error, None);
    }
}
