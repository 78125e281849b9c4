//! A gift rule as its form shows it, and the form as a gift rule.

use ordermill_app::gift::ABOVE_LIMIT;
use ordermill_base::{Currency, Money, Quantity};
use ordermill_domain::pricing::gift::GiftRule;
use ordermill_domain::sku::Invalid;
use ordermill_domain::text::Text;
use ordermill_pages::Words;
use ordermill_pages::console::Section;
use ordermill_pages::console::form::FormPage;
use ordermill_pages::console::gift_rules::form::{Choices, GiftRuleEntered, Subject, form};
use ordermill_storage::channel::Channel;

use super::super::coupon_form::reading::{Reader, Wrong};
use crate::console::desk::Desk;
use crate::console::pairs::Pairs;

/// Channels that a rule names at most.
const CHANNELS_MAX: usize = 200;

/// What was entered.
pub(super) fn entered(pairs: &Pairs) -> GiftRuleEntered {
    GiftRuleEntered {
        name_zh: pairs.one("name_zh"),
        name_en: pairs.one("name_en"),
        gift: pairs.one("gift"),
        pieces: pairs.one("pieces"),
        scope: pairs.one("scope"),
        scope_codes: pairs.one("scope_codes"),
        min_spend: pairs.one("min_spend"),
        currency: pairs.one("currency"),
        min_pieces: pairs.one("min_pieces"),
        valid_from: pairs.one("valid_from"),
        valid_until: pairs.one("valid_until"),
        channels: pairs.all("channels", CHANNELS_MAX),
    }
}

impl Desk {
    pub(super) fn gift_rule_page(
        &self,
        entered: &GiftRuleEntered,
        channels: &[Channel],
        subject: Subject<'_>,
        version: i64,
    ) -> FormPage {
        let choices = Choices {
            currencies: self.coupon_currencies(&entered.currency),
            channels: channels.iter().map(|it| (it.code.clone(), it.name.clone())).collect(),
        };
        let here = (self.shell(), self.frame(Section::Promotions));
        form(here, entered, choices, subject, version)
    }

    /// A rule as its form shows it.
    pub(super) fn shown_gift_rule(&self, rule: &GiftRule, channels: &[Channel]) -> GiftRuleEntered {
        let catalog = self.site.services().catalog();
        let (scope, scope_codes) = self.shown_scope(&rule.scope);
        let currency = rule.min_spend.map_or(catalog.shop.currency, |least| least.currency);
        let of_rule = channels.iter().filter(|channel| rule.channels.contains(&channel.id));
        GiftRuleEntered {
            name_zh: rule.name.zh.clone(),
            name_en: rule.name.en.clone(),
            gift: catalog.sku(rule.gift).map(|sku| sku.code.clone()).unwrap_or_default(),
            pieces: rule.pieces.to_string(),
            scope,
            scope_codes,
            min_spend: rule.min_spend.map(Money::to_decimal).unwrap_or_default(),
            currency: currency.code().to_owned(),
            min_pieces: rule.min_pieces.map(|pieces| pieces.to_string()).unwrap_or_default(),
            valid_from: self.local(rule.valid_from),
            valid_until: self.local(rule.valid_until),
            channels: of_rule.map(|channel| channel.code.clone()).collect(),
        }
    }
}

/// What was entered, as a rule of this number.
pub(super) fn read(
    desk: &Desk,
    entered: &GiftRuleEntered,
    channels: &[Channel],
    number: u32,
    is_active: bool,
) -> Result<GiftRule, Wrong> {
    let t = desk.t();
    let currency = entered.currency.parse::<Currency>();
    let mut wrong = Vec::new();
    if currency.is_err() {
        wrong.push(("currency", t.settings_choose().to_owned()));
    }
    let currency = currency.unwrap_or(Currency::Cny);
    let gift = desk.site.services().catalog().by_code(entered.gift.trim()).map(|sku| sku.id);
    if gift.is_none() {
        wrong.push(("gift", t.gift_rule_gift_wrong().to_owned()));
    }
    let mut reader = Reader { desk, t, currency, wrong };
    let pieces: Option<i64> = reader.count("pieces", &entered.pieces, t.gift_rule_pieces_wrong());
    let pieces = pieces.and_then(|pieces| Quantity::new(pieces).ok());
    if pieces.is_none() && reader.wrong.iter().all(|(name, _)| *name != "pieces") {
        reader.wrong.push(("pieces", t.gift_rule_pieces_wrong().to_owned()));
    }
    let scope = reader.scope(&entered.scope, &entered.scope_codes);
    let least = &entered.min_spend;
    let min_spend = Money::parse(least, currency).ok().filter(|least| least.minor > 0);
    if min_spend.is_none() && !least.is_empty() {
        reader.wrong.push(("min_spend", t.gift_rule_amount_wrong().to_owned()));
    }
    let least: Option<i64> =
        reader.count("min_pieces", &entered.min_pieces, t.gift_rule_min_pieces_wrong());
    let min_pieces = least.map(Quantity::new).transpose().unwrap_or_else(|_| {
        reader.wrong.push(("min_pieces", t.gift_rule_min_pieces_wrong().to_owned()));
        None
    });
    let valid_from = reader.moment("valid_from", &entered.valid_from);
    let valid_until = reader.moment("valid_until", &entered.valid_until);
    let chosen = channels.iter().filter(|channel| entered.channels.contains(&channel.code));
    match (gift, pieces, scope) {
        (Some(gift), Some(pieces), Some(scope)) if reader.wrong.is_empty() => Ok(GiftRule {
            number,
            name: Text::new(entered.name_zh.as_str(), entered.name_en.as_str()),
            gift,
            pieces,
            scope,
            min_spend,
            min_pieces,
            valid_from,
            valid_until,
            channels: chosen.map(|channel| channel.id).collect(),
            is_active,
        }),
        _ => Err(reader.wrong),
    }
}

/// What the rules say, each at the field of the form.
pub(super) fn refusals(wrong: &[(Option<usize>, Invalid)], t: Words) -> Wrong {
    let at = |(_, wrong): &(Option<usize>, Invalid)| match wrong.field {
        "name" => ("name_zh", t.sku_name_wrong().to_owned()),
        "pieces" => ("pieces", t.gift_rule_pieces_wrong().to_owned()),
        "gift" if wrong.expected == ABOVE_LIMIT => ("gift", t.gift_rule_gift_above().to_owned()),
        "gift" => ("gift", t.gift_rule_gift_wrong().to_owned()),
        "scope_codes" => ("scope_codes", t.coupon_scope_wrong().to_owned()),
        "min_spend" => ("min_spend", t.gift_rule_amount_wrong().to_owned()),
        "valid_until" => ("valid_until", t.coupon_until_wrong().to_owned()),
        // The number is ours.
        _ => ("", t.gift_rule_too_many().to_owned()),
    };
    wrong.iter().map(at).collect()
}
