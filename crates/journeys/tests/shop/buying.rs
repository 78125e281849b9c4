//! From the shelf to the order, and paying for it.

use anyhow::Context as _;
use ordermill_journeys::{Demo, View, button, css, field, link, visit};

use crate::kit::{AT_THE_DOOR, RECIPIENT, fill_the_cart, paste_the_address};

#[test]
fn a_guest_buys_on_a_phone_and_pays_at_the_door() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::PHONE_CHINESE, |browser| {
        fill_the_cart(browser)?;
        // Nothing filled in: every mistake is named, and what was typed stays.
        browser.expect("status of 422");
        browser.fill(&field("收件人"), "林小满")?;
        browser.click(&css("#place-order"))?;
        browser.see("请检查")?;
        assert_eq!(browser.value(&field("收件人"))?, "林小满");
        browser.check("checkout-refused")?;
        paste_the_address(browser)?;
        browser.click(&css(AT_THE_DOOR))?;
        browser.see("货到付款的订单提交后直接处理")?;
        browser.check("checkout")?;
        browser.click(&css("#place-order"))?;
        browser.arrive("/orders/")?;
        browser.see("收货时付款")?;
        browser.check("order-at-the-door")?;
        // The cart has become the order.
        browser.open("/cart")?;
        browser.see("购物车是空的")?;
        browser.open("/orders")?;
        browser.check("orders")
    });
}

#[test]
fn a_payment_fails_and_is_made_again() {
    let demo = Demo::start().unwrap();
    for view in [View::DESKTOP_ENGLISH, View::PHONE_CHINESE] {
        visit(&demo.url, view, |browser| {
            browser.allow(&demo.sandbox);
            fill_the_cart(browser)?;
            paste_the_address(browser)?;
            browser.click(&css("#place-order"))?;
            browser.arrive("/pay/")?;
            browser.click(&css("button[value=decline]"))?;
            browser.see(view.either("The payment did not go through", "付款没有成功"))?;
            browser.check("payment-failed")?;
            browser.click(&button(view.either("Pay again", "重新付款")))?;
            browser.arrive("/pay/")?;
            browser.click(&css("button[value=pay]"))?;
            browser.see(view.either("Payment received", "付款成功"))?;
            browser.check("payment-received")?;
            browser.click(&link(view.either("See the order", "查看订单")))?;
            browser.see(view.either("Arrives", "送达"))?;
            browser.check("order-paid")
        });
    }
}

#[test]
fn the_page_of_an_order_shows_at_once_what_happens_elsewhere() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        browser.allow(&demo.sandbox);
        fill_the_cart(browser)?;
        paste_the_address(browser)?;
        browser.click(&css("#place-order"))?;
        browser.arrive("/pay/")?;
        // The buyer thinks again and looks at the order first.
        browser.open("/orders")?;
        browser.check("orders-to-pay")?;
        let order = browser.evaluate("return document.querySelector('.order-number a').href")?;
        browser.evaluate(&format!("location = {order}"))?;
        browser.arrive("/orders/")?;
        browser.see("Waiting for payment")?;
        browser.see("Live")?;
        browser.check("order-to-pay")?;
        // Another tab cancels it; this one is not touched.
        let status = browser.evaluate(
            "const form = document.querySelector('#order-actions form');
             const body = new URLSearchParams(new FormData(form));
             return fetch(form.action, { method: 'POST', body }).then((answer) => answer.status)",
        )?;
        assert_eq!(status, 200);
        browser.see("The order is canceled")?;
        browser.see_no_more("Cancel order")?;
        // It was told so by its stream: it has not asked again and again.
        let asked = browser.evaluate(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)
                 .filter((name) => name.includes('?seen='))",
        )?;
        let asked = asked.as_array().context("the requests of the page")?;
        let streams = asked.iter().filter(|it| it.as_str().unwrap_or_default().contains("/live"));
        assert!(asked.len() - streams.count() <= 2, "{asked:?}");
        browser.check("order-canceled")
    });
}

#[test]
fn two_tabs_submit_once() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        fill_the_cart(browser)?;
        paste_the_address(browser)?;
        browser.click(&css(AT_THE_DOOR))?;
        browser.see("Orders paid at the door are handled at once")?;
        let addresses = browser.evaluate(
            "const form = document.querySelector('#checkout');
             const first = new URLSearchParams(new FormData(form));
             first.set('step', 'place');
             const second = new URLSearchParams(first);
             second.set('idempotency_key', 'of-another-tab');
             const send = (body) => fetch('/checkout', { method: 'POST', body });
             return Promise.all([send(first), send(second), send(first)])
                 .then((answers) => answers.map((answer) => answer.url))",
        )?;
        let addresses = addresses.as_array().context("three answers")?;
        assert_eq!(addresses.len(), 3);
        assert!(addresses[0].as_str().unwrap_or_default().contains("/orders/"), "{addresses:?}");
        assert!(addresses.iter().all(|address| *address == addresses[0]), "{addresses:?}");
        browser.open("/orders")?;
        assert_eq!(browser.count(&css(".order-card"))?, 1);
        Ok(())
    });
}

#[test]
fn everything_works_without_scripts() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::PHONE_ENGLISH, |browser| {
        browser.scripts(false)?;
        browser.open("/search?q=mug")?;
        browser.click(&css(".product-card:not(.is-sold-out):first-child h3 a"))?;
        browser.click(&button("Add to cart"))?;
        browser.arrive("/cart")?;
        browser.click(&link("Check out"))?;
        browser.arrive("/checkout")?;
        browser.click(&button("Paste a Chinese address"))?;
        browser.fill(&field("Paste a Chinese address"), RECIPIENT)?;
        browser.click(&button("Fill in the fields"))?;
        browser.click(&css(AT_THE_DOOR))?;
        browser.click(&css("#place-order"))?;
        browser.arrive("/orders/")?;
        browser.see("You pay at the door")?;
        browser.see("As of when this page was opened")?;
        browser.click(&link("Reload"))?;
        browser.see("You pay at the door")
    });
}
