//! Gift cards, `/console/promotions/gift-cards`: those that were issued, and a form that issues one.
//! The form posts the fields of [`GiftCardEntered`] with `key` to the same address.

use askama::Template;
use ordermill_base::{Money, Timestamp};
use ordermill_domain::gift_card::Origin;

use crate::console::Frame;
use crate::console::form::refuse;
use crate::shell::Shell;
use crate::ui::{Choice, Field, FormErrors, Pager, Views};
use crate::words::Words;

/// Gift cards.
#[derive(Debug, Clone, Template)]
#[template(path = "console/gift_cards.html")]
pub struct GiftCardsPage {
    /// Words, theme, site.
    pub shell: Shell,
    /// Navigation and header.
    pub frame: Frame,
    /// The parts of the promotions.
    pub parts: Views,
    /// The code of a card that was just issued, and what is on it: shown this once. The answer goes
    /// out with `Cache-Control: no-store`.
    pub fresh: Option<(String, Money)>,
    /// Issues a card.
    pub form: GiftCardForm,
    /// Newest first.
    pub rows: Vec<GiftCardRow>,
    /// The foot.
    pub pager: Pager,
}

/// One card.
#[derive(Debug, Clone)]
pub struct GiftCardRow {
    /// The last letters of its code.
    pub last_four: String,
    /// What is left on it.
    pub balance: Money,
    /// Since when.
    pub issued_at: Timestamp,
}

/// Issues a card.
#[derive(Debug, Clone)]
pub struct GiftCardForm {
    /// What was refused.
    pub errors: FormErrors,
    /// Amount, currency, origin, reason.
    pub fields: Vec<Field>,
    /// The key of this form.
    pub key: String,
}

/// What was entered for a card.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each is the field of its name, with its words below")]
pub struct GiftCardEntered {
    pub amount: String,
    pub currency: String,
    /// `sold` or `granted`.
    pub origin: String,
    pub reason: String,
}

impl GiftCardForm {
    /// The form with what was entered before; `errors` are names of fields and what is wrong.
    pub fn new(
        currencies: Vec<Choice>,
        entered: &GiftCardEntered,
        errors: &[(&'static str, String)],
        key: String,
        t: Words,
    ) -> Self {
        let origins = Origin::ALL.map(|it| Choice::new(it.code(), origin(it, t)));
        let mut fields = vec![
            Field::new("amount", t.approval_amount())
                .decimal()
                .max_length(20)
                .value(&entered.amount),
            Field::select("currency", t.settings_currency(), currencies).value(&entered.currency),
            Field::select("origin", t.gift_card_origin(), origins.into()).value(&entered.origin),
            Field::new("reason", t.approval_why())
                .max_length(200)
                .hint(t.gift_card_reason_hint())
                .value(&entered.reason),
        ];
        let errors = refuse(&mut fields, errors, t);
        Self { errors, fields, key }
    }
}

/// Where the money on a card comes from, in words.
pub fn origin(origin: Origin, t: Words) -> &'static str {
    match origin {
        Origin::Sold => t.gift_card_sold(),
        Origin::Granted => t.gift_card_granted(),
    }
}

crate::words! {
    gift_cards_title = "礼品卡", "Gift cards";
    gift_cards_list = "礼品卡列表", "List of gift cards";
    gift_cards_none = "还没有礼品卡。", "No gift card yet.";
    gift_card_ends = "卡号尾号", "Code ends with";
    gift_card_balance = "余额", "Balance";
    gift_card_issued_at = "发行时间", "Issued";
    gift_card_issue = "发行礼品卡", "Issue a gift card";
    gift_card_button = "发行", "Issue";
    gift_card_origin = "资金来源", "Origin";
    gift_card_sold = "顾客已付款", "A buyer has paid";
    gift_card_granted = "店铺赠送", "The shop gives it";
    gift_card_fresh(amount) = "新礼品卡 {amount}，卡号只显示这一次", "New gift card of {amount}; its code is shown this once";
    gift_card_fresh_hint = "请现在交给顾客，之后无法再次查看。", "Hand it over now; it cannot be seen again.";
    gift_card_reason_hint = "写入日志，不含个人信息", "Goes into the journal; no personal data";
    gift_card_amount_wrong = "请填大于 0 的金额", "An amount above zero";
}

#[cfg(any(test, feature = "samples"))]
impl GiftCardsPage {
    /// One that was just issued.
    pub fn sample(language: crate::Language) -> Self {
        use crate::console::{Section, promotions};
        use crate::samples;
        let t = Words::new(language);
        let currencies = vec![Choice::new("CNY", "CNY")];
        let entered = GiftCardEntered::default();
        Self {
            shell: samples::shell(language),
            frame: samples::console_frame(language, Section::Promotions),
            parts: promotions::parts(promotions::Part::GiftCards, t),
            fresh: Some(("ACDE-4679-FGHJ-KLMN".into(), samples::yuan(20_000))),
            form: GiftCardForm::new(currencies, &entered, &[], "01JD3M9Z".into(), t),
            rows: vec![GiftCardRow {
                last_four: "KLMN".into(),
                balance: samples::yuan(20_000),
                issued_at: samples::in_minutes(-1),
            }],
            pager: Pager {
                t,
                summary: t.coupons_newest_first().into(),
                first: None,
                next: None,
                region: "",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::testing::assert_sound_page;

    #[test]
    fn a_code_is_shown_once_and_a_refusal_stands_at_its_field() {
        for language in Language::ALL {
            let t = Words::new(language);
            let mut page = GiftCardsPage::sample(language);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains("ACDE-4679-FGHJ-KLMN"), "{html}");
            page.fresh = None;
            let errors = [("amount", t.gift_card_amount_wrong().to_owned())];
            let entered = GiftCardEntered::default();
            page.form = GiftCardForm::new(Vec::new(), &entered, &errors, "k".into(), t);
            let html = page.render().unwrap();
            assert_sound_page(&html);
            assert!(html.contains(r#"id="e-amount""#) && !html.contains("ACDE"), "{html}");
        }
    }
}
