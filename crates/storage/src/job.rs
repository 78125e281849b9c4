//! Commands on their way to the writer.

use std::any::{Any, TypeId};

use tokio::sync::oneshot;

use crate::{Error, Tx};

/// A command of a hot kind: those that wait together are decided together, so that their reads and
/// writes are shared.
pub trait BatchCommand: Send + Sized + 'static {
    /// What each command is answered, also when it is refused.
    type Output: Send + 'static;

    /// Decides all commands in order and writes what they change; gives one output for each. Runs
    /// again from the start if the transaction lost a race. A refused command writes nothing.
    fn run(batch: &[&Self], tx: &mut Tx<'_>) -> Result<Vec<Self::Output>, Error>;
}

/// What a job says after it ran inside the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Decided, one way or the other, and any writing is to be kept.
    Keep,
    /// It failed; if it wrote, that must go.
    Refuse,
}

pub(crate) trait Job: Send {
    /// Jobs of one kind run together; `None` runs alone.
    fn kind(&self) -> Option<TypeId>;
    /// Runs this job and `peers`, all of its kind.
    fn run(&mut self, peers: &mut [Box<dyn Job>], tx: &mut Tx<'_>) -> Verdict;
    /// After the commit.
    fn answer(self: Box<Self>);
    /// Nothing of it was kept.
    fn fail(self: Box<Self>, error: Error);
    fn as_any(&mut self) -> &mut dyn Any;
}

/// An ordinary command: a function over the transaction.
pub(crate) struct Single<T, E, F> {
    pub(crate) work: F,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) sender: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Single<T, E, F>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
{
    fn kind(&self) -> Option<TypeId> {
        None
    }

    fn run(&mut self, _peers: &mut [Box<dyn Job>], tx: &mut Tx<'_>) -> Verdict {
        let result = (self.work)(tx);
        let verdict = if result.is_ok() { Verdict::Keep } else { Verdict::Refuse };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(Error::Panicked.into()));
        // Whoever asked may have gone; the command stands all the same.
        drop(self.sender.send(result));
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.sender.send(Err(error.into())));
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// A command of a hot kind.
pub(crate) struct Hot<C: BatchCommand> {
    pub(crate) command: C,
    pub(crate) output: Option<Result<C::Output, Error>>,
    pub(crate) sender: oneshot::Sender<Result<C::Output, Error>>,
}

impl<C: BatchCommand + Sync> Job for Hot<C> {
    fn kind(&self) -> Option<TypeId> {
        Some(TypeId::of::<C>())
    }

    fn run(&mut self, peers: &mut [Box<dyn Job>], tx: &mut Tx<'_>) -> Verdict {
        let mut all: Vec<&mut Self> = Vec::with_capacity(peers.len() + 1);
        all.push(self);
        all.extend(peers.iter_mut().filter_map(|peer| peer.as_any().downcast_mut::<Self>()));
        let commands: Vec<&C> = all.iter().map(|job| &job.command).collect();
        let result = C::run(&commands, tx);
        match result {
            Ok(outputs) => {
                assert_eq!(outputs.len(), all.len(), "each command of a batch has its answer");
                for (job, output) in all.iter_mut().zip(outputs) {
                    job.output = Some(Ok(output));
                }
                Verdict::Keep
            }
            Err(error) => {
                // Only the careful run, where each job is alone, keeps an error as its answer.
                if let [only] = all.as_mut_slice() {
                    only.output = Some(Err(error));
                }
                Verdict::Refuse
            }
        }
    }

    fn answer(self: Box<Self>) {
        drop(self.sender.send(self.output.unwrap_or(Err(Error::Panicked))));
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.sender.send(Err(error)));
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
