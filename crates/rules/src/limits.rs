//! How much a table may be and do. Every limit is checked when a table is saved.

/// Rules of a table.
pub const RULES_MAX: usize = 100;

/// Bytes of a condition.
pub const CONDITION_BYTES_MAX: usize = 2_000;

/// Characters of a rule's name in one language.
pub const NAME_CHARS_MAX: usize = 60;

/// Opening brackets, signs, negations and question marks of a condition, each: what a parser goes
/// down by.
pub const OPENERS_MAX: usize = 64;

/// Levels of a condition's expression tree.
pub const DEPTH_MAX: usize = 32;

/// Elements of a list in a document; longer ones are cut when they are prepared.
pub const LIST_MAX: usize = 200;

/// Bytes of a text in a document; longer ones are cut when they are prepared.
pub const TEXT_BYTES_MAX: usize = 500;

/// Steps that a condition may need at worst: the nodes of its tree, those in a loop counted once for
/// every element that the list may have.
pub const CONDITION_STEPS_MAX: u64 = 20_000;

/// Steps that a whole table may need at worst.
pub const TABLE_STEPS_MAX: u64 = 100_000;

/// Stack of the thread that compiles. The parser recurses, and its worst input within the limits
/// above needs more in a debug build than an ordinary thread has.
pub(crate) const COMPILE_STACK_BYTES: usize = 64 << 20;
