//! What people do in a day, done to the real shop and to the model side by side.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use ordermill_app::benefit::claim::{Claims, CouponClaim};
use ordermill_app::order::cancel::{CancelOrderError, cancel_order};
use ordermill_app::order::file::FileError;
use ordermill_app::order::place::{Key, PlaceOrder, PlaceOrderError, Placement};
use ordermill_app::payment::PaymentSettings;
use ordermill_app::payment::start::{StartPayment, StartPaymentError};
use ordermill_app::reader::{Reader, Reading};
use ordermill_app::scheduler;
use ordermill_app::stock::{Spot, adjust_stock, count_stock, receive_stock, transfer_stock};
use ordermill_base::{Currency, Id, Quantity, Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::{CartId, ChannelId, CouponId, LocationId, OrderId, SkuId};
use ordermill_domain::order::{Amounts, CancelReason, LineTerms, PaymentTerms, Placed, Review};
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::pricing::TaxMode;
use ordermill_ports::Headers;
use ordermill_storage::{Address, Database, Error};

use crate::bug::Bug;
use crate::gateway::{self, SimGateway};
use crate::model::{Answer, Model, Pay, PayState, Place, RefundState, Status, Wanted, Wrong};
use crate::world::World;
use crate::{Settings, ground};

/// Requests that a client may still repeat.
const REMEMBERED: usize = 64;

/// A shop at work, with the model of what it should be.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) bug: Option<Bug>,
    pub(crate) heard: i64,
    random: Random,
    wishes: VecDeque<(PlaceOrder, Wanted)>,
    /// Orders that buyers still think about.
    open: Vec<i64>,
    /// What was asked for in the rush that is heard of now.
    pub(crate) asked: HashMap<i64, Wanted>,
    carts: i64,
    requests: u64,
    batch_max: u64,
    /// Orders that were placed.
    pub(crate) placed: u64,
    /// Things that people, partners and timers did.
    pub(crate) acts: u64,
}

impl Shop {
    /// A shop with goods on its shelves, over an empty database.
    pub(crate) fn open(address: &Address, seed: u64, settings: &Settings) -> Self {
        let mut random = Random::from_seed(seed);
        let late_policy =
            if random.percent(50) { LatePolicy::OfferBackorder } else { LatePolicy::Refund };
        let partners = PaymentSettings { late_policy, ..PaymentSettings::default() };
        let mut world = World::open(address, partners, settings.bug, random.split());
        let mut model = Model::default();
        model.offers_backorder = late_policy == LatePolicy::OfferBackorder;
        let shelves = ground::stock_up(&mut world, &mut random, settings.batch_max);
        model.shelves.extend(shelves);
        model.coupons.extend(ground::hand_out_coupons(&mut world));
        let heard = ground::newest(&mut world);
        Self {
            world,
            model,
            bug: settings.bug,
            heard,
            random,
            wishes: VecDeque::new(),
            open: Vec::new(),
            asked: HashMap::new(),
            carts: 0,
            requests: 0,
            batch_max: settings.batch_max,
            placed: 0,
            acts: 0,
        }
    }

    /// Something happens: most often people buy.
    pub(crate) fn act(&mut self) -> Result<(), Wrong> {
        self.acts += 1;
        if self.random.percent(8) {
            let steps = self.random.below(4) as u32;
            self.world.doom_after(steps);
        }
        match self.random.below(100) {
            0..18 => self.people_buy(),
            18..36 => self.buyers_go_to_pay(),
            36..50 => self.buyers_pay(),
            50..58 => self.notices_come_in(),
            58..62 => self.poll(),
            62..66 => self.send_refunds(),
            66..72 => self.timers_run(),
            72..80 => self.rush(),
            80..90 => self.somebody_cancels(),
            90..94 => self.stock_moves(),
            94..96 => self.a_reader_reads(),
            _ => {
                self.time_passes();
                Ok(())
            }
        }?;
        self.world.spare();
        Ok(())
    }

