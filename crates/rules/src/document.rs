//! Documents: what conditions speak about, declared once.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::objects::{Key, Map};
use cel::{Context, Env};

use crate::limits::{LIST_MAX, TEXT_BYTES_MAX};

/// The type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A whole number of 64 bits: counts, minor units of money, minutes.
    Int,
    /// Text, or one of the codes that the field's meaning names.
    Text,
    /// Any number of equal things, at most [`LIST_MAX`].
    List(&'static Self),
    /// Fields by name.
    Record(&'static [Field]),
}

/// One fact of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in conditions.
    pub name: &'static str,
    /// What it means, lines of English.
    pub about: &'static [&'static str],
    /// Its type.
    pub kind: Type,
    /// Whether it may be missing. `has(…)` asks; a condition that needs it does not match.
    pub optional: bool,
}

/// A value of a document, in the form in which conditions read it.
pub struct Value(cel::Value);

/// What a field of a document can be.
pub trait Fact {
    /// Its type.
    const TYPE: Type;
    /// Whether it may be missing.
    const OPTIONAL: bool = false;
    /// Its value, unless it is missing.
    fn value(&self) -> Option<Value>;
}

/// A document whose fields are declared by [`facts!`](crate::facts).
pub trait Facts {
    /// Its fields, in the order of their declaration.
    const FIELDS: &'static [Field];
    /// The values of the fields that are not missing.
    fn values(&self) -> Vec<(&'static str, Value)>;

    /// The document in the form in which any number of tables can read it.
    fn prepare(&self) -> Prepared {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        for (name, Value(value)) in self.values() {
            context.add_variable_from_value(name, value);
        }
        Prepared(context)
    }
}

/// What a document says at a path, `order.total_minor`, as people read it; none if it is missing, a
/// group, or in a list. A list says how long it is.
pub fn told(document: &impl Facts, path: &str) -> Option<String> {
    let mut steps = path.split('.');
    let root = steps.next()?;
    let found = document.values().into_iter().find(|(name, _)| *name == root);
    let mut here = found.map(|(_, Value(value))| value)?;
    for step in steps {
        let cel::Value::Map(map) = here else { return None };
        here = map.map.get(&Key::from(step)).cloned()?;
    }
    match here {
        cel::Value::Bool(value) => Some(value.to_string()),
        cel::Value::Int(value) => Some(value.to_string()),
        cel::Value::String(value) => Some(value.as_ref().clone()),
        cel::Value::List(list) => Some(list.len().to_string()),
        _ => None,
    }
}

/// A document whose values were prepared once, for any number of decisions.
pub struct Prepared(pub(crate) Context<'static, 'static>);

/// The functions that a condition may name, as the check has it, and a few more that it refuses.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

impl Fact for bool {
    const TYPE: Type = Type::Bool;
    fn value(&self) -> Option<Value> {
        Some(Value(cel::Value::Bool(*self)))
    }
}

impl Fact for i64 {
    const TYPE: Type = Type::Int;
    fn value(&self) -> Option<Value> {
        Some(Value(cel::Value::Int(*self)))
    }
}

impl Fact for String {
    const TYPE: Type = Type::Text;
    fn value(&self) -> Option<Value> {
        let text = &self[..self.floor_char_boundary(TEXT_BYTES_MAX)];
        Some(Value(cel::Value::String(Arc::new(text.to_owned()))))
    }
}

impl<T: Fact> Fact for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
    fn value(&self) -> Option<Value> {
        self.as_ref().and_then(Fact::value)
    }
}

impl<T: Fact> Fact for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    fn value(&self) -> Option<Value> {
        let values = self.iter().take(LIST_MAX).filter_map(Fact::value).map(|value| value.0);
        Some(Value(cel::Value::List(Arc::new(values.collect()))))
    }
}

impl<T: Facts> Fact for T {
    const TYPE: Type = Type::Record(T::FIELDS);
    fn value(&self) -> Option<Value> {
        let values = self.values().into_iter();
        let map: HashMap<Key, cel::Value> =
            values.map(|(name, value)| (Key::from(name), value.0)).collect();
        Some(Value(cel::Value::Map(Map { map: Arc::new(map) })))
    }
}

/// Declares a document: its fields with their types and, in their doc comments, their meaning.
///
/// ```
/// ordermill_rules::facts! {
///     /// What is known of a parcel.
///     pub struct Parcel {
///         /// Its weight.
///         weight_grams: i64,
///         /// Who insures it, if anybody does.
///         insurer: Option<String>,
///     }
/// }
/// use ordermill_rules::Facts;
/// assert_eq!(Parcel::FIELDS[0].about, [" Its weight."]);
/// assert!(Parcel::FIELDS[1].optional);
/// ```
#[macro_export]
macro_rules! facts {
    ($($(#[doc = $about:literal])* pub struct $name:ident {
        $($(#[doc = $meaning:literal])+ $field:ident: $kind:ty,)+
    })+) => { $(
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[doc = $meaning])+ pub $field: $kind,)+ }

        impl $crate::Facts for $name {
            const FIELDS: &'static [$crate::Field] = &[$($crate::Field {
                name: stringify!($field),
                about: &[$($meaning),+],
                kind: <$kind as $crate::Fact>::TYPE,
                optional: <$kind as $crate::Fact>::OPTIONAL,
            }),+];

            fn values(&self) -> Vec<(&'static str, $crate::Value)> {
                let values = [$((stringify!($field), $crate::Fact::value(&self.$field))),+];
                values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
            }
        }
    )+ };
}
