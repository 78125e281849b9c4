//! Both sides of the counter at once.

use anyhow::Result;
use ordermill_journeys::{Browser, Demo, View, button, css, field, link, visit};

use crate::kit::{fill_the_cart, paste_the_address};

fn sign_in(browser: &mut Browser, demo: &Demo, role: &str) -> Result<()> {
    let person = demo.sign_in_of(role)?;
    browser.open("/console/sign-in?next=/console/orders")?;
    browser.fill(&field("Login"), &person.login)?;
    browser.fill(&field("Password"), &person.password)?;
    browser.click(&button("Sign in"))?;
    browser.arrive("/console/orders")
}

#[test]
fn staff_see_an_order_come_in_and_being_paid_without_touching_their_page() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::DESKTOP_ENGLISH, |staff| {
        sign_in(staff, &demo, "operations")?;
        staff.see("Live")?;
        visit(&demo.url, View::PHONE_CHINESE, |buyer| {
            buyer.allow(&demo.sandbox);
            fill_the_cart(buyer)?;
            paste_the_address(buyer)?;
            buyer.click(&css("#place-order"))?;
            buyer.arrive("/pay/")?;

            staff.see("1 new order – show")?;
            staff.check("orders-one-new")?;
            staff.click(&link("1 new order – show"))?;
            staff.see_no_more("1 new order – show")?;
            let newest = "return document.querySelector('.list tbody tr a[href]').href";
            let order = staff.evaluate(newest)?;
            staff.evaluate(&format!("location = {order}"))?;
            staff.arrive("/console/orders/2")?;
            staff.see("Waits for the buyer to pay")?;
            staff.see("Live")?;

            buyer.click(&css("button[value=decline]"))?;
            buyer.see("付款没有成功")?;
            staff.see("Payment failed")?;
            buyer.click(&button("重新付款"))?;
            buyer.arrive("/pay/")?;
            buyer.click(&css("button[value=pay]"))?;
            buyer.see("付款成功")?;
            staff.see_no_more("Waits for the buyer to pay")?;
            staff.check("order-paid-live")
        });
        Ok(())
    });
}
