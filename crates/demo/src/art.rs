//! Pictures of the goods: an SVG per product, drawn from a few strokes and the product's color.
//!
//! Each is a still life: a wall in the color of its category, a table, a soft shadow and the thing
//! itself, lit from the left. No fonts, no scripts, no styles, so it can be shown anywhere, and the
//! ground is bright enough for a light page and calm enough for a dark one.
//!
//! Start at [`svg`]; the strokes stand in `data/shapes.txt`.

mod color;
mod shapes;

use std::fmt::Write as _;

pub use color::Color;

use crate::catalog::Product;
use crate::gtin;

/// What to draw: a shape, perhaps a motif on its label, and the colors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    shape: String,
    motif: Option<String>,
    /// Color of the thing; `None` for one of a few that go with the category.
    color: Option<Color>,
    wall: Color,
    accent: Color,
}

impl Drawing {
    /// From `shape` or `shape+motif` of `data/shapes.txt`, and the category's wall and accent.
    pub(crate) fn new(name: &str, color: Option<Color>, (wall, accent): (Color, Color)) -> Self {
        let (shape, motif) = match name.split_once('+') {
            Some((shape, motif)) => (shape, Some(motif.to_owned())),
            None => (name, None),
        };
        Self { shape: shape.to_owned(), motif, color, wall, accent }
    }
}

/// The picture of a product: a square SVG document, 1 to 6 KB. The same product always gives the
/// same text.
pub fn svg(product: &Product) -> String {
    let print = gtin::fingerprint(&product.sku);
    let drawing = &product.drawing;
    let palette = Palette::of(drawing, print);
    let mut out = String::with_capacity(4_096);
    out.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">"#);
    definitions(&mut out, &product.sku, &palette);
    backdrop(&mut out, &product.sku, &palette, print >> 16);
    let shape = shapes::find(&drawing.shape);
    if shape.shadow > 0 {
        let (sku, wide) = (&product.sku, shape.shadow + 26);
        let _ = write!(
            out,
            r##"<ellipse cx="206" cy="322" rx="{wide}" ry="17" fill="url(#s-{sku})"/>"##
        );
    }
    shapes::draw(&mut out, &shape, drawing.motif.as_deref(), &palette, &product.sku);
    out.push_str("</svg>\n");
    out
}

/// The colors of one picture.
struct Palette {
    base: Color,
    accent: Color,
    wall: Color,
}

impl Palette {
    fn of(drawing: &Drawing, print: u64) -> Self {
        let others = [
            drawing.accent,
            drawing.accent.mix(Color::WHITE, 35),
            drawing.accent.mix(Color(70, 84, 120), 60),
            drawing.wall.mix(Color(90, 110, 96), 55),
            Color(236, 226, 208),
        ];
        let base = drawing.color.unwrap_or(others[(print % 5) as usize]);
        // A thing must stand out from its wall: pale things get a deeper one.
        let wall = if base.brightness() > 205 {
            drawing.wall.mix(drawing.wall.deepened(), 60)
        } else {
            drawing.wall
        };
        // An accent too close to the thing's own color would not be seen on it.
        let accent = if base.distance(drawing.accent) < 90 {
            if base.brightness() > 140 {
                base.mix(Color::BLACK, 52)
            } else {
                base.mix(Color::WHITE, 68)
            }
        } else {
            drawing.accent
        };
        Self { base, accent, wall }
    }

    /// The color of a letter of `data/shapes.txt`.
    fn named(&self, letter: char) -> Option<Color> {
        Some(match letter {
            'b' => self.base,
            'l' => self.base.mix(Color::WHITE, 34),
            'd' => self.base.mix(Color(38, 30, 48), 20),
            'k' => self.base.mix(Color(32, 24, 40), 48),
            'a' => self.accent,
            't' => self.accent.mix(Color::WHITE, 55),
            'w' => Color(252, 249, 242),
            'i' => Color(52, 56, 66),
            'm' => Color(206, 212, 219),
            'n' => Color(128, 136, 148),
            'o' => Color(217, 178, 132),
            'q' => Color(148, 104, 68),
            'f' => Color(235, 122, 52),
            'c' => Color(255, 214, 122),
            _ => return None,
        })
    }
}

