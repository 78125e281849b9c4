//! `cargo xtask check`: the house rules that no other tool knows.
//!
//! It reads the files that git tracks (and those about to be), except what we did not write
//! ourselves: lock files and `vendor` folders.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Source files longer than this are listed: is each still one subject?
const LINES_TO_LOOK_AT: usize = 500;

pub(crate) fn run(_: &[String]) -> Result<()> {
    println!("{}", check()?);
    Ok(())
}

/// Checks everything; gives a note about long files, or an error with all findings.
pub(crate) fn check() -> Result<String> {
    let files = tracked_files()?;
    let mut findings = Vec::new();
    if !files.iter().any(|file| file == "Cargo.lock") {
        findings.push("Cargo.lock is not tracked: builds must be repeatable".to_owned());
    }
    for file in &files {
        if let Some(home) = file.strip_suffix("/Cargo.toml")
            && !Path::new(home).join("README.md").is_file()
        {
            findings.push(format!("{home} has no README.md"));
        }
    }
    let mut long = Vec::new();
    for file in files.iter().filter(|file| is_ours(file)) {
        // Pictures and other bytes are not text; there are no words in them.
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        findings.extend(forbidden_words(file, &text));
        let lines = text.lines().count();
        if file.ends_with(".rs") && lines > LINES_TO_LOOK_AT {
            long.push((lines, file));
        }
    }
    if !findings.is_empty() {
        bail!("{} findings\n  {}", findings.len(), findings.join("\n  "));
    }
    long.sort();
    let mut note = format!("{} files", files.len());
    for (lines, file) in long.iter().rev() {
        write!(note, "; {file} has {lines} lines")?;
    }
    Ok(note)
}

fn tracked_files() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let names = names.split_terminator('\0').map(str::to_owned);
    Ok(names.filter(|name| Path::new(name).exists()).collect())
}

fn is_ours(file: &str) -> bool {
    !file.ends_with(".lock") && !file.split('/').any(|part| part == "vendor")
}

/// Paths of one person's machine and hosts of package registries have no place in the repository.
fn forbidden_words(file: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file does not find itself.
    let folders = ["work", "farm", "root"].map(|name| format!("/{name}/"));
    let hosts = [("npmjs", "org"), ("npmjs", "com"), ("pypi", "org"), ("debian", "org")]
        .into_iter()
        .chain([("crates", "io")])
        .map(|(name, end)| format!("{name}.{end}"));
    let words: Vec<String> = folders.into_iter().chain(hosts).collect();
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let is_path_start = |at: usize| {
            !line[..at].ends_with(|before: char| before.is_alphanumeric() || "_.".contains(before))
        };
        let found = words.iter().find(|word| {
            let mut places = line.match_indices(word.as_str());
            places.any(|(at, _)| !word.starts_with('/') || is_path_start(at))
        });
        if let Some(word) = found {
            findings.push(format!("{file}:{number}: {word:?} names a machine or a registry"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::forbidden_words;

    #[test]
    fn machine_paths_and_registry_hosts_are_found() {
        let path = format!("see {}root/notes", '/');
        let host = format!("https://index.crates{}io/", '.');
        let text = format!("fine\n{path}\n{host}\n");
        let found = forbidden_words("README.md", &text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("README.md:2: "), "{found:?}");
        assert!(found[1].starts_with("README.md:3: "), "{found:?}");
    }

    #[test]
    fn a_folder_of_the_repository_may_have_any_name() {
        let text = format!("src{}root/mod.rs and homework/a and framework/", '/');
        assert_eq!(forbidden_words("a", &text), Vec::<String>::new());
    }
}
