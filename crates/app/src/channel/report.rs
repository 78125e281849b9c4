//! Channels are told of parcels that have left: our intent first, then the channel, then its answer.
//!
//! A reader of the journal follows every hand-over, by a list or by the carrier's own scan. Its row,
//! known by the shipment, is the intent, and arms D10 at the moment at which the parcel left. Whoever
//! comes back after a lost answer asks the channel what it knows of the waybill before telling again,
//! so a parcel is one fulfillment there. What the channel refuses is a person's task.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use ordermill_base::{Id, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{OrderId, ShipmentId};
use ordermill_domain::order::{LineTerms, OrderLine, line_placed};
use ordermill_domain::task::TaskKind;
use ordermill_ports::channel_desk::{Access, ChannelDesk, LeftLine, LeftParcel, TellError};
use ordermill_storage::channel::Channel;
use ordermill_storage::channel_report::{self, ChannelReport};
use ordermill_storage::shipment::{self, Stored};
use ordermill_storage::{
    Error, Tx, carrier, channel, channel_order, deadline, order, package, task,
};
use tokio::task::JoinSet;

use super::map::line_ids;
use super::replaced::{NotYet, told_as};
use super::setup::{open_token, settings_of};
use super::{LagFigures, SalesChannels};
use crate::permission::Principal;
use crate::reader::Reader;
use crate::shipment::tracking_page::token;
use crate::shipment::{ShipmentError, may_ship};

/// The name of the cursor.
pub const READER: &str = "channel_reports";
/// How often a channel that does not answer is told before a person has to look: about a day.
pub const TRIES: i64 = 12;
/// A parcel that has left longer ago when it is read of is history that came with an import.
const FRESH: Span = Span::days(3);
/// No telling takes longer; what has not come back by then is asked about.
const TELL_WITHIN: Span = Span::seconds(60);
const CLAIMED_FOR: Span = Span::minutes(2);
const AT_ONCE: i64 = 16;

/// Follows what leaves, and wants its channel told.
pub fn reader(channels: SalesChannels) -> Reader {
    let reader = Reader::new(READER, move |tx, entries, now| {
        let fresh = entries.iter().filter(|entry| entry.at + FRESH > now);
        let left: Vec<(ShipmentId, Timestamp)> =
            fresh.map(|entry| (ShipmentId::from_raw(entry.aggregate_id), entry.at)).collect();
        if want(tx, &left, now)? > 0 {
            channels.0.left.notify_one();
        }
        Ok(())
    });
    Reader { kinds: Some(&["shipment.handed_over"]), ..reader }
}

/// Stores what is to be told, and arms D10. Repeating it is harmless. Gives how many are new.
fn want(tx: &mut Tx<'_>, left: &[(ShipmentId, Timestamp)], now: Timestamp) -> Result<usize, Error> {
    let ids: Vec<ShipmentId> = left.iter().map(|(id, _)| *id).collect();
    let rule = DeadlineKind::StatusSync.rule();
    let mut armed = Vec::new();
    for (id, order, channel) in channel_report::to_be_told(tx, &ids)? {
        let Some((_, left_at)) = left.iter().find(|(left, _)| *left == id) else { continue };
        if has_gifts_alone(tx, id, order)? {
            continue;
        }
        if channel_report::insert_once(tx, id, order, channel, *left_at, now)? {
            let warn_at = rule.warn_after.map(|warn| *left_at + warn).filter(|warn| *warn > now);
            armed.push((id, DeadlineKind::StatusSync, *left_at + rule.span, warn_at));
        }
    }
    let count = armed.len();
    deadline::arm_each(tx, armed)?;
    Ok(count)
}

