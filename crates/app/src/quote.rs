//! Quotes: the full calculation before anything is bought.
//!
//! [`Services::quote`] prices the lines with everything that the buyer hands in, says of each coupon
//! and gift card what it does or why it does nothing, and when the goods leave and arrive. An order
//! with the same contents costs the same, unless prices, stock or what was handed in change in
//! between; [`Agreed`](crate::order::intake::Agreed) makes sure that the buyer learns of it.
//!
//! A quote changes nothing and holds nothing.

use ordermill_base::{Currency, Money};
use ordermill_domain::actor::Act;
use ordermill_domain::carrier::ServiceKind;
use ordermill_domain::ids::{ChannelId, CouponId, CustomerId, GiftCardId, LocationId, SkuId};
use ordermill_domain::order::terms_of;
use ordermill_domain::pricing::gift::Gift;
use ordermill_domain::pricing::promise::{NoPromise, Promise};
use ordermill_domain::pricing::{self, Quote, Tender};
use ordermill_domain::stock::{
    Demand, Reserved, Shortage, StockLevel, reserve_lines, reserve_with_gifts,
};
use ordermill_domain::text::Text;
use ordermill_storage::{Error, Tx, stock};

use crate::Services;
use crate::announced::{Announced, waited_for};
use crate::availability::{self, ShortageAnswer};
use crate::benefit::{CouponRefusal, Found, HandedIn, Holder, check_counts, look_up};
use crate::carrier::offered::Whereto;
use crate::catalog::Catalog;
use crate::order::intake::delivery::not_offered;
use crate::order::intake::gifts::gifts_of;
use crate::order::intake::{Benefits, Intake, IntakeError, NewLine, destination};

/// What somebody may want to buy.
#[derive(Debug, Clone)]
pub struct QuoteRequest {
    /// In whose name it would be placed.
    pub channel: ChannelId,
    /// Who asks, unless a guest: points and limits for each customer need it.
    pub customer: Option<CustomerId>,
    /// The phone of a guest as E.164, once it is known: limits for each customer are counted by it.
    pub phone: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// What, at least one line.
    pub lines: Vec<NewLine>,
    /// Where to: `CN-31`, as [`region_near`](crate::order::intake::region_near) gives it.
    pub region: String,
    /// How it is to be brought; none: as the shop sees fit, to the door.
    pub service_wish: Option<ServiceKind>,
    /// Coupons, points and gift cards.
    pub handed_in: HandedIn,
}

/// What it costs, why, and when it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    /// The whole calculation, line by line.
    pub prices: Quote,
    /// Stock and dates of each line, in the order of the lines.
    pub lines: Vec<QuotedStock>,
    /// When all of it leaves and arrives in one parcel; nothing is promised while something is short.
    pub promise: Result<Promise, NoPromise>,
    /// What is short, and what to offer instead.
    pub shortages: Vec<ShortageAnswer>,
    /// Each coupon, in the order in which they were handed in.
    pub coupons: Vec<CouponAnswer>,
    /// The buyer's points.
    pub points: PointsAnswer,
    /// Each gift card, in the order in which they were handed in.
    pub gift_cards: Vec<GiftCardAnswer>,
    /// What comes along for nothing, as far as there is stock for it now.
    pub gifts: Vec<Gift>,
    /// The services by which it can be brought there.
    pub services: Vec<ServiceKind>,
}

/// Stock and dates of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotedStock {
    /// What.
    pub sku: SkuId,
    /// Pieces that can be sold now, over all active locations.
    pub available: i64,
    /// Whether the order can be placed as far as this line is concerned.
    pub is_enough: bool,
    /// Where its pieces come from.
    pub sources: Vec<Source>,
    /// When it leaves and arrives.
    pub promise: Result<Promise, NoPromise>,
}

/// Pieces of a line at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub location: LocationId,
    /// How many.
    pub quantity: i64,
    /// Whether they wait for stock to come in.
    pub is_backordered: bool,
}

