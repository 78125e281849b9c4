//! Reads the small tables of `data/`: one row a line, cells between bars, `#` for a remark.

/// The rows of a table.
pub(crate) fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect()
}

/// The rows under `[name]`.
pub(crate) fn section(text: &'static str, name: &str) -> Vec<Vec<&'static str>> {
    let (_, after) = text
        .split_once(&format!("[{name}]\n"))
        .unwrap_or_else(|| panic!("no section {name:?} in a text of this crate"));
    rows(after.split("\n[").next().unwrap_or(after))
}

/// Each row as often as its cell says, so that picking one at random follows the weights.
pub(crate) fn weighted(rows: Vec<Vec<&'static str>>, cell: usize) -> Vec<Vec<&'static str>> {
    rows.into_iter()
        .flat_map(|row| {
            let times: usize = row[cell].parse().unwrap_or_else(|_| panic!("no weight in {row:?}"));
            vec![row; times]
        })
        .collect()
}
