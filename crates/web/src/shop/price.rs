//! What a cart costs with what is handed in, and why a code is not used: for the cart and for the
//! checkout alike.

use ordermill_app::benefit::{CouponRefusal, HandedIn};
use ordermill_app::order::intake::{IntakeError, NewLine};
use ordermill_app::quote::{QuoteError, QuoteRequest, Quoted};
use ordermill_domain::pricing::gift::Gift;
use ordermill_domain::pricing::{NotApplicable, QuoteProblem};
use ordermill_pages::Words;
use ordermill_pages::shop::cart::GiftLine;
use ordermill_storage::cart::Cart;

use super::{Here, Trouble, goods};

/// What the cart costs, delivered to a region; the inner error tells why it has no price. The phone
/// of a guest, as E.164, counts where a coupon is limited for each buyer.
pub(super) async fn quote(
    here: &Here,
    cart: &Cart,
    handed_in: HandedIn,
    phone: Option<String>,
    region: &str,
) -> Result<Result<Quoted, QuoteProblem>, Trouble> {
    let lines = cart.lines.iter().rev().filter_map(|line| {
        let sku = here.catalog.sku(line.sku)?.code.clone();
        Some(NewLine { sku, quantity: line.quantity })
    });
    let request = QuoteRequest {
        channel: here.services().channels().shop,
        customer: here.customer,
        phone,
        currency: here.catalog.shop.currency,
        lines: lines.collect(),
        region: region.to_owned(),
        service_wish: None,
        handed_in,
    };
    match here.services().quote(&here.act(), request).await {
        Ok(quoted) => Ok(Ok(quoted)),
        Err(QuoteError::Intake(IntakeError::Price(problem))) => Ok(Err(problem)),
        // Something in the cart is no longer on sale; the cart tells which.
        Err(QuoteError::Intake(_)) => Ok(Err(QuoteProblem::Empty)),
        Err(QuoteError::Storage(error)) => Err(error.into()),
    }
}

/// The gifts that come along with an order quoted like this.
pub(super) fn gifts(here: &Here, quote: &Quoted) -> Vec<GiftLine> {
    let line = |gift: &Gift| {
        let sku = here.catalog.sku(gift.sku)?;
        let name = here.catalog.gift_rules.get(gift.rule).map(|rule| &rule.name);
        Some(GiftLine {
            art: goods::art_of(sku),
            name: goods::name_of(here, sku),
            quantity: gift.quantity.get().unsigned_abs(),
            because: name.map_or("", |name| here.t().pick(name.zh(), name.en())).to_owned(),
        })
    };
    quote.gifts.iter().filter_map(line).collect()
}

/// Why a coupon of this quote is not used, if one is not.
pub(super) fn coupon_refusal(quote: &Quoted, t: Words) -> Option<String> {
    quote.coupons.iter().find_map(|it| Some(refusal(it.outcome.as_ref().err()?, t)))
}

fn refusal(refusal: &CouponRefusal, t: Words) -> String {
    use NotApplicable as N;
    let reason = match refusal {
        CouponRefusal::Unknown => t.coupon_unknown(),
        CouponRefusal::NotApplicable(reason) => match reason {
            N::BelowMinSpend { missing } => return t.coupon_below(missing),
            N::NotYetValid(_) => t.coupon_not_yet(),
            N::Expired(_) => t.coupon_expired(),
            N::UsedUp => t.coupon_used_up(),
            N::UsedUpByCustomer => t.coupon_used_by_you(),
            N::NotFirstOrder => t.coupon_first_order(),
            N::OtherCurrency(_) | N::NothingInScope => t.coupon_other_goods(),
            N::SavesLess { .. } | N::NoEffect | N::SavesNothing => t.coupon_saves_nothing(),
        },
    };
    reason.to_owned()
}

/// Why a gift card of this quote cannot pay, if one cannot.
pub(super) fn gift_card_refusal(quote: &Quoted, t: Words) -> Option<String> {
    let reason = quote.gift_cards.iter().find_map(|it| match it.card {
        None => Some(t.gift_card_unknown()),
        Some(_) if it.balance.is_zero() => Some(t.gift_card_empty()),
        Some(_) => None,
    })?;
    Some(reason.to_owned())
}

/// Why there is no price.
pub(super) fn problem(problem: &QuoteProblem, t: Words) -> &'static str {
    match problem {
        QuoteProblem::NotServed { .. } | QuoteProblem::NoTaxRate { .. } => t.not_served(),
        QuoteProblem::HazardousNotServed => t.hazardous_not_served(),
        _ => t.not_priced(),
    }
}
