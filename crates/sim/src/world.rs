//! The real shop: its use cases over its real storage, a clock that is set by hand, and a process
//! that can die at any moment.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;

use ordermill_app::payment::{Gateways, PaymentSettings, Payments, Sealer};
use ordermill_base::{Clock, IdGenerator, Random, Span, Timestamp};
use ordermill_storage::{Address, Connection, Database, Error, Run, Stepper};
use ordermill_testkit::TestClock;
use ordermill_vault::{Keyring, OpenError, Place, SeededEntropy};

use crate::bug::Bug;
use crate::gateway::SimGateway;

/// Rounds without anything to do after which a use case is taken to wait forever.
const PATIENCE: u32 = 10_000;
const QUEUE: usize = 8_192;

/// The clock of the simulation; it can also be set back.
#[derive(Debug)]
pub(crate) struct SimClock(AtomicI64);

impl SimClock {
    /// Shows another moment.
    pub(crate) fn move_by(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A process of the shop, its database, and its partners.
pub(crate) struct World {
    /// The time.
    pub(crate) clock: Arc<SimClock>,
    /// The gateway.
    pub(crate) gateway: SimGateway,
    /// What the process has in memory; gone after a crash.
    process: Option<Process>,
    address: Address,
    sealer: Arc<SimSealer>,
    settings: PaymentSettings,
    bug: Option<Bug>,
    random: Random,
    /// How many steps of the writer the process still lives, if it is to die.
    doom: Option<u32>,
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
    database: Database,
    payments: Payments,
}

struct SimSealer(Keyring, SeededEntropy);

impl Sealer for SimSealer {
    fn seal(&self, place: Place, plain: &[u8]) -> Vec<u8> {
        self.0.seal(place, plain, &self.1)
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.0.open(place, sealed).map(|plain| plain.to_vec())
    }
}

impl World {
    /// A shop over an empty database that is migrated.
    ///
    /// # Panics
    /// If the database does not open.
    pub(crate) fn open(
        address: &Address,
        settings: PaymentSettings,
        bug: Option<Bug>,
        mut random: Random,
    ) -> Self {
        let clock = Arc::new(SimClock(AtomicI64::new(TestClock::START.as_micros())));
        let gateway = SimGateway::new(clock.clone(), random.split());
        let entropy = SeededEntropy::from_seed(random.next_u64());
        let keyring = Keyring::generate(&entropy, TestClock::START);
        let connection = Connection::open(address, Arc::new(IdGenerator::new(1)));
        let mut world = Self {
            clock,
            gateway,
            process: None,
            address: address.clone(),
            sealer: Arc::new(SimSealer(keyring, entropy)),
            settings,
            bug,
            random,
            doom: None,
            committed: 0,
            crashes: 0,
            batches: 0,
        };
        world.start(connection.expect("the simulated database opens"));
        world
    }

    fn start(&mut self, connection: Connection) {
        let (database, stepper) = Database::stepped(&self.address, connection, QUEUE)
            .expect("the simulated database opens");
        let gateways = Gateways::new([Bug::at_gateway(self.bug, self.gateway.clone())]);
        let payments = Payments::new(
            database.clone(),
            gateways.expect("the gateway has a name"),
            self.sealer.clone(),
            self.clock.clone(),
            self.settings.clone(),
            self.random.split(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime starts");
        self.process = Some(Process { runtime, stepper, database, payments });
    }

    /// The moment now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("a process runs between crashes")
    }

    /// The database of the process.
    pub(crate) fn database(&mut self) -> Database {
        self.process().database.clone()
    }

    /// The payments of the process.
    pub(crate) fn payments(&mut self) -> Payments {
        self.process().payments.clone()
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
        let Self { random, doom, batches, committed, .. } = self;
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
            if let Poll::Ready(answer) = polled {
                break Some(answer);
            }
            if stepper.is_idle() {
                idle += 1;
                assert!(idle < PATIENCE, "a use case waits for what never comes");
                continue;
            }
            idle = 0;
            if *doom == Some(0) {
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
            self.crash();
        }
        answer
    }

    /// The process dies now, and another starts on what was committed.
    pub(crate) fn crash(&mut self) {
        self.doom = None;
        self.crashes += 1;
        if let Some(Process { runtime, stepper, database, payments }) = self.process.take() {
            drop((runtime, payments, database));
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
