//! Public benchmark instances with their best known answers, as inputs of the planners.
//!
//! A collection is a folder; each function here is given how to read a file in it, and gives every
//! instance beside the known answer, all in the same scaled integers.

pub mod cartons;
mod format;
mod graph;
pub mod orders;
pub mod picking;
pub mod sourcing;
mod text;

/// How a file of the collection is read, by its path in it.
pub type Read<'a> = &'a dyn Fn(&str) -> std::io::Result<String>;

/// Why a collection could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// A file could not be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Its path in the collection.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not in its format.
    #[error("{path} is not in its format: {problem}")]
    Malformed {
        /// Its path in the collection.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a file and turns it into something.
fn open<T>(
    read: Read<'_>,
    path: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, InstanceError> {
    let text =
        read(path).map_err(|source| InstanceError::Unreadable { path: path.to_owned(), source })?;
    parse(&text).map_err(|problem| InstanceError::Malformed { path: path.to_owned(), problem })
}
