//! Bringing our order in line with the newest copy of the channel's.

use std::sync::Arc;

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::{Act, Actor};
use ordermill_domain::channel_order::State;
use ordermill_domain::ids::{ChannelOrderId, OrderId};
use ordermill_domain::order::CancelReason;
use ordermill_domain::order::review::Verdict;
use ordermill_domain::payment::LatePolicy;
use ordermill_domain::task::TaskKind;
use ordermill_ports::channel::{ChannelOrder, PaymentState};
use ordermill_storage::channel::Channel;
use ordermill_storage::channel_order::{self, ChannelOrder as Copy};
use ordermill_storage::{Error, Tx, channel, order, task};
use ordermill_vault::{OpenError, Place};

use super::map::{Missing, map};
use super::money::{collected, sent_back};
use super::setup::settings_of;
use super::{ChannelSettings, SalesChannels};
use crate::order::cancel::{CancelOrderError, cancel_order};
use crate::order::file::FileError;
use crate::order::intake::{Benefits, Intake, IntakeError};
use crate::order::place::PlaceOrderError;
use crate::payment::PaymentSettings;
use crate::rule_table::InForce;

/// How long a copy that waits is left alone before it is tried again.
pub const TRY_AGAIN_AFTER: Span = Span::minutes(10);
/// A marketplace gives its buyers longer to pay than our shop, and ends unpaid orders itself.
const PAY_WITHIN: Span = Span::days(7);
const AT_ONCE: i64 = 64;

/// What became of a copy.
enum Came {
    /// As an order of ours.
    Placed(OrderId),
    /// Not yet.
    Waits(Vec<Missing>),
}

impl SalesChannels {
    /// Keeps a copy, and makes what follows from it unless a newer one has come before.
    pub(super) async fn take_in(
        &self,
        channel: &Channel,
        body: &[u8],
        theirs: &ChannelOrder,
    ) -> Result<(), Error> {
        let keeper = self.clone();
        let (channel_id, body, copy) = (channel.id, body.to_vec(), theirs.clone());
        let keep = move |tx: &mut Tx<'_>| keeper.keep(tx, channel_id, &body, &copy);
        match self.0.database.write(keep).await? {
            Some(id) => self.settle(channel, id, theirs).await,
            None => Ok(()),
        }
    }

