//! What finance says to a dispute: evidence, or that it is not contested.
//!
//! The decision is stored with what is to be submitted, sealed, as words of people may name somebody; the
//! gateway is told afterwards.

use ordermill_domain::actor::Act;
use ordermill_domain::dispute::{Answer, AnswerError, Dispute, EVIDENCE_CHARS_MAX, Evidence};
use ordermill_domain::ids::DisputeId;
use ordermill_storage::{Error, Tx, dispute};
use ordermill_vault::Place;

use super::{evidence, lock, may_answer};
use crate::once::{Key, Once, OnceError, once};
use crate::payment::{Payments, Sealer};
use crate::permission::{Forbidden, Principal};

/// Finance answers a dispute.
#[derive(Debug, Clone)]
pub struct AnswerDispute {
    /// Which one.
    pub dispute: DisputeId,
    /// The version that they have seen; any if none.
    pub version: Option<i64>,
    /// What they say.
    pub say: Saying,
    /// The client's key: the same again is the same answer.
    pub key: Option<Key>,
}

/// What finance says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// Their words; what the order tells is added.
    Evidence(String),
    /// It is not contested.
    Accept,
}

/// Why a dispute was not answered; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AnswerDisputeError {
    /// They may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No such dispute.
    #[error("dispute {0} not found")]
    NotFound(DisputeId),
    /// Something happened to it after they saw it.
    #[error("dispute {0} changed meanwhile")]
    Stale(DisputeId),
    /// Nothing was written, or too much.
    #[error("evidence has 1 to {EVIDENCE_CHARS_MAX} characters")]
    Words,
    /// It was answered, or has ended.
    #[error(transparent)]
    Refused(#[from] AnswerError),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Payments {
    /// Notes what finance says to a dispute, and has the gateway told at once. Gives the dispute.
    ///
    /// # Errors
    /// [`AnswerDisputeError`]; nothing has changed then.
    pub async fn answer_dispute(
        &self,
        principal: &Principal,
        act: &Act,
        request: AnswerDispute,
    ) -> Result<Dispute, AnswerDisputeError> {
        may_answer(principal)?;
        if let Saying::Evidence(text) = &request.say
            && !(1..=EVIDENCE_CHARS_MAX).contains(&text.trim().chars().count())
        {
            return Err(AnswerDisputeError::Words);
        }
        let (payments, act) = (self.clone(), act.clone());
        let answered =
            self.database().write(move |tx| answer(tx, payments.sealer(), &act, &request)).await?;
        self.hurry();
        Ok(answered)
    }

    /// What was or is to be submitted to a dispute; `None` if nothing is, or it does not open.
    pub async fn evidence_of(&self, id: DisputeId) -> Result<Option<Evidence>, Error> {
        let sealed = self.database().read(move |tx| dispute::evidence(tx, id)).await?;
        let opened = sealed.and_then(|sealed| self.sealer().open(place(id), &sealed).ok());
        Ok(opened.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }
}

fn answer(
    tx: &mut Tx<'_>,
    sealer: &dyn Sealer,
    act: &Act,
    request: &AnswerDispute,
) -> Result<Dispute, AnswerDisputeError> {
    let id = request.dispute;
    let made = once(tx, request.key.as_ref(), act.at, |tx| {
        decide(tx, sealer, act, request).map(|answered| (id, answered))
    });
    match made {
        Ok(Once::Made(_, answered)) => Ok(answered),
        Ok(Once::Before(before)) if before == id => {
            dispute::fetch(tx, id)?.ok_or(AnswerDisputeError::NotFound(id))
        }
        Ok(Once::Before(_)) | Err(OnceError::KeyReused) => Err(AnswerDisputeError::KeyReused),
        Err(OnceError::Other(error)) => Err(error),
    }
}

fn decide(
    tx: &mut Tx<'_>,
    sealer: &dyn Sealer,
    act: &Act,
    request: &AnswerDispute,
) -> Result<Dispute, AnswerDisputeError> {
    let id = request.dispute;
    let mut known = lock(tx, id)?.ok_or(AnswerDisputeError::NotFound(id))?;
    let before = known.facts().version;
    if request.version.is_some_and(|seen| seen != before) {
        return Err(AnswerDisputeError::Stale(id));
    }
    let (answer, sealed) = match &request.say {
        Saying::Accept => (Answer::Accept, None),
        Saying::Evidence(text) => {
            let order = known.facts().terms.order;
            let evidence = evidence::of_order(tx, order, text.trim().to_owned())?;
            let plain = serde_json::to_vec(&evidence).map_err(Error::defect)?;
            (Answer::Evidence, Some(sealer.seal(place(id), &plain)))
        }
    };
    let event = known.answer(answer, act.at)?;
    dispute::update(tx, &known, before)?;
    dispute::record(tx, act, &known, &event)?;
    dispute::keep_evidence(tx, id, sealed.as_deref(), act.at)?;
    Ok(known)
}

pub(super) fn place(id: DisputeId) -> Place {
    use ordermill_base::Id as _;
    Place { table: "disputes", column: "evidence", row: id.raw() }
}
