//! Writes every picture and a page that shows them: `cargo run -p ordermill-demo --example gallery -- DIRECTORY`.

use std::fmt::Write as _;
use std::{env, fs, io, path::PathBuf};

use ordermill_demo::art;
use ordermill_demo::catalog::Catalog;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    fs::create_dir_all(&folder)?;
    let mut page = String::from("<!doctype html><meta charset=utf-8><title>Gallery</title>");
    for product in Catalog::standard().products {
        fs::write(folder.join(format!("{}.svg", product.sku)), art::svg(&product))?;
        let _ = write!(
            page,
            "<img src=\"{}.svg\" width=160 height=160 alt=\"{}\" title=\"{}\">",
            product.sku, product.name.en, product.name.zh
        );
    }
    fs::write(folder.join("index.html"), page)
}
