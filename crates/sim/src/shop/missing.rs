//! What nobody has: service sends something else, or the buyer is asked and takes it, some twice.

use ordermill_app::choice::{self, AnswerError, AskError, Outcome};
use ordermill_app::order::substitute::{SubstituteError, substitute_by_hand};
use ordermill_app::permission::Principal;
use ordermill_base::Id;
use ordermill_domain::actor::Act;
use ordermill_domain::choice::Answer;
use ordermill_domain::ids::{ChoiceId, OrderId, SkuId};
use ordermill_storage::{Tx, order};

use super::{Shop, buyer, operator};
use crate::bug::Bug;
use crate::ground;
use crate::model::{Lack, Wrong};

/// What one person may send back alone.
const ALONE_MAX: i64 = 50_000;

/// What came of it.
enum Done {
    Replaced,
    TooLittle,
    AboveLimit,
    NeverASubstitute,
    /// The buyer is asked already, or by their channel.
    NotAsked,
}

impl Shop {
    /// Something else is sent in place of missing pieces, or is wished for in vain.
    pub(super) fn pieces_are_replaced(&mut self) -> Result<(), Wrong> {
        let lacks = self.model.lacks();
        if lacks.is_empty() {
            return Ok(());
        }
        let lack = *self.random.pick(&lacks);
        let offered = ground::substitutes_of(lack.sku);
        let by = match self.random.percent(10) {
            true => self.random.between(1, ground::SKUS),
            false => *self.random.pick(&offered),
        };
        let of = OrderId::from_raw(lack.order);
        let lines = self.world.look(|tx| order::lines(tx, of));
        let of_it = lines.iter().find(|line| i64::from(line.terms.line_no) == lack.line);
        let terms = of_it.ok_or("a line is gone")?.terms;
        let line = (terms.quantity.get(), terms.total_minor);
        let is_known = offered.contains(&by);
        let should = self.model.instead(lack, by, line).filter(|_| is_known);
        let is_by_buyer = self.random.percent(40);
        let is_within = should.is_none_or(|it| is_by_buyer || it.refund <= ALONE_MAX);
        self.model.to_be_replaced = should.filter(|_| is_within);
        let done = match is_by_buyer {
            true => self.a_buyer_takes(lack, by)?,
            false => self.service_sends(lack, by)?,
        };
        Bug::after_substitute(self.bug, &mut self.world);
        self.listen()?;
        let is_heard = self.model.to_be_replaced.take().is_none();
        let is_fine = match done {
            None | Some(Done::NotAsked) => true,
            Some(Done::Replaced) => should.is_some() && is_within && is_heard,
            Some(Done::TooLittle) => should.is_none() && is_known,
            Some(Done::NeverASubstitute) => !is_known,
            Some(Done::AboveLimit) => !is_within,
        };
        match is_fine {
            true => Ok(()),
            false => Err(format!("{by} for {lack:?} is sent or not, should be {should:?}")),
        }
    }

    fn service_sends(&mut self, lack: Lack, by: i64) -> Result<Option<Done>, Wrong> {
        let (of, line, sku) = ids(lack, by);
        let act = Act { reason: Some("agreed".to_owned()), ..operator(self.world.now()) };
        let (database, catalog) = (self.world.database(), self.world.services().catalog());
        let sent = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| {
                substitute_by_hand(tx, &catalog, &principal, &act, of, (line, sku))
            };
            database.write(work).await
        });
        sent.map(|sent| why_not(sent.map(drop))).transpose()
    }

    /// The buyer is asked, and answers at once.
    fn a_buyer_takes(&mut self, lack: Lack, by: i64) -> Result<Option<Done>, Wrong> {
        let (of, line, sku) = ids(lack, by);
        let act = operator(self.world.now());
        let database = self.world.database();
        let asked = self.world.run(async move {
            let principal = Principal::system("sim");
            let work = move |tx: &mut Tx<'_>| choice::ask(tx, &principal, &act, of, line);
            database.write(work).await
        });
        let id: ChoiceId = match asked {
            None => return Ok(None),
            Some(Ok(choice)) => choice.facts().id,
            Some(Err(AskError::AskedAlready(_) | AskError::NotOurs)) => {
                return Ok(Some(Done::NotAsked));
            }
            Some(Err(error)) => return Err(format!("{lack:?} is not asked about: {error}")),
        };
        let times = 1 + u32::from(self.random.percent(40));
        let mut first = None;
        for nth in 0..times {
            let (act, database) = (buyer(self.world.now()), self.world.database());
            let catalog = self.world.services().catalog();
            let answered = self.world.run(async move {
                let taken = Answer::Substitute { sku };
                let work = move |tx: &mut Tx<'_>| choice::answer(tx, &catalog, &act, id, taken);
                database.write(work).await
            });
            let done = match answered {
                None => return Ok(None),
                Some(Ok(Outcome::Substituted(_))) if nth == 0 => Done::Replaced,
                // The same button again changes nothing.
                Some(Ok(Outcome::TooLate)) if matches!(first, Some(Done::Replaced)) => continue,
                Some(Err(AnswerError::Substitute(error))) => why_not(Err(error))?,
                Some(answered) => return Err(format!("{by} for {lack:?} is {answered:?}")),
            };
            first.get_or_insert(done);
        }
        Ok(first)
    }
}

fn ids(lack: Lack, by: i64) -> (OrderId, u16, SkuId) {
    let line = u16::try_from(lack.line).expect("lines are few");
    (OrderId::from_raw(lack.order), line, SkuId::from_raw(by))
}

fn why_not(sent: Result<(), SubstituteError>) -> Result<Done, Wrong> {
    match sent {
        Ok(()) => Ok(Done::Replaced),
        Err(SubstituteError::NotEnough { .. }) => Ok(Done::TooLittle),
        Err(SubstituteError::NotASubstitute(_)) => Ok(Done::NeverASubstitute),
        Err(SubstituteError::AboveLimit { .. }) => Ok(Done::AboveLimit),
        Err(error) => Err(format!("nothing is sent in place: {error}")),
    }
}
