//! The review desk, by keyboard alone.

use anyhow::{Context as _, Result, ensure};
use ordermill_journeys::{Browser, Demo, View, button, field, visit};

/// The number of the case that is shown.
fn case(browser: &mut Browser) -> Result<String> {
    let shown = browser.evaluate("return document.querySelector('#case').textContent")?;
    Ok(shown.as_str().context("the number of a case")?.to_owned())
}

/// Presses a key, types why, and Enter.
fn decide(browser: &mut Browser, key: &str, chosen: &str, why: &str) -> Result<()> {
    browser.type_keys(key)?;
    browser.see(chosen)?;
    let focused = browser.evaluate("return document.activeElement.name")?;
    ensure!(focused.as_str() == Some("remark"), "the reason has no focus: {focused}");
    browser.type_keys(why)?;
    browser.type_keys(Browser::ENTER)
}

#[test]
fn orders_are_reviewed_one_after_another_without_a_mouse() {
    let demo = Demo::start().unwrap();
    visit(&demo.url, View::DESKTOP_ENGLISH, |browser| {
        let person = demo.sign_in_of("operations")?;
        browser.open("/console/sign-in?next=/console/desk/review")?;
        browser.fill(&field("Login"), &person.login)?;
        browser.fill(&field("Password"), &person.password)?;
        browser.click(&button("Sign in"))?;
        browser.arrive("/console/desk/review")?;
        browser.see("Press N to take the most urgent one")?;
        browser.check("review-desk")?;
        browser.type_keys("n")?;
        browser.see("Yours until")?;
        browser.check("review-case")?;
        let first = case(browser)?;
        decide(browser, "a", "then Enter: Approve", "known to us")?;
        browser.see(&format!("Approve: {first}"))?;
        browser.see("Yours until")?;
        let second = case(browser)?;
        ensure!(second != first, "the desk shows the decided case again");
        decide(browser, "w", "then Enter: Ask the buyer", "the street is missing")?;
        browser.see(&format!("Ask the buyer: {second}"))?;
        let third = case(browser)?;
        decide(browser, "r", "then Enter: Refuse", "made up")?;
        browser.see(&format!("Refuse: {third}"))?;
        Ok(())
    });
}
