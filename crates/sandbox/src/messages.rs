//! The phone and the mailbox of everyone: text messages and mails that were sent to the sandbox.

use std::collections::VecDeque;

use ordermill_base::Timestamp;
use serde::{Deserialize, Serialize};

/// How many messages of each kind are kept.
pub const KEPT: usize = 200;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A text message to a phone.
    Sms,
    /// A mail.
    Mail,
}

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The sender's identity of the message; a repeat is dropped.
    pub id: String,
    /// The phone number or mail address.
    pub to: String,
    /// The subject of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// When it came in.
    #[serde(default, skip_deserializing)]
    pub received_at: Option<Timestamp>,
}

/// The newest messages of each kind.
#[derive(Debug, Default)]
pub struct Messages {
    sms: VecDeque<Message>,
    mail: VecDeque<Message>,
}

impl Messages {
    /// Keeps a message, unless one with its id is there.
    pub fn receive(&mut self, medium: Medium, message: Message, now: Timestamp) {
        let kept = match medium {
            Medium::Sms => &mut self.sms,
            Medium::Mail => &mut self.mail,
        };
        if kept.iter().any(|earlier| earlier.id == message.id) {
            return;
        }
        kept.push_front(Message { received_at: Some(now), ..message });
        kept.truncate(KEPT);
    }

    /// The messages of one kind, newest first.
    pub fn list(&self, medium: Medium) -> Vec<Message> {
        match medium {
            Medium::Sms => self.sms.iter().cloned().collect(),
            Medium::Mail => self.mail.iter().cloned().collect(),
        }
    }
}
