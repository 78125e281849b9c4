//! The handheld at `/pda`: tasks, picking, putting away, counting, receiving, moving.

mod hand;
mod home;
mod pick;

use super::route::Routes;

pub(super) fn routes() -> Routes {
    Routes::default().merge(home::routes()).merge(pick::routes()).merge(hand::routes())
}