/// Whether nothing is in a parcel but gifts, of which the channel knows nothing.
fn has_gifts_alone(tx: &mut Tx<'_>, id: ShipmentId, order: OrderId) -> Result<bool, Error> {
    let gifts = gifts_among(&order::lines(tx, order)?);
    if gifts.is_empty() {
        return Ok(false);
    }
    let Some(stored) = shipment::fetch(tx, id)? else { return Ok(false) };
    let package = package::fetch(tx, stored.shipment.facts().terms.package)?;
    Ok(package.is_some_and(|it| it.contents.iter().all(|content| gifts.contains(&content.line_no))))
}

/// The lines that are gifts. They are ours: a channel has no line of them.
pub(super) fn gifts_among(lines: &[OrderLine]) -> BTreeSet<u16> {
    let gifts = lines.iter().map(|line| line.terms).filter(LineTerms::is_gift);
    gifts.map(|terms| terms.line_no).collect()
}

/// What a parcel is told with, or why it cannot be.
struct Draft {
    access: Access,
    kind: String,
    parcel: LeftParcel,
}

impl SalesChannels {
    /// Tells channels of the parcels that are due, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn tell_due(&self) -> Result<usize, Error> {
        let now = self.now();
        let claim =
            move |tx: &mut Tx<'_>| channel_report::claim(tx, now, now + CLAIMED_FOR, AT_ONCE);
        let claimed: Vec<ChannelReport> = self.0.database.write(claim).await?;
        let count = claimed.len();
        let mut telling = JoinSet::new();
        for report in claimed {
            let channels = self.clone();
            telling.spawn(async move { channels.tell_one(report).await });
        }
        while let Some(told) = telling.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = told {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a channel was not told of a parcel");
            }
        }
        Ok(count)
    }

    /// How long parcels had been gone when their channel knew it.
    pub fn lags(&self) -> LagFigures {
        self.0.lags.figures()
    }

    /// Lets the channel of a parcel be told again: now, or when whoever tells it just now must be back.
    /// Gives whether there was anything to tell.
    pub async fn tell_again(
        &self,
        principal: Principal,
        act: Act,
        id: ShipmentId,
    ) -> Result<bool, ShipmentError> {
        let again = move |tx: &mut Tx<'_>| {
            let mut found = shipment::fetch_each_for_update(tx, &[id])?.pop();
            may_ship(&principal, found.as_ref().map(|stored| stored.location), true)?;
            let stored = found.as_mut().ok_or(ShipmentError::NotFound(id))?;
            if !channel_report::retry(tx, id, act.at, CLAIMED_FOR)? {
                return Ok(false);
            }
            let before = stored.shipment.facts().version;
            let event = stored.shipment.tell_again(act.at);
            shipment::update_each(tx, &[(&*stored, before)])?;
            shipment::record_each(tx, &act, [(id, before + 1, &event)])?;
            task::close(tx, TaskKind::DeliveryDeadLetter, id, "told again", act.at)?;
            Ok::<_, ShipmentError>(true)
        };
        let is_new = self.0.database.write(again).await?;
        self.0.left.notify_one();
        Ok(is_new)
    }

    async fn tell_one(&self, report: ChannelReport) -> Result<(), Error> {
        let channels = self.clone();
        let wanted = report.clone();
        let draft = self.0.database.read(move |tx| channels.draft(tx, &wanted)).await;
        let told = match draft.or_else(cannot_be_read)? {
            Err(error) => Err(error),
            Ok(draft) => match self.desk(&draft) {
                None => {
                    let reason = "the channel cannot be reached with its account".to_owned();
                    Err(TellError::NotSent { reason, retry_after: None })
                }
                Some(desk) => {
                    let telling = desk.tell(&draft.parcel);
                    let told = tokio::time::timeout(TELL_WITHIN.to_std(), telling).await;
                    told.unwrap_or_else(|_| {
                        Err(TellError::OutcomeUnknown { reason: "no answer in time".into() })
                    })
                }
            },
        };
        match told {
            Ok(told) => self.told(&report, told.reference).await,
            Err(error) => self.not_told(&report, error).await,
        }
    }

    async fn told(&self, report: &ChannelReport, reference: String) -> Result<(), Error> {
        let (id, now) = (report.id, self.now());
        let store = move |tx: &mut Tx<'_>| {
            let is_new = channel_report::told(tx, id, &reference, now)?;
            let kind = DeadlineKind::StatusSync;
            deadline::meet(tx, id, kind)?;
            crate::deadline::settle(tx, id, kind, "the channel knows", now)?;
            task::close(tx, TaskKind::DeliveryDeadLetter, id, "told", now)?;
            Ok::<_, Error>(is_new)
        };
        if self.0.database.write(store).await? {
            self.0.lags.note(now.since(report.left_at));
        }
        Ok(())
    }

    async fn not_told(&self, report: &ChannelReport, error: TellError) -> Result<(), Error> {
        let (id, order, attempts, now) = (report.id, report.order, report.attempts, self.now());
        let (is_over, asked_for) = match &error {
            TellError::Refused { .. } => (true, None),
            TellError::NotSent { retry_after, .. } => (attempts >= TRIES, *retry_after),
            TellError::OutcomeUnknown { .. } => (attempts >= TRIES, None),
        };
        let why = error.to_string();
        tracing::warn!(shipment.id = %id, attempts, why, "a channel was not told of a parcel");
        let store = move |tx: &mut Tx<'_>| {
            if !is_over {
                let pause = asked_for.unwrap_or_else(|| pause_after(attempts));
                return channel_report::put_off(tx, id, now + pause, &why);
            }
            if channel_report::fail(tx, id, &why)? {
                let detail =
                    serde_json::json!({ "order": order, "shipment": id, "error": why }).to_string();
                task::open(tx, TaskKind::DeliveryDeadLetter, id, &detail, None, now)?;
            }
            Ok(())
        };
        self.0.database.write(store).await
    }

    /// What is told of a parcel, as things are now, or why it cannot be.
    fn draft(
        &self,
        tx: &mut Tx<'_>,
        report: &ChannelReport,
    ) -> Result<Result<Draft, TellError>, Error> {
        let Some(stored) = shipment::fetch(tx, report.id)? else {
            return Ok(Err(missing("no_parcel")));
        };
        if stored.shipment.facts().terms.waybill.is_empty() {
            return Ok(Err(missing("no_waybill")));
        }
        let Some(channel) = channel::fetch(tx, report.channel)? else {
            return Ok(Err(missing("no_channel")));
        };
        let Some(ours) = order::fetch(tx, report.order)? else {
            return Ok(Err(missing("no_order")));
        };
        let Some(external_id) = ours.order.facts().channel_order_id.clone() else {
            return Ok(Err(missing("no_channel_order")));
        };
        let Some(copy) = channel_order::find(tx, channel.id, &external_id)? else {
            return Ok(Err(missing("no_copy")));
        };
        let Some(package) = package::fetch(tx, stored.shipment.facts().terms.package)? else {
            return Ok(Err(missing("no_package")));
        };
        let lines = order::lines(tx, report.order)?;
        let gifts = gifts_among(&lines);
        let settings = settings_of(&channel)?;
        let catalog = self.0.shop.current();
        // Lines may have come to the order only with a later copy; the first one is tried first.
        let mut ids = Default::default();
        for is_newest in [false, true] {
            let Ok(theirs) = self.read_as_received(&channel, &copy, is_newest) else { continue };
            ids = line_ids(&theirs, &settings, &catalog, &lines);
            let is_known = |line_no: u16| {
                ids.contains_key(&line_placed(&lines, line_no)) || gifts.contains(&line_no)
            };
            if package.contents.iter().all(|content| is_known(content.line_no)) {
                break;
            }
        }
        let told = match told_as(tx, report, &lines)? {
            Ok(told) => told,
            Err(NotYet) => {
                let reason = "what it is sent in the place of is to be told first".to_owned();
                return Ok(Err(TellError::NotSent { reason, retry_after: None }));
            }
        };
        let mut left = Vec::with_capacity(told.first.len());
        for (line_no, pieces) in told.first {
            let (Some(line), Ok(quantity)) = (ids.get(&line_no), u32::try_from(pieces)) else {
                return Ok(Err(missing("unknown_line")));
            };
            left.push(LeftLine { line: line.clone(), quantity });
        }
        let Some(token) = open_token(&self.0.vault, &channel) else {
            return Ok(Err(missing("no_token")));
        };
        let access = Access { account: settings.account, url: settings.api_url, token };
        let parcel = self.parcel(tx, &stored, external_id, left)?;
        let parcel = LeftParcel { in_place_of: told.in_place_of, ..parcel };
        Ok(Ok(Draft { access, kind: channel.kind, parcel }))
    }

    fn parcel(
        &self,
        tx: &mut Tx<'_>,
        stored: &Stored,
        order: String,
        lines: Vec<LeftLine>,
    ) -> Result<LeftParcel, Error> {
        let terms = &stored.shipment.facts().terms;
        let carrier = carrier::fetch(tx, terms.carrier)?;
        Ok(LeftParcel {
            order,
            waybill: terms.waybill.clone(),
            carrier: carrier.map_or(String::new(), |it| it.carrier.name.en().to_owned()),
            tracking_url: self.0.links.tracking(&token(&self.0.vault, terms.order)),
            lines,
            in_place_of: Vec::new(),
        })
    }

    fn desk(&self, draft: &Draft) -> Option<Arc<dyn ChannelDesk>> {
        let mut desks = self.0.desks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(desk) = desks.get(&draft.access) {
            return Some(Arc::clone(desk));
        }
        match self.kind(&draft.kind)?.desk(&draft.access)? {
            Ok(desk) => {
                desks.insert(draft.access.clone(), Arc::clone(&desk));
                Some(desk)
            }
            Err(error) => {
                tracing::error!(%error, "a channel is unreachable");
                None
            }
        }
    }

    fn read_as_received(
        &self,
        channel: &Channel,
        copy: &channel_order::ChannelOrder,
        is_newest: bool,
    ) -> Result<ordermill_ports::channel::ChannelOrder, String> {
        let body = self.as_received(copy, is_newest).map_err(|error| error.to_string())?;
        self.kind(&channel.kind).ok_or("no such kind of channel")?.read(&body)
    }
}

