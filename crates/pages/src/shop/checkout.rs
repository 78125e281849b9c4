//! Checkout, `/checkout`: one page with the total in sight at every step.

mod words;

use askama::Template;
use ordermill_base::{Money, Span};

use crate::shell::Shell;
use crate::shop::Frame;
use crate::shop::cart::GiftLine;
use crate::ui::{Choice, Field, FormErrors, Totals};
use crate::words::Words;

/// The checkout. Its block `parts` is empty in the page; in the answer to a change it brings along
/// what the change has changed.
#[derive(Debug, Template)]
#[template(path = "shop/checkout.html", blocks = ["parts"])]
pub struct CheckoutPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Made anew with the page; a form sent twice orders once.
    pub idempotency_key: String,
    /// The cart that is ordered: a page of an older cart must not order a newer one.
    pub cart: String,
    /// What this answers, if it is not the whole page.
    pub changed: Option<Changed>,
    /// How long the goods are held while they are not paid; none if they are paid at the door.
    pub pay_within: Option<Span>,
    /// What is wrong with the form, on top.
    pub errors: FormErrors,
    /// Who gets it, and where.
    pub address: AddressFields,
    /// The ways to deliver, each with its day and price.
    pub deliveries: Vec<Offer>,
    /// Why what was chosen of them cannot be had.
    pub delivery_error: Option<String>,
    /// Where a code is entered; none where no shop has any.
    pub coupon: Option<Field>,
    /// Where a gift card is entered; none where no shop has any.
    pub gift_card: Option<Field>,
    /// Why a code that was entered does nothing: told beside the sums when a change has shown it.
    pub refusals: Vec<String>,
    /// Points that may be spent on this order.
    pub points: Option<Points>,
    /// The ways to pay.
    pub payments: Vec<Offer>,
    /// What is ordered.
    pub lines: Vec<SummaryLine>,
    /// What comes along for nothing, as of now.
    pub gifts: Vec<GiftLine>,
    /// The sums as of now. The total is sent along: if it has changed, the page asks again.
    pub totals: Totals,
    /// The last day of delivery that the page names, `2026-11-24`; empty if none. It is sent along: if it is a
    /// later one now, the page asks again.
    pub arrives_by_on: String,
}

/// What was changed in the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Another country: all fields of the address are others.
    Country,
    /// Another province or city: those below are others.
    Region,
    /// Anything else that the total depends on.
    Other,
}

/// The fields of recipient and address.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is named after what is asked")]
pub struct AddressFields {
    pub paste: Field,
    pub country: Field,
    pub name: Field,
    pub phone: Field,
    pub email: Field,
    pub province: Field,
    pub city: Field,
    /// None where addresses have no such level.
    pub district: Option<Field>,
    pub street: Field,
    /// None where parcels need none.
    pub postal_code: Option<Field>,
    pub note: Field,
}

impl AddressFields {
    /// Empty fields of an address in China.
    pub fn chinese(t: Words, countries: Vec<Choice>, provinces: Vec<Choice>) -> Self {
        let province =
            Field::select("province", t.province(), provinces).autocomplete("address-level1");
        let district =
            Field::new("district", t.district()).autocomplete("address-level3").max_length(40);
        Self { province, district: Some(district), ..Self::new(t, countries) }
    }

    /// Empty fields of an address elsewhere.
    pub fn elsewhere(t: Words, countries: Vec<Choice>) -> Self {
        let code = Field::new("postal_code", t.postal_code()).autocomplete("postal-code");
        Self { postal_code: Some(code.max_length(16)), ..Self::new(t, countries) }
    }

    fn new(t: Words, countries: Vec<Choice>) -> Self {
        Self {
            paste: Field::new("paste", t.paste())
                .kind("textarea")
                .autocomplete("off")
                .max_length(500)
                .hint(t.paste_hint())
                .optional(),
            country: Field::select("country", t.country(), countries).autocomplete("country"),
            name: Field::new("name", t.recipient()).autocomplete("name").max_length(60),
            phone: Field::new("phone", t.phone()).kind("tel").autocomplete("tel").max_length(20),
            email: Field::new("email", t.email())
                .kind("email")
                .autocomplete("email")
                .max_length(254)
                .hint(t.email_hint())
                .optional(),
            province: Field::new("province", t.state())
                .autocomplete("address-level1")
                .max_length(60)
                .optional(),
            city: Field::new("city", t.city()).autocomplete("address-level2").max_length(60),
            district: None,
            street: Field::new("street", t.street()).autocomplete("street-address").max_length(120),
            postal_code: None,
            note: Field::new("note", t.delivery_note())
                .autocomplete("off")
                .max_length(100)
                .optional(),
        }
    }

    /// All of them in the order of the page, for the summary of errors.
    pub fn all(&self) -> impl Iterator<Item = &Field> {
        let first = [&self.country, &self.name, &self.phone, &self.province, &self.city];
        let last = [&self.street, &self.email, &self.note];
        first.into_iter().chain(&self.district).chain(&self.postal_code).chain(last)
    }