/// Shadings: `g` rounds a body, `h` is metal, `y` is glass, `s` the shadow on the table, `v` the wall.
fn definitions(out: &mut String, sku: &str, palette: &Palette) {
    let (base, wall) = (palette.base, palette.wall);
    let shade = Color(38, 30, 48);
    let _ = write!(
        out,
        concat!(
            r#"<defs><linearGradient id="g-{sku}"><stop stop-color="{lit}"/>"#,
            r#"<stop offset=".35" stop-color="{base}"/><stop offset="1" stop-color="{dark}"/></linearGradient>"#,
            r##"<linearGradient id="h-{sku}"><stop stop-color="#aab2bd"/><stop offset=".3" stop-color="#eef1f4"/>"##,
            r##"<stop offset="1" stop-color="#929ba8"/></linearGradient>"##,
            r##"<linearGradient id="y-{sku}"><stop stop-color="#fff" stop-opacity=".7"/>"##,
            r##"<stop offset=".5" stop-color="#fff" stop-opacity=".28"/><stop offset="1" stop-color="#cfdde6" stop-opacity=".6"/></linearGradient>"##,
            r##"<radialGradient id="s-{sku}"><stop stop-color="{shadow}" stop-opacity=".5"/>"##,
            r##"<stop offset=".6" stop-color="{shadow}" stop-opacity=".26"/><stop offset="1" stop-color="{shadow}" stop-opacity="0"/></radialGradient>"##,
            r#"<linearGradient id="v-{sku}" x2=".4" y2="1"><stop stop-color="{high}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs>"#,
        ),
        sku = sku,
        lit = base.mix(Color::WHITE, 26),
        base = base,
        dark = base.mix(shade, 30),
        shadow = wall.mix(shade, 72),
        high = wall.mix(Color::WHITE, 22),
        low = wall.mix(shade, 5),
    );
}

/// Wall, one of five quiet forms on it, and the table.
fn backdrop(out: &mut String, sku: &str, palette: &Palette, print: u64) {
    let wall = palette.wall;
    let halo = wall.mix(Color::WHITE, 44);
    let soft = wall.mix(palette.accent, 16);
    let table = wall.mix(Color(74, 58, 62), 15);
    let edge = wall.mix(Color::WHITE, 30);
    let _ = write!(out, r##"<rect width="400" height="400" fill="url(#v-{sku})"/>"##);
    let _ = match print % 5 {
        0 => write!(out, r#"<circle cx="204" cy="180" r="138" fill="{halo}"/>"#),
        1 => write!(out, r#"<path d="M72 300V176a128 128 0 0 1 256 0V300Z" fill="{halo}"/>"#),
        2 => write!(
            out,
            r#"<circle cx="286" cy="128" r="86" fill="{soft}"/><circle cx="160" cy="190" r="118" fill="{halo}"/>"#
        ),
        3 => write!(
            out,
            r#"<path d="M84 300V60H196V300ZM208 300V60H320V300Z" fill="{halo}"/><path d="M84 60L196 172V226L84 114ZM208 60L320 172V226L208 114Z" fill="{soft}" fill-opacity=".5"/>"#
        ),
        _ => write!(
            out,
            r#"<circle cx="290" cy="104" r="46" fill="{halo}"/><path d="M0 300V232Q90 150 190 214Q290 150 400 222V300Z" fill="{halo}" fill-opacity=".75"/><path d="M0 300V270Q120 210 230 258Q320 226 400 262V300Z" fill="{soft}"/>"#
        ),
    };
    let _ = write!(
        out,
        r#"<rect y="286" width="400" height="114" fill="{table}"/><rect y="286" width="400" height="4" fill="{edge}"/>"#
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    /// Elements open and close in pairs, attributes are quoted, and nothing foreign is inside.
    fn is_well_formed(text: &str) -> bool {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = text.trim_end();
        while let Some(tail) = rest.strip_prefix('<') {
            let Some((tag, after)) = tail.split_once('>') else { return false };
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return false;
                }
                continue;
            }
            if tag.matches('"').count() % 2 != 0 || tag.contains(['<', '&', '\'']) {
                return false;
            }
            if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap_or(tag));
            }
        }
        rest.is_empty() && open.is_empty()
    }

    #[test]
    fn every_product_has_a_small_well_formed_picture() {
        for product in Catalog::standard().products {
            let text = svg(&product);
            assert!(is_well_formed(&text), "{}: {text}", product.sku);
            assert!((1_000..6_144).contains(&text.len()), "{}: {}", product.sku, text.len());
            for foreign in ["<script", "<text", "<style", "href", "NaN"] {
                assert!(!text.contains(foreign), "{}: {foreign}", product.sku);
            }
        }
    }

    #[test]
    fn a_picture_is_drawn_the_same_twice_and_differs_between_variants() {
        let products = Catalog::standard().products;
        for pair in products.windows(2) {
            assert_eq!(svg(&pair[0]), svg(&pair[0].clone()));
            assert_ne!(svg(&pair[0]), svg(&pair[1]));
        }
    }

    #[test]
    fn a_mist_blue_mug_is_mist_blue() {
        let catalog = Catalog::standard();
        let mug = catalog.product("CER-MUG-MST-S35").expect("on sale");
        assert!(svg(mug).contains("#8aa9c2"));
    }
}
