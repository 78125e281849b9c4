//! Messages to buyers: each is sent, scheduled, moot, or dead with a task for a person.

use ordermill_domain::message::State;
use ordermill_storage::check::{self, Walk};
use ordermill_storage::message::Message;
use ordermill_storage::{Error, task};

use super::Examination;
use crate::message::TRIES;

/// I7: nothing is forgotten, and nothing is tried beyond its plan.
pub(super) fn run(examination: &mut Examination<'_, '_>) -> Result<i64, Error> {
    examination.walk("messages", Walk::Messages, |examination, range| {
        for message in check::messages(examination.tx, range)? {
            examine(examination, &message)?;
        }
        for id in check::messages_of_no_order(examination.tx, range)? {
            examination.found("I7", id, "a message about an order that does not exist");
        }
        Ok(())
    })
}

fn examine(examination: &mut Examination<'_, '_>, message: &Message) -> Result<(), Error> {
    let id = message.id;
    let is_waiting = message.state == State::Waiting;
    if is_waiting != message.next_at.is_some() || is_waiting == message.closed_at.is_some() {
        let what = format!("it is {} and its times say otherwise", message.state);
        examination.found("I7", id, what);
    }
    // One more than its plan: a claim that a crash cut short is tried again.
    if is_waiting && message.attempts > TRIES + 1 {
        let what = format!("tried {} times, beyond its plan", message.attempts);
        examination.found("I7", id, what);
    }
    if message.state == State::Dead && task::of(examination.tx, id)?.is_empty() {
        examination.found("I7", id, "a dead letter that nobody was told of");
    }
    Ok(())
}
