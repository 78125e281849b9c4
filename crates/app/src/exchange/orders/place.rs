//! Placing the orders of a file, chunk by chunk, each noted with its place in the file.

use std::collections::HashSet;
use std::sync::mpsc::Receiver;

use ordermill_domain::actor::Act;
use ordermill_domain::ids::ChannelId;
use ordermill_storage::import::{self as runs, Counts, Import, Problem};
use ordermill_storage::{Error, Tx, order};

use super::record::Wrong;
use super::run::Taken;
use crate::Services;
use crate::exchange::ImportError;
use crate::exchange::reason::Reason;
use crate::order::place::{PlaceOrder, PlaceOrderError, Placement};

/// Characters of an order's id that a report repeats.
const CODE_CHARS_MAX: usize = 100;

/// Orders that are placed and noted together.
#[derive(Default)]
pub(super) struct Chunk {
    /// Steps of the file that are done with it.
    pub(super) upto: i64,
    pub(super) orders: Vec<(PlaceOrder, About)>,
    /// Orders that the shop would not take in as it is now, with what is wrong. Those that came in before
    /// stand all the same: what was offered then may be offered no more.
    pub(super) unfit: Vec<(About, Vec<Wrong>)>,
    /// What is wrong with orders however often they are handed in.
    problems: Vec<Problem>,
    refused: i64,
}

impl Chunk {
    /// How much is in it, as it is noted.
    pub(super) fn len(&self) -> usize {
        self.orders.len() + self.unfit.len() + self.problems.len()
    }

    /// Refuses an order, whether it is known or not.
    pub(super) fn refuse(&mut self, about: &About, wrong: Vec<Wrong>) {
        self.refused += 1;
        self.problems.extend(wrong.into_iter().map(|it| about.problem(it)));
    }

    /// Settles the orders that the shop would not take in now, of which these are known: gives how many
    /// have not changed.
    fn settle_unfit(&mut self, known: &HashSet<String>) -> i64 {
        let mut unchanged = 0;
        for (about, wrong) in std::mem::take(&mut self.unfit) {
            if known.contains(&about.code) {
                unchanged += 1;
            } else {
                self.refuse(&about, wrong);
            }
        }
        unchanged
    }
}

/// Where an order stands in the file.
pub(super) struct About {
    pub(super) line_no: i64,
    /// The channel's id of it.
    pub(super) code: String,
    /// The line in the file of each of its lines, where each has one of its own.
    pub(super) rows: Vec<i64>,
}

impl About {
    fn problem(&self, Wrong { line_no, field, reason }: Wrong) -> Problem {
        let code = self.code.chars().take(CODE_CHARS_MAX).collect();
        reason.into_problem(line_no, code, field)
    }

    /// As the intake names a field, and as this file has it.
    pub(super) fn wrong(&self, field: &str, reason: Reason) -> Wrong {
        let of_line = field.strip_prefix("lines.").and_then(|rest| {
            let (index, column) = rest.split_once('.')?;
            Some((*self.rows.get(index.parse::<usize>().ok()?)?, column))
        });
        if let Some((line_no, column)) = of_line {
            return Wrong::new(line_no, column, reason);
        }
        // A sheet has no recipient, only their columns.
        let field = match field.strip_prefix("recipient.") {
            Some(column) if !self.rows.is_empty() => column.to_owned(),
            _ => field.to_owned(),
        };
        Wrong::new(self.line_no, field, reason)
    }
}

/// Places chunk after chunk, and notes each with its place in the file.
pub(super) fn place_chunks(
    services: &Services,
    act: &Act,
    (run, channel): (&Import, ChannelId),
    ready: &Receiver<Chunk>,
    progress: &mut dyn FnMut(Taken),
) -> Result<(), ImportError> {
    let mut taken = Taken { import: run.id, orders: run.steps_done, counts: Counts::default() };
    progress(taken);
    for mut chunk in ready {
        if services.is_stopping() {
            return Err(Error::Unavailable(None).into());
        }
        let known = known_of(services, channel, &chunk.unfit)?;
        let unchanged = chunk.settle_unfit(&known);
        let Chunk { upto, orders, mut problems, refused, .. } = chunk;
        let mut counts = Counts { unchanged, refused, ..Counts::default() };
        let (commands, abouts): (Vec<PlaceOrder>, Vec<About>) = orders.into_iter().unzip();
        let placed = services.database().submit_all_blocking(commands)?;
        for (outcome, about) in placed.into_iter().zip(&abouts) {
            match outcome {
                Ok(Placement::New(_)) => counts.created += 1,
                Ok(Placement::Existing(_)) => counts.unchanged += 1,
                Err(error) => {
                    counts.refused += 1;
                    let wrong = refusals(services, error, about);
                    problems.extend(wrong.into_iter().map(|it| about.problem(it)));
                }
            }
        }
        let (id, steps, now) = (run.id, (taken.orders, upto), services.now());
        let at = now.max(act.at);
        services.database().write_blocking(move |tx| {
            problems.iter().try_for_each(|problem| runs::insert_problem(tx, id, problem))?;
            runs::advance(tx, id, steps, counts, at)
        })?;
        taken.orders = upto;
        taken.counts.created += counts.created;
        taken.counts.unchanged += counts.unchanged;
        taken.counts.refused += counts.refused;
        progress(taken);
    }
    Ok(())
}

/// The channel's ids of those among these that came in before.
fn known_of(
    services: &Services,
    channel: ChannelId,
    unfit: &[(About, Vec<Wrong>)],
) -> Result<HashSet<String>, Error> {
    if unfit.is_empty() {
        return Ok(HashSet::new());
    }
    let codes: Vec<String> = unfit.iter().map(|(about, _)| about.code.clone()).collect();
    let find = move |tx: &mut Tx<'_>| {
        let pairs: Vec<(ChannelId, &str)> =
            codes.iter().map(|code| (channel, code.as_str())).collect();
        order::find_by_channels(tx, &pairs)
    };
    let found = services.database().write_blocking(find)?;
    Ok(found.into_iter().map(|(_, code, _)| code).collect())
}

fn refusals(services: &Services, error: PlaceOrderError, about: &About) -> Vec<Wrong> {
    let PlaceOrderError::OutOfStock(shortages) = error else {
        let reason = Reason::new("refused").with("detail", error);
        return vec![Wrong::new(about.line_no, "order", reason)];
    };
    let catalog = services.catalog();
    let codes = shortages.iter().map(|short| {
        let code = catalog.sku(short.sku).map_or_else(String::new, |sku| sku.code.clone());
        format!("{}/{} {code}", short.available, short.wanted)
    });
    let short = codes.collect::<Vec<_>>().join(", ");
    let reason = Reason::new("out_of_stock").with("short", short);
    vec![Wrong::new(about.line_no, "lines", reason)]
}
