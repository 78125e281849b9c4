//! Somebody buys in the own shop: asks what it costs, thinks about it, orders, fills the form in
//! wrongly, sends it twice.

use ordermill_app::benefit::HandedIn;
use ordermill_app::order::intake::{Agreed, IntakeError, NewLine, NewOrder};
use ordermill_app::order::place::PlaceOrderError;
use ordermill_app::order::{PlacedFacts, PlacingError};
use ordermill_app::quote::{QuoteRequest, Quoted};
use ordermill_base::{Currency, Id, Random};
use ordermill_domain::address::{RawAddress, RawRecipient};
use ordermill_domain::ids::{CartId, CustomerId};
use ordermill_domain::order::PaymentTerms;
use ordermill_domain::pricing::QuoteProblem;

use super::buying::request_key;
use super::{Shop, buyer};
use crate::bug::Bug;
use crate::ground;
use crate::model::{Answer, Basket, NotEnoughPoints, Price, Wanted, Wrong};

/// Checkouts that may be sent, or sent again.
const REMEMBERED: usize = 24;

/// A form that somebody has filled in.
#[derive(Debug, Clone)]
pub(super) struct Checkout {
    basket: Basket,
    phone: String,
    is_prepaid: bool,
    accepts_backorder: bool,
    key: Option<(String, u64)>,
    cart: Option<i64>,
    /// Total and rest that the buyer was told and has agreed to.
    agreed: Option<(i64, i64)>,
    mistakes: Vec<Mistake>,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    UnknownSku,
    NoPieces,
    Phone,
    Province,
    Name,
    Email,
    LongNote,
    UnknownCoupon,
    UnknownCard,
    PointsOfNobody,
}

impl Mistake {
    const ALL: [Self; 10] = [
        Self::UnknownSku,
        Self::NoPieces,
        Self::Phone,
        Self::Province,
        Self::Name,
        Self::Email,
        Self::LongNote,
        Self::UnknownCoupon,
        Self::UnknownCard,
        Self::PointsOfNobody,
    ];

    /// The field that the answer names.
    const fn field(self) -> &'static str {
        match self {
            Self::UnknownSku => "lines.0.sku",
            Self::NoPieces => "lines.0.quantity",
            Self::Phone => "recipient.phone",
            Self::Province => "recipient.province",
            Self::Name => "recipient.name",
            Self::Email => "email",
            Self::LongNote => "note",
            Self::UnknownCoupon => "coupons.0",
            Self::UnknownCard => "gift_cards.0",
            Self::PointsOfNobody => "points",
        }
    }

    /// What is handed in is looked up before the form is looked at.
    const fn is_of_benefit(self) -> bool {
        matches!(self, Self::UnknownCoupon | Self::UnknownCard | Self::PointsOfNobody)
    }

    fn make(self, new: &mut NewOrder) {
        match self {
            Self::UnknownSku => "NOTHING".clone_into(&mut new.lines[0].sku),
            Self::NoPieces => new.lines[0].quantity = 0,
            Self::Phone => "12".clone_into(&mut new.recipient.phone),
            Self::Province => "Atlantis".clone_into(&mut new.recipient.address.province),
            Self::Name => new.recipient.name.clear(),
            Self::Email => new.email = Some("nobody".to_owned()),
            Self::LongNote => new.note = Some("好".repeat(501)),
            Self::UnknownCoupon => new.coupons = vec!["NOTHING".to_owned()],
            Self::UnknownCard => new.gift_cards = vec!["NO-SUCH-CARD".to_owned()],
            Self::PointsOfNobody => (new.customer, new.points) = (None, 5),
        }
    }
}

/// What a checkout should be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reply {
    Placed { id: Option<i64>, total: i64, to_pay: i64, is_replay: bool },
    Fields(Vec<&'static str>),
    NotEnoughPoints,
    PriceChanged { total: i64, to_pay: i64 },
    Refused(Answer),
}

impl Shop {
    pub(super) fn somebody_checks_out(&mut self) -> Result<(), Wrong> {
        if self.random.percent(15) {
            return self.somebody_asks();
        }
        let checkout = match self.random.below(20) {
            0..5 if !self.checkouts.is_empty() => {
                let index = self.random.below(self.checkouts.len() as u64) as usize;
                self.checkouts[index].clone()
            }
            5 if !self.checkouts.is_empty() => {
                let mut other = self.a_checkout();
                // The same key for something else is a mistake of the client.
                let index = self.random.below(self.checkouts.len() as u64) as usize;
                let key = self.checkouts[index].key.clone();
                other.key = key.map(|(text, content)| (text, content + 1));
                other
            }
            _ => self.a_checkout(),
        };
        self.checkouts.push_back(checkout.clone());
        while self.checkouts.len() > REMEMBERED {
            self.checkouts.pop_front();
        }
        // Some have only asked what it costs, and come back later.
        let only_asks = checkout.agreed.is_some() && self.random.percent(25);
        if only_asks { Ok(()) } else { self.check_out(checkout) }
    }

