//! What Ordermill does: use cases over transactions, permissions and background work. The only
//! crate that opens transactions; it names ports, never a partner.

pub mod catalog;
pub mod order;
pub mod payment;
pub mod scheduler;
