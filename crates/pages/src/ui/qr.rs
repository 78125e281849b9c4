use std::fmt::Write as _;

use askama::Template;
use qrcode::{Color, QrCode};

/// A text as a QR code, drawn into the page.
///
/// It is dark on light in both themes: many scanners read nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "ui/qr.html")]
pub struct Qr {
    /// What it is, for those who do not see it.
    label: String,
    /// Modules on a side, with the margin.
    whole: usize,
    /// The dark ones, as a path.
    path: String,
}

/// Light modules around it, which scanners need to find it.
const MARGIN: usize = 4;

impl Qr {
    /// The code of a text; none if it is too long for one.
    pub fn new(text: &str, label: impl Into<String>) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let side = code.width();
        let colors = code.to_colors();
        let mut path = String::new();
        for (at, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            let (x, y) = (at % side + MARGIN, at / side + MARGIN);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
        Some(Self { label: label.into(), whole: side + 2 * MARGIN, path })
    }

    /// The code as a picture of its own.
    pub fn to_document(&self) -> String {
        self.to_string().replacen("<svg ", r#"<svg xmlns="http://www.w3.org/2000/svg" "#, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_sound;

    #[test]
    fn a_text_becomes_a_square_with_a_margin() {
        let qr = Qr::new("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "Code of <b>").unwrap();
        let html = qr.to_string();
        assert_sound(&html);
        assert!(html.contains("aria-label=\"Code of &#60;b&#62;\""), "{html}");
        assert!(html.contains("viewBox=\"0 0 37 37\""), "29 modules and 4 on each side: {html}");
        // The finder in the upper left corner: seven dark modules in a row, then a light one.
        for x in 4..11 {
            assert!(qr.path.contains(&format!("M{x} 4h1")), "{x}");
        }
        assert!(!qr.path.contains("M11 4h1"));
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(Qr::new(&"x".repeat(3_000), ""), None);
    }
}