    fn check_out(&mut self, checkout: Checkout) -> Result<(), Wrong> {
        self.notice_restart();
        let act = buyer(self.world.now());
        let should = self.expected(&checkout);
        if let Ok(price) = self.model.price(&checkout.basket) {
            self.asked_in_shop = Some(self.wanted(&checkout, &price));
        }
        let new = self.form(&checkout);
        let new = Bug::in_form(self.bug, new);
        let cards = Bug::before_checkout(self.bug, &mut self.world);
        let services = self.world.services();
        let placed = self.world.run(async move { services.place_order(act, new).await });
        Bug::after_checkout(&mut self.world, &cards);
        let before = self.placed;
        self.listen()?;
        self.asked_in_shop = None;
        let Some(answer) = placed else {
            // Nobody knows what happened; the same again will tell.
            return if self.random.percent(80) { self.check_out(checkout) } else { Ok(()) };
        };
        let is_new = self.placed > before;
        let is = reply_of(answer)?;
        let is_placed_now = matches!(is, Reply::Placed { is_replay: false, .. });
        if is_new != is_placed_now {
            return Err(format!("{checkout:?} is answered {is:?}, and the journal knows better"));
        }
        let is = match is {
            // The id of a new one is made inside.
            Reply::Placed { total, to_pay, is_replay: false, .. } => {
                Reply::Placed { id: None, total, to_pay, is_replay: false }
            }
            is => is,
        };
        if is != should {
            return Err(format!("{checkout:?} is answered {is:?}, should be {should:?}"));
        }
        Ok(())
    }

    /// What the model says to a checkout, before it is sent.
    fn expected(&self, checkout: &Checkout) -> Reply {
        let Checkout { basket, mistakes, agreed, .. } = checkout;
        let fields = |is_of_benefit: bool| {
            let of_kind = mistakes.iter().filter(|it| it.is_of_benefit() == is_of_benefit);
            let mut fields: Vec<_> = of_kind.map(|it| it.field()).collect();
            fields.sort_unstable();
            fields
        };
        let hands_in_nothing = basket.coupon.is_none() && basket.points == 0;
        let hands_in_nothing =
            hands_in_nothing && basket.cards.is_empty() && fields(true).is_empty();
        let (of_form, of_benefits) = (fields(false), fields(true));
        if hands_in_nothing && agreed.is_none() && !of_form.is_empty() {
            return Reply::Fields(of_form);
        }
        let wanted = Wanted {
            key: checkout.key.clone(),
            cart: checkout.cart,
            ..self.wanted(checkout, &Price::default())
        };
        match self.model.known(&wanted) {
            Some(Answer::Existing(id)) => {
                let order = &self.model.orders[&id];
                let tendered = self.model.tendered_of(id);
                let (total, to_pay) = (order.total, order.total - tendered);
                return Reply::Placed { id: Some(id), total, to_pay, is_replay: true };
            }
            Some(refused) => return Reply::Refused(refused),
            None => {}
        }
        for wrong in [of_benefits, of_form] {
            if !wrong.is_empty() {
                return Reply::Fields(wrong);
            }
        }
        let price = match self.model.price(basket) {
            Ok(price) => price,
            Err(NotEnoughPoints) => return Reply::NotEnoughPoints,
        };
        let Price { total, to_pay, .. } = price;
        if agreed.is_some_and(|agreed| agreed != (total, to_pay)) {
            return Reply::PriceChanged { total, to_pay };
        }
        if agreed.is_none() && price.is_used_up {
            return Reply::Fields(vec!["coupons.0"]);
        }
        match self.model.would_place(&self.wanted(checkout, &price)) {
            Ok(_) => Reply::Placed { id: None, total, to_pay, is_replay: false },
            Err(refused) => Reply::Refused(refused),
        }
    }

    fn wanted(&self, checkout: &Checkout, price: &Price) -> Wanted {
        let basket = &checkout.basket;
        let at = self.world.now();
        Wanted {
            order: 0,
            lines: basket.lines.clone(),
            total: price.total,
            is_prepaid: checkout.is_prepaid,
            is_promotion: false,
            accepts_backorder: checkout.accepts_backorder,
            service: None,
            key: checkout.key.clone(),
            cart: checkout.cart,
            channel_order: None,
            coupon: price.coupon.map(|id| (id, basket.buyer)),
            customer: basket.customer,
            earns: price.earned,
            tenders: price.tenders.clone(),
            phone: Some(format!("+86{}", checkout.phone)),
            preference: (1..=ground::LOCATIONS).collect(),
            at: at.as_micros(),
            spans: (ground::PAY_WITHIN.as_micros(), ground::HOLD_FOR.as_micros()),
        }
    }

