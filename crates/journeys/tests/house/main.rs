//! The work of the house, by its own hands: review, picking, packing, hand-over; and what the buyer sees.

mod door;
mod kit;
mod review;
