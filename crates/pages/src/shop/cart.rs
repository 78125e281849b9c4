//! The cart, `/cart`: kept on the server, with every change since it was filled explained.

use askama::Template;
use ordermill_base::Money;

use crate::icon::Icon;
use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::{Empty, Field, Totals};

/// The cart. Its block `cart` is what a change of quantity refreshes.
#[derive(Debug, Template)]
#[template(path = "shop/cart.html", blocks = ["cart"])]
pub struct CartPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// What is in it, latest first.
    pub lines: Vec<CartLine>,
    /// What comes along for nothing, as of now.
    pub gifts: Vec<GiftLine>,
    /// Where a code is entered, with what was wrong with the last one; none where no shop has any.
    pub coupon: Option<Field>,
    /// The code that counts now.
    pub coupon_applied: Option<String>,
    /// The sums as of now.
    pub totals: Totals,
    /// Whether everything in it can be ordered as it is.
    pub can_check_out: bool,
    /// Whether this answers a change, so that the count in the header is to be renewed as well.
    pub is_change: bool,
}

/// A gift that comes along with an order.
#[derive(Debug, Clone)]
pub struct GiftLine {
    /// Where its picture is.
    pub art: String,
    /// Its name in the visitor's language.
    pub name: String,
    /// How many.
    pub quantity: u64,
    /// Why it comes along: what the shop calls the rule.
    pub because: String,
}

/// One product in the cart.
#[derive(Debug, Clone)]
pub struct CartLine {
    /// The code in its address.
    pub sku: String,
    /// Where its picture is.
    pub art: String,
    /// Its name in the visitor's language.
    pub name: String,
    /// Size, color, weight.
    pub spec: String,
    /// What one costs now.
    pub price: Money,
    /// What one cost when it was put into the cart, if that differs.
    pub price_before: Option<Money>,
    /// How many.
    pub quantity: u64,
    /// How many there may be.
    pub quantity_max: u64,
    /// Price times quantity.
    pub total: Money,
    /// When it arrives, in words.
    pub promise: String,
    /// What must be settled before it can be ordered: "Only 2 left, you asked for 3".
    pub problem: Option<String>,
}

impl CartLine {
    fn price_fell(&self) -> bool {
        self.price_before.is_some_and(|before| before.minor > self.price.minor)
    }
}

impl CartPage {
    fn empty(&self) -> Empty {
        let t = self.shell.t;
        Empty {
            icon: Icon::Cart,
            title: t.cart_empty().into(),
            text: t.cart_empty_hint().into(),
            action: Some(("/".into(), t.to_home().into())),
        }
    }

    /// The field where a code is entered.
    pub fn coupon_field(t: crate::Words) -> Field {
        Field::new("coupon", t.coupon()).autocomplete("off").max_length(40).optional()
    }
}

crate::words! {
    cart_empty = "购物车是空的", "Your cart is empty";
    cart_empty_hint = "放进购物车的商品会一直保留。", "What you put in stays here.";
    coupon = "优惠码", "Coupon code";
    coupon_use = "使用", "Use";
    coupon_in_use(code) = "已使用优惠码 {code}", "Coupon {code} is in use";
    coupon_remove = "不使用", "Remove";
    price_fell_from(before) = "降价了：加入时 {before}", "Price dropped: it was {before} when you added it";
    price_rose_from(before) = "涨价了：加入时 {before}", "Price went up: it was {before} when you added it";
    line_remove = "移除", "Remove";
    line_update = "更新", "Update";
    each = "单价", "each";
    summary = "合计", "Summary";
    to_checkout = "去结算", "Check out";
    cart_blocked = "请先处理标出的商品。", "Please settle the marked products first.";
    goods_sum = "商品小计", "Items";
    before_delivery = "不含运费", "Before delivery";
    line_not_on_sale = "已下架，请移除。", "No longer on sale. Please remove it.";
    line_sold_out = "已售完，请移除。", "Sold out. Please remove it.";
    line_only_left(left, wanted) = "只剩 {left} 件，您选了 {wanted} 件。", "Only {left} left, you asked for {wanted}.";
    line_not_priced = "数量太多，无法计价。", "Too many to be priced.";
    price_now_note = "价格以现在为准，下单后不再变动。", "Prices are as of now and do not change after you order.";
}

