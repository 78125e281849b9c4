//! Walks through the console in a real browser, against the real program with its demo merchant.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use anyhow::Result;
use ordermill_faults::{Program, Running};
use ordermill_journeys::{Browser, View, button, css, field, link, role, visit};

/// Long enough for a busy machine and a build without optimization.
const PATIENCE: Duration = Duration::from_secs(240);

/// A shop that is served, with a short past and nobody who comes by.
struct Shop {
    origin: String,
    key: String,
    admin: Person,
    _running: Running,
    _data: tempfile::TempDir,
}

#[derive(Clone)]
struct Person {
    login: String,
    password: String,
}

fn shop() -> Shop {
    let data = tempfile::tempdir().unwrap();
    let mut running = Program::new(env!("CARGO_BIN_EXE_ordermill"))
        .env("ORDERMILL_LOG", "warn")
        .args(["demo", "--pace", "0", "--past-orders", "40", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .start()
        .unwrap();
    let line = running.wait_for_line("listening on ", PATIENCE).unwrap();
    let text = std::fs::read_to_string(data.path().join("demo-sign-ins.txt")).unwrap();
    Shop {
        origin: line.rsplit(' ').next().unwrap().to_owned(),
        key: word_behind(&text, "API key"),
        admin: Person { login: login_of(&text, "admin"), password: word_behind(&text, "password") },
        _running: running,
        _data: data,
    }
}

/// The first word behind the words that a line begins with.
fn word_behind(text: &str, start: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(start)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

fn login_of(text: &str, role: &str) -> String {
    let line = text.lines().find(|line| line.split_whitespace().last() == Some(role)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

impl Shop {
    /// Places an order through the API; gives its number.
    fn place(&self, id: &str, name: &str) -> String {
        let order = format!(
            r#"{{"channel_order_id":"{id}","lines":[{{"sku":"CER-MUG-MST-S35","quantity":2}}],"recipient":{{"name":"{name}","phone":"13817260921","country":"CN","province":"上海市","city":"上海市","district":"浦东新区","street":["张江路88弄3号502"]}},"note":"工作日送"}}"#
        );
        let placed: serde_json::Value = ureq::post(format!("{}/api/v1/orders", self.origin))
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Idempotency-Key", id)
            .content_type("application/json")
            .send(order)
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap();
        placed["number"].as_str().unwrap().to_owned()
    }

    /// Lets someone new work here, as the administrator does it.
    fn hire(&self, login: &str, roles: &[&str]) -> Person {
        let mut password = String::new();
        visit(&self.origin, View::DESKTOP_ENGLISH, |browser| {
            sign_in(browser, &self.admin)?;
            browser.open("/console/admin/staff/new")?;
            browser.check("staff-new")?;
            browser.fill(&field("Name"), login)?;
            browser.fill(&field("Login"), login)?;
            for name in roles {
                browser.click(&role("checkbox", name))?;
            }
            browser.click(&button("Create user"))?;
            browser.see("shown this once")?;
            password = browser.text(&css(".secret"))?;
            browser.check("staff-created")
        });
        Person { login: login.to_owned(), password }
    }
}

fn sign_in(browser: &mut Browser, person: &Person) -> Result<()> {
    let in_english = browser.view().either("yes", "") == "yes";
    let word = |english: &'static str, chinese: &'static str| {
        if in_english { english } else { chinese }
    };
    browser.open("/console/sign-in")?;
    browser.fill(&field(word("Login", "账号")), &person.login)?;
    browser.fill(&field(word("Password", "密码")), &person.password)?;
    browser.click(&button(word("Sign in", "登录")))?;
    // The sign-in is below `/console/` itself: it is left once nobody is asked for a password.
    browser.see_no_more(word("Password", "密码"))?;
    browser.arrive("/console/")
}

#[test]
fn an_order_arrives_live_and_is_taken_care_of() {
    let shop = shop();
    let clerk = shop.hire("journey.ops", &["Operations", "Service"]);

    visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        // A wrong password says so and keeps the login.
        browser.open("/console/orders")?;
        browser.arrive("/console/sign-in?next=/console/orders")?;
        browser.check("sign-in")?;
        browser.expect("status of 422");
        browser.fill(&field("Login"), &clerk.login)?;
        browser.fill(&field("Password"), "not the one")?;
        browser.click(&button("Sign in"))?;
        browser.see("Login or password is wrong")?;
        browser.fill(&field("Password"), &clerk.password)?;
        browser.click(&button("Sign in"))?;
        browser.arrive("/console/orders")?;
        browser.see("Live")?;
        browser.check("orders")?;

        // It arrives while one looks, and shows only when asked for.
        let number = shop.place("J-1", "林小满");
        browser.see("1 new order – show")?;
        browser.click(&link("1 new order – show"))?;
        browser.click(&link(&number))?;
        browser.see("Waits for the buyer to pay")?;
        browser.see("林**")?;
        browser.check("order")?;

        // A note for colleagues.
        browser.fill(&field("Add an internal note"), "Called the buyer, all fine")?;
        browser.click(&button("Post"))?;
        browser.see("The note is kept")?;
        browser.see("Called the buyer, all fine")?;

        // Who gets it, with a reason; it is masked again later.
        browser.click(&button("Reveal"))?;
        browser.choose(&field("Reason"), "Delivery contact")?;
        browser.click(&button("Reveal and log"))?;
        browser.see("林小满")?;
        browser.see("张江路88弄3号502")?;
        browser.see("Hides in 30 s")?;

        // It is canceled after one was asked, with a reason.
        browser.click(&button("Cancel order"))?;
        browser.see("cannot be paid afterwards")?;
        browser.check("order-cancel")?;
        browser.choose(&css("#cancel select"), "Placed twice")?;
        browser.fill(&css("#cancel input[name=remark]"), "the buyer asked for it")?;
        browser.click(&css("#cancel button.primary"))?;
        browser.see(&format!("Canceled order {number}"))?;
        browser.see("Canceled: Placed twice")?;
        browser.check("order-canceled")
    });

    by_keyboard_and_in_bulk(&shop, &clerk);
    on_a_phone_in_chinese(&shop, &clerk);
    every_page(&shop, &clerk);
}

fn by_keyboard_and_in_bulk(shop: &Shop, clerk: &Person) {
    let numbers: Vec<String> =
        (2..5).map(|count| shop.place(&format!("J-{count}"), "王芳")).collect();
    visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        sign_in(browser, clerk)?;
        browser.open("/console/orders?view=to_pay")?;
        browser.see(&numbers[2])?;
        // Keyboard alone: down, down, select both, open the second.
        browser.type_keys("jxjx")?;
        browser.see("2 selected")?;
        browser.type_keys(Browser::ESCAPE)?;
        browser.see_no_more("2 selected")?;
        browser.type_keys("k")?;
        browser.type_keys(Browser::ENTER)?;
        browser.arrive("/console/orders/2")?;
        browser.type_keys("go")?;
        browser.see("newest first")?;
        // A number that is scanned into the search opens its order.
        browser.type_keys("/")?;
        browser.type_keys(&format!("{}{}", numbers[0], Browser::ENTER))?;
        browser.arrive(&format!("/console/orders/{}", numbers[0]))?;

        // Three at once, of which one changes meanwhile.
        browser.open("/console/orders?view=to_pay")?;
        browser.type_keys("jxjxjx")?;
        browser.see("3 selected")?;
        browser.click(&button("Cancel orders"))?;
        browser.see("Cancel 3 orders?")?;
        browser.check("bulk")?;
        browser.choose(&field("Reason"), "Out of stock")?;
        browser.fill(&field("Why (goes into the journal; no personal data)"), "clearing up")?;
        browser.click(&button("Cancel orders"))?;
        browser.see("Canceled 3 orders")?;
        browser.check("bulk-done")
    });
    a_whole_view(shop, clerk);
}

/// What a view shows is canceled in the background while one looks, with scripts and on a phone.
fn a_whole_view(shop: &Shop, clerk: &Person) {
    for (id, view, words) in [
        ("J-6", View::DESKTOP_ENGLISH, ["Cancel orders", "of this view?", "Out of stock", "Ended"]),
        ("J-7", View::PHONE_CHINESE, ["取消订单", "此视图的全部", "缺货", "结束"]),
    ] {
        shop.place(id, "王芳");
        visit(&shop.origin, view, |browser| {
            sign_in(browser, clerk)?;
            browser.open("/console/orders?view=to_pay")?;
            browser.type_keys("jx")?;
            browser.click(&css(".bulk [name=all]"))?;
            browser.click(&button(words[0]))?;
            browser.see(words[1])?;
            browser.check("bulk-view")?;
            browser.choose(&css("#f-reason"), words[2])?;
            browser.fill(&css("#f-remark"), "clearing up")?;
            browser.click(&button(words[0]))?;
            browser.arrive("/console/orders/bulk/blk_")?;
            browser.see(words[3])?;
            browser.check("bulk-progress")?;
            browser.open("/console/orders/bulk")?;
            browser.check("bulk-list")
        });
    }
}

fn on_a_phone_in_chinese(shop: &Shop, clerk: &Person) {
    let number = shop.place("J-9", "陈静");
    visit(&shop.origin, View::PHONE_CHINESE, |browser| {
        sign_in(browser, clerk)?;
        browser.open("/console/orders")?;
        browser.see(&number)?;
        browser.check("orders")?;
        browser.click(&link(&number))?;
        browser.see("等买家付款")?;
        browser.check("order")
    });
}

/// A manager makes a coupon and edits a SKU on a phone; what is above a limit a colleague approves.
#[test]
fn a_manager_keeps_coupons_and_prices_and_a_colleague_approves_a_leap() {
    let shop = shop();
    let manager = shop.hire("journey.manager", &["Operations"]);
    let colleague = shop.hire("journey.colleague", &["Operations"]);
    let (mug, reason) = ("CER-MUG-MST-S35", "季末清仓");

    visit(&shop.origin, View::PHONE_CHINESE, |browser| {
        sign_in(browser, &manager)?;
        browser.open("/console/promotions")?;
        browser.check("coupons")?;
        browser.click(&link("新建优惠券"))?;
        browser.fill(&field("优惠码"), "双 十一")?;
        browser.fill(&field("中文名称"), "双十一立减")?;
        browser.choose(&css("#f-benefit"), "立减（金额）")?;
        browser.fill(&field("优惠数值"), "20.00")?;
        browser.fill(&field("最低消费"), "199")?;
        browser.expect("status of 422");
        browser.click(&button("创建优惠券"))?;
        browser.see("1 到 40 个字母")?;
        browser.check("coupon-refused")?;
        browser.fill(&field("优惠码"), "双十一")?;
        browser.click(&button("创建优惠券"))?;
        browser.see("已创建 双十一")?;
        browser.check("coupon")?;
        browser.open("/console/promotions?q=%E5%8F%8C")?;
        browser.see("满 ¥199.00 减 ¥20.00")?;
        browser.check("coupons-found")?;

        browser.open(&format!("/console/catalog?q={mug}"))?;
        browser.check("catalog-found")?;
        browser.click(&css("#list tbody tr:first-child .key"))?;
        browser.see(mug)?;
        browser.check("sku")?;
        browser.click(&link("编辑"))?;
        browser.fill(&field("英文名称"), "Mug of the journey")?;
        browser.fill(&field("售价（CNY）"), "1.00")?;
        browser.fill(&field("理由"), reason)?;
        browser.check("sku-edit")?;
        browser.click(&button("保存"))?;
        browser.see("价格等待第二人审批")?;
        browser.see("Mug of the journey")?;
        browser.click(&link("查看申请"))?;
        browser.see("这是你自己的申请")?;
        browser.check("approval-own")
    });
    visit(&shop.origin, View::DESKTOP_ENGLISH, |browser| {
        sign_in(browser, &colleague)?;
        browser.open("/console/tasks")?;
        browser.see(&format!("Prices of {mug}"))?;
        browser.click(&link("Approve as second person"))?;
        browser.see(reason)?;
        browser.see("journey.manager")?;
        browser.check("approval")?;
        browser.click(&button("Approve"))?;
        browser.see("Approved and done")?;
        browser.check("approval-done")?;
        browser.open(&format!("/console/catalog/skus/{mug}"))?;
        browser.see("¥1.00")?;
        browser.open("/console/account")?;
        browser.click(&button("Turn on"))?;
        browser.see("Scan the code")?;
        browser.check("second-factor")
    });
    goods_and_promotions(&shop, &manager);
}

/// Their pages, to each kind of visitor, also in the dark.
fn goods_and_promotions(shop: &Shop, manager: &Person) {
    let pages = [
        ("catalog", "/console/catalog"),
        ("sku", "/console/catalog/skus/CER-MUG-MST-S35"),
        ("sku-edit", "/console/catalog/skus/CER-MUG-MST-S35/edit"),
        ("categories", "/console/catalog/categories"),
        ("category-new", "/console/catalog/categories/new"),
        ("locations", "/console/catalog/locations"),
        ("location-new", "/console/catalog/locations/new"),
        ("files", "/console/catalog/files"),
        ("coupons", "/console/promotions"),
        ("coupon-new", "/console/promotions/new"),
        ("gift-cards", "/console/promotions/gift-cards"),
        ("points", "/console/promotions/points"),
        ("settings", "/console/admin"),
    ];
    for view in View::ALL {
        visit(&shop.origin, view, |browser| {
            sign_in(browser, manager)?;
            for (name, path) in pages {
                browser.open(path)?;
                browser.check(name)?;
            }
            browser.open("/console/catalog/locations")?;
            browser.click(&css(".list tbody tr:first-child .key"))?;
            browser.check("location")?;
            browser.open("/console/promotions")?;
            browser.click(&css("#list tbody tr:first-child .key"))?;
            browser.check("coupon")?;
            browser.open("/console/catalog?theme=dark")?;
            for (name, path) in pages {
                browser.open(path)?;
                browser.check(&format!("{name}-dark"))?;
            }
            Ok(())
        });
    }
}

fn every_page(shop: &Shop, clerk: &Person) {
    let number = shop.place("J-20", "赵云");
    let pages = [
        ("dashboard", "/console/dashboard".to_owned()),
        ("orders", "/console/orders".to_owned()),
        ("order", format!("/console/orders/{number}")),
        ("tasks", "/console/tasks".to_owned()),
        ("stock", "/console/stock".to_owned()),
        ("stock-item", "/console/stock/CER-MUG-MST-S35".to_owned()),
        ("account", "/console/account".to_owned()),
        ("settings", "/console/admin".to_owned()),
    ];
    let of_admin = [
        ("staff", "/console/admin/staff"),
        ("roles", "/console/admin/roles"),
        ("keys", "/console/admin/keys"),
        ("audit", "/console/admin/audit"),
    ];
    for view in View::ALL {
        visit(&shop.origin, view, |browser| {
            sign_in(browser, clerk)?;
            for (name, path) in &pages {
                browser.open(path)?;
                browser.check(name)?;
            }
            browser.expect("status of 404");
            browser.open("/console/nothing")?;
            browser.check("missing")
        });
        visit(&shop.origin, view, |browser| {
            sign_in(browser, &shop.admin)?;
            for (name, path) in of_admin {
                browser.open(path)?;
                browser.check(name)?;
            }
            browser.expect("status of 403");
            browser.open("/console/orders")?;
            browser.check("forbidden")
        });
    }
}
