//! What every handler works with.

use std::sync::Arc;

use axum::extract::FromRef;
use jiff::tz::TimeZone;
use ordermill_app::Services;
use ordermill_pages::shell::{self, Shell};

use crate::Visit;

/// The use cases, and how browsers reach this server. Clones share everything.
#[derive(Debug, Clone)]
pub struct Site {
    services: Services,
    public_url: Arc<str>,
}

impl Site {
    /// A site that browsers reach at `public_url`, which has no slash at its end.
    pub fn new(services: Services, public_url: impl Into<Arc<str>>) -> Self {
        Self { services, public_url: public_url.into() }
    }

    /// The use cases.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// `https://shop.example`, for links in messages and for partners that send a browser back.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Whether browsers come over HTTPS; cookies are then bound to it.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// What surrounds every page of this visit.
    pub fn shell(&self, visit: &Visit) -> Shell {
        let name = &self.services.catalog().shop.name;
        let language = visit.preferences.language;
        let site = shell::Site {
            name: match language {
                ordermill_pages::Language::Zh => name.zh.clone(),
                ordermill_pages::Language::En => name.en.clone(),
            },
            zone: TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC),
        };
        Shell::new(&site, visit.preferences.clone())
    }
}

impl FromRef<Site> for Services {
    fn from_ref(site: &Site) -> Self {
        site.services.clone()
    }
}
