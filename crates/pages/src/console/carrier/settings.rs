//! The settings of shipping, `/console/logistics/settings`: posts `version` and the names of
//! [`ShippingEntered`], `told` as often as something is chosen.

use askama::Template;

use super::Wrong;
use crate::Words;
use crate::console::Frame;
use crate::shell::Shell;
use crate::ui::{Check, Checks, Field};

/// The settings and their form.
#[derive(Debug, Clone, Template)]
#[template(path = "console/shipping_settings.html")]
pub struct ShippingPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The version that was seen.
    pub version: i64,
    /// Everything that is wrong: the id of the field after `f-`, and what.
    pub errors: Vec<(String, String)>,
    /// Who sends, and what decides.
    pub fields: Vec<Field>,
    /// What buyers are told.
    pub told: Checks,
}

/// The form as it was entered.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the form")]
pub struct ShippingEntered {
    pub name_zh: String,
    pub name_en: String,
    pub phone: String,
    pub service_phone: String,
    pub late_day: String,
    pub score_point: String,
    pub insured_from: String,
    /// Of [`TOLD`].
    pub told: Vec<String>,
}

/// What buyers may be told, as it is sent.
pub const TOLD: [&str; 5] = ["shipped", "arriving", "delivered", "address_problem", "completed"];

/// The fields, filled and with what is wrong.
pub fn fields(entered: &ShippingEntered, currency: &str, wrong: &[Wrong], t: Words) -> Vec<Field> {
    let field = |name, label: &str, value: &str| {
        Field::new(name, label).value(value).error(super::error_of(wrong, name))
    };
    let amount = |name, label: String, value: &str| field(name, &label, value).decimal();
    vec![
        field("name_zh", t.shipping_name_zh(), &entered.name_zh).optional().max_length(100),
        field("name_en", t.shipping_name_en(), &entered.name_en).optional().max_length(100),
        field("phone", t.shipping_phone(), &entered.phone)
            .kind("tel")
            .max_length(21)
            .hint(t.shipping_phone_hint()),
        field("service_phone", t.shipping_service_phone(), &entered.service_phone)
            .kind("tel")
            .optional()
            .max_length(21),
        amount("late_day", t.shipping_late_day(currency), &entered.late_day),
        amount("score_point", t.shipping_score_point(currency), &entered.score_point),
        amount("insured_from", t.shipping_insured_from(currency), &entered.insured_from),
    ]
}

/// What buyers are told.
pub fn told(entered: &ShippingEntered, t: Words) -> Checks {
    let labels = [
        t.shipping_told_shipped(),
        t.shipping_told_arriving(),
        t.shipping_told_delivered(),
        t.shipping_told_address(),
        t.shipping_told_completed(),
    ];
    let check = |(value, label): (&str, &str)| Check {
        value: value.into(),
        label: label.into(),
        hint: String::new(),
        is_on: entered.told.iter().any(|chosen| chosen == value),
    };
    let checks = TOLD.into_iter().zip(labels).map(check).collect();
    Checks { name: "told", legend: t.shipping_told().into(), checks, error: None }
}

crate::words! {
    shipping_name_zh = "寄件人（中文），留空用店名", "Sender in Chinese; the shop's name if empty";
    shipping_name_en = "寄件人（英文），留空用店名", "Sender in English; the shop's name if empty";
    shipping_phone = "寄件电话", "Phone for couriers";
    shipping_phone_hint = "没有它就无法出面单。", "Without one no label is made.";
    shipping_service_phone = "客服电话（物流页显示）", "Phone for buyers, on the tracking page";
    shipping_late_day(currency) = "晚到一天的代价（{currency}）", "What a day late is worth ({currency})";
    shipping_score_point(currency) = "评分每千分之一的价值（{currency}）", "What a thousandth of the score is worth ({currency})";
    shipping_insured_from(currency) = "货值达到即保价（{currency}）", "Insured from a value of ({currency})";
    shipping_told = "通知买家", "Buyers are told";
    shipping_told_shipped = "包裹已发出", "that a parcel has left";
    shipping_told_arriving = "正在派送或待取", "that it is brought, or waits to be collected";
    shipping_told_delivered = "已签收", "that it was delivered";
    shipping_told_address = "地址有误", "that its address is not found";
    shipping_told_completed = "订单已完成", "that the order is complete";
}

#[cfg(any(test, feature = "samples"))]
impl ShippingPage {
    /// With a phone that is none.
    pub fn sample(language: crate::Language) -> Self {
        let shell = crate::samples::shell(language);
        let t = shell.t;
        let entered = ShippingEntered {
            phone: "<none>".into(),
            told: vec!["shipped".into()],
            ..ShippingEntered::default()
        };
        let wrong = [("phone".to_owned(), t.carrier_wrong("5 to 20 digits"))];
        Self {
            frame: crate::samples::console_frame(language, crate::console::Section::Logistics),
            version: 2,
            errors: wrong.to_vec(),
            fields: fields(&entered, "CNY", &wrong, t),
            told: told(&entered, t),
            shell,
        }
    }
}
