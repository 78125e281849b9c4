//! Coupons and gift cards.

use ordermill_demo::{SEED, coupons};
use ordermill_journeys::{Browser, Demo, View, button, css, field, link, visit};

use crate::kit::{check_out, paste_the_address, put_into_the_cart};

/// The sums on the page.
fn summary(browser: &mut Browser) -> anyhow::Result<String> {
    browser.text(&css(".summary [role=status]"))
}

#[test]
fn a_coupon_and_a_gift_card_lower_what_is_paid() {
    let demo = Demo::start().unwrap();
    let card = coupons::gift_cards(SEED).swap_remove(0);
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        browser.allow(&demo.sandbox);
        put_into_the_cart(browser, "teapot")?;
        browser.open("/cart")?;
        // A code that nobody made is told at its field, which keeps it.
        browser.expect("status of 422");
        browser.fill(&field("Coupon code"), "NOTHING")?;
        browser.click(&button("Use"))?;
        browser.see("There is no such code")?;
        assert_eq!(browser.value(&field("Coupon code"))?, "NOTHING");
        browser.check("cart-coupon-refused")?;
        // Written as people do.
        browser.fill(&field("Coupon code"), " member5 ")?;
        browser.click(&button("Use"))?;
        browser.see("Coupon MEMBER5 is in use")?;
        browser.see("Discounts")?;
        browser.check("cart-coupon")?;
        // It can be taken out and put back.
        browser.click(&button("Remove"))?;
        browser.see_no_more("Coupon MEMBER5 is in use")?;
        browser.fill(&field("Coupon code"), "MEMBER5")?;
        browser.click(&button("Use"))?;
        browser.see("Coupon MEMBER5 is in use")?;

        check_out(browser)?;
        paste_the_address(browser)?;
        assert_eq!(browser.value(&field("Coupon code"))?, "MEMBER5");
        browser.see("Discounts")?;
        browser.fill(&field("Gift card code"), "GC-0000-0000-0000")?;
        browser.type_keys(Browser::TAB)?;
        browser.see("There is no such gift card in this currency")?;
        let before = summary(browser)?;
        browser.fill(&field("Gift card code"), &card.code.to_lowercase())?;
        browser.type_keys(Browser::TAB)?;
        browser.see("-¥50.00")?;
        browser.see_no_more("There is no such gift card in this currency")?;
        assert_ne!(summary(browser)?, before);
        browser.check("checkout-with-savings")?;
        browser.click(&css("#place-order"))?;
        browser.arrive("/pay/")?;
        browser.click(&css("button[value=pay]"))?;
        browser.see("Payment received")?;
        browser.click(&link("See the order"))?;
        browser.see("Discounts")?;
        browser.check("order-with-savings")
    });
    // What was on the card is spent.
    visit(&demo.url, View::PHONE_CHINESE, |browser| {
        put_into_the_cart(browser, "马克杯")?;
        check_out(browser)?;
        paste_the_address(browser)?;
        browser.fill(&field("礼品卡卡号"), &card.code)?;
        browser.type_keys(Browser::TAB)?;
        browser.see("这张礼品卡已经用完")?;
        browser.check("checkout-empty-card")
    });
}

#[test]
fn a_coupon_works_without_scripts() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::PHONE_ENGLISH, |browser| {
        browser.scripts(false)?;
        browser.open("/search?q=mug")?;
        browser.click(&css(".product-card:not(.is-sold-out):first-child h3 a"))?;
        browser.click(&button("Add to cart"))?;
        browser.arrive("/cart")?;
        browser.expect("status of 422");
        browser.fill(&field("Coupon code"), "NOTHING")?;
        browser.click(&button("Use"))?;
        browser.see("There is no such code")?;
        browser.fill(&field("Coupon code"), "MEMBER5")?;
        browser.click(&button("Use"))?;
        browser.see("Coupon MEMBER5 is in use")
    });
}