/// What a coupon does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouponAnswer {
    /// The code as typed.
    pub typed: String,
    /// The coupon, if there is one in use.
    pub coupon: Option<CouponId>,
    /// What buyers read; empty for one that does not exist.
    pub name: Text,
    /// What it takes off, or why it is not used.
    pub outcome: Result<CouponTakes, CouponRefusal>,
}

/// What a coupon takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponTakes {
    /// Off the goods.
    pub goods: Money,
    /// Off the freight.
    pub freight: Money,
}

/// What points do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsAnswer {
    /// How many the buyer has.
    pub balance: i64,
    /// How many could pay for this order at most.
    pub spendable: i64,
    /// How many do.
    pub spent: i64,
    /// What they pay.
    pub pay: Money,
    /// How many the order earns when it is paid.
    pub earned: i64,
}

/// What a gift card does.
#[derive(Clone, PartialEq, Eq)]
pub struct GiftCardAnswer {
    /// The last four letters of the code, as typed.
    pub last_four: String,
    /// The card, if there is one of this currency.
    pub card: Option<GiftCardId>,
    /// What is on it now.
    pub balance: Money,
    /// What it pays.
    pub pays: Money,
}

impl std::fmt::Debug for GiftCardAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (balance, pays) = (self.balance, self.pays);
        f.debug_struct("GiftCardAnswer").field("balance", &balance).field("pays", &pays).finish()
    }
}

/// Why there is no quote.
#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    /// Fields are missing or wrong, or it has no price.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Quoted {
    /// Whether everything can be had.
    pub fn is_enough(&self) -> bool {
        self.lines.iter().all(|line| line.is_enough)
    }

    /// What is left to pay.
    pub const fn to_pay(&self) -> Money {
        self.prices.to_pay
    }
}

impl Services {
    /// The full calculation of what somebody may want to buy.
    pub async fn quote(&self, act: &Act, request: QuoteRequest) -> Result<Quoted, QuoteError> {
        let catalog = self.catalog();
        let intake = Intake { catalog: &catalog, vault: self.vault() };
        let mut issues = Vec::new();
        let lines = intake.lines(&request.lines, Some(request.currency), &mut issues);
        let HandedIn { coupons, gift_cards, .. } = &request.handed_in;
        check_counts(coupons.len(), gift_cards.len(), &mut issues);
        let to = Whereto { destination: destination(&request.region), city: None };
        let services = catalog.offered.kinds(to, request.currency);
        issues.extend(request.service_wish.and_then(|wish| not_offered(wish, &services)));
        if !issues.is_empty() {
            return Err(IntakeError::Fields(issues).into());
        }
        let mut wanted = Wanted::of(&request, &lines);
        wanted.holder = Holder {
            customer: request.customer,
            phone_blind: request.phone.as_ref().and_then(|it| self.vault().phone_blind(it)),
        };
        let (found, supply) = {
            let (catalog, vault) = (std::sync::Arc::clone(&catalog), self.vault().clone());
            let at = act.at;
            let read = move |tx: &mut Tx<'_>| {
                let found = look_up(tx, &vault, &wanted.handed_in, wanted.holder)?;
                let supply = Stock::read(tx, &catalog, &wanted.demand, &wanted.region, at)?;
                Ok::<_, Error>((found, supply))
            };
            self.database().read(read).await?
        };
        let spending = catalog.terms_in(request.currency).and_then(|terms| terms.spending);
        let (coupons, cards) = (found.coupon_uses(), found.cards_in(request.currency));
        // A quote takes what there is; an order is refused if it asks for more.
        let points = found.points_to_spend(spending).map(|mut wish| {
            wish.points = wish.points.min(wish.balance);
            wish
        });
        let benefits = Benefits { coupons: &coupons, points, gift_cards: &cards };
        let price =
            |benefits| intake.quote(act, request.currency, &lines, &request.region, benefits);
        let prices = price(benefits)?;
        let most = found.account.zip(spending).map(|(account, rule)| {
            let balance = u64::try_from(account.balance()).unwrap_or(0);
            let points = pricing::points::PointsToSpend { rule, points: balance, balance };
            let quote = price(Benefits { points: Some(points), ..benefits })?;
            Ok::<_, IntakeError>(points_of(&quote).0)
        });
        let (spent, pay) = points_of(&prices);
        let points = PointsAnswer {
            balance: found.account.map_or(0, |account| account.balance()),
            spendable: most.transpose()?.unwrap_or(0),
            spent,
            pay,
            earned: if request.customer.is_some() { prices.points_earned } else { 0 },
        };
        let at = act.at;
        let about = (at, request.channel, request.currency);
        let gifts = gifts_of(&catalog, about, &terms_of(&prices).1);
        let places = catalog.preference(&request.region);
        let gifts = supply.in_stock(&places, gifts);
        let dates = |reserved: &[Reserved]| {
            let to = (&*request.region, &*places);
            catalog.days.of_reserved(reserved, &supply.announced, to, at)
        };
        let lines = supply.lines(&catalog, &dates);
        Ok(Quoted {
            promise: if supply.shortages.is_empty() {
                dates(&supply.reserved)
            } else {
                Err(NoPromise::SupplyUnknown)
            },
            lines,
            coupons: coupon_answers(&found, &prices),
            gift_cards: gift_card_answers(&found, &prices),
            points,
            gifts,
            services,
            shortages: supply.shortages,
            prices,
        })
    }
}

