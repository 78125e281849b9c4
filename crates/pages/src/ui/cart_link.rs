use askama::Template;

use crate::words::Words;

/// The way to the cart in the header, with the number of pieces in it. It has an id, so that an
/// answer that changes the cart can bring a new one along.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/cart_link.html")]
pub struct CartLink {
    /// Words of the visitor's language.
    pub t: Words,
    /// Pieces in the cart.
    pub count: u64,
}
