use askama::Template;
use ordermill_base::Money;

use crate::ui::Tone;
use crate::words::Words;

/// What we promise about a product before it is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// Enough is there; arrives on this day, in words: "Tue 11-24".
    Arrives(String),
    /// Few are left; arrives on this day.
    Few(u64, String),
    /// Enough is there; no carrier has told when it arrives.
    InStock,
    /// None is there, but it may be ordered now and comes later, on this day.
    Later(String),
    /// None is there, but it may be ordered now and is sent as soon as it comes.
    Backorder,
    /// None is there and none can be ordered; more comes on this day, if it is known.
    SoldOut(Option<String>),
}

impl Availability {
    /// Whether it may be put into a cart.
    pub fn can_be_ordered(&self) -> bool {
        !matches!(self, Self::SoldOut(_))
    }

    /// The promise in words.
    pub fn words(&self, t: &Words) -> String {
        match self {
            Self::Arrives(day) => t.arrives_on(day),
            Self::Few(count, _) => t.only_left(*count),
            Self::InStock => t.in_stock().into(),
            Self::Backorder => t.backorder().into(),
            Self::Later(day) => t.arrives_later(day),
            Self::SoldOut(Some(day)) => t.sold_out_until(day),
            Self::SoldOut(None) => t.sold_out().into(),
        }
    }

    /// Its tone.
    pub fn tone(&self) -> Tone {
        match self {
            Self::Arrives(_) | Self::InStock => Tone::Green,
            Self::Few(..) | Self::Later(_) | Self::Backorder => Tone::Amber,
            Self::SoldOut(_) => Tone::Grey,
        }
    }
}

/// A product in a grid: art, name, price, promise. The whole card is one link.
#[derive(Debug, Clone, Template)]
#[template(path = "ui/product_card.html")]
pub struct ProductCard {
    /// Words of the visitor's language.
    pub t: Words,
    /// The code in its address.
    pub sku: String,
    /// Where its picture is.
    pub art: String,
    /// Its name in the visitor's language.
    pub name: String,
    /// Size, color, weight: what tells it from its siblings.
    pub spec: String,
    /// What it costs now.
    pub price: Money,
    /// What it cost before, if that was more.
    pub price_before: Option<Money>,
    /// What we promise.
    pub availability: Availability,
}

crate::words! {
    arrives_on(day) = "{day} 送达", "Arrives {day}";
    arrives_later(day) = "预订，{day} 送达", "Order now, arrives {day}";
    only_left(count) = "仅剩 {count} 件", "Only {count} left" | "Only {count} left";
    options_count(count) = "{count} 种规格", "{count} option" | "{count} options";
    in_stock = "有货", "In stock";
    backorder = "可预订，到货即发", "Order now, leaves as soon as it arrives";
    sold_out = "暂时缺货", "Out of stock";
    sold_out_until(day) = "缺货，{day} 到货", "Out of stock until {day}";
    price_was = "原价", "Was";
}

#[cfg(test)]
mod tests {
    use ordermill_base::Currency;

    use super::*;
    use crate::words::Language;

    #[test]
    fn a_card_names_price_and_promise() {
        let card = ProductCard {
            t: Words::new(Language::En),
            sku: "TEA-1".into(),
            art: "/art/0123".into(),
            name: "Green tea <Longjing>".into(),
            spec: "250 g".into(),
            price: Money::new(16_900, Currency::Cny),
            price_before: Some(Money::new(19_900, Currency::Cny)),
            availability: Availability::Few(3, "Tue 11-24".into()),
        };
        let html = card.to_string();
        for part in [
            "/products/TEA-1",
            "/art/0123",
            "¥169.00",
            "¥199.00",
            "Only 3 left",
            "&#60;Longjing&#62;",
        ] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
    }
}