    /// A new basket; its buyer may have asked what it costs.
    fn a_checkout(&mut self) -> Checkout {
        let basket_and_phone = self.a_basket();
        let random = &mut self.random;
        let (basket, phone) = basket_and_phone;
        self.requests += 1;
        self.carts += 1;
        let mut checkout = Checkout {
            phone,
            is_prepaid: !random.percent(15),
            accepts_backorder: random.percent(30),
            key: random.percent(75).then(|| (format!("s{}", self.requests), self.requests * 1_000)),
            cart: random.percent(50).then_some(self.carts),
            agreed: None,
            mistakes: some_mistakes(random),
            basket,
        };
        let is_signed_in = checkout.basket.customer.is_some();
        if checkout.mistakes.contains(&Mistake::PointsOfNobody) && is_signed_in {
            checkout.mistakes.clear();
        }
        if checkout.mistakes.iter().any(|it| it.is_of_benefit()) {
            // One such mistake hides what else was handed in.
            (checkout.basket.coupon, checkout.basket.points) = (None, 0);
            checkout.basket.cards.clear();
        }
        let told = self.model.price(&checkout.basket);
        if self.random.percent(60) && checkout.mistakes.is_empty() {
            // Some have the page open since before a price went down.
            let older = if self.random.percent(5) { 100 } else { 0 };
            checkout.agreed = told.ok().map(|price| (price.total + older, price.to_pay + older));
        }
        checkout
    }

    fn a_basket(&mut self) -> (Basket, String) {
        let random = &mut self.random;
        let mut lines: Vec<(i64, i64)> = Vec::new();
        for _ in 0..1 + random.below(3) {
            lines.push((random.between(1, ground::SKUS), random.between(1, 6)));
        }
        let customers: Vec<i64> = self.model.accounts.keys().copied().collect();
        let customer = random.percent(60).then(|| *random.pick(&customers));
        let guest = 13_800_000_000 + random.between(1, 15);
        let cards: Vec<i64> = self.model.cards.keys().copied().collect();
        let points =
            if customer.is_some() && random.percent(35) { random.between(1, 900) } else { 0 };
        let coupon = random.percent(35).then(|| random.between(1, ground::COUPONS));
        let mut paying: Vec<i64> = Vec::new();
        for _ in 0..if random.percent(25) { 1 + random.below(2) } else { 0 } {
            let card = *random.pick(&cards);
            if !paying.contains(&card) {
                paying.push(card);
            }
        }
        let buyer = customer.unwrap_or(guest);
        let basket = Basket { lines, customer, buyer, coupon, points, cards: paying };
        (basket, guest.to_string())
    }

    fn form(&mut self, checkout: &Checkout) -> NewOrder {
        let Checkout { basket, phone, .. } = checkout;
        let lines = basket.lines.iter().map(|(sku, pieces)| line(*sku, *pieces)).collect();
        let channel = self.world.services().channels().shop;
        let mut new = NewOrder::new(channel, Currency::Cny, lines, recipient(phone));
        new.customer = basket.customer.map(CustomerId::from_raw);
        if !checkout.is_prepaid {
            new.terms = PaymentTerms::CashOnDelivery;
        }
        new.accepts_backorder = checkout.accepts_backorder;
        let HandedIn { coupons, points, gift_cards } = self.handed_in(basket);
        (new.coupons, new.points, new.gift_cards) = (coupons, points, gift_cards);
        if let Some((total, to_pay)) = checkout.agreed {
            new.agreed = Agreed {
                total_minor: Some(total),
                to_pay_minor: Some(to_pay),
                ..Agreed::default()
            };
        }
        new.key = checkout.key.as_ref().map(|(text, content)| request_key(text, *content));
        new.cart = checkout.cart.map(CartId::from_raw);
        checkout.mistakes.iter().for_each(|mistake| mistake.make(&mut new));
        new
    }

    fn handed_in(&self, basket: &Basket) -> HandedIn {
        HandedIn {
            coupons: basket.coupon.iter().map(|id| format!("c{id}")).collect(),
            points: basket.points.unsigned_abs(),
            gift_cards: basket.cards.iter().map(|id| self.codes[id].clone()).collect(),
        }
    }

