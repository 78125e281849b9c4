//! The notifier: sends a message to a phone or a mailbox.
//!
//! Start at [`Notifier`]. [`Outbox`] is the notifier of demos and tests: it keeps what was sent,
//! for people to read.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::Answer;

/// Whoever carries messages to people.
pub trait Notifier: Send + Sync {
    /// Sends one message. The same message id may be sent again after an unknown outcome; a good
    /// sender drops the repeat, a poor one delivers twice, so texts must bear being read twice.
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<(), NotifyError>>;
}

/// A text to one person.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// Our identity of the message; stays the same when it is sent again.
    pub id: String,
    /// Who gets it.
    pub to: Recipient,
    /// The subject of a mail; not shown in a text message.
    pub subject: Option<String>,
    /// The plain text.
    pub text: String,
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A phone number in E.164 form, `+8613800138000`.
    Phone(String),
    /// A mail address.
    Mail(String),
}

// Login codes and addresses have no place in logs: both print as what they are, not what they say.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(…)",
            Self::Mail(_) => "Mail(…)",
        })
    }
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// The address or the text is not acceptable; sending it again changes nothing.
    #[error("the message was refused: {0}")]
    Refused(String),
    /// It may or may not have gone out; sending it again is right.
    #[error("the message may not have been sent: {0}")]
    Unsent(String),
}

/// Keeps the newest messages in memory instead of sending them.
#[derive(Debug)]
pub struct Outbox {
    capacity: usize,
    kept: Mutex<VecDeque<Message>>,
}

impl Outbox {
    /// An outbox that keeps the `capacity` newest messages.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, kept: Mutex::new(VecDeque::new()) }
    }

    /// What was sent, oldest first; a message that was sent again stands once.
    pub fn messages(&self) -> Vec<Message> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Notifier for Outbox {
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<(), NotifyError>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.iter().any(|earlier| earlier.id == message.id) {
            kept.push_back(message.clone());
            while kept.len() > self.capacity {
                kept.pop_front();
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(id: &str) -> Message {
        Message {
            id: id.into(),
            to: Recipient::Phone("+8613800138000".into()),
            subject: None,
            text: "验证码 204811".into(),
        }
    }

    #[test]
    fn the_outbox_keeps_the_newest_messages_once_each() {
        let outbox = Outbox::new(2);
        for id in ["a", "b", "b", "c"] {
            // The future only reports; the message is kept when it is handed over.
            drop(outbox.send(&code(id)));
        }
        let ids: Vec<String> = outbox.messages().into_iter().map(|message| message.id).collect();
        assert_eq!(ids, ["b", "c"]);
    }

    #[test]
    fn codes_and_phone_numbers_do_not_reach_logs() {
        let printed = format!("{:?}", code("a"));
        assert!(!printed.contains("204811") && !printed.contains("138"), "{printed}");
    }
}
