#![doc = include_str!("../README.md")]

pub mod assets;
pub mod choice;
pub mod console;
pub mod format;
pub mod icon;
pub mod pda;
pub mod reply;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod shell;
pub mod shop;
pub mod states;
#[cfg(test)]
mod testing;
pub mod tracking;
pub mod ui;
pub mod words;

pub use icon::Icon;
pub use reply::{Page, Part};
pub use shell::Shell;
pub use words::{Language, Words};
