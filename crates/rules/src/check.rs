//! The check of a condition: names, types, functions, depth and work, before it is ever used.
//!
//! Conditions have comparisons, arithmetic with whole numbers, `&& || ! ?:`, `in`, `size`,
//! `contains`, `startsWith`, `endsWith`, `has` and the loops `all`, `exists`, `exists_one`, `filter`
//! and `map`. Everything else of the language is refused: numbers that are not whole, as money is
//! not; values made of parts; regular expressions, whose work cannot be told from their length; and
//! indexing, which would go round the names of the fields.

use cel::Program;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};

use crate::compile::Reason;
use crate::document::{Field, Type};
use crate::limits::{CONDITION_STEPS_MAX, DEPTH_MAX, LIST_MAX};

/// The name that a loop gives to what it has gathered; nobody can write it.
const GATHERED: &str = "@result";

/// What the check found out.
#[derive(Debug)]
pub(crate) struct Checked {
    /// Steps at worst.
    pub(crate) steps: u64,
    /// The fields that are read, in their order; those of a list's elements with `[]` behind it.
    pub(crate) paths: Vec<String>,
}

impl Checked {
    /// The first field read that has this name: evaluation knows only the name.
    pub(crate) fn path_to(&self, name: &str) -> String {
        let mut paths = self.paths.iter();
        let found = paths.find(|path| path.rsplit('.').next() == Some(name));
        found.map_or_else(|| name.to_owned(), Clone::clone)
    }
}

/// Checks an expression that must say yes or no. What is wrong comes with its byte.
pub(crate) fn check(
    program: &Program,
    fields: &'static [Field],
) -> Result<Checked, (usize, Reason)> {
    let scope = Scope { fields, loops: None };
    let mut check = Check { program, paths: Vec::new(), depth: 0 };
    let root = program.expression();
    let typed = check.typed(root, &scope)?;
    if typed.kind != Kind::Bool {
        let what = "a condition".to_owned();
        let reason = Reason::Type { what, needed: "yes or no", found: typed.kind.name() };
        return Err(check.at(root, reason));
    }
    if typed.steps > CONDITION_STEPS_MAX {
        let reason = Reason::TooMuchWork { steps: typed.steps, max: CONDITION_STEPS_MAX };
        return Err(check.at(root, reason));
    }
    Ok(Checked { steps: typed.steps, paths: check.paths })
}

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Text,
    List(Box<Self>),
    Record(&'static [Field]),
    /// The element of an empty list: fits with anything.
    Any,
}

impl Kind {
    fn of(declared: Type) -> Self {
        match declared {
            Type::Bool => Self::Bool,
            Type::Int => Self::Int,
            Type::Text => Self::Text,
            Type::List(element) => Self::List(Box::new(Self::of(*element))),
            Type::Record(fields) => Self::Record(fields),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Bool => "yes or no",
            Self::Int => "a number",
            Self::Text => "a text",
            Self::List(_) => "a list",
            Self::Record(_) => "a group of fields",
            Self::Any => "nothing",
        }
    }

    fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(a), Self::List(b)) => a.fits(b),
            (a, b) => a == b,
        }
    }

    const fn is_single(&self) -> bool {
        matches!(self, Self::Bool | Self::Int | Self::Text | Self::Any)
    }
}

/// An expression's type, its steps at worst, its elements at most, and the field it stands for.
struct Typed {
    kind: Kind,
    steps: u64,
    length: u64,
    path: Option<String>,
}

impl Typed {
    const fn new(kind: Kind, steps: u64) -> Self {
        Self { kind, steps, length: LIST_MAX as u64, path: None }
    }
}

/// The names that an expression sees.
struct Scope<'a> {
    fields: &'static [Field],
    loops: Option<Loop<'a>>,
}

struct Loop<'a> {
    name: &'a str,
    element: Kind,
    path: Option<String>,
    gathered: Kind,
    outer: &'a Scope<'a>,
}

struct Check<'p> {
    program: &'p Program,
    paths: Vec<String>,
    depth: usize,
}

type Found = Result<Typed, (usize, Reason)>;

