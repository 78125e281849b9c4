//! Components: typed pieces of a page that print themselves.
//!
//! A context holds them as values, and the template writes `{{ order.badge }}`; their text is
//! escaped inside. What is only markup, such as a card, a table or a button, is a style class; the
//! preview shows all of them on `/ui`.

mod badge;
mod empty;
mod field;
mod pager;
mod product_card;
mod remaining;
mod stat;
mod steps;
mod timeline;
mod toast;
mod totals;

pub use badge::{Badge, Tone};
pub use empty::Empty;
pub use field::{Choice, Field, FormErrors};
pub use pager::Pager;
pub use product_card::{Availability, ProductCard};
pub use remaining::Remaining;
pub use stat::{Stat, sparkline};
pub use steps::{Progress, Step, Steps};
pub use timeline::{Moment, Timeline};
pub use toast::{Toast, Undo};
pub use totals::{TotalLine, Totals};

/// Says that these templates write escaped HTML, so that `{{ component }}` prints them as they are.
macro_rules! components {
    ($($component:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $component {})+ };
}

components!(
    Badge,
    Empty,
    Field,
    FormErrors,
    Pager,
    ProductCard,
    Remaining,
    Stat,
    Steps,
    Timeline,
    Toast,
    Totals,
);
