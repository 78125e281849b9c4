//! Sending what is due, again and again with longer pauses, until it is sent or a person must look.

use ordermill_base::{Id, Money, Span};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ChoiceId, MessageId};
use ordermill_domain::message::{Cause, State};
use ordermill_domain::order::Action;
use ordermill_domain::refund::{self as back, Refund};
use ordermill_domain::task::TaskKind;
use ordermill_ports::notifier::{Message as Outgoing, NotifyError, Recipient};
use ordermill_storage::message::{self, Message};
use ordermill_storage::{Error, Tx, deadline, order, refund, task};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::text::{Facts, InPlace, text_of};
use super::{Messages, TRIES, parcel};
use crate::choice;
use crate::privacy::OrderContact;
use crate::shipment::tracking_page;
use crate::shopper::guest_token;

/// Longer than any carrier takes to answer.
const SEND_WITHIN: Span = Span::minutes(1);
const AT_ONCE: i64 = 16;

/// What is to be done with a claimed message.
enum Draft {
    Send(Box<Outgoing>),
    Moot(&'static str),
    /// It cannot be written, and will not be when tried again.
    Unwritable(String),
}

impl Messages {
    /// Sends what is due until `stop` becomes true. Any number of nodes may run this on one database.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            match self.send_due().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "messages to buyers cannot be sent");
                }
            }
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(self.0.look_every.to_std()) => {}
            }
        }
    }

    /// Sends the messages that are due, once each. Gives how many there were.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn send_due(&self) -> Result<usize, Error> {
        let now = self.now();
        let claim = move |tx: &mut Tx<'_>| message::claim(tx, now, now + SEND_WITHIN, AT_ONCE);
        let claimed: Vec<Message> = self.0.database.write(claim).await?;
        let count = claimed.len();
        let mut sending = JoinSet::new();
        for message in claimed {
            let messages = self.clone();
            sending.spawn(async move { messages.send_one(message).await });
        }
        while let Some(sent) = sending.join_next().await {
            // What could not be stored is due again when its claim has run out.
            if let Ok(Err(error)) = sent {
                tracing::error!(error = &error as &dyn std::error::Error, "a message failed");
            }
        }
        Ok(count)
    }

    /// Lets a message that a person looked at be tried again. Gives whether there was one.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn replay(&self, id: MessageId) -> Result<bool, Error> {
        let now = self.now();
        let replay = move |tx: &mut Tx<'_>| {
            task::close(tx, TaskKind::DeliveryDeadLetter, id, "replayed", now)?;
            message::replay(tx, id, now)
        };
        self.0.database.write(replay).await
    }

    async fn send_one(&self, message: Message) -> Result<(), Error> {
        let messages = self.clone();
        let wanted = message.clone();
        let draft = self.0.database.read(move |tx| messages.draft(tx, &wanted)).await?;
        let (id, now) = (message.id, self.now());
        let close = move |state, error: Option<String>| {
            move |tx: &mut Tx<'_>| message::close(tx, id, state, error.as_deref(), now)
        };
        let error = match draft {
            Draft::Moot(why) => {
                let close = close(State::Moot, Some(why.to_owned()));
                return self.0.database.write_behind(close).await;
            }
            Draft::Unwritable(why) => NotifyError::Refused(why),
            Draft::Send(outgoing) => match self.0.notifier.send(&outgoing).await {
                // Nothing that a command locks; what is sent at one time is stored at one time.
                Ok(()) => return self.0.database.write_behind(close(State::Sent, None)).await,
                Err(error) => error,
            },
        };
        let is_over = matches!(error, NotifyError::Refused(_)) || message.attempts >= TRIES;
        let (attempts, order, cause) = (message.attempts, message.order, message.cause);
        let give_up_or_wait = move |tx: &mut Tx<'_>| {
            let why = error.to_string();
            if !is_over {
                return message::put_off(tx, id, now + pause_after(attempts), &why);
            }
            message::close(tx, id, State::Dead, Some(&why), now)?;
            let detail =
                serde_json::json!({ "order": order, "message": cause, "error": why }).to_string();
            task::open(tx, TaskKind::DeliveryDeadLetter, id, &detail, None, now)
        };
        self.0.database.write(give_up_or_wait).await
    }

    /// The message as it reads now.
    fn draft(&self, tx: &mut Tx<'_>, message: &Message) -> Result<Draft, Error> {
        let Some(stored) = order::fetch(tx, message.order)? else {
            return Ok(Draft::Moot("the order is gone"));
        };
        if message.cause.asks_to_pay() && !stored.order.allows(Action::Pay) {
            return Ok(Draft::Moot("there is nothing to pay any more"));
        }
        let parcel = match message.cause.is_about_a_parcel() {
            false => None,
            true => match parcel::told_of(tx, message.cause, message.subject)? {
                Some(parcel) => Some(parcel),
                None => return Ok(Draft::Moot("the parcel has moved on")),
            },
        };
        let asked = match message.cause {
            Cause::MissingPieces => {
                let id = ChoiceId::from_raw(message.subject);
                let asked = choice::load(tx, id, self.now())?.filter(|asked| asked.is_open);
                let Some(asked) = asked else {
                    return Ok(Draft::Moot("there is nothing to choose any more"));
                };
                Some(asked.choice)
            }
            _ => None,
        };
        let lines = match message.cause {
            Cause::Substituted => order::lines(tx, message.order)?,
            _ => Vec::new(),
        };
        let find = |line_no: i64| lines.iter().find(|it| i64::from(it.terms.line_no) == line_no);
        let in_place = find(message.subject).map(|line| line.terms);
        let replaced = in_place.and_then(|terms| find(terms.stands_for?.into()));
        let contact = match self.0.vault.open_recipient(message.order, &stored.recipient) {
            Ok(contact) => contact,
            Err(error) if error.is_erased() => return Ok(Draft::Moot("the buyer is erased")),
            Err(error) => return Ok(Draft::Unwritable(error.to_string())),
        };
        let refunds = match message.cause {
            Cause::Refunded => refund::of(tx, message.order)?,
            _ => Vec::new(),
        };
        let due_at = match message.cause {
            Cause::PaymentDue => {
                let mut open = deadline::of(tx, message.order)?.into_iter();
                open.find(|it| it.0 == DeadlineKind::Pay).map(|it| it.1)
            }
            _ => None,
        };
        let catalog = self.0.shop.current();
        let link = match &asked {
            Some(choice) => self.0.links.choice(&choice::token(&self.0.vault, choice)),
            None if parcel.is_some() => {
                self.0.links.tracking(&tracking_page::token(&self.0.vault, message.order))
            }
            None => {
                let token = guest_token(&self.0.vault, message.order, self.now());
                self.0.links.order(message.order, &token)
            }
        };
        let name = |sku| catalog.sku(sku).map(|sku| sku.name.clone()).unwrap_or_default();
        let missing = asked.map(|choice| choice.facts().question.sku);
        let missing = missing.or_else(|| replaced.map(|line| line.terms.sku));
        let currency = stored.order.facts().amounts.currency;
        let facts = Facts {
            cause: message.cause,
            subject: message.subject,
            order: &stored.order,
            refunds: &refunds,
            due_at,
            parcel,
            asked: asked.map(|choice| choice.facts().question),
            goods: missing.map(name).unwrap_or_default(),
            in_place: in_place.map(|terms| InPlace {
                name: name(terms.sku),
                pieces: terms.quantity,
                refund: Money::new(back_for(&refunds, message.subject), currency),
            }),
            link,
            shop: &catalog.shop.name,
        };
        let (subject, text) = text_of(&facts, is_chinese(&contact));
        let to = match &contact.email {
            Some(email) => Recipient::Mail(email.as_str().to_owned()),
            None => Recipient::Phone(contact.recipient.phone.e164()),
        };
        let id = message.id.to_string();
        Ok(Draft::Send(Box::new(Outgoing { id, to, subject: Some(subject), text })))
    }
}

/// What goes back because this line of the order costs less than what it stands in for, minor units.
fn back_for(refunds: &[Refund], line_no: i64) -> i64 {
    let facts = refunds.iter().map(Refund::facts);
    let of_it =
        facts.filter(|it| (it.key.cause, it.key.subject) == (back::Cause::Substituted, line_no));
    of_it.map(|it| it.amount.minor).sum()
}

/// Buyers in the countries where Chinese is written are written to in Chinese.
fn is_chinese(contact: &OrderContact) -> bool {
    matches!(contact.recipient.address.country().code(), "CN" | "HK" | "MO" | "TW")
}

/// 10 seconds after the first try, then a minute, ten minutes, an hour, six hours.
fn pause_after(attempts: i64) -> Span {
    match attempts {
        ..=1 => Span::seconds(10),
        2 => Span::minutes(1),
        3 => Span::minutes(10),
        4 => Span::hours(1),
        _ => Span::hours(6),
    }
}