    /// The field of this name.
    pub fn named(&mut self, name: &str) -> Option<&mut Field> {
        let first = [&mut self.country, &mut self.name, &mut self.phone, &mut self.province];
        let last = [&mut self.city, &mut self.street, &mut self.email, &mut self.note];
        let mut all =
            first.into_iter().chain(last).chain(&mut self.district).chain(&mut self.postal_code);
        all.find(|field| field.name == name)
    }

    fn has_optional_trouble(&self) -> bool {
        self.email.error.is_some() || self.note.error.is_some()
    }
}

impl CheckoutPage {
    /// Whether there is anything to hand in besides money.
    fn has_savings(&self) -> bool {
        self.coupon.is_some() || self.gift_card.is_some() || self.points.is_some()
    }

    /// The number of the step about payment: there are fewer steps where nothing is taken off.
    fn payment_step(&self) -> u8 {
        if self.has_savings() { 4 } else { 3 }
    }

    /// The field where the code of a gift card is entered.
    pub fn gift_card_field(t: Words) -> Field {
        Field::new("gift_card", t.gift_card_code()).autocomplete("off").max_length(60).optional()
    }
}

/// A way to deliver or to pay.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What is sent.
    pub value: String,
    /// "Express".
    pub title: String,
    /// "Arrives Tue 11-24", or why it cannot be chosen.
    pub note: String,
    /// What it costs; `None` where a price makes no sense, zero is shown as free.
    pub price: Option<Money>,
    /// Whether it is the one chosen.
    pub is_chosen: bool,
    /// Whether it may be chosen for this cart and address.
    pub is_available: bool,
}

/// Points that may be spent.
#[derive(Debug, Clone)]
pub struct Points {
    /// How many may be spent on this order.
    pub usable: u64,
    /// What they are worth.
    pub worth: Money,
    /// Whether they are spent.
    pub is_used: bool,
}

/// A product in the summary.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "as in the cart")]
pub struct SummaryLine {
    pub art: String,
    pub name: String,
    pub spec: String,
    pub quantity: u64,
    pub total: Money,
}

