//! Reads the strokes of `data/shapes.txt` and writes them as SVG elements.
//!
//! The text is part of the program: a stroke that cannot be read is a programmer's mistake and
//! panics with that stroke.

use std::fmt::Write as _;

use super::Palette;

const SHAPES: &str = include_str!("../../data/shapes.txt");

/// One drawing: its strokes from back to front.
pub(super) struct Shape {
    /// Half the width of its shadow on the table; 0 for none.
    pub(super) shadow: u32,
    strokes: &'static str,
}

/// The drawing of that name.
pub(super) fn find(name: &str) -> Shape {
    let head = format!("\n[{name}] ");
    let (_, after) =
        SHAPES.split_once(&head).unwrap_or_else(|| panic!("no drawing named {name:?}"));
    let (shadow, rest) = after.split_once('\n').unwrap_or((after, ""));
    let strokes = rest.split("\n\n").next().unwrap_or(rest);
    Shape { shadow: shadow.trim().parse().unwrap_or(0), strokes }
}

/// Writes the strokes; `motif` fills the places kept for one.
pub(super) fn draw(
    out: &mut String,
    shape: &Shape,
    motif: Option<&str>,
    palette: &Palette,
    sku: &str,
) {
    for stroke in shape.strokes.lines() {
        if let Some(place) = stroke.strip_prefix("x ") {
            let [x, y, percent] = numbers(place);
            let Some(motif) = motif else { continue };
            let _ = write!(
                out,
                r#"<g transform="translate({x} {y})scale({}.{:02})">"#,
                percent / 100,
                percent % 100
            );
            draw(out, &find(motif), None, palette, sku);
            out.push_str("</g>");
        } else {
            element(out, stroke, palette, sku)
                .unwrap_or_else(|| panic!("not a stroke: {stroke:?}"));
        }
    }
}

fn element(out: &mut String, stroke: &str, palette: &Palette, sku: &str) -> Option<()> {
    let (tool, rest) = stroke.split_once(' ')?;
    let (color, rest) = rest.split_once(' ')?;
    let (letter, opacity) = color.split_at(1);
    let letter = letter.chars().next()?;
    let paint = match letter {
        'g' | 'h' | 'y' => format!("url(#{letter}-{sku})"),
        _ => palette.named(letter)?.to_string(),
    };
    let kind = if tool == "s" { "stroke" } else { "fill" };
    match tool {
        "p" => write!(out, r#"<path d="{rest}""#),
        "s" => {
            let (width, path) = rest.split_once(' ')?;
            write!(
                out,
                r#"<path d="{path}" fill="none" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round""#
            )
        }
        "e" => {
            let [x, y, rx, ry] = numbers(rest);
            write!(out, r#"<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}""#)
        }
        "r" => {
            let [x, y, width, height, round] = numbers(rest);
            write!(
                out,
                r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}""#
            )
        }
        _ => return None,
    }
    .ok()?;
    write!(out, r#" {kind}="{paint}""#).ok()?;
    if !opacity.is_empty() {
        let percent: u32 = opacity.parse().ok()?;
        write!(out, r#" {kind}-opacity=".{percent:02}""#).ok()?;
    }
    out.push_str("/>");
    Some(())
}

fn numbers<const N: usize>(text: &str) -> [i32; N] {
    let mut parts = text.split_whitespace();
    std::array::from_fn(|_| {
        parts
            .next()
            .and_then(|part| part.parse().ok())
            .unwrap_or_else(|| panic!("{N} numbers wanted: {text:?}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_drawing_stands_in_the_book_twice() {
        let mut names: Vec<&str> = SHAPES.lines().filter(|line| line.starts_with('[')).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup_by_key(|line| line.split(']').next());
        assert_eq!(names.len(), count);
    }
}