impl Check<'_> {
    fn at(&self, expression: &IdedExpr, reason: Reason) -> (usize, Reason) {
        let start = self.program.source_info().offset_for(expression.id).map_or(0, |range| range.0);
        (usize::try_from(start).unwrap_or(0), reason)
    }

    fn typed(&mut self, expression: &IdedExpr, scope: &Scope<'_>) -> Found {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.at(expression, Reason::TooDeep));
        }
        let found = self.typed_at(expression, scope);
        self.depth -= 1;
        found
    }

    fn typed_at(&mut self, expression: &IdedExpr, scope: &Scope<'_>) -> Found {
        let refuse = |what| Err(self.at(expression, Reason::NotAllowed(what)));
        match &expression.expr {
            Expr::Literal(LiteralValue::Boolean(_)) => Ok(Typed::new(Kind::Bool, 1)),
            Expr::Literal(LiteralValue::Int(_)) => Ok(Typed::new(Kind::Int, 1)),
            Expr::Literal(LiteralValue::String(_)) => Ok(Typed::new(Kind::Text, 1)),
            Expr::Literal(LiteralValue::Double(_)) => refuse("a number that is not whole"),
            Expr::Literal(LiteralValue::UInt(_)) => refuse("a number with a u"),
            Expr::Literal(LiteralValue::Bytes(_)) => refuse("a text of bytes"),
            Expr::Literal(LiteralValue::Null) => {
                refuse("null; has(…) asks whether a field is there,")
            }
            Expr::Map(_) | Expr::Struct(_) => refuse("a value made of parts"),
            Expr::Unspecified => refuse("an empty expression"),
            Expr::Ident(name) => self.name(expression, name, scope),
            Expr::Select(select) => {
                let of = self.typed(&select.operand, scope)?;
                let Kind::Record(fields) = of.kind else {
                    let what = format!(".{}", select.field);
                    let reason =
                        Reason::Type { what, needed: "a group of fields", found: of.kind.name() };
                    return Err(self.at(&select.operand, reason));
                };
                let path = match &of.path {
                    Some(path) => format!("{path}.{}", select.field),
                    None => select.field.clone(),
                };
                let Some(field) = fields.iter().find(|field| field.name == select.field) else {
                    return Err(self.at(expression, Reason::UnknownField(path)));
                };
                self.read(&path);
                let kind = if select.test { Kind::Bool } else { Kind::of(field.kind) };
                Ok(Typed { path: Some(path), ..Typed::new(kind, of.steps + 1) })
            }
            Expr::List(list) => {
                let (mut element, mut steps) = (Kind::Any, 1);
                for each in &list.elements {
                    let typed = self.typed(each, scope)?;
                    self.no_group(each, &typed)?;
                    steps += typed.steps;
                    if !element.fits(&typed.kind) {
                        return Err(self.mismatch(each, "a list", &element, &typed.kind));
                    }
                    element = typed.kind;
                }
                let length = list.elements.len() as u64;
                Ok(Typed { length, ..Typed::new(Kind::List(Box::new(element)), steps) })
            }
            Expr::Call(call) => self.call(expression, call, scope),
            Expr::Comprehension(each) => self.each(expression, each, scope),
        }
    }

    fn mismatch(&self, at: &IdedExpr, what: &str, needed: &Kind, found: &Kind) -> (usize, Reason) {
        let what = what.to_owned();
        self.at(at, Reason::Type { what, needed: needed.name(), found: found.name() })
    }

    /// A group of the document is only a way to its fields: behind a list or a choice nobody could
    /// tell any more which fields are read.
    fn no_group(&self, at: &IdedExpr, typed: &Typed) -> Result<(), (usize, Reason)> {
        let is_group = matches!(typed.kind, Kind::Record(_))
            && typed.path.as_ref().is_some_and(|path| !path.contains("[]"));
        if is_group {
            Err(self.at(at, Reason::NotAllowed("a whole group of fields")))
        } else {
            Ok(())
        }
    }

    fn read(&mut self, path: &str) {
        if !self.paths.iter().any(|read| read == path) {
            self.paths.push(path.to_owned());
        }
    }

    fn name(&mut self, expression: &IdedExpr, name: &str, scope: &Scope<'_>) -> Found {
        let mut around = Some(scope);
        while let Some(here) = around {
            let Some(inner) = &here.loops else { break };
            if name == GATHERED {
                return Ok(Typed::new(inner.gathered.clone(), 1));
            }
            if name == inner.name {
                let typed = Typed::new(inner.element.clone(), 1);
                return Ok(Typed { path: inner.path.clone(), ..typed });
            }
            around = Some(inner.outer);
        }
        match scope.fields.iter().find(|field| field.name == name) {
            Some(field) => {
                self.read(name);
                Ok(Typed { path: Some(name.to_owned()), ..Typed::new(Kind::of(field.kind), 1) })
            }
            None => Err(self.at(expression, Reason::UnknownField(name.to_owned()))),
        }
    }

    /// A loop, as the macros `all`, `exists`, `exists_one`, `filter` and `map` write it.
    fn each(&mut self, at: &IdedExpr, each: &ComprehensionExpr, scope: &Scope<'_>) -> Found {
        if scope.fields.iter().any(|field| field.name == each.iter_var) {
            return Err(self.at(at, Reason::Shadows(each.iter_var.clone())));
        }
        let range = self.typed(&each.iter_range, scope)?;
        let Kind::List(element) = range.kind else {
            let what = "a loop".to_owned();
            let reason = Reason::Type { what, needed: "a list", found: range.kind.name() };
            return Err(self.at(&each.iter_range, reason));
        };
        let start = self.typed(&each.accu_init, scope)?;
        let inner = |gathered| Scope {
            fields: scope.fields,
            loops: Some(Loop {
                name: &each.iter_var,
                element: (*element).clone(),
                path: range.path.as_ref().map(|path| format!("{path}[]")),
                gathered,
                outer: scope,
            }),
        };
        let within = inner(start.kind.clone());
        let go_on = self.typed(&each.loop_cond, &within)?;
        let step = self.typed(&each.loop_step, &within)?;
        if !step.kind.fits(&start.kind) {
            return Err(self.mismatch(&each.loop_step, "a loop", &start.kind, &step.kind));
        }
        let result = self.typed(&each.result, &inner(step.kind))?;
        // What `filter` and `map` gather is copied on every turn, at worst.
        let copied = if matches!(result.kind, Kind::List(_)) { range.length } else { 0 };
        let turn = go_on.steps.saturating_add(step.steps).saturating_add(copied / 8);
        let turns = range.length.saturating_mul(turn);
        let steps = range.steps.saturating_add(turns).saturating_add(result.steps);
        Ok(Typed { length: range.length, ..Typed::new(result.kind, steps) })
    }

    fn call(&mut self, at: &IdedExpr, call: &CallExpr, scope: &Scope<'_>) -> Found {
        let mut given = Vec::with_capacity(3);
        let written = call.target.as_deref().into_iter().chain(&call.args);
        let written: Vec<&IdedExpr> = written.collect();
        let mut steps = 1_u64;
        for operand in &written {
            let typed = self.typed(operand, scope)?;
            steps = steps.saturating_add(typed.steps);
            self.no_group(operand, &typed)?;
            given.push(typed);
        }
        let is_method = call.target.is_some();
        let kinds: Vec<&Kind> = given.iter().map(|typed| &typed.kind).collect();
        let (kind, more) = match (call.func_name.as_str(), is_method, kinds.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, false, [..]) => {
                self.all(&written, &kinds, &Kind::Bool, "a combination")?;
                (Kind::Bool, 0)
            }
            (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, false, [_]) => {
                self.all(&written, &kinds, &Kind::Bool, "not")?;
                (Kind::Bool, 0)
            }
            (operators::CONDITIONAL, false, [asked, yes, no]) => {
                if !asked.fits(&Kind::Bool) {
                    return Err(self.mismatch(at, "a choice", &Kind::Bool, asked));
                }
                if !yes.fits(no) {
                    return Err(self.mismatch(at, "a choice", yes, no));
                }
                let kind = if matches!(yes, Kind::List(inner) if **inner == Kind::Any) {
                    (*no).clone()
                } else {
                    (*yes).clone()
                };
                (kind, 0)
            }
            (operators::EQUALS | operators::NOT_EQUALS, false, [a, b]) => {
                self.single(&written, &kinds, "a comparison")?;
                if !a.fits(b) {
                    return Err(self.mismatch(at, "a comparison", a, b));
                }
                (Kind::Bool, 0)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                false,
                [..],
            ) => {
                self.all(&written, &kinds, &Kind::Int, "a comparison of sizes")?;
                (Kind::Bool, 0)
            }
            (operators::ADD, false, [gathered @ Kind::List(_), one @ Kind::List(_)])
                if matches!(&call.args[..], [first, _]
                    if matches!(&first.expr, Expr::Ident(name) if name == GATHERED)) =>
            {
                if !gathered.fits(one) {
                    return Err(self.mismatch(at, "a list", gathered, one));
                }
                ((*one).clone(), 0)
            }
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO
                | operators::NEGATE,
                false,
                [..],
            ) => {
                self.all(&written, &kinds, &Kind::Int, "arithmetic")?;
                (Kind::Int, 0)
            }
            (operators::IN, false, [one, Kind::List(element)]) => {
                self.single(&written[..1], &kinds[..1], "in")?;
                if !one.fits(element) {
                    return Err(self.mismatch(at, "in", element, one));
                }
                (Kind::Bool, given.get(1).map_or(0, |list| list.length))
            }
            ("size", _, [Kind::List(_) | Kind::Text]) => (Kind::Int, 1),
            ("contains" | "startsWith" | "endsWith", true, [_, _]) => {
                self.all(&written, &kinds, &Kind::Text, &call.func_name)?;
                (Kind::Bool, 8)
            }
            (operators::IN, ..) => {
                let reason = Reason::Type {
                    what: "in".to_owned(),
                    needed: "a list",
                    found: "something else",
                };
                return Err(self.at(at, reason));
            }
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, ..) => {
                return Err(self.at(at, Reason::NotAllowed("indexing")));
            }
            (name, ..) => return Err(self.at(at, Reason::UnknownFunction(name.to_owned()))),
        };
        Ok(Typed::new(kind, steps.saturating_add(more)))
    }

    fn all(
        &self,
        written: &[&IdedExpr],
        kinds: &[&Kind],
        needed: &Kind,
        what: &str,
    ) -> Result<(), (usize, Reason)> {
        match written.iter().zip(kinds).find(|(_, kind)| !kind.fits(needed)) {
            Some((at, kind)) => Err(self.mismatch(at, what, needed, kind)),
            None => Ok(()),
        }
    }

    fn single(
        &self,
        written: &[&IdedExpr],
        kinds: &[&Kind],
        what: &str,
    ) -> Result<(), (usize, Reason)> {
        match written.iter().zip(kinds).find(|(_, kind)| !kind.is_single()) {
            Some((at, kind)) => {
                let what = what.to_owned();
                let needed = "a single value";
                Err(self.at(at, Reason::Type { what, needed, found: kind.name() }))
            }
            None => Ok(()),
        }
    }
}
