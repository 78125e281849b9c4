//! The two engines, each a session with its statement cache.

pub(crate) mod connection;
pub(crate) mod postgres;
pub(crate) mod sqlite;
