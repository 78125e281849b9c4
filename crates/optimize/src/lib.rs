//! Plans for the warehouse: where goods come from, how they are picked and packed, as pure functions on plain inputs.
//!
//! Each module answers one question and stands alone. Distances, quantities and costs are integers, in
//! whatever unit the caller measures with; what is left to chance comes from a seed, so that the same
//! question always has the same answer.

pub mod batching;
pub mod cartons;
pub mod route;
pub mod sourcing;
