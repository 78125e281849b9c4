//! A parcel from the carrier's desk to the buyer's phone.

use anyhow::{Context as _, Result};
use ordermill_journeys::{Browser, Demo, View, css, link, visit};

use crate::staff::sign_in;

/// The address of the public page of the newest parcel that is in this view of the logistics desk.
fn tracking_page_of_the_first(staff: &mut Browser, view: &str) -> Result<String> {
    staff.open(&format!("/console/logistics?view={view}"))?;
    let parcel =
        staff.evaluate("return document.querySelector('table a.key').getAttribute('href')")?;
    staff.open(parcel.as_str().context("a parcel of the past")?)?;
    staff.check("parcel")?;
    let page = "return document.querySelector('a[href*=\"/t/\"]').getAttribute('href')";
    let page = staff.evaluate(page)?;
    Ok(page.as_str().context("its public page")?.to_owned())
}

#[test]
fn a_buyer_without_a_login_follows_a_parcel_on_a_phone_and_sees_nobody_named() {
    let demo = Demo::start().unwrap();
    let mut page = String::new();
    visit(&demo.url, View::DESKTOP_ENGLISH, |staff| {
        sign_in(staff, &demo, "operations")?;
        page = tracking_page_of_the_first(staff, "delivered")?;
        Ok(())
    });
    visit(&demo.url, View::PHONE_CHINESE, |buyer| {
        buyer.open(&page)?;
        buyer.see("签收")?;
        buyer.click(&css("details:last-of-type summary"))?;
        buyer.check("tracking")?;
        buyer.see("不显示姓名和地址")?;
        buyer.click(&link("English"))?;
        buyer.see("Delivered")?;
        Ok(())
    });
    visit(&demo.url, View::PHONE_ENGLISH, |stranger| {
        let (head, last) = page.split_at(page.len() - 1);
        let other = if last == "A" { "B" } else { "A" };
        stranger.expect("404");
        stranger.open(&format!("{head}{other}"))
    });
}