    /// Tries the copies that wait and are due. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn try_again(&self) -> Result<usize, Error> {
        let now = self.now();
        let claim =
            move |tx: &mut Tx<'_>| channel_order::claim(tx, now, now + TRY_AGAIN_AFTER, AT_ONCE);
        let due: Vec<Copy> = self.0.database.write(claim).await?;
        let count = due.len();
        for copy in due {
            let id = copy.channel;
            let channel = self.0.database.read(move |tx| channel::fetch(tx, id)).await?;
            let Some(channel) = channel else { continue };
            match self.read_copy(&channel, &copy) {
                Ok(theirs) => self.settle(&channel, copy.id, &theirs).await?,
                Err(trouble) => {
                    tracing::error!(copy.id = %copy.id, trouble, "a copy is unreadable")
                }
            }
        }
        Ok(count)
    }

    /// Tries a copy that waits now: what was missing is there. Gives whether it waits.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn hurry(&self, id: ChannelOrderId) -> Result<bool, Error> {
        let now = self.now();
        let hurry = move |tx: &mut Tx<'_>| channel_order::hurry(tx, id, now);
        let waits = self.0.database.write::<_, Error, _>(hurry).await?;
        self.0.news.notify_one();
        Ok(waits)
    }

    /// The copy as received, byte for byte: the first one, or the newest.
    ///
    /// # Errors
    /// If it does not open.
    pub fn as_received(&self, copy: &Copy, is_newest: bool) -> Result<Vec<u8>, OpenError> {
        let (column, sealed) = match &copy.latest {
            Some(latest) if is_newest => ("latest", latest),
            _ => ("original", &copy.original),
        };
        self.0.vault.open_at(place(copy.id, column), sealed).map(|plain| plain.to_vec())
    }

    fn read_copy(&self, channel: &Channel, copy: &Copy) -> Result<ChannelOrder, String> {
        let body = self.as_received(copy, true).map_err(|error| error.to_string())?;
        let kind = self.kind(&channel.kind).ok_or("no such kind of channel")?;
        kind.read(&body)
    }

    /// Stores the first copy, or a newer one. Gives `None` for one that is out of date.
    fn keep(
        &self,
        tx: &mut Tx<'_>,
        channel: ordermill_domain::ids::ChannelId,
        body: &[u8],
        theirs: &ChannelOrder,
    ) -> Result<Option<ChannelOrderId>, Error> {
        let now = self.now();
        let seal = |id, column| self.0.vault.seal(place(id, column), body);
        let Some(known) = channel_order::find_for_update(tx, channel, &theirs.id)? else {
            let id: ChannelOrderId = tx.next_id(now);
            let new = Copy {
                id,
                channel,
                external_id: theirs.id.clone(),
                number: theirs.number.chars().take(64).collect(),
                state: State::Waiting,
                order: None,
                original: seal(id, "original"),
                latest: None,
                changed_at: theirs.updated_at,
                problem: None,
                received_at: now,
            };
            channel_order::insert(tx, &new, now + TRY_AGAIN_AFTER)?;
            return Ok(Some(id));
        };
        if theirs.updated_at < known.changed_at {
            return Ok(None);
        }
        if theirs.updated_at > known.changed_at {
            let latest = seal(known.id, "latest");
            channel_order::set_latest(tx, known.id, &latest, theirs.updated_at)?;
        }
        Ok(Some(known.id))
    }

    /// Makes of a copy what follows from it. Every step may be repeated.
    async fn settle(
        &self,
        channel: &Channel,
        id: ChannelOrderId,
        theirs: &ChannelOrder,
    ) -> Result<(), Error> {
        let act = Act::new(self.actor(channel), self.now());
        let settings = settings_of(channel)?;
        if theirs.cancellation.is_some() {
            return self.canceled(act, channel, id, theirs).await;
        }
        if theirs.is_test && !settings.takes_tests {
            let note = move |tx: &mut Tx<'_>| channel_order::settle(tx, id, State::Test, None);
            return self.0.database.write(note).await;
        }
        match self.place(&act, channel, &settings, theirs).await? {
            Came::Placed(order) => self.placed(act, channel, id, order, theirs).await,
            Came::Waits(missing) => self.waits(&act, channel, id, theirs, missing).await,
        }
    }

    fn actor(&self, channel: &Channel) -> Actor {
        channel.code.parse().map_or_else(|_| Actor::system("channel"), Actor::Adapter)
    }

    /// Places the order, unless it is placed.
    async fn place(
        &self,
        act: &Act,
        channel: &Channel,
        settings: &ChannelSettings,
        theirs: &ChannelOrder,
    ) -> Result<Came, Error> {
        let (channel_id, external) = (channel.id, theirs.id.clone());
        let find = move |tx: &mut Tx<'_>| order::find_by_channel(tx, channel_id, &external);
        if let Some(order) = self.0.database.read(find).await? {
            return Ok(Came::Placed(order));
        }
        let catalog = self.0.shop.current();
        let new = match map(theirs, channel.id, settings, &catalog) {
            Ok(new) => new,
            Err(missing) => return Ok(Came::Waits(missing)),
        };
        let id: OrderId = self.0.database.ids().next(act.at);
        let intake = Intake { catalog: &catalog, vault: &self.0.vault };
        let mut command = match intake.prepare(id, act.clone(), new, Benefits::default()) {
            Ok((command, _)) => command,
            Err(IntakeError::Fields(issues)) => {
                return Ok(Came::Waits(issues.into_iter().map(Missing::from).collect()));
            }
            Err(error @ IntakeError::PriceChanged { .. }) => {
                let missing = Missing::new("total", "cannot_be_priced", error.to_string());
                return Ok(Came::Waits(vec![missing]));
            }
            Err(IntakeError::Price(problem)) => {
                let missing = Missing::new("total", "cannot_be_priced", problem.to_string());
                return Ok(Came::Waits(vec![missing]));
            }
        };
        command.pay_within = PAY_WITHIN;
        Ok(match self.0.database.submit(command).await? {
            Ok(placement) => Came::Placed(placement.id()),
            Err(PlaceOrderError::OutOfStock(shortages)) => {
                let missing = |short: &ordermill_domain::stock::Shortage| {
                    Missing::new(format!("lines.{}", short.sku), "out_of_stock", short.to_string())
                };
                Came::Waits(shortages.iter().map(missing).collect())
            }
            Err(
                error @ (PlaceOrderError::KeyReused
                | PlaceOrderError::BenefitGone(_)
                | PlaceOrderError::Refused(_)),
            ) => Came::Waits(vec![Missing::new("order", "refused", error.to_string())]),
        })
    }

    /// It is an order of ours: its money follows what the channel says.
    async fn placed(
        &self,
        act: Act,
        channel: &Channel,
        id: ChannelOrderId,
        order: OrderId,
        theirs: &ChannelOrder,
    ) -> Result<(), Error> {
        let money = Money::of(channel, theirs, self);
        let note = move |tx: &mut Tx<'_>| {
            let copy = channel_order::fetch_for_update(tx, id)?;
            if copy.is_some_and(|copy| copy.state == State::Canceled) {
                // The channel's cancel overtook the placing.
                return cancel(tx, &act, order, id);
            }
            channel_order::settle(tx, id, State::Placed, Some(order))?;
            close_tasks(tx, id, "placed", act.at)?;
            money.follow(tx, &act, order)
        };
        self.0.database.write(note).await?;
        self.0.payments.hurry();
        Ok(())
    }

    async fn canceled(
        &self,
        act: Act,
        channel: &Channel,
        id: ChannelOrderId,
        theirs: &ChannelOrder,
    ) -> Result<(), Error> {
        let money = Money::of(channel, theirs, self);
        let (channel, external) = (channel.id, theirs.id.clone());
        let reason = theirs.cancellation.as_ref().and_then(|it| it.reason.clone());
        let act = Act { reason: reason.map(|it| it.chars().take(100).collect()), ..act };
        let end = move |tx: &mut Tx<'_>| {
            let order = order::find_by_channel(tx, channel, &external)?;
            channel_order::fetch_for_update(tx, id)?;
            channel_order::settle(tx, id, State::Canceled, order)?;
            close_tasks(tx, id, "canceled by the channel", act.at)?;
            if let Some(order) = order {
                cancel(tx, &act, order, id)?;
                money.follow(tx, &act, order)?;
            }
            Ok(())
        };
        self.0.database.write::<_, Error, _>(end).await
    }

    async fn waits(
        &self,
        act: &Act,
        channel: &Channel,
        id: ChannelOrderId,
        theirs: &ChannelOrder,
        missing: Vec<Missing>,
    ) -> Result<(), Error> {
        let now = act.at;
        let problem = serde_json::to_string(&missing).map_err(Error::defect)?;
        let detail = serde_json::json!({
            "channel": channel.code, "number": theirs.number, "missing": missing,
        });
        let kind = match missing.iter().any(Missing::is_unknown_sku) {
            true => TaskKind::UnknownSku,
            false => TaskKind::IncompleteChannelOrder,
        };
        let wait = move |tx: &mut Tx<'_>| {
            channel_order::put_off(tx, id, &problem, now + TRY_AGAIN_AFTER)?;
            task::open(tx, kind, id, &detail.to_string(), None, now)
        };
        self.0.database.write(wait).await
    }
}

