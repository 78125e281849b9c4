//! Sample data that the preview and the tests share: one shop, one evening in November.

mod parts;

use askama::Template;
use jiff::tz::TimeZone;
use ordermill_base::{Currency, Money, Span, Timestamp};

use crate::shell::{Preferences, Shell, Site, console, shop};
use crate::shop as shop_pages;
use crate::ui::{Availability, ProductCard};
use crate::words::{Language, Words};

/// 2026-11-22 22:58 in Shanghai, a Sunday.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_359_480_000);

/// The shell of a page at `/`.
pub fn shell(language: Language) -> Shell {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    let site = Site { name: "Ordermill".into(), zone };
    Shell::new(&site, Preferences { language, here: "/".into(), ..Preferences::default() })
}

/// The number of the order in the samples.
pub const ORDER_NUMBER: &str = "SO2611220012470";

/// Yuan, from fen.
pub const fn yuan(minor: i64) -> Money {
    Money::new(minor, Currency::Cny)
}

/// Where the preview draws a tile for a SKU.
pub fn art(sku: &str) -> String {
    format!("/art/tile/{}", shop_pages::tile_of(sku))
}

/// A moment some minutes from [`NOW`]; negative is ago.
pub fn in_minutes(minutes: i64) -> Timestamp {
    NOW + Span::minutes(minutes)
}

/// The frame of the shop for someone who has three things in the cart.
pub fn shop_frame(language: Language) -> shop::Frame {
    let t = Words::new(language);
    let category = |slug: &str, chinese: &str, english: &str| shop::Category {
        name: t.pick(chinese, english).into(),
        href: format!("/categories/{slug}"),
        is_current: false,
    };
    shop::Frame {
        categories: vec![
            category("tea", "茶叶", "Tea"),
            category("kitchen", "厨房", "Kitchen"),
            category("home", "家居", "Home"),
            category("clothing", "服饰", "Clothing"),
            category("outdoor", "户外", "Outdoor"),
            category("stationery", "文具", "Stationery"),
        ],
        search: String::new(),
        cart_count: 3,
        account: Some("138******21".into()),
    }
}

/// The frame of the console for a member of staff who may enter everything.
pub fn console_frame(language: Language, section: console::Section) -> console::Frame {
    use console::Section as S;
    let t = Words::new(language);
    console::Frame {
        section,
        allowed: vec![
            S::Dashboard,
            S::Tasks,
            S::Orders,
            S::Review,
            S::Exceptions,
            S::AfterSale,
            S::Complaints,
            S::Warehouse,
            S::Logistics,
            S::Stock,
            S::Finance,
            S::Disputes,
            S::Customers,
            S::Catalog,
            S::Promotions,
            S::Reports,
            S::Admin,
        ],
        waiting: vec![(S::Exceptions, 8)],
        search: String::new(),
        user_name: t.pick("陈思雨", "Chen Siyu").into(),
        user_role: t.pick("客服", "Support").into(),
        knows: "0.evt_0000000000007".into(),
    }
}

/// Eight products, one of each availability among them.
pub fn products(language: Language) -> Vec<ProductCard> {
    let t = Words::new(language);
    let tuesday = || t.pick("11-24 周二", "Tue 11-24").to_owned();
    let product =
        |sku: &str, names: (&str, &str), specs: (&str, &str), fen, availability| ProductCard {
            t,
            sku: sku.into(),
            art: art(sku),
            name: t.pick(names.0, names.1).into(),
            spec: t.pick(specs.0, specs.1).into(),
            price: yuan(fen),
            price_before: None,
            availability,
        };
    use Availability::{Arrives, Few, Later, SoldOut};
    let mut products = vec![
        product(
            "TEA-LJ-250",
            ("明前龙井", "Longjing green tea"),
            ("250 克", "250 g"),
            16_900,
            Arrives(tuesday()),
        ),
        product(
            "CUP-CEL-2",
            ("青瓷对杯", "Celadon cups"),
            ("两只装", "Set of 2"),
            12_800,
            Few(3, tuesday()),
        ),
        product(
            "SHIRT-LIN-M",
            ("棉麻立领衬衫", "Linen band-collar shirt"),
            ("白色 / M", "White / M"),
            16_900,
            Arrives(tuesday()),
        ),
        product(
            "LAMP-RICE",
            ("和纸台灯", "Paper table lamp"),
            ("暖光", "Warm light"),
            23_900,
            Later(t.pick("12-02 周三", "Wed 12-02").into()),
        ),
        product(
            "NOTE-A5",
            ("方格笔记本", "Grid notebook"),
            ("A5 / 3 本", "A5 / pack of 3"),
            4_500,
            Arrives(tuesday()),
        ),
        product(
            "TENT-2P",
            ("双人帐篷", "Two-person tent"),
            ("1.6 千克", "1.6 kg"),
            69_900,
            SoldOut(None),
        ),
        product(
            "PAN-IRON-26",
            ("铸铁煎锅", "Cast-iron pan"),
            ("26 厘米", "26 cm"),
            19_900,
            Arrives(tuesday()),
        ),
        product(
            "SOCK-3P",
            ("精梳棉袜", "Combed cotton socks"),
            ("深灰 / 3 双", "Dark grey / 3 pairs"),
            9_900,
            Arrives(tuesday()),
        ),
    ];
    products[0].price_before = Some(yuan(19_900));
    products
}

