//! Locations, `/console/catalog/locations`; one of them with its zones and bins, `of/{code}` below
//! it; the form of a new one, `new`.
//!
//! The form of a location posts the fields of [`LocationEntered`] with `key` or `version`; that of a
//! zone those of [`ZoneEntered`] to `…/zones`.

use askama::Template;

use crate::console::Frame;
use crate::console::form::{FormGroup, refuse};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Check, Checks, Choice, Field, FormErrors, Tone, Views};
use crate::words::Words;

/// The list of locations.
#[derive(Debug, Clone, Template)]
#[template(path = "console/locations.html")]
pub struct LocationsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the catalog.
    pub parts: Views,
    /// By code.
    pub rows: Vec<LocationRow>,
    /// Whether they may add and change.
    pub can_change: bool,
}

/// One location.
#[derive(Debug, Clone)]
pub struct LocationRow {
    /// Its address here.
    pub href: String,
    /// Its short code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where carriers collect.
    pub address: String,
    /// Orders it can pack on a working day.
    pub capacity: i64,
    /// Those of the smallest number are asked first.
    pub priority: i64,
    /// Whether orders are sourced from it.
    pub state: Badge,
}

/// One location, or a new one: its form, zones and bins.
#[derive(Debug, Clone, Template)]
#[template(path = "console/location.html")]
pub struct LocationPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The heading.
    pub title: String,
    /// Its address here; where its form is posted.
    pub href: String,
    /// Whether it exists, so that it can have zones.
    pub is_known: bool,
    /// What was refused.
    pub errors: FormErrors,
    /// What is sent with the form: `key` or `version`.
    pub value: (&'static str, String),
    /// The form, by subject.
    pub groups: Vec<FormGroup>,
    /// Its zones with their bins.
    pub zones: Vec<ZoneRow>,
    /// Sets up a zone.
    pub zone: ZoneForm,
    /// Whether they may change anything.
    pub can_change: bool,
    /// Whether they may have all of its planned work sourced again.
    pub can_pool: bool,
    /// Whether they may say what it ships.
    pub can_rule: bool,
}

/// A zone of a location.
#[derive(Debug, Clone)]
pub struct ZoneRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub kind: String,
    /// Its bins, at most as many as are shown.
    pub bins: Vec<String>,
    /// Whether there are more.
    pub has_more: bool,
}

/// Sets up a zone with its bins.
#[derive(Debug, Clone, Default)]
pub struct ZoneForm {
    /// What was refused.
    pub errors: FormErrors,
    /// Code, names, kind, bins.
    pub fields: Vec<Field>,
}

/// What was entered for a location.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct LocationEntered {
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    /// Two letters of ISO 3166.
    pub country: String,
    /// Country and province, `CN-33`.
    pub region: String,
    pub address: String,
    /// Degrees with at most six decimals.
    pub latitude: String,
    pub longitude: String,
    pub time_zone: String,
    /// `17:00`.
    pub cut_off: String,
    pub daily_capacity: String,
    pub priority: String,
    /// `1` if orders are sourced from it.
    pub is_active: String,
}

/// What was entered for a zone.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct ZoneEntered {
    pub zone_code: String,
    pub zone_name_zh: String,
    pub zone_name_en: String,
    pub zone_kind: String,
    /// Labels, one a line or with blanks between.
    pub zone_bins: String,
}

/// Whether orders are sourced from a location, in one badge.
pub fn state(is_active: bool, t: Words) -> Badge {
    if is_active {
        Badge::new(Tone::Green, Icon::Check, t.location_active())
    } else {
        Badge::new(Tone::Grey, Icon::Pause, t.location_inactive())
    }
}

