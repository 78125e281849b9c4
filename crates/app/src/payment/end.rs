//! Ending a payment without money.

use ordermill_domain::actor::Act;
use ordermill_domain::ids::PaymentId;
use ordermill_domain::payment::{Payment, State};
use ordermill_storage::{Error, Tx, payment};

/// How a payment ends without money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Refused by the gateway or the bank, in the gateway's words.
    Failed(String),
    /// Not paid in time.
    Expired,
    /// Closed by us.
    Voided,
}

/// Ends a payment that is open; one that is over stays as it is. It is not asked about any more.
pub(super) fn end_payment(
    tx: &mut Tx<'_>,
    act: &Act,
    id: PaymentId,
    ending: &Ending,
) -> Result<State, Error> {
    let mut payment = locked(tx, id)?;
    let version_before = payment.facts().version;
    let step = match ending {
        Ending::Failed(_) => payment.fail(act.at),
        Ending::Expired => payment.expire(act.at),
        Ending::Voided => payment.void(act.at),
    };
    match step {
        Ok(event) => {
            payment::update(tx, &payment, version_before)?;
            payment::record(tx, act, &payment, &event)?;
            if let Ending::Failed(reason) = ending {
                payment::set_failure(tx, id, reason)?;
            }
        }
        Err(_over_already) => payment::set_ask_at(tx, id, None)?,
    }
    Ok(payment.state())
}

fn locked(tx: &mut Tx<'_>, id: PaymentId) -> Result<Payment, Error> {
    payment::fetch_for_update(tx, id)?.ok_or(Error::Stale("a payment"))
}
