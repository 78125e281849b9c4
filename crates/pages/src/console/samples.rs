//! The pages of the console with sample data.

mod order;
mod orders;

use crate::console::order::OrderPage;
use crate::console::orders::OrdersPage;
use crate::console::sign_in::SignInPage;
use crate::console::trouble::{Trouble, TroublePage};
use crate::samples::{Sample, sample};
use crate::words::Language;

/// Every page of the console in its states, in one language.
pub(crate) fn pages(language: Language) -> Vec<Sample> {
    let forbidden = Trouble::Forbidden { granted_to: "财务 Finance".into() };
    vec![
        sample("/console/sign-in", SignInPage::sample(language)),
        sample("/console/sign-in?state=wrong", SignInPage::sample_wrong(language)),
        sample("/console/sign-in/code", SignInPage::sample_code(language)),
        sample("/console/orders", OrdersPage::sample(language)),
        sample("/console/orders?q=nothing", OrdersPage::sample_no_match(language)),
        sample("/console/orders?state=skipped", OrdersPage::sample_skipped(language)),
        sample("/console/orders/261122-0K3M-Z0Q4-7XC", OrderPage::sample(language)),
        sample(
            "/console/orders/261122-0K3M-Z0Q4-7XC?ask=cancel",
            OrderPage::sample_asking(language),
        ),
        sample("/console/orders/261122-0K3M-Z0Q4-7XC/reveal", OrderPage::sample_revealed(language)),
        sample("/console/orders/261122-0K5T-M2H8-3WR", OrderPage::sample_unpaid(language)),
        sample("/console/missing", TroublePage::sample(language, Trouble::NotFound)),
        sample("/console/forbidden", TroublePage::sample(language, forbidden)),
        sample("/console/broken", TroublePage::sample(language, Trouble::Broken)),
    ]
}
