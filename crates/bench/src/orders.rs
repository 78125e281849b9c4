//! The shop and the orders that are measured: 1,000 SKUs at one location with more stock than any
//! run can sell, orders of three lines with an idempotency key each.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use ordermill_app::benefit::claim::Claims;
use ordermill_app::order::place::{Key, PlaceOrder};
use ordermill_base::{Currency, Id, IdGenerator, Quantity, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{ChannelId, LocationId, SkuId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_domain::stock::{BackorderPolicy, Movement, StockLevel};
use ordermill_storage::stock::{self, Place};
use ordermill_storage::{Connection, Error};

/// How many SKUs the shop has.
pub(crate) const SKUS: i64 = 1_000;
/// Lines of an order.
pub(crate) const LINES: u16 = 3;
/// Pieces of one receipt, the most that a quantity can be.
const RECEIPT: i64 = 1_000_000;
/// Receipts of the hot SKU, of which every order takes some.
const HOT_RECEIPTS: usize = 100;
/// About what a name, a phone and an address take when sealed.
pub(crate) const RECIPIENT_BYTES: usize = 240;
/// The SKU that everybody wants.
pub(crate) const HOT: i64 = 1;
/// The moment at which measured time begins, so that no clock of the machine is read.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_334_400_000);

/// Which SKUs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Any three.
    Uniform,
    /// The hot one and any two others.
    Hot,
}

impl Mix {
    /// Three different SKUs.
    pub(crate) fn pick(self, random: &mut Random) -> [i64; LINES as usize] {
        let first = if self == Self::Hot { HOT } else { random.between(1, SKUS) };
        let mut skus = [first; LINES as usize];
        for at in 1..skus.len() {
            skus[at] = random.between(1, SKUS);
            while skus[..at].contains(&skus[at]) {
                skus[at] = random.between(1, SKUS);
            }
        }
        skus
    }
}

/// Fills the shelves.
pub(crate) fn stock_up(connection: &mut Connection) -> Result<()> {
    let act = Act::new(Actor::system("bench"), START);
    let (at, pieces) = (LocationId::from_raw(1), Quantity::new(RECEIPT)?);
    connection.transact(|tx| {
        for sku in (1..=SKUS).map(SkuId::from_raw) {
            let mut level = StockLevel::new(sku, at, BackorderPolicy::Deny);
            stock::set_policy(tx, &level)?;
            for _ in 0..if sku.raw() == HOT { HOT_RECEIPTS } else { 1 } {
                let event = level.book(Movement::Receive(pieces)).map_err(Error::defect)?;
                stock::record(tx, &act, &level, event, Place::default())?;
            }
        }
        Ok::<(), Error>(())
    })?;
    Ok(())
}

/// Makes one client's orders.
#[derive(Debug)]
pub(crate) struct Buyer {
    pub(crate) mix: Mix,
    pub(crate) random: Random,
    pub(crate) began: Instant,
    pub(crate) preference: Arc<[LocationId]>,
}

impl Buyer {
    /// As many buyers as asked for, each with orders of its own.
    pub(crate) fn many(count: usize, mix: Mix) -> impl Iterator<Item = Self> {
        let mut random = Random::from_seed(count as u64);
        let (began, preference) = (Instant::now(), Arc::from([LocationId::from_raw(1)]));
        (0..count).map(move |_| Self {
            mix,
            random: random.split(),
            began,
            preference: Arc::clone(&preference),
        })
    }

    /// A text as clients make them: random, so that its place in an index is too.
    pub(crate) fn key(random: &mut Random) -> String {
        format!("{:016x}{:016x}", random.next_u64(), random.next_u64())
    }

    pub(crate) fn order(&mut self, ids: &IdGenerator) -> PlaceOrder {
        let elapsed = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        let at = START + Span::micros(elapsed);
        let lines: Vec<LineTerms> = (1..)
            .zip(self.mix.pick(&mut self.random))
            .map(|(line_no, sku)| line(line_no, sku, self.random.between(1, 3)))
            .collect();
        let goods_minor = lines.iter().map(|line| line.total_minor).sum();
        let tax_minor = lines.iter().map(|line| line.tax_minor).sum();
        let amounts = Amounts {
            currency: Currency::Cny,
            tax_mode: TaxMode::Inclusive,
            goods_minor,
            discount_minor: 0,
            freight_minor: 800,
            tax_minor,
            total_minor: goods_minor + 800,
        };
        PlaceOrder {
            id: ids.next(at),
            act: Act::new(Actor::Buyer(None), at),
            placed: Placed {
                channel: ChannelId::from_raw(1),
                channel_order_id: None,
                customer: None,
                terms: PaymentTerms::Prepaid,
                promotion: false,
                review: Review::Pending,
                amounts,
                lines,
                reserved: Vec::new(),
                coupons: Vec::new(),
                points_earned: 0,
                service_wish: None,
                promised_by_on: None,
            },
            region: "CN-31".to_owned(),
            recipient: vec![0x5a; RECIPIENT_BYTES],
            accepts_backorder: false,
            preference: Arc::clone(&self.preference),
            marks: None,
            rules: Arc::default(),
            cart: None,
            key: Some(Key {
                principal: "channel-1".to_owned(),
                key: Self::key(&mut self.random),
                request_hash: [0x5a; 32],
            }),
            discounts: Vec::new(),
            claims: Claims::default(),
            days: None,
            pay_within: Span::hours(24),
            hold_for: Span::minutes(30),
        }
    }
}

fn line(line_no: u16, sku: i64, pieces: i64) -> LineTerms {
    let unit_price_minor = 990 + 10 * sku;
    let total_minor = unit_price_minor * pieces;
    LineTerms {
        line_no,
        sku: SkuId::from_raw(sku),
        quantity: Quantity::new(pieces).expect("one to three pieces"),
        unit_price_minor,
        discount_minor: 0,
        tax_minor: total_minor * 13 / 113,
        total_minor,
        gift: None,
        stands_for: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_of_the_hot_mix_wants_the_hot_sku_and_two_others() {
        let mut random = Random::from_seed(1);
        for _ in 0..10_000 {
            let [first, second, third] = Mix::Hot.pick(&mut random);
            assert_eq!(first, HOT);
            assert!(second != first && third != first && third != second);
        }
    }
}