/// A page of the preview: where it is shown and its HTML.
pub struct Sample {
    /// Its address, with the state it shows: `/cart?state=empty`.
    pub path: &'static str,
    /// The whole page.
    pub html: String,
}

/// A page as the preview shows it.
pub(crate) fn sample(path: &'static str, page: impl Template) -> Sample {
    let html = page.render().unwrap_or_else(|error| format!("{path}: {error}"));
    Sample { path, html }
}

/// Every page in its states, in one language.
pub fn pages(language: Language) -> Vec<Sample> {
    use crate::shop::{
        cart, checkout, find_order, home, listing, order, orders, payment, problem, product,
        sign_in,
    };
    let mut pages = vec![
        sample("/", home::HomePage::sample(language)),
        sample("/categories/tea", listing::ListingPage::sample(language)),
        sample("/search", listing::ListingPage::sample_without_results(language)),
        sample("/products/SHIRT-LIN-M", product::ProductPage::sample(language)),
        sample("/products/few", product::ProductPage::sample_few(language)),
        sample("/products/TENT-2P", product::ProductPage::sample_sold_out(language)),
        sample("/cart", cart::CartPage::sample(language)),
        sample("/cart?state=blocked", cart::CartPage::sample_blocked(language)),
        sample("/cart?state=empty", cart::CartPage::sample_empty(language)),
        sample("/checkout", checkout::CheckoutPage::sample(language)),
        sample("/checkout?state=refused", checkout::CheckoutPage::sample_refused(language)),
        sample("/orders/SO1/payment?state=paid", payment::PaymentPage::sample_paid(language)),
        sample("/orders/SO1/payment?state=failed", payment::PaymentPage::sample_failed(language)),
        sample("/orders/SO1/payment?state=waiting", payment::PaymentPage::sample_waiting(language)),
        sample("/orders", orders::OrdersPage::sample(language)),
        sample("/orders?state=empty", orders::OrdersPage::sample_empty(language)),
        sample("/orders/SO2611220012470", order::OrderPage::sample(language)),
        sample("/orders/SO1?state=unpaid", order::OrderPage::sample_unpaid(language)),
        sample("/orders/SO1?state=canceled", order::OrderPage::sample_canceled(language)),
        sample("/sign-in", sign_in::SignInPage::sample(language)),
        sample("/sign-in?state=code", sign_in::SignInPage::sample_code(language)),
        sample("/orders/find", find_order::FindOrderPage::sample(language)),
        sample("/problem?state=missing", problem::ProblemPage::sample_not_found(language)),
        sample("/problem?state=changed", problem::ProblemPage::sample_changed(language)),
        sample("/problem?state=failed", problem::ProblemPage::sample_failed(language)),
        sample("/ui", parts::PartsPage::sample(language)),
        sample("/ui/tracking", parts::TrackingParts::sample(language)),
        sample("/t/01k2ey4xh0000.AQAAAAM", crate::tracking::TrackingPage::sample(language)),
        sample("/t/missing", crate::tracking::TrackingMissingPage::sample(language)),
        sample("/c/01k2ey4xh0000.AQAAAAM", crate::choice::ChoicePage::sample(language)),
        sample("/ui/pda", parts::PdaParts { shell: shell(language) }),
    ];
    pages.extend(crate::console::samples::pages(language));
    pages
}
