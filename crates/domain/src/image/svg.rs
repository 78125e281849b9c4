//! Drawings that cannot do anything but be seen.
//!
//! SVG may hold scripts, foreign documents, animations and links. Nothing is cut out of a drawing,
//! because whoever cuts must read it exactly as each browser does; instead a drawing that has
//! anything besides the shapes, paints and attributes known here is refused as a whole.

/// What a drawing has that it must not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Tags do not open and close in pairs, or attributes are not quoted.
    #[error("the drawing is not well-formed near byte {0}")]
    NotWellFormed(usize),
    /// An element that is no shape, such as `script`.
    #[error("a drawing may not have the element {0}")]
    Element(String),
    /// An attribute that acts, such as `onload`, or leads elsewhere.
    #[error("a drawing may not have the attribute {0}")]
    Attribute(String),
    /// A declaration, an entity or a processing instruction.
    #[error("a drawing may not have declarations or entities")]
    Declaration,
}

/// Everything that a still picture needs. `style`, `a`, `image`, `script`, `foreignObject` and all
/// animations are missing on purpose.
const ELEMENTS: [&str; 37] = [
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "feBlend",
    "feColorMatrix",
    "feComposite",
    "feFlood",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feOffset",
    "filter",
    "g",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "metadata",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "svg",
    "switch",
    "symbol",
    "text",
    "textPath",
    "title",
    "tspan",
    "use",
    "view",
    "feDropShadow",
];

/// How deep elements may stand in each other: browsers give up at some depth, and so do we.
const DEPTH_MAX: usize = 64;

/// Reads a drawing to its end.
///
/// # Errors
/// The first [`Problem`].
pub fn check(text: &str) -> Result<(), Problem> {
    let mut reader = Reader { text: text.trim_start_matches('\u{feff}'), at: 0 };
    let mut open: Vec<&str> = Vec::new();
    let mut has_root = false;
    reader.skip_declaration()?;
    loop {
        let between = reader.until('<');
        check_entities(between)?;
        if open.is_empty() && !between.trim().is_empty() {
            return Err(reader.not_well_formed());
        }
        if reader.is_at_end() {
            break;
        }
        if reader.skip_comment()? {
            continue;
        }
        match reader.tag()? {
            Tag::Close(name) if open.pop() == Some(name) => {}
            Tag::Close(_) => return Err(reader.not_well_formed()),
            Tag::Open { name, is_empty } => {
                // One root, and it is a drawing.
                let is_root = open.is_empty();
                if (is_root && (has_root || name != "svg")) || open.len() >= DEPTH_MAX {
                    return Err(reader.not_well_formed());
                }
                if !ELEMENTS.contains(&name) {
                    return Err(Problem::Element(name.to_owned()));
                }
                has_root = true;
                if !is_empty {
                    open.push(name);
                }
            }
        }
    }
    if has_root && open.is_empty() { Ok(()) } else { Err(reader.not_well_formed()) }
}

enum Tag<'t> {
    Open { name: &'t str, is_empty: bool },
    Close(&'t str),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    fn not_well_formed(&self) -> Problem {
        Problem::NotWellFormed(self.at)
    }

    /// What stands before the next such letter, or before the end.
    fn until(&mut self, letter: char) -> &'t str {
        let rest = self.rest();
        let before = rest.split(letter).next().unwrap_or_default();
        self.at += before.len();
        before
    }

    fn take(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let space = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += space;
        space > 0
    }

    fn name(&mut self) -> Result<&'t str, Problem> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.');
        let rest = self.rest();
        let name = rest.split(|c| !is_part(c)).next().unwrap_or_default();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(self.not_well_formed());
        }
        self.at += name.len();
        Ok(name)
    }

    /// `<?xml version="1.0"?>`, at the very beginning only.
    fn skip_declaration(&mut self) -> Result<(), Problem> {
        self.skip_space();
        if self.take("<?xml ") {
            let end = self.rest().find("?>").ok_or(Problem::Declaration)?;
            self.at += end + 2;
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> Result<bool, Problem> {
        if self.take("<!--") {
            let end = self.rest().find("--").ok_or_else(|| self.not_well_formed())?;
            self.at += end;
            return if self.take("-->") { Ok(true) } else { Err(self.not_well_formed()) };
        }
        if self.rest().starts_with("<!") || self.rest().starts_with("<?") {
            return Err(Problem::Declaration);
        }
        Ok(false)
    }

    fn tag(&mut self) -> Result<Tag<'t>, Problem> {
        self.take("<");
        if self.take("/") {
            let name = self.name()?;
            self.skip_space();
            return if self.take(">") { Ok(Tag::Close(name)) } else { Err(self.not_well_formed()) };
        }
        let name = self.name()?;
        loop {
            let has_space = self.skip_space();
            if self.take("/>") {
                return Ok(Tag::Open { name, is_empty: true });
            }
            if self.take(">") {
                return Ok(Tag::Open { name, is_empty: false });
            }
            if !has_space {
                return Err(self.not_well_formed());
            }
            self.attribute()?;
        }
    }

    fn attribute(&mut self) -> Result<(), Problem> {
        let name = self.name()?;
        self.skip_space();
        if !self.take("=") {
            return Err(self.not_well_formed());
        }
        self.skip_space();
        let quote = if self.take("\"") {
            '"'
        } else if self.take("'") {
            '\''
        } else {
            return Err(self.not_well_formed());
        };
        let value = self.until(quote);
        self.at += 1;
        if self.at > self.text.len() || value.contains('<') {
            return Err(self.not_well_formed());
        }
        check_entities(value)?;
        if is_harmless(name, value) { Ok(()) } else { Err(Problem::Attribute(name.to_owned())) }
    }
}

