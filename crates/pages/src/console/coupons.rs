//! Coupons, `/console/promotions`, and their form, [`form`].
//!
//! The list takes `view` (`all`, `active`, `planned`, `ended`), `q` and `cursor`. A coupon is known
//! by its id: codes may have letters that mean something in addresses.

pub mod form;

use askama::Template;
use ordermill_base::Money;

use crate::console::Frame;
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Empty, Filter, Filters, Pager, Tone, Views};
use crate::words::Words;

pub use form::CouponEntered;

/// The list of coupons.
#[derive(Debug, Clone, Template)]
#[template(path = "console/coupons.html", blocks = ["list"])]
pub struct CouponsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the promotions.
    pub parts: Views,
    /// All, active, planned, ended. The region is `list`.
    pub views: Views,
    /// By code.
    pub filters: Filters,
    /// Newest first.
    pub rows: Vec<CouponRow>,
    /// Instead of rows.
    pub empty: Empty,
    /// The foot.
    pub pager: Pager,
}

/// One coupon.
#[derive(Debug, Clone)]
pub struct CouponRow {
    /// The address of its form.
    pub href: String,
    /// What buyers type in.
    pub code: String,
    /// What buyers read.
    pub name: String,
    /// What it gives: "¥20.00 off from ¥199.00".
    pub benefit: String,
    /// On what: "Everything", "2 categories".
    pub scope: String,
    /// When: "11-01 00:00 – 11-30 24:00".
    pub valid: String,
    /// How often: "1,204 of 5,000".
    pub used: String,
    /// Active, planned, ended, used up.
    pub state: Badge,
}

/// Where a coupon stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the word of its name, below")]
pub enum Standing {
    Active,
    Planned,
    Ended,
    UsedUp,
    Inactive,
}

/// Where a coupon stands, in one badge.
pub fn standing(standing: Standing, t: Words) -> Badge {
    match standing {
        Standing::Active => Badge::new(Tone::Green, Icon::Check, t.coupon_active()),
        Standing::Planned => Badge::new(Tone::Blue, Icon::Clock, t.coupon_planned()),
        Standing::Ended => Badge::new(Tone::Grey, Icon::Ban, t.coupon_ended()),
        Standing::UsedUp => Badge::new(Tone::Grey, Icon::Ban, t.coupon_exhausted()),
        Standing::Inactive => Badge::new(Tone::Grey, Icon::Pause, t.coupon_inactive()),
    }
}

/// What a coupon gives.
#[derive(Debug, Clone, Copy)]
pub enum Gives<'a> {
    /// A part of the price: percent as text, and at most how much.
    Percent(&'a str, Option<Money>),
    /// An amount.
    Amount(Money),
    /// The freight, at most so much of it.
    Freight(Option<Money>),
}

/// What a coupon gives, in words: "¥20.00 off from ¥199.00".
pub fn benefit(gives: Gives<'_>, min_spend: Option<Money>, t: Words) -> String {
    let (text, cap) = match (gives, min_spend) {
        (Gives::Percent(percent, cap), None) => (t.coupon_gives_percent(percent), cap),
        (Gives::Percent(percent, cap), Some(min)) => {
            (t.coupon_gives_percent_from(percent, min), cap)
        }
        (Gives::Amount(amount), None) => (t.coupon_gives_amount(amount), None),
        (Gives::Amount(amount), Some(min)) => (t.coupon_gives_amount_from(amount, min), None),
        (Gives::Freight(cap), None) => (t.coupon_gives_freight().to_owned(), cap),
        (Gives::Freight(cap), Some(min)) => (t.coupon_gives_freight_from(min), cap),
    };
    cap.map_or(text.clone(), |cap| t.coupon_gives_at_most(text, cap))
}

/// A view of the list by its name.
pub fn view_name(view: &str, t: Words) -> &'static str {
    match view {
        "active" => t.coupon_active(),
        "planned" => t.coupon_planned(),
        "ended" => t.coupon_ended(),
        _ => t.view_all(),
    }
}