#[cfg(any(test, feature = "samples"))]
impl CheckoutPage {
    /// Filled in as far as a returning buyer finds it.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        use crate::ui::TotalLine;
        let shell = samples::shell(language);
        let t = shell.t;
        let provinces = vec![
            Choice::new("31", t.pick("上海市", "Shanghai")),
            Choice::new("33", t.pick("浙江省", "Zhejiang")),
            Choice::new("44", t.pick("广东省", "Guangdong")),
        ];
        let countries = vec![Choice::new("CN", t.pick("中国", "China"))];
        let mut address = AddressFields::chinese(t, countries, provinces);
        address.country.value = "CN".into();
        address.name.value = t.pick("林小满", "Lin Xiaoman").into();
        address.phone.value = "13817260921".into();
        address.province.value = "31".into();
        address.city.value = t.pick("上海市", "Shanghai").into();
        if let Some(district) = &mut address.district {
            district.value = t.pick("浦东新区", "Pudong").into();
        }
        address.street.value =
            t.pick("张江路 88 弄 3 号 502", "502, No. 3, Lane 88, Zhangjiang Rd").into();
        let offer = |value: &str, title: &str, note: &str, price, is_chosen| Offer {
            value: value.into(),
            title: title.into(),
            note: note.into(),
            price,
            is_chosen,
            is_available: true,
        };
        let day = |chinese: &str, english: &str| t.arrives_on(t.pick(chinese, english));
        let lines = samples::products(language).into_iter().take(3).map(|product| SummaryLine {
            art: product.art,
            name: product.name,
            spec: product.spec,
            quantity: 1,
            total: product.price,
        });
        let cash = t.pick("货到付款", "Cash on delivery");
        Self {
            idempotency_key: "01JD9Y3V8QF4T2".into(),
            cart: "crt_01".into(),
            changed: None,
            pay_within: Some(Span::hours(24)),
            arrives_by_on: "2026-11-24".into(),
            errors: FormErrors::default(),
            deliveries: vec![
                offer(
                    "standard",
                    t.pick("标准配送", "Standard"),
                    &day("11-24 周二", "Tue 11-24"),
                    Some(samples::yuan(0)),
                    true,
                ),
                offer(
                    "express",
                    t.pick("加急配送", "Express"),
                    &day("11-23 周一", "Mon 11-23"),
                    Some(samples::yuan(1_200)),
                    false,
                ),
                offer(
                    "pickup",
                    t.pick("到店自提", "Pick up in store"),
                    t.pick("静安店，明天 10:00 起", "Jing'an store, from 10:00 tomorrow"),
                    Some(samples::yuan(0)),
                    false,
                ),
            ],
            delivery_error: None,
            coupon: Some(crate::shop::cart::CartPage::coupon_field(t).value("AUTUMN20")),
            gift_card: Some(Self::gift_card_field(t)),
            refusals: Vec::new(),
            points: Some(Points { usable: 1_200, worth: samples::yuan(1_200), is_used: true }),
            payments: vec![
                offer("wechat", t.pick("微信支付", "WeChat Pay"), "", None, true),
                offer("alipay", t.pick("支付宝", "Alipay"), "", None, false),
                offer(
                    "card",
                    t.pick("银行卡", "Card"),
                    t.pick("银联、Visa、Mastercard", "UnionPay, Visa, Mastercard"),
                    None,
                    false,
                ),
                Offer {
                    is_available: false,
                    ..offer(
                        "cod",
                        cash,
                        t.pick("自提订单不支持", "Not for pick-up orders"),
                        None,
                        false,
                    )
                },
            ],
            lines: lines.collect(),
            gifts: vec![GiftLine::sample(language)],
            totals: Totals {
                lines: vec![
                    TotalLine::new(t.pick("商品小计", "Items"), samples::yuan(46_600)),
                    TotalLine::new(
                        t.pick("优惠码 AUTUMN20", "Coupon AUTUMN20"),
                        samples::yuan(-2_000),
                    ),
                    TotalLine::new(t.pick("积分", "Points"), samples::yuan(-1_200)),
                    TotalLine {
                        free: t.free().into(),
                        ..TotalLine::new(t.pick("运费", "Delivery"), samples::yuan(0))
                    },
                ],
                label: t.pick("应付", "To pay").into(),
                total: samples::yuan(43_400),
            },
            address,
            frame: samples::shop_frame(language),
            shell,
        }
    }

    /// Sent with a wrong phone and no district.
    pub fn sample_refused(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        let t = page.shell.t;
        page.address.phone.value = "1381726".into();
        page.address.phone.error =
            Some(t.pick("手机号需要 11 位数字。", "A phone number has 11 digits.").into());
        if let Some(district) = &mut page.address.district {
            district.value.clear();
            district.error = Some(t.field_required(t.district()));
        }
        page.errors = FormErrors::of(t.check_fields(2), page.address.all());
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_total_is_in_sight_and_sent_along() {
        for language in Language::ALL {
            let page = CheckoutPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("¥434.00"), "{html}");
            assert!(html.contains(r#"name="agreed_total" value="43400""#), "{html}");
            assert!(html.contains(r#"name="idempotency_key" value="01JD9Y3V8QF4T2""#), "{html}");
        }
    }

    #[test]
    fn a_refused_form_keeps_its_input_and_names_each_field_on_top() {
        for language in Language::ALL {
            let html = CheckoutPage::sample_refused(language).render().unwrap();
            assert_sound_page(&html);
            assert!(
                html.contains(r##"href="#f-phone""##) && html.contains(r##"href="#f-district""##)
            );
            assert!(html.contains(r#"value="1381726""#), "{html}");
            assert_eq!(html.matches(r#"aria-invalid="true""#).count(), 2, "{html}");
        }
    }

    #[test]
    fn a_way_to_deliver_that_cannot_be_had_is_told_there_and_on_top() {
        for language in Language::ALL {
            let mut page = CheckoutPage::sample(language);
            let refused = page.shell.t.delivery_refused();
            assert!(!page.render().unwrap().contains("e-delivery"));
            page.delivery_error = Some(refused.to_owned());
            page.errors.errors.push(("delivery", refused.to_owned()));
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert_eq!(html.matches(refused).count(), 2, "{html}");
            assert!(html.contains(r##"href="#f-delivery""##), "{html}");
            assert!(
                html.contains(r#"aria-invalid="true" aria-describedby="e-delivery""#),
                "{html}"
            );
        }
    }

    #[test]
    fn a_change_brings_along_what_it_has_changed_and_no_more() {
        for language in Language::ALL {
            let mut page = CheckoutPage::sample(language);
            assert_eq!(page.as_parts().render().unwrap().trim(), "", "nothing in the page itself");
            for (changed, brought, others) in [
                (Changed::Country, vec!["#address", "#payments"], vec!["#divisions"]),
                (Changed::Region, vec!["#divisions"], vec!["#address", "#payments"]),
                (Changed::Other, vec![], vec!["#address", "#divisions", "#payments"]),
            ] {
                page.changed = Some(changed);
                let html = page.as_parts().render().unwrap();
                assert_sound(&html);
                let target = |id: &str| html.contains(&format!(r#"hx-target="{id}""#));
                assert!(target("#summary") && target("#deliveries"), "{html}");
                assert!(brought.into_iter().all(target), "{html}");
                assert!(!others.into_iter().any(target), "{html}");
            }
        }
    }

    #[test]
    fn a_code_that_does_nothing_is_told_beside_the_sums_when_it_is_typed() {
        for language in Language::ALL {
            let mut page = CheckoutPage::sample(language);
            let reason = page.shell.t.gift_card_empty();
            page.refusals = vec![reason.to_owned()];
            assert!(!page.render().unwrap().contains(reason), "the field says it");
            page.changed = Some(Changed::Other);
            let html = page.as_parts().render().unwrap();
            assert_sound(&html);
            assert!(html.contains(reason), "{html}");
        }
    }

    #[test]
    fn what_is_not_offered_for_this_cart_cannot_be_chosen() {
        let html = CheckoutPage::sample(Language::En).render().unwrap();
        assert!(html.contains(r#"value="cod" disabled"#), "{html}");
        assert!(html.contains("Not for pick-up orders"), "{html}");
    }
}
