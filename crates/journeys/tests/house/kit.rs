//! What most journeys through the house begin with.

use anyhow::Result;
use ordermill_journeys::{Browser, SignIn, button, css, field};

/// Signs in and arrives at `next`.
pub(crate) fn sign_in(browser: &mut Browser, person: &SignIn, next: &str) -> Result<()> {
    let view = browser.view();
    browser.open(&format!("/console/sign-in?next={next}"))?;
    browser.fill(&field(view.either("Login", "账号")), &person.login)?;
    browser.fill(&field(view.either("Password", "密码")), &person.password)?;
    browser.click(&button(view.either("Sign in", "登录")))?;
    browser.arrive(next)
}

/// Buys something and pays at the door. Gives the number of the order.
pub(crate) fn order(buyer: &mut Browser, search: &str, address: &str) -> Result<String> {
    let view = buyer.view();
    buyer.open(&format!("/search?q={search}"))?;
    buyer.click(&css(".product-card:not(.is-sold-out):first-child h3 a"))?;
    buyer.click(&button(view.either("Add to cart", "加入购物车")))?;
    buyer.see(view.either("Added to cart", "已加入购物车"))?;
    buyer.open("/checkout")?;
    let paste = view.either("Paste a Chinese address", "粘贴整段地址，自动识别");
    buyer.click(&button(paste))?;
    buyer.fill(&field(paste), address)?;
    buyer.click(&button(view.either("Fill in the fields", "识别并填入")))?;
    buyer.see(view.either("Arrives", "送达"))?;
    buyer.click(&css("input[value=cash_on_delivery]"))?;
    buyer.see(
        view.either("Orders paid at the door are handled at once", "货到付款的订单提交后直接处理"),
    )?;
    buyer.click(&css("#place-order"))?;
    buyer.arrive("/orders/")?;
    let path = buyer.path()?;
    let number = path.trim_start_matches("/orders/").split(['?', '#']).next().unwrap_or_default();
    Ok(number.to_owned())
}
