//! What surrounds every page: words, theme, time zone, the site's name.
//!
//! A page has a [`Shell`] and the frame of its area: [`shop::Frame`] or [`console::Frame`]. Their
//! templates are `shop.html` and `console.html`; both have the blocks `title`, `main`, `scripts`.

pub mod console;
pub mod preferences;
pub mod shop;

use jiff::tz::TimeZone;
use ordermill_base::{Span, Timestamp};

pub use preferences::{Preferences, Theme};

use crate::format;
use crate::words::Words;

/// What a site is called and where its days begin. One per program.
#[derive(Debug, Clone)]
pub struct Site {
    /// The name of the shop in the header and the title.
    pub name: String,
    /// In which zone moments are told.
    pub zone: TimeZone,
}

/// What every page knows, whatever it shows.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The words of the visitor's language: `{{ shell.t.cart_empty() }}`.
    pub t: Words,
    /// Light, dark, or as the device says.
    pub theme: Theme,
    /// The site this is.
    pub site: Site,
    /// Path and query of this page, for the links that change a preference and come back.
    pub here: String,
    /// Something that just happened, told once: "Added to cart".
    pub toast: Option<crate::ui::Toast>,
}

impl Shell {
    /// The shell of a request.
    pub fn new(site: &Site, preferences: Preferences) -> Self {
        Self {
            t: Words::new(preferences.language),
            theme: preferences.theme,
            site: site.clone(),
            here: preferences.here,
            toast: None,
        }
    }

    /// `11-22 22:58` in the site's time zone.
    pub fn moment(&self, at: &Timestamp) -> String {
        format::moment(*at, &self.site.zone)
    }

    /// `Tue 11-24`, `11-24 周二`.
    pub fn day(&self, at: &Timestamp) -> String {
        format::day(*at, &self.site.zone, self.t.language)
    }

    /// `16:00` in the site's time zone.
    pub fn time_of_day(&self, at: &Timestamp) -> String {
        format::time_of_day(*at, &self.site.zone)
    }

    /// `3h 12m`, `3小时12分`.
    pub fn span(&self, span: &Span) -> String {
        format::span(*span, self.t)
    }

    /// This page in the other language.
    pub fn in_other_language(&self) -> String {
        preferences::with(&self.here, "lang", self.t.language.other().code())
    }

    /// This page in a theme: `light`, `dark` or `auto`.
    pub fn in_theme(&self, theme: &str) -> String {
        preferences::with(&self.here, "theme", theme)
    }
}

crate::words! {
    skip_to_content = "跳到主要内容", "Skip to content";
    menu = "菜单", "Menu";
    search = "搜索", "Search";
    cancel = "取消", "Cancel";
    switch_theme = "切换深色或浅色", "Switch dark or light";
    theme_light = "浅色", "Light";
    theme_dark = "深色", "Dark";
    theme_auto = "跟随系统", "As the device";
    notices = "通知", "Notices";
}
