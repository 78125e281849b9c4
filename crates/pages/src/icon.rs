//! Icons: Tabler's outline set, the used ones in one sprite.
//!
//! In a template an icon is written `{{ crate::Icon::Search }}`. A new one is its file from Tabler
//! beside the others and a line in the list below.

use std::fmt;

macro_rules! icons {
    ($($name:ident = $file:literal)+) => {
        /// A picture that stands beside a word, never instead of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Icon { $(#[doc = concat!("Tabler `", $file, "`.")] $name,)+ }

        impl Icon {
            /// Every icon, in the order of the sprite.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its id in the sprite, which is Tabler's name of it.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $file,)+ }
            }

            const fn source(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(
                        concat!("../assets/vendor/tabler-icons-3.51.0/", $file, ".svg")
                    ),)+
                }
            }
        }
    };
}

icons! {
    Adjustments = "adjustments-horizontal"
    Alert = "alert-triangle"
    ArrowBack = "arrow-back-up"
    Bag = "shopping-bag"
    Ban = "ban"
    Barcode = "barcode"
    Bell = "bell"
    Box = "box"
    Calendar = "calendar"
    Card = "credit-card"
    Cart = "shopping-cart"
    Chart = "chart-bar"
    Check = "check"
    Checks = "checks"
    ChevronDown = "chevron-down"
    ChevronLeft = "chevron-left"
    ChevronRight = "chevron-right"
    CircleCheck = "circle-check"
    Clipboard = "clipboard-check"
    Clock = "clock"
    Coins = "coins"
    Columns = "columns-3"
    Copy = "copy"
    Dashboard = "layout-dashboard"
    Discount = "discount"
    Download = "download"
    Edit = "edit"
    Eye = "eye"
    External = "external-link"
    Flag = "flag"
    Home = "home"
    Hourglass = "hourglass"
    Info = "info-circle"
    Keyboard = "keyboard"
    Language = "language"
    List = "list-details"
    Lock = "lock"
    Logout = "logout"
    MapPin = "map-pin"
    Menu = "menu-2"
    Message = "message-circle"
    Minus = "minus"
    Moon = "moon"
    Package = "package"
    Pause = "player-pause"
    Phone = "phone"
    Plus = "plus"
    Printer = "printer"
    Receipt = "receipt-2"
    Refresh = "refresh"
    Return = "truck-return"
    Search = "search"
    Send = "send"
    Settings = "settings"
    Shield = "shield-check"
    Split = "arrows-split-2"
    Star = "star"
    Sun = "sun"
    Tag = "tag"
    Tags = "tags"
    Ticket = "ticket"
    Trash = "trash"
    Truck = "truck-delivery"
    Upload = "upload"
    User = "user"
    Users = "users"
    Volume = "volume"
    Wallet = "wallet"
    Warehouse = "building-warehouse"
    X = "x"
}

impl fmt::Display for Icon {
    /// The picture for the page, hidden from screen readers: the word beside it says the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sprite = crate::assets::href("icons.svg");
        let id = self.id();
        write!(f, r##"<svg class="icon" aria-hidden="true"><use href="{sprite}#{id}"/></svg>"##)
    }
}

impl askama::filters::HtmlSafe for Icon {}

/// All icons as one SVG file of symbols.
pub(crate) fn sprite() -> String {
    let mut sprite = String::from(r#"<svg xmlns="http://www.w3.org/2000/svg">"#);
    for icon in Icon::ALL {
        let shapes: String = icon
            .source()
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("<path") && !line.contains(r#"stroke="none""#))
            .collect();
        sprite.push_str(&format!(
            "\n<symbol id=\"{}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" \
             stroke-width=\"1.75\" stroke-linecap=\"round\" stroke-linejoin=\"round\">{shapes}</symbol>",
            icon.id(),
        ));
    }
    sprite.push_str("\n</svg>\n");
    sprite
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_icon_has_shapes_in_the_sprite() {
        let sprite = sprite();
        for icon in Icon::ALL {
            let start = format!(r#"<symbol id="{}""#, icon.id());
            let symbol = sprite.lines().find(|line| line.starts_with(&start));
            assert!(symbol.is_some_and(|symbol| symbol.contains("<path d=")), "{icon:?}");
        }
    }
}