/// The filters of the list; `view` stays as it is.
pub fn filters(view: &str, q: &str, clear: Option<String>, t: Words) -> Filters {
    Filters {
        t,
        action: "/console/promotions".into(),
        region: "list",
        kept: vec![("view", view.to_owned())],
        filters: vec![Filter::search(t.coupon_by_code(), q)],
        clear,
    }
}

/// A list without coupons, and why.
pub fn empty(is_filtered: bool, clear: &str, t: Words) -> Empty {
    let (title, text) = if is_filtered {
        (t.coupon_no_match(), t.stock_no_match_text())
    } else {
        (t.coupon_none(), t.coupon_none_text())
    };
    let action = is_filtered.then(|| (clear.to_owned(), t.filter_clear().to_owned()));
    Empty { icon: Icon::Discount, title: title.into(), text: text.into(), action }
}

crate::words! {
    coupons_title = "促销", "Promotions";
    coupons_list = "优惠券列表", "List of coupons";
    coupons_valid = "有效期", "Valid";
    coupons_used = "已用", "Used";
    coupons_state = "状态", "Status";
    coupons_newest_first = "最新在前", "newest first";
    coupon_by_code = "优惠码开头", "The start of a code";
    coupon_active = "进行中", "Active";
    coupon_planned = "未开始", "Planned";
    coupon_ended = "已结束", "Ended";
    coupon_exhausted = "已用完", "Used up";
    coupon_inactive = "已停用", "Out of use";
    coupon_no_match = "没有符合条件的优惠券", "No coupon matches";
    coupon_none = "还没有优惠券", "No coupon yet";
    coupon_none_text = "新建一张，买家结算时输入优惠码即可使用。", "Make one; buyers type its code at the checkout.";
    coupon_gives_percent(percent) = "减 {percent}%", "{percent}% off";
    coupon_gives_percent_from(percent, min) = "满 {min} 减 {percent}%", "{percent}% off from {min}";
    coupon_gives_amount(amount) = "减 {amount}", "{amount} off";
    coupon_gives_amount_from(amount, min) = "满 {min} 减 {amount}", "{amount} off from {min}";
    coupon_gives_freight = "免运费", "Free shipping";
    coupon_gives_freight_from(min) = "满 {min} 免运费", "Free shipping from {min}";
    coupon_gives_at_most(text, cap) = "{text}，最多 {cap}", "{text}, at most {cap}";
    coupon_on_categories(count) = "{count} 个分类", "{count} category" | "{count} categories";
    coupon_on_skus(count) = "{count} 个商品", "{count} SKU" | "{count} SKUs";
    coupon_used_of(used, max) = "{used} / {max} 次", "{used} of {max}";
    coupon_always = "长期", "Always";
    coupon_from(from) = "{from} 起", "From {from}";
    coupon_until(until) = "至 {until}", "Until {until}";
    coupon_between(from, until) = "{from} 至 {until}", "{from} – {until}";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::samples::yuan;
    use crate::testing::{assert_sound, assert_sound_page};

    #[test]
    fn the_list_is_sound_whole_and_as_a_fragment() {
        for language in Language::ALL {
            let page = CouponsPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            assert_sound(&page.as_list().render().unwrap());
        }
    }

    #[test]
    fn what_a_coupon_gives_is_told_in_words() {
        let (en, zh) = (Words::new(Language::En), Words::new(Language::Zh));
        let of = |gives, min, t| benefit(gives, min, t);
        let percent = Gives::Percent("12.5", Some(yuan(5_000)));
        assert_eq!(of(percent, None, en), "12.5% off, at most ¥50.00");
        assert_eq!(of(percent, Some(yuan(9_900)), zh), "满 ¥99.00 减 12.5%，最多 ¥50.00");
        assert_eq!(
            of(Gives::Amount(yuan(2_000)), Some(yuan(19_900)), en),
            "¥20.00 off from ¥199.00"
        );
        assert_eq!(of(Gives::Freight(None), None, zh), "免运费");
    }
}
