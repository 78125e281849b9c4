//! Who is in the shop, and with which cart.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use ordermill_app::Services;
use ordermill_app::cart::{self, Holder};
use ordermill_app::catalog::Catalog;
use ordermill_app::permission::Principal;
use ordermill_app::session::{Door, cookie_attributes};
use ordermill_app::shopper::profile;
use ordermill_base::{Span, Timestamp};
use ordermill_domain::actor::Act;
use ordermill_domain::address::mask;
use ordermill_domain::ids::{CartId, CustomerId};
use ordermill_domain::text::Text;
use ordermill_pages::shell::Shell;
use ordermill_pages::shop::{Category, Frame};
use ordermill_pages::{Language, Words};
use ordermill_storage::cart::Cart;

use crate::{Site, Visit};

/// How long a browser keeps its cart.
const CART_KEPT_FOR: Span = Span::days(90);

/// A visitor of the shop: what they ask for, who they are, what they have in their cart.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) site: Site,
    pub(super) visit: Visit,
    /// What is sold, the same for the whole answer.
    pub(super) catalog: Arc<Catalog>,
    pub(super) now: Timestamp,
    /// Who is signed in.
    pub(super) customer: Option<CustomerId>,
    /// Their phone or mailbox, masked.
    account: Option<String>,
    /// What is in the cart that a change would change.
    pub(super) cart: Option<Cart>,
    /// The cart that the browser has the token of, also when it has become an order.
    pub(super) token_of: Option<CartId>,
}

impl Here {
    /// The use cases.
    pub(super) fn services(&self) -> &Services {
        self.site.services()
    }

    /// The words of the visitor's language.
    pub(super) fn t(&self) -> Words {
        Words::new(self.visit.preferences.language)
    }

    /// A text of the shop's data in the visitor's language.
    pub(super) fn text<'a>(&self, text: &'a Text) -> &'a str {
        match self.visit.preferences.language {
            Language::Zh => text.zh(),
            Language::En => text.en(),
        }
    }

    /// What surrounds the page.
    pub(super) fn shell(&self) -> Shell {
        self.site.shell(&self.visit)
    }

    /// Header and footer.
    pub(super) fn frame(&self) -> Frame {
        let categories = self.catalog.categories().iter().map(|category| Category {
            name: self.text(&category.name).to_owned(),
            href: format!("/categories/{}", category.slug),
            is_current: false,
        });
        let pieces = self.cart.iter().flat_map(|cart| &cart.lines).map(|line| line.quantity);
        Frame {
            categories: categories.collect(),
            search: String::new(),
            cart_count: pieces.sum::<i64>().unsigned_abs(),
            account: self.account.clone(),
        }
    }

    /// Who acts, for permissions.
    pub(super) fn principal(&self) -> Principal {
        use ordermill_app::permission::Buyer;
        match self.customer {
            Some(customer) => Principal::Buyer(Buyer::Customer(customer)),
            None => Principal::VISITOR,
        }
    }

    /// What accompanies a command into the journal.
    pub(super) fn act(&self) -> Act {
        self.visit.name(self.principal().act(self.now))
    }

    /// Whose cart is changed.
    pub(super) fn holder(&self) -> Holder {
        Holder { cart: self.cart.as_ref().map(|cart| cart.id), customer: self.customer }
    }

    /// The same visitor after their cart has changed.
    pub(super) fn with_cart(&self, changed: Option<Cart>) -> Self {
        Self { cart: changed.or_else(|| self.cart.clone()), ..self.clone() }
    }

    /// The answer with the cookie by which the browser finds this cart again.
    pub(super) fn keeping_cart(&self, cart: CartId, response: impl IntoResponse) -> Response {
        let token = cart::token(self.services().vault(), cart);
        let age = CART_KEPT_FOR.as_seconds();
        self.with_cookie(&format!("{}={token}", self.cart_cookie()), Some(age), response)
    }

    /// The answer that makes the browser forget its cart.
    pub(super) fn forgetting_cart(&self, response: impl IntoResponse) -> Response {
        self.with_cookie(&format!("{}=", self.cart_cookie()), Some(0), response)
    }

    /// The answer with a cookie that lives for so many seconds, or until the browser is closed.
    pub(super) fn with_cookie(
        &self,
        pair: &str,
        age_seconds: Option<i64>,
        response: impl IntoResponse,
    ) -> Response {
        let age = age_seconds.map_or(String::new(), |age| format!("; Max-Age={age}"));
        let cookie = format!("{pair}; {}{age}", cookie_attributes(self.site.is_secure()));
        set_cookie(&cookie, response)
    }

    /// To the sign-in and back here.
    pub(super) fn lead_to_sign_in(&self) -> Response {
        let then = form_encoded(&self.visit.preferences.here);
        Redirect::to(&format!("/sign-in?then={then}")).into_response()
    }

    fn cart_cookie(&self) -> &'static str {
        cart_cookie(self.site.is_secure())
    }

    async fn load_buyer(&mut self) {
        let services = self.services().clone();
        let session = self.visit.cookie(Door::Shop.cookie(self.site.is_secure()));
        if let Some(token) = session {
            match services.access().of_session(token, self.now).await {
                Ok(principal) => self.customer = principal.and_then(|it| it.customer()),
                Err(error) => warn(&error),
            }
        }
        let token = self.visit.cookie(self.cart_cookie());
        self.token_of = token.and_then(|token| cart::of_token(services.vault(), token, self.now));
        let holder = Holder { cart: self.token_of, customer: self.customer };
        if holder == Holder::default() {
            return;
        }
        let (vault, customer) = (services.vault().clone(), self.customer);
        let read = services.database().read(move |tx| {
            let profile = customer.map(|customer| profile::fetch(tx, &vault, customer));
            Ok::<_, ordermill_storage::Error>((cart::open(tx, holder)?, profile))
        });
        match read.await {
            Ok((cart, profile)) => {
                self.cart = cart;
                self.account = profile.and_then(Result::ok).and_then(|(profile, _)| {
                    let phone = profile.phone.as_ref().map(|phone| phone.masked());
                    let email = || profile.email.as_ref().map(|it| mask::mask_email(it.as_str()));
                    phone.or_else(email)
                });
            }
            Err(error) => warn(&error),
        }
    }
}

/// A page without its cart is better than none: whatever it is needed for will fail by itself.
fn warn(error: &ordermill_storage::Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "who is in the shop is not known");
}

const fn cart_cookie(is_secure: bool) -> &'static str {
    if is_secure { "__Host-ordermill-cart" } else { "ordermill-cart" }
}

/// An answer with one more cookie.
pub(super) fn set_cookie(cookie: &str, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A text as the value of a parameter in an address.
pub(super) fn form_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
        encoded
    })
}

impl FromRequestParts<Site> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let visit = Visit::from_request_parts(parts, site).await?;
        let services = site.services();
        let mut here = Self {
            site: site.clone(),
            visit,
            catalog: services.catalog(),
            now: services.now(),
            customer: None,
            account: None,
            cart: None,
            token_of: None,
        };
        here.load_buyer().await;
        Ok(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_as_a_parameter() {
        assert_eq!(form_encoded("/search?q=茶&x=1"), "/search%3Fq%3D%E8%8C%B6%26x%3D1");
    }
}
