//! Personal data: sealed at rest, masked by default, found by blind index, shown with a reason.
//!
//! The way in is the [`Vault`], which every node opens at start. An order's recipient is sealed
//! before the order is decided ([`Vault::seal_recipient`]) and opened for a label, a partner, or a
//! person who may see it ([`reveal`]); everybody else gets a [`MaskedRecipient`].

pub mod lookup;
pub mod recipient;
pub mod reveal;
pub mod rotation;
mod vault;

pub use lookup::contacts_of;
pub use recipient::{MaskedRecipient, OrderContact};
pub use reveal::{Reveal, RevealError, Revealed, reveal};
pub use rotation::{RotationError, RotationProgress, destroy_key, follow_keys, keys, rotate_keys};
pub use vault::{RootKeySource, Vault, VaultError};
