//! Asking buyers what should become of pieces that nobody has, by a link that needs no login.
//!
//! The link is signed, cannot be guessed, and ends with the time for an answer. The first answer is carried out
//! at once, by the same commands that service has ([`give_up`](crate::order::give_up),
//! [`substitute`](crate::order::substitute)); a second one and a late one change nothing. What buyers may take in
//! place of the pieces is [`substitutes`]. Silence and "call me" come back to service as a task, and so does a
//! question of whose pieces only some came in: what the buyer was asked, and told of money, is not so any more.
//!
//! Locks on PostgreSQL: the order with its work and stock first, as everywhere, then the choice.

mod answer;
mod service;

use jiff::civil::Date;
use ordermill_base::{Id, Money, Quantity, Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::choice::{Choice, Question, State};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ChoiceId, OrderId, SkuId};
use ordermill_domain::order::{LineQuantity, OrderLine, Status};
use ordermill_domain::role::Permission;
use ordermill_storage::deadline::Due;
use ordermill_storage::{Error, Tx, choice as stored, deadline, incoming, order};
use ordermill_vault::{Claim, TokenError};
use serde::{Deserialize, Serialize};

use crate::catalog::settings::{self, Kept};
use crate::message::news::ours_to_tell;
use crate::order::file::{FileError, OrderFile};
use crate::order::give_up::{Extent, Foreseen};
use crate::permission::{About, Forbidden, Principal, authorize};
use crate::privacy::Vault;

pub use answer::{AnswerError, Outcome, answer, substitutes};
pub(crate) use service::{Lack, Why, service_is_done, to_service};

/// How long a link is recognized after the time for an answer, so that it can be told kindly.
const KNOWN_FOR: Span = Span::days(30);

/// How buyers are asked about missing pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskSettings {
    /// Buyers are asked at once when a pick comes up short; otherwise service decides whether.
    pub is_automatic: bool,
    /// How many hours they have for an answer, 1 to 720.
    pub answer_within_hours: u16,
}

impl Default for AskSettings {
    fn default() -> Self {
        Self { is_automatic: false, answer_within_hours: 24 }
    }
}

impl Kept for AskSettings {
    const NAME: &'static str = "missing_pieces";

    fn standard() -> Self {
        Self::default()
    }
}

impl AskSettings {
    /// The most hours that a buyer may be given.
    pub const HOURS_MAX: u16 = 720;

    fn span(self) -> Span {
        Span::hours(self.answer_within_hours.clamp(1, Self::HOURS_MAX).into())
    }
}

/// Why the settings stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum ChangeSettingsError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// A buyer has at least an hour, and at most [`AskSettings::HOURS_MAX`].
    #[error("a buyer has 1 to {} hours for an answer", AskSettings::HOURS_MAX)]
    Hours,
    /// The database; stale if somebody else has changed them.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Changes how buyers are asked. Gives the new version.
///
/// # Errors
/// [`ChangeSettingsError`]; nothing has changed then.
pub fn change_settings(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    wanted: AskSettings,
    version: i64,
) -> Result<i64, ChangeSettingsError> {
    authorize(principal, Permission::ChangeRules, &About::default())?;
    if !(1..=AskSettings::HOURS_MAX).contains(&wanted.answer_within_hours) {
        return Err(ChangeSettingsError::Hours);
    }
    Ok(settings::save(tx, act, &wanted, version)?)
}

/// Why a buyer was not asked; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// They may not ask.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Of that line no piece waits for stock, or the order is over.
    #[error("no piece of line {0} waits for stock")]
    NothingMissing(u16),
    /// The buyer is asked about it already.
    #[error("the buyer is asked about the line already")]
    AskedAlready(ChoiceId),
    /// The marketplace that the order came from talks to its buyers itself.
    #[error("the channel of the order talks to its buyers itself")]
    NotOurs,
    /// The order cannot be loaded.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<Error> for AskError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

/// Asks the buyer about the pieces of a line that wait for stock. The message to them follows from the
/// journal; the task of service is over until they answer, or do not.
///
/// # Errors
/// [`AskError`]; nothing has changed then.
pub fn ask(
    tx: &mut Tx<'_>,
    principal: &Principal,
    act: &Act,
    id: OrderId,
    line_no: u16,
) -> Result<Choice, AskError> {
    let file = OrderFile::load(tx, id)?;
    let facts = file.order().facts();
    let about = About {
        order: Some(id),
        customer: facts.customer,
        channel: Some(facts.channel),
        has_reason: act.reason.is_some(),
        ..About::default()
    };
    authorize(principal, Permission::ApproveRefund, &about)?;
    ask_about(tx, act, &file, line_no)
}