    fn time_passes(&mut self) {
        let span = match self.random.below(20) {
            0 => Span::hours(24),
            1 => Span::minutes(-self.random.between(1, 120)),
            2..6 => Span::minutes(self.random.between(20, 90)),
            _ => Span::millis(self.random.between(1, 300_000)),
        };
        self.world.clock.move_by(span);
    }

    /// Orders, cancellations, notices, the poller, refunds and timers all at once: who wins a race
    /// is what the journal says.
    fn rush(&mut self) -> Result<(), Wrong> {
        self.notices_arrive()?;
        let asked = self.wishes_of_many();
        let mut canceled: Vec<i64> = (0..4).filter_map(|_| self.some_order()).collect();
        canceled.sort_unstable();
        canceled.dedup();
        let (database, payments) = (self.world.database(), self.world.payments());
        let commands: Vec<PlaceOrder> = asked.iter().map(|(command, _)| command.clone()).collect();
        let cancels = canceled.clone();
        let now = self.world.now();
        let answers = self.world.run(async move {
            let (timers, sender, poller, notices) =
                (database.clone(), payments.clone(), payments.clone(), payments);
            let work = [
                tokio::spawn(async move { notices.process_notices().await.map(drop) }),
                tokio::spawn(async move { poller.poll().await.map(drop) }),
                tokio::spawn(async move { sender.send_refunds().await.map(drop) }),
                tokio::spawn(async move { scheduler::run_due(&timers, now).await.map(drop) }),
            ];
            let cancels: Vec<_> = cancels
                .into_iter()
                .map(|id| tokio::spawn(cancel(database.clone(), id, buyer(now), None)))
                .collect();
            let place = |command| {
                let database = database.clone();
                tokio::spawn(async move { database.submit(command).await })
            };
            let placed: Vec<_> = commands.into_iter().map(place).collect();
            (all(placed).await, all(cancels).await, all(work).await)
        });
        self.asked = asked.iter().map(|(_, it)| (it.order, it.clone())).collect();
        self.listen()?;
        let Some((placed, cancels, work)) = answers else { return Ok(()) };
        for work in work {
            work?.map_err(|error| format!("background work fails in a rush: {}", told(&error)))?;
        }
        for (id, answer) in canceled.iter().zip(cancels) {
            let stands = self.model.orders.get(id).map(|it| it.status != Status::Canceled);
            match (stands, answer?) {
                (Some(false), Ok(_)) => {}
                (None, Err(CancelOrderError::File(FileError::NotFound(_)))) => {}
                (_, answer) => return Err(format!("order {id} is canceled in a rush: {answer:?}")),
            }
        }
        for ((_, wanted), answer) in asked.iter().zip(&placed) {
            // What is short is short at one moment among many; all else can be looked up.
            match answer_of(answer)? {
                Answer::OutOfStock(_) | Answer::CouponGone => {}
                Answer::New(id) if self.model.orders.contains_key(&id) => {}
                is => {
                    let should = self.model.known(wanted);
                    if should != Some(is.clone()) {
                        return Err(format!(
                            "{wanted:?} is {is:?} in a rush, should be {should:?}"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// An order stands; its buyer thinks about paying.
    pub(crate) fn came_in(&mut self, order: i64) {
        self.placed += 1;
        self.open.push(order);
    }

    fn wishes_of_many(&mut self) -> Vec<(PlaceOrder, Wanted)> {
        let count = 1 + self.random.below(self.batch_max);
        let mut asked: Vec<(PlaceOrder, Wanted)> = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let wish = match self.random.below(20) {
                0 if !self.wishes.is_empty() => self.again(false),
                1 if !self.wishes.is_empty() => self.again(true),
                _ => self.a_wish(),
            };
            self.wishes.push_back(wish.clone());
            asked.push(wish);
        }
        while self.wishes.len() > REMEMBERED {
            self.wishes.pop_front();
        }
        asked
    }

    /// People place orders at once: new ones, the same again, the same cart in two tabs.
    fn people_buy(&mut self) -> Result<(), Wrong> {
        let asked = self.wishes_of_many();
        let bug = self.bug;
        Bug::before_placing(bug, &mut self.world);
        let database = self.world.database();
        let commands: Vec<PlaceOrder> =
            asked.iter().map(|(command, _)| Bug::in_request(bug, command.clone())).collect();
        let answers = self.world.run(async move {
            let place = |command| {
                let database = database.clone();
                tokio::spawn(async move { database.submit(command).await })
            };
            all(commands.into_iter().map(place)).await
        });
        Bug::after_placing(bug, &mut self.world, &asked);
        let done = self.world.committed();
        for (index, (_, wanted)) in asked.iter().enumerate().take(done) {
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
        self.heard = ground::newest(&mut self.world);
        Ok(())
    }

    /// A request that was sent before, under a fresh id as the edge makes it: as it was, or the same
    /// cart from another tab.
    fn again(&mut self, is_other_tab: bool) -> (PlaceOrder, Wanted) {
        let index = self.random.below(self.wishes.len() as u64) as usize;
        let (mut command, mut wanted) = self.wishes[index].clone();
        let at = self.world.now();
        command.id = self.world.database().ids().next(at);
        command.act.at = at;
        (wanted.order, wanted.at) = (command.id.raw(), at.as_micros());
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
        (command, wanted)
    }

    fn a_wish(&mut self) -> (PlaceOrder, Wanted) {
        let at = self.world.now();
        let id: OrderId = self.world.database().ids().next(at);
        let random = &mut self.random;
        let mut lines = Vec::new();
        let mut items = Vec::new();
        for line_no in 1..=1 + random.below(3) as u16 {
            let sku = if random.percent(25) { 1 } else { random.between(1, ground::SKUS) };
            let pieces =
                if random.percent(6) { random.between(5, 50) } else { random.between(1, 4) };
            let unit = 100 * sku + 99;
            let discount = if random.percent(20) { random.between(0, unit) } else { 0 };
            items.push((sku, pieces));
            lines.push(LineTerms {
                line_no,
                sku: SkuId::from_raw(sku),
                quantity: Quantity::new(pieces).expect("a few pieces"),
                unit_price_minor: unit,
                discount_minor: discount,
                tax_minor: 0,
                total_minor: unit * pieces - discount,
            });
        }
        let sum = |of: fn(&LineTerms) -> i64| lines.iter().map(of).sum::<i64>();
        let goods = sum(|line| line.unit_price_minor * line.quantity.get());
        let discount = sum(|line| line.discount_minor);
        let freight = if random.percent(30) { 800 } else { 0 };
        let amounts = Amounts {
            currency: Currency::Cny,
            tax_mode: TaxMode::Inclusive,
            goods_minor: goods,
            discount_minor: discount,
            freight_minor: freight,
            tax_minor: 0,
            total_minor: goods - discount + freight,
        };
        let coupon = (discount > 0)
            .then(|| (random.between(1, ground::COUPONS), random.between(1, ground::BUYERS)));
        let source = coupon.map(|(id, _)| format!("coupon:{}", CouponId::from_raw(id)));
        let discounts = lines
            .iter()
            .filter(|line| line.discount_minor > 0)
            .filter_map(|line| Some((line.line_no, source.clone()?, line.discount_minor)))
            .collect();
        let claim = |(id, _): (i64, i64)| CouponClaim {
            coupon: CouponId::from_raw(id),
            goods_minor: discount,
            freight_minor: 0,
        };
        let claims = Claims {
            buyer: coupon.map_or(0, |(_, buyer)| buyer),
            coupons: coupon.map(claim).into_iter().collect(),
            ..Claims::default()
        };
        self.requests += 1;
        let key =
            random.percent(70).then(|| (format!("k{}", self.requests), self.requests * 1_000));
        let cart = random.percent(40).then(|| {
            self.carts += 1;
            self.carts
        });
        let channel_order = random.percent(15).then(|| format!("c{}", self.requests));
        let mut preference: Vec<i64> = (1..=ground::LOCATIONS).collect();
        preference.rotate_left(random.below(ground::LOCATIONS as u64) as usize);
        let (is_prepaid, is_promotion) = (!random.percent(15), random.percent(40));
        let accepts_backorder = random.percent(30);
        let spans = (Span::hours(24), Span::minutes(30));
        let wanted = Wanted {
            order: id.raw(),
            lines: items,
            total: amounts.total_minor,
            is_prepaid,
            is_promotion,
            accepts_backorder,
            key: key.clone(),
            cart,
            channel_order: channel_order.clone(),
            coupon,
            preference: preference.clone(),
            at: at.as_micros(),
            spans: (spans.0.as_micros(), spans.1.as_micros()),
        };
        let terms = if is_prepaid { PaymentTerms::Prepaid } else { PaymentTerms::CashOnDelivery };
        let command = PlaceOrder {
            id,
            act: buyer(at),
            placed: Placed {
                channel: ChannelId::from_raw(1),
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
            },
            region: "CN-31".to_owned(),
            recipient: b"sealed elsewhere".to_vec(),
            accepts_backorder,
            preference: preference.into_iter().map(LocationId::from_raw).collect::<Arc<[_]>>(),
            key: key.map(|(text, content)| request_key(&text, content)),
            cart: cart.map(CartId::from_raw),
            discounts,
            claims,
            pay_within: spans.0,
            hold_for: spans.1,
        };
        (command, wanted)
    }

    /// Some buyers press "pay" at once; a few press it again later.
    fn buyers_go_to_pay(&mut self) -> Result<(), Wrong> {
        let now = self.world.now();
        let count = 1 + self.random.below(self.batch_max).min(self.open.len() as u64);
        let mut payers = Vec::new();
        for _ in 0..count {
            if self.open.is_empty() {
                break;
            }
            let index = self.random.below(self.open.len() as u64) as usize;
            payers.push(self.open.swap_remove(index));
        }
        let payments = self.world.payments();
        let requests: Vec<_> = payers.iter().map(|id| wish_to_pay(*id, now)).collect();
        let answers = self.world.run(async move {
            let start = |request| {
                let payments = payments.clone();
                tokio::spawn(async move { payments.start(request).await })
            };
            all(requests.into_iter().map(start)).await
        });
        for (id, answer) in payers.iter().zip(answers.into_iter().flatten()) {
            let order = self.model.orders.get(id);
            let is_payable = order.is_some_and(|it| it.is_payable(now.as_micros()));
            match answer? {
                Err(StartPaymentError::NotPayable(_)) if is_payable => {
                    return Err(format!("order {id} cannot be paid, although it waits for money"));
                }
                Ok(_) if !is_payable => {
                    return Err(format!("order {id} is paid, although nobody waits for that"));
                }
                Err(StartPaymentError::Storage(error)) => return Err(error.to_string()),
                _ => {}
            }
        }
        self.listen()?;
        for id in payers {
            if self.random.percent(25) {
                self.open.push(id);
            }
        }
        Ok(())
    }

    /// Buyers at the gateway's pages pay or are declined; some come back and we look at once.
    fn buyers_pay(&mut self) -> Result<(), Wrong> {
        let mut back = Vec::new();
        for page in self.world.gateway.pages() {
            if !self.random.percent(40) {
                continue;
            }
            let is_declined = self.random.percent(15);
            self.world.gateway.buyer_pays(page, is_declined);
            if self.random.percent(40) {
                back.push(page);
            }
        }
        let (payments, act) = (self.world.payments(), buyer(self.world.now()));
        let checked = self.world.run(async move {
            let check = |page| {
                let (payments, act) = (payments.clone(), act.clone());
                tokio::spawn(async move { payments.check_payment(&act, Id::from_raw(page)).await })
            };
            all(back.into_iter().map(check)).await
        });
        for checked in checked.into_iter().flatten() {
            checked?.map_err(|error| format!("a buyer comes back: {}", told(&error)))?;
        }
        self.listen()
    }

    /// What the gateway sent arrives; a notice that is not acknowledged comes again.
    fn notices_come_in(&mut self) -> Result<(), Wrong> {
        self.notices_arrive()?;
        let payments = self.world.payments();
        let processed = self.world.run(async move { payments.process_notices().await });
        Bug::after_notices(self.bug, &mut self.world);
        self.settled("notices", processed)
    }

    fn notices_arrive(&mut self) -> Result<(), Wrong> {
        let bodies = self.world.gateway.arriving();
        for _ in 0..3 {
            let (payments, bodies) = (self.world.payments(), bodies.clone());
            let taken = self.world.run(async move {
                let take = |body: Vec<u8>| {
                    let payments = payments.clone();
                    tokio::spawn(async move {
                        payments.receive_notice(gateway::NAME, &Headers::default(), &body).await
                    })
                };
                all(bodies.into_iter().map(take)).await
            });
            let Some(taken) = taken else { continue };
            for taken in taken {
                taken?.map_err(|error| format!("a notice is not taken: {error}"))?;
            }
            return Ok(());
        }
        Err("notices find no process that lives".to_owned())
    }

    fn poll(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let polled = self.world.run(async move { payments.poll().await });
        self.settled("the poller", polled)
    }

    fn send_refunds(&mut self) -> Result<(), Wrong> {
        let payments = self.world.payments();
        let sent = self.world.run(async move { payments.send_refunds().await });
        self.settled("the refund sender", sent)
    }

    pub(crate) fn timers_run(&mut self) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let bug = self.bug;
        let ran = self.world.run(async move { scheduler::run_due(&database, now).await });
        if let Some(Ok(report)) = &ran
            && report.failed > 0
        {
            return Err(format!("{} deadlines failed", report.failed));
        }
        Bug::after_timers(bug, &mut self.world);
        self.settled("the scheduler", ran)
    }

    fn settled<T>(&mut self, who: &str, result: Option<Result<T, Error>>) -> Result<(), Wrong> {
        if let Some(Err(error)) = result {
            return Err(format!("{who}: {}", told(&error)));
        }
        self.listen()
    }

    /// A buyer or an operator cancels; some cancel twice, or what does not exist.
    fn somebody_cancels(&mut self) -> Result<(), Wrong> {
        let Some(id) = self.some_order() else { return Ok(()) };
        let act = buyer(self.world.now());
        let work = cancel(self.world.database(), id, act, self.bug);
        let answer = self.world.run(work);
        let should = self.model.may_cancel(id);
        let is = match answer {
            None => should,
            Some(Ok(is_canceled)) => Some(is_canceled),
            Some(Err(CancelOrderError::File(FileError::NotFound(_)))) => None,
            Some(Err(error)) => return Err(format!("canceling order {id}: {error}")),
        };
        if is != should {
            return Err(format!("canceling order {id} is answered {is:?}, should be {should:?}"));
        }
        self.listen()
    }

    fn some_order(&mut self) -> Option<i64> {
        if self.random.percent(2) {
            return Some(17);
        }
        if self.random.percent(50) {
            let captured = |pay: &&Pay| pay.state == PayState::Captured;
            let paid = self.model.payments.values().rev().filter(captured);
            let nth = self.random.below(8) as usize;
            if let Some(pay) = paid.clone().nth(nth) {
                return Some(pay.order);
            }
        }
        let newest = self.model.orders.len().checked_sub(1)?;
        let back = self.random.below(300).min(newest as u64) as usize;
        self.model.orders.keys().rev().nth(back).copied()
    }

    fn stock_moves(&mut self) -> Result<(), Wrong> {
        let random = &mut self.random;
        let sku = random.between(1, ground::SKUS);
        let location = random.between(1, ground::LOCATIONS);
        let other = 1 + location % ground::LOCATIONS;
        let (what, pieces) =
            (random.below(4), random.between(1, 60.max(4 * self.batch_max.cast_signed())));
        let shelf = self.model.shelves.get(&(sku, location)).copied().unwrap_or_default();
        let counted = (shelf.on_hand + random.between(-3, 3)).max(0);
        let place: Place = (sku, location);
        let changes: Vec<(Place, i64)> = match what {
            0 => vec![(place, pieces)],
            1 => vec![(place, -(pieces % 7))],
            2 => vec![(place, counted - shelf.on_hand)],
            _ => vec![(place, -pieces), ((sku, other), pieces)],
        };
        let should = self.model.shelves_after(&changes);
        let act = Act { reason: Some("found".to_owned()), ..operator(self.world.now()) };
        let (sku, at) = (SkuId::from_raw(sku), LocationId::from_raw(location));
        let to = LocationId::from_raw(other);
        let database = self.world.database();
        let answer = self.world.run(async move {
            let quantity = Quantity::new(pieces).expect("some pieces");
            let spot = Spot::default();
            let work = move |tx: &mut ordermill_storage::Tx<'_>| match what {
                0 => receive_stock(tx, &act, sku, at, quantity, &spot, None).map(drop),
                1 => adjust_stock(tx, &act, sku, at, -(pieces % 7), &spot).map(drop),
                2 => count_stock(tx, &act, sku, at, counted, &spot).map(drop),
                _ => transfer_stock(tx, &act, sku, (at, None), (to, None), quantity).map(drop),
            };
            database.write(work).await
        });
        let is_done = match &answer {
            Some(answer) => answer.is_ok(),
            None => self.world.committed() > 0 && should.is_ok(),
        };
        if answer.is_some() && is_done != should.is_ok() {
            return Err(format!("stock {changes:?} is {answer:?}, should be {should:?}"));
        }
        if let (true, Ok(shelves)) = (is_done, should) {
            self.model.shelves = shelves;
        }
        self.listen()
    }

    /// The audit chain reads on, and may die midway.
    pub(crate) fn a_reader_reads(&mut self) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let holder = format!("process {}", self.world.crashes);
        let read = self.world.run(async move {
            let mut reading = Reading::new(Reader::audit_sealer(), database, holder);
            reading.step(now).await
        });
        self.settled("the audit reader", read)
    }

    /// Nothing new happens, nothing goes wrong, and time passes until everything has ended.
    pub(crate) fn quiet_down(&mut self) -> Result<(), Wrong> {
        self.world.gateway.set_calm(true);
        for _ in 0..12 {
            self.world.clock.move_by(Span::hours(5));
            self.timers_run()?;
            for _ in 0..3 {
                self.world.clock.move_by(Span::minutes(7));
                self.notices_come_in()?;
                self.poll()?;
                self.poll()?;
                self.send_refunds()?;
                self.send_refunds()?;
                self.timers_run()?;
            }
        }
        self.until_nothing_is_left()
    }

    fn until_nothing_is_left(&mut self) -> Result<(), Wrong> {
        for _ in 0..10_000 {
            let payments = self.world.payments();
            let rest = self.world.run(async move {
                let notices = payments.process_notices().await?;
                Ok::<_, Error>(notices + payments.poll().await? + payments.send_refunds().await?)
            });
            let rest = match rest {
                Some(Ok(rest)) => rest,
                Some(Err(error)) => return Err(error.to_string()),
                None => 1,
            };
            self.listen()?;
            if rest == 0 && self.is_at_rest() {
                self.world.gateway.set_calm(false);
                return self.books_agree();
            }
            if rest == 0 {
                self.world.clock.move_by(Span::hours(1));
            }
        }
        Err("the day does not come to rest".to_owned())
    }

    fn is_at_rest(&self) -> bool {
        let is_open = self.model.payments.values().any(|pay| pay.state == PayState::Open);
        let is_owed = self.model.refunds.values().any(|it| it.state == RefundState::Open);
        !is_open && !is_owed && self.model.overdue(self.world.now().as_micros()).is_empty()
    }

    /// The gateway's own books are what is known about money here.
    fn books_agree(&mut self) -> Result<(), Wrong> {
        let orders = self.model.orders.values();
        let kept: i64 = orders.clone().map(|it| it.paid - it.refunded).sum();
        let gateway: SimGateway = self.world.gateway.clone();
        let books = gateway.books();
        for (id, account) in &books.accounts {
            let ours = self.model.payments.get(id).map(|pay| pay.state);
            if account.state == gateway::State::Charged && ours != Some(PayState::Captured) {
                return Err(format!("the gateway took payment {id}, for us it is {ours:?}"));
            }
        }
        if books.balance() != kept {
            return Err(format!("the gateway keeps {} for us, we know of {kept}", books.balance()));
        }
        if let Some(payment) = books.opened_twice.first() {
            return Err(format!("payment {payment} was opened twice under two keys"));
        }
        for (id, order) in &self.model.orders {
            let kept = order.paid - order.refunded;
            let should = match order.status {
                Status::Confirmed if order.is_prepaid => order.total,
                Status::Placed | Status::Confirmed | Status::Canceled => 0,
            };
            if kept != should {
                return Err(format!("order {id} keeps {kept} of its buyer's money, not {should}"));
            }
        }
        Ok(())
    }
}

/// An error with all that caused it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn cancel(
    database: Database,
    id: i64,
    act: Act,
    bug: Option<Bug>,
) -> Result<bool, CancelOrderError> {
    let order = OrderId::from_raw(id);
    database
        .write(move |tx| {
            let is_canceled = cancel_order(tx, &act, order, CancelReason::Buyer)?;
            if is_canceled {
                Bug::in_cancel(bug, tx, order)?;
            }
            Ok(is_canceled)
        })
        .await
}

/// Waits for all; one that panicked says so.
async fn all<T>(
    tasks: impl IntoIterator<Item = tokio::task::JoinHandle<T>>,
) -> Vec<Result<T, Wrong>> {
    // All of them begin before the first is waited for.
    let tasks: Vec<_> = tasks.into_iter().collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.map_err(|error| error.to_string()));
    }
    answers
}

fn wish_to_pay(order: i64, now: Timestamp) -> StartPayment {
    StartPayment {
        act: buyer(now),
        order: OrderId::from_raw(order),
        gateway: gateway::NAME.to_owned(),
        return_url: "http://127.0.0.1/back".to_owned(),
        notify_url: "http://127.0.0.1/notices".to_owned(),
    }
}

fn answer_of(
    answer: &Result<Result<Result<Placement, PlaceOrderError>, Error>, Wrong>,
) -> Result<Answer, Wrong> {
    match answer {
        Ok(Ok(Ok(Placement::New(id)))) => Ok(Answer::New(id.raw())),
        Ok(Ok(Ok(Placement::Existing(id)))) => Ok(Answer::Existing(id.raw())),
        Ok(Ok(Err(PlaceOrderError::KeyReused))) => Ok(Answer::KeyReused),
        Ok(Ok(Err(PlaceOrderError::OutOfStock(short)))) => Ok(Answer::OutOfStock(
            short.iter().map(|it| (it.sku.raw(), it.wanted, it.available)).collect(),
        )),
        Ok(Ok(Err(PlaceOrderError::BenefitGone(_)))) => Ok(Answer::CouponGone),
        Ok(Ok(Err(error))) => Err(format!("an order is refused: {error}")),
        Ok(Err(error)) => Err(format!("an order fails: {error}")),
        Err(error) => Err(format!("placing an order fails: {error}")),
    }
}

fn request_key(text: &str, content: u64) -> Key {
    let mut request_hash = [0; 32];
    request_hash[..8].copy_from_slice(&content.to_le_bytes());
    Key { principal: "buyer".to_owned(), key: text.to_owned(), request_hash }
}

fn buyer(at: Timestamp) -> Act {
    Act::new(Actor::Buyer(None), at)
}

fn operator(at: Timestamp) -> Act {
    Act::new(Actor::system("operator"), at)
}
