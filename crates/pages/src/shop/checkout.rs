//! Checkout, `/checkout`: one page with the total in sight at every step.

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

crate::words! {
    checkout = "结算", "Checkout";
    recipient = "收件人", "Recipient";
    recipient_and_address = "收件信息", "Who gets it, and where";
    phone = "手机", "Phone";
    email = "邮箱", "E-mail";
    email_hint = "需要订单邮件时填写。", "If you want mail about the order.";
    paste = "粘贴整段地址，自动识别", "Paste a Chinese address";
    paste_read = "识别并填入", "Fill in the fields";
    paste_hint = "姓名、手机和地址可以放在一起。请核对识别结果。", "Name, phone and address in any order. Please check what was found.";
    paste_not_found = "没有识别出地址，请手动填写。", "No address was found in it. Please fill in the fields.";
    country = "国家或地区", "Country or region";
    state = "省、州", "State or province";
    postal_code = "邮政编码", "Postal code";
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
    place_order_note(span) = "提交后为您留货，请在 {span}内付款。", "The goods are held for you; please pay within {span}.";
    place_order_note_cash = "货到付款的订单提交后直接处理。", "Orders paid at the door are handled at once.";
    delivery_standard = "标准配送", "Standard delivery";
    delivery_next_day = "发出次日送达", "The day after it leaves";
    delivery_timed = "请在“给快递员的话”里写明时间段", "Please name the hours in the note to the courier";
    delivery_pickup = "您到附近的自提点取件", "You collect it at a point nearby";
    delivery_not_there = "不能送到这个地址", "Not to this address";
    delivery_refused = "没有快递以这种方式送到这个地址，请换一种", "Nobody delivers like this to the address. Please choose another way";
    delivery_day_unknown = "填写地址后显示送达日期", "The day shows once the address is known";
    pay_at_the_door = "货到付款", "Cash on delivery";
    pay_at_the_door_note = "收货时付给快递员", "Paid to the courier";
    pay_at_the_door_no = "仅限中国大陆地址", "Only for addresses in mainland China";
    pay_online(name) = "在线支付（{name}）", "Pay online ({name})";
    pay_online_note = "提交后前往付款页面", "The payment page opens next";
    freight = "运费", "Delivery";
    tax_on_top = "税", "Tax";
    to_pay = "应付", "To pay";
    day_changed(day) = "现在预计最晚 {day}送达，请确认后再次提交。", "It now arrives {day} at the latest. Please check it and order again.";
    total_changed(before, now) = "金额从 {before} 变为 {now}，请确认后再次提交。", "The total changed from {before} to {now}. Please check it and order again.";
    not_served = "暂时无法送到这个地区", "We do not deliver there yet";
    hazardous_not_served = "购物车里的危险品不能送到这个地区", "Hazardous goods in your cart cannot be sent there";
    not_priced = "现在无法计算金额", "The total cannot be computed now";
    points_sum = "积分抵扣", "Points";
    gift_card = "礼品卡", "Gift card";
    gift_card_code = "礼品卡卡号", "Gift card code";
    gift_card_unknown = "没有这张礼品卡，或币种不同", "There is no such gift card in this currency";
    gift_card_empty = "这张礼品卡已经用完", "This gift card is used up";
    coupon_gone = "优惠码、礼品卡或积分刚刚被用掉，请核对金额后再次提交。", "The coupon, the gift card or the points were used a moment ago. Please check the total and order again.";
    coupon_unknown = "没有这个优惠码", "There is no such code";
    coupon_not_yet = "这个优惠码还没有开始", "This code is not valid yet";
    coupon_expired = "这个优惠码已过期", "This code has expired";
    coupon_used_up = "这个优惠码已被领完", "This code is used up";
    coupon_used_by_you = "您已经用过这个优惠码", "You have used this code already";
    coupon_first_order = "这个优惠码只用于首单", "This code is for a first order";
    coupon_other_goods = "这个优惠码不适用于购物车里的商品", "This code is for other goods";
    coupon_below(missing) = "还差 {missing} 才能使用这个优惠码", "{missing} more of goods are needed for this code";
    coupon_saves_nothing = "用这个优惠码不会更便宜", "This code would not save anything";
    choose_payment = "请选择付款方式", "Please choose how to pay";
    field_required(label) = "请填写{label}", "Please fill in: {label}";
    field_one_of(label, choices) = "{label}不对，可能是：{choices}", "{label} is not known. Perhaps: {choices}";
    field_unknown(label) = "{label}不对，请核对", "{label} is not known, please check";
    field_format(label, pattern) = "{label}的格式应为 {pattern}", "{label} looks like {pattern}";
    field_too_long(label) = "{label}太长了", "{label} is too long";
    field_letters(label) = "{label}里有不能打印的字符", "{label} has letters that cannot be printed";
    phone_wrong = "手机号不对，请核对位数和区号", "This phone number cannot exist, please check it";
    email_wrong = "邮箱地址应类似 name@example.com", "An e-mail address looks like name@example.com";
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
