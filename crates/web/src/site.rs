//! What every handler works with.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::FromRef;
use jiff::tz::TimeZone;
use ordermill_app::Services;
use ordermill_base::{Span, Timestamp};
use ordermill_domain::ids::SkuId;
use ordermill_pages::shell::{self, Shell};

use crate::Visit;
use crate::rate::Rate;

/// The use cases, and how browsers reach this server. Clones share everything.
#[derive(Debug, Clone)]
pub struct Site {
    services: Services,
    public_url: Arc<str>,
    popular: Arc<Popular>,
    tracking_rate: Arc<Rate>,
}

/// What is bought most, remembered for a while: the same for every visitor.
#[derive(Debug, Default)]
struct Popular(RwLock<Option<(Timestamp, Vec<SkuId>)>>);

/// How long what is bought most is remembered.
const REMEMBERED_FOR: Span = Span::minutes(1);

impl Site {
    /// A site that browsers reach at `public_url`, which has no slash at its end.
    pub fn new(services: Services, public_url: impl Into<Arc<str>>) -> Self {
        Self {
            services,
            public_url: public_url.into(),
            popular: Arc::default(),
            tracking_rate: Arc::default(),
        }
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

    /// How often the tracking pages are asked for.
    pub(crate) fn tracking_rate(&self) -> &Rate {
        &self.tracking_rate
    }

    /// What is bought most, if that was asked a moment ago.
    pub(crate) fn remembered_popular(&self, now: Timestamp) -> Option<Vec<SkuId>> {
        let known = self.popular.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: Timestamp| now.since(at).as_micros() < REMEMBERED_FOR.as_micros();
        known.as_ref().filter(|(at, _)| is_fresh(*at)).map(|(_, skus)| skus.clone())
    }

    /// Remembers what is bought most.
    pub(crate) fn remember_popular(&self, now: Timestamp, skus: &[SkuId]) {
        let mut known = self.popular.0.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, skus.to_vec()));
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
