//! `ordermill demo`: a believable merchant to try everything on, in a data directory of its own.

mod buyers;
mod history;
mod own_sandbox;
mod promotions;
mod seed;
mod staff;
mod state;
mod traffic;
mod welcome;

use std::num::NonZeroU32;
use std::sync::Arc;

use ordermill_app::{Partners, Services};
use ordermill_base::{Clock, Span, Timestamp};