/// The five that every document has, and none that could spell something else.
fn check_entities(text: &str) -> Result<(), Problem> {
    let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
    let is_known = |after: &str| known.iter().any(|name| after.starts_with(name));
    if text.split('&').skip(1).all(is_known) { Ok(()) } else { Err(Problem::Declaration) }
}

fn is_harmless(name: &str, value: &str) -> bool {
    let (name, value) = (name.to_ascii_lowercase(), value.to_ascii_lowercase());
    // Escapes of CSS could spell any of the words below.
    if name.starts_with("on") || name == "style" && value.contains(['\\', '@']) {
        return false;
    }
    let is_link = name == "href" || name.ends_with(":href");
    if is_link || name == "src" {
        return is_link && value.trim_start().starts_with('#');
    }
    let leads_inside = |after: &str| after.trim_start_matches([' ', '\'', '"']).starts_with('#');
    value.split("url(").skip(1).all(leads_inside)
        && !value.contains("javascript:")
        && !value.contains("expression(")
        && name != "xml:base"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drawing(inner: &str) -> String {
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inner}</svg>"#)
    }

    #[test]
    fn shapes_and_paints_pass() {
        for inner in [
            r#"<path d="M0 0H9" fill="none"/>"#,
            r##"<defs><linearGradient id="g"><stop stop-color="#fff"/></linearGradient></defs><rect fill="url(#g)" width="9" height="9"/>"##,
            r##"<g transform="rotate(4)"><use href="#g" xlink:href="#g"/></g>"##,
            r#"<title>A cup &amp; a saucer</title><!-- drawn by hand -->"#,
            r#"<circle r="3" style="fill: red"/>"#,
        ] {
            assert_eq!(check(&drawing(inner)), Ok(()), "{inner}");
        }
        let with_head = format!("\u{feff}<?xml version=\"1.0\"?>\n{}\n", drawing(""));
        assert_eq!(check(&with_head), Ok(()));
    }

    #[test]
    fn whatever_acts_or_leads_elsewhere_is_refused() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT>alert(1)</SCRIPT>",
            "<svg:script>alert(1)</svg:script>",
            "<foreignObject><p>hello</p></foreignObject>",
            "<style>@import 'https://evil.example'</style>",
            r#"<image href="https://evil.example/pixel.png"/>"#,
            r##"<a href="#x"><path/></a>"##,
            r#"<animate attributeName="href" to="javascript:alert(1)"/>"#,
            r#"<set attributeName="onload" to="alert(1)"/>"#,
            r#"<rect onload="alert(1)"/>"#,
            r#"<rect OnClick="alert(1)"/>"#,
            r#"<use href="https://evil.example/x.svg#a"/>"#,
            r#"<use xlink:href="data:image/svg+xml,x"/>"#,
            r#"<use href="&#106;avascript:alert(1)"/>"#,
            r#"<rect fill="url(https://evil.example/x.svg#a)"/>"#,
            r#"<rect style="fill: u\72l(https://evil.example)"/>"#,
            r#"<rect xml:base="https://evil.example/" />"#,
            "<![CDATA[<script>]]>",
            "<?php echo 1 ?>",
            "<!DOCTYPE svg>",
            "<path d=M0/>",
            "<path d=\"M0\"fill=\"none\"/>",
            "<g><path></g></path>",
            "<g>",
            "</g>",
            "&evil;",
        ] {
            assert!(check(&drawing(inner)).is_err(), "{inner}");
        }
    }

    #[test]
    fn a_document_is_one_drawing_and_nothing_else() {
        let bomb = r#"<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>"#;
        let deep = format!("{}{}", "<g>".repeat(100), "</g>".repeat(100));
        for text in ["", "words", "<html></html>", "<svg></svg><svg></svg>", "<svg></svg> x", bomb]
        {
            assert!(check(text).is_err(), "{text}");
        }
        assert!(check(&drawing(&deep)).is_err());
    }

    proptest! {
        /// No text makes the reader fail in any other way than by an error.
        #[test]
        fn any_text_is_answered(text in "(<[a-z/!?]{0,4}|[\"'= &;>]|[a-z#(]{0,3}|\\PC){0,40}") {
            let _ = check(&text);
        }
    }
}