/// As [`ask`], by the rule that buyers are asked at once. `None` if they are not, or cannot be.
pub(crate) fn ask_at_once(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &OrderFile,
    line_no: u16,
) -> Result<Option<Choice>, FileError> {
    let (how, _) = settings::read::<AskSettings>(tx)?;
    if !how.is_automatic {
        return Ok(None);
    }
    match ask_about(tx, act, file, line_no) {
        Ok(choice) => Ok(Some(choice)),
        Err(AskError::File(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn ask_about(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &OrderFile,
    line_no: u16,
) -> Result<Choice, AskError> {
    let id = file.order().id();
    let line = file.lines.iter().find(|line| line.terms.line_no == line_no);
    let waiting = line.map(|line| (line.terms.sku, line.pieces().backordered));
    let is_open = file.order().status() == Status::Confirmed;
    let waiting = waiting
        .filter(|_| is_open)
        .and_then(|(sku, pieces)| Quantity::new(pieces).ok().map(|pieces| (sku, pieces)));
    let (sku, pieces) = waiting.ok_or(AskError::NothingMissing(line_no))?;
    if let Some(open) = stored::find_open(tx, id, line_no)? {
        return Err(AskError::AskedAlready(open.facts().id));
    }
    if ours_to_tell(tx, [id])?.is_empty() {
        return Err(AskError::NotOurs);
    }
    let (how, _) = settings::read::<AskSettings>(tx)?;
    let answer_by = act.at + how.span();
    let expected_on = expected_on(tx, sku, act.at)?;
    let question = Question { order: id, line_no, sku, pieces, expected_on, answer_by };
    let (choice, event) = Choice::ask(tx.next_id(act.at), question, act.at);
    stored::insert(tx, act, &choice, &event)?;
    deadline::arm(tx, choice.facts().id, DeadlineKind::BuyerChoice, answer_by, None)?;
    service_is_done(tx, id, line_no, "buyer_asked", act.at)?;
    Ok(choice)
}

/// The first day from now on which more of a SKU is announced.
fn expected_on(tx: &mut Tx<'_>, sku: SkuId, now: Timestamp) -> Result<Option<Date>, Error> {
    let today = now.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let announced = incoming::open_of(tx, [sku])?.into_iter();
    Ok(announced.map(|it| it.expected_on).filter(|day| *day >= today).min())
}

/// What stands in the link of a choice.
pub fn token(vault: &Vault, choice: &Choice) -> String {
    let facts = choice.facts();
    let id = facts.id.to_string();
    let id = id.strip_prefix("chc_").unwrap_or(&id);
    let ends_at = facts.question.answer_by + KNOWN_FOR;
    format!("{id}.{}", vault.keyring().sign_token(claim(facts.id), Some(ends_at)))
}

/// The choice that a token opens; `None` for anything that we have not made, or long ago.
pub fn choice_of(vault: &Vault, token: &str, now: Timestamp) -> Option<ChoiceId> {
    let (id, proof) = token.split_once('.')?;
    let id: ChoiceId = format!("chc_{id}").parse().ok()?;
    let checked: Result<(), TokenError> = vault.keyring().verify_token(claim(id), proof, now);
    checked.ok().map(|()| id)
}

fn claim(choice: ChoiceId) -> Claim {
    Claim { audience: "buyer_choice", id: choice.raw() }
}

/// What the page of a choice shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question and what came of it.
    pub choice: Choice,
    /// Whether the buyer can still choose.
    pub is_open: bool,
    /// What they would get back for the pieces.
    pub share: Money,
    /// Whether the money can be sent back: not where it is collected at the door.
    pub can_refund: bool,
    /// How much of the order would be over then.
    pub extent: Extent,
}

/// Reads what the page of a choice shows; `None` if there is no such choice.
pub fn load(tx: &mut Tx<'_>, id: ChoiceId, now: Timestamp) -> Result<Option<Asked>, Error> {
    let Some(choice) = stored::fetch(tx, id)? else { return Ok(None) };
    let Question { order: of, line_no, pieces, .. } = choice.facts().question;
    let Some(order) = order::fetch(tx, of)? else { return Ok(None) };
    let facts = order.order.facts();
    let lines = order::lines(tx, of)?;
    let is_waiting = still_waiting(facts.status, &lines, &choice) == pieces.get();
    let wanted = LineQuantity { line_no, quantity: pieces };
    let Foreseen { refund, extent, is_possible } = Foreseen::of(tx, facts, &lines, wanted)?;
    Ok(Some(Asked {
        choice,
        is_open: choice.is_open(now) && is_waiting,
        share: refund,
        can_refund: is_possible,
        extent,
    }))
}

/// D17: the buyer has not answered in time, and service talks to them, if there still is what about.
pub(crate) fn lapse(tx: &mut Tx<'_>, act: &Act, due: &Due) -> Result<Lapsed, FileError> {
    let id = ChoiceId::from_raw(due.subject_id);
    let seen = stored::fetch(tx, id)?;
    let file = match seen {
        Some(choice) => Some(OrderFile::load(tx, choice.facts().question.order)?),
        None => None,
    };
    if !deadline::finish(tx, due)? {
        return Ok(Lapsed::Lost);
    }
    let (Some(file), Some(mut choice)) = (file, stored::fetch(tx, id)?) else {
        return Ok(Lapsed::Moot);
    };
    if overtake_if_changed(tx, act, &file, &mut choice)? {
        return Ok(Lapsed::Moot);
    }
    let Ok(event) = choice.lapse(act.at) else { return Ok(Lapsed::Moot) };
    stored::update(tx, act, &choice, &event)?;
    let pieces = choice.facts().question.pieces;
    to_service(tx, Lack::of(&choice, pieces.get()), Why::Silence, act.at)?;
    Ok(Lapsed::ToService)
}

/// What the end of the time for an answer has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapsed {
    /// Service has a task.
    ToService,
    /// There was nothing to choose any more.
    Moot,
    /// The deadline was not this node's any more; nothing has changed.
    Lost,
}

/// The open question about a line is over because somebody has decided otherwise.
pub(crate) fn overtake_of(
    tx: &mut Tx<'_>,
    act: &Act,
    order: OrderId,
    line_no: u16,
) -> Result<(), Error> {
    match stored::find_open(tx, order, line_no)? {
        Some(mut choice) => overtake(tx, act, &mut choice),
        None => Ok(()),
    }
}

fn overtake(tx: &mut Tx<'_>, act: &Act, choice: &mut Choice) -> Result<(), Error> {
    if let Ok(event) = choice.overtake(act.at) {
        stored::update(tx, act, choice, &event)?;
        deadline::meet(tx, choice.facts().id, DeadlineKind::BuyerChoice)?;
    }
    Ok(())
}

/// Pieces of these orders have just come in: the open questions that ask about more than still waits are over,
/// and service has nothing to do about lines of which all is there.
pub(crate) fn pieces_came_in(
    tx: &mut Tx<'_>,
    act: &Act,
    files: &[&OrderFile],
) -> Result<(), Error> {
    let ids: Vec<OrderId> = files.iter().map(|file| file.order().id()).collect();
    for mut choice in stored::open_of_each(tx, &ids)? {
        let of = choice.facts().question.order;
        if let Some(file) = files.iter().find(|file| file.order().id() == of) {
            overtake_if_changed(tx, act, file, &mut choice)?;
        }
    }
    for file in files {
        for line in file.lines.iter().filter(|line| line.pieces().backordered == 0) {
            let line_no = line.terms.line_no;
            service_is_done(tx, file.order().id(), line_no, "came_in", act.at)?;
        }
    }
    Ok(())
}

/// Ends a question if fewer pieces wait than it asks about, or none; service talks to the buyer about those
/// that still do. Gives whether it is over.
fn overtake_if_changed(
    tx: &mut Tx<'_>,
    act: &Act,
    file: &OrderFile,
    choice: &mut Choice,
) -> Result<bool, Error> {
    let waiting = still_waiting(file.order().status(), &file.lines, choice);
    if waiting == choice.facts().question.pieces.get() {
        return Ok(false);
    }
    let was_open = choice.facts().state == State::Asked;
    overtake(tx, act, choice)?;
    if was_open && waiting > 0 {
        to_service(tx, Lack::of(choice, waiting), Why::SomeCameIn, act.at)?;
    }
    Ok(true)
}

/// How many of the pieces that a question is about still wait for stock.
fn still_waiting(status: Status, lines: &[OrderLine], choice: &Choice) -> i64 {
    let Question { line_no, pieces, .. } = choice.facts().question;
    let line = lines.iter().find(|line| line.terms.line_no == line_no);
    let line = line.filter(|_| status == Status::Confirmed);
    line.map_or(0, |line| line.pieces().backordered.min(pieces.get()))
}

/// The events of choices that buyers are told of.
pub(crate) const ASKED: &str = "choice.asked";

/// Whose buyer the question of an entry is for.
pub(crate) fn order_of(tx: &mut Tx<'_>, id: ChoiceId) -> Result<Option<OrderId>, Error> {
    Ok(stored::fetch(tx, id)?.map(|choice| choice.facts().question.order))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ordermill_vault::SeededEntropy;

    use ordermill_domain::choice::Event;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn a_link_opens_its_choice_until_some_time_after_its_end() {
        let vault = Vault::in_memory(Arc::new(SeededEntropy::from_seed(1)), NOW);
        let question = Question {
            order: OrderId::from_raw(1),
            line_no: 1,
            sku: SkuId::from_raw(1),
            pieces: Quantity::ONE,
            expected_on: None,
            answer_by: NOW + Span::hours(24),
        };
        let (choice, Event::Asked(_)) = Choice::ask(ChoiceId::from_raw(7), question, NOW) else {
            panic!("a choice begins with its question")
        };
        let link = token(&vault, &choice);
        assert_eq!(choice_of(&vault, &link, NOW), Some(ChoiceId::from_raw(7)));
        assert_eq!(choice_of(&vault, &link, NOW + Span::days(30)), Some(ChoiceId::from_raw(7)));
        assert_eq!(choice_of(&vault, &link, NOW + Span::days(31)), None);
        let proof = link.split_once('.').unwrap().1;
        let other = ChoiceId::from_raw(8).to_string();
        let forged = format!("{}.{proof}", other.trim_start_matches("chc_"));
        assert_eq!(choice_of(&vault, &forged, NOW), None);
        assert_eq!(choice_of(&vault, "", NOW), None);
    }
}
