//! Reads the two texts of the catalog. They are part of the program, so a malformed line is a
//! programmer's mistake and panics with that line.

use std::collections::HashMap;

use super::{Category, Handling, Product, TaxClass};
use crate::Text;
use crate::art::{Color, Drawing};
use crate::gtin;

/// One way a family comes in: a color, a size, a flavor.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    code: String,
    name: Text,
    percent: i64,
    color: Option<Color>,
    note: Option<Text>,
}

/// The named axes, such as `glaze`, with their choices.
pub(super) fn axes(text: &str) -> HashMap<String, Vec<Choice>> {
    let mut axes: HashMap<String, Vec<Choice>> = HashMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('@') {
            current = name.trim().to_owned();
            continue;
        }
        let cells = cells(line);
        axes.entry(current.clone()).or_default().push(Choice {
            code: cells[0].to_owned(),
            name: Text::new(cells[1], cells[2]),
            percent: number(cells[3], line),
            color: Color::from_hex(cells[4]),
            note: cells.get(5).map(|zh| Text::new(*zh, cells[6])),
        });
    }
    axes
}

/// All categories, and the products that families and axes give.
pub(super) fn catalog(
    text: &str,
    axes: &HashMap<String, Vec<Choice>>,
) -> (Vec<Category>, Vec<Product>) {
    let (mut categories, mut products) = (Vec::new(), Vec::new());
    let mut look = None;
    let mut lines = text.lines().filter(|line| {
        !line.trim().is_empty() && (line.starts_with("## ") || !line.starts_with('#'))
    });
    while let Some(line) = lines.next() {
        if let Some(head) = line.strip_prefix("## ") {
            let cells = cells(head);
            categories.push(Category {
                code: cells[0].to_owned(),
                slug: cells[1].to_owned(),
                name: Text::new(cells[2], cells[3]),
                blurb: Text::new(cells[4], cells[5]),
            });
            look = Color::from_hex(cells[6]).zip(Color::from_hex(cells[7]));
            continue;
        }
        let mut sentence = || lines.next().map(str::trim).unwrap_or_default();
        let description = Text::new(sentence(), sentence());
        let category = categories.last().expect("a family stands under its category");
        let look = look.expect("a category has a wall and an accent color");
        let family = Family { line, cells: cells(line), description, category, look };
        products.extend(family.products(axes));
    }
    (categories, products)
}

/// One family as written, before it is multiplied by its axes.
struct Family<'a> {
    line: &'a str,
    cells: Vec<&'a str>,
    description: Text,
    category: &'a Category,
    look: (Color, Color),
}

impl Family<'_> {
    fn products(&self, axes: &HashMap<String, Vec<Choice>>) -> Vec<Product> {
        let mut combinations: Vec<Vec<&Choice>> = vec![vec![]];
        for axis in self.cells[9].split('*') {
            let choices = axes
                .get(axis)
                .unwrap_or_else(|| panic!("no axis {axis:?} for the family: {}", self.line));
            combinations = combinations
                .into_iter()
                .flat_map(|picked| {
                    choices.iter().map(move |it| [picked.clone(), vec![it]].concat())
                })
                .collect();
        }
        let count = combinations.len();
        combinations.into_iter().map(|choices| self.product(&choices, count)).collect()
    }

    fn product(&self, choices: &[&Choice], siblings: usize) -> Product {
        let [code, art, zh, en, price, cost, grams, sides, popularity, ..] = self.cells[..] else {
            panic!("a family has eleven cells: {}", self.line)
        };
        let percent = choices.iter().fold(100, |percent, it| percent * it.percent / 100);
        let family = format!("{}-{code}", self.category.code);
        let sku = choices.iter().fold(family.clone(), |sku, it| format!("{sku}-{}", it.code));
        let print = gtin::fingerprint(&sku);
        let flags = self.cells.get(10).copied().unwrap_or_default();
        let flag = |name: &str| flags.split(',').any(|it| it == name);
        let shelf_life_days = flags
            .split(',')
            .find_map(|it| it.strip_prefix("shelf="))
            .map(|days| number(days, self.line));

        let price_fen = charm(number(price, self.line) * percent);
        // Most things are marked down a little, some not at all.
        let markup = [100, 100, 110, 115, 120, 125, 130, 140][(print % 8) as usize];
        let family_popularity = number(popularity, self.line);
        // The first variants of a family sell best; the last still half as well.
        let popularity = family_popularity * (60 + (print >> 8) as i64 % 80) / 100;
        let popularity = (popularity * 4 / (siblings as i64 + 2)).max(1);
        // Pieces a day, in tenths; a week of lead time and two days of cover.
        let daily_tenths = popularity;
        let safety_stock = 2 + daily_tenths * 2 / 10;

        Product {
            gtin: gtin::in_store(&sku),
            category: self.category.code.clone(),
            family,
            family_name: Text::new(zh, en),
            variant: joined(choices),
            name: {
                let variant = joined(choices);
                Text::new(format!("{zh} {}", variant.zh), format!("{en}, {}", variant.en))
            },
            description: choices.iter().filter_map(|it| it.note.as_ref()).fold(
                self.description.clone(),
                |all, note| {
                    Text::new(format!("{}{}", all.zh, note.zh), format!("{} {}", all.en, note.en))
                },
            ),
            price_fen,
            list_price_fen: charm(price_fen * markup / 100).max(price_fen),
            cost_fen: price_fen * number(cost, self.line) / 100,
            weight_grams: number(grams, self.line) * percent / 100,
            dimensions_mm: dimensions(sides, self.line),
            handling: Handling {
                fragile: flag("fragile"),
                hazardous: flag("hazardous"),
                oversized: flag("oversized"),
                high_value: flag("high_value"),
                perishable: shelf_life_days.is_some(),
            },
            shelf_life_days,
            tax: if flag("vat9") { TaxClass::Reduced } else { TaxClass::Standard },
            reorder_point: safety_stock + 1 + daily_tenths * 7 / 10,
            safety_stock,
            substitutes: Vec::new(),
            popularity: popularity.unsigned_abs(),
            drawing: Drawing::new(art, choices.iter().find_map(|it| it.color), self.look),
            sku,
        }
    }
}

fn joined(choices: &[&Choice]) -> Text {
    let zh: Vec<&str> = choices.iter().map(|it| it.name.zh.as_str()).collect();
    let en: Vec<&str> = choices.iter().map(|it| it.name.en.as_str()).collect();
    Text::new(zh.join(" "), en.join(", "))
}

/// The shop's way of writing prices: whole yuan from 50 up, otherwise so many yuan and 90 fen.
fn charm(fen: i64) -> i64 {
    if fen >= 5_000 { (fen + 50) / 100 * 100 } else { (fen + 10) / 100 * 100 - 10 }
}

fn dimensions(cell: &str, line: &str) -> [i64; 3] {
    let mut sides = cell.split('x').map(|side| number(side, line));
    let mut side = || sides.next().unwrap_or_else(|| panic!("three sides wanted: {line}"));
    [side(), side(), side()]
}

fn cells(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

fn number(cell: &str, line: &str) -> i64 {
    cell.trim().parse().unwrap_or_else(|_| panic!("not a number: {cell:?} in {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_end_the_way_shops_end_them() {
        assert_eq!(
            [charm(3_900), charm(4_212), charm(7_900), charm(12_744)],
            [3_890, 4_190, 7_900, 12_700]
        );
    }
}
