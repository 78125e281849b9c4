//! The home page, `/`: what the shop sells and what it promises.

use askama::Template;
use ordermill_base::Timestamp;

use crate::shell::Shell;
use crate::shop::Frame;
use crate::ui::ProductCard;

/// The home page.
#[derive(Debug, Template)]
#[template(path = "shop/home.html")]
pub struct HomePage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Header and footer.
    pub frame: Frame,
    /// Until when an order still leaves today, if any does.
    pub ships_today_until: Option<Timestamp>,
    /// Whether the products are those that are bought most.
    pub is_popular: bool,
    /// Chosen products, best first.
    pub products: Vec<ProductCard>,
}

crate::words! {
    home = "首页", "Home";
    home_title = "下单前，先知道哪天送到", "Know the delivery day before you buy";
    home_ships_until(time) = "今天 {time} 前下单，当天发货。", "Order by {time} and it leaves today.";
    home_ships_next = "现在下单，明天发货。", "Order now and it leaves tomorrow.";
    home_see_products = "看看有什么", "See what we have";
    home_popular = "大家在买", "Popular now";
    home_selected = "店里有什么", "From the shop";
    home_stock_title = "有货才卖", "Only what is in stock";
    home_stock_text = "付款前就为您留好。", "Held for you before you pay.";
    home_return_title = "7 天可退换", "7 days to return";
    home_return_text = "从签收次日算起，线上申请。", "From the day after delivery, asked for online.";
    home_track_title = "一路看得见", "Seen all the way";
    home_track_text = "从出库到签收，每一步都有记录。", "Every step from shelf to door.";
}

#[cfg(any(test, feature = "samples"))]
impl HomePage {
    /// The home page on a Sunday evening.
    pub fn sample(language: crate::Language) -> Self {
        use crate::samples;
        Self {
            shell: samples::shell(language),
            frame: samples::shop_frame(language),
            ships_today_until: Some(samples::in_minutes(62)),
            is_popular: true,
            products: samples::products(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_promise_of_the_day_is_on_top() {
        for language in Language::ALL {
            let mut page = HomePage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(&page.shell.t.home_ships_until("00:00")), "{html}");
            page.ships_today_until = None;
            assert!(page.render().unwrap().contains(page.shell.t.home_ships_next()));
        }
    }
}