/// What the channel says about the money of an order.
struct Money {
    code: String,
    account: String,
    external_id: String,
    state: PaymentState,
    policy: LatePolicy,
    rules: Arc<InForce<Verdict>>,
    settings: PaymentSettings,
}

impl Money {
    fn of(channel: &Channel, theirs: &ChannelOrder, channels: &SalesChannels) -> Self {
        let account = settings_of(channel).map(|settings| settings.account);
        Self {
            code: channel.code.clone(),
            account: account.unwrap_or_default(),
            external_id: theirs.id.clone(),
            state: theirs.payment.state,
            policy: channels.0.payments.late_policy(),
            rules: channels.0.payments.review_rules(),
            settings: channels.0.settings.clone(),
        }
    }

    /// Records what came in and went back there; each once.
    fn follow(&self, tx: &mut Tx<'_>, act: &Act, order: OrderId) -> Result<(), Error> {
        use PaymentState as S;
        let was_paid = matches!(self.state, S::Paid | S::PartiallyRefunded | S::Refunded);
        if was_paid {
            let (reference, how) = (&self.external_id, (self.policy, &self.rules));
            collected(tx, act, order, &self.code, &self.account, reference, how)?;
        }
        match self.state {
            S::Refunded => sent_back(tx, act, order, &self.code, &self.settings),
            S::PartiallyRefunded => {
                let detail = serde_json::json!({
                    "order": order,
                    "error": "the channel has sent part of the money back; record it here",
                });
                let kind = TaskKind::PaymentMismatch;
                task::open(tx, kind, order, &detail.to_string(), None, act.at)
            }
            S::Unpaid | S::Authorized | S::PartiallyPaid | S::Paid | S::Voided | S::Other => Ok(()),
        }
    }
}

/// Cancels for the channel. What has left the building already is a matter for a person.
fn cancel(tx: &mut Tx<'_>, act: &Act, order: OrderId, copy: ChannelOrderId) -> Result<(), Error> {
    match cancel_order(tx, act, order, CancelReason::Channel) {
        Ok(_) => Ok(()),
        Err(CancelOrderError::File(FileError::Refused(refused))) => {
            let detail = serde_json::json!({
                "order": order,
                "missing": [Missing::new("order", "cannot_be_canceled", refused.to_string())],
            });
            let kind = TaskKind::IncompleteChannelOrder;
            task::open(tx, kind, copy, &detail.to_string(), None, act.at)
        }
        Err(CancelOrderError::File(error)) => Err(error.into_storage()),
        Err(CancelOrderError::Refund(error)) => Err(Error::defect(error)),
    }
}

fn close_tasks(
    tx: &mut Tx<'_>,
    id: ChannelOrderId,
    outcome: &str,
    now: Timestamp,
) -> Result<(), Error> {
    task::close(tx, TaskKind::UnknownSku, id, outcome, now)?;
    task::close(tx, TaskKind::IncompleteChannelOrder, id, outcome, now)
}

fn place(id: ChannelOrderId, column: &'static str) -> Place {
    Place { table: "channel_orders", column, row: id.raw() }
}
