//! The frame of the shop: brand, search, categories, cart, footer.

/// What the header and the footer of the shop show.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The groups of products in the bar below the header.
    pub categories: Vec<Category>,
    /// What was searched for, shown again in the field.
    pub search: String,
    /// Pieces in the cart.
    pub cart_count: u64,
    /// Who is signed in, masked: `138******21`. `None` for a guest.
    pub account: Option<String>,
}

impl Frame {
    /// The way to the cart.
    pub fn cart_link(&self, t: &crate::Words) -> crate::ui::CartLink {
        crate::ui::CartLink { t: *t, count: self.cart_count }
    }
}

/// A link to a group of products.
#[derive(Debug, Clone)]
pub struct Category {
    /// Its name in the visitor's language.
    pub name: String,
    /// Where it is: `/categories/{slug}`.
    pub href: String,
    /// Whether the page is in it.
    pub is_current: bool,
}

crate::words! {
    shop_nav = "商品分类", "Categories";
    shop_shortcuts = "订单与购物车", "Orders and cart";
    you_are_here = "当前位置", "You are here";
    shop_search_hint = "搜索商品", "Search products";
    cart = "购物车", "Cart";
    my_orders = "我的订单", "My orders";
    find_order = "查询订单", "Find an order";
    sign_in = "登录", "Sign in";
    sign_out = "退出登录", "Sign out";
    footer_help = "订单与帮助", "Orders and help";
    footer_settings = "语言与外观", "Language and look";
    footer_promise = "下单前就写明送达日期，签收后 7 天可退换。", "The delivery date before you buy, and 7 days to return after you get it.";
    powered_by = "由 Ordermill 开源订单系统驱动", "Runs on Ordermill, an open-source order system";
}