/// What is stored and makes no sense does not make more sense later; anything else of the database may.
fn cannot_be_read(error: Error) -> Result<Result<Draft, TellError>, Error> {
    match error {
        Error::Unreadable { .. } | Error::Defect(_) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a parcel cannot be told of");
            Ok(Err(missing("unreadable")))
        }
        error => Err(error),
    }
}

/// Something is missing that no later try finds: a person has to look.
fn missing(code: &str) -> TellError {
    TellError::Refused { code: code.to_owned(), message: why(code).to_owned() }
}

/// What a person has to know.
fn why(code: &str) -> &'static str {
    match code {
        "no_parcel" | "no_order" => "what it is about is not there any more",
        "no_channel" => "the channel is not there any more",
        "no_waybill" => "the parcel has no waybill",
        "unreadable" => {
            "what is stored of the parcel, its order or the channel does not make sense"
        }
        "no_channel_order" => "the order names no order of the channel",
        "no_copy" => "what the channel sent of the order is not there",
        "no_package" => "what is in the parcel is not known",
        "unknown_line" => "a piece in the parcel is on no line of the channel's order",
        _ => "the access token is not there or does not open",
    }
}

/// 10 seconds, then longer, then an hour: a channel that is down for a night is told in the morning.
fn pause_after(attempts: i64) -> Span {
    match attempts {
        ..=1 => Span::seconds(10),
        2 => Span::seconds(30),
        3 => Span::minutes(2),
        4 => Span::minutes(5),
        5 => Span::minutes(15),
        6..=8 => Span::hours(1),
        _ => Span::hours(6),
    }
}
