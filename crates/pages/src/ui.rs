//! Components: typed pieces of a page that print themselves.
//!
//! A context holds them as values, and the template writes `{{ order.badge }}`; their text is
//! escaped inside. What is only markup, such as a card, a table or a button, is a style class; the
//! preview shows all of them on `/ui`.

mod action;
mod badge;
mod bar_chart;
mod box_drawing;
mod cart_link;
mod checks;
mod code128;
mod dialog;
mod empty;
mod field;
mod filters;
mod meters;
mod pager;
mod product_card;
mod qr;
mod remaining;
mod stat;
mod steps;
mod timeline;
mod toast;
mod totals;
mod views;

pub use action::{Action, Effect};
pub use badge::{Badge, Tone};
pub use bar_chart::{Bar, BarChart};
pub use box_drawing::{Block, BoxDrawing};
pub use cart_link::CartLink;
pub use checks::{Check, Checks};
pub use code128::Code128;
pub use dialog::Dialog;
pub use empty::Empty;
pub use field::{Choice, Field, FormErrors};
pub use filters::{Filter, Filters};
pub use meters::{Meter, Meters};
pub use pager::Pager;
pub use product_card::{Availability, ProductCard};
pub use qr::Qr;
pub use remaining::Remaining;
pub use stat::{Stat, sparkline};
pub use steps::{Progress, Step, Steps};
pub use timeline::{Moment, Timeline};
pub use toast::{Toast, Undo};
pub use totals::{TotalLine, Totals};
pub use views::{View, Views};

/// Says that these templates write escaped HTML, so that `{{ component }}` prints them as they are.
macro_rules! components {
    ($($component:ty),+ $(,)?) => { $(impl askama::filters::HtmlSafe for $component {})+ };
}

components!(
    Action,
    Badge,
    BarChart,
    BoxDrawing,
    CartLink,
    Checks,
    Code128,
    Dialog,
    Empty,
    Field,
    Filters,
    FormErrors,
    Meters,
    Pager,
    ProductCard,
    Qr,
    Remaining,
    Stat,
    Steps,
    Timeline,
    Toast,
    Totals,
    Views,
);
