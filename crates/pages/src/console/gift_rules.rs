//! Gift rules, `/console/promotions/gifts`, and their form, [`form`].

pub mod form;

use askama::Template;
use ordermill_base::Money;

use crate::console::Frame;
use crate::console::coupons::{self, Standing};
use crate::icon::Icon;
use crate::shell::Shell;
use crate::ui::{Badge, Empty, Views};
use crate::words::Words;

/// The list of gift rules; there are few, so all of them.
#[derive(Debug, Clone, Template)]
#[template(path = "console/gift_rules.html")]
pub struct GiftRulesPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the promotions.
    pub parts: Views,
    /// In the order in which they give.
    pub rows: Vec<GiftRuleRow>,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct GiftRuleRow {
    /// The address of its form.
    pub href: String,
    /// What buyers read.
    pub name: String,
    /// What is given: "1 × Canvas tote".
    pub gift: String,
    /// From what on: "From ¥199.00", "From 3 pieces".
    pub from: String,
    /// Which goods count.
    pub scope: String,
    /// When.
    pub valid: String,
    /// Whether it gives now.
    pub state: Badge,
}

impl GiftRulesPage {
    fn empty(&self) -> Empty {
        let t = self.shell.t;
        Empty {
            icon: Icon::Discount,
            title: t.gift_rules_none().into(),
            text: t.gift_rules_none_text().into(),
            action: None,
        }
    }
}

/// From what on a gift comes along, in words.
pub fn threshold(amount: Option<Money>, pieces: Option<u64>, t: Words) -> String {
    match (amount, pieces) {
        (None, None) => t.gift_rule_any().to_owned(),
        (Some(amount), None) => t.gift_rule_from_amount(amount),
        (None, Some(pieces)) => t.gift_rule_from_pieces(pieces),
        (Some(amount), Some(pieces)) => t.gift_rule_from_both(amount, t.gift_rule_pieces(pieces)),
    }
}

/// Where a rule stands, in one badge.
pub fn standing(standing: Standing, t: Words) -> Badge {
    coupons::standing(standing, t)
}

crate::words! {
    gift_rules_title = "赠品", "Gifts";
    gift_rules_list = "赠品规则列表", "List of gift rules";
    gift_rules_lead = "满足条件的订单在审核前自动附上赠品，送完为止；缺货不影响下单。", "Orders that qualify get the gift before they are reviewed, while stock lasts. A gift that has run out stops no order.";
    gift_rules_none = "还没有赠品规则", "No gift rule yet";
    gift_rules_none_text = "新建一条，符合条件的订单会自动附上赠品。", "Make one; orders that qualify get the gift by themselves.";
    gift_rule_gives(pieces, name) = "赠 {name} × {pieces}", "{pieces} × {name}";
    gift_rule_condition = "条件", "Condition";
    gift_rule_any = "任意数量", "Any amount";
    gift_rule_from_amount(amount) = "满 {amount}", "From {amount}";
    gift_rule_pieces(count) = "{count} 件", "{count} piece" | "{count} pieces";
    gift_rule_from_pieces(count) = "满 {count} 件", "From {count} piece" | "From {count} pieces";
    gift_rule_from_both(amount, pieces) = "满 {amount} 且 {pieces}", "From {amount} and {pieces}";
}

#[cfg(any(test, feature = "samples"))]
impl GiftRulesPage {
    /// One that gives, and one that is over.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::{Section, promotions};
        use crate::samples::{self, yuan};
        let t = Words::new(language);
        let row = |name: &str, amount, pieces, state| GiftRuleRow {
            href: "/console/promotions/gifts/1".into(),
            name: name.into(),
            gift: t.gift_rule_gives(1, t.pick("帆布袋", "Canvas tote")),
            from: threshold(amount, pieces, t),
            scope: t.coupon_scope_all().into(),
            valid: "11-01 00:00 – 11-30 24:00".into(),
            state: standing(state, t),
        };
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Promotions),
            parts: promotions::parts(promotions::Part::Gifts, t),
            rows: vec![
                row(
                    t.pick("满199赠帆布袋", "A tote from ¥199"),
                    Some(yuan(19_900)),
                    None,
                    Standing::Active,
                ),
                row(t.pick("买三赠一", "Three and a tote"), None, Some(3), Standing::Ended),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::samples::yuan;
    use crate::testing::assert_sound_page;

    #[test]
    fn the_list_is_sound_with_rules_and_without() {
        for language in Language::ALL {
            let mut page = GiftRulesPage::sample(language);
            assert_sound_page(&page.render().unwrap());
            page.rows.clear();
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(page.shell.t.gift_rules_none()));
        }
    }

    #[test]
    fn what_a_gift_asks_for_is_told_in_words() {
        let (en, zh) = (Words::new(Language::En), Words::new(Language::Zh));
        assert_eq!(threshold(Some(yuan(19_900)), None, zh), "满 ¥199.00");
        assert_eq!(threshold(None, Some(3), en), "From 3 pieces");
        assert_eq!(threshold(Some(yuan(19_900)), Some(1), en), "From ¥199.00 and 1 piece");
        assert_eq!(threshold(None, None, en), "Any amount");
    }
}
