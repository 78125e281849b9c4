//! What becomes of a buyer's answer, and what they can take in place of the pieces.

use ordermill_base::Timestamp;
use ordermill_domain::actor::Act;
use ordermill_domain::choice::{Answer, Question};
use ordermill_domain::deadline::DeadlineKind;
use ordermill_domain::ids::{ChoiceId, SkuId};
use ordermill_domain::order::LineQuantity;
use ordermill_storage::{Error, Tx, choice as stored, deadline, order};

use super::{Asked, Lack, Why, overtake_if_changed, to_service};
use crate::catalog::Catalog;
use crate::order::cancel::Loaded;
use crate::order::file::FileError;
use crate::order::give_up::{GiveUpError, GivenUp, give_up};
use crate::order::substitute::{
    Offer, SubstituteError, Substituted, Waiting, may_be_taken, offers_to_buyer, substitute,
};

/// What a buyer can take now in place of the pieces that they are asked about, a few, the best first. Only
/// that which no person has to look at.
pub fn substitutes(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    asked: &Asked,
    now: Timestamp,
) -> Result<Vec<Offer>, Error> {
    let Question { order: of, line_no, pieces, .. } = asked.choice.facts().question;
    let Some(stored) = order::fetch(tx, of)?.filter(|_| asked.is_open) else {
        return Ok(Vec::new());
    };
    let lines = order::lines(tx, of)?;
    match Waiting::of(&stored.order, &lines, line_no) {
        Ok(waiting) => {
            let waiting = waiting.at_most(pieces);
            offers_to_buyer(tx, catalog, (&stored, &lines), waiting, now)
        }
        Err(_) => Ok(Vec::new()),
    }
}

/// Why an answer could not be carried out; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The pieces cannot be given up.
    #[error(transparent)]
    GiveUp(#[from] GiveUpError),
    /// They cannot be replaced by what was chosen.
    #[error(transparent)]
    Substitute(#[from] SubstituteError),
    /// The order cannot be loaded.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<Error> for AnswerError {
    fn from(error: Error) -> Self {
        Self::File(error.into())
    }
}

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is carried out; what was given up, if they took the money.
    Done(Option<GivenUp>),
    /// What they took is sent in place of the pieces.
    Substituted(Substituted),
    /// It was answered before, or its time is over: nothing has changed.
    TooLate,
    /// The pieces came in, or the order is over: there is nothing to choose any more. If only some came in,
    /// service talks to the buyer about the others.
    Overtaken,
}

/// The buyer answers, once.
///
/// # Errors
/// If this answer cannot be carried out, such as when a substitute has sold out, or if the database does not
/// answer; nothing has changed then, and another answer may be given.
pub fn answer(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    act: &Act,
    id: ChoiceId,
    answer: Answer,
) -> Result<Outcome, AnswerError> {
    let Some(seen) = stored::fetch(tx, id)? else { return Ok(Outcome::TooLate) };
    let Question { order, line_no, pieces, .. } = seen.facts().question;
    let also: Vec<SkuId> = answer.substitute().into_iter().collect();
    let mut loaded = Loaded::load_with(tx, order, &also)?;
    // Read anew under the lock of the order, where two answers come one after the other.
    let Some(mut choice) = stored::fetch(tx, id)? else { return Ok(Outcome::TooLate) };
    if !choice.is_open(act.at) {
        return Ok(Outcome::TooLate);
    }
    if overtake_if_changed(tx, act, &loaded.file, &mut choice)? {
        return Ok(Outcome::Overtaken);
    }
    let outcome = match answer {
        Answer::Refund => {
            let pieces = LineQuantity { line_no, quantity: pieces };
            Outcome::Done(Some(give_up(tx, act, loaded, pieces)?))
        }
        Answer::Wait => Outcome::Done(None),
        Answer::Call => {
            to_service(tx, Lack::of(&choice, pieces.get()), Why::Call, act.at)?;
            Outcome::Done(None)
        }
        Answer::Substitute { sku } => {
            let file = &mut loaded.file;
            let waiting = Waiting::of(file.order(), &file.lines, line_no)?.at_most(pieces);
            let offer = file.offer(tx, catalog, waiting, sku)?;
            if !may_be_taken(tx, catalog, (&file.stored, &file.lines), &offer, act.at)? {
                return Err(SubstituteError::ToBeReviewed(sku).into());
            }
            Outcome::Substituted(substitute(tx, act, catalog, file, &offer)?)
        }
    };
    if let Ok(event) = choice.answer(answer, act.at) {
        stored::update(tx, act, &choice, &event)?;
        deadline::meet(tx, id, DeadlineKind::BuyerChoice)?;
    }
    Ok(outcome)
}
