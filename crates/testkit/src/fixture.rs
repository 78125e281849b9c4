//! Files that are not ours to copy, read where they lie beside the checkout: payloads of partners and
//! standards, and public instances with known best answers.

use std::path::{Path, PathBuf};

/// A payload of the collection beside the checkout; `None`, said aloud, where there is no collection.
///
/// # Panics
/// If the collection is there and the file is not.
pub fn beside(path: &str) -> Option<String> {
    let file = folder("fixtures")?.join(path);
    Some(std::fs::read_to_string(file).expect("a fixture"))
}

/// The folder of public instances beside the checkout; `None`, said aloud, where there is none.
pub fn data() -> Option<PathBuf> {
    folder("data")
}

fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("not tested: there are no {name} beside the checkout");
    None
}
