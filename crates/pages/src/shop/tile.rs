//! What stands where a product has no picture: a parcel in one of a few calm colors.

/// How many different tiles there are.
pub const TILES: u64 = 12;

/// A tile as an SVG document, by its number below [`TILES`].
pub fn tile(number: u64) -> String {
    let hue = number % TILES * (360 / TILES);
    let [wall, table, side, front, tape] = [
        format!("hsl({hue} 30% 88%)"),
        format!("hsl({hue} 22% 78%)"),
        format!("hsl({hue} 26% 52%)"),
        format!("hsl({hue} 28% 62%)"),
        format!("hsl({hue} 24% 74%)"),
    ];
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">"#,
            r#"<rect width="400" height="400" fill="{wall}"/><rect y="286" width="400" height="114" fill="{table}"/>"#,
            r#"<path d="M96 158l104-44 104 44v126l-104 44-104-44z" fill="{side}"/>"#,
            r#"<path d="M96 158l104 44v126l-104-44z" fill="{front}"/><path d="M96 158l104-44 104 44-104 44z" fill="{tape}"/>"#,
            r#"<path d="M148 136l104 44v26l-26 11v-26l-104-44z" fill="{wall}" fill-opacity=".7"/></svg>"#,
        ),
        wall = wall,
        table = table,
        side = side,
        front = front,
        tape = tape,
    )
}

/// Which tile stands for a SKU: the same one every time.
pub fn tile_of(code: &str) -> u64 {
    let sum = code.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    sum % TILES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_is_a_drawing_that_may_be_shown_and_looks_different() {
        let tiles: std::collections::HashSet<String> = (0..TILES).map(tile).collect();
        assert_eq!(tiles.len() as u64, TILES);
        for text in tiles {
            assert_eq!(ordermill_domain::image::svg::check(&text), Ok(()));
        }
        assert!(tile_of("CER-MUG-MST-S35") < TILES);
    }
}
