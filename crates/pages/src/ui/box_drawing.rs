use std::fmt::Write as _;

use askama::Template;

/// A box with what lies in it, drawn in parallel perspective: each piece in its place, those behind first.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "ui/box_drawing.html")]
pub struct BoxDrawing {
    /// What it shows, for those who do not see it.
    label: String,
    /// Left, top, width and height of the picture.
    view: [i64; 4],
    /// The edges of the box, as a path.
    edges: String,
    /// The pieces, each with its place in the palette.
    pieces: Vec<Piece>,
}

/// One piece as three faces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// Which of the colors.
    tone: usize,
    /// Its top, its front and its side, as paths.
    faces: [String; 3],
}

/// A block in a box, millimeters along length, width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its corner nearest to the origin.
    pub at: [u32; 3],
    /// Its size as it lies.
    pub size: [u32; 3],
    /// Equal numbers have equal colors.
    pub kind: usize,
}

/// Colors that are told apart.
const TONES: usize = 5;
/// Pieces that are drawn; beyond, a picture tells nothing.
const DRAWN_MAX: usize = 400;

impl BoxDrawing {
    /// Draws a box of this inner size.
    pub fn new(label: impl Into<String>, inner: [u32; 3], blocks: &[Block]) -> Self {
        let mut order: Vec<&Block> = blocks.iter().take(DRAWN_MAX).collect();
        // What is farther from the eye, which looks at the front, the side and the top, is drawn first.
        order.sort_by_key(|block| {
            let [x, y, z] = block.at;
            (z, std::cmp::Reverse(y), x)
        });
        let piece = |block: &&Block| {
            let [from, to] = corners(block.at, block.size);
            Piece { tone: block.kind % TONES, faces: faces(from, to) }
        };
        let [from, to] = corners([0; 3], inner);
        let (left, top) = (0, point([from[0], to[1], to[2]]).1);
        let (right, bottom) = (point([to[0], to[1], from[2]]).0, point(from).1);
        let margin = (right - left) / 20 + 2;
        Self {
            label: label.into(),
            view: [
                left - margin,
                top - margin,
                right - left + 2 * margin,
                bottom - top + 2 * margin,
            ],
            edges: faces(from, to).concat(),
            pieces: order.iter().map(piece).collect(),
        }
    }
}

fn corners(at: [u32; 3], size: [u32; 3]) -> [[i64; 3]; 2] {
    let from = at.map(i64::from);
    [from, [0, 1, 2].map(|axis| from[axis] + i64::from(size[axis]))]
}

/// Where a point of space lies on paper: depth goes to the right and up, at half its length.
const fn point([x, y, z]: [i64; 3]) -> (i64, i64) {
    (x + y * 2 / 5, -z - y * 2 / 5)
}

/// Top, front and right side.
fn faces(from: [i64; 3], to: [i64; 3]) -> [String; 3] {
    let ([x, y, z], [xx, yy, zz]) = (from, to);
    [
        path([[x, y, zz], [xx, y, zz], [xx, yy, zz], [x, yy, zz]]),
        path([[x, y, z], [xx, y, z], [xx, y, zz], [x, y, zz]]),
        path([[xx, y, z], [xx, yy, z], [xx, yy, zz], [xx, y, zz]]),
    ]
}

fn path(corners: [[i64; 3]; 4]) -> String {
    let mut path = String::new();
    for (index, corner) in corners.into_iter().enumerate() {
        let (x, y) = point(corner);
        let _ = write!(path, "{}{x} {y}", if index == 0 { 'M' } else { 'L' });
    }
    path.push('z');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_top_is_drawn_last() {
        let block = |z, kind| Block { at: [0, 0, z], size: [100, 100, 50], kind };
        let drawing = BoxDrawing::new("Box", [100, 100, 100], &[block(50, 1), block(0, 0)]);
        let tones: Vec<usize> = drawing.pieces.iter().map(|piece| piece.tone).collect();
        assert_eq!(tones, [0, 1]);
    }

    #[test]
    fn everything_stands_in_the_picture() {
        let block = Block { at: [0, 0, 0], size: [300, 200, 100], kind: 7 };
        let drawing = BoxDrawing::new("Box", [300, 200, 100], &[block]);
        let [left, top, width, height] = drawing.view;
        assert!(left <= 0 && left + width >= 380, "{drawing:?}");
        assert!(top <= -180 && top + height >= 0, "{drawing:?}");
        assert_eq!(drawing.pieces[0].tone, 2);
    }
}
