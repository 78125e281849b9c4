//! Gift cards: balances that are spent in the order in which the buyer names them.

use ordermill_base::{Currency, Money};

use super::{QuoteProblem, minor_of};
use crate::ids::GiftCardId;

/// A gift card and what is on it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GiftCard {
    /// Which card.
    pub id: GiftCardId,
    /// What can be spent.
    pub balance: Money,
}

/// What each card contributes to `open` minor units; cards that are not needed are left out.
pub(super) fn spend(
    cards: &[GiftCard],
    currency: Currency,
    mut open: i64,
) -> Result<Vec<(GiftCardId, i64)>, QuoteProblem> {
    let mut spent = Vec::with_capacity(cards.len());
    for (index, card) in cards.iter().enumerate() {
        // A card named twice would be spent twice.
        if cards[..index].iter().any(|earlier| earlier.id == card.id) {
            return Err(QuoteProblem::GiftCardTwice(card.id));
        }
        let amount = minor_of(card.balance, currency)?.min(open);
        if amount > 0 {
            open -= amount;
            spent.push((card.id, amount));
        }
    }
    Ok(spent)
}

#[cfg(test)]
mod tests {
    use ordermill_base::Id;

    use super::*;

    const CNY: Currency = Currency::Cny;

    fn card(raw: i64, minor: i64) -> GiftCard {
        GiftCard { id: GiftCardId::from_raw(raw), balance: Money::new(minor, CNY) }
    }

    #[test]
    fn cards_are_spent_in_the_given_order_and_only_as_far_as_needed() {
        let cards = [card(2, 300), card(1, 0), card(3, 500), card(4, 900)];
        let spent = spend(&cards, CNY, 700).unwrap();
        assert_eq!(spent, [(cards[0].id, 300), (cards[2].id, 400)]);
    }

    #[test]
    fn a_card_named_twice_is_refused() {
        let cards = [card(1, 300), card(1, 300)];
        assert_eq!(spend(&cards, CNY, 500), Err(QuoteProblem::GiftCardTwice(cards[0].id)));
    }
}
