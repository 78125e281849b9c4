//! The phones and mailboxes of buyers, behind a carrier that loses answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordermill_base::Random;
use ordermill_ports::Answer;
use ordermill_ports::notifier::{Message, Notifier, NotifyError, Recipient};

/// The carrier; clones are the same one.
#[derive(Clone)]
pub(crate) struct Mailbox(Arc<Mutex<Kept>>);

/// What the carrier knows.
#[derive(Debug)]
pub(crate) struct Kept {
    /// What was carried, by its identity: to whom. The carrier drops repeats.
    pub(crate) carried: BTreeMap<String, String>,
    /// A message that came again with another text or for somebody else.
    pub(crate) changed: Option<String>,
    random: Random,
    is_calm: bool,
}

impl Mailbox {
    /// A carrier who has carried nothing.
    pub(crate) fn new(random: Random) -> Self {
        let kept = Kept { carried: BTreeMap::new(), changed: None, random, is_calm: false };
        Self(Arc::new(Mutex::new(kept)))
    }

    /// What it knows.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step has chances of its own.
    pub(crate) fn begin_step(&self, random: Random) {
        self.kept().random = random;
    }

    /// From now on every message is carried and every answer arrives; or again, by chance.
    pub(crate) fn set_calm(&self, is_calm: bool) {
        self.kept().is_calm = is_calm;
    }
}

impl Notifier for Mailbox {
    fn send<'a>(&'a self, message: &'a Message) -> Answer<'a, Result<(), NotifyError>> {
        let mut kept = self.kept();
        let luck = if kept.is_calm { 9 } else { kept.random.below(10) };
        let lost = Err(NotifyError::Unsent("simulated".to_owned()));
        if luck == 0 {
            return Box::pin(std::future::ready(lost));
        }
        let (Recipient::Phone(to) | Recipient::Mail(to)) = message.to.clone();
        let before = kept.carried.insert(message.id.clone(), to.clone());
        if before.is_some_and(|before| before != to) {
            kept.changed = Some(message.id.clone());
        }
        // Carried, and nobody hears of it.
        let answer = if luck == 1 { lost } else { Ok(()) };
        Box::pin(std::future::ready(answer))
    }
}