/// The form of a location; `errors` are names of fields and what is wrong.
pub fn groups(
    entered: &LocationEntered,
    errors: &[(&'static str, String)],
    t: Words,
) -> (Vec<FormGroup>, FormErrors) {
    let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
    let names = vec![
        line("code", t.category_code(), &entered.code).max_length(64),
        line("name_zh", t.sku_name_zh(), &entered.name_zh).optional().max_length(100),
        line("name_en", t.sku_name_en(), &entered.name_en).optional().max_length(300),
    ];
    let place = vec![
        line("address", t.location_address(), &entered.address).max_length(200),
        line("country", t.location_country(), &entered.country)
            .max_length(2)
            .hint(t.location_country_hint()),
        line("region", t.location_region(), &entered.region)
            .max_length(10)
            .hint(t.location_region_hint()),
        line("latitude", t.location_latitude(), &entered.latitude).decimal().max_length(12),
        line("longitude", t.location_longitude(), &entered.longitude)
            .decimal()
            .max_length(12)
            .hint(t.location_degrees_hint()),
    ];
    let work = vec![
        line("time_zone", t.location_time_zone(), &entered.time_zone)
            .max_length(40)
            .hint(t.location_time_zone_hint()),
        line("cut_off", t.location_cut_off(), &entered.cut_off)
            .kind("time")
            .hint(t.location_cut_off_hint()),
        line("daily_capacity", t.location_capacity(), &entered.daily_capacity).digits(8),
        line("priority", t.location_priority(), &entered.priority)
            .digits(7)
            .hint(t.location_priority_hint()),
    ];
    let active = Checks {
        name: "is_active",
        legend: t.location_sourcing().into(),
        checks: vec![Check {
            value: "1".into(),
            label: t.location_is_active().into(),
            hint: String::new(),
            is_on: entered.is_active == "1",
        }],
        error: None,
    };
    let mut groups = vec![
        FormGroup::new(t.location_names(), names),
        FormGroup::new(t.location_place(), place),
        FormGroup::new(t.location_work(), work).checks(active),
    ];
    let mut summary = FormErrors::default();
    for group in &mut groups {
        summary = refuse(&mut group.fields, errors, t);
    }
    (groups, summary)
}

impl ZoneForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(entered: &ZoneEntered, errors: &[(&'static str, String)], t: Words) -> Self {
        let line = |name, label: &str, value: &str| Field::new(name, label).value(value);
        let kinds = [
            ("shelf", t.zone_shelf()),
            ("food", t.zone_food()),
            ("cage", t.zone_cage()),
            ("hazard", t.zone_hazard()),
            ("bulky", t.zone_bulky()),
            ("reserve", t.zone_reserve()),
            ("quarantine", t.stock_quarantine()),
        ];
        let kinds = kinds.map(|(code, words)| Choice::new(code, words));
        let mut fields = vec![
            line("zone_code", t.zone_code(), &entered.zone_code).max_length(16),
            line("zone_name_zh", t.sku_name_zh(), &entered.zone_name_zh).optional().max_length(100),
            line("zone_name_en", t.sku_name_en(), &entered.zone_name_en).optional().max_length(300),
            Field::select("zone_kind", t.zone_kind(), kinds.into()).value(&entered.zone_kind),
            line("zone_bins", t.zone_bins(), &entered.zone_bins)
                .kind("textarea")
                .optional()
                .max_length(8_000)
                .hint(t.zone_bins_hint()),
        ];
        let errors = refuse(&mut fields, errors, t);
        Self { errors, fields }
    }
}

crate::words! {
    locations_title = "仓库", "Locations";
    locations_list = "仓库列表", "List of locations";
    locations_back = "返回仓库", "Back to locations";
    locations_none = "还没有仓库。", "No location yet.";
    location_new = "新建仓库", "New location";
    location_edit(code) = "仓库 {code}", "Location {code}";
    location_name = "仓库", "Location";
    location_names = "名称", "Names";
    location_place = "地址与坐标", "Address and coordinates";
    location_work = "作业", "Work";
    location_state = "状态", "Status";
    location_active = "启用", "In use";
    location_inactive = "停用", "Out of use";
    location_address = "地址", "Address";
    location_country = "国家代码", "Country code";
    location_country_hint = "两位字母，如 CN", "Two letters, such as CN";
    location_region = "地区代码", "Region code";
    location_region_hint = "国家和省，如 CN-33", "Country and province, such as CN-33";
    location_latitude = "纬度（度）", "Latitude (degrees)";
    location_longitude = "经度（度）", "Longitude (degrees)";
    location_degrees_hint = "最多六位小数，如 120.153576", "At most six decimals, such as 120.153576";
    location_time_zone = "时区", "Time zone";
    location_time_zone_hint = "如 Asia/Shanghai", "Such as Asia/Shanghai";
    location_cut_off = "截单时间", "Cut-off";
    location_cut_off_hint = "此后的订单按次日处理", "Orders from then on are those of the next day";
    location_capacity = "每日产能（单）", "Orders a day";
    location_priority = "优先级", "Priority";
    location_priority_hint = "数字小的先发货；相同则就近", "The smallest is asked first; of equals the nearest";
    location_sourcing = "寻源", "Sourcing";
    location_is_active = "从这里发货", "Orders are sent from here";
    location_saved(code) = "仓库 {code} 已保存", "Saved location {code}";
    location_code_taken = "这个编码已被使用", "Another location has this code";
    location_address_wrong = "1 到 200 个字", "1 to 200 characters";
    location_country_wrong = "请填两位国家代码，如 CN", "A country code of two letters, such as CN";
    location_region_wrong = "以国家代码开头，如 CN-33", "It begins with the code of the country, as CN-33";
    location_latitude_wrong = "-90 到 90，最多六位小数", "From -90 to 90, at most six decimals";
    location_longitude_wrong = "-180 到 180，最多六位小数", "From -180 to 180, at most six decimals";
    location_time_zone_wrong = "请填时区名，如 Asia/Shanghai", "The name of a time zone, such as Asia/Shanghai";
    location_cut_off_wrong = "请填时间，如 17:00", "A time such as 17:00";
    zones_title = "库区与库位", "Zones and bins";
    zones_none = "还没有库区。", "No zone yet.";
    zone_set_up = "设置库区", "Set up a zone";
    zone_code = "库区编码", "Code of the zone";
    zone_kind = "用途", "For";
    zone_bins = "库位标签", "Labels of bins";
    zone_bins_hint = "按行走顺序，每行一个；已有的库位保持不变", "In the order in which they are walked, one a line; bins that exist stay";
    zone_no_bins = "没有库位", "No bins";
    zone_button = "保存库区", "Save zone";
    zone_saved(code) = "库区 {code} 已保存", "Saved zone {code}";
    zone_code_wrong = "1 到 16 个字母、数字或 -", "1 to 16 letters, digits or -";
    zone_bins_wrong = "每个标签 1 到 40 个字符，最多 500 个", "Each label has 1 to 40 characters; at most 500 of them";
    zone_shelf = "货架", "Shelves";
    zone_food = "食品", "Food";
    zone_cage = "贵重品", "Cage";
    zone_hazard = "危险品", "Hazardous goods";
    zone_bulky = "大件", "Bulky goods";
    zone_reserve = "备货", "Reserve";
}

#[cfg(any(test, feature = "samples"))]
impl LocationPage {
    /// One with a zone.
    pub fn sample(language: crate::Language) -> Self {
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let entered = LocationEntered {
            code: "HZ-1".into(),
            name_zh: "杭州一仓".into(),
            name_en: "Hangzhou 1".into(),
            country: "CN".into(),
            region: "CN-33".into(),
            address: "运河仓前路 18 号".into(),
            latitude: "30.287459".into(),
            longitude: "120.153576".into(),
            time_zone: "Asia/Shanghai".into(),
            cut_off: "17:00".into(),
            daily_capacity: "4000".into(),
            priority: "1".into(),
            is_active: "1".into(),
        };
        let (groups, errors) = groups(&entered, &[], t);
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            title: t.location_edit("HZ-1"),
            href: "/console/catalog/locations/of/HZ-1".into(),
            is_known: true,
            errors,
            value: ("version", "3".into()),
            groups,
            zones: vec![ZoneRow {
                code: "A".into(),
                name: t.pick("货架一区", "Shelves 1").into(),
                kind: t.zone_shelf().into(),
                bins: vec!["A-01-01".into(), "A-01-02".into()],
                has_more: true,
            }],
            zone: ZoneForm::new(&ZoneEntered::default(), &[], t),
            can_change: true,
            can_pool: true,
            can_rule: true,
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl LocationsPage {
    /// Two.
    pub fn sample(language: crate::Language) -> Self {
        use super::{Part, parts};
        use crate::{console::Section, samples};
        let t = Words::new(language);
        let row = |code: &str, name: &str, is_active| LocationRow {
            href: format!("/console/catalog/locations/of/{code}"),
            code: code.into(),
            name: name.into(),
            address: "运河仓前路 18 号".into(),
            capacity: 4_000,
            priority: 1,
            state: state(is_active, t),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Catalog),
            parts: parts(Part::Locations, t),
            rows: vec![
                row("HZ-1", t.pick("杭州一仓", "Hangzhou 1"), true),
                row("GZ-2", t.pick("广州二仓", "Guangzhou 2"), false),
            ],
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
    fn the_pages_are_sound_and_a_refusal_stands_at_its_field() {
        for language in Language::ALL {
            let t = Words::new(language);
            assert_sound_page(&LocationsPage::sample(language).render().unwrap());
            let mut page = LocationPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            let errors = [("zone_code", t.zone_code_wrong().to_owned())];
            page.zone = ZoneForm::new(&ZoneEntered::default(), &errors, t);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"id="e-zone_code""#), "{html}");
            (page.is_known, page.zones) = (false, Vec::new());
            assert!(!page.render().unwrap().contains("/zones\""));
            page.can_change = false;
            assert!(!page.render().unwrap().contains(t.sku_save()));
        }
    }
}
