//! What a page is told when something went into the cart: a notice, and the new count.

use askama::Template;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::Toast;

/// The answer to a form that put something into the cart, for scripts; without, the cart is shown.
#[derive(Debug, Template)]
#[template(path = "shop/added.html")]
pub struct Added {
    /// Words.
    pub shell: Shell,
    /// With the new count.
    pub frame: Frame,
    /// What happened.
    pub toast: Toast,
}

crate::words! {
    added_to_cart(name) = "已加入购物车：{name}", "Added to cart: {name}";
    cart_is_full = "购物车满了，请先结算或移除一些商品。", "Your cart is full. Please check out or remove something first.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::samples;
    use crate::testing::assert_sound;

    #[test]
    fn the_count_in_the_header_is_brought_along() {
        for language in Language::ALL {
            let shell = samples::shell(language);
            let toast = Toast::new(shell.t.added_to_cart("<Tea>"));
            let html = Added { frame: samples::shop_frame(language), toast, shell };
            let html = html.render().unwrap();
            assert_sound(&html);
            assert!(html.contains(r##"hx-target="#cart-link""##), "{html}");
            assert!(html.contains("data-toast") && html.contains("&#60;Tea&#62;"), "{html}");
        }
    }
}