/// What is asked of the database.
struct Wanted {
    demand: Vec<Demand>,
    region: String,
    handed_in: HandedIn,
    holder: Holder,
}

impl Wanted {
    fn of(
        request: &QuoteRequest,
        lines: &[(&crate::catalog::Sku, ordermill_base::Quantity)],
    ) -> Self {
        let demand = lines.iter().zip(1..).map(|((sku, quantity), line_no)| Demand {
            line_no,
            sku: sku.id,
            quantity: *quantity,
        });
        Self {
            demand: demand.collect(),
            region: request.region.clone(),
            handed_in: request.handed_in.clone(),
            holder: Holder::default(),
        }
    }
}

/// Where the pieces would come from.
struct Stock {
    demand: Vec<Demand>,
    levels: Vec<StockLevel>,
    reserved: Vec<Reserved>,
    shortages: Vec<ShortageAnswer>,
    /// Of SKUs that buyers would wait for.
    announced: Announced,
}

impl Stock {
    fn read(
        tx: &mut Tx<'_>,
        catalog: &Catalog,
        demand: &[Demand],
        region: &str,
        now: ordermill_base::Timestamp,
    ) -> Result<Self, Error> {
        // Which gifts come along is known with the price only.
        let on = catalog.gift_rules.0.iter().filter(|rule| rule.is_on(now));
        let gifts = on.map(|rule| rule.gift);
        let levels = stock::levels(tx, demand.iter().map(|line| line.sku).chain(gifts))?;
        let preference = catalog.preference(region);
        let (reserved, short) = match reserve_lines(demand, &levels, &preference) {
            Ok(reserved) => (reserved, Vec::new()),
            Err(short) => {
                let is_short = |sku| short.iter().any(|it: &Shortage| it.sku == sku);
                let rest: Vec<Demand> =
                    demand.iter().filter(|line| !is_short(line.sku)).copied().collect();
                (reserve_lines(&rest, &levels, &preference).unwrap_or_default(), short)
            }
        };
        let shortages = if short.is_empty() {
            Vec::new()
        } else {
            availability::of_shortages(tx, catalog, &short, now)?
        };
        let mut announced = Announced::default();
        announced.read(tx, waited_for(&reserved).into_keys())?;
        Ok(Self { demand: demand.to_vec(), levels, reserved, shortages, announced })
    }

