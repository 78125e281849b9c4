//! Samples of the pages of carriers.

use super::compare::{Answer, CompareEntered, ComparePage, OfferRow, compare_fields};
use super::*;
use crate::Language;
use crate::console::Section;
use crate::samples;

impl CarrierPage {
    /// One whose first zone is wrong.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let entered = CarrierEntered {
            code: "swift".into(),
            name_zh: "云雀速运".into(),
            name_en: "Swift <Express>".into(),
            currency: "CNY".into(),
            refuses: vec!["hazardous".into()],
            zones: vec![ZoneEntered { regions: "XX".into(), ..ZoneEntered::default() }],
            ..CarrierEntered::default()
        };
        let wrong = [("regions.0".to_owned(), t.carrier_wrong_regions().to_owned())];
        Self {
            frame: samples::console_frame(language, Section::Logistics),
            title: "Swift <Express>".into(),
            id: "car_01k2ey4xh0000".into(),
            version: 3,
            key: "evt_01k2ey4xh0000".into(),
            errors: wrong.to_vec(),
            fields: fields(&entered, vec![Choice::new("CNY", "CNY")], &wrong, t),
            refuses: refuses(&entered.refuses, "refuses", t.carrier_refuses(), t),
            zones: zones(&entered.zones, &wrong, t),
            account: account(&entered, true, &wrong, t),
            is_active: Some(true),
            shell,
        }
    }
}

impl ComparePage {
    /// Two that could carry it and one that could not.
    pub fn sample(language: Language) -> Self {
        let shell = samples::shell(language);
        let t = shell.t;
        let entered = CompareEntered { division: "310115".into(), ..CompareEntered::default() };
        let row = |name: &str, is_chosen| OfferRow {
            name: name.into(),
            is_chosen,
            price: "CNY 18.00".into(),
            insurance: "—".into(),
            billed_grams: 1_200,
            expected: "11-24 21:00".into(),
            late_days: 0,
            score: 937,
            weighed: "CNY 19.26".into(),
        };
        let locations = vec![Choice::new("HZ", "HZ")];
        Self {
            frame: samples::console_frame(language, Section::Logistics),
            errors: Vec::new(),
            fields: compare_fields(&entered, locations, "CNY", &[], t),
            handling: refuses(&[], "handling", t.compare_handling(), t),
            answer: Some(Answer {
                rules: t.compare_rules_of(2, "<No rider>"),
                offers: vec![row("Swift", true), row("Harbor", false)],
                refused: vec![("Tern".into(), t.no_carrier_forbidden().into())],
            }),
            shell,
        }
    }
}
