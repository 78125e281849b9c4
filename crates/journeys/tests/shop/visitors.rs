//! Guests, and guests who turn out to be customers.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use ordermill_journeys::{Browser, Demo, View, button, css, field, visit};

use crate::kit::{order_at_the_door, put_into_the_cart};

const PHONE: &str = "13912345670";
/// Another code is sent to the same phone after a minute.
const NEXT_CODE_WITHIN: Duration = Duration::from_secs(90);

/// Signs in with a code sent to the phone; gives the code.
fn sign_in(browser: &mut Browser, demo: &Demo, before: Option<&str>) -> Result<String> {
    browser.open("/sign-in?then=/cart")?;
    browser.check("shop-sign-in")?;
    let deadline = Instant::now() + NEXT_CODE_WITHIN;
    let mut tries = 0;
    loop {
        browser.fill(&field("Phone number or e-mail"), PHONE)?;
        browser.click(&button("Send a code"))?;
        if browser.see("We sent a code to").is_ok() {
            break;
        }
        if Instant::now() >= deadline {
            bail!("no second code in {NEXT_CODE_WITHIN:?}");
        }
        tries += 1;
        if tries == 1 {
            browser.expect("status of 429");
        }
    }
    browser.check("shop-code")?;
    let code = demo.code_sent_to(PHONE, before)?;
    browser.fill(&field("Code"), &code)?;
    browser.click(&button("Sign in"))?;
    browser.arrive("/cart")?;
    Ok(code)
}

#[test]
fn the_cart_of_a_guest_joins_that_of_the_customer_who_signs_in() {
    let demo = Demo::start().unwrap();
    let mut code = None;
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        put_into_the_cart(browser, "teapot")?;
        code = Some(sign_in(browser, &demo, None)?);
        browser.see("Items")?;
        assert_eq!(browser.count(&css("#cart .line-name"))?, 1, "what a guest put in stays");
        browser.check("cart-of-a-customer")
    });
    // The same customer on another machine, not yet known there.
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        put_into_the_cart(browser, "mug")?;
        sign_in(browser, &demo, code.as_deref())?;
        browser.see("Items")?;
        assert_eq!(browser.count(&css("#cart .line-name"))?, 2, "both carts are one now");
        browser.check("cart-joined")
    });
}

#[test]
fn a_guest_finds_an_order_again_by_its_number_and_the_phone() {
    let demo = Demo::start().unwrap();
    let mut number = String::new();
    visit(&demo.url, View::PHONE_CHINESE, |browser| {
        put_into_the_cart(browser, "马克杯")?;
        number = order_at_the_door(browser)?;
        browser.see("收货时付款")
    });
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        // On another machine the number alone opens nothing.
        browser.expect("status of 404");
        browser.open(&format!("/orders/{number}"))?;
        browser.see_no_more("You pay at the door")?;
        browser.open("/orders/find")?;
        browser.check("find-order")?;
        browser.expect("status of 422");
        browser.fill(&field("Order number"), &number)?;
        browser.fill(&field("Last four digits of the phone number"), "0000")?;
        browser.click(&button("Find it"))?;
        browser.see("We did not find this order")?;
        browser.check("find-order-none")?;
        browser.fill(&field("Last four digits of the phone number"), "0921")?;
        browser.click(&button("Find it"))?;
        browser.arrive(&format!("/orders/{number}"))?;
        browser.see("You pay at the door")?;
        browser.see("林**")?;
        browser.check("order-found")
    });
}
