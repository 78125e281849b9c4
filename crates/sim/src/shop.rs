//! What people do in a day, done to the real shop and to the model side by side.
//!
//! Each step is one thing that happens. Its chances come from the seed and its number alone.

mod bench;
mod bulk;
mod buying;
mod checkout;
mod closing;
mod disputing;
mod door;
mod ending;
mod floor;
mod goods;
mod missing;
mod parcels;
mod paying;
mod rest;
mod road;
mod rush;
mod sourcing;
mod telling;

use std::collections::{BTreeMap, HashMap, VecDeque};

use ordermill_app::reader::{Reader, Reading, Step};
use ordermill_base::{Random, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::ids::StaffId;
use ordermill_domain::payment::LatePolicy;
use ordermill_storage::{Address, Error};

use crate::bug::Bug;
use crate::model::{Model, Wanted, Wrong};
use crate::world::World;
use crate::{Settings, Trade, ground};

/// A shop at work, with the model of what it should be.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) model: Model,
    pub(crate) bug: Option<Bug>,
    pub(crate) heard: i64,
    pub(crate) trade: Trade,
    seed: u64,
    random: Random,
    /// Requests that clients may still repeat.
    wishes: VecDeque<buying::Wish>,
    /// Requests that were never answered; their clients ask again.
    unanswered: Vec<buying::Wish>,
    /// Orders that buyers still think about.
    open: Vec<i64>,
    /// What was asked for in the rush that is heard of now.
    pub(crate) asked: HashMap<i64, Wanted>,
    /// What somebody asks for in the own shop just now.
    pub(crate) asked_in_shop: Option<Wanted>,
    /// Orders of the own shop that may be sent again.
    checkouts: VecDeque<checkout::Checkout>,
    /// Crashes after which the shop has read its catalog anew.
    crashes: u64,
    /// The codes of gift cards.
    codes: BTreeMap<i64, String>,
    carts: i64,
    /// Who starts bulk work.
    operator: StaffId,
    /// Bulk work that is under way.
    bulk: Option<bulk::Bulk>,
    /// The gateway's references of the disputes that are known.
    pub(crate) claims: BTreeMap<i64, String>,
    /// The floor of the warehouses.
    floor: ground::Floor,
    requests: u64,
    batch_max: u64,
    /// Orders that were placed.
    pub(crate) placed: u64,
    /// Steps that were taken.
    pub(crate) steps: u64,
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Deed {
    PeopleBuy,
    BuyersGoToPay,
    BuyersPay,
    NoticesComeIn,
    Poll,
    SendRefunds,
    TimersRun,
    AllAtOnce,
    SomebodyCancels,
    OrdersAreCanceledInBulk,
    SomebodyChecksOut,
    MoneyGoesBackByHand,
    BenefitsAreSetRight,
    PricesChange,
    BuyersAreTold,
    OthersAreTold,
    BackordersAreFilled,
    PiecesAreReplaced,
    OrdersAreSourced,
    WorkIsMoved,
    WavesAreReleased,
    PeoplePick,
    ListsAreShortened,
    PiecesArePutAway,
    BinsAreCounted,
    PeoplePack,
    LabelsAreMade,
    ParcelsAreHandedOver,
    DriversCome,
    PushesComeIn,
    SilenceIsAskedAbout,
    BuyersLookAtTheirDoors,
    StockMoves,
    AuditReads,
    TimePasses,
}

impl Deed {
    /// What happens, and how often beside the others.
    const fn table(trade: Trade) -> &'static [(u64, Self)] {
        match trade {
            Trade::Wide => &[
                (16, Self::PeopleBuy),
                (18, Self::BuyersGoToPay),
                (14, Self::BuyersPay),
                (8, Self::NoticesComeIn),
                (4, Self::Poll),
                (4, Self::SendRefunds),
                (6, Self::TimersRun),
                (7, Self::AllAtOnce),
                (9, Self::SomebodyCancels),
                (1, Self::OrdersAreCanceledInBulk),
                (22, Self::SomebodyChecksOut),
                (3, Self::MoneyGoesBackByHand),
                (2, Self::BenefitsAreSetRight),
                (3, Self::PricesChange),
                (6, Self::BuyersAreTold),
                (6, Self::OthersAreTold),
                (5, Self::BackordersAreFilled),
                (6, Self::PiecesAreReplaced),
                (8, Self::OrdersAreSourced),
                (5, Self::WorkIsMoved),
                (6, Self::StockMoves),
                (2, Self::AuditReads),
                (4, Self::TimePasses),
            ],
            Trade::Floor => &[
                (10, Self::PeopleBuy),
                (12, Self::BuyersGoToPay),
                (12, Self::BuyersPay),
                (7, Self::NoticesComeIn),
                (2, Self::Poll),
                (3, Self::SendRefunds),
                (5, Self::TimersRun),
                (3, Self::AllAtOnce),
                (7, Self::SomebodyCancels),
                (1, Self::OrdersAreCanceledInBulk),
                (8, Self::SomebodyChecksOut),
                (3, Self::MoneyGoesBackByHand),
                (2, Self::BuyersAreTold),
                (2, Self::OthersAreTold),
                (4, Self::BackordersAreFilled),
                (5, Self::PiecesAreReplaced),
                (16, Self::OrdersAreSourced),
                (4, Self::WorkIsMoved),
                (16, Self::WavesAreReleased),
                (36, Self::PeoplePick),
                (5, Self::ListsAreShortened),
                (4, Self::PiecesArePutAway),
                (3, Self::BinsAreCounted),
                (24, Self::PeoplePack),
                (18, Self::LabelsAreMade),
                (16, Self::ParcelsAreHandedOver),
                (5, Self::DriversCome),
                (12, Self::PushesComeIn),
                (4, Self::SilenceIsAskedAbout),
                (5, Self::BuyersLookAtTheirDoors),
                (5, Self::StockMoves),
                (1, Self::AuditReads),
                (9, Self::TimePasses),
            ],
            Trade::Rush => &[
                (50, Self::PeopleBuy),
                (9, Self::BuyersGoToPay),
                (7, Self::BuyersPay),
                (6, Self::NoticesComeIn),
                (2, Self::Poll),
                (2, Self::SendRefunds),
                (5, Self::TimersRun),
                (2, Self::AllAtOnce),
                (6, Self::SomebodyCancels),
                (3, Self::StockMoves),
                (1, Self::AuditReads),
                (7, Self::TimePasses),
            ],
        }
    }

    fn some(trade: Trade, random: &mut Random) -> Self {
        let table = Self::table(trade);
        let mut left = random.below(table.iter().map(|(weight, _)| weight).sum());
        for (weight, deed) in table {
            if left < *weight {
                return *deed;
            }
            left -= weight;
        }
        Self::TimePasses
    }
}

