//! The real shop: its use cases over its real storage, a clock that is set by hand, and a process
//! that can die at any moment.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use ordermill_app::payment::{Gateways, PaymentSettings, Payments};
use ordermill_app::privacy::Vault;
use ordermill_app::webhook::sender::Sender;
use ordermill_app::{Ground, Partners, Services};
use ordermill_base::{Clock, Id, IdGenerator, Random, Span, Timestamp};
use ordermill_domain::ids::ChannelId;
use ordermill_storage::{Address, Connection, Database, Error, Run, Stepper, channel};
use ordermill_testkit::TestClock;
use ordermill_vault::SeededEntropy;

use crate::bug::Bug;
use crate::carriers::SimCarriers;
use crate::fate::Fate;
use crate::gateway::SimGateway;
use crate::mailbox::Mailbox;
use crate::receivers::Receivers;

/// Rounds without anything to do after which a use case is taken to wait forever.
const PATIENCE: u32 = 10_000;
const QUEUE: usize = 8_192;

/// The clock of the simulation; it can also be set back.
#[derive(Debug)]
pub(crate) struct SimClock {
    now: AtomicI64,
    latest: AtomicI64,
}

impl SimClock {
    fn new(at: Timestamp) -> Self {
        Self { now: AtomicI64::new(at.as_micros()), latest: AtomicI64::new(at.as_micros()) }
    }

    /// Shows another moment, never one before the shop has opened.
    pub(crate) fn move_by(&self, span: Span) {
        let moved = (self.now() + span).max(TestClock::START);
        self.now.store(moved.as_micros(), Ordering::Relaxed);
        self.latest.fetch_max(self.now().as_micros(), Ordering::Relaxed);
    }

    /// Shows the right moment again after it was set back.
    pub(crate) fn set_right(&self) {
        self.now.store(self.latest.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::Relaxed))
    }
}

/// A process of the shop, its database, and its partners.
pub(crate) struct World {
    /// The time.
    pub(crate) clock: Arc<SimClock>,
    /// The gateway.
    pub(crate) gateway: SimGateway,
    /// Those who carry parcels.
    pub(crate) carriers: SimCarriers,
    /// The phones and mailboxes of buyers.
    pub(crate) mailbox: Mailbox,
    /// Everybody who is told of events.
    pub(crate) receivers: Receivers,
    /// What the process has in memory; gone after a crash.
    process: Option<Process>,
    address: Address,
    vault: Vault,
    market: ChannelId,
    bug: Option<Bug>,
    random: Random,
    /// How many steps of the writer the process still lives, if it is to die.
    doom: Option<u32>,
    /// At which of all moments it dies, where that is chosen.
    pub(crate) fate: Fate,
    /// Commands of the current use case that were committed.
    committed: usize,
    /// Crashes so far.
    pub(crate) crashes: u64,
    /// Batches so far.
    pub(crate) batches: u64,
}

struct Process {
    runtime: tokio::runtime::Runtime,
    stepper: Stepper,
    services: Services,
    sender: Sender,
}

impl World {
    /// A shop over an empty database.
    ///
    /// # Panics
    /// If the database does not open.
    pub(crate) fn open(address: &Address, bug: Option<Bug>, mut random: Random) -> Self {
        let clock = Arc::new(SimClock::new(TestClock::START));
        let entropy = Arc::new(SeededEntropy::from_seed(random.next_u64()));
        let connection = Connection::open(address, Arc::new(IdGenerator::new(1)));
        let fate = Fate::default();
        let mut world = Self {
            gateway: SimGateway::new(clock.clone(), random.split(), fate.clone()),
            carriers: SimCarriers::new(clock.clone(), random.split(), fate.clone()),
            mailbox: Mailbox::new(random.split()),
            receivers: Receivers::new(random.split()),
            clock,
            process: None,
            address: address.clone(),
            vault: Vault::in_memory(entropy, TestClock::START),
            market: ChannelId::from_raw(0),
            bug,
            random,
            doom: None,
            fate,
            committed: 0,
            crashes: 0,
            batches: 0,
        };
        world.start(connection.expect("the simulated database opens"));
        world.market = world
            .connection()
            .transact(|tx| channel::ensure(tx, "market", "market", "Market", TestClock::START))
            .expect("a marketplace is stored");
        world
    }