    /// Those of the gifts that an order placed now would get.
    fn in_stock(&self, preference: &[LocationId], mut gifts: Vec<Gift>) -> Vec<Gift> {
        let mut line_no = u16::try_from(self.demand.len()).unwrap_or(u16::MAX);
        let demand = gifts.iter().map(|gift| {
            line_no = line_no.saturating_add(1);
            Demand { line_no, sku: gift.sku, quantity: gift.quantity }
        });
        let demand: Vec<Demand> = demand.collect();
        let held = reserve_with_gifts(&self.demand, &demand, &self.levels, preference);
        let held = held.unwrap_or_default();
        let mut is_held = demand.iter().map(|it| held.iter().any(|at| at.line_no == it.line_no));
        gifts.retain(|_| is_held.next().unwrap_or(false));
        gifts
    }

    fn lines(
        &self,
        catalog: &Catalog,
        dates: &impl Fn(&[Reserved]) -> Result<Promise, NoPromise>,
    ) -> Vec<QuotedStock> {
        let is_active = |id| catalog.location(id).is_some_and(|location| location.is_active);
        let line = |line: &Demand| {
            let levels = self.levels.iter().filter(|level| level.sku == line.sku);
            let levels = levels.filter(|level| is_active(level.location));
            let of_it = self.reserved.iter().filter(|it| it.line_no == line.line_no);
            let reserved: Vec<Reserved> = of_it.copied().collect();
            let is_enough = !reserved.is_empty();
            QuotedStock {
                sku: line.sku,
                available: levels.map(StockLevel::available).sum(),
                is_enough,
                promise: if is_enough { dates(&reserved) } else { Err(NoPromise::SupplyUnknown) },
                sources: reserved
                    .iter()
                    .map(|it| Source {
                        location: it.location,
                        quantity: it.quantity.get(),
                        is_backordered: it.backordered,
                    })
                    .collect(),
            }
        };
        self.demand.iter().map(line).collect()
    }
}

/// How many points a quote takes, and what they pay.
fn points_of(quote: &Quote) -> (i64, Money) {
    let points = quote.tenders.iter().find(|tender| matches!(tender, Tender::Points { .. }));
    points.map_or((0, Money::zero(quote.total.currency)), |it| (it.points(), it.amount()))
}

fn coupon_answers(found: &Found, quote: &Quote) -> Vec<CouponAnswer> {
    let nothing = Money::zero(quote.total.currency);
    let answer = |found: &crate::benefit::FoundCoupon| {
        let id = found.coupon.as_ref().map(ordermill_domain::coupon::Coupon::id);
        let takes = quote.discounts.iter().find(|discount| Some(discount.coupon) == id);
        let outcome = match found.refusal(quote) {
            Some(refusal) => Err(refusal),
            None => Ok(CouponTakes {
                goods: takes.map_or(nothing, |it| it.goods),
                freight: takes.map_or(nothing, |it| it.freight),
            }),
        };
        let name = found.coupon.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        CouponAnswer { typed: found.typed.clone(), coupon: id, name, outcome }
    };
    found.coupons.iter().map(answer).collect()
}

fn gift_card_answers(found: &Found, quote: &Quote) -> Vec<GiftCardAnswer> {
    let currency = quote.total.currency;
    let answer = |(index, found_card): (usize, &crate::benefit::FoundGiftCard)| {
        let card = found_card.card.filter(|card| card.balance.currency == currency);
        let is_twice = found.gift_cards[..index].iter().any(|it| {
            it.card.is_some_and(|earlier| card.is_some_and(|card| card.id == earlier.id))
        });
        let paid = quote.tenders.iter().find_map(|tender| match tender {
            Tender::GiftCard { id, amount } if card.is_some_and(|it| it.id == *id) => Some(*amount),
            _ => None,
        });
        let typed = &found_card.typed;
        let nothing = Money::zero(currency);
        GiftCardAnswer {
            last_four: typed.chars().skip(typed.chars().count().saturating_sub(4)).collect(),
            card: card.map(|card| card.id),
            balance: card.map_or(nothing, |card| card.balance),
            pays: paid.filter(|_| !is_twice).unwrap_or(nothing),
        }
    };
    found.gift_cards.iter().enumerate().map(answer).collect()
}
