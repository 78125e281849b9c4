//! People place orders: new ones, the same again, the same cart in two tabs.

use std::sync::Arc;

use ordermill_app::benefit::claim::{Claims, CouponClaim};
use ordermill_app::order::place::{Key, PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::privacy::OrderContact;
use ordermill_base::{Currency, Id, Quantity, Random, Span};
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{CartId, CouponId, LocationId, OrderId, SkuId};
use ordermill_domain::order::{Amounts, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::pricing::TaxMode;
use ordermill_storage::Error;

use super::checkout::recipient;
use super::{Shop, all, buyer};
use crate::bug::Bug;
use crate::model::{Answer, Claim, Pieces, Wanted, Wrong};
use crate::{Trade, ground};

/// Requests that a client may still repeat.
const REMEMBERED: usize = 64;
/// Of one rush, so many are remembered.
const REMEMBERED_AT_ONCE: usize = 16;

/// A request as the real shop and as the model get it.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) command: PlaceOrder,
    pub(super) wanted: Wanted,
}

/// What the writer answers a request.
pub(super) type Placing = Result<Result<Result<Placement, PlaceOrderError>, Error>, Wrong>;

impl Shop {
    pub(super) fn wishes_of_many(&mut self) -> Vec<Wish> {
        let count = 1 + self.random.below(self.batch_max) as usize;
        let mut asked: Vec<Wish> = Vec::with_capacity(count + self.unanswered.len());
        // Who got no answer asks again, with the same key.
        for wish in std::mem::take(&mut self.unanswered) {
            asked.push(self.again(wish, false));
        }
        while asked.len() < count {
            let nth = self.random.below(20);
            let wish = match self.a_wish_of_before() {
                Some(wish) if nth < 2 => self.again(wish, nth == 1),
                _ => self.a_wish(),
            };
            asked.push(wish);
        }
        let step = asked.len().div_ceil(REMEMBERED_AT_ONCE);
        self.wishes.extend(asked.iter().step_by(step).cloned());
        while self.wishes.len() > REMEMBERED {
            self.wishes.pop_front();
        }
        asked
    }

    fn a_wish_of_before(&mut self) -> Option<Wish> {
        if !self.random.percent(20) || self.wishes.is_empty() {
            return None;
        }
        let index = self.random.below(self.wishes.len() as u64) as usize;
        Some(self.wishes[index].clone())
    }

    pub(super) fn people_buy(&mut self) -> Result<(), Wrong> {
        let asked = self.wishes_of_many();
        let bug = self.bug;
        Bug::before_placing(bug, &mut self.world);
        let database = self.world.database();
        let (commands, asked): (Vec<PlaceOrder>, Vec<Wanted>) =
            asked.into_iter().map(|it| (it.command, it.wanted)).unzip();
        let answers = self.world.run({
            let commands: Vec<PlaceOrder> = match bug {
                None => commands,
                bug => commands.into_iter().map(|it| Bug::in_request(bug, it)).collect(),
            };
            async move {
                let place = |command| {
                    let database = database.clone();
                    tokio::spawn(async move { database.submit(command).await })
                };
                all(commands.into_iter().map(place)).await
            }
        });
        Bug::after_placing(bug, &mut self.world, &asked);
        let done = self.world.committed();
        for (index, wanted) in asked.iter().enumerate().take(done) {
            let should = self.model.place(wanted);
            if let Answer::New(order) = should {
                self.came_in(order);
            }
            let Some(answers) = &answers else { continue };
            let is = answer_of(&answers[index])?;
            if is != should {
                return Err(format!("placing {wanted:?} is answered {is:?}, should be {should:?}"));
            }
        }
        if answers.is_none() {
            self.nobody_was_answered(&asked);
        }
        self.heard = ground::newest(&mut self.world);
        Ok(())
    }

    /// Those who are remembered will ask again.
    pub(super) fn nobody_was_answered(&mut self, asked: &[Wanted]) {
        let is_of_it = |wish: &&Wish| asked.iter().any(|it| it.order == wish.wanted.order);
        let unanswered = self.wishes.iter().filter(is_of_it).filter(|it| it.wanted.has_identity());
        self.unanswered.extend(unanswered.take(4).cloned());
    }

    /// A request that was sent before, under a fresh id as the edge makes it: as it was, or the same
    /// cart from another tab.
    fn again(&mut self, wish: Wish, is_other_tab: bool) -> Wish {
        let Wish { mut command, mut wanted } = wish;
        let at = self.world.now();
        command.id = self.world.database().ids().next(at);
        command.act.at = at;
        (wanted.order, wanted.at) = (command.id.raw(), at.as_micros());
        command.recipient = self.recipient_of(command.id);
        if is_other_tab {
            let mut key = None;
            // The same key for something else is a mistake of the client.
            if let Some((text, content)) = &wanted.key {
                let text = if self.random.percent(30) { text.clone() } else { format!("{text}'") };
                key = Some((text, content + 1));
            }
            command.key = key.as_ref().map(|(text, content)| request_key(text, *content));
            wanted.key = key;
        }
        Wish { command, wanted }
    }

    /// Who gets an order, where somebody will have to know.
    fn recipient_of(&self, order: OrderId) -> Vec<u8> {
        if self.trade != Trade::Floor {
            return b"sealed elsewhere".to_vec();
        }
        let contact = OrderContact::new(recipient("13800138000").validate().expect("an address"));
        self.world.vault().seal_recipient(order, &contact)
    }

    /// A prepaid order of what is there, by somebody who asks again if there is no answer.
    pub(super) fn a_wish_that_can_be_met(&mut self) -> Wish {
        loop {
            let wish = self.a_wish();
            let wanted = &wish.wanted;
            let is_fit = wanted.is_prepaid && !wanted.is_promotion && wanted.key.is_some();
            let is_there = |pieces: Vec<Pieces>| pieces.iter().all(|it| it.claim == Claim::Held);
            if is_fit && self.model.would_place(wanted).is_ok_and(is_there) {
                return wish;
            }
        }
    }

    fn a_wish(&mut self) -> Wish {
        let at = self.world.now();
        let id: OrderId = self.world.database().ids().next(at);
        let is_rush = self.trade == Trade::Rush;
        let at_door_percent = if self.trade == Trade::Floor { 40 } else { 15 };
        let random = &mut self.random;
        let (items, lines) = some_lines(random);
        let amounts = amounts_of(&lines, if random.percent(30) { 800 } else { 0 });
        let discount = amounts.discount_minor;
        let coupon = (discount > 0)
            .then(|| (random.between(1, ground::COUPONS), random.between(1, ground::BUYERS)));
        self.requests += 1;
        let key =
            random.percent(70).then(|| (format!("k{}", self.requests), self.requests * 1_000));
        let cart = random.percent(if is_rush { 10 } else { 40 }).then(|| {
            self.carts += 1;
            self.carts
        });
        let channel_order = random.percent(15).then(|| format!("c{}", self.requests));
        let mut preference: Vec<i64> = (1..=ground::LOCATIONS).collect();
        preference.rotate_left(random.below(ground::LOCATIONS as u64) as usize);
        let is_prepaid = !random.percent(at_door_percent);
        let is_promotion = random.percent(if is_rush { 8 } else { 40 });
        let accepts_backorder = random.percent(30);
        let pay_within = if random.percent(12) { Span::minutes(25) } else { Span::hours(24) };
        let spans = (pay_within, Span::minutes(30));
        let service_wish = match self.requests % 10 {
            0 => Some(ServiceKind::PickupPoint),
            5 => Some(ServiceKind::Standard),
            _ => None,
        };
        let wanted = Wanted {
            order: id.raw(),
            lines: items,
            total: amounts.total_minor,
            is_prepaid,
            is_promotion,
            accepts_backorder,
            service: service_wish.map(ServiceKind::code),
            key: key.clone(),
            cart,
            channel_order: channel_order.clone(),
            coupon,
            customer: None,
            earns: 0,
            tenders: Vec::new(),
            phone: None,
            preference: preference.clone(),
            at: at.as_micros(),
            spans: (spans.0.as_micros(), spans.1.as_micros()),
        };
        let terms = if is_prepaid { PaymentTerms::Prepaid } else { PaymentTerms::CashOnDelivery };
        let command = PlaceOrder {
            id,
            act: buyer(at),
            discounts: sources_of(&lines, coupon),
            placed: Placed {
                channel: self.world.market(),
                channel_order_id: channel_order,
                customer: None,
                terms,
                promotion: is_promotion,
                review: Review::Pending,
                amounts,
                lines,
                reserved: Vec::new(),
                coupons: coupon.iter().map(|(id, _)| CouponId::from_raw(*id)).collect(),
                points_earned: 0,
                service_wish,
                promised_by_on: None,
            },
            region: "CN-31".to_owned(),
            recipient: self.recipient_of(id),
            accepts_backorder,
            preference: preference.into_iter().map(LocationId::from_raw).collect::<Arc<[_]>>(),
            marks: None,
            rules: Arc::default(),
            key: key.map(|(text, content)| request_key(&text, content)),
            cart: cart.map(CartId::from_raw),
            claims: claims_of(coupon, discount),
            days: None,
            pay_within: spans.0,
            hold_for: spans.1,
        };
        Wish { command, wanted }
    }
}

/// SKU and pieces of one to three lines, and the lines with what they cost.
fn some_lines(random: &mut Random) -> (Vec<(i64, i64)>, Vec<LineTerms>) {
    let count = 1 + random.below(3) as u16;
    let mut items = Vec::with_capacity(count.into());
    let mut lines = Vec::with_capacity(count.into());
    for line_no in 1..=count {
        let sku = if random.percent(25) { 1 } else { random.between(1, ground::SKUS) };
        let pieces = if random.percent(6) { random.between(5, 50) } else { random.between(1, 4) };
        let unit = ground::first_price(sku);
        let discount = if random.percent(8) { random.between(0, unit) } else { 0 };
        items.push((sku, pieces));
        lines.push(LineTerms {
            line_no,
            sku: SkuId::from_raw(sku),
            quantity: Quantity::new(pieces).expect("a few pieces"),
            unit_price_minor: unit,
            discount_minor: discount,
            tax_minor: 0,
            total_minor: unit * pieces - discount,
            gift: None,
            stands_for: None,
        });
    }
    (items, lines)
}

fn amounts_of(lines: &[LineTerms], freight: i64) -> Amounts {
    let sum = |of: fn(&LineTerms) -> i64| lines.iter().map(of).sum::<i64>();
    let goods = sum(|line| line.unit_price_minor * line.quantity.get());
    let discount = sum(|line| line.discount_minor);
    Amounts {
        currency: Currency::Cny,
        tax_mode: TaxMode::Inclusive,
        goods_minor: goods,
        discount_minor: discount,
        freight_minor: freight,
        tax_minor: 0,
        total_minor: goods - discount + freight,
    }
}

/// Each line's discount comes from the coupon.
fn sources_of(lines: &[LineTerms], coupon: Option<(i64, i64)>) -> Vec<(u16, String, i64)> {
    let Some((id, _)) = coupon else { return Vec::new() };
    let source = format!("coupon:{}", CouponId::from_raw(id));
    let discounted = lines.iter().filter(|line| line.discount_minor > 0);
    discounted.map(|line| (line.line_no, source.clone(), line.discount_minor)).collect()
}

fn claims_of(coupon: Option<(i64, i64)>, discount: i64) -> Claims {
    let claim = |(id, _): (i64, i64)| CouponClaim {
        coupon: CouponId::from_raw(id),
        goods_minor: discount,
        freight_minor: 0,
    };
    Claims {
        buyer: coupon.map_or(0, |(_, buyer)| buyer),
        coupons: coupon.map(claim).into_iter().collect(),
        ..Claims::default()
    }
}

pub(super) fn answer_of(answer: &Placing) -> Result<Answer, Wrong> {
    match answer {
        Ok(Ok(Ok(Placement::New(id)))) => Ok(Answer::New(id.raw())),
        Ok(Ok(Ok(Placement::Existing(id)))) => Ok(Answer::Existing(id.raw())),
        Ok(Ok(Err(PlaceOrderError::KeyReused))) => Ok(Answer::KeyReused),
        Ok(Ok(Err(PlaceOrderError::OutOfStock(short)))) => Ok(Answer::OutOfStock(
            short.iter().map(|it| (it.sku.raw(), it.wanted, it.available)).collect(),
        )),
        Ok(Ok(Err(PlaceOrderError::BenefitGone(_)))) => Ok(Answer::BenefitGone),
        Ok(Ok(Err(error))) => Err(format!("an order is refused: {error}")),
        Ok(Err(error)) => Err(format!("an order fails: {error}")),
        Err(error) => Err(format!("placing an order fails: {error}")),
    }
}

pub(super) fn request_key(text: &str, content: u64) -> Key {
    let mut request_hash = [0; 32];
    request_hash[..8].copy_from_slice(&content.to_le_bytes());
    Key { principal: "buyer".to_owned(), key: text.to_owned(), request_hash }
}