    fn start(&mut self, connection: Connection) {
        let (database, mut stepper) = Database::stepped(&self.address, connection, QUEUE)
            .expect("the simulated database opens");
        let gateways = Gateways::new([Bug::at_gateway(self.bug, self.gateway.clone())]);
        let partners = Partners {
            gateways: gateways.expect("the gateway has a name"),
            carrier_kinds: vec![Bug::at_carriers(self.bug, self.carriers.clone())],
            tracking_kinds: vec![Arc::new(self.carriers.clone())],
            notifier: Arc::new(self.mailbox.clone()),
            messenger: Arc::new(self.receivers.clone()),
            payment_settings: PaymentSettings::default(),
            jitter: self.random.split(),
            ..Partners::default()
        };
        let now = self.clock.now();
        let ground = stepper.connection().transact(|tx| Ground::lay(tx, now));
        let ground = ground.expect("the simulated shop opens");
        let (clock, vault) = (self.clock.clone(), self.vault.clone());
        let services = Services::on(ground, database, clock, vault, partners);
        let sender = Sender::new(
            services.database().clone(),
            services.vault().clone(),
            Arc::clone(services.messenger()),
            services.clock(),
            services.links().public_url().to_owned(),
            self.random.split(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime starts");
        self.process = Some(Process { runtime, stepper, services, sender });
    }

    /// The process dies and starts again without anything being lost.
    pub(crate) fn restart(&mut self) {
        self.crash();
        self.crashes -= 1;
    }

    /// The next step has chances of its own, whatever happened before it.
    pub(crate) fn begin_step(&mut self, mut random: Random) {
        self.gateway.begin_step(random.split());
        self.carriers.begin_step(random.split());
        self.mailbox.begin_step(random.split());
        self.receivers.begin_step(random.split());
        self.random = random;
    }

    /// The moment now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("a process runs between crashes")
    }

    /// The use cases of the process.
    pub(crate) fn services(&mut self) -> Services {
        self.process().services.clone()
    }

    /// The sender of webhooks of the process.
    pub(crate) fn sender(&mut self) -> Sender {
        self.process().sender.clone()
    }

    /// The keys of the shop.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The database of the process.
    pub(crate) fn database(&mut self) -> Database {
        self.process().services.database().clone()
    }

    /// The payments of the process.
    pub(crate) fn payments(&mut self) -> Payments {
        self.process().services.payments().clone()
    }

    /// A marketplace, which talks to its buyers itself.
    pub(crate) fn market(&self) -> ChannelId {
        self.market
    }

    /// From now on no partner fails; or again, as chance has it.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.gateway.set_calm(is_calm);
        self.carriers.set_calm(is_calm);
        self.mailbox.set_calm(is_calm);
        self.receivers.set_calm(is_calm);
    }

    /// The connection, for looking, and for commands that run alone.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.process().stepper.connection()
    }

    /// The process will die after so many more steps of its writer.
    pub(crate) fn doom_after(&mut self, steps: u32) {
        self.doom = Some(steps);
    }

    /// Commands of the last use case that were committed before it ended or the process died.
    pub(crate) fn committed(&self) -> usize {
        self.committed
    }

    /// Runs a use case to its end with batches of random size; `None` if the process died meanwhile:
    /// nobody then knows what happened. The next one runs already.
    ///
    /// # Panics
    /// If it waits for something that never comes.
    pub(crate) fn run<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let Self { random, doom, fate, batches, committed, .. } = self;
        let process = self.process.as_mut().expect("a process runs between crashes");
        let Process { runtime, stepper, .. } = process;
        *committed = 0;
        let mut work = pin!(work);
        let mut idle = 0;
        let answer = loop {
            // The writer runs outside of the runtime: the driver of PostgreSQL blocks its thread.
            let polled = runtime.block_on(async {
                let poll = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context)));
                let polled = poll.await;
                if polled.is_pending() {
                    tokio::task::yield_now().await;
                }
                polled
            });
            if fate.is_over() {
                break None;
            }
            if let Poll::Ready(answer) = polled {
                break Some(answer);
            }
            if stepper.is_idle() {
                idle += 1;
                assert!(idle < PATIENCE, "a use case waits for what never comes");
                continue;
            }
            idle = 0;
            if *doom == Some(0) || (stepper.has_commands() && fate.passes()) {
                break None;
            }
            let batch_max = match random.below(4) {
                0 => 1,
                1 => 1 + random.below(8),
                _ => 1 + random.below(512),
            };
            let run = if random.percent(5) { Run::Twice } else { Run::Once };
            let count = stepper.step(batch_max as usize, run);
            *committed += count;
            *batches += u64::from(count > 0);
            if count > 0 && fate.passes() {
                break None;
            }
            if count > 0
                && let Some(left) = doom
            {
                *left -= 1;
                // After the commit, before anybody hears of it.
                if *left == 0 && random.percent(50) {
                    break None;
                }
            }
        };
        if answer.is_none() {
            // Seen here, where it was not in a call.
            self.fate.is_over();
            self.crash();
        }
        answer
    }

    /// The process dies now, and another starts on what was committed.
    pub(crate) fn crash(&mut self) {
        self.doom = None;
        self.crashes += 1;
        if let Some(Process { runtime, stepper, services, sender }) = self.process.take() {
            drop((runtime, services, sender));
            let connection = stepper.crash(1);
            self.start(connection);
        }
    }

    /// Nobody dies in the next while.
    pub(crate) fn spare(&mut self) {
        self.doom = None;
    }

    /// Reads something.
    ///
    /// # Panics
    /// If the database cannot be read.
    pub(crate) fn look<T>(
        &mut self,
        read: impl FnOnce(&mut ordermill_storage::Tx<'_>) -> Result<T, Error>,
    ) -> T {
        self.connection().read(read).expect("the simulated database is read")
    }
}
