//! The plan of the whole table: every figure of docs/performance.md with one command.

use anyhow::Result;

use crate::history::History;
use crate::{Figure, MILLION, Options, run};

/// Benches that are run as often as asked for, with their numbers of clients.
const REPEATED: &[(&str, &[usize])] = &[
    ("place-order", &[1, 8, 64, 256]),
    ("place-order-hot", &[256]),
    ("place-order-direct", &[256]),
    ("rush", &[200]),
    ("pay", &[64]),
    ("lifecycle", &[64]),
    ("tracking", &[64]),
    ("quote", &[64]),
    ("import", &[1]),
    ("cold-start", &[1]),
];

/// Everything on one engine: medians of `runs`. What needs a past is measured in one that grows once,
/// as making it takes the longest. `hear` is given each figure when it is known.
///
/// # Errors
/// The first of any bench.
pub fn all(options: &Options, runs: usize, hear: &mut dyn FnMut(&Figure)) -> Result<()> {
    for (name, connections) in REPEATED {
        for connections in *connections {
            let options = Options { connections: Some(*connections), ..options.clone() };
            let figures: Result<Vec<Vec<Figure>>> =
                (0..runs.max(1)).map(|_| run(name, &options)).collect();
            hear_medians(&figures?, hear);
        }
    }
    let options = Options { connections: None, ..options.clone() };
    let mut history = History::open(&options)?;
    let most = options.orders_or(5 * MILLION);
    hear(&median(runs, || history.place(&options))?);
    history.fill_to(most / 5, &options)?;
    hear(&median(runs, || history.get(&options))?);
    hear(&median(runs, || history.list(&options))?);
    hear(&history.audit_verify(&options)?);
    hear(&history.check(&options)?);
    hear(&median(runs, || history.place(&options))?);
    history.fill_to(most, &options)?;
    hear(&median(runs, || history.place(&options))?);
    Ok(())
}

/// A bench may give several figures, the same ones in every run.
fn hear_medians(runs: &[Vec<Figure>], hear: &mut dyn FnMut(&Figure)) {
    for at in 0..runs.first().map_or(0, Vec::len) {
        let one: Vec<Figure> = runs.iter().filter_map(|run| run.get(at)).cloned().collect();
        hear(&Figure::median(&one));
    }
}

fn median(runs: usize, mut once: impl FnMut() -> Result<Figure>) -> Result<Figure> {
    let figures: Result<Vec<Figure>> = (0..runs.max(1)).map(|_| once()).collect();
    Ok(Figure::median(&figures?))
}
