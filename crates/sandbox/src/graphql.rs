//! As much of GraphQL as it takes to answer what was asked, and no more than that: one operation with
//! variables, one root field, nested fields with arguments. No fragments, aliases or directives.

use serde_json::{Map, Value, json};

/// A field that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) fields: Vec<Field>,
}

/// The document is not understood; in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

/// The one root field of the one operation.
pub(crate) fn parse(document: &str, variables: &Value) -> Result<Field, Unreadable> {
    let mut reader = Reader { tokens: tokens(document), at: 0, variables };
    match reader.next()?.as_str() {
        "query" | "mutation" => {}
        other => return Err(Unreadable(format!("syntax error, unexpected {other}"))),
    }
    // A name, and the declarations of variables, which are taken as they come.
    while reader.peek() != Some("{") {
        reader.next()?;
    }
    let mut fields = reader.fields()?;
    match (fields.pop(), fields.is_empty(), reader.peek()) {
        (Some(field), true, None) => Ok(field),
        _ => Err(Unreadable("one field of one operation is understood".into())),
    }
}

/// What was asked for of a value. Lists are cut to `first`, behind the cursor `after`; a list that is
/// asked for `nodes` is a connection.
pub(crate) fn select(field: &Field, value: &Value) -> Result<Value, Unreadable> {
    match value {
        Value::Array(all) => {
            let number = |name| field.arguments.get(name).and_then(Value::as_u64);
            let after = field.arguments.get("after").and_then(Value::as_str);
            let from = after.map_or(Ok(0), str::parse::<usize>);
            let from = from.map_err(|_| Unreadable("invalid cursor".into()))?.min(all.len());
            let first = number("first").and_then(|it| usize::try_from(it).ok());
            let until = from.saturating_add(first.unwrap_or(all.len())).min(all.len());
            let page = &all[from..until];
            match field.fields.iter().find(|it| it.name == "nodes") {
                None => page.iter().map(|item| object(field, item)).collect(),
                Some(_) if first.is_none() => {
                    Err(Unreadable(format!("you must provide first for {}", field.name)))
                }
                Some(_) => {
                    let info = json!({
                        "hasNextPage": until < all.len(),
                        "endCursor": (until > from).then(|| until.to_string()),
                    });
                    object(field, &json!({ "nodes": page, "pageInfo": info }))
                }
            }
        }
        value => object(field, value),
    }
}

fn object(field: &Field, value: &Value) -> Result<Value, Unreadable> {
    let Value::Object(known) = value else {
        return match field.fields.is_empty() {
            true => Ok(value.clone()),
            false if value.is_null() => Ok(Value::Null),
            false => Err(Unreadable(format!("{} has no fields", field.name))),
        };
    };
    if field.fields.is_empty() {
        return Err(Unreadable(format!("field {} must have selections", field.name)));
    }
    let mut asked = Map::new();
    for field in &field.fields {
        let value = known.get(&field.name);
        let value =
            value.ok_or_else(|| Unreadable(format!("field '{}' doesn't exist", field.name)))?;
        asked.insert(field.name.clone(), select(field, value)?);
    }
    Ok(Value::Object(asked))
}

struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    variables: &'a Value,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String, Unreadable> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| Unreadable("syntax error, unexpected end of document".into()))
    }

    fn expect(&mut self, token: &str) -> Result<(), Unreadable> {
        match self.next()? {
            found if found == token => Ok(()),
            found => Err(Unreadable(format!("syntax error, {found} instead of {token}"))),
        }
    }

    fn fields(&mut self) -> Result<Vec<Field>, Unreadable> {
        self.expect("{")?;
        let mut fields = Vec::new();
        while self.peek() != Some("}") {
            let name = self.next()?;
            if !name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_') {
                return Err(Unreadable(format!("syntax error, unexpected {name}")));
            }
            let arguments = if self.peek() == Some("(") { self.arguments()? } else { Map::new() };
            let fields_of = if self.peek() == Some("{") { self.fields()? } else { Vec::new() };
            fields.push(Field { name, arguments, fields: fields_of });
        }
        self.expect("}")?;
        Ok(fields)
    }

    fn arguments(&mut self) -> Result<Map<String, Value>, Unreadable> {
        self.expect("(")?;
        let mut arguments = Map::new();
        while self.peek() != Some(")") {
            let name = self.next()?;
            self.expect(":")?;
            let text = self.next()?;
            let value = match text.strip_prefix('$') {
                Some(variable) => self.variables.get(variable).cloned().unwrap_or(Value::Null),
                None => serde_json::from_str(&text)
                    .map_err(|_| Unreadable(format!("argument {name} is not understood")))?,
            };
            arguments.insert(name, value);
        }
        self.expect(")")?;
        Ok(arguments)
    }
}

/// Names with their dollar, numbers, texts, and single signs; commas are white space there.
fn tokens(document: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut letters = document.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut token = letter.to_string();
        if letter == '"' {
            for next in letters.by_ref() {
                token.push(next);
                if next == '"' {
                    break;
                }
            }
        } else if letter.is_ascii_alphanumeric() || matches!(letter, '$' | '_') {
            let is_part = |it: &char| it.is_ascii_alphanumeric() || *it == '_';
            while let Some(next) = letters.next_if(is_part) {
                token.push(next);
            }
        } else if letter.is_whitespace() || letter == ',' {
            continue;
        }
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_answered_and_nothing_else() {
        let document = "query Q($id: ID!) { order(id: $id) { id lines(first: 1) {
            nodes { sku } pageInfo { hasNextPage endCursor } } } }";
        let field = parse(document, &json!({ "id": "gid://shopify/Order/7" })).unwrap();
        assert_eq!(
            (&*field.name, &field.arguments["id"]),
            ("order", &json!("gid://shopify/Order/7"))
        );
        let order = json!({ "id": 7, "name": "#7", "lines": [{ "sku": "A" }, { "sku": "B" }] });
        let answer = select(&field, &order).unwrap();
        let page = json!({ "nodes": [{ "sku": "A" }],
            "pageInfo": { "hasNextPage": true, "endCursor": "1" } });
        assert_eq!(answer, json!({ "id": 7, "lines": page }));
        assert!(parse("{ order }", &Value::Null).is_err());
        let unknown = parse("query { order(id: 1) { color } }", &Value::Null).unwrap();
        assert!(select(&unknown, &order).is_err());
    }
}