impl Shop {
    /// A shop with goods on its shelves, over an empty database.
    pub(crate) fn open(address: &Address, seed: u64, settings: &Settings) -> Self {
        let mut random = Random::from_seed(seed);
        let late_policy =
            if random.percent(50) { LatePolicy::OfferBackorder } else { LatePolicy::Refund };
        let mut world = World::open(address, settings.bug, random.split());
        ground::open_shop(&mut world, late_policy);
        let operator = ground::hire_operator(&mut world);
        let mut model = Model::default();
        model.offers_backorder = late_policy == LatePolicy::OfferBackorder;
        model.nearest = (1..=ground::LOCATIONS).collect();
        let shelves = ground::stock_up(&mut world, &mut random, settings);
        let mut floor = ground::Floor::default();
        if settings.trade == Trade::Floor {
            ground::rule_locations(&mut world);
            model.prepaid_only = Some(ground::PREPAID_ONLY);
            floor = ground::lay_floor(&mut world);
            for (place, shelf) in &shelves {
                let filled = ground::fill_bins(&mut world, &mut random, &floor, *place, shelf);
                model.floor.bins.extend(filled);
            }
        }
        model.shelves.extend(shelves);
        model.coupons.extend(ground::hand_out_coupons(&mut world));
        let mut codes = BTreeMap::new();
        if settings.trade != Trade::Rush {
            model.accounts.extend(ground::sign_up_customers(&mut world, &mut random));
            for (code, id, minor) in ground::issue_gift_cards(&mut world, &mut random) {
                model.cards.insert(id, minor);
                codes.insert(id, code);
            }
            ground::add_endpoints(&mut world);
        }
        model.prices = (1..=ground::SKUS).map(|sku| (sku, ground::first_price(sku))).collect();
        model.told_prices = model.prices.clone();
        // The catalog is read when a process starts.
        world.restart();
        let heard = ground::newest(&mut world);
        Self {
            world,
            model,
            bug: settings.bug,
            heard,
            trade: settings.trade,
            seed,
            random,
            wishes: VecDeque::new(),
            unanswered: Vec::new(),
            open: Vec::new(),
            asked: HashMap::new(),
            asked_in_shop: None,
            checkouts: VecDeque::new(),
            crashes: 0,
            codes,
            carts: 0,
            operator,
            bulk: None,
            claims: BTreeMap::new(),
            floor,
            requests: 0,
            batch_max: settings.batch_max,
            placed: 0,
            steps: 0,
        }
    }

    /// Chances that depend on the seed and this number, and on nothing that happened before.
    fn begin(&mut self, number: u64) {
        let mut of_all = Random::from_seed(self.seed);
        self.random = Random::from_seed(of_all.next_u64() ^ (number << 20)).split();
        self.world.begin_step(self.random.split());
    }

