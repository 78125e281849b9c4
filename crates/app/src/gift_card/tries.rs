//! Trying codes of gift cards: whoever hands in codes that do not exist has to wait, longer every
//! time.

use ordermill_base::Span;
use ordermill_domain::actor::Act;
use ordermill_storage::gift_card::Stored;
use ordermill_storage::{Error, Tx};

use super::find_gift_card;
use crate::Services;
use crate::throttle::{self, Guesser, Throttled};

/// Requests with a code that does not exist, before the next one has to wait.
const FREE_TRIES: i64 = 20;

/// Why codes were not looked at.
#[derive(Debug, thiserror::Error)]
pub enum TryCodesError {
    /// Too many that do not exist; the next ones are heard after this time.
    #[error("too many tries: wait {} seconds", .0.as_seconds() + 1)]
    Wait(Span),
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<Throttled> for TryCodesError {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Wait(wait) => Self::Wait(wait),
            Throttled::Storage(error) => Self::Storage(error),
        }
    }
}

impl Services {
    /// The cards of these codes, in their order. A try of whoever acts is counted before it is looked
    /// at, and forgotten if every code is one.
    pub async fn try_gift_cards(
        &self,
        act: &Act,
        codes: &[String],
    ) -> Result<Vec<Option<Stored>>, TryCodesError> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let (vault, codes, now) = (self.vault().clone(), codes.to_vec(), act.at);
        let guesser = Guesser::new(&vault, "gift_cards", &act.actor.to_string(), FREE_TRIES);
        let work = move |tx: &mut Tx<'_>| {
            throttle::count(tx, &[guesser], now)?;
            let found = codes.iter().map(|code| find_gift_card(tx, &vault, code));
            let found = found.collect::<Result<Vec<_>, _>>()?;
            if found.iter().all(Option::is_some) {
                throttle::forget(tx, guesser)?;
            }
            Ok::<_, TryCodesError>(found)
        };
        self.database().write(work).await
    }

    /// The card of a code, for whoever has it; see [`Services::try_gift_cards`].
    pub async fn gift_card_of(
        &self,
        act: &Act,
        code: String,
    ) -> Result<Option<Stored>, TryCodesError> {
        Ok(self.try_gift_cards(act, &[code]).await?.pop().flatten())
    }
}