    /// Somebody asks what a basket costs.
    fn somebody_asks(&mut self) -> Result<(), Wrong> {
        let (basket, phone) = self.a_basket();
        let mut wish = basket.clone();
        // A quote takes as many points as there are; an order is refused if it asks for more.
        let has =
            wish.customer.and_then(|id| self.model.accounts.get(&id)).map_or(0, |it| it.balance);
        wish.points = wish.points.min(has);
        let should = self.model.price(&wish).map_err(|_| "no more points than there are")?;
        let request = QuoteRequest {
            channel: self.world.services().channels().shop,
            customer: basket.customer.map(CustomerId::from_raw),
            phone: Some(format!("+86{phone}")),
            currency: Currency::Cny,
            lines: basket.lines.iter().map(|(sku, pieces)| line(*sku, *pieces)).collect(),
            region: "CN-31".to_owned(),
            service_wish: None,
            handed_in: self.handed_in(&basket),
        };
        let (services, act) = (self.world.services(), buyer(self.world.now()));
        let Some(answer) = self.world.run(async move { services.quote(&act, request).await })
        else {
            return Ok(());
        };
        let quoted: Quoted = answer.map_err(|error| format!("a quote fails: {error}"))?;
        let is = (quoted.prices.total.minor, quoted.to_pay().minor, quoted.points.earned);
        let should_be = (should.total, should.to_pay, should.earned);
        if is != should_be {
            return Err(format!("{basket:?} is quoted at {is:?}, should be {should_be:?}"));
        }
        for (line, (sku, _)) in quoted.lines.iter().zip(&basket.lines) {
            let free = (1..=ground::LOCATIONS).map(|location| {
                let shelf = self.model.shelves.get(&(*sku, location));
                shelf.map_or(0, crate::model::Shelf::free)
            });
            let (is, should) = (line.available, free.sum::<i64>());
            if is != should {
                return Err(format!("{is} pieces of {sku} are told, there are {should}"));
            }
        }
        Ok(())
    }
}

fn some_mistakes(random: &mut Random) -> Vec<Mistake> {
    let count = if random.percent(20) { 1 + random.below(2) } else { 0 };
    let mut mistakes: Vec<Mistake> = Vec::new();
    for _ in 0..count {
        let mistake = *random.pick(&Mistake::ALL);
        let is_benefit = |it: &Mistake| it.is_of_benefit();
        let is_second = mistake.is_of_benefit() && mistakes.iter().any(is_benefit);
        if !is_second && !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    }
    mistakes
}

fn line(sku: i64, pieces: i64) -> NewLine {
    NewLine { sku: format!("S{sku}"), quantity: pieces }
}

pub(super) fn recipient(phone: &str) -> RawRecipient {
    let address = RawAddress {
        country: "CN".to_owned(),
        province: "上海市".to_owned(),
        city: "上海市".to_owned(),
        district: "浦东新区".to_owned(),
        street: vec!["世纪大道 100 号".to_owned()],
        postal_code: String::new(),
    };
    RawRecipient { name: "王小明".to_owned(), phone: phone.to_owned(), address }
}

fn reply_of(answer: Result<PlacedFacts, PlacingError>) -> Result<Reply, Wrong> {
    match answer {
        Ok(PlacedFacts { id, total, to_pay, is_replay, .. }) => Ok(Reply::Placed {
            id: Some(id.raw()),
            total: total.minor,
            to_pay: to_pay.minor,
            is_replay,
        }),
        Err(PlacingError::Intake(IntakeError::Fields(issues))) => {
            let known = Mistake::ALL.map(Mistake::field);
            let field = |name: &str| known.into_iter().find(|field| *field == name);
            let mut fields = Vec::new();
            for issue in &issues {
                fields.push(field(&issue.field).ok_or_else(|| format!("{issue:?} is wrong?"))?);
            }
            fields.sort_unstable();
            Ok(Reply::Fields(fields))
        }
        Err(PlacingError::Intake(IntakeError::Price(QuoteProblem::NotEnoughPoints { .. }))) => {
            Ok(Reply::NotEnoughPoints)
        }
        Err(PlacingError::Intake(IntakeError::PriceChanged { total, to_pay })) => {
            Ok(Reply::PriceChanged { total: total.minor, to_pay: to_pay.minor })
        }
        Err(PlacingError::Place(PlaceOrderError::KeyReused)) => {
            Ok(Reply::Refused(Answer::KeyReused))
        }
        Err(PlacingError::Place(PlaceOrderError::BenefitGone(_))) => {
            Ok(Reply::Refused(Answer::BenefitGone))
        }
        Err(PlacingError::Place(PlaceOrderError::OutOfStock(short))) => {
            let short = short.iter().map(|it| (it.sku.raw(), it.wanted, it.available)).collect();
            Ok(Reply::Refused(Answer::OutOfStock(short)))
        }
        Err(error) => Err(format!("a checkout fails: {error}")),
    }
}
