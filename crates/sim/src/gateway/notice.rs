//! Reads what the simulated gateway tells.

use ordermill_base::{Id, Timestamp};
use ordermill_domain::ids::{PaymentId, RefundId};
use ordermill_ports::gateway::{Notice, NoticeError, NoticeKind};
use serde_json::Value;

use super::{MERCHANT, cny, dispute, reference};

/// Reads a notice.
pub(super) fn read(body: &[u8]) -> Result<Notice, NoticeError> {
    let unreadable = || NoticeError::Unreadable("simulated".to_owned());
    let content: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let number = |name: &str| content[name].as_i64().ok_or_else(unreadable);
    let payment = number("payment")?;
    let refund = || Ok::<_, NoticeError>(RefundId::from_raw(number("refund")?));
    let reason = "simulated".to_owned();
    let kind = match content["kind"].as_str() {
        Some("captured") => NoticeKind::Captured,
        Some("failed") => NoticeKind::Failed { reason },
        Some("refunded") => NoticeKind::Refunded { refund: refund()? },
        Some("dispute") => {
            let report = dispute::read(&content).ok_or_else(unreadable)?;
            NoticeKind::Disputed(Box::new(report))
        }
        Some("refund_failed") => NoticeKind::RefundFailed { refund: refund()?, reason },
        _ => return Err(unreadable()),
    };
    Ok(Notice {
        id: content["id"].as_str().ok_or_else(unreadable)?.to_owned(),
        payment: PaymentId::from_raw(payment),
        merchant: MERCHANT.to_owned(),
        kind,
        amount: cny(number("amount")?),
        gateway_reference: reference(payment),
        at: Timestamp::from_micros(number("at")?),
    })
}