    /// Something happens: most often people buy.
    pub(crate) fn step(&mut self, number: u32) -> Result<(), Wrong> {
        self.steps += 1;
        self.begin(number.into());
        self.notice_restart();
        if self.random.percent(8) {
            let steps = self.random.below(4) as u32;
            self.world.doom_after(steps);
        }
        match Deed::some(self.trade, &mut self.random) {
            Deed::PeopleBuy => self.people_buy(),
            Deed::BuyersGoToPay => self.buyers_go_to_pay(),
            Deed::BuyersPay => self.buyers_pay(),
            Deed::NoticesComeIn => self.notices_come_in(),
            Deed::Poll => self.poll().and_then(|()| self.banks_want_money_back()),
            Deed::SendRefunds => self.send_refunds().and_then(|()| self.disputes_go_on()),
            Deed::TimersRun => self.timers_run(),
            Deed::AllAtOnce => self.all_at_once(),
            Deed::SomebodyCancels => self.somebody_cancels(),
            Deed::OrdersAreCanceledInBulk => self.orders_are_canceled_in_bulk(),
            Deed::SomebodyChecksOut => self.somebody_checks_out(),
            Deed::MoneyGoesBackByHand => self.money_goes_back_by_hand(),
            Deed::BenefitsAreSetRight => self.benefits_are_set_right(),
            Deed::PricesChange => self.prices_change(),
            Deed::BuyersAreTold => self.buyers_are_told(),
            Deed::OthersAreTold => self.others_are_told(),
            Deed::BackordersAreFilled => self.backorders_are_filled(),
            Deed::PiecesAreReplaced => self.pieces_are_replaced(),
            Deed::OrdersAreSourced => self.orders_are_sourced(),
            Deed::WorkIsMoved => self.work_is_moved(),
            Deed::WavesAreReleased => self.waves_are_released(),
            Deed::PeoplePick => self.people_pick(),
            Deed::ListsAreShortened => self.lists_are_shortened(),
            Deed::PiecesArePutAway => self.pieces_are_put_away(),
            Deed::BinsAreCounted => self.bins_are_counted(),
            Deed::PeoplePack => self.people_pack(),
            Deed::LabelsAreMade => self.labels_are_made(),
            Deed::ParcelsAreHandedOver => self.parcels_are_handed_over(),
            Deed::DriversCome => self.drivers_come(),
            Deed::PushesComeIn => self.pushes_come_in(),
            Deed::SilenceIsAskedAbout => self.silence_is_asked_about(),
            Deed::BuyersLookAtTheirDoors => self.buyers_look_at_their_doors(),
            Deed::StockMoves => self.stock_moves(),
            Deed::AuditReads => self.audit_reads(),
            Deed::TimePasses => {
                self.time_passes();
                Ok(())
            }
        }?;
        self.world.spare();
        self.compare_touched()
    }

    /// A process that has started again tells the newest prices.
    pub(crate) fn notice_restart(&mut self) {
        if self.crashes != self.world.crashes {
            self.crashes = self.world.crashes;
            self.model.told_prices = self.model.prices.clone();
        }
    }

    fn time_passes(&mut self) {
        let span = match (self.random.below(20), self.trade) {
            (0, Trade::Wide) => Span::hours(24),
            (0..6, Trade::Floor) => Span::hours(self.random.between(3, 24)),
            (0 | 1, _) => Span::minutes(-self.random.between(1, 120)),
            (2..6, _) => Span::minutes(self.random.between(20, 90)),
            _ => Span::millis(self.random.between(1, 300_000)),
        };
        self.world.clock.move_by(span);
    }

    /// An order stands; its buyer thinks about paying.
    pub(crate) fn came_in(&mut self, order: i64) {
        self.placed += 1;
        self.open.push(order);
    }

    /// The audit chain reads on, and may die midway.
    pub(crate) fn audit_reads(&mut self) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let holder = format!("process {}", self.world.crashes);
        let read = self.world.run(async move {
            let mut reading = Reading::new(Reader::audit_sealer(), database, holder);
            reading.step(now).await
        });
        self.settled("the audit reader", read)
    }

    /// The audit chain reads until nothing is left.
    pub(crate) fn audit_reads_all(&mut self) -> Result<(), Wrong> {
        let (database, now) = (self.world.database(), self.world.now());
        let holder = format!("process {}", self.world.crashes);
        let read = self.world.run(async move {
            let mut reading = Reading::new(Reader::audit_sealer(), database, holder);
            while let Step::Read(_) = reading.step(now).await? {}
            Ok(())
        });
        self.settled("the audit reader", read)
    }

    fn settled<T>(&mut self, who: &str, result: Option<Result<T, Error>>) -> Result<(), Wrong> {
        if let Some(Err(error)) = result {
            return Err(format!("{who}: {}", told(&error)));
        }
        self.listen()
    }
}

/// An error with all that caused it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
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

/// The keys of those that are so.
fn all_of<V>(all: &BTreeMap<i64, V>, is_so: impl Fn(&i64) -> bool) -> Vec<i64> {
    all.keys().copied().filter(is_so).collect()
}

fn buyer(at: Timestamp) -> Act {
    Act::new(Actor::Buyer(None), at)
}

fn operator(at: Timestamp) -> Act {
    Act::new(Actor::system("operator"), at)
}
