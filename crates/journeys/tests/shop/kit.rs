//! What most journeys through the shop begin with.

use anyhow::{Context as _, Result};
use ordermill_journeys::{Browser, button, css, field, link};

/// Who gets it, in one text.
pub(crate) const RECIPIENT: &str = "林小满 13817260921 浙江省杭州市西湖区文三路123号3幢501室";

/// The choice to pay when it comes.
pub(crate) const AT_THE_DOOR: &str = "input[value=cash_on_delivery]";

/// Looks for something and puts the first that is there into the cart.
pub(crate) fn put_into_the_cart(browser: &mut Browser, search: &str) -> Result<()> {
    let view = browser.view();
    browser.open("/")?;
    browser.check("home")?;
    browser.fill(&field(view.either("Search products", "搜索商品")), search)?;
    browser.type_keys(Browser::ENTER)?;
    browser.arrive("/search")?;
    browser.check("search")?;
    let first = browser.evaluate(
        "return document.querySelector('.product-card:not(.is-sold-out) h3 a').getAttribute('href')",
    )?;
    browser.open(first.as_str().context("something that can be bought")?)?;
    browser.check("product")?;
    browser.click(&button(view.either("Add to cart", "加入购物车")))?;
    browser.see(view.either("Added to cart", "已加入购物车"))
}

/// From the cart to the checkout.
pub(crate) fn check_out(browser: &mut Browser) -> Result<()> {
    browser.open("/cart")?;
    browser.check("cart")?;
    browser.click(&link(browser.view().either("Check out", "去结算")))?;
    browser.arrive("/checkout")
}

/// Puts a mug into the cart and goes to the checkout.
pub(crate) fn fill_the_cart(browser: &mut Browser) -> Result<()> {
    put_into_the_cart(browser, browser.view().either("mug", "马克杯"))?;
    check_out(browser)
}

/// Fills in who gets it from one pasted text.
pub(crate) fn paste_the_address(browser: &mut Browser) -> Result<()> {
    let view = browser.view();
    let paste = view.either("Paste a Chinese address", "粘贴整段地址，自动识别");
    browser.click(&button(paste))?;
    browser.fill(&field(paste), RECIPIENT)?;
    browser.click(&button(view.either("Fill in the fields", "识别并填入")))?;
    browser.see(view.either("Arrives", "送达"))?;
    assert_eq!(browser.value(&field(view.either("Recipient", "收件人")))?, "林小满");
    assert_eq!(browser.value(&field(view.either("District", "区县")))?, "西湖区");
    Ok(())
}

/// Orders what is in the cart and pays at the door; gives the order's number.
pub(crate) fn order_at_the_door(browser: &mut Browser) -> Result<String> {
    check_out(browser)?;
    paste_the_address(browser)?;
    browser.click(&css(AT_THE_DOOR))?;
    browser.see(
        browser
            .view()
            .either("Orders paid at the door are handled at once", "货到付款的订单提交后直接处理"),
    )?;
    browser.click(&css("#place-order"))?;
    browser.arrive("/orders/")?;
    let path = browser.path()?;
    Ok(path.trim_start_matches("/orders/").to_owned())
}
