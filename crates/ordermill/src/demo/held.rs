//! A few orders that the rules hold, so that the review desk has something to decide from the first look.

use ordermill_app::Services;
use ordermill_app::order::intake::{Benefits, Intake, NewLine, NewOrder};
use ordermill_app::order::place::PlaceOrder;
use ordermill_base::{Currency, Timestamp};
use ordermill_demo::Merchant;
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::OrderId;
use ordermill_domain::order::{PaymentTerms, Review};
use ordermill_storage::BatchCommand as _;

use super::buyers;

/// How many there are to be.
const HELD: usize = 5;
/// What they are worth at least: more at the door than the built-in rules let pass.
const WORTH_FEN: i64 = 520_000;
/// Nobody carries more to one door.
const PIECES_MAX: i64 = 30;

/// Places them at `now`. Gives how many are held: goods that are not there in such numbers are passed over.
pub(super) fn make(
    services: &Services,
    merchant: &Merchant,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let pieces_of = |price_fen: i64| WORTH_FEN / price_fen.max(1) + 1;
    let goods = merchant.catalog.products.iter();
    let goods = goods.filter(|product| pieces_of(product.price_fen) <= PIECES_MAX);
    let mut held = 0;
    for (product, number) in goods.zip(0_i64..).take(10 * HELD) {
        if held == HELD {
            break;
        }
        let act = Act::new(Actor::Buyer(None), now);
        let recipient = match held {
            1 => made_up(),
            _ => {
                let buyer = merchant.people.customers.get(usize::try_from(number)?);
                let address = buyer.and_then(|buyer| buyer.addresses.first());
                let Some(address) = address else { continue };
                buyers::recipient(address)
            }
        };
        let quantity = pieces_of(product.price_fen);
        let line = NewLine { sku: product.sku.clone(), quantity };
        let (catalog, vault) = (services.catalog(), services.vault().clone());
        let channel = services.channels().shop;
        let review = services.database().write_blocking(move |tx| {
            let new = NewOrder {
                terms: PaymentTerms::CashOnDelivery,
                ..NewOrder::new(channel, Currency::Cny, vec![line.clone()], recipient.clone())
            };
            let id: OrderId = tx.next_id(act.at);
            let intake = Intake { catalog: &catalog, vault: &vault };
            let nothing = Benefits { coupons: &[], points: None, gift_cards: &[] };
            let Ok((command, _)) = intake.prepare(id, act.clone(), new, nothing) else {
                return Ok(None);
            };
            PlaceOrder::run(&[&command], tx)?;
            let placed = ordermill_storage::order::fetch(tx, id)?;
            Ok::<_, ordermill_storage::Error>(placed.map(|it| it.order.facts().review))
        })?;
        held += usize::from(review == Some(Review::ManualPending));
    }
    Ok(held)
}

/// Somebody who tries the shop out.
fn made_up() -> RawRecipient {
    RawRecipient {
        name: "测试测试".to_owned(),
        phone: "13888888888".to_owned(),
        address: RawAddress {
            country: "CN".to_owned(),
            province: "浙江省".to_owned(),
            city: "杭州市".to_owned(),
            district: "西湖区".to_owned(),
            street: vec!["啊啊啊啊啊".to_owned()],
            postal_code: String::new(),
        },
    }
}