#[cfg(any(test, feature = "samples"))]
impl GiftLine {
    /// A tote bag.
    pub fn sample(language: crate::Language) -> Self {
        let t = crate::Words::new(language);
        let product = crate::samples::products(language).swap_remove(2);
        Self {
            art: product.art,
            name: product.name,
            quantity: 1,
            because: t.pick("满199赠", "A gift from ¥199").into(),
        }
    }
}

#[cfg(any(test, feature = "samples"))]
impl CartPage {
    /// Three lines: one cheaper, one dearer, one that has run short.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        use crate::ui::TotalLine;
        let shell = samples::shell(language);
        let t = shell.t;
        let line = |index: usize, quantity: u64, price_before| {
            let product = samples::products(language).swap_remove(index);
            let total = product.price.minor * i64::try_from(quantity).unwrap_or(1);
            CartLine {
                promise: product.availability.words(&t),
                sku: product.sku,
                art: product.art,
                name: product.name,
                spec: product.spec,
                price: product.price,
                price_before,
                quantity,
                quantity_max: 20,
                total: samples::yuan(total),
                problem: None,
            }
        };
        Self {
            lines: vec![
                line(0, 1, Some(samples::yuan(19_900))),
                line(1, 2, None),
                line(4, 1, Some(samples::yuan(3_900))),
            ],
            gifts: vec![GiftLine::sample(language)],
            coupon: Some(Self::coupon_field(t)),
            coupon_applied: Some("AUTUMN20".into()),
            totals: Totals {
                lines: vec![
                    TotalLine::new(t.pick("商品小计", "Items"), samples::yuan(47_000)),
                    TotalLine::new(
                        t.pick("优惠码 AUTUMN20", "Coupon AUTUMN20"),
                        samples::yuan(-2_000),
                    ),
                ],
                label: t.before_delivery().into(),
                total: samples::yuan(45_000),
            },
            can_check_out: true,
            is_change: false,
            frame: samples::shop_frame(language),
            shell,
        }
    }

    /// The same with a line that has run short and a code that is refused.
    pub fn sample_blocked(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        let t = page.shell.t;
        page.lines[1].problem =
            Some(t.pick("只剩 1 件，您选了 2 件。", "Only 1 left, you asked for 2.").into());
        page.lines[1].quantity_max = 1;
        page.coupon_applied = None;
        page.coupon = Some(Self::coupon_field(t).value("SUMMER").error(Some(
            t.pick("这个优惠码 9 月 30 日已过期。", "This code expired on 30 September."),
        )));
        page.can_check_out = false;
        page
    }

    /// Nothing in it.
    pub fn sample_empty(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        page.lines.clear();
        page.frame.cart_count = 0;
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn every_change_of_a_price_is_explained() {
        for language in Language::ALL {
            let page = CartPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert_sound(&page.as_cart().render().unwrap());
            assert!(html.contains(&page.shell.t.price_fell_from("¥199.00")), "{html}");
            assert!(html.contains(&page.shell.t.price_rose_from("¥39.00")), "{html}");
            assert!(html.contains(r#"href="/checkout""#), "{html}");
        }
    }

    #[test]
    fn a_cart_that_cannot_be_ordered_says_why_and_leads_nowhere() {
        for language in Language::ALL {
            let page = CartPage::sample_blocked(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.cart_blocked()), "{html}");
            assert!(!html.contains(r#"href="/checkout""#), "{html}");
            assert!(html.contains(r#"value="SUMMER""#), "a refused code is kept: {html}");
        }
    }

    #[test]
    fn an_empty_cart_leads_to_the_shop() {
        let page = CartPage::sample_empty(Language::En);
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(html.contains("Your cart is empty") && !html.contains("/checkout"), "{html}");
    }
}
