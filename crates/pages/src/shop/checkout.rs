//! Checkout, `/checkout`: one page with the total in sight at every step.

use askama::Template;
use ordermill_base::Money;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Choice, Field, FormErrors, Totals};
use crate::words::Words;

/// The checkout. Its block `summary` is what a change of delivery, code or points refreshes.
#[derive(Debug, Template)]
#[template(path = "shop/checkout.html", blocks = ["summary"])]
pub struct CheckoutPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Made anew with the page; a form sent twice orders once.
    pub idempotency_key: String,
    /// What is wrong with the form, on top.
    pub errors: FormErrors,
    /// Who gets it, and where.
    pub address: AddressFields,
    /// The ways to deliver, each with its day and price.
    pub deliveries: Vec<Offer>,
    /// Where a code is entered.
    pub coupon: Field,
    /// Points that may be spent on this order.
    pub points: Option<Points>,
    /// The ways to pay.
    pub payments: Vec<Offer>,
    /// What is ordered.
    pub lines: Vec<SummaryLine>,
    /// The sums as of now. The total is sent along: if it has changed, the page asks again.
    pub totals: Totals,
}

/// The fields of recipient and address.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is named after what is asked")]
pub struct AddressFields {
    pub name: Field,
    pub phone: Field,
    pub email: Field,
    pub province: Field,
    pub city: Field,
    pub district: Field,
    pub street: Field,
    pub note: Field,
}

impl AddressFields {
    /// Empty fields; `provinces` are the regions of the country.
    pub fn new(t: Words, provinces: Vec<Choice>) -> Self {
        Self {
            name: Field::new("name", t.recipient()).autocomplete("name").max_length(60),
            phone: Field::new("phone", t.phone())
                .kind("tel")
                .autocomplete("tel")
                .max_length(20)
                .hint(t.phone_hint()),
            email: Field::new("email", t.email())
                .kind("email")
                .autocomplete("email")
                .max_length(254)
                .hint(t.email_hint())
                .optional(),
            province: Field::select("province", t.province(), provinces)
                .autocomplete("address-level1"),
            city: Field::new("city", t.city()).autocomplete("address-level2").max_length(40),
            district: Field::new("district", t.district())
                .autocomplete("address-level3")
                .max_length(40),
            street: Field::new("street", t.street()).autocomplete("street-address").max_length(120),
            note: Field::new("note", t.delivery_note())
                .autocomplete("off")
                .max_length(100)
                .optional(),
        }
    }

    /// All of them, for the summary of errors.
    pub fn all(&self) -> [&Field; 8] {
        [
            &self.name,
            &self.phone,
            &self.email,
            &self.province,
            &self.city,
            &self.district,
            &self.street,
            &self.note,
        ]
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
    pub sku: String,
    pub name: String,
    pub spec: String,
    pub quantity: u64,
    pub total: Money,
}

crate::words! {
    checkout = "结算", "Checkout";
    recipient = "收件人", "Recipient";
    recipient_and_address = "收件信息", "Who gets it, and where";
    phone = "手机", "Phone";
    phone_hint = "快递员只看得到保护号码。", "The courier sees a protected number.";
    email = "邮箱", "E-mail";
    email_hint = "需要订单邮件时填写。", "If you want mail about the order.";
    province = "省份", "Province";
    city = "城市", "City";
    district = "区县", "District";
    street = "街道、门牌号", "Street, building, room";
    delivery_note = "给快递员的话", "Note to the courier";
    optional_more = "邮箱和备注（选填）", "E-mail and note (optional)";
    delivery = "配送", "Delivery";
    free = "免费", "Free";
    savings = "优惠", "Savings";
    use_points(points) = "使用 {points} 积分", "Use {points} points";
    points_worth(worth) = "抵 {worth}", "worth {worth}";
    payment = "付款方式", "Payment";
    update_total = "更新金额", "Update the total";
    place_order = "提交订单", "Place order";
    place_order_note = "提交后为您保留库存 24 小时，等待付款。", "We hold the goods for 24 hours while you pay.";
    check_fields(count) = "请检查 {count} 处", "Please check {count} field" | "Please check {count} fields";
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
        let mut address = AddressFields::new(t, provinces);
        address.name.value = t.pick("林小满", "Lin Xiaoman").into();
        address.phone.value = "13817260921".into();
        address.province.value = "31".into();
        address.city.value = t.pick("上海市", "Shanghai").into();
        address.district.value = t.pick("浦东新区", "Pudong").into();
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
            sku: product.sku,
            name: product.name,
            spec: product.spec,
            quantity: 1,
            total: product.price,
        });
        let cash = t.pick("货到付款", "Cash on delivery");
        Self {
            idempotency_key: "01JD9Y3V8QF4T2".into(),
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
            coupon: crate::shop::cart::CartPage::coupon_field(t).value("AUTUMN20"),
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
        page.address.district.value.clear();
        page.address.district.error =
            Some(t.pick("请填写区县。", "Please enter the district.").into());
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
            let summary = page.as_summary().render().unwrap();
            assert_sound(&summary);
            assert!(summary.contains("¥434.00"), "{summary}");
            assert!(summary.contains(r#"name="agreed_total" value="43400""#), "{summary}");
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
    fn what_is_not_offered_for_this_cart_cannot_be_chosen() {
        let html = CheckoutPage::sample(Language::En).render().unwrap();
        assert!(html.contains(r#"value="cod" disabled"#), "{html}");
        assert!(html.contains("Not for pick-up orders"), "{html}");
    }
}
