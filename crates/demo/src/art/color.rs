//! Colors as three bytes, mixed with whole numbers so that every machine draws the same picture.

use std::fmt;

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    pub(super) const WHITE: Self = Self(255, 255, 255);
    pub(super) const BLACK: Self = Self(0, 0, 0);

    /// From `#rrggbb`; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let value =
            u32::from_str_radix(text.strip_prefix('#').filter(|it| it.len() == 6)?, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// This color with `percent` of another.
    pub(super) fn mix(self, other: Self, percent: u16) -> Self {
        let part = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - percent) + u16::from(other) * percent;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// The same hue, darker and more saturated: the color multiplied with itself.
    pub(super) fn deepened(self) -> Self {
        let squared =
            |part: u8| u8::try_from(u16::from(part) * u16::from(part) / 255).unwrap_or(part);
        Self(squared(self.0), squared(self.1), squared(self.2))
    }

    /// How bright it looks, 0 to 255 (Rec. 601).
    pub(super) fn brightness(self) -> u32 {
        (299 * u32::from(self.0) + 587 * u32::from(self.1) + 114 * u32::from(self.2)) / 1_000
    }

    /// How far two colors lie apart: the sum over the channels.
    pub(super) fn distance(self, other: Self) -> u32 {
        u32::from(self.0.abs_diff(other.0))
            + u32::from(self.1.abs_diff(other.1))
            + u32::from(self.2.abs_diff(other.2))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}
