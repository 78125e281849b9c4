//! Pictures of goods: which files may be shown, decided by their content and never by their name.
//!
//! A drawing is a program's document, so it is read whole and must consist of shapes alone: see
//! [`svg`]. Start at [`check`].

pub mod svg;

use crate::code::coded;

coded! {
    /// The format of a picture.
    enum Kind {
        /// A drawing.
        Svg = "svg",
        /// Portable network graphics.
        Png = "png",
        /// A photograph.
        Jpeg = "jpeg",
        /// A photograph in Google's format.
        Webp = "webp",
    }
}

/// The most bytes of a photograph.
pub const BYTES_MAX: usize = 1024 * 1024;
/// The most bytes of a drawing.
pub const SVG_BYTES_MAX: usize = 128 * 1024;

/// Why a file is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is larger than a picture in a shop needs to be.
    #[error("a picture of this kind has at most {0} bytes")]
    TooLarge(usize),
    /// Its content is of no known kind, whatever its name says.
    #[error("not a picture: SVG, PNG, JPEG or WebP is expected")]
    UnknownKind,
    /// A drawing with something in it that is no shape.
    #[error(transparent)]
    Drawing(#[from] svg::Problem),
}

impl Kind {
    /// The type to serve it as.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |with: &[u8]| bytes.starts_with(with);
        if starts(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if starts(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
            text.starts_with(b"<").then_some(Self::Svg)
        }
    }
}

/// The kind of a file that may be shown.
///
/// # Errors
/// See [`Refused`].
pub fn check(bytes: &[u8]) -> Result<Kind, Refused> {
    let kind = Kind::of(bytes).ok_or(Refused::UnknownKind)?;
    let bytes_max = if kind == Kind::Svg { SVG_BYTES_MAX } else { BYTES_MAX };
    if bytes.len() > bytes_max {
        return Err(Refused::TooLarge(bytes_max));
    }
    if kind == Kind::Svg {
        let text = std::str::from_utf8(bytes).map_err(|_| Refused::UnknownKind)?;
        svg::check(text)?;
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_kind_whatever_the_name_says() {
        assert_eq!(check(b"\x89PNG\r\n\x1a\n rest"), Ok(Kind::Png));
        assert_eq!(check(b"\xff\xd8\xff\xe0 rest"), Ok(Kind::Jpeg));
        assert_eq!(check(b"RIFF\x10\0\0\0WEBPVP8 "), Ok(Kind::Webp));
        let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>"#;
        assert_eq!(check(drawing), Ok(Kind::Svg));
        for other in [&b"GIF89a"[..], b"%PDF-1.7", b"MZ", b"", b"hello"] {
            assert_eq!(check(other), Err(Refused::UnknownKind), "{other:?}");
        }
    }

    #[test]
    fn a_page_that_calls_itself_a_picture_is_refused() {
        let page = check(b"<!doctype html><script>alert(1)</script>");
        assert!(matches!(page, Err(Refused::Drawing(_))), "{page:?}");
    }

    #[test]
    fn a_picture_has_a_largest_size() {
        let mut photo = b"\xff\xd8\xff".to_vec();
        photo.resize(BYTES_MAX + 1, 0);
        assert_eq!(check(&photo), Err(Refused::TooLarge(BYTES_MAX)));
        photo.pop();
        assert_eq!(check(&photo), Ok(Kind::Jpeg));
    }
}
