//! A product, `/products/{sku}`: what it costs, when it arrives, and into the cart.

use askama::Template;
use ordermill_base::{Money, Span};

use crate::shell::Shell;
use crate::shop::{Category, Frame};
use crate::ui::{Availability, ProductCard};

/// The page of a product.
#[derive(Debug, Template)]
#[template(path = "shop/product.html")]
pub struct ProductPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// The group it is in.
    pub category: Category,
    /// Its code, in the address.
    pub sku: String,
    /// Where its picture is.
    pub art: String,
    /// Its name in the visitor's language.
    pub name: String,
    /// Size, color, weight.
    pub spec: String,
    /// What it costs now.
    pub price: Money,
    /// What it cost before, if that was more.
    pub price_before: Option<Money>,
    /// What we promise.
    pub availability: Availability,
    /// For how long the promise holds, until the cut-off.
    pub order_within: Option<Span>,
    /// Its siblings: other sizes and colors.
    pub variants: Vec<Variant>,
    /// The most one may put into the cart.
    pub quantity_max: u64,
    /// Paragraphs about it.
    pub description: Vec<String>,
    /// Material, origin, care: name and value.
    pub facts: Vec<(String, String)>,
    /// What to take instead when it is sold out, else what goes with it.
    pub related: Vec<ProductCard>,
}

/// A sibling of the product.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its code.
    pub sku: String,
    /// What tells it apart: "White / L".
    pub label: String,
    /// Whether it is the one shown.
    pub is_current: bool,
    /// Whether it can be ordered.
    pub is_available: bool,
}

crate::words! {
    order_within(span) = "{span}内下单可按此时间送达。", "If you order within {span}.";
    reserve_note = "下单后为您留货。", "Held for you once you order.";
    few_left_note(day) = "{day} 送达。售完要等下一批。", "Arrives {day}. The next delivery takes longer.";
    later_note = "现在没有现货，到货后第一时间发出。", "None in stock now; it leaves as soon as it arrives.";
    sold_out_alone = "目前不能下单。", "It cannot be ordered now.";
    sold_out_note = "目前不能下单，下面是相近的商品。", "It cannot be ordered now. Similar products are below.";
    variants = "规格", "Options";
    variant_sold_out = "缺货", "out of stock";
    quantity = "数量", "Quantity";
    fewer = "减少一件", "One less";
    more = "增加一件", "One more";
    add_to_cart = "加入购物车", "Add to cart";
    about_product = "商品介绍", "About this product";
    details = "规格参数", "Details";
    instead = "可以替代的商品", "Take one of these instead";
    more_like_this = "同类商品", "More like this";
    fact_sku = "商品编码", "SKU";
    fact_gtin = "条码", "Barcode";
    fact_weight = "重量", "Weight";
    fact_size = "包装尺寸", "Packed size";
    fact_shelf_life = "保质期", "Shelf life";
    days_count(count) = "{count} 天", "{count} day" | "{count} days";
}

#[cfg(any(test, feature = "samples"))]
impl ProductPage {
    /// A shirt with enough in stock.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        let shell = samples::shell(language);
        let t = shell.t;
        let frame = samples::shop_frame(language);
        let variant = |sku: &str, label: &str, is_available| Variant {
            sku: sku.into(),
            label: label.into(),
            is_current: sku.ends_with("-M"),
            is_available,
        };
        let fact = |name: (&str, &str), value: (&str, &str)| {
            (t.pick(name.0, name.1).into(), t.pick(value.0, value.1).into())
        };
        Self {
            category: frame.categories[3].clone(),
            sku: "SHIRT-LIN-M".into(),
            art: samples::art("SHIRT-LIN-M"),
            name: t.pick("棉麻立领衬衫", "Linen band-collar shirt").into(),
            spec: t.pick("白色 / M", "White / M").into(),
            price: samples::yuan(16_900),
            price_before: Some(samples::yuan(19_900)),
            availability: Availability::Arrives(t.pick("11-24 周二", "Tue 11-24").into()),
            order_within: Some(Span::minutes(192)),
            variants: vec![
                variant("SHIRT-LIN-S", t.pick("白色 / S", "White / S"), true),
                variant("SHIRT-LIN-M", t.pick("白色 / M", "White / M"), true),
                variant("SHIRT-LIN-L", t.pick("白色 / L", "White / L"), false),
            ],
            quantity_max: 20,
            description: vec![
                t.pick(
                    "亚麻与长绒棉混纺，轻、透气，洗后更柔软。立领可单穿，也可叠穿。",
                    "Linen with long-staple cotton: light, airy, softer with every wash. The band collar works alone or under a jacket.",
                )
                .into(),
                t.pick("模特身高 182 厘米，穿 M 码。", "The model is 182 cm tall and wears M.").into(),
            ],
            facts: vec![
                fact(("材质", "Material"), ("55% 亚麻，45% 棉", "55% linen, 45% cotton")),
                fact(("产地", "Made in"), ("浙江 绍兴", "Shaoxing, Zhejiang")),
                fact(("洗护", "Care"), ("30 ℃ 机洗，低温熨烫", "Machine wash at 30 °C, warm iron")),
            ],
            related: samples::products(language)
                .into_iter()
                .filter(|product| product.availability.can_be_ordered())
                .skip(3)
                .collect(),
            shell,
            frame,
        }
    }

    /// The same with only a few left.
    pub fn sample_few(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        let day = page.shell.t.pick("11-24 周二", "Tue 11-24");
        (page.availability, page.quantity_max) = (Availability::Few(2, day.into()), 2);
        page
    }

    /// The same without any.
    pub fn sample_sold_out(language: crate::Language) -> Self {
        let mut page = Self::sample(language);
        page.availability = Availability::SoldOut(None);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_promise_stands_beside_the_price_before_anything_is_bought() {
        for language in Language::ALL {
            let page = ProductPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("¥169.00") && html.contains("¥199.00"), "{html}");
            assert!(html.contains(&page.availability.words(&page.shell.t)), "{html}");
            assert!(html.contains(page.shell.t.add_to_cart()), "{html}");
        }
    }

    #[test]
    fn what_is_sold_out_cannot_be_put_into_the_cart_and_names_substitutes() {
        for language in Language::ALL {
            let page = ProductPage::sample_sold_out(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(!html.contains(page.shell.t.add_to_cart()), "{html}");
            assert!(html.contains(page.shell.t.instead()), "{html}");
            assert!(!html.contains(r#"action="/cart/lines""#), "{html}");
        }
    }

    #[test]
    fn no_more_than_there_are_can_be_asked_for() {
        let html = ProductPage::sample_few(Language::En).render().unwrap();
        assert!(html.contains(r#"min="1" max="2""#), "{html}");
        assert!(html.contains("Only 2 left"), "{html}");
    }

    #[test]
    fn what_a_merchant_wrote_is_text() {
        let mut page = ProductPage::sample(Language::Zh);
        page.description = vec!["<script>alert(1)</script>".into()];
        page.name = "\"><img src=x>".into();
        let html = page.render().unwrap();
        assert_sound_page(&html);
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{html}");
    }
}
